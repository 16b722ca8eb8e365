//! Reflogs: git's record of the moves of a ref.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use bstr::{BString, ByteSlice};

use crate::file;

/// One move of a ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReflogEntry {
    /// The id before, in hex; all zeros when there was none.
    pub old: String,
    /// The id after, in hex.
    pub new: String,
    /// The time, in seconds since 1970.
    pub time: i64,
    /// The message up to its first colon: `commit`, `commit (amend)`, `rebase (pick)`, `update by push` ...
    pub action: String,
}

/// The address that the reflog of `remote`, in the common directory `dir`, gives as the source of `git clone`.
pub fn cloned_from(dir: &Path, remote: &str) -> Option<BString> {
    let text = file::read(dir.join("logs/refs/remotes").join(remote).join("HEAD")).ok()?;
    let (_, rest) = text.split_once_str("\tclone: from ")?;
    rest.lines().next().map(BString::from)
}

/// The reflog of the ref `name` in the git directory `dir`, oldest entry first; only the last `most` bytes of a long
/// log. Empty when there is no log file, as in a repository with a reftable.
pub fn reflog_entries(dir: &Path, name: &str, most: u64) -> Vec<ReflogEntry> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = file::open(dir.join("logs").join(name))?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(most)))?;
        let mut text = Vec::new();
        file.take(most).read_to_end(&mut text)?;
        Ok(text)
    };
    // A partial first line does not begin with an id.
    read().unwrap_or_default().lines().filter_map(parse).collect()
}

fn parse(line: &[u8]) -> Option<ReflogEntry> {
    let (head, message) = line.split_once_str("\t").unwrap_or((line, b""));
    let mut fields = head.splitn_str(3, " ");
    let (old, new, who) = (id(fields.next()?)?, id(fields.next()?)?, fields.next()?);
    // The name may hold anything: time and zone are the last two words.
    let time = who.rsplitn_str(3, " ").nth(1)?.to_str().ok()?.parse().ok()?;
    let action = message.split_once_str(":").map_or(message, |(action, _)| action);
    Some(ReflogEntry { old, new, time, action: action.to_str_lossy().into_owned() })
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
        let all = reflog_entries(dir.path(), "HEAD", 1 << 20);
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].time, all[0].action.as_str()), (1_700_000_000, "commit (initial)"));
        assert_eq!((all[1].old.as_str(), all[1].time, all[1].action.as_str()), (b.as_str(), 1_700_000_009, ""));
        assert_eq!(reflog_entries(dir.path(), "HEAD", text.len() as u64 - 3), all[1..]);
        assert_eq!(reflog_entries(dir.path(), "nothing", 9), []);
    }
}
