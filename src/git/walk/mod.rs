//! Walks over commits, over all trees of a history, and over reflogs.

mod commits;
mod history;
mod merge_base;
mod outgoing;
mod position;
mod reach;
mod reflog;
mod tree_store;

pub use commits::{Authored, KnownCommits, authored, parents_of};
pub use history::{TreeItem, TreeWalk, every_object, reachable};
pub use merge_base::merge_bases;
pub use outgoing::{Boundary, HiddenContent, KnownContent, NewCommit, NewObjects, outgoing, squashed};
pub use position::{CommitPosition, Reach, position};
pub use reach::reaches;
pub use reflog::{ReflogEntry, cloned_from, reflog_entries};
pub use tree_store::{EntryTarget, TreeStore};
