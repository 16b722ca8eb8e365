//! A few objects, read without opening the object database.
//!
//! A small commit needs some ten objects. Before the first of them, gix checks the entire index of every pack, which
//! for a large repository costs more than everything else. This reader takes from the files only the few bytes it
//! needs. It leaves objects that it does not find, or that look unusual, to gix, which alone reports missing and
//! damaged ones.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use gix::objs::Kind;
use gix::odb::pack::{cache, data};
use gix::zlib::Inflate;

use super::loose::{LooseLookup, LooseObjects};
use super::positioned::read_at;
use crate::git::Oid;

/// The number of look-ups in packs after which opening the entire database pays.
const LOOKUPS: u32 = 512;
/// With more packs than this, gix is faster: it searches them in order of use.
const PACKS: usize = 16;

/// Reads single objects from loose files and packs.
pub(in crate::git) struct FewObjects {
    objects: PathBuf,
    loose: LooseObjects,
    hash: gix::hash::Kind,
    /// None before the first look-up.
    packs: Option<Vec<IndexedPack>>,
    inflate: Inflate,
    left: u32,
}

struct IndexedPack {
    index: File,
    /// How many ids begin with each byte or a lower one.
    fan: [u32; 256],
    path: PathBuf,
    data: Option<data::File>,
}

impl FewObjects {
    /// Reads below the folder `objects`.
    pub(in crate::git) fn new(objects: &Path, hash: gix::hash::Kind) -> Self {
        let (objects, loose) = (objects.to_owned(), LooseObjects::new(objects.to_owned()));
        Self { objects, loose, hash, packs: None, inflate: Inflate::default(), left: LOOKUPS }
    }

    /// Returns whether the reader may still find objects.
    pub(in crate::git) fn is_of_use(&self) -> bool {
        self.left > 0
    }

    /// Fills `into` with the object and returns its kind, if it is found and has at most `max` bytes.
    pub(in crate::git) fn find(&mut self, id: &Oid, max: u64, into: &mut Vec<u8>) -> Option<Kind> {
        match self.loose.find(id, max, &mut self.inflate, into) {
            LooseLookup::Object(kind) => return Some(kind),
            LooseLookup::Unusual => return None,
            LooseLookup::Nothing => {}
        }
        self.left = self.left.saturating_sub(1);
        if self.packs.is_none() {
            let packs = open(&self.objects.join("pack"));
            self.left = if packs.is_some() { self.left } else { 0 };
            self.packs = packs;
        }
        let (packs, inflate) = (self.packs.as_mut()?, &mut self.inflate);
        let (at, offset) = packs.iter().enumerate().find_map(|(at, pack)| Some((at, pack.lookup(id).ok()??)))?;
        // The next object is probably in the same pack.
        packs.swap(0, at);
        packs[0].read(offset, self.hash, max, inflate, into)
    }
}

/// The packs in a folder; none when there are too many, or when an index is not of version 2.
fn open(folder: &Path) -> Option<Vec<IndexedPack>> {
    let mut packs = Vec::new();
    let entries = match folder.read_dir() {
        Ok(entries) => entries,
        Err(e) => return (e.kind() == io::ErrorKind::NotFound).then_some(packs),
    };
    for entry in entries {
        let path = entry.ok()?.path();
        if path.extension().is_none_or(|e| e != "idx") {
            continue;
        }
        if packs.len() == PACKS {
            return None;
        }
        packs.push(IndexedPack::open(&path).ok()??);
    }
    Some(packs)
}

/// The magic number of an index of version 2; the fan-out table, the ids, their checksums and offsets follow.
const MAGIC: [u8; 8] = [0xff, b't', b'O', b'c', 0, 0, 0, 2];
const IDS: u64 = 8 + 256 * 4;
/// The number of ids read at once.
const BATCH: u64 = 64;

impl IndexedPack {
    fn open(path: &Path) -> io::Result<Option<Self>> {
        let index = File::open(path)?;
        let mut head = [0; IDS as usize];
        read_at(&index, &mut head, 0)?;
        if head[..8] != MAGIC {
            return Ok(None);
        }
        let mut fan = [0; 256];
        for (count, four) in fan.iter_mut().zip(head[8..].chunks_exact(4)) {
            *count = u32::from_be_bytes([four[0], four[1], four[2], four[3]]);
        }
        Ok(fan.is_sorted().then(|| Self { index, fan, path: path.with_extension("pack"), data: None }))
    }

    /// The offset of the object in the pack.
    fn lookup(&self, id: &Oid) -> io::Result<Option<u64>> {
        let (id, len) = (id.as_bytes(), id.as_bytes().len());
        let first = usize::from(id[0]);
        let mut low = if first == 0 { 0 } else { u64::from(self.fan[first - 1]) };
        let mut high = u64::from(self.fan[first]);
        let mut batch = [0; BATCH as usize * 32];
        // Ids are evenly distributed: the second to fifth byte give the relative position among the ids of one fan-out
        // slot.
        let share = u64::from(u32::from_be_bytes([id[1], id[2], id[3], id[4]]));
        let mut guess = low + (((high - low) * share) >> 32);
        while low < high {
            let from = guess.saturating_sub(BATCH / 2).clamp(low, high - 1);
            let count = BATCH.min(high - from);
            let batch = &mut batch[..count as usize * len];
            read_at(&self.index, batch, IDS + from * len as u64)?;
            let ids = |at: u64| &batch[at as usize * len..][..len];
            if id < ids(0) {
                high = from;
                guess = from.saturating_sub(BATCH);
            } else if id > ids(count - 1) {
                low = from + count;
                guess = low + BATCH;
            } else {
                let found = (0..count).find(|&at| ids(at) == id);
                return found.map(|at| self.offset(from + at, len as u64)).transpose();
            }
        }
        Ok(None)
    }

    fn offset(&self, at: u64, len: u64) -> io::Result<u64> {
        let count = u64::from(self.fan[255]);
        let offsets = IDS + count * (len + 4);
        let mut four = [0; 4];
        read_at(&self.index, &mut four, offsets + at * 4)?;
        let offset = u64::from(u32::from_be_bytes(four));
        if offset < 1 << 31 {
            return Ok(offset);
        }
        let mut eight = [0; 8];
        read_at(&self.index, &mut eight, offsets + count * 4 + (offset & 0x7fff_ffff) * 8)?;
        Ok(u64::from_be_bytes(eight))
    }

    fn read(
        &mut self,
        offset: u64,
        hash: gix::hash::Kind,
        max: u64,
        inflate: &mut Inflate,
        into: &mut Vec<u8>,
    ) -> Option<Kind> {
        if self.data.is_none() {
            self.data = Some(data::File::at(&self.path, hash).ok()?);
        }
        let data = self.data.as_ref()?;
        // A delta against an id is rare inside a pack, and left to gix.
        let entry = data.entry(offset).ok()?;
        if max < u64::MAX {
            let header = data.decode_header(entry.clone(), inflate, &|_| Ok(None)).ok()?;
            if header.object_size > max {
                return None;
            }
        }
        let found = data.decode_entry(entry, into, inflate, &|_, _| Ok(None), &mut cache::Never).ok()?;
        Some(found.kind)
    }
}
