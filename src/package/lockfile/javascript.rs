//! The source of a JavaScript package, read from the specifiers and URLs of lockfiles and manifests.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Package, Source};
use super::super::origin::host_of;

/// The package that a dependency specifier asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Spec {
    /// The real name, if the specifier is an alias (`npm:real@1.0.0`).
    pub(super) name: Option<String>,
    /// The version, if it is exact.
    pub(super) version: Option<String>,
    pub(super) source: Source,
}

/// Reads a specifier as npm, yarn, pnpm and bun write them in manifests, descriptors and version fields.
pub(super) fn spec(text: &str) -> Spec {
    let text = text.trim();
    let from = |source| Spec { name: None, version: None, source };
    if let Some(rest) = text.strip_prefix("npm:") {
        let (name, version) = name_and_rest(rest);
        // Berry writes `npm:^1.0.0` without a name.
        return match version {
            Some(version) => {
                Spec { name: Some(name.to_owned()), version: exact(version), source: Source::Registry(None) }
            }
            None if name.starts_with(|c: char| c.is_ascii_digit() || "^~<>=*v".contains(c)) => {
                Spec { name: None, version: exact(name), source: Source::Registry(None) }
            }
            None => Spec { name: Some(name.to_owned()), version: None, source: Source::Registry(None) },
        };
    }
    if text.starts_with("workspace:") {
        return from(Source::Workspace);
    }
    if text.starts_with("link:") || text.starts_with("portal:") {
        return from(Source::Link(text.to_owned()));
    }
    if text.starts_with("file:") || text.starts_with(['.', '/', '~']) && text.contains('/') {
        return from(Source::File(text.to_owned()));
    }
    if is_git(text) {
        return from(Source::Git(text.to_owned()));
    }
    if is_http(text) {
        return match registry_tarball(text) {
            Some((name, version)) => {
                Spec { name: Some(name), version: Some(version), source: Source::Registry(Some(text.to_owned())) }
            }
            None => from(Source::Url(text.to_owned())),
        };
    }
    if text.starts_with("jsr:") {
        return from(Source::Url(text.to_owned()));
    }
    Spec { name: None, version: exact(text), source: Source::Registry(None) }
}

/// The text, if it is one version and not a range.
pub(super) fn exact(text: &str) -> Option<String> {
    let version = text.trim().trim_start_matches(['=', 'v', ' ']);
    semver::Version::parse(version).ok().map(|_| version.to_owned())
}

/// `name@rest` apart, the scope's own `@` left alone.
pub(super) fn name_and_rest(text: &str) -> (&str, Option<&str>) {
    let after = usize::from(text.starts_with('@'));
    match text[after..].find('@') {
        Some(at) => (&text[..after + at], Some(&text[after + at + 1..])),
        None => (text, None),
    }
}

/// The packages of an entry: the one it names and, if its URL is the registry's address of another
/// package or version, that one too. (A poisoned lockfile names one package and fetches another.)
pub(super) fn resolved(mut package: Package, url: Option<&str>) -> Vec<Package> {
    let Some(url) = url.filter(|u| !u.is_empty()) else { return vec![package] };
    let version = package.version.as_deref().unwrap_or_default();
    if url.starts_with("file:") || url.starts_with('.') {
        package.source = Source::File(url.to_owned());
    } else if is_git(url) {
        package.source = Source::Git(url.to_owned());
    } else if !is_http(url) {
        // A registry's path without its host, as some proxies have it written.
        package.source = Source::Registry(Some(url.to_owned()));
    } else if let Some((name, fetched)) = registry_tarball(url) {
        package.source = Source::Registry(Some(url.to_owned()));
        let canonical = |v: &str| super::super::version::canonical(Ecosystem::Npm, v);
        if name != package.name || canonical(&fetched) != canonical(version) {
            let alias = Some(package.name.clone());
            let other = Package { name, version: Some(fetched), alias, impostor: true, ..package.clone() };
            return vec![package, other];
        }
    } else if path_of(url).ends_with(&format!("/{}/{version}.tgz", package.name)) {
        package.source = Source::Registry(Some(url.to_owned()));
    } else {
        package.source = Source::Url(url.to_owned());
    }
    vec![package]
}

/// Name and version out of a registry's tarball address: `.../@scope/name/-/name-1.0.0.tgz` with npm and its
/// mirrors, `.../download/@scope/name/1.0.0/hash` with GitHub.
pub(super) fn registry_tarball(url: &str) -> Option<(String, String)> {
    if !is_http(url) {
        return None;
    }
    let path = path_of(url);
    if let Some((before, file)) = path.rsplit_once("/-/") {
        let mut segments = before.rsplit('/');
        let base = segments.next()?;
        let scope = segments.next().filter(|s| s.starts_with('@'));
        let file = file.rsplit('/').next()?;
        let version = file.strip_suffix(".tgz")?.strip_prefix(base)?.strip_prefix('-')?;
        let name = scope.map_or_else(|| base.to_owned(), |scope| format!("{scope}/{base}"));
        return Some((name, version.to_owned()));
    }
    let (_, rest) = path.split_once("/download/@")?;
    match rest.split('/').collect::<Vec<_>>()[..] {
        [scope, name, version, _] => Some((format!("@{scope}/{name}"), version.to_owned())),
        _ => None,
    }
}

