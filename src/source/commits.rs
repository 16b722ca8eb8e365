//! New commits and tags as items: messages, and the content of each commit's tree that none of its parents has.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use bstr::{BStr, BString, ByteSlice};
use rayon::prelude::*;

use super::changeset::{ChangeKind, ChangeSet, MOST_PATHS};
use super::objects::{ItemWriter, ObjectReader, PlannedContent, is_mild, skip};
use super::{Content, ContentReader, Coverage, EachAltered, Item, Old, Plan, Readers, Skip};
use crate::chunk::{ChunkPlace, Kind, Origin};
use crate::error::Result;
use crate::git::{self, HiddenContent, KnownContent, NewCommit, NewObjects, Objects, Oid, Repo, TreeChanges, Unread};
use crate::threads;

/// Below this many commits their trees are compared on one thread.
const SERIAL_COMMITS: usize = 32;

/// How many trees, beside those that a plan opened anyway, may be read to leave out content which the other side has at
/// another path. Beyond it such copies are scanned, which costs less than finding them.
const KNOWN_TREES: usize = 128;

/// The repository that commits are read from, and the limit on the size of one object in bytes.
#[derive(Clone, Copy)]
pub(super) struct CommitSource<'a> {
    pub repo: &'a Repo,
    pub max_object: u64,
    /// So many changed paths are planned; the trees of all further commits are not read.
    pub max_paths: usize,
}

/// The tips of a walk. Commits that only `notes` lead to hold notes.
#[derive(Clone, Copy)]
pub(super) struct Tips<'t> {
    pub all: &'t [Oid],
    pub notes: &'t [Oid],
}

/// The items of new commits, with access to their content.
pub(super) struct CommitPlan<'a> {
    pub items: Vec<Item>,
    pub trees: Vec<Oid>,
    pub content: CommitContent<'a>,
}

impl<'a> CommitPlan<'a> {
    /// Nothing is new.
    pub(super) fn empty(source: CommitSource<'a>) -> Self {
        let content = CommitContent::without_old_sides(source);
        CommitPlan { items: Vec::new(), trees: Vec::new(), content }
    }
}

impl<'a> From<CommitPlan<'a>> for Plan<'a> {
    fn from(plan: CommitPlan<'a>) -> Self {
        Plan { trees: plan.trees, ..Plan::new(plan.items, plan.content) }
    }
}

impl<'a> CommitSource<'a> {
    /// A repository whose own people made the commits.
    pub(super) fn of(repo: &'a Repo, max_object: u64) -> Self {
        CommitSource { repo, max_object, max_paths: MOST_PATHS }
    }

    /// Items for everything new.
    pub(super) fn plan(self, mut new: NewObjects, tips: Tips<'_>, coverage: &mut Coverage) -> Result<CommitPlan<'a>> {
        let mut objects = self.repo.objects();
        for (id, why) in std::mem::take(&mut new.unread) {
            coverage.skipped.push(unread(id, &why));
        }
        // Oldest first: a finding belongs to the commit that brought it.
        new.commits.reverse();
        coverage.commits += new.commits.len();
        coverage.new_commits.extend(new.commits.iter().map(|commit| commit.id));
        let notes = only_from(&new.commits, tips);
        let compared = self.compare(&new, &mut objects);
        let mut planned = known_content(&new, &compared, &mut objects);
        let mut items = Vec::new();
        for tag in &new.tags {
            items.push(tag_message(&mut objects, *tag));
        }
        for id in &new.blobs {
            if planned.insert(*id, BStr::new(b"")) {
                items.push(bare_blob(*id));
            }
        }
        let (mut trees, mut changes) = (HashSet::new(), Vec::new());
        let commits = new.commits.iter().map(Some).chain(new.trees.iter().map(|_| None));
        for (number, (commit, compared)) in commits.zip(compared).enumerate() {
            trees.extend(compared.trees.iter().filter(|tree| !planned.has(tree)));
            let hex = commit.map(|c| c.id.to_string());
            items.extend(commit.map(|c| commit_message(c.id)));
            let first = items.len();
            let mut writer = ItemWriter { planned: &mut planned, coverage, items: &mut items };
            writer.add(&compared, hex.as_deref(), number);
            changes.push(ChangeSet::new(commit.map_or(ChangeKind::Tree, |commit| ChangeKind::Commit(commit.clone()))));
            if commit.is_some_and(|c| notes.contains(&c.id)) {
                name_notes(&mut items, first);
            }
        }
        let mut trees: Vec<Oid> = trees.into_iter().collect();
        trees.sort();
        let content = CommitContent { source: self, changes, hidden: new.known, hidden_ids: OnceLock::new() };
        Ok(CommitPlan { items, trees, content })
    }

    /// Every commit compared with its parents, then every tagged tree with nothing; in the order of `new`.
    fn compare(self, new: &NewObjects, objects: &mut Objects) -> Vec<TreeChanges> {
        let left = AtomicUsize::new(self.max_paths);
        let introduced = |objects: &mut Objects, commit: &NewCommit| {
            let most = left.load(Ordering::Relaxed);
            let changes = git::introduced_changes(objects, commit, most);
            // After one change that is too large, none but the smallest are worth the try.
            let spent = if changes.is_given_up() { most } else { changes.new.len() };
            let _ = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| Some(left.saturating_sub(spent)));
            changes
        };
        let mut all: Vec<TreeChanges> = if new.commits.len() < SERIAL_COMMITS {
            new.commits.iter().map(|commit| introduced(objects, commit)).collect()
        } else {
            let database = || self.repo.objects();
            // From the newest on: packs make older trees from newer ones.
            let mut all: Vec<TreeChanges> = threads::shared(|| {
                let commits = new.commits.par_iter().rev().with_min_len(16);
                commits.map_init(database, introduced).collect()
            });
            all.reverse();
            all
        };
        for tree in &new.trees {
            let mut changes = TreeChanges::default();
            git::compare(objects, *tree, &[], left.load(Ordering::Relaxed), &mut changes);
            all.push(changes);
        }
        all
    }
}

