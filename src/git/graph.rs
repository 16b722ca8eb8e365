//! Which trees hold what, for all trees of a store at once: read in the order of their deltas, so that each costs little
//! more than what it changes.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use bstr::BString;
use gix::objs::Kind;

use super::packs::{Store, Visit, Visited};
use super::{Mode, Oid, Unread};

/// One entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
///
/// Most trees are like another one but for an entry or two. So each is kept as a list of pieces, and what trees have in
/// common is one piece: they are cut at certain names, whatever stands around these.
pub struct Graph {
    /// By number of the object: where in `lists` its pieces are named.
    trees: Vec<(u32, u32)>,
    /// Numbers of pieces.
    lists: Vec<u32>,
    /// Where the arcs of each piece end; they begin where those of the one before end.
    ends: Vec<u32>,
    arcs: Vec<Arc>,
    names: Vec<BString>,
    foreign: Vec<(Oid, bool)>,
    unread: HashMap<u32, Unread>,
}

/// A piece ends behind one name in so many, and has at most so many entries.
const PIECE: u32 = 16;
const LONGEST_PIECE: usize = 64;

impl Graph {
    /// Reads all trees. `None` when they take more than `most` places, of 8 bytes at most each, and when an object that is
    /// larger than 4 GiB is among them.
    pub fn read(store: &Store, most: usize) -> Option<Graph> {
        let reader = Reader { store, left: AtomicUsize::new(most) };
        let workers = store.sweep(&[Kind::Tree], &reader)?;
        let mut graph = Graph {
            trees: vec![NOT_A_TREE; store.len()],
            lists: Vec::new(),
            ends: Vec::new(),
            arcs: Vec::new(),
            names: Vec::new(),
            foreign: Vec::new(),
            unread: HashMap::new(),
        };
        // Workers number names on their own; here each gets one number.
        let mut numbers: HashMap<BString, u32> = HashMap::new();
        for worker in workers {
            let Worker { trees, pieces: Pieces { lists, ends, arcs, known, .. }, named, unread, .. } = worker;
            drop((known, named.numbers));
            let is_first = graph.names.is_empty();
            let renumbered: Vec<u32> = named
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
            let (first_list, first_piece) = (graph.lists.len() as u32, graph.ends.len() as u32);
            let (first_arc, first_foreign) = (graph.arcs.len() as u32, graph.foreign.len() as u32);
            graph.foreign.extend(named.foreign);
            if is_first {
                // Its numbers stay what they are.
                (graph.lists, graph.ends, graph.arcs) = (lists, ends, arcs);
            } else {
                graph.lists.reserve_exact(lists.len());
                graph.lists.extend(lists.iter().map(|piece| piece + first_piece));
                graph.ends.reserve_exact(ends.len());
                graph.ends.extend(ends.iter().map(|end| end + first_arc));
                graph.arcs.reserve_exact(arcs.len());
                graph.arcs.extend(arcs.iter().map(|arc| {
                    let kind = arc.name & !NAME;
                    let child = if kind >> NAME_BITS == FOREIGN { arc.child + first_foreign } else { arc.child };
                    Arc { name: renumbered[(arc.name & NAME) as usize] | kind, child }
                }));
            }
            for (tree, from, to) in trees {
                graph.trees[tree as usize] = (from + first_list, to + first_list);
            }
            graph.unread.extend(unread);
        }
        Some(graph)
    }

    /// The pieces of a tree, by number.
    ///
    /// # Errors
    /// Why the tree could not be read.
    pub fn pieces(&self, tree: u32) -> Result<&[u32], Unread> {
        let Some(&(from, to)) = self.trees.get(tree as usize).filter(|list| **list != NOT_A_TREE) else {
            return Err(self.unread.get(&tree).cloned().unwrap_or_else(|| Unread::Corrupt("it is not a tree".into())));
        };
        Ok(&self.lists[from as usize..to as usize])
    }

