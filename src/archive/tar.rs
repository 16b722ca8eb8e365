//! tar: member by member from a stream; a link is read as its target.

use std::collections::HashSet;
use std::io::Read;

use bstr::BString;
use tar::{Archive, Entry};

use super::{ContainerWalk, MemberLocation, Odd, join, odd_path};

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

impl ContainerWalk<'_> {
    /// The members of a tar.
    pub(super) fn tar(&mut self, from: impl Read, location: MemberLocation<'_>) {
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
                Ok(entry) => self.entry(entry, location, &mut seen),
                Err(e) => return self.failed(location.inside, self.unreadable(&e)),
            }
        }
    }

    fn entry(&mut self, mut entry: Entry<'_, impl Read>, location: MemberLocation<'_>, seen: &mut HashSet<BString>) {
        let name = entry.path_bytes().into_owned();
        let path = join(location.inside, &name);
        let kind = entry.header().entry_type();
        let mut odd: Vec<Odd> = odd_path(&name).into_iter().collect();
        if kind.is_dir() || kind.is_pax_global_extensions() {
            return odd.first().into_iter().for_each(|_| self.show(path.as_ref(), Ok(&[]), odd.clone()));
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
        match self.all(&mut entry, &mut content) {
            Ok(()) => self.member(path.as_ref(), &content, odd, location.depth),
            Err(reason) => {
                self.show(path.as_ref(), Ok(&content), odd);
                self.failed(path.as_ref(), reason);
            }
        }
    }
}
