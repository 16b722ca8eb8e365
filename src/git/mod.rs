//! Reading git. The only module that imports gix, whose interface changes about monthly.

mod added;
mod address;
mod ask;
mod bases;
mod commits;
mod graph;
mod history;
mod index;
mod lean;
mod lookup;
mod loose;
mod near;
mod objects;
mod outgoing;
mod packs;
mod positioned;
mod reach;
mod recent;
mod reflog;
mod remotes;
mod rename;
mod repo;
mod spot;
mod staged;
mod trees;
mod worktree;

pub use added::{Lines, new_lines};
pub use address::Address;
pub use bases::merge_bases;
pub use commits::{KnownCommits, parents_of};
/// An object's id.
pub use gix::ObjectId as Oid;
/// Which hash names objects.
pub use gix::hash::Kind as HashKind;
/// What an object is.
pub use gix::objs::Kind as ObjectKind;
pub use graph::{Graph, Leads};
pub use history::{Held, Trees, every_object, everything};
pub use lookup::{entry_at, files_below};
pub use objects::{Objects, Unread, blob_id};
pub use outgoing::{Border, Known, NewCommit, Outgoing, brought, net, outgoing};
pub use packs::{Store, Visit, Visited};
pub use reach::reaches;
pub use reflog::{Move, cloned_from, moves};
pub use remotes::{Remote, Remotes};
pub use rename::{Side, removed_files, renames};
pub use repo::{Fetched, Ref, Repo};
pub use spot::{Reach, Spot, spot};
pub use staged::staged;
pub use trees::{Change, Changes, Mode, Removed, compare};
pub use worktree::{Tracked, tracked};
