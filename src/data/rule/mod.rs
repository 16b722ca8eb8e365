//! Rule files, and the packed form of the built-in rules.

pub mod fields;
pub mod keys;
#[doc(hidden)]
pub mod packed;
pub mod scales;
pub mod spec;
pub mod template;
