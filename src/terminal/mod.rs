//! Standard error as people read it: messages and progress.

pub mod progress;
mod say;

pub(crate) use say::{name, say, write_line};
