//! The words of names, and the meaning of each.

/// Is found beside credentials: salt, seed, session.
pub(super) const RELATED: u32 = 1 << 0;
/// Auth, credential, signature.
pub(super) const AUTH: u32 = 1 << 1;
/// A key.
pub(super) const KEY: u32 = 1 << 2;
/// A token.
pub(super) const TOKEN: u32 = 1 << 3;
/// A key of credentials in one word.
pub(super) const API_KEY: u32 = 1 << 4;
/// A secret.
pub(super) const SECRET: u32 = 1 << 5;
/// A password.
pub(super) const PASSWORD: u32 = 1 << 6;
/// Makes the key behind it one of credentials: `api key`.
pub(super) const KEY_OF: u32 = 1 << 7;
/// Behind a credential: something about it.
pub(super) const ABOUT: u32 = 1 << 8;
/// Makes the key directly behind it one of a table, a map or a page: `primary key`, `cache key`.
pub(super) const PUBLIC: u32 = 1 << 9;
/// Speaks of a hash or a checksum.
pub(super) const HASH: u32 = 1 << 10;
/// Speaks of an example.
pub(super) const SAMPLE: u32 = 1 << 11;
/// Names a part of a form, or of a page that is translated.
pub(super) const CAPTION: u32 = 1 << 12;

/// Denies its neighbour.
pub(super) const NEGATED: u32 = 1 << 13;

/// Made anew each time: a signature, a form's token against forgery.
pub(super) const PASSING: u32 = 1 << 14;

/// Makes a key or a token anywhere behind it one that everybody may read: `public API key`, `site key`.
pub(super) const OPEN: u32 = 1 << 15;

/// Makes a credential anywhere behind it one that was encrypted or hashed: `wrapped_key`.
pub(super) const SEALED: u32 = 1 << 16;

/// Behind a credential, the name is of this other thing, whatever the value looks like: `key_id`, `token address`.
pub(super) const THING: u32 = 1 << 17;

/// Makes the credential directly behind it one that was hashed: `sha256_password`.
pub(super) const ALGORITHM: u32 = 1 << 20;

/// Speaks of a state of a repository, which is named by a hash.
pub(super) const REVISION: u32 = 1 << 19;

/// Ends in the letters of a credential by chance: `monkey`, `compass`.
pub(super) const CHANCE: u32 = 1 << 18;

/// The meaning of a word; nothing for most. Digits behind it (`token2`) count for nothing.
pub(super) fn meaning(word: &[u8]) -> u32 {
    let whole = look(word);
    let digits = word.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    if whole != 0 || digits == 0 { whole } else { look(&word[..word.len() - digits]) }
}

fn look(word: &[u8]) -> u32 {
    let mut buffer = [0u8; 16];
    let Some(lower) = buffer.get_mut(..word.len()) else { return 0 };
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    TABLE.binary_search_by(|(t, _)| t.as_bytes().cmp(lower)).map_or(0, |i| TABLE[i].1)
}

