//! What a name says: `DB_PASSWORD` promises a credential, `passwordField`, `tokenType` and `publicKey` do not.

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
    /// Written in capitals.
    pub upper: bool,
}

const PASSWORD: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "pw",
    "pass",
    "pswd",
    "psw",
    "passcode",
    "passwort",
    "kennwort",
    "senha",
    "contrasena",
    "motdepasse",
    "requirepass",
    "masterauth",
    "passwords",
    "pincode",
    "userpw",
    "storepass",
    "keypass",
    "userpass",
    "rootpw",
    "rootpass",
    "dbpass",
    "mypass",
];
const SECRET: &[&str] =
    &["secret", "secrets", "clientsecret", "appsecret", "secretkey", "mnemonic", "totp", "seedphrase"];
const API_KEY: &[&str] = &[
    "apikey",
    "accesskey",
    "privatekey",
    "authkey",
    "appkey",
    "masterkey",
    "encryptionkey",
    "signingkey",
    "accountkey",
    "sharedkey",
    "licensekey",
    "apitoken",
    "nkey",
    "xkey",
    "sharedaccesskey",
    "keyblob",
];
const TOKEN: &[&str] = &["token", "tokens", "bearer", "jwt", "authtoken", "accesstoken", "webhook", "dsn"];
const AUTH: &[&str] = &[
    "auth",
    "authorization",
    "credential",
    "credentials",
    "cred",
    "creds",
    "oauth",
    "signature",
    "sig",
    "oauth2",
    "authentication",
    "verifier",
    "identified",
    "hmac",
    "sas",
];
const RELATED: &[&str] =
    &["salt", "seed", "nonce", "session", "sessionid", "cookie", "cookies", "sid", "code", "otp", "pin"];
/// What makes a key one of credentials.
const KEY_OF: &[&str] = &[
    "api",
    "access",
    "secret",
    "private",
    "auth",
    "app",
    "master",
    "encryption",
    "encrypt",
    "signing",
    "sign",
    "account",
    "shared",
    "license",
    "service",
    "consumer",
    "client",
    "crypt",
    "crypto",
    "aes",
    "des",
    "hmac",
    "jwt",
    "session",
    "cookie",
    "subscription",
    "storage",
    "admin",
    "write",
    "read",
    "deploy",
    "ssh",
    "rsa",
    "server",
    "web",
    "application",
    "bot",
    "host",
    "user",
    "function",
    "instrumentation",
    "ingest",
    "sas",
    "project",
    "maps",
    "cipher",
];
const ABOUT: &[&str] = &[
    "id",
    "ids",
    "name",
    "names",
    "type",
    "types",
    "kind",
    "file",
    "files",
    "path",
    "paths",
    "dir",
    "url",
    "urls",
    "uri",
    "endpoint",
    "field",
    "fields",
    "label",
    "title",
    "text",
    "message",
    "messages",
    "msg",
    "error",
    "errors",
    "prefix",
    "suffix",
    "format",
    "length",
    "len",
    "size",
    "count",
    "min",
    "max",
    "policy",
    "rule",
    "rules",
    "regex",
    "regexp",
    "pattern",
    "hint",
    "prompt",
    "placeholder",
    "description",
    "desc",
    "algorithm",
    "alg",
    "algo",
    "expires",
    "expiry",
    "expiration",
    "ttl",
    "header",
    "headers",
    "param",
    "params",
    "ref",
    "env",
    "var",
    "index",
    "store",
    "provider",
    "manager",
    "service",
    "class",
    "handler",
    "factory",
    "input",
    "form",
    "page",
    "view",
    "reset",
    "change",
    "changed",
    "required",
    "enabled",
    "valid",
    "validator",
    "strength",
    "encoder",
    "policies",
    "lifetime",
    "timeout",
    "scope",
    "scopes",
    "audience",
    "issuer",
    "issued",
    "server",
    "method",
    "mode",
    "status",
    "state",
    "info",
    "button",
    "link",
    "grant",
    "request",
    "response",
    "requests",
    "exists",
    "missing",
    "invalid",
    "incorrect",
    "mismatch",
    "confirm",
    "list",
    "map",
    "set",
    "callback",
    "command",
    "cmd",
    "group",
    "role",
    "user",
    "username",
    "usage",
    "version",
    "schema",
    "column",
    "table",
    "attribute",
    "property",
    "option",
    "options",
    "config",
    "settings",
    "is",
    "has",
    "by",
    "for",
    "from",
    "in",
    "with",
    "to",
    "of",
    "position",
    "binding",
    "codes",
    "equals",
    "event",
    "element",
    "selector",
    "icon",
    "equal",
    "includes",
    "startswith",
    "contains",
    "match",
    "matches",
    "replace",
    "split",
    "test",
    "ring",
    "chain",
    "board",
    "word",
    "words",
    "down",
    "up",
    "press",
    "frame",
    "stroke",
    "space",
    "vault",
    "date",
    "time",
    "at",
    "created",
    "updated",
    "encoding",
    "charset",
    "bits",
    "usages",
    "ops",
    "pair",
    "managed",
    "source",
    "sources",
    "reader",
    "writer",
    "literal",
    "kinds",
    "stream",
    "tree",
    "value",
    "values",
    "expr",
    "span",
    "start",
    "end",
    "bucket",
    "domain",
    "host",
    "port",
];
const PUBLIC: &[&str] = &[
    "public",
    "pub",
    "publishable",
    "id",
    "ids",
    "kid",
    "site",
    "foreign",
    "primary",
    "partition",
    "sort",
    "cache",
    "index",
    "object",
    "bucket",
    "unique",
    "idempotency",
    "row",
    "column",
    "map",
    "translation",
    "i18n",
    "locale",
    "query",
];
const HASH: &[&str] = &[
    "hash",
    "hashed",
    "hashes",
    "sha",
    "sha1",
    "sha2",
    "sha256",
    "sha384",
    "sha512",
    "md5",
    "digest",
    "checksum",
    "fingerprint",
    "etag",
    "integrity",
    "thumbprint",
    "crc",
    "bcrypt",
    "crypted",
    "encrypted",
    "cipher",
    "ciphertext",
    "commit",
    "revision",
];
const SAMPLE: &[&str] = &[
    "test", "tests", "example", "sample", "fake", "dummy", "mock", "demo", "wrong", "bad", "invalid", "expected",
    "stub",
];

