//! Known-hijacked packages: lockfiles to packages, advisories to verdicts.

pub mod address;
pub mod advisory;
pub mod age;
pub mod archive;
pub mod change;
pub mod cooldown;
pub mod ecosystem;
pub mod fetch;
pub mod gate;
pub mod index;
pub mod indicator;
pub mod installed;
pub mod inventory;
pub mod lockfile;
pub mod online;
pub mod osv;
pub mod popular;
pub mod row;
pub mod rules;
pub mod settings;
pub mod signature;
pub mod store;
pub mod survey;
pub mod table;
pub mod update;
pub mod version;
