//! The origin of a package: its host and address, and how they differ from those in the old sides.
//!
//! The formats only read the file's [`Source`]; all conclusions from it are drawn here.

use super::advisory::{Advisories, Advisory, PackageVerdict};
use super::ecosystem::Ecosystem;
use super::inventory::{COMMIT, Package, Source};
use super::popular;
use super::row::AdvisoryKind;
use std::collections::HashSet;

/// The party that serves a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PackageOrigin {
    /// The ecosystem's registry, or a public mirror of it.
    Public,
    /// A host that may serve another package of the same name: a company's registry or mirror, an archive.
    Unknown,
    /// The project itself or a repository that it names: a folder, a workspace member, a git checkout. A registry has
    /// no part in its name.
    Own,
}

impl PackageOrigin {
    /// The origin of a package.
    pub fn of(package: &Package) -> Self {
        match &package.source {
            Source::Registry(None) => Self::Public,
            Source::Registry(Some(url)) => match host_of(url) {
                Some(host) if !is_public(package.ecosystem, host) => Self::Unknown,
                _ => Self::Public,
            },
            // JSR has its own names.
            Source::Url(url) if url.starts_with("jsr:") => Self::Own,
            Source::Url(_) => Self::Unknown,
            Source::File(path) if is_archive(path) => Self::Unknown,
            Source::File(_) | Source::Git(_) | Source::Link(_) | Source::Workspace => Self::Own,
        }
    }
}

/// The verdict of the data on a package, by its origin:
///
/// | the data | public | unknown | own |
/// |---|---|---|---|
/// | this version is bad | block | block | - |
/// | every version is bad | block | warn: a private package may have the name | - |
/// | the name deserves a look | warn | warn | - |
///
/// A range does not name the installed version, so only an advisory about every version matches. An action that is
/// pinned to a commit does not follow tags that were moved; nor does a package whose lockfile pins a commit, but that
/// commit may be the attack's own. Dated before the attack it warns, for a date can be forged.
pub fn verdict(advisories: &Advisories, package: &Package) -> PackageVerdict {
    let origin = PackageOrigin::of(package);
    if origin == PackageOrigin::Own {
        return PackageVerdict::Unknown;
    }
    match advisories.lookup(package.ecosystem, &package.name, package.version.as_deref()) {
        verdict if package.version.is_none() && verdict.advisory().is_some_and(|a| a.versions != "*") => {
            PackageVerdict::Unknown
        }
        PackageVerdict::Warn(advisory) if advisory.kind == AdvisoryKind::Hijack && is_pinned_action(package) => {
            PackageVerdict::Unknown
        }
        PackageVerdict::Block(advisory) if origin == PackageOrigin::Unknown && advisory.versions == "*" => {
            PackageVerdict::Warn(advisory)
        }
        PackageVerdict::Block(advisory) if is_pinned_before(package, &advisory) => PackageVerdict::Warn(advisory),
        verdict => verdict,
    }
}

/// Returns whether the package is pinned to a commit that is dated before the takeover of which the advisory tells.
pub fn is_pinned_before(package: &Package, advisory: &Advisory) -> bool {
    let day = package.published.as_deref().and_then(|date| date.get(..10));
    let is_commit = package.integrity.iter().any(|(kind, _)| kind == COMMIT);
    is_commit
        && advisory.kind == AdvisoryKind::Hijack
        && advisory.date.len() == 10
        && day.is_some_and(|day| day < &*advisory.date)
}

fn is_pinned_action(package: &Package) -> bool {
    let is_commit = |version: &str| version.len() >= 40 && version.bytes().all(|b| b.is_ascii_hexdigit());
    package.ecosystem == Ecosystem::GithubActions && package.version.as_deref().is_some_and(is_commit)
}

/// The host or file that serves a package of unknown origin, in words.
pub fn unknown_host(package: &Package) -> Option<String> {
    if PackageOrigin::of(package) != PackageOrigin::Unknown {
        return None;
    }
    match &package.source {
        Source::Registry(Some(url)) | Source::Url(url) => host_of(url).map(str::to_owned),
        Source::File(_) => Some("a file".to_owned()),
        _ => None,
    }
}

/// `3 packages of unknown origin`, for a digest line.
pub fn unknown_packages(n: usize) -> String {
    format!("{n} {} of unknown origin", if n == 1 { "package" } else { "packages" })
}

