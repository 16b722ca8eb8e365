//! The regexes of rules at run time: how they are compiled, and how much work they may cause.

pub mod compile;
pub(super) mod cost;
#[cfg(test)]
mod filter_tests;
pub(crate) mod sample;
