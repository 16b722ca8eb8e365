//! A sweep over every object of the store, each decoded once, along the delta trees of the packs.
//!
//! A pack stores most objects as deltas: instructions that copy from a base object or insert new bytes. The sweep goes
//! from the bases down. A visitor gets each object in full, with the ranges that are fresh: inserted bytes, and seams
//! between bytes that were not adjacent in the base. All other bytes are copied with their context, and were visited in
//! the base.

mod delta;
mod descent;
mod tree;
mod windows;

use std::ops::{ControlFlow, Range};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use gix::objs::Kind;
use gix::odb::pack::index;

use crate::chunk::Copied;
use crate::environment;
use crate::error::{Error, Result};
use crate::git::{Oid, Unread};
use crate::threads;
use descent::Descent;
use tree::DeltaPack;
use windows::PackData;

/// The objects of a repository by number: those of its packs, then the loose ones.
///
/// An object that is stored twice has two numbers; a look-up returns the first.
pub struct Store {
    repo: gix::ThreadSafeRepository,
    packs: Vec<DeltaPack>,
    loose: Vec<Oid>,
    hash: gix::hash::Kind,
    /// The number of the first loose object.
    first_loose: u32,
}

/// One object of a sweep.
pub struct Visited<'a, Mark> {
    /// Its number in the store.
    pub number: u32,
    /// Its type.
    pub kind: Kind,
    /// Its content.
    pub content: &'a [u8],
    /// The base of a delta: its content, and the visitor's mark.
    pub base: Option<(&'a [u8], &'a Mark)>,
    /// The fresh ranges of a delta: inserted bytes, and seams (empty ranges) between bytes that are not adjacent in the
    /// base, or at which the base was cut.
    pub fresh: &'a [Range<usize>],
    /// The copied ranges of a delta, in the object's order; ranges that are adjacent in both objects are one.
    pub copied: &'a [Copied],
}

/// A visitor of objects.
pub trait Visit: Sync {
    /// The results of one worker.
    type Worker: Send;
    /// The knowledge about an object while those based on it are visited.
    type Mark;

    /// A new worker.
    fn worker(&self) -> Self::Worker;

    /// Returns whether an object of this size, in bytes, is not to be unpacked.
    fn is_too_large(&self, size: u64) -> bool;

    /// Visits one object. A break ends the sweep.
    fn visit(&self, worker: &mut Self::Worker, object: Visited<Self::Mark>) -> ControlFlow<(), Self::Mark>;

    /// Receives an object that cannot be unpacked.
    fn unread(&self, worker: &mut Self::Worker, number: u32, why: Unread);
}

impl Store {
    /// Reads the indices of all packs. `None` when objects are stored in a way that only gix can read.
    ///
    /// # Errors
    /// A pack or its index is damaged.
    pub(in crate::git) fn open(shared: &gix::ThreadSafeRepository) -> Result<Option<Self>> {
        let local = shared.to_thread_local();
        let hash = local.object_hash();
        let failed = |what: &PathBuf, e: &dyn std::fmt::Display| Error::incomplete(format!("{}: {e}", what.display()));
        let objects = local.objects.store_ref().path().to_owned();
        let here = environment::current_directory().unwrap_or_default();
        let mut dirs = vec![objects.clone()];
        dirs.extend(gix::odb::alternate::resolve(objects.clone(), &here).map_err(|e| failed(&objects, &e))?);
        let (mut packs, mut loose, mut first) = (Vec::new(), Vec::new(), 0_u32);
        for dir in dirs {
            let mut names: Vec<PathBuf> = match std::fs::read_dir(dir.join("pack")) {
                Ok(entries) => entries.filter_map(|e| e.ok().map(|e| e.path())).collect(),
                Err(_) => Vec::new(),
            };
            names.sort();
            for path in names.iter().filter(|p| p.extension().is_some_and(|e| e == "pack")) {
                let index = path.with_extension("idx");
                // Only a multi-pack-index lists this pack.
                if !index.exists() {
                    return Ok(None);
                }
                let index = index::File::at(&index, hash).map_err(|e| failed(&index, &e))?;
                let data =
                    PackData::open(path, packs.len(), index.num_objects(), hash).map_err(|e| failed(path, &e))?;
                let Some(next) = first.checked_add(index.num_objects()) else { return Ok(None) };
                let pack = DeltaPack::read(index, data, hash, first).map_err(|e| failed(path, &e))?;
                let Some(pack) = pack else { return Ok(None) };
                packs.push(pack);
                first = next;
            }
            for id in gix::odb::loose::Store::at(&dir, hash).iter() {
                loose.push(id.map_err(|e| failed(&dir, &e))?);
            }
        }
        loose.sort();
        loose.dedup();
        let mut store = Self { repo: shared.clone(), packs, loose: Vec::new(), hash, first_loose: first };
        loose.retain(|id| store.lookup(id).is_none());
        store.loose = loose;
        Ok(Some(store))
    }

