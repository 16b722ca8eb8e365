//! Every object of the store, decoded once each, along the trees that deltas make.
//!
//! A pack keeps most objects as instructions against a base: copy this, insert that. Walking from the bases down, a
//! visitor sees each object whole, and is told which bytes of it are fresh: inserted, or brought next to each other.
//! What lies far from them stood in the base just so, and need not be looked at again.

mod delta;
mod descent;
mod tree;
mod windows;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use gix::objs::Kind;
use gix::odb::pack::index;

use super::{Oid, Repo, Unread};
use crate::chunk::Copied;
use crate::error::{Error, Result};
use crate::threads;
use descent::Descent;
use tree::Pack;
use windows::Data;

/// The objects of a repository by number: those of its packs, then the loose ones.
pub struct Store {
    repo: gix::ThreadSafeRepository,
    packs: Vec<Pack>,
    loose: Vec<Oid>,
    hash: gix::hash::Kind,
    /// The number of the first loose object.
    first_loose: u32,
}

/// What a visitor is told of one object.
pub struct Visited<'a, Mark> {
    /// Its number in the store.
    pub number: u32,
    /// What it is.
    pub kind: Kind,
    /// All of it.
    pub content: &'a [u8],
    /// The object it was made from, if it is a delta: its content, and what the visitor said about it.
    pub base: Option<(&'a [u8], &'a Mark)>,
    /// Of a delta: the bytes that were inserted, and the seams (empty ranges) where pieces of the base meet that stood
    /// elsewhere, or where it was cut.
    pub fresh: &'a [Range<usize>],
    /// Of a delta: what was copied from the base, in the object's order; pieces that follow each other in both are one.
    pub copied: &'a [Copied],
}

/// Looks at objects.
pub trait Visit: Sync {
    /// What a worker gathers.
    type Worker: Send;
    /// What is kept of an object while those based on it are visited.
    type Mark;

    /// A new worker.
    fn worker(&self) -> Self::Worker;

    /// Whether the object is larger than anybody wants to unpack.
    fn is_too_large(&self, size: u64) -> bool;

    /// Looks at one object. `None` ends the whole sweep.
    fn visit(&self, worker: &mut Self::Worker, object: Visited<Self::Mark>) -> Option<Self::Mark>;

    /// Is told of an object that cannot be unpacked here.
    fn unread(&self, worker: &mut Self::Worker, number: u32, why: Unread);
}

impl Store {
    /// Reads the indices of all packs. `None` where objects are kept in a way that only the general reader knows.
    ///
    /// # Errors
    /// When a pack or its index is damaged.
    pub fn open(repo: &Repo) -> Result<Option<Store>> {
        let shared = repo.shared();
        let local = shared.to_thread_local();
        let hash = local.object_hash();
        let failed = |what: &PathBuf, e: &dyn std::fmt::Display| Error::incomplete(format!("{}: {e}", what.display()));
        let objects = local.objects.store_ref().path().to_owned();
        let here = std::env::current_dir().unwrap_or_default();
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
                // A pack that only a multi-pack-index lists.
                if !index.exists() {
                    return Ok(None);
                }
                let index = index::File::at(&index, hash).map_err(|e| failed(&index, &e))?;
                let data = Data::open(path, packs.len(), index.num_objects(), hash).map_err(|e| failed(path, &e))?;
                let Some(next) = first.checked_add(index.num_objects()) else { return Ok(None) };
                let pack = Pack::read(index, data, hash, first).map_err(|e| failed(path, &e))?;
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
        let mut store = Store { repo: shared.clone(), packs, loose: Vec::new(), hash, first_loose: first };
        loose.retain(|id| store.lookup(id).is_none());
        store.loose = loose;
        Ok(Some(store))
    }

    /// How many numbers there are. An object that is stored twice has two; [`Store::lookup`] gives the first.
    pub fn len(&self) -> usize {
        self.first_loose as usize + self.loose.len()
    }

    /// Whether there are no objects.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes an id takes.
    pub(super) fn hash_len(&self) -> usize {
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

    /// Shows every object of these kinds to the visitor, bases before what is made from them, with all cores. Gives what
    /// the workers gathered, or `None` when the visitor ended the sweep.
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
                // A few at a time: neighbours share pages of the pack.
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
                    if went_on.is_none() {
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