/// The path of a URL, without query and fragment, `%2f`, `%2b` and `%40` decoded.
fn path_of(url: &str) -> String {
    let url = url.split(['#', '?']).next().unwrap_or_default();
    let path = url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..])).unwrap_or_default();
    let mut out = path.to_owned();
    for (code, plain) in [("%2f", "/"), ("%2F", "/"), ("%2b", "+"), ("%2B", "+"), ("%40", "@")] {
        if out.contains(code) {
            out = out.replace(code, plain);
        }
    }
    out
}

pub(super) fn is_http(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// git in all the spellings npm knows, the hosts' own archive addresses (they name a commit) included.
pub(super) fn is_git(text: &str) -> bool {
    const SCHEMES: [&str; 8] = ["git+", "git:", "git@", "ssh:", "github:", "gitlab:", "bitbucket:", "gist:"];
    if SCHEMES.iter().any(|scheme| text.starts_with(scheme)) {
        return true;
    }
    if is_http(text) {
        let bare = text.split(['#', '?']).next().unwrap_or_default();
        let host = host_of(text).unwrap_or_default();
        return bare.ends_with(".git")
            || host == "codeload.github.com"
            || (matches!(host, "github.com" | "gitlab.com" | "bitbucket.org") && is_repository(&path_of(text)));
    }
    // `owner/repository[#commit]`
    let bare = text.split('#').next().unwrap_or_default();
    let mut parts = bare.split('/');
    let ok = |part: Option<&str>| {
        part.is_some_and(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)))
    };
    ok(parts.next()) && ok(parts.next()) && parts.next().is_none() && !bare.starts_with('.')
}

/// Returns whether a path on a git host is that of a repository or of one of its commits. The same hosts serve
/// releases and package registries, which no commit vouches for.
fn is_repository(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    parts.len() == 2
        || parts.iter().any(|part| matches!(*part, "archive" | "tarball" | "zipball" | "commit" | "tree" | "get"))
}

/// `sha512-... sha1-...` apart, each by its algorithm.
pub(super) fn integrity(text: Option<&str>) -> Vec<(String, String)> {
    text.unwrap_or_default()
        .split_ascii_whitespace()
        .map(|hash| match hash.split_once('-') {
            Some((algorithm, value)) => (algorithm.to_owned(), value.to_owned()),
            None => (String::new(), hash.to_owned()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifiers() {
        let name = |text: &str| spec(text).name;
        let version = |text: &str| spec(text).version;
        assert_eq!(name("npm:@a/b@1.0.0").as_deref(), Some("@a/b"));
        assert_eq!(version("npm:@a/b@1.0.0").as_deref(), Some("1.0.0"));
        assert_eq!((name("npm:^1.0.0"), version("npm:1.0.0").as_deref()), (None, Some("1.0.0")));
        assert_eq!(version("=1.2.3").as_deref(), Some("1.2.3"));
        assert_eq!(version("^1.2.3"), None);
        assert_eq!(spec("latest").source, Source::Registry(None));
        for git in ["github:a/b#c", "a/b", "git+ssh://git@host.example/a/b.git", "git@host.example:a/b.git"] {
            assert!(matches!(spec(git).source, Source::Git(_)), "{git}");
        }
        for file in ["file:../a", "./a", "../a", "/a/b", "~/a"] {
            assert!(matches!(spec(file).source, Source::File(_)), "{file}");
        }
        assert!(matches!(spec("link:../a").source, Source::Link(_)));
        assert!(matches!(spec("https://host.example/a.tgz").source, Source::Url(_)));
        assert_eq!(spec("workspace:*").source, Source::Workspace);
        // A tilde range is no path.
        assert_eq!(spec("~1.2.3").source, Source::Registry(None));
    }

    #[test]
    fn registry_addresses() {
        let of = |url| registry_tarball(url);
        let pair = |n: &str, v: &str| Some((n.to_owned(), v.to_owned()));
        assert_eq!(of("https://registry.example/a/-/a-1.0.0.tgz"), pair("a", "1.0.0"));
        assert_eq!(of("https://registry.example/@s%2fa/-/a-1.0.0-rc.1.tgz#sha"), pair("@s/a", "1.0.0-rc.1"));
        assert_eq!(of("https://host.example/npm/@s/a/-/@s/a-1.0.0.tgz"), pair("@s/a", "1.0.0"));
        assert_eq!(of("https://npm.host.example/download/@s/a/1.0.0/abc"), pair("@s/a", "1.0.0"));
        assert_eq!(of("https://codeload.github.com/s/a/tar.gz/abc"), None);
        assert_eq!(of("https://host.example/a.tgz"), None);
    }

    #[test]
    fn an_entry_that_fetches_another_package_is_both() {
        let package = Package::new(Ecosystem::Npm, "left", Some("1.0.0".to_owned()), 1);
        let both = resolved(package.clone(), Some("https://registry.example/right/-/right-6.6.6.tgz"));
        assert_eq!(both.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["left", "right"]);
        assert_eq!(resolved(package, Some("https://registry.example/left/-/left-1.0.0.tgz")).len(), 1);
    }
}
