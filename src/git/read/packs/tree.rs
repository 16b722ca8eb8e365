//! The delta trees of one pack.

use std::io;
use std::ops::Range;

use gix::objs::Kind;
use gix::odb::pack::{data, index};

use super::windows::{PackData, PackWindows};

/// A pack with its trees.
pub(super) struct DeltaPack {
    pub index: index::File,
    pub data: PackData,
    /// By offset.
    pub nodes: Vec<DeltaNode>,
    /// The deltas of all nodes, grouped by base.
    pub children: Vec<u32>,
    /// The nodes that are no deltas.
    pub roots: Vec<u32>,
    /// The number of the first object.
    pub first: u32,
}

/// One object.
#[derive(Clone, Copy)]
pub(super) struct DeltaNode {
    pub offset: u64,
    /// Its position in the index.
    pub entry: u32,
    /// The node it is based on, or [`NONE`].
    pub base: u32,
    pub kind: Option<Kind>,
    /// Its slice of `children`.
    pub children: (u32, u32),
    /// The number of nodes in its subtree, itself included.
    pub weight: u32,
}

/// No node.
pub(super) const NONE: u32 = u32::MAX;

/// The limit of an entry's header: its size, and the distance or the id of its base.
const HEAD: u64 = 64;

impl DeltaPack {
    /// Builds the delta trees. `None` when a base is missing, which git allows only in packs that are being
    /// transferred.
    pub fn read(index: index::File, data: PackData, hash: gix::hash::Kind, first: u32) -> io::Result<Option<Self>> {
        let Some(mut nodes) = nodes_of(&index, &data, hash)? else { return Ok(None) };
        let count = nodes.len() as u32;
        let mut children: Vec<u32> = (0..count).filter(|n| nodes[*n as usize].base != NONE).collect();
        children.sort_unstable_by_key(|n| (nodes[*n as usize].base, *n));
        for (at, child) in children.iter().enumerate() {
            let base = nodes[*child as usize].base as usize;
            let slice = &mut nodes[base].children;
            *slice = if slice.0 == slice.1 { (at as u32, at as u32 + 1) } else { (slice.0, at as u32 + 1) };
        }
        let roots: Vec<u32> = (0..count).filter(|n| nodes[*n as usize].base == NONE).collect();
        weigh(&mut nodes, &children, &roots);
        // The heaviest subtree comes last: its base is released before it is entered, so that few bases are in memory.
        for node in 0..nodes.len() {
            let (from, to) = nodes[node].children;
            children[from as usize..to as usize].sort_by_key(|n| nodes[*n as usize].weight);
        }
        Ok(Some(Self { index, data, nodes, children, roots, first }))
    }

    /// The range of the object in the pack.
    pub fn range(&self, node: u32) -> Range<u64> {
        range_of(&self.nodes, &self.data, node as usize)
    }
}

/// The range from one node to the next.
fn range_of(nodes: &[DeltaNode], data: &PackData, node: usize) -> Range<u64> {
    nodes[node].offset..nodes.get(node + 1).map_or(data.end, |next| next.offset)
}

/// All objects of a pack with their bases and kinds, by offset. `None` when a base is missing.
fn nodes_of(index: &index::File, data: &PackData, hash: gix::hash::Kind) -> io::Result<Option<Vec<DeltaNode>>> {
    let mut windows = PackWindows::new();
    let mut nodes: Vec<DeltaNode> = (0..index.num_objects())
        .map(|entry| DeltaNode {
            offset: index.pack_offset_at_index(entry),
            entry,
            base: NONE,
            kind: None,
            children: (0, 0),
            weight: 1,
        })
        .collect();
    nodes.sort_unstable_by_key(|n| n.offset);
    let at =
        |nodes: &[DeltaNode], offset: u64| nodes.binary_search_by_key(&offset, |n| n.offset).ok().map(|n| n as u32);
    let mut later = Vec::new();
    for n in 0..nodes.len() {
        let all = range_of(&nodes, data, n);
        let head = windows.get(data, all.start..all.end.min(all.start + HEAD))?;
        let entry = data::Entry::from_bytes(head, all.start, hash).map_err(|e| io::Error::other(e.to_string()))?;
        let base = match entry.header {
            data::entry::Header::OfsDelta { base_distance } => {
                entry.checked_base_pack_offset(base_distance).and_then(|offset| at(&nodes, offset))
            }
            data::entry::Header::RefDelta { base_id } => {
                index.lookup(base_id).and_then(|e| at(&nodes, index.pack_offset_at_index(e)))
            }
            plain => {
                nodes[n].kind = plain.as_kind();
                continue;
            }
        };
        let Some(base) = base else { return Ok(None) };
        nodes[n].base = base;
        nodes[n].kind = nodes[base as usize].kind;
        if nodes[n].kind.is_none() {
            later.push(n);
        }
    }
    // A base that is named by its id may follow the delta on it.
    for n in later {
        let (mut up, mut steps) = (n, 0);
        while nodes[up].kind.is_none() && nodes[up].base != NONE && steps <= nodes.len() {
            (up, steps) = (nodes[up].base as usize, steps + 1);
        }
        let Some(kind) = nodes[up].kind else { return Ok(None) };
        nodes[n].kind = Some(kind);
    }
    Ok(Some(nodes))
}

/// Adds the weight of every subtree to its base.
fn weigh(nodes: &mut [DeltaNode], children: &[u32], roots: &[u32]) {
    let mut order = roots.to_vec();
    let mut next = 0;
    while let Some(&node) = order.get(next) {
        let (from, to) = nodes[node as usize].children;
        order.extend(&children[from as usize..to as usize]);
        next += 1;
    }
    for node in order.into_iter().rev() {
        let DeltaNode { base, weight, .. } = nodes[node as usize];
        if base != NONE {
            nodes[base as usize].weight += weight;
        }
    }
}
