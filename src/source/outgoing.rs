//! The content that a push, or a ref update, publishes.

use std::collections::HashMap;

use bstr::BString;

use super::budget::{Allotment, Budget};
use super::commits::{CommitContent, CommitPlan, CommitReader, CommitSource, Tips};
use super::published::{self, Published, Trust, Witness};
use super::push::{Push, RefUpdate};
use super::{
    Content, ContentReader, Coverage, EachAltered, Elsewhere, Item, LfsStore, Old, Plan, Readers, Skip, Source,
};
use crate::chunk::{ChunkPlace, Origin};
use crate::error::{Error, Result};
use crate::git::{self, Oid, Repo};

/// The name of a ref, which is published with it. The name of a ref that exists on the other side, or is deleted there,
/// is old: it does not block, but a secret in it is masked in reports.
fn ref_name(update: &RefUpdate) -> Item {
    let origin = Origin::of(ChunkPlace::RefName(update.remote_ref.clone()));
    let is_new = update.old.is_null() && !update.new.is_null();
    let old = if is_new { Old::Nothing } else { Old::Unchanged };
    Item { origin, content: Content::Bytes(update.remote_ref.to_vec().into()), old }
}

/// So many changed paths are planned of a push that others make: a few small trees can hold each other many times.
const RECEIVED_PATHS: usize = 1 << 20;

/// The number of tracking refs that the digest names as evidence.
const MOST_TAKEN: usize = 2;

/// Everything that some ref updates publish.
pub struct Outgoing<'a> {
    source: CommitSource<'a>,
    updates: Vec<RefUpdate>,
    published: Published,
    /// Whether the names of the refs are published, too.
    names: bool,
    budget: Option<Budget>,
}

impl<'a> Outgoing<'a> {
    /// The content that a push publishes. When neither the remote's name nor its address is known, the content of any
    /// remote counts as published. `trust` decides which tracking refs count. An object larger than `max_object` bytes makes
    /// the scan incomplete.
    ///
    /// # Errors
    /// The refs cannot be read.
    pub fn push(repo: &'a Repo, push: Push, trust: Trust, max_object: u64) -> Result<Self> {
        let published = Published::find(repo, &push, trust)?;
        Ok(Outgoing { names: true, published, ..Outgoing::new(repo, push.updates, Vec::new(), max_object) })
    }

    /// The content that ref updates bring into this very repository: everything that none of its refs leads to yet. For
    /// pre-receive, which takes on no more work than is allotted.
    ///
    /// # Errors
    /// The refs cannot be read.
    pub fn received(repo: &'a Repo, updates: Vec<RefUpdate>, max_object: u64, allotment: Allotment) -> Result<Self> {
        let mut there: Vec<Oid> = repo.refs("")?.into_iter().map(|r| r.id).collect();
        there.extend(repo.head()?);
        there.extend(updates.iter().map(|update| update.old).filter(|old| !old.is_null()));
        let mut outgoing = Outgoing::new(repo, updates, there, max_object.min(allotment.bytes));
        outgoing.source.max_paths = RECEIVED_PATHS;
        Ok(Outgoing { names: true, budget: Some(Budget::new(allotment)), ..outgoing })
    }

    /// The content that a transaction of this repository adds to its branches and tags: everything that none of them,
    /// and no remote-tracking ref, leads to yet. HEAD and the stash do not count: a commit on a detached HEAD is new to
    /// the branch that is moved there.
    ///
    /// # Errors
    /// The refs cannot be read.
    pub fn transaction(repo: &'a Repo, updates: Vec<RefUpdate>, max_object: u64) -> Result<Self> {
        let mut there = Vec::new();
        for prefix in ["refs/heads/", "refs/tags/"] {
            there.extend(repo.refs(prefix)?.into_iter().map(|r| r.id));
        }
        // A ref below refs/remotes/ without a remote was written by hand, unless git-svn uses it.
        if repo.config("svn-remote.svn.url").is_some() {
            there.extend(repo.refs("refs/remotes/")?.into_iter().map(|r| r.id));
        } else {
            there.extend(git::Remotes::of(repo)?.all().iter().flat_map(|remote| &remote.tracking).map(|r| r.id));
        }
        // Fetched content is published before a tracking ref records it. A tracking ref of this very transaction is no
        // evidence: whoever writes the branch writes it as well.
        there.extend(repo.fetched().tips.into_iter().map(|(id, _)| id));
        let updates: Vec<_> = updates.into_iter().filter(|u| !u.remote_ref.starts_with(b"refs/remotes/")).collect();
        there.extend(updates.iter().map(|update| update.old).filter(|old| !old.is_null()));
        Ok(Outgoing::new(repo, updates, there, max_object))
    }

    /// The content of one commit that none of its parents has.
    pub fn commit(repo: &'a Repo, id: Oid, parents: Vec<Oid>, max_object: u64) -> Self {
        let update = RefUpdate {
            local_ref: "HEAD".into(),
            new: id,
            remote_ref: BString::default(),
            old: Oid::null(repo.hash_kind()),
        };
        Outgoing::new(repo, vec![update], parents, max_object)
    }

