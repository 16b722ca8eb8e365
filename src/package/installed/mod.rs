//! The packages installed on this machine: node_modules trees, Python environments, and the lockfiles beside them.

mod global;
mod node;
mod python;

pub use global::folders as global_folders;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::advisory::{Advisories, PackageVerdict};
use super::indicator::{self, Trace, TraceWeight};
use super::inventory::{Inventory, Package};
use super::lockfile;
use super::origin;
use super::survey::Survey;
use crate::file;
use crate::source::Skip;
use crate::threads;

/// The progress of an audit, for a progress bar.
#[derive(Debug, Default)]
pub struct AuditProgress {
    /// The number of files seen.
    pub files: AtomicUsize,
    /// The number of packages found.
    pub packages: AtomicUsize,
}

/// Walks `roots` and looks up every package in them. Ignore files have no effect, because they name the very folders of
/// installed packages, and links are not followed, because their targets are audited in their own folder.
pub fn audit(roots: &[PathBuf], advisories: &Advisories, progress: &AuditProgress) -> Survey {
    let survey = Mutex::new(Survey::default());
    let walk = InstalledWalk { survey: &survey, advisories, progress };
    threads::shared(|| {
        rayon::scope(|scope| {
            for root in roots {
                // A root may be a link: the user asked for its target.
                match root.metadata() {
                    Ok(meta) if meta.is_dir() => walk.folder(root, scope),
                    Ok(meta) if meta.is_file() => walk.worker().file(root),
                    Ok(_) => {}
                    Err(error) => walk.worker().unreadable("folder", &shown(root), error.to_string()),
                }
            }
        });
    });
    let mut survey = survey.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    survey.date(advisories);
    survey.sort();
    survey
}

/// The state that all threads of an audit share.
#[derive(Clone, Copy)]
struct InstalledWalk<'a> {
    survey: &'a Mutex<Survey>,
    advisories: &'a Advisories,
    progress: &'a AuditProgress,
}

impl<'a> InstalledWalk<'a> {
    fn worker(self) -> WalkWorker<'a> {
        WalkWorker { survey: self.survey, advisories: self.advisories, progress: self.progress, own: Survey::default() }
    }

    /// Audits the files of one folder; idle threads take its subfolders.
    fn folder<'s>(self, folder: &Path, scope: &rayon::Scope<'s>)
    where
        'a: 's,
    {
        let mut worker = self.worker();
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return worker.unreadable("folder", &shown(folder), error.to_string()),
        };
        for entry in entries {
            let kind = entry.and_then(|entry| entry.file_type().map(|kind| (entry, kind)));
            match kind {
                Ok((entry, kind)) if kind.is_file() => worker.file(&entry.path()),
                Ok((entry, kind)) if kind.is_dir() && entry.file_name() != ".git" => {
                    scope.spawn(move |scope| self.folder(&entry.path(), scope));
                }
                // A pipe or a device with the name of a lockfile.
                Ok((entry, kind)) if !kind.is_dir() && !kind.is_symlink() => worker.endless(&entry.path()),
                Ok(_) => {}
                Err(error) => worker.unreadable("folder", &shown(folder), error.to_string()),
            }
        }
    }
}

/// The results of one thread, which it adds to the survey when it is dropped.
struct WalkWorker<'a> {
    survey: &'a Mutex<Survey>,
    advisories: &'a Advisories,
    progress: &'a AuditProgress,
    own: Survey,
}

