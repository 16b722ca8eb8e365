//! The commits between two revisions.

use super::commits::Commits;
use super::{Coverage, Item, LfsStore, Reader, Skip, Source};
use crate::chunk::Kind;
use crate::error::{Error, Result};
use crate::git::{self, Oid, Repo};

/// The commits that one revision leads to and another does not.
pub struct Range<'a> {
    repo: &'a Repo,
    from: Vec<Oid>,
    to: Oid,
    net: bool,
    commits: Commits<'a>,
}

impl<'a> Range<'a> {
    /// Reads `A..B`, or `A...B`, which means the same here: what B has since it parted from A. A side left out is HEAD.
    /// An object larger than `max_object` bytes makes the scan incomplete.
    ///
    /// # Errors
    /// When it is no range, or a side names nothing that is here.
    pub fn parse(repo: &'a Repo, spec: &str, max_object: u64) -> Result<Range<'a>> {
        let Some((from, to)) = spec.split_once("...").or_else(|| spec.split_once("..")) else {
            return Err(
                Error::usage(format!("`{spec}` is no range")).help("write two revisions: A..B, for example main..HEAD")
            );
        };
        let side = |name: &str| repo.resolve(if name.is_empty() { "HEAD" } else { name });
        Ok(Range::between(repo, side(from)?, side(to)?, max_object))
    }

    /// Every commit that `to` leads to and `from` does not, each against all its parents.
    pub fn between(repo: &'a Repo, from: Oid, to: Oid, max_object: u64) -> Range<'a> {
        Range::beyond(repo, vec![from], to, max_object)
    }

    /// Every commit that `to` leads to and none of `from` does: all of them, when nothing came before.
    pub fn beyond(repo: &'a Repo, from: Vec<Oid>, to: Oid, max_object: u64) -> Range<'a> {
        Range { repo, from, to, net: false, commits: Commits::new(repo, max_object) }
    }

    /// Only the difference that remains: the tree of `to` against that of `base`.
    pub fn net(repo: &'a Repo, base: Oid, to: Oid, max_object: u64) -> Range<'a> {
        Range { net: true, ..Range::between(repo, base, to, max_object) }
    }
}

impl Source for Range<'_> {
    fn plan(&self, coverage: &mut Coverage) -> Result<Vec<Item>> {
        if let (true, [from]) = (self.net, self.from.as_slice()) {
            let mut items = self.commits.plan(git::net(*from, self.to), &[self.to], &[], coverage)?;
            // Of the commits in between none is read: their messages are not part of the difference.
            items.retain(|item| item.origin.kind != Kind::CommitMessage);
            return Ok(items);
        }
        let new = git::outgoing(self.repo, &mut self.repo.objects(), &[self.to], &self.from)?;
        for id in &new.cut {
            coverage.skipped.push(Skip {
                what: "commit",
                path: id.to_string(),
                reason: "this shallow clone ends here, and what lies before it may be part of the range; \
                         `git fetch --unshallow` (in GitHub Actions: fetch-depth: 0)"
                    .into(),
                incomplete: true,
            });
        }
        self.commits.plan(new, &[self.to], &[], coverage)
    }

    fn lfs(&self) -> Option<LfsStore> {
        Some(LfsStore::of(self.repo, false))
    }

    fn reader(&self) -> Result<Box<dyn Reader + '_>> {
        Ok(Box::new(self.commits.reader()))
    }
}
