//! Text from repositories, archives and registries, made safe for a terminal, a log or a page.
//!
//! Every report and message uses the one filter below, because a name that reorders or hides the characters beside it
//! makes one finding look like another.

use std::char::REPLACEMENT_CHARACTER;

/// Returns whether `c` drives a terminal, breaks a line, reorders text or is invisible: control characters,
/// line and paragraph separators, bidirectional controls, zero-width characters and tags.
///
/// ```
/// use shield_hook::terminal::text::is_unsafe;
///
/// assert!(is_unsafe('\u{1b}') && is_unsafe('\u{202e}') && is_unsafe('\u{200b}'));
/// assert!(!is_unsafe('é') && !is_unsafe('中') && !is_unsafe(' '));
/// ```
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e007f}')
}

/// Replaces every unsafe character, line ends and tabs included: a name on a line of ours cannot begin another line.
///
/// ```
/// assert_eq!(shield_hook::terminal::name("a\n\u{202e}b"), "a\u{fffd}\u{fffd}b");
/// ```
pub fn name(text: &str) -> String {
    text.chars().map(|c| if is_unsafe(c) { REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Replaces every unsafe character but line ends and tabs.
///
/// ```
/// assert_eq!(shield_hook::terminal::text::lines("a\n\u{202e}b"), "a\n\u{fffd}b");
/// ```
pub fn lines(text: &str) -> String {
    text.chars().map(|c| if is_unsafe(c) && !matches!(c, '\n' | '\t') { REPLACEMENT_CHARACTER } else { c }).collect()
}

/// A count with its noun: `1 file`, `2 files`.
///
/// ```
/// use shield_hook::terminal::text::plural;
///
/// assert_eq!((plural(1, "file", "files"), plural(2, "file", "files")), ("1 file".into(), "2 files".into()));
/// ```
pub fn plural(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_that_reorders_or_hides_text_passes() {
        let hiding = "\u{0}\u{7}\u{1b}\u{7f}\u{85}\u{9b}\u{ad}\u{61c}\u{180e}\u{200b}\u{200e}\u{2028}\u{2029}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{feff}\u{e0041}";
        for c in hiding.chars() {
            assert_eq!(name(&format!("a{c}b")), "a\u{fffd}b", "{c:?}");
            assert_eq!(lines(&format!("a{c}b")), "a\u{fffd}b", "{c:?}");
        }
        assert_eq!(name("a\tb\nc"), "a\u{fffd}b\u{fffd}c");
        assert_eq!(lines("a\tb\nc"), "a\tb\nc");
    }

    #[test]
    fn letters_of_every_script_pass() {
        for text in ["naïve.rs", "файл", "文件.txt", "مرحبا", "❤️", "👩🏽", "ａｂ", "e\u{301}"] {
            assert_eq!(name(text), text);
        }
    }
}
