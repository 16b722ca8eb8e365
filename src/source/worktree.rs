//! Files on disk that differ from the index, and files that git does not track yet.

use std::collections::HashSet;

use bstr::BString;

use super::changeset::{ChangeKind, ChangeSet, DiskFile};
use super::objects::ObjectReader;
use super::paths::{FileReader, Paths};
use super::{Content, ContentReader, Coverage, EachAltered, Item, LfsStore, Old, Plan, Readers, Skip, Source};
use crate::chunk::{ChunkPlace, Kind, Origin};
use crate::error::Result;
use crate::git::{self, EntryMode, FileVersion, Repo};

/// Unstaged and untracked files: with [`super::Staged`], everything that a commit could yet record.
pub struct WorkTree<'a> {
    repo: &'a Repo,
    max_object: u64,
}

impl<'a> WorkTree<'a> {
    /// Files larger than `max_object` bytes make the scan incomplete.
    pub fn new(repo: &'a Repo, max_object: u64) -> Self {
        WorkTree { repo, max_object }
    }

    /// The plan of these items, which are one change together with the files that are gone.
    fn planned(&self, items: Vec<Item>, removed: Vec<FileVersion>) -> Plan<'_> {
        let on_disk = |item: &Item| {
            // The target of a link is no file of this work tree.
            let Content::File(file) = &item.content else { return None };
            if item.origin.kind() != Kind::File {
                return None;
            }
            let old = match &item.old {
                Old::Blobs { ids, .. } => ids.clone(),
                _ => Vec::new(),
            };
            Some(DiskFile { file: file.clone(), path: item.origin.path().to_owned(), old })
        };
        let new = items.iter().filter_map(on_disk).collect();
        let change = [ChangeSet::new(ChangeKind::WorkTree { new, removed, hash: self.repo.hash_kind() })];
        Plan::new(items, WorkTreeContent { repo: self.repo, max_object: self.max_object, change })
    }
}

/// The number of the only change.
const CHANGE: usize = 0;

impl Source for WorkTree<'_> {
    fn plan(&self, coverage: &mut Coverage) -> Result<Plan<'_>> {
        let tracked = git::tracked(self.repo)?;
        let known: HashSet<BString> = tracked.iter().map(|t| t.path.clone()).collect();
        let (mut items, mut removed) = (Vec::new(), Vec::new());
        for one in tracked {
            let Some(file) = one.file.filter(|_| !one.unchanged) else { continue };
            let on_disk = file.symlink_metadata().map(|m| m.file_type());
            let place = match on_disk {
                Err(_) if one.mode != EntryMode::Gitlink => {
                    removed.push(FileVersion { path: one.path, id: one.id });
                    continue;
                }
                Ok(t) if t.is_symlink() => ChunkPlace::Symlink,
                Ok(t) if t.is_file() => ChunkPlace::File,
                _ => continue,
            };
            let origin = Origin::of(place(one.path));
            let old = match one.mode {
                EntryMode::Gitlink => Old::Nothing,
                EntryMode::File | EntryMode::Symlink => Old::Blobs { change: CHANGE, ids: vec![one.id] },
            };
            items.push(Item { origin, content: Content::File(file), old });
        }
        let Some(root) = self.repo.work_dir() else { return Ok(self.planned(items, removed)) };
        let all = Paths {
            root: root.to_owned(),
            here: root.to_owned(),
            paths: vec![root.to_owned()],
            no_ignore: false,
            tracked: Vec::new(),
            max_object: self.max_object,
        };
        let untracked = all.items(coverage).into_iter().filter(|i| !known.contains(i.origin.path()));
        items.extend(untracked.map(|item| Item { old: Old::NewPath { change: CHANGE }, ..item }));
        Ok(self.planned(items, removed))
    }

    fn lfs(&self) -> Option<LfsStore> {
        Some(LfsStore::of(self.repo, false))
    }
}

/// The files, and the objects of their old sides.
struct WorkTreeContent<'a> {
    repo: &'a Repo,
    max_object: u64,
    change: [ChangeSet; 1],
}

impl Readers for WorkTreeContent<'_> {
    fn reader(&self) -> Result<Box<dyn ContentReader + '_>> {
        let files = FileReader { max: self.max_object };
        let objects = ObjectReader::new(self.repo.objects(), self.max_object, &self.change);
        Ok(Box::new(WorkTreeReader { files, objects }))
    }
}

/// Reads files, and objects for their old sides.
struct WorkTreeReader<'a> {
    files: FileReader,
    objects: ObjectReader<'a>,
}

impl ContentReader for WorkTreeReader<'_> {
    fn read(&mut self, item: &Item, into: &mut Vec<u8>) -> Result<(), Skip> {
        self.files.read(item, into)
    }

    fn old_sides(&mut self, item: &Item) -> Vec<Vec<u8>> {
        self.objects.old_sides(item)
    }

    fn old_path(&mut self, item: &Item) -> Option<BString> {
        self.objects.old_path(item)
    }

    fn altered(&mut self, change: usize, each: &mut EachAltered<'_>) {
        self.objects.altered(change, each);
    }
}
