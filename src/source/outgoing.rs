//! The content that a push, or a ref update, publishes.

use std::collections::HashMap;

use bstr::{BString, ByteSlice};

use super::budget::{Allotment, Budget};
use super::commits::{CommitContent, CommitPlan, CommitReader, CommitSource, Tips};
use super::published::{self, Published, Trust, Witness};
use super::{
    Content, ContentReader, Coverage, EachAltered, Elsewhere, Item, LfsStore, Old, Plan, Readers, Skip, Source,
};
use crate::chunk::{ChunkPlace, Origin};
use crate::error::{Error, Result};
use crate::git::{self, Oid, Repo};

/// One line of a hook's standard input: a ref and its move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefUpdate {
    /// The local side, as typed: a ref, `HEAD~1` or an expression; `(delete)` for a deletion. Empty on the receiving
    /// side.
    pub local_ref: BString,
    /// The new target of the ref; all zeros for a deletion.
    pub new: Oid,
    /// The ref that is updated.
    pub remote_ref: BString,
    /// The old target on the other side; all zeros when the ref does not exist.
    pub old: Oid,
}

/// The source of the list of updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Informant {
    /// Git: every ref, with its current target on the other side.
    Git,
    /// A hook manager that does not pass git's lines on: its old ids may come from tracking refs.
    Manager,
}

/// A push, as far as a hook knows it.
#[derive(Clone, Debug)]
pub struct Push {
    /// The remote's name, or its address; empty when neither is known.
    pub remote: String,
    /// The remote's address.
    pub url: String,
    /// The refs that are updated.
    pub updates: Vec<RefUpdate>,
    /// The source of the list.
    pub informant: Informant,
}

impl RefUpdate {
    /// Returns whether the update is about notes.
    fn is_notes(&self) -> bool {
        self.local_ref.starts_with(b"refs/notes/") || self.remote_ref.starts_with(b"refs/notes/")
    }

    fn shown(&self) -> String {
        let short = |name: &BString| {
            let name = name.to_str_lossy().into_owned();
            let short = ["refs/heads/", "refs/tags/"].iter().find_map(|p| name.strip_prefix(p)).map(str::to_owned);
            short.unwrap_or(name)
        };
        let name = if self.remote_ref.is_empty() { &self.local_ref } else { &self.remote_ref };
        if self.new.is_null() { format!("{} (deleted)", short(name)) } else { short(name) }
    }
}

/// Reads the standard input of a pre-push hook: `<local ref> <local id> <remote ref> <remote id>` a line.
///
/// ```
/// let (new, none) = ("a".repeat(40), "0".repeat(40));
/// let line = format!("refs/heads/topic {new} refs/heads/main {none}\n");
/// let updates = shield_hook::source::parse_pre_push(line.as_bytes())?;
/// assert_eq!(updates[0].remote_ref, "refs/heads/main");
/// assert!(updates[0].old.is_null(), "the branch is new");
/// # Ok::<(), shield_hook::error::Error>(())
/// ```
///
/// # Errors
/// A line is cut off or malformed: its objects would go unscanned.
pub fn parse_pre_push(stdin: &[u8]) -> Result<Vec<RefUpdate>> {
    lines(stdin, |line| {
        // From the right: the local side is free text, which may hold spaces.
        let (rest, old) = line.rsplit_once_str(" ")?;
        let (rest, remote_ref) = rest.rsplit_once_str(" ")?;
        let (local_ref, new) = rest.rsplit_once_str(" ")?;
        update(local_ref, new, remote_ref, old)
    })
}

/// Reads the standard input of a pre-receive or reference-transaction hook: `<old id> <new id> <ref>` a line. Symbolic
/// refs (`ref:NAME` in place of an id) publish no objects and are left out.
///
/// # Errors
/// A line is cut off or malformed.
pub fn parse_ref_updates(stdin: &[u8]) -> Result<Vec<RefUpdate>> {
    let symbolic = |line: &[u8]| line.split_str(" ").take(2).any(|id| id.starts_with(b"ref:"));
    let mut direct = Vec::new();
    for line in stdin.lines_with_terminator().filter(|line| !symbolic(line)) {
        direct.extend_from_slice(line);
    }
    lines(&direct, |line| {
        let (old, rest) = line.split_once_str(" ")?;
        let (new, name) = rest.split_once_str(" ")?;
        update(b"", new, name, old)
    })
}

fn lines(stdin: &[u8], parse: impl Fn(&[u8]) -> Option<RefUpdate>) -> Result<Vec<RefUpdate>> {
    let mut updates = Vec::new();
    for (n, line) in stdin.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
        updates.push(parse(line).ok_or_else(|| {
            Error::incomplete(format!("line {} of what git names on standard input is cut off or malformed", n + 1))
                .help("run the hook through git, with its standard input passed on unchanged")
        })?);
    }
    Ok(updates)
}

fn update(local_ref: &[u8], new: &[u8], remote_ref: &[u8], old: &[u8]) -> Option<RefUpdate> {
    let (new, old) = (Oid::from_hex(new).ok()?, Oid::from_hex(old).ok()?);
    (new.kind() == old.kind() && !remote_ref.is_empty()).then(|| RefUpdate {
        local_ref: local_ref.into(),
        new,
        remote_ref: remote_ref.into(),
        old,
    })
}

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
    pub fn push(repo: &'a Repo, push: Push, trust: Trust, max_object: u64) -> Result<Outgoing<'a>> {
        let published = Published::find(repo, &push, trust)?;
        Ok(Outgoing { names: true, published, ..Outgoing::new(repo, push.updates, Vec::new(), max_object) })
    }

    /// The content that ref updates bring into this very repository: everything that none of its refs leads to yet. For
    /// pre-receive, which takes on no more work than is allotted.
    ///
    /// # Errors
    /// The refs cannot be read.
    pub fn received(
        repo: &'a Repo,
        updates: Vec<RefUpdate>,
        max_object: u64,
        allotment: Allotment,
    ) -> Result<Outgoing<'a>> {
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
    pub fn transaction(repo: &'a Repo, updates: Vec<RefUpdate>, max_object: u64) -> Result<Outgoing<'a>> {
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
    pub fn commit(repo: &'a Repo, id: Oid, parents: Vec<Oid>, max_object: u64) -> Outgoing<'a> {
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
