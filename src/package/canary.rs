//! The canary of an export: a harmless version that it refuses as well, so that a mirror or a resolver can be seen to refuse.
//!
//! A bad version proves nothing, because registries take it down; the canary is still served by whoever ignores the export.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::address::WebAddress;
use super::ecosystem::Ecosystem;
use super::fetch::{Credential, Fetch, WebRequest};
use crate::error::{Context, Result};

/// The largest answer of a mirror, in bytes.
const LARGEST: u64 = 64 << 20;

/// A harmless version of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportCanary {
    /// Its ecosystem.
    pub ecosystem: Ecosystem,
    /// Its name.
    pub name: String,
    /// The version that is refused; the package has others.
    pub version: String,
}

/// What a mirror or a resolver does with the canary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CanaryAnswer {
    /// It gives other versions and not this one: the export is in use.
    Refused,
    /// It gives this one.
    Served,
    /// It gives nothing, with the reason: nobody knows.
    Silent(String),
}

/// A resolver that is asked by running it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolver {
    /// pip, with the user's own settings
    Pip,
    /// uv, with the user's own settings
    Uv,
    /// pnpm, with the project's .pnpmfile.cjs
    Pnpm,
}

impl ExportCanary {
    /// The canary unless another is named: an old version of a package that exists for trials, or that nobody needs.
    pub fn usual(ecosystem: Ecosystem) -> Self {
        let (name, version) = match ecosystem {
            Ecosystem::Pypi => ("sampleproject", "1.2.0"),
            _ => ("left-pad", "0.0.3"),
        };
        Self { ecosystem, name: name.to_owned(), version: version.to_owned() }
    }

    /// Asks a mirror of npm's registry for the package's versions.
    pub fn ask_mirror(
        &self,
        mirror: &WebAddress,
        credential: Option<&Credential>,
        net: &dyn Fetch,
    ) -> Result<CanaryAnswer> {
        let name = self.name.replace('/', "%2f");
        let text = format!("{}/{name}", mirror.to_string().trim_end_matches('/'));
        let (address, _) = WebAddress::parse(&text).or_usage("--mirror")?;
        let request = WebRequest { address: &address, accept: "application/json", credential, limit: LARGEST };
        let bytes = match net.get(&request) {
            Ok(bytes) => bytes,
            Err(failure) => return Ok(CanaryAnswer::Silent(format!("{address} {failure}"))),
        };
        let versions = serde_json::from_slice::<Value>(&bytes).ok();
        let versions = versions.as_ref().and_then(|all| all.get("versions")?.as_object());
        Ok(match versions {
            Some(versions) if versions.contains_key(&self.version) => CanaryAnswer::Served,
            Some(versions) if !versions.is_empty() => CanaryAnswer::Refused,
            Some(_) => CanaryAnswer::Silent(format!("{address} gives no version at all of {}", self.name)),
            None => CanaryAnswer::Silent(format!("{address} answers with something that lists no versions")),
        })
    }

    /// Runs a resolver twice in an empty folder: for the canary, and for any other version, which shows that a refusal is
    /// one. It installs nothing. `here` is the project's folder.
    ///
    /// # Errors
    /// Exit 2 when the folder cannot be made or the resolver cannot be started.
    pub fn ask_resolver(&self, resolver: Resolver, here: &Path) -> Result<CanaryAnswer> {
        let folder = tempfile::tempdir().or_incomplete("a folder for the resolver")?;
        std::fs::write(folder.path().join("package.json"), "{\"private\": true}\n")
            .or_incomplete("its package.json")?;
        let (other, wanted) = match resolver {
            Resolver::Pnpm => (format!("{}@>{}", self.name, self.version), format!("{}@{}", self.name, self.version)),
            Resolver::Pip | Resolver::Uv => {
                (format!("{}!={}", self.name, self.version), format!("{}=={}", self.name, self.version))
            }
        };
        if let Err(text) = resolver.resolves(&other, folder.path(), here)? {
            return Ok(CanaryAnswer::Silent(format!("it does not resolve {other} either: {}", last_line(&text))));
        }
        Ok(match resolver.resolves(&wanted, folder.path(), here)? {
            Ok(()) => CanaryAnswer::Served,
            Err(text) if resolver.refuses(&text) => CanaryAnswer::Refused,
            // A version that is gone, or that cannot be built here, is given to nobody: that is no refusal.
            Err(text) => CanaryAnswer::Silent(format!("it fails for {wanted} otherwise: {}", last_line(&text))),
        })
    }
}

