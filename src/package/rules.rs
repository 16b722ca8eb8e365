//! The rules of the package gate, so that reports, allowances and baselines treat its findings like all others.
//!
//! They have no pattern, because the gate itself finds.

use crate::rule::{Confidence, Rule, Severity};

/// The provider of every rule here.
pub const PROVIDER: &str = crate::finding::PACKAGES;

/// The common fields.
const fn rule(id: &'static str, title: &'static str) -> Rule {
    Rule { severity: Severity::Critical, detector: Some("package"), ..Rule::without_pattern(id, title, PROVIDER) }
}

/// A known-bad version.
pub static HIJACKED: Rule = Rule {
    why: "Its code runs as soon as it is installed or imported, with everything that the machine may reach.",
    fix: "Pin another version; where this one was installed, treat every credential of that machine as stolen. \
          `shield-hook audit` finds it on disk.",
    ..rule("hijacked-package", "known-bad package version")
};

/// A name that the data warns about.
pub static SUSPICIOUS: Rule = Rule {
    severity: Severity::Medium,
    confidence: Confidence::Low,
    why: "The name is known from an attack; its bad versions are not.",
    fix: "Check the package's page and its publisher before you install it.",
    ..rule("suspicious-package", "package named in an attack")
};

/// A hash that changed while the version did not.
pub static INTEGRITY: Rule = Rule {
    severity: Severity::High,
    why: "A published version never changes: another file than the reviewed one would be installed.",
    fix: "Restore the old lockfile, or find out who changed the hash and why (some registries repack).",
    ..rule("package-integrity-changed", "the package's hash changed, its version did not")
};

/// A removed hash.
pub static UNPROTECTED: Rule = Rule {
    severity: Severity::Medium,
    confidence: Confidence::Low,
    why: "The hash ties a lockfile to the reviewed file: without it the host decides on the content.",
    fix: "Restore the hash: install again from the registry, and find out who wrote the lockfile.",
    ..rule("package-integrity-removed", "the package lost its hash")
};

/// A source that deserves a look.
pub static SOURCE: Rule = Rule {
    severity: Severity::Medium,
    confidence: Confidence::Low,
    why: "A package from another source bypasses the checks of the usual registry.",
    fix: "Make sure that the new source is intended and trusted, and is fetched over https.",
    ..rule("package-source", "package from a new place")
};

/// Code that runs at installation.
pub static INSTALL_SCRIPT: Rule = Rule {
    severity: Severity::Medium,
    confidence: Confidence::Low,
    why: "Install scripts are how nearly every attack on npm runs its code.",
    fix: "Read the script; install with scripts off (`ignore-scripts`) and allow the few that need theirs.",
    ..rule("install-script", "something new runs at installation")
};

/// An older version than before.
pub static DOWNGRADE: Rule = Rule {
    severity: Severity::Low,
    confidence: Confidence::Low,
    why: "An older version may bring back a hole that was closed.",
    fix: "Make sure that it is intended.",
    ..rule("package-downgrade", "an older version than before")
};

/// A name that differs by a letter from a popular package's.
pub static LOOKALIKE: Rule = Rule {
    severity: Severity::High,
    confidence: Confidence::Low,
    why: "Attackers publish under names that differ by a letter.",
    fix: "Compare the spelling with the package you mean.",
    ..rule("lookalike-package", "the name is nearly that of a popular package")
};

/// A version younger than `[packages] cooldown` allows.
pub static TOO_NEW: Rule = Rule {
    severity: Severity::High,
    why: "Hijacked versions are found within days: a project that waits never installs them.",
    fix: "Use the previous version, or wait for the days in `[packages] cooldown`.",
    ..rule("package-too-new", "the version has not been out for long enough")
};

/// A version that its registry warns of; needs `[packages] online`.
pub static WITHDRAWN: Rule = Rule {
    severity: Severity::Medium,
    confidence: Confidence::Low,
    why: "Versions are yanked, deprecated and taken down when something is wrong with them.",
    fix: "Read the registry's reason, and use another version.",
    ..rule("package-withdrawn", "the registry warns of this version")
};

