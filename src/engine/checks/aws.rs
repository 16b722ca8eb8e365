//! AWS key ids and keys that name their account.

use super::{CheckInput, Proof, armor};

/// `AKIA`, `ASIA` and others: four letters and 16 characters of base32, which hold the account's number.
pub(super) fn key_id(input: &CheckInput<'_>) -> Proof {
    let Some((_, body)) = input.secret.split_first_chunk::<4>() else { return Proof::Unknown };
    if memchr::memmem::find(body, b"EXAMPLE").is_some() {
        return Proof::NotSecret("a sample from the documentation".into());
    }
    let Ok(bytes) = data_encoding::BASE32_NOPAD.decode(body) else {
        return Proof::Failed("it holds characters that AWS does not use".into());
    };
    let Some(head) = bytes.first_chunk::<6>() else { return Proof::Unknown };
    // Ids of before 2019 have I or J here and no account inside.
    if matches!(body[0], b'I' | b'J') {
        return Proof::Structure(None);
    }
    let head = head.iter().fold(0_u64, |n, &b| n << 8 | u64::from(b));
    let account = (head & 0x7fff_ffff_ff80) >> 7;
    Proof::Structure((account < 1_000_000_000_000).then(|| format!("account {account:012}")))
}

/// A long-lived Bedrock key: base64 of `BedrockAPIKey-...-at-ACCOUNT:...`.
pub(super) fn bedrock(input: &CheckInput<'_>) -> Proof {
    let Some(text) = input.secret.strip_prefix(b"ABSK").and_then(armor::base64) else { return Proof::Unknown };
    let Some(rest) = text.strip_prefix(b"BedrockAPIKey-") else { return Proof::Failed("it names no key".into()) };
    let account = memchr::memmem::find(rest, b"-at-").and_then(|at| rest.get(at + 4..at + 16));
    match account.filter(|a| a.iter().all(u8::is_ascii_digit)) {
        Some(account) => Proof::Structure(Some(format!("account {}", String::from_utf8_lossy(account)))),
        None => Proof::Unknown,
    }
}
