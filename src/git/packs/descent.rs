//! One worker's way through delta trees: unpacks objects, bases before what is made from them.

use std::ops::Range;

use gix::objs::Kind;
use gix::odb::pack::data::Entry;
use gix::prelude::*;
use gix::zlib::{Inflate, Status};

use super::super::loose::EXPANSION;
use super::delta::Delta;
use super::tree::{Node, Pack};
use super::windows::Windows;
use super::{Store, Unread, Visit, Visited};
use crate::chunk::Copied;

/// An object that others are made from, while they are.
struct Held<Mark> {
    node: u32,
    content: Vec<u8>,
    mark: Mark,
    next: u32,
}

/// One worker's way through delta trees.
pub(super) struct Descent<'s> {
    store: &'s Store,
    repo: gix::Repository,
    windows: Windows,
    inflate: Inflate,
    /// Instructions; as long as the longest so far.
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
            windows: Windows::new(),
            inflate: Inflate::default(),
            delta: Vec::new(),
            fresh: Vec::new(),
            copied: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// A loose object.
    pub fn loose<V: Visit>(&mut self, at: usize, kinds: &[Kind], visitor: &V, worker: &mut V::Worker) -> Option<()> {
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
    pub fn tree<V: Visit>(
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
        let place = pack.place(node);
        let start = place.start;
        let packed = self.windows.get(&pack.data, place).map_err(|e| corrupt(&e))?;
        let entry = Entry::from_bytes(packed, start, self.store.hash).map_err(|e| corrupt(&e))?;
        let packed = &packed[entry.header_size()..];
        let size = entry.decompressed_size;
        if visitor.is_too_large(size) {
            return Err(Unread::TooLarge { size, max: 0 });
        }
        if size > (packed.len() as u64).saturating_mul(EXPANSION) {
            return Err(corrupt(&"it says that it is larger than it can be"));
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

/// Inflates all of `packed` into all of `into`.
fn inflate(inflate: &mut Inflate, packed: &[u8], into: &mut [u8]) -> Result<(), String> {
    inflate.reset();
    match inflate.once(packed, into) {
        Ok((Status::StreamEnd, _, length)) if length == into.len() => Ok(()),
        Ok(_) => Err("it is not as long as it says".into()),
        Err(e) => Err(e.to_string()),
    }
}
