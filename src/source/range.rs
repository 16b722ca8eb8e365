//! The commits between two revisions.

use super::commits::{CommitSource, Tips, shallow_end};
use super::{Coverage, LfsStore, Plan, Source};
use crate::chunk::Kind;
use crate::error::{Error, Result};
use crate::git::{self, Oid, Repo};

/// The commits that one revision leads to and another does not.
pub struct CommitRange<'a> {
    source: CommitSource<'a>,
    start: RangeStart,
    to: Oid,
}

/// The other end of a range.
enum RangeStart {
    /// Each commit that none of these leads to, against all its parents.
    After(Vec<Oid>),
    /// The difference to the tree of this commit, as one step.
    Squashed(Oid),
}

impl<'a> CommitRange<'a> {
    /// Reads `A..B`, or `A...B`, which means the same here: the commits of B since it parted from A. An omitted side is
    /// HEAD. An object larger than `max_object` bytes makes the scan incomplete.
    ///
    /// # Errors
    /// It is no range, or a side names nothing in this repository.
    pub fn parse(repo: &'a Repo, spec: &str, max_object: u64) -> Result<Self> {
        let Some((from, to)) = spec.split_once("...").or_else(|| spec.split_once("..")) else {
            return Err(
                Error::usage(format!("`{spec}` is no range")).help("write two revisions: A..B, for example main..HEAD")
            );
        };
        let side = |name: &str| repo.resolve(if name.is_empty() { "HEAD" } else { name });
        Ok(CommitRange::between(repo, side(from)?, side(to)?, max_object))
    }

    /// Every commit that `to` leads to and `from` does not, each against all its parents.
    pub fn between(repo: &'a Repo, from: Oid, to: Oid, max_object: u64) -> Self {
        CommitRange::beyond(repo, vec![from], to, max_object)
    }

    /// Every commit that `to` leads to and none of `from` does: all of them, when nothing came before.
    pub fn beyond(repo: &'a Repo, from: Vec<Oid>, to: Oid, max_object: u64) -> Self {
        CommitRange { source: CommitSource::of(repo, max_object), start: RangeStart::After(from), to }
    }

    /// Only the difference that remains: the tree of `to` against that of `base`.
    pub fn squashed(repo: &'a Repo, base: Oid, to: Oid, max_object: u64) -> Self {
        CommitRange { source: CommitSource::of(repo, max_object), start: RangeStart::Squashed(base), to }
    }
}

impl Source for CommitRange<'_> {
    fn plan(&self, coverage: &mut Coverage) -> Result<Plan<'_>> {
        let tips = Tips { all: &[self.to], notes: &[] };
        match &self.start {
            RangeStart::Squashed(base) => {
                let mut plan = self.source.plan(git::squashed(*base, self.to), tips, coverage)?;
                // No commit in between is read: their messages are not part of the difference.
                plan.items.retain(|item| item.origin.kind() != Kind::CommitMessage);
                Ok(plan.into())
            }
            RangeStart::After(from) => {
                let repo = self.source.repo;
                let new = git::outgoing(repo, &mut repo.objects(), &[self.to], from)?;
                let consequence = "older commits may be part of the range";
                coverage.skipped.extend(new.cut.iter().map(|id| shallow_end(*id, consequence)));
                Ok(self.source.plan(new, tips, coverage)?.into())
            }
        }
    }

    fn lfs(&self) -> Option<LfsStore> {
        Some(LfsStore::of(self.source.repo, false))
    }
}
