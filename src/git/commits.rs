//! Commits as a walk sees them: date and parents, from the commit-graph where there is one.

use std::collections::{HashMap, HashSet};

use gix::objs::{CommitRefIter, Kind, TagRefIter};

use super::{Objects, Oid, Repo, Unread};
use crate::error::{Error, Result};

/// What a walk needs to know of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Commit {
    /// When it was committed, in seconds since 1970.
    pub(super) date: i64,
    /// Its parents; none for the last commit of a shallow clone.
    pub(super) parents: Vec<Oid>,
}

/// Where an id leads once every tag on the way is undone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Peeled {
    /// The annotated tags passed, outermost first.
    pub(super) tags: Vec<Oid>,
    /// What the last of them names.
    pub(super) target: Option<(Oid, Target)>,
    /// What could not be read on the way, and why; then there is no target.
    pub(super) unread: Option<(Oid, Unread)>,
}

/// What a ref or a tag can name in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Commit,
    Tree,
    Blob,
}

/// The parents of a commit.
///
/// # Errors
/// When it cannot be read.
pub fn parents_of(repo: &Repo, id: &Oid) -> Result<Vec<Oid>> {
    let mut objects = repo.objects();
    let commit = Commits::new(repo, &mut objects)?.read(id);
    Ok(commit.map_err(|why| Error::incomplete(format!("commit {id}: {}", why.reason())))?.parents)
}

/// Commits that were read for another reason.
#[derive(Default)]
pub struct KnownCommits(HashMap<Oid, Commit>);

impl KnownCommits {
    /// Takes note of a commit. One that cannot be made out is left to whoever needs it.
    pub fn add(&mut self, id: Oid, content: &[u8]) {
        self.0.extend(parse(&id, content).ok().map(|commit| (id, commit)));
    }

    /// Takes over what another one knows.
    pub fn extend(&mut self, other: KnownCommits) {
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
pub(super) struct Commits<'a> {
    objects: &'a mut Objects,
    known: HashMap<Oid, Commit>,
    graph: Option<gix::commitgraph::Graph>,
    shallow: HashSet<Oid>,
    buffer: Vec<u8>,
}

impl<'a> Commits<'a> {
    /// For one repository.
    ///
    /// # Errors
    /// When the list of a shallow clone's last commits cannot be read.
    pub(super) fn new(repo: &Repo, objects: &'a mut Objects) -> Result<Self> {
        let local = repo.local();
        let shallow = local
            .shallow_commits()
            .map_err(|e| Error::incomplete(format!("the list of this shallow clone's last commits: {e}")))?;
        let shallow: HashSet<Oid> = shallow.iter().flat_map(|ids| ids.iter().copied()).collect();
        // The graph does not know where a shallow history ends. One that is damaged is no loss: the objects say the same.
        let graph = if shallow.is_empty() { local.commit_graph_if_enabled().ok().flatten() } else { None };
        Ok(Commits { objects, known: HashMap::new(), graph, shallow, buffer: Vec::new() })
    }

    /// With what is known already; none of it may be the end of a shallow history.
    pub(super) fn knowing(mut self, known: KnownCommits) -> Self {
        self.known = known.0;
        self
    }

    /// Whether the history ends at this commit because the clone is shallow.
    pub(super) fn is_cut(&self, id: &Oid) -> bool {
        self.shallow.contains(id)
    }

    /// A commit's date and parents.
    ///
    /// # Errors
    /// Why it could not be read.
    pub(super) fn read(&mut self, id: &Oid) -> Result<Commit, Unread> {
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

    /// Follows annotated tags to what they name.
    pub(super) fn peel(&mut self, id: Oid) -> Peeled {
        let (mut id, mut peeled) = (id, Peeled::default());
        if self.known.contains_key(&id) || self.graph.as_ref().is_some_and(|graph| graph.lookup(id).is_some()) {
            peeled.target = Some((id, Target::Commit));
            return peeled;
        }
        loop {
            let target = match self.objects.read(&id, u64::MAX, &mut self.buffer) {
                Ok(Kind::Commit) => Target::Commit,
                Ok(Kind::Tree) => Target::Tree,
                Ok(Kind::Blob) => Target::Blob,
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
