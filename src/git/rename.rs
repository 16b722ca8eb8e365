//! Where a path that no old side has came from: a removed file of the same or similar content.

use std::collections::HashMap;

use bstr::{BStr, BString, ByteSlice};
use gix::objs::Kind;

use super::trees::{MAX_DEPTH, Removed, Tree, join};
use super::{Mode, Objects, Oid};

/// How many removed files are compared by content; git's own limit is 1,000 (diff.renameLimit).
const CANDIDATES: usize = 1000;

/// Two files are one renamed when at least half of the larger one's bytes stand in lines of both, as in `git diff -M`.
const SIMILAR: f64 = 0.5;

/// The blob that became `new` at `path`, if one of `removed` did.
pub fn rename_of(objects: &mut Objects, new: Oid, path: &BStr, removed: &[Removed]) -> Option<Oid> {
    let mut files = Vec::new();
    for gone in removed {
        if gone.is_dir {
            expand(objects, gone.path.clone(), gone.id, 0, &mut files);
        } else {
            files.push((gone.path.clone(), gone.id));
        }
    }
    if files.iter().any(|(_, id)| *id == new) {
        return Some(new);
    }
    let mut content = Vec::new();
    objects.read(&new, u64::MAX, &mut content).ok()?;
    let lines = line_sizes(&content);
    // Files of the same name first: they are what a moved directory leaves.
    let name = file_name(path);
    files.sort_by_key(|(p, _)| file_name(p.as_ref()) != name);
    let (mut best, mut best_score, mut buffer) = (None, SIMILAR, Vec::new());
    for (_, id) in files.into_iter().take(CANDIDATES) {
        let Some((Kind::Blob, size)) = objects.header(&id) else { continue };
        let (small, large) = (size.min(content.len() as u64), size.max(content.len() as u64));
        if (small as f64) < SIMILAR * large as f64 || objects.read(&id, u64::MAX, &mut buffer).is_err() {
            continue;
        }
        let score = shared(&lines, &buffer) as f64 / large.max(1) as f64;
        if score >= best_score {
            (best, best_score) = (Some(id), score);
        }
    }
    best
}

/// All files below a removed directory.
fn expand(objects: &mut Objects, dir: BString, id: Oid, depth: usize, into: &mut Vec<(BString, Oid)>) {
    if depth >= MAX_DEPTH {
        return;
    }
    let Ok(tree) = Tree::read(objects, id) else { return };
    for entry in tree.entries() {
        let path = join(dir.as_ref(), &entry.name);
        match entry.mode {
            None => expand(objects, path, entry.id, depth + 1, into),
            Some(Mode::File | Mode::Symlink) => into.push((path, entry.id)),
            Some(Mode::Gitlink) => {}
        }
    }
}

fn file_name(path: &BStr) -> &[u8] {
    path.rfind_byte(b'/').map_or(path.as_bytes(), |slash| &path[slash + 1..])
}

/// How many bytes each distinct line takes.
fn line_sizes(content: &[u8]) -> HashMap<&[u8], usize> {
    let mut sizes = HashMap::new();
    for line in content.lines_with_terminator() {
        *sizes.entry(line).or_insert(0) += line.len();
    }
    sizes
}

/// The bytes of `old` in lines that stand in the new content too.
fn shared(new: &HashMap<&[u8], usize>, old: &[u8]) -> usize {
    line_sizes(old).into_iter().map(|(line, size)| size.min(new.get(line).copied().unwrap_or(0))).sum()
}
