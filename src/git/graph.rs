//! Which trees hold what, for all trees of a store at once: read in the order of their deltas, so that each costs little
//! more than what it changes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use bstr::BString;
use gix::objs::Kind;

use super::packs::{Store, Visit, Visited};
use super::{Mode, Oid, Unread};

/// One entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arc {
    /// The number of its name in the low bits, what it is in the two highest.
    name: u32,
    /// The number of the object it names; of a submodule, and of an object that is not there, its place in `foreign`.
    child: u32,
}

const NAME_BITS: u32 = 30;
const NAME: u32 = (1 << NAME_BITS) - 1;
const DIRECTORY: u32 = 0;
const FILE: u32 = 1;
const LINK: u32 = 2;
/// A submodule, or an object that is not there.
const FOREIGN: u32 = 3;

const NOT_A_TREE: (u32, u32) = (u32::MAX, 0);

/// What an entry leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leads {
    /// A directory, by number.
    Directory(u32),
    /// A file or link, by number.
    Content(u32, Mode),
    /// A submodule's commit.
    Gitlink(Oid),
    /// An object that is not in the store.
    Missing(Oid),
}

/// All trees of a store.
pub struct Graph {
    /// By number of the object: where its arcs are.
    trees: Vec<(u32, u32)>,
    arcs: Vec<Arc>,
    names: Vec<BString>,
    foreign: Vec<(Oid, bool)>,
    unread: HashMap<u32, Unread>,
}

impl Graph {
    /// Reads all trees. `None` when their entries are more than `most`, and when an object that is larger than 4 GiB is
    /// among them.
    pub fn read(store: &Store, most: usize) -> Option<Graph> {
        let reader = Reader { store, left: AtomicUsize::new(most) };
        let workers = store.sweep(&[Kind::Tree], &reader)?;
        let mut graph = Graph {
            trees: vec![NOT_A_TREE; store.len()],
            arcs: Vec::new(),
            names: Vec::new(),
            foreign: Vec::new(),
            unread: HashMap::new(),
        };
        // Workers number names on their own; here each gets one number.
        let mut numbers: HashMap<BString, u32> = HashMap::new();
        for worker in workers {
            let renumbered: Vec<u32> = worker
                .names
                .into_iter()
                .map(|name| {
                    let next = graph.names.len() as u32;
                    *numbers.entry(name).or_insert_with_key(|name| {
                        graph.names.push(name.clone());
                        next
                    })
                })
                .collect();
            let (arcs, foreign) = (graph.arcs.len() as u32, graph.foreign.len() as u32);
            graph.arcs.extend(worker.arcs.iter().map(|arc| {
                let kind = arc.name & !NAME;
                let child = if kind >> NAME_BITS == FOREIGN { arc.child + foreign } else { arc.child };
                Arc { name: renumbered[(arc.name & NAME) as usize] | kind, child }
            }));
            graph.foreign.extend(worker.foreign);
            for (tree, from, to) in worker.trees {
                graph.trees[tree as usize] = (from + arcs, to + arcs);
            }
            graph.unread.extend(worker.unread);
        }
        Some(graph)
    }

    /// The entries of a tree: the number of its name, and what it leads to.
    ///
    /// # Errors
    /// Why the tree could not be read.
    pub fn entries(&self, tree: u32) -> Result<impl Iterator<Item = (u32, Leads)> + '_, Unread> {
        let Some(&(from, to)) = self.trees.get(tree as usize).filter(|arcs| **arcs != NOT_A_TREE) else {
            return Err(self.unread.get(&tree).cloned().unwrap_or_else(|| Unread::Corrupt("it is not a tree".into())));
        };
        Ok(self.arcs[from as usize..to as usize].iter().map(|arc| {
            let leads = match arc.name >> NAME_BITS {
                DIRECTORY => Leads::Directory(arc.child),
                FILE => Leads::Content(arc.child, Mode::File),
                LINK => Leads::Content(arc.child, Mode::Symlink),
                _ => match self.foreign[arc.child as usize] {
                    (id, true) => Leads::Gitlink(id),
                    (id, false) => Leads::Missing(id),
                },
            };
            (arc.name & NAME, leads)
        }))
    }

    /// The name with this number.
    pub fn name(&self, number: u32) -> &BString {
        &self.names[number as usize]
    }
}

