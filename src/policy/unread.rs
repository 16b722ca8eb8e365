//! `[[unread]]`: content that may stay unread, and the reason.

use std::sync::OnceLock;

use globset::{GlobSet, GlobSetBuilder};

use super::files;
use crate::document::Section;
use crate::error::{Error, Result};

/// The content that a configuration file accepts unread.
#[derive(Debug, Default)]
pub struct UnreadPolicy {
    /// Whether the content of Git LFS must be at hand; nothing: where a hook asks.
    pub lfs: Option<Lfs>,
    /// Accepted paths, in the order of the file.
    pub accepted: Vec<Accepted>,
}

/// The effect of an LFS object that is not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lfs {
    /// It is incomplete.
    Require,
    /// The scan lists it.
    Report,
}

/// The words of [`Lfs`].
pub(super) const LFS: &[(&str, Lfs)] = &[("require", Lfs::Require), ("report", Lfs::Report)];

/// One `[[unread]]`.
#[derive(Debug)]
pub struct Accepted {
    /// The file that accepts it.
    pub file: String,
    /// Its line in the file.
    pub line: usize,
    /// Globs; one must match.
    pub path: Vec<String>,
    /// Why it may stay unread.
    pub reason: String,
    globs: OnceLock<GlobSet>,
}

impl Accepted {
    /// Reads the path and the reason of one `[unread]` or `[[unread]]` of the file that messages call `file`.
    ///
    /// # Errors
    /// Exit 3 with the position: one without the other, or a path that is no glob.
    pub(super) fn read(section: &Section<'_>, file: &str) -> Result<Option<Self>> {
        let line = section.line();
        let path = section.get("path").map(|f| f.one_or_more()).transpose()?;
        let reason = section.get("reason").map(|f| f.text()).transpose()?;
        let incomplete = section
            .error("an [[unread]] needs a `path` and a `reason`")
            .help("name the files that may stay unread, and the reason why that is no risk");
        section.finish()?;
        match (path, reason) {
            (None, None) => Ok(None),
            (Some(path), Some(reason)) if !path.is_empty() => {
                for pattern in &path {
                    files::glob(pattern)
                        .map_err(|e| Error::usage(format!("{file}:{line}: `unread.path` is not a glob: {e}")))?;
                }
                Ok(Some(Self { file: file.to_owned(), line, path, reason, globs: OnceLock::new() }))
            }
            _ => Err(incomplete),
        }
    }

    /// Whether it is about this path: a member's is its container's, too.
    pub fn covers(&self, path: &str) -> bool {
        let globs = self.globs.get_or_init(|| {
            let mut set = GlobSetBuilder::new();
            self.path.iter().filter_map(|pattern| files::glob(pattern).ok()).for_each(|glob| {
                set.add(glob);
            });
            // A set that is too large accepts nothing.
            set.build().unwrap_or_default()
        });
        let container = path.split('!').next().unwrap_or(path);
        globs.is_match(path) || globs.is_match(container)
    }
}
