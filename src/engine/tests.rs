//! The engine with rules made here.

use super::*;
use crate::chunk::{ChunkPlace, Origin};
use crate::rule::{Judge, Requires, Scope, Severity, Status, checksum};

/// A rule with everything that these tests do not look at filled in.
pub(super) fn rule(id: &'static str, keywords: &'static [&'static str], regex: &'static str) -> Rule {
    Rule {
        keywords,
        regex,
        window: 256,
        filters: crate::data::regex::Filters::leaked(regex),
        ..Rule::without_pattern(id, id, "test")
    }
}

pub(super) fn engine(rules: Vec<Rule>) -> Engine {
    let rules = rules.into_iter().map(|rule| &*Box::leak(Box::new(rule))).collect();
    Engine::new(RuleSet::new(rules), Settings { now: 1_800_000_000, ..Settings::default() })
}

pub(super) fn scan_at(engine: &Engine, path: &str, text: &[u8]) -> Vec<Match> {
    let origin = Origin::of(ChunkPlace::File(path.into()));
    engine.scan(Chunk { origin: &origin, bytes: text }, &mut Scratch::default())
}

pub(super) fn scan(engine: &Engine, text: impl AsRef<[u8]>) -> Vec<Match> {
    scan_at(engine, "src/a.txt", text.as_ref())
}

fn ids(matches: &[Match]) -> Vec<&str> {
    matches.iter().map(|m| m.rule.id).collect()
}

/// A body that looks random, the same in every run.
pub(super) fn body(len: usize, seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"[(state >> 33) as usize % 56] as char
    };
    (0..len).map(|_| next()).collect()
}

fn acme(check: bool) -> Rule {
    Rule {
        check: check.then_some("crc32-base62"),
        prefix: "acme_",
        ..rule("acme-token", &["acme_"], r"\b(?<secret>acme_[0-9A-Za-z]{36})\b")
    }
}

fn signed(seed: u64) -> String {
    let body = body(30, seed);
    format!("acme_{body}{}", std::str::from_utf8(&checksum::base62(checksum::crc32(body.as_bytes()))).unwrap())
}

#[test]
fn a_token_is_found_where_it_stands() {
    let engine = engine(vec![acme(true)]);
    let token = signed(1);
    let text = format!("a = 1\nTOKEN={token}\n");
    let found = scan(&engine, &text);
    assert_eq!(ids(&found), ["acme-token"]);
    assert_eq!(&text[found[0].span.clone()], token);
    assert_eq!(found[0].secret.expose(), token.as_bytes());
    assert_eq!(found[0].secret.masked(), "acme_****");
    assert_eq!(found[0].verified, Some(Verified::Checksum));
}

#[test]
fn keywords_are_found_in_any_case() {
    let engine = engine(vec![rule("mixed", &["AcMe"], r"(?i)acme=(?<secret>[0-9a-z]{12})")]);
    assert_eq!(scan(&engine, "ACME=k9zq27lmpwr4").len(), 1);
}

#[test]
fn a_wrong_checksum_makes_a_lookalike_that_no_other_rule_takes_up() {
    let loose = Rule {
        judge: Judge::Context,
        confidence: Confidence::Medium,
        ..rule("loose", &["token"], r"(?i)token\s*=\s*(?<secret>\w{20,60})")
    };
    let engine = engine(vec![loose, acme(true)]);
    let token = format!("acme_{}", body(36, 2));
    let found = scan(&engine, format!("token = {token}"));
    assert_eq!(ids(&found), ["acme-token"]);
    assert_eq!(found[0].confidence, Confidence::Low);
    assert_eq!(found[0].notes, ["its checksum is wrong"]);
    assert_eq!(found[0].verified, None);
}

#[test]
fn a_token_with_a_checksum_is_found_inside_a_word() {
    let free = || Rule { regex: r"(?<secret>acme_[0-9A-Za-z]{36})", ..acme(true) };
    for seed in 40..44 {
        let engine = engine(vec![Rule { filters: crate::data::regex::Filters::leaked(free().regex), ..free() }]);
        let token = signed(seed);
        for text in [format!("abc{token}def"), format!("my_{token}_x"), format!("7{token}7"), format!("x={token}")] {
            assert_eq!(ids(&scan(&engine, &text)), ["acme-token"], "{seed}");
        }
        // A wrong sum inside a word is chance; by itself it is a lookalike.
        let wrong = format!("acme_{}", body(36, seed));
        assert!(scan(&engine, format!("abc{wrong}def")).is_empty(), "{seed}");
        assert_eq!(scan(&engine, format!("x={wrong}")).len(), 1, "{seed}");
    }
}

#[test]
fn the_rule_that_knows_more_wins() {
    let loose = Rule { confidence: Confidence::Medium, ..rule("loose", &["token"], r"(?i)token=(?<secret>\w{20,60})") };
    for rules in [vec![loose.clone(), acme(true)], vec![acme(true), loose]] {
        assert_eq!(ids(&scan(&engine(rules), format!("token={}", signed(3)))), ["acme-token"]);
    }
}

