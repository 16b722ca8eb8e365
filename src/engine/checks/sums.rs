//! Other checksums: bech32, base58check, Luhn; and forms that are weak evidence.

use super::{CheckInput, Proof, WRONG_SUM};
use crate::rule::checksum;

/// Bech32 (BIP 173), which ends in six characters of checksum: age's secret keys, Nostr's.
pub(super) fn bech32(input: &CheckInput<'_>) -> Proof {
    let Some(split) = input.secret.iter().rposition(|&b| b == b'1') else { return Proof::Unknown };
    let (hrp, rest) = (&input.secret[..split], &input.secret[split + 1..]);
    let Some((body, sum)) = rest.split_last_chunk::<6>() else { return Proof::Unknown };
    let Some(values) = body.iter().map(|&c| checksum::bech32_value(c)).collect::<Option<Vec<u8>>>() else {
        return Proof::Failed("it is not bech32".into());
    };
    match checksum::bech32(hrp, &values).eq_ignore_ascii_case(sum) {
        true => Proof::Proven(None),
        false => Proof::Failed(WRONG_SUM.into()),
    }
}

/// Base 58 whose last four bytes are the start of a doubled SHA-256 (wallet keys).
pub(super) fn base58check(input: &CheckInput<'_>) -> Proof {
    match checksum::base58_decode(input.secret).as_deref().and_then(|bytes| bytes.split_last_chunk::<4>()) {
        Some((payload, sum)) if checksum::base58_sum(payload) == *sum => Proof::Proven(None),
        _ => Proof::Failed(WRONG_SUM.into()),
    }
}

/// Luhn's formula, which one number in ten fulfils by chance.
pub(super) fn luhn(input: &CheckInput<'_>) -> Proof {
    let Some((&last, rest)) = input.secret.split_last() else { return Proof::Unknown };
    match checksum::luhn(rest) == last {
        true => Proof::Structure(None),
        false => Proof::Failed("its check digit is wrong".into()),
    }
}

/// A random UUID: its version is 4 and its variant that of RFC 9562. Another one may be a key all the same.
pub(super) fn uuid4(input: &CheckInput<'_>) -> Proof {
    let Some(uuid) = input.secret.last_chunk::<36>() else { return Proof::Unknown };
    let digits: Vec<u8> = uuid.iter().copied().filter(|&b| b != b'-').collect();
    let kinds = (0..=u8::MAX).filter(|b| digits.contains(b)).count();
    match uuid[14] == b'4' && matches!(uuid[19].to_ascii_lowercase(), b'8' | b'9' | b'a' | b'b') {
        _ if kinds < 5 => Proof::NotSecret("an empty or made-up UUID".into()),
        true => Proof::Structure(None),
        false => Proof::Unknown,
    }
}

/// A Discord bot token: its first part is the bot's id, a decimal number of 17 to 20 digits, in base64.
pub(super) fn discord(input: &CheckInput<'_>) -> Proof {
    let id = input.secret.split(|&b| b == b'.').next().unwrap_or_default();
    match super::armor::base64(id) {
        Some(id) if (17..=20).contains(&id.len()) && id.iter().all(u8::is_ascii_digit) => {
            Proof::Structure(Some(format!("bot {}", String::from_utf8_lossy(&id))))
        }
        _ => Proof::Failed("it does not begin with a bot's id".into()),
    }
}
