//! What one tree holds that none of several older ones does. Directories with equal ids are never opened.

use std::cmp::Ordering;

use bstr::{BStr, BString};
use gix::objs::TreeRefIter;
use gix::objs::tree::EntryKind;

use super::{Objects, Oid, Unread};

/// What kind of entry a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A file, executable or not.
    File,
    /// A symbolic link; its target is its content.
    Symlink,
    /// A submodule's commit, whose content is elsewhere.
    Gitlink,
}

/// A path whose content is in no old side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Relative to the repository's root.
    pub path: BString,
    /// The new content.
    pub id: Oid,
    /// What it is now.
    pub mode: Mode,
    /// The blobs that stood at this path, in every old side that has one.
    pub old: Vec<Oid>,
}

/// What a comparison brought to light.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Added and modified paths, in tree order.
    pub new: Vec<Change>,
    /// What the old sides have and the new one has not: files, and directories that are not opened unless a rename is
    /// looked for.
    pub removed: Vec<Removed>,
    /// The trees of the new side that were opened because no old side has them at their path.
    pub trees: Vec<Oid>,
    /// The tree of the whole new side, where it has one already: of an index, only when git has just written it.
    pub root: Option<Oid>,
    /// Trees that could not be read: what lies below is not scanned.
    pub unread: Vec<(BString, Oid, Unread)>,
}

/// A path that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Relative to the repository's root.
    pub path: BString,
    /// The blob, or the tree of a whole directory.
    pub id: Oid,
    /// Whether it is a directory.
    pub is_dir: bool,
}

/// Compares the tree `new` with every tree of `old`; what is equal to any of them is not new.
pub fn compare(objects: &mut Objects, new: Oid, old: &[Oid], into: &mut Changes) {
    compare_below(objects, BString::default(), new, old, into);
}

/// The same for a directory that is known to differ.
pub(super) fn compare_below(objects: &mut Objects, path: BString, new: Oid, old: &[Oid], into: &mut Changes) {
    Walk { objects, into, path, depth: 0 }.tree(new, old);
}

/// Git refuses trees nested deeper than 2,048 (core.maxTreeDepth); twice that is certainly made to hurt.
pub(super) const MAX_DEPTH: usize = 4096;

/// One decoded tree, whose entries are looked up in order.
#[derive(Default)]
pub(super) struct Tree {
    entries: Vec<Entry>,
}

/// One entry of a tree.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) name: BString,
    pub(super) id: Oid,
    /// `None`: a directory.
    pub(super) mode: Option<Mode>,
}

