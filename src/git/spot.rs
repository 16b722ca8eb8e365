//! Where a commit stands as seen from HEAD, for the commands that repair it.

use std::collections::HashSet;

use gix::objs::{CommitRefIter, Kind};

use super::{Objects, Oid};

/// Where a commit stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
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
        /// Whether a merge lies between, or is HEAD itself.
        merges: bool,
    },
    /// HEAD does not lead to it.
    Elsewhere,
}

/// How many commits are looked at before a commit counts as being elsewhere: repair is about recent ones.
const FAR: usize = 20_000;

/// Where `commit` stands as seen from `head`.
pub fn spot(objects: &mut Objects, head: Oid, commit: Oid) -> Spot {
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
        // The first parent is looked at first: on a straight line nothing else is.
        open.extend(parents.into_iter().rev().filter(|p| seen.insert(*p)));
    }
    Spot { reach, root }
}

fn parents(objects: &mut Objects, id: Oid, buffer: &mut Vec<u8>) -> Option<Vec<Oid>> {
    match objects.read(&id, u64::MAX, buffer) {
        Ok(Kind::Commit) => Some(CommitRefIter::from_bytes(buffer, id.kind()).parent_ids().collect()),
        _ => None,
    }
}
