//! Files on disk that differ from what is staged, and files that git does not know yet.

use std::collections::HashSet;

use bstr::BString;

use super::objects::ObjectReader;
use super::paths::{FileReader, Paths};
use super::{Content, Coverage, Item, Old, Reader, Skip, Source};
use crate::chunk::{Kind, Origin};
use crate::error::Result;
use crate::git::{self, Mode, Repo};

/// Unstaged and untracked files. Together with [`super::Staged`] it is all that a commit could yet record.
pub struct WorkTree<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// Larger files make the scan incomplete, in bytes.
    pub max_object: u64,
}

impl Source for WorkTree<'_> {
    fn plan(&self, coverage: &mut Coverage) -> Result<Vec<Item>> {
        let tracked = git::tracked(self.repo)?;
        let known: HashSet<BString> = tracked.iter().map(|t| t.path.clone()).collect();
        let mut items = Vec::new();
        for one in tracked {
            let Some(file) = one.file.filter(|f| !one.unchanged && f.symlink_metadata().is_ok()) else { continue };
            let on_disk = file.symlink_metadata().map(|m| m.file_type());
            let kind = match on_disk {
                Ok(t) if t.is_symlink() => Kind::Symlink,
                Ok(t) if t.is_file() => Kind::File,
                _ => continue,
            };
            let origin = Origin { kind, path: one.path, commit: None };
            let old = if one.mode == Mode::Gitlink { Old::Nothing } else { Old::Blobs(vec![one.id]) };
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
        items.extend(all.plan(coverage)?.into_iter().filter(|i| !known.contains(&i.origin.path)));
        Ok(items)
    }

    fn reader(&self) -> Result<Box<dyn Reader + '_>> {
        let files = FileReader { max: self.max_object };
        Ok(Box::new(WorkTreeReader { files, objects: ObjectReader::new(self.repo, self.max_object, &[]) }))
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
}
