use super::*;

fn package(name: &str, version: &str) -> Package {
    Package::new(Ecosystem::Npm, name, Some(version.to_owned()), 1)
}

fn inventory(packages: &[Package]) -> Inventory {
    Inventory { packages: packages.to_vec(), ..Inventory::default() }
}

fn whats(old: &[Package], new: &[Package]) -> Vec<What> {
    let change = compare(&[inventory(old)], &inventory(new), &Advisories::builtin());
    change.notes.into_iter().map(|n| n.what).collect()
}

fn from(url: &str, package: Package) -> Package {
    Package { source: Source::Registry(Some(url.to_owned())), ..package }
}

#[test]
fn a_known_bad_version_is_new_once() {
    let (bad, fine) = (package("axios", "1.14.1"), package("axios", "1.14.0"));
    assert!(matches!(whats(&[fine.clone()], &[bad.clone()])[..], [What::KnownBad(_)]));
    assert!(matches!(whats(&[bad.clone()], &[bad.clone()])[..], [What::StillBad(_)]));
    // The same version by another route is a new thing.
    let git = Package { source: Source::Git("github:a/b".into()), ..bad.clone() };
    assert!(matches!(whats(&[git], &[bad])[0], What::KnownBad(_)));
    assert!(whats(&[], &[fine]).is_empty());
}

#[test]
fn a_hash_may_not_change_while_the_version_stays() {
    let with = |hashes: &[(&str, &str)]| Package {
        integrity: hashes.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        ..package("left-pad", "1.0.0")
    };
    let old = with(&[("sha512", "a")]);
    assert_eq!(whats(&[old.clone()], &[with(&[("sha512", "b")])]), [What::Origin(Difference::HashChanged)]);
    // A hash that goes away or gets worse is no change of it, and is told; one more wheel of a release is nothing.
    assert_eq!(whats(&[old.clone()], &[with(&[("sha1", "c")])]), [What::Origin(Difference::HashWeaker("sha1".into()))]);
    assert_eq!(whats(&[old.clone()], &[with(&[])]), [What::Origin(Difference::HashGone)]);
    assert!(whats(&[old.clone(), with(&[])], &[with(&[])]).is_empty());
    assert!(whats(&[with(&[])], &[old.clone()]).is_empty());
    assert!(whats(&[old.clone()], &[with(&[("sha512", "a"), ("sha512", "b")])]).is_empty());
    assert_eq!(
        whats(&[with(&[("x.whl", "a"), ("y.whl", "b")])], &[with(&[("x.whl", "a"), ("y.whl", "c")])]),
        [What::Origin(Difference::HashChanged)]
    );
    assert!(whats(&[old], &[Package { version: Some("1.0.1".into()), ..with(&[("sha512", "b")]) }]).is_empty());
}

#[test]
fn where_it_comes_from() {
    let usual = from("https://registry.example/a/-/a-1.tgz", package("aaaa", "1.0.0"));
    let elsewhere = from("https://evil.example/b/-/b-1.tgz", package("bbbb", "1.0.0"));
    assert_eq!(
        whats(&[usual.clone()], &[usual.clone(), elsewhere.clone()]),
        [What::Origin(Difference::NewHost("evil.example".into()))]
    );
    // A new lockfile has no usual host.
    assert!(compare(&[], &inventory(&[elsewhere]), &Advisories::builtin()).notes.is_empty());
    let plain = from("http://user:pass@evil.example/c?token=x", package("cccc", "1.0.0"));
    assert_eq!(
        whats(&[usual.clone()], &[plain]),
        [What::Origin(Difference::PlainHttp("http://evil.example/c".into()))]
    );
    let git = |at: &str| Package { source: Source::Git(format!("github:a/b#{at}")), ..package("dddd", "1.0.0") };
    assert!(matches!(whats(&[usual], &[git("1")])[..], [What::Origin(Difference::FromGit(_))]));
    assert!(whats(&[git("1")], &[git("2")]).is_empty());
}

#[test]
fn scripts_downgrades_and_lookalikes() {
    let script = |v: &str| Package { install_script: true, ..package("aaaa", v) };
    assert_eq!(whats(&[package("aaaa", "1.0.0")], &[script("1.0.1")]), [What::InstallScript]);
    assert!(whats(&[script("1.0.0")], &[script("1.0.1")]).is_empty());
    assert_eq!(
        whats(&[package("aaaa", "1.10.0")], &[package("aaaa", "1.9.0")]),
        [What::Downgrade { from: "1.10.0".into() }]
    );
    for (old, new, from) in [
        (&["1.9.0"][..], &["1.10.0", "1.8.0"][..], None),
        // A copy that goes away leaves the other as it was.
        (&["1.0.0", "2.0.0"], &["1.0.0"], None),
        (&["1.0.0", "2.0.0"], &["1.5.0"], None),
        (&["1.0.0", "2.0.0"], &["1.0.0", "1.9.0"], Some("2.0.0")),
        (&["2.0.0", "3.0.0"], &["1.0.0"], Some("3.0.0")),
        (&["2.0.0"], &["1.0.0", "2.0.0"], None),
    ] {
        let all = |versions: &[&str]| versions.iter().map(|v| package("aaaa", v)).collect::<Vec<_>>();
        let wanted: Vec<What> = from.iter().map(|from| What::Downgrade { from: (*from).into() }).collect();
        assert_eq!(whats(&all(old), &all(new)), wanted, "{old:?} to {new:?}");
    }
    assert_eq!(whats(&[], &[package("loadsh", "1.0.0")]), [What::Lookalike("lodash".into())]);
}

#[test]
fn what_any_parent_has_is_not_new() {
    let (a, b) = (inventory(&[package("axios", "1.14.1")]), inventory(&[]));
    let change = compare(&[b, a.clone()], &a, &Advisories::builtin());
    assert!(matches!(change.notes[0].what, What::StillBad(_)));
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
