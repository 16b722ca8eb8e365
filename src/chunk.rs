//! One piece of content to scan, and its origin.

use std::fmt;
use std::ops::Range;

use bstr::{BStr, BString};

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
        matches!(self, Self::File | Self::Symlink | Self::PathName)
    }

    /// The word that a report uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Member => "archive member",
            Self::Symlink => "symlink",
            Self::CommitMessage => "commit message",
            Self::TagMessage => "tag message",
            Self::Note => "note",
            Self::PathName => "path name",
            Self::RefName => "ref name",
            Self::Stdin => "standard input",
        }
    }
}

/// The place of a piece of content: a path, or an object of git that no path names.
///
/// `Display` writes the path or the description, as reports print it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChunkPlace {
    /// A file with this path.
    File(BString),
    /// A member of an archive, called `archive!member`.
    Member(BString),
    /// The symbolic link with this path.
    Symlink(BString),
    /// The message of a commit.
    CommitMessage(BString),
    /// The message of an annotated tag.
    TagMessage(Described),
    /// The note on an object.
    Note(Described),
    /// A blob that a ref or a tag points to.
    Blob(Described),
    /// This path itself.
    PathName(BString),
    /// This name of a branch or tag on the other side.
    RefName(BString),
    /// Standard input, under the name that the caller gave it.
    Stdin(BString),
}

/// An object of git that no path names, with its description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    text: BString,
    name: Option<String>,
}

impl Described {
    fn new(what: &str, name: String) -> Self {
        Self { text: format!("{what} {name}").into(), name: Some(name) }
    }

    /// The name of the tag or the id of the object; none if commands in this repository do not reach it.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

impl ChunkPlace {
    /// The message of the annotated tag with this name.
    pub fn tag_message(name: impl Into<String>) -> Self {
        Self::TagMessage(Described::new("tag message of", name.into()))
    }

    /// The note on the object with this id.
    pub fn note_on(id: impl fmt::Display) -> Self {
        Self::Note(Described::new("note on", id.to_string()))
    }

    /// The blob with this id.
    pub fn blob(id: impl fmt::Display) -> Self {
        Self::Blob(Described::new("blob", id.to_string()))
    }

    /// The kind of content, as a report names it.
    pub fn kind(&self) -> Kind {
        match self {
            Self::File(_) | Self::Blob(_) => Kind::File,
            Self::Member(_) => Kind::Member,
            Self::Symlink(_) => Kind::Symlink,
            Self::CommitMessage(_) => Kind::CommitMessage,
            Self::TagMessage(_) => Kind::TagMessage,
            Self::Note(_) => Kind::Note,
            Self::PathName(_) => Kind::PathName,
            Self::RefName(_) => Kind::RefName,
            Self::Stdin(_) => Kind::Stdin,
        }
    }

    /// The path, or the description of an object without one.
    pub fn path(&self) -> &BStr {
        let (Self::File(path)
        | Self::Member(path)
        | Self::Symlink(path)
        | Self::CommitMessage(path)
        | Self::PathName(path)
        | Self::RefName(path)
        | Self::Stdin(path)
        | Self::TagMessage(Described { text: path, .. })
        | Self::Note(Described { text: path, .. })
        | Self::Blob(Described { text: path, .. })) = self;
        path.as_ref()
    }

    /// The same, to be written anew. The name of an object is not affected: see [`ChunkPlace::rewrite`].
    pub fn path_mut(&mut self) -> &mut BString {
        let (Self::File(path)
        | Self::Member(path)
        | Self::Symlink(path)
        | Self::CommitMessage(path)
        | Self::PathName(path)
        | Self::RefName(path)
        | Self::Stdin(path)
        | Self::TagMessage(Described { text: path, .. })
        | Self::Note(Described { text: path, .. })
        | Self::Blob(Described { text: path, .. })) = self;
        path
    }

    fn described(&mut self) -> Option<&mut Described> {
        match self {
            Self::TagMessage(object) | Self::Note(object) | Self::Blob(object) => Some(object),
            _ => None,
        }
    }

    /// Puts the place below a directory that is another repository's.
    pub fn put_below(&mut self, directory: &[u8]) {
        let path = self.path_mut();
        *path = [directory, b"/", path.as_slice()].concat().into();
        if let Some(object) = self.described() {
            object.name = None;
        }
    }

    /// Replaces the path or description, and the name in it, by what `rewrite` makes of either.
    pub fn rewrite(&mut self, rewrite: impl Fn(&[u8]) -> Option<Vec<u8>>) {
        if let Some(path) = rewrite(self.path()) {
            *self.path_mut() = path.into();
        }
        if let Some(name) = self.described().and_then(|object| object.name.as_mut())
            && let Some(new) = rewrite(name.as_bytes())
        {
            *name = String::from_utf8_lossy(&new).into_owned();
        }
    }
}

impl fmt::Display for ChunkPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.path(), f)
    }
}

/// The origin of a chunk, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The place.
    pub place: ChunkPlace,
    /// The commit that brings it, in hex.
    pub commit: Option<String>,
}

impl Origin {
    /// Content that no commit brings.
    pub fn of(place: ChunkPlace) -> Self {
        Self { place, commit: None }
    }

    /// The kind of content.
    pub fn kind(&self) -> Kind {
        self.place.kind()
    }

    /// The path, or the description of an object without one.
    pub fn path(&self) -> &BStr {
        self.place.path()
    }
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
        self.origin.path()
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
    use bstr::ByteSlice;

    use super::*;

    #[test]
    fn objects_are_described_and_keep_their_name() {
        for (mut place, text, name, kind) in [
            (ChunkPlace::tag_message("v1"), "tag message of v1", "v1", Kind::TagMessage),
            (ChunkPlace::note_on("1a2b"), "note on 1a2b", "1a2b", Kind::Note),
            (ChunkPlace::blob("3c4d"), "blob 3c4d", "3c4d", Kind::File),
        ] {
            assert_eq!((place.to_string().as_str(), place.kind()), (text, kind));
            assert_eq!(place.described().and_then(|object| object.name.clone()).as_deref(), Some(name));
            place.rewrite(|text| Some(text.replace(name, "****")));
            assert_eq!(place.to_string(), text.replace(name, "****"));
            assert_eq!(place.described().and_then(|object| object.name.clone()).as_deref(), Some("****"));
            place.put_below(b"module");
            assert!(place.path().starts_with(b"module/"));
            assert_eq!(place.described().and_then(|object| object.name.clone()), None, "{text}");
        }
        // A file may have any name.
        assert_eq!(ChunkPlace::File("blob 3c4d".into()).described(), None);
    }
}
