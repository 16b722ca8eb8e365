//! What a push, or a ref update, publishes.

use std::collections::HashMap;

use bstr::{BString, ByteSlice};

use super::commits::{CommitReader, Commits};
use super::{Content, Coverage, EachAltered, Item, Old, Reader, Skip, Source};
use crate::chunk::{Kind, Origin};
use crate::error::{Error, Result};
use crate::git::{self, Oid, Remotes, Repo};

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

/// Everything that some ref updates bring to where they go.
pub struct Outgoing<'a> {
    repo: &'a Repo,
    updates: Vec<RefUpdate>,
    /// What is there already, apart from the old ids of the updates.
    there: Vec<Oid>,
    /// Remotes other than the one that is pushed to, by name, with what they are known to hold.
    others: Vec<(String, Vec<Oid>)>,
    /// Whether the names of the refs are published, too.
    names: bool,
    commits: Commits<'a>,
}

impl<'a> Outgoing<'a> {
    /// What a push publishes: `name` and `url` are git's arguments to pre-push, both empty when they are not known: then
    /// what any remote holds counts as published. An object larger than `max_object`
    /// bytes makes the scan incomplete.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn push(
        repo: &'a Repo,
        name: &str,
        url: &str,
        updates: Vec<RefUpdate>,
        max_object: u64,
    ) -> Result<Outgoing<'a>> {
        let remotes = Remotes::of(repo)?;
        let to = remotes.find(name, url).map(|r| r.name.clone());
        let nobody_said = name.is_empty() && url.is_empty();
        let (mut there, mut others) = (Vec::new(), Vec::new());
        for remote in remotes.all() {
            if Some(&remote.name) == to.as_ref() || nobody_said {
                there.extend(&remote.tips);
            } else if !remote.tips.is_empty() {
                others.push((remote.name.clone(), remote.tips.clone()));
            }
        }
        Ok(Outgoing { names: true, ..Outgoing::new(repo, updates, there, others, max_object) })
    }

    /// What ref updates bring into this very repository: everything that none of its refs leads to yet. For pre-receive.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn received(repo: &'a Repo, updates: Vec<RefUpdate>, max_object: u64) -> Result<Outgoing<'a>> {
        let mut there: Vec<Oid> = repo.refs("")?.into_iter().map(|r| r.id).collect();
        there.extend(repo.head()?);
        Ok(Outgoing { names: true, ..Outgoing::new(repo, updates, there, Vec::new(), max_object) })
    }

    /// What a transaction of this repository would make branches and tags lead to: everything that none of them leads
    /// to yet, and no remote-tracking ref. HEAD and the stash do not count: what is committed on a detached HEAD is new
    /// to the branch that is put there.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn transaction(repo: &'a Repo, updates: Vec<RefUpdate>, max_object: u64) -> Result<Outgoing<'a>> {
        let mut there = Vec::new();
        for prefix in ["refs/heads/", "refs/tags/", "refs/remotes/"] {
            there.extend(repo.refs(prefix)?.into_iter().map(|r| r.id));
        }
        // What a fetch brings from a remote is that remote's, also while its tracking refs are being written.
        there.extend(repo.fetched());
        let (fetched, updates): (Vec<_>, Vec<_>) =
            updates.into_iter().partition(|u| u.remote_ref.starts_with(b"refs/remotes/"));
        there.extend(fetched.into_iter().map(|u| u.new).filter(|id| !id.is_null()));
        Ok(Outgoing::new(repo, updates, there, Vec::new(), max_object))
    }

    /// What one commit brings that none of its parents has.
    pub fn commit(repo: &'a Repo, id: Oid, parents: Vec<Oid>, max_object: u64) -> Outgoing<'a> {
        let update = RefUpdate {
            local_ref: "HEAD".into(),
            new: id,
            remote_ref: BString::default(),
            old: Oid::null(repo.hash_kind()),
        };
        Outgoing::new(repo, vec![update], parents, Vec::new(), max_object)
    }

    fn new(
        repo: &'a Repo,
        updates: Vec<RefUpdate>,
        there: Vec<Oid>,
        others: Vec<(String, Vec<Oid>)>,
        max_object: u64,
    ) -> Self {
        let commits = Commits::new(repo, max_object);
        Outgoing { repo, updates, there, others, names: false, commits }
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
        let (mut tips, mut notes, mut hidden) = (Vec::new(), Vec::new(), self.there.clone());
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
            if !update.old.is_null() {
                hidden.push(update.old);
            }
        }
        if self.updates.is_empty() {
            coverage.refs.push("nothing to push".into());
        }
        let mut items = Vec::new();
        if !tips.is_empty() {
            let new = git::outgoing(self.repo, &mut self.repo.objects(), &tips, &hidden)?;
            items = self.commits.plan(new, &tips, &notes, coverage)?;
        }
        items.extend(self.updates.iter().filter(|u| self.names && !u.remote_ref.is_empty()).map(ref_name));
        Ok(items)
    }

    fn reader(&self) -> Result<Box<dyn Reader + '_>> {
        Ok(Box::new(OutgoingReader { inner: self.commits.reader(), others: &self.others, asked: HashMap::new() }))
    }
}

/// Reads what was planned, and knows what other remotes hold.
struct OutgoingReader<'a> {
    inner: CommitReader<'a>,
    others: &'a [(String, Vec<Oid>)],
    asked: HashMap<Oid, Option<String>>,
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

    fn published_elsewhere(&mut self, item: &Item) -> Option<String> {
        let commit = Oid::from_hex(item.origin.commit.as_ref()?.as_bytes()).ok()?;
        if let Some(known) = self.asked.get(&commit) {
            return known.clone();
        }
        let objects = self.inner.objects();
        let held =
            self.others.iter().find(|(_, tips)| git::reaches(objects, tips, commit)).map(|(name, _)| name.clone());
        self.asked.insert(commit, held.clone());
        held
    }
}
