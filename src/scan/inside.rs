//! Content behind an item: the members of an archive, and the content of a Git LFS pointer.

use std::collections::HashMap;

use bstr::{BStr, BString, ByteSlice};

use super::novelty::{self, OldSides};
use super::{ItemScan, ScanContext, ScanPart, occurrences, packages, undecoded};
use crate::archive::{self, ArchiveFormat, ArchiveLimits, MemberKind};
use crate::chunk::{Chunk, ChunkPlace, Kind, Origin};
use crate::engine::{Match, Scratch};
use crate::error::Result;
use crate::finding::Fingerprint;
use crate::policy::unread::Lfs;
use crate::source::{Content, ContentReader, InMemory, Item, Old, Skip, annex_key, are_same_pointer, is_lfs_pointer};

/// Scans the content behind one item.
pub(super) struct InsideScan<'a> {
    pub context: &'a ScanContext<'a>,
    pub item: &'a Item,
    pub reader: &'a mut dyn ContentReader,
    pub scratch: &'a mut Scratch,
    pub part: &'a mut ScanPart,
}

/// The part of a member that is scanned.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    Content,
    /// Its path: the names in a compressed archive stand nowhere else.
    Name,
    /// The bytes of a container whose members are scanned by themselves.
    Container,
    /// What a container holds beside its members.
    Rest,
}

impl Part {
    /// A match in it may repeat one in a member, whose path says more.
    fn repeats(self) -> bool {
        matches!(self, Self::Container | Self::Rest)
    }
}

/// A member with matches, or one that may hold packages.
struct MatchedMember {
    path: BString,
    part: Part,
    content: Vec<u8>,
    matches: Vec<Match>,
    old: Vec<Vec<u8>>,
}

/// A member as a container shows it.
#[derive(Clone, Copy)]
struct Shown<'m> {
    path: &'m BStr,
    part: Part,
}

