//! Checksums that tokens carry: computed here, compared by the engine's proofs, and put into generated samples.

/// CRC-32/ISO-HDLC, the one of zlib.
pub fn crc32(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A number in base 62 (digits, upper case, lower case), most significant digit first, padded with `0` to six.
pub fn base62(mut n: u32) -> [u8; 6] {
    let mut out = [b'0'; 6];
    for place in out.iter_mut().rev() {
        *place = BASE62[(n % 62) as usize];
        n /= 62;
    }
    out
}
