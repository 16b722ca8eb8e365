//! Examples in schemas: OpenAPI, JSON Schema and the like keep them under a key that says so.

use std::ops::Range;

use crate::path::purpose::{Language, language};

/// The keys that examples are kept under, in lower case.
const KEYS: [&[u8]; 6] = [b"example", b"examples", b"x-example", b"x-examples", b"sample", b"samples"];
/// The lines that are read upwards.
const LINES: usize = 400;
/// The bytes that are read upwards.
const REACH: usize = 1 << 15;

/// The reason to lower a value at `span`: its key in JSON or YAML, or one above it by indentation, is that of examples.
pub(super) fn reason(text: &[u8], path: &[u8], span: &Range<usize>) -> Option<&'static str> {
    if !matches!(language(path), Language::Json | Language::Config) {
        return None;
    }
    let floor = span.start.saturating_sub(REACH);
    let mut end = span.start;
    let mut indent = usize::MAX;
    for _ in 0..LINES {
        let start = memchr::memrchr(b'\n', &text[floor..end]).map_or(floor, |at| floor + at + 1);
        let line = &text[start..end];
        let own = line.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        if own < indent && own < line.len() && !line[own..].trim_ascii().is_empty() {
            if key(&line[own..]).is_some_and(|key| KEYS.iter().any(|one| key.eq_ignore_ascii_case(one))) {
                return Some("an example in a schema");
            }
            indent = own;
        }
        end = start.checked_sub(1).filter(|end| *end > floor && indent > 0)?;
    }
    None
}

/// The key that a line begins with: `"key": ...`, `key:`, `- key:`.
fn key(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_prefix(b"- ").unwrap_or(line).trim_ascii_start();
    let is_key = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let line = line.strip_prefix(b"\"").unwrap_or(line);
    let length = line.iter().take_while(|b| is_key(b)).count();
    let rest = line[length..].strip_prefix(b"\"").unwrap_or(&line[length..]).trim_ascii_start();
    rest.starts_with(b":").then_some(&line[..length])
}
