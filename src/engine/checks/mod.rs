//! Offline proofs: what a token says about itself, checked without asking anybody.
//!
//! One file a family. A proof that holds raises a finding to certain; for the formats whose algorithm is known for sure,
//! one that fails makes the value a lookalike, which is shown and does not block.

mod crc;

use std::ops::Range;

/// What a proof looks at.
#[derive(Clone, Debug)]
pub struct CheckInput<'a> {
    /// The value to prove.
    pub secret: &'a [u8],
    /// The text it stands in.
    pub text: &'a [u8],
    /// Where the secret stands in `text`.
    pub span: Range<usize>,
    /// Now, in seconds since 1970, for tokens that expire.
    pub now: i64,
}

/// What a proof says. The notes are for people and hold no part of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A checksum holds: chance does not do that.
    Proven(Option<String>),
    /// It parses as what it claims to be.
    Structure(Option<String>),
    /// A checksum that every real one carries is wrong: a lookalike.
    Failed(String),
    /// It is real but no credential: a public key, an encrypted key, an expired or sample token.
    NotSecret(String),
    /// Nothing can be said.
    Unknown,
}

/// An offline proof.
pub type Check = fn(&CheckInput<'_>) -> Proof;

/// Every proof by the name that rules use, in alphabetical order.
pub const CHECKS: &[(&str, Check)] = &[("crc32-base62", crc::base62)];

/// The proof called `name`.
pub fn check(name: &str) -> Option<Check> {
    CHECKS.iter().find(|(known, _)| *known == name).map(|&(_, check)| check)
}
