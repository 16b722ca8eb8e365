//! All trees of a store in memory, read in the order of their deltas, so that each costs little more than its
//! difference.
//!
//! Most trees equal another one but for an entry or two. A tree is therefore stored as a list of chunks, and equal
//! chunks are stored once. The chunks are content-defined (as in content-defined chunking): the name of an entry alone
//! decides whether a chunk ends there, so that a change elsewhere in the tree does not move the borders.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicUsize, Ordering};

use bstr::BString;
use gix::objs::Kind;

use crate::git::{EntryMode, Oid, Store, Unread, Visit, Visited};

/// One entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StoredEntry {
    /// The number of its name in the low bits, its type in the two highest.
    name: u32,
    /// The number of its object, or an index into `foreign`.
    child: u32,
}

const NAME_BITS: u32 = 30;
const NAME: u32 = (1 << NAME_BITS) - 1;
const DIRECTORY: u32 = 0;
const FILE: u32 = 1;
const LINK: u32 = 2;
/// A submodule, or a missing object: its id is in `foreign`.
const FOREIGN: u32 = 3;

const NOT_A_TREE: (u32, u32) = (u32::MAX, 0);

/// The target of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryTarget {
    /// A directory, by number.
    Directory(u32),
    /// A file or link, by number.
    Content(u32, EntryMode),
    /// A submodule's commit.
    Gitlink(Oid),
    /// An object that the store lacks.
    Missing(Oid),
}

/// All trees of a store.
pub struct TreeStore {
    /// The range of each tree in `lists`, by the object's number.
    trees: Vec<(u32, u32)>,
    /// The chunks of all trees, by number.
    lists: Vec<u32>,
    /// The end of each chunk in `stored`; it begins at the end of the previous one.
    ends: Vec<u32>,
    stored: Vec<StoredEntry>,
    names: Vec<BString>,
    foreign: Vec<(Oid, bool)>,
    unread: HashMap<u32, Unread>,
}

/// The average number of entries in a chunk, and the limit.
const CHUNK: u32 = 16;
const LONGEST_CHUNK: usize = 64;

impl TreeStore {
    /// Reads all trees. `None` when they take more than `most` slots of 8 bytes, or when a tree is larger than 4 GiB.
    pub fn read(store: &Store, most: usize) -> Option<Self> {
        let reader = TreeReader { store, left: AtomicUsize::new(most) };
        let workers = store.sweep(&[Kind::Tree], &reader)?;
        let mut all = Self {
            trees: vec![NOT_A_TREE; store.len()],
            lists: Vec::new(),
            ends: Vec::new(),
            stored: Vec::new(),
            names: Vec::new(),
            foreign: Vec::new(),
            unread: HashMap::new(),
        };
        // Each worker numbers names on its own; here every name gets one number.
        let mut numbers: HashMap<BString, u32> = HashMap::new();
        for worker in workers {
            let TreeWorker { trees, chunks: ChunkStore { lists, ends, stored, known, .. }, named, unread, .. } = worker;
            drop((known, named.numbers));
            let is_first = all.names.is_empty();
            let renumbered: Vec<u32> = named
                .names
                .into_iter()
                .map(|name| {
                    let next = all.names.len() as u32;
                    *numbers.entry(name).or_insert_with_key(|name| {
                        all.names.push(name.clone());
                        next
                    })
                })
                .collect();
            let (first_list, first_chunk) = (all.lists.len() as u32, all.ends.len() as u32);
            let (first_entry, first_foreign) = (all.stored.len() as u32, all.foreign.len() as u32);
            all.foreign.extend(named.foreign);
            if is_first {
                // The numbers of the first worker remain valid.
                (all.lists, all.ends, all.stored) = (lists, ends, stored);
            } else {
                all.lists.reserve_exact(lists.len());
                all.lists.extend(lists.iter().map(|chunk| chunk + first_chunk));
                all.ends.reserve_exact(ends.len());
                all.ends.extend(ends.iter().map(|end| end + first_entry));
                all.stored.reserve_exact(stored.len());
                all.stored.extend(stored.iter().map(|entry| {
                    let kind = entry.name & !NAME;
                    let child = if kind >> NAME_BITS == FOREIGN { entry.child + first_foreign } else { entry.child };
                    StoredEntry { name: renumbered[(entry.name & NAME) as usize] | kind, child }
                }));
            }
            for (tree, list) in trees {
                all.trees[tree as usize] = (list.start + first_list, list.end + first_list);
            }
            all.unread.extend(unread);
        }
        Some(all)
    }

