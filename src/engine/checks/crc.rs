//! Tokens that end in a CRC-32 of the part before it.

use super::{CheckInput, Proof, WRONG_SUM};
use crate::rule::checksum;

/// GitHub's and npm's tokens: a prefix up to the underscore, a body, and the body's CRC-32 in six base-62 digits.
pub(super) fn base62(input: &CheckInput<'_>) -> Proof {
    let Some((body, sum)) = after_underscore(input.secret).and_then(|b| b.split_last_chunk::<6>()) else {
        return Proof::Unknown;
    };
    verdict(checksum::base62(checksum::crc32(body)) == *sum)
}

/// Atlassian's tokens: eight upper-case hex digits over all that comes before.
pub(super) fn hex_upper(input: &CheckInput<'_>) -> Proof {
    let Some((body, sum)) = input.secret.split_last_chunk::<8>() else { return Proof::Unknown };
    verdict(is_hex_of(checksum::crc32(body), sum))
}

/// Grafana's service account tokens: eight hex digits, lowest byte first, over all before the last underscore.
pub(super) fn hex_le(input: &CheckInput<'_>) -> Proof {
    let Some((body, sum)) = input.secret.split_last_chunk::<8>() else { return Proof::Unknown };
    let body = body.strip_suffix(b"_").unwrap_or(body);
    verdict(is_hex_of(checksum::crc32(body).swap_bytes(), sum))
}

/// Cloudflare's and Zuplo's tokens: eight hex digits over the part between the prefix and them.
pub(super) fn hex(input: &CheckInput<'_>) -> Proof {
    let Some((body, sum)) = after_underscore(input.secret).and_then(|b| b.split_last_chunk::<8>()) else {
        return Proof::Unknown;
    };
    // The underscore before the sum may be the body's own.
    let holds = [body, body.strip_suffix(b"_").unwrap_or(body)].iter().any(|b| is_hex_of(checksum::crc32(b), sum));
    if !holds && input.secret.starts_with(b"zpka_") {
        // Zuplo does not publish the algorithm.
        return Proof::Unknown;
    }
    verdict(holds)
}

/// Confluent's keys: a prefix of four, a body, and its CRC-32, lowest byte first, in base64.
pub(super) fn base64_le(input: &CheckInput<'_>) -> Proof {
    let Some((body, sum)) = input.secret.get(4..).and_then(|b| b.split_last_chunk::<6>()) else {
        return Proof::Unknown;
    };
    let mut expected = [0; 6];
    data_encoding::BASE64_NOPAD.encode_mut(&checksum::crc32(body).to_le_bytes(), &mut expected);
    verdict(expected == *sum)
}

/// GitLab's routable tokens: behind the last dot the payload's length and the CRC-32 of all before, in base 36.
///
/// A sum that does not hold is no evidence: no real token was at hand to try the published algorithm on.
pub(super) fn gitlab_routable(input: &CheckInput<'_>) -> Proof {
    let Some((body, sum)) = input.secret.split_last_chunk::<7>() else { return Proof::Unknown };
    if checksum::base36::<7>(checksum::crc32(body)) == *sum { Proof::Proven(None) } else { Proof::Unknown }
}

/// Matrix homeservers' tokens: six base-62 digits over all before the last underscore. Synapse writes them highest first,
/// the Matrix Authentication Service lowest first.
pub(super) fn matrix(input: &CheckInput<'_>) -> Proof {
    let Some((body, sum)) = input.secret.split_last_chunk::<6>() else { return Proof::Unknown };
    let Some(body) = body.strip_suffix(b"_") else { return Proof::Unknown };
    verdict(checksum::matrix_sum(body) == *sum)
}

fn after_underscore(secret: &[u8]) -> Option<&[u8]> {
    secret.iter().position(|&b| b == b'_').map(|at| &secret[at + 1..])
}

fn is_hex_of(sum: u32, digits: &[u8; 8]) -> bool {
    let mut expected = [0; 8];
    data_encoding::HEXLOWER.encode_mut(&sum.to_be_bytes(), &mut expected);
    expected.eq_ignore_ascii_case(digits)
}

fn verdict(holds: bool) -> Proof {
    if holds { Proof::Proven(None) } else { Proof::Failed(WRONG_SUM.into()) }
}
