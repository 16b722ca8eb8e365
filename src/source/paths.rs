//! Files on disk, `.gitignore` respected.

use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bstr::{BString, ByteSlice, ByteVec};
use ignore::WalkBuilder;

use super::{Content, ContentReader, Coverage, InMemory, Item, Old, Plan, Readers, Skip, Source};
use crate::chunk::{ChunkPlace, Kind, Origin};
use crate::engine::redact;
use crate::error::Result;
use crate::file;

/// Files and folders named on the command line; works outside git.
pub struct Paths {
    /// The root of paths in reports.
    pub root: PathBuf,
    /// The directory that `paths` are relative to.
    pub here: PathBuf,
    /// The files and folders to read.
    pub paths: Vec<PathBuf>,
    /// Whether to read ignored files as well.
    pub no_ignore: bool,
    /// Files that git tracks: `.gitignore` does not apply to them.
    pub tracked: Vec<PathBuf>,
    /// Larger files make the scan incomplete, in bytes.
    pub max_object: u64,
}

/// A place of the files that lie on a disk.
type PathPlace = fn(BString) -> ChunkPlace;

impl Source for Paths {
    fn plan(&self, coverage: &mut Coverage) -> Result<Plan<'_>> {
        Ok(Plan::new(self.items(coverage), FileReader { max: self.max_object }))
    }
}

impl Paths {
    /// Everything to read, and the names of the paths.
    pub(super) fn items(&self, coverage: &mut Coverage) -> Vec<Item> {
        let mut items = Vec::new();
        for path in &self.paths {
            // A link that was named is followed: the user asked for its target.
            match path.metadata() {
                Ok(m) if m.is_dir() => self.walk(path, coverage, &mut items),
                Ok(m) if file::is_endless(path, &m) => {
                    let path = self.item(path.clone(), ChunkPlace::File).origin.path().to_string();
                    let reason = format!("{}; `shield-hook scan -` reads from a pipe", file::ENDLESS);
                    coverage.skipped.push(Skip { what: "file", path, reason, incomplete: true });
                }
                // A file, or a pipe such as the shell's <(...).
                Ok(_) => items.push(self.item(path.clone(), ChunkPlace::File)),
                Err(_) if path.symlink_metadata().is_ok() => items.push(self.item(path.clone(), ChunkPlace::Symlink)),
                Err(e) => {
                    // Without a file there, this is free text that somebody typed, which may hold a secret.
                    let path = redact::message(&self.item(path.clone(), ChunkPlace::File).origin.path().to_string());
                    coverage.skipped.push(Skip { what: "file", path, reason: e.to_string(), incomplete: true });
                }
            }
        }
        items.sort_by(|a, b| a.origin.path().cmp(b.origin.path()));
        items.dedup_by(|a, b| a.origin == b.origin);
        let names: Vec<Item> = items.iter().map(|item| Item::name_of(item.origin.path().to_owned())).collect();
        items.extend(names);
        items
    }

    /// Everything below a directory.
    fn walk(&self, dir: &Path, coverage: &mut Coverage, into: &mut Vec<Item>) {
        let on = !self.no_ignore;
        let mut walk = WalkBuilder::new(dir);
        // A project's `.ignore` is for search tools: it does not exclude files from a scan.
        walk.hidden(false).ignore(false).git_ignore(on).git_global(on).git_exclude(on).parents(on).require_git(false);
        let full = lexical(&self.here.join(dir));
        let shown = Shown::new(dir, &full, &lexical(&self.root));
        let barred = |folder: &Path, list: &Path| Skip {
            what: "folder",
            path: Some(shown.of(folder).to_string()).filter(|path| !path.is_empty()).unwrap_or_else(|| ".".into()),
            reason: format!("{} is {}", slashes(list), file::ENDLESS),
            incomplete: true,
        };
        if let Some(list) = full.ancestors().find_map(endless_list).filter(|_| on) {
            coverage.skipped.push(barred(dir, &list));
            return;
        }
        // The filter runs before the walk opens the lists of a folder.
        let endless = Arc::new(Mutex::new(Vec::new()));
        let lists = Arc::clone(&endless);
        walk.filter_entry(move |e| {
            let is_folder = on && e.file_type().is_some_and(|t| t.is_dir());
            let list = if is_folder { endless_list(e.path()) } else { None };
            let is_open = list.is_none() && e.file_name() != ".git";
            let found = list.map(|list| (e.path().to_owned(), list));
            lists.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
            is_open
        });
        walk.build().for_each(|entry| self.entry(entry, &shown, coverage, into));
        let endless = std::mem::take(&mut *endless.lock().unwrap_or_else(PoisonError::into_inner));
        coverage.skipped.extend(endless.iter().map(|(folder, list)| barred(folder, list)));
        for file in self.tracked.iter().filter(|f| f.starts_with(&full)) {
            match file.symlink_metadata() {
                Ok(m) if m.is_file() => into.push(self.item(file.clone(), ChunkPlace::File)),
                Ok(m) if m.is_symlink() => into.push(self.item(file.clone(), ChunkPlace::Symlink)),
                _ => {}
            }
        }
    }

