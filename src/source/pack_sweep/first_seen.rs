//! The walk over the trees of all commits: the first path and commit of every object, in the order of the plan.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;

use bstr::{BString, ByteSlice};

use crate::chunk::ChunkPlace;
use crate::git::{EntryMode, EntryTarget, Oid, Store, TreeStore};
use crate::path::special::is_special;
use crate::source::commits::note_on;

/// The number of the directory at the top.
const ROOT: u32 = 0;

/// A path, by the numbers of its directory and of its last name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct PathId {
    dir: u32,
    name: u32,
}

/// The position of a commit in the walk, oldest first. It takes no more room than a number, even where it is optional.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct CommitNumber(NonZeroU32);

impl CommitNumber {
    pub fn new(index: usize) -> Self {
        Self(NonZeroU32::MIN.saturating_add(index as u32))
    }

    pub fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// The path and commit with which an object first came up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct FirstSeen {
    pub path: PathId,
    pub commit: Option<CommitNumber>,
    kind: EntryKind,
}

/// The type of content at a path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum EntryKind {
    File,
    Symlink,
    Note,
}

/// The consequences of a path's name for the file there.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct PathTraits {
    /// It is judged at every path, even when another path has the same bytes.
    is_special: bool,
    /// It is inspected for more than secrets.
    is_inspected: bool,
}

/// One step of the plan, in order.
pub(super) enum PlanStep {
    Tag(Oid),
    Commit(CommitNumber),
    Path {
        path: PathId,
        commit: Option<CommitNumber>,
    },
    Blob(u32),
    /// Content that came up at another path before, under a name that is judged itself.
    Again {
        number: u32,
        seen: FirstSeen,
    },
}

/// The commit through which a tree is visited.
#[derive(Clone, Copy)]
pub(super) struct TreeRoot {
    pub commit: Option<CommitNumber>,
    /// Whether only notes refs lead to the commit.
    pub is_notes: bool,
}

/// A tree that cannot be read, or an entry without its object: the walk is of no use.
pub(super) struct UnreadableTree;

/// The walk over the trees of all commits.
pub(super) struct FirstSeenWalk<'a> {
    /// By the numbers of the tree store.
    names: Vec<BString>,
    /// The path of each directory.
    dirs: Vec<PathId>,
    dir_numbers: HashMap<PathId, u32>,
    paths: HashMap<PathId, PathTraits>,
    inspects_path: &'a (dyn Fn(&str) -> bool + Sync),
    /// Special files that are in the plan, by the number of their content.
    named: HashSet<(u32, PathId)>,
    /// Whether each tree was visited, by number.
    visited: Vec<bool>,
    chunks: HashSet<VisitedChunk>,
    first_seen: Vec<Option<FirstSeen>>,
    pub gitlinks: Vec<(BString, Oid)>,
    gitlink_ids: HashSet<Oid>,
    /// The plan.
    pub order: Vec<PlanStep>,
    /// Content that is judged at further paths, by number. Sorted once the walk has ended.
    again: Vec<(u32, PathId)>,
}

/// A part of a tree, at the directory where it was visited.
#[derive(PartialEq, Eq, Hash)]
struct VisitedChunk {
    dir: u32,
    chunk: u32,
    is_notes: bool,
}

impl<'a> FirstSeenWalk<'a> {
    /// A walk over trees of `trees`, whose names it takes.
    pub fn new(store: &Store, trees: &mut TreeStore, inspects_path: &'a (dyn Fn(&str) -> bool + Sync)) -> Self {
        FirstSeenWalk {
            names: trees.take_names(),
            dirs: vec![PathId { dir: ROOT, name: 0 }],
            dir_numbers: HashMap::new(),
            paths: HashMap::new(),
            inspects_path,
            named: HashSet::new(),
            visited: vec![false; store.len()],
            chunks: HashSet::new(),
            first_seen: vec![None; store.len()],
            gitlinks: Vec::new(),
            gitlink_ids: HashSet::new(),
            order: Vec::new(),
            again: Vec::new(),
        }
    }

    /// Visits a tree and those below it, each once.
    ///
    /// # Errors
    /// A tree cannot be read, or an entry's object is missing.
    pub fn visit(&mut self, trees: &TreeStore, tree: u32, root: TreeRoot) -> Result<(), UnreadableTree> {
        if std::mem::replace(&mut self.visited[tree as usize], true) {
            return Ok(());
        }
        // An explicit stack, since the depth of trees is not bounded by the thread's.
        let mut stack = vec![(self.unseen(trees, tree, ROOT, root.is_notes)?, ROOT)];
        while let Some((entries, dir)) = stack.last_mut() {
            let dir = *dir;
            let Some((name, target)) = entries.next() else {
                stack.pop();
                continue;
            };
            let path = PathId { dir, name };
            match target {
                EntryTarget::Directory(tree) => {
                    if std::mem::replace(&mut self.visited[tree as usize], true) {
                        continue;
                    }
                    let next = self.dirs.len() as u32;
                    let below = *self.dir_numbers.entry(path).or_insert(next);
                    if below == next {
                        self.dirs.push(path);
                    }
                    stack.push((self.unseen(trees, tree, below, root.is_notes)?, below));
                }
                EntryTarget::Content(number, mode) => self.content(number, mode, path, root),
                EntryTarget::Gitlink(id) => {
                    self.path_name(path, root.commit);
                    if self.gitlink_ids.insert(id) {
                        self.gitlinks.push((self.path(path), id));
                    }
                }
                EntryTarget::Missing(_) => return Err(UnreadableTree),
            }
        }
        Ok(())
    }

