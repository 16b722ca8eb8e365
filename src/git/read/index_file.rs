//! The index as the bytes of its file: nothing is decoded in advance but the position of each entry.
//!
//! Gix allocates an entry for every file and a tree for every directory; a comparison with HEAD reads few of them. This
//! reader takes versions 2 and 3 without required extensions (a split or a sparse index). It leaves everything else,
//! and any damage, to gix, which alone reports errors.

use std::ops::Range;

use bstr::{BStr, ByteSlice};

use crate::git::Oid;

/// The number of bytes in an entry before its id.
const STAT: usize = 40;
const MODE: usize = 24;
/// Bits of an entry's flags.
const EXTENDED: u16 = 0x4000;
const LENGTH: u16 = 0x0fff;
/// Bits of its extended flags.
const SKIP_WORKTREE: u16 = 0x4000;
const INTENT_TO_ADD: u16 = 0x2000;

/// An index.
pub(in crate::git) struct IndexFile {
    bytes: Vec<u8>,
    hash: gix::hash::Kind,
    /// The position of each entry.
    starts: Vec<u32>,
    /// The cache-tree, parents before children.
    trees: Vec<CachedTree>,
}

/// One entry of the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::git) struct IndexEntry<'a> {
    pub path: &'a BStr,
    pub id: Oid,
    /// The file mode as the index has it, `0o100644`.
    pub mode: u32,
    /// 0, or the side of a conflict.
    pub stage: u8,
    pub intent_to_add: bool,
}

/// One directory of the cache-tree.
struct CachedTree {
    name: Range<u32>,
    /// None when invalid: a file below was changed.
    id: Option<u32>,
    /// The number of the first node after all descendants of this one.
    end: u32,
}

impl IndexFile {
    /// Reads the bytes of an index file; none when gix has to.
    pub(in crate::git) fn read(bytes: Vec<u8>, hash: gix::hash::Kind) -> Option<Self> {
        let len = hash.len_in_bytes();
        let version = number(&bytes, 4)?;
        if !bytes.starts_with(b"DIRC") || !(2..=3).contains(&version) || bytes.len() > i32::MAX as usize {
            return None;
        }
        let count = number(&bytes, 8)? as usize;
        let body = bytes.len().checked_sub(len)?;
        let mut starts = Vec::with_capacity(count.min(body / (STAT + len)));
        let mut at = 12;
        for _ in 0..count {
            starts.push(at as u32);
            let (extended, path) = flags_and_path(bytes.get(..body)?, at, len)?;
            if extended & !(SKIP_WORKTREE | INTENT_TO_ADD) != 0 || (extended != 0 && version < 3) {
                return None;
            }
            // Up to eight zeros follow, so that entries begin at multiples of eight.
            at += (path.end - at + 8) & !7;
        }
        let mut index = Self { bytes, hash, starts, trees: Vec::new() };
        while at < body {
            let signature = index.bytes.get(at..at + 4)?;
            let end = at.checked_add(8)?.checked_add(number(&index.bytes, at + 4)? as usize)?;
            if end > body || !signature[0].is_ascii_uppercase() {
                return None;
            }
            if signature == b"TREE" {
                let mut trees = Vec::new();
                // Without a readable cache-tree every directory is compared.
                if tree(&index.bytes[..end], at + 8, len, &mut trees, 0) == Some(end) {
                    index.trees = trees;
                }
            }
            at = end;
        }
        (at == body).then_some(index)
    }

    /// How many entries there are.
    pub(in crate::git) fn len(&self) -> usize {
        self.starts.len()
    }

    /// The hash function of the ids.
    pub(in crate::git) fn hash(&self) -> gix::hash::Kind {
        self.hash
    }

    /// An entry's path.
    pub(in crate::git) fn path(&self, entry: usize) -> &BStr {
        let at = self.starts[entry] as usize;
        let (_, path) = flags_and_path(&self.bytes, at, self.hash.len_in_bytes()).unwrap_or_default();
        self.bytes[path].as_bstr()
    }

