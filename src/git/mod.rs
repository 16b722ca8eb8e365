//! Reading git. The only module that imports gix, whose interface changes about monthly.

mod added;

pub use added::{Lines, new_lines};
/// An object's id.
pub use gix::ObjectId as Oid;
