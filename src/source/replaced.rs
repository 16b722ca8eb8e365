//! Files on disk, compared with their content before a command ran.

use bstr::BString;

use super::{Content, Coverage, InMemory, Item, Old, Plan, Source};
use crate::chunk::{ChunkPlace, Origin};
use crate::error::Result;

/// One file, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// Its path, as reports name it.
    pub path: BString,
    /// Its content before; none when it did not exist.
    pub before: Option<Vec<u8>>,
    /// Its content after.
    pub after: Vec<u8>,
}

/// Files that a command has changed.
#[derive(Clone, Debug, Default)]
pub struct Changed {
    /// Each once.
    pub files: Vec<Replaced>,
}

impl Source for Changed {
    fn plan(&self, _: &mut Coverage) -> Result<Plan<'_>> {
        let item = |(number, file): (usize, &Replaced)| Item {
            origin: Origin::of(ChunkPlace::File(file.path.clone())),
            content: Content::Bytes(file.after.clone().into()),
            old: match &file.before {
                Some(before) => Old::Text(before.clone().into()),
                None => Old::NewPath { change: number },
            },
        };
        Ok(Plan::new(self.files.iter().enumerate().map(item).collect(), InMemory))
    }
}
