//! Exfiltration files: the Shai-Hulud worms publish what they steal as JSON, base64-encoded twice or three times.

use data_encoding::BASE64;

/// More than this a stolen set of secrets does not take; it also bounds the work on a file that merely looks so.
const LIMIT: usize = 16 << 20;

/// Takes the layers of base64 off a file that is nothing but base64: the text within, and how many layers there were.
/// Nothing where there was none.
pub fn unwrap(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    if text.len() > LIMIT {
        return None;
    }
    let mut current = text.to_vec();
    let mut layers = 0;
    while layers < 4 {
        let packed: Vec<u8> = current.iter().copied().filter(|b| !b.is_ascii_whitespace() && *b != b'"').collect();
        if packed.len() < 16 || !packed.len().is_multiple_of(4) {
            break;
        }
        let Ok(decoded) = BASE64.decode(&packed) else { break };
        // Random text that happens to be base64 decodes to bytes that are no text.
        if std::str::from_utf8(&decoded).is_err() {
            break;
        }
        current = decoded;
        layers += 1;
    }
    (layers > 0).then_some((current, layers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_come_off() {
        let text = br#"{"system": {"platform": "linux"}, "environment": {"A": "b"}}"#;
        let once = BASE64.encode(text);
        let twice = BASE64.encode(once.as_bytes());
        let wrapped: String =
            twice.as_bytes().chunks(76).map(|c| format!("{}\n", std::str::from_utf8(c).unwrap())).collect();
        assert_eq!(unwrap(once.as_bytes()), Some((text.to_vec(), 1)));
        assert_eq!(unwrap(wrapped.as_bytes()), Some((text.to_vec(), 2)));
        assert_eq!(unwrap(text), None);
        assert_eq!(unwrap(b"short"), None);
    }
}
