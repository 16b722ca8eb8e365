//! tar: member by member from a stream; a link is read as its target.

use std::cell::RefCell;
use std::collections::HashSet;
use std::io::{self, Read};
use std::rc::Rc;

use bstr::{BStr, BString};
use tar::{Archive, Entry};

use super::{ContainerWalk, Member, MemberKind, MemberLocation, Odd, join, odd_path};

/// The unit of a tar: a header takes one.
pub(super) const BLOCK: usize = 512;

/// Returns whether these are a tar's first bytes: its magic, or, in those older than it, a header whose sum is right.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    let Some(header) = bytes.get(..BLOCK) else { return false };
    if &header[257..262] == b"ustar" {
        return true;
    }
    // A sum is written in octal digits: nearly no text passes here.
    let digits = header[148..154].iter().all(|b| matches!(b, b'0'..=b'7' | b' '));
    digits && matches!(header[154], 0 | b' ') && header[0] != 0 && stated(header) == Some(sum(header))
}

fn stated(header: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(&header[148..154]).ok()?;
    u32::from_str_radix(text.trim(), 8).ok()
}

/// The sum of a header, its own field counted as spaces.
fn sum(header: &[u8]) -> u32 {
    let own = 148..156;
    header.iter().enumerate().map(|(at, &b)| u32::from(if own.contains(&at) { b' ' } else { b })).sum()
}

/// What a tar holds beside the content of its members: headers, the ends of blocks, and what is behind the last one.
#[derive(Default)]
struct TarRest {
    bytes: Vec<u8>,
    is_member: bool,
}

/// The longest rest that is looked into. A header and the end of a block take a kilobyte a member at most.
const LONGEST_REST: usize = 256 << 20;

/// Reads a tar, and keeps its rest.
struct Recorder<R> {
    from: R,
    rest: Rc<RefCell<TarRest>>,
}

impl<R: Read> Read for Recorder<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(into)?;
        let mut rest = self.rest.borrow_mut();
        if !rest.is_member {
            if rest.bytes.len() + count > LONGEST_REST {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            rest.bytes.extend_from_slice(&into[..count]);
        }
        Ok(count)
    }
}

impl ContainerWalk<'_> {
    /// The members of a tar.
    pub(super) fn tar(&mut self, from: impl Read, location: MemberLocation<'_>) {
        let rest = Rc::new(RefCell::new(TarRest::default()));
        self.tar_members(Recorder { from, rest: Rc::clone(&rest) }, &rest, location);
        let bytes = std::mem::take(&mut rest.borrow_mut().bytes);
        // Nothing else shows the headers of a compressed tar.
        let (path, kind) = (location.inside, MemberKind::Rest);
        (self.visit)(Member { path, content: Ok(&bytes), odd: Vec::new(), kind });
        self.embedded(&bytes, location);
    }

    fn tar_members(&mut self, from: impl Read, rest: &RefCell<TarRest>, location: MemberLocation<'_>) {
        let mut archive = Archive::new(from);
        // Some unpackers read on behind the declared end of a tar.
        archive.set_ignore_zeros(true);
        let entries = match archive.entries() {
            Ok(entries) => entries,
            Err(e) => return self.failed(location.inside, self.unreadable(&e)),
        };
        let mut seen = HashSet::new();
        for entry in entries {
            if !self.counts(location) {
                return;
            }
            match entry {
                Ok(entry) => self.entry(entry, rest, location, &mut seen),
                Err(e) => return self.failed(location.inside, self.unreadable(&e)),
            }
        }
    }

    fn entry(
        &mut self,
        mut entry: Entry<'_, impl Read>,
        rest: &RefCell<TarRest>,
        location: MemberLocation<'_>,
        seen: &mut HashSet<BString>,
    ) {
        // The rest of a member that was too large is none of the tar's.
        rest.borrow_mut().is_member = false;
        let name = entry.path_bytes().into_owned();
        let path = join(location.inside, &name);
        let kind = entry.header().entry_type();
        let mut odd: Vec<Odd> = odd_path(&name).into_iter().collect();
        if kind.is_pax_global_extensions() {
            let mut records = Vec::new();
            if let Err(reason) = self.all(&mut entry, &mut records) {
                self.failed(path.as_ref(), reason);
            }
            return self.records(location, &records);
        }
        self.records_of(&mut entry, path.as_ref(), location);
        if kind.is_dir() {
            return self.show_name(path.as_ref(), odd);
        }
        if !seen.insert(path.clone()) {
            odd.push(Odd::Doubled);
        }
        if let Some(target) = entry.link_name_bytes().filter(|_| kind.is_symlink() || kind.is_hard_link()) {
            let target = target.into_owned();
            // A link's target is relative to the link's directory; a hard link's to the root.
            let folder = name.iter().rposition(|b| *b == b'/').map_or(0, |slash| slash + 1);
            let from_root = if kind.is_symlink() { [&name[..folder], &target].concat() } else { target.clone() };
            if odd_path(&target) == Some(Odd::Absolute) || odd_path(&from_root).is_some() {
                odd.push(Odd::LinkOut);
            }
            return self.show(path.as_ref(), Ok(&target), odd);
        }
        let mut content = Vec::new();
        rest.borrow_mut().is_member = true;
        let read = self.all(&mut entry, &mut content);
        match read {
            Ok(()) => {
                rest.borrow_mut().is_member = false;
                self.member(path.as_ref(), &content, odd, location.depth);
            }
            Err(reason) => {
                self.show(path.as_ref(), Ok(&content), odd);
                self.failed(path.as_ref(), reason);
            }
        }
    }

    /// The records that stand before an entry: its attributes, and what a packer notes.
    fn records_of(&mut self, entry: &mut Entry<'_, impl Read>, path: &BStr, location: MemberLocation<'_>) {
        let mut text = Vec::new();
        match entry.pax_extensions() {
            Ok(None) => return,
            Ok(Some(records)) => {
                for record in records.flatten() {
                    // A path and the target of a link are shown by themselves. A value of several lines is not: the library
                    // takes no such record apart.
                    if !matches!(record.key_bytes(), b"path" | b"linkpath") {
                        text.extend([record.key_bytes(), b"=", record.value_bytes(), b"\n"].concat());
                    }
                }
            }
            Err(e) => self.failed(path, self.unreadable(&e)),
        }
        self.records(location, &text);
    }

    /// Shows records of a header.
    fn records(&mut self, location: MemberLocation<'_>, text: &[u8]) {
        if !text.is_empty() {
            let path = join(location.inside, b"pax header");
            (self.visit)(Member { path: path.as_ref(), content: Ok(text), odd: Vec::new(), kind: MemberKind::Note });
        }
    }
}
