//! zip: the directory at its end lists the members.

use std::collections::HashSet;
use std::io::Read;
use std::ops::Range;

use bstr::BString;
use memchr::memmem;
use rawzip::{CompressionMethod, ZipArchive, ZipFileHeaderRecord, ZipSliceArchive, ZipVerification};

use super::packed::{Stream, unpack};
use super::{ArchiveFormat, ContainerWalk, ENCRYPTED, MemberLocation, Odd, join, odd_path};

/// How the record at a zip's end begins, how long it is without a comment, and how long a comment may be.
pub(super) const END: &[u8] = b"PK\x05\x06";
pub(super) const END_LEN: usize = 22;
const COMMENT: usize = 1 << 16;
/// How the header of a member begins, and an entry of the directory.
const MEMBER: &[u8] = b"PK\x03\x04";
const ENTRY: &[u8] = b"PK\x01\x02";
/// A member's header, without its name.
const MEMBER_LEN: usize = 30;

/// Returns whether the bytes end with a zip, behind a program or anything else, and perhaps with a comment.
pub(super) fn ends_one(bytes: &[u8]) -> bool {
    let from = bytes.len().saturating_sub(END_LEN + COMMENT);
    // The third byte of the record is in no text.
    memchr::memchr_iter(END[2], &bytes[from..]).any(|at| (from + at).checked_sub(2).is_some_and(|at| is_end(bytes, at)))
}

/// Returns whether the record of a zip's end is at `at`, with its directory before it.
fn is_end(bytes: &[u8], at: usize) -> bool {
    let Some(record) = bytes.get(at..at + END_LEN).filter(|record| record.starts_with(END)) else { return false };
    let half = |at: usize| usize::from(u16::from_le_bytes([record[at], record[at + 1]]));
    let size = u32::from_le_bytes([record[12], record[13], record[14], record[15]]);
    // The directory of a large one is told of elsewhere.
    let is_empty_or_large = half(10) == 0 && size == 0 || size == u32::MAX;
    let directory = at.checked_sub(size as usize).and_then(|from| bytes.get(from..at));
    at + END_LEN + half(20) <= bytes.len()
        && (is_empty_or_large || directory.is_some_and(|directory| directory.starts_with(ENTRY)))
}

/// Returns whether the record of a zip's end is at `at`, and lists a member.
pub(super) fn is_end_with_members(bytes: &[u8], at: usize) -> bool {
    is_end(bytes, at) && bytes[at + 10..at + 16] != [0; 6]
}

/// The first header of a member in `range`, if its fields are possible.
fn find_member(bytes: &[u8], range: Range<usize>) -> Option<usize> {
    let is_possible = |at: usize| {
        let Some(header) = bytes.get(at..at + MEMBER_LEN) else { return false };
        let half = |at: usize| usize::from(u16::from_le_bytes([header[at], header[at + 1]]));
        let name = bytes.get(at + MEMBER_LEN..at + MEMBER_LEN + half(26)).unwrap_or_default();
        header[5] == 0 && half(8) < 100 && !name.is_empty() && name.iter().all(|byte| *byte >= b' ')
    };
    memmem::find_iter(&bytes[range.clone()], MEMBER).map(|at| range.start + at).find(|at| is_possible(*at))
}

