//! New commits and tags as items: messages, and what each commit's tree has that none of its parents' has.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use bstr::{BStr, BString, ByteSlice};
use rayon::prelude::*;

use super::changeset::{ChangeSet, Subject};
use super::objects::{ObjectReader, Seen, items, skip};
use super::{Content, Coverage, EachAltered, Item, Old, Reader, Skip};
use crate::chunk::{Kind, Origin, Pathless};
use crate::error::Result;
use crate::git::{self, Changes, Known, NewCommit, Objects, Oid, Repo, Unread};
use crate::threads;

/// Below this many commits their trees are compared on one thread.
const SERIAL_COMMITS: usize = 32;

/// How many trees, next to those that a plan opened anyway, may be read to leave out content which the other side has at
/// another path. Beyond it such copies are scanned, which costs less than finding them.
const KNOWN_TREES: usize = 128;

/// Plans new commits and hands out readers for them.
pub(super) struct Commits<'a> {
    repo: &'a Repo,
    max_object: u64,
    planned: OnceLock<Planned>,
}

/// What readers need of the plan.
#[derive(Default)]
struct Planned {
    /// By the numbers that the items carry.
    changes: Vec<ChangeSet>,
    known: Known,
    /// Everything that `known` holds, once asked for.
    known_content: OnceLock<HashSet<Oid>>,
    trees: Vec<Oid>,
    commits: Vec<Oid>,
}

impl<'a> Commits<'a> {
    pub(super) fn new(repo: &'a Repo, max_object: u64) -> Self {
        Commits { repo, max_object, planned: OnceLock::new() }
    }

    /// Items for everything new. Commits that only `notes` lead to hold notes.
    pub(super) fn plan(
        &self,
        mut new: git::Outgoing,
        tips: &[Oid],
        notes: &[Oid],
        coverage: &mut Coverage,
    ) -> Result<Vec<Item>> {
        let mut objects = self.repo.objects();
        let (mut planned, mut into) = (Planned::default(), Vec::new());
        for (id, why) in std::mem::take(&mut new.unread) {
            coverage.skipped.push(unread(id, &why));
        }
        // Oldest first: what is found belongs to the commit that brought it.
        new.commits.reverse();
        coverage.commits += new.commits.len();
        let notes = only_from(&new.commits, notes, tips);
        let brought = self.compare(&new, &mut objects);
        let opened: usize = brought.iter().map(|c| c.trees.len()).sum();
        let mut seen = Seen::default();
        if !new.blobs.is_empty() || brought.iter().any(|c| !c.new.is_empty() || !c.trees.is_empty()) {
            seen = Seen::knowing(new.known.near(&mut objects, KNOWN_TREES + 2 * opened).unwrap_or_default());
        }
        for tag in &new.tags {
            let mut item = message(*tag, Kind::TagMessage);
            item.origin.path = Pathless::TagMessage(tag_name(&mut objects, *tag).to_string()).to_string().into();
            into.push(item);
        }
        for id in &new.blobs {
            if seen.insert(*id, BStr::new(b"")) {
                into.push(whole_blob(*id));
            }
        }
        let mut trees = HashSet::new();
        let keys = new.commits.iter().map(Some).chain(new.trees.iter().map(|_| None));
        for (key, (commit, changes)) in keys.zip(brought).enumerate() {
            trees.extend(changes.trees.iter().filter(|tree| !seen.knows(tree)));
            let hex = commit.map(|c| c.id.to_string());
            into.extend(commit.map(|c| message(c.id, Kind::CommitMessage)));
            let first = into.len();
            items(&changes, hex.as_deref(), key, &mut seen, coverage, &mut into);
            let subject = commit.map_or(Subject::Tree, |commit| Subject::Commit(commit.clone()));
            planned.changes.push(ChangeSet::new(subject));
            if commit.is_some_and(|c| notes.contains(&c.id)) {
                name_notes(&mut into, first);
            }
        }
        planned.known = new.known;
        planned.commits = new.commits.iter().map(|c| c.id).collect();
        planned.trees = trees.into_iter().collect();
        planned.trees.sort();
        self.planned.get_or_init(|| planned);
        Ok(into)
    }

