use super::*;
use crate::package::row::parse_rows;

const DATA: &str = include_str!("../../../rules/advisories/compromised.tsv");

#[test]
fn every_row_is_found_as_itself() {
    let advisories = Advisories::builtin();
    let rows = parse_rows(DATA).unwrap();
    assert_eq!(rows.len(), 66_471);
    for row in &rows {
        let version = match row.version.as_str() {
            "*" => Some("9.8.7"),
            // A lower bound that is included lies inside its range.
            range if row.is_range() => {
                Some(range.split(',').next().unwrap().trim_start_matches(">=")).filter(|v| *v != "0").or(Some("0.0.0"))
            }
            exact => Some(exact),
        };
        let verdict = advisories.lookup(row.ecosystem, &row.name, version);
        let expected = match row.kind {
            AdvisoryKind::Hijack if row.version == "*" => "warn",
            AdvisoryKind::Hijack | AdvisoryKind::Malicious => "block",
            AdvisoryKind::NameOnly | AdvisoryKind::Poc | AdvisoryKind::Withdrawn => "warn",
        };
        assert_eq!(verdict.as_str(), expected, "{row:?}");
        // In other ecosystems two rows may mean the same version (`v3.4.0` and `3.4.0`, a version and a range that
        // holds it).
        if row.is_range() || row.ecosystem != Ecosystem::Npm {
            continue;
        }
        let advisory = verdict.advisory().unwrap();
        assert_eq!(
            (&advisory.incident, &advisory.source, advisory.kind),
            (&row.incident, &row.source, row.kind),
            "{row:?}"
        );
    }
}

#[test]
fn other_versions_of_hijacked_packages_are_unknown() {
    let advisories = Advisories::builtin();
    for (ecosystem, name, version) in [
        (Ecosystem::Npm, "axios", "1.14.0"),
        (Ecosystem::Npm, "chalk", "5.6.0"),
        (Ecosystem::Npm, "kill-port", "2.0.1"),
        (Ecosystem::Npm, "xrpl", "4.3.0"),
        (Ecosystem::Npm, "@solana/web3.js", "1.95.8"),
        (Ecosystem::Pypi, "ultralytics", "8.3.43"),
        (Ecosystem::Npm, "Axios", "1.14.1"),
        (Ecosystem::Npm, "astro", "7.1.0"),
        (Ecosystem::Npm, "@nx/key", "3.2.0"),
        (Ecosystem::Npm, "@tarojs/cli", "4.1.12-beta.47"),
        (Ecosystem::Crates, "arrayref", "0.3.9"),
        (Ecosystem::Crates, "internment", "0.8.6"),
        (Ecosystem::Crates, "append-only-vec", "0.1.8"),
    ] {
        assert_eq!(advisories.lookup(ecosystem, name, Some(version)), PackageVerdict::Unknown, "{name} {version}");
    }
}

#[test]
fn names_and_versions_match_by_the_ecosystems_rules() {
    let advisories = Advisories::builtin();
    for (ecosystem, name, version) in [
        (Ecosystem::Npm, "axios", "v1.14.1"),
        (Ecosystem::Npm, "axios", "1.14.1+build"),
        (Ecosystem::Npm, "@solana/web3.js", "1.95.7"),
        (Ecosystem::Pypi, "Elementary_Data", "0.23.3.0"),
        (Ecosystem::Crates, "arrayref", "0.3.10"),
        (Ecosystem::Crates, "internment", "0.8.7"),
        (Ecosystem::Crates, "append_only_vec", "0.1.9"),
    ] {
        assert_eq!(advisories.lookup(ecosystem, name, Some(version)).as_str(), "block", "{name} {version}");
    }
}

#[test]
fn a_name_without_a_version() {
    let advisories = Advisories::builtin();
    assert_eq!(advisories.lookup(Ecosystem::Npm, "axios", None).as_str(), "warn");
    assert_eq!(advisories.lookup(Ecosystem::Npm, "left-pad", None), PackageVerdict::Unknown);
    let rows = parse_rows(DATA).unwrap();
    let wholly = rows.iter().find(|r| r.kind == AdvisoryKind::Malicious && r.version == "*").unwrap();
    assert_eq!(advisories.lookup(wholly.ecosystem, &wholly.name, None).as_str(), "block");
}

