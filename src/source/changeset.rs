//! One change (a commit, the index, the work tree) as a whole: which of its files are renamed, and which lost something.
//!
//! Nothing of it is made out before something was found in one of its files.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use bstr::{BStr, BString};

use super::EachAltered;
use crate::git::{self, Change, Changes, Mode, NewCommit, Objects, Oid, Side};

/// Says what a change is, in the least memory: a push can bring thousands.
pub(super) enum Subject {
    /// A commit against its parents.
    Commit(NewCommit),
    /// A tree that came with no commit: nothing was there before.
    Tree,
    /// The index against HEAD.
    Index(Changes),
    /// Files on disk against the index.
    WorkTree {
        /// New and modified files.
        new: Vec<OnDisk>,
        /// Tracked files that are gone.
        removed: Vec<Side>,
        /// The repository's kind of ids.
        hash: git::HashKind,
    },
}

/// A file whose content has no id yet.
pub(super) struct OnDisk {
    /// Where it is.
    pub file: PathBuf,
    /// Relative to the repository's root.
    pub path: BString,
    /// What is staged at its path.
    pub old: Vec<Oid>,
}

/// A change, and what was made out of it.
pub(super) struct ChangeSet {
    subject: Subject,
    files: OnceLock<Files>,
}

/// Where the content of a file is now.
enum Now {
    Nowhere,
    Object(Oid),
    OnDisk(PathBuf),
}

/// A file that was there before the change.
struct Altered {
    path: BString,
    old: Vec<Oid>,
    now: Now,
}

#[derive(Default)]
struct Files {
    /// The blob that each renamed file was made from, by its new path.
    renamed: HashMap<BString, Oid>,
    altered: Vec<Altered>,
}

impl ChangeSet {
    pub(super) fn new(subject: Subject) -> ChangeSet {
        ChangeSet { subject, files: OnceLock::new() }
    }

    /// The blob that became the file at `path`, which no old side has.
    pub(super) fn renamed(&self, objects: &mut Objects, path: &BStr) -> Option<Oid> {
        self.files(objects).renamed.get(path).copied()
    }

    /// Hands `each` every file that was there before: its old path, its old sides and what it holds now.
    pub(super) fn altered(&self, objects: &mut Objects, each: &mut EachAltered<'_>) {
        for file in &self.files(objects).altered {
            let old: Vec<Vec<u8>> = file.old.iter().filter_map(|id| blob(objects, id)).collect();
            let now = match &file.now {
                Now::Nowhere => Some(Vec::new()),
                Now::Object(id) => blob(objects, id),
                Now::OnDisk(path) => crate::file::read(path).ok(),
            };
            // Of a file that cannot be read nobody knows what it lost.
            if let Some(now) = now {
                each(file.path.as_ref(), &old, &now);
            }
        }
    }

    fn files(&self, objects: &mut Objects) -> &Files {
        self.files.get_or_init(|| match &self.subject {
            Subject::Commit(commit) => {
                let changes = git::brought(objects, commit);
                of_objects(objects, &changes)
            }
            Subject::Index(changes) => of_objects(objects, changes),
            Subject::Tree => Files::default(),
            Subject::WorkTree { new, removed, hash } => on_disk(objects, new, removed, *hash),
        })
    }
}

fn blob(objects: &mut Objects, id: &Oid) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    objects.read(id, u64::MAX, &mut content).ok().map(|_| content)
}

fn of_objects(objects: &mut Objects, changes: &Changes) -> Files {
    let removed = git::removed_files(objects, &changes.removed);
    let is_file = |change: &&Change| change.mode != Mode::Gitlink;
    let (added, modified): (Vec<&Change>, Vec<&Change>) =
        changes.new.iter().filter(is_file).partition(|change| change.old.is_empty());
    let added: Vec<Side> = added.into_iter().map(|c| Side { path: c.path.clone(), id: c.id }).collect();
    let mut files = Files::default();
    files.altered.extend(modified.into_iter().map(|change| Altered {
        path: change.path.clone(),
        old: change.old.clone(),
        now: Now::Object(change.id),
    }));
    let from = git::renames(&removed, &added, &mut |side| blob(objects, &side.id));
    files.pair(removed, from.into_iter().zip(added).map(|(from, side)| (from, side.path, Now::Object(side.id))));
    files
}

fn on_disk(objects: &mut Objects, new: &[OnDisk], removed: &[Side], hash: git::HashKind) -> Files {
    let mut files = Files::default();
    let (added, modified): (Vec<&OnDisk>, Vec<&OnDisk>) = new.iter().partition(|one| one.old.is_empty());
    files.altered.extend(modified.into_iter().map(|one| Altered {
        path: one.path.clone(),
        old: one.old.clone(),
        now: Now::OnDisk(one.file.clone()),
    }));
    // Without a source no file is a renamed one, and none has to be read to see which.
    let added = if removed.is_empty() { Vec::new() } else { added };
    let id = |one: &OnDisk| crate::file::read(&one.file).ok().and_then(|content| git::blob_id(hash, &content));
    let (added, sides): (Vec<&OnDisk>, Vec<Side>) =
        added.into_iter().filter_map(|one| Some((one, Side { path: one.path.clone(), id: id(one)? }))).unzip();
    let places: HashMap<&BStr, &PathBuf> = added.iter().map(|one| (one.path.as_ref(), &one.file)).collect();
    let from = git::renames(removed, &sides, &mut |side| match places.get::<BStr>(side.path.as_ref()) {
        Some(file) => crate::file::read(file).ok(),
        None => blob(objects, &side.id),
    });
    let now = added.into_iter().map(|one| (one.path.clone(), Now::OnDisk(one.file.clone())));
    files.pair(removed.to_vec(), from.into_iter().zip(now).map(|(from, (path, now))| (from, path, now)));
    files
}

impl Files {
    /// Takes note of what became of the removed files: of each added one the number of its source, its path, its content.
    fn pair(&mut self, removed: Vec<Side>, added: impl Iterator<Item = (Option<usize>, BString, Now)>) {
        let mut now: HashMap<usize, Now> = HashMap::new();
        for (from, path, content) in added {
            let Some(from) = from else { continue };
            self.renamed.insert(path, removed[from].id);
            now.insert(from, content);
        }
        self.altered.extend(removed.into_iter().enumerate().map(|(n, side)| Altered {
            path: side.path,
            old: vec![side.id],
            now: now.remove(&n).unwrap_or(Now::Nowhere),
        }));
    }
}
