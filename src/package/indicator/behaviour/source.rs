//! Hidden code in any program: decoded before it runs, pushed out of the window by spaces, or a binary.

use super::super::{Trace, TraceWeight};
use super::line::AddedLine;
use super::{line, shape, trace};
use crate::path::purpose::{PathKind, says};

/// So many spaces push code out of every window.
const SPACES: [u8; 150] = [b' '; 150];

/// The endings of programs that an interpreter reads.
const PROGRAMS: [&str; 12] = ["js", "mjs", "cjs", "ts", "jsx", "tsx", "mts", "cts", "py", "rb", "php", "sh"];
/// The endings of files that are no programs to whoever reads their names.
const HARMLESS: [&str; 20] = [
    "js", "mjs", "cjs", "ts", "py", "rb", "php", "txt", "md", "json", "yml", "yaml", "css", "html", "png", "jpg",
    "gif", "svg", "woff", "woff2",
];

fn ending(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map(|(_, ending)| ending)
}

fn is_program(path: &str) -> bool {
    ending(path).is_some_and(|ending| PROGRAMS.contains(&ending))
}

/// Returns whether the file is there to be tested with: it may hold an attack on purpose.
fn is_test(path: &str) -> bool {
    says(path.as_bytes(), &[PathKind::Test, PathKind::Fixture, PathKind::Example])
}

pub(super) fn may_hide(path: &str, bytes: &[u8]) -> bool {
    let has = |sign: &[u8]| memchr::memmem::find(bytes, sign).is_some();
    native(bytes) || is_program(path) && (has(b"base64") || has(b"atob(") || has(&SPACES))
}

/// Lines that decode code and run it.
pub(super) fn decoded(path: &str, lines: &[AddedLine]) -> Vec<Trace> {
    let hit = lines.iter().find(|line| is_program(path) && shape::decodes_and_runs(line));
    let weight = if is_test(path) { TraceWeight::Warns } else { TraceWeight::Blocks };
    let what = "hidden code is decoded and run by this line".to_owned();
    hit.map(|line| trace("decoded-code", line, what, weight)).into_iter().collect()
}

/// A line whose code is so far to the right that nobody sees it.
pub(super) fn pushed_aside(path: &str, new: &[u8], old: &[Vec<u8>]) -> Option<Trace> {
    const CODE: [&str; 10] = [
        "eval(",
        "require(",
        "exec(",
        "function(",
        "import(",
        "global[",
        "child_process",
        "__import__",
        "system(",
        "atob(",
    ];
    if !is_program(path) {
        return None;
    }
    let at = memchr::memmem::find(new, &SPACES)?;
    let hit = line::added(new, old).into_iter().find(|line| {
        let end = memchr::memchr(b'\n', &new[line.at..]).map_or(new.len(), |n| line.at + n);
        let raw = &new[line.at..end];
        let (indent, shown) = (raw.len() - raw.trim_ascii_start().len(), raw.trim_ascii());
        let gap = memchr::memmem::find(shown, &SPACES);
        // Indentation alone hides a line as well.
        let hidden = gap.map(|gap| &shown[gap..]).or_else(|| (indent >= SPACES.len()).then_some(shown));
        let hidden = hidden.map(|hidden| String::from_utf8_lossy(hidden).to_lowercase());
        end > at && hidden.is_some_and(|hidden| CODE.iter().any(|code| hidden.contains(code)))
    });
    let what = "code is hidden far to the right behind spaces".to_owned();
    hit.map(|line| trace("code-aside", &line, what, TraceWeight::Blocks))
}

/// A native program in a new file, unless its name is that of one.
pub(super) fn program(path: &str, new: &[u8], old: &[Vec<u8>]) -> Option<Trace> {
    if !old.is_empty() || !native(new) {
        return None;
    }
    let (what, weight) = match ending(path) {
        Some(ending) if HARMLESS.contains(&ending) => {
            ("a native program under the name of another kind of file", TraceWeight::Blocks)
        }
        None if !is_test(path) => ("a native program: nobody can read what it does", TraceWeight::Warns),
        _ => return None,
    };
    Some(Trace { id: "native-program".to_owned(), what: what.to_owned(), at: 0, weight })
}

/// Returns whether the bytes are a native program.
fn native(bytes: &[u8]) -> bool {
    let is_windows = || {
        let at = bytes.get(0x3c..0x40).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
        at.and_then(|at| bytes.get(at as usize..)?.get(..4)).is_some_and(|b| b == b"PE\0\0")
    };
    bytes.starts_with(b"\x7fELF")
        || bytes.starts_with(&[0xcf, 0xfa, 0xed, 0xfe])
        || bytes.starts_with(b"MZ") && is_windows()
}