    /// An entry.
    pub(in crate::git) fn entry(&self, entry: usize) -> IndexEntry<'_> {
        let (at, len) = (self.starts[entry] as usize, self.hash.len_in_bytes());
        let (extended, path) = flags_and_path(&self.bytes, at, len).unwrap_or_default();
        IndexEntry {
            path: self.bytes[path].as_bstr(),
            id: Oid::from_bytes_or_panic(&self.bytes[at + STAT..][..len]),
            mode: number(&self.bytes, at + MODE).unwrap_or_default(),
            stage: self.bytes[at + STAT + len] >> 4 & 3,
            intent_to_add: extended & INTENT_TO_ADD != 0,
        }
    }

    /// The root of the cache-tree.
    pub(in crate::git) fn root(&self) -> Option<usize> {
        (!self.trees.is_empty()).then_some(0)
    }

    /// The tree id of a directory, if nothing below it was changed since the cache-tree was written.
    pub(in crate::git) fn tree_id(&self, node: usize) -> Option<Oid> {
        let at = self.trees[node].id? as usize;
        Some(Oid::from_bytes_or_panic(&self.bytes[at..][..self.hash.len_in_bytes()]))
    }

    /// The directory called `name` in another one.
    pub(in crate::git) fn child(&self, node: usize, name: &[u8]) -> Option<usize> {
        let end = self.trees[node].end as usize;
        let mut child = node + 1;
        while child < end {
            let CachedTree { name: Range { start, end: stop }, end: next, .. } = &self.trees[child];
            if &self.bytes[*start as usize..*stop as usize] == name {
                return Some(child);
            }
            child = *next as usize;
        }
        None
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|four| u32::from_be_bytes(*four))
}

/// The extended flags of the entry at `at`, and the range of its path.
fn flags_and_path(bytes: &[u8], at: usize, hash_len: usize) -> Option<(u16, Range<usize>)> {
    let short = |at: usize| bytes.get(at..)?.first_chunk().map(|two| u16::from_be_bytes(*two));
    let flags_at = at + STAT + hash_len;
    let flags = short(flags_at)?;
    let (extended, start) = match flags & EXTENDED {
        0 => (0, flags_at + 2),
        // The flag that announces extended flags is no flag of its own.
        _ => (short(flags_at + 2)?, flags_at + 4),
    };
    let end = match flags & LENGTH {
        LENGTH => start + memchr::memchr(0, bytes.get(start..)?)?,
        len => start + usize::from(len),
    };
    (bytes.get(end) == Some(&0)).then_some((extended, start..end))
}

/// Reads the directory that begins at `at` and all below it, and returns its end.
fn tree(bytes: &[u8], at: usize, hash_len: usize, nodes: &mut Vec<CachedTree>, depth: usize) -> Option<usize> {
    if depth > super::tree::MAX_DEPTH {
        return None;
    }
    let until = |from: usize, byte: u8| Some(from + memchr::memchr(byte, bytes.get(from..)?)?);
    let name_end = until(at, 0)?;
    let count_end = until(name_end + 1, b' ')?;
    let children_end = until(count_end + 1, b'\n')?;
    let text = |range: Range<usize>| std::str::from_utf8(&bytes[range]).ok();
    let count: i32 = text(name_end + 1..count_end)?.parse().ok()?;
    let children: u32 = text(count_end + 1..children_end)?.parse().ok()?;
    let mut at_next = children_end + 1;
    let id = (count >= 0).then_some(at_next as u32);
    if id.is_some() {
        at_next += hash_len;
    }
    bytes.get(..at_next)?;
    let number = nodes.len();
    nodes.push(CachedTree { name: at as u32..name_end as u32, id, end: 0 });
    for _ in 0..children {
        at_next = tree(bytes, at_next, hash_len, nodes, depth + 1)?;
    }
    nodes[number].end = nodes.len() as u32;
    Some(at_next)
}
