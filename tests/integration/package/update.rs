//! `advisories update`: new data is taken up when all of it is right, and otherwise nothing changes.

use std::fs;
use std::io::Cursor;

use crate::support::zip::{Entry, entry, zip};
use crate::support::{Repo, Run, Sandbox};
use minisign::KeyPair;

/// An OSV record on version 1.2.3 of a package.
fn osv(name: &str, day: &str) -> String {
    format!(
        r#"{{"id": "MAL-2031-77", "modified": "{day}T00:00:00Z", "affected": [{{"package": {{"ecosystem": "npm", "name": "{name}"}}, "versions": ["1.2.3"]}}]}}"#
    )
}

/// Runs an update that must be refused, and sees that the data in use is what it was.
#[track_caller]
fn refused(home: &Repo<'_>, args: &[&str], code: i32, why: &str) -> Run {
    let place = home.path(".local/share/shield-hook/advisories.idx");
    let before = fs::read(&place).ok();
    let run = home.shield(&[&["advisories", "update"], args].concat()).expect(code);
    assert!(run.stderr.contains(why), "{why}: {}", run.stderr);
    assert_eq!(fs::read(&place).ok(), before, "the data has been changed");
    let folder = home.path(".local/share/shield-hook");
    let left = fs::read_dir(folder).map(|all| all.count()).unwrap_or_default();
    assert!(left <= 1, "something is left behind");
    run
}

#[test]
fn an_archive_is_read_in_full() {
    let sandbox = Sandbox::new();
    let home = sandbox.at(sandbox.home());
    let other = r#"{"id": "GHSA-1", "modified": "2039-01-01T00:00:00Z", "affected": []}"#;
    let mut stored = entry("deep/er/b.json", osv("stored-attack", "2031-02-03"));
    stored.deflate = false;
    let all = [
        entry("README.md", "no record"),
        entry("npm/a.json", osv("packed-attack", "2031-02-02")),
        stored,
        entry("g.json", other),
    ];
    home.write("all.zip", zip(&all));
    let run = home.shield(&["advisories", "update", "all.zip"]).expect(0);
    assert!(run.stderr.contains("2 advisories from 3 records"), "{}", run.stderr);
    assert!(
        run.stderr.contains("newest 2031-02-03"),
        "what says nothing of malice makes nothing newer: {}",
        run.stderr
    );
    for name in ["packed-attack@1.2.3", "stored-attack@1.2.3", "axios@1.14.1"] {
        home.shield(&["check", name]).expect(1);
    }
    // In a folder, an archive is one file among others.
    home.write("more/all.zip", zip(&all)).write("more/c.json", osv("third-attack", "2031-02-04"));
    home.shield(&["advisories", "update", "more"]).expect(0);
    home.shield(&["check", "packed-attack@1.2.3"]).expect(1);
    home.shield(&["check", "third-attack@1.2.3"]).expect(1);
}

