//! Every proof, on tokens that are made here.

use super::*;
use crate::rule::checksum;

const NOW: i64 = 1_800_000_000;

fn prove(name: &str, token: &[u8]) -> Proof {
    prove_in(name, token, 0..token.len())
}

fn prove_in(name: &str, text: &[u8], span: Range<usize>) -> Proof {
    check(name).unwrap()(&CheckInput { secret: &text[span.clone()], text, span, now: NOW })
}

/// Characters that look random and are the same in every run.
fn random(alphabet: &[u8], len: usize, seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(alphabet[(state >> 33) as usize % alphabet.len()])
    };
    (0..len).map(|_| next()).collect()
}

const ALNUM: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const HEX: &[u8] = b"0123456789abcdef";
const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BECH32: &[u8] = b"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";

/// Tokens of the right shape, and the proof that completes them.
fn shapes(seed: u64) -> Vec<(&'static str, String)> {
    let a = |len| random(ALNUM, len, seed);
    let armor = |label: &str| format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", a(64));
    vec![
        ("age", format!("AGE-SECRET-KEY-1{}", random(BECH32, 58, seed))),
        ("aws-bedrock", format!("ABSK{}", a(128))),
        ("aws-key-id", format!("AKIA{}", random(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16, seed))),
        ("azure-devops", random(b"abcdefghijklmnopqrstuvwxyz234567", 52, seed)),
        ("base58check", format!("5{}", random(BASE58, 50, seed))),
        ("base64-json", format!("sntrys_eyJ{}_{}", a(80), a(43))),
        ("bech32", format!("nsec1{}", random(BECH32, 58, seed).to_lowercase())),
        ("grafana-key", format!("eyJrIjoi{}", a(80))),
        ("key-bytes", format!("[{}0]", "0,".repeat(63))),
        ("recovery-phrase", ["word"; 12].join(" ")),
        ("crc32-base62", format!("ghx_{}", a(36))),
        ("crc32-base64-le", format!("cflt{}", a(60))),
        ("crc32-hex", format!("cfxt_{}{}", a(40), random(HEX, 8, seed))),
        ("crc32-hex", format!("zpka_{}_{}", a(32), random(HEX, 8, seed))),
        ("crc32-hex-le", format!("glsx_{}_{}", a(32), random(HEX, 8, seed))),
        ("crc32-hex-upper", format!("ATATX{}={}", a(60), random(HEX, 8, seed))),
        ("discord-snowflake", format!("{}.{}.{}", a(24), a(6), a(38))),
        ("gitlab-routable", format!("glpat-{}.01.{}", a(38), a(9))),
        ("jwt", format!("eyJ{}.eyJ{}.{}", a(30), a(60), a(43))),
        ("luhn", random(b"0123456789", 16, seed)),
        ("macaroon", format!("pypi-AgEIcHlwaS5vcmc{}", a(150))),
        ("marvin32", format!("{}+ASt{}==", a(76), a(6))),
        ("matrix-token", format!("mct_{}_{}", a(30), a(6))),
        ("matrix-token", format!("syt_{}_{}_{}", a(8), a(20), a(6))),
        ("openssh-key", armor("OPENSSH PRIVATE KEY")),
        ("pem", armor("RSA PRIVATE KEY")),
        ("pem", armor("EC PRIVATE KEY")),
        ("pem", armor("DSA PRIVATE KEY")),
        ("pem", armor("PRIVATE KEY")),
        ("pem", armor("OPENSSH PRIVATE KEY")),
        ("pgp-armor", armor("PGP PRIVATE KEY BLOCK")),
        ("putty", format!("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n{}", a(40))),
        ("basic-auth", a(24)),
        ("uuid4", format!("{0}-{1}-{1}-{1}-{2}", random(HEX, 8, seed), random(HEX, 4, seed), random(HEX, 12, seed))),
    ]
}

fn holds(proof: &Proof) -> bool {
    matches!(proof, Proof::Proven(_) | Proof::Structure(_))
}

#[test]
fn completed_tokens_are_proven() {
    for seed in 1..200 {
        for (name, shape) in shapes(seed) {
            let mut token = shape.clone().into_bytes();
            assert!(checksum::complete(name, &mut token), "{name} completes");
            assert!(holds(&prove(name, &token)), "{name} {seed}: {:?}", prove(name, &token));
            let mut again = shape.into_bytes();
            checksum::complete(name, &mut again);
            assert_eq!(token, again, "{name} is the same each time");
        }
    }
}

