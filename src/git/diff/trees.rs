//! The entries of one tree that none of several older ones has. Directories with equal ids are never opened.

use std::cmp::Ordering;

use bstr::{BStr, BString};

use crate::git::read::tree::{MAX_DEPTH, Tree, TreeEntry, join};
use crate::git::{EntryMode, Objects, Oid, Unread};

/// A path whose content is in no old side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedPath {
    /// Relative to the repository's root.
    pub path: BString,
    /// The new content.
    pub id: Oid,
    /// Its type now.
    pub mode: EntryMode,
    /// The blobs at this path, in every old side that has one.
    pub old: Vec<Oid>,
}

/// The result of a comparison.
#[derive(Clone, Debug, Default)]
pub struct TreeChanges {
    /// Added and modified paths, in tree order.
    pub new: Vec<ChangedPath>,
    /// The paths that only the old sides have: files, and directories, which are opened only to find renames.
    pub removed: Vec<RemovedPath>,
    /// The trees of the new side that were opened because no old side has them at their path.
    pub trees: Vec<Oid>,
    /// The root tree of the new side; of an index, only when git has written it.
    pub root: Option<Oid>,
    /// Trees that could not be read: their content is not scanned.
    pub unread: Vec<(BString, Oid, Unread)>,
}

impl TreeChanges {
    /// Returns whether there are more new paths than were asked for.
    pub fn is_given_up(&self) -> bool {
        self.unread.iter().any(|(.., why)| *why == Unread::TooMany)
    }
}

/// A path that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovedPath {
    /// Relative to the repository's root.
    pub path: BString,
    /// The blob, or the tree of a directory.
    pub id: Oid,
    /// Whether it is a directory.
    pub is_dir: bool,
}

/// Compares the tree `new` with every tree of `old`; an entry that equals any of theirs is not new.
/// With `most` new paths or more it is given up, and the tree counts as unread: a few trees that hold each other many
/// times are a path for every way through them.
pub fn compare(objects: &mut Objects, new: Oid, old: &[Oid], most: usize, into: &mut TreeChanges) {
    TreeComparison { objects, into, path: BString::default(), depth: 0, most }.tree(new, old);
}

/// The same comparison for a directory that is known to differ.
pub(in crate::git) fn compare_below(
    objects: &mut Objects,
    path: BString,
    new: Oid,
    old: &[Oid],
    into: &mut TreeChanges,
) {
    TreeComparison { objects, into, path, depth: 0, most: usize::MAX }.tree(new, old);
}

/// Git's order of entries: a directory sorts as if its name ended in a slash.
pub(in crate::git) fn order(a: (&BStr, bool), b: (&BStr, bool)) -> Ordering {
    let common = a.0.len().min(b.0.len());
    a.0[..common].cmp(&b.0[..common]).then_with(|| {
        let next = |x: (&BStr, bool)| x.0.get(common).copied().or(x.1.then_some(b'/'));
        next(a).cmp(&next(b))
    })
}

/// Several old trees of one directory, walked along with the new side.
pub(in crate::git) struct Olds {
    trees: Vec<(Tree, usize)>,
}

impl Olds {
    /// Reads the old trees. One that cannot be read counts as empty, so that its content is new.
    pub(in crate::git) fn read(objects: &mut Objects, ids: &[Oid]) -> Self {
        Self { trees: ids.iter().map(|id| (Tree::read(objects, *id).unwrap_or_default(), 0)).collect() }
    }

    /// The old entries of that name; `passed` gets the entries before it, which the new side lacks.
    pub(in crate::git) fn at(
        &mut self,
        name: &BStr,
        is_dir: bool,
        mut passed: impl FnMut(&TreeEntry),
    ) -> Vec<TreeEntry> {
        let mut found = Vec::new();
        for (tree, next) in &mut self.trees {
            while let Some(entry) = tree.entries().get(*next) {
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

    /// Passes the remaining entries, once the new side has ended.
    pub(in crate::git) fn rest(&mut self, mut passed: impl FnMut(&TreeEntry)) {
        for (tree, next) in &mut self.trees {
            tree.entries()[*next..].iter().for_each(&mut passed);
            *next = tree.entries().len();
        }
    }
}

/// Records a path that only an old side has.
pub(in crate::git) fn remove(into: &mut TreeChanges, dir: &BStr, entry: &TreeEntry) {
    if entry.mode != Some(EntryMode::Gitlink) {
        into.removed.push(RemovedPath { path: join(dir, &entry.name), id: entry.id, is_dir: entry.mode.is_none() });
    }
}

struct TreeComparison<'a> {
    objects: &'a mut Objects,
    into: &'a mut TreeChanges,
    path: BString,
    depth: usize,
    /// So many paths and trees are recorded at the most.
    most: usize,
}

impl TreeComparison<'_> {
    fn tree(&mut self, new: Oid, old: &[Oid]) {
        if old.contains(&new) {
            return;
        }
        if self.depth >= MAX_DEPTH {
            let why = Unread::Corrupt(format!("nested deeper than {MAX_DEPTH} directories"));
            return self.into.unread.push((self.path.clone(), new, why));
        }
        if self.into.new.len().max(self.into.trees.len()) >= self.most {
            // Nothing of it is read then: the names alone would cost more than they are worth.
            if self.most > 0 || self.depth == 0 {
                self.into.unread.push((BString::default(), new, Unread::TooMany));
            }
            self.most = 0;
            return self.into.new.clear();
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
                    let old = was.iter().filter(|o| matches!(o.mode, Some(m) if m != EntryMode::Gitlink)).map(|o| o.id);
                    let (path, old) = (self.path.clone(), old.collect());
                    self.into.new.push(ChangedPath { path, id: entry.id, mode, old });
                }
            }
        }
        olds.rest(|gone| remove(self.into, dir.as_ref(), gone));
        self.path = dir;
    }
}
