//! Generic secrets: passwords, keys and tokens that have no form of their own.
//!
//! A keyword wakes [`candidate_at`], which dismisses nearly all hits by what follows them. What is left is judged by
//! name, value and surroundings together: hard evidence first (templates, masks, references), then a small model of
//! boosted trees over the [`Features`]. The model is trained on generated data by the program in `train/`.

pub mod candidate;
mod comment;
pub mod features;
mod filter;
pub mod lexicon;
mod model;
pub mod name;
pub mod path;
pub mod tree;
mod vocabulary;
mod words;

pub use super::placeholder::is_placeholder;
pub use candidate::{Candidate, Form, KEYWORDS, candidate_at};
pub use features::Features;
pub use path::{PathKind, path_kind};

use std::ops::Range;

use crate::rule::Confidence;
use name::{Kind, Of};
pub(super) use path::Language;

/// What is thought of a candidate.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The probability that it is a secret, by the model; 0 when hard evidence speaks against it.
    pub score: f32,
    /// How sure that is; none for what is not worth showing.
    pub confidence: Option<Confidence>,
    /// The id of the rule it is reported under.
    pub rule: &'static str,
    /// Why it was dismissed before the model saw it.
    pub dismissed: Option<&'static str>,
    /// What the model saw; none when it was dismissed before.
    pub features: Option<Features>,
}

/// Scores from which a finding is high, medium, low.
const HIGH: f32 = 0.97;
const MEDIUM: f32 = 0.85;
const LOW: f32 = 0.5;

/// Judges a candidate. The path decides how bare words are read, and lowers nothing here: see [`PathKind::lowers`].
pub fn judge(text: &[u8], path: &[u8], c: &Candidate) -> Judgement {
    let name = c.name.clone().map_or(&b""[..], |r| &text[r]);
    let rule = rule_for(c, name);
    if let Some(dismissed) = dismiss(text, path, c) {
        return Judgement { score: 0.0, confidence: None, rule, dismissed: Some(dismissed), features: None };
    }
    let features = features::read(text, path, c);
    let score = tree::logistic(tree::log_odds(model::BASE, model::TREES, features.row()));
    let sandbox = score >= MEDIUM && for_sandbox(&text[c.value.clone()]);
    let confidence = if score >= HIGH && !sandbox {
        Some(Confidence::High)
    } else if score >= MEDIUM && !sandbox {
        Some(Confidence::Medium)
    } else if score >= LOW {
        Some(Confidence::Low)
    } else {
        None
    };
    Judgement { score, confidence, rule, dismissed: None, features: Some(features) }
}

/// Why a finding in this place is shown and does not block: the file, or the part of it, is there to be tried or read.
pub fn lowered(text: &[u8], path: &[u8], at: usize) -> Option<&'static str> {
    let kind = path_kind(path);
    if kind.lowers() {
        return Some(kind.name());
    }
    if path::language(path) != Language::Code {
        return None;
    }
    // Rust keeps its tests in the file that they try.
    if path.ends_with(b".rs") && memchr::memmem::find(&text[..at], b"#[cfg(test)]").is_some() {
        return Some(PathKind::Test.name());
    }
    if path.ends_with(b".py") && comment::in_docstring(text, at) {
        return Some(PathKind::Docs.name());
    }
    comment::in_prose(text, at).then_some("a comment that explains")
}

/// All that [`judge`] looks at: the part of the text, and the rest of it (where name and value stand in that part, their
/// form, the language) in 63 bits. None where that is too much.
pub(super) fn sight(text: &[u8], language: Language, c: &Candidate) -> Option<(u64, Range<usize>)> {
    let part = features::sight(text, c);
    let part = part.start.saturating_sub(1)..(part.end + 1).min(text.len());
    if c.wrapper.is_some() {
        return None;
    }
    let mut what = language as u64;
    let mut add = |value: usize, bits: u32| {
        what = what << bits | value as u64;
        value >> bits == 0
    };
    let name = c.name.clone().unwrap_or(part.start..part.start);
    let named = usize::from(c.name.is_some());
    let quote = match c.quote {
        0 => 0,
        b'"' => 1,
        b'\'' => 2,
        b'`' => 3,
        _ => return None,
    };
    // The start of the text is seen as the start of a line is.
    let edge = usize::from(part.start == 0);
    let all = [
        add(c.form as usize, 4),
        add(quote << 3 | usize::from(c.scheme) << 2 | named << 1 | edge, 5),
        add(name.start.checked_sub(part.start)?, 13),
        add(name.len(), 8),
        add(c.value.start.checked_sub(part.start)?, 13),
        add(c.value.len(), 13),
    ];
    (all.iter().all(|fits| *fits) && c.value.end <= part.end && name.end <= part.end).then_some((what, part))
}

