//! PNG: the texts that are compressed in it.

use bstr::ByteSlice;

use super::packed::Stream;
use super::{ContainerWalk, MemberLocation, join};

/// The first bytes.
pub(super) const BEGIN: &[u8] = b"\x89PNG\r\n\x1a\n";

impl ContainerWalk<'_> {
    /// The compressed chunks of a PNG but for its pixels. Other chunks stand in the file as they are.
    pub(super) fn png(&mut self, bytes: &[u8], location: MemberLocation<'_>) {
        let mut rest = bytes.get(BEGIN.len()..).unwrap_or_default();
        while let [a, b, c, d, kind @ ..] = rest
            && let Some((kind, data)) = kind.split_at_checked(4)
        {
            let len = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
            let Some(data) = data.get(..len) else { return };
            if kind == b"IEND" {
                // Viewers of pictures stop here.
                return self.embedded(rest.get(len + 12..).unwrap_or_default(), location);
            }
            if let Some(packed) = packed(kind, data) {
                if !self.counts(location) {
                    return;
                }
                self.png_text(&String::from_utf8_lossy(kind), packed, location);
            }
            // Behind the data is its checksum.
            rest = rest.get(len + 12..).unwrap_or_default();
        }
    }

    fn png_text(&mut self, kind: &str, packed: &[u8], location: MemberLocation<'_>) {
        let path = join(location.inside, kind.as_bytes());
        let mut content = Vec::new();
        let inner = Box::new(flate2::read::ZlibDecoder::new(packed));
        let read = self.all(Stream { inner, budget: self.budget }, &mut content);
        self.member(path.as_ref(), &content, Vec::new(), location.depth);
        if let Err(reason) = read {
            self.failed(path.as_ref(), reason);
        }
    }
}

/// The compressed part of a chunk, if it has one.
fn packed<'d>(kind: &[u8], data: &'d [u8]) -> Option<&'d [u8]> {
    let (_, behind) = data.split_once_str(b"\0")?;
    match (kind, behind) {
        (b"zTXt" | b"iCCP", [0, packed @ ..]) => Some(packed),
        // A language and a translated keyword come first.
        (b"iTXt", [1, 0, rest @ ..]) => Some(rest.splitn_str(3, b"\0").nth(2)?),
        _ => None,
    }
}
