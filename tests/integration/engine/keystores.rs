//! Files made to keep keys in: what is kept, what protects it, and what of it is new.

use crate::support::{Run, Sandbox};
use data_encoding::BASE64;
use shield_hook::rule::RuleSet;
use shield_hook::rule::generate::Generator;

/// A fresh store of this kind.
fn store(kind: &str) -> Vec<u8> {
    let set = RuleSet::builtin();
    let rule = set.get("java-keystore").expect("a rule");
    let sample = Generator::new(&set).expand(rule, &format!("${{store:{kind}}}")).expect("a store");
    BASE64.decode(sample.text.as_bytes()).expect("base64")
}

/// The rules of a report, each with its path and whether it blocks.
fn told(run: &Run) -> Vec<(String, String, bool)> {
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let findings = run.json()["findings"].as_array().expect("findings").clone();
    findings.iter().map(|f| (text(&f["path"]), text(&f["rule"]), f["blocking"] == true)).collect()
}

fn row(path: &str, rule: &str, blocks: bool) -> (String, String, bool) {
    (path.to_owned(), rule.to_owned(), blocks)
}

#[test]
fn stores_with_keys_block_and_certificates_do_not() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("r");
    for (path, kind) in [
        ("a/server.jks", "jks"),
        ("b/server.jks", "jks-known"),
        ("c/cacerts", "jks-certificates"),
        ("d/site.p12", "pkcs12"),
        ("e/trust.p12", "pkcs12-certificates"),
        ("f/key.pk8", "der"),
        ("g/krb5.keytab", "keytab"),
        ("h/team.kdbx", "kdbx"),
        ("i/key4.db", "nss"),
        ("j/wallet.dat", "wallet"),
        ("k/secring.gpg", "secring"),
    ] {
        repo.write(path, store(kind));
    }
    repo.add();
    let expected = [
        row("a/server.jks", "java-keystore", true),
        row("b/server.jks", "keystore-known-password", true),
        row("d/site.p12", "pkcs12-keystore", true),
        row("f/key.pk8", "private-key-der", true),
        row("g/krb5.keytab", "kerberos-keytab", true),
        row("h/team.kdbx", "password-database", true),
        row("i/key4.db", "nss-key-database", true),
        row("j/wallet.dat", "bitcoin-wallet", true),
        row("k/secring.gpg", "gnupg-secret-key", true),
    ];
    let run = repo.scan_staged().expect(1);
    assert_eq!(told(&run), expected);
    for finding in run.json()["findings"].as_array().expect("findings") {
        assert_eq!(finding["secret"], "****", "nothing of it is shown");
    }
    repo.git(&["commit", "-q", "--no-verify", "-m", "keys"]);
    assert_eq!(told(&repo.shield(&["scan", "--history", "--format", "json"]).expect(1)), expected);
}

#[test]
fn tests_keep_their_stores() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("r");
    repo.write("src/test/resources/server.jks", store("jks-known")).write("tests/key.pk8", store("der")).add();
    let run = repo.scan_staged().expect(0);
    let expected = [
        row("src/test/resources/server.jks", "keystore-known-password", false),
        row("tests/key.pk8", "private-key-der", false),
    ];
    assert_eq!(told(&run), expected);
}

#[test]
fn a_key_counts_once_whatever_changes_around_it() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("r");
    let of = |entries: &[&[u8]]| {
        let mut text = [&[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0][..], &[entries.len() as u8]].concat();
        text.extend(entries.concat());
        // Whoever's password it is.
        text.extend(store("jks").split_off(12)[..20].iter());
        text
    };
    let (one, two, certificate) = (store("jks"), store("jks"), store("jks-certificates"));
    let entry = |store: &[u8]| store[12..store.len() - 20].to_vec();
    let (one, two, certificate) = (entry(&one), entry(&two), entry(&certificate));
    repo.write("server.jks", of(&[&one])).commit("one key");
    repo.write("server.jks", of(&[&certificate, &one])).add();
    repo.scan_staged().expect_clean();
    repo.git(&["commit", "-q", "--no-verify", "-m", "a certificate"]);
    repo.write("server.jks", of(&[&certificate, &one, &two])).add();
    let run = repo.scan_staged().expect(1);
    assert_eq!(told(&run).iter().filter(|(_, _, blocks)| *blocks).count(), 1, "{:?}", told(&run));
    repo.git(&["commit", "-q", "--no-verify", "-m", "another key"]);
    repo.git(&["mv", "server.jks", "moved.jks"]);
    repo.scan_staged().expect_clean();
    let range = told(&repo.shield(&["scan", "--range", "HEAD~2..HEAD", "--format", "json"]).expect(1));
    assert_eq!(range.iter().filter(|(_, _, blocks)| *blocks).count(), 1, "{range:?}");
}

#[test]
fn a_store_inside_text_is_found() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("r");
    let encoded = BASE64.encode(&store("jks-known"));
    let wrapped: Vec<String> = encoded.as_bytes().chunks(76).map(|l| String::from_utf8_lossy(l).into_owned()).collect();
    let manifest =
        |value: &str| format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: tls\ndata:\n  server.jks: {value}\n");
    repo.write("one.yaml", manifest(&encoded))
        .write("two.yaml", manifest(&format!("|\n    {}", wrapped.join("\n    "))));
    repo.write("key.env", format!("SIGNING_KEY={}\n", BASE64.encode(&store("der")))).add();
    repo.write("ca.yaml", manifest(&BASE64.encode(&store("jks-certificates")))).add();
    let expected = [
        row("key.env", "private-key-der", true),
        row("one.yaml", "keystore-known-password", true),
        row("two.yaml", "keystore-known-password", true),
    ];
    assert_eq!(told(&repo.scan_staged().expect(1)), expected);
}

/// A key behind the sign of a patch or of a comment on each line, and one that was cut before its last line.
#[test]
fn a_key_is_found_behind_prefixes_and_without_its_end() {
    let set = RuleSet::builtin();
    let sample = |id: &str| -> String {
        let rule = set.get(id).expect("a built-in rule");
        Generator::new(&set).expand(rule, "${secret}").expect("a sample").text
    };
    let sandbox = Sandbox::new();
    let dir = sandbox.at(sandbox.path("plain"));
    let blocks = |text: String, what: &str| {
        dir.write("notes.txt", text);
        let run = dir.shield(&["scan", "--format", "json", "notes.txt"]);
        assert_eq!(run.blocking().len(), 1, "{what}: {}", run.stdout);
    };
    for id in ["private-key-openssh", "private-key-rsa"] {
        for prefix in ["+", "-", "> ", "// ", "REM ", "-- "] {
            let key: String = sample(id).lines().map(|line| format!("{prefix}{line}\n")).collect();
            blocks(format!("{prefix}first\n{key}{prefix}last\n"), prefix);
        }
    }
    let cut = |key: String| key[..key.find("-----END").expect("an END line")].to_owned();
    blocks(cut(sample("private-key-openssh")), "cut");
    blocks(format!("{}done\nand more words\n", cut(sample("private-key-openssh"))), "followed");
}
