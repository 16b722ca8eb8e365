//! Files that are compressed as a whole, and the tars in them.

use std::io::{self, BufReader, Read};

use bstr::BString;
use memchr::memmem;

use super::{ArchiveFormat, ContainerWalk, MemberLocation, join, tar, unpacked_name};

/// A stream may ask for a window of so many bytes.
pub(super) const WINDOW: u64 = 128 << 20;

impl ContainerWalk<'_> {
    /// A compressed file: the tar in it, member by member and never as a whole, or its only content.
    pub(super) fn packed(&mut self, bytes: &[u8], format: ArchiveFormat, location: MemberLocation<'_>) {
        let mut stream = Stream { inner: unpack(bytes, format), budget: self.budget };
        let mut head = Vec::with_capacity(tar::BLOCK);
        let begun = stream.by_ref().take(tar::BLOCK as u64).read_to_end(&mut head);
        if begun.is_ok() && tar::is_one(&head) {
            self.tar(io::Cursor::new(head).chain(stream), location);
            return self.unpacked_parts(bytes, format, location);
        }
        let mut content = head;
        let read = begun.map_err(|e| self.unreadable(&e)).and_then(|_| self.all(stream, &mut content));
        if !content.is_empty() {
            self.member(content_path(location).as_ref(), &content, Vec::new(), location.depth);
        }
        match read {
            Ok(()) => self.unpacked_parts(bytes, format, location),
            Err(reason) => self.failed(location.inside, reason),
        }
    }

    /// What stands in the file beside its streams: records that a reader skips, and what is behind a stream that says where it
    /// ends. Behind the others it is damage.
    fn unpacked_parts(&mut self, bytes: &[u8], format: ArchiveFormat, location: MemberLocation<'_>) {
        match format {
            // Its reader does not tell where it ends, and nothing in it is stored as it was.
            ArchiveFormat::Lzma => self.beside(bytes.get(1..).unwrap_or_default(), location),
            ArchiveFormat::Zlib => {
                let end = self.measure(bytes, format, &mut Vec::new()).1;
                self.embedded(bytes.get(end.unwrap_or(bytes.len())..).unwrap_or_default(), location);
            }
            ArchiveFormat::Gzip => self.skipped_parts(bytes, format, &GZIP_EXTRA, location),
            ArchiveFormat::Zstd => self.skipped_parts(bytes, format, &ZSTD_FRAME, location),
            _ => {}
        }
    }

    /// The parts that a reader of gzip or Zstandard skips, at the start of a stream or between two. Most files have none, and
    /// are not read again.
    fn skipped_parts(&mut self, bytes: &[u8], format: ArchiveFormat, kind: &SkippedPart, location: MemberLocation<'_>) {
        let is_large = |rest: &[u8]| (kind.read)(rest).is_some_and(|part| part.len() > SMALL);
        let begins = |at: usize| at.checked_sub(kind.lead).is_some_and(|at| is_large(&bytes[at..]));
        if !memmem::find_iter(bytes, kind.magic).any(begins) {
            return;
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let part = (kind.read)(rest);
            if let Some(part) = part {
                self.embedded(part, location);
            }
            let end = match part.filter(|_| format == ArchiveFormat::Zstd) {
                Some(part) => Some(FRAME + part.len()),
                None => self.measure(rest, format, &mut Vec::new()).1,
            };
            rest = &rest[end.unwrap_or(rest.len())..];
        }
    }
}

/// A part of a stream that its readers skip.
struct SkippedPart {
    magic: &'static [u8],
    /// So many bytes stand before the magic.
    lead: usize,
    /// Its content, where the stream begins with it.
    read: PartReader,
}

type PartReader = fn(&[u8]) -> Option<&[u8]>;

const GZIP_EXTRA: SkippedPart = SkippedPart { magic: b"\x1f\x8b\x08", lead: 0, read: extra };
const ZSTD_FRAME: SkippedPart = SkippedPart { magic: b"\x2a\x4d\x18", lead: 1, read: skipped };
/// The header of a frame that readers of Zstandard skip: its magic and its length.
const FRAME: usize = 8;
/// No container is smaller.
const SMALL: usize = 16;

/// The extra field in the header of a gzip stream.
fn extra(bytes: &[u8]) -> Option<&[u8]> {
    let [0x1f, 0x8b, 8, flags, _, _, _, _, _, _, low, high, rest @ ..] = bytes else { return None };
    rest.get(..usize::from(u16::from_le_bytes([*low, *high]))).filter(|_| flags & 4 != 0)
}

