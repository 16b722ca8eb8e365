//! Files on disk, `.gitignore` respected.

use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bstr::{BString, ByteSlice, ByteVec};
use ignore::WalkBuilder;

use super::{AtHand, Content, Coverage, Item, Old, Reader, Skip, Source};
use crate::chunk::{Kind, Origin};
use crate::engine::redact;
use crate::error::Result;
use crate::file;

/// Files and folders named on the command line; works outside git.
pub struct Paths {
    /// What paths in reports are relative to.
    pub root: PathBuf,
    /// What `paths` are relative to.
    pub here: PathBuf,
    /// What to walk.
    pub paths: Vec<PathBuf>,
    /// Read ignored files as well.
    pub no_ignore: bool,
    /// Files that git tracks: what `.gitignore` says has no bearing on them.
    pub tracked: Vec<PathBuf>,
    /// Larger files make the scan incomplete, in bytes.
    pub max_object: u64,
}

impl Source for Paths {
    fn plan(&self, coverage: &mut Coverage) -> Result<Vec<Item>> {
        let mut items = Vec::new();
        for path in &self.paths {
            // Follows a link that was named: it is its target that was asked for.
            match path.metadata() {
                Ok(m) if m.is_dir() => self.walk(path, coverage, &mut items),
                Ok(m) if file::is_endless(path, &m) => {
                    let path = self.item(path.clone(), Kind::File).origin.path.to_string();
                    let reason = format!("{}; what a pipe brings is read by `shield-hook scan -`", file::ENDLESS);
                    coverage.skipped.push(Skip { what: "file", path, reason, incomplete: true });
                }
                // A file, or a pipe such as the shell's <(...).
                Ok(_) => items.push(self.item(path.clone(), Kind::File)),
                Err(_) if path.symlink_metadata().is_ok() => items.push(self.item(path.clone(), Kind::Symlink)),
                Err(e) => {
                    // Nothing is there, so this is a word that somebody typed and no place to be found again.
                    let path = redact::message(&self.item(path.clone(), Kind::File).origin.path.to_string());
                    coverage.skipped.push(Skip { what: "file", path, reason: e.to_string(), incomplete: true });
                }
            }
        }
        items.sort_by(|a, b| a.origin.path.cmp(&b.origin.path));
        items.dedup_by(|a, b| a.origin == b.origin);
        let names: Vec<Item> = items.iter().map(|item| Item::name_of(item.origin.path.clone())).collect();
        items.extend(names);
        Ok(items)
    }

    fn reader(&self) -> Result<Box<dyn Reader + '_>> {
        Ok(Box::new(FileReader { max: self.max_object }))
    }
}

impl Paths {
    /// Everything below a directory.
    fn walk(&self, dir: &Path, coverage: &mut Coverage, into: &mut Vec<Item>) {
        let on = !self.no_ignore;
        let mut walk = WalkBuilder::new(dir);
        // A project's `.ignore` is for searching: it has no say in what is scanned.
        walk.hidden(false).ignore(false).git_ignore(on).git_global(on).git_exclude(on).parents(on).require_git(false);
        let whole = lexical(&self.here.join(dir));
        let shown = Shown::new(dir, &whole, &lexical(&self.root));
        let barred = |folder: &Path, list: &Path| Skip {
            what: "folder",
            path: Some(shown.of(folder).to_string()).filter(|path| !path.is_empty()).unwrap_or_else(|| ".".into()),
            reason: format!("{} is {}", slashes(list), file::ENDLESS),
            incomplete: true,
        };
        if let Some(list) = whole.ancestors().find_map(endless_list).filter(|_| on) {
            coverage.skipped.push(barred(dir, &list));
            return;
        }
        // The walk asks before it opens a folder's lists.
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
        let item = |path: PathBuf, kind| Item {
            origin: Origin { kind, path: shown.of(&path), commit: None },
            content: Content::File(path),
            old: Old::Nothing,
        };
        for entry in walk.build() {
            match entry {
                Err(e) => {
                    let (at, reason) = told(&e);
                    let path = shown.of(at.unwrap_or(dir)).to_string();
                    coverage.skipped.push(Skip { what: "file", path, reason, incomplete: true });
                }
                Ok(e) => match e.file_type() {
                    Some(t) if t.is_file() => into.push(item(e.into_path(), Kind::File)),
                    Some(t) if t.is_symlink() => into.push(item(e.into_path(), Kind::Symlink)),
                    Some(t) if t.is_dir() => {}
                    _ => {
                        let (path, reason) = (shown.of(e.path()).to_string(), "a pipe, socket or device".into());
                        coverage.skipped.push(Skip { what: "file", path, reason, incomplete: false });
                    }
                },
            }
        }
        let endless = std::mem::take(&mut *endless.lock().unwrap_or_else(PoisonError::into_inner));
        coverage.skipped.extend(endless.iter().map(|(folder, list)| barred(folder, list)));
        for file in self.tracked.iter().filter(|f| f.starts_with(&whole)) {
            match file.symlink_metadata() {
                Ok(m) if m.is_file() => into.push(self.item(file.clone(), Kind::File)),
                Ok(m) if m.is_symlink() => into.push(self.item(file.clone(), Kind::Symlink)),
                _ => {}
            }
        }
    }

