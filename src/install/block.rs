//! Marked blocks of our lines in somebody else's text file, inserted and removed without a change to other bytes.

use std::path::Path;

use super::files;
use crate::error::{Error, Result};

const BEGIN: &str = "# >>> shield-hook ";
const END: &str = "# <<< shield-hook <<<";
/// Mark of a file that did not exist before.
const NEW_FILE: &str = "[new file]";
/// Mark of a block before which a line end was added.
const JOINED: &str = "[no newline before]";

/// Inserts `lines` into `text` at the byte `at`, the start of a line or the end of the text, between marks indented by
/// `indent`. `new_file` marks a file that is created for the block and may be deleted with it.
pub fn insert(text: &str, at: usize, indent: &str, lines: &str, new_file: bool) -> String {
    let (before, after) = text.split_at(at);
    let joined = !before.is_empty() && !before.ends_with('\n');
    let mut out = String::from(before);
    if joined {
        out.push('\n');
    }
    out += &format!("{indent}{BEGIN}{} >>> `shield-hook uninstall` takes this away", env!("CARGO_PKG_VERSION"));
    for (flag, note) in [(new_file, NEW_FILE), (joined, JOINED)] {
        if flag {
            out += &format!(" {note}");
        }
    }
    out.push('\n');
    for line in lines.lines() {
        // The end of a here-document must not be indented, so `lines` bring their own indentation in YAML only.
        out += &format!("{}{line}\n", if line.is_empty() { "" } else { indent });
    }
    out += &format!("{indent}{END}\n");
    out += after;
    out
}

/// A file's text after our blocks were removed.
#[derive(Debug, PartialEq, Eq)]
pub enum Remainder {
    /// There was no block.
    Unchanged,
    /// The text as it was before.
    Text(String),
    /// Nothing is left, and the file was created for a block.
    NoFile,
}

/// Removes every block of ours from `text`.
///
/// # Errors
/// When a block has no end mark.
pub fn remove(text: &str) -> Result<Remainder> {
    let (mut out, mut rest, mut found, mut new_file) = (String::new(), text, false, false);
    while let Some((begin, after)) = find_line(rest, |line| line.trim_start().starts_with(BEGIN)) {
        let Some((_, end)) = find_line(&rest[begin..], |line| line.trim() == END) else {
            return Err(Error::incomplete("a `>>> shield-hook` line has no `<<< shield-hook` line after it")
                .help("remove the lines that call shield-hook by hand"));
        };
        let mark = &rest[begin..after];
        out += &rest[..begin];
        if mark.contains(JOINED) {
            out.truncate(out.trim_end_matches('\n').len().max(out.len() - 1));
        }
        found = true;
        new_file |= mark.contains(NEW_FILE);
        rest = &rest[begin + end..];
    }
    out += rest;
    Ok(match (found, new_file && out.trim().is_empty()) {
        (false, _) => Remainder::Unchanged,
        (true, true) => Remainder::NoFile,
        (true, false) => Remainder::Text(out),
    })
}

/// The effect of removing our blocks from a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileRemoval {
    /// There was no block.
    Nothing,
    /// The blocks were removed.
    Lines,
    /// The file was created for them, and was deleted.
    File,
}

/// Removes every block of ours from the file at `path`.
///
/// # Errors
/// When the file cannot be read or written, or a block has no end mark.
pub fn remove_from_file(path: &Path) -> Result<FileRemoval> {
    let Some(text) = files::read_text(path)? else { return Ok(FileRemoval::Nothing) };
    Ok(match remove(&text)? {
        Remainder::Unchanged => FileRemoval::Nothing,
        Remainder::Text(rest) => {
            files::write(path, rest.as_bytes(), false)?;
            FileRemoval::Lines
        }
        Remainder::NoFile => {
            files::remove(path)?;
            FileRemoval::File
        }
    })
}

/// The blocks of ours in `text`, without their marks.
pub fn blocks(text: &str) -> Vec<String> {
    let (mut found, mut inside) = (Vec::new(), None::<String>);
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with(BEGIN) {
            inside = Some(String::new());
        } else if line.trim() == END {
            found.extend(inside.take());
        } else if let Some(piece) = &mut inside {
            piece.push_str(line);
        }
    }
    found
}

/// The byte at which the first block of ours begins.
pub fn first_start(text: &str) -> Option<usize> {
    find_line(text, |line| line.trim_start().starts_with(BEGIN)).map(|(at, _)| at)
}

/// The byte range of the first line that satisfies `is`.
fn find_line(text: &str, is: impl Fn(&str) -> bool) -> Option<(usize, usize)> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if is(line) {
            return Some((at, at + line.len()));
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_out_leaves_the_same_bytes() {
        for text in ["", "a", "a\n", "#!/bin/sh\nx\n\n\n", "a\r\nb", "\n"] {
            for at in (0..=text.len()).filter(|at| *at == text.len() || *at == 0 || text.as_bytes()[at - 1] == b'\n') {
                let with = insert(text, at, "  ", "ours\nmore\n", false);
                assert_eq!(blocks(&with), ["  ours\n  more\n"]);
                assert_eq!(remove(&with).unwrap(), Remainder::Text(text.into()), "{text:?} at {at}");
                assert_eq!(remove(text).unwrap(), Remainder::Unchanged);
            }
        }
    }

    #[test]
    fn two_pieces_are_both_taken_out() {
        let one = insert("a\nb\n", 2, "", "ours\n", false);
        let two = insert(&one, 0, "", "ours\n", false);
        assert_eq!(remove(&two).unwrap(), Remainder::Text("a\nb\n".into()));
    }

    #[test]
    fn a_file_made_for_it_goes_unless_others_wrote_into_it() {
        let made = insert("#!/bin/sh\n", 10, "", "ours\n", true);
        assert_eq!(remove(&made).unwrap(), Remainder::Text("#!/bin/sh\n".into()));
        let made = insert("", 0, "", "ours\n", true);
        assert_eq!(remove(&made).unwrap(), Remainder::NoFile);
        assert_eq!(remove(&format!("{made}theirs\n")).unwrap(), Remainder::Text("theirs\n".into()));
    }

    #[test]
    fn half_a_piece_is_an_error() {
        let with = insert("a\n", 2, "", "ours\n", false);
        assert!(remove(with.trim_end().strip_suffix(END).unwrap()).is_err());
    }
}