/// Sorted.
#[rustfmt::skip]
const TABLE: &[(&str, u32)] = &[
    ("access", KEY_OF), ("accesskey", API_KEY), ("accesstoken", TOKEN), ("accesstokens", TOKEN), ("account", KEY_OF),
    ("accountkey", API_KEY), ("address", THING | ABOUT), ("addresses", THING | ABOUT), ("adgangskode", PASSWORD),
    ("admin", KEY_OF), ("aes", KEY_OF), ("alg", ABOUT), ("algo", ABOUT), ("algorithm", ABOUT), ("api", KEY_OF),
    ("apikey", API_KEY), ("apitoken", API_KEY), ("app", KEY_OF), ("appkey", API_KEY), ("application", KEY_OF),
    ("appsecret", SECRET), ("arn", THING | ABOUT), ("at", ABOUT), ("attribute", ABOUT), ("audience", ABOUT),
    ("auth", AUTH | KEY_OF), ("authentication", AUTH), ("authenticity", PASSING), ("authkey", API_KEY),
    ("authorization", AUTH), ("authtoken", TOKEN), ("bad", SAMPLE | NEGATED), ("bcrypt", HASH | ALGORITHM),
    ("bearer", TOKEN), ("binding", ABOUT), ("bits", ABOUT), ("board", ABOUT), ("bot", KEY_OF), ("bottoken", TOKEN),
    ("btn", CAPTION), ("bucket", ABOUT | PUBLIC), ("button", ABOUT | CAPTION), ("by", ABOUT), ("bypass", CHANCE),
    ("cache", PUBLIC), ("callback", ABOUT), ("caption", CAPTION), ("chain", ABOUT), ("change", ABOUT),
    ("changed", ABOUT), ("charset", ABOUT), ("checksum", HASH), ("cipher", KEY_OF | HASH), ("ciphertext", SEALED),
    ("class", ABOUT), ("clave", PASSWORD), ("client", KEY_OF), ("clientsecret", SECRET), ("clientsecretkey", SECRET),
    ("cmd", ABOUT), ("code", RELATED), ("codes", ABOUT), ("column", ABOUT | PUBLIC | THING), ("command", ABOUT),
    ("commit", REVISION), ("compass", CHANCE), ("config", ABOUT), ("confirm", ABOUT), ("consumer", KEY_OF),
    ("contains", ABOUT), ("contract", THING | ABOUT), ("contrasena", PASSWORD), ("cookie", RELATED | KEY_OF),
    ("cookies", RELATED), ("count", ABOUT | THING), ("crc", HASH), ("created", ABOUT), ("cred", AUTH),
    ("credential", AUTH), ("credentials", AUTH), ("creds", AUTH), ("crypt", KEY_OF), ("crypted", SEALED),
    ("crypto", KEY_OF), ("csrf", PASSING), ("csrftoken", PASSING), ("date", ABOUT), ("dbpass", PASSWORD),
    ("dedup", PUBLIC), ("demo", SAMPLE), ("deploy", KEY_OF), ("des", KEY_OF), ("desc", ABOUT), ("description", ABOUT),
    ("digest", HASH), ("dir", ABOUT), ("domain", ABOUT | THING), ("donkey", CHANCE), ("down", ABOUT), ("dsn", TOKEN),
    ("dummy", SAMPLE | NEGATED), ("element", ABOUT), ("enabled", ABOUT), ("encoder", ABOUT), ("encoding", ABOUT),
    ("encompass", CHANCE), ("encrypt", KEY_OF), ("encrypted", SEALED), ("encryption", KEY_OF),
    ("encryptionkey", API_KEY), ("end", ABOUT), ("endpoint", ABOUT | THING), ("env", ABOUT), ("equal", ABOUT),
    ("equals", ABOUT), ("err", CAPTION), ("error", ABOUT | CAPTION), ("errors", ABOUT), ("etag", HASH),
    ("event", ABOUT), ("example", SAMPLE), ("exists", ABOUT), ("expected", SAMPLE), ("expiration", ABOUT | THING),
    ("expires", ABOUT | THING), ("expiry", ABOUT | THING), ("expr", ABOUT), ("factory", ABOUT),
    ("fake", SAMPLE | NEGATED), ("field", ABOUT), ("fields", ABOUT), ("file", ABOUT), ("files", ABOUT),
    ("fingerprint", HASH), ("for", ABOUT), ("foreign", PUBLIC), ("forgot", CAPTION), ("forgotten", CAPTION),
    ("form", ABOUT), ("format", ABOUT), ("frame", ABOUT), ("from", ABOUT), ("function", KEY_OF), ("grant", ABOUT),
    ("group", ABOUT | PUBLIC), ("guid", THING | ABOUT), ("handler", ABOUT), ("has", ABOUT), ("hash", HASH),
    ("hashed", SEALED), ("hashes", HASH | THING), ("haslo", PASSWORD), ("hcaptcha", OPEN), ("header", ABOUT),
    ("headers", ABOUT), ("heading", CAPTION), ("help", CAPTION), ("heslo", PASSWORD), ("hint", ABOUT | CAPTION),
    ("hmac", AUTH | KEY_OF), ("hockey", CHANCE), ("host", KEY_OF | ABOUT | THING), ("hotkey", CHANCE),
    ("hotkeys", CHANCE), ("i18n", CAPTION | PUBLIC), ("icon", ABOUT), ("id", ABOUT | THING), ("idempotency", PUBLIC),
    ("identified", AUTH), ("identifier", THING | ABOUT), ("ids", ABOUT | THING), ("in", ABOUT), ("includes", ABOUT),
    ("incorrect", ABOUT | CAPTION | NEGATED), ("index", ABOUT | PUBLIC | THING), ("info", ABOUT), ("ingest", KEY_OF),
    ("input", ABOUT), ("instrumentation", KEY_OF), ("integrity", HASH),
    ("invalid", ABOUT | SAMPLE | CAPTION | NEGATED), ("is", ABOUT), ("issued", ABOUT), ("issuer", ABOUT),
    ("jelszo", PASSWORD), ("jockey", CHANCE), ("jwt", TOKEN | KEY_OF), ("kennwort", PASSWORD), ("key", KEY),
    ("keyblob", API_KEY), ("keyid", KEY | THING), ("keypass", PASSWORD), ("keypress", CHANCE), ("keys", KEY),
    ("kid", THING | ABOUT), ("kind", ABOUT), ("kinds", ABOUT), ("label", ABOUT | CAPTION), ("lackey", CHANCE),
    ("len", ABOUT | THING), ("length", ABOUT | THING), ("license", KEY_OF), ("licensekey", API_KEY),
    ("lifetime", ABOUT), ("link", ABOUT | THING), ("list", ABOUT), ("literal", ABOUT), ("locale", CAPTION | PUBLIC),
    ("lookup", PUBLIC), ("losenord", PASSWORD), ("lozinka", PASSWORD), ("managed", ABOUT), ("manager", ABOUT),
    ("mandatory", CAPTION), ("map", ABOUT | PUBLIC), ("maps", KEY_OF), ("master", KEY_OF), ("masterauth", PASSWORD),
    ("masterkey", API_KEY), ("match", ABOUT), ("matches", ABOUT), ("max", ABOUT), ("md5", HASH | ALGORITHM),
    ("message", ABOUT | CAPTION), ("messages", ABOUT), ("method", ABOUT), ("metric", PUBLIC), ("min", ABOUT),
    ("mismatch", ABOUT | NEGATED), ("missing", ABOUT), ("mnemonic", SECRET), ("mock", SAMPLE | NEGATED),
    ("mode", ABOUT), ("monkey", CHANCE), ("monkeys", CHANCE), ("motdepasse", PASSWORD), ("msg", ABOUT | CAPTION),
    ("mypass", PASSWORD), ("name", ABOUT | THING), ("names", ABOUT | THING), ("nkey", API_KEY), ("non", NEGATED),
    ("nonce", RELATED), ("notice", CAPTION), ("oauth", AUTH), ("oauth2", AUTH), ("object", PUBLIC), ("of", ABOUT),
    ("ops", ABOUT), ("option", ABOUT), ("options", ABOUT), ("order", PUBLIC), ("otp", RELATED), ("overpass", CHANCE),
    ("page", ABOUT), ("pair", ABOUT), ("param", ABOUT), ("params", ABOUT), ("parola", PASSWORD),
    ("partition", PUBLIC), ("pass", PASSWORD), ("passcode", PASSWORD), ("passphrase", PASSWORD), ("passwd", PASSWORD),
    ("password", PASSWORD), ("passwords", PASSWORD), ("passwort", PASSWORD), ("pat", TOKEN), ("path", ABOUT),
    ("paths", ABOUT), ("pattern", ABOUT), ("pin", RELATED), ("pincode", PASSWORD), ("placeholder", ABOUT | CAPTION),
    ("policies", ABOUT), ("policy", ABOUT), ("port", ABOUT), ("position", ABOUT), ("prefix", ABOUT), ("press", ABOUT),
    ("primary", PUBLIC), ("private", KEY_OF), ("privatekey", API_KEY), ("project", KEY_OF), ("prompt", ABOUT),
    ("property", ABOUT), ("provider", ABOUT), ("psw", PASSWORD), ("pswd", PASSWORD), ("pub", OPEN | PUBLIC),
    ("pubkey", KEY | OPEN), ("public", OPEN | PUBLIC), ("publickey", KEY | OPEN), ("publishable", OPEN | PUBLIC),
    ("pw", PASSWORD), ("pwd", PASSWORD), ("query", PUBLIC), ("read", KEY_OF), ("reader", ABOUT), ("recaptcha", OPEN),
    ("ref", ABOUT), ("refreshtoken", TOKEN), ("regex", ABOUT), ("regexp", ABOUT), ("replace", ABOUT),
    ("request", ABOUT), ("requests", ABOUT), ("required", ABOUT), ("requirepass", PASSWORD), ("reset", ABOUT),
    ("response", ABOUT), ("result", ABOUT), ("results", ABOUT), ("revision", REVISION), ("ring", ABOUT), ("role", ABOUT),
    ("rootpass", PASSWORD), ("rootpw", PASSWORD), ("routing", PUBLIC), ("row", PUBLIC), ("rsa", KEY_OF),
    ("rule", ABOUT), ("rules", ABOUT), ("salasana", PASSWORD), ("salt", RELATED), ("sample", SAMPLE),
    ("sas", AUTH | KEY_OF), ("schema", ABOUT), ("scope", ABOUT), ("scopes", ABOUT), ("sealed", SEALED),
    ("search", OPEN), ("secret", SECRET | KEY_OF), ("secretaccesskey", SECRET), ("secretkey", SECRET),
    ("secrets", SECRET), ("seed", RELATED), ("seedphrase", SECRET), ("selector", ABOUT), ("senha", PASSWORD),
    ("server", KEY_OF | ABOUT | THING), ("service", KEY_OF | ABOUT), ("session", RELATED | KEY_OF),
    ("sessionid", RELATED), ("sessiontoken", TOKEN), ("set", ABOUT), ("settings", ABOUT), ("sha", HASH | ALGORITHM),
    ("sha1", HASH | ALGORITHM), ("sha2", HASH | ALGORITHM), ("sha256", HASH | ALGORITHM), ("sha384", HASH | ALGORITHM),
    ("sha512", HASH | ALGORITHM), ("shared", KEY_OF), ("sharedaccesskey", API_KEY), ("sharedkey", API_KEY),
    ("sid", RELATED), ("sifre", PASSWORD), ("sig", AUTH), ("sign", KEY_OF), ("signature", AUTH | PASSING),
    ("signing", KEY_OF), ("signingkey", API_KEY), ("site", OPEN), ("sitekey", KEY | OPEN), ("size", ABOUT | THING),
    ("slug", PUBLIC), ("smokey", CHANCE), ("sort", PUBLIC), ("source", ABOUT), ("sources", ABOUT), ("space", ABOUT), ("span", ABOUT),
    ("split", ABOUT), ("ssh", KEY_OF), ("start", ABOUT), ("startswith", ABOUT), ("state", ABOUT), ("status", ABOUT),
    ("storage", KEY_OF), ("store", ABOUT), ("storepass", PASSWORD), ("stream", ABOUT), ("strength", ABOUT),
    ("stroke", ABOUT), ("stub", SAMPLE | NEGATED), ("subscription", KEY_OF), ("suffix", ABOUT), ("surpass", CHANCE),
    ("table", ABOUT), ("test", ABOUT | SAMPLE), ("tests", SAMPLE), ("text", ABOUT), ("thumbprint", HASH),
    ("time", ABOUT), ("timeout", ABOUT | THING), ("title", ABOUT | CAPTION), ("to", ABOUT), ("token", TOKEN),
    ("tokens", TOKEN), ("tooltip", CAPTION), ("totp", SECRET), ("tr", CAPTION), ("translation", CAPTION | PUBLIC),
    ("tree", ABOUT), ("trespass", CHANCE), ("ttl", ABOUT | THING), ("turkey", CHANCE), ("turnstile", OPEN),
    ("type", ABOUT), ("types", ABOUT), ("underpass", CHANCE), ("unique", PUBLIC), ("up", ABOUT), ("updated", ABOUT),
    ("uri", ABOUT | THING), ("url", ABOUT | PUBLIC | THING), ("urls", ABOUT | THING), ("usage", ABOUT), ("usages", ABOUT),
    ("user", KEY_OF | ABOUT), ("username", ABOUT | THING), ("userpass", PASSWORD), ("userpw", PASSWORD),
    ("uuid", THING | ABOUT), ("valid", ABOUT), ("validator", ABOUT), ("value", ABOUT), ("values", ABOUT),
    ("vapid", OPEN), ("var", ABOUT), ("vault", ABOUT), ("verifier", AUTH), ("version", ABOUT), ("view", ABOUT),
    ("wachtwoord", PASSWORD), ("warning", CAPTION), ("web", KEY_OF), ("webhook", TOKEN), ("whiskey", CHANCE),
    ("with", ABOUT), ("word", ABOUT), ("words", ABOUT), ("wrapped", SEALED), ("write", KEY_OF), ("writer", ABOUT),
    ("wrong", SAMPLE | NEGATED), ("xkey", API_KEY), ("xsrf", PASSING), ("xsrftoken", PASSING),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_fits() {
        assert!(TABLE.windows(2).all(|w| w[0].0 < w[1].0));
        assert!(TABLE.iter().all(|(w, _)| w.len() <= 16));
        for (word, _) in TABLE {
            assert_ne!(meaning(word.to_uppercase().as_bytes()), 0, "{word}");
        }
    }

    #[test]
    fn digits_behind_a_word_say_nothing() {
        assert_eq!(meaning(b"token2"), TOKEN);
        assert_eq!(meaning(b"oauth2") & AUTH, AUTH);
        assert_eq!(meaning(b"12"), 0);
    }
}
