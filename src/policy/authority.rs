//! Which policy applies. This module alone decides it, and docs/policy.md has the same table.
//!
//! | scope | whose policy, baseline and rules |
//! |---|---|
//! | hooks and `scan` in a work tree | the work tree's, with the user's own settings |
//! | `scan` in a bare repository | HEAD's, with the user's own settings |
//! | `ci` | those of the tip of the branch that the change goes to |
//! | `pre-receive` | those of the default branch's tip |
//!
//! `ci` and `pre-receive` judge by the built-in rules and no allowances when that tip is not here, or when its policy
//! cannot be parsed: neither opens the gate, and neither keeps the repair out.

use std::path::{Path, PathBuf};

use super::{Files, InTree, NoFiles, OnDisk, Origin, Overrides, Policy, user_config};
use crate::error::Result;
use crate::exit::Exit;
use crate::git::{Oid, Repo};
use crate::rule::RuleSet;

/// The input of a scan, as far as it decides whose policy counts.
#[derive(Clone, Copy)]
pub enum PolicyRoot<'a> {
    /// Files on disk below a directory.
    Directory(&'a Path),
    /// A repository that a hook or `scan` reads.
    Local(&'a Repo),
    /// A change that wants into a branch, for `ci`; no tip when that branch is not in this clone.
    Change(&'a Repo, Option<&'a Tip>),
    /// A push to this repository, for `pre-receive`.
    Received(&'a Repo),
}

/// The tip of a branch that whoever is judged cannot move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tip {
    /// The commit.
    pub id: Oid,
    /// The branch, for messages.
    pub name: String,
}

/// Whose policy it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The user of the files on disk.
    Disk(PathBuf),
    /// A bare repository's HEAD; none while it has no commit.
    Head(Option<Oid>),
    /// A protected branch.
    Branch(Tip),
    /// Nobody: the branch is not here.
    Nobody,
}

/// The policy's files, and whose they are.
pub struct Authority<'a> {
    owner: Owner,
    files: Box<dyn Files + 'a>,
}

/// The policy of an authority.
pub struct AppliedPolicy {
    /// The policy that applies.
    pub policy: Policy,
    /// The rules that run.
    pub rules: RuleSet,
    /// Whether the authority wrote it.
    pub standing: Standing,
}

/// The basis of a judgement: the authority's own files, or a stand-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Written,
    /// Built-in rules and no allowances stand in for a branch that is not here.
    Absent,
    /// Built-in rules and no allowances stand in for a policy that cannot be parsed; the text says why it cannot.
    Broken(String),
}

impl<'a> Authority<'a> {
    /// Decides whose policy judges `subject`.
    ///
    /// # Errors
    /// When HEAD or the branch's tip cannot be read.
    pub fn of(subject: PolicyRoot<'a>) -> Result<Self> {
        let (owner, repo) = match subject {
            PolicyRoot::Directory(root) => (Owner::Disk(root.to_owned()), None),
            PolicyRoot::Local(repo) => match repo.work_dir() {
                Some(root) => (Owner::Disk(root.to_owned()), None),
                None => (Owner::Head(repo.head()?), Some(repo)),
            },
            PolicyRoot::Change(repo, tip) => (tip.cloned().map_or(Owner::Nobody, Owner::Branch), Some(repo)),
            PolicyRoot::Received(repo) => (default_branch(repo)?.map_or(Owner::Nobody, Owner::Branch), Some(repo)),
        };
        let files: Box<dyn Files + 'a> = match (&owner, repo) {
            (Owner::Disk(root), _) => Box::new(OnDisk { root: root.clone() }),
            (Owner::Head(Some(id)), Some(repo)) => Box::new(InTree::new(repo, id, "HEAD")?),
            (Owner::Branch(tip), Some(repo)) => Box::new(InTree::new(repo, &tip.id, &tip.name)?),
            _ => Box::new(NoFiles),
        };
        Ok(Authority { owner, files })
    }

    /// Whose policy it is.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// The policy's files.
    pub fn files(&self) -> &dyn Files {
        self.files.as_ref()
    }

    /// Returns whether the author of the change has no influence: neither files on disk nor the user's settings apply.
    fn stands_above(&self) -> bool {
        matches!(self.owner, Owner::Branch(_) | Owner::Nobody)
    }

    /// Reads the policy, with the command line's overrides applied.
    ///
    /// # Errors
    /// As [`Policy::load`]; but a branch's policy that cannot be parsed gives way to the built-in one.
    pub fn judge(&self, overrides: &Overrides) -> Result<AppliedPolicy> {
        let above = self.stands_above();
        let user = user_config().filter(|_| !above);
        let origin = Origin { files: self.files(), user: user.as_deref(), trusted: above };
        let with = |standing, (policy, rules)| AppliedPolicy { policy, rules, standing };
        let standing = if self.owner == Owner::Nobody { Standing::Absent } else { Standing::Written };
        let error = match Policy::load(origin, overrides) {
            Ok(loaded) => return Ok(with(standing, loaded)),
            Err(error) => error,
        };
        // A file that was named on the command line is nobody's to repair by a change.
        let named = overrides.config.is_some() || overrides.baseline.is_some();
        if !above || named || error.exit() != Exit::Usage {
            return Err(error);
        }
        let origin = Origin { files: &NoFiles, user: None, trusted: true };
        Ok(with(Standing::Broken(error.message().to_owned()), Policy::load(origin, overrides)?))
    }

    /// One line on the stand-in for the authority's policy; none when its own files apply.
    pub fn explain(&self, standing: &Standing) -> Option<String> {
        const INSTEAD: &str = "judged by the built-in rules and no allowances";
        match standing {
            Standing::Written => None,
            Standing::Absent => Some(format!("the branch whose policy counts is not here: {INSTEAD}")),
            Standing::Broken(why) => Some(format!("{why}: {INSTEAD}, until it is repaired")),
        }
    }
}

/// The tip of the branch that HEAD names; none while it has no commit.
///
/// # Errors
/// When HEAD cannot be read.
pub fn default_branch(repo: &Repo) -> Result<Option<Tip>> {
    let Some(id) = repo.head()? else { return Ok(None) };
    let name = repo.head_name().map(|name| name.to_string());
    let name = name.map_or_else(|| "HEAD".into(), |name| name.trim_start_matches("refs/heads/").to_owned());
    Ok(Some(Tip { id, name }))
}