    /// The entries of a piece: the number of its name, and what it leads to.
    pub fn entries(&self, piece: u32) -> impl Iterator<Item = (u32, Leads)> + '_ {
        arcs_of(&self.ends, &self.arcs, piece).iter().map(|arc| {
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
        })
    }

    /// All names, by their numbers. They are needed longer than the trees.
    pub fn take_names(&mut self) -> Vec<BString> {
        std::mem::take(&mut self.names)
    }
}

fn arcs_of<'a>(ends: &[u32], arcs: &'a [Arc], piece: u32) -> &'a [Arc] {
    let piece = piece as usize;
    let start = if piece == 0 { 0 } else { ends[piece - 1] };
    &arcs[start as usize..ends[piece] as usize]
}

struct Reader<'s> {
    store: &'s Store,
    left: AtomicUsize,
}

#[derive(Default)]
struct Worker {
    trees: Vec<(u32, u32, u32)>,
    pieces: Pieces,
    /// The arcs of the part of a tree that is read, and where each ends in the tree.
    open: Vec<(Arc, u32)>,
    /// Where each piece of the tree in the making ends in it.
    cuts: Vec<u32>,
    named: Named,
    unread: Vec<(u32, Unread)>,
}

/// What arcs speak of by number.
#[derive(Default)]
struct Named {
    names: Vec<BString>,
    numbers: HashMap<BString, u32>,
    foreign: Vec<(Oid, bool)>,
}

/// What the trees of one worker consist of.
#[derive(Default)]
struct Pieces {
    lists: Vec<u32>,
    ends: Vec<u32>,
    arcs: Vec<Arc>,
    /// By hash of their content.
    known: HashMap<u64, u32>,
    hashes: RandomState,
}

impl Pieces {
    /// Every arc of some places in `lists`.
    fn of(&self, list: Range<usize>) -> impl Iterator<Item = Arc> + '_ {
        self.lists[list].iter().flat_map(|piece| arcs_of(&self.ends, &self.arcs, *piece)).copied()
    }

    /// Adds a part of a tree to its list, and where its pieces end to `cuts`.
    fn add(&mut self, part: &[(Arc, u32)], cuts: &mut Vec<u32>) {
        let mut start = 0;
        for (at, (arc, end)) in part.iter().enumerate() {
            let length = at + 1 - start;
            // Which names end a piece must only not depend on what stands around them.
            let ends = arc.name.wrapping_mul(0x9e37_79b1) >> 16 & (PIECE - 1) == 0;
            if ends || length == LONGEST_PIECE || at + 1 == part.len() {
                let piece = self.piece(&part[start..=at]);
                self.lists.push(piece);
                cuts.push(*end);
                start = at + 1;
            }
        }
    }

    /// The number of the piece with these arcs.
    fn piece(&mut self, part: &[(Arc, u32)]) -> u32 {
        let next = self.ends.len() as u32;
        let first = self.arcs.len();
        self.arcs.extend(part.iter().map(|(arc, _)| *arc));
        let arcs = &self.arcs[first..];
        let number = *self.known.entry(self.hashes.hash_one(arcs)).or_insert(next);
        // The place of a hash is taken by the first content that has it.
        if number != next && arcs_of(&self.ends, &self.arcs, number) == arcs {
            self.arcs.truncate(first);
            return number;
        }
        self.ends.push(self.arcs.len() as u32);
        next
    }

    /// How much room they take.
    fn len(&self) -> usize {
        self.lists.len() / 2 + self.ends.len() * 4 + self.arcs.len()
    }
}

/// The pieces of a tree, for those made from it.
#[derive(Default)]
struct Listed {
    /// Where the worker lists them.
    list: Range<usize>,
    /// Where each ends in the tree.
    cuts: Box<[u32]>,
}

