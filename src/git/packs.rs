//! Every object of the store, decoded once each, along the trees that deltas make.
//!
//! A pack keeps most objects as instructions against a base: copy this, insert that. Walking from the bases down, a
//! visitor sees each object whole, and is told which bytes of it are fresh: inserted, or brought next to each other.
//! What lies far from them stood in the base just so, and need not be looked at again.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use gix::objs::Kind;
use gix::odb::pack::{data, index};
use gix::prelude::*;
use gix::zlib::Inflate;

use super::{Oid, Repo, Unread};
use crate::error::{Error, Result};

/// The objects of a repository by number: those of its packs, then the loose ones.
pub struct Store {
    repo: gix::ThreadSafeRepository,
    packs: Vec<Pack>,
    loose: Vec<Oid>,
    hash: gix::hash::Kind,
    /// The number of the first loose object.
    first_loose: u32,
}

struct Pack {
    index: index::File,
    data: data::File,
    /// By offset.
    nodes: Vec<Node>,
    /// The nodes that are based on each node, those of one base side by side.
    children: Vec<u32>,
    /// Nodes that are no deltas, or deltas against what is not in this pack.
    roots: Vec<u32>,
    /// The number of the first object.
    first: u32,
}

#[derive(Clone, Copy)]
struct Node {
    offset: u64,
    /// Where it stands in the index.
    entry: u32,
    /// The node it is based on, or [`NONE`].
    base: u32,
    kind: Option<Kind>,
    /// Its slice of `children`.
    children: (u32, u32),
    /// How many nodes hang below it, itself included.
    weight: u32,
}

const NONE: u32 = u32::MAX;

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

/// A piece of an object that stood just so in its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Where it begins.
    pub at: usize,
    /// Where it begins in the base.
    pub from: usize,
    /// How long it is.
    pub len: usize,
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
                let data = data::File::at(path, hash).map_err(|e| failed(path, &e))?;
                let Some(next) = first.checked_add(index.num_objects()) else { return Ok(None) };
                let pack = Pack::read(index, data, first).map_err(|e| failed(path, &e))?;
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
        let workers = rayon::broadcast(|_| work());
        (!ended.into_inner()).then_some(workers)
    }
}

/// How many roots a worker takes at a time.
const GRAIN: usize = 16;

impl Pack {
    /// Builds the delta trees. `None` when one of them leads nowhere, as in a pack that git never leaves on disk.
    fn read(index: index::File, data: data::File, first: u32) -> Result<Option<Pack>, gix::error::Error> {
        let count = index.num_objects();
        let mut nodes: Vec<Node> = (0..count)
            .map(|entry| Node {
                offset: index.pack_offset_at_index(entry),
                entry,
                base: NONE,
                kind: None,
                children: (0, 0),
                weight: 1,
            })
            .collect();
        nodes.sort_unstable_by_key(|n| n.offset);
        let at = |nodes: &[Node], offset: u64| nodes.binary_search_by_key(&offset, |n| n.offset).ok().map(|n| n as u32);
        let mut later = Vec::new();
        for n in 0..nodes.len() {
            let entry = data.entry(nodes[n].offset)?;
            match entry.header {
                data::entry::Header::OfsDelta { base_distance } => {
                    let base = entry.checked_base_pack_offset(base_distance).and_then(|offset| at(&nodes, offset));
                    let Some(base) = base else { return Ok(None) };
                    nodes[n].base = base;
                    nodes[n].kind = nodes[base as usize].kind;
                    if nodes[n].kind.is_none() {
                        later.push(n);
                    }
                }
                data::entry::Header::RefDelta { base_id } => {
                    let base = index.lookup(base_id).and_then(|e| at(&nodes, index.pack_offset_at_index(e)));
                    let Some(base) = base else { return Ok(None) };
                    nodes[n].base = base;
                    later.push(n);
                }
                plain => nodes[n].kind = plain.as_kind(),
            }
        }
        // A base named by its id may stand behind what is made from it.
        for n in later {
            let (mut up, mut steps) = (n, 0);
            while nodes[up].kind.is_none() && nodes[up].base != NONE && steps <= nodes.len() {
                (up, steps) = (nodes[up].base as usize, steps + 1);
            }
            let Some(kind) = nodes[up].kind else { return Ok(None) };
            nodes[n].kind = Some(kind);
        }
        let mut children: Vec<u32> = (0..count).filter(|n| nodes[*n as usize].base != NONE).collect();
        children.sort_unstable_by_key(|n| (nodes[*n as usize].base, *n));
        for (at, child) in children.iter().enumerate() {
            let base = nodes[*child as usize].base as usize;
            let slice = &mut nodes[base].children;
            *slice = if slice.0 == slice.1 { (at as u32, at as u32 + 1) } else { (slice.0, at as u32 + 1) };
        }
        let roots: Vec<u32> = (0..count).filter(|n| nodes[*n as usize].base == NONE).collect();
        let mut order = roots.clone();
        let mut next = 0;
        while let Some(&node) = order.get(next) {
            let (from, to) = nodes[node as usize].children;
            order.extend(&children[from as usize..to as usize]);
            next += 1;
        }
        for node in order.into_iter().rev() {
            let Node { base, weight, .. } = nodes[node as usize];
            if base != NONE {
                nodes[base as usize].weight += weight;
            }
        }
        // The heaviest comes last: its base is let go before it is entered, and few bases are held at any time.
        for node in 0..nodes.len() {
            let (from, to) = nodes[node].children;
            children[from as usize..to as usize].sort_by_key(|n| nodes[*n as usize].weight);
        }
        Ok(Some(Pack { index, data, nodes, children, roots, first }))
    }
}

