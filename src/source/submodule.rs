//! What a submodule publishes when the repository around it is pushed.

use std::path::Path;

use bstr::BString;

use super::{Coverage, Informant, Item, Outgoing, Push, Reader, RefUpdate, Source};
use crate::error::Result;
use crate::git::{Oid, Repo};

/// A submodule with what is pushed of it.
pub struct Submodule {
    repo: Repo,
    /// Its path in the repository that is pushed.
    path: String,
    tips: Vec<Oid>,
}

impl Submodule {
    /// The submodule in the directory `dir`, where `path` leads; `ids` are the commits that are named of it. None where
    /// it is not checked out, or has none of them: then nothing of it can leave from here.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn open(dir: &Path, path: &str, ids: &[Oid]) -> Result<Option<Submodule>> {
        if !dir.join(".git").exists() {
            return Ok(None);
        }
        let repo = Repo::submodule(dir)?;
        let mut objects = repo.objects();
        let mut tips: Vec<Oid> = ids.iter().filter(|id| objects.tree_of(id).is_ok()).copied().collect();
        if tips.is_empty() {
            return Ok(None);
        }
        // Git pushes the branch, which may be ahead of what is named.
        tips.extend(repo.head()?);
        Ok(Some(Submodule { repo, path: path.to_owned(), tips }))
    }

    /// Its repository.
    pub fn repo(&self) -> &Repo {
        &self.repo
    }

    /// What none of its own remotes has. An object larger than `max_object` bytes makes the scan incomplete.
    ///
    /// # Errors
    /// When its refs cannot be read.
    pub fn outgoing(&self, max_object: u64) -> Result<impl Source + '_> {
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
        Ok(Within { inner: Outgoing::push(&self.repo, push, max_object)?, path: &self.path })
    }
}

/// A source whose paths lie below another path.
struct Within<'a> {
    inner: Outgoing<'a>,
    path: &'a str,
}

impl Source for Within<'_> {
    fn plan(&self, coverage: &mut Coverage) -> Result<Vec<Item>> {
        let mut own = Coverage::default();
        let mut items = self.inner.plan(&mut own)?;
        for item in &mut items {
            item.origin.path = [self.path.as_bytes(), b"/", &item.origin.path].concat().into();
        }
        for skip in &mut own.skipped {
            skip.path = format!("{}/{}", self.path, skip.path);
        }
        own.refs = vec![format!("{} (submodule)", self.path)];
        coverage.join(own);
        Ok(items)
    }

    fn reader(&self) -> Result<Box<dyn Reader + '_>> {
        self.inner.reader()
    }
}
