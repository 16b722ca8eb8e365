//! What `git commit` would record.

use std::sync::OnceLock;

use super::changeset::{ChangeSet, Subject};
use super::objects::{ObjectReader, Seen, items};
use super::{Coverage, Item, LfsStore, Reader, Source};
use crate::error::Result;
use crate::git::{self, Oid, Repo};

/// The index against HEAD.
pub struct Staged<'a> {
    repo: &'a Repo,
    max_object: u64,
    changes: OnceLock<[ChangeSet; 1]>,
    tree: OnceLock<Oid>,
}

impl<'a> Staged<'a> {
    /// Objects larger than `max_object` bytes make the scan incomplete.
    pub fn new(repo: &'a Repo, max_object: u64) -> Self {
        Staged { repo, max_object, changes: OnceLock::new(), tree: OnceLock::new() }
    }

    /// After the plan: the tree that was read, where git had written it already.
    pub fn tree(&self) -> Option<Oid> {
        self.tree.get().copied()
    }
}

impl Source for Staged<'_> {
    fn plan(&self, coverage: &mut Coverage) -> Result<Vec<Item>> {
        let changes = git::staged(self.repo, &mut self.repo.few_objects())?;
        if let Some(tree) = changes.root {
            self.tree.get_or_init(|| tree);
        }
        let (mut seen, mut planned) = (Seen::default(), Vec::new());
        items(&changes, None, 0, &mut seen, coverage, &mut planned);
        self.changes.get_or_init(|| [ChangeSet::new(Subject::Index(changes))]);
        Ok(planned)
    }

    fn lfs(&self) -> Option<LfsStore> {
        Some(LfsStore::of(self.repo, true))
    }

    fn reader(&self) -> Result<Box<dyn Reader + '_>> {
        let changes = self.changes.get().map_or(&[][..], |changes| &changes[..]);
        Ok(Box::new(ObjectReader::of(self.repo.few_objects(), self.max_object, changes)))
    }
}
