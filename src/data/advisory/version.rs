//! Versions, compared by the rules of their own ecosystem: npm's semantic versions, PEP 440 for Python, the plain
//! text for the rest.
//!
//! Versions are written into the index exactly as a look-up asks for them.

use super::ecosystem::Ecosystem;
use std::cmp::Ordering;
use std::str::FromStr;

/// The one spelling under which `version` and everything equal to it is indexed: `v1.2.3+build` is `1.2.3` in npm,
/// `1.0.0`, `1.0` and `v1` are `1` in Python.
pub fn canonical(ecosystem: Ecosystem, version: &str) -> String {
    let version = version.trim();
    match ecosystem {
        Ecosystem::Npm => npm_text(version).to_owned(),
        Ecosystem::Pypi => match pep440_rs::Version::from_str(version) {
            Ok(parsed) => without_trailing_zeros(parsed).to_string(),
            Err(_) => version.to_ascii_lowercase(),
        },
        Ecosystem::Nuget => nuget_text(version),
        _ => version.strip_prefix('v').unwrap_or(version).to_owned(),
    }
}

/// A version as NuGet compares it: three parts at least, a fourth unless it is zero, no build metadata, no case.
fn nuget_text(version: &str) -> String {
    let version = version.split('+').next().unwrap_or(version).to_ascii_lowercase();
    let (core, label) = version.split_once('-').map_or((version.as_str(), None), |(core, label)| (core, Some(label)));
    let mut parts: Vec<&str> = core.split('.').map(|part| part.trim_start_matches('0')).collect();
    if parts.iter().any(|part| !part.bytes().all(|b| b.is_ascii_digit())) {
        return version;
    }
    parts.iter_mut().filter(|part| part.is_empty()).for_each(|part| *part = "0");
    parts.resize(parts.len().max(3), "0");
    if parts.len() == 4 && parts[3] == "0" {
        parts.pop();
    }
    let core = parts.join(".");
    label.map_or_else(|| core.clone(), |label| format!("{core}-{label}"))
}

/// Returns whether `version` lies in `range`: comparators joined by `,`, each one of `<`, `<=`, `>`, `>=`, `=`, `==` and a
/// version; `*` is every version. A range or version that cannot be read contains nothing.
///
/// A pre-release of an excluded upper bound is outside, as PEP 440 has it and as advisories mean it.
///
/// ```
/// use shield_hook::package::ecosystem::Ecosystem;
/// use shield_hook::package::version::in_range;
///
/// assert!(in_range(Ecosystem::Npm, "1.4.2", ">=1,<2") && !in_range(Ecosystem::Npm, "2.0.0", ">=1,<2"));
/// ```
pub fn in_range(ecosystem: Ecosystem, version: &str, range: &str) -> bool {
    range.trim() == "*" || range.split(',').all(|part| holds(ecosystem, version, part).unwrap_or(false))
}

/// The order of two versions; none if one of them cannot be read.
pub fn compare(ecosystem: Ecosystem, a: &str, b: &str) -> Option<Ordering> {
    match ecosystem {
        Ecosystem::Pypi => {
            Some(pep440_rs::Version::from_str(a.trim()).ok()?.cmp(&pep440_rs::Version::from_str(b.trim()).ok()?))
        }
        _ => Some(semantic(a)?.cmp_precedence(&semantic(b)?)),
    }
}

fn holds(ecosystem: Ecosystem, version: &str, comparator: &str) -> Option<bool> {
    let comparator = comparator.trim();
    let text = comparator.trim_start_matches(['<', '>', '=']);
    let order = compare(ecosystem, version, text)?;
    Some(match &comparator[..comparator.len() - text.len()] {
        "<" => order == Ordering::Less && !is_prerelease_of(ecosystem, version, text),
        "<=" => order != Ordering::Greater,
        ">" => order == Ordering::Greater,
        ">=" => order != Ordering::Less,
        "=" | "==" => order == Ordering::Equal,
        _ => return None,
    })
}