    fn item(&self, path: PathBuf, kind: Kind) -> Item {
        let whole = lexical(&self.here.join(&path));
        let shown = whole.strip_prefix(lexical(&self.root)).unwrap_or(&path);
        Item {
            origin: Origin { kind, path: slashes(shown), commit: None },
            content: Content::File(path),
            old: Old::Nothing,
        }
    }
}

/// The list of ignored files in a folder that is a pipe or a device: whoever opens it waits for ever.
fn endless_list(folder: &Path) -> Option<PathBuf> {
    let lists = [".gitignore", ".git/info/exclude"].map(|name| folder.join(name));
    lists.into_iter().find(|list| list.metadata().is_ok_and(|meta| file::is_endless(list, &meta)))
}

/// What could not be walked, where that is known, and why.
fn told(error: &ignore::Error) -> (Option<&Path>, String) {
    match error {
        ignore::Error::WithPath { path, err } => {
            let (inner, why) = told(err);
            (inner.or(Some(path)), why)
        }
        ignore::Error::WithDepth { err, .. } => told(err),
        ignore::Error::Loop { child, .. } => (Some(child), error.to_string()),
        // What the walk adds to it names the path once more.
        ignore::Error::Io(e) => {
            (None, e.get_ref().and_then(|e| e.source()).map_or_else(|| e.to_string(), |e| e.to_string()))
        }
        other => (None, other.to_string()),
    }
}

/// How reports call what is found below a directory: told once for all of it, since the walk only ever adds names.
struct Shown {
    dir: BString,
    prefix: BString,
}

impl Shown {
    /// Of `dir` as it was typed, which is `whole`; relative to `root` where it lies below.
    fn new(dir: &Path, whole: &Path, root: &Path) -> Self {
        let mut prefix = slashes(whole.strip_prefix(root).unwrap_or(dir));
        if !prefix.is_empty() && !prefix.ends_with(b"/") {
            prefix.push(b'/');
        }
        Shown { dir: slashes(dir), prefix }
    }

    fn of(&self, path: &Path) -> BString {
        let path = slashes(path);
        match path.strip_prefix(self.dir.as_slice()) {
            Some(rest) => [&self.prefix, rest.trim_start_with(|c| c == '/')].concat().into(),
            None => path,
        }
    }
}

/// A path of the operating system as reports write it: `/`-separated bytes.
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
pub(super) struct FileReader {
    /// Larger files are not read, in bytes.
    pub(super) max: u64,
}

impl Reader for FileReader {
    fn read(&mut self, item: &Item, into: &mut Vec<u8>) -> Result<(), Skip> {
        use std::io::Read;
        let Content::File(path) = &item.content else { return AtHand.read(item, into) };
        let failed = |e: std::io::Error| Skip {
            what: "file",
            path: item.origin.path.to_string(),
            reason: format!("could not be read: {e}"),
            incomplete: true,
        };
        let too_large = |size: u64| Skip {
            what: "file",
            path: item.origin.path.to_string(),
            reason: format!("{size} bytes are more than max-object = {}", self.max),
            incomplete: true,
        };
        if item.origin.kind == Kind::Symlink {
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
        // Not `read_to_end`, which asks for the size and the position once more. What stood in the buffer is overwritten.
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
