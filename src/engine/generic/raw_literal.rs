//! Literals of several lines in code: what is in them is a file of another language, configuration for the most part.

use super::candidate::{line_end, line_start};

/// The most lines above a value in which the beginning of its literal is sought.
const LINES: usize = 64;
/// The marks around literals of several lines: of Go and JavaScript; of Python, Kotlin, Java, Swift and C#; of Python.
const FENCES: [&[u8]; 3] = [b"`", b"\"\"\"", b"'''"];

/// Returns whether the line at a position is in a literal that begins at the end of a line above: `var x = ` and a backtick. A mark
/// on a line of its own may as well be the end of one.
pub(super) fn holds(text: &[u8], at: usize) -> bool {
    let mut start = line_start(text, at);
    if FENCES.iter().any(|fence| memchr::memmem::find(&text[start..line_end(text, at)], fence).is_some()) {
        return false;
    }
    for _ in 0..LINES {
        let Some(end) = start.checked_sub(1) else { return false };
        start = line_start(text, end);
        let line = text[start..end].trim_ascii();
        let Some(fence) = FENCES.iter().find(|fence| memchr::memmem::find(line, fence).is_some()) else { continue };
        let is_opened = memchr::memmem::find_iter(line, fence).count() % 2 == 1;
        return is_opened && line.len() > fence.len() && line.ends_with(fence);
    }
    false
}