    /// The chunks of a tree, by number.
    ///
    /// # Errors
    /// The tree is damaged, or the object is no tree.
    pub fn chunks(&self, tree: u32) -> Result<&[u32], Unread> {
        let Some(&(from, to)) = self.trees.get(tree as usize).filter(|list| **list != NOT_A_TREE) else {
            return Err(self.unread.get(&tree).cloned().unwrap_or_else(|| Unread::Corrupt("it is not a tree".into())));
        };
        Ok(&self.lists[from as usize..to as usize])
    }

    /// The entries of a chunk: the number of the name, and the target.
    pub fn entries(&self, chunk: u32) -> impl Iterator<Item = (u32, EntryTarget)> + '_ {
        entries_of(&self.ends, &self.stored, chunk).iter().map(|entry| {
            let target = match entry.name >> NAME_BITS {
                DIRECTORY => EntryTarget::Directory(entry.child),
                FILE => EntryTarget::Content(entry.child, EntryMode::File),
                LINK => EntryTarget::Content(entry.child, EntryMode::Symlink),
                _ => match self.foreign[entry.child as usize] {
                    (id, true) => EntryTarget::Gitlink(id),
                    (id, false) => EntryTarget::Missing(id),
                },
            };
            (entry.name & NAME, target)
        })
    }

    /// Takes all names, by their numbers: they are needed longer than the trees.
    pub fn take_names(&mut self) -> Vec<BString> {
        std::mem::take(&mut self.names)
    }
}

fn entries_of<'a>(ends: &[u32], stored: &'a [StoredEntry], chunk: u32) -> &'a [StoredEntry] {
    let chunk = chunk as usize;
    let start = if chunk == 0 { 0 } else { ends[chunk - 1] };
    &stored[start as usize..ends[chunk] as usize]
}

struct TreeReader<'s> {
    store: &'s Store,
    left: AtomicUsize,
}

#[derive(Default)]
struct TreeWorker {
    /// The range of each tree in `chunks.lists`, by number.
    trees: Vec<(u32, Range<u32>)>,
    chunks: ChunkStore,
    /// The entries of the part of a tree that is being read, and the end of each in the tree.
    open: Vec<(StoredEntry, u32)>,
    /// The end of each chunk of the current tree.
    cuts: Vec<u32>,
    named: Named,
    unread: Vec<(u32, Unread)>,
}

/// The names and ids that entries refer to by number.
#[derive(Default)]
struct Named {
    names: Vec<BString>,
    numbers: HashMap<BString, u32>,
    foreign: Vec<(Oid, bool)>,
}

/// The chunks of one worker's trees.
#[derive(Default)]
struct ChunkStore {
    lists: Vec<u32>,
    ends: Vec<u32>,
    stored: Vec<StoredEntry>,
    /// By hash of their content.
    known: HashMap<u64, u32>,
    hashes: RandomState,
}