    /// The entries of a tree that were not visited in this directory before.
    fn unseen<'t>(
        &mut self,
        trees: &'t TreeStore,
        tree: u32,
        dir: u32,
        is_notes: bool,
    ) -> Result<impl Iterator<Item = (u32, EntryTarget)> + use<'t>, UnreadableTree> {
        let is_new = |chunk: &u32| self.chunks.insert(VisitedChunk { dir, chunk: *chunk, is_notes });
        let chunks = trees.chunks(tree).map_err(|_| UnreadableTree)?;
        let chunks: Vec<u32> = chunks.iter().copied().filter(is_new).collect();
        Ok(chunks.into_iter().flat_map(|chunk| trees.entries(chunk)))
    }

    /// Releases the memory that only the walk needs.
    pub fn end(&mut self) {
        (self.dir_numbers, self.named, self.visited, self.chunks) = Default::default();
        self.order.shrink_to_fit();
        self.again.sort_unstable();
    }

    fn content(&mut self, number: u32, mode: EntryMode, path: PathId, root: TreeRoot) {
        let is_note = root.is_notes && note_on(&self.path(path)).is_some();
        if !is_note {
            self.path_name(path, root.commit);
        }
        let kind = match mode {
            _ if is_note => EntryKind::Note,
            EntryMode::Symlink => EntryKind::Symlink,
            EntryMode::File | EntryMode::Gitlink => EntryKind::File,
        };
        let seen = FirstSeen { path, commit: root.commit, kind };
        // A lockfile is judged by its name as well: the same bytes at another path are no lockfile of that name.
        let is_special = !is_note && self.paths.get(&path).is_some_and(|traits| traits.is_special);
        let named = is_special && self.named.insert((number, path));
        let first = &mut self.first_seen[number as usize];
        if first.is_none() {
            *first = Some(seen);
            self.order.push(PlanStep::Blob(number));
        } else if named {
            self.order.push(PlanStep::Again { number, seen });
            self.again.push((number, path));
        }
    }

    fn path_name(&mut self, id: PathId, commit: Option<CommitNumber>) {
        if !self.paths.contains_key(&id) {
            let path = self.path(id);
            let is_special = is_special(&path);
            let is_inspected = (self.inspects_path)(&path.to_str_lossy());
            self.paths.insert(id, PathTraits { is_special, is_inspected });
            self.order.push(PlanStep::Path { path: id, commit });
        }
    }

    /// The path and commit with which an object first came up; none for one that is not reachable, or stored twice.
    pub fn first_seen(&self, number: u32) -> Option<FirstSeen> {
        self.first_seen[number as usize]
    }

    /// Returns whether the file at a path is inspected for more than secrets.
    pub fn is_inspected(&self, path: PathId) -> bool {
        self.paths.get(&path).is_some_and(|traits| traits.is_inspected)
    }

    /// A path in full.
    pub fn path(&self, id: PathId) -> BString {
        let mut path = BString::default();
        self.write_path(id, &mut path);
        path
    }

    /// Writes a path in full.
    pub fn write_path(&self, mut id: PathId, into: &mut BString) {
        let mut names = vec![id.name];
        while id.dir != ROOT {
            id = self.dirs[id.dir as usize];
            names.push(id.name);
        }
        into.clear();
        for (n, name) in names.iter().rev().enumerate() {
            if n > 0 {
                into.push(b'/');
            }
            into.extend_from_slice(&self.names[*name as usize]);
        }
    }

    /// The further paths at which content is judged.
    pub fn further(&self, number: u32) -> impl Iterator<Item = PathId> + '_ {
        let from = self.again.partition_point(|(content, _)| *content < number);
        self.again[from..].iter().take_while(move |(content, _)| *content == number).map(|(_, path)| *path)
    }

    /// The path of a report about an object.
    pub fn named(&self, seen: FirstSeen) -> ChunkPlace {
        let path = self.path(seen.path);
        match seen.kind {
            EntryKind::File => ChunkPlace::File(path),
            EntryKind::Symlink => ChunkPlace::Symlink(path),
            EntryKind::Note => note_on(&path).unwrap_or(ChunkPlace::File(path)),
        }
    }

    /// Writes the path under which the engine scans an object.
    pub fn write_named(&self, seen: FirstSeen, into: &mut BString) {
        match seen.kind {
            EntryKind::Note => self.named(seen).path().clone_into(into),
            EntryKind::File | EntryKind::Symlink => self.write_path(seen.path, into),
        }
    }
}
