//! Verification of a regex match: name, samples, offline proof, entropy, randomness, path; the cheapest evidence first.

use bstr::BStr;

use super::blob;
use super::checks::{self, CheckInput, Proof};
use super::compiled_rule::CompiledRule;
use super::example_value;
use super::generic;
use super::local_link;
use super::matcher::RegexMatch;
use super::placeholder::{REMOVED, is_placeholder};
use super::resolve::{Candidate, EvidenceRank};
use super::store::{Protection, StoreEntry};
use crate::finding::Verified;
use crate::path::development::is_for_development;
use crate::path::purpose::is_translation;
use crate::rule::{Confidence, Judge, Rule, Scope};

/// The reason why a value is no credential.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Rejection {
    /// The rule's keyword is part of another word: `okta` in `rookTable`.
    InsideWord,
    /// A part of a long run of base64.
    InsideBlob,
    /// The name of its own user, which everybody tries.
    OwnUser,
    /// Its name is the name of a hash: the commit or the checksum of something that belongs to the provider.
    Hash,
    /// The rule lists it as a documented sample.
    Sample,
    /// A placeholder for a value.
    Placeholder,
    /// Its Shannon entropy, and the least that the rule demands, in bits a character.
    Entropy(f32, f32),
    /// Words; how random they look, from 0 to 1, and the least that is demanded.
    Words(f32, f32),
}

/// The surroundings of a match that its verification reads.
pub(super) struct MatchContext<'a> {
    /// The text of the match.
    pub text: &'a [u8],
    /// The path of the text.
    pub path: &'a BStr,
    /// Tests, examples and documentation lower the confidence of findings that rest on context alone.
    pub path_policy: bool,
    /// The parts of the text with lowered confidence.
    pub mild: generic::Mild<'a>,
    /// The current time, in seconds since 1970.
    pub now: i64,
}

/// Verifies one match of the rule numbered `number`: names first, then samples, the offline proof, and randomness.
///
/// # Errors
/// The reason why the value is no credential.
pub(super) fn verify_match(
    compiled: &CompiledRule,
    number: usize,
    found: RegexMatch,
    context: &MatchContext<'_>,
) -> Result<Candidate, Rejection> {
    let rule = compiled.rule();
    check_name(rule, &found, context.text)?;
    let secret = &context.text[found.secret.clone()];
    if compiled.is_sample(secret) || secret == REMOVED {
        return Err(Rejection::Sample);
    }
    let mut candidate = Candidate::new(number, found.secret.clone(), rule.confidence, EvidenceRank::Plain);
    let input = CheckInput { secret, text: context.text, span: found.secret, now: context.now };
    let proof = rule.check.and_then(checks::check).map_or(Proof::Unknown, |check| check(&input));
    // Chance puts the form into longer runs of letters, but no checksum.
    if matches!(proof, Proof::Failed(_)) && touches_word(context.text, &candidate.span) {
        return Err(Rejection::InsideWord);
    }
    // A structure in fixed places is likelier by chance in a picture than a token without a space around it.
    if matches!(proof, Proof::Unknown | Proof::Structure(_))
        && rule.judge == Judge::Token
        && blob::surrounds(context.text, &candidate.span)
    {
        return Err(Rejection::InsideBlob);
    }
    if rule.judge == Judge::Context && rule.general && generic::repeats_user(context.text, &candidate.span) {
        return Err(Rejection::OwnUser);
    }
    // "Basic authentication": a word of prose is not even a look-alike.
    if matches!(proof, Proof::Failed(_)) && rule.judge == Judge::Context && only_words(secret) {
        return Err(Rejection::Words(0.0, LEAST_ISSUED));
    }
    if apply_proof(proof, &mut candidate) == Evidence::Final {
        candidate.is_silent = rule.judge == Judge::Context
            && candidate.standing == EvidenceRank::NotSecret
            && context.path_policy
            && context.mild.at(candidate.span.start).is_some();
        return Ok(candidate);
    }
    if !is_key(rule) {
        check_randomness(compiled, secret, candidate.standing)?;
    }
    let is_of_context = rule.judge == Judge::Context || is_key(rule);
    if is_of_context || rule.scope != Scope::Service || generic::for_sandbox(secret) || generic::for_tests(secret) {
        lower_confidence(&mut candidate, context);
    }
    if rule.scope == Scope::Installation && context.path_policy && is_for_development(context.path) {
        lower(&mut candidate, "settings for development");
    }
    Ok(candidate)
}

