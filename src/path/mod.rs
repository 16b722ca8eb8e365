//! Facts about a file that follow from its path alone.

pub mod special;
