//! A push, or an update of refs, as git describes it on a hook's standard input.

use bstr::{BString, ByteSlice};

use crate::error::{Error, Result};
use crate::git::Oid;

/// One line of a hook's standard input: a ref and its move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefUpdate {
    /// The local side, as typed: a ref, `HEAD~1` or an expression; `(delete)` for a deletion. Empty on the receiving
    /// side.
    pub local_ref: BString,
    /// The new target of the ref; all zeros for a deletion.
    pub new: Oid,
    /// The ref that is updated.
    pub remote_ref: BString,
    /// The old target on the other side; all zeros when the ref does not exist.
    pub old: Oid,
}

/// The source of the list of updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Informant {
    /// Git: every ref, with its current target on the other side.
    Git,
    /// A hook manager that does not pass git's lines on: its old ids may come from tracking refs.
    Manager,
}

/// A push, as far as a hook knows it.
#[derive(Clone, Debug)]
pub struct Push {
    /// The remote's name, or its address; empty when neither is known.
    pub remote: String,
    /// The remote's address.
    pub url: String,
    /// The refs that are updated.
    pub updates: Vec<RefUpdate>,
    /// The source of the list.
    pub informant: Informant,
}

impl RefUpdate {
    /// Returns whether the update is about notes.
    pub(super) fn is_notes(&self) -> bool {
        self.local_ref.starts_with(b"refs/notes/") || self.remote_ref.starts_with(b"refs/notes/")
    }

    pub(super) fn shown(&self) -> String {
        let short = |name: &BString| {
            let name = name.to_str_lossy().into_owned();
            let short = ["refs/heads/", "refs/tags/"].iter().find_map(|p| name.strip_prefix(p)).map(str::to_owned);
            short.unwrap_or(name)
        };
        let name = if self.remote_ref.is_empty() { &self.local_ref } else { &self.remote_ref };
        if self.new.is_null() { format!("{} (deleted)", short(name)) } else { short(name) }
    }
}

/// Reads the standard input of a pre-push hook: `<local ref> <local id> <remote ref> <remote id>` a line.
///
/// ```
/// let (new, none) = ("a".repeat(40), "0".repeat(40));
/// let line = format!("refs/heads/topic {new} refs/heads/main {none}\n");
/// let updates = shield_hook::source::parse_pre_push(line.as_bytes())?;
/// assert_eq!(updates[0].remote_ref, "refs/heads/main");
/// assert!(updates[0].old.is_null(), "the branch is new");
/// # Ok::<(), shield_hook::error::Error>(())
/// ```
///
/// # Errors
/// A line is cut off or malformed: its objects would go unscanned.
pub fn parse_pre_push(stdin: &[u8]) -> Result<Vec<RefUpdate>> {
    lines(stdin, |line| {
        // From the right: the local side is free text, which may hold spaces.
        let (rest, old) = line.rsplit_once_str(" ")?;
        let (rest, remote_ref) = rest.rsplit_once_str(" ")?;
        let (local_ref, new) = rest.rsplit_once_str(" ")?;
        update(local_ref, new, remote_ref, old)
    })
}

/// Reads the standard input of a pre-receive or reference-transaction hook: `<old id> <new id> <ref>` a line. Symbolic
/// refs (`ref:NAME` in place of an id) publish no objects and are left out.
///
/// # Errors
/// A line is cut off or malformed.
pub fn parse_ref_updates(stdin: &[u8]) -> Result<Vec<RefUpdate>> {
    let symbolic = |line: &[u8]| line.split_str(" ").take(2).any(|id| id.starts_with(b"ref:"));
    let mut direct = Vec::new();
    for line in stdin.lines_with_terminator().filter(|line| !symbolic(line)) {
        direct.extend_from_slice(line);
    }
    lines(&direct, |line| {
        let (old, rest) = line.split_once_str(" ")?;
        let (new, name) = rest.split_once_str(" ")?;
        update(b"", new, name, old)
    })
}

fn lines(stdin: &[u8], parse: impl Fn(&[u8]) -> Option<RefUpdate>) -> Result<Vec<RefUpdate>> {
    let mut updates = Vec::new();
    for (n, line) in stdin.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
        updates.push(parse(line).ok_or_else(|| {
            Error::incomplete(format!("line {} of git's standard input is cut off or malformed", n + 1))
                .help("run the hook through git, with its standard input passed on unchanged")
        })?);
    }
    Ok(updates)
}

fn update(local_ref: &[u8], new: &[u8], remote_ref: &[u8], old: &[u8]) -> Option<RefUpdate> {
    let (new, old) = (Oid::from_hex(new).ok()?, Oid::from_hex(old).ok()?);
    (new.kind() == old.kind() && !remote_ref.is_empty()).then(|| RefUpdate {
        local_ref: local_ref.into(),
        new,
        remote_ref: remote_ref.into(),
        old,
    })
}