/// The content that the other side has, as far as finding it is cheaper than scanning it again.
fn known_content(new: &NewObjects, compared: &[TreeChanges], objects: &mut Objects) -> PlannedContent {
    if new.blobs.is_empty() && compared.iter().all(|c| c.new.is_empty() && c.trees.is_empty()) {
        return PlannedContent::default();
    }
    let opened: usize = compared.iter().map(|c| c.trees.len()).sum();
    PlannedContent::knowing(new.known.near_boundary(objects, KNOWN_TREES + 2 * opened, is_mild).unwrap_or_default())
}

/// The content of planned commits.
pub(super) struct CommitContent<'a> {
    source: CommitSource<'a>,
    /// By the numbers that the items carry.
    changes: Vec<ChangeSet>,
    hidden: HiddenContent,
    /// Every object of `hidden`, read when a finding first asks for it.
    hidden_ids: OnceLock<KnownContent>,
}

impl<'a> CommitContent<'a> {
    /// The content of items that are compared with nothing.
    pub(super) fn without_old_sides(source: CommitSource<'a>) -> Self {
        let hidden = HiddenContent::default();
        CommitContent { source, changes: Vec::new(), hidden, hidden_ids: OnceLock::new() }
    }

    pub(super) fn commit_reader(&self) -> CommitReader<'_> {
        let CommitSource { repo, max_object, .. } = self.source;
        CommitReader {
            content: self,
            objects: repo.objects(),
            fetching: None,
            old: ObjectReader::new(repo.objects(), max_object, &self.changes),
        }
    }
}

impl Readers for CommitContent<'_> {
    fn reader(&self) -> Result<Box<dyn ContentReader + '_>> {
        Ok(Box::new(self.commit_reader()))
    }
}

/// How many digits of an id a report shows.
const SHORT: usize = 7;

/// A commit's message, with its headers.
pub(super) fn commit_message(id: Oid) -> Item {
    let place = ChunkPlace::CommitMessage(format!("commit message of {}", short(id)).into());
    let origin = Origin { place, commit: Some(id.to_string()) };
    Item { origin, content: Content::Object(id), old: Old::Nothing }
}

/// A tag's message, with its headers, called by the name that the tag gives itself.
pub(super) fn tag_message(objects: &mut Objects, id: Oid) -> Item {
    tag_message_called(&tag_name(objects, id).to_string(), id)
}

/// A tag's message, called by the tag's id.
pub(super) fn unread_tag_message(id: Oid) -> Item {
    tag_message_called(&short(id), id)
}

fn tag_message_called(name: &str, id: Oid) -> Item {
    let origin = Origin::of(ChunkPlace::tag_message(name));
    Item { origin, content: Content::Object(id), old: Old::Nothing }
}

fn short(id: Oid) -> String {
    id.to_hex_with_len(SHORT).to_string()
}

/// A blob that a tag or a ref names itself.
pub(super) fn bare_blob(id: Oid) -> Item {
    let origin = Origin::of(ChunkPlace::blob(id));
    Item { origin, content: Content::Object(id), old: Old::WithoutPath }
}

/// The coverage row of an object that could not be read.
pub(super) fn unread(id: Oid, why: &Unread) -> Skip {
    Skip { what: "object", path: id.to_string(), reason: why.reason(), incomplete: true }
}

/// The coverage row of a commit at which a shallow clone ends; `consequence` names the history that is not read.
pub(super) fn shallow_end(id: Oid, consequence: &str) -> Skip {
    Skip {
        what: "commit",
        path: id.to_string(),
        reason: format!(
            "this shallow clone ends here, and {consequence}; `git fetch --unshallow` (in GitHub Actions: fetch-depth: 0)"
        ),
        incomplete: true,
    }
}