impl Resolver {
    /// Its program.
    pub fn program(self) -> &'static str {
        match self {
            Self::Pip => "pip",
            Self::Uv => "uv",
            Self::Pnpm => "pnpm",
        }
    }

    /// Returns whether the text of a failure is that of a refusal: of a conflict with a constraint, or of the hook that pnpm
    /// runs.
    fn refuses(self, text: &str) -> bool {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match self {
            Self::Pip => text.contains("ResolutionImpossible"),
            Self::Uv => text.contains("are unsatisfiable") && !text.contains("there is no version of"),
            Self::Pnpm => text.contains("is known to be bad: shield-hook"),
        }
    }

    /// Resolves a requirement; inside, the text of a failure.
    fn resolves(self, requirement: &str, folder: &Path, here: &Path) -> Result<Result<(), String>> {
        let target = folder.join("target").to_string_lossy().into_owned();
        let mut args: Vec<&str> = match self {
            Self::Pip => vec!["install", "--dry-run", "--no-deps", "--ignore-installed", "--no-input", "--quiet"],
            Self::Uv => vec!["pip", "install", "--dry-run", "--no-deps", "--target", &target],
            Self::Pnpm => vec!["add", "--lockfile-only", "--ignore-scripts"],
        };
        let pnpmfile = here.join(".pnpmfile.cjs");
        let pnpmfile = pnpmfile.is_file().then(|| format!("--config.pnpmfile={}", pnpmfile.display()));
        args.extend(pnpmfile.as_deref().filter(|_| self == Self::Pnpm));
        args.push(requirement);
        // pnpm reads the settings of the folder that it works in, the others those of the project.
        let at = if self == Self::Pnpm { folder } else { here };
        let run = Command::new(self.program()).args(&args).current_dir(at).stdin(Stdio::null()).output();
        let output = run.or_incomplete(format_args!("`{}`", self.program()))?;
        if output.status.success() {
            return Ok(Ok(()));
        }
        let text = [output.stdout, output.stderr].concat();
        Ok(Err(String::from_utf8_lossy(&text).into_owned()))
    }
}

fn last_line(text: &str) -> &str {
    text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it says nothing")
}

#[cfg(test)]
mod tests {
    use super::super::fetch::Failure;
    use super::*;

    struct Answers(Result<&'static str, Failure>);

    impl Fetch for Answers {
        fn get(&self, request: &WebRequest<'_>) -> Result<Vec<u8>, Failure> {
            assert_eq!(request.address.to_string(), "https://mirror.example/npm/@acme%2flib");
            self.0.clone().map(|text| text.as_bytes().to_vec())
        }
    }

    #[test]
    fn a_failure_is_a_refusal_only_in_the_resolvers_words_for_one() {
        for (resolver, refusal, failure) in [
            (
                Resolver::Pip,
                "ERROR: Cannot install sampleproject==1.2.0 because these package versions have conflicting dependencies.\n\
                 ERROR: ResolutionImpossible: for help visit https://pip.example/\n",
                "ERROR: Could not find a version that satisfies the requirement sampleproject==1.2.0\n\
                 ERROR: No matching distribution found for sampleproject==1.2.0\n",
            ),
            (
                Resolver::Uv,
                "Because you require sampleproject==1.2.0 and one of:\n  sampleproject>1.2.0\n\
                 we can conclude that your requirements\n are unsatisfiable.\n",
                "Because there is no version of sampleproject==1.2.0 and you require\n sampleproject==1.2.0, we can conclude \
                 that your requirements are unsatisfiable.\n",
            ),
            (
                Resolver::Pnpm,
                "left-pad@0.0.3 is known to be bad: shield-hook advisories show left-pad\n",
                "ERR_PNPM_NO_MATCHING_VERSION  No matching version found for left-pad@0.0.3\n",
            ),
        ] {
            assert!(resolver.refuses(refusal) && !resolver.refuses(failure) && !resolver.refuses("Build failed"));
        }
        assert_eq!((last_line("a\n b \n\n"), last_line(" \n")), ("b", "it says nothing"));
    }

    #[test]
    fn a_mirror_refuses_serves_or_says_nothing() {
        let canary = ExportCanary { name: "@acme/lib".to_owned(), ..ExportCanary::usual(Ecosystem::Npm) };
        let (mirror, _) = WebAddress::parse("https://mirror.example/npm/").unwrap();
        let asked = |answer| canary.ask_mirror(&mirror, None, &Answers(answer)).unwrap();
        assert_eq!(asked(Ok(r#"{"versions": {"0.0.3": {}, "1.0.0": {}}}"#)), CanaryAnswer::Served);
        assert_eq!(asked(Ok(r#"{"versions": {"1.0.0": {}}}"#)), CanaryAnswer::Refused);
        for answer in [Ok(r#"{"versions": {}}"#), Ok("{}"), Ok("nonsense"), Err(Failure::Status(404))] {
            assert!(matches!(asked(answer), CanaryAnswer::Silent(_)));
        }
    }
}
