//! One change (a commit, the index, the work tree) with all its files: those that are renamed, and those that lost
//! content.
//!
//! It is computed only after a finding in one of its files.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use bstr::{BStr, BString};

use super::{AlteredFile, EachAltered};
use crate::file;
use crate::git::{self, ChangedPath, EntryMode, FileVersion, NewCommit, Objects, Oid, TreeChanges};

/// A history of a million commits changes fewer paths; trees that hold each other many times, far more.
pub(super) const MOST_PATHS: usize = 16 << 20;

/// The origin of a change, in little memory: a push can have thousands.
pub(super) enum ChangeKind {
    /// A commit against its parents.
    Commit(NewCommit),
    /// A tree without a commit: nothing came before.
    Tree,
    /// The index against HEAD.
    Index(TreeChanges),
    /// Files on disk against the index.
    WorkTree {
        /// New and modified files.
        new: Vec<DiskFile>,
        /// Tracked files that were removed.
        removed: Vec<FileVersion>,
        /// The hash function of the repository's ids.
        hash: git::HashKind,
    },
}

/// A file whose content has no id yet.
pub(super) struct DiskFile {
    /// Its path on disk.
    pub file: PathBuf,
    /// Relative to the repository's root.
    pub path: BString,
    /// The staged content at its path.
    pub old: Vec<Oid>,
}

/// A change, and its files once they were asked for.
pub(super) struct ChangeSet {
    kind: ChangeKind,
    files: OnceLock<ChangedFiles>,
}

/// The location of a file's content after the change.
enum Now {
    Nowhere,
    Object(Oid),
    OnDisk(PathBuf),
}

/// A file that existed before the change.
struct Altered {
    path: BString,
    old: Vec<Oid>,
    now: Now,
}

#[derive(Default)]
struct ChangedFiles {
    /// The old version of each renamed file, by its new path.
    renamed: HashMap<BString, FileVersion>,
    altered: Vec<Altered>,
}

impl ChangeSet {
    pub(super) fn new(kind: ChangeKind) -> Self {
        Self { kind, files: OnceLock::new() }
    }

    /// The old version of the file that was renamed to `path`.
    pub(super) fn renamed(&self, objects: &mut Objects, path: &BStr) -> Option<&FileVersion> {
        self.files(objects).renamed.get(path)
    }

    /// Passes every file that existed before to `each`.
    pub(super) fn altered(&self, objects: &mut Objects, each: &mut EachAltered<'_>) {
        for file in &self.files(objects).altered {
            let old: Vec<Vec<u8>> = file.old.iter().filter_map(|id| blob(objects, id)).collect();
            let now = match &file.now {
                Now::Nowhere => Some(Vec::new()),
                Now::Object(id) => blob(objects, id),
                Now::OnDisk(path) => file::read(path).ok(),
            };
            // Nothing is known to be removed from a file that cannot be read.
            if let Some(now) = now {
                each(AlteredFile { path: file.path.as_ref(), old_ids: &file.old, old: &old, now: &now });
            }
        }
    }

    fn files(&self, objects: &mut Objects) -> &ChangedFiles {
        self.files.get_or_init(|| match &self.kind {
            ChangeKind::Commit(commit) => {
                let changes = git::introduced_changes(objects, commit, MOST_PATHS);
                of_objects(objects, &changes)
            }
            ChangeKind::Index(changes) => of_objects(objects, changes),
            ChangeKind::Tree => ChangedFiles::default(),
            ChangeKind::WorkTree { new, removed, hash } => on_disk(objects, new, removed, *hash),
        })
    }
}

fn blob(objects: &mut Objects, id: &Oid) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    objects.read(id, u64::MAX, &mut content).ok().map(|_| content)
}

fn of_objects(objects: &mut Objects, changes: &TreeChanges) -> ChangedFiles {
    let removed = git::removed_files(objects, &changes.removed);
    let is_file = |change: &&ChangedPath| change.mode != EntryMode::Gitlink;
    let (added, modified): (Vec<&ChangedPath>, Vec<&ChangedPath>) =
        changes.new.iter().filter(is_file).partition(|change| change.old.is_empty());
    let added: Vec<FileVersion> = added.into_iter().map(|c| FileVersion { path: c.path.clone(), id: c.id }).collect();
    let mut files = ChangedFiles::default();
    files.altered.extend(modified.into_iter().map(|change| Altered {
        path: change.path.clone(),
        old: change.old.clone(),
        now: Now::Object(change.id),
    }));
    let from = git::renames(&removed, &added, &mut |side| blob(objects, &side.id));
    files.pair(removed, from.into_iter().zip(added).map(|(from, side)| (from, side.path, Now::Object(side.id))));
    files
}

fn on_disk(objects: &mut Objects, new: &[DiskFile], removed: &[FileVersion], hash: git::HashKind) -> ChangedFiles {
    let mut files = ChangedFiles::default();
    let (added, modified): (Vec<&DiskFile>, Vec<&DiskFile>) = new.iter().partition(|one| one.old.is_empty());
    files.altered.extend(modified.into_iter().map(|one| Altered {
        path: one.path.clone(),
        old: one.old.clone(),
        now: Now::OnDisk(one.file.clone()),
    }));
    // Without removed files there is no rename, and no file has to be read.
    let added = if removed.is_empty() { Vec::new() } else { added };
    let id = |one: &DiskFile| file::read(&one.file).ok().and_then(|content| git::blob_id(hash, &content));
    let (added, sides): (Vec<&DiskFile>, Vec<FileVersion>) =
        added.into_iter().filter_map(|one| Some((one, FileVersion { path: one.path.clone(), id: id(one)? }))).unzip();
    let files_by_path: HashMap<&BStr, &PathBuf> = added.iter().map(|one| (one.path.as_ref(), &one.file)).collect();
    let from = git::renames(removed, &sides, &mut |side| match files_by_path.get::<BStr>(side.path.as_ref()) {
        Some(file) => file::read(file).ok(),
        None => blob(objects, &side.id),
    });
    let now = added.into_iter().map(|one| (one.path.clone(), Now::OnDisk(one.file.clone())));
    files.pair(removed.to_vec(), from.into_iter().zip(now).map(|(from, (path, now))| (from, path, now)));
    files
}

impl ChangedFiles {
    /// Records the renames of removed files. `added` gives for each added file the number of its source, its path and
    /// its content.
    fn pair(&mut self, removed: Vec<FileVersion>, added: impl Iterator<Item = (Option<usize>, BString, Now)>) {
        let mut now: HashMap<usize, Now> = HashMap::new();
        for (from, path, content) in added {
            let Some(from) = from else { continue };
            self.renamed.insert(path, removed[from].clone());
            now.insert(from, content);
        }
        self.altered.extend(removed.into_iter().enumerate().map(|(n, side)| Altered {
            path: side.path,
            old: vec![side.id],
            now: now.remove(&n).unwrap_or(Now::Nowhere),
        }));
    }
}
