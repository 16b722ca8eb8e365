//! Loose objects, each a file of its own, read into one buffer.
//!
//! The general reader maps the file of each. For thousands of small ones on several threads that is dear: to give back a
//! map, every thread has to be stopped.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::PathBuf;

use gix::objs::{Kind, decode};
use gix::zlib::{Inflate, Status};

use super::Oid;

/// A head (a kind and a size) is shorter; small objects fit in as a whole.
const HEAD: usize = 512;
/// An inflated object is at most this many times its size (the limit of the format is 1,032).
pub(super) const EXPANSION: u64 = 1100;

/// Reads from the folder `objects`.
pub(super) struct Loose {
    objects: PathBuf,
    packed: Vec<u8>,
}

/// What came of a look-up.
pub(super) enum Found {
    /// The object was read.
    Object(Kind),
    /// There is no such file.
    Nothing,
    /// There is one, and it is too large or looks unusual: for the general reader.
    Unusual,
}

impl Loose {
    pub(super) fn new(objects: PathBuf) -> Loose {
        Loose { objects, packed: Vec::new() }
    }

    /// Fills `into` with the object, if it has at most `max` bytes.
    pub(super) fn find(&mut self, id: &Oid, max: u64, inflate: &mut Inflate, into: &mut Vec<u8>) -> Found {
        let hex = id.to_hex().to_string();
        let mut file = match File::open(self.objects.join(&hex[..2]).join(&hex[2..])) {
            Ok(file) => file,
            Err(e) if e.kind() == ErrorKind::NotFound => return Found::Nothing,
            Err(_) => return Found::Unusual,
        };
        let Ok(len) = file.metadata().map(|file| file.len()) else { return Found::Unusual };
        // The limit, before anything of it is in memory.
        if len.saturating_mul(EXPANSION) > max {
            return Found::Unusual;
        }
        self.packed.clear();
        match file.read_to_end(&mut self.packed) {
            Ok(_) => object(&self.packed, inflate, into).map_or(Found::Unusual, Found::Object),
            Err(_) => Found::Unusual,
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
    // What was made already is the beginning of it, and no more than that.
    if status == Status::BufError || made - start > size {
        return None;
    }
    let length = inflate.rest(&packed[read..], &head[..made], start, into, size).ok()?;
    (length == size).then_some(kind)
}