/// What each feature added to the log odds, in the order of [`features::NAMES`].
pub fn contributions(features: &Features) -> [f32; features::COUNT] {
    let mut out = [0.0; features::COUNT];
    tree::contributions(model::TREES, features.row(), &mut out);
    out
}

/// The rule id of a candidate by what its name speaks of.
fn rule_for(c: &Candidate, name: &[u8]) -> &'static str {
    if c.form == Form::Url {
        return "generic-url-password";
    }
    if c.form == Form::Login {
        return "generic-password";
    }
    match name::read(name).kind {
        Kind::Password => "generic-password",
        Kind::Token | Kind::Auth => "generic-token",
        Kind::ApiKey | Kind::Key => "generic-api-key",
        Kind::Secret | Kind::Related | Kind::None => "generic-secret",
    }
}

/// Evidence that needs no model: why the value is no secret, or none.
pub fn dismiss(text: &[u8], path: &[u8], c: &Candidate) -> Option<&'static str> {
    let value = &text[c.value.clone()];
    let language = path::language(path);
    if c.quote == 0
        && !c.scheme
        && matches!(language, Language::Code | Language::Json)
        && !matches!(c.form, Form::Url | Form::Xml)
    {
        // A bare word in code is a variable; an INI line or a flag inside a string is not, and has no spaces around.
        if value
            .iter()
            .all(|&b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'$' | b'-' | b'*' | b'?' | b'!' | b'&'))
            && !value.iter().any(u8::is_ascii_digit)
            && value.iter().any(u8::is_ascii_uppercase)
        {
            return Some("an identifier");
        }
    }
    if value.len() < 8 && value.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b':' | b'/' | b'x')) {
        return Some("a number");
    }
    if is_version(value) {
        return Some("a version");
    }
    if is_words(value) {
        return Some("made of words");
    }
    if is_placeholder(value) {
        return Some("a placeholder");
    }
    if is_path_or_url(value) && c.form != Form::Url {
        return Some("a path or an address");
    }
    if is_option(value) {
        return Some("an option of a command");
    }
    if is_public_key(value) {
        return Some("a public key");
    }
    if is_hashed(value) {
        return Some("a hashed password");
    }
    if is_sealed(value) {
        return Some("encrypted");
    }
    if is_text(value) {
        return Some("text for people");
    }
    if value.len() > 40 && value.starts_with(b"data:") || value.starts_with(b"-----BEGIN") {
        return Some("judged by its own form");
    }
    let name = name::read(c.name.clone().map_or(&b""[..], |r| &text[r]));
    match name.of {
        Of::Thing => return Some("its name is of something about a credential"),
        Of::Open => return Some("its name is of a key that everybody may read"),
        Of::Sealed => return Some("its name says that it is hashed or encrypted"),
        Of::Credential | Of::Perhaps | Of::Denied => {}
    }
    if name.of == Of::Denied || name.negated && !name.is_outweighed_by(value) {
        return Some("its name says that it is not one");
    }
    if name.passing {
        return Some("a signature or the token of a form: it opens nothing by itself");
    }
    if matches!(name.kind, Kind::Auth | Kind::Key | Kind::Token | Kind::ApiKey)
        && !matches!(c.form, Form::Url | Form::Login)
    {
        if !is_token(value) {
            return Some("no token is made of such characters");
        }
        if is_stump(value) {
            return Some("the beginning of a token");
        }
    }
    None
}

