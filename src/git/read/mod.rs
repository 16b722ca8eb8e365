//! Reading objects and the index.
//!
//! Three readers answer for objects, in this order: [`few_objects`] asks the files for single objects without opening
//! the database, gix reads whatever that one leaves (with [`delta_cache`] for long delta chains), and the user's own
//! git fetches objects that only git can reach. [`packs`] visits every object of the store instead, in the order of
//! deltas.

mod delta_cache;
mod few_objects;
pub(super) mod index_file;
mod loose;
mod objects;
pub(super) mod packs;
mod positioned;
pub(super) mod tree;

pub use objects::{Objects, Unread, blob_id};
pub use packs::{Store, Visit, Visited};
pub use tree::EntryMode;