/// A difference between the origin of a package and that in the old sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// A host that served nothing before and is not the ecosystem's own registry.
    NewHost(String),
    /// Fetched without encryption.
    PlainHttp(String),
    /// From a git repository.
    FromGit(String),
    /// From an archive at a URL.
    FromUrl(String),
    /// Another hash for the same version.
    HashChanged,
    /// Another commit for the same release.
    CommitChanged,
    /// No hash any more.
    HashGone,
    /// Only a forgeable hash of this kind in place of a better one.
    HashWeaker(String),
    /// An address in the entry of another package, of this name.
    FetchedFor(String),
    /// An installation under this popular name.
    InPlaceOf(String),
}

impl Difference {
    /// The part that several packages of one change may share, so that one finding covers all of them.
    pub fn shared(&self) -> Option<String> {
        let host = |url: &str| host_of(url).map(str::to_owned);
        match self {
            Self::NewHost(host) => Some(host.clone()),
            Self::PlainHttp(url) | Self::FromUrl(url) => host(url),
            Self::HashGone => Some(String::new()),
            Self::FromGit(url) => Some(repository(url)),
            Self::HashWeaker(kind) => Some(kind.clone()),
            _ => None,
        }
    }
}

/// The addresses that all old sides of a file were served from.
#[derive(Debug, Default)]
pub struct KnownAddresses<'a> {
    /// True if there is an old side; without one nothing is new.
    any: bool,
    hosts: HashSet<&'a str>,
    plain: HashSet<&'a str>,
    archives: HashSet<&'a str>,
}

impl<'a> KnownAddresses<'a> {
    /// Collects the addresses; none for a new file.
    pub fn of(sides: impl IntoIterator<Item = &'a [Package]>) -> Self {
        let mut known = KnownAddresses::default();
        for side in sides {
            known.any = true;
            for package in side {
                if let Source::Url(url) = &package.source {
                    known.archives.insert(publisher_of(url));
                }
                for address in addresses(package) {
                    known.hosts.extend(host_of(address));
                    known.plain.extend(host_of(address).filter(|_| is_plain(address)));
                }
            }
        }
        known
    }
}

/// The differences between a package's origin and that of `named`, the packages of its name in the old sides. `before`
/// are the addresses of the complete old sides.
pub fn compare(package: &Package, named: &[&Package], before: &KnownAddresses<'_>) -> Vec<Difference> {
    let mut found = Vec::new();
    found.extend(hash(package, named));
    let is_same =
        |p: &&&Package| p.version == package.version && p.source == package.source && p.files == package.files;
    if named.iter().any(|p| is_same(&p)) {
        return found;
    }
    found.extend(address(package, named, before));
    if package.impostor {
        let entry = package.alias.clone().unwrap_or_default();
        if !named.iter().any(|p| p.impostor && p.alias == package.alias) {
            found.push(Difference::FetchedFor(entry));
        }
    } else if let Some(alias) = package.alias.as_ref().filter(|_| before.any) {
        // No list of popular names has Go modules; one in the place of another is written on purpose.
        let is_fork = package.ecosystem == Ecosystem::Go && package.is_registry();
        let replaces = popular::rank(package.ecosystem, alias).is_some()
            && popular::rank(package.ecosystem, &package.name).is_none();
        let replaces = (replaces || is_fork) && !named.iter().any(|p| p.alias == package.alias);
        found.extend(replaces.then(|| Difference::InPlaceOf(alias.clone())));
    }
    found
}

/// The difference of the hashes.
fn hash(package: &Package, named: &[&Package]) -> Option<Difference> {
    if PackageOrigin::of(package) == PackageOrigin::Own {
        return None;
    }
    let is_same = |p: &&&Package| {
        PackageOrigin::of(p) != PackageOrigin::Own && p.version == package.version && is_same_build(p, package)
    };
    let same: Vec<&&Package> = named.iter().filter(is_same).collect();
    if package.version.is_some() && !same.is_empty() {
        if same.iter().all(|p| hashes_differ(p, package, &|kind| kind != COMMIT)) {
            return Some(Difference::HashChanged);
        }
        if same.iter().all(|p| hashes_differ(p, package, &|kind| kind == COMMIT)) {
            return Some(Difference::CommitChanged);
        }
    }
    let strength = |p: &Package| p.integrity.iter().map(|(kind, _)| strength(kind)).max().unwrap_or(0);
    let now = strength(package);
    // A copy that was as weak before is no difference.
    if named.is_empty() || named.iter().any(|p| strength(p) <= now) {
        return None;
    }
    match package.integrity.first() {
        None => Some(Difference::HashGone),
        Some((kind, _)) => Some(Difference::HashWeaker(kind.clone())),
    }
}

