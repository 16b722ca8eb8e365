//! What a push, or a ref update, publishes.

use std::collections::HashMap;

use bstr::{BString, ByteSlice};

use super::commits::{CommitReader, Commits};
use super::published::{self, Published, Witness};
use super::{Content, Coverage, EachAltered, Elsewhere, Item, LfsStore, Old, Reader, Skip, Source};
use crate::chunk::{Kind, Origin};
use crate::error::{Error, Result};
use crate::git::{self, Oid, Repo};

/// One line of what git tells a hook: a ref and where it moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefUpdate {
    /// What is pushed, as typed: a ref, `HEAD~1` or an expression; `(delete)` for a deletion. Empty on the receiving side.
    pub local_ref: BString,
    /// The object that the ref will point at; all zeros for a deletion.
    pub new: Oid,
    /// The ref that is updated.
    pub remote_ref: BString,
    /// What the ref points at there; all zeros when it does not exist.
    pub old: Oid,
}

/// Who says what is pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Informant {
    /// Git: every ref, and what the other side has at this moment.
    Git,
    /// A hook manager that keeps git's lines to itself: its old ids may come from tracking refs.
    Manager,
}

/// A push, as far as a hook is told about it.
#[derive(Clone, Debug)]
pub struct Push {
    /// The remote's name, or its address; empty when nobody said.
    pub remote: String,
    /// The remote's address.
    pub url: String,
    /// The refs that are updated.
    pub updates: Vec<RefUpdate>,
    /// Who says so.
    pub informant: Informant,
}

impl RefUpdate {
    /// Whether notes are pushed.
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

/// Reads what git gives a pre-push hook: `<local ref> <local id> <remote ref> <remote id>` a line.
///
/// # Errors
/// When a line is cut off or is none: what it names would go unscanned.
pub fn parse_pre_push(stdin: &[u8]) -> Result<Vec<RefUpdate>> {
    lines(stdin, |line| {
        // From the right: the local side is whatever was typed, with spaces if need be.
        let (rest, old) = line.rsplit_once_str(" ")?;
        let (rest, remote_ref) = rest.rsplit_once_str(" ")?;
        let (local_ref, new) = rest.rsplit_once_str(" ")?;
        update(local_ref, new, remote_ref, old)
    })
}

/// Reads what git gives a pre-receive or reference-transaction hook: `<old id> <new id> <ref>` a line. Symbolic refs
/// (`ref:NAME` in place of an id) move no objects and are left out.
///
/// # Errors
/// When a line is cut off or is none.
pub fn parse_ref_updates(stdin: &[u8]) -> Result<Vec<RefUpdate>> {
    let symbolic = |line: &[u8]| line.split_str(" ").take(2).any(|id| id.starts_with(b"ref:"));
    let mut kept = Vec::new();
    for line in stdin.lines_with_terminator().filter(|line| !symbolic(line)) {
        kept.extend_from_slice(line);
    }
    lines(&kept, |line| {
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

/// The name of a new ref is published with it. That of one which the other side has, or is to forget, is old: it does not
/// block, and is masked in what is said of the run all the same.
fn ref_name(update: &RefUpdate) -> Item {
    let origin = Origin { kind: Kind::RefName, path: update.remote_ref.clone(), commit: None };
    let is_new = update.old.is_null() && !update.new.is_null();
    let old = if is_new { Old::Nothing } else { Old::Unknown(usize::MAX) };
    Item { origin, content: Content::Bytes(update.remote_ref.to_vec().into()), old }
}

/// How many tracking refs are named that vouch for what a push stands on.
const MOST_TAKEN: usize = 2;

/// Everything that some ref updates bring to where they go.
pub struct Outgoing<'a> {
    repo: &'a Repo,
    updates: Vec<RefUpdate>,
    /// What is there already.
    published: Published,
    /// Whether the names of the refs are published, too.
    names: bool,
    commits: Commits<'a>,
}

impl<'a> Outgoing<'a> {
    /// What a push publishes. When neither the remote's name nor its address is known, what any remote holds counts as
    /// published. An object larger than `max_object` bytes makes the scan incomplete.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn push(repo: &'a Repo, push: Push, max_object: u64) -> Result<Outgoing<'a>> {
        let published = Published::find(repo, &push)?;
        Ok(Outgoing { names: true, published, ..Outgoing::new(repo, push.updates, Vec::new(), max_object) })
    }

    /// What ref updates bring into this very repository: everything that none of its refs leads to yet. For pre-receive.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn received(repo: &'a Repo, updates: Vec<RefUpdate>, max_object: u64) -> Result<Outgoing<'a>> {
        let mut there: Vec<Oid> = repo.refs("")?.into_iter().map(|r| r.id).collect();
        there.extend(repo.head()?);
        there.extend(updates.iter().map(|update| update.old).filter(|old| !old.is_null()));
        Ok(Outgoing { names: true, ..Outgoing::new(repo, updates, there, max_object) })
    }

    /// What a transaction of this repository would make branches and tags lead to: everything that none of them leads
    /// to yet, and no remote-tracking ref. HEAD and the stash do not count: what is committed on a detached HEAD is new
    /// to the branch that is put there.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn transaction(repo: &'a Repo, updates: Vec<RefUpdate>, max_object: u64) -> Result<Outgoing<'a>> {
        let mut there = Vec::new();
        for prefix in ["refs/heads/", "refs/tags/"] {
            there.extend(repo.refs(prefix)?.into_iter().map(|r| r.id));
        }
        // A ref below refs/remotes/ that no remote has was written by hand; git-svn keeps its own there.
        if repo.config("svn-remote.svn.url").is_some() {
            there.extend(repo.refs("refs/remotes/")?.into_iter().map(|r| r.id));
        } else {
            there.extend(git::Remotes::of(repo)?.all().iter().flat_map(|remote| &remote.tracking).map(|r| r.id));
        }
        // What a fetch brings is that remote's, also before a tracking ref says so. A tracking ref of this very
        // transaction says nothing: whoever writes the branch writes it as well.
        there.extend(repo.fetched().tips.into_iter().map(|(id, _)| id));
        let updates: Vec<_> = updates.into_iter().filter(|u| !u.remote_ref.starts_with(b"refs/remotes/")).collect();
        there.extend(updates.iter().map(|update| update.old).filter(|old| !old.is_null()));
        Ok(Outgoing::new(repo, updates, there, max_object))
    }