impl ContainerWalk<'_> {
    /// The members of a zip.
    pub(super) fn zip(&mut self, bytes: &[u8], location: MemberLocation<'_>) {
        let Ok(archive) = ZipArchive::from_slice(bytes) else {
            return self.failed(location.inside, "a zip archive without its directory: cut short or damaged".into());
        };
        let (mut seen, mut listed) = (HashSet::new(), Vec::new());
        let mut entries = archive.entries();
        loop {
            match entries.next_entry() {
                Ok(None) => break,
                Ok(Some(entry)) if self.counts(location) => {
                    listed.extend(stored_range(&archive, &entry));
                    self.zipped(&archive, &entry, location, &mut seen);
                }
                Ok(Some(_)) => return,
                Err(_) => return self.failed(location.inside, "its directory is damaged".into()),
            }
        }
        let directory = usize::try_from(archive.directory_offset()).unwrap_or(usize::MAX).min(bytes.len());
        self.unlisted(bytes, directory, listed, location);
        self.beside(&bytes[directory..], location);
    }

    /// The members before the directory that it does not list, which some unpackers find: another zip as it was appended
    /// to, or members that were removed from the directory alone.
    fn unlisted(
        &mut self,
        bytes: &[u8],
        directory: usize,
        mut listed: Vec<Range<usize>>,
        location: MemberLocation<'_>,
    ) {
        listed.push(directory..directory);
        listed.sort_by_key(|range| range.start);
        let mut end = 0;
        for range in listed {
            if range.start > end {
                if let Some(at) = find_member(bytes, end..range.start) {
                    let deeper = MemberLocation { depth: location.depth + 1, ..location };
                    self.container(&bytes[at..range.start], ArchiveFormat::Zip, deeper);
                }
                self.beside(&bytes[end..range.start], location);
            }
            end = end.max(range.end);
        }
    }

    fn zipped(
        &mut self,
        archive: &ZipSliceArchive<&[u8]>,
        entry: &ZipFileHeaderRecord<'_>,
        location: MemberLocation<'_>,
        seen: &mut HashSet<BString>,
    ) {
        let name = entry.file_path().as_bytes().to_vec();
        let path = join(location.inside, &name);
        let mut odd: Vec<Odd> = odd_path(&name).into_iter().collect();
        if entry.is_dir() && entry.compressed_size_hint() == 0 {
            return self.show_name(path.as_ref(), odd);
        }
        if !seen.insert(path.clone()) {
            odd.push(Odd::Doubled);
        }
        if entry.flags().is_encrypted() {
            return self.show(path.as_ref(), Err(ENCRYPTED.into()), odd);
        }
        let Ok(stored) = archive.get_entry(entry.wayfinder()) else {
            return self.show(path.as_ref(), Err("damaged: it does not stand where the directory says".into()), odd);
        };
        let Some(from) = unzip(stored.data(), entry.compression_method()) else {
            return self.show(path.as_ref(), Err("packed in a way that is not read here".into()), odd);
        };
        let mut content = Vec::new();
        let read = self.all(Stream { inner: from, budget: self.budget }, &mut content);
        let is = ZipVerification { crc: crc32fast::hash(&content), uncompressed_size: content.len() as u64 };
        let read = read.and_then(|()| {
            stored.claim_verifier().valid(is).map_err(|_| "damaged: its checksum or its size is wrong".to_owned())
        });
        self.member(path.as_ref(), &content, odd, location.depth);
        if let Err(reason) = read {
            self.failed(path.as_ref(), reason);
        }
    }
}

/// The bytes of a member, its header with them.
fn stored_range(archive: &ZipSliceArchive<&[u8]>, entry: &ZipFileHeaderRecord<'_>) -> Option<Range<usize>> {
    let stored = archive.get_entry(entry.wayfinder()).ok()?;
    let end = usize::try_from(stored.compressed_data_range().1).ok()?;
    Some(usize::try_from(entry.local_header_offset()).ok()?..end)
}

/// The content of a member, or nothing where the method is not read.
fn unzip<'a>(data: &'a [u8], method: CompressionMethod) -> Option<Box<dyn Read + 'a>> {
    Some(match method {
        CompressionMethod::STORE => Box::new(data),
        CompressionMethod::DEFLATE => Box::new(flate2::read::DeflateDecoder::new(data)),
        CompressionMethod::BZIP2 => unpack(data, ArchiveFormat::Bzip2),
        CompressionMethod::ZSTD => unpack(data, ArchiveFormat::Zstd),
        CompressionMethod::XZ => unpack(data, ArchiveFormat::Xz),
        _ => return None,
    })
}