    fn new(repo: &'a Repo, updates: Vec<RefUpdate>, there: Vec<Oid>, max_object: u64) -> Self {
        let there = there.into_iter().map(|id| (id, Witness::Remote)).collect();
        let published = Published { there, ..Published::default() };
        let source = CommitSource::of(repo, max_object);
        Outgoing { source, updates, published, names: false, budget: None }
    }

    /// The history that counts as published on the evidence of tracking refs alone: each of them with one commit.
    fn taken(&self, boundary: &[git::Boundary]) -> Vec<String> {
        let mut named: Vec<&BString> = Vec::new();
        let mut taken = Vec::new();
        for border in boundary {
            if let (_, Witness::Tracking(name)) = &self.published.there[border.hidden_by]
                && !named.contains(&name)
            {
                named.push(name);
                if named.len() <= MOST_TAKEN {
                    taken.push(published::taken(self.source.repo, border.commit, name));
                }
            }
        }
        let more = named.len().saturating_sub(MOST_TAKEN);
        taken.extend((more > 0).then(|| format!("and by {more} more refs")));
        taken
    }
}

impl Source for Outgoing<'_> {
    fn plan(&self, coverage: &mut Coverage) -> Result<Plan<'_>> {
        let repo = self.source.repo;
        let (mut tips, mut notes) = (Vec::new(), Vec::new());
        let hidden: Vec<Oid> = self.published.there.iter().map(|(id, _)| *id).collect();
        for update in &self.updates {
            if update.new.kind() != repo.hash_kind() {
                return Err(Error::incomplete(format!(
                    "{}: its id is not of this repository's hash ({})",
                    update.shown(),
                    repo.hash_kind()
                )));
            }
            coverage.refs.push(update.shown());
            if !update.new.is_null() {
                tips.push(update.new);
                if update.is_notes() {
                    notes.push(update.new);
                }
            }
        }
        if self.updates.is_empty() {
            coverage.refs.push("nothing to push".into());
        }
        let mut plan = CommitPlan::empty(self.source);
        if !tips.is_empty() {
            let new = git::outgoing(repo, &mut repo.objects(), &tips, &hidden)?;
            coverage.taken.extend(self.taken(&new.boundary));
            plan = self.source.plan(new, Tips { all: &tips, notes: &notes }, coverage)?;
        }
        let CommitPlan { mut items, trees, content } = plan;
        items.extend(self.updates.iter().filter(|u| self.names && !u.remote_ref.is_empty()).map(ref_name));
        Ok(Plan { trees, ..Plan::new(items, OutgoingContent { content, published: &self.published }) })
    }

    fn lfs(&self) -> Option<LfsStore> {
        Some(LfsStore::of(self.source.repo, true))
    }

    fn budget(&self) -> Option<&Budget> {
        self.budget.as_ref()
    }
}

/// The content of a push, and the evidence of where else it is published.
struct OutgoingContent<'a> {
    content: CommitContent<'a>,
    published: &'a Published,
}

impl Readers for OutgoingContent<'_> {
    fn reader(&self) -> Result<Box<dyn ContentReader + '_>> {
        let (inner, published) = (self.content.commit_reader(), self.published);
        Ok(Box::new(OutgoingReader { inner, published, asked: HashMap::new() }))
    }
}

/// Reads planned content, and knows the content that is published elsewhere.
struct OutgoingReader<'a> {
    inner: CommitReader<'a>,
    published: &'a Published,
    asked: HashMap<Oid, Option<Elsewhere>>,
}

impl ContentReader for OutgoingReader<'_> {
    fn read(&mut self, item: &Item, into: &mut Vec<u8>) -> Result<(), Skip> {
        self.inner.read(item, into)
    }

    fn old_sides(&mut self, item: &Item) -> Vec<Vec<u8>> {
        self.inner.old_sides(item)
    }

    fn old_ids(&mut self, item: &Item) -> Vec<Oid> {
        self.inner.old_ids(item)
    }

    fn old_path(&mut self, item: &Item) -> Option<BString> {
        self.inner.old_path(item)
    }

    fn altered(&mut self, change: usize, each: &mut EachAltered<'_>) {
        self.inner.altered(change, each);
    }

    fn published_elsewhere(&mut self, item: &Item) -> Option<Elsewhere> {
        let commit = Oid::from_hex(item.origin.commit.as_ref()?.as_bytes()).ok()?;
        if let Some(known) = self.asked.get(&commit) {
            return known.clone();
        }
        let (published, objects) = (self.published, self.inner.objects());
        let held = published.elsewhere.iter().find(|(_, tips)| git::reaches(objects, tips, commit));
        let elsewhere = held.map(|(holder, _)| Elsewhere {
            holder: holder.clone(),
            // The id of a missing object is no evidence of published content.
            is_first_contact: !published
                .there
                .iter()
                .any(|(id, _)| objects.read(id, u64::MAX, &mut Vec::new()).is_ok()),
            remote: published.remote.clone(),
        });
        self.asked.insert(commit, elsewhere.clone());
        elsewhere
    }
}
