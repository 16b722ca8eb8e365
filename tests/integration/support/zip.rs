//! Zip archives, right ones and others.

/// What to put into an archive.
pub struct Entry {
    pub name: &'static str,
    pub bytes: Vec<u8>,
    pub deflate: bool,
    /// The size that the archive states, where it lies.
    pub states: Option<u32>,
    pub flags: u16,
}

pub fn entry(name: &'static str, text: impl Into<Vec<u8>>) -> Entry {
    Entry { name, bytes: text.into(), deflate: true, states: None, flags: 0 }
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

/// A zip archive (APPNOTE.TXT 4.3), written so that its fields can lie.
pub fn zip(entries: &[Entry]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for e in entries {
        let data = if e.deflate {
            let mut packed = vec![0; e.bytes.len() + 1024];
            let config = zlib_rs::DeflateConfig { window_bits: -15, ..Default::default() };
            zlib_rs::compress_slice(&mut packed, &e.bytes, config).0.to_vec()
        } else {
            e.bytes.clone()
        };
        let size = e.states.unwrap_or(e.bytes.len() as u32);
        let mut fields = Vec::new();
        for half in [20, e.flags, if e.deflate { 8 } else { 0 }, 0, 0] {
            fields.extend_from_slice(&u16::to_le_bytes(half));
        }
        for word in [crc(&e.bytes), data.len() as u32, size] {
            fields.extend_from_slice(&word.to_le_bytes());
        }
        fields.extend_from_slice(&(e.name.len() as u16).to_le_bytes());
        fields.extend_from_slice(&[0, 0]);
        let at = out.len() as u32;
        out.extend_from_slice(b"PK\x03\x04");
        out.extend_from_slice(&fields);
        out.extend_from_slice(e.name.as_bytes());
        out.extend_from_slice(&data);
        directory.extend_from_slice(b"PK\x01\x02\x14\0");
        directory.extend_from_slice(&fields);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&at.to_le_bytes());
        directory.extend_from_slice(e.name.as_bytes());
    }
    let (at, length) = (out.len() as u32, directory.len() as u32);
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    for _ in 0..2 {
        out.extend_from_slice(&(entries.len() as u16).to_le_bytes());
    }
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&at.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out
}
