//! The members of an artefact as items of a scan, each beside its version in the release before.

use std::collections::HashMap;

use bstr::{BStr, ByteSlice};

use super::artefact::{Artefact, Member, MemberPart};
use crate::chunk::{ChunkPlace, Origin};
use crate::error::Result;
use crate::source::{Content, Coverage, InMemory, Item, Old, Plan, Skip, Source};

/// An artefact, and the release before it.
pub struct ArtefactSource<'a> {
    /// The artefact.
    pub artefact: &'a Artefact,
    /// The release before: what it already had is not new.
    pub before: Option<&'a Artefact>,
}

impl Source for ArtefactSource<'_> {
    fn plan(&self, coverage: &mut Coverage) -> Result<Plan<'_>> {
        let unread = self.artefact.unread_files().map(|(path, reason)| Skip {
            what: "archive",
            path: self.artefact.shown(path.as_ref()).to_string(),
            reason: reason.clone(),
            incomplete: true,
        });
        coverage.skipped.extend(unread);
        // The scan looks into containers by itself.
        let files = || self.artefact.members.iter().filter(|member| member.part != MemberPart::Inner);
        let before: HashMap<(&BStr, MemberPart), &Member> = self.before.map(Artefact::by_path).unwrap_or_default();
        let items = files().map(|member| {
            let old = before.get(&(member.path.as_bstr(), member.part));
            Item {
                origin: Origin::of(ChunkPlace::File(self.artefact.shown(member.path.as_ref()))),
                content: Content::Bytes(member.content.clone().into()),
                old: old.map_or(Old::Nothing, |old| Old::Text(old.content.clone().into())),
            }
        });
        let names = files().map(|member| {
            let path = self.artefact.shown(member.path.as_ref());
            Item {
                origin: Origin::of(ChunkPlace::PathName(path.clone())),
                content: Content::Bytes(path.to_vec().into()),
                old: Old::Nothing,
            }
        });
        Ok(Plan::new(items.chain(names).collect(), InMemory))
    }
}
