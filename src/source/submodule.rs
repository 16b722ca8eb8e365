//! The commits of a submodule that are published when its superproject is pushed.

use std::path::Path;

use bstr::BString;

use super::{Coverage, Informant, Outgoing, Plan, Push, RefUpdate, Source, Trust};
use crate::error::Result;
use crate::git::{Oid, Repo};

/// A submodule and the tips that are pushed.
pub struct Submodule {
    repo: Repo,
    /// Its path in the repository that is pushed.
    path: String,
    tips: Vec<Oid>,
}

impl Submodule {
    /// The submodule in the directory `dir`, which is `path` in the superproject; `ids` are the commits that it is set
    /// to. None when it is not checked out, or has none of them: then no push from here can publish them.
    ///
    /// # Errors
    /// It exists and cannot be read.
    pub fn open(dir: &Path, path: &str, ids: &[Oid]) -> Result<Option<Self>> {
        if !dir.join(".git").exists() {
            return Ok(None);
        }
        let repo = Repo::submodule(dir)?;
        let mut objects = repo.objects();
        let mut tips: Vec<Oid> = ids.iter().filter(|id| objects.tree_of(id).is_ok()).copied().collect();
        if tips.is_empty() {
            return Ok(None);
        }
        // Git pushes the branch, which may be ahead of the commits that the superproject names.
        tips.extend(repo.head()?);
        Ok(Some(Self { repo, path: path.to_owned(), tips }))
    }

    /// Its repository.
    pub fn repo(&self) -> &Repo {
        &self.repo
    }

    /// The commits that none of its own remotes has. An object larger than `max_object` bytes makes the scan
    /// incomplete.
    ///
    /// # Errors
    /// Its refs cannot be read.
    pub fn outgoing(&self, trust: Trust, max_object: u64) -> Result<impl Source + '_> {
        let update = |id: &Oid| RefUpdate {
            local_ref: BString::default(),
            new: *id,
            remote_ref: BString::default(),
            old: Oid::null(self.repo.hash_kind()),
        };
        let push = Push {
            remote: String::new(),
            url: String::new(),
            updates: self.tips.iter().map(update).collect(),
            informant: Informant::Manager,
        };
        Ok(Within { inner: Outgoing::push(&self.repo, push, trust, max_object)?, path: &self.path })
    }
}

/// A source whose paths lie below another path.
struct Within<'a> {
    inner: Outgoing<'a>,
    path: &'a str,
}

impl Source for Within<'_> {
    fn plan(&self, coverage: &mut Coverage) -> Result<Plan<'_>> {
        let mut own = Coverage::default();
        let mut plan = self.inner.plan(&mut own)?;
        for item in &mut plan.items {
            item.origin.place.put_below(self.path.as_bytes());
        }
        for skip in &mut own.skipped {
            skip.path = format!("{}/{}", self.path, skip.path);
        }
        // The journal of this repository knows nothing of another one's commits.
        own.new_commits.clear();
        own.refs = vec![format!("{} (submodule)", self.path)];
        coverage.join(own);
        Ok(plan)
    }
}
