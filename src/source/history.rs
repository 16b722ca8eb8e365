//! A whole history: every object that any ref leads to, or every object there is.

use std::collections::HashSet;

use bstr::{BString, ByteSlice};

use super::commits::{CommitReader, Commits, message, note_on, only_from, tag_name, unread, whole_blob};
use super::swept::{self, Sieve};
use super::{Content, Coverage, Item, LfsStore, Old, Reader, Skip, Source};
use crate::chunk::{Kind, Origin, Pathless};
use crate::error::Result;
use crate::finding::Finding;
use crate::git::{self, Held, KnownCommits, Mode, Objects, Oid, Repo, Trees};
use crate::path::special::is_special;

/// Every blob, commit, tag and path name of a history. There is no old side: everything counts.
pub struct History<'a> {
    repo: &'a Repo,
    all_objects: bool,
    max_object: u64,
    sieve: Option<Sieve<'a>>,
    commits: Commits<'a>,
}

impl<'a> History<'a> {
    /// What any ref leads to; with `all_objects` everything in the store, unreachable objects included. An object larger
    /// than `max_object` bytes makes the scan incomplete.
    pub fn new(repo: &'a Repo, all_objects: bool, max_object: u64) -> History<'a> {
        History { repo, all_objects, max_object, sieve: None, commits: Commits::new(repo, max_object) }
    }

    /// Has the plan itself look through the packs, as far as that is faster, and drop what holds nothing.
    #[must_use]
    pub fn sieved(mut self, sieve: Sieve<'a>) -> Self {
        self.sieve = Some(sieve);
        self
    }
}

/// How many tips a history was read from, for people.
pub(super) fn counted_tips(n: usize) -> String {
    format!("{n} {}", if n == 1 { "tip" } else { "tips" })
}

impl Source for History<'_> {
    fn plan(&self, coverage: &mut Coverage) -> Result<Vec<Item>> {
        if let Some(sieve) = self.sieve.as_ref().filter(|_| !self.all_objects)
            && let Some(items) = swept::plan(self.repo, sieve, self.max_object, coverage)?
        {
            return Ok(items);
        }
        let mut objects = self.repo.objects();
        let (mut new, tips) = git::everything(self.repo, &mut objects, KnownCommits::default())?;
        coverage.refs.push(counted_tips(tips.len()));
        coverage.skipped.extend(new.unread.iter().map(|(id, why)| unread(*id, why)));
        for id in &new.cut {
            coverage.skipped.push(Skip {
                what: "commit",
                path: id.to_string(),
                reason:
                    "this shallow clone ends here, and what lies before it is not read; `git fetch --unshallow` (in \
                         GitHub Actions: fetch-depth: 0)"
                        .into(),
                incomplete: true,
            });
        }
        new.commits.reverse();
        let notes: Vec<Oid> = self.repo.refs("refs/notes/")?.into_iter().map(|r| r.id).collect();
        let notes = only_from(&new.commits, &notes, &tips);
        let mut plan =
            Plan { coverage, items: Vec::new(), seen: HashSet::new(), named: HashSet::new(), paths: HashSet::new() };
        let mut trees = Trees::default();
        for tag in &new.tags {
            plan.tag(&mut objects, *tag);
        }
        for commit in &new.commits {
            plan.commit(commit.id);
            let hex = commit.id.to_string();
            let from = if notes.contains(&commit.id) { From::Notes(&hex) } else { From::Commit(&hex) };
            trees.visit(&mut objects, commit.id, &mut |held| plan.held(held, from));
        }
        for tree in &new.trees {
            trees.visit(&mut objects, *tree, &mut |held| plan.held(held, From::Tree));
        }
        for blob in &new.blobs {
            plan.blob(*blob);
        }
        if self.all_objects {
            let reached: HashSet<Oid> = new.commits.iter().map(|c| c.id).chain(new.tags.iter().copied()).collect();
            plan.rest(self.repo, &mut objects, &mut trees, &reached)?;
        }
        Ok(plan.items)
    }

    fn lfs(&self) -> Option<LfsStore> {
        Some(LfsStore::of(self.repo, false))
    }

    fn reader(&self) -> Result<Box<dyn Reader + '_>> {
        Ok(Box::new(HistoryReader(self.commits.reader())))
    }

    /// A secret is told once for each path, where it first came up: not again for every later version of the file.
    fn settle(&self, findings: &mut Vec<Finding>) {
        let mut seen = HashSet::new();
        findings.retain(|f| seen.insert((f.location.path.clone(), f.rule.id, f.fingerprint)));
    }
}

