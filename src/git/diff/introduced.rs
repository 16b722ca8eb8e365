//! The content that one commit introduces.

use bstr::BString;

use super::trees::{self, TreeChanges};
use crate::git::{NewCommit, Objects, Oid};

/// The tree of a commit compared with those of all its parents: an entry that any parent has is not new. No
/// tree is read once there are `most` new paths.
pub fn introduced_changes(objects: &mut Objects, commit: &NewCommit, most: usize) -> TreeChanges {
    let mut changes = TreeChanges::default();
    // A missing parent counts as empty, which errs towards scanning more.
    let old: Vec<Oid> = commit.parents.iter().filter_map(|parent| objects.tree_of(parent).ok()).collect();
    match objects.tree_of(&commit.id) {
        Ok(tree) => trees::compare(objects, tree, &old, most, &mut changes),
        Err(why) => changes.unread.push((BString::default(), commit.id, why)),
    }
    changes
}
