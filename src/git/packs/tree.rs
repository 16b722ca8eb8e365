//! The delta trees of one pack: which object is made from which.

use std::io;
use std::ops::Range;

use gix::objs::Kind;
use gix::odb::pack::{data, index};

use super::windows::{Data, Windows};

/// A pack with its trees.
pub(super) struct Pack {
    pub index: index::File,
    pub data: Data,
    /// By offset.
    pub nodes: Vec<Node>,
    /// The nodes that are based on each node, those of one base side by side.
    pub children: Vec<u32>,
    /// Nodes that are no deltas, or deltas against what is not in this pack.
    pub roots: Vec<u32>,
    /// The number of the first object.
    pub first: u32,
}

/// One object.
#[derive(Clone, Copy)]
pub(super) struct Node {
    pub offset: u64,
    /// Where it stands in the index.
    pub entry: u32,
    /// The node it is based on, or [`NONE`].
    pub base: u32,
    pub kind: Option<Kind>,
    /// Its slice of `children`.
    pub children: (u32, u32),
    /// How many nodes hang below it, itself included.
    pub weight: u32,
}

/// No node.
pub(super) const NONE: u32 = u32::MAX;

/// The head of an entry is shorter: its size, and how far back or under which id its base is.
const HEAD: u64 = 64;

impl Pack {
    /// Builds the delta trees. `None` when one of them leads nowhere, as in a pack that git never leaves on disk.
    pub fn read(index: index::File, data: Data, hash: gix::hash::Kind, first: u32) -> io::Result<Option<Pack>> {
        let count = index.num_objects();
        let mut windows = Windows::new();
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
            let all = whole(&nodes, &data, n);
            let head = windows.get(&data, all.start..all.end.min(all.start + HEAD))?;
            let entry = data::Entry::from_bytes(head, all.start, hash).map_err(|e| io::Error::other(e.to_string()))?;
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

    /// Where in the pack the object stands.
    pub fn place(&self, node: u32) -> Range<u64> {
        whole(&self.nodes, &self.data, node as usize)
    }
}

/// From where a node begins to where the next does.
fn whole(nodes: &[Node], data: &Data, node: usize) -> Range<u64> {
    nodes[node].offset..nodes.get(node + 1).map_or(data.end, |next| next.offset)
}