impl WalkWorker<'_> {
    fn file(&mut self, path: &Path) {
        self.progress.files.fetch_add(1, Ordering::Relaxed);
        let Some(name) = path.file_name().and_then(|n| n.to_str()) else { return };
        let installed = match name {
            "package.json" if node::is_installed(path) => self.read(path, node::package),
            "METADATA" | "PKG-INFO" if python::is_installed(path) => self.read(path, python::package),
            // distutils installs one file instead of a folder.
            _ if name.ends_with(".egg-info") => self.read(path, python::package),
            _ if !crate::path::special::is_special(name.as_bytes()) => return,
            _ => {
                let shown = shown(path);
                self.traces(path, &shown, name);
                // A lockfile inside a package is about its development, not about this installation.
                if shown.contains("node_modules/") || shown.contains("/site-packages/") {
                    return;
                }
                match lockfile::recognise(&shown) {
                    Some(format) if format.is_lock() => {
                        self.read(path, |_, bytes| lockfile::read(format, bytes).map_err(|e| e.to_string()))
                    }
                    Some(format) => return self.manifest(path, &shown, format),
                    None => return,
                }
            }
        };
        if let Some(inventory) = installed {
            self.progress.packages.fetch_add(inventory.packages.len(), Ordering::Relaxed);
            self.own.add(&shown(path), &inventory, self.advisories);
        }
    }

    /// Reads a manifest, whose versions are only wanted: it counts for what is known to be bad in it, which the next
    /// installation brings and a commit would block.
    fn manifest(&mut self, path: &Path, shown: &str, format: &dyn lockfile::Format) {
        let Ok(bytes) = file::read(path) else { return };
        let Ok(mut inventory) = lockfile::read(format, &bytes) else { return };
        let is_bad = |package: &Package| origin::verdict(self.advisories, package) != PackageVerdict::Unknown;
        inventory.packages.retain(|package| is_bad(package));
        if !inventory.packages.is_empty() {
            self.own.coverage.blobs += 1;
            self.own.coverage.bytes += bytes.len() as u64;
            self.own.add(shown, &inventory, self.advisories);
        }
    }

    fn endless(&mut self, path: &Path) {
        if lockfile::recognise(&shown(path)).is_some_and(|format| format.is_lock()) {
            self.unreadable("file", &shown(path), file::ENDLESS.to_owned());
        }
    }

    fn read(&mut self, path: &Path, parse: impl Fn(&Path, &[u8]) -> Result<Inventory, String>) -> Option<Inventory> {
        let bytes = match file::read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.unreadable("file", &shown(path), error.to_string());
                return None;
            }
        };
        match parse(path, &bytes) {
            Ok(inventory) => {
                self.own.coverage.blobs += 1;
                self.own.coverage.bytes += bytes.len() as u64;
                Some(inventory)
            }
            Err(reason) => {
                let format = path.file_name().and_then(|name| lockfile::recognise(&name.to_string_lossy()));
                let incomplete = format.is_none_or(lockfile::Format::is_text);
                let (what, path) = ("lockfile", shown(path));
                self.own.coverage.skipped.push(Skip { what, path, reason, incomplete });
                None
            }
        }
    }

    /// Scans a file that has a loader's extension or the name of an exfiltration file.
    fn traces(&mut self, path: &Path, shown: &str, name: &str) {
        if !(indicator::may_be_loader(name) || name.ends_with(".json") && indicator::is_named(name)) {
            return;
        }
        let Ok(bytes) = file::read(path) else {
            self.unreadable("file", shown, "cannot be read".to_owned());
            return;
        };
        let found = indicator::scan(shown, &bytes).into_iter().chain(indicator::loader(&bytes));
        // Most files that run by themselves are part of the machine's set-up.
        let known = |trace: &Trace| trace.weight == TraceWeight::Blocks && !trace.id.starts_with("autorun ");
        let blocking: Vec<Trace> = found.filter(known).collect();
        self.own.traces.extend(blocking.into_iter().map(|trace| (shown.to_owned(), trace)));
    }

    fn unreadable(&mut self, what: &'static str, path: &str, reason: String) {
        self.own.coverage.skipped.push(Skip { what, path: path.to_owned(), reason, incomplete: true });
    }
}

impl Drop for WalkWorker<'_> {
    fn drop(&mut self) {
        let own = std::mem::take(&mut self.own);
        let mut survey = self.survey.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        survey.rows.extend(own.rows);
        survey.traces.extend(own.traces);
        survey.coverage.blobs += own.coverage.blobs;
        survey.coverage.bytes += own.coverage.bytes;
        survey.coverage.skipped.extend(own.coverage.skipped);
    }
}

fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").map_or(text.clone(), str::to_owned)
}