    /// What one commit brings that none of its parents has.
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
        Outgoing { repo, updates, published, names: false, commits: Commits::new(repo, max_object) }
    }

    /// What of the history only tracking refs vouch for: each of them with one commit.
    fn taken(&self, borders: &[git::Border]) -> Vec<String> {
        let mut named: Vec<&BString> = Vec::new();
        let mut taken = Vec::new();
        for border in borders {
            if let (_, Witness::Tracking(name)) = &self.published.there[border.hidden_by]
                && !named.contains(&name)
            {
                named.push(name);
                if named.len() <= MOST_TAKEN {
                    taken.push(published::taken(self.repo, border.commit, name));
                }
            }
        }
        let more = named.len().saturating_sub(MOST_TAKEN);
        taken.extend((more > 0).then(|| format!("and by {more} more refs")));
        taken
    }

    /// After the plan: the commits that are new, oldest first.
    pub fn commits(&self) -> &[Oid] {
        self.commits.commits()
    }

    /// After the plan: the trees that are new. With the objects of the items they are what
    /// `git rev-list --objects NEW --not THERE` lists.
    pub fn trees(&self) -> &[Oid] {
        self.commits.trees()
    }
}

impl Source for Outgoing<'_> {
    fn plan(&self, coverage: &mut Coverage) -> Result<Vec<Item>> {
        let (mut tips, mut notes) = (Vec::new(), Vec::new());
        let hidden: Vec<Oid> = self.published.there.iter().map(|(id, _)| *id).collect();
        for update in &self.updates {
            if update.new.kind() != self.repo.hash_kind() {
                return Err(Error::incomplete(format!(
                    "{}: its id is not of this repository's hash ({})",
                    update.shown(),
                    self.repo.hash_kind()
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
        let mut items = Vec::new();
        if !tips.is_empty() {
            let new = git::outgoing(self.repo, &mut self.repo.objects(), &tips, &hidden)?;
            coverage.taken.extend(self.taken(&new.borders));
            items = self.commits.plan(new, &tips, &notes, coverage)?;
        }
        items.extend(self.updates.iter().filter(|u| self.names && !u.remote_ref.is_empty()).map(ref_name));
        Ok(items)
    }

    fn lfs(&self) -> Option<LfsStore> {
        Some(LfsStore::of(self.repo, true))
    }

    fn reader(&self) -> Result<Box<dyn Reader + '_>> {
        Ok(Box::new(OutgoingReader { inner: self.commits.reader(), published: &self.published, asked: HashMap::new() }))
    }
}

/// Reads what was planned, and knows what is published elsewhere.
struct OutgoingReader<'a> {
    inner: CommitReader<'a>,
    published: &'a Published,
    asked: HashMap<Oid, Option<Elsewhere>>,
}

impl Reader for OutgoingReader<'_> {
    fn read(&mut self, item: &Item, into: &mut Vec<u8>) -> Result<(), Skip> {
        self.inner.read(item, into)
    }

    fn old_sides(&mut self, item: &Item) -> Vec<Vec<u8>> {
        match &item.content {
            // A name that was there before is its own old side.
            Content::Bytes(name) if item.origin.kind == Kind::RefName => vec![name.to_vec()],
            _ => self.inner.old_sides(item),
        }
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
            // An id that is not here says nothing of what is published there.
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