#[test]
fn changed_tokens_are_not() {
    // Where a checksum covers every character, one that changed must show.
    let strict = [
        "age",
        "base58check",
        "crc32-base62",
        "crc32-base64-le",
        "crc32-hex-le",
        "crc32-hex-upper",
        "marvin32",
        "matrix-token",
    ];
    for seed in 1..50 {
        for (name, shape) in shapes(seed).into_iter().filter(|(name, _)| strict.contains(name)) {
            let mut token = shape.into_bytes();
            checksum::complete(name, &mut token);
            let at = 20;
            token[at] = if token[at] == b'Q' { b'P' } else { b'Q' };
            assert!(matches!(prove(name, &token), Proof::Failed(_)), "{name} {seed}: {:?}", prove(name, &token));
        }
    }
}

#[test]
fn every_proof_is_covered_here() {
    let covered: Vec<&str> = shapes(1).into_iter().map(|(name, _)| name).chain(["url-password"]).collect();
    assert!(CHECKS.iter().all(|(name, _)| covered.contains(name)));
    assert!(CHECKS.is_sorted_by_key(|(name, _)| *name));
    assert!(check("no-such-proof").is_none());
}

#[test]
fn no_proof_panics_on_noise() {
    let mut state = 7_u64;
    for round in 0..3000 {
        let token: Vec<u8> = (0..round % 200)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            })
            .collect();
        for (name, _) in CHECKS {
            prove(name, &token);
        }
    }
    // Broken at every place.
    for (name, shape) in shapes(3) {
        let mut token = shape.into_bytes();
        checksum::complete(name, &mut token);
        for cut in 0..token.len() {
            prove(name, &token[..cut]);
            prove(name, &token[cut..]);
        }
    }
}

#[test]
fn an_account_is_read_from_a_key_id() {
    // Account 581039954779 as computed from the published layout.
    let head = (1_u64 << 47 | 581_039_954_779 << 7).to_be_bytes();
    let body = data_encoding::BASE32_NOPAD.encode(&[&head[2..], &[1, 2, 3, 4]].concat());
    assert_eq!(
        prove("aws-key-id", format!("ASIA{body}").as_bytes()),
        Proof::Structure(Some("account 581039954779".into()))
    );
    let sample = format!("AKIA{}EXAMPLE", random(b"ABCDEFGH234567", 9, 1));
    assert!(matches!(prove("aws-key-id", sample.as_bytes()), Proof::NotSecret(_)));
    let sample = format!("AKIA{}0189", random(b"ABCDEFGH234567", 12, 1));
    assert!(matches!(prove("aws-key-id", sample.as_bytes()), Proof::Failed(_)));
}

fn jwt(header: &str, payload: &str, signature: &str) -> Proof {
    let encode = |text: &str| data_encoding::BASE64URL_NOPAD.encode(text.as_bytes());
    prove("jwt", format!("{}.{}.{signature}", encode(header), encode(payload)).as_bytes())
}