    /// Every commit against its parents, then every tagged tree against nothing; in the order of `new`.
    fn compare(&self, new: &git::Outgoing, objects: &mut Objects) -> Vec<Changes> {
        let mut all: Vec<Changes> = if new.commits.len() < SERIAL_COMMITS {
            new.commits.iter().map(|commit| git::brought(objects, commit)).collect()
        } else {
            let fresh = || self.repo.objects();
            // From the newest on: packs make older trees from newer ones.
            let mut all: Vec<Changes> = threads::shared(|| {
                new.commits.par_iter().rev().with_min_len(16).map_init(fresh, git::brought).collect()
            });
            all.reverse();
            all
        };
        for tree in &new.trees {
            let mut changes = Changes::default();
            git::compare(objects, *tree, &[], &mut changes);
            all.push(changes);
        }
        all
    }

    /// The trees that the plan found new: with the objects of its items, all that git would send.
    pub(super) fn trees(&self) -> &[Oid] {
        self.planned.get().map_or(&[], |p| &p.trees)
    }

    /// The commits that the plan found new, oldest first.
    pub(super) fn commits(&self) -> &[Oid] {
        self.planned.get().map_or(&[], |p| &p.commits)
    }

    /// A reader of what was planned.
    pub(super) fn reader(&self) -> CommitReader<'_> {
        let planned = self.planned.get();
        let changes = planned.map_or(&[][..], |p| &p.changes);
        CommitReader {
            repo: self.repo,
            objects: self.repo.objects(),
            fetching: None,
            max: self.max_object,
            planned,
            old: ObjectReader::new(self.repo, self.max_object, changes),
        }
    }
}

/// How much of an id a report shows.
const SHORT: usize = 7;

/// A commit's or a tag's message, with its headers.
pub(super) fn message(id: Oid, kind: Kind) -> Item {
    let hex = id.to_string();
    let path = format!("{} of {}", kind.name(), &hex[..SHORT.min(hex.len())]).into();
    let commit = (kind == Kind::CommitMessage).then_some(hex);
    Item { origin: Origin { kind, path, commit }, content: Content::Object(id), old: Old::Nothing }
}

/// A blob that a tag or a ref names itself.
pub(super) fn whole_blob(id: Oid) -> Item {
    let origin = Origin { kind: Kind::File, path: Pathless::Blob(id.to_string()).to_string().into(), commit: None };
    // It has no path to look up an old side by; the key of none says so, and content that was published is still told.
    Item { origin, content: Content::Object(id), old: Old::Unknown(usize::MAX) }
}

pub(super) fn unread(id: Oid, why: &Unread) -> Skip {
    Skip { what: "object", path: id.to_string(), reason: why.reason(), incomplete: true }
}

/// The name that a tag object gives itself.
pub(super) fn tag_name(objects: &mut Objects, tag: Oid) -> BString {
    let mut text = Vec::new();
    let _ = objects.read(&tag, u64::MAX, &mut text);
    let name = text.lines().take_while(|line| !line.is_empty()).find_map(|line| line.strip_prefix(b"tag "));
    name.map_or_else(|| tag.to_string().into(), BString::from)
}

/// The commits that `notes` lead to and no other tip does.
pub(super) fn only_from(commits: &[NewCommit], notes: &[Oid], tips: &[Oid]) -> HashSet<Oid> {
    if notes.is_empty() {
        return HashSet::new();
    }
    let parents: HashMap<Oid, &[Oid]> = commits.iter().map(|c| (c.id, c.parents.as_slice())).collect();
    let reach = |from: &[Oid]| {
        let (mut seen, mut stack) = (HashSet::new(), from.to_vec());
        while let Some(id) = stack.pop() {
            if let Some(parents) = parents.get(&id)
                && seen.insert(id)
            {
                stack.extend(*parents);
            }
        }
        seen
    };
    let others: Vec<Oid> = tips.iter().filter(|id| !notes.contains(id)).copied().collect();
    reach(notes).difference(&reach(&others)).copied().collect()
}

