//! The reading of names: `DB_PASSWORD` promises a credential, `passwordField`, `tokenType` and `publicKey` do not.

use super::vocabulary::*;
use crate::path::words::each_word;

/// The kind of credential that a name is of, from the weakest to the strongest.
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

/// The thing that a name is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Of {
    /// A credential: `primary_password`.
    #[default]
    Credential,
    /// Perhaps something about one: `passwordField`, `LABEL_PASSWORD`. A random value outweighs that.
    Perhaps,
    /// Another thing, whatever the value looks like: `key_id`, `tokenAddress`.
    Thing,
    /// A key that everybody may read: `public_key`, `siteKey`.
    Open,
    /// A credential that was hashed or encrypted: `password_hash`, `wrappedKey`.
    Sealed,
    /// No credential, by its own word: `nonMatchingToken`.
    Denied,
}

/// The reading of one name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Name {
    /// The strongest kind among its words.
    pub kind: Kind,
    /// The thing that it is of.
    pub of: Of,
    /// How many words it has.
    pub words: usize,
    /// The number of words behind the one for a credential.
    pub after: usize,
    /// The key is one of a table, a map or a page, or public: `primary_key`, `cache_key`.
    pub public: bool,
    /// A word is for an example: `fakePassword`, `TEST_KEY`.
    pub sample: bool,
    /// A word denies it: `invalidKey`, `wrong_password`. A random value outweighs that.
    pub negated: bool,
    /// It is of a value that is made anew each time and opens nothing: a signature, a form's token against forgery.
    pub passing: bool,
    /// Written in capitals.
    pub upper: bool,
}

impl Name {
    /// Returns whether `value` is so random that it outweighs the hints of the name's words. A key of no further kind may be
    /// one of a table, or of a keyboard.
    pub fn is_outweighed_by(&self, value: &[u8]) -> bool {
        self.kind > Kind::Key && super::randomness::is_plainly_random(value)
    }

    /// Returns whether it is of a credential and nothing else.
    pub fn is_plain(&self) -> bool {
        self.of == Of::Credential && !self.public
    }
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

/// Returns whether the last word of a name is for a hash: `Gitea commit`, `sonar_checksum`.
pub fn ends_in_hash(name: &[u8]) -> bool {
    let mut hash = false;
    each_word(name, |word| hash = meaning(word) & (HASH | SEALED | REVISION) != 0 && meaning(word) & KEY_OF == 0);
    hash
}

/// Reads a name as people do: the last word for a credential is its head. The words before it qualify it
/// and deny little, those behind it make another thing of it.
pub fn read(name: &[u8]) -> Name {
    // `X-Acme-Key`: a header of that name carries a credential, and its `X` means nothing.
    let header = matches!(name, [b'x' | b'X', b'-', ..]);
    let mut reader = Reader { header, ..Reader::default() };
    reader.out.upper = name.iter().any(u8::is_ascii_alphabetic) && !name.iter().any(u8::is_ascii_lowercase);
    each_word(&name[if header { 2 } else { 0 }..], |word| reader.word(word));
    reader.out
}

/// Reads the words of a name from left to right.
#[derive(Default)]
struct Reader {
    out: Name,
    header: bool,
    /// The meanings of all words so far.
    seen: u32,
    /// The meaning of the last word.
    last: u32,
    /// The last word is `non`.
    non: bool,
    /// `non` is before an adjective.
    denied: bool,
}

impl Reader {
    fn word(&mut self, word: &[u8]) {
        let says = meaning(word);
        let kind = self.kind(word, says);
        self.out.words += 1;
        self.out.sample |= says & SAMPLE != 0;
        self.out.negated |= says & NEGATED != 0;
        // `signature`, `csrf_token`; not `signature_key`, `signature_token`, `csrf_secret`.
        let goes_on = kind == Kind::None || kind == Kind::Token && self.out.kind == Kind::None;
        self.out.passing = says & PASSING != 0 || self.out.passing && goes_on;
        if kind != Kind::None && (kind >= self.out.kind || kind >= Kind::Key) {
            self.head(kind, says);
        } else if self.out.kind != Kind::None {
            self.behind(says);
        }
        self.denied |= self.non && [&b"ing"[..], b"ed", b"ble"].iter().any(|end| word.ends_with(end));
        self.non = word.eq_ignore_ascii_case(b"non");
        self.last = says;
        self.seen |= says;
    }

    fn kind(&self, word: &[u8], says: u32) -> Kind {
        match says {
            0 => ending(word),
            s if s & PASSWORD != 0 => Kind::Password,
            s if s & SECRET != 0 => Kind::Secret,
            s if s & API_KEY != 0 => Kind::ApiKey,
            s if s & TOKEN != 0 => Kind::Token,
            s if s & KEY != 0 && (self.header || self.last & KEY_OF != 0) => Kind::ApiKey,
            s if s & KEY != 0 => Kind::Key,
            s if s & AUTH != 0 => Kind::Auth,
            s if s & RELATED != 0 => Kind::Related,
            _ => Kind::None,
        }
    }

    /// The name is of a credential, as far as it goes.
    fn head(&mut self, kind: Kind, says: u32) {
        let seen = self.seen | says;
        let open = match kind {
            Kind::Key | Kind::ApiKey => seen & OPEN != 0,
            Kind::Token => seen & OPEN != 0 && seen & PUBLIC != 0,
            _ => false,
        };
        self.out.kind = self.out.kind.max(kind);
        self.out.after = 0;
        self.out.public = open || kind == Kind::Key && self.last & PUBLIC != 0;
        self.out.of = match seen {
            _ if self.denied => Of::Denied,
            s if s & SEALED != 0 || self.last & ALGORITHM != 0 => Of::Sealed,
            _ if open => Of::Open,
            _ if says & THING != 0 => Of::Thing,
            s if s & CAPTION != 0 => Of::Perhaps,
            _ => Of::Credential,
        };
    }

    /// A word behind the head makes the name one of something else.
    fn behind(&mut self, says: u32) {
        self.out.after += 1;
        self.out.of = match (self.out.of, says) {
            (Of::Sealed | Of::Denied, _) => self.out.of,
            (_, s) if s & (HASH | SEALED) != 0 && s & KEY_OF == 0 => Of::Sealed,
            (Of::Open | Of::Thing, _) => self.out.of,
            (_, s) if s & THING != 0 => Of::Thing,
            (_, s) if s & (ABOUT | CAPTION) != 0 => Of::Perhaps,
            _ => self.out.of,
        };
    }
}