#[test]
fn web_tokens_say_whether_they_matter() {
    let header = r#"{"alg":"HS256","typ":"JWT"}"#;
    let signature = random(ALNUM, 43, 1);
    let sub = r#""sub":"8c1f""#;
    assert_eq!(
        jwt(header, &format!(r#"{{{sub},"exp":1700000000}}"#), &signature),
        Proof::NotSecret("it expired on 2023-11-14".into())
    );
    assert_eq!(
        jwt(header, &format!(r#"{{{sub},"exp":1900000000}}"#), &signature),
        Proof::Structure(Some("it expires on 2030-03-17".into()))
    );
    assert_eq!(jwt(header, &format!("{{{sub}}}"), &signature), Proof::Structure(Some("it never expires".into())));
    for (header, payload, signature) in [
        (header, r#"{"sub":"1234567890","name":"John Doe","iat":1516239022}"#, &*signature),
        (header, r#"{"iss":"x","role":"anon"}"#, &signature),
        (r#"{"alg":"none","x":1}"#, r#"{"sub":"8c1f"}"#, &signature),
        (header, r#"{"sub":"8c1f"}"#, ""),
    ] {
        assert!(matches!(jwt(header, payload, signature), Proof::NotSecret(_)), "{payload}");
    }
    assert!(matches!(jwt(r#"{"typ":"JWT"}"#, r#"{"sub":"8c1f"}"#, &signature), Proof::Failed(_)));
    // Times far out of any range.
    for exp in ["1e300", "-1e300", "99999999999999999999", "\"soon\"", "null"] {
        jwt(header, &format!(r#"{{"exp":{exp}}}"#), &signature);
    }
}

#[test]
fn keys_are_read_however_they_are_written() {
    let mut key = b"-----BEGIN RSA PRIVATE KEY-----\nx\n-----END RSA PRIVATE KEY-----".to_vec();
    checksum::complete("pem", &mut key);
    let key = String::from_utf8(key).unwrap();
    let lines: Vec<&str> = key.lines().collect();
    let forms = [
        key.replace('\n', "\r\n"),
        key.replace('\n', "\\n"),
        key.replace('\n', "\\\\n"),
        key.replace('\n', "\n    "),
        key.replace('\n', " "),
        lines.iter().map(|l| format!("# {l}\n")).collect(),
        lines.iter().map(|l| format!(" * {l}\n")).collect(),
        lines.iter().map(|l| format!("\"{l}\\n\" +\n")).collect(),
        lines.iter().map(|l| format!("    '{l}\\n'\n")).collect(),
        lines.iter().map(|l| format!("+ \"{l}\",\n")).collect(),
    ];
    for text in forms {
        let span = text.find("-----BEGIN").unwrap()..text.rfind("KEY-----").unwrap() + 8;
        assert!(holds(&prove_in("pem", text.as_bytes(), span)), "{}", text.lines().nth(1).unwrap_or(""));
    }
    // A span of the header alone is proved by the key behind it.
    assert!(holds(&prove_in("pem", key.as_bytes(), 0..31)));
    assert_eq!(prove("pem", key.as_bytes()), Proof::Structure(Some("RSA, 2047 bits".into())));
}

#[test]
fn keys_are_read_behind_a_prefix_on_each_line() {
    for (check, begin) in [("pem", "RSA"), ("openssh-key", "OPENSSH")] {
        let mut key = format!("-----BEGIN {begin} PRIVATE KEY-----\nx\n-----END {begin} PRIVATE KEY-----").into_bytes();
        checksum::complete(check, &mut key);
        let key = String::from_utf8(key).unwrap();
        let prefixed = |prefix: &dyn Fn(usize) -> String| -> String {
            key.lines().enumerate().map(|(n, line)| format!("{}{line}\n", prefix(n))).collect()
        };
        for prefix in ["+", "-", "> ", ">", "> > ", "// ", "//", "   # ", "REM ", "-- ", "; ", "dnl ", "* "] {
            let text = prefixed(&|_| prefix.to_owned());
            let span = text.find("-----BEGIN").unwrap()..text.rfind("KEY-----").unwrap() + 8;
            assert!(holds(&prove_in(check, text.as_bytes(), span)), "{prefix}");
        }
        let counted = prefixed(&|n| format!("{}: ", n + 8));
        let aligned = prefixed(&|n| format!("{:03}", n + 8));
        let timed = prefixed(&|n| format!("2026-11-30T12:{:02}:07Z app[12]: ", n % 60));
        for text in [counted, aligned, timed] {
            let span = text.find("-----BEGIN").unwrap()..text.rfind("KEY-----").unwrap() + 8;
            assert!(holds(&prove_in(check, text.as_bytes(), span)), "{}", &text[..40]);
        }
    }
}

#[test]
fn elided_and_encrypted_keys_are_told_apart() {
    let block = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----");
    for body in ["...", "MIIEpAIBAAKCAQEA...", "<key>", "", &random(ALNUM, 64, 1)] {
        let text = block("RSA PRIVATE KEY", body);
        assert!(matches!(prove("pem", text.as_bytes()), Proof::Failed(_)), "{body}");
    }
    let body = random(ALNUM, 64, 2);
    for text in [
        block("ENCRYPTED PRIVATE KEY", &body),
        block("RSA PRIVATE KEY", &format!("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n{body}")),
        "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: aes256-cbc\nPrivate-Lines: 4\n".to_owned(),
    ] {
        let check = if text.starts_with("PuTTY") { "putty" } else { "pem" };
        assert_eq!(prove(check, text.as_bytes()), Proof::NotSecret("a passphrase protects it".into()), "{text}");
    }
    let ssh = [&b"openssh-key-v1\0\0\0\0\x0aaes256-ctr\0\0\0\x06bcrypt"[..], &[0; 60]].concat();
    let text = block("OPENSSH PRIVATE KEY", &data_encoding::BASE64.encode(&ssh));
    assert_eq!(prove("openssh-key", text.as_bytes()), Proof::NotSecret("a passphrase protects it".into()));
    assert!(matches!(prove("pem", block("PUBLIC KEY", &body).as_bytes()), Proof::NotSecret(_)));
}

fn url(text: &str, password: &str) -> Proof {
    let at = text.rfind(password).unwrap();
    let part = prove_in("url-password", text.as_bytes(), at..at + password.len());
    let begin = text.find("://").map(|at| text[..at].rfind(' ').map_or(0, |s| s + 1)).unwrap();
    let whole = prove_in("url-password", text.as_bytes(), begin..text.len());
    assert_eq!(part, whole, "{text}");
    part
}

#[test]
fn passwords_in_urls_are_told_from_placeholders() {
    let strong = random(ALNUM, 16, 5);
    let human = ["winter", "2024!"].concat();
    for (url_text, password) in [
        (format!("db = postgres://app:{strong}@db.acme.io:5432/app"), &*strong),
        (format!("https://{0}:{strong}@git.acme.io/x.git", "u"), &strong),
        (format!("redis://:{strong}@10.1.2.3:6379"), &strong),
        (format!("postgres://app:{strong}@localhost/app"), &strong),
        (format!("amqp://app:{human}@mq.acme.io"), &human),
    ] {
        assert!(holds(&url(&url_text, password)), "{url_text}");
    }
    for (url_text, password) in [
        ("postgres://user:password@db.acme.io/app", "password"),
        ("postgres://app:${DB_PASS}@db.acme.io/app", "${DB_PASS}"),
        ("postgres://app:$DB_PASS@db.acme.io/app", "$DB_PASS"),
        ("postgres://app:{{pass}}@db.acme.io/app", "{{pass}}"),
        ("postgres://app:<pass>@db.acme.io/app", "<pass>"),
        ("postgres://app:%s@db.acme.io/app", "%s"),
        ("postgres://app:****@db.acme.io/app", "****"),
        ("postgres://app:DB_PASSWORD@db.acme.io/app", "DB_PASSWORD"),
        ("postgres://postgres:postgres@localhost/app", "postgres"),
        ("mysql://root:root@127.0.0.1:3306", "root"),
        ("https://joe:hunter2@api.example.com", "hunter2"),
        ("mysql://kanban:kanban-secret@db/app", "kanban-secret"),
        ("postgres://power_storage:power_password@db:5432/app", "power_password"),
        ("postgresql://trolley:trolleyrocks@127.0.0.1:5432/app", "trolleyrocks"),
    ] {
        assert!(matches!(url(url_text, password), Proof::NotSecret(_)), "{url_text}");
    }
    // The twins: a host that is no sample, and something of substance in the password.
    for (url_text, password) in [
        ("mysql://kanban:kanban-secret@db.acme.io/app", "kanban-secret"),
        ("postgres://power_storage:power_velvet29lamp@db:5432/app", "power_velvet29lamp"),
    ] {
        assert!(matches!(url(url_text, password), Proof::Structure(_)), "{url_text}");
    }
}

#[test]
fn a_phrase_of_words_is_told_from_prose_and_from_test_wallets() {
    let phrase = "ocean ribbon velvet pepper anchor lizard magnet tunnel walnut guitar kitten saddle";
    assert!(matches!(prove("recovery-phrase", phrase.as_bytes()), Proof::Structure(_)));
    for other in ["test test test test test test test test test test test junk", &phrase.replace("velvet", "the")] {
        assert!(matches!(prove("recovery-phrase", other.as_bytes()), Proof::NotSecret(_)), "{other}");
    }
}

#[test]
fn a_key_of_grafana_holds_what_its_maker_writes() {
    let encoded = |json: &str| data_encoding::BASE64.encode(json.as_bytes());
    let key = random(ALNUM, 32, 9);
    assert!(holds(&prove("grafana-key", encoded(&format!(r#"{{"k":"{key}","n":"ci","id":1}}"#)).as_bytes())));
    for other in [r#"{"k":"x","n":"ci","id":1}"#, r#"{"kind":"Deployment"}"#, &format!(r#"{{"k":"{key}","id":1}}"#)] {
        assert!(matches!(prove("grafana-key", encoded(other).as_bytes()), Proof::Failed(_)), "{other}");
    }
    // A token that was cut has no proof for or against it, and blocks by its form.
    assert!(matches!(prove("grafana-key", encoded("{").as_bytes()), Proof::Unknown));
}
