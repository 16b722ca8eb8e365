//! Tokens that end in a CRC-32 of what comes before.

use super::{CheckInput, Proof};
use crate::rule::sign;

const WRONG: &str = "its checksum is wrong";

/// GitHub's and npm's tokens: a prefix up to the underscore, a body, and the body's CRC-32 in six base-62 digits.
pub(super) fn base62(input: &CheckInput<'_>) -> Proof {
    let Some(start) = input.secret.iter().position(|&b| b == b'_') else { return Proof::Unknown };
    let body = &input.secret[start + 1..];
    let Some((body, sum)) = body.split_last_chunk::<6>() else { return Proof::Unknown };
    verdict(sign::base62(sign::crc32(body)) == *sum)
}

fn verdict(holds: bool) -> Proof {
    if holds { Proof::Proven(None) } else { Proof::Failed(WRONG.into()) }
}
