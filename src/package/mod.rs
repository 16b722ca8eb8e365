//! Known-hijacked packages: lockfiles to packages, advisories to verdicts.

pub mod advisory;
pub mod ecosystem;
pub mod index;
pub mod inventory;
pub mod lockfile;
pub mod row;
pub mod version;