#[test]
fn a_withdrawn_record_takes_back_and_a_later_one_replaces() {
    let sandbox = Sandbox::new();
    let home = sandbox.at(sandbox.home());
    // A row of the binary's own data, by the id that its record has.
    let data = include_str!("../../../rules/advisories/compromised.tsv");
    let mut rows = data.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let row = rows.find(|f| f[0] == "npm" && f[2] == "*" && f[3].starts_with("MAL-") && f[5] == "malicious").unwrap();
    let (name, id) = (row[1], row[3]);
    let record = |day: &str, more: &str, versions: &str| {
        format!(
            r#"{{"id": "{id}", "modified": "{day}T00:00:00Z", {more} "affected": [{{"package": {{"ecosystem": "npm", "name": "{name}"}}, "versions": [{versions}]}}]}}"#
        )
    };
    let checked = |version: &str| home.shield(&["check", &format!("npm:{name}@{version}")]).code;
    assert_eq!((checked("1.2.3"), checked("9.8.7")), (1, 1));
    home.write("a.json", record("2031-01-01", "", r#""1.2.3""#));
    home.shield(&["advisories", "update", "a.json"]).expect(0);
    assert_eq!((checked("1.2.3"), checked("9.8.7")), (1, 0), "a later record names the versions");
    home.write("b.json", record("2031-01-02", r#""withdrawn": "2031-01-02T00:00:00Z","#, r#""1.2.3""#));
    home.shield(&["advisories", "update", "b.json"]).expect(0);
    assert_eq!((checked("1.2.3"), checked("9.8.7")), (0, 0), "withdrawn");
    // Of two states of one record the later one counts, whatever the order of the files.
    for (first, second) in [("a.json", "b.json"), ("b.json", "a.json")] {
        let (first, second) = (fs::read(home.path(first)).unwrap(), fs::read(home.path(second)).unwrap());
        home.write("both/1.json", first).write("both/2.json", second);
        home.shield(&["advisories", "update", "both"]).expect(0);
        assert_eq!(checked("1.2.3"), 0);
    }
    // A record under another id that knows this one as its alias speaks of it, too.
    let other = record("2031-01-03", &format!(r#""aliases": ["{id}"], "withdrawn": "2031-01-03T00:00:00Z","#), "")
        .replacen(id, "MAL-2031-9", 1);
    home.write("c.json", other);
    home.shield(&["advisories", "update", "c.json"]).expect(0);
    assert_eq!(checked("9.8.7"), 0);
    // In a table: one version, or the whole incident.
    home.write(
        "d.tsv",
        format!("ecosystem\tname\tversion\tincident\tsource\tkind\nnpm\t{name}\t*\t{id}\tme\twithdrawn\n"),
    );
    home.shield(&["advisories", "update", "--older", "d.tsv"]).expect(0);
    assert_eq!(checked("9.8.7"), 0);
}

#[test]
fn one_feed_alone_does_not_block_a_package_that_many_depend_on() {
    let sandbox = Sandbox::new();
    let home = sandbox.at(sandbox.home());
    home.write("a.json", osv("lodash", "2031-01-01"));
    home.shield(&["advisories", "update", "a.json"]).expect(0);
    let run = home.shield(&["check", "npm:lodash@1.2.3"]).expect(0);
    assert!(run.stdout.contains("WARN") && run.stdout.contains("one feed alone"), "{}", run.stdout);
    home.write("b.json", osv("lodash", "2031-01-02").replace("\"modified\"", "\"aliases\": [\"GHSA-2\"], \"database_specific\": {\"malicious-packages-origins\": [{\"source\": \"x\"}]}, \"modified\""));
    home.shield(&["advisories", "update", "b.json"]).expect(0);
    home.shield(&["check", "npm:lodash@1.2.3"]).expect(1);
}

#[test]
fn an_archive_that_is_not_right_changes_nothing() {
    let sandbox = Sandbox::new();
    let home = sandbox.at(sandbox.home());
    home.write("good.json", osv("first-attack", "2031-01-01"));
    home.shield(&["advisories", "update", "good.json"]).expect(0);
    let good =
        zip(&[entry("a.json", osv("second-attack", "2031-02-03")), entry("b.json", osv("third-attack", "2031-02-03"))]);
    // Cut anywhere, it is no archive, or not all of one.
    for end in [0, 3, 4, 40, good.len() / 2, good.len() - 30, good.len() - 1] {
        home.write("cut.zip", &good[..end]);
        refused(&home, &["cut.zip"], 2, "cut.zip");
    }
    let mut damaged = good;
    damaged[60] ^= 0x55;
    let plain = |name, text: &str| Entry { deflate: false, ..entry(name, text) };
    let lying = |states| Entry { states: Some(states), ..entry("a.json", " ".repeat(1 << 20)) };
    let empty: &[Entry] = &[];
    for (what, bytes, why) in [
        ("damaged", damaged, "a.json"),
        ("torn JSON", zip(&[plain("x/torn.json", "{\"id\": \"MAL-1\"")]), "x/torn.json: line 1"),
        ("no UTF-8", zip(&[entry("bin.json", b"\xff\xfe\x00".to_vec())]), "bin.json: not UTF-8"),
        ("nothing in it", zip(empty), "no advisory in it"),
        ("nothing of use in it", zip(&[entry("README", "x")]), "no advisory in it"),
        ("a bomb that says so", zip(&[lying(u32::MAX - 1)]), "the limits are"),
        ("a bomb that does not", zip(&[lying(10)]), "does not decompress to the size"),
        ("larger than there is", zip(&[lying(2 << 20)]), "a.json"),
        ("encrypted", zip(&[Entry { flags: 1, ..entry("a.json", osv("x", "2031-02-03")) }]), "encrypted"),
        ("nested too deep", zip(&[entry("a.json", "[".repeat(100_000))]), "a.json: line 1"),
        ("a name with a control character", zip(&[plain("a\u{1b}[2J.json", "{")]), "a\u{fffd}[2J.json"),
        ("an error page", b"<html>".to_vec(), "line 1"),
    ] {
        home.write("bad.zip", bytes);
        let run = refused(&home, &["bad.zip"], 2, if what == "an error page" { "not a zip archive" } else { why });
        assert!(run.stderr.contains("has not been changed"), "{what}: {}", run.stderr);
    }
    home.shield(&["check", "first-attack@1.2.3"]).expect(1);
    home.shield(&["check", "second-attack@1.2.3"]).expect(0);
}

#[test]
fn only_what_bears_the_right_signature_is_taken_where_a_key_is_configured() {
    let sandbox = Sandbox::new();
    let home = sandbox.at(sandbox.home());
    let (ours, theirs) =
        (KeyPair::generate_unencrypted_keypair().unwrap(), KeyPair::generate_unencrypted_keypair().unwrap());
    let sign = |pair: &KeyPair, bytes: &[u8]| {
        minisign::sign(Some(&pair.pk), &pair.sk, Cursor::new(bytes), Some("day 1"), None).unwrap().to_string()
    };
    let data = osv("signed-attack", "2031-02-03");
    home.write("data.json", &data);
    let key = ours.pk.to_base64();
    home.write(
        ".config/shield-hook/config.toml",
        format!("[advisories]\nkey = \"{key}\"\nfrom = \"{}/data.json\"\n", home.dir().display()),
    );
    refused(&home, &["data.json"], 2, "data.json.minisig cannot be read");
    home.write("data.json.minisig", sign(&theirs, data.as_bytes()));
    refused(&home, &["data.json"], 2, "not one of the configured keys'");
    home.write("data.json.minisig", sign(&ours, osv("other", "2031-02-03").as_bytes()));
    refused(&home, &["data.json"], 2, "not one of the configured keys'");
    home.write("data.json.minisig", "untrusted comment: x\nnothing\n");
    refused(&home, &["data.json"], 2, "no minisign signature");
    let good = sign(&ours, data.as_bytes());
    // What the signer says beside it is signed, too.
    home.write("data.json.minisig", good.replace("day 1", "day 2"));
    refused(&home, &["data.json"], 2, "not one of the configured keys'");
    home.write("folder/data.json", &data);
    refused(&home, &["folder"], 3, "bears no signature");
    // Another key on the command line counts instead of the configured one.
    home.write("data.json.minisig", &good).write("theirs.pub", theirs.pk.to_box().unwrap().to_string());
    refused(&home, &["--key", "theirs.pub", "data.json"], 2, "not one of the configured keys'");
    refused(&home, &["--key", "RWnonsense", "data.json"], 3, "no minisign public key");
    let run = home.shield(&["advisories", "update"]).expect(0);
    assert!(run.stderr.contains("signature checked"), "{}", run.stderr);
    home.shield(&["check", "signed-attack@1.2.3"]).expect(1);
    // Two keys: the old one and the next.
    home.write("data.json.minisig", sign(&theirs, data.as_bytes()));
    home.shield(&["advisories", "update", "--key", &key, "--key", "theirs.pub"]).expect(0);
    let run = home.shield(&["advisories", "update", "folder"]).expect(3);
    assert!(!run.stderr.contains("signature checked"));
}

#[test]
fn the_configuration_says_where_from_and_a_repository_may_not() {
    let sandbox = Sandbox::new();
    let home = sandbox.at(sandbox.home());
    let run = home.shield(&["advisories", "update"]).expect(3);
    assert!(run.stderr.contains("[advisories]"), "{}", run.stderr);
    home.write(".config/shield-hook/config.toml", "[advisories]\nkey = \"RWshort\"\n");
    let run = home.shield(&["advisories", "update", "x.json"]).expect(3);
    assert!(run.stderr.contains("config.toml:2:") && run.stderr.contains("minisign"), "{}", run.stderr);
    home.write(".config/shield-hook/config.toml", "[advisories]\nfrmo = \"x\"\n");
    assert!(home.shield(&["advisories", "update", "x.json"]).expect(3).stderr.contains("did you mean `from`"));
    fs::remove_file(home.path(".config/shield-hook/config.toml")).unwrap();
    let repo = sandbox.repo("repo");
    repo.write(".shield-hook.toml", "block = \"low\"\n[advisories]\nfrom = \"https://host.example/all.zip\"\n").add();
    let run = repo.scan_staged();
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stderr.contains(".shield-hook.toml:2") && run.stderr.contains("config.toml"), "{}", run.stderr);
}

#[test]
fn what_was_published_once_does_not_take_the_place_of_newer_data() {
    let sandbox = Sandbox::new();
    let home = sandbox.at(sandbox.home());
    home.write("new.json", osv("new-attack", "2031-02-03")).write("old.json", osv("old-attack", "2031-02-02"));
    home.shield(&["advisories", "update", "new.json"]).expect(0);
    refused(&home, &["old.json"], 2, "--older");
    home.shield(&["advisories", "update", "new.json"]).expect(0);
    home.shield(&["advisories", "update", "--older", "old.json"]).expect(0);
    home.shield(&["check", "old-attack@1.2.3"]).expect(1);
}

#[test]
fn only_a_whole_feed_makes_data_young() {
    let sandbox = Sandbox::new();
    let home = sandbox.at(sandbox.home());
    let day = |days: i64| {
        let then = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
        then.strftime("%Y-%m-%d").to_string()
    };
    // One record of today says nothing about the attacks between it and the data.
    let shown = |home: &Repo| {
        home.shield(&["check", "npm:left-pad@1.3.0", "--format", "json"]).expect(0).json()["data"].clone()
    };
    let before = shown(&home);
    home.write("one.json", osv("new-attack", &day(0)));
    let run = home.shield(&["advisories", "update", "one.json"]).expect(0);
    assert!(run.stderr.contains("no whole feed"), "{}", run.stderr);
    assert_eq!(shown(&home), before);
    // A table says what is complete, and a feed counts for its own ecosystem.
    home.write("new/one.json", osv("new-attack", &day(0)));
    home.write("new/feeds.tsv", format!("source\tecosystem\tuntil\tstate\nx\tnpm\t{}\tcomplete\n", day(0)));
    home.shield(&["advisories", "update", "new"]).expect(0);
    assert_eq!(shown(&home), day(0));
    let pypi = home.shield(&["check", "pypi:left-pad@1.3.0", "--format", "json"]).expect(0).json()["data"].clone();
    assert_eq!(pypi, before);
    let run = home.shield(&["check", "npm:left-pad@1.3.0"]).expect(0);
    assert!(!run.stderr.contains("days old") && run.stderr.contains(&format!("data of {}", day(0))), "{}", run.stderr);
    let json = home.shield(&["check", "npm:left-pad@1.3.0", "--format", "json"]).expect(0).json();
    let sources = home.shield(&["advisories", "sources", "--format", "json"]).expect(0).json();
    assert!(sources.as_array().unwrap().iter().any(|feed| feed["state"] == "partial"), "{sources}");
    assert_eq!((&json["data"], &json["data_age_days"]), (&day(0).into(), &0.into()));
    fs::remove_file(home.path(".local/share/shield-hook/advisories.idx")).unwrap();
    // The binary's own data stands still while the clock goes on: it is said to be old from some day on.
    let days = home.shield(&["check", "left-pad@1.3.0", "--format", "json"]).expect(0).json()["data_age_days"].as_i64();
    for command in [&["check", "left-pad@1.3.0"][..], &["audit", "."]] {
        let said = home.shield(command).expect(0).stderr.contains("days old");
        assert_eq!(said, days.unwrap() > shield_hook::package::age::OLD_DAYS, "{command:?}");
    }
}

#[test]
fn rows_of_unknown_ecosystems_are_refused_by_name_and_the_rest_is_taken() {
    let sandbox = Sandbox::new();
    let home = sandbox.at(sandbox.home());
    let other = osv("strange", "2031-01-01").replace("\"npm\"", "\"Cobol\"").replace("MAL-", "MAL-9");
    home.write("new/a.json", osv("new-attack", "2031-01-01")).write("new/b.json", other).write(
        "new/c.tsv",
        "ecosystem\tname\tversion\tincident\tsource\tkind\nalgol\todd\t1.0\tx\tme\thijack\nnpm\tfurther\t1.0.0\tx\tme\thijack\n",
    );
    let run = home.shield(&["advisories", "update", "new"]).expect(1);
    for named in ["unknown ecosystem `Cobol` of `strange`", "line 2: unknown ecosystem `algol` of `odd`"] {
        assert!(run.stderr.contains(named), "{named}: {}", run.stderr);
    }
    home.shield(&["check", "npm:further@1.0.0"]).expect(1);
}

#[test]
fn addresses_that_are_not_asked() {
    let sandbox = Sandbox::new();
    let home = sandbox.at(sandbox.home());
    refused(&home, &["http://host.example/all.zip"], 3, "plain http");
    refused(&home, &["http://127.0.0.1@host.example/all.zip"], 3, "plain http");
    refused(&home, &["ftp://host.example/all.zip"], 3, "not https");
    refused(&home, &["https://me:word@host.example/all.zip"], 3, "password");
    #[cfg(not(feature = "online"))]
    refused(&home, &["https://host.example/all.zip"], 3, "--features online");
}
