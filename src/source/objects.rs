//! Items that are git objects: from changed paths to what is read and what it is compared with.

use std::collections::HashSet;

use bstr::{BStr, BString};

use super::changeset::ChangeSet;
use super::{Content, Coverage, EachAltered, Item, Old, Reader, Skip};
use crate::chunk::{Kind, Origin};
use crate::git::{Changes, Mode, Objects, Oid, Repo, Unread};
use crate::path::special::is_special;

/// Content that is planned, or need not be.
#[derive(Default)]
pub(super) struct Seen {
    /// What the other side has already, at whatever path.
    known: HashSet<Oid>,
    /// What is planned. Content is judged at every path it stands at: a key that is a sample below `tests/` is none
    /// below `deploy/`, and an allowance for one path says nothing of another.
    planned: HashSet<(Oid, BString)>,
}

impl Seen {
    /// Nothing is planned yet; what is `known` need not be.
    pub(super) fn knowing(known: HashSet<Oid>) -> Seen {
        Seen { known, planned: HashSet::new() }
    }

    /// Whether the other side has this content.
    pub(super) fn knows(&self, id: &Oid) -> bool {
        self.known.contains(id)
    }

    /// Whether content is to be planned at this path: once for each, but a lockfile and its like every time, since what
    /// they change is judged as well.
    pub(super) fn insert(&mut self, id: Oid, path: &BStr) -> bool {
        is_special(path) || !self.knows(&id) && self.planned.insert((id, path.to_owned()))
    }
}

/// Turns changes into items: a file's or link's content, and the name of a path that is new.
///
/// `seen` holds what is planned already. `key` is the number of these changes in their source.
pub(super) fn items(
    changes: &Changes,
    commit: Option<&str>,
    key: usize,
    seen: &mut Seen,
    coverage: &mut Coverage,
    into: &mut Vec<Item>,
) {
    for (path, id, why) in &changes.unread {
        let path = if path.is_empty() { id.to_string() } else { path.to_string() };
        let reason = format!("{id}: {}", why.reason());
        coverage.skipped.push(Skip { what: "tree", path, reason, incomplete: true });
    }
    for change in &changes.new {
        let origin = |kind| Origin { kind, path: change.path.clone(), commit: commit.map(str::to_owned) };
        if change.old.is_empty() {
            let name = change.path.to_vec().into_boxed_slice();
            into.push(Item { origin: origin(Kind::PathName), content: Content::Bytes(name), old: Old::Nothing });
        }
        let kind = match change.mode {
            Mode::File => Kind::File,
            Mode::Symlink => Kind::Symlink,
            Mode::Gitlink => {
                coverage.skipped.push(gitlink(change.path.as_ref(), change.id));
                coverage.gitlinks.push((change.path.clone(), change.id));
                continue;
            }
        };
        if seen.insert(change.id, change.path.as_ref()) {
            let old = match change.old.is_empty() {
                true => Old::Unknown(key),
                false => Old::Blobs { change: key, ids: change.old.clone() },
            };
            into.push(Item { origin: origin(kind), content: Content::Object(change.id), old });
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
    pub(super) fn new(repo: &Repo, max: u64, changes: &'a [ChangeSet]) -> Self {
        ObjectReader::of(repo.objects(), max, changes)
    }

    /// The same, from these objects.
    pub(super) fn of(objects: Objects, max: u64, changes: &'a [ChangeSet]) -> Self {
        ObjectReader { objects, max, changes }
    }
}

impl Reader for ObjectReader<'_> {
    fn read(&mut self, item: &Item, into: &mut Vec<u8>) -> Result<(), Skip> {
        into.clear();
        match &item.content {
            Content::Object(id) => match self.objects.read(id, self.max, into) {
                Ok(_) => Ok(()),
                Err(why) => Err(skip(item, *id, &why)),
            },
            Content::Bytes(bytes) => {
                into.extend_from_slice(bytes);
                Ok(())
            }
            Content::File(_) | Content::Stdin => Err(Skip {
                what: "file",
                path: item.origin.path.to_string(),
                reason: "this source reads objects only".into(),
                incomplete: true,
            }),
        }
    }

    fn old_sides(&mut self, item: &Item) -> Vec<Vec<u8>> {
        let ids = match (&item.old, &item.content) {
            (Old::Blobs { ids, .. }, _) => ids.clone(),
            (Old::Unknown(change), Content::Object(_) | Content::File(_)) => {
                let change = self.changes.get(*change);
                change.and_then(|c| c.renamed(&mut self.objects, item.origin.path.as_ref())).into_iter().collect()
            }
            _ => Vec::new(),
        };
        let mut sides = Vec::with_capacity(ids.len());
        for id in ids {
            let mut side = Vec::new();
            // A missing old side means: the whole new blob is new. That errs towards blaming, never towards silence.
            if self.objects.read(&id, self.max, &mut side).is_ok() {
                sides.push(side);
            }
        }
        sides
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
        path: item.origin.path.to_string(),
        reason: format!("{id}: {}", why.reason()),
        incomplete: true,
    }
}