/// The number of tips that a history was read from, for people.
pub(super) fn counted_tips(n: usize) -> String {
    format!("{n} {}", if n == 1 { "tip" } else { "tips" })
}

/// The name that a tag object gives itself.
fn tag_name(objects: &mut Objects, tag: Oid) -> BString {
    let mut text = Vec::new();
    let _ = objects.read(&tag, u64::MAX, &mut text);
    let name = text.lines().take_while(|line| !line.is_empty()).find_map(|line| line.strip_prefix(b"tag "));
    name.map_or_else(|| tag.to_string().into(), BString::from)
}

/// The commits that notes refs lead to and no other tip does.
pub(super) fn only_from(commits: &[NewCommit], tips: Tips<'_>) -> HashSet<Oid> {
    if tips.notes.is_empty() {
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
    let others: Vec<Oid> = tips.all.iter().filter(|id| !tips.notes.contains(id)).copied().collect();
    reach(tips.notes).difference(&reach(&others)).copied().collect()
}

/// The description of a file in a notes tree: its path is the id it annotates, cut by slashes.
pub(super) fn note_on(path: &[u8]) -> Option<ChunkPlace> {
    let hex: Vec<u8> = path.iter().copied().filter(|b| *b != b'/').collect();
    Oid::from_hex(&hex).ok().map(ChunkPlace::note_on)
}

/// Turns the files of a notes tree into notes.
fn name_notes(items: &mut Vec<Item>, first: usize) {
    let notes = items.split_off(first);
    items.extend(notes.into_iter().filter_map(|mut item| {
        let Some(note) = note_on(item.origin.path()) else { return Some(item) };
        if item.origin.kind() == Kind::PathName {
            return None;
        }
        item.origin.place = note;
        Some(item)
    }));
}

/// Reads commits, tags and blobs.
pub(super) struct CommitReader<'a> {
    content: &'a CommitContent<'a>,
    objects: Objects,
    /// For new content that a partial clone does not have yet.
    fetching: Option<Objects>,
    old: ObjectReader<'a>,
}

impl CommitReader<'_> {
    pub(super) fn objects(&mut self) -> &mut Objects {
        &mut self.objects
    }

    /// Reads an object that is in the repository; nothing is fetched.
    pub(super) fn read_local(&mut self, item: &Item, into: &mut Vec<u8>) -> Result<(), Skip> {
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
        let read = match self.objects.read(id, self.content.source.max_object, into) {
            Err(Unread::Missing) => missing(self, id, into),
            read => read,
        };
        read.map_err(|why| skip(item, *id, &why))?;
        if matches!(item.origin.kind(), Kind::CommitMessage | Kind::TagMessage) {
            message_first(into);
        }
        Ok(())
    }

    /// Returns whether the side that is published to is known to hold this very content, at any path.
    fn is_known(&mut self, item: &Item) -> bool {
        let Content::Object(id) = &item.content else { return false };
        self.known().all.contains(id)
    }

    fn known(&mut self) -> &KnownContent {
        self.content.hidden_ids.get_or_init(|| self.content.hidden.all(&mut self.objects, is_mild))
    }
}

impl ContentReader for CommitReader<'_> {
    fn read(&mut self, item: &Item, into: &mut Vec<u8>) -> Result<(), Skip> {
        self.read_or(item, into, |reader, id, into| {
            let CommitSource { repo, max_object, .. } = reader.content.source;
            if !repo.is_partial() {
                return Err(Unread::Missing);
            }
            reader.fetching.get_or_insert_with(|| repo.objects_fetching()).read(id, max_object, into)
        })
    }

    fn old_sides(&mut self, item: &Item) -> Vec<Vec<u8>> {
        if self.is_known(item) {
            let mut same = Vec::new();
            return if self.read(item, &mut same).is_ok() { vec![same] } else { Vec::new() };
        }
        self.old.old_sides(item)
    }

    fn old_ids(&mut self, item: &Item) -> Vec<Oid> {
        if self.is_known(item) { Vec::new() } else { self.old.old_ids(item) }
    }

    fn old_path(&mut self, item: &Item) -> Option<BString> {
        if let (Content::Object(id), true) = (&item.content, self.is_known(item)) {
            return self.known().apart.get(id).cloned();
        }
        self.old.old_path(item)
    }

    fn altered(&mut self, change: usize, each: &mut EachAltered<'_>) {
        self.old.altered(change, each);
    }
}

/// Moves the message before the headers, so that its lines count from 1 and the headers (names, signatures, whatever a
/// tool wrote) are scanned as well.
pub(super) fn message_first(object: &mut Vec<u8>) {
    if let Some(end) = object.find(b"\n\n") {
        object.push(b'\n');
        object.rotate_left(end + 2);
    }
}
