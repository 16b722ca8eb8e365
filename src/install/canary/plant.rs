//! The planted leak: fresh fake credentials, and a lockfile with a known-bad package.

use crate::error::{Error, Result};
use crate::package::advisory::{Advisories, PackageVerdict};
use crate::package::ecosystem::Ecosystem;
use crate::package::store;
use crate::rule::RuleSet;
use crate::rule::generate::Generator;
use crate::rule::template::Alphabet;

/// The rules of the planted credentials: a checksum, a pair over several lines, a macaroon.
const RULES: [&str; 3] = ["npm-access-token", "aws-secret-access-key", "pypi-upload-token"];

/// The rule that reports a known-bad package.
pub const PACKAGE_RULE: &str = "hijacked-package";

/// A file, with the rules that must report it.
pub struct Planted {
    /// Its path.
    pub path: String,
    /// Its content.
    pub text: String,
    /// The rules.
    pub rules: Vec<&'static str>,
}

/// A one-time word: `SHIELD-` and twelve random characters.
pub fn word() -> String {
    let rules = RuleSet::new(Vec::new());
    format!("SHIELD-{}", Generator::new(&rules).random(Alphabet::Hex, 12))
}

/// Files that must be stopped, all below the directory `word`.
///
/// # Errors
/// When the program has no such rule or no known-bad package.
pub fn files(word: &str) -> Result<Vec<Planted>> {
    let set = RuleSet::builtin();
    let mut samples = Generator::new(&set);
    let mut settings = Planted { path: format!("{word}/settings.ini"), text: String::new(), rules: Vec::new() };
    for id in RULES {
        let Some(rule) = set.get(id) else { continue };
        let template = rule.matches.first().copied().unwrap_or("${secret}");
        let made = samples.expand(rule, template).map_err(|e| Error::incomplete(format!("rule {id}: {e}")))?;
        settings.text += &made.text;
        settings.text.push('\n');
        settings.rules.push(rule.id);
    }
    if settings.rules.is_empty() {
        return Err(Error::incomplete("this program has none of the rules that the canary needs")
            .help("install it again: ./install.sh"));
    }
    Ok(vec![settings, lockfile(word)?])
}

/// A package-lock.json with one known-bad version.
fn lockfile(word: &str) -> Result<Planted> {
    let data = store::load()?;
    let (name, version) = known_bad(&data).ok_or_else(|| {
        Error::incomplete("the data on hijacked packages is empty").help("install shield-hook again: ./install.sh")
    })?;
    let text = format!(
        "{{\n  \"name\": \"{name}-user\",\n  \"lockfileVersion\": 3,\n  \"packages\": {{\n    \"node_modules/{name}\": {{\n      \
         \"version\": \"{version}\"\n    }}\n  }}\n}}\n",
    );
    Ok(Planted { path: format!("{word}/package-lock.json"), text, rules: vec![PACKAGE_RULE] })
}

/// The first npm package in the data with a plain name and one exact version that blocks.
fn known_bad(data: &Advisories) -> Option<(String, String)> {
    let mut found = None;
    data.each(|ecosystem, name, advisory| {
        let plain = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_alphanumeric())
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
        };
        let version = advisory.versions.as_str();
        if ecosystem == Ecosystem::Npm
            && plain(name)
            && plain(version)
            && version.starts_with(|c: char| c.is_ascii_digit())
            && matches!(data.lookup(ecosystem, name, Some(version)), PackageVerdict::Block(_))
        {
            found = Some((name.to_owned(), version.to_owned()));
        }
        found.is_none()
    });
    found
}
