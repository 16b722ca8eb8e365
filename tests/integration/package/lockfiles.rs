//! Every hijacked version, written into every lockfile that can hold it, comes out as itself; nothing else does.

use crate::support::lockfiles::{Origin, SETTINGS, Writer, name_in, writers};
use shield_hook::package::advisory::{Advisories, PackageVerdict};
use shield_hook::package::index::{self, Index};
use shield_hook::package::inventory::Inventory;
use shield_hook::package::{lockfile, row};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

const DATA: &str = include_str!("../../../rules/advisories/compromised.tsv");

/// The bad versions of an ecosystem that the data knows exactly, and that it blocks; a range stands as its lower bound.
fn hijacked(ecosystem: &str) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    let kinds: &[&str] = if matches!(ecosystem, "npm" | "pypi") { &["hijack"] } else { &["hijack", "malicious"] };
    for line in DATA.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        if fields[0] == ecosystem && kinds.contains(&fields[5]) && fields[2] != "*" {
            let version = fields[2].split(',').next().unwrap().trim_start_matches(">=");
            let version = if version == "0" { "0.1.0" } else { version };
            rows.push((fields[1].to_owned(), version.to_owned()));
        }
    }
    rows
}

/// An ecosystem that the data has nothing about yet gets invented rows.
fn data(ecosystem: &str) -> (Advisories, Vec<(String, String)>) {
    let rows = hijacked(ecosystem);
    if !rows.is_empty() {
        return (Advisories::builtin(), rows);
    }
    let invented = |n: usize| (name_in(ecosystem, &format!("bad_{}", n / 2)), format!("1.{n}.0"));
    let rows: Vec<_> = (0..40).map(invented).collect();
    let line = |(name, version): &(String, String)| format!("{ecosystem}\t{name}\t{version}\tx-2030-01\tx\thijack\n");
    let table = row::parse_rows(&rows.iter().map(line).collect::<String>()).unwrap();
    let blob = index::write("2030-01-01", &table, &[]).unwrap();
    (Advisories::only(Index::open(Cow::Owned(blob)).unwrap()), rows)
}

/// Names of which every version is bad: there is no clean version of these to try.
fn wholly_bad(ecosystem: &str) -> BTreeSet<String> {
    DATA.lines()
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .filter(|f| f[0] == ecosystem && f[2] == "*" && f[5] == "malicious")
        .map(|f| f[1].to_owned())
        .collect()
}

/// Formats key by name, so each file takes one version of a name: as many files as the most repeated name has versions.
fn rounds(rows: &[(String, String)]) -> Vec<Vec<(String, String)>> {
    let mut rounds: Vec<Vec<(String, String)>> = Vec::new();
    let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, version) in rows {
        let round = taken.entry(name).or_default();
        if *round == rounds.len() {
            rounds.push(Vec::new());
        }
        rounds[*round].push((name.clone(), version.clone()));
        *round += 1;
    }
    rounds
}

fn read(writer: &Writer, text: &str) -> Inventory {
    match lockfile::parse(writer.path, text.as_bytes()) {
        Some(Ok(inventory)) => inventory,
        Some(Err(error)) => {
            panic!("{}: {error}\n{}", writer.label, text.lines().nth(error.line as usize - 1).unwrap_or(""))
        }
        None => panic!("{} is not recognised", writer.path),
    }
}

fn blocked(advisories: &Advisories, inventory: &Inventory) -> BTreeSet<(String, String)> {
    inventory
        .packages
        .iter()
        .filter(|p| p.is_registry())
        .filter(|p| matches!(advisories.lookup(p.ecosystem, &p.name, p.version.as_deref()), PackageVerdict::Block(_)))
        .map(|p| (p.name.clone(), p.version.clone().unwrap_or_default()))
        .collect()
}

#[test]
fn every_format_has_a_writer() {
    let paths: Vec<&str> = writers().map(|writer| writer.path).chain(SETTINGS.iter().map(|(path, _)| *path)).collect();
    for format in lockfile::FORMATS {
        let is_own = |path: &&str| lockfile::recognise(path).is_some_and(|found| found.name() == format.name());
        assert!(paths.iter().any(is_own), "{} has no writer in tests/integration/support/lockfiles", format.name());
    }
}

