//! Texts in memory, each with the place that reports name.

use super::{Content, Coverage, InMemory, Item, Old, Plan, Skip, Source};
use crate::chunk::{ChunkPlace, Origin};
use crate::error::Result;

/// One text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedText {
    /// Its place.
    pub place: ChunkPlace,
    /// Its content.
    pub bytes: Vec<u8>,
    /// The content that it replaces: what is in it, too, is old. None if everything counts.
    pub before: Option<Vec<u8>>,
}

/// Texts that somebody is about to send or to write.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// Each with its place.
    pub texts: Vec<PlacedText>,
    /// Those that could not be read.
    pub skipped: Vec<Skip>,
}

impl Source for Texts {
    fn plan(&self, coverage: &mut Coverage) -> Result<Plan<'_>> {
        coverage.skipped.extend(self.skipped.iter().cloned());
        let item = |text: &PlacedText| Item {
            origin: Origin::of(text.place.clone()),
            content: Content::Bytes(text.bytes.clone().into()),
            old: text.before.clone().map_or(Old::Nothing, |before| Old::Text(before.into())),
        };
        Ok(Plan::new(self.texts.iter().map(item).collect(), InMemory))
    }
}
