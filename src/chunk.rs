//! One piece of content to scan, and where it comes from.

use bstr::{BStr, BString};

/// What a chunk is. Decides how a report names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The content of a file: a blob, an index entry or a file on disk.
    File,
    /// A member of an archive: `archive!member`.
    Member,
    /// The target of a symbolic link.
    Symlink,
    /// A commit's message and headers.
    CommitMessage,
    /// An annotated tag's message.
    TagMessage,
    /// A git note.
    Note,
    /// The name of a path, which can hold a secret too.
    PathName,
    /// The name of a branch or tag on the other side.
    RefName,
    /// Standard input.
    Stdin,
}

impl Kind {
    /// Whether its path is a file's.
    pub fn is_file(self) -> bool {
        matches!(self, Kind::File | Kind::Symlink | Kind::PathName)
    }

    /// The word that a report uses.
    pub fn name(self) -> &'static str {
        match self {
            Kind::File => "file",
            Kind::Member => "archive member",
            Kind::Symlink => "symlink",
            Kind::CommitMessage => "commit message",
            Kind::TagMessage => "tag message",
            Kind::Note => "note",
            Kind::PathName => "path name",
            Kind::RefName => "ref name",
            Kind::Stdin => "standard input",
        }
    }
}

/// Where a chunk comes from; without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// What it is.
    pub kind: Kind,
    /// The path, or a description such as `commit message of 1a2b3c4`.
    pub path: BString,
    /// The commit that brings it, in hex.
    pub commit: Option<String>,
}

/// One piece of content with its origin.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// Where it comes from.
    pub origin: &'a Origin,
    /// Every byte of it.
    pub bytes: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// The path as bytes.
    pub fn path(&self) -> &'a BStr {
        self.origin.path.as_ref()
    }
}

/// A part of a text that stood just so in the one it was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Where it begins.
    pub at: usize,
    /// Where it begins in the other.
    pub from: usize,
    /// How long it is.
    pub len: usize,
}
