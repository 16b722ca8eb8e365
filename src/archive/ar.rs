//! ar: Debian packages and static libraries.

use bstr::ByteSlice;

use super::{ContainerWalk, MemberLocation, join};

/// The first bytes.
pub(super) const BEGIN: &[u8] = b"!<arch>\n";

/// The length of a member's header: name, time, owner, group, mode, size, and two bytes that end it.
const HEADER: usize = 60;

impl ContainerWalk<'_> {
    /// The members of an ar.
    pub(super) fn ar(&mut self, bytes: &[u8], location: MemberLocation<'_>) {
        let mut rest = bytes.get(BEGIN.len()..).unwrap_or_default();
        while let Some((header, behind)) = rest.split_at_checked(HEADER) {
            let size = std::str::from_utf8(&header[48..58]).ok().and_then(|size| size.trim().parse::<usize>().ok());
            let Some(size) = size.filter(|_| header.ends_with(b"`\n")) else { break };
            if !self.counts(location) {
                return;
            }
            let name = header[..16].trim_end();
            let path = join(location.inside, name.strip_suffix(b"/").filter(|n| !n.is_empty()).unwrap_or(name));
            let Some(content) = behind.get(..size) else {
                self.member(path.as_ref(), behind, Vec::new(), location.depth);
                return self.failed(path.as_ref(), "cut short".into());
            };
            self.member(path.as_ref(), content, Vec::new(), location.depth);
            // Members begin at even positions.
            rest = behind.get(size + size % 2..).unwrap_or_default();
        }
        if !rest.trim().is_empty() {
            self.failed(location.inside, "damaged: a member without its header".into());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::archive::{ArchiveLimits, read, recognise};

    #[test]
    fn members_are_read_and_damage_is_told() {
        let header = |name: &str, size: usize| format!("{name:<16}{:<32}{size:<10}`\n", "0");
        let whole = format!("!<arch>\n{}one\n{}four", header("a.txt/", 3), header("b", 4));
        let shown = |bytes: &[u8]| {
            let mut all = Vec::new();
            let format = recognise(bytes).expect("an ar");
            read(bytes, format, "a.deb".into(), ArchiveLimits::of(bytes.len(), 1 << 20), &mut |member| {
                all.push((member.path.to_string(), member.content.map(<[u8]>::to_vec).ok()));
            });
            all
        };
        assert_eq!(
            shown(whole.as_bytes()),
            [("a.txt".to_owned(), Some(b"one".to_vec())), ("b".to_owned(), Some(b"four".to_vec()))]
        );
        for cut in [whole.len() - 1, whole.len() - 20] {
            assert!(shown(&whole.as_bytes()[..cut]).iter().any(|(_, content)| content.is_none()), "cut at {cut}");
        }
    }
}