/// The content of a frame that readers of Zstandard skip.
fn skipped(bytes: &[u8]) -> Option<&[u8]> {
    let [0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d, rest @ ..] = bytes else { return None };
    rest.get(..u32::from_le_bytes([*a, *b, *c, *d]) as usize)
}

/// The path of the only content of a compressed file: the file's own, where it is a member itself.
pub(super) fn content_path(location: MemberLocation<'_>) -> BString {
    match location.inside.is_empty() {
        true => join(location.inside, unpacked_name(location.name)),
        false => location.inside.to_owned(),
    }
}

/// The content of a compressed stream, within the budget.
pub(super) struct Stream<'a> {
    pub inner: Box<dyn Read + 'a>,
    pub budget: &'a super::ReadBudget,
}

impl Read for Stream<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.budget.left.get() == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let count = self.inner.read(into)?;
        self.budget.left.set(self.budget.left.get().saturating_sub(count as u64));
        Ok(count)
    }
}

/// The content of a compressed stream.
pub(super) fn unpack<'a>(bytes: &'a [u8], format: ArchiveFormat) -> Box<dyn Read + 'a> {
    match format {
        ArchiveFormat::Gzip => Box::new(flate2::read::MultiGzDecoder::new(bytes)),
        ArchiveFormat::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(bytes)),
        ArchiveFormat::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(bytes, true, (WINDOW >> 10) as u32)),
        ArchiveFormat::Lzma => match lzma_rust2::LzmaReader::new_mem_limit(bytes, (WINDOW >> 10) as u32, None) {
            Ok(reader) => Box::new(reader),
            Err(_) => Box::new(Damaged),
        },
        ArchiveFormat::Zlib => Box::new(flate2::read::ZlibDecoder::new(bytes)),
        ArchiveFormat::Zstd => Box::new(BufReader::new(Frames { rest: bytes, open: None })),
        // Not compressed as a whole.
        _ => Box::new(bytes),
    }
}

/// Returns whether a text begins as one that the `lzma` tool packed: its usual properties, a size of the dictionary that
/// such tools choose, a possible size of the content, and the zero that every stream begins with.
pub(super) fn is_lzma(bytes: &[u8]) -> bool {
    let [0x5d, a, b, c, d, size @ .., 0] = bytes.get(..14).unwrap_or_default() else { return false };
    let dictionary = u32::from_le_bytes([*a, *b, *c, *d]);
    let is_chosen = dictionary.is_power_of_two() || dictionary.is_multiple_of(3) && (dictionary / 3).is_power_of_two();
    let size = size.iter().rev().fold(0_u64, |size, byte| size << 8 | u64::from(*byte));
    dictionary >= 1 << 12 && is_chosen && (size == u64::MAX || size < 1 << 40)
}

/// So much of a stream of zlib is unpacked to believe its two first bytes, which a text may have.
const TRIED: usize = 1 << 10;

/// Returns whether these are a stream of zlib: a right header, and a content that unpacks.
pub(super) fn is_zlib(bytes: &[u8]) -> bool {
    let [0x78, flags, ..] = bytes else { return false };
    let is_header = (0x7800 | u16::from(*flags)).is_multiple_of(31) && flags & 0x20 == 0;
    let mut head = [0; TRIED];
    let mut stream = flate2::read::ZlibDecoder::new(bytes);
    is_header && stream.read(&mut head).is_ok_and(|count| count > 0) && {
        // What is shorter has a checksum at its end.
        let mut rest = Vec::new();
        stream.take(TRIED as u64).read_to_end(&mut rest).is_ok()
    }
}

/// A stream whose header is damaged.
struct Damaged;

impl Read for Damaged {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::InvalidData.into())
    }
}

/// The frames of a Zstandard stream, one after the other.
struct Frames<'a> {
    rest: &'a [u8],
    open: Option<Box<ruzstd::decoding::StreamingDecoder<&'a [u8], ruzstd::decoding::FrameDecoder>>>,
}

impl Read for Frames<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(frame) = &mut self.open {
                let count = frame.read(into)?;
                if count > 0 || into.is_empty() {
                    return Ok(count);
                }
                self.rest = frame.get_ref();
                self.open = None;
            }
            match self.rest {
                [] => return Ok(0),
                [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                    let content = skipped(self.rest).ok_or(io::ErrorKind::UnexpectedEof)?;
                    self.rest = &self.rest[FRAME + content.len()..];
                }
                bytes => {
                    let frame = ruzstd::decoding::StreamingDecoder::new_with_max_window_size(bytes, WINDOW);
                    self.open = Some(Box::new(frame.map_err(|_| io::ErrorKind::InvalidData)?));
                }
            }
        }
    }
}
