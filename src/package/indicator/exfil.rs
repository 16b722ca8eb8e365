//! Exfiltration files: the Shai-Hulud worms publish stolen secrets as JSON, base64-encoded twice or three times.

use data_encoding::BASE64;

/// The largest file that is decoded, in bytes. No set of stolen secrets is larger, and the work is bounded.
const LIMIT: usize = 16 << 20;
/// No worm encodes more often.
const MOST_LAYERS: usize = 4;

/// The number of base64 layers around the text of a file; 0 if the file is not base64 as such.
pub(super) fn layers(text: &[u8]) -> usize {
    if text.len() > LIMIT {
        return 0;
    }
    let mut current = text.to_vec();
    let mut layers = 0;
    while layers < MOST_LAYERS {
        let packed: Vec<u8> = current.iter().copied().filter(|b| !b.is_ascii_whitespace() && *b != b'"').collect();
        if packed.len() < 16 || !packed.len().is_multiple_of(4) {
            break;
        }
        let Ok(decoded) = BASE64.decode(&packed) else { break };
        // Random text in the base64 alphabet decodes to bytes that are no text.
        if std::str::from_utf8(&decoded).is_err() {
            break;
        }
        current = decoded;
        layers += 1;
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_counted() {
        let text = br#"{"system": {"platform": "linux"}, "environment": {"A": "b"}}"#;
        let once = BASE64.encode(text);
        let twice = BASE64.encode(once.as_bytes());
        let wrapped: String =
            twice.as_bytes().chunks(76).map(|c| format!("{}\n", std::str::from_utf8(c).unwrap())).collect();
        assert_eq!(layers(once.as_bytes()), 1);
        assert_eq!(layers(wrapped.as_bytes()), 2);
        assert_eq!(layers(text), 0);
        assert_eq!(layers(b"short"), 0);
    }
}
