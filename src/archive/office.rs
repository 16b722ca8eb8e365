//! Office documents: those that are encrypted, and their text, which programs cut into runs wherever a format, a correction or a bookmark begins.

use bstr::ByteSlice;
use memchr::memmem;

/// A document's XML is no larger, so that its text is not held twice where it matters.
const LARGEST: usize = 16 << 20;

/// The first bytes of a compound file, and the name of the stream with an encrypted document, in UTF-16.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
const ENCRYPTED: &[u8] = b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0";

/// Returns whether this is an office document behind a password.
pub(super) fn is_encrypted(bytes: &[u8]) -> bool {
    bytes.starts_with(COMPOUND) && memmem::find(bytes, ENCRYPTED).is_some()
}

/// The paragraphs of a document's XML as one reads them, without those that are in one piece; empty where there are none, or
/// where this is no such XML.
pub(super) fn joined_text(path: &[u8], content: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    if !path.ends_with(b".xml") || content.len() > LARGEST || !content.starts_with(b"<") {
        return text;
    }
    let (mut start, mut runs, mut is_text) = (0, 0, false);
    let mut rest = content;
    while let Some(open) = rest.find_byte(b'<') {
        if is_text {
            text.extend_from_slice(&rest[..open]);
        }
        let Some(close) = rest[open..].find_byte(b'>').map(|at| open + at) else { break };
        let tag = &rest[open + 1..close];
        rest = &rest[close + 1..];
        let name = tag.split(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default();
        match name.strip_prefix(b"/").map_or((false, name), |name| (true, name)) {
            // Word, PowerPoint and Excel.
            (ends, b"w:t" | b"a:t" | b"t") => {
                is_text = !ends && !tag.ends_with(b"/");
                runs += usize::from(is_text);
            }
            (true, b"w:p" | b"a:p" | b"si") => {
                if runs < 2 {
                    text.truncate(start);
                } else {
                    text.push(b'\n');
                }
                (start, runs) = (text.len(), 0);
            }
            _ => {}
        }
    }
    text.truncate(start);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_a_paragraph_are_joined() {
        let run = |text: &str| format!("<w:r><w:rPr/><w:t xml:space=\"preserve\">{text}</w:t></w:r>");
        let document = format!(
            "<?xml version=\"1.0\"?><w:document><w:p>{}{}</w:p><w:p>{}</w:p><w:p><w:t/>{}{}",
            run("one "),
            run("paragraph"),
            run("in one piece"),
            run("no"),
            run("end"),
        );
        assert_eq!(joined_text(b"word/document.xml", document.as_bytes()).as_bstr(), "one paragraph\n");
        let sheet = b"<sst><si><r><t>a</t></r><r><t>b</t></r></si><si><t>c</t></si></sst>";
        assert_eq!(joined_text(b"xl/sharedStrings.xml", sheet).as_bstr(), "ab\n");
        assert!(joined_text(b"a.rs", sheet).is_empty());
        assert!(joined_text(b"a.xml", b"no < document").is_empty());
    }
}
