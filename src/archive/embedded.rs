//! Compressed streams and archives inside another file: behind a script or a program that unpacks itself, behind a picture,
//! in a resource.
//!
//! A program that writes such a format holds its magic as well, so only a stream that unpacks counts.

use std::io::{self, Read};

use memchr::memmem;

use super::packed::{self, WINDOW};
use super::{ArchiveFormat, ContainerWalk, MemberLocation, payload, zip};

/// A format, and the first bytes of its streams.
type Beginning = (ArchiveFormat, &'static [u8]);

const MARKED: [Beginning; 4] = [
    (ArchiveFormat::Gzip, b"\x1f\x8b\x08"),
    (ArchiveFormat::Xz, b"\xfd7zXZ\0"),
    (ArchiveFormat::Bzip2, b"BZh"),
    (ArchiveFormat::Zstd, b"\x28\xb5\x2f\xfd"),
];
/// Streams of zlib have no magic: two bytes name a level each.
const ZLIB: [Beginning; 4] = [
    (ArchiveFormat::Zlib, b"\x78\x01"),
    (ArchiveFormat::Zlib, b"\x78\x5e"),
    (ArchiveFormat::Zlib, b"\x78\x9c"),
    (ArchiveFormat::Zlib, b"\x78\xda"),
];

/// A stream that yields fewer bytes before it breaks off is chance, not an archive that was cut short.
const BELIEVED: usize = 4 << 10;

/// Returns whether `bytes` may hold such a stream. Text in UTF-8 holds none: every format has bytes that are no text.
pub(super) fn is_in(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err()
        && (payload::format_in(bytes).is_some()
            || memmem::find_iter(bytes, zip::END).any(|at| zip::is_end_with_members(bytes, at))
            || MARKED.iter().chain(&ZLIB).any(|beginning| possible(bytes, *beginning, 0).is_some()))
}

/// The first position at or after `from` where a stream may begin.
fn possible(bytes: &[u8], (format, magic): Beginning, from: usize) -> Option<usize> {
    let is_possible = |at: &usize| {
        let header = &bytes[*at..];
        match format {
            // Reserved flags are zero, and a system has a small number or 255.
            ArchiveFormat::Gzip => {
                let is_system = |system: u8| system < 20 || system == 255;
                header.get(..10).is_some_and(|header| header[3] & 0xe0 == 0 && is_system(header[9]))
            }
            ArchiveFormat::Bzip2 => header.get(4..10) == Some(b"\x31\x41\x59\x26\x53\x59"),
            _ => true,
        }
    };
    let begins = |at: &usize| is_possible(at) && unpacks(&bytes[*at..], format);
    memmem::find_iter(bytes.get(from..)?, magic).map(|at| from + at).find(begins)
}

impl ContainerWalk<'_> {
    /// The streams and archives in a file of another kind.
    pub(super) fn embedded(&mut self, bytes: &[u8], location: MemberLocation<'_>) {
        let deeper = MemberLocation { depth: location.depth + 1, ..location };
        let mut from = 0;
        for at in memmem::find_iter(bytes, zip::END).filter(|at| zip::is_end_with_members(bytes, *at)) {
            let end = at + zip::END_LEN;
            self.container(&bytes[from..end], ArchiveFormat::Zip, deeper);
            if self.budget.members.get() == 0 {
                break;
            }
            from = end;
        }
        self.beside(bytes, location);
        self.streams(bytes, &ZLIB, deeper);
    }

    /// Whatever begins with a magic, in or behind a file that is a container itself.
    pub(super) fn beside(&mut self, bytes: &[u8], location: MemberLocation<'_>) {
        let deeper = MemberLocation { depth: location.depth + 1, ..location };
        if let Some(format) = payload::format_in(bytes) {
            self.container(bytes, ArchiveFormat::Closed(format), deeper);
        }
        self.streams(bytes, &MARKED, deeper);
    }

    fn streams(&mut self, bytes: &[u8], beginnings: &[Beginning], location: MemberLocation<'_>) {
        for beginning in beginnings {
            let mut from = 0;
            while let Some(at) = possible(bytes, *beginning, from) {
                let Some(len) = self.stream(&bytes[at..], beginning.0, location) else { return };
                from = at + len;
            }
        }
    }

    /// One stream. Returns how far the search goes on behind its start, unless nothing more may be read.
    fn stream(&mut self, bytes: &[u8], format: ArchiveFormat, location: MemberLocation<'_>) -> Option<usize> {
        let mut begun = Vec::new();
        let (yielded, end) = self.measure(bytes, format, &mut begun);
        if let Some(end) = end {
            self.container(&bytes[..end], format, location);
            return Some(end);
        }
        if self.budget.left.get() == 0 {
            let reason = format!("all of it becomes more than {} bytes", self.budget.limits.bytes);
            self.failed(location.inside, reason);
            return None;
        }
        match format {
            // Two bytes and a few bits are too little to take a stream of zlib for one that was cut short.
            ArchiveFormat::Zlib => {}
            // One row says that not all was read.
            _ if yielded >= BELIEVED => {
                self.container(bytes, format, location);
                return None;
            }
            _ if !begun.is_empty() => {
                if !self.counts(location) {
                    return None;
                }
                self.member(packed::content_path(location).as_ref(), &begun, Vec::new(), location.depth);
            }
            _ => {}
        }
        Some(1)
    }

    /// The bytes that a stream yields, the first of them in `begun`, and where it ends, unless it breaks off.
    pub(super) fn measure(&self, bytes: &[u8], format: ArchiveFormat, begun: &mut Vec<u8>) -> (usize, Option<usize>) {
        let (mut rest, mut yielded, mut buffer) = (bytes, 0, [0; 8 << 10]);
        let Some(mut stream) = one_stream(&mut rest, format) else { return (0, None) };
        loop {
            match stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => {
                    yielded += count;
                    let room = BELIEVED.saturating_sub(begun.len()).min(count);
                    begun.extend_from_slice(&buffer[..room]);
                    self.budget.left.set(self.budget.left.get().saturating_sub(count as u64));
                    if self.budget.left.get() == 0 {
                        return (yielded, None);
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return (yielded, None),
            }
        }
        drop(stream);
        let end = match format {
            // Its reader takes more of the input than it decodes.
            ArchiveFormat::Xz => xz_len(bytes),
            _ => Some(bytes.len() - rest.len()),
        };
        (yielded, end)
    }
}

/// The content of the stream that `rest` begins with; what is behind the stream remains in `rest`.
fn one_stream<'s>(rest: &'s mut &[u8], format: ArchiveFormat) -> Option<Box<dyn Read + 's>> {
    Some(match format {
        ArchiveFormat::Gzip => Box::new(flate2::bufread::GzDecoder::new(rest)),
        ArchiveFormat::Zlib => Box::new(flate2::bufread::ZlibDecoder::new(rest)),
        ArchiveFormat::Bzip2 => Box::new(bzip2::bufread::BzDecoder::new(rest)),
        ArchiveFormat::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(rest, false, (WINDOW >> 10) as u32)),
        _ => Box::new(ruzstd::decoding::StreamingDecoder::new_with_max_window_size(rest, WINDOW).ok()?),
    })
}

/// Returns whether the stream that these bytes begin with has content and begins to unpack.
fn unpacks(mut bytes: &[u8], format: ArchiveFormat) -> bool {
    one_stream(&mut bytes, format).is_some_and(|mut stream| stream.read(&mut [0; 64]).is_ok_and(|count| count > 0))
}

/// The length of an xz stream, by the first footer whose checksum is right.
fn xz_len(bytes: &[u8]) -> Option<usize> {
    const FOOTER: usize = 12;
    let is_footer = |end: &usize| {
        let Some(footer) = end.checked_sub(FOOTER).map(|at| &bytes[at..*end]) else { return false };
        crc32fast::hash(&footer[4..10]).to_le_bytes() == footer[..4]
    };
    memmem::find_iter(bytes, b"YZ").map(|at| at + 2).find(is_footer)
}
