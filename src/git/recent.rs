//! Objects of packs that were made last: others are made from them.

use std::collections::HashMap;

use gix::objs::Kind;
use gix::odb::pack::cache::DecodeEntry;

/// How much is kept by each worker, in bytes.
const MOST: usize = 16 << 20;
/// What is larger is not kept.
const LARGEST: usize = 1 << 20;

/// What was made last, by pack and offset.
#[derive(Default)]
pub(super) struct Recent {
    made: HashMap<(u32, u64), Made>,
    size: usize,
}

struct Made {
    content: Box<[u8]>,
    kind: Kind,
    packed: usize,
}

impl DecodeEntry for Recent {
    fn put(&mut self, pack: u32, offset: u64, content: &[u8], kind: Kind, packed: usize) {
        if content.len() > LARGEST {
            return;
        }
        // What comes next is made from what came last, and all of that is soon back.
        if self.size + content.len() > MOST {
            *self = Recent::default();
        }
        let made = Made { content: content.into(), kind, packed };
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
