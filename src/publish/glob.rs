//! Globs of the files in an artefact.

use globset::{GlobBuilder, GlobMatcher};

/// A glob as the table and the formats write it; a name alone is meant at any depth.
pub(super) fn glob(pattern: &str) -> Option<GlobMatcher> {
    GlobBuilder::new(pattern).literal_separator(true).build().ok().map(|glob| glob.compile_matcher())
}
