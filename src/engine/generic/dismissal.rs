//! Evidence that needs no model: the form of a value, or the reading of its name, that no secret has.

use super::candidate::{Candidate, Form};
use super::lexicon;
use super::name::{self, Kind, Of};
use crate::engine::placeholder::{is_no_value, is_sample_made};
use crate::path::purpose::{Language, language};
use crate::path::words::each_word;

/// Evidence that needs no model: why the value is no secret, or none.
pub fn dismiss(text: &[u8], path: &[u8], c: &Candidate) -> Option<&'static str> {
    certain(text, path, c).or_else(|| by_words(&text[c.value.clone()]))
}

/// The same but for the reading of the name, which the model learns from as well.
pub fn dismiss_by_value(text: &[u8], path: &[u8], c: &Candidate) -> Option<&'static str> {
    by_form(text, path, c).or_else(|| by_words(&text[c.value.clone()]))
}

/// The same but for the words of the value, which some people take for passwords.
pub(super) fn certain(text: &[u8], path: &[u8], c: &Candidate) -> Option<&'static str> {
    by_form(text, path, c).or_else(|| by_name(text, c))
}

/// Evidence of the words of a value for which nothing is certain.
pub(super) fn by_words(value: &[u8]) -> Option<&'static str> {
    if is_words(value) {
        return Some("made of words");
    }
    is_sample_made(value).then_some("a placeholder")
}

/// Evidence of the form of a value.
fn by_form(text: &[u8], path: &[u8], c: &Candidate) -> Option<&'static str> {
    let value = &text[c.value.clone()];
    let language = language(path);
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
    if is_no_value(value) {
        return Some("a placeholder");
    }
    if is_date_format(value) {
        return Some("the format of a date");
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
    if value.starts_with(b"&")
        && value.ends_with(b";")
        && value.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'&' | b'#' | b';'))
    {
        return Some("characters of HTML by their names");
    }
    if is_text(value) {
        return Some("text for people");
    }
    if value.len() > 40 && value.starts_with(b"data:") || value.starts_with(b"-----BEGIN") {
        return Some("judged by its own form");
    }
    None
}

/// Evidence of the reading of its name.
fn by_name(text: &[u8], c: &Candidate) -> Option<&'static str> {
    let value = &text[c.value.clone()];
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
    if c.form.speaks() {
        return None;
    }
    // People choose words for passwords, and some for secrets. Issued credentials are no words.
    let issued = matches!(name.kind, Kind::Auth | Kind::Key | Kind::Token | Kind::ApiKey);
    let listed = name.kind == Kind::Secret && c.form == Form::Argument;
    if (issued || listed) && is_word(value) {
        return Some("a word");
    }
    if is_no_login(text, c) {
        return Some("no user and password stand in it");
    }
    if issued {
        if value.iter().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.')) {
            return Some("a number");
        }
        if is_label(value) {
            return Some("the name of something");
        }
        if !is_token(value) {
            return Some("no token is made of such characters");
        }
        if is_stump(value) {
            return Some("the beginning of a token");
        }
    }
    None
}

/// Letters that could be read out, in any language, and the signs that join words: `gteq`, `Oczekuje`, `kanidm.grafo`.
fn is_word(value: &[u8]) -> bool {
    const LONGEST: usize = 16;
    value.len() < LONGEST
        && value.iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_' | b'.' | b'/'))
        && value.split(|b| !b.is_ascii_alphabetic()).all(is_readable)
}

/// Returns whether a run of letters could be read out, or is too short for that.
pub(super) fn is_readable(letters: &[u8]) -> bool {
    const SHORT: usize = 5;
    let is_vowel = |b: &u8| b"aeiouyAEIOUY".contains(b);
    let vowels = letters.iter().filter(|b| is_vowel(b)).count();
    let longest = letters.split(is_vowel).map(<[u8]>::len).max().unwrap_or(0);
    let mut humps = 0;
    each_word(letters, |_| humps += 1);
    humps * 3 <= letters.len().max(3) && (letters.len() <= SHORT || longest <= 4 && vowels * 5 >= letters.len())
}

/// Words with a number behind them, joined or not: `renovate1` and `vk_numpad0`.
pub(super) fn is_label(value: &[u8]) -> bool {
    const LONGEST: usize = 24;
    let numbered = |part: &[u8]| {
        let letters = part.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let (word, number) = part.split_at(letters);
        letters <= 12 && number.len() <= 3 && number.iter().all(u8::is_ascii_digit) && is_readable(word)
    };
    value.len() <= LONGEST
        && value.iter().filter(|b| b.is_ascii_digit()).count() <= 4
        && value.split(|b| matches!(b, b'-' | b'_' | b'.' | b'/')).all(numbered)
}

