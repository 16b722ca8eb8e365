//! Text from a registry, made safe for a terminal: anybody may have written it.

use crate::terminal::text::is_unsafe;

/// The longest text that a report quotes, in characters.
const LONGEST: usize = 200;

/// The text in one line, without characters that control the terminal or reorder the line.
pub(in crate::package) fn printable(text: &str) -> String {
    let clean: String = text.chars().take(LONGEST).map(|c| if is_unsafe(c) { ' ' } else { c }).collect();
    clean.trim().to_owned()
}
