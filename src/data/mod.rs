//! Data formats that the build script writes and the program reads: advisories, keywords, rules, the vocabulary.
//!
//! The build script includes this module by its path, so that reader and writer cannot differ. Its files therefore
//! import external crates and `super::` paths only, and every crate they use is a build dependency, too.

pub mod advisory;
pub mod did_you_mean;
#[doc(hidden)]
pub mod keywords;
pub mod regex;
pub mod rule;
pub mod toml_text;
#[doc(hidden)]
pub mod vocabulary;
