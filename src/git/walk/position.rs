//! The position of a commit relative to HEAD, for the commands that repair it.

use std::collections::HashSet;

use gix::objs::{CommitRefIter, Kind};

use crate::git::{Objects, Oid};

/// The position of a commit relative to HEAD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitPosition {
    /// How it is reached from HEAD.
    pub reach: Reach,
    /// Whether it has no parent.
    pub root: bool,
}

/// How a commit is reached from HEAD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It is HEAD.
    Head,
    /// It is an ancestor of HEAD.
    Below {
        /// Whether HEAD or a commit between is a merge.
        merges: bool,
    },
    /// HEAD does not lead to it.
    Elsewhere,
}

/// The number of commits visited before a commit counts as unreachable: repairs concern recent commits.
const FAR: usize = 20_000;

/// The position of `commit` relative to `head`.
pub fn position(objects: &mut Objects, head: Oid, commit: Oid) -> CommitPosition {
    let mut buffer = Vec::new();
    let root = parents(objects, commit, &mut buffer).is_some_and(|p| p.is_empty());
    let (mut seen, mut open, mut merges) = (HashSet::from([head]), vec![head], false);
    let mut reach = Reach::Elsewhere;
    while let Some(id) = open.pop() {
        if id == commit {
            reach = if id == head { Reach::Head } else { Reach::Below { merges } };
            break;
        }
        if seen.len() > FAR {
            break;
        }
        let parents = parents(objects, id, &mut buffer).unwrap_or_default();
        merges |= parents.len() > 1;
        // First parents come first: on a straight line no other commit is visited.
        open.extend(parents.into_iter().rev().filter(|p| seen.insert(*p)));
    }
    CommitPosition { reach, root }
}

fn parents(objects: &mut Objects, id: Oid, buffer: &mut Vec<u8>) -> Option<Vec<Oid>> {
    match objects.read(&id, u64::MAX, buffer) {
        Ok(Kind::Commit) => Some(CommitRefIter::from_bytes(buffer, id.kind()).parent_ids().collect()),
        _ => None,
    }
}