/// `-Zunstable`, `--dry-run`: what a command is asked for, where it says `pass -Zunstable`.
fn is_option(value: &[u8]) -> bool {
    let name = value.strip_prefix(b"--").or_else(|| value.strip_prefix(b"-")).unwrap_or_default();
    !name.is_empty() && name.iter().all(|b| b.is_ascii_alphabetic() || *b == b'-')
}

/// Whether a word of the value says that it is for a sandbox, where nothing real is at stake.
fn for_sandbox(value: &[u8]) -> bool {
    const WORDS: [&[u8]; 4] = [b"sandbox", b"sbx", b"sdbx", b"sndbx"];
    let mut parts = value.split(|b| matches!(b, b'_' | b'-' | b'.' | b':'));
    value.len() >= 16 && parts.any(|part| WORDS.iter().any(|w| part.eq_ignore_ascii_case(w)))
}

/// Parts of a few characters and none that could be random: `acme-1-A000`.
fn is_stump(value: &[u8]) -> bool {
    let mut parts = value.split(|b| !b.is_ascii_alphanumeric());
    value.len() < 16 && value.contains(&b'-') && parts.all(|part| part.len() < 6)
}

/// Whether the characters are those of tokens: RFC 6750's, and what issuers join parts with. Passwords hold any.
fn is_token(value: &[u8]) -> bool {
    let sign = |b: &u8| matches!(b, b'?' | b'#' | b'^' | b'&' | b';' | b'*' | b'<' | b'>' | b'(' | b')' | b'{' | b'}');
    !value.iter().any(sign) && !value.iter().skip(1).any(|b| *b == b'$')
}

/// `^7.1.2`, `>=1.0,<2`, `v3.4.1-rc.2`: what lockfiles and manifests ask for.
fn is_version(v: &[u8]) -> bool {
    let number = v.iter().skip_while(|b| matches!(b, b'^' | b'~' | b'<' | b'>' | b'=' | b'v' | b' ' | b'!'));
    let ranged = v.first().is_some_and(|b| matches!(b, b'^' | b'~' | b'<' | b'>' | b'=' | b'v'));
    ranged
        && v.len() <= 40
        && v.contains(&b'.')
        && number.clone().next().is_some_and(u8::is_ascii_digit)
        && number.take_while(|b| **b != b'-').all(|b| {
            b.is_ascii_digit() || matches!(b, b'.' | b'*' | b'x' | b',' | b' ' | b'<' | b'>' | b'=' | b'|' | b'^')
        })
}

/// Words and what joins them, and nothing else: an identifier, a label, a name. The model would say the same, later.
fn is_words(v: &[u8]) -> bool {
    v.len() <= 64
        && v.iter()
            .all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-' | b'.' | b' ' | b':' | b'/' | b'*' | b','))
        && {
            let parts = lexicon::parts(v, false);
            parts.share > 0.95 && parts.bits < 2.9
        }
}

/// SSH's public keys, and how SubjectPublicKeyInfo begins in base64 for RSA, elliptic curves and Ed25519.
fn is_public_key(v: &[u8]) -> bool {
    const STARTS: [&[u8]; 12] = [
        b"ssh-rsa ",
        b"ssh-dss ",
        b"ssh-ed25519 ",
        b"ecdsa-sha2-",
        b"AAAAB3NzaC1",
        b"AAAAC3NzaC1",
        b"AAAAE2VjZHNh",
        b"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A",
        b"MIICIjANBgkqhkiG9w0BAQEFAAOCAg8A",
        b"MIGfMA0GCSqGSIb3DQEBAQUAA4GN",
        b"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
        b"MCowBQYDK2VwAyEA",
    ];
    STARTS.iter().any(|s| v.starts_with(s))
}

/// What Firefox keeps in logins.json, encrypted with the key in key4.db, whose id is always the same; and what Sealed
/// Secrets encrypts for a cluster: a key of 512 bytes behind its length, in base64.
fn is_sealed(v: &[u8]) -> bool {
    const KEY_ID: &[u8] = b"EEPgAAAAAAAAAAAAAAAAAAAE";
    const SHORTEST: usize = 690;
    v.starts_with(b"M") && v.get(3..).is_some_and(|rest| rest.starts_with(KEY_ID))
        || v.len() >= SHORTEST && matches!(v, [b'A', b'g', b'A'..=b'D', ..])
}

