//! Shared parts of the Python formats: requirement strings (PEP 508), artefact hashes, source tables.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Package, Source};
use super::super::origin::host_of;
use super::super::version;
use super::tree::Node;
use std::str::FromStr;

/// Reads `name[extra]==1.0; marker` and `name @ URL`; none without a name. The marker is ignored, because a bad
/// package is bad on every platform.
pub(super) fn requirement(text: &str, line: u32) -> Option<Package> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    if name.is_empty() || !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    rest = rest.trim_start();
    if let Some(extras) = rest.strip_prefix('[') {
        rest = extras[extras.find(']')? + 1..].trim_start();
    }
    let mut package = Package::new(Ecosystem::Pypi, name, None, line);
    if let Some(url) = rest.strip_prefix('@') {
        // ` ;` separates a marker from a URL.
        let url = url.split(" ;").next().unwrap_or(url).trim();
        package.source = from_url(url);
        if let Some((file_name, version)) = named_file(url) {
            if Ecosystem::Pypi.normalise(&file_name) != Ecosystem::Pypi.normalise(name) {
                (package.name, package.alias) = (file_name, Some(name.to_owned()));
            }
            package.version = Some(version);
        }
        return Some(package);
    }
    let specifier = rest.split(';').next().unwrap_or(rest).trim().trim_start_matches('(').trim_end_matches(')');
    let operators = ["==", "<", ">", "!=", "~="];
    if !specifier.is_empty() && !operators.iter().any(|operator| specifier.starts_with(operator)) {
        return None;
    }
    package.version = pinned(specifier);
    Some(package)
}

/// The version of `==1.0` or `===1.0`; nothing for ranges and wildcards.
pub(super) fn pinned(specifier: &str) -> Option<String> {
    let version = specifier.split(',').find_map(|part| part.trim().strip_prefix("=="))?;
    let version = version.trim_start_matches('=').trim();
    pep440_rs::Version::from_str(version).ok().map(|_| version.to_owned())
}

/// Name and version out of a wheel's or a source archive's file name: `name-1.0-py3-none-any.whl`, `name-1.0.tar.gz`.
pub(super) fn named_file(url: &str) -> Option<(String, String)> {
    let path = url.split(['#', '?']).next().unwrap_or(url);
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path).replace("%2B", "+").replace("%2b", "+");
    let (name, version) = match file.strip_suffix(".whl") {
        Some(wheel) => {
            let mut parts = wheel.split('-');
            (parts.next()?, parts.next()?)
        }
        None => [".tar.gz", ".tar.bz2", ".zip"].iter().find_map(|end| file.strip_suffix(end))?.rsplit_once('-')?,
    };
    // A commit's or a branch's archive has no version.
    pep440_rs::Version::from_str(version).ok().filter(|_| version.contains('.') && !name.is_empty())?;
    Some((name.to_owned(), version.to_owned()))
}

/// The source behind a direct URL.
pub(super) fn from_url(url: &str) -> Source {
    let lower = url.to_ascii_lowercase();
    if ["git+", "hg+", "svn+", "bzr+", "git:", "ssh:"].iter().any(|scheme| lower.starts_with(scheme)) {
        return Source::Git(url.to_owned());
    }
    if lower.starts_with("http://") || lower.starts_with("https://") {
        // An index serves its files below one of these, as its mirrors do.
        let of_index = (lower.contains("/packages/") || lower.contains("/simple/")) && named_file(url).is_some();
        return match () {
            () if super::javascript::is_git(url) => Source::Git(url.to_owned()),
            () if of_index => Source::Registry(Some(url.to_owned())),
            () => Source::Url(url.to_owned()),
        };
    }
    Source::File(url.to_owned())
}

/// The other package whose files an entry fetches, by the names of the files.
pub(super) fn served(package: &Package) -> Option<Package> {
    let of_source = if let Source::Url(url) = &package.source { Some(url) } else { None };
    let urls = of_source.into_iter().chain(&package.files).filter(|_| package.ecosystem == Ecosystem::Pypi);
    urls.filter_map(|url| named_file(url)).find_map(|(name, version)| other(package, name, version))
}

fn other(package: &Package, name: String, version: String) -> Option<Package> {
    let same_name = Ecosystem::Pypi.normalise(&name) == Ecosystem::Pypi.normalise(&package.name);
    // A build of one's own (`2.1.0+cpu`) is the same release.
    let release = |v: &str| version::canonical(Ecosystem::Pypi, v).split('+').next().map(str::to_owned);
    let same_version = package.version.as_deref().is_none_or(|own| release(own) == release(&version));
    let alias = Some(package.name.clone());
    (!same_name || !same_version).then(|| Package {
        name,
        version: Some(version),
        alias,
        impostor: true,
        ..package.clone()
    })
}