/// Rejects a match whose name is part of another word, or names a hash in a rule that goes by names.
fn check_name(rule: &Rule, found: &RegexMatch, text: &[u8]) -> Result<(), Rejection> {
    if found.full_match.start < found.secret.start && cuts_word(rule, &text[found.full_match.start..]) {
        return Err(Rejection::InsideWord);
    }
    let is_about_hashes = || rule.keywords.iter().any(|keyword| generic::name::ends_in_hash(keyword.as_bytes()));
    let before = &text[found.full_match.start.min(found.secret.start)..found.secret.start];
    if rule.judge == Judge::Context && !is_about_hashes() && generic::name::ends_in_hash(before) {
        return Err(Rejection::Hash);
    }
    Ok(())
}

/// Whether a proof leaves room for further evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Evidence {
    /// The proof decides, for or against the value.
    Final,
    /// Randomness and context count as well.
    Open,
}

/// Writes the result of the offline proof into the candidate.
fn apply_proof(proof: Proof, candidate: &mut Candidate) -> Evidence {
    let (standing, confidence, verified) = match &proof {
        Proof::Unknown => return Evidence::Open,
        Proof::Structure(_) => (EvidenceRank::Structure, candidate.confidence, Some(Verified::Structure)),
        Proof::Proven(_) => (EvidenceRank::Proven, Confidence::High, Some(Verified::Checksum)),
        Proof::Failed(_) => (EvidenceRank::Lookalike, Confidence::Low, None),
        Proof::NotSecret(_) => (EvidenceRank::NotSecret, Confidence::Low, None),
    };
    (candidate.standing, candidate.confidence, candidate.verified) = (standing, confidence, verified);
    match proof {
        Proof::Proven(note) | Proof::Structure(note) => candidate.notes.extend(note),
        Proof::Failed(note) | Proof::NotSecret(note) => candidate.notes.push(note),
        Proof::Unknown => {}
    }
    if standing == EvidenceRank::Structure { Evidence::Open } else { Evidence::Final }
}

/// Returns whether a letter, a digit or an underscore touches a value.
fn touches_word(text: &[u8], span: &std::ops::Range<usize>) -> bool {
    let is_word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    is_word(span.start.checked_sub(1).and_then(|at| text.get(at))) || is_word(text.get(span.end))
}

/// The candidate for an entry of a key store that begins at `start`, for the rule numbered `number`.
pub(super) fn store_candidate(number: usize, entry: &StoreEntry, start: usize) -> Candidate {
    let (confidence, standing, verified, words) = match entry.lock {
        Protection::Open => {
            (Confidence::High, EvidenceRank::Structure, Some(Verified::Structure), "no password protects it")
        }
        Protection::WellKnown => (
            Confidence::High,
            EvidenceRank::Proven,
            Some(Verified::Checksum),
            "a password that everybody tries opens it",
        ),
        Protection::Password => {
            (Confidence::Medium, EvidenceRank::Structure, Some(Verified::Structure), "a password protects it")
        }
        Protection::Strong => (Confidence::Low, EvidenceRank::NotSecret, None, "a passphrase protects it"),
        Protection::Public => {
            (Confidence::Low, EvidenceRank::NotSecret, None, "Android's key for debugging, which signs no release")
        }
    };
    let span = entry.span.start + start..entry.span.end + start;
    let mut candidate = Candidate::new(number, span, confidence, standing);
    candidate.verified = verified;
    candidate.notes.push(format!("{}: {words}", entry.note));
    candidate
}

/// Returns whether the rule's keyword, with which `text` begins, ends in the middle of a word that begins inside it.
fn cuts_word(rule: &Rule, text: &[u8]) -> bool {
    let begins = |k: &&&str| text.get(..k.len()).is_some_and(|t| t.eq_ignore_ascii_case(k.as_bytes()));
    let Some(keyword) = rule.keywords.iter().filter(begins).max_by_key(|k| k.len()) else { return false };
    let name = &text[..keyword.len()];
    name.iter().all(u8::is_ascii_alphabetic)
        && text.get(name.len()).is_some_and(u8::is_ascii_lowercase)
        && name.windows(2).any(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase())
}