#[test]
fn the_longer_form_speaks_for_the_one_inside_it() {
    let short = |check| Rule { severity: Severity::Critical, ..acme(check) };
    let long =
        || Rule { severity: Severity::High, ..rule("long", &["acme_"], r"(?<secret>acme_[0-9A-Za-z]{36}\.\w{20})\b") };
    let text = format!("t = {}.{}", signed(31), body(20, 32));
    assert_eq!(ids(&scan(&engine(vec![short(false), long()]), &text)), ["long"]);
    // Unless the inner one is proven.
    assert_eq!(ids(&scan(&engine(vec![short(true), long()]), &text)), ["acme-token"]);
    // A doubtful match is no evidence against another.
    let doubtful = Rule { confidence: Confidence::Low, ..long() };
    assert_eq!(ids(&scan(&engine(vec![short(false), doubtful]), &text)), ["acme-token"]);
}

#[test]
fn what_was_encrypted_for_somebody_is_no_password() {
    let engine = Engine::new(RuleSet::builtin(), Settings::default());
    let found = |value: &str| scan(&engine, format!("{{\"savedPassword\": \"{value}\", \"timesUsed\": 1}}\n")).len();
    let (key, iv) = ([&[0xf8][..], &[0; 14], &[1]].concat(), body(48, 34));
    let sealed = [&[0x30, 0x4a, 4, 0x10], &key[..], &[0x30, 0x14], iv.as_bytes()].concat();
    assert_eq!(found(&data_encoding::BASE64.encode(&sealed)), 0);
    let secret = data_encoding::BASE64.encode(&[body(16, 35).as_bytes(), iv.as_bytes()].concat());
    assert_eq!(found(&secret), 1);
    // Sealed Secrets: the length of a key, the key and the content that it opens.
    let cluster = [&[2, 0][..], body(540, 36).as_bytes()].concat();
    assert_eq!(found(&data_encoding::BASE64.encode(&cluster)), 0);
}

#[test]
fn hexadecimal_parts_are_no_words() {
    let engine = engine(vec![Rule {
        judge: Judge::Context,
        confidence: Confidence::Medium,
        ..rule("parts", &["acme"], r"acme = (?<secret>[0-9a-f]{10}-[0-9a-f]{10}-[0-9a-z]{6})\b")
    }]);
    let made = |hex: &str, end: &str| format!("acme = {hex}-{}-{end}", hex.chars().rev().collect::<String>());
    for end in ["eeddca", "tested", "q9p80g"] {
        assert_eq!(scan(&engine, made("a3e3c5e5d9", end)).len(), 1, "{end}");
    }
}

