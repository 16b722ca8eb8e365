//! shield-hook keeps leaked credentials in and hijacked packages out.
//!
//! The library behind the `shield-hook` command. Data flows one way: a [`source`] yields items, the [`engine`] finds
//! candidates in them, the [`policy`] decides, a [`report`] shows the result.

pub mod archive;
pub mod assistant;
pub mod build_source;
pub mod chunk;
pub mod cli;
pub mod data;
pub mod document;
pub mod engine;
pub mod environment;
pub mod error;
pub mod exit;
pub mod file;
pub mod finding;
pub mod fleet;
pub mod git;
pub mod hook;
pub mod install;
pub mod journal;
pub mod outcome;
pub mod package;
pub mod path;
pub mod policy;
pub mod publish;
pub mod removal;
pub mod report;
pub mod rule;
pub mod rule_test;
pub mod scan;
pub mod source;
pub mod terminal;
pub mod threads;
pub mod watch;
