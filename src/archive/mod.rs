//! Containers read member by member, within limits: archives, compressed files, and documents and databases that hold
//! text in a form of their own.
//!
//! A container may come from anybody. Nothing is unpacked to disk, no member becomes larger than the limits allow, and
//! every part that is not read is reported, as a member without content and with the reason.

mod ar;
mod embedded;
mod office;
mod packed;
mod payload;
mod pdf;
mod png;
mod pyc;
mod sqlite;
mod tar;
mod zip;

use std::cell::Cell;
use std::io::{self, Read};

use bstr::{BStr, BString, ByteSlice};

/// How much of a container is read.
#[derive(Clone, Copy, Debug)]
pub struct ArchiveLimits {
    /// All members together may become so large, in bytes.
    pub bytes: u64,
    /// One member may become so large, in bytes.
    pub member: u64,
    /// So many members are read.
    pub members: usize,
    /// The deepest nesting of containers that is read.
    pub depth: usize,
}

impl ArchiveLimits {
    /// The limits for a container of `len` bytes, no member of which may be larger than `member`. They admit the
    /// expansion of ordinary containers, and small ones that are packed well.
    pub fn of(len: usize, member: u64) -> Self {
        let bytes = (len as u64).saturating_mul(RATIO).clamp(LEAST, MOST);
        Self { bytes, member: member.min(bytes), members: 200_000, depth: 8 }
    }
}

/// Text and code become five to ten times as large.
const RATIO: u64 = 100;
/// However small the container is, so many bytes are read of it.
const LEAST: u64 = 256 << 20;
/// However large it is, no more.
const MOST: u64 = 8 << 30;

/// How a container is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveFormat {
    /// zip, and all that is one: jar, whl, docx, xlsx, nupkg, vsix, apk.
    Zip,
    /// tar.
    Tar,
    /// gzip, and crates and npm packages, which are a tar in it.
    Gzip,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
    /// The older format of xz, which has no magic.
    Lzma,
    /// Zstandard.
    Zstd,
    /// ar: Debian packages.
    Ar,
    /// PDF.
    Pdf,
    /// PNG, with compressed texts in it.
    Png,
    /// An SQLite database.
    Sqlite,
    /// Compiled Python.
    Pyc,
    /// zlib: git's loose objects, and what programs dump.
    Zlib,
    /// One that is recognised and not read, by its name.
    Closed(&'static str),
    /// An office document behind a password.
    EncryptedOffice,
    /// A file of another kind with compressed streams or archives in it.
    Embedded,
}