/// `Basic bm9uZQ==`: words in base64, but no user and password.
fn is_no_login(text: &[u8], c: &Candidate) -> bool {
    const SCHEME: &[u8] = b"basic ";
    let before = &text[c.value.start.saturating_sub(SCHEME.len())..c.value.start];
    c.scheme
        && before.eq_ignore_ascii_case(SCHEME)
        && data_encoding::BASE64
            .decode(&text[c.value.clone()])
            .is_ok_and(|pair| !pair.contains(&b':') && pair.iter().all(|b| (b' '..0x7f).contains(b)))
}

/// `-Zunstable`, `--dry-run`: an option behind a verb, as in `pass -Zunstable`.
pub(in crate::engine) fn is_option(value: &[u8]) -> bool {
    let name = value.strip_prefix(b"--").or_else(|| value.strip_prefix(b"-")).unwrap_or_default();
    !name.is_empty() && name.iter().all(|b| b.is_ascii_alphabetic() || *b == b'-')
}

/// Parts of a few characters and none that could be random: `acme-1-A000`.
fn is_stump(value: &[u8]) -> bool {
    let mut parts = value.split(|b| !b.is_ascii_alphanumeric());
    value.len() < 16 && value.contains(&b'-') && parts.all(|part| part.len() < 6)
}

/// Returns whether the characters are those of tokens: RFC 6750's, and the signs that issuers join parts with. Passwords hold any.
fn is_token(value: &[u8]) -> bool {
    let sign = |b: &u8| matches!(b, b'?' | b'#' | b'^' | b'&' | b';' | b'*' | b'<' | b'>' | b'(' | b')' | b'{' | b'}');
    !value.iter().any(sign) && !value.iter().skip(1).any(|b| *b == b'$')
}

/// `^7.1.2`, `>=1.0,<2`, `v3.4.1-rc.2`: the versions of lockfiles and manifests.
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

/// `%Y-%m-%dT%H:%M:%SZ`: directives of strftime, and the signs between the parts of a date.
fn is_date_format(v: &[u8]) -> bool {
    let mut rest = v;
    let mut directives = 0;
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'%', [b'a'..=b'z' | b'A'..=b'Z', after @ ..]) => {
                directives += 1;
                after
            }
            (b'-' | b':' | b'/' | b'.' | b',' | b' ' | b'T' | b'Z' | b'_', after) => after,
            _ => return false,
        };
    }
    directives >= 3
}

/// Words and the signs that join them, and nothing else: an identifier, a label, a name. The model dismisses them, too, later.
fn is_words(v: &[u8]) -> bool {
    v.len() <= 64
        && v.iter()
            .all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-' | b'.' | b' ' | b':' | b'/' | b'*' | b','))
        && {
            let parts = lexicon::parts(v, false);
            parts.share > 0.95 && parts.bits < 2.9
        }
}

/// SSH's public keys, how SubjectPublicKeyInfo begins in base64 for RSA, elliptic curves and Ed25519, and how the armour of
/// certificates and public keys does.
fn is_public_key(v: &[u8]) -> bool {
    const STARTS: [&[u8]; 14] = [
        b"LS0tLS1CRUdJTiBDRVJUSUZJQ0FUR",
        b"LS0tLS1CRUdJTiBQVUJMSUMgS0VZ",
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

/// Entries of Firefox's logins.json, encrypted with the key in key4.db, whose id is always the same; and
/// values of Sealed Secrets, encrypted for a cluster: a key of 512 bytes behind its length, in base64.
fn is_sealed(v: &[u8]) -> bool {
    const KEY_ID: &[u8] = b"EEPgAAAAAAAAAAAAAAAAAAAE";
    const SHORTEST: usize = 690;
    v.starts_with(b"M") && v.get(3..).is_some_and(|rest| rest.starts_with(KEY_ID))
        || v.len() >= SHORTEST && matches!(v, [b'A', b'g', b'A'..=b'D', ..])
}

/// The forms of crypt(3), LDAP and Django, which are stored in the password's stead.
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

/// `/etc/x`, `./x`, `C:\x`, `https://host/path`: the location of a credential, not one.
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