fn is_prerelease_of(ecosystem: Ecosystem, version: &str, bound: &str) -> bool {
    if ecosystem == Ecosystem::Pypi {
        let (Ok(version), Ok(bound)) = (pep440_rs::Version::from_str(version), pep440_rs::Version::from_str(bound))
        else {
            return false;
        };
        return version.any_prerelease()
            && !bound.any_prerelease()
            && without_trailing_zeros(version).release() == without_trailing_zeros(bound).release();
    }
    let (Some(version), Some(bound)) = (semantic(version), semantic(bound)) else { return false };
    !version.pre.is_empty()
        && bound.pre.is_empty()
        && (version.major, version.minor, version.patch) == (bound.major, bound.minor, bound.patch)
}

/// npm drops a leading `v` or `=` and the build metadata of a published version.
fn npm_text(version: &str) -> &str {
    let version = version.trim_start_matches(['v', '=', ' ']);
    version.split_once('+').map_or(version, |(core, _)| core)
}

/// Semantic versions, with missing parts read as 0 (`1.2` in an advisory's bound).
fn semantic(version: &str) -> Option<semver::Version> {
    let text = npm_text(version.trim());
    semver::Version::parse(text).ok().or_else(|| {
        let (core, pre) = text.split_once('-').unwrap_or((text, ""));
        let missing = 2usize.checked_sub(core.bytes().filter(|b| *b == b'.').count())?;
        let dash = if pre.is_empty() { "" } else { "-" };
        semver::Version::parse(&format!("{core}{}{dash}{pre}", ".0".repeat(missing))).ok()
    })
}

fn without_trailing_zeros(version: pep440_rs::Version) -> pep440_rs::Version {
    let mut release = version.release().to_vec();
    while release.len() > 1 && release.last() == Some(&0) {
        release.pop();
    }
    version.with_release(release)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Ecosystem::{Npm, Pypi};

    #[test]
    fn equal_versions_share_one_spelling() {
        for (ecosystem, a, b) in [
            (Npm, "v1.2.3", "1.2.3"),
            (Npm, "1.2.3+build.7", "1.2.3"),
            (Pypi, "1.0", "1.0.0"),
            (Pypi, "1.0.RC1", "1.0rc1"),
            (Pypi, "1.0-1", "1.0.post1"),
            (Pypi, "v2", "2.0"),
            (Pypi, "0.1.2.dev0", "0.1.2dev"),
            (Ecosystem::Nuget, "1.0", "1.0.0.0"),
            (Ecosystem::Nuget, "1.02.3-Beta+build", "1.2.3-beta"),
            (Ecosystem::Go, "v1.2.3", "1.2.3"),
        ] {
            assert_eq!(canonical(ecosystem, a), canonical(ecosystem, b), "{a} and {b}");
        }
    }

    #[test]
    fn different_versions_do_not() {
        for (ecosystem, a, b) in [
            (Npm, "1.2.3", "1.2.3-beta"),
            (Npm, "1.0", "1.0.0"),
            (Pypi, "1.0", "1.0+cpu"),
            (Pypi, "1.0", "1!1.0"),
            (Pypi, "10", "1"),
            (Pypi, "1.0rc1", "1.0"),
            (Ecosystem::Nuget, "1.0.0.1", "1.0"),
            (Ecosystem::Nuget, "1.0.0-rc", "1.0.0"),
        ] {
            assert_ne!(canonical(ecosystem, a), canonical(ecosystem, b), "{a} and {b}");
        }
    }

    #[test]
    fn ranges() {
        for (ecosystem, version, range, inside) in [
            (Npm, "1.95.6", ">=1.95.6,<1.95.8", true),
            (Npm, "1.95.7", ">=1.95.6,<1.95.8", true),
            (Npm, "1.95.8", ">=1.95.6,<1.95.8", false),
            (Npm, "1.95.8-rc.1", ">=1.95.6,<1.95.8", false),
            (Npm, "1.95.5", ">=1.95.6,<1.95.8", false),
            (Npm, "1.23.0", ">=0,<=1.23.0", true),
            (Npm, "0.0.1", ">=0,<=1.23.0", true),
            (Npm, "1.10.0", ">=1.0.0,<1.2.11", false),
            (Npm, "anything", "*", true),
            (Npm, "not a version", ">=0", false),
            (Npm, "1.0.0", "~1.0.0", false),
            (Pypi, "1.0rc1", "<1.0", false),
            (Pypi, "0.9rc1", "<1.0", true),
            (Pypi, "1.0.0", "==1", true),
        ] {
            assert_eq!(in_range(ecosystem, version, range), inside, "{version} in {range}");
        }
    }
}
