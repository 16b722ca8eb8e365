//! Known-hijacked packages: lockfiles to packages, advisories to verdicts.

pub mod address;
pub mod advisory;
pub mod age;
pub mod archive;
pub mod change;
pub mod cooldown;
pub mod fetch;
pub mod gate;
pub mod indicator;
pub mod install_script;
pub mod installed;
pub mod inventory;
pub mod lockfile;
pub mod online;
pub mod origin;
pub mod osv;
pub mod popular;
pub mod rules;
pub mod settings;
pub mod signature;
pub mod store;
pub mod survey;
pub mod table;
pub mod update;

pub use crate::data::advisory::{ecosystem, index, row, version};