impl InsideScan<'_> {
    /// Scans the content behind the item's own, where there is any.
    ///
    /// # Errors
    /// The data of the package gate cannot be read.
    pub fn run(mut self, content: &[u8]) -> Result<()> {
        if let (Some(key), Kind::File | Kind::Symlink) = (annex_key(content), self.item.origin.kind()) {
            self.annexed(key);
            return Ok(());
        }
        if matches!(self.item.origin.kind(), Kind::Symlink | Kind::PathName | Kind::RefName) {
            return Ok(());
        }
        if is_lfs_pointer(content) && matches!(self.item.origin.kind(), Kind::File | Kind::Stdin | Kind::Note) {
            return self.pointer(content);
        }
        archive::recognise(content).map_or(Ok(()), |format| self.members(content, format))
    }

    /// Reports content in git-annex. A push does not carry it, as it carries no submodule.
    fn annexed(&mut self, key: &[u8]) {
        if self.stored_old_sides().iter().any(|old| annex_key(old) == Some(key)) {
            return;
        }
        let path = self.item.origin.path().to_string();
        let reason =
            "its content is in git-annex and not read: `git annex unlock` and `shield-hook scan PATH` read it".into();
        self.part.skipped.push(Skip { what: "annex-pointer", path, reason, incomplete: false });
    }

    /// Scans the content of an LFS pointer.
    fn pointer(&mut self, pointer: &[u8]) -> Result<()> {
        let (mut content, store, policy) = (Vec::new(), self.context.source.lfs(), self.context.policy);
        let read = match &store {
            Some(store) => store.read(pointer, policy.max_object, &mut content),
            None => Err("its content is in Git LFS: scan the checked-out file".to_owned()),
        };
        if let Err(reason) = read {
            if self.stored_old_sides().iter().any(|old| are_same_pointer(old, pointer)) {
                return Ok(());
            }
            let is_required = store.is_some_and(|store| store.is_required);
            let incomplete = policy.lfs().map_or(is_required, |lfs| lfs == Lfs::Require);
            let path = self.item.origin.path().to_string();
            self.part.skipped.push(Skip { what: "lfs-pointer", path, reason, incomplete });
            return Ok(());
        }
        self.part.bytes += content.len() as u64;
        self.context.spend(content.len());
        let chunk = Chunk { origin: &self.item.origin, bytes: &content };
        let matches = self.context.engine.scan(chunk, self.scratch);
        if self.scratch.decoding_ended() {
            self.part.skipped.push(undecoded(self.item.origin.path()));
        }
        if !matches.is_empty() {
            let old = self.old_sides();
            let mut part = std::mem::take(self.part);
            self.find(chunk, matches, &old, &mut part);
            *self.part = part;
        }
        archive::recognise(&content).map_or(Ok(()), |format| self.members(&content, format))
    }

    /// Scans the members of a container.
    fn members(&mut self, container: &[u8], format: ArchiveFormat) -> Result<()> {
        let (mut matched, mut unread) = (Vec::new(), Vec::new());
        let (context, item) = (self.context, self.item);
        each_member(context, item, (container, format), &mut |shown, content| match content {
            Ok(content) => {
                let origin = origin(item, shown, '/');
                let matches = context.engine.scan(Chunk { origin: &origin, bytes: content }, self.scratch);
                if self.scratch.decoding_ended() && shown.part == Part::Content {
                    unread.push(undecoded(member_origin(item, shown.path, '!').path()));
                }
                if !matches.is_empty() || shown.part == Part::Content && packages::may_list(origin.path()) {
                    let (path, content, old) = (shown.path.into(), content.to_vec(), Vec::new());
                    matched.push(MatchedMember { path, part: shown.part, content, matches, old });
                }
            }
            Err(reason) => {
                let path = member_origin(item, shown.path, '!').path().to_string();
                unread.push(Skip { what: "archive", path, reason, incomplete: true });
            }
        });
        if matched.is_empty() && unread.is_empty() {
            return Ok(());
        }
        let old = self.old_sides();
        // A container that was only moved holds nothing new, read or not.
        if !old.iter().any(|old| old == container) {
            self.part.skipped.append(&mut unread);
        }
        self.find_old(&old, &mut matched);
        matched.sort_by_key(|member| member.part.repeats());
        let mut inside = ScanPart::default();
        for member in matched {
            self.packages(&member, &mut inside)?;
            let MatchedMember { path, part, content, mut matches, old } = member;
            if part.repeats() {
                let own = |m: &Match| Fingerprint::of(m.rule.id, &m.secret);
                matches.retain(|m| inside.findings.iter().all(|f| f.fingerprint != own(m)));
            }
            let origin = origin(item, Shown { path: path.as_ref(), part }, '!');
            self.find(Chunk { origin: &origin, bytes: &content }, matches, &old, &mut inside);
        }
        self.add(inside);
        Ok(())
    }

    /// Adds the results of the members to those of the item.
    fn add(&mut self, mut inside: ScanPart) {
        // A match in the raw bytes of the container repeats one in a member, whose path says more.
        let reported: Vec<Fingerprint> = inside.findings.iter().map(|f| f.fingerprint).collect();
        self.part.remove(|f| f.location.kind() != Kind::Member && reported.contains(&f.fingerprint));
        self.part.findings.append(&mut inside.findings);
        self.part.skipped.append(&mut inside.skipped);
        self.part.packages.append(&mut inside.packages);
        self.part.used.extend(inside.used);
    }

    /// Looks for hijacked packages in a member that is a lockfile.
    fn packages(&self, member: &MatchedMember, part: &mut ScanPart) -> Result<()> {
        let origin = member_origin(self.item, member.path.as_ref(), '!');
        let as_file = member_origin(self.item, member.path.as_ref(), '/');
        if member.part != Part::Content || !packages::may_list(as_file.path()) {
            return Ok(());
        }
        let old = match (&self.item.old, member.old.first()) {
            (_, Some(old)) => Old::Text(old.clone().into()),
            (Old::Nothing, None) => Old::Nothing,
            (_, None) => Old::WithoutPath,
        };
        let item = Item { origin: origin.clone(), content: Content::Bytes(Box::default()), old };
        let chunk = Chunk { origin: &origin, bytes: &member.content };
        let secrets = occurrences(chunk.bytes, &member.matches);
        let reader = &mut InMemory;
        packages::inspect_member(
            &mut ItemScan { context: self.context, reader, item: &item, chunk, secrets: &secrets },
            part,
        )
    }

    /// The path that a part of the item had in the old side, where the item had another path.
    fn old_path(&mut self, part: &Origin) -> Option<BString> {
        let mut path = self.reader.old_path(self.item)?;
        path.extend_from_slice(part.path().strip_prefix(self.item.origin.path().as_bytes()).unwrap_or_default());
        Some(path)
    }

    /// Turns the matches in a text behind the item into findings.
    fn find(&mut self, chunk: Chunk<'_>, matches: Vec<Match>, old: &[Vec<u8>], part: &mut ScanPart) {
        let secrets = occurrences(chunk.bytes, &matches);
        let old_path = if old.is_empty() { None } else { self.old_path(chunk.origin) };
        let are_new = self.context.are_new(&self.reader.old_ids(self.item));
        let old = OldSides { sides: old, path: old_path.as_ref().map(AsRef::as_ref), are_new };
        let novelty = novelty::of_matches(self.context.witness(), chunk, &matches, old, self.scratch);
        let (context, item, reader) = (self.context, self.item, &mut *self.reader);
        let mut scan = ItemScan { context, reader, item, chunk, secrets: &secrets };
        scan.secrets(matches.into_iter().zip(novelty), part);
    }

    /// Gives each matched member its old versions: those at its path, and those with its content.
    fn find_old(&self, old: &[Vec<u8>], matched: &mut [MatchedMember]) {
        let by_path: HashMap<(BString, Part), usize> =
            matched.iter().enumerate().map(|(n, m)| ((m.path.clone(), m.part), n)).collect();
        for container in old {
            let Some(format) = archive::recognise(container) else { continue };
            each_member(self.context, self.item, (container, format), &mut |shown, content| {
                let Ok(content) = content else { return };
                let equal = || matched.iter().position(|m| m.part == shown.part && m.content == content);
                if let Some(at) = by_path.get(&(shown.path.into(), shown.part)).copied().or_else(equal) {
                    matched[at].old.push(content.to_vec());
                }
            });
        }
    }

    fn stored_old_sides(&mut self) -> Vec<Vec<u8>> {
        match self.item.old {
            Old::Nothing => Vec::new(),
            _ => self.reader.old_sides(self.item),
        }
    }

    /// The old sides; a pointer gives way to its content where that is stored locally.
    fn old_sides(&mut self) -> Vec<Vec<u8>> {
        let mut sides = self.stored_old_sides();
        let store = if sides.iter().any(|side| is_lfs_pointer(side)) { self.context.source.lfs() } else { None };
        for side in sides.iter_mut().filter(|side| is_lfs_pointer(side)) {
            let mut content = Vec::new();
            let max = self.context.policy.max_object;
            if store.as_ref().is_some_and(|store| store.read(side, max, &mut content).is_ok()) {
                *side = content;
            }
        }
        sides
    }
}

