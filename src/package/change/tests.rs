use super::*;

fn package(name: &str, version: &str) -> Package {
    Package::new(Ecosystem::Npm, name, Some(version.to_owned()), 1)
}

fn inventory(packages: &[Package]) -> Inventory {
    Inventory { packages: packages.to_vec(), ..Inventory::default() }
}

fn kinds(old: &[Package], new: &[Package]) -> Vec<NoteKind> {
    let change = compare(&[inventory(old)], &inventory(new), &Advisories::builtin());
    change.notes.into_iter().map(|n| n.kind).collect()
}

fn from(url: &str, package: Package) -> Package {
    Package { source: Source::Registry(Some(url.to_owned())), ..package }
}

#[test]
fn a_known_bad_version_is_new_once() {
    let (bad, fine) = (package("axios", "1.14.1"), package("axios", "1.14.0"));
    assert!(matches!(kinds(&[fine.clone()], &[bad.clone()])[..], [NoteKind::KnownBad(_)]));
    assert!(matches!(kinds(&[bad.clone()], &[bad.clone()])[..], [NoteKind::StillBad(_)]));
    // The same version from another source is new.
    let git = Package { source: Source::Git("github:a/b".into()), ..bad.clone() };
    assert!(matches!(kinds(&[git], &[bad])[0], NoteKind::KnownBad(_)));
    assert!(kinds(&[], &[fine]).is_empty());
}

#[test]
fn a_hash_may_not_change_while_the_version_stays() {
    let with = |hashes: &[(&str, &str)]| Package {
        integrity: hashes.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        ..package("left-pad", "1.0.0")
    };
    let old = with(&[("sha512", "a")]);
    assert_eq!(kinds(&[old.clone()], &[with(&[("sha512", "b")])]), [NoteKind::Origin(Difference::HashChanged)]);
    // A removed or weaker hash is no changed hash and has its own kind; one more wheel of a release is nothing.
    assert_eq!(
        kinds(&[old.clone()], &[with(&[("sha1", "c")])]),
        [NoteKind::Origin(Difference::HashWeaker("sha1".into()))]
    );
    assert_eq!(kinds(&[old.clone()], &[with(&[])]), [NoteKind::Origin(Difference::HashGone)]);
    assert!(kinds(&[old.clone(), with(&[])], &[with(&[])]).is_empty());
    assert!(kinds(&[with(&[])], &[old.clone()]).is_empty());
    assert!(kinds(&[old.clone()], &[with(&[("sha512", "a"), ("sha512", "b")])]).is_empty());
    assert_eq!(
        kinds(&[with(&[("x.whl", "a"), ("y.whl", "b")])], &[with(&[("x.whl", "a"), ("y.whl", "c")])]),
        [NoteKind::Origin(Difference::HashChanged)]
    );
    assert!(kinds(&[old], &[Package { version: Some("1.0.1".into()), ..with(&[("sha512", "b")]) }]).is_empty());
}

#[test]
fn where_it_comes_from() {
    let usual = from("https://registry.example/a/-/a-1.tgz", package("aaaa", "1.0.0"));
    let elsewhere = from("https://evil.example/b/-/b-1.tgz", package("bbbb", "1.0.0"));
    assert_eq!(
        kinds(&[usual.clone()], &[usual.clone(), elsewhere.clone()]),
        [NoteKind::Origin(Difference::NewHost("evil.example".into()))]
    );
    // A new lockfile has no host to compare with.
    assert!(compare(&[], &inventory(&[elsewhere]), &Advisories::builtin()).notes.is_empty());
    let plain = from("http://user:pass@evil.example/c?token=x", package("cccc", "1.0.0"));
    assert_eq!(
        kinds(&[usual.clone()], &[plain]),
        [NoteKind::Origin(Difference::PlainHttp("http://evil.example/c".into()))]
    );
    let git = |at: &str| Package { source: Source::Git(format!("github:a/b#{at}")), ..package("dddd", "1.0.0") };
    assert!(matches!(kinds(&[usual], &[git("1")])[..], [NoteKind::Origin(Difference::FromGit(_))]));
    assert!(kinds(&[git("1")], &[git("2")]).is_empty());
}

