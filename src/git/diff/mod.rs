//! Differences: between trees, between the index and HEAD, between two contents.

mod index;
mod introduced;
mod lines;
mod lookup;
mod rename;
mod staged;
mod trees;
mod worktree;

pub(super) use index::GitIndex;
pub use introduced::introduced_changes;
pub use lines::{LineSet, new_lines};
pub use lookup::{entry_at, files_below};
pub use rename::{FileVersion, removed_files, renames};
pub use staged::staged;
pub use trees::{ChangedPath, RemovedPath, TreeChanges, compare};
pub use worktree::{Tracked, tracked};
