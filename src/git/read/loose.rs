//! Loose objects, each a file of its own, read into one buffer.
//!
//! Gix maps each file. For thousands of small ones on several threads that is slow: to unmap a file, the system has to
//! interrupt every thread.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::PathBuf;

use gix::objs::{Kind, decode};
use gix::zlib::{Inflate, Status};

use crate::git::Oid;

/// The size of the first part to inflate: a header (kind and size) is shorter, and small objects fit in entirely.
const HEAD: usize = 512;
/// An inflated object is at most this many times its size (the limit of the format is 1,032).
pub(in crate::git) const EXPANSION: u64 = 1100;

/// Reads from the folder `objects`.
pub(in crate::git) struct LooseObjects {
    objects: PathBuf,
    packed: Vec<u8>,
}

/// The result of a look-up.
pub(in crate::git) enum LooseLookup {
    /// The object was read.
    Object(Kind),
    /// There is no such file.
    Nothing,
    /// The file exists, and is too large or unusual: gix decides.
    Unusual,
}

impl LooseObjects {
    pub(in crate::git) fn new(objects: PathBuf) -> Self {
        Self { objects, packed: Vec::new() }
    }

    /// Fills `into` with the object, if it has at most `max` bytes.
    pub(in crate::git) fn find(
        &mut self,
        id: &Oid,
        max: u64,
        inflate: &mut Inflate,
        into: &mut Vec<u8>,
    ) -> LooseLookup {
        let hex = id.to_hex().to_string();
        let mut file = match File::open(self.objects.join(&hex[..2]).join(&hex[2..])) {
            Ok(file) => file,
            Err(e) if e.kind() == ErrorKind::NotFound => return LooseLookup::Nothing,
            Err(_) => return LooseLookup::Unusual,
        };
        let Ok(len) = file.metadata().map(|file| file.len()) else { return LooseLookup::Unusual };
        // The limit holds before anything is in memory.
        if len.saturating_mul(EXPANSION) > max {
            return LooseLookup::Unusual;
        }
        self.packed.clear();
        match file.read_to_end(&mut self.packed) {
            Ok(_) => object(&self.packed, inflate, into).map_or(LooseLookup::Unusual, LooseLookup::Object),
            Err(_) => LooseLookup::Unusual,
        }
    }
}

fn object(packed: &[u8], inflate: &mut Inflate, into: &mut Vec<u8>) -> Option<Kind> {
    let mut head = [0; HEAD];
    inflate.reset();
    let (status, read, made) = inflate.prefix(packed, &mut head).ok()?;
    let (kind, size, start) = decode::loose_header(&head[..made]).ok()?;
    let size = usize::try_from(size).ok()?;
    if size as u64 > (packed.len() as u64).saturating_mul(EXPANSION) {
        return None;
    }
    // The first part must not exceed the object.
    if status == Status::BufError || made - start > size {
        return None;
    }
    let length = inflate.rest(&packed[read..], &head[..made], start, into, size).ok()?;
    (length == size).then_some(kind)
}