/// The format of a container by its first bytes, or by its last ones where an archive is appended to something; nothing where
/// it is none.
///
/// ```
/// use shield_hook::archive::{ArchiveFormat, recognise};
///
/// assert_eq!(recognise(b"PK\x03\x04 ..."), Some(ArchiveFormat::Zip));
/// assert_eq!(recognise(b"plain text"), None);
/// ```
pub fn recognise(bytes: &[u8]) -> Option<ArchiveFormat> {
    match bytes {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, b'P', b'K', ..] => {
            Some(ArchiveFormat::Zip)
        }
        [0x1f, 0x8b, 8, ..] => Some(ArchiveFormat::Gzip),
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..] => Some(ArchiveFormat::Bzip2),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(ArchiveFormat::Xz),
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(ArchiveFormat::Zstd),
        [0x78, ..] if packed::is_zlib(bytes) => Some(ArchiveFormat::Zlib),
        [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => Some(ArchiveFormat::Closed("7z")),
        [b'R', b'a', b'r', b'!', 0x1a, 7, ..] => Some(ArchiveFormat::Closed("rar")),
        [4, 0x22, 0x4d, 0x18, ..] | [2, 0x21, 0x4c, 0x18, ..] => Some(ArchiveFormat::Closed("lz4")),
        [0x89, b'L', b'Z', b'O', 0, 13, 10, 26, 10, ..] => Some(ArchiveFormat::Closed("lzop")),
        [0xff, 6, 0, 0, b's', b'N', b'a', b'P', b'p', b'Y', ..] => Some(ArchiveFormat::Closed("snappy")),
        [b'x', b'a', b'r', b'!', 0, ..] => Some(ArchiveFormat::Closed("xar")),
        [b'M', b'S', b'W', b'I', b'M', 0, 0, 0, ..] => Some(ArchiveFormat::Closed("wim")),
        [_, _, b'-', b'l', b'h', b'4'..=b'7', b'-', ..] => Some(ArchiveFormat::Closed("lha")),
        [_, _, _, _, _, _, _, b'*', b'*', b'A', b'C', b'E', b'*', b'*', ..] => Some(ArchiveFormat::Closed("ace")),
        [b'M', b'S', b'C', b'F', 0, 0, 0, 0, ..] => Some(ArchiveFormat::Closed("cab")),
        [b'L', b'Z', b'I', b'P', 1, ..] => Some(ArchiveFormat::Closed("lzip")),
        [0x1f, 0x9d, 0x8c..=0x90, ..] => Some(ArchiveFormat::Closed("compress")),
        [0xed, 0xab, 0xee, 0xdb, 3, ..] => Some(ArchiveFormat::Closed("rpm")),
        [b'P', b'A', b'C', b'K', 0, 0, 0, 2 | 3, ..] => Some(ArchiveFormat::Closed("git pack")),
        [
            b'#',
            b' ',
            b'v',
            b'2' | b'3',
            b' ',
            b'g',
            b'i',
            b't',
            b' ',
            b'b',
            b'u',
            b'n',
            b'd',
            b'l',
            b'e',
            b'\n',
            ..,
        ] => Some(ArchiveFormat::Closed("git bundle")),
        [b'h', b's', b'q', b's', ..] if bytes.len() > 96 => Some(ArchiveFormat::Closed("squashfs")),
        _ if bytes.starts_with(ar::BEGIN) => Some(ArchiveFormat::Ar),
        _ if pdf::is_one(bytes) => Some(ArchiveFormat::Pdf),
        _ if bytes.starts_with(png::BEGIN) => Some(ArchiveFormat::Png),
        _ if bytes.starts_with(sqlite::BEGIN) => Some(ArchiveFormat::Sqlite),
        _ if pyc::is_one(bytes) => Some(ArchiveFormat::Pyc),
        _ if packed::is_lzma(bytes) => Some(ArchiveFormat::Lzma),
        _ if tar::is_one(bytes) => Some(ArchiveFormat::Tar),
        _ if zip::ends_one(bytes) => Some(ArchiveFormat::Zip),
        _ if office::is_encrypted(bytes) => Some(ArchiveFormat::EncryptedOffice),
        _ if is_disk_image(bytes) => Some(ArchiveFormat::Closed("dmg")),
        _ => embedded::is_in(bytes).then_some(ArchiveFormat::Embedded),
    }
}

/// Returns whether these are a disk image of macOS, by the record in its last 512 bytes.
fn is_disk_image(bytes: &[u8]) -> bool {
    bytes.len().checked_sub(512).is_some_and(|at| bytes[at..].starts_with(b"koly\0\0\0\x04"))
}

/// One member of a container, or the container itself where it cannot be read.
#[derive(Debug)]
pub struct Member<'a> {
    /// Its path in the container, and in the containers in it, joined by `!`. Empty for the container itself.
    pub path: &'a BStr,
    /// The content, or the reason why it is not known.
    pub content: Result<&'a [u8], String>,
    /// Its oddities.
    pub odd: Vec<Odd>,
    /// Its part in the container.
    pub kind: MemberKind,
}

/// The reason for which a member behind a password is not read.
pub const ENCRYPTED: &str = "encrypted";

