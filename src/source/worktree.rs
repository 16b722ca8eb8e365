//! Files on disk that differ from what is staged, and files that git does not know yet.

use std::collections::HashSet;
use std::sync::OnceLock;

use bstr::BString;

use super::changeset::{ChangeSet, OnDisk, Subject};
use super::objects::ObjectReader;
use super::paths::{FileReader, Paths};
use super::{Content, Coverage, EachAltered, Item, LfsStore, Old, Reader, Skip, Source};
use crate::chunk::{Kind, Origin};
use crate::error::Result;
use crate::git::{self, Mode, Repo, Side};

/// Unstaged and untracked files. Together with [`super::Staged`] it is all that a commit could yet record.
pub struct WorkTree<'a> {
    repo: &'a Repo,
    max_object: u64,
    changes: OnceLock<[ChangeSet; 1]>,
}

impl<'a> WorkTree<'a> {
    /// Files larger than `max_object` bytes make the scan incomplete.
    pub fn new(repo: &'a Repo, max_object: u64) -> Self {
        WorkTree { repo, max_object, changes: OnceLock::new() }
    }

    /// Takes note of the files that are planned, and of those that are gone, as one change.
    fn note(&self, items: &[Item], removed: Vec<Side>) {
        let on_disk = |item: &Item| {
            // A link's target is no file of this work tree.
            let Content::File(file) = &item.content else { return None };
            if item.origin.kind != Kind::File {
                return None;
            }
            let old = match &item.old {
                Old::Blobs { ids, .. } => ids.clone(),
                Old::Unknown(_) | Old::Nothing => Vec::new(),
            };
            Some(OnDisk { file: file.clone(), path: item.origin.path.clone(), old })
        };
        let new = items.iter().filter_map(on_disk).collect();
        let subject = Subject::WorkTree { new, removed, hash: self.repo.hash_kind() };
        self.changes.get_or_init(|| [ChangeSet::new(subject)]);
    }
}

/// The number of the only change that there is.
const CHANGE: usize = 0;

impl Source for WorkTree<'_> {
    fn plan(&self, coverage: &mut Coverage) -> Result<Vec<Item>> {
        let tracked = git::tracked(self.repo)?;
        let known: HashSet<BString> = tracked.iter().map(|t| t.path.clone()).collect();
        let (mut items, mut removed) = (Vec::new(), Vec::new());
        for one in tracked {
            let Some(file) = one.file.filter(|_| !one.unchanged) else { continue };
            let on_disk = file.symlink_metadata().map(|m| m.file_type());
            let kind = match on_disk {
                Err(_) if one.mode != Mode::Gitlink => {
                    removed.push(Side { path: one.path, id: one.id });
                    continue;
                }
                Ok(t) if t.is_symlink() => Kind::Symlink,
                Ok(t) if t.is_file() => Kind::File,
                _ => continue,
            };
            let origin = Origin { kind, path: one.path, commit: None };
            let old = match one.mode {
                Mode::Gitlink => Old::Nothing,
                Mode::File | Mode::Symlink => Old::Blobs { change: CHANGE, ids: vec![one.id] },
            };
            items.push(Item { origin, content: Content::File(file), old });
        }
        let Some(root) = self.repo.work_dir() else { return Ok(items) };
        let all = Paths {
            root: root.to_owned(),
            here: root.to_owned(),
            paths: vec![root.to_owned()],
            no_ignore: false,
            tracked: Vec::new(),
            max_object: self.max_object,
        };
        let untracked = all.plan(coverage)?.into_iter().filter(|i| !known.contains(&i.origin.path));
        items.extend(untracked.map(|item| Item { old: Old::Unknown(CHANGE), ..item }));
        self.note(&items, removed);
        Ok(items)
    }

    fn lfs(&self) -> Option<LfsStore> {
        Some(LfsStore::of(self.repo, false))
    }

    fn reader(&self) -> Result<Box<dyn Reader + '_>> {
        let files = FileReader { max: self.max_object };
        let changes = self.changes.get().map_or(&[][..], |changes| &changes[..]);
        Ok(Box::new(WorkTreeReader { files, objects: ObjectReader::new(self.repo, self.max_object, changes) }))
    }
}

/// Reads files, and objects for their old sides.
struct WorkTreeReader<'a> {
    files: FileReader,
    objects: ObjectReader<'a>,
}

impl Reader for WorkTreeReader<'_> {
    fn read(&mut self, item: &Item, into: &mut Vec<u8>) -> Result<(), Skip> {
        self.files.read(item, into)
    }

    fn old_sides(&mut self, item: &Item) -> Vec<Vec<u8>> {
        self.objects.old_sides(item)
    }

    fn altered(&mut self, change: usize, each: &mut EachAltered<'_>) {
        self.objects.altered(change, each);
    }
}
