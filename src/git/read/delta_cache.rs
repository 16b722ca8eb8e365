//! A cache of the objects that were unpacked last: deltas are based on them.

use std::collections::HashMap;

use gix::objs::Kind;
use gix::odb::pack::cache::DecodeEntry;

/// The size of each worker's cache, in bytes.
const MOST: usize = 16 << 20;
/// Larger objects are not cached, in bytes.
const LARGEST: usize = 1 << 20;

/// The objects that were unpacked last, by pack and offset.
#[derive(Default)]
pub(in crate::git) struct DeltaCache {
    made: HashMap<(u32, u64), CachedObject>,
    size: usize,
}

struct CachedObject {
    content: Box<[u8]>,
    kind: Kind,
    packed: usize,
}

impl DecodeEntry for DeltaCache {
    fn put(&mut self, pack: u32, offset: u64, content: &[u8], kind: Kind, packed: usize) {
        if content.len() > LARGEST {
            return;
        }
        // The next objects are based on the latest ones, which soon fill the cache again.
        if self.size + content.len() > MOST {
            *self = Self::default();
        }
        let made = CachedObject { content: content.into(), kind, packed };
        self.size += made.content.len();
        let before = self.made.insert((pack, offset), made);
        self.size -= before.map_or(0, |made| made.content.len());
    }

    fn get(&mut self, pack: u32, offset: u64, out: &mut Vec<u8>) -> Option<(Kind, usize)> {
        let made = self.made.get(&(pack, offset))?;
        out.clear();
        out.extend_from_slice(&made.content);
        Some((made.kind, made.packed))
    }
}
