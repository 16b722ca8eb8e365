//! Standard input.

use std::io::Read;

use bstr::BString;

use super::{Content, ContentReader, Coverage, InMemory, Item, Old, Plan, Readers, Skip, Source};
use crate::chunk::{ChunkPlace, Origin};
use crate::error::Result;

/// Everything on standard input, as one piece.
pub struct Stdin {
    /// Its name in reports; decides about file formats, too.
    pub name: BString,
    /// More bytes than this make the scan incomplete.
    pub max_object: u64,
}

impl Source for Stdin {
    fn plan(&self, _: &mut Coverage) -> Result<Plan<'_>> {
        let origin = Origin::of(ChunkPlace::Stdin(self.name.clone()));
        let input = Item { origin, content: Content::Stdin, old: Old::Nothing };
        let items = vec![input, Item::name_of(self.name.clone())];
        Ok(Plan::new(items, StdinReader { max: self.max_object }))
    }
}

#[derive(Clone, Copy)]
struct StdinReader {
    /// More bytes than this are not read.
    max: u64,
}

impl Readers for StdinReader {
    fn reader(&self) -> Result<Box<dyn ContentReader + '_>> {
        Ok(Box::new(*self))
    }
}

impl ContentReader for StdinReader {
    fn read(&mut self, item: &Item, into: &mut Vec<u8>) -> Result<(), Skip> {
        if !matches!(item.content, Content::Stdin) {
            return InMemory.read(item, into);
        }
        into.clear();
        let skip =
            |reason| Skip { what: "standard input", path: item.origin.path().to_string(), reason, incomplete: true };
        let input = std::io::stdin().lock();
        match input.take(self.max.saturating_add(1)).read_to_end(into) {
            Err(e) => Err(skip(format!("could not be read: {e}"))),
            Ok(_) if into.len() as u64 > self.max => Err(skip(format!("more than max-object = {} bytes", self.max))),
            Ok(_) => Ok(()),
        }
    }

    fn old_sides(&mut self, _: &Item) -> Vec<Vec<u8>> {
        Vec::new()
    }
}