#[test]
fn another_commit_of_a_repository_is_no_other_source() {
    let git = |url: &str| Package { source: Source::Git(url.to_owned()), ..package("dddd", "1.0.0") };
    let commits = ["0".repeat(40), "f".repeat(40)];
    for (old, new) in [
        ("https://host.example/o/r#{}", "https://host.example/o/r?rev=abc#{}"),
        ("https://host.example/o/r?branch=main#{}", "ssh://git@host.example/o/r.git#{}"),
        ("https://codeload.github.com/o/r/tar.gz/{}", "https://codeload.github.com/o/r/tar.gz/{}"),
        ("https://github.com/o/r.git#{}", "https://codeload.github.com/o/r/tar.gz/{}"),
        ("git+https://github.com/o/r.git@v1", "git+https://github.com/o/r.git@v2"),
        ("git@github.com:/o/r.git", "https://github.com/o/r.git"),
        ("git@host.example:g/o/r.git#{}", "https://host.example/g/o/r#{}"),
    ] {
        let at = |form: &str, commit: &str| git(&form.replace("{}", commit));
        assert!(kinds(&[at(old, &commits[0])], &[at(new, &commits[1])]).is_empty(), "{old} to {new}");
        let fork = new.replace("/o/", "/fork/");
        assert!(
            matches!(
                kinds(&[at(old, &commits[0])], &[at(&fork, &commits[1])])[..],
                [NoteKind::Origin(Difference::FromGit(_))]
            ),
            "{old} to {fork}"
        );
    }
}

#[test]
fn registries_that_build_for_themselves_have_their_own_hashes() {
    for (ecosystem, is_rebuilt) in [(Ecosystem::Terraform, true), (Ecosystem::Conda, true), (Ecosystem::Npm, false)] {
        let at = |host: &str, hash: &str| Package {
            source: Source::Registry(Some(format!("https://{host}/"))),
            integrity: vec![("h1".to_owned(), hash.to_owned())],
            ..Package::new(ecosystem, "o/left", Some("1.0.0".to_owned()), 1)
        };
        let changed = NoteKind::Origin(Difference::HashChanged);
        let old = at("one.example", "a");
        assert_eq!(kinds(&[old.clone()], &[at("one.example", "b")]), [changed.clone()], "{ecosystem:?}");
        assert_eq!(!kinds(&[old], &[at("two.example", "b")]).contains(&changed), is_rebuilt, "{ecosystem:?}");
    }
}

#[test]
fn a_family_that_was_taken_over_is_one_warning_of_a_change() {
    let advisory = |incident: &str| Advisory {
        incident: incident.to_owned(),
        title: String::new(),
        date: "2026-05-23".to_owned(),
        kind: crate::package::row::AdvisoryKind::Hijack,
        source: "a feed".to_owned(),
        versions: "1.0.0".to_owned(),
        unconfirmed: false,
    };
    let note = |name: &str, kind| Note::of(&package(name, "1.0.0"), kind);
    let all = vec![
        note("a", NoteKind::Suspicious(advisory("one"))),
        note("b", NoteKind::KnownBad(advisory("one"))),
        note("c", NoteKind::Suspicious(advisory("one"))),
        note("d", NoteKind::Suspicious(advisory("two"))),
        note("e", NoteKind::KnownBad(advisory("one"))),
    ];
    let told: Vec<(String, usize)> = by_incident(all).into_iter().map(|note| (note.name, note.others)).collect();
    assert_eq!(told, [("a", 1), ("b", 0), ("d", 0), ("e", 0)].map(|(name, others)| (name.to_owned(), others)));
}

