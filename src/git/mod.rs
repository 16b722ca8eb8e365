//! Git repositories: objects, differences and walks.
//!
//! No other module imports gix, whose interface changes about monthly. `read` decodes objects and the index, `walk`
//! follows commits, and `diff` compares trees, the index and contents; each imports only those named before it.
//! `rewrite` is the one that writes.

mod address;
mod ask;
mod diff;
mod opened;
mod read;
mod remotes;
mod repo;
mod rewrite;
mod walk;

pub use address::Address;
pub use diff::{
    ChangedPath, FileVersion, LineSet, RemovedPath, Tracked, TreeChanges, compare, entry_at, files_below,
    introduced_changes, new_lines, removed_files, renames, staged, tracked,
};
/// The id of an object.
pub use gix::ObjectId as Oid;
/// The hash function of a repository's ids.
pub use gix::hash::Kind as HashKind;
/// The type of an object: blob, tree, commit or tag.
pub use gix::objs::Kind as ObjectKind;
pub use opened::refuse_endless;
pub use read::{EntryMode, Objects, Store, Unread, Visit, Visited, blob_id};
pub use remotes::{Remote, Remotes};
pub use repo::{Fetched, Ref, Repo};
pub use rewrite::{IndexedPath, PathEdit, PathEdits, Rewriter, RewrittenCommit, indexed_paths};
pub use walk::{
    Authored, Boundary, CommitPosition, EntryTarget, HiddenContent, KnownCommits, KnownContent, NewCommit, NewObjects,
    Reach, ReflogEntry, TreeItem, TreeStore, TreeWalk, authored, cloned_from, every_object, merge_bases, outgoing,
    parents_of, position, reachable, reaches, reflog_entries, squashed,
};
