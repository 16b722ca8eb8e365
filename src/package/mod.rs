//! Known-hijacked packages: from lockfiles to packages, from advisories to verdicts.

pub mod address;
pub mod advisory;
pub mod age;
pub mod archive;
pub mod attestation;
pub mod canary;
pub mod change;
pub mod contribution;
pub mod cooldown;
pub mod export;
pub mod facts;
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
pub mod provenance;
mod registry_text;
pub mod rules;
pub mod settings;
pub mod signature;
pub mod store;
pub mod survey;
pub mod table_check;
pub mod update;
mod wildcard;

pub use crate::data::advisory::{ecosystem, feed, index, row, version};
