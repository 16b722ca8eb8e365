//! The real binary beside the real git, one module for each module of `src` that a user meets.
//!
//! One program for all of it: the library is linked once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test may stop, print and read variables; clippy.toml reaches only functions that are tests themselves"
)]

mod cli;
mod engine;
mod fuzz;
mod house;
mod install;
mod journal;
mod package;
mod policy;
mod report;
mod rule;
mod source;
mod support;
#[cfg(unix)]
mod watch;
