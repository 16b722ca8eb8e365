//! What `git commit` would record.

use std::sync::OnceLock;

use super::objects::{ObjectReader, Seen, items};
use super::{Coverage, Item, Reader, Source};
use crate::error::Result;
use crate::git::{self, Oid, Removed, Repo};

/// The index against HEAD.
pub struct Staged<'a> {
    repo: &'a Repo,
    max_object: u64,
    removed: OnceLock<[Vec<Removed>; 1]>,
    tree: OnceLock<Oid>,
}

impl<'a> Staged<'a> {
    /// Objects larger than `max_object` bytes make the scan incomplete.
    pub fn new(repo: &'a Repo, max_object: u64) -> Self {
        Staged { repo, max_object, removed: OnceLock::new(), tree: OnceLock::new() }
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
        let removed = items(changes, None, 0, &mut seen, coverage, &mut planned);
        self.removed.get_or_init(|| [removed]);
        Ok(planned)
    }

    fn reader(&self) -> Result<Box<dyn Reader + '_>> {
        let removed = self.removed.get().map_or(&[][..], |r| &r[..]);
        Ok(Box::new(ObjectReader::of(self.repo.few_objects(), self.max_object, removed)))
    }
}