#[test]
fn an_experimental_rule_yields_to_what_blocks_without_it() {
    let token = body(32, 21);
    let text = format!("acme_api_key = \"{token}\"");
    let trial =
        || Rule { status: Status::Experimental, ..rule("acme-trial", &["acme"], r#"acme\w* = "(?<secret>\w{32})""#) };
    let generic = || RuleSet::builtin().only(&["generic-api-key"]).unwrap().rules()[0].clone();
    assert_eq!(ids(&scan(&engine(vec![trial()]), &text)), ["acme-trial"]);
    assert_eq!(ids(&scan(&engine(vec![trial(), generic()]), &text)), ["generic-api-key"]);
}

#[test]
fn a_name_inside_another_word_is_no_name() {
    let engine = engine(vec![rule("okta-key", &["okta"], r#"(?i:okta)\w* = (?<secret>[0-9A-Za-z]{24})\b"#)]);
    let token = body(24, 22);
    for (name, found) in [("okta", 1), ("oktaToken", 1), ("my_okta_key", 1), ("OKTA", 1), ("rookTable", 0)] {
        assert_eq!(scan(&engine, format!("{name} = {token}")).len(), found, "{name}");
    }
}

#[test]
fn a_token_of_words_alone_is_no_token_where_digits_may_stand() {
    let digits = || rule("digits", &["dig_"], r"\b(?<secret>dig_[0-9a-z]{24})\b");
    let letters = || rule("letters", &["let_"], r"\b(?<secret>let_[a-z]{24})\b");
    let engine = engine(vec![digits(), letters()]);
    let (words, random) = ("loremipsumdolorsitametco", "qzjxvkwpgybhmfdtqxkzjvwn");
    assert_eq!(ids(&scan(&engine, format!("dig_{words} let_{words} dig_{}4", &words[1..]))), ["letters", "digits"]);
    // Chance leaves the digits out now and then.
    assert_eq!(ids(&scan(&engine, format!("dig_{random}"))), ["digits"]);
}

#[test]
fn a_counting_middle_does_not_hide_a_random_end() {
    let engine = engine(vec![rule("team", &["team-"], r"\b(?<secret>team-[0-9]{12}-[0-9a-f]{18})\b")]);
    let end: String = body(64, 23).chars().filter(char::is_ascii_hexdigit).collect::<String>().to_lowercase();
    let end = format!("{end}9e03b7d2c1a84f605d")[..18].to_owned();
    assert_eq!(scan(&engine, format!("team-111111111111-{end}")).len(), 1);
    assert_eq!(scan(&engine, "team-111111111111-111111111111111111").len(), 0);
}

#[test]
fn samples_placeholders_and_low_entropy_are_turned_away() {
    let sample = body(36, 4);
    let allow: &'static [&'static str] = Box::leak(Box::new([&*Box::leak(format!("^acme_{sample}").into_boxed_str())]));
    let engine = engine(vec![Rule { allow, entropy: Some(3.0), ..acme(false) }]);
    for value in [sample, "x".repeat(36), "ab".repeat(18)] {
        assert!(scan(&engine, format!("acme_{value}")).is_empty());
    }
    assert_eq!(scan(&engine, format!("acme_{}", body(36, 5))).len(), 1);
}

#[test]
fn the_commit_of_a_service_is_not_its_key() {
    let rule = rule("acme-key", &["acme"], r"(?i)acme[\w ]{0,20}[:=] ?(?<secret>[0-9a-f]{40})\b");
    let engine = engine(vec![Rule { judge: Judge::Context, ..rule }]);
    let value: String = body(120, 9).chars().filter(char::is_ascii_hexdigit).collect::<String>().to_lowercase();
    let value = &value.repeat(3)[..40];
    assert_eq!(scan(&engine, format!("acme key: {value}\n")).len(), 1);
    assert!(scan(&engine, format!("acme commit: {value}\n")).is_empty());
}

#[test]
fn a_rule_applies_only_where_its_paths_say() {
    let engine = engine(vec![Rule { paths: &["**/.acmerc"], ..acme(false) }]);
    let text = signed(6);
    assert_eq!(scan_at(&engine, ".acmerc", text.as_bytes()).len(), 1);
    assert_eq!(scan_at(&engine, "home/.acmerc", text.as_bytes()).len(), 1);
    assert!(scan_at(&engine, "home/acmerc", text.as_bytes()).is_empty());
}

#[test]
fn a_pair_is_reported_once() {
    let id = rule("acme-id", &["acid"], r"\b(?<secret>ACID[0-9A-Z]{8})\b");
    let secret = Rule {
        requires: Some(Requires { rule: "acme-id", lines: 3 }),
        ..rule("acme-secret", &["secret"], r"secret=(?<secret>[0-9A-Za-z]{20})")
    };
    let engine = engine(vec![id, secret]);
    let value = body(20, 7);
    let near = format!("id=ACID27QMLPW9\n\nsecret={value}\n");
    let found = scan(&engine, &near);
    assert_eq!(ids(&found), ["acme-secret"]);
    assert_eq!(&near[found[0].pair.clone().unwrap()], "ACID27QMLPW9");
    assert_eq!(found[0].notes, ["stands with its acme-id"]);
    // Too far away: the id is reported by itself, and the value beside it is no evidence.
    assert_eq!(ids(&scan(&engine, format!("id=ACID27QMLPW9\n\n\n\n\nsecret={value}\n"))), ["acme-id"]);
    assert!(scan(&engine, format!("secret={value}\n")).is_empty());
}

#[test]
fn a_token_is_found_at_every_offset() {
    let engine = engine(vec![acme(true)]);
    let token = signed(8);
    for offset in 0..130 {
        let text = format!("{}{token}{}", " ".repeat(offset), "\n".repeat(offset % 7));
        assert_eq!(scan(&engine, text).len(), 1, "offset {offset}");
    }
}

/// A token in every encoding that is undone, by name.
fn encoded_forms(token: &str) -> Vec<(&'static str, Vec<u8>)> {
    use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
    let plain = format!("TOKEN={token}\n");
    let once = BASE64.encode(plain.as_bytes());
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let percent: String = token.bytes().map(|b| format!("%{b:02X}")).collect();
    let escaped: String = token.bytes().map(|b| format!("\\u{b:04x}")).collect();
    vec![
        ("base64", once.clone().into()),
        ("url base64", BASE64URL_NOPAD.encode(plain.as_bytes()).into()),
        ("twice", BASE64.encode(once.as_bytes()).into()),
        ("hex", HEXLOWER.encode(plain.as_bytes()).into()),
        ("percent", percent.into()),
        ("one percent", plain.replace('_', "%5F").into()),
        ("escapes", escaped.into()),
        ("one escape", plain.replace('_', "\\x5f").into()),
        ("behind a line end's escape", format!("{{\"a\": \"one\\n{token}\\ntwo\"}}").into()),
        ("behind one in JSON in JSON", format!("\"{{\\\"a\\\": \\\"one\\\\n{token}\\\"}}\"").into()),
        ("behind a tab's escape", format!("printf 'a\\t{token}'").into()),
        ("behind an encoded space", format!("?q=a%20{token}").into()),
        ("in colour", format!("\x1b[1;32m{token}\x1b[0m").into()),
        ("in colour, escaped", format!("echo \"\\033[32m{token}\\e[0m\"").into()),
        ("in colour, with the short escape", format!("echo -e '\\e[1m{token}'").into()),
        ("utf-16", utf16(&plain)),
        ("utf-32", plain.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect()),
        ("utf-16 in base64", BASE64.encode(&utf16(&plain)).into()),
        ("base64 in utf-16", utf16(&once)),
        ("gzip in base64", BASE64.encode(&gzip(&plain.repeat(3))).into()),
        ("split", format!("t = \"{}\" + \"{}\"", &token[..9], &token[9..]).into()),
        ("split over lines", format!("t = '{}' +\n    '{}'\n", &token[..20], &token[20..]).into()),
    ]
}

fn gzip(text: &str) -> Vec<u8> {
    let mut room = vec![0; 4096];
    let config = zlib_rs::DeflateConfig { window_bits: 31, ..Default::default() };
    zlib_rs::compress_slice(&mut room, text.as_bytes(), config).0.to_vec()
}

#[test]
fn a_token_is_found_in_every_encoding() {
    let engine = engine(vec![acme(true)]);
    let token = signed(9);
    for (name, form) in encoded_forms(&token) {
        let text = [b"first line\nvalue: ", &form[..], b"\nlast line\n"].concat();
        // Text before it would change where a UTF-16 character begins, which only a real file keeps.
        for text in [form.clone(), text] {
            let found = scan(&engine, &text);
            assert_eq!(ids(&found), ["acme-token"], "{name}");
            assert_eq!(found[0].secret.expose(), token.as_bytes(), "{name}");
            assert_eq!(found[0].verified, Some(Verified::Checksum), "{name}");
            assert!(!name.contains("base64") || found[0].notes.iter().any(|n| n.contains("base64")), "{name}");
        }
    }
}

/// The scan of a derived text decodes a line anew only if the line has the decoder's kind, and only its reach.
#[test]
fn every_decoder_has_a_form_whose_kind_and_reach_it_knows() {
    let token = signed(9);
    let reveals = |decoder: &decode::Decoder, text: &[u8]| {
        let (mut decoded, mut budget) = (decoded_text::DecodedText::default(), decode::Budget::new(text.len()));
        (decoder.decode)(text, &mut decoded, &mut budget);
        memchr::memmem::find(&decoded.text, token.as_bytes()).is_some()
    };
    for decoder in decode::DECODERS {
        let mut forms = encoded_forms(&token);
        forms.retain(|(_, form)| reveals(decoder, form));
        assert!(!forms.is_empty(), "{}: add a form to `encoded_forms`", decoder.name);
        for (name, form) in forms {
            let text = [b"first line\nvalue: ", &form[..], b"\nlast line\n"].concat();
            let lines = b"first line\n".len()..text.len() - b"\nlast line\n".len();
            let kinds = text[lines.clone()].split(|b| *b == b'\n').fold(0, |all, line| all | decode::kinds(line));
            // A literal that may continue is decoded with the line that continues it.
            let kinds = if kinds & decode::kind::OPEN == 0 { kinds } else { kinds | decode::kind::LITERALS };
            assert!(kinds & decoder.kind != 0, "{name}: its lines lack the kind of {}", decoder.name);
            assert!(reveals(decoder, &text[(decoder.reach)(&text, &lines)]), "{name}: the reach of {}", decoder.name);
        }
    }
}

#[test]
fn two_tokens_in_one_encoding_are_both_found_each_at_its_place() {
    let engine = engine(vec![acme(true)]);
    let plain = format!("A={}\nB={}\n", signed(11), signed(12));
    let text = data_encoding::BASE64.encode(plain.as_bytes());
    let found = scan(&engine, &text);
    assert_eq!(found.len(), 2);
    assert!(found[0].span.end <= found[1].span.start + 4);
}

#[test]
fn depth_zero_switches_decoding_off() {
    let mut engine = engine(vec![acme(true)]);
    let text = data_encoding::BASE64.encode(signed(13).as_bytes());
    assert_eq!(scan(&engine, &text).len(), 1);
    engine.settings.decode_depth = 0;
    assert!(scan(&engine, &text).is_empty());
}

#[test]
fn encodings_in_each_other_are_undone_or_told() {
    let engine = engine(vec![acme(true)]);
    let base64 = |text: &str| data_encoding::BASE64.encode(text.as_bytes());
    let hex = |text: &str| data_encoding::HEXLOWER.encode(text.as_bytes());
    for encode in [&base64 as &dyn Fn(&str) -> String, &hex] {
        let mut text = signed(21);
        for depth in 1..=12 {
            text = encode(&text);
            let mut scratch = Scratch::default();
            let origin = Origin::of(ChunkPlace::File("a".into()));
            let found = engine.scan(Chunk { origin: &origin, bytes: text.as_bytes() }, &mut scratch);
            assert!(found.len() == 1 && depth <= 8 || scratch.decoding_ended() && depth > 8, "{depth} deep");
        }
    }
}

#[test]
fn large_and_odd_texts_are_read_whole() {
    let engine = engine(vec![acme(true)]);
    let token = signed(14);
    let line = format!("{}{token}{}", "var x=1;".repeat(125_000), ";y()".repeat(250_000));
    let binary = [&[0xff, 0, 0x80, 0xc3][..], token.as_bytes(), &[0, 0xfe, 0xed]].concat();
    let crlf = format!("a\r\nTOKEN={token}\r\nb\r\n");
    for text in [line.as_bytes(), &binary, crlf.as_bytes()] {
        let found = scan(&engine, text);
        assert_eq!(found.len(), 1);
        assert_eq!(&text[found[0].span.clone()], token.as_bytes());
    }
}

fn loose() -> Rule {
    Rule {
        judge: Judge::Context,
        confidence: Confidence::Medium,
        ..rule("loose", &["acme"], r#"(?i)acme_?key\W{1,4}(?<secret>[\w-]{20,60})"#)
    }
}

#[test]
fn words_are_no_secret_where_only_context_speaks() {
    let engine = engine(vec![loose()]);
    assert_eq!(scan(&engine, format!("ACME_KEY = \"{}\"", body(32, 15))).len(), 1);
    for words in ["get_access_token_from_cache", "my-application-configuration-key", "AcmeKeyConfigurationProvider"] {
        assert!(scan(&engine, format!("acme_key = {words}")).is_empty(), "{words}");
    }
}

#[test]
fn words_beside_the_name_of_a_service_are_no_credential() {
    const WORDS: [&str; 10] = [
        "authentication",
        "middleware",
        "documentation",
        "environment",
        "organization",
        "notification",
        "verification",
        "--lock",
        "magpie_ledger_staging",
        "ledger-gateway-worker",
    ];
    let engine = Engine::new(RuleSet::builtin(), Settings::default());
    // Its statement takes nothing but a password, of words or not.
    let is_statement = |rule: &Rule| rule.id == "powershell-secure-string";
    let by_context =
        engine.rules.iter().map(CompiledRule::rule).filter(|r| r.judge == Judge::Context && !is_statement(r));
    let mut wrong = Vec::new();
    for keyword in by_context.flat_map(|rule| rule.keywords.first()) {
        for word in WORDS {
            let text = format!("Sign in with {keyword}: {word} middleware\n{keyword} \"{word}\" {{\n");
            let found = scan(&engine, text);
            wrong.extend(
                found.iter().filter(|f| f.confidence > Confidence::Low).map(|f| format!("{}: {word}", f.rule.id)),
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn tests_and_examples_lower_what_rests_on_context_and_never_a_proof() {
    let mut engine = engine(vec![loose(), acme(true)]);
    let context = format!("acme_key = {}", body(32, 16));
    let proven = format!("x = {}", signed(17));
    for path in ["tests/unit/a_test.py", "docs/guide.md", "examples/a.rb"] {
        let found = scan_at(&engine, path, context.as_bytes());
        assert_eq!(found[0].confidence, Confidence::Low, "{path}");
        assert!(found[0].notes[0].starts_with("lowered: "), "{path}");
        assert_eq!(scan_at(&engine, path, proven.as_bytes())[0].confidence, Confidence::High, "{path}");
    }
    assert_eq!(scan_at(&engine, "src/a.py", context.as_bytes())[0].confidence, Confidence::Medium);
    engine.settings.path_policy = false;
    assert_eq!(scan_at(&engine, "tests/a_test.py", context.as_bytes())[0].confidence, Confidence::Medium);
}

#[test]
fn every_built_in_rule_compiles() {
    for rule in RuleSet::builtin().rules() {
        let ready = CompiledRule::new(crate::rule::Handle::Own(rule));
        ready.is_sample(b"x");
        ready.applies_to("a".into());
        assert!(rule.regex.is_empty() || ready.regex().secret > 0, "{}", rule.id);
        assert!(rule.check.is_none_or(|check| checks::check(check).is_some()), "{}", rule.id);
    }
}

fn explain(engine: &Engine, text: &str) -> Vec<(&'static str, String)> {
    let origin = Origin::of(ChunkPlace::File("src/a.txt".into()));
    let chunk = Chunk { origin: &origin, bytes: text.as_bytes() };
    engine.explain(chunk, &(0..text.len())).into_iter().map(|e| (e.rule.id, e.outcome.to_string())).collect()
}

#[test]
fn every_verdict_is_explained() {
    let elsewhere = Rule { paths: &["*.acmerc"], ..rule("elsewhere", &["acme_"], "(?<secret>acme_[a-z]+)") };
    let engine = engine(vec![loose(), acme(true), elsewhere]);
    let token = signed(18);
    assert_eq!(
        explain(&engine, &format!("x = {token}")),
        [
            ("loose", "its keyword is here, but the text around it does not match the rule".to_owned()),
            ("elsewhere", "its keyword is here, but the rule applies to other paths only".to_owned()),
            ("acme-token", "found, confidence high".to_owned()),
        ]
    );
    let told = explain(&engine, "acme_key = get_access_token_from_cache");
    assert!(
        told.iter().any(|(id, why)| *id == "loose" && why.starts_with("rejected: it is made of words")),
        "{told:?}"
    );
    let told = explain(&engine, &format!("acme_key = {token}"));
    assert!(told.iter().any(|(id, why)| *id == "loose" && why.starts_with("matched, but another")), "{told:?}");
    // No explanation holds the secret.
    assert!(told.iter().all(|(_, why)| !why.contains(&token[5..])));
}

#[test]
fn a_generic_verdict_shows_what_the_model_saw() {
    let engine = Engine::new(RuleSet::builtin(), Settings::default());
    let text = format!("password = \"{}\"\n", body(24, 19));
    let origin = Origin::of(ChunkPlace::File("src/a.py".into()));
    let told = engine.explain(Chunk { origin: &origin, bytes: text.as_bytes() }, &(0..text.len()));
    assert!(told.iter().any(|e| e.rule.id == "generic-password" && !e.features.is_empty()));
}

#[test]
fn what_is_told_without_a_regex_changes_no_answer() {
    use crate::{data::regex::Filters, rule::generate::Generator};
    let set = RuleSet::builtin();
    let blind = |rule: &Rule| Rule { filters: Filters::ANY, builtin: None, ..rule.clone() };
    let slow = engine(set.rules().iter().map(|rule| blind(rule)).collect());
    let fast = Engine::new(set.clone(), Settings { now: 1_800_000_000, ..Settings::default() });
    let mut samples = Generator::with_seed(&set, 11);
    let mut text = String::new();
    for rule in set.rules() {
        for template in rule.matches.iter().chain(rule.rejects) {
            text.push_str(&samples.expand(rule, template).unwrap().text);
            text.push('\n');
        }
        // Neighbours may give each other away, too.
        if text.len() > 2000 {
            let told = |engine: &Engine| {
                let found = scan(engine, text.as_bytes()).into_iter();
                let told = found.map(|m| (m.rule.id, m.span, m.confidence, m.verified, m.notes, m.pair));
                told.collect::<Vec<_>>()
            };
            assert_eq!(told(&fast), told(&slow));
            text.clear();
        }
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    /// Text as it may come: bytes, characters, encodings half begun.
    fn noise() -> impl Strategy<Value = Vec<u8>> {
        let bytes = prop::collection::vec(any::<u8>(), 0..200);
        let text = r#"[ -~\n\\%"'+]{0,200}"#.prop_map(String::into_bytes);
        let odd = prop::sample::select(vec![
            "\\u00",
            "%4",
            "H4sI",
            "eyJ",
            "-----BEGIN PRIVATE KEY-----",
            "://",
            "\" + \"",
            "token=",
            "\u{feff}",
        ]);
        let odd = odd.prop_map(|s| s.as_bytes().to_vec());
        prop::collection::vec(prop_oneof![bytes, text, odd], 0..6).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn no_bytes_make_it_panic_and_equal_bytes_give_equal_results(bytes in noise()) {
            let engine = Engine::new(RuleSet::builtin(), Settings { now: 1_800_000_000, ..Settings::default() });
            let origin = Origin::of(ChunkPlace::File("a".into()));
            let chunk = Chunk { origin: &origin, bytes: &bytes };
            let mut scratch = Scratch::default();
            let once = format!("{:?}", engine.scan(chunk, &mut scratch));
            // With used buffers as with new ones.
            prop_assert_eq!(&once, &format!("{:?}", engine.scan(chunk, &mut scratch)));
            for found in engine.scan(chunk, &mut Scratch::default()) {
                prop_assert!(found.span.start <= found.span.end && found.span.end <= bytes.len());
            }
            engine.explain(chunk, &(0..bytes.len()));
        }

        #[test]
        fn a_token_is_found_whatever_stands_around_it(before in noise(), after in noise(), seed in 1..1000_u64) {
            let engine = engine(vec![acme(true)]);
            let token = signed(seed);
            let text = [&before[..], b"\n", token.as_bytes(), b"\n", &after].concat();
            let found = scan(&engine, &text);
            prop_assert!(found.iter().any(|m| m.secret.expose() == token.as_bytes()));
        }
    }
}

/// The work on one line repeated, in hits, regex runs and matches of all built-in rules.
fn work_on(line: &str, times: usize) -> u64 {
    let mut engine = Engine::new(RuleSet::builtin(), Settings { now: 1_800_000_000, ..Settings::default() });
    engine.count();
    let found = scan_at(&engine, "conf/app.conf", line.repeat(times).as_bytes());
    assert!(found.len() >= times, "{} of {times}", found.len());
    engine.stats().iter().map(|stat| stat.hits + stat.runs + stat.values).sum()
}

#[test]
fn a_line_repeated_costs_its_share_of_work_each_time() {
    let password = body(20, 11);
    for line in [
        format!("password = \"{password}\"\n"),
        format!("password: {password}\n"),
        format!("\"password\": \"{password}\", "),
        format!("export PASSWORD={password}\n"),
    ] {
        let (some, many) = (work_on(&line, 500), work_on(&line, 4000));
        assert!(many <= some * 9, "{some} for 500, {many} for 4,000");
    }
}

#[test]
fn a_sandbox_and_an_installation_are_lowered_where_nothing_is_at_stake() {
    let of = |scope| Rule { scope, ..acme(false) };
    let text = format!("TOKEN = '{}'", signed(31));
    let confidence = |scope, path: &str| scan_at(&engine(vec![of(scope)]), path, text.as_bytes())[0].confidence;
    for (path, service, sandbox, installation) in [
        ("src/app.py", Confidence::High, Confidence::High, Confidence::High),
        ("settings/main.py", Confidence::High, Confidence::High, Confidence::High),
        ("tests/app_test.py", Confidence::High, Confidence::Low, Confidence::Low),
        ("settings/ci.py", Confidence::High, Confidence::High, Confidence::Low),
        ("settings/local_dev.py", Confidence::High, Confidence::High, Confidence::Low),
        (".env.development", Confidence::High, Confidence::High, Confidence::Low),
        (".ddev/config.yaml", Confidence::High, Confidence::High, Confidence::Low),
        ("local_settings.py", Confidence::High, Confidence::High, Confidence::High),
    ] {
        assert_eq!(confidence(Scope::Service, path), service, "{path}");
        assert_eq!(confidence(Scope::Sandbox, path), sandbox, "{path}");
        assert_eq!(confidence(Scope::Installation, path), installation, "{path}");
    }
}

#[test]
fn a_token_in_a_link_to_this_machine_is_lowered() {
    let engine = Engine::new(RuleSet::builtin(), Settings::default());
    for seed in 40..44 {
        let token = body(40, seed);
        let confidences = |text: &str| -> Vec<Confidence> {
            scan_at(&engine, "src/verify.ts", text.as_bytes()).iter().map(|found| found.confidence).collect()
        };
        for host in ["localhost:3000", "127.0.0.1", "app.localhost", "[::1]:8080", "0.0.0.0:80"] {
            let text = format!("// http://{host}/api/verify?token={token}\n");
            assert!(confidences(&text).iter().all(|c| *c == Confidence::Low), "{text}");
        }
        for host in ["app.acme.io", "localhost.acme.io", "10.0.0.7:3000"] {
            let text = format!("// http://{host}/api/verify?token={token}\n");
            assert!(confidences(&text).iter().any(|c| *c > Confidence::Low), "{text}");
        }
    }
}

#[test]
fn a_word_behind_basic_is_prose_and_a_sample_in_a_test_is_not_shown() {
    let engine = Engine::new(RuleSet::builtin(), Settings::default());
    for word in ["hallucination", "functionality", "authentication", "Tutorials"] {
        let text = format!("{{\"title\": \"Basic {word} for everybody\"}}\n");
        assert!(scan_at(&engine, "data/a.json", text.as_bytes()).is_empty(), "{text}");
    }
    let header = |pair: &str| format!("Authorization: Basic {}\n", data_encoding::BASE64.encode(pair.as_bytes()));
    let sample = header("john:password");
    assert!(scan_at(&engine, "pkg/authz_test.go", sample.as_bytes()).is_empty());
    assert_eq!(scan_at(&engine, "pkg/authz.go", sample.as_bytes()).len(), 1);
    let real = header(&format!("john:{}", body(20, 45)));
    assert_eq!(scan_at(&engine, "pkg/authz_test.go", real.as_bytes())[0].confidence, Confidence::Low);
    assert!(scan_at(&engine, "pkg/authz.go", real.as_bytes())[0].confidence > Confidence::Low);
}

#[test]
fn no_generic_secret_is_in_binary_data_as_it_stands_or_in_base64() {
    let engine = Engine::new(RuleSet::builtin(), Settings::default());
    let generic = |text: &[u8]| -> bool {
        let found = scan_at(&engine, "src/view.ts", text);
        found.iter().any(|found| found.rule.id.starts_with("generic-") && found.confidence > Confidence::Low)
    };
    let mut random = fastrand::Rng::with_seed(5);
    for seed in 50..60 {
        let pair = format!("token=\"{}\"", body(32, seed));
        let mut bytes = |length: usize| -> Vec<u8> { (0..length).map(|_| random.u8(..)).collect() };
        for head in [&b"\x89PNG\r\n\x1a\n"[..], b"wOF2\0\x01\0\0", b"\xff\xd8\xff\xe0", b""] {
            let media = [head, &bytes(400), b" ", pair.as_bytes(), b" ", &bytes(400)].concat();
            let base64 = data_encoding::BASE64.encode(&media);
            assert!(!generic(&media), "{seed}: as it stands");
            assert!(
                !generic(format!("const icon = \"data:image/png;base64,{base64}\";\n").as_bytes()),
                "{seed}: base64"
            );
            // Behind other encoded text.
            let first = data_encoding::BASE64.encode(b"nothing to see here, only a sentence for people");
            assert!(!generic(format!("a = '{first}'\nb = '{base64}'\n").as_bytes()), "{seed}: the second of two");
        }
        // The twins: text in UTF-8, in an old encoding, and in base64.
        assert!(generic(pair.as_bytes()));
        let old = [&[0xb5, 0xc7, 0xc2, 0xbc].repeat(30)[..], b"\n", pair.as_bytes(), b"\n"].concat();
        assert!(generic(&old), "{seed}: an old encoding");
        let encoded = data_encoding::BASE64.encode(format!("name = \"app\"\n{pair}\n").as_bytes());
        assert!(generic(format!("config = '{encoded}'\n").as_bytes()), "{seed}: text in base64");
    }
}

#[test]
fn an_example_in_a_schema_is_lowered() {
    let engine = Engine::new(RuleSet::builtin(), Settings::default());
    let confidence =
        |path: &str, text: &str| scan_at(&engine, path, text.as_bytes()).iter().map(|found| found.confidence).max();
    for seed in 60..63 {
        let token = body(40, seed);
        for (path, text) in [
            (
                "schema/post.json",
                format!("{{\n\t\"example\": {{\n\t\t\"name\": \"x\",\n\t\t\"auth_token\": \"{token}\"\n\t}}\n}}\n"),
            ),
            (
                "schema/post.json",
                format!(
                    "{{\n  \"examples\": {{\n    \"default\": {{\n      \"value\": {{\n        \"api_key\": \"{token}\"\n      }}\n    }}\n  }}\n}}\n"
                ),
            ),
            ("api/openapi.yaml", format!("properties:\n  token:\n    example:\n      auth_token: {token}\n")),
        ] {
            assert_eq!(confidence(path, &text), Some(Confidence::Low), "{text}");
            // The twin: another key above it.
            let real = text.replace("example", "credential");
            assert!(confidence(path, &real) > Some(Confidence::Low), "{real}");
            // Beside the examples, not in them.
            let beside =
                format!("{{\n  \"example\": {{\n    \"name\": \"x\"\n  }},\n  \"auth_token\": \"{token}\"\n}}\n");
            assert!(confidence("schema/post.json", &beside) > Some(Confidence::Low), "{beside}");
        }
    }
}

#[test]
fn a_request_to_this_machine_is_lowered() {
    let engine = Engine::new(RuleSet::builtin(), Settings::default());
    for seed in 64..67 {
        let token = body(40, seed);
        let confidence = |host: &str| {
            let text = format!("curl -X POST http://{host}/api/v1/upload -H \"X-API-TOKEN: {token}\"\n");
            scan_at(&engine, "upload.sh", text.as_bytes()).iter().map(|found| found.confidence).max()
        };
        assert_eq!(confidence("localhost:8000"), Some(Confidence::Low));
        assert!(confidence("api.acme.io") > Some(Confidence::Low));
    }
}

#[test]
fn a_form_by_chance_in_a_long_run_of_base64_is_no_token() {
    let engine = Engine::new(RuleSet::builtin(), Settings::default());
    let found = |text: &str| {
        let found = scan_at(&engine, "src/icon.svg", text.as_bytes());
        found.iter().any(|found| found.rule.id.starts_with("azure-devops") && found.confidence > Confidence::Low)
    };
    for seed in 70..75 {
        let token = format!("{}{}{}{}", body(52, seed), concat!("JQQ", "J99"), body(18, seed + 1), concat!("AZ", "DO"));
        let token = token + &body(4, seed + 2);
        let picture = body(200, seed + 3);
        assert!(!found(&format!("<image href=\"data:image/png;base64,{picture}/{token}+{picture}\"/>\n")), "{seed}");
        for text in [
            format!("AZURE_PAT={token}\n"),
            format!("url = https://host.example/{}?pat={token}\n", "path/".repeat(70)),
            format!("see also{token}and more\n"),
        ] {
            assert!(found(&text), "{seed}: {text}");
        }
    }
}

#[test]
fn the_users_own_name_is_no_password_of_a_statement() {
    let engine = Engine::new(RuleSet::builtin(), Settings::default());
    let found = |text: &str| {
        scan_at(&engine, "docker/init.sql", text.as_bytes()).iter().any(|found| found.confidence > Confidence::Low)
    };
    for (own, other) in [("bagshop", "Corvus-2019x"), ("shop7", "raven!Sturm88"), ("my-app", "Quarzit4711z")] {
        for template in [
            "CREATE USER IF NOT EXISTS '{user}'@'127.0.0.1' IDENTIFIED BY '{password}';\n",
            "CREATE USER '{user}'@'10.1.2.3'\n    IDENTIFIED WITH mysql_native_password BY '{password}';\n",
            "CREATE ROLE {user} WITH LOGIN PASSWORD '{password}';\n",
            "ALTER USER {user} IDENTIFIED BY '{password}';\n",
        ] {
            let statement = |password: &str| template.replace("{user}", own).replace("{password}", password);
            assert!(!found(&statement(own)), "{}", statement(own));
            assert!(found(&statement(other)), "{}", statement(other));
        }
    }
}