impl Tree {
    pub(super) fn read(objects: &mut Objects, id: Oid) -> Result<Tree, Unread> {
        let mut buffer = Vec::new();
        if objects.read(&id, u64::MAX, &mut buffer)? != gix::objs::Kind::Tree {
            return Err(Unread::Corrupt(format!("{id} is not a tree")));
        }
        let mut entries = Vec::new();
        for entry in TreeRefIter::from_bytes(&buffer, id.kind()) {
            let entry = entry.map_err(|e| Unread::Corrupt(e.to_string()))?;
            let mode = match entry.mode.kind() {
                EntryKind::Tree => None,
                EntryKind::Link => Some(Mode::Symlink),
                EntryKind::Commit => Some(Mode::Gitlink),
                EntryKind::Blob | EntryKind::BlobExecutable => Some(Mode::File),
            };
            entries.push(Entry { name: entry.filename.to_owned(), id: entry.oid.to_owned(), mode });
        }
        Ok(Tree { entries })
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// Git's order of entries: a directory sorts as if its name ended in a slash.
pub(super) fn order(a: (&BStr, bool), b: (&BStr, bool)) -> Ordering {
    let common = a.0.len().min(b.0.len());
    a.0[..common].cmp(&b.0[..common]).then_with(|| {
        let next = |x: (&BStr, bool)| x.0.get(common).copied().or(x.1.then_some(b'/'));
        next(a).cmp(&next(b))
    })
}

/// Several old trees of one directory, walked along with the new side.
pub(super) struct Olds {
    trees: Vec<(Tree, usize)>,
}

impl Olds {
    /// Reads the old trees. One that cannot be read counts as absent: all it would have held is then new.
    pub(super) fn read(objects: &mut Objects, ids: &[Oid]) -> Olds {
        Olds { trees: ids.iter().map(|id| (Tree::read(objects, *id).unwrap_or_default(), 0)).collect() }
    }

    /// The old entries of that name, whatever they are; `passed` gets those that come before it and stand nowhere in
    /// the new side.
    pub(super) fn at(&mut self, name: &BStr, is_dir: bool, mut passed: impl FnMut(&Entry)) -> Vec<Entry> {
        let mut found = Vec::new();
        for (tree, next) in &mut self.trees {
            while let Some(entry) = tree.entries.get(*next) {
                match order((entry.name.as_ref(), entry.mode.is_none()), (name, is_dir)) {
                    Ordering::Less => passed(entry),
                    Ordering::Equal => found.push(entry.clone()),
                    Ordering::Greater => break,
                }
                *next += 1;
            }
        }
        found
    }

    /// What is left when the new side is done.
    pub(super) fn rest(&mut self, mut passed: impl FnMut(&Entry)) {
        for (tree, next) in &mut self.trees {
            tree.entries[*next..].iter().for_each(&mut passed);
            *next = tree.entries.len();
        }
    }
}

/// Notes a path that only an old side has.
pub(super) fn remove(into: &mut Changes, dir: &BStr, entry: &Entry) {
    if entry.mode != Some(Mode::Gitlink) {
        into.removed.push(Removed { path: join(dir, &entry.name), id: entry.id, is_dir: entry.mode.is_none() });
    }
}

pub(super) fn join(dir: &BStr, name: &[u8]) -> BString {
    let mut path = Vec::with_capacity(dir.len() + 1 + name.len());
    path.extend_from_slice(dir);
    if !dir.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path.into()
}

struct Walk<'a> {
    objects: &'a mut Objects,
    into: &'a mut Changes,
    path: BString,
    depth: usize,
}

impl Walk<'_> {
    fn tree(&mut self, new: Oid, old: &[Oid]) {
        if old.contains(&new) {
            return;
        }
        if self.depth >= MAX_DEPTH {
            let why = Unread::Corrupt(format!("nested deeper than {MAX_DEPTH} directories"));
            return self.into.unread.push((self.path.clone(), new, why));
        }
        let tree = match Tree::read(self.objects, new) {
            Ok(tree) => tree,
            Err(why) => return self.into.unread.push((self.path.clone(), new, why)),
        };
        self.into.trees.push(new);
        let mut olds = Olds::read(self.objects, old);
        let dir = self.path.clone();
        for entry in tree.entries() {
            let is_dir = entry.mode.is_none();
            let was = olds.at(entry.name.as_ref(), is_dir, |gone| remove(self.into, dir.as_ref(), gone));
            if was.iter().any(|o| o.id == entry.id && o.mode == entry.mode) {
                continue;
            }
            self.path = join(dir.as_ref(), &entry.name);
            match entry.mode {
                None => {
                    let old: Vec<Oid> = was.iter().filter(|o| o.mode.is_none()).map(|o| o.id).collect();
                    self.depth += 1;
                    self.tree(entry.id, &old);
                    self.depth -= 1;
                }
                Some(mode) => {
                    let old = was.iter().filter(|o| matches!(o.mode, Some(m) if m != Mode::Gitlink)).map(|o| o.id);
                    let (path, old) = (self.path.clone(), old.collect());
                    self.into.new.push(Change { path, id: entry.id, mode, old });
                }
            }
        }
        olds.rest(|gone| remove(self.into, dir.as_ref(), gone));
        self.path = dir;
    }
}