/// Returns whether two packages of one name and version ought to be the same bytes. Registries of Terraform's providers and
/// channels of conda build each package themselves.
fn is_same_build(a: &Package, b: &Package) -> bool {
    let host = |p: &Package| addresses(p).find_map(host_of).map(str::to_owned);
    !matches!(a.ecosystem, Ecosystem::Terraform | Ecosystem::Conda) || host(a) == host(b)
}

/// The strength of a kind of hash: none, a broken one, a good one.
fn strength(kind: &str) -> u8 {
    match kind.to_ascii_lowercase().as_str() {
        // A commit is no hash of what is fetched.
        COMMIT => 0,
        "sha1" | "md5" | "" => 1,
        _ => 2,
    }
}

/// Returns whether the two share a kind of hash that counts and differ in every hash of that kind.
fn hashes_differ(a: &Package, b: &Package, counts: &dyn Fn(&str) -> bool) -> bool {
    let mut shared = std::collections::BTreeMap::<&str, bool>::new();
    for (kind, hash) in a.integrity.iter().filter(|(kind, _)| counts(kind)) {
        for (other_kind, other) in &b.integrity {
            if kind == other_kind {
                *shared.entry(kind).or_default() |= hash == other;
            }
        }
    }
    shared.values().any(|agree| !agree)
}

/// The difference of the address.
fn address(package: &Package, named: &[&Package], before: &KnownAddresses<'_>) -> Option<Difference> {
    if let Some(url) = addresses(package).find(|url| is_plain(url)) {
        // A mirror in the local network that served packages before is no difference.
        let host = host_of(url)?;
        let elsewhere = matches!(package.source, Source::Git(_) | Source::Url(_));
        return (elsewhere || !before.plain.contains(host)).then(|| Difference::PlainHttp(without_credentials(url)));
    }
    match &package.source {
        Source::Git(url) => {
            let was_there =
                named.iter().any(|p| matches!(&p.source, Source::Git(old) if repository(old) == repository(url)));
            (!was_there).then(|| Difference::FromGit(without_credentials(url)))
        }
        Source::Url(url) => {
            let here = |p: &&Package| matches!(&p.source, Source::Url(old) if publisher_of(old) == publisher_of(url));
            let was_there =
                if named.is_empty() { before.archives.contains(publisher_of(url)) } else { named.iter().any(here) };
            (!was_there).then(|| Difference::FromUrl(without_credentials(url)))
        }
        Source::Registry(_) if before.any => addresses(package)
            .filter_map(host_of)
            .find(|host| !is_official(package.ecosystem, host) && !before.hosts.contains(host))
            .map(|host| Difference::NewHost(host.to_owned())),
        _ => None,
    }
}

/// Every address that the package is fetched from.
fn addresses(package: &Package) -> impl Iterator<Item = &str> {
    let own = match &package.source {
        Source::Registry(Some(url)) | Source::Url(url) | Source::Git(url) => Some(url.as_str()),
        _ => None,
    };
    own.into_iter().chain(package.files.iter().map(String::as_str))
}

fn is_plain(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("git://") || url.contains("+http://")
}

fn is_archive(path: &str) -> bool {
    [".tgz", ".tar.gz", ".tar.bz2", ".whl", ".zip"].iter().any(|end| path.ends_with(end))
}

/// The host of a URL, with its port.
pub fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    Some(authority.rsplit('@').next().unwrap_or(authority))
}

/// The part of an address that belongs to one publisher: the host, and on a shared host the publisher's folder.
fn publisher_of(url: &str) -> &str {
    const SHARED: [&str; 8] = [
        "github.com",
        "codeload.github.com",
        "raw.githubusercontent.com",
        "gitlab.com",
        "bitbucket.org",
        "npm.pkg.github.com",
        "dl.cloudsmith.io",
        "npm.cloudsmith.io",
    ];
    let Some(host) = host_of(url) else { return url };
    let after = url.find(host).unwrap_or(0) + host.len();
    let folders = if SHARED.contains(&host) || host.ends_with(".amazonaws.com") { 3 } else { 1 };
    let end = url[after..].match_indices('/').nth(folders - 1).map_or(url.len(), |(at, _)| after + at);
    &url[..end]
}

/// A URL without the password before `@` in its authority and the token after `?`.
///
/// ```
/// use shield_hook::package::origin::without_credentials;
///
/// assert_eq!(without_credentials("https://me:word@host.example/a.tgz?key=x"), "https://host.example/a.tgz");
/// ```
pub fn without_credentials(url: &str) -> String {
    let url = url.split('?').next().unwrap_or(url);
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find('/').unwrap_or(rest.len());
            let host = rest[..end].rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{}", &rest[end..])
        }
        None => url.to_owned(),
    }
}

