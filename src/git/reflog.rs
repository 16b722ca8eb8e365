//! What git wrote down about a ref's moves.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use bstr::{BString, ByteSlice};

/// One move of a ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The id before, in hex; all zeros when there was none.
    pub old: String,
    /// The id after, in hex.
    pub new: String,
    /// When, in seconds since 1970.
    pub time: i64,
    /// What did it, up to the first colon: `commit`, `commit (amend)`, `rebase (pick)`, `update by push` ...
    pub action: String,
}

/// Where `git clone` wrote that it took the remote `remote` from, into the common directory `dir`.
pub fn cloned_from(dir: &Path, remote: &str) -> Option<BString> {
    let text = std::fs::read(dir.join("logs/refs/remotes").join(remote).join("HEAD")).ok()?;
    let (_, rest) = text.split_once_str("\tclone: from ")?;
    rest.lines().next().map(BString::from)
}

/// The moves of the ref `name` that the git directory `dir` keeps, oldest first; of a long log only the last `most`
/// bytes. Nothing when there is no log, as in a repository with a reftable.
pub fn moves(dir: &Path, name: &str, most: u64) -> Vec<Move> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(dir.join("logs").join(name))?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(most)))?;
        let mut text = Vec::new();
        file.take(most).read_to_end(&mut text)?;
        Ok(text)
    };
    // Half a line at the start has no id where one belongs.
    read().unwrap_or_default().lines().filter_map(parse).collect()
}

fn parse(line: &[u8]) -> Option<Move> {
    let (head, message) = line.split_once_str("\t").unwrap_or((line, b""));
    let mut fields = head.splitn_str(3, " ");
    let (old, new, who) = (id(fields.next()?)?, id(fields.next()?)?, fields.next()?);
    // The name may hold anything: time and zone are the last two words.
    let time = who.rsplitn_str(3, " ").nth(1)?.to_str().ok()?.parse().ok()?;
    let action = message.split_once_str(":").map_or(message, |(action, _)| action);
    Some(Move { old, new, time, action: action.to_str_lossy().into_owned() })
}

fn id(hex: &[u8]) -> Option<String> {
    ([40, 64].contains(&hex.len()) && hex.iter().all(u8::is_ascii_hexdigit)).then(|| hex.to_str_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_read_from_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = ("0".repeat(40), "a".repeat(40));
        let text = format!(
            "{a} {b} A U Thor <a@example.com> 1700000000 +0100\tcommit (initial): one: two\n\
             {b} {a} <> 1700000009 -0930\n"
        );
        std::fs::create_dir(dir.path().join("logs")).unwrap();
        std::fs::write(dir.path().join("logs/HEAD"), &text).unwrap();
        let all = moves(dir.path(), "HEAD", 1 << 20);
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].time, all[0].action.as_str()), (1_700_000_000, "commit (initial)"));
        assert_eq!((all[1].old.as_str(), all[1].time, all[1].action.as_str()), (b.as_str(), 1_700_000_009, ""));
        assert_eq!(moves(dir.path(), "HEAD", text.len() as u64 - 3), all[1..]);
        assert_eq!(moves(dir.path(), "nothing", 9), []);
    }
}
