//! What a name says: `DB_PASSWORD` promises a credential, `passwordField`, `tokenType` and `publicKey` do not.

use super::vocabulary::*;

/// What kind of credential a name speaks of, from the weakest to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Kind {
    /// No word of a credential.
    #[default]
    None,
    /// Salt, seed, nonce, session, cookie, login.
    Related,
    /// Auth, credential, signature.
    Auth,
    /// A key of no further kind.
    Key,
    /// Token, bearer, JWT.
    Token,
    /// API key, access key, private key.
    ApiKey,
    /// Secret.
    Secret,
    /// Password in all its spellings.
    Password,
}

/// The reading of one name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Name {
    /// The strongest kind among its words.
    pub kind: Kind,
    /// How many words it has.
    pub words: usize,
    /// How many words follow the one that speaks of a credential.
    pub after: usize,
    /// A word after it speaks of something about a credential, not of one: `passwordField`, `token_url`.
    pub about: bool,
    /// A word speaks of what is public: public key, hash, checksum, identifier.
    pub public: bool,
    /// A word speaks of a hash or a checksum.
    pub hash: bool,
    /// A word speaks of an example: `fakePassword`, `TEST_KEY`.
    pub sample: bool,
    /// A word denies it: `nonMatchingToken`, `invalidKey`.
    pub negated: bool,
    /// Speaks of what is made anew each time and opens nothing: a signature, a form's token against forgery.
    pub passing: bool,
    /// Written in capitals.
    pub upper: bool,
}

/// Ends of words run together: `dbpassword`, `usertoken`.
fn ending(word: &[u8]) -> Kind {
    const ENDS: [(&str, Kind); 12] = [
        ("password", Kind::Password),
        ("passwd", Kind::Password),
        ("passphrase", Kind::Password),
        ("pwd", Kind::Password),
        ("pass", Kind::Password),
        ("secret", Kind::Secret),
        ("apikey", Kind::ApiKey),
        ("accesskey", Kind::ApiKey),
        ("secretkey", Kind::Secret),
        ("privatekey", Kind::ApiKey),
        ("token", Kind::Token),
        ("key", Kind::Key),
    ];
    ENDS.iter()
        .find(|(e, _)| word.len() >= e.len() && word[word.len() - e.len()..].eq_ignore_ascii_case(e.as_bytes()))
        .map_or(Kind::None, |(_, k)| *k)
}

/// Calls `f` with each word of an identifier, in any case style; digits stay with the word before them.
pub(crate) fn each_word<'a>(name: &'a [u8], mut f: impl FnMut(&'a [u8])) {
    let mut start = 0;
    let mut i = 0;
    while i <= name.len() {
        let cut = i == name.len() || !name[i].is_ascii_alphanumeric() || {
            i > start
                && name[i].is_ascii_uppercase()
                && (name[i - 1].is_ascii_lowercase()
                    || name[i - 1].is_ascii_digit() && name.get(i + 1).is_some_and(u8::is_ascii_lowercase)
                    || name[i - 1].is_ascii_uppercase() && name.get(i + 1).is_some_and(u8::is_ascii_lowercase))
        };
        if cut {
            if i > start {
                f(&name[start..i]);
            }
            start = i;
            while start < name.len() && !name[start].is_ascii_alphanumeric() {
                start += 1;
            }
            i = start.max(i);
            if i >= name.len() {
                break;
            }
        }
        i += 1;
    }
}

/// Calls `f` with each word of any text, split as identifiers are: what a vocabulary is harvested with.
pub fn words<'a>(text: &'a [u8], f: impl FnMut(&'a [u8])) {
    each_word(text, f);
}

/// Whether the last word of a name speaks of a hash: `Gitea commit`, `sonar_checksum`.
pub fn ends_in_hash(name: &[u8]) -> bool {
    let mut hash = false;
    each_word(name, |word| hash = meaning(word) & (HASH | KEY_OF) == HASH);
    hash
}

/// Reads a name.
pub fn read(name: &[u8]) -> Name {
    let mut out = Name {
        upper: name.iter().any(u8::is_ascii_alphabetic) && !name.iter().any(u8::is_ascii_lowercase),
        ..Name::default()
    };
    // `X-Acme-Key`: a header of that name carries a credential, and its `X` says nothing.
    let header = matches!(name, [b'x' | b'X', b'-', ..]);
    let name = &name[if header { 2 } else { 0 }..];
    let mut key_of = header;
    let mut caption = false;
    each_word(name, |word| {
        out.words += 1;
        let says = meaning(word);
        let kind = match says {
            0 => ending(word),
            s if s & PASSWORD != 0 => Kind::Password,
            s if s & SECRET != 0 => Kind::Secret,
            s if s & API_KEY != 0 => Kind::ApiKey,
            s if s & TOKEN != 0 => Kind::Token,
            s if s & KEY != 0 && key_of => Kind::ApiKey,
            s if s & KEY != 0 => Kind::Key,
            s if s & AUTH != 0 => Kind::Auth,
            s if s & RELATED != 0 => Kind::Related,
            _ => Kind::None,
        };
        caption |= says & CAPTION != 0;
        if kind != Kind::None && (kind >= out.kind || kind == Kind::Key && out.kind == Kind::Secret) {
            out.kind = kind.max(out.kind);
            out.after = 0;
            out.about = false;
        } else if out.kind != Kind::None {
            out.after += 1;
            out.about |= says & ABOUT != 0;
        }
        out.about |= caption;
        key_of = header || says & KEY_OF != 0;
        out.public |= says & PUBLIC != 0 && !(word.eq_ignore_ascii_case(b"id") && out.kind == Kind::None);
        out.hash |= says & HASH != 0;
        out.sample |= says & SAMPLE != 0;
        out.negated |= says & NEGATED != 0;
        // `signature`, `csrf_token`; not `signature_key`, `csrf_secret`.
        let passing = says & PASSING != 0 || out.passing && (kind == Kind::Token || kind == Kind::None);
        out.passing = passing;
    });
    out
}
