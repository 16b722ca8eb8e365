//! zip: the directory at its end lists the members.

use std::collections::HashSet;
use std::io::Read;

use bstr::BString;
use rawzip::{CompressionMethod, ZipArchive, ZipFileHeaderRecord, ZipSliceArchive, ZipVerification};

use super::packed::{Stream, unpack};
use super::{ArchiveFormat, ContainerWalk, MemberLocation, Odd, join, odd_path};

/// How the record at a zip's end begins, and how long it is without a comment.
const END: &[u8] = b"PK\x05\x06";
const END_LEN: usize = 22;

/// Returns whether the bytes end with a zip, behind a program or anything else.
pub(super) fn ends_one(bytes: &[u8]) -> bool {
    bytes.len().checked_sub(END_LEN).is_some_and(|at| bytes[at..].starts_with(END) && bytes.ends_with(&[0, 0]))
}

impl ContainerWalk<'_> {
    /// The members of a zip.
    pub(super) fn zip(&mut self, bytes: &[u8], location: MemberLocation<'_>) {
        let Ok(archive) = ZipArchive::from_slice(bytes) else {
            return self.failed(location.inside, "a zip archive without its directory: cut short or damaged".into());
        };
        let mut seen = HashSet::new();
        let mut entries = archive.entries();
        loop {
            match entries.next_entry() {
                Ok(None) => return,
                Ok(Some(entry)) if self.counts(location) => self.zipped(&archive, &entry, location, &mut seen),
                Ok(Some(_)) => return,
                Err(_) => return self.failed(location.inside, "its directory is damaged".into()),
            }
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
            if !odd.is_empty() {
                self.show(path.as_ref(), Ok(&[]), odd);
            }
            return;
        }
        if !seen.insert(path.clone()) {
            odd.push(Odd::Doubled);
        }
        if entry.flags().is_encrypted() {
            return self.show(path.as_ref(), Err("encrypted".into()), odd);
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
