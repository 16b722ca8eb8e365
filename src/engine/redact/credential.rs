//! The test for a run of characters that could be a credential: one decision for excerpts, messages and quotations.
//!
//! A run is harmless when nearly all of it is known to be: words of code and prose, small numbers, names of algorithms.
//! Nothing here asks how likely a credential is, so whatever is not known counts as one.

use std::borrow::Cow;

use bstr::ByteSlice;

use super::super::generic::lexicon;
use crate::path::words::each_word;

/// How a run is used, which decides how much is asked of its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameRole {
    /// The name of a value: it may be any word that can be pronounced, with a number.
    Name,
    /// A word of a message: it may be any word that can be pronounced.
    Message,
    /// Anything else.
    Text,
}

/// So many unknown characters could be a credential, or a part of one that is worth something.
pub(super) const LEAST: usize = 5;
/// A number with more digits is none that people write in passing.
const SMALL_NUMBER: usize = 5;
/// More digits than a date with its time.
const MANY_DIGITS: usize = 14;
/// A run that is longer is no name, whatever it is made of.
const LONGEST: usize = 256;

/// Returns whether `run`, a text without blanks and quotes, could be a credential.
pub(super) fn could_be_credential(run: &[u8], role: NameRole) -> bool {
    run.len() > LONGEST || unknown(run, role) >= LEAST
}

/// How many of the run's characters are not known to be harmless.
pub(super) fn unknown(run: &[u8], role: NameRole) -> usize {
    let run = without_nul(run);
    let (mut count, mut digits, mut last) = (0, 0, '\0');
    let mut part = 0..0;
    for (start, end, c) in run.char_indices() {
        if c.is_alphanumeric() && c != char::REPLACEMENT_CHARACTER {
            part = if part.end == start && !part.is_empty() { part.start..end } else { start..end };
        } else {
            // Rulers and arrows repeat a sign; passwords mix them.
            count += usize::from(c != last && (c == char::REPLACEMENT_CHARACTER || "!#$%^&?~+".contains(c)));
        }
        last = c;
        let is_last =
            !run[end..].chars().next().is_some_and(|c| c.is_alphanumeric() && c != char::REPLACEMENT_CHARACTER);
        if is_last && part.end == end {
            count += unknown_in_part(&run[part.clone()], role);
            digits += run[part.clone()].iter().filter(|b| b.is_ascii_digit()).count();
        }
    }
    count + if digits > MANY_DIGITS { digits } else { 0 }
}

/// Every other byte of UTF-16 is one.
pub(super) fn without_nul(text: &[u8]) -> Cow<'_, [u8]> {
    match memchr::memchr(0, text) {
        None => Cow::Borrowed(text),
        Some(_) => Cow::Owned(text.iter().copied().filter(|b| *b != 0).collect()),
    }
}

/// The same of letters and digits in a row.
fn unknown_in_part(part: &[u8], role: NameRole) -> usize {
    let digits = part.iter().filter(|b| b.is_ascii_digit()).count();
    match digits {
        // Other scripts have no vocabulary here, and no generated credential is written in them.
        0 => humps(part, role),
        n if n == part.len() => {
            if n <= SMALL_NUMBER {
                0
            } else {
                n
            }
        }
        _ if is_technical(part) => 0,
        _ => match numbered(part).filter(|_| role == NameRole::Name) {
            Some(word) => humps(word, role),
            None => part.len(),
        },
    }
}

/// The word of `token2` or `prod01`.
fn numbered(part: &[u8]) -> Option<&[u8]> {
    let word = part.trim_end_with(|c| c.is_ascii_digit());
    (part.len() - word.len() <= 2 && !word.iter().any(u8::is_ascii_digit)).then_some(word)
}

