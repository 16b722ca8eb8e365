//! An artefact in memory: its members with their paths below the root, and everything that could not be read.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use bstr::{BStr, BString, ByteSlice};
use sha2::{Digest, Sha256};

use super::format::PackageFormat;
use crate::archive::{self, ArchiveFormat, ArchiveLimits, MemberKind, Odd};
use crate::error::{Context, Error, Result};
use crate::file;
use crate::package::ecosystem::Ecosystem;

/// A packed release.
#[derive(Debug)]
pub struct Artefact {
    /// Its file name.
    pub name: String,
    /// The SHA-256 of the file, in hex: what is published is what was looked at.
    pub sha256: String,
    /// Its size, in bytes.
    pub size: usize,
    /// Its format; none for an archive that is no package.
    pub format: Option<PackageFormat>,
    /// Its members, in its order.
    pub members: Vec<Member>,
    /// What could not be read: a path and the reason.
    pub unread: Vec<(BString, String)>,
    /// Whether reports write its name before the paths of its members: where there are several artefacts.
    pub is_named: bool,
}

/// One file in an artefact.
#[derive(Debug)]
pub struct Member {
    /// Its path below the artefact's root; files in an archive in it follow after `!`.
    pub path: BString,
    /// Its content.
    pub content: Vec<u8>,
    /// Its oddities.
    pub odd: Vec<Odd>,
    /// Its part in the artefact.
    pub part: MemberPart,
}

/// The part that a member has in an artefact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemberPart {
    /// A file.
    File,
    /// A container among the files, as it is stored.
    Container,
    /// A file in such a container.
    Inner,
}

impl Artefact {
    /// Reads the artefact at `path`; `format` where the user names it. No member may be larger than `max_object` bytes.
    ///
    /// # Errors
    /// Exit 2 when the file cannot be read, exit 3 when it is no archive.
    pub fn read(path: &Path, format: Option<PackageFormat>, max_object: u64) -> Result<Self> {
        let shown = path.display().to_string();
        let bytes = file::read(path).or_incomplete(&shown)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self::open(name, &bytes, format, max_object)
    }

    /// Opens an artefact that is in memory already.
    ///
    /// # Errors
    /// Exit 3 when it is no archive.
    pub fn open(name: String, bytes: &[u8], format: Option<PackageFormat>, max_object: u64) -> Result<Self> {
        let Some(container) = archive::recognise(bytes).filter(|format| *format != ArchiveFormat::Embedded) else {
            return Err(Error::usage(format!("{name}: not an archive, so not a package"))
                .help("pack it first (`npm pack`, `python -m build`, `cargo package`), and name the packed file"));
        };
        let (mut members, mut unread) = (Vec::new(), Vec::new());
        let limits = ArchiveLimits::of(bytes.len(), max_object);
        archive::read(bytes, container, BStr::new(name.as_bytes()), limits, &mut |member| match member.content {
            // A directory is no file of the package; where its name leads out it counts as one.
            Ok([]) if member.kind == MemberKind::Note && member.odd.is_empty() => {}
            Ok(_) if member.kind == MemberKind::Rest => {}
            Ok(content) => {
                let is_container = member.kind == MemberKind::Container;
                let part = if is_container { MemberPart::Container } else { MemberPart::File };
                members.push(Member { path: member.path.to_owned(), content: content.to_vec(), odd: member.odd, part });
            }
            Err(reason) => unread.push((member.path.to_owned(), reason)),
        });
        let format = format.or_else(|| PackageFormat::of(&members.iter().map(|member| member.path.as_bstr())));
        // A gem's files lie in a container in it, which is then none of its files.
        members.retain(|member| {
            member.part != MemberPart::Container || !format.is_some_and(|format| format.is_root(member.path.as_ref()))
        });
        mark_inner(&mut members);
        if let Some(format) = format {
            for member in members.iter_mut().filter(|member| member.odd.is_empty()) {
                member.path = format.relative(member.path.as_ref()).to_owned();
            }
        }
        let sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(bytes));
        Ok(Self { name, sha256, size: bytes.len(), format, members, unread, is_named: false })
    }

    /// The first member at this path.
    pub fn member(&self, path: &BStr) -> Option<&Member> {
        self.members.iter().find(|member| member.path == path)
    }

    /// Its members by path and part; of several with the same, the first counts.
    pub fn by_path(&self) -> HashMap<(&BStr, MemberPart), &Member> {
        let pairs = self.members.iter().rev().map(|member| ((member.path.as_bstr(), member.part), member));
        pairs.collect()
    }

    /// What could not be read of the artefact itself. A container among its files is read once more by whoever scans it, and
    /// reported there.
    pub fn unread_files(&self) -> impl Iterator<Item = &(BString, String)> {
        let is_container = |path: &BString| {
            self.members.iter().any(|member| {
                member.part == MemberPart::Container
                    && path.strip_prefix(member.path.as_slice()).is_some_and(|rest| rest.is_empty() || rest[0] == b'!')
            })
        };
        self.unread.iter().filter(move |(path, _)| !is_container(path))
    }

    /// Ecosystem, name and version by the manifest of npm or Python.
    pub fn identity(&self) -> Option<(Ecosystem, String, Option<String>)> {
        let named = |path: &str| self.member(BStr::new(path)).map(|member| member.content.to_str_lossy().into_owned());
        let metadata = || self.members.iter().find(|member| member.path.ends_with(b".dist-info/METADATA"));
        match self.format? {
            PackageFormat::Npm => {
                let manifest: serde_json::Value = serde_json::from_str(&named("package.json")?).ok()?;
                let text = |field: &str| Some(manifest.get(field)?.as_str()?.to_owned());
                Some((Ecosystem::Npm, text("name")?, text("version")))
            }
            PackageFormat::Wheel | PackageFormat::Sdist => {
                let wheel = metadata().map(|member| member.content.to_str_lossy().into_owned());
                let head = wheel.or_else(|| named("PKG-INFO"))?;
                let field = |name: &str| {
                    let mut lines = head.lines().take_while(|line| !line.is_empty());
                    lines.find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim().to_owned()))
                };
                Some((Ecosystem::Pypi, field("Name")?, field("Version")))
            }
            _ => None,
        }
    }

    /// A member's path as reports show it.
    pub fn shown(&self, path: &BStr) -> BString {
        match (self.is_named, path.is_empty()) {
            (_, true) => self.name.as_str().into(),
            (true, false) => [self.name.as_bytes(), b"/", path].concat().into(),
            (false, false) => path.to_owned(),
        }
    }
}

/// Marks the files in containers: those whose path goes on behind a container's, and the content of a file that is only
/// compressed, which has the path of its container.
fn mark_inner(members: &mut [Member]) {
    let is_container = |member: &&Member| member.part == MemberPart::Container;
    let containers: HashSet<BString> = members.iter().filter(is_container).map(|member| member.path.clone()).collect();
    if containers.is_empty() {
        return;
    }
    for member in members {
        let outer = member.path.find_iter("!").map(|at| member.path[..at].as_bstr());
        let is_content = member.part == MemberPart::File && containers.contains(&member.path);
        if is_content || outer.into_iter().any(|outer| containers.contains(outer)) {
            member.part = MemberPart::Inner;
        }
    }
}
