//! Advisory data: the rows that people edit, and the index that a look-up searches.

pub mod ecosystem;
pub mod feed;
pub mod index;
pub mod row;
pub mod version;