/// The repository of a git source: its host and path, without scheme, user, branch, tag and commit. An archive of GitHub's names
/// the repository before its form and commit.
fn repository(url: &str) -> String {
    const ARCHIVES: [&str; 3] = ["/tar.gz/", "/zip/", "/legacy.tar.gz/"];
    let place = url.split(['#', '?']).next().unwrap_or(url);
    let (is_url, place) = place.split_once("://").map_or((false, place), |(_, place)| (true, place));
    let path = place.find(if is_url { '/' } else { ':' }).unwrap_or(0);
    let place = place[..path].rfind('@').map_or(place, |user| &place[user + 1..]);
    // `git@host:owner/name`, `github:owner/name`.
    let place = if is_url {
        place.to_owned()
    } else {
        place.replacen(':', "/", 1).replace("//", "/").replacen("github/", "github.com/", 1)
    };
    let place = match place.strip_prefix("codeload.") {
        Some(archive) => {
            ARCHIVES.iter().find_map(|form| archive.split_once(form)).map_or(archive, |(before, _)| before)
        }
        // `name.git@v1`, as pip writes it.
        None => place.rfind('@').filter(|at| place[*at..].find('/').is_none()).map_or(&*place, |at| &place[..at]),
    };
    place.strip_suffix('/').unwrap_or(place).trim_end_matches(".git").to_owned()
}

/// Returns whether a host is the ecosystem's own registry, under any of its names.
pub fn is_official(ecosystem: Ecosystem, host: &str) -> bool {
    const NPM: [&str; 3] =
        [concat!("registry.npm", "js.org"), concat!("registry.yarn", "pkg.com"), concat!("registry.npm", "js.com")];
    const PYPI: [&str; 4] = [
        concat!("py", "pi.org"),
        concat!("files.python", "hosted.org"),
        concat!("py", "pi.python.org"),
        concat!("py", "pi.io"),
    ];
    // A package's archive lies where its code is.
    const PACKAGIST: [&str; 7] = [
        concat!("packag", "ist.org"),
        concat!("repo.packag", "ist.org"),
        "api.github.com",
        "codeload.github.com",
        "github.com",
        "gitlab.com",
        "bitbucket.org",
    ];
    const PUB: [&str; 2] = [concat!("pub", ".dev"), concat!("pub.dart", "lang.org")];
    const CONDA: [&str; 3] = [concat!("conda.ana", "conda.org"), concat!("repo.ana", "conda.com"), "repo.prefix.dev"];
    const TERRAFORM: [&str; 2] = [concat!("registry.terra", "form.io"), concat!("registry.open", "tofu.org")];
    let host = host.strip_suffix(":443").unwrap_or(host).to_ascii_lowercase();
    let hosts: &[&str] = match ecosystem {
        Ecosystem::Npm => &NPM,
        Ecosystem::Pypi => &PYPI,
        Ecosystem::Rubygems => &[concat!("ruby", "gems.org"), concat!("index.ruby", "gems.org")],
        Ecosystem::Packagist => &PACKAGIST,
        Ecosystem::Nuget => &[concat!("api.nu", "get.org"), concat!("www.nu", "get.org")],
        Ecosystem::Pub => &PUB,
        Ecosystem::Conda => &CONDA,
        Ecosystem::Terraform => &TERRAFORM,
        // Their lockfiles name no host of the registry, or the name is the address.
        _ => &[],
    };
    hosts.contains(&host.as_str())
}

/// Returns whether a host serves the public registry's packages under their names.
fn is_public(ecosystem: Ecosystem, host: &str) -> bool {
    const MIRRORS: [&str; 17] = [
        "npm.jsr.io",
        "registry.npmmirror.com",
        "cdn.npmmirror.com",
        "registry.npm.taobao.org",
        "registry.nlark.com",
        "r.cnpmjs.org",
        "mirrors.cloud.tencent.com",
        "mirrors.tencent.com",
        "repo.huaweicloud.com",
        "mirrors.huaweicloud.com",
        "mirrors.aliyun.com",
        "mirrors.ustc.edu.cn",
        "mirrors.tuna.tsinghua.edu.cn",
        "pypi.tuna.tsinghua.edu.cn",
        "mirrors.bfsu.edu.cn",
        "mirror.sjtu.edu.cn",
        "pypi.doubanio.com",
    ];
    is_official(ecosystem, host) || MIRRORS.iter().any(|mirror| mirror.eq_ignore_ascii_case(host))
}