impl ChunkStore {
    /// Every entry of the chunks in a range of `lists`.
    fn of(&self, list: Range<usize>) -> impl Iterator<Item = StoredEntry> + '_ {
        self.lists[list].iter().flat_map(|chunk| entries_of(&self.ends, &self.stored, *chunk)).copied()
    }

    /// Adds a part of a tree to its list, and the ends of its chunks to `cuts`.
    fn add(&mut self, part: &[(StoredEntry, u32)], cuts: &mut Vec<u32>) {
        let mut start = 0;
        for (at, (entry, end)) in part.iter().enumerate() {
            let length = at + 1 - start;
            // The border depends on the name alone, never on its neighbours.
            let ends = entry.name.wrapping_mul(0x9e37_79b1) >> 16 & (CHUNK - 1) == 0;
            if ends || length == LONGEST_CHUNK || at + 1 == part.len() {
                let chunk = self.chunk(&part[start..=at]);
                self.lists.push(chunk);
                cuts.push(*end);
                start = at + 1;
            }
        }
    }

    /// The number of the chunk with these entries.
    fn chunk(&mut self, part: &[(StoredEntry, u32)]) -> u32 {
        let next = self.ends.len() as u32;
        let first = self.stored.len();
        self.stored.extend(part.iter().map(|(entry, _)| *entry));
        let stored = &self.stored[first..];
        let number = *self.known.entry(self.hashes.hash_one(stored)).or_insert(next);
        // On a hash collision the first content keeps the slot.
        if number != next && entries_of(&self.ends, &self.stored, number) == stored {
            self.stored.truncate(first);
            return number;
        }
        self.ends.push(self.stored.len() as u32);
        next
    }

    /// The memory they take, in slots of 8 bytes.
    fn len(&self) -> usize {
        self.lists.len() / 2 + self.ends.len() * 4 + self.stored.len()
    }
}

/// The chunks of a tree, for the deltas on it.
#[derive(Default)]
struct ChunkList {
    /// The range in the worker's lists.
    list: Range<usize>,
    /// The end of each in the tree.
    cuts: Box<[u32]>,
}

impl Visit for TreeReader<'_> {
    type Worker = TreeWorker;
    type Mark = ChunkList;

    fn worker(&self) -> TreeWorker {
        TreeWorker::default()
    }

    fn is_too_large(&self, size: u64) -> bool {
        size > u64::from(u32::MAX)
    }

    fn visit(&self, worker: &mut TreeWorker, tree: Visited<ChunkList>) -> ControlFlow<(), ChunkList> {
        let (room, first) = (worker.chunks.len(), worker.chunks.lists.len());
        worker.cuts.clear();
        let mut is_read = tree.base.is_some_and(|(old, list_of_base)| self.chunks(worker, &tree, old, list_of_base));
        if !is_read {
            worker.chunks.lists.truncate(first);
            worker.cuts.clear();
            is_read = self.part(worker, tree.content, 0..tree.content.len(), &[], 0..0);
        }
        if !is_read {
            worker.chunks.lists.truncate(first);
            worker.unread.push((tree.number, Unread::Corrupt("a tree entry is cut off".into())));
            return ControlFlow::Continue(ChunkList::default());
        }
        let list = first..worker.chunks.lists.len();
        worker.trees.push((tree.number, list.start as u32..list.end as u32));
        let took = worker.chunks.len() - room;
        let left = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(took));
        if left.is_err() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(ChunkList { list, cuts: worker.cuts.as_slice().into() })
    }

    fn unread(&self, worker: &mut TreeWorker, number: u32, why: Unread) {
        worker.unread.push((number, why));
    }
}

