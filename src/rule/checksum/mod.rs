//! Checksums that tokens carry: computed here, compared by the engine's proofs, and put into generated samples.

mod algorithms;
mod samples;

pub use algorithms::*;
pub use samples::{AZURE_DEVOPS_SEEDS, AZURE_SEEDS};

/// Rewrites `token`, which its rule matches, so that the proof called `check` holds. Deterministic: equal input
/// gives equal output. False when this proof needs nothing, or is not known.
pub fn complete(check: &str, token: &mut Vec<u8>) -> bool {
    match check {
        "crc32-base62" => {
            let Some(start) = token.iter().position(|&b| b == b'_') else { return false };
            splice(token, start + 1, 6, |body| base62(crc32(body)).to_vec())
        }
        "crc32-hex-upper" => splice(token, 0, 8, |body| format!("{:08X}", crc32(body)).into_bytes()),
        "crc32-hex-le" => {
            // The sum does not cover the underscore before it.
            splice(token, 0, 9, |body| format!("_{:08x}", crc32(body).swap_bytes()).into_bytes())
        }
        "crc32-hex" => {
            let Some(start) = token.iter().position(|&b| b == b'_') else { return false };
            splice(token, start + 1, 8, |body| {
                format!("{:08x}", crc32(body.strip_suffix(b"_").unwrap_or(body))).into_bytes()
            })
        }
        "matrix-token" => splice(token, 0, 7, |body| [&b"_"[..], &matrix_sum(body)].concat()),
        "crc32-base64-le" => {
            splice(token, 4, 6, |body| data_encoding::BASE64_NOPAD.encode(&crc32(body).to_le_bytes()).into_bytes())
        }
        "marvin32" => samples::azure_key(token),
        "azure-devops" => samples::azure_devops(token),
        "gitlab-routable" => samples::gitlab_routable(token),
        "aws-key-id" => samples::aws_key_id(token),
        "aws-bedrock" => samples::aws_bedrock(token),
        "macaroon" => samples::macaroon(token),
        "grafana-key" => samples::grafana(token),
        "base64-json" => samples::base64_json(token),
        "basic-auth" => samples::basic_auth(token),
        "jwt" => samples::jwt(token),
        "discord-snowflake" => samples::discord(token),
        "pem" | "openssh-key" | "pgp-armor" => samples::armored(token),
        "putty" => samples::putty(token),
        "age" | "bech32" => {
            let Some(start) = token.iter().rposition(|&b| b == b'1') else { return false };
            let hrp = token[..start].to_vec();
            let upper = token[0].is_ascii_uppercase();
            splice(token, start + 1, 6, |body| {
                let values: Vec<u8> = body.iter().map(|&c| bech32_value(c).unwrap_or(0)).collect();
                let sum = bech32(&hrp, &values);
                if upper { sum.to_ascii_uppercase() } else { sum.to_vec() }
            })
        }
        "base58check" => samples::base58check(token),
        "key-bytes" => samples::key_bytes(token),
        "recovery-phrase" => samples::recovery_phrase(token),
        "luhn" => splice(token, 0, 1, |body| vec![luhn(body)]),
        "uuid4" => samples::uuid4(token),
        _ => false,
    }
}

/// Replaces the last `len` bytes by the `sum` of the bytes from `start` up to them.
fn splice(token: &mut Vec<u8>, start: usize, len: usize, sum: impl Fn(&[u8]) -> Vec<u8>) -> bool {
    let Some(end) = token.len().checked_sub(len).filter(|&end| end > start) else { return false };
    let sum = sum(&token[start..end]);
    token.truncate(end);
    token.extend(sum);
    true
}