/// The addresses of an entry's files, one for each host and for each that names another package.
pub(super) fn addresses<'a>(package: &Package, files: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for url in files.filter(|url| super::javascript::is_http(url)) {
        let differs = || named_file(url).is_some_and(|(name, version)| other(package, name, version).is_some());
        let start =
            |url: &str| url.find(host_of(url).unwrap_or_default()).unwrap_or(0) + host_of(url).map_or(0, str::len);
        let head = &url[..start(url)];
        if !kept.iter().any(|known| known[..start(known)] == *head) || differs() {
            kept.push(url.to_owned());
        }
    }
    kept
}

/// `sha256:abc` with its file, as the artefact's table gives them.
pub(super) fn hash_of(artefact: &Node<'_>) -> Option<(String, String)> {
    let hash = artefact.text_at("hash")?;
    let file = artefact
        .text_at("file")
        .or_else(|| artefact.text_at("url").or(artefact.text_at("path")).and_then(|url| url.rsplit('/').next()))
        .or_else(|| hash.split(':').next())?;
    Some((file.to_owned(), hash.to_owned()))
}

/// A source given by a table's `git`, `url` and `path` keys, as Pipfile.lock, pdm.lock and poetry's manifests have it.
pub(super) fn keyed_source(node: &Node<'_>) -> Option<Source> {
    for key in ["git", "hg", "svn", "bzr", "vcs"] {
        if let Some(url) = node.text_at(key) {
            return Some(Source::Git(url.to_owned()));
        }
    }
    if let Some(url) = node.text_at("url") {
        return Some(from_url(url));
    }
    if let Some(file) = node.text_at("file") {
        return Some(if super::javascript::is_http(file) { from_url(file) } else { Source::File(file.to_owned()) });
    }
    node.text_at("path").map(|path| Source::File(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements() {
        let of = |text: &str| requirement(text, 1).map(|p| (p.name, p.version));
        let pair = |n: &str, v: Option<&str>| Some((n.to_owned(), v.map(str::to_owned)));
        assert_eq!(of("Foo.Bar[a,b] == 1.0 ; python_version < '3.9'"), pair("Foo.Bar", Some("1.0")));
        assert_eq!(of("foo(>=1,==1.5)"), pair("foo", Some("1.5")));
        assert_eq!(of("foo===1.0.post1"), pair("foo", Some("1.0.post1")));
        assert_eq!(of("foo==1.*"), pair("foo", None));
        assert_eq!(of("foo>=1"), pair("foo", None));
        assert_eq!(of("foo"), pair("foo", None));
        assert_eq!(of("foo bar"), None);
        assert_eq!(of("foo = 1"), None);
        assert_eq!(of("./foo"), None);
        assert_eq!(of("foo @ https://host.example/p/foo-1.0-py3-none-any.whl#sha256=1"), pair("foo", Some("1.0")));
        assert_eq!(of("left @ https://host.example/right_hand-6.6%2B1.tar.gz"), pair("right_hand", Some("6.6+1")));
        assert_eq!(of("foo @ https://host.example/o/r/archive/main.zip"), pair("foo", None));
        assert_eq!(of("foo @ https://host.example/o/foo-0123456.tar.gz"), pair("foo", None));
        let url = requirement("foo @ git+https://host.example/a.git@abc ; os_name == 'nt'", 1).unwrap();
        assert_eq!(url.source, Source::Git("git+https://host.example/a.git@abc".to_owned()));
    }

    #[test]
    fn the_file_that_is_fetched_says_what_it_is() {
        for (file, wanted) in [
            ("foo_bar-1.0.post1-py3-none-any.whl", Some(("foo_bar", "1.0.post1"))),
            ("foo_bar-1.0-1-cp312-cp312-linux_x86_64.whl#sha256=0", Some(("foo_bar", "1.0"))),
            ("foo-bar-1.0.tar.gz", Some(("foo-bar", "1.0"))),
            ("foo-main.zip", None),
            ("1.0.tar.gz", None),
        ] {
            let read = requirement(&format!("other @ https://files.example/a/{file}"), 3).unwrap();
            let found = Some(read).filter(|p| p.version.is_some()).map(|p| (p.name, p.version.unwrap()));
            assert_eq!(found, wanted.map(|(n, v)| (n.to_owned(), v.to_owned())), "{file}");
        }
    }
}