#[test]
fn the_registrys_placeholder_never_blocks() {
    let advisories = Advisories::builtin();
    let rows = parse_rows(DATA).unwrap();
    let wholly = rows
        .iter()
        .find(|r| r.ecosystem == Ecosystem::Npm && r.kind == AdvisoryKind::Malicious && r.version == "*")
        .unwrap();
    assert_eq!(advisories.lookup(Ecosystem::Npm, &wholly.name, Some(PLACEHOLDER)).as_str(), "warn");
}

#[test]
fn known_incidents_carry_their_title_and_date() {
    let verdict = Advisories::builtin().lookup(Ecosystem::Npm, "eslint-scope", Some("3.7.2"));
    let advisory = verdict.advisory().unwrap();
    assert_eq!(advisory.date, "2018-07-12");
    assert!(advisory.title.contains("stolen token"));
}

fn layer(table: &str) -> Index {
    let rows = parse_rows(table).unwrap();
    Index::open(Cow::Owned(crate::package::index::write("2030-01-01", &rows, &[]).unwrap())).unwrap()
}

#[test]
fn one_feed_alone_does_not_block_what_many_depend_on() {
    let said = |name: &str, source: &str, kind: &str| {
        let table = format!("npm\t{name}\t99.0.0\tMAL-2030-1\t{source}\t{kind}\n");
        Advisories::only(layer(&table)).lookup(Ecosystem::Npm, name, Some("99.0.0"))
    };
    for feed in FEEDS {
        assert_eq!(said("chalk", feed, "malicious").as_str(), "warn", "{feed}");
        assert_eq!(said("zzqqxxk", feed, "malicious").as_str(), "block", "{feed}");
        assert_eq!(said("chalk", &format!("{feed}+maintainer"), "malicious").as_str(), "block", "{feed}");
    }
    assert_eq!(said("chalk", "maintainer", "hijack").as_str(), "block");
    assert!(said("chalk", "osv", "malicious").advisory().unwrap().sentence(true).contains("one feed alone"));
}

#[test]
fn newer_data_takes_back_what_an_incident_said_of_a_package() {
    let old = "npm\ta\t1.0.0\tMAL-2030-1\tx\tmalicious\nnpm\ta\t2.0.0\tMAL-2030-1\tx\tmalicious\n\
               npm\ta\t3.0.0\tother\tx\tmalicious\nnpm\tb\t*\tMAL-2030-1\tx\tmalicious\n";
    let verdicts = |new: &str| {
        let advisories = Advisories::only(layer(old)).with(layer(new));
        [("a", "1.0.0"), ("a", "2.0.0"), ("a", "3.0.0"), ("b", "1.0.0")]
            .map(|(name, version)| advisories.lookup(Ecosystem::Npm, name, Some(version)).as_str())
    };
    let back = |name: &str, version: &str| format!("npm\t{name}\t{version}\tMAL-2030-1\tx\twithdrawn\n");
    assert_eq!(verdicts(&back("c", "*")), ["block"; 4]);
    assert_eq!(verdicts(&back("a", "*")), ["unknown", "unknown", "block", "block"]);
    assert_eq!(verdicts(&back("a", "2.0")), ["block"; 4]);
    assert_eq!(verdicts(&back("a", "2.0.0")), ["block", "unknown", "block", "block"]);
    assert_eq!(verdicts(&back("b", "*")), ["block", "block", "block", "unknown"]);
    // A withdrawal also removes a row of its own table.
    let both = Advisories::only(layer(&format!("{old}{}", back("a", "1.0.0"))));
    assert_eq!(both.lookup(Ecosystem::Npm, "a", Some("1.0.0")), PackageVerdict::Unknown);
    assert_eq!(both.of(Ecosystem::Npm, "a").len(), 2);
}

#[test]
fn a_damaged_index_is_refused() {
    assert!(Index::open(Cow::Borrowed(b"")).is_err());
    assert!(Index::open(Cow::Borrowed(&BUILTIN[..BUILTIN.len() / 3])).is_err());
    let mut blob = BUILTIN.to_vec();
    blob[1000] ^= 1;
    assert!(Index::open(Cow::Owned(blob)).and_then(|index| index.verify()).is_err());
}