/// Receives each part of a container: its name, and its content or the reason for which that cannot be read.
type MemberVisitor<'a> = dyn FnMut(Shown<'_>, std::result::Result<&[u8], String>) + 'a;

fn each_member(
    context: &ScanContext<'_>,
    item: &Item,
    (container, format): (&[u8], ArchiveFormat),
    visit: &mut MemberVisitor<'_>,
) {
    let mut limits = ArchiveLimits::of(container.len(), context.policy.max_object);
    if let Some(budget) = context.source.budget() {
        limits.bytes = limits.bytes.min(budget.left());
        limits.member = limits.member.min(limits.bytes);
    }
    archive::read(container, format, item.origin.path(), limits, &mut |member| {
        let (path, kind) = (member.path, member.kind);
        if let Ok(content) = &member.content {
            context.spend(content.len());
        }
        // The budget's own row says that this is not all.
        if context.source.budget().is_some_and(|budget| budget.ended().is_some()) {
            return;
        }
        let part = match kind {
            MemberKind::Container => Part::Container,
            MemberKind::Rest => Part::Rest,
            MemberKind::File | MemberKind::Note => Part::Content,
        };
        if !path.is_empty() && part != Part::Rest {
            visit(Shown { path, part: Part::Name }, Ok(path));
        }
        visit(Shown { path, part }, member.content);
    });
}

/// The origin of a part of a member.
fn origin(item: &Item, shown: Shown<'_>, between: char) -> Origin {
    let origin = member_origin(item, shown.path, between);
    // What a rule about a kind of file says of the content, it does not say of the file's name.
    if shown.part == Part::Name {
        Origin { place: ChunkPlace::PathName(origin.path().to_owned()), ..origin }
    } else {
        origin
    }
}

/// The origin of a member: reports join the paths with `!`, and rules about paths see one path.
fn member_origin(item: &Item, member: &BStr, between: char) -> Origin {
    let container = &item.origin;
    let mut path = container.path().to_owned();
    if !member.is_empty() {
        path.push(between as u8);
        path.extend(member.bytes().map(|b| if b == b'!' { between as u8 } else { b }));
    }
    Origin { place: ChunkPlace::Member(path), commit: container.commit.clone() }
}
