//! Look-ups of single files in a tree.

use bstr::{BStr, BString, ByteSlice};

use crate::git::read::tree::{MAX_DEPTH, Tree, join};
use crate::git::{EntryMode, Objects, Oid, Unread};

/// The entry at a path of a tree: its id and its type (`None`: a directory).
///
/// # Errors
/// A directory on the way cannot be read.
pub fn entry_at(objects: &mut Objects, tree: Oid, path: &[u8]) -> Result<Option<(Oid, Option<EntryMode>)>, Unread> {
    let mut at = (tree, None);
    for name in path.split(|b| *b == b'/').filter(|n| !n.is_empty()) {
        if at.1.is_some() {
            return Ok(None);
        }
        let tree = Tree::read(objects, at.0)?;
        match tree.entries().iter().find(|e| e.name == name.as_bstr()) {
            Some(entry) => at = (entry.id, entry.mode),
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}

/// The paths of all files at or below the directory `dir` of a tree, in tree order.
///
/// # Errors
/// A directory cannot be read.
pub fn files_below(objects: &mut Objects, tree: Oid, dir: &[u8]) -> Result<Vec<BString>, Unread> {
    let mut files = Vec::new();
    if let Some((id, None)) = entry_at(objects, tree, dir)? {
        walk(objects, id, dir.trim_with(|c| c == '/').as_bstr(), 0, &mut files)?;
    }
    Ok(files)
}

fn walk(objects: &mut Objects, tree: Oid, dir: &BStr, depth: usize, files: &mut Vec<BString>) -> Result<(), Unread> {
    if depth > MAX_DEPTH {
        return Err(Unread::Corrupt(format!("nested deeper than {MAX_DEPTH} directories")));
    }
    for entry in Tree::read(objects, tree)?.entries() {
        let path = join(dir, &entry.name);
        match entry.mode {
            None => walk(objects, entry.id, path.as_ref(), depth + 1, files)?,
            Some(EntryMode::File) => files.push(path),
            Some(EntryMode::Symlink | EntryMode::Gitlink) => {}
        }
    }
    Ok(())
}
