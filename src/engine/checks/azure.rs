//! Azure's identifiable keys.

use super::{CheckInput, Proof, WRONG_SUM};
use crate::rule::checksum;

/// 64 bytes in base64 with a service's signature at character 76; the last four bytes are a Marvin32 of the others.
pub(super) fn marvin32(input: &CheckInput<'_>) -> Proof {
    let Some(signature) = input.secret.get(76..80) else { return Proof::Unknown };
    let Ok(bytes) = data_encoding::BASE64.decode(input.secret) else { return Proof::Unknown };
    let Some((body, sum)) = bytes.split_last_chunk::<4>().filter(|(body, _)| body.len() == 60) else {
        return Proof::Unknown;
    };
    let holds = |seed| checksum::marvin32(body, seed).to_le_bytes() == *sum;
    match checksum::AZURE_SEEDS.iter().find(|(known, _)| *known == signature) {
        Some(&(_, seed)) if holds(seed) => Proof::Proven(None),
        // Only Storage's seed was seen to hold on real keys.
        Some((b"+ASt", _)) => Proof::Failed(WRONG_SUM.into()),
        _ => Proof::Unknown,
    }
}

/// Azure DevOps tokens: 52 characters of base32 with a CRC-32 spread over them, or 84 with signatures in fixed places.
pub(super) fn devops(input: &CheckInput<'_>) -> Proof {
    if input.secret.len() != 52 {
        let signed = input.secret.get(52..56) == Some(b"JQQJ") && input.secret.get(76..80) == Some(b"AZDO");
        return if signed { Proof::Structure(None) } else { Proof::Unknown };
    }
    let upper = input.secret.to_ascii_uppercase();
    let Ok(bytes) = data_encoding::BASE32_NOPAD.decode(&upper) else { return Proof::Unknown };
    let Ok(bytes) = <[u8; 32]>::try_from(bytes) else { return Proof::Unknown };
    let stored = u32::from_le_bytes([bytes[22], bytes[8], bytes[7], bytes[2]]);
    match checksum::AZURE_DEVOPS_SEEDS.contains(&(checksum::azure_devops(&bytes) ^ stored)) {
        true => Proof::Proven(None),
        // Any 52 letters have this shape, and the algorithm is known from source only.
        false => Proof::Unknown,
    }
}