/// Rejects placeholders, low entropy, and words where the rule's secrets are issued at random.
fn check_randomness(compiled: &CompiledRule, secret: &[u8], standing: EvidenceRank) -> Result<(), Rejection> {
    let rule = compiled.rule();
    let is_token = rule.judge == Judge::Token;
    // `rootpw --lock`: an option in the position of the value.
    if generic::is_option(secret) || is_placeholder(secret) && !(is_token && has_random_tail(secret)) {
        return Err(Rejection::Placeholder);
    }
    if is_token && standing != EvidenceRank::Structure && reads_as_words(secret) && compiled.admits_digits() {
        return Err(Rejection::Placeholder);
    }
    let entropy = entropy::shannon_entropy(&secret[..secret.len().min(LONGEST)]);
    if let Some(least) = rule.entropy.filter(|&least| entropy < least) {
        return Err(Rejection::Entropy(entropy, least));
    }
    if is_token || standing == EvidenceRank::Structure {
        return Ok(());
    }
    let score = generic::looks_random(&secret[..secret.len().min(LONGEST)]);
    if only_words(secret) && score < LEAST_ISSUED && compiled.admits_digits() {
        return Err(Rejection::Words(score, LEAST_ISSUED));
    }
    // Shorter values may be passwords that people chose; digits and hex are no words, however little random they look.
    let is_exempt =
        secret.len() < SHORTEST || secret.iter().all(u8::is_ascii_digit) || is_hex(secret) || is_hex_in_parts(secret);
    if !is_exempt && score < LEAST_NAMED { Err(Rejection::Words(score, LEAST_NAMED)) } else { Ok(()) }
}

// Thresholds of `generic::looks_random`, from 0 (a word) to 1 (random). Each is the highest value that still lets issued
// credentials of its kind pass: a threshold too high loses a secret, one too low reports a name.

/// Letters without a digit, in a rule whose values have digits: nearly every issued value of that length has one, so
/// letters alone need strong evidence.
const LEAST_ISSUED: f32 = 0.6;
/// A value that is named by its provider: the name is evidence already, so only plain words are rejected.
const LEAST_NAMED: f32 = 0.25;
/// The last part of a token whose other parts look like a placeholder.
const LEAST_TAIL: f32 = 0.4;
/// The body of a token, letters of both cases without a digit: below it reads as words in camel case.
const LEAST_MIXED_CASE: f32 = 0.3;
/// The body of a long token in one case: words run together score higher without capitals between them.
const LEAST_ONE_CASE: f32 = 0.44;

/// Letters of one case, but for a capital in front, and separators between words: issued values have digits among them.
fn only_words(secret: &[u8]) -> bool {
    secret.split(|b| matches!(b, b'-' | b'_' | b'.')).all(|word| {
        let rest = word.get(1..).unwrap_or_default();
        word.iter().all(u8::is_ascii_alphabetic)
            && (rest.iter().all(u8::is_ascii_lowercase) || word.iter().all(u8::is_ascii_uppercase))
    })
}

/// Whether the last part of a token is long and random: the parts before it may count or repeat, as numbers of teams do.
fn has_random_tail(secret: &[u8]) -> bool {
    let tail = secret.rsplit(|b| !b.is_ascii_alphanumeric()).next().unwrap_or(secret);
    tail.len() >= SHORTEST
        && tail.len() < secret.len()
        && !is_placeholder(tail)
        && generic::looks_random(tail) > LEAST_TAIL
}

/// Returns whether the random part of a token is letters alone and reads like words, which chance does not produce.
fn reads_as_words(secret: &[u8]) -> bool {
    const LONG_IN_ONE_CASE: usize = 20;
    let Some(body) = secret.split(|b| !b.is_ascii_alphanumeric()).max_by_key(|part| part.len()) else { return false };
    let one_case = body.iter().all(u8::is_ascii_lowercase) || body.iter().all(u8::is_ascii_uppercase);
    let least = if one_case && body.len() >= LONG_IN_ONE_CASE { LEAST_ONE_CASE } else { LEAST_MIXED_CASE };
    body.len() >= SHORTEST && body.iter().all(u8::is_ascii_alphabetic) && generic::looks_random(body) < least
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

/// More of a value is not measured, in bytes.
const LONGEST: usize = 512;
/// Values shorter than this may be passwords that people chose, in bytes.
const SHORTEST: usize = 16;

/// Lowers the confidence of candidates in tests, examples and documentation, so that they are shown and do not block.
pub(super) fn lower_confidence(candidate: &mut Candidate, context: &MatchContext<'_>) {
    let is_blocking = context.path_policy && candidate.confidence > Confidence::Low;
    let span = &candidate.span;
    let reason = || {
        let translation = || is_translation(context.path).then_some("a text of a translation");
        let place = context.mild.at(span.start).or_else(translation);
        let place = place.or_else(|| local_link::reason(context.text, span));
        place.or_else(|| example_value::reason(context.text, context.path, span))
    };
    if let Some(reason) = is_blocking.then(reason).flatten() {
        lower(candidate, reason);
    }
}

fn lower(candidate: &mut Candidate, reason: &str) {
    if candidate.confidence > Confidence::Low {
        candidate.confidence = Confidence::Low;
        candidate.notes.push(format!("lowered: {reason}"));
    }
}

/// Returns whether the rule is about private keys, of which test suites are full.
fn is_key(rule: &Rule) -> bool {
    matches!(rule.check, Some("pem" | "openssh-key" | "pgp-armor" | "putty"))
}
