//! Facts about a file that follow from its path alone.

pub mod development;
pub mod hook_managers;
pub mod purpose;
pub mod special;
pub mod words;
