//! Terminal output: messages on standard error, progress, and the filter of text that others wrote.

pub mod progress;
mod say;
pub mod text;

pub(crate) use say::{say, write_line};
pub use text::name;