/// A signature that does not hold, a build by somebody else, or none where one is demanded; needs `[packages] online`.
pub static PROVENANCE: Rule = Rule {
    severity: Severity::High,
    why: "A signature that does not hold, or another builder than before, is how a release looks that was put in its place.",
    fix: "Use the version before, and ask the maintainers who built this one.",
    ..rule("package-provenance", "the release is not proven to come from its builder")
};

/// A trace of an attack.
pub static INDICATOR: Rule = Rule {
    why: "This file, script or text is known from an attack.",
    fix: "Do not commit, install or run it. Find out how it got here, and treat this machine's credentials as stolen.",
    ..rule("attack-indicator", "trace of a supply-chain attack")
};

/// A command that runs by itself, or hidden text.
pub static HIDDEN: Rule = Rule {
    severity: Severity::Medium,
    confidence: Confidence::Low,
    why: "Attacks persist through commands that editors, assistants and interpreters run by themselves.",
    fix: "Read the command or text, and make sure that it is intended.",
    ..rule("hidden-behaviour", "something runs or hides without being asked for")
};

/// A member of an artefact that no honest packer writes.
pub static UNSAFE_MEMBER: Rule = Rule {
    why: "Whoever unpacks it writes outside of the folder, or gets another file than the one that was looked at.",
    fix: "Pack again from a clean checkout, and find out what made this archive.",
    ..rule("artefact-unsafe-member", "a member that no honest packer writes")
};

/// A file of credentials in an artefact.
pub static CREDENTIAL_FILE: Rule = Rule {
    why: "Everybody who installs the release gets this file, and the registry keeps it for good.",
    fix: "Leave it out of the release (`files` in package.json, MANIFEST.in, `include` in Cargo.toml), and pack again.",
    ..rule("artefact-credential-file", "a file that is never published")
};

/// A file that does not belong into a release.
pub static LEFTOVER_FILE: Rule = Rule {
    severity: Severity::Medium,
    confidence: Confidence::Low,
    why: "It tells how and where the package is made, or hands out sources that were to stay inside.",
    fix: "Leave it out of the release, and pack again.",
    ..rule("artefact-leftover-file", "a file that does not belong into a release")
};

/// A member that is no file of the repository.
pub static OUTSIDE_REPOSITORY: Rule = Rule {
    severity: Severity::Medium,
    confidence: Confidence::Low,
    why: "What is published and not in the repository has been reviewed by nobody: hijacked releases hide there.",
    fix: "Commit the file, or declare what a build makes in `[publish] built`.",
    ..rule("artefact-outside-repository", "published, and not in the repository")
};

/// Something that the release before did not do.
pub static RELEASE_CHANGED: Rule = Rule {
    severity: Severity::High,
    why: "Hijacked releases differ from the one before in just this way; honest ones hardly ever do.",
    fix: "Read the file. If it is intended, allow the finding with a reason.",
    ..rule("release-changed", "the release does something new")
};

/// Source that does several things that attacks do.
pub static SUSPICIOUS_CODE: Rule = Rule {
    severity: Severity::High,
    confidence: Confidence::Low,
    why: "Malicious packages put everything that they do into one file that runs early. Each part has honest uses; together they \
          hardly have one.",
    fix: "Read the file. If it is intended, allow the finding with a reason.",
    ..rule("suspicious-code", "source code that does what attacks do")
};

/// Every rule of the gate.
pub static ALL: [&Rule; 19] = [
    &PROVENANCE,
    &SUSPICIOUS_CODE,
    &UNSAFE_MEMBER,
    &CREDENTIAL_FILE,
    &LEFTOVER_FILE,
    &OUTSIDE_REPOSITORY,
    &RELEASE_CHANGED,
    &HIJACKED,
    &SUSPICIOUS,
    &INTEGRITY,
    &UNPROTECTED,
    &SOURCE,
    &INSTALL_SCRIPT,
    &DOWNGRADE,
    &LOOKALIKE,
    &TOO_NEW,
    &WITHDRAWN,
    &INDICATOR,
    &HIDDEN,
];
