//! One piece of content to scan, and its origin.

use std::fmt;
use std::ops::Range;

use bstr::{BStr, BString, ByteSlice};

/// The kind of a chunk, which a report names.
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
    /// Returns whether the path is that of a file.
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

/// An object of git that no path names. Its description takes the place of a path in findings and reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pathless {
    /// The message of the annotated tag with this name.
    TagMessage(String),
    /// The note on the object with this id.
    Note(String),
    /// The blob with this id, to which a ref or a tag points.
    Blob(String),
}

const TAG_MESSAGE: &str = "tag message of ";
const NOTE: &str = "note on ";
const BLOB: &str = "blob ";

impl Pathless {
    /// Reads the description that `Display` wrote into a finding's path.
    pub fn parse(kind: Kind, path: &BStr) -> Option<Pathless> {
        let after = |prefix: &str| path.strip_prefix(prefix.as_bytes()).map(|rest| rest.to_str_lossy().into_owned());
        match kind {
            Kind::TagMessage => after(TAG_MESSAGE).map(Pathless::TagMessage),
            Kind::Note => after(NOTE).map(Pathless::Note),
            Kind::File => after(BLOB).map(Pathless::Blob),
            Kind::Member | Kind::Symlink | Kind::CommitMessage | Kind::PathName | Kind::RefName | Kind::Stdin => None,
        }
    }
}

impl fmt::Display for Pathless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pathless::TagMessage(name) => write!(f, "{TAG_MESSAGE}{name}"),
            Pathless::Note(id) => write!(f, "{NOTE}{id}"),
            Pathless::Blob(id) => write!(f, "{BLOB}{id}"),
        }
    }
}

/// The origin of a chunk, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The kind of content.
    pub kind: Kind,
    /// The path, or for an object without one the text of its [`Pathless`].
    pub path: BString,
    /// The commit that brings it, in hex.
    pub commit: Option<String>,
}

/// One piece of content with its origin.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// The origin.
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

/// A part of a text that was copied from the text it was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The first byte in the new text.
    pub at: usize,
    /// The first byte in the old text.
    pub from: usize,
    /// The length in bytes.
    pub len: usize,
}

impl Copied {
    /// The new position of a span of the base, where the part has all of it.
    ///
    /// ```
    /// let part = shield_hook::chunk::Copied { at: 100, from: 10, len: 5 };
    /// assert_eq!(part.moved(&(11..15)), Some(101..105));
    /// assert_eq!(part.moved(&(11..16)), None);
    /// ```
    pub fn moved(&self, span: &Range<usize>) -> Option<Range<usize>> {
        let is_inside = self.from <= span.start && span.end <= self.from + self.len;
        is_inside.then(|| span.start - self.from + self.at..span.end - self.from + self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_read_back() {
        let all = [
            (Kind::TagMessage, Pathless::TagMessage("v1".into())),
            (Kind::Note, Pathless::Note("1a2b".into())),
            (Kind::File, Pathless::Blob("3c4d".into())),
        ];
        for (kind, object) in all {
            let text = object.to_string();
            assert_eq!(Pathless::parse(kind, text.as_bytes().as_bstr()), Some(object), "{text}");
            assert_eq!(Pathless::parse(Kind::Stdin, text.as_bytes().as_bstr()), None, "{text}");
        }
    }
}
