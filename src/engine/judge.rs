//! What becomes of a value that has the shape of a credential: cheapest evidence first.

use bstr::BStr;

use super::checks::{self, CheckInput, Proof};
use super::generic;
use super::matcher::Found;
use super::placeholder::is_placeholder;
use super::ready::Ready;
use super::resolve::{Candidate, Standing};
use super::store::{Kept, Lock};
use crate::finding::Verified;
use crate::rule::{Confidence, Judge, Rule};

/// Why a value was turned away.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Dropped {
    /// The rule's name for it is part of another word: `okta` in `rookTable`.
    InsideWord,
    /// Its name says that it is a hash: the commit or the checksum of what the rule is about.
    Hash,
    /// The rule lists it as a documented sample.
    Sample,
    /// It stands for a value instead of being one.
    Placeholder,
    /// Its Shannon entropy, and the least that the rule demands, in bits a character.
    Entropy(f32, f32),
    /// It is made of words; how random it looks, from 0 to 1, and the least that is demanded.
    Words(f32, f32),
}

/// What judgement depends on besides the rule and the match.
pub(super) struct Circumstances<'a> {
    /// The text that the match stands in.
    pub text: &'a [u8],
    /// Where the text comes from.
    pub path: &'a BStr,
    /// Whether tests, examples and documentation lower what rests on context alone.
    pub path_policy: bool,
    /// Where it is lowered.
    pub mild: generic::Mild<'a>,
    /// Now, in seconds since 1970.
    pub now: i64,
}

/// Judges one match of `rule`, the one numbered `number`.
pub(super) fn judge(
    ready: &Ready,
    number: usize,
    found: Found,
    around: &Circumstances<'_>,
) -> Result<Candidate, Dropped> {
    let rule = ready.rule();
    if found.whole.start < found.secret.start && cuts_word(rule, &around.text[found.whole.start..]) {
        return Err(Dropped::InsideWord);
    }
    let secret = &around.text[found.secret.clone()];
    let about_hashes = || rule.keywords.iter().any(|keyword| generic::name::ends_in_hash(keyword.as_bytes()));
    if rule.judge == Judge::Context
        && !about_hashes()
        && generic::name::ends_in_hash(&around.text[found.whole.start.min(found.secret.start)..found.secret.start])
    {
        return Err(Dropped::Hash);
    }
    if ready.is_sample(secret) {
        return Err(Dropped::Sample);
    }
    let mut candidate = Candidate {
        rule: number,
        span: found.secret.clone(),
        confidence: rule.confidence,
        verified: None,
        standing: Standing::Plain,
        notes: Vec::new(),
        secret: None,
        pair: None,
    };
    let input = CheckInput { secret, text: around.text, span: found.secret, now: around.now };
    match rule.check.and_then(checks::check).map_or(Proof::Unknown, |check| check(&input)) {
        Proof::Proven(note) => {
            candidate.standing = Standing::Proven;
            candidate.verified = Some(Verified::Checksum);
            candidate.confidence = Confidence::High;
            candidate.notes.extend(note);
            return Ok(candidate);
        }
        Proof::Structure(note) => {
            candidate.standing = Standing::Structure;
            candidate.verified = Some(Verified::Structure);
            candidate.notes.extend(note);
        }
        Proof::Failed(note) => {
            candidate.standing = Standing::Lookalike;
            candidate.confidence = Confidence::Low;
            candidate.notes.push(note);
            return Ok(candidate);
        }
        Proof::NotSecret(reason) => {
            candidate.standing = Standing::NotSecret;
            candidate.confidence = Confidence::Low;
            candidate.notes.push(reason);
            return Ok(candidate);
        }
        Proof::Unknown => {}
    }
    if !is_key(rule) {
        worth_it(rule, secret, candidate.standing)?;
    }
    if rule.judge == Judge::Context || is_key(rule) || generic::for_sandbox(secret) {
        lower(&mut candidate, around);
    }
    Ok(candidate)
}

/// Judges what is kept in a store that begins at `start`, for the rule numbered `number`.
pub(super) fn kept(number: usize, kept: &Kept, start: usize) -> Candidate {
    let (confidence, standing, verified, words) = match kept.lock {
        Lock::Open => (Confidence::High, Standing::Structure, Some(Verified::Structure), "no password protects it"),
        Lock::WellKnown => {
            (Confidence::High, Standing::Proven, Some(Verified::Checksum), "a password that everybody tries opens it")
        }
        Lock::Password => {
            (Confidence::Medium, Standing::Structure, Some(Verified::Structure), "a password protects it")
        }
        Lock::Strong => (Confidence::Low, Standing::NotSecret, None, "a passphrase protects it"),
        Lock::Public => {
            (Confidence::Low, Standing::NotSecret, None, "Android's key for debugging, which signs no release")
        }
    };
    Candidate {
        rule: number,
        span: kept.span.start + start..kept.span.end + start,
        confidence,
        verified,
        standing,
        notes: vec![format!("{}: {words}", kept.note)],
        secret: None,
        pair: None,
    }
}

/// Whether the rule's keyword, with which `text` begins, ends in the middle of a word that begins inside it.
fn cuts_word(rule: &Rule, text: &[u8]) -> bool {
    let here = |k: &&&str| text.get(..k.len()).is_some_and(|t| t.eq_ignore_ascii_case(k.as_bytes()));
    let Some(keyword) = rule.keywords.iter().filter(here).max_by_key(|k| k.len()) else { return false };
    let name = &text[..keyword.len()];
    name.iter().all(u8::is_ascii_alphabetic)
        && text.get(name.len()).is_some_and(u8::is_ascii_lowercase)
        && name.windows(2).any(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase())
}