/// What a file of a notes tree is called: its path is the id it annotates, cut by slashes.
pub(super) fn note_on(path: &[u8]) -> Option<BString> {
    let hex: Vec<u8> = path.iter().copied().filter(|b| *b != b'/').collect();
    Oid::from_hex(&hex).ok().map(|id| Pathless::Note(id.to_string()).to_string().into())
}

/// Calls the files of a notes tree what they are.
fn name_notes(items: &mut Vec<Item>, first: usize) {
    let notes = items.split_off(first);
    items.extend(notes.into_iter().filter_map(|mut item| {
        let Some(note) = note_on(&item.origin.path) else { return Some(item) };
        if item.origin.kind == Kind::PathName {
            return None;
        }
        item.origin.kind = Kind::Note;
        item.origin.path = note;
        Some(item)
    }));
}

/// Reads commits, tags and blobs.
pub(super) struct CommitReader<'a> {
    repo: &'a Repo,
    objects: Objects,
    /// For new content that a partial clone does not have here yet.
    fetching: Option<Objects>,
    max: u64,
    planned: Option<&'a Planned>,
    old: ObjectReader<'a>,
}

impl CommitReader<'_> {
    pub(super) fn objects(&mut self) -> &mut Objects {
        &mut self.objects
    }

    /// Reads what is here; nothing is fetched.
    pub(super) fn read_here(&mut self, item: &Item, into: &mut Vec<u8>) -> Result<(), Skip> {
        self.read_or(item, into, |_, _, _| Err(Unread::Missing))
    }

    fn read_or(
        &mut self,
        item: &Item,
        into: &mut Vec<u8>,
        missing: impl FnOnce(&mut Self, &Oid, &mut Vec<u8>) -> Result<git::ObjectKind, Unread>,
    ) -> Result<(), Skip> {
        into.clear();
        let Content::Object(id) = &item.content else { return self.old.read(item, into) };
        let read = match self.objects.read(id, self.max, into) {
            Err(Unread::Missing) => missing(self, id, into),
            read => read,
        };
        read.map_err(|why| skip(item, *id, &why))?;
        if matches!(item.origin.kind, Kind::CommitMessage | Kind::TagMessage) {
            message_first(into);
        }
        Ok(())
    }

    /// Whether the side that is published to is known to hold this very content, at whatever path.
    fn is_known(&mut self, item: &Item) -> bool {
        let (Some(planned), Content::Object(id)) = (self.planned, &item.content) else { return false };
        planned.known_content.get_or_init(|| planned.known.all(&mut self.objects)).contains(id)
    }
}

impl Reader for CommitReader<'_> {
    fn read(&mut self, item: &Item, into: &mut Vec<u8>) -> Result<(), Skip> {
        self.read_or(item, into, |reader, id, into| {
            if !reader.repo.is_partial() {
                return Err(Unread::Missing);
            }
            let max = reader.max;
            reader.fetching.get_or_insert_with(|| reader.repo.objects_fetching()).read(id, max, into)
        })
    }

    fn old_sides(&mut self, item: &Item) -> Vec<Vec<u8>> {
        if self.is_known(item) {
            let mut same = Vec::new();
            return if self.read(item, &mut same).is_ok() { vec![same] } else { Vec::new() };
        }
        self.old.old_sides(item)
    }

    fn altered(&mut self, change: usize, each: &mut EachAltered<'_>) {
        self.old.altered(change, each);
    }
}

/// Puts the message before the headers, so that its lines count from 1 and the headers (names, signatures, whatever a
/// tool wrote there) are read as well.
pub(super) fn message_first(object: &mut Vec<u8>) {
    if let Some(end) = object.find(b"\n\n") {
        object.push(b'\n');
        object.rotate_left(end + 2);
    }
}
