//! Every key of the table: a value that loosens is reported, the value that applies is shown.

use std::collections::{BTreeMap, BTreeSet};

use super::{Form, Key, Kind, Loosens, Reader, SECTIONS, Section, all};
use crate::error::Result;
use crate::policy::weakened::loosened;
use crate::policy::{Files, Origin, Overrides, Policy, baseline, config};

/// Files in memory, by their paths.
struct InMemory(BTreeMap<&'static str, String>);

impl Files for InMemory {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.0.get(path).map(|text| text.clone().into_bytes()))
    }
    fn list(&self, _: &str) -> Result<Vec<String>> {
        Ok(self.0.keys().map(|path| (*path).to_owned()).collect())
    }
    fn name(&self, path: &str) -> String {
        path.to_owned()
    }
}

const RULES: &str = "provider = \"x\"\n[[rule]]\nid = \"own-rule\"\ntitle = \"t\"\nseverity = \"high\"\n\
                     confidence = \"high\"\nsince = \"0.1.0\"\nkeywords = [\"own_key_\"]\n\
                     regex = '''\\b(?<secret>own_key_[0-9a-z]{20})\\b'''\nwhy = \"w\"\nfix = \"f\"\n\
                     match = [\"${secret}\"]\nreject = [\"own_key_\"]\n";

/// A repository whose configuration file holds `text`.
fn files(text: &str) -> InMemory {
    let entry = format!("{}\tsome-rule\ta\tknown\n", "0".repeat(32));
    InMemory(BTreeMap::from([
        (config::FILE, text.to_owned()),
        ("own.toml", RULES.to_owned()),
        ("known", entry),
        (baseline::FILE, String::new()),
    ]))
}

fn load(text: &str) -> Policy {
    let files = files(text);
    let origin = Origin { files: &files, user: None, trusted: true };
    Policy::load(origin, &Overrides::default()).unwrap_or_else(|e| panic!("{text}: {e}")).0
}

/// A configuration file that sets one key, with whatever its section needs beside it.
fn file(section: &Section, key: &Key, value: &str) -> String {
    let beside = match (section.name, key.name) {
        ("", "replace-builtin") => "rules = [\"own.toml\"]\n",
        ("packages", "tiers") => "cooldown = [5, 3]\n",
        ("unread", "path") => "reason = \"r\"\n",
        ("unread", "reason") => "path = \"a\"\n",
        ("allow", "rule") => "reason = \"r\"\n",
        ("allow", "reason") => "rule = \"some-rule\"\n",
        ("allow", "path" | "commit" | "expires") => "rule = \"some-rule\"\nreason = \"r\"\n",
        ("allow", "value" | "fingerprint" | "broad") => "reason = \"r\"\n",
        _ => "",
    };
    let head = match section.form {
        Form::Top => String::new(),
        Form::Tables | Form::TableOrTables => format!("[[{}]]\n", section.name),
        _ => format!("[{}]\n", section.name),
    };
    format!("{head}{} = {value}\n{beside}", key.name)
}

/// Two values of a key as TOML, the stricter one first, for keys whose values are not a few words.
fn strict_and_loose(section: &Section, key: &Key) -> Option<(Option<&'static str>, &'static str)> {
    Some(match (section.name, key.name) {
        ("", "rules") => (Some("[\"own.toml\"]"), "[]"),
        ("", "replace-builtin") => (Some("false"), "true"),
        ("", "disable") => (Some("[]"), "[\"npm-access-token\"]"),
        ("", "baseline") => (None, "\"known\""),
        ("packages", "tiers") => (Some("[100]"), "[10]"),
        ("packages", "cooldown") => (Some("[7]"), "[3]"),
        ("packages", "provenance") => (Some("[500]"), "[50]"),
        ("packages", "online") => (Some("true"), "false"),
        ("server", "push-seconds") => (Some("9"), "99"),
        ("push", "ask") => (Some("true"), "false"),
        ("push", "tracking-days") => (Some("3"), "30"),
        ("publish", "built") => (Some("[]"), "[\"dist/**\"]"),
        ("allow", "path") => (None, "\"a/**\""),
        ("allow", "rule") => (None, "\"some-rule\""),
        ("allow", "value") => (None, "\"abc\""),
        ("allow", "fingerprint") => (None, "\"00112233445566778899aabbccddeeff\""),
        ("allow", "commit") => (None, "\"0123abc\""),
        ("allow", "reason") => (None, "\"why\""),
        ("allow", "expires") => (None, "2027-01-31"),
        ("allow", "broad") => (None, "true"),
        ("unread", "path") => (None, "\"a/**\""),
        ("unread", "reason") => (None, "\"why\""),
        _ => return None,
    })
}