/// The unknown letters of words that may be written in camel case.
fn humps(part: &[u8], role: NameRole) -> usize {
    // A short abbreviation is weak evidence; a row of them is random.
    let plain = !part[1..].iter().any(u8::is_ascii_uppercase) || !part.iter().any(u8::is_ascii_lowercase);
    if plain && part.len() <= 5 && part.is_ascii() {
        return if part.len() > 2 { 2 * usize::from(unknown_in_word(part, role) > 0) } else { 1 };
    }
    let mut count = 0;
    each_word(part, |word| count += unknown_in_word(word, role));
    count
}

fn unknown_in_word(word: &[u8], role: NameRole) -> usize {
    let limit = if role == NameRole::Text { PRONOUNCEABLE } else { PRONOUNCEABLE_NAME };
    match word.len() {
        0 => 0,
        1 | 2 => 1,
        _ if lexicon::is_word(word) => 0,
        3 => 3,
        n => {
            let (code, prose) = lexicon::trigrams(word);
            let known = lexicon::parts(word, false).share >= 0.8 || code.min(prose) <= limit;
            if known { 0 } else { n }
        }
    }
}

/// Bits a letter costs at most in a word that nobody listed: one in a hundred rows of six random letters passes.
const PRONOUNCEABLE: f32 = 4.6;
/// The same for the name of a value, which may be a word of any language.
const PRONOUNCEABLE_NAME: f32 = 5.6;

fn is_technical(part: &[u8]) -> bool {
    TECHNICAL.split_ascii_whitespace().any(|word| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// Words with digits that name algorithms, formats and machines.
const TECHNICAL: &str = "
    aes128 aes192 aes256 amd64 argon2 argon2id arm64 armv7 base16 base32 base58 base64 base64url chacha20
    ed25519 es256 es384 es512 float32 float64 hs256 hs384 hs512 http2 http3 int16 int32 int64 ipv4 ipv6 iso8859
    k8s latin1 log4j md5 neo4j oauth1 oauth2 pbkdf2 pkcs1 pkcs12 pkcs7 pkcs8 poly1305 ps256 python2 python3
    rs256 rs384 rs512 secp256k1 secp256r1 sha1 sha224 sha256 sha3 sha384 sha512 uint16 uint32 uint64 utf16 utf32
    utf8 utf8mb4 win32 win64 x25519 x509 x86
";

#[cfg(test)]
mod tests {
    use super::*;

    fn could(run: &str) -> bool {
        could_be_credential(run.as_bytes(), NameRole::Text)
    }

    #[test]
    fn words_numbers_and_names_of_code_are_harmless() {
        for run in [
            "password",
            "AcsClient",
            "api_key",
            "MESSAGE_BIRD_API_KEY",
            "spring.datasource.primary.password",
            "process.env.HOME_PATH",
            "VALUES",
            "0x1F",
            "8080",
            "2026-11-30",
            "10.12.0.255",
            "sha256",
            "createHmac",
            "//registry.example/",
            "@db.corp.internal",
            "https",
            "std::env::var",
            "org.springframework.boot",
            "x86_64",
            "hangzhou",
            "kennwort",
            "größe",
            "名前",
            "====",
            "->",
            "&&",
            "v1.2.3",
            "us-east-1",
            "utf-8",
        ] {
            assert!(!could(run), "{run}");
        }
    }

    #[test]
    fn the_rest_could_be_a_credential() {
        // Made up letter by letter, so that no line here is one.
        for parts in [
            ["Zt7w9Qp", "Lm3XcVb5N"],
            ["qhdkwuv", "nsoeyzx"],
            ["Welco", "me77x"],
            ["aBcDeF", "gHiJkL"],
            ["8f14e4", "5fceea"],
            ["Kx9#mQ", "2vLp!"],
            ["123456", "7890"],
            ["P@ss#", "w0rd!"],
        ] {
            let run = parts.concat();
            assert!(could(&run), "{run}");
            let wide: Vec<u8> = run.bytes().flat_map(|b| [b, 0]).collect();
            assert!(could_be_credential(&wide, NameRole::Text), "{run} as UTF-16");
        }
    }
}