#[test]
fn scripts_downgrades_and_lookalikes() {
    let script = |v: &str| Package { install_script: true, ..package("aaaa", v) };
    assert_eq!(kinds(&[package("aaaa", "1.0.0")], &[script("1.0.1")]), [NoteKind::InstallScript]);
    assert!(kinds(&[script("1.0.0")], &[script("1.0.1")]).is_empty());
    assert_eq!(
        kinds(&[package("aaaa", "1.10.0")], &[package("aaaa", "1.9.0")]),
        [NoteKind::Downgrade { from: "1.10.0".into() }]
    );
    for (old, new, from) in [
        (&["1.9.0"][..], &["1.10.0", "1.8.0"][..], None),
        // Removing a copy leaves the other as it was.
        (&["1.0.0", "2.0.0"], &["1.0.0"], None),
        (&["1.0.0", "2.0.0"], &["1.5.0"], None),
        (&["1.0.0", "2.0.0"], &["1.0.0", "1.9.0"], Some("2.0.0")),
        (&["2.0.0", "3.0.0"], &["1.0.0"], Some("3.0.0")),
        (&["2.0.0"], &["1.0.0", "2.0.0"], None),
    ] {
        let all = |versions: &[&str]| versions.iter().map(|v| package("aaaa", v)).collect::<Vec<_>>();
        let wanted: Vec<NoteKind> = from.iter().map(|from| NoteKind::Downgrade { from: (*from).into() }).collect();
        assert_eq!(kinds(&all(old), &all(new)), wanted, "{old:?} to {new:?}");
    }
    assert_eq!(kinds(&[], &[package("loadsh", "1.0.0")]), [NoteKind::Lookalike("lodash".into())]);
}

#[test]
fn what_any_parent_has_is_not_new() {
    let (a, b) = (inventory(&[package("axios", "1.14.1")]), inventory(&[]));
    let change = compare(&[b, a.clone()], &a, &Advisories::builtin());
    assert!(matches!(change.notes[0].kind, NoteKind::StillBad(_)));
}

#[test]
fn rows_say_what_was_added_removed_and_updated() {
    let old = inventory(&[package("a", "1.0.0"), package("b", "1.0.0"), package("c", "1.0.0")]);
    let new = inventory(&[package("a", "1.0.0"), package("b", "2.0.0"), package("d", "1.0.0")]);
    let rows = compare(&[old], &new, &Advisories::builtin()).rows;
    let text: Vec<String> =
        rows.iter().map(|r| format!("{} {}>{}", r.name, r.before.join(","), r.after.join(","))).collect();
    assert_eq!(text, ["b 1.0.0>2.0.0", "c 1.0.0>", "d >1.0.0"]);
}

/// A Composer package at the release that a commit is pinned for.
fn pinned(version: &str, commit: &str) -> Package {
    let integrity = vec![(crate::package::inventory::COMMIT.to_owned(), commit.to_owned())];
    let name = "owner/left";
    Package { integrity, ..Package::new(Ecosystem::Packagist, name, Some(version.to_owned()), 1) }
}

#[test]
fn a_tag_that_was_moved_warns_and_is_no_changed_hash() {
    let moved = kinds(&[pinned("1.0.0", "0123")], &[pinned("1.0.0", "4567")]);
    assert_eq!(moved, [NoteKind::Origin(Difference::CommitChanged)]);
    assert!(kinds(&[pinned("1.0.0", "0123")], &[pinned("1.0.1", "4567")]).is_empty());
    // A branch has no commit to compare, and loses none.
    let branch = Package { integrity: Vec::new(), ..pinned("dev-main", "") };
    assert!(kinds(&[pinned("1.0.0", "0123")], &[branch]).is_empty());
}

