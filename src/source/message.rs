//! The message of a commit about to be made, as git will record it.

use std::path::PathBuf;

use bstr::{BString, ByteSlice};

use super::{AtHand, Content, Coverage, Item, Old, Reader, Source};
use crate::chunk::{Kind, Origin};
use crate::error::{Context, Result};
use crate::file;

/// What git does to a message before it records it (commit.cleanup).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleanup {
    /// Comment lines go.
    Strip,
    /// Comment lines stay.
    Whitespace,
    /// Comment lines stay, and everything from the scissors line on goes.
    Scissors,
    /// Everything stays.
    Verbatim,
}

/// The message file that git hands to commit-msg.
pub struct Message {
    /// The file, as git names it.
    pub file: PathBuf,
    /// What git will do to it.
    pub cleanup: Cleanup,
    /// Whether the user saw it in an editor; only then does git cut off what `commit -v` showed.
    pub edited: bool,
    /// What comment lines begin with.
    pub comment: BString,
}

impl Message {
    /// What of `file` is recorded. Line numbers stay: what goes is emptied, not removed.
    fn recorded(&self, file: &[u8]) -> Vec<u8> {
        let mut kept = Vec::with_capacity(file.len());
        for (line, next) in with_next(file) {
            if self.cuts(line, next) {
                break;
            }
            if self.cleanup == Cleanup::Strip && line.starts_with(&self.comment) {
                kept.push(b'\n');
            } else {
                kept.extend_from_slice(line);
            }
        }
        kept
    }

    /// Whether `line` is the scissors line: what stands below it is not recorded.
    fn cuts(&self, line: &[u8], next: Option<&[u8]>) -> bool {
        let scissors = line
            .strip_prefix(self.comment.as_slice())
            .is_some_and(|rest| rest.trim_end() == b" ------------------------ >8 ------------------------");
        // In an editor git itself writes the line, with a comment below it that says what it is; somebody who types
        // such a line has the rest recorded, unless scissors are what was asked for.
        let written_by_git = self.edited && next.is_some_and(|n| n.starts_with(&self.comment));
        scissors && (self.cleanup == Cleanup::Scissors || written_by_git)
    }
}

fn with_next(file: &[u8]) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
    let mut lines = file.lines_with_terminator().peekable();
    std::iter::from_fn(move || {
        let line = lines.next()?;
        Some((line, lines.peek().copied()))
    })
}

impl Source for Message {
    fn plan(&self, _: &mut Coverage) -> Result<Vec<Item>> {
        let file = file::read(&self.file).or_incomplete(format!("the message {}", self.file.display()))?;
        let origin = Origin { kind: Kind::CommitMessage, path: "COMMIT_EDITMSG".into(), commit: None };
        let content = Content::Bytes(self.recorded(&file).into_boxed_slice());
        Ok(vec![Item { origin, content, old: Old::Nothing }])
    }

    fn reader(&self) -> Result<Box<dyn Reader + '_>> {
        Ok(Box::new(AtHand))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(cleanup: Cleanup, edited: bool, file: &str) -> String {
        let message = Message { file: PathBuf::new(), cleanup, edited, comment: "#".into() };
        String::from_utf8(message.recorded(file.as_bytes())).expect("only what was given")
    }

    const VERBOSE: &str = "Subject\n\n# on branch main\n\
        # ------------------------ >8 ------------------------\n\
        # Do not modify or remove the line above.\n-old\n+new\n";

    #[test]
    fn comments_go_where_git_strips_them() {
        assert_eq!(recorded(Cleanup::Strip, true, "a\n# b\nc\n"), "a\n\nc\n");
        assert_eq!(recorded(Cleanup::Whitespace, false, "a\n# b\nc\n"), "a\n# b\nc\n");
        assert_eq!(recorded(Cleanup::Verbatim, true, "a\n# b\nc\n"), "a\n# b\nc\n");
    }

    #[test]
    fn the_diff_of_a_verbose_commit_is_not_recorded() {
        for cleanup in [Cleanup::Strip, Cleanup::Whitespace, Cleanup::Scissors, Cleanup::Verbatim] {
            assert!(!recorded(cleanup, true, VERBOSE).contains("+new"), "{cleanup:?}");
        }
    }

    #[test]
    fn a_scissors_line_on_the_command_line_is_recorded_with_what_follows() {
        assert!(recorded(Cleanup::Whitespace, false, VERBOSE).contains("+new"));
        assert!(!recorded(Cleanup::Scissors, false, VERBOSE).contains("+new"));
        let typed = "a\n# ------------------------ >8 ------------------------\nb\n";
        assert!(recorded(Cleanup::Strip, true, typed).contains('b'));
    }
}
