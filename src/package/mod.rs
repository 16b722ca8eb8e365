//! Lockfiles to packages, advisories to findings.
