//! Items that are git objects: from changed paths to content and its old sides.

use std::collections::HashSet;

use bstr::{BStr, BString};

use super::changeset::ChangeSet;
use super::{Content, ContentReader, Coverage, EachAltered, InMemory, Item, Old, Skip};
use crate::chunk::{ChunkPlace, Origin};
use crate::git::{EntryMode, KnownContent, Objects, Oid, TreeChanges, Unread};
use crate::path::purpose::path_kind;
use crate::path::special::is_special;

/// Content that is planned already, or that the other side has.
#[derive(Default)]
pub(super) struct PlannedContent {
    /// Content of the other side, at any path.
    known: KnownContent,
    /// Content is judged at every path that holds it: a key that is a sample below `tests/` is none below `deploy/`,
    /// and an allowance for one path does not cover another.
    planned: HashSet<(Oid, BString)>,
}

impl PlannedContent {
    /// Nothing is planned yet; `known` content need not be.
    pub(super) fn knowing(known: KnownContent) -> Self {
        Self { known, planned: HashSet::new() }
    }

    /// Returns whether the other side has this object.
    pub(super) fn has(&self, id: &Oid) -> bool {
        self.known.all.contains(id)
    }

    /// Returns whether the other side has this content. What it has at mild paths alone is not known at another.
    fn knows(&self, id: &Oid, path: &BStr) -> bool {
        self.has(id) && (!self.known.apart.contains_key(id) || is_mild(path))
    }

    /// Returns whether content is to be planned at this path: once for each, but a lockfile and its like every time,
    /// since their changes are judged as well.
    pub(super) fn insert(&mut self, id: Oid, path: &BStr) -> bool {
        is_special(path) || !self.knows(&id, path) && self.planned.insert((id, path.to_owned()))
    }
}

/// Returns whether findings that rest on context alone do not block at this path.
pub(super) fn is_mild(path: &BStr) -> bool {
    path_kind(path).lowers()
}

/// Turns changes into items: the content of a file or link, and the name of a path that is new.
pub(super) struct ItemWriter<'a> {
    pub planned: &'a mut PlannedContent,
    pub coverage: &'a mut Coverage,
    pub items: &'a mut Vec<Item>,
}

impl ItemWriter<'_> {
    /// Adds the items of one change; `number` is its number in the source.
    pub(super) fn add(&mut self, changes: &TreeChanges, commit: Option<&str>, number: usize) {
        for (path, id, why) in &changes.unread {
            let path = if path.is_empty() { id.to_string() } else { path.to_string() };
            let reason = format!("{id}: {}", why.reason());
            self.coverage.skipped.push(Skip { what: "tree", path, reason, incomplete: true });
        }
        for change in &changes.new {
            let origin = |place: fn(BString) -> ChunkPlace| Origin {
                place: place(change.path.clone()),
                commit: commit.map(str::to_owned),
            };
            if change.old.is_empty() {
                let (content, old) = (Content::Bytes(change.path.to_vec().into_boxed_slice()), Old::Nothing);
                self.items.push(Item { origin: origin(ChunkPlace::PathName), content, old });
            }
            let place = match change.mode {
                EntryMode::File => ChunkPlace::File,
                EntryMode::Symlink => ChunkPlace::Symlink,
                EntryMode::Gitlink => {
                    self.coverage.skipped.push(gitlink(change.path.as_ref(), change.id));
                    self.coverage.gitlinks.push((change.path.clone(), change.id));
                    continue;
                }
            };
            if self.planned.insert(change.id, change.path.as_ref()) {
                let old = match change.old.is_empty() {
                    true => Old::NewPath { change: number },
                    false => Old::Blobs { change: number, ids: change.old.clone() },
                };
                self.items.push(Item { origin: origin(place), content: Content::Object(change.id), old });
            }
        }
    }
}

/// Reads objects, and finds their old sides.
pub(super) struct ObjectReader<'a> {
    objects: Objects,
    max: u64,
    /// The changes that the items belong to, by their numbers.
    changes: &'a [ChangeSet],
}

impl<'a> ObjectReader<'a> {
    /// An object of more than `max` bytes is not read.
    pub(super) fn new(objects: Objects, max: u64, changes: &'a [ChangeSet]) -> Self {
        ObjectReader { objects, max, changes }
    }
}

impl ContentReader for ObjectReader<'_> {
    fn read(&mut self, item: &Item, into: &mut Vec<u8>) -> Result<(), Skip> {
        let Content::Object(id) = &item.content else { return InMemory.read(item, into) };
        into.clear();
        self.objects.read(id, self.max, into).map(drop).map_err(|why| skip(item, *id, &why))
    }

    fn old_ids(&mut self, item: &Item) -> Vec<Oid> {
        match (&item.old, &item.content) {
            (Old::Blobs { ids, .. }, _) => ids.clone(),
            (Old::NewPath { change }, Content::Object(_) | Content::File(_)) => {
                let change = self.changes.get(*change);
                let from = change.and_then(|c| c.renamed(&mut self.objects, item.origin.path()));
                from.map(|from| from.id).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn old_sides(&mut self, item: &Item) -> Vec<Vec<u8>> {
        let ids = self.old_ids(item);
        if ids.is_empty() {
            return InMemory.old_sides(item);
        }
        let mut sides = Vec::with_capacity(ids.len());
        for id in ids {
            let mut side = Vec::new();
            // Without an old side the entire blob is new. That errs towards blaming, never towards silence.
            if self.objects.read(&id, self.max, &mut side).is_ok() {
                sides.push(side);
            }
        }
        sides
    }

    fn old_path(&mut self, item: &Item) -> Option<BString> {
        let Old::NewPath { change } = item.old else { return None };
        let from = self.changes.get(change)?.renamed(&mut self.objects, item.origin.path())?;
        Some(from.path.clone())
    }

    fn altered(&mut self, change: usize, each: &mut EachAltered<'_>) {
        if let Some(change) = self.changes.get(change) {
            change.altered(&mut self.objects, each);
        }
    }
}

/// The coverage row of a submodule.
pub(super) fn gitlink(path: &BStr, id: Oid) -> Skip {
    Skip {
        what: "gitlink",
        path: path.to_string(),
        reason: format!("submodule at {id}: its content is in another repository, scan it there"),
        incomplete: false,
    }
}

/// The coverage row of an object that could not be read.
pub(super) fn skip(item: &Item, id: Oid, why: &Unread) -> Skip {
    Skip {
        what: "blob",
        path: item.origin.path().to_string(),
        reason: format!("{id}: {}", why.reason()),
        incomplete: true,
    }
}