    /// Adds one entry of a walk below a directory.
    fn entry(
        &self,
        entry: std::result::Result<ignore::DirEntry, ignore::Error>,
        shown: &Shown,
        coverage: &mut Coverage,
        into: &mut Vec<Item>,
    ) {
        let item = |path: PathBuf, place: PathPlace| Item {
            origin: Origin::of(place(shown.of(&path))),
            content: Content::File(path),
            old: Old::Nothing,
        };
        match entry {
            Err(e) => {
                let (at, reason) = failure(&e);
                let path = at.map_or_else(|| shown.root(), |at| shown.of(at)).to_string();
                coverage.skipped.push(Skip { what: "file", path, reason, incomplete: true });
            }
            Ok(e) => match e.file_type() {
                Some(t) if t.is_file() => into.push(item(e.into_path(), ChunkPlace::File)),
                Some(t) if t.is_symlink() => into.push(item(e.into_path(), ChunkPlace::Symlink)),
                Some(t) if t.is_dir() => {}
                _ => {
                    let (path, reason) = (shown.of(e.path()).to_string(), "a pipe, socket or device".into());
                    coverage.skipped.push(Skip { what: "file", path, reason, incomplete: false });
                }
            },
        }
    }

    fn item(&self, path: PathBuf, place: PathPlace) -> Item {
        let full = lexical(&self.here.join(&path));
        let shown = full.strip_prefix(lexical(&self.root)).unwrap_or(&path);
        Item { origin: Origin::of(place(slashes(shown))), content: Content::File(path), old: Old::Nothing }
    }
}

/// An ignore list in a folder that is a pipe or a device: opening it would block for ever.
fn endless_list(folder: &Path) -> Option<PathBuf> {
    let lists = [".gitignore", ".git/info/exclude"].map(|name| folder.join(name));
    lists.into_iter().find(|list| list.metadata().is_ok_and(|meta| file::is_endless(list, &meta)))
}

/// The path that could not be walked, if it is known, and the reason.
fn failure(error: &ignore::Error) -> (Option<&Path>, String) {
    match error {
        ignore::Error::WithPath { path, err } => {
            let (inner, why) = failure(err);
            (inner.or(Some(path)), why)
        }
        ignore::Error::WithDepth { err, .. } => failure(err),
        ignore::Error::Loop { child, .. } => (Some(child), error.to_string()),
        // The message of the walk would repeat the path.
        ignore::Error::Io(e) => {
            (None, e.get_ref().and_then(|e| e.source()).map_or_else(|| e.to_string(), |e| e.to_string()))
        }
        other => (None, other.to_string()),
    }
}

/// The paths of reports below a directory: computed once, since the walk only appends names.
struct Shown {
    dir: BString,
    prefix: BString,
}

impl Shown {
    /// For `dir` as it was typed, with its `full` path; relative to `root` where it lies below.
    fn new(dir: &Path, full: &Path, root: &Path) -> Self {
        let mut prefix = slashes(full.strip_prefix(root).unwrap_or(dir));
        if !prefix.is_empty() && !prefix.ends_with(b"/") {
            prefix.push(b'/');
        }
        Self { dir: slashes(dir), prefix }
    }

    /// The directory itself.
    fn root(&self) -> BString {
        BString::from(self.prefix.as_slice())
    }

    fn of(&self, path: &Path) -> BString {
        let path = slashes(path);
        match path.strip_prefix(self.dir.as_slice()) {
            Some(rest) => [&self.prefix, rest.trim_start_with(|c| c == '/')].concat().into(),
            None => path,
        }
    }
}

/// A path of the operating system in the form of reports: `/`-separated bytes.
fn slashes(path: &Path) -> BString {
    let bytes = Vec::from_path_lossy(path).into_owned();
    BString::from(if cfg!(windows) { bytes.replace("\\", "/") } else { bytes })
}

/// The path without `.` and `..`, as written: symbolic links are not followed.
fn lexical(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}

/// Reads files.
#[derive(Clone, Copy)]
pub(super) struct FileReader {
    /// Larger files are not read, in bytes.
    pub(super) max: u64,
}

impl Readers for FileReader {
    fn reader(&self) -> Result<Box<dyn ContentReader + '_>> {
        Ok(Box::new(*self))
    }
}

impl ContentReader for FileReader {
    fn read(&mut self, item: &Item, into: &mut Vec<u8>) -> Result<(), Skip> {
        use std::io::Read;
        let Content::File(path) = &item.content else { return InMemory.read(item, into) };
        let failed = |e: std::io::Error| Skip {
            what: "file",
            path: item.origin.path().to_string(),
            reason: format!("could not be read: {e}"),
            incomplete: true,
        };
        let too_large = |size: u64| Skip {
            what: "file",
            path: item.origin.path().to_string(),
            reason: format!("{size} bytes are more than max-object = {}", self.max),
            incomplete: true,
        };
        if item.origin.kind() == Kind::Symlink {
            let target = std::fs::read_link(path).map_err(failed)?;
            into.clear();
            into.extend_from_slice(&Vec::from_path_lossy(&target));
            return Ok(());
        }
        let mut file = std::fs::File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        if size > self.max {
            return Err(too_large(size));
        }
        // Not `read_to_end`, which queries the size and the position once more. The content of the buffer is
        // overwritten.
        into.resize(size as usize + 1, 0);
        let mut filled = 0;
        loop {
            match file.read(&mut into[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(failed(e)),
            }
            if filled as u64 > self.max {
                return Err(too_large(filled as u64));
            }
            if filled == into.len() {
                into.resize(filled * 2, 0);
            }
        }
        into.truncate(filled);
        Ok(())
    }

    fn old_sides(&mut self, _: &Item) -> Vec<Vec<u8>> {
        Vec::new()
    }
}