struct Reader<'s> {
    store: &'s Store,
    left: AtomicUsize,
}

#[derive(Default)]
struct Worker {
    trees: Vec<(u32, u32, u32)>,
    arcs: Vec<Arc>,
    names: Vec<BString>,
    numbers: HashMap<BString, u32>,
    foreign: Vec<(Oid, bool)>,
    unread: Vec<(u32, Unread)>,
}

impl Visit for Reader<'_> {
    type Worker = Worker;
    /// Where the worker keeps the arcs.
    type Mark = (u32, u32);

    fn worker(&self) -> Worker {
        Worker::default()
    }

    fn is_too_large(&self, size: u64) -> bool {
        size > u64::from(u32::MAX)
    }

    fn visit(&self, worker: &mut Worker, tree: Visited<(u32, u32)>) -> Option<(u32, u32)> {
        let first = worker.arcs.len() as u32;
        let hash = self.store.hash_len();
        let (mut old, mut known) = match tree.base {
            Some((content, &(from, to))) => (Entries { rest: content, hash }, from..to),
            None => (Entries { rest: &[], hash }, 0..0),
        };
        let mut before = old.next();
        let mut entries = Entries { rest: tree.content, hash };
        for entry in entries.by_ref() {
            // Both are in the same order; what the base has in between is gone.
            while before.as_ref().is_some_and(|b| b.name < entry.name && b.raw != entry.raw) {
                (before, _) = (old.next(), known.next());
            }
            let same = before.as_ref().filter(|b| b.raw == entry.raw).and(known.clone().next());
            let arc = match same {
                Some(at) => worker.arcs[at as usize],
                None => self.arc(worker, &entry),
            };
            if before.as_ref().is_some_and(|b| b.name == entry.name) {
                (before, _) = (old.next(), known.next());
            }
            worker.arcs.push(arc);
        }
        let last = worker.arcs.len() as u32;
        if !entries.rest.is_empty() {
            worker.arcs.truncate(first as usize);
            worker.unread.push((tree.number, Unread::Corrupt("a tree entry is cut off".into())));
            return Some((0, 0));
        }
        worker.trees.push((tree.number, first, last));
        let count = (last - first) as usize;
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(count)).ok()?;
        Some((first, last))
    }

    fn unread(&self, worker: &mut Worker, number: u32, why: Unread) {
        worker.unread.push((number, why));
    }
}

impl Reader<'_> {
    fn arc(&self, worker: &mut Worker, entry: &Entry) -> Arc {
        let name = match worker.numbers.get(entry.name) {
            Some(&number) => number,
            None => {
                let number = worker.names.len() as u32;
                worker.names.push(entry.name.into());
                worker.numbers.insert(entry.name.into(), number);
                number
            }
        };
        let mut foreign = |is_gitlink| {
            worker.foreign.push((Oid::from_bytes_or_panic(entry.id), is_gitlink));
            (FOREIGN, worker.foreign.len() as u32 - 1)
        };
        let found = self.store.lookup(gix::oid::from_bytes_unchecked(entry.id));
        let (kind, child) = match (entry.mode & 0o170_000, found) {
            (0o160_000, _) => foreign(true),
            (_, None) => foreign(false),
            (0o040_000, Some(child)) => (DIRECTORY, child),
            (0o120_000, Some(child)) => (LINK, child),
            (_, Some(child)) => (FILE, child),
        };
        Arc { name: name | kind << NAME_BITS, child }
    }
}

/// One raw entry of a tree.
struct Entry<'a> {
    raw: &'a [u8],
    mode: u32,
    name: &'a [u8],
    id: &'a [u8],
}

/// Cuts a raw tree into entries; what is left in `rest` at the end is none.
struct Entries<'a> {
    rest: &'a [u8],
    hash: usize,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let space = memchr::memchr(b' ', self.rest)?;
        let mode = self.rest[..space].iter().try_fold(0_u32, |mode, digit| {
            let digit = digit.checked_sub(b'0').filter(|d| *d < 8)?;
            mode.checked_mul(8)?.checked_add(u32::from(digit))
        })?;
        let nul = space + memchr::memchr(0, &self.rest[space..])?;
        let (raw, rest) = self.rest.split_at_checked(nul + 1 + self.hash)?;
        self.rest = rest;
        Some(Entry { raw, mode, name: &raw[space + 1..nul], id: &raw[nul + 1..] })
    }
}