/// An object that others are made from, while they are.
struct Held<Mark> {
    node: u32,
    content: Vec<u8>,
    mark: Mark,
    next: u32,
}

/// One worker's way through delta trees.
struct Descent<'s> {
    store: &'s Store,
    repo: gix::Repository,
    inflate: Inflate,
    delta: Vec<u8>,
    fresh: Vec<Range<usize>>,
    copied: Vec<Copied>,
    spare: Vec<Vec<u8>>,
}

impl<'s> Descent<'s> {
    fn new(store: &'s Store) -> Self {
        let repo = store.repo.to_thread_local();
        Descent {
            store,
            repo,
            inflate: Inflate::default(),
            delta: Vec::new(),
            fresh: Vec::new(),
            copied: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// A loose object.
    fn loose<V: Visit>(&mut self, at: usize, kinds: &[Kind], visitor: &V, worker: &mut V::Worker) -> Option<()> {
        let (id, number) = (self.store.loose[at], self.store.first_loose + at as u32);
        let mut content = self.spare.pop().unwrap_or_default();
        match self.repo.objects.try_header(&id) {
            Ok(Some(header)) if !kinds.contains(&header.kind()) => return Some(()),
            Ok(Some(header)) if visitor.is_too_large(header.size()) => {
                visitor.unread(worker, number, Unread::TooLarge { size: header.size(), max: 0 });
                return Some(());
            }
            _ => {}
        }
        match self.repo.objects.try_find(&id, &mut content) {
            Ok(Some(found)) => {
                let object =
                    Visited { number, kind: found.kind, content: found.data, base: None, fresh: &[], copied: &[] };
                visitor.visit(worker, object)?;
            }
            Ok(None) => visitor.unread(worker, number, Unread::Missing),
            Err(e) => visitor.unread(worker, number, Unread::Corrupt(e.to_string())),
        }
        self.spare.push(content);
        Some(())
    }

    /// A root and all that is made from it.
    fn tree<V: Visit>(
        &mut self,
        pack: usize,
        root: u32,
        kinds: &[Kind],
        visitor: &V,
        worker: &mut V::Worker,
    ) -> Option<()> {
        let pack = &self.store.packs[pack];
        if pack.nodes[root as usize].kind.is_none_or(|kind| !kinds.contains(&kind)) {
            return Some(());
        }
        let mut held: Vec<Held<V::Mark>> = Vec::new();
        held.extend(self.enter(pack, root, None, visitor, worker)?);
        while let Some(mut top) = held.pop() {
            let (from, to) = pack.nodes[top.node as usize].children;
            let at = from + top.next;
            if at == to {
                self.spare.push(top.content);
                continue;
            }
            top.next += 1;
            let child = pack.children[at as usize];
            let entered = self.enter(pack, child, Some(&top), visitor, worker)?;
            // After its last child a base is not needed any more.
            if at + 1 == to {
                self.spare.push(top.content);
            } else {
                held.push(top);
            }
            held.extend(entered);
        }
        Some(())
    }

    /// Unpacks one object and shows it. Gives what those made from it need, if there are any.
    fn enter<V: Visit>(
        &mut self,
        pack: &Pack,
        node: u32,
        base: Option<&Held<V::Mark>>,
        visitor: &V,
        worker: &mut V::Worker,
    ) -> Option<Option<Held<V::Mark>>> {
        let Node { entry, kind, weight, .. } = pack.nodes[node as usize];
        let number = pack.first + entry;
        let mut content = self.spare.pop().unwrap_or_default();
        if let Err(why) = self.unpack(pack, node, base.map(|b| &b.content[..]), &mut content, visitor) {
            self.give_up(pack, node, &why, visitor, worker);
            return Some(None);
        }
        let object = Visited {
            number,
            kind: kind.unwrap_or(Kind::Blob),
            content: &content,
            base: base.map(|b| (&b.content[..], &b.mark)),
            fresh: &self.fresh,
            copied: &self.copied,
        };
        let mark = visitor.visit(worker, object)?;
        if weight == 1 {
            self.spare.push(content);
            return Some(None);
        }
        Some(Some(Held { node, content, mark, next: 0 }))
    }

    fn unpack<V: Visit>(
        &mut self,
        pack: &Pack,
        node: u32,
        base: Option<&[u8]>,
        content: &mut Vec<u8>,
        visitor: &V,
    ) -> Result<(), Unread> {
        let corrupt = |e: &dyn std::fmt::Display| Unread::Corrupt(e.to_string());
        let entry = pack.data.entry(pack.nodes[node as usize].offset).map_err(|e| corrupt(&e))?;
        let size = entry.decompressed_size;
        if visitor.is_too_large(size) {
            return Err(Unread::TooLarge { size, max: 0 });
        }
        self.fresh.clear();
        self.copied.clear();
        let Some(base) = base else {
            content.resize(size as usize, 0);
            pack.data.decompress_entry(&entry, &mut self.inflate, content).map_err(|e| corrupt(&e))?;
            return Ok(());
        };
        self.delta.resize(size as usize, 0);
        pack.data.decompress_entry(&entry, &mut self.inflate, &mut self.delta).map_err(|e| corrupt(&e))?;
        let delta = Delta::new(&self.delta, base.len()).map_err(|e| corrupt(&e))?;
        if visitor.is_too_large(delta.size as u64) {
            return Err(Unread::TooLarge { size: delta.size as u64, max: 0 });
        }
        delta.apply(base, content, &mut self.fresh, &mut self.copied).map_err(|e| corrupt(&e))
    }

    /// Neither an object nor what is made from it can be unpacked.
    fn give_up<V: Visit>(&self, pack: &Pack, node: u32, why: &Unread, visitor: &V, worker: &mut V::Worker) {
        let mut all = vec![node];
        while let Some(node) = all.pop() {
            let Node { entry, children: (from, to), .. } = pack.nodes[node as usize];
            visitor.unread(worker, pack.first + entry, why.clone());
            all.extend(&pack.children[from as usize..to as usize]);
        }
    }
}

/// Instructions that make one object from another, as gitformat-pack lays them down.
struct Delta<'a> {
    size: usize,
    instructions: &'a [u8],
}

impl<'a> Delta<'a> {
    fn new(mut bytes: &'a [u8], base: usize) -> Result<Self, &'static str> {
        if varint(&mut bytes)? != base {
            return Err("a delta is for another base");
        }
        let size = varint(&mut bytes)?;
        Ok(Delta { size, instructions: bytes })
    }

    /// Makes the object, and tells what of it is fresh and what was copied.
    fn apply(
        self,
        base: &[u8],
        into: &mut Vec<u8>,
        fresh: &mut Vec<Range<usize>>,
        copied: &mut Vec<Copied>,
    ) -> Result<(), &'static str> {
        const CUT: &str = "a delta ends in the middle of an instruction";
        into.clear();
        into.reserve(self.size);
        let mut rest = self.instructions;
        // Where in the base the next byte would stand if nothing had changed.
        let mut expected = 0;
        while let Some((&op, after)) = rest.split_first() {
            rest = after;
            if op & 0x80 == 0 {
                if op == 0 {
                    return Err("a delta holds an instruction that is reserved");
                }
                let (insert, after) = rest.split_at_checked(op as usize).ok_or(CUT)?;
                fresh.push(into.len()..into.len() + insert.len());
                into.extend_from_slice(insert);
                (rest, expected) = (after, usize::MAX);
                continue;
            }
            let mut field = |bits: std::ops::Range<u8>| {
                let mut value = 0_usize;
                for (n, bit) in bits.enumerate() {
                    if op & (1 << bit) != 0 {
                        let (&byte, after) = rest.split_first().ok_or(CUT)?;
                        value |= (byte as usize) << (8 * n);
                        rest = after;
                    }
                }
                Ok::<usize, &'static str>(value)
            };
            let (from, size) = (field(0..4)?, field(4..7)?);
            let size = if size == 0 { 0x10000 } else { size };
            let copy = base.get(from..from + size).ok_or("a delta copies from behind its base")?;
            match copied.last_mut() {
                Some(last) if from == expected => last.len += size,
                _ => {
                    if from != expected {
                        fresh.push(into.len()..into.len());
                    }
                    copied.push(Copied { at: into.len(), from, len: size });
                }
            }
            into.extend_from_slice(copy);
            expected = from + size;
            if into.len() > self.size {
                break;
            }
        }
        if expected != base.len() {
            fresh.push(into.len()..into.len());
        }
        if into.len() == self.size { Ok(()) } else { Err("a delta makes an object of another size") }
    }
}

fn varint(bytes: &mut &[u8]) -> Result<usize, &'static str> {
    let (mut value, mut shift) = (0_usize, 0);
    loop {
        let (&byte, rest) = bytes.split_first().ok_or("a delta has no head")?;
        *bytes = rest;
        if shift > 56 {
            return Err("a delta names a size beyond all measure");
        }
        value |= ((byte & 0x7f) as usize) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
}
