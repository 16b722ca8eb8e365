//! Commits as a walk sees them: date and parents, from the commit-graph where there is one.

use std::collections::{HashMap, HashSet};

use bstr::{BString, ByteSlice};
use gix::objs::{CommitRefIter, Kind, TagRefIter};

use crate::error::{Error, Result};
use crate::git::{Objects, Oid, Repo, Unread};

/// The properties of a commit that a walk needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::git) struct Commit {
    /// The date of the commit, in seconds since 1970.
    pub(in crate::git) date: i64,
    /// Its parents; none for the last commit of a shallow clone.
    pub(in crate::git) parents: Vec<Oid>,
}

/// The target of an id after all annotated tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::git) struct Peeled {
    /// The annotated tags passed, outermost first.
    pub(in crate::git) tags: Vec<Oid>,
    /// The target of the last tag.
    pub(in crate::git) target: Option<(Oid, TipKind)>,
    /// The object that could not be read, with the reason; there is no target then.
    pub(in crate::git) unread: Option<(Oid, Unread)>,
}

/// The type of a ref's or a tag's final target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::git) enum TipKind {
    Commit,
    Tree,
    Blob,
}

/// The parents of a commit.
///
/// # Errors
/// The commit cannot be read.
pub fn parents_of(repo: &Repo, id: &Oid) -> Result<Vec<Oid>> {
    let mut objects = repo.objects();
    let commit = CommitStore::new(repo, &mut objects)?.read(id);
    Ok(commit.map_err(|why| Error::incomplete(format!("commit {id}: {}", why.reason())))?.parents)
}

/// Who made a commit, when, and its first line.
#[derive(Clone, Debug)]
pub struct Authored {
    /// The author's name.
    pub author: BString,
    /// The author's date, in seconds since 1970.
    pub seconds: i64,
    /// The first line of the message.
    pub subject: BString,
}

/// Who made a commit, when, and its first line; none if it cannot be read.
pub fn authored(objects: &mut Objects, id: &Oid) -> Option<Authored> {
    let mut content = Vec::new();
    objects.read(id, u64::MAX, &mut content).ok()?;
    let fields = || CommitRefIter::from_bytes(&content, id.kind());
    let author = fields().author().ok()?;
    let subject = fields().message().ok()?.lines().next().unwrap_or_default();
    Some(Authored { author: author.name.to_owned(), seconds: author.seconds(), subject: subject.into() })
}

/// Commits that were read for another reason.
#[derive(Default)]
pub struct KnownCommits(HashMap<Oid, Commit>);

impl KnownCommits {
    /// Adds a commit. A malformed one is left out: the walk reports it when it needs it.
    pub fn add(&mut self, id: Oid, content: &[u8]) {
        self.0.extend(parse(&id, content).ok().map(|commit| (id, commit)));
    }

    /// Adds the commits of another set.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

/// A commit's date and parents, from its content.
fn parse(id: &Oid, content: &[u8]) -> Result<Commit, Unread> {
    let fields = || CommitRefIter::from_bytes(content, id.kind());
    fields().tree_id().map_err(|_| Unread::Corrupt(format!("{id} names no tree")))?;
    // As in git, a date that cannot be read is the beginning of time.
    let date = fields().committer().map_or(0, |c| c.seconds());
    Ok(Commit { date, parents: fields().parent_ids().collect() })
}

/// Reads commits.
pub(in crate::git) struct CommitStore<'a> {
    objects: &'a mut Objects,
    known: HashMap<Oid, Commit>,
    graph: Option<gix::commitgraph::Graph>,
    shallow: HashSet<Oid>,
    buffer: Vec<u8>,
}

impl<'a> CommitStore<'a> {
    /// For one repository.
    ///
    /// # Errors
    /// The list of a shallow clone's last commits cannot be read.
    pub(in crate::git) fn new(repo: &Repo, objects: &'a mut Objects) -> Result<Self> {
        let local = repo.local();
        let shallow = local
            .shallow_commits()
            .map_err(|e| Error::incomplete(format!("the list of this shallow clone's last commits: {e}")))?;
        let shallow: HashSet<Oid> = shallow.iter().flat_map(|ids| ids.iter().copied()).collect();
        // A commit-graph ignores the end of a shallow history. A damaged one is no loss: the objects hold the same.
        let graph = if shallow.is_empty() { local.commit_graph_if_enabled().ok().flatten() } else { None };
        Ok(CommitStore { objects, known: HashMap::new(), graph, shallow, buffer: Vec::new() })
    }

    /// Adds commits that are known already; none of them may be the end of a shallow history.
    pub(in crate::git) fn knowing(mut self, known: KnownCommits) -> Self {
        self.known = known.0;
        self
    }

    /// Returns whether the history ends at this commit because the clone is shallow.
    pub(in crate::git) fn is_cut(&self, id: &Oid) -> bool {
        self.shallow.contains(id)
    }

    /// A commit's date and parents.
    ///
    /// # Errors
    /// The commit is missing or damaged.
    pub(in crate::git) fn read(&mut self, id: &Oid) -> Result<Commit, Unread> {
        if let Some(found) = self.known.remove(id) {
            return Ok(found);
        }
        if let Some(found) = self.graph.as_ref().and_then(|graph| in_graph(graph, id)) {
            return Ok(found);
        }
        if self.objects.read(id, u64::MAX, &mut self.buffer)? != Kind::Commit {
            return Err(Unread::Corrupt(format!("{id} is not a commit")));
        }
        let mut commit = parse(id, &self.buffer)?;
        if self.is_cut(id) {
            commit.parents.clear();
        }
        Ok(commit)
    }

    /// Follows annotated tags to their target.
    pub(in crate::git) fn peel(&mut self, id: Oid) -> Peeled {
        let (mut id, mut peeled) = (id, Peeled::default());
        if self.known.contains_key(&id) || self.graph.as_ref().is_some_and(|graph| graph.lookup(id).is_some()) {
            peeled.target = Some((id, TipKind::Commit));
            return peeled;
        }
        loop {
            let target = match self.objects.read(&id, u64::MAX, &mut self.buffer) {
                Ok(Kind::Commit) => TipKind::Commit,
                Ok(Kind::Tree) => TipKind::Tree,
                Ok(Kind::Blob) => TipKind::Blob,
                Ok(Kind::Tag) => {
                    peeled.tags.push(id);
                    match TagRefIter::from_bytes(&self.buffer, id.kind()).target_id() {
                        Ok(next) => id = next,
                        Err(e) => {
                            peeled.unread = Some((id, Unread::Corrupt(e.to_string())));
                            return peeled;
                        }
                    }
                    continue;
                }
                Err(why) => {
                    peeled.unread = Some((id, why));
                    return peeled;
                }
            };
            peeled.target = Some((id, target));
            return peeled;
        }
    }
}

fn in_graph(graph: &gix::commitgraph::Graph, id: &Oid) -> Option<Commit> {
    let commit = graph.commit_by_id(id)?;
    let mut parents = Vec::new();
    for parent in commit.iter_parents() {
        parents.push(graph.id_at(parent.ok()?).to_owned());
    }
    Some(Commit { date: i64::try_from(commit.committer_timestamp()).ok()?, parents })
}
