//! The content that `git commit` would record.

use super::changeset::{ChangeKind, ChangeSet};
use super::objects::{ItemWriter, ObjectReader, PlannedContent};
use super::{ContentReader, Coverage, LfsStore, Plan, Readers, Source};
use crate::error::Result;
use crate::git::{self, Repo};

/// The index against HEAD.
pub struct Staged<'a> {
    repo: &'a Repo,
    max_object: u64,
}

impl<'a> Staged<'a> {
    /// Objects larger than `max_object` bytes make the scan incomplete.
    pub fn new(repo: &'a Repo, max_object: u64) -> Self {
        Staged { repo, max_object }
    }
}

impl Source for Staged<'_> {
    fn plan(&self, coverage: &mut Coverage) -> Result<Plan<'_>> {
        let changes = git::staged(self.repo, &mut self.repo.few_objects())?;
        coverage.staged_tree = changes.root;
        let (mut planned, mut items) = (PlannedContent::default(), Vec::new());
        ItemWriter { planned: &mut planned, coverage, items: &mut items }.add(&changes, None, CHANGE);
        let change = [ChangeSet::new(ChangeKind::Index(changes))];
        Ok(Plan::new(items, StagedContent { repo: self.repo, max_object: self.max_object, change }))
    }

    fn lfs(&self) -> Option<LfsStore> {
        Some(LfsStore::of(self.repo, true))
    }
}

/// The number of the only change.
const CHANGE: usize = 0;

/// The staged content, and its old sides.
struct StagedContent<'a> {
    repo: &'a Repo,
    max_object: u64,
    change: [ChangeSet; 1],
}

impl Readers for StagedContent<'_> {
    fn reader(&self) -> Result<Box<dyn ContentReader + '_>> {
        Ok(Box::new(ObjectReader::new(self.repo.few_objects(), self.max_object, &self.change)))
    }
}