#[test]
fn every_format_without_packages_has_its_setting_read() {
    for (path, text) in SETTINGS {
        match lockfile::parse(path, text.as_bytes()).expect(path) {
            Ok(inventory) => assert!(inventory.packages.is_empty() && !inventory.settings.is_empty(), "{path}"),
            Err(error) => assert!(error.reason.starts_with("present, not readable"), "{path}: {error}"),
        }
    }
}

#[test]
fn every_hijacked_version_is_found_in_every_format() {
    for writer in writers() {
        let (advisories, rows) = data(writer.ecosystem);
        match writer.ecosystem {
            "npm" => assert_eq!(rows.len(), 6406),
            "pypi" => assert_eq!(rows.len(), 112),
            "hex" | "pub" | "maven" | "swift" | "conda" | "terraform" => assert_eq!(rows.len(), 40),
            known => assert!(rows.len() > 2 && rows.len() != 40, "{known}: {}", rows.len()),
        }
        for round in rounds(&rows) {
            let inventory = read(writer, &(writer.write)(&round, Origin::Registry));
            let expected: BTreeSet<_> = round.iter().cloned().collect();
            assert_eq!(blocked(&advisories, &inventory), expected, "{}", writer.label);
        }
    }
}

#[test]
fn the_page_names_every_format() {
    let page = include_str!("../../../docs/lockfiles.md");
    let missing: Vec<&str> = lockfile::FORMATS.iter().map(|f| f.name()).filter(|name| !page.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_line_is_that_of_the_package() {
    for writer in writers() {
        let rows: Vec<_> = rounds(&data(writer.ecosystem).1).remove(0).into_iter().take(50).collect();
        let text = (writer.write)(&rows, Origin::Registry);
        let lines: Vec<&str> = text.lines().collect();
        let inventory = read(writer, &text);
        for (name, _) in &rows {
            let package = inventory.packages.iter().find(|p| p.name == *name).unwrap();
            let line = lines[package.line as usize - 1];
            assert!(
                name.split(':').all(|part| line.contains(part)),
                "{}: {name} is not on line {}: {line}",
                writer.label,
                package.line
            );
        }
    }
}

#[test]
fn the_same_names_at_other_versions_are_not() {
    for writer in writers() {
        let (advisories, rows) = data(writer.ecosystem);
        let wholly = wholly_bad(writer.ecosystem);
        let mut clean = rounds(&rows).remove(0);
        clean.retain(|(name, _)| !wholly.contains(name));
        for (_, version) in &mut clean {
            *version = "7654.3.21".to_owned();
        }
        let inventory = read(writer, &(writer.write)(&clean, Origin::Registry));
        assert!(inventory.packages.len() >= clean.len(), "{}", writer.label);
        assert_eq!(blocked(&advisories, &inventory), BTreeSet::new(), "{}", writer.label);
    }
}

#[test]
fn links_workspaces_and_git_packages_are_not() {
    for writer in writers() {
        let (advisories, rows) = data(writer.ecosystem);
        for origin in writer.origins {
            for round in rounds(&rows) {
                let inventory = read(writer, &(writer.write)(&round, *origin));
                assert!(!inventory.packages.is_empty());
                assert_eq!(blocked(&advisories, &inventory), BTreeSet::new(), "{} {origin:?}", writer.label);
            }
        }
    }
}

#[test]
fn aliases_come_out_under_their_real_name() {
    let files: [(&str, &str); 6] = [
        (
            "package-lock.json",
            r#"{"lockfileVersion": 3, "packages": {"node_modules/fine": {"name": "axios", "version": "1.14.1"}}}"#,
        ),
        ("package-lock.json", r#"{"lockfileVersion": 1, "dependencies": {"fine": {"version": "npm:axios@1.14.1"}}}"#),
        ("yarn.lock", "\"fine@npm:axios@^1.0.0\":\n  version \"1.14.1\"\n"),
        (
            "yarn.lock",
            "__metadata:\n  version: 8\n\n\"fine@npm:axios@1.14.1\":\n  version: 1.14.1\n  resolution: \"axios@npm:1.14.1\"\n",
        ),
        ("bun.lock", r#"{"lockfileVersion": 1, "packages": {"fine": ["axios@1.14.1", "", {}, "sha512-AA=="],}}"#),
        ("package.json", r#"{"dependencies": {"fine": "npm:axios@1.14.1"}}"#),
    ];
    for (path, text) in files {
        let inventory = lockfile::parse(path, text.as_bytes()).unwrap().unwrap();
        let package = &inventory.packages[0];
        assert_eq!((package.name.as_str(), package.version.as_deref()), ("axios", Some("1.14.1")), "{text}");
        assert_eq!(package.alias.as_deref(), Some("fine"), "{text}");
    }
}

#[test]
fn a_patched_package_is_still_the_registrys() {
    let text = "__metadata:\n  version: 8\n\n\"axios@patch:axios@npm%3A1.14.1#~/.yarn/patches/a.patch\":\n  version: 1.14.1\n  resolution: \"axios@patch:axios@npm%3A1.14.1#~/.yarn/patches/a.patch::version=1.14.1&hash=0123\"\n";
    let inventory = lockfile::parse("yarn.lock", text.as_bytes()).unwrap().unwrap();
    assert!(inventory.packages[0].is_registry());
    assert_eq!(inventory.packages[0].version.as_deref(), Some("1.14.1"));
}

#[test]
fn an_entry_that_fetches_a_hijacked_tarball_under_another_name_is_found() {
    let advisories = Advisories::builtin();
    let url = "https://registry.example/axios/-/axios-1.14.1.tgz";
    for (path, text) in [
        (
            "package-lock.json",
            format!(
                r#"{{"lockfileVersion": 3, "packages": {{"node_modules/fine": {{"version": "1.0.0", "resolved": "{url}"}}}}}}"#
            ),
        ),
        ("yarn.lock", format!("fine@^1.0.0:\n  version \"1.0.0\"\n  resolved \"{url}#0123\"\n")),
        (
            "pnpm-lock.yaml",
            format!(
                "lockfileVersion: '9.0'\npackages:\n  fine@1.0.0:\n    resolution: {{integrity: sha512-AA==, tarball: {url}}}\n"
            ),
        ),
        ("package.json", format!(r#"{{"dependencies": {{"fine": "{url}"}}}}"#)),
    ] {
        let inventory = lockfile::parse(path, text.as_bytes()).unwrap().unwrap();
        let expected = BTreeSet::from([("axios".to_owned(), "1.14.1".to_owned())]);
        assert_eq!(blocked(&advisories, &inventory), expected, "{path}");
    }
}

#[test]
fn version_2_is_read_in_both_halves() {
    // npm 6 installs from `dependencies`, npm 7 from `packages`; only one of the two was tampered with.
    let text = r#"{"lockfileVersion": 2, "packages": {"node_modules/axios": {"version": "1.0.0"}}, "dependencies": {"axios": {"version": "1.14.1"}}}"#;
    let inventory = lockfile::parse("package-lock.json", text.as_bytes()).unwrap().unwrap();
    assert_eq!(blocked(&Advisories::builtin(), &inventory).len(), 1);
}

#[test]
fn yarn_1_with_quoted_keys_as_converters_write_it() {
    let text = "\"axios@^1.0.0\":\n  \"integrity\" \"sha512-AA==\"\n  \"version\" \"1.14.1\"\n  dependencies:\n    \"ms\" \"2.0.0\"\n";
    let inventory = lockfile::parse("yarn.lock", text.as_bytes()).unwrap().unwrap();
    assert_eq!(blocked(&Advisories::builtin(), &inventory).len(), 1);
    assert_eq!(inventory.packages[0].integrity.len(), 1);
}