/// Whether `secret` is worth a report by what it consists of.
fn worth_it(rule: &Rule, secret: &[u8], standing: Standing) -> Result<(), Dropped> {
    // `rootpw --lock`: an option stands in the value's place.
    if generic::is_option(secret) || is_placeholder(secret) && !(rule.judge == Judge::Token && random_tail(secret)) {
        return Err(Dropped::Placeholder);
    }
    if rule.judge == Judge::Token && standing != Standing::Structure && is_letters(secret) && wants_digits(rule) {
        return Err(Dropped::Placeholder);
    }
    let entropy = entropy::shannon_entropy(&secret[..secret.len().min(LONGEST)]);
    if let Some(least) = rule.entropy.filter(|&least| entropy < least) {
        return Err(Dropped::Entropy(entropy, least));
    }
    if rule.judge == Judge::Token || standing == Standing::Structure {
        return Ok(());
    }
    let score = generic::looks_random(&secret[..secret.len().min(LONGEST)]);
    if only_words(secret) && wants_digits(rule) && score < ISSUED {
        return Err(Dropped::Words(score, ISSUED));
    }
    if secret.len() < SHORTEST {
        return Ok(());
    }
    // Digits and hex are no words, however little random they look.
    let least = match secret {
        _ if secret.iter().all(u8::is_ascii_digit) => 0.0,
        _ if is_hex(secret) || is_hex_in_parts(secret) => 0.0,
        _ => 0.25,
    };
    if score < least { Err(Dropped::Words(score, least)) } else { Ok(()) }
}

/// Letters of one case, but for a capital in front, and what joins words: issued values have digits among them.
fn only_words(secret: &[u8]) -> bool {
    secret.split(|b| matches!(b, b'-' | b'_' | b'.')).all(|word| {
        let rest = word.get(1..).unwrap_or_default();
        word.iter().all(u8::is_ascii_alphabetic)
            && (rest.iter().all(u8::is_ascii_lowercase) || word.iter().all(u8::is_ascii_uppercase))
    })
}

/// How random letters alone must look to be an issued value, from 0 to 1.
const ISSUED: f32 = 0.6;

/// Whether the last part of a token is long and random: what stands before it may count or repeat, as numbers of teams do.
fn random_tail(secret: &[u8]) -> bool {
    let tail = secret.rsplit(|b| !b.is_ascii_alphanumeric()).next().unwrap_or(secret);
    tail.len() >= 16 && tail.len() < secret.len() && !is_placeholder(tail) && generic::looks_random(tail) > 0.4
}

/// Whether the part of a token that should be random is letters alone and reads like words: chance does not do that. In
/// one case a token without digits is rare, and words run together look more random than in two, so more is asked.
fn is_letters(secret: &[u8]) -> bool {
    let Some(body) = secret.split(|b| !b.is_ascii_alphanumeric()).max_by_key(|part| part.len()) else { return false };
    let one_case = body.iter().all(u8::is_ascii_lowercase) || body.iter().all(u8::is_ascii_uppercase);
    let least = if one_case && body.len() >= 20 { 0.44 } else { 0.3 };
    body.len() >= 16 && body.iter().all(u8::is_ascii_alphabetic) && generic::looks_random(body) < least
}

/// Whether digits may stand in the rule's secrets.
fn wants_digits(rule: &Rule) -> bool {
    let secret = rule.regex.split_once("(?<secret>").map_or(rule.regex, |(_, secret)| secret);
    // Without what must not follow a value beside a name.
    let secret = secret.split_once(r"(?:[^\w").map_or(secret, |(secret, _)| secret);
    ["0-9", "2-7", r"\d", r"\w", "alnum"].iter().any(|class| secret.contains(class))
}

/// Hexadecimal, but for a prefix or so, and with enough digits not to be a word.
fn is_hex(value: &[u8]) -> bool {
    let tail = value.rsplit(|b| matches!(b, b'-' | b'_')).next().unwrap_or_default();
    let value = if tail.len() >= SHORTEST { tail } else { value };
    let count = |is: fn(&u8) -> bool| value.iter().filter(|b| is(b)).count();
    let hex = count(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f' | b'A'..=b'F' | b'-'));
    hex * 10 >= value.len() * 9 && count(u8::is_ascii_digit) * 6 >= value.len()
}

/// Hexadecimal in parts, each with digits, but for a third of it at most.
fn is_hex_in_parts(value: &[u8]) -> bool {
    const PART: usize = 8;
    let parts = value.split(|b| matches!(b, b'-' | b'_' | b'.'));
    let others: usize = parts.filter(|part| part.len() < PART || !is_hex(part)).map(<[u8]>::len).sum();
    others * 3 <= value.len()
}

/// A value this long says enough about itself, in bytes.
const LONGEST: usize = 512;
/// Values shorter than this may be passwords that people chose, in bytes.
const SHORTEST: usize = 16;

/// Lowers the confidence of what stands in tests, examples and documentation: shown, but not blocked.
pub(super) fn lower(candidate: &mut Candidate, around: &Circumstances<'_>) {
    if around.path_policy
        && candidate.confidence > Confidence::Low
        && let Some(place) = around.mild.at(candidate.span.start)
    {
        candidate.confidence = Confidence::Low;
        candidate.notes.push(format!("lowered: {place}"));
    }
}

/// Whether the rule is about private keys, of which test suites are full.
fn is_key(rule: &Rule) -> bool {
    matches!(rule.check, Some("pem" | "openssh-key" | "pgp-armor" | "putty"))
}
