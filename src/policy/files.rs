//! Where the policy's own files come from: the work tree, or the tree of a revision which the change cannot touch.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use crate::environment;
use crate::error::{Context, Error, Result};
use crate::file;
use crate::git::{self, EntryMode, Oid, Repo};

/// Reads the policy's files. Paths are relative to the root and `/`-separated.
pub trait Files: Sync {
    /// The content of a file; none when there is no such file.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>>;

    /// Every file at or below the directory `dir` (empty: the root), sorted.
    ///
    /// # Errors
    /// When a directory cannot be read.
    fn list(&self, dir: &str) -> Result<Vec<String>>;

    /// How messages name a file, for example `.shield-hook.toml` or `.shield-hook.toml (in 1a2b3c4, origin/main)`.
    fn name(&self, path: &str) -> String {
        path.to_owned()
    }
}

/// Files on disk, below a root directory.
#[derive(Clone, Debug)]
pub struct OnDisk {
    /// The directory that paths are relative to.
    pub root: PathBuf,
}

impl Files for OnDisk {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let at = self.root.join(path);
        let cannot =
            |why: &dyn std::fmt::Display| Err(Error::usage(format!("{}: cannot be read: {why}", self.name(path))));
        let file = match file::open(&at) {
            Ok(file) => file,
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                // A link that leads nowhere is no absent file: somebody meant something by it.
                return if at.is_symlink() { cannot(&"the link leads nowhere") } else { Ok(None) };
            }
            Err(e) => return cannot(&e),
        };
        let mut bytes = Vec::new();
        // A repository can hold a link to a device that never ends.
        match file.take(LARGEST + 1).read_to_end(&mut bytes) {
            Ok(_) if bytes.len() as u64 > LARGEST => cannot(&format_args!("more than {LARGEST} bytes")),
            Ok(_) => Ok(Some(bytes)),
            Err(e) => cannot(&e),
        }
    }

    fn list(&self, dir: &str) -> Result<Vec<String>> {
        let mut files = Vec::new();
        let mut open = vec![dir.trim_matches('/').to_owned()];
        while let Some(dir) = open.pop() {
            let at = if dir.is_empty() { self.root.clone() } else { self.root.join(&dir) };
            let entries = match std::fs::read_dir(&at) {
                Ok(entries) => entries,
                Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => continue,
                Err(e) => return Err(Error::usage(format!("{}: cannot be read: {e}", at.display()))),
            };
            for entry in entries {
                let entry = entry.or_usage(at.display())?;
                let Ok(name) = entry.file_name().into_string() else { continue };
                let path = if dir.is_empty() { name.clone() } else { format!("{dir}/{name}") };
                // A linked directory is not followed: it can lead round in a circle, and out of the repository.
                match entry.file_type().or_usage(&path)? {
                    t if t.is_dir() && name != ".git" => open.push(path),
                    t if t.is_dir() => {}
                    _ => files.push(path),
                }
            }
        }
        files.sort();
        Ok(files)
    }
}

/// Files in a tree of the repository.
pub struct InTree<'r> {
    repo: &'r Repo,
    tree: Oid,
    /// The addition to a file's name in messages, for example `1a2b3c4, origin/main`.
    label: Option<String>,
}

/// No policy file is anywhere near this large, in bytes.
const LARGEST: u64 = 64 << 20;

impl<'r> InTree<'r> {
    /// The files of the commit (or tree) `id`; messages name them as `label`'s.
    ///
    /// # Errors
    /// When the commit cannot be read.
    pub fn new(repo: &'r Repo, id: &Oid, label: &str) -> Result<Self> {
        let tree = repo.objects().tree_of(id).map_err(|e| {
            Error::incomplete(format!("{id}: the policy must come from here, and it cannot be read: {}", e.reason()))
        })?;
        Ok(InTree { repo, tree, label: Some(format!("{}, {label}", id.to_hex_with_len(7))) })
    }

    /// The files of the commit `id`, called by their paths alone.
    ///
    /// # Errors
    /// When the commit cannot be read.
    pub fn plain(repo: &'r Repo, id: &Oid) -> Result<Self> {
        Ok(InTree { label: None, ..InTree::new(repo, id, "")? })
    }
}

impl Files for InTree<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let mut objects = self.repo.objects();
        let unread = |e: git::Unread| Error::incomplete(format!("{}: {}", self.name(path), e.reason()));
        match git::entry_at(&mut objects, self.tree, path.as_bytes()).map_err(unread)? {
            Some((id, Some(EntryMode::File))) => {
                let mut bytes = Vec::new();
                objects.read(&id, LARGEST, &mut bytes).map_err(unread)?;
                Ok(Some(bytes))
            }
            None => Ok(None),
            // Taking it for absent would let the change loosen the gate.
            Some(_) => Err(Error::usage(format!("{}: not a regular file", self.name(path)))),
        }
    }

    fn list(&self, dir: &str) -> Result<Vec<String>> {
        let unread = |e: git::Unread| Error::incomplete(format!("{}: {}", self.name(dir), e.reason()));
        let files = git::files_below(&mut self.repo.objects(), self.tree, dir.as_bytes()).map_err(unread)?;
        let mut names: Vec<String> = files.into_iter().filter_map(|f| String::from_utf8(f.into()).ok()).collect();
        names.sort();
        Ok(names)
    }

    fn name(&self, path: &str) -> String {
        self.label.as_ref().map_or_else(|| path.to_owned(), |label| format!("{path} (in {label})"))
    }
}

/// No files at all: only the built-in rules and defaults apply.
#[derive(Clone, Copy, Debug)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }
    fn list(&self, _: &str) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
}

/// The user's own configuration file: `$XDG_CONFIG_HOME/shield-hook/config.toml`, or the platform's like.
pub fn user_config() -> Option<PathBuf> {
    let base = environment::absolute_path("XDG_CONFIG_HOME").or_else(|| {
        if cfg!(windows) {
            environment::absolute_path("APPDATA")
        } else {
            environment::absolute_path("HOME").map(|home| home.join(".config"))
        }
    })?;
    Some(base.join("shield-hook").join("config.toml"))
}

/// A glob over paths: `*` stays within a directory, `**` does not; one without a slash matches in every directory; one
/// that ends in a slash matches all that is below.
///
/// # Errors
/// The mistake in it.
pub fn glob(pattern: &str) -> Result<globset::Glob, String> {
    let rooted = pattern.strip_prefix('/').unwrap_or(pattern);
    let mut full = rooted.to_owned();
    if full.ends_with('/') {
        full.push_str("**");
    }
    if !pattern.contains('/') {
        full = format!("**/{full}");
    }
    GlobBuilder::new(&full).literal_separator(true).backslash_escape(true).build().map_err(|e| e.kind().to_string())
}

/// The files that `pattern` names, sorted: one path, or a glob.
///
/// # Errors
/// When the pattern is not a glob, or a directory cannot be read.
pub fn expand(files: &dyn Files, pattern: &str) -> Result<Vec<String>> {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    if !pattern.contains(['*', '?', '[', '{']) {
        return Ok(vec![pattern.to_owned()]);
    }
    // Unlike an allowance's, a rule file's pattern is a path from the root.
    let matcher: GlobMatcher = GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .map_err(|e| Error::usage(format!("`{pattern}` is not a glob: {}", e.kind())))?
        .compile_matcher();
    let literal = pattern.find(['*', '?', '[', '{']).map_or(pattern, |n| &pattern[..n]);
    let dir = literal.rfind('/').map_or("", |n| &literal[..n]);
    Ok(files.list(dir)?.into_iter().filter(|f| matcher.is_match(Path::new(f))).collect())
}
