//! What stands behind an item: the members of an archive, the content of a Git LFS pointer.

use std::collections::HashMap;

use bstr::{BStr, BString, ByteSlice};

use super::{Part, judge, novelty, occurrences};
use crate::archive::{self, Format, Limits};
use crate::chunk::{Chunk, Kind, Origin};
use crate::engine::{Engine, Match, Scratch};
use crate::finding::Fingerprint;
use crate::policy::Policy;
use crate::policy::unread::Lfs;
use crate::source::{Item, Old, Reader, Skip, Source, are_same_pointer, is_lfs_pointer};

/// Looks behind one item.
pub(super) struct Look<'a> {
    pub engine: &'a Engine,
    pub policy: &'a Policy,
    pub source: &'a dyn Source,
    pub item: &'a Item,
}

/// A member in which something was found.
struct Found {
    path: BString,
    content: Vec<u8>,
    matches: Vec<Match>,
    old: Vec<Vec<u8>>,
}

impl Look<'_> {
    /// Looks behind the item's content, where there is anything behind it.
    pub fn behind(&self, content: &[u8], reader: &mut dyn Reader, scratch: &mut Scratch, part: &mut Part) {
        if !matches!(self.item.origin.kind, Kind::File | Kind::Stdin | Kind::Note) {
            return;
        }
        if is_lfs_pointer(content) {
            self.pointer(content, reader, scratch, part);
        } else if let Some(format) = archive::recognise(content) {
            self.members(content, format, reader, scratch, part);
        }
    }

    /// Scans the content of an LFS pointer.
    fn pointer(&self, pointer: &[u8], reader: &mut dyn Reader, scratch: &mut Scratch, part: &mut Part) {
        let (mut content, store) = (Vec::new(), self.source.lfs());
        let elsewhere = || "its content is in Git LFS: scan the checked-out file".to_owned();
        let read = store
            .as_ref()
            .map_or_else(|| Err(elsewhere()), |store| store.read(pointer, self.policy.max_object, &mut content));
        if let Err(reason) = read {
            if self.raw_old_sides(reader).iter().any(|old| are_same_pointer(old, pointer)) {
                return;
            }
            let is_required = store.is_some_and(|store| store.is_required);
            let incomplete = self.policy.lfs().map_or(is_required, |lfs| lfs == Lfs::Require);
            let path = self.item.origin.path.to_string();
            part.skipped.push(Skip { what: "lfs-pointer", path, reason, incomplete });
            return;
        }
        part.bytes += content.len() as u64;
        let chunk = Chunk { origin: &self.item.origin, bytes: &content };
        let matches = self.engine.scan(chunk, scratch);
        if scratch.decoding_ended() {
            part.skipped.push(super::undecoded(&self.item.origin.path));
        }
        if !matches.is_empty() {
            let (spans, old) = (occurrences(&content, &matches), self.old_sides(reader));
            let is_new = novelty::new_ones(self.engine, chunk, &matches, &old, scratch);
            judge(reader, self.policy, self.item, chunk, matches.into_iter().zip(is_new), &spans, part);
        }
        if let Some(format) = archive::recognise(&content) {
            self.members(&content, format, reader, scratch, part);
        }
    }

    /// Scans the members of a container.
    fn members(
        &self,
        container: &[u8],
        format: Format,
        reader: &mut dyn Reader,
        scratch: &mut Scratch,
        part: &mut Part,
    ) {
        let (mut found, mut unread) = (Vec::new(), Vec::new());
        self.each(container, format, &mut |path, content| match content {
            Ok(content) => {
                let origin = self.origin_of(path, '/');
                let matches = self.engine.scan(Chunk { origin: &origin, bytes: content }, scratch);
                if scratch.decoding_ended() {
                    unread.push(super::undecoded(&self.origin_of(path, '!').path));
                }
                if !matches.is_empty() {
                    found.push(Found { path: path.into(), content: content.to_vec(), matches, old: Vec::new() });
                }
            }
            Err(reason) => {
                let path = self.origin_of(path, '!').path.to_string();
                unread.push(Skip { what: "archive", path, reason, incomplete: true });
            }
        });
        if found.is_empty() && unread.is_empty() {
            return;
        }
        let old = self.old_sides(reader);
        // A container that was only moved holds nothing new, read or not.
        if !old.iter().any(|old| old == container) {
            part.skipped.append(&mut unread);
        }
        self.find_old(&old, &mut found);
        let mut inside = Part::default();
        for Found { path, content, matches, old } in found {
            let origin = self.origin_of(path.as_ref(), '!');
            let spans = occurrences(&content, &matches);
            let chunk = Chunk { origin: &origin, bytes: &content };
            let is_new = novelty::new_ones(self.engine, chunk, &matches, &old, scratch);
            judge(reader, self.policy, self.item, chunk, matches.into_iter().zip(is_new), &spans, &mut inside);
        }
        // What stands in clear in the container was found there, too: its place in its member says more.
        let told: Vec<Fingerprint> = inside.findings.iter().map(|f| f.fingerprint).collect();
        part.findings.retain(|f| f.kind == Kind::Member || !told.contains(&f.fingerprint));
        part.findings.append(&mut inside.findings);
        part.skipped.append(&mut inside.skipped);
    }

    /// Gives each member that something was found in its old versions: those of its path, and those that are the same.
    fn find_old(&self, old: &[Vec<u8>], found: &mut [Found]) {
        let places: HashMap<BString, usize> = found.iter().enumerate().map(|(n, f)| (f.path.clone(), n)).collect();
        for container in old {
            let Some(format) = archive::recognise(container) else { continue };
            self.each(container, format, &mut |path, content| {
                let Ok(content) = content else { return };
                let same = || found.iter().position(|f| f.content == content);
                if let Some(place) = places.get(path).copied().or_else(same) {
                    found[place].old.push(content.to_vec());
                }
            });
        }
    }

    fn each(&self, container: &[u8], format: Format, visit: &mut dyn FnMut(&BStr, Result<&[u8], String>)) {
        let limits = Limits::of(container.len(), self.policy.max_object);
        archive::read(container, format, self.item.origin.path.as_ref(), limits, &mut |member| {
            visit(member.path, member.content);
        });
    }

    /// The origin of a member: in reports `!` stands between the paths, for rules about paths it is one path.
    fn origin_of(&self, member: &BStr, between: char) -> Origin {
        let container = &self.item.origin;
        let mut path = container.path.clone();
        if !member.is_empty() {
            path.push(between as u8);
            path.extend(member.bytes().map(|b| if b == b'!' { between as u8 } else { b }));
        }
        Origin { kind: Kind::Member, path, commit: container.commit.clone() }
    }

    fn raw_old_sides(&self, reader: &mut dyn Reader) -> Vec<Vec<u8>> {
        match self.item.old {
            Old::Nothing => Vec::new(),
            Old::Blobs { .. } | Old::Unknown(_) => reader.old_sides(self.item),
        }
    }

    /// The old sides, the content in the place of a pointer where it is here.
    fn old_sides(&self, reader: &mut dyn Reader) -> Vec<Vec<u8>> {
        let mut sides = self.raw_old_sides(reader);
        let store = if sides.iter().any(|side| is_lfs_pointer(side)) { self.source.lfs() } else { None };
        for side in sides.iter_mut().filter(|side| is_lfs_pointer(side)) {
            let mut content = Vec::new();
            if store.as_ref().is_some_and(|store| store.read(side, self.policy.max_object, &mut content).is_ok()) {
                *side = content;
            }
        }
        sides
    }
}