#[test]
fn a_commit_from_before_the_takeover_warns_and_a_later_one_blocks() {
    let table = "packagist\towner/left\t1.0.0\ttaken-over\tx\thijack\n";
    let incidents = [crate::package::row::Incident {
        id: "taken-over".to_owned(),
        date: "2030-05-23".to_owned(),
        title: "a takeover".to_owned(),
    }];
    let rows = crate::package::row::parse_rows(table).unwrap();
    let blob = crate::package::index::write("2030-06-01", &rows, &incidents).unwrap();
    let advisories = Advisories::only(crate::package::index::Index::open(blob.into()).unwrap());
    let verdict = |day: Option<&str>, integrity: bool| {
        let mut package = Package { published: day.map(str::to_owned), ..pinned("1.0.0", "0123") };
        package.integrity.retain(|_| integrity);
        origin::verdict(&advisories, &package).as_str()
    };
    assert_eq!(verdict(Some("2029-01-01T00:00:00+00:00"), true), "warn");
    for (day, commit) in [
        (Some("2030-05-23T00:00:00+00:00"), true),
        (Some("2031-01-01T00:00:00+00:00"), true),
        (None, true),
        (Some("2029-01-01T00:00:00+00:00"), false),
    ] {
        assert_eq!(verdict(day, commit), "block", "{day:?} {commit}");
    }
}

#[test]
fn an_action_that_is_pinned_to_a_commit_follows_no_tag() {
    let table = "github-actions\towner/left\t*\tmoved-2030-05\tx\thijack\n";
    let rows = crate::package::row::parse_rows(table).unwrap();
    let blob = crate::package::index::write("2030-06-01", &rows, &[]).unwrap();
    let advisories = Advisories::only(crate::package::index::Index::open(blob.into()).unwrap());
    for (reference, expected) in [("v1", "warn"), ("0123456789abcdef0123456789abcdef01234567", "unknown")] {
        let package = Package::new(Ecosystem::GithubActions, "owner/left", Some(reference.to_owned()), 1);
        assert_eq!(origin::verdict(&advisories, &package).as_str(), expected, "{reference}");
    }
}

#[test]
fn packages_that_change_together_are_one_note() {
    let many = |version: &str, source: &Source| -> Vec<Package> {
        let one = |n: usize| {
            let name = format!("crate-{n}");
            let package = Package::new(Ecosystem::Crates, name, Some(version.to_owned()), 1);
            Package { source: source.clone(), ..package }
        };
        (0..9).map(one).collect()
    };
    let (registry, git) = (Source::Registry(None), Source::Git("https://host.example/o/r?rev=1#0123".to_owned()));
    for (old, new) in
        [(many("1.1.0", &registry), many("1.0.0", &registry)), (many("1.0.0", &registry), many("1.0.0", &git))]
    {
        let change = compare(&[inventory(&old)], &inventory(&new), &Advisories::builtin());
        assert_eq!(change.notes.iter().map(|note| note.others).collect::<Vec<_>>(), [8]);
    }
}

#[test]
fn a_go_module_in_the_place_of_another_is_told_once() {
    let fork = Package {
        alias: Some("host.example/left".to_owned()),
        ..Package::new(Ecosystem::Go, "host.example/fork", Some("v1.0.0".to_owned()), 1)
    };
    assert_eq!(kinds(&[], &[fork.clone()]), [NoteKind::Origin(Difference::InPlaceOf("host.example/left".to_owned()))]);
    assert!(kinds(&[fork.clone()], &[fork]).is_empty());
}
#[test]
fn packages_that_went_back_together_are_one_note() {
    for count in [1, EACH, EACH + 1, 90] {
        let all = |version: &str| -> Vec<Package> {
            let one = |n: u32| Package::new(Ecosystem::Npm, format!("part-{n:03}"), Some(version.to_owned()), n + 1);
            (0..count as u32).map(one).collect()
        };
        let change = compare(&[inventory(&all("2.0.0"))], &inventory(&all("1.0.0")), &Advisories::builtin());
        let together = count > EACH;
        assert_eq!(change.notes.len(), if together { 1 } else { count });
        assert_eq!((change.notes[0].line, change.notes[0].others), (1, if together { count - 1 } else { 0 }));
        assert!(change.notes.iter().all(|note| matches!(note.kind, NoteKind::Downgrade { .. })));
    }
}
