//! Offline proofs: checksums and structures of a token, checked without a network.
//!
//! One file a family. A proof that holds raises a finding to certain; for the formats whose algorithm is known for sure,
//! one that fails makes the value a lookalike, which is shown and does not block.

mod armor;
mod aws;
mod azure;
mod basic;
mod crc;
pub(super) mod keys;
pub(super) mod private_key;
mod sums;
mod tokens;
mod url;

use std::ops::Range;

/// The input of a proof.
#[derive(Clone, Debug)]
pub struct CheckInput<'a> {
    /// The value to prove.
    pub secret: &'a [u8],
    /// The text of the secret.
    pub text: &'a [u8],
    /// The position of the secret in `text`.
    pub span: Range<usize>,
    /// Now, in seconds since 1970, for tokens that expire.
    pub now: i64,
}

/// The result of a proof. The notes are for people and hold no part of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A checksum holds: chance does not do that.
    Proven(Option<String>),
    /// The secret parses as the format of its rule.
    Structure(Option<String>),
    /// A checksum that every real one carries is wrong: a lookalike.
    Failed(String),
    /// It is real but no credential: a public key, an encrypted key, an expired or sample token.
    NotSecret(String),
    /// No evidence.
    Unknown,
}

/// An offline proof.
pub type Check = fn(&CheckInput<'_>) -> Proof;

/// Every proof by the name that rules use, in alphabetical order.
pub const CHECKS: &[(&str, Check)] = &[
    ("age", sums::bech32),
    ("aws-bedrock", aws::bedrock),
    ("aws-key-id", aws::key_id),
    ("azure-devops", azure::devops),
    ("base58check", sums::base58check),
    ("base64-json", tokens::base64_json),
    ("basic-auth", basic::user_and_password),
    ("bech32", sums::bech32),
    ("crc32-base62", crc::base62),
    ("crc32-base64-le", crc::base64_le),
    ("crc32-hex", crc::hex),
    ("crc32-hex-le", crc::hex_le),
    ("crc32-hex-upper", crc::hex_upper),
    ("discord-snowflake", sums::discord),
    ("gitlab-routable", crc::gitlab_routable),
    ("grafana-key", tokens::grafana),
    ("jwt", tokens::jwt),
    ("key-bytes", tokens::key_bytes),
    ("luhn", sums::luhn),
    ("macaroon", tokens::macaroon),
    ("marvin32", azure::marvin32),
    ("matrix-token", crc::matrix),
    ("openssh-key", keys::openssh),
    ("pem", keys::pem),
    ("pgp-armor", keys::pgp),
    ("putty", keys::putty),
    ("recovery-phrase", tokens::recovery_phrase),
    ("url-password", url::password),
    ("uuid4", sums::uuid4),
];

const WRONG_SUM: &str = "its checksum is wrong";

/// The proof called `name`.
pub fn check(name: &str) -> Option<Check> {
    CHECKS.iter().find(|(known, _)| *known == name).map(|&(_, check)| check)
}

#[cfg(test)]
mod tests;
