//! The message of a commit about to be made, as git will record it.

use std::path::PathBuf;

use bstr::{BString, ByteSlice};

use super::{Content, Coverage, InMemory, Item, Old, Plan, Source};
use crate::chunk::{ChunkPlace, Origin};
use crate::environment;
use crate::error::{Context, Result};
use crate::file;
use crate::git::Repo;

/// The clean-up of a message by git before it is recorded (commit.cleanup).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleanup {
    /// Comment lines are removed.
    Strip,
    /// Comment lines remain.
    Whitespace,
    /// Comment lines remain; everything from the scissors line on is removed.
    Scissors,
    /// The message is recorded as it is.
    Verbatim,
}

/// The message file that git hands to commit-msg.
pub struct Message {
    /// The file, as git names it.
    pub file: PathBuf,
    /// The clean-up that git will apply.
    pub cleanup: Cleanup,
    /// Whether the user saw it in an editor; only then does git cut off the diff that `commit -v` showed.
    pub edited: bool,
    /// The prefix of comment lines.
    pub comment: BString,
}

/// The prefix of comment lines, by git's configuration.
pub fn comment_prefix(repo: &Repo) -> BString {
    match configured_prefix(repo) {
        CommentPrefix::Fixed(prefix) => prefix,
        CommentPrefix::PerMessage => "#".into(),
    }
}

/// The configured prefix of comment lines.
enum CommentPrefix {
    Fixed(BString),
    /// Git picks a character that the message does not use, and does not name it to hooks.
    PerMessage,
}

fn configured_prefix(repo: &Repo) -> CommentPrefix {
    match repo.config("core.commentString").or_else(|| repo.config("core.commentChar")) {
        Some(c) if c == "auto" => CommentPrefix::PerMessage,
        Some(comment) if !comment.is_empty() => CommentPrefix::Fixed(comment),
        _ => CommentPrefix::Fixed("#".into()),
    }
}

impl Message {
    /// The message in `file` as git will record it, by its configuration and the use of an editor.
    pub fn of_commit(repo: &Repo, file: PathBuf) -> Self {
        // Git sets `:`, the command that does nothing, when it opens no editor.
        let edited = environment::variable("GIT_EDITOR").is_none_or(|editor| editor != ":");
        let comment = match configured_prefix(repo) {
            CommentPrefix::Fixed(prefix) => prefix,
            // Without knowledge of the prefix every line is read.
            CommentPrefix::PerMessage => {
                return Self { file, cleanup: Cleanup::Verbatim, edited, comment: "#".into() };
            }
        };
        let cleanup = match repo.config("commit.cleanup").as_deref().map(|v| v.as_bytes()) {
            Some(b"strip") => Cleanup::Strip,
            Some(b"whitespace") => Cleanup::Whitespace,
            Some(b"verbatim") => Cleanup::Verbatim,
            Some(b"scissors") if edited => Cleanup::Scissors,
            _ if edited => Cleanup::Strip,
            _ => Cleanup::Whitespace,
        };
        Self { file, cleanup, edited, comment }
    }

    /// The part of `file` that is recorded. A removed line leaves an empty one behind, so that line numbers hold.
    fn recorded(&self, file: &[u8]) -> Vec<u8> {
        let mut recorded = Vec::with_capacity(file.len());
        for (line, next) in with_next(file) {
            if self.cuts(line, next) {
                break;
            }
            if self.cleanup == Cleanup::Strip && line.starts_with(&self.comment) {
                recorded.push(b'\n');
            } else {
                recorded.extend_from_slice(line);
            }
        }
        recorded
    }

    /// Returns whether `line` is the scissors line: nothing from it on is recorded.
    fn cuts(&self, line: &[u8], next: Option<&[u8]>) -> bool {
        let scissors = line
            .strip_prefix(self.comment.as_slice())
            .is_some_and(|rest| rest.trim_end() == b" ------------------------ >8 ------------------------");
        // In an editor git itself writes the line, with a comment below that explains it. The text below a line that
        // the user typed is recorded, unless the clean-up mode is scissors.
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
    fn plan(&self, _: &mut Coverage) -> Result<Plan<'_>> {
        let file = file::read(&self.file).or_incomplete(format!("the message {}", self.file.display()))?;
        let origin = Origin::of(ChunkPlace::CommitMessage("COMMIT_EDITMSG".into()));
        let content = Content::Bytes(self.recorded(&file).into_boxed_slice());
        Ok(Plan::new(vec![Item { origin, content, old: Old::Nothing }], InMemory))
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
        assert_eq!(recorded(Cleanup::Strip, true, "a\n# b\n# c\nd\n"), "a\n\n\nd\n");
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
