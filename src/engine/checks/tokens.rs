//! Tokens that can be read: macaroons, JSON in base64, JSON web tokens.

use serde_json::Value;

use super::{CheckInput, Proof, armor};

/// The hosts that sign package registry tokens, in base64: the registry and its test twin.
const HOSTS: [(&str, &str); 2] = [("cHlwaS5vcmc", "the registry"), ("dGVzdC5weXBpLm9yZw", "the test registry")];

/// A macaroon of version 2: a location, an identifier, caveats, and a signature of 32 bytes.
pub(super) fn macaroon(input: &CheckInput<'_>) -> Proof {
    let body = input.secret.iter().position(|&b| b == b'-').map_or(input.secret, |at| &input.secret[at + 1..]);
    let Some(fields) = armor::base64(body).as_deref().and_then(fields) else {
        return Proof::Failed("it is not a whole macaroon".into());
    };
    let location = fields.iter().find(|(kind, _)| *kind == 1).map(|(_, data)| data);
    let host = location.map(|data| data_encoding::BASE64URL_NOPAD.encode(data));
    match HOSTS.iter().find(|(known, _)| Some(*known) == host.as_deref()) {
        Some((_, name)) => Proof::Structure(Some(format!("signed by {name}"))),
        None => Proof::Structure(None),
    }
}

/// The fields of a version 2 macaroon: kind and data. None when it does not end in a whole signature.
fn fields(bytes: &[u8]) -> Option<Vec<(u8, Vec<u8>)>> {
    let (2, mut rest) = bytes.split_first().map(|(version, rest)| (*version, rest))? else { return None };
    let mut fields = Vec::new();
    loop {
        let (&kind, more) = rest.split_first()?;
        rest = more;
        if kind == 0 {
            continue;
        }
        let (mut len, mut shift) = (0_usize, 0);
        loop {
            let (&byte, more) = rest.split_first()?;
            rest = more;
            len |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
            if shift > 21 {
                return None;
            }
        }
        let (data, more) = rest.split_at_checked(len)?;
        rest = more;
        fields.push((kind, data.to_vec()));
        if kind == 6 {
            let named = fields.iter().any(|(kind, data)| *kind == 2 && !data.is_empty());
            return (len == 32 && named && rest.len() < 3).then_some(fields);
        }
    }
}

/// JSON in base64 behind a prefix (Sentry, Grafana Cloud, 1Password). Other content is no evidence.
pub(super) fn base64_json(input: &CheckInput<'_>) -> Proof {
    let Some(start) = memchr::memmem::find(input.secret, b"eyJ") else { return Proof::Unknown };
    let rest = &input.secret[start..];
    // Where the JSON ends and a signature begins is marked by an underscore or a dot, which may be part of it as well.
    let ends = (0..rest.len()).filter(|&i| matches!(rest[i], b'_' | b'.')).chain([rest.len()]);
    for end in ends.take(8) {
        let text = armor::base64(&rest[..end]);
        if text.is_some_and(|text| serde_json::from_slice::<Value>(&text).is_ok_and(|json| json.is_object())) {
            return Proof::Structure(None);
        }
    }
    Proof::Unknown
}

/// Grafana's former API key: JSON in base64 that names its key, its name and its organisation, as `apikeygen` writes it.
/// JSON of another type is no key; other content may be a key that was cut.
pub(super) fn grafana(input: &CheckInput<'_>) -> Proof {
    let json = armor::base64(input.secret).and_then(|text| serde_json::from_slice::<Value>(&text).ok());
    let Some(json) = json else { return Proof::Unknown };
    let key = json["k"].as_str().is_some_and(|k| k.len() >= 16 && k.bytes().all(|b| b.is_ascii_alphanumeric()));
    match key && json["n"].is_string() && json["id"].is_u64() {
        true => Proof::Structure(None),
        false => Proof::Failed("it does not hold a key, a name and an organisation".into()),
    }
}

/// Words of a wallet's recovery phrase (BIP 39): 12 to 24 of them, hardly one of them twice, and none that the list of
/// the standard leaves out and prose cannot do without.
pub(super) fn recovery_phrase(input: &CheckInput<'_>) -> Proof {
    const PROSE: [&[u8]; 12] =
        [b"the", b"and", b"for", b"are", b"was", b"has", b"his", b"her", b"its", b"not", b"from", b"which"];
    let words: Vec<&[u8]> = input.secret.split(|&b| b == b' ').collect();
    let mut kinds = words.clone();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.len() + 2 < words.len() {
        return Proof::NotSecret("a phrase that repeats itself, as test wallets have".into());
    }
    match words.iter().any(|word| PROSE.contains(word)) {
        true => Proof::NotSecret("it reads like prose".into()),
        false => Proof::Structure(Some(format!("{} words", words.len()))),
    }
}

/// The bytes of a key, written as numbers: each is below 256, and they are not all alike.
pub(super) fn key_bytes(input: &CheckInput<'_>) -> Proof {
    let Ok(bytes) = serde_json::from_slice::<Vec<u8>>(input.secret) else {
        return Proof::Failed("its numbers are no bytes".into());
    };
    let mut kinds = bytes.clone();
    kinds.sort_unstable();
    kinds.dedup();
    match kinds.len() * 2 > bytes.len() {
        true => Proof::Structure(Some(format!("{} bytes", bytes.len()))),
        false => Proof::NotSecret("numbers that repeat themselves".into()),
    }
}

/// A JSON web token: a header that names its algorithm, a payload that may hold its expiry.
pub(super) fn jwt(input: &CheckInput<'_>) -> Proof {
    // Where a part begins with it: the prefix of a token may hold the same letters by chance.
    let begins = |at: &usize| *at == 0 || !input.secret[at - 1].is_ascii_alphanumeric();
    let Some(start) = memchr::memmem::find_iter(input.secret, b"eyJ").find(begins) else { return Proof::Unknown };
    let mut parts = input.secret[start..].split(|&b| b == b'.');
    let mut json = || armor::base64(parts.next()?).and_then(|text| serde_json::from_slice::<Value>(&text).ok());
    let (header, payload) = (json(), json());
    let signature = parts.next().unwrap_or_default();
    let Some(header) = header.filter(|h| h.get("alg").is_some_and(Value::is_string)) else {
        return Proof::Failed("its header is not that of a JSON web token".into());
    };
    if header["alg"].as_str().is_some_and(|alg| alg.eq_ignore_ascii_case("none")) || signature.is_empty() {
        return Proof::NotSecret("a JSON web token that nobody signed".into());
    }
    if header.get("enc").is_some() {
        return Proof::Structure(Some("an encrypted JSON web token".into()));
    }
    let Some(payload) = payload.filter(Value::is_object) else { return Proof::Unknown };
    if payload["sub"] == "1234567890" && (payload["name"] == "John Doe" || payload["iat"] == 1_516_239_022) {
        return Proof::NotSecret("the sample token of every tutorial".into());
    }
    if payload["role"] == "anon" {
        return Proof::NotSecret("a public key: its role is anon".into());
    }
    match payload["exp"].as_f64().map(|exp| exp as i64) {
        Some(exp) if exp < input.now => Proof::NotSecret(format!("it expired on {}", date(exp))),
        Some(exp) => Proof::Structure(Some(format!("it expires on {}", date(exp)))),
        None => Proof::Structure(Some("it never expires".into())),
    }
}

/// The day, in UTC.
fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| "a day too far away".into(), |t| t.strftime("%F").to_string())
}
