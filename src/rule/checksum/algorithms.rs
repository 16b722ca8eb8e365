//! The checksums themselves.

use sha2::{Digest, Sha256};

/// CRC-32/ISO-HDLC, the one of zlib.
pub fn crc32(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}

/// CRC-24 of OpenPGP armor (RFC 9580, section 6.1).
pub fn crc24(bytes: &[u8]) -> u32 {
    let mut crc = 0x00b7_04ce_u32;
    for &byte in bytes {
        crc ^= u32::from(byte) << 16;
        for _ in 0..8 {
            crc <<= 1;
            if crc & 0x0100_0000 != 0 {
                crc ^= 0x0186_4cfb;
            }
        }
    }
    crc & 0x00ff_ffff
}

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A number in base 62 (digits, upper case, lower case), most significant digit first, padded with `0` to six.
pub fn base62(mut n: u32) -> [u8; 6] {
    let mut out = [b'0'; 6];
    for place in out.iter_mut().rev() {
        *place = DIGITS[(n % 62) as usize];
        n /= 62;
    }
    out
}

/// The end of a Matrix token: the CRC-32 of all before it. Synapse (`sy`) writes its base-62 digits highest first; the
/// Matrix Authentication Service (`crates/data-model/src/tokens.rs`) lowest first, and pads on the same side.
pub fn matrix_sum(body: &[u8]) -> [u8; 6] {
    let mut digits = base62(crc32(body));
    if !body.starts_with(b"sy") {
        let padding = digits.iter().take_while(|&&d| d == b'0').count();
        digits[padding..].reverse();
    }
    digits
}

/// A number in base 36 (digits, lower case), most significant digit first, padded with `0` to `N`.
pub fn base36<const N: usize>(mut n: u32) -> [u8; N] {
    let mut out = [b'0'; N];
    for place in out.iter_mut().rev() {
        *place = DIGITS[(n % 36) as usize].to_ascii_lowercase();
        n /= 36;
    }
    out
}

/// Marvin32 as .NET and Azure's identifiable keys use it: the low half of the 64-bit hash xor its high half.
pub fn marvin32(bytes: &[u8], seed: u64) -> u32 {
    let (low, high) = marvin(bytes, seed);
    low ^ high
}

fn marvin(bytes: &[u8], seed: u64) -> (u32, u32) {
    fn block(p0: &mut u32, p1: &mut u32) {
        *p1 ^= *p0;
        *p0 = p0.rotate_left(20).wrapping_add(*p1);
        *p1 = p1.rotate_left(9) ^ *p0;
        *p0 = p0.rotate_left(27).wrapping_add(*p1);
        *p1 = p1.rotate_left(19);
    }
    let (mut p0, mut p1) = (seed as u32, (seed >> 32) as u32);
    let (words, tail) = bytes.as_chunks::<4>();
    for word in words {
        p0 = p0.wrapping_add(u32::from_le_bytes(*word));
        block(&mut p0, &mut p1);
    }
    let mut last = [0; 4];
    last[..tail.len()].copy_from_slice(tail);
    last[tail.len()] = 0x80;
    p0 = p0.wrapping_add(u32::from_le_bytes(last));
    block(&mut p0, &mut p1);
    block(&mut p0, &mut p1);
    (p0, p1)
}

/// The alphabet of bech32 (BIP 173).
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// The value of a bech32 character, in either case.
pub fn bech32_value(c: u8) -> Option<u8> {
    BECH32.iter().position(|&b| b == c.to_ascii_lowercase()).map(|v| v as u8)
}

/// The six checksum characters, in lower case, of `data` (values below 32) under the human-readable part `hrp`.
pub fn bech32(hrp: &[u8], data: &[u8]) -> [u8; 6] {
    let lower = hrp.iter().map(u8::to_ascii_lowercase);
    let values = lower.clone().map(|c| c >> 5).chain([0]).chain(lower.map(|c| c & 31)).chain(data.iter().copied());
    let mut sum = 1_u32;
    for value in values.chain([0; 6]) {
        let top = sum >> 25;
        sum = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
        for (bit, generator) in [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3].iter().enumerate() {
            if top >> bit & 1 == 1 {
                sum ^= generator;
            }
        }
    }
    sum ^= 1;
    std::array::from_fn(|i| BECH32[(sum >> (5 * (5 - i)) & 31) as usize])
}