/// The part that a member has in its container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberKind {
    /// A file, a link, or a text in a document.
    File,
    /// A container itself, whose members follow. These are its bytes as they are stored: what stands before, between and
    /// behind its members is in no member.
    Container,
    /// A directory, or records about members: no file comes of it when the container is unpacked.
    Note,
    /// What the container holds beside its members: a match in it repeats one in a member, if there is any.
    Rest,
}

/// An oddity that no honest packer writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Odd {
    /// Its path leads out of the directory that it is unpacked in: by `..`.
    LeadsOut,
    /// Its path is absolute.
    Absolute,
    /// It is a link that leads out.
    LinkOut,
    /// Another member has its path: which of them counts depends on who unpacks it.
    Doubled,
}

/// Shows every member of a container to `visit`, in its order. `name` is the container's own path, after which the
/// content of a file that is only compressed is called.
pub fn read(
    bytes: &[u8],
    format: ArchiveFormat,
    name: &BStr,
    limits: ArchiveLimits,
    visit: &mut dyn FnMut(Member<'_>),
) {
    let (left, members) = (Cell::new(limits.bytes), Cell::new(limits.members));
    let budget = ReadBudget { limits, left, members };
    ContainerWalk { budget: &budget, visit }.container(
        bytes,
        format,
        MemberLocation { name, inside: BStr::new(""), depth: 0 },
    );
}

/// The bytes and members that may still be read.
#[derive(Debug)]
struct ReadBudget {
    limits: ArchiveLimits,
    left: Cell<u64>,
    members: Cell<usize>,
}

/// The position of a container.
#[derive(Clone, Copy)]
struct MemberLocation<'a> {
    /// Its own path.
    name: &'a BStr,
    /// The start of its members' paths.
    inside: &'a BStr,
    depth: usize,
}

struct ContainerWalk<'a> {
    budget: &'a ReadBudget,
    visit: &'a mut dyn FnMut(Member<'_>),
}