/// The forms of crypt(3), LDAP and Django: what is stored so that the password need not be.
fn is_hashed(v: &[u8]) -> bool {
    const FORMS: [&[u8]; 23] = [
        b"$1$",
        b"$2a$",
        b"$2b$",
        b"$2x$",
        b"$2y$",
        b"$5$",
        b"$6$",
        b"$7$",
        b"$y$",
        b"$apr1$",
        b"$argon2",
        b"$scrypt$",
        b"$pbkdf2",
        b"{SHA",
        b"{SSHA",
        b"{bcrypt}",
        b"pbkdf2_sha",
        b"bcrypt$",
        b"sha1:",
        b"sha256:",
        b"sha512:",
        b"argon2:",
        b"pbkdf2:",
    ];
    FORMS.iter().any(|f| v.starts_with(f)) || v.len() > 30 && memchr::memmem::find(v, b"$2a$").is_some_and(|i| i < 10)
}

/// Words for people, in any language: several of them, or letters beyond ASCII, and no digit or sign.
fn is_text(v: &[u8]) -> bool {
    let beyond = v.iter().any(|b| *b >= 0x80);
    let blanks = v.iter().filter(|b| **b == b' ').count();
    let digits = v.iter().filter(|b| b.is_ascii_digit()).count();
    let odd =
        v.iter().filter(|b| matches!(b, b'#' | b'$' | b'%' | b'^' | b'&' | b'*' | b'=' | b'+' | b'@' | b'_')).count();
    (beyond || blanks > 0) && digits == 0 && odd == 0
        || blanks > 1 && digits + odd <= 1
        || beyond && blanks > 0 && digits <= 2
}

/// `/etc/x`, `./x`, `C:\x`, `https://host/path`: where a credential is, not one.
fn is_path_or_url(v: &[u8]) -> bool {
    if v.starts_with(b"./")
        || v.starts_with(b"../")
        || v.starts_with(b"~/")
        || v.starts_with(b"/") && v[1..].contains(&b'/') && v.len() < 60 && lexicon::parts(v, false).share > 0.4
    {
        return true;
    }
    if v.len() > 3 && v[0].is_ascii_alphabetic() && v[1] == b':' && v[2] == b'\\' {
        return true;
    }
    if let Some(i) = memchr::memmem::find(v, b"://") {
        return i < 16 && v[..i].iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    }
    false
}

/// Whether a value is long and random enough to be a credential whatever the words of its name hint at.
fn is_plainly_random(value: &[u8]) -> bool {
    const LEAST: f32 = 0.6;
    let has = |is: fn(&u8) -> bool| value.iter().any(is);
    let mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    let long = value.len() >= 20 || value.len() >= 16 && mixed;
    long && has(u8::is_ascii_digit) && !has(|b| *b <= b' ' || *b >= 0x80) && looks_random(value) >= LEAST
}

/// How random a value looks by itself, from 0 (a word) to 1: for rules whose format alone is not distinctive.
pub fn looks_random(value: &[u8]) -> f32 {
    if value.len() < 6 || is_placeholder(value) {
        return 0.0;
    }
    let parts = lexicon::parts(value, false);
    let (code, prose) = lexicon::trigrams(value);
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count() as f32 / value.len() as f32;
    let entropy = entropy::shannon_entropy(&value[..value.len().min(512)]);
    let most = (value.len() as f32).log2().min(if value.iter().all(u8::is_ascii_hexdigit) { 4.0 } else { 5.5 });
    // 4.7 bits a letter is random; words cost 2 to 3. Trigrams of text cost 3 to 4 bits, random ones 6 and more.
    let letters = ((parts.bits - 2.8) / 1.6).clamp(0.0, 1.0);
    let likely = ((code.min(prose) - 3.6) / 2.2).clamp(0.0, 1.0);
    let spread = ((entropy / most - 0.6) / 0.25).clamp(0.0, 1.0);
    ((letters * 0.4 + likely * 0.4 + spread * 0.2) + digits * 0.15).clamp(0.0, 1.0) * spread.max(0.2)
}

#[cfg(test)]
mod tests;