#[test]
fn a_value_that_loosens_is_reported() {
    for (section, key) in all().filter(|(section, _)| section.form != Form::UserTable) {
        let path = section.path(key);
        match (key.kind, key.loosens) {
            (_, Loosens::Never(why)) => assert!(!why.is_empty(), "{path}"),
            (Kind::Word(words), _) => {
                // Of two different words one lets more pass.
                let words = words();
                for (n, a) in words.iter().enumerate() {
                    for b in &words[n + 1..] {
                        let text = |word: &str| file(section, key, &format!("\"{word}\""));
                        let there = loosened(&files(&text(a)), &files(&text(b)));
                        let back = loosened(&files(&text(b)), &files(&text(a)));
                        assert!(there.is_empty() != back.is_empty(), "{path}: {a} and {b}: {there:?} {back:?}");
                    }
                }
            }
            _ => {
                let (strict, loose) = strict_and_loose(section, key).unwrap_or_else(|| panic!("two values of {path}"));
                let strict = strict.map_or_else(String::new, |value| file(section, key, value));
                let loose = file(section, key, loose);
                assert!(!loosened(&files(&strict), &files(&loose)).is_empty(), "{path}: {strict} to {loose}");
                assert!(loosened(&files(&loose), &files(&loose)).is_empty(), "{path}: no change is no loosening");
            }
        }
    }
}

#[test]
fn a_value_that_is_set_is_shown_with_its_line() {
    for (section, key) in all().filter(|(section, _)| section.form != Form::UserTable) {
        let path = section.path(key);
        let Reader::Setting { .. } = key.reader else {
            assert_eq!((key.show)(&Policy::default()), None, "{path} is shown with its record");
            continue;
        };
        let values: BTreeSet<String> = match key.kind {
            Kind::Word(words) => words().iter().map(|word| format!("\"{word}\"")).collect(),
            Kind::Bool => ["true", "false"].map(str::to_owned).into(),
            Kind::Size => ["4096".to_owned()].into(),
            _ => strict_and_loose(section, key).map(|(_, loose)| loose.to_owned()).into_iter().collect(),
        };
        assert!(!values.is_empty(), "{path}");
        for value in values {
            let policy = load(&file(section, key, &value));
            assert_eq!((key.show)(&policy).as_deref(), Some(value.as_str()), "{path}");
            let at: Vec<(&str, usize)> = policy.set_at(section, key).map(|at| (at.file.as_str(), at.line)).collect();
            let line = if section.form == Form::Top { 1 } else { 2 };
            assert_eq!(at, [(config::FILE, line)], "{path}");
        }
    }
}

#[test]
fn defaults_are_what_applies() {
    let policy = load("");
    for (section, key) in all().filter(|(_, key)| !key.default.is_empty()) {
        let shown = (key.show)(&policy).unwrap_or_default();
        match key.kind {
            // A size is shown in bytes.
            Kind::Size => assert_eq!(Some(shown), (key.show)(&load(&file(section, key, key.default)))),
            _ => assert_eq!(shown, key.default, "{}", section.path(key)),
        }
        assert_eq!(policy.set_at(section, key).count(), 0, "{}", section.path(key));
    }
}

#[test]
fn names_are_unique_and_sentences_end() {
    let paths: BTreeSet<String> = all().map(|(section, key)| section.path(key)).collect();
    assert_eq!(paths.len(), all().count());
    for section in SECTIONS {
        assert!(section.about.ends_with('.'), "{}", section.name);
        assert!(section.keys.iter().all(|key| key.about.ends_with('.')), "{}", section.name);
    }
}
