//! Files on disk against what they were before a command ran.

use bstr::BString;

use super::{AtHand, Content, Coverage, Item, Old, Reader, Skip, Source};
use crate::chunk::{Kind, Origin};
use crate::error::Result;

/// One file, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// Its path, as reports name it.
    pub path: BString,
    /// What it was; nothing when it was not there.
    pub before: Option<Vec<u8>>,
    /// What it is.
    pub after: Vec<u8>,
}

/// Files that a command has changed.
#[derive(Clone, Debug, Default)]
pub struct Changed {
    /// Each once.
    pub files: Vec<Replaced>,
}

impl Source for Changed {
    fn plan(&self, _: &mut Coverage) -> Result<Vec<Item>> {
        let item = |(key, file): (usize, &Replaced)| Item {
            origin: Origin { kind: Kind::File, path: file.path.clone(), commit: None },
            content: Content::Bytes(file.after.clone().into()),
            // The old side is at hand, and no object.
            old: if file.before.is_some() { Old::Blobs { change: key, ids: Vec::new() } } else { Old::Unknown(key) },
        };
        Ok(self.files.iter().enumerate().map(item).collect())
    }

    fn reader(&self) -> Result<Box<dyn Reader + '_>> {
        Ok(Box::new(WithBefore(&self.files)))
    }
}

/// Knows what stood there before.
struct WithBefore<'a>(&'a [Replaced]);

impl Reader for WithBefore<'_> {
    fn read(&mut self, item: &Item, into: &mut Vec<u8>) -> Result<(), Skip> {
        AtHand.read(item, into)
    }

    fn old_sides(&mut self, item: &Item) -> Vec<Vec<u8>> {
        let same = self.0.iter().filter(|file| file.path == item.origin.path);
        same.filter_map(|file| file.before.clone()).collect()
    }
}