/// What a translation or a form is about, wherever it stands in the name.
const CAPTION: &[&str] = &[
    "label",
    "title",
    "tooltip",
    "mandatory",
    "forgot",
    "forgotten",
    "btn",
    "button",
    "caption",
    "heading",
    "notice",
    "warning",
    "placeholder",
    "hint",
    "help",
    "msg",
    "message",
    "error",
    "err",
    "invalid",
    "incorrect",
    "translation",
    "tr",
    "i18n",
    "locale",
];

fn listed(word: &[u8], list: &[&str]) -> bool {
    list.iter().any(|w| w.len() == word.len() && w.as_bytes().eq_ignore_ascii_case(word))
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

/// Reads a name.
pub fn read(name: &[u8]) -> Name {
    let mut out = Name {
        upper: name.iter().any(u8::is_ascii_alphabetic) && !name.iter().any(u8::is_ascii_lowercase),
        ..Name::default()
    };
    let mut key_of = false;
    let mut caption = false;
    each_word(name, |word| {
        out.words += 1;
        let kind = if listed(word, PASSWORD) {
            Kind::Password
        } else if listed(word, SECRET) {
            Kind::Secret
        } else if listed(word, API_KEY) {
            Kind::ApiKey
        } else if listed(word, TOKEN) {
            Kind::Token
        } else if word.eq_ignore_ascii_case(b"key") || word.eq_ignore_ascii_case(b"keys") {
            if key_of { Kind::ApiKey } else { Kind::Key }
        } else if listed(word, AUTH) {
            Kind::Auth
        } else if listed(word, RELATED) {
            Kind::Related
        } else {
            ending(word)
        };
        if kind != Kind::None && (kind >= out.kind || kind == Kind::Key && out.kind == Kind::Secret) {
            out.kind = kind.max(out.kind);
            out.after = 0;
            out.about = caption;
        } else if out.kind != Kind::None {
            out.after += 1;
            out.about |= listed(word, ABOUT);
        }
        caption |= listed(word, CAPTION);
        out.about |= caption;
        key_of = listed(word, KEY_OF);
        out.public |= listed(word, PUBLIC) && !(word.eq_ignore_ascii_case(b"id") && out.kind == Kind::None);
        out.hash |= listed(word, HASH);
        out.sample |= listed(word, SAMPLE);
    });
    out
}