    /// The number of objects, counting those twice that are stored twice.
    pub fn len(&self) -> usize {
        self.first_loose as usize + self.loose.len()
    }

    /// Returns whether there are no objects.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The length of an id, in bytes.
    pub(in crate::git) fn hash_len(&self) -> usize {
        self.hash.len_in_bytes()
    }

    /// The number of an object.
    pub fn lookup(&self, id: &gix::oid) -> Option<u32> {
        let packed = self.packs.iter().find_map(|pack| Some(pack.first + pack.index.lookup(id)?));
        packed.or_else(|| {
            let at = self.loose.binary_search_by(|loose| loose.as_ref().cmp(id)).ok()?;
            Some(self.first_loose + at as u32)
        })
    }

    /// The id of an object.
    pub fn id(&self, number: u32) -> Oid {
        match self.packs.iter().rev().find(|pack| pack.first <= number) {
            Some(pack) if number < self.first_loose => pack.index.oid_at_index(number - pack.first).to_owned(),
            _ => self.loose[(number - self.first_loose) as usize],
        }
    }

    /// Visits every object of these kinds, bases before the deltas on them, with all cores. Returns the workers'
    /// results, or `None` when the visitor ended the sweep.
    pub fn sweep<V: Visit>(&self, kinds: &[Kind], visitor: &V) -> Option<Vec<V::Worker>> {
        let roots: Vec<(usize, u32)> = self
            .packs
            .iter()
            .enumerate()
            .flat_map(|(n, pack)| pack.roots.iter().map(move |root| (n, *root)))
            .filter(|(n, root)| self.packs[*n].nodes[*root as usize].kind.is_none_or(|kind| kinds.contains(&kind)))
            .collect();
        let (next, ended) = (AtomicUsize::new(0), AtomicBool::new(false));
        let work = || {
            let (mut worker, mut descent) = (visitor.worker(), Descent::new(self));
            while !ended.load(Ordering::Relaxed) {
                // Several at a time: adjacent objects share pages of the pack.
                let from = next.fetch_add(GRAIN, Ordering::Relaxed);
                if from >= roots.len() + self.loose.len() {
                    break;
                }
                let to = (from + GRAIN).min(roots.len() + self.loose.len());
                for at in from..to {
                    let went_on = match roots.get(at) {
                        Some((pack, root)) => descent.tree(*pack, *root, kinds, visitor, &mut worker),
                        None => descent.loose(at - roots.len(), kinds, visitor, &mut worker),
                    };
                    if went_on.is_break() {
                        ended.store(true, Ordering::Relaxed);
                        break;
                    }
                }
            }
            worker
        };
        let workers = threads::shared(|| rayon::broadcast(|_| work()));
        (!ended.into_inner()).then_some(workers)
    }
}

/// How many roots a worker takes at a time.
const GRAIN: usize = 16;
