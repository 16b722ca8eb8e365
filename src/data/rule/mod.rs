//! Rule files, and the packed form of the built-in rules.

#[doc(hidden)]
pub mod packed;
pub mod scales;
pub mod spec;
pub mod template;