impl ContainerWalk<'_> {
    fn container(&mut self, bytes: &[u8], format: ArchiveFormat, location: MemberLocation<'_>) {
        if location.depth >= self.budget.limits.depth {
            return self.failed(location.inside, format!("more than {} containers in each other", location.depth));
        }
        match format {
            ArchiveFormat::Zip => self.zip(bytes, location),
            ArchiveFormat::Tar => self.tar(bytes, location),
            ArchiveFormat::Ar => self.ar(bytes, location),
            ArchiveFormat::Pdf => self.pdf(bytes, location),
            ArchiveFormat::Png => self.png(bytes, location),
            ArchiveFormat::Sqlite => self.sqlite(bytes, location),
            ArchiveFormat::Pyc => self.pyc(bytes, location),
            ArchiveFormat::Closed(format) => {
                self.failed(location.inside, format!("a {format} archive, which is not looked into"))
            }
            ArchiveFormat::Embedded => self.embedded(bytes, location),
            ArchiveFormat::EncryptedOffice => {
                self.failed(location.inside, "an encrypted Office document".into());
            }
            ArchiveFormat::Gzip
            | ArchiveFormat::Bzip2
            | ArchiveFormat::Xz
            | ArchiveFormat::Lzma
            | ArchiveFormat::Zstd
            | ArchiveFormat::Zlib => {
                self.packed(bytes, format, location);
            }
        }
        // A file may be two things at once, for two programs, and hold a third.
        if matches!(format, ArchiveFormat::Pdf | ArchiveFormat::Png | ArchiveFormat::Pyc) {
            self.beside(bytes, location);
        }
        if !matches!(format, ArchiveFormat::Zip | ArchiveFormat::Tar | ArchiveFormat::Embedded) && zip::ends_one(bytes)
        {
            self.zip(bytes, location);
        }
    }

    /// Shows a member, or looks into it where it is a container itself.
    fn member(&mut self, path: &BStr, content: &[u8], odd: Vec<Odd>, depth: usize) {
        match recognise(content) {
            // Its own bytes are its content, too.
            Some(ArchiveFormat::Embedded) => {
                self.show(path, Ok(content), odd);
                self.embedded(content, MemberLocation { name: path, inside: path, depth: depth + 1 });
            }
            Some(format) => {
                (self.visit)(Member { path, content: Ok(content), odd, kind: MemberKind::Container });
                self.container(content, format, MemberLocation { name: path, inside: path, depth: depth + 1 });
            }
            None => {
                self.show(path, Ok(content), odd);
                let text = office::joined_text(path, content);
                if !text.is_empty() {
                    (self.visit)(Member {
                        path: join(path, b"text").as_ref(),
                        content: Ok(&text),
                        odd: Vec::new(),
                        kind: MemberKind::Note,
                    });
                }
            }
        }
    }

    fn failed(&mut self, path: &BStr, reason: String) {
        self.show(path, Err(reason), Vec::new());
    }

    fn show(&mut self, path: &BStr, content: Result<&[u8], String>, odd: Vec<Odd>) {
        (self.visit)(Member { path, content, odd, kind: MemberKind::File });
    }

    /// Shows the name of a directory.
    fn show_name(&mut self, path: &BStr, odd: Vec<Odd>) {
        (self.visit)(Member { path, content: Ok(&[]), odd, kind: MemberKind::Note });
    }

    /// Counts a member. False when there are more than are read.
    fn counts(&mut self, location: MemberLocation<'_>) -> bool {
        let left = self.budget.members.get();
        self.budget.members.set(left.saturating_sub(1));
        if left == 0 {
            self.failed(location.inside, format!("more than {} members", self.budget.limits.members));
        }
        left > 0
    }

    /// Reads everything within the limits into `content`. Bytes read before a failure remain beside the reason.
    fn all(&self, mut from: impl Read, content: &mut Vec<u8>) -> Result<(), String> {
        let most = self.budget.limits.member;
        match from.by_ref().take(most + 1).read_to_end(content) {
            Ok(_) if content.len() as u64 > most => Err(format!("it becomes more than {most} bytes")),
            Ok(_) => Ok(()),
            Err(e) => Err(self.unreadable(&e)),
        }
    }

    /// The reason of a failed read, in our words: the messages of libraries may quote the content.
    fn unreadable(&self, error: &io::Error) -> String {
        match error.kind() {
            io::ErrorKind::FileTooLarge => format!("all of it becomes more than {} bytes", self.budget.limits.bytes),
            io::ErrorKind::UnexpectedEof => "cut short".into(),
            _ => "damaged, or packed in a way that is not read here".into(),
        }
    }
}

/// The path of the member `name` in a container whose members' paths begin with `inside`.
fn join(inside: &BStr, name: &[u8]) -> BString {
    let mut path = BString::from(inside);
    if !path.is_empty() {
        path.push(b'!');
    }
    path.extend_from_slice(name.strip_prefix(b"./").unwrap_or(name));
    path
}

/// The oddity of a path.
fn odd_path(name: &[u8]) -> Option<Odd> {
    let drive = matches!(name, [b'a'..=b'z' | b'A'..=b'Z', b':', ..]);
    if drive || matches!(name.first(), Some(b'/' | b'\\')) {
        return Some(Odd::Absolute);
    }
    let mut depth = 0_i32;
    for part in name.split(|b| matches!(b, b'/' | b'\\')) {
        depth += match part {
            b".." => -1,
            b"" | b"." => 0,
            _ => 1,
        };
        if depth < 0 {
            return Some(Odd::LeadsOut);
        }
    }
    None
}

/// A file name without the extension of its compression: the content of `a.log.gz` is `a.log`.
fn unpacked_name(name: &BStr) -> &[u8] {
    let base = name.rsplit(|b| matches!(b, b'/' | b'!')).next().unwrap_or_default();
    match base.rfind_byte(b'.') {
        Some(dot) if dot > 0 => &base[..dot],
        _ => b"content",
    }
}

#[cfg(test)]
mod tests;
