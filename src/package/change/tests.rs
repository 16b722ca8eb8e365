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