impl TreeReader<'_> {
    /// Reads a delta tree: chunks of its base that were copied entirely are reused. Returns false when a copy does not
    /// begin and end with an entry.
    fn chunks(&self, worker: &mut TreeWorker, tree: &Visited<ChunkList>, old: &[u8], list_of_base: &ChunkList) -> bool {
        let start_of = |chunk: usize| if chunk == 0 { 0 } else { list_of_base.cuts[chunk - 1] as usize };
        // The ends of the parts that were read in both trees, and the next chunk of the base.
        let (mut done, mut old_done, mut next) = (0, 0, 0);
        for part in tree.copied {
            let first = match part.from {
                0 => 0,
                from => list_of_base.cuts.partition_point(|cut| (*cut as usize) < from) + 1,
            };
            for chunk in first..list_of_base.cuts.len() {
                let (start, end) = (start_of(chunk), list_of_base.cuts[chunk] as usize);
                if end > part.from + part.len {
                    break;
                }
                let at = start - part.from + part.at;
                // The bytes between were changed, unless the copies changed their order.
                let (between, old_chunks) =
                    if start >= old_done { (old_done..start, next..chunk) } else { (0..0, 0..0) };
                let list = list_of_base.list.start + old_chunks.start..list_of_base.list.start + old_chunks.end;
                if at < done || !self.part(worker, tree.content, done..at, &old[between], list) {
                    return false;
                }
                let taken = worker.chunks.lists[list_of_base.list.start + chunk];
                worker.chunks.lists.push(taken);
                worker.cuts.push((at + end - start) as u32);
                (done, old_done, next) = (at + end - start, end, chunk + 1);
            }
        }
        let list = list_of_base.list.start + next..list_of_base.list.end;
        self.part(worker, tree.content, done..tree.content.len(), &old[old_done..], list)
    }

    /// Reads a part of a tree that consists of complete entries; `old` is the same part of the base, with its chunks.
    /// Returns false when the last entry is cut off.
    fn part(
        &self,
        worker: &mut TreeWorker,
        content: &[u8],
        part: Range<usize>,
        old: &[u8],
        list: Range<usize>,
    ) -> bool {
        let hash = self.store.hash_len();
        let TreeWorker { chunks, open, named, cuts, .. } = worker;
        open.clear();
        let mut old = RawEntries { rest: old, hash };
        let mut known = chunks.of(list);
        let mut before = old.next().zip(known.next());
        let mut entries = RawEntries { rest: &content[part.clone()], hash };
        while let Some(entry) = entries.next() {
            // Both are sorted: entries of the base that come before this one are gone.
            while before.as_ref().is_some_and(|(b, _)| b.name < entry.name && b.raw != entry.raw) {
                before = old.next().zip(known.next());
            }
            let stored = match before {
                Some((ref b, stored)) if b.raw == entry.raw => stored,
                _ => self.entry(named, &entry),
            };
            open.push((stored, (part.end - entries.rest.len()) as u32));
            if before.as_ref().is_some_and(|(b, _)| b.name == entry.name) {
                before = old.next().zip(known.next());
            }
        }
        let is_complete = entries.rest.is_empty();
        drop(known);
        if is_complete {
            chunks.add(open, cuts);
        }
        is_complete
    }

    fn entry(&self, named: &mut Named, entry: &RawEntry) -> StoredEntry {
        let name = match named.numbers.get(entry.name) {
            Some(&number) => number,
            None => {
                let number = named.names.len() as u32;
                named.names.push(entry.name.into());
                named.numbers.insert(entry.name.into(), number);
                number
            }
        };
        let mut foreign = |is_gitlink| {
            named.foreign.push((Oid::from_bytes_or_panic(entry.id), is_gitlink));
            (FOREIGN, named.foreign.len() as u32 - 1)
        };
        let found = self.store.lookup(gix::oid::from_bytes_unchecked(entry.id));
        let (kind, child) = match (entry.mode & 0o170_000, found) {
            (0o160_000, _) => foreign(true),
            (_, None) => foreign(false),
            (0o040_000, Some(child)) => (DIRECTORY, child),
            (0o120_000, Some(child)) => (LINK, child),
            (_, Some(child)) => (FILE, child),
        };
        StoredEntry { name: name | kind << NAME_BITS, child }
    }
}

/// One raw entry of a tree.
struct RawEntry<'a> {
    raw: &'a [u8],
    mode: u32,
    name: &'a [u8],
    id: &'a [u8],
}

/// Cuts a raw tree into entries; `rest` is empty in the end unless the last one is cut off.
struct RawEntries<'a> {
    rest: &'a [u8],
    hash: usize,
}

impl<'a> Iterator for RawEntries<'a> {
    type Item = RawEntry<'a>;

    fn next(&mut self) -> Option<RawEntry<'a>> {
        let space = memchr::memchr(b' ', self.rest)?;
        let mode = self.rest[..space].iter().try_fold(0_u32, |mode, digit| {
            let digit = digit.checked_sub(b'0').filter(|d| *d < 8)?;
            mode.checked_mul(8)?.checked_add(u32::from(digit))
        })?;
        let nul = space + memchr::memchr(0, &self.rest[space..])?;
        let (raw, rest) = self.rest.split_at_checked(nul + 1 + self.hash)?;
        self.rest = rest;
        Some(RawEntry { raw, mode, name: &raw[space + 1..nul], id: &raw[nul + 1..] })
    }
}
