//! Samples whose proof is more than a checksum at the end: made from a token of the right shape, whose bytes are the
//! source of randomness.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD};

use super::{base36, base58_decode, base58_encode, base58_sum, crc24, crc32, marvin32};

/// Random bytes that follow from a seed text (splitmix64).
struct Bytes(u64);

impl Bytes {
    fn from(seed: &[u8]) -> Self {
        // FNV-1a.
        Self(seed.iter().fold(0xcbf2_9ce4_8422_2325, |h, &b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn take(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| (self.next() >> 32) as u8).collect()
    }

    fn digits(&mut self, len: usize) -> String {
        (0..len).map(|i| char::from(b'0' + (self.next() % 9 + u64::from(i == 0)) as u8)).collect()
    }

    fn hex(&mut self, len: usize) -> String {
        (0..len).map(|_| char::from(b"0123456789abcdef"[(self.next() >> 40) as usize % 16])).collect()
    }
}

/// The seeds of Azure's identifiable 64-byte keys by the signature at character 76, from the public
/// microsoft/security-utilities. The Storage one has been seen to hold on real keys.
pub const AZURE_SEEDS: &[(&[u8; 4], u64)] =
    &[(b"+ASt", 0x4465_6661_756c_7430), (b"+ABa", 0x4162_4163_6374_3030), (b"ACDb", 0x4d61_7374_5257_3030)];

pub(super) fn azure_key(token: &mut Vec<u8>) -> bool {
    if token.len() != 88 {
        return false;
    }
    let Some((_, seed)) = AZURE_SEEDS.iter().find(|(signature, _)| token[76..80] == **signature) else { return false };
    // 86 characters and two of padding are 64 bytes; the two spare bits of the 86th must be zero.
    let mut bytes = BASE64.decode(&[&token[..85], b"A=="].concat()).unwrap_or_default();
    if bytes.len() != 64 {
        return false;
    }
    let sum = marvin32(&bytes[..60], *seed).to_le_bytes();
    bytes[60..].copy_from_slice(&sum);
    *token = BASE64.encode(&bytes).into_bytes();
    true
}

/// The values with which the checksum of a legacy Azure DevOps token is xored: for a user, for an application.
pub const AZURE_DEVOPS_SEEDS: [u32; 2] = [0xe0b9_692d, 0x1019_f92e];

pub(super) fn azure_devops(token: &mut Vec<u8>) -> bool {
    if token.len() != 52 {
        // The 84-character form carries its proof in fixed places, which its rule's regex already names.
        return false;
    }
    let mut bytes: [u8; 32] = Bytes::from(token).take(32).try_into().unwrap_or_default();
    let sum = (super::azure_devops(&bytes) ^ AZURE_DEVOPS_SEEDS[0]).to_le_bytes();
    for (place, byte) in [22, 8, 7, 2].into_iter().zip(sum) {
        bytes[place] = byte;
    }
    *token = data_encoding::BASE32_NOPAD.encode(&bytes).to_lowercase().into_bytes();
    true
}

pub(super) fn gitlab_routable(token: &mut Vec<u8>) -> bool {
    let Some(tail) = token.iter().rposition(|&b| b == b'.') else { return false };
    let Some(start) = token.iter().position(|&b| b == b'-').map(|at| at + 1) else { return false };
    let Some(len) = token[start..].iter().position(|&b| b == b'.') else { return false };
    let mut random = Bytes::from(token);
    // Routing data, then random bytes, at least as long as the payload of the given token.
    let mut payload = format!("o:1\nu:{}\n", random.digits(3)).into_bytes();
    payload.extend(random.take((len * 3 / 4).max(27).saturating_sub(payload.len())));
    let payload = BASE64URL_NOPAD.encode(&payload);
    let mut out = [&token[..start], payload.as_bytes(), &token[start + len..=tail]].concat();
    out.extend(base36::<2>(payload.len() as u32));
    let sum = base36::<7>(crc32(&out));
    out.extend(sum);
    *token = out;
    true
}

pub(super) fn aws_key_id(token: &mut [u8]) -> bool {
    // Bits 1 to 40 after the four letters of the kind are the account: any twelve digits will do.
    let Some(body) = token.get_mut(4..20) else { return false };
    let mut random = Bytes::from(body);
    let account = 100_000_000_000 + random.next() % 899_999_999_999;
    let mut bytes = random.take(10);
    let head = 1 << 47 | account << 7 | random.next() & 0x7f;
    bytes[..6].copy_from_slice(&head.to_be_bytes()[2..]);
    body.copy_from_slice(data_encoding::BASE32_NOPAD.encode(&bytes).as_bytes());
    true
}

pub(super) fn aws_bedrock(token: &mut Vec<u8>) -> bool {
    if !token.starts_with(b"ABSK") {
        return false;
    }
    let mut random = Bytes::from(token);
    let name = format!("BedrockAPIKey-{}-at-{}:", random.hex(4), random.digits(12));
    // As long as the token was.
    let secret = ((token.len() - 4) * 3 / 4).saturating_sub(name.len()).max(24);
    let secret = &BASE64.encode(&random.take(secret))[..secret];
    *token = format!("ABSK{}", BASE64.encode(format!("{name}{secret}").as_bytes())).into_bytes();
    true
}

pub(super) fn macaroon(token: &mut Vec<u8>) -> bool {
    let Some(start) = token.iter().position(|&b| b == b'-').map(|at| at + 1) else { return false };
    // The token already names where it comes from: version, field type, length, location.
    let clean: Vec<u8> = token[start..].iter().copied().take(60).collect();
    let head = BASE64URL_NOPAD.decode(&clean[..clean.len() / 4 * 4]).unwrap_or_default();
    let Some(location) = head.get(3..3 + usize::from(head.get(2).copied().unwrap_or(0))) else { return false };
    let mut random = Bytes::from(token);
    let id = format!("{}-{}-4{}-a{}-{}", random.hex(8), random.hex(4), random.hex(3), random.hex(3), random.hex(12));
    let caveat = b"{\"version\": 1, \"permissions\": \"user\"}";
    let mut out = vec![2];
    for (kind, data) in [(1, location), (2, id.as_bytes()), (0, b""), (2, caveat), (0, b""), (0, b"")] {
        out.push(kind);
        if kind != 0 {
            out.push(data.len() as u8);
            out.extend(data);
        }
    }
    out.extend([6, 32]);
    out.extend(random.take(32));
    token.truncate(start);
    token.extend(BASE64URL_NOPAD.encode(&out).into_bytes());
    true
}

pub(super) fn base64_json(token: &mut Vec<u8>) -> bool {
    let Some(start) = memchr::memmem::find(token, b"eyJ") else { return false };
    let len =
        token[start..].iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-')).count();
    let mut random = Bytes::from(token);
    let used = r#"{"iat":1700000000.5,"org":"acme","o":"","n":"","k":""}"#.len();
    let filler = random.hex((len * 3 / 4).saturating_sub(used).max(24));
    let (org, number) = (random.digits(6), random.digits(5));
    let mut json = format!(r#"{{"iat":17{number}000.5,"org":"acme","o":"{org}","n":"acme","k":"{filler}"}}"#);
    // A multiple of three bytes needs no padding, which not every form has.
    while !json.len().is_multiple_of(3) {
        json.push(' ');
    }
    token.splice(start..start + len, BASE64_NOPAD.encode(json.as_bytes()).into_bytes());
    true
}

pub(super) fn grafana(token: &mut Vec<u8>) -> bool {
    let mut random = Bytes::from(token);
    let key = random.hex(32);
    *token = BASE64.encode(format!(r#"{{"k":"{key}","n":"ci","id":1}}"#).as_bytes()).into_bytes();
    true
}

/// As many numbers as there are, each of them a byte.
pub(super) fn key_bytes(token: &mut Vec<u8>) -> bool {
    let count = token.iter().filter(|&&b| b == b',').count() + 1;
    let numbers: Vec<String> = Bytes::from(token).take(count).iter().map(u8::to_string).collect();
    *token = format!("[{}]", numbers.join(",")).into_bytes();
    true
}

/// As many words as there are, none of them twice. It opens no wallet: its checksum is a matter of chance.
pub(super) fn recovery_phrase(token: &mut Vec<u8>) -> bool {
    const WORDS: [&str; 32] = [
        "ocean", "ribbon", "velvet", "pepper", "anchor", "lizard", "magnet", "tunnel", "walnut", "guitar", "kitten",
        "saddle", "mirror", "cactus", "drum", "fabric", "galaxy", "hockey", "island", "jungle", "ladder", "marble",
        "noodle", "orbit", "puzzle", "quiz", "rocket", "salmon", "timber", "urban", "vivid", "zebra",
    ];
    let count = token.iter().filter(|&&b| b == b' ').count() + 1;
    let mut random = Bytes::from(token);
    let mut words = WORDS.to_vec();
    let mut phrase = Vec::new();
    while phrase.len() < count && !words.is_empty() {
        phrase.push(words.swap_remove(random.next() as usize % words.len()));
    }
    *token = phrase.join(" ").into_bytes();
    true
}

pub(super) fn basic_auth(token: &mut Vec<u8>) -> bool {
    let mut random = Bytes::from(token);
    let password = BASE64URL_NOPAD.encode(&random.take(15));
    *token = BASE64.encode(format!("ci-{}:{password}", random.hex(4)).as_bytes()).into_bytes();
    true
}

pub(super) fn jwt(token: &mut Vec<u8>) -> bool {
    // Only at the begin of a part, because random bytes before it may hold the same letters.
    let begins = |at: &usize| *at == 0 || !token[at - 1].is_ascii_alphanumeric();
    let Some(start) = memchr::memmem::find_iter(token, b"eyJ").find(begins) else { return false };
    let mut random = Bytes::from(token);
    // About as long as the parts of the given token, because its rule may bound them.
    let lengths: Vec<usize> = token[start..].split(|&b| b == b'.').map(|part| part.len() * 3 / 4).collect();
    let room = |part: usize, used: usize| lengths.get(part).copied().unwrap_or(0).saturating_sub(used);
    let encode = |text: String| BASE64URL_NOPAD.encode(text.as_bytes());
    let header = match room(0, r#"{"alg":"HS256","typ":"JWT","kid":""}"#.len()) {
        0 => r#"{"alg":"HS256","typ":"JWT"}"#.into(),
        more => format!(r#"{{"alg":"HS256","typ":"JWT","kid":"{}"}}"#, random.hex(more)),
    };
    let subject = random.hex(room(1, r#"{"sub":"","iat":1700000000}"#.len()).max(24));
    let payload = format!(r#"{{"sub":"{subject}","iat":17{}}}"#, random.digits(8));
    let signature = BASE64URL_NOPAD.encode(&random.take(room(2, 0).max(32)));
    token.truncate(start);
    token.extend(format!("{}.{}.{signature}", encode(header), encode(payload)).into_bytes());
    true
}

pub(super) fn discord(token: &mut Vec<u8>) -> bool {
    let Some(end) = token.iter().position(|&b| b == b'.') else { return false };
    let id = Bytes::from(token).digits(if end > 24 { 19 } else { 18 });
    token.splice(..end, BASE64URL_NOPAD.encode(id.as_bytes()).into_bytes());
    true
}

pub(super) fn base58check(token: &mut Vec<u8>) -> bool {
    let Some(mut bytes) = base58_decode(token).filter(|b| b.len() > 4) else { return false };
    let payload = bytes.len() - 4;
    let sum = base58_sum(&bytes[..payload]);
    bytes[payload..].copy_from_slice(&sum);
    *token = base58_encode(&bytes);
    true
}

/// Sets the version and variant of a UUID.
pub(super) fn uuid4(token: &mut [u8]) -> bool {
    let Some(uuid) = token.get_mut(..36) else { return false };
    uuid[14] = b'4';
    uuid[19] = b"89ab"[usize::from(uuid[19]) % 4];
    true
}

/// A private key under whatever header the token begins with. It parses and opens nothing.
pub(super) fn armored(token: &mut Vec<u8>) -> bool {
    let text = String::from_utf8_lossy(token).into_owned();
    let label = text.split_once("-----BEGIN ").and_then(|(_, rest)| Some(rest.split_once("-----")?.0.to_owned()));
    let Some(label) = label else { return false };
    let mut random = Bytes::from(token);
    let (head, body, sum) = match label.as_str() {
        "OPENSSH PRIVATE KEY" => ("", openssh(&mut random), String::new()),
        "PGP PRIVATE KEY BLOCK" => {
            let body = pgp(&mut random);
            let sum = format!("={}\n", BASE64.encode(&crc24(&body).to_be_bytes()[1..]));
            ("\n", body, sum)
        }
        "EC PRIVATE KEY" => ("", sec1(&mut random), String::new()),
        "DSA PRIVATE KEY" => ("", integers(&mut random, &[128, 20, 128, 128, 20]), String::new()),
        "RSA PRIVATE KEY" => ("", rsa(&mut random), String::new()),
        _ => ("", pkcs8(&mut random), String::new()),
    };
    let encoded = BASE64.encode(&body);
    let mut lines: Vec<&str> = Vec::new();
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(64));
        lines.push(line);
        rest = more;
    }
    *token = format!("-----BEGIN {label}-----\n{head}{}\n{sum}-----END {label}-----", lines.join("\n")).into_bytes();
    true
}

pub(super) fn putty(token: &mut Vec<u8>) -> bool {
    let mut random = Bytes::from(token);
    let body = |bytes: Vec<u8>| {
        let text = BASE64.encode(&bytes);
        let lines: Vec<String> = text.as_bytes().chunks(64).map(|l| String::from_utf8_lossy(l).into_owned()).collect();
        format!("{}\n{}", lines.len(), lines.join("\n"))
    };
    let (public, private, mac) = (body(random.take(51)), body(random.take(36)), random.hex(64));
    *token = format!(
        "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: key\nPublic-Lines: {public}\n\
         Private-Lines: {private}\nPrivate-MAC: {mac}"
    )
    .into_bytes();
    true
}

/// One DER element.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        len @ 0..128 => out.push(len as u8),
        len @ 128..256 => out.extend([0x81, len as u8]),
        len => out.extend([0x82, (len >> 8) as u8, len as u8]),
    }
    out.extend(content);
    out
}

/// `SEQUENCE { 0, INTEGER ... }` with integers of these lengths.
fn integers(random: &mut Bytes, lengths: &[usize]) -> Vec<u8> {
    let mut content = der(2, &[0]);
    for &len in lengths {
        let mut number = random.take(len);
        number[0] = number[0] & 0x3f | 0x40;
        content.extend(der(2, &number));
    }
    der(0x30, &content)
}

fn rsa(random: &mut Bytes) -> Vec<u8> {
    // Modulus, exponent, private exponent, primes, exponents, coefficient.
    integers(random, &[256, 3, 256, 128, 128, 128, 128, 128])
}

fn sec1(random: &mut Bytes) -> Vec<u8> {
    // prime256v1
    let curve = der(0xa0, &der(6, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]));
    der(0x30, &[der(2, &[1]), der(4, &random.take(32)), curve].concat())
}

fn pkcs8(random: &mut Bytes) -> Vec<u8> {
    // rsaEncryption
    let algorithm = der(0x30, &[der(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]), der(5, &[])].concat());
    der(0x30, &[der(2, &[0]), algorithm, der(4, &rsa(random))].concat())
}

fn openssh(random: &mut Bytes) -> Vec<u8> {
    let string = |data: &[u8]| [&(data.len() as u32).to_be_bytes()[..], data].concat();
    let public = [string(b"ssh-ed25519"), string(&random.take(32))].concat();
    let check = random.take(4);
    let private =
        [check.clone(), check, public.clone(), string(&random.take(64)), string(b"key"), vec![1, 2, 3, 4, 5]].concat();
    let none = string(b"none");
    [b"openssh-key-v1\0", &none[..], &none, &string(b""), &1_u32.to_be_bytes(), &string(&public), &string(&private)]
        .concat()
}

fn pgp(random: &mut Bytes) -> Vec<u8> {
    // Version 4, a time, EdDSA, its curve, a public point, no passphrase, a private number, a sum.
    let mpi = |bytes: Vec<u8>| {
        let bits = (bytes.len() * 8) as u16 - bytes.first().map_or(0, |b| b.leading_zeros() as u16);
        [&bits.to_be_bytes()[..], &bytes].concat()
    };
    let curve = [0x2b, 6, 1, 4, 1, 0xda, 0x47, 0x0f, 1];
    let mut point = random.take(33);
    point[0] = 0x40;
    let mut number = random.take(32);
    number[0] |= 1;
    let number = mpi(number);
    let sum = number.iter().fold(0_u16, |sum, &b| sum.wrapping_add(u16::from(b)));
    let mut body = vec![4];
    body.extend(random.take(4));
    body.extend([22, curve.len() as u8]);
    body.extend(curve);
    body.extend(mpi(point));
    body.push(0);
    body.extend(number);
    body.extend(sum.to_be_bytes());
    [vec![0xc5, body.len() as u8], body].concat()
}