const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Decodes base 58 (Bitcoin's alphabet). None for another character, or for more than 200 of them.
pub fn base58_decode(text: &[u8]) -> Option<Vec<u8>> {
    if text.len() > 200 {
        return None;
    }
    let mut bytes: Vec<u8> = Vec::new();
    for c in text {
        let mut carry = BASE58.iter().position(|b| b == c)? as u32;
        for byte in &mut bytes {
            carry += u32::from(*byte) * 58;
            *byte = carry as u8;
            carry >>= 8;
        }
        if carry > 0 {
            bytes.push(carry as u8);
        }
    }
    bytes.extend(text.iter().take_while(|&&c| c == b'1').map(|_| 0));
    bytes.reverse();
    Some(bytes)
}

/// Encodes in base 58.
pub fn base58_encode(bytes: &[u8]) -> Vec<u8> {
    let mut digits: Vec<u8> = Vec::new();
    for &byte in bytes {
        let mut carry = u32::from(byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = (carry % 58) as u8;
            carry /= 58;
        }
        while carry > 0 {
            digits.push((carry % 58) as u8);
            carry /= 58;
        }
    }
    digits.extend(bytes.iter().take_while(|&&b| b == 0).map(|_| 0));
    digits.iter().rev().map(|&d| BASE58[d as usize]).collect()
}

/// The checksum of base58check: the first four bytes of a doubled SHA-256.
pub fn base58_sum(payload: &[u8]) -> [u8; 4] {
    let hash = Sha256::digest(Sha256::digest(payload));
    [hash[0], hash[1], hash[2], hash[3]]
}

/// The digit that completes `digits` under Luhn's formula. Everything but digits is passed over.
pub fn luhn(digits: &[u8]) -> u8 {
    let digits = digits.iter().rev().filter(|b| b.is_ascii_digit()).map(|b| u32::from(b - b'0'));
    let sum: u32 = digits.enumerate().map(|(i, d)| if i % 2 == 0 { d / 5 + d * 2 % 10 } else { d }).sum();
    b'0' + ((10 - sum % 10) % 10) as u8
}

/// The checksum inside a 52-character Azure DevOps token, from its 32 bytes: over all but the bytes 2, 7, 8 and 22,
/// which hold it (microsoft/security-utilities).
pub fn azure_devops(bytes: &[u8; 32]) -> u32 {
    let mut hash = crc32fast::Hasher::new();
    for part in [0..2, 3..7, 9..22, 23..32] {
        hash.update(&bytes[part]);
    }
    hash.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_vectors_hold() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc24(b"123456789"), 0x0021_cf02);
        // The vectors of .NET's own tests.
        let seed = 0x004f_b61a_001b_dbcc;
        let whole = |bytes: &[u8]| {
            let (low, high) = marvin(bytes, seed);
            u64::from(high) << 32 | u64::from(low)
        };
        assert_eq!(whole(&[]), 0x30ed_35c1_00cd_3c7d);
        assert_eq!(whole(&[0xaf]), 0x48e7_3fc7_7d75_ddc1);
        assert_eq!(whole(&[0xe7, 0x0f]), 0xb5f6_e1fc_485d_bff8);
        // BIP 173: the shortest valid string is "a" with no data.
        assert_eq!(&bech32(b"A", &[]), b"2uel5l");
        assert_eq!(luhn(b"7992739871"), b'3');
        assert_eq!(base58_encode(b"Hello World!"), b"2NEpo7TZRRrLZSi2U");
    }

    #[test]
    fn numbers_are_padded() {
        assert_eq!(&base62(0), b"000000");
        assert_eq!(&base62(u32::MAX), b"4gfFC3");
        assert_eq!(&base36::<7>(35), b"000000z");
    }

    #[test]
    fn matrix_sums_are_written_in_two_orders() {
        // The second body CRC needs five digits only, so a zero pads it.
        let (synapse, service) = (b"syt_dGVzdA_abcdefghij".as_slice(), b"mct_abcdefghij2".as_slice());
        assert_eq!(matrix_sum(synapse), base62(crc32(synapse)));
        let mut rest = crc32(service);
        let mut lowest_first = String::new();
        while rest > 0 {
            lowest_first.push(DIGITS[(rest % 62) as usize] as char);
            rest /= 62;
        }
        assert_eq!(String::from_utf8_lossy(&matrix_sum(service)), format!("{lowest_first:0>6}"));
    }

    #[test]
    fn base58_goes_both_ways() {
        for bytes in [&[0_u8, 0, 1, 2, 255][..], &[], &[0], &[9; 40]] {
            assert_eq!(base58_decode(&base58_encode(bytes)).unwrap(), bytes);
        }
        assert_eq!(base58_decode(b"0"), None);
    }
}