/// A plan in the making.
struct Plan<'a> {
    coverage: &'a mut Coverage,
    items: Vec<Item>,
    seen: HashSet<Oid>,
    /// Files that are judged by their name as well: at each path, once a content.
    named: HashSet<(Oid, BString)>,
    paths: HashSet<BString>,
}

/// What a tree was reached from.
#[derive(Clone, Copy)]
enum From<'a> {
    /// A commit, in hex.
    Commit(&'a str),
    /// A commit that only notes refs lead to.
    Notes(&'a str),
    /// Nothing but a tag, a ref or the store.
    Tree,
}

impl Plan<'_> {
    fn commit(&mut self, id: Oid) {
        self.coverage.commits += 1;
        self.items.push(message(id, Kind::CommitMessage));
    }

    fn tag(&mut self, objects: &mut Objects, id: Oid) {
        let mut item = message(id, Kind::TagMessage);
        item.origin.path = Pathless::TagMessage(tag_name(objects, id).to_string()).to_string().into();
        self.items.push(item);
    }

    fn blob(&mut self, id: Oid) {
        if self.seen.insert(id) {
            self.items.push(whole_blob(id));
        }
    }

    fn held(&mut self, held: Held, from: From) {
        let (path, id, mode) = match held {
            Held::Entry { path, id, mode } => (path, id, mode),
            Held::Unread { id, why, .. } => return self.coverage.skipped.push(unread(id, why)),
        };
        let commit = match from {
            From::Commit(commit) | From::Notes(commit) => Some(commit),
            From::Tree => None,
        };
        if let (From::Notes(_), Some(path)) = (from, note_on(path)) {
            if self.seen.insert(id) {
                let origin = Origin { kind: Kind::Note, path, commit: commit.map(str::to_owned) };
                self.items.push(Item { origin, content: Content::Object(id), old: Old::Nothing });
            }
            return;
        }
        let origin = |kind| Origin { kind, path: path.to_owned(), commit: commit.map(str::to_owned) };
        if !self.paths.contains(path) {
            self.paths.insert(path.to_owned());
            let name = path.as_bytes().into();
            self.items.push(Item { origin: origin(Kind::PathName), content: Content::Bytes(name), old: Old::Nothing });
        }
        let kind = match mode {
            Mode::File => Kind::File,
            Mode::Symlink => Kind::Symlink,
            Mode::Gitlink => {
                if self.seen.insert(id) {
                    self.coverage.skipped.push(super::objects::gitlink(path, id));
                }
                return;
            }
        };
        // A lockfile is judged by its name as well: the same bytes elsewhere are no other lockfile.
        let named = is_special(path) && self.named.insert((id, path.to_owned()));
        if self.seen.insert(id) || named {
            self.items.push(Item { origin: origin(kind), content: Content::Object(id), old: Old::Nothing });
        }
    }

    /// What no ref leads to.
    fn rest(&mut self, repo: &Repo, objects: &mut Objects, trees: &mut Trees, reached: &HashSet<Oid>) -> Result<()> {
        let mut blobs = Vec::new();
        let mut loose_trees = Vec::new();
        for id in git::every_object(repo)? {
            if reached.contains(&id) || self.seen.contains(&id) || trees.seen().contains(&id) {
                continue;
            }
            match objects.header(&id) {
                Some((git::ObjectKind::Commit, _)) => {
                    self.commit(id);
                    let hex = id.to_string();
                    trees.visit(objects, id, &mut |held| self.held(held, From::Commit(&hex)));
                }
                Some((git::ObjectKind::Tag, _)) => self.tag(objects, id),
                Some((git::ObjectKind::Tree, _)) => loose_trees.push(id),
                Some((git::ObjectKind::Blob, _)) => blobs.push(id),
                None => self.coverage.skipped.push(unread(id, &git::Unread::Corrupt("no header".into()))),
            }
        }
        // Last, so that what an unreachable commit or tree names is called by its path.
        for id in loose_trees {
            trees.visit(objects, id, &mut |held| self.held(held, From::Tree));
        }
        for id in blobs {
            self.blob(id);
        }
        Ok(())
    }
}

/// Reads objects; nothing came before any of them.
struct HistoryReader<'a>(CommitReader<'a>);

impl Reader for HistoryReader<'_> {
    fn read(&mut self, item: &Item, into: &mut Vec<u8>) -> Result<(), Skip> {
        self.0.read_here(item, into)
    }

    fn old_sides(&mut self, _: &Item) -> Vec<Vec<u8>> {
        Vec::new()
    }
}