impl Visit for Reader<'_> {
    type Worker = Worker;
    type Mark = Listed;

    fn worker(&self) -> Worker {
        Worker::default()
    }

    fn is_too_large(&self, size: u64) -> bool {
        size > u64::from(u32::MAX)
    }

    fn visit(&self, worker: &mut Worker, tree: Visited<Listed>) -> Option<Listed> {
        let (room, first) = (worker.pieces.len(), worker.pieces.lists.len());
        worker.cuts.clear();
        let mut is_read = tree.base.is_some_and(|(old, listed)| self.pieces(worker, &tree, old, listed));
        if !is_read {
            worker.pieces.lists.truncate(first);
            worker.cuts.clear();
            is_read = self.part(worker, tree.content, 0..tree.content.len(), &[], 0..0);
        }
        if !is_read {
            worker.pieces.lists.truncate(first);
            worker.unread.push((tree.number, Unread::Corrupt("a tree entry is cut off".into())));
            return Some(Listed::default());
        }
        let list = first..worker.pieces.lists.len();
        worker.trees.push((tree.number, list.start as u32, list.end as u32));
        let took = worker.pieces.len() - room;
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(took)).ok()?;
        Some(Listed { list, cuts: worker.cuts.as_slice().into() })
    }

    fn unread(&self, worker: &mut Worker, number: u32, why: Unread) {
        worker.unread.push((number, why));
    }
}

impl Reader<'_> {
    /// Reads a tree that was made from another: pieces of that one which were copied whole are taken as they are. False
    /// when what was copied is no whole entry here.
    fn pieces(&self, worker: &mut Worker, tree: &Visited<Listed>, old: &[u8], listed: &Listed) -> bool {
        let start_of = |piece: usize| if piece == 0 { 0 } else { listed.cuts[piece - 1] as usize };
        // Up to where both are done, and the piece that comes next in the old one.
        let (mut done, mut old_done, mut next) = (0, 0, 0);
        for part in tree.copied {
            let first = match part.from {
                0 => 0,
                from => listed.cuts.partition_point(|cut| (*cut as usize) < from) + 1,
            };
            for piece in first..listed.cuts.len() {
                let (start, end) = (start_of(piece), listed.cuts[piece] as usize);
                if end > part.from + part.len {
                    break;
                }
                let at = start - part.from + part.at;
                // What lies between may have been changed, if it did not stand elsewhere.
                let (between, old_pieces) =
                    if start >= old_done { (old_done..start, next..piece) } else { (0..0, 0..0) };
                let list = listed.list.start + old_pieces.start..listed.list.start + old_pieces.end;
                if at < done || !self.part(worker, tree.content, done..at, &old[between], list) {
                    return false;
                }
                let taken = worker.pieces.lists[listed.list.start + piece];
                worker.pieces.lists.push(taken);
                worker.cuts.push((at + end - start) as u32);
                (done, old_done, next) = (at + end - start, end, piece + 1);
            }
        }
        let list = listed.list.start + next..listed.list.end;
        self.part(worker, tree.content, done..tree.content.len(), &old[old_done..], list)
    }

    /// Reads a part of a tree, which consists of whole entries; `old` is the part of another in its place, listed there.
    /// False when the last entry goes on behind the part.
    fn part(&self, worker: &mut Worker, content: &[u8], part: Range<usize>, old: &[u8], list: Range<usize>) -> bool {
        let hash = self.store.hash_len();
        let Worker { pieces, open, named, cuts, .. } = worker;
        open.clear();
        let mut old = Entries { rest: old, hash };
        let mut known = pieces.of(list);
        let mut before = old.next().zip(known.next());
        let mut entries = Entries { rest: &content[part.clone()], hash };
        while let Some(entry) = entries.next() {
            // Both are in the same order; what the old one has in between is gone.
            while before.as_ref().is_some_and(|(b, _)| b.name < entry.name && b.raw != entry.raw) {
                before = old.next().zip(known.next());
            }
            let arc = match before {
                Some((ref b, arc)) if b.raw == entry.raw => arc,
                _ => self.arc(named, &entry),
            };
            open.push((arc, (part.end - entries.rest.len()) as u32));
            if before.as_ref().is_some_and(|(b, _)| b.name == entry.name) {
                before = old.next().zip(known.next());
            }
        }
        let is_whole = entries.rest.is_empty();
        drop(known);
        if is_whole {
            pieces.add(open, cuts);
        }
        is_whole
    }

    fn arc(&self, named: &mut Named, entry: &Entry) -> Arc {
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
