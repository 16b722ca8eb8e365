//! git-annex: git stores a key, as a link or in a pointer, and commands of its own move the content.

use bstr::ByteSlice;

/// What a pointer begins with, and what a link's target leads through.
const POINTER: &[u8] = b"/annex/objects/";
const LINK: &[u8] = b".git/annex/objects/";
/// The tool reads no more of a pointer.
const LARGEST: usize = 32 << 10;

/// The key of the content behind a pointer, or behind a link whose target this is.
pub fn annex_key(content: &[u8]) -> Option<&[u8]> {
    if content.len() > LARGEST {
        return None;
    }
    let line = content.lines().next()?.trim_end();
    let is_one = line.starts_with(POINTER) || content.len() == line.len() && line.contains_str(LINK);
    let key = line.rsplit_str(b"/").next().filter(|_| is_one)?;
    // A backend, perhaps a size, and two hyphens before the name: no file that only speaks of the folder has that.
    (key.contains_str(b"--") && key[0].is_ascii_uppercase()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_and_a_link_have_the_key_of_the_content() {
        let key = b"SHA256E-s1048576--00ab.bin".as_slice();
        let pointer = [b"/annex/objects/", key, b"\n"].concat();
        let link = [b"../.git/annex/objects/Xq/1K/", key, b"/", key].concat();
        assert_eq!((annex_key(&pointer), annex_key(&link)), (Some(key), Some(key)));
        for other in
            [&b""[..], b"/annex/objects/", b"/annex/objects/README", b"see .git/annex/objects/\nand more", b"../x"]
        {
            assert_eq!(annex_key(other), None);
        }
    }
}
