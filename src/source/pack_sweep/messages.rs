//! The sweep over commits and tags: scans their messages, and collects commits and their trees for the walk.

use std::ops::ControlFlow;

use super::HistoryFilter;
use crate::archive;
use crate::chunk::Chunk;
use crate::engine::Scratch;
use crate::git::{KnownCommits, ObjectKind, Oid, Store, Unread, Visit, Visited};
use crate::source::commits::{commit_message, message_first, unread_tag_message};
use crate::source::is_lfs_pointer;

/// Scans commits and tags.
pub(super) struct MessageSweep<'a> {
    pub store: &'a Store,
    pub filter: &'a HistoryFilter<'a>,
    /// Larger objects are not read, in bytes.
    pub max: u64,
}

/// The results of one worker.
#[derive(Default)]
pub(super) struct MessageWorker {
    pub commits: KnownCommits,
    /// The tree of each commit, both by number.
    pub trees: Vec<(u32, u32)>,
    /// How many bytes were scanned of each object.
    pub sizes: Vec<(u32, u64)>,
    /// The objects that have to be scanned as part of the plan.
    pub must_scan: Vec<u32>,
    text: Vec<u8>,
    scratch: Scratch,
}

impl Visit for MessageSweep<'_> {
    type Worker = MessageWorker;
    type Mark = ();

    fn worker(&self) -> MessageWorker {
        MessageWorker::default()
    }

    fn is_too_large(&self, size: u64) -> bool {
        size > self.max
    }

    fn visit(&self, worker: &mut MessageWorker, object: Visited<()>) -> ControlFlow<()> {
        let id = self.store.id(object.number);
        let item = match object.kind {
            ObjectKind::Commit => {
                worker.commits.add(id, object.content);
                worker.trees.extend(self.tree(object.content).map(|tree| (object.number, tree)));
                commit_message(id)
            }
            _ => unread_tag_message(id),
        };
        worker.text.clear();
        worker.text.extend_from_slice(object.content);
        message_first(&mut worker.text);
        worker.sizes.push((object.number, worker.text.len() as u64));
        let chunk = Chunk { origin: &item.origin, bytes: &worker.text };
        let found = self.filter.engine.scan(chunk, &mut worker.scratch);
        let is_container = archive::recognise(&worker.text).is_some();
        if is_container || is_lfs_pointer(&worker.text) || !found.is_empty() || worker.scratch.decoding_ended() {
            worker.must_scan.push(object.number);
        }
        ControlFlow::Continue(())
    }

    fn unread(&self, worker: &mut MessageWorker, number: u32, _: Unread) {
        // The reader of the plan reports the reason.
        worker.must_scan.push(number);
    }
}

impl MessageSweep<'_> {
    /// The number of the tree that a commit names.
    fn tree(&self, commit: &[u8]) -> Option<u32> {
        let line = commit.strip_prefix(b"tree ")?.split(|b| *b == b'\n').next()?;
        self.store.lookup(&Oid::from_hex(line).ok()?)
    }
}
