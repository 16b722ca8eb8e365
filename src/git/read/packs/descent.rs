//! The descent of one worker through delta trees: unpacks objects, bases before the deltas on them.

use std::ops::{ControlFlow, Range};

use gix::objs::Kind;
use gix::odb::pack::data::Entry;
use gix::prelude::*;
use gix::zlib::{Inflate, Status};

use super::delta::Delta;
use super::tree::{DeltaNode, DeltaPack};
use super::windows::PackWindows;
use super::{Store, Visit, Visited};
use crate::chunk::Copied;
use crate::git::Unread;
use crate::git::read::loose::EXPANSION;

/// A base whose deltas are not all visited yet.
struct PendingBase<Mark> {
    node: u32,
    content: Vec<u8>,
    mark: Mark,
    next: u32,
}

/// The descent of one worker through delta trees.
pub(super) struct Descent<'s> {
    store: &'s Store,
    repo: gix::Repository,
    windows: PackWindows,
    inflate: Inflate,
    /// The instructions of the current delta; as long as the longest so far.
    delta: Vec<u8>,
    fresh: Vec<Range<usize>>,
    copied: Vec<Copied>,
    spare: Vec<Vec<u8>>,
}

impl<'s> Descent<'s> {
    pub fn new(store: &'s Store) -> Self {
        let repo = store.repo.to_thread_local();
        Descent {
            store,
            repo,
            windows: PackWindows::new(),
            inflate: Inflate::default(),
            delta: Vec::new(),
            fresh: Vec::new(),
            copied: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Visits a loose object.
    pub fn loose<V: Visit>(
        &mut self,
        at: usize,
        kinds: &[Kind],
        visitor: &V,
        worker: &mut V::Worker,
    ) -> ControlFlow<()> {
        let (id, number) = (self.store.loose[at], self.store.first_loose + at as u32);
        let mut content = self.spare.pop().unwrap_or_default();
        match self.repo.objects.try_header(&id) {
            Ok(Some(header)) if !kinds.contains(&header.kind()) => return ControlFlow::Continue(()),
            Ok(Some(header)) if visitor.is_too_large(header.size()) => {
                visitor.unread(worker, number, Unread::TooLarge { size: header.size(), max: 0 });
                return ControlFlow::Continue(());
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
        ControlFlow::Continue(())
    }

    /// Visits a root and all objects based on it.
    pub fn tree<V: Visit>(
        &mut self,
        pack: usize,
        root: u32,
        kinds: &[Kind],
        visitor: &V,
        worker: &mut V::Worker,
    ) -> ControlFlow<()> {
        let pack = &self.store.packs[pack];
        if pack.nodes[root as usize].kind.is_none_or(|kind| !kinds.contains(&kind)) {
            return ControlFlow::Continue(());
        }
        let mut held: Vec<PendingBase<V::Mark>> = Vec::new();
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
            // The last delta on a base releases it.
            if at + 1 == to {
                self.spare.push(top.content);
            } else {
                held.push(top);
            }
            held.extend(entered);
        }
        ControlFlow::Continue(())
    }

    /// Unpacks and visits one object. Returns it as a base when it has deltas.
    fn enter<V: Visit>(
        &mut self,
        pack: &DeltaPack,
        node: u32,
        base: Option<&PendingBase<V::Mark>>,
        visitor: &V,
        worker: &mut V::Worker,
    ) -> ControlFlow<(), Option<PendingBase<V::Mark>>> {
        let DeltaNode { entry, kind, weight, .. } = pack.nodes[node as usize];
        let number = pack.first + entry;
        let mut content = self.spare.pop().unwrap_or_default();
        if let Err(why) = self.unpack(pack, node, base.map(|b| &b.content[..]), &mut content, visitor) {
            self.give_up(pack, node, &why, visitor, worker);
            return ControlFlow::Continue(None);
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
            return ControlFlow::Continue(None);
        }
        ControlFlow::Continue(Some(PendingBase { node, content, mark, next: 0 }))
    }

    fn unpack<V: Visit>(
        &mut self,
        pack: &DeltaPack,
        node: u32,
        base: Option<&[u8]>,
        content: &mut Vec<u8>,
        visitor: &V,
    ) -> Result<(), Unread> {
        let corrupt = |e: &dyn std::fmt::Display| Unread::Corrupt(e.to_string());
        let range = pack.range(node);
        let start = range.start;
        let packed = self.windows.get(&pack.data, range).map_err(|e| corrupt(&e))?;
        let entry = Entry::from_bytes(packed, start, self.store.hash).map_err(|e| corrupt(&e))?;
        let packed = &packed[entry.header_size()..];
        let size = entry.decompressed_size;
        if visitor.is_too_large(size) {
            return Err(Unread::TooLarge { size, max: 0 });
        }
        if size > (packed.len() as u64).saturating_mul(EXPANSION) {
            return Err(corrupt(&"its stated size is impossible"));
        }
        let size = size as usize;
        self.fresh.clear();
        self.copied.clear();
        let Some(base) = base else {
            content.resize(size, 0);
            return inflate(&mut self.inflate, packed, content).map_err(Unread::Corrupt);
        };
        if self.delta.len() < size {
            self.delta.resize(size, 0);
        }
        inflate(&mut self.inflate, packed, &mut self.delta[..size]).map_err(Unread::Corrupt)?;
        let delta = Delta::new(&self.delta[..size], base.len()).map_err(|e| corrupt(&e))?;
        if visitor.is_too_large(delta.size as u64) {
            return Err(Unread::TooLarge { size: delta.size as u64, max: 0 });
        }
        delta.apply(base, content, &mut self.fresh, &mut self.copied).map_err(|e| corrupt(&e))
    }

    /// Reports an object that cannot be unpacked, and all objects based on it.
    fn give_up<V: Visit>(&self, pack: &DeltaPack, node: u32, why: &Unread, visitor: &V, worker: &mut V::Worker) {
        let mut all = vec![node];
        while let Some(node) = all.pop() {
            let DeltaNode { entry, children: (from, to), .. } = pack.nodes[node as usize];
            visitor.unread(worker, pack.first + entry, why.clone());
            all.extend(&pack.children[from as usize..to as usize]);
        }
    }
}

/// Inflates all of `packed` into all of `into`.
fn inflate(inflate: &mut Inflate, packed: &[u8], into: &mut [u8]) -> Result<(), String> {
    inflate.reset();
    match inflate.once(packed, into) {
        Ok((Status::StreamEnd, _, length)) if length == into.len() => Ok(()),
        Ok(_) => Err("its stated size is wrong".into()),
        Err(e) => Err(e.to_string()),
    }
}
