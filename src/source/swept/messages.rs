//! The sweep over commits and tags: their messages are scanned, and what a walk needs to know of commits is kept.

use super::Sieve;
use crate::chunk::{Chunk, Kind};
use crate::engine::Scratch;
use crate::git::{KnownCommits, ObjectKind, Oid, Store, Unread, Visit, Visited};
use crate::source::commits::{message, message_first};
use crate::source::is_lfs_pointer;

/// Scans commits and tags, and keeps what a walk needs to know of commits.
pub(super) struct Messages<'a> {
    pub store: &'a Store,
    pub sieve: &'a Sieve<'a>,
    pub max: u64,
}

/// What a worker brings back.
#[derive(Default)]
pub(super) struct MessageWorker {
    pub commits: KnownCommits,
    /// The tree of each commit, both by number.
    pub trees: Vec<(u32, u32)>,
    /// How many bytes are read of each.
    pub sizes: Vec<(u32, u64)>,
    /// To be read again, as part of the plan.
    pub telling: Vec<u32>,
    text: Vec<u8>,
    scratch: Scratch,
}

impl Visit for Messages<'_> {
    type Worker = MessageWorker;
    type Mark = ();

    fn worker(&self) -> MessageWorker {
        MessageWorker::default()
    }

    fn is_too_large(&self, size: u64) -> bool {
        size > self.max
    }

    fn visit(&self, worker: &mut MessageWorker, object: Visited<()>) -> Option<()> {
        let id = self.store.id(object.number);
        let kind = match object.kind {
            ObjectKind::Commit => {
                worker.commits.add(id, object.content);
                worker.trees.extend(self.tree(object.content).map(|tree| (object.number, tree)));
                Kind::CommitMessage
            }
            _ => Kind::TagMessage,
        };
        worker.text.clear();
        worker.text.extend_from_slice(object.content);
        message_first(&mut worker.text);
        worker.sizes.push((object.number, worker.text.len() as u64));
        let item = message(id, kind);
        let chunk = Chunk { origin: &item.origin, bytes: &worker.text };
        let found = self.sieve.engine.scan(chunk, &mut worker.scratch);
        if is_lfs_pointer(&worker.text) || !found.is_empty() || worker.scratch.decoding_ended() {
            worker.telling.push(object.number);
        }
        Some(())
    }

    fn unread(&self, worker: &mut MessageWorker, number: u32, _: Unread) {
        // The reader says what is wrong with it.
        worker.telling.push(number);
    }
}

impl Messages<'_> {
    /// The number of the tree that a commit names.
    fn tree(&self, commit: &[u8]) -> Option<u32> {
        let line = commit.strip_prefix(b"tree ")?.split(|b| *b == b'\n').next()?;
        self.store.lookup(&Oid::from_hex(line).ok()?)
    }
}
