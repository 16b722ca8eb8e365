//! The walk over all commits' trees: where everything first came up, and in what order.

use std::collections::{HashMap, HashSet};

use bstr::{BString, ByteSlice};

use crate::chunk::Kind;
use crate::git::{Graph, Leads, Mode, Oid, Store};
use crate::path::special::is_special;
use crate::source::commits::note_on;

/// The directory at the top.
pub(super) const ROOT: u32 = 0;
/// No directory.
pub(super) const NOWHERE: u32 = u32::MAX;
/// No commit.
pub(super) const NO_COMMIT: u32 = u32::MAX;

/// Where an object first came up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    /// The number of its directory, or [`NOWHERE`].
    pub dir: u32,
    pub name: u32,
    pub commit: u32,
    pub kind: SpotKind,
}

/// What stands there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SpotKind {
    File,
    Symlink,
    Note,
}

/// What a path's name makes of the file.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Place {
    /// It is judged at every path, whatever else holds the same bytes.
    is_special: bool,
    /// It is looked into for more than secrets.
    is_looked_into: bool,
}

/// One step of the plan, in order.
pub(super) enum Step {
    Tag(Oid),
    Commit(u32),
    Path {
        dir: u32,
        name: u32,
        commit: u32,
    },
    Blob(u32),
    /// Content that came up elsewhere before, under a name that is judged itself.
    Again {
        number: u32,
        spot: Spot,
    },
}

/// The walk over all commits' trees.
pub(super) struct Tour<'a> {
    /// By the numbers that the graph gave them.
    names: Vec<BString>,
    /// Each directory's parent and name.
    dirs: Vec<(u32, u32)>,
    dir_numbers: HashMap<(u32, u32), u32>,
    /// What the name of each path makes of the file there.
    paths: HashMap<(u32, u32), Place>,
    looks_into: &'a (dyn Fn(&str) -> bool + Sync),
    named: HashSet<(u32, u32, u32)>,
    trees: Vec<bool>,
    /// What was seen of directories: where, a piece of their list, and whether it was one of notes.
    pieces: HashSet<(u32, u32, bool)>,
    /// By number of the object.
    pub spots: Vec<Spot>,
    pub gitlinks: Vec<(BString, Oid)>,
    gitlink_ids: HashSet<Oid>,
    /// The plan.
    pub order: Vec<Step>,
    /// Content that is judged at further paths, too: its number, then where. Sorted once the walk has ended.
    pub again: Vec<(u32, u32, u32)>,
}

impl<'a> Tour<'a> {
    /// Of the trees in `graph`, whose names it takes.
    pub fn new(store: &Store, graph: &mut Graph, looks_into: &'a (dyn Fn(&str) -> bool + Sync)) -> Self {
        let nowhere = Spot { dir: NOWHERE, name: 0, commit: NO_COMMIT, kind: SpotKind::File };
        Tour {
            names: graph.take_names(),
            dirs: vec![(ROOT, 0)],
            dir_numbers: HashMap::new(),
            paths: HashMap::new(),
            looks_into,
            named: HashSet::new(),
            trees: vec![false; store.len()],
            pieces: HashSet::new(),
            spots: vec![nowhere; store.len()],
            gitlinks: Vec::new(),
            gitlink_ids: HashSet::new(),
            order: Vec::new(),
            again: Vec::new(),
        }
    }

    /// Visits a tree and those below it, each once. False when one cannot be read, or leads to what is not there.
    pub fn visit(&mut self, graph: &Graph, tree: u32, dir: u32, commit: u32, is_notes: bool) -> bool {
        if std::mem::replace(&mut self.trees[tree as usize], true) {
            return true;
        }
        // The depth of a stack of our own is not bounded by the thread's.
        let Some(entries) = self.unseen(graph, tree, dir, is_notes) else { return false };
        let mut stack = vec![(entries, dir)];
        while let Some((entries, dir)) = stack.last_mut() {
            let dir = *dir;
            let Some((name, leads)) = entries.next() else {
                stack.pop();
                continue;
            };
            match leads {
                Leads::Directory(tree) => {
                    if std::mem::replace(&mut self.trees[tree as usize], true) {
                        continue;
                    }
                    let next = self.dirs.len() as u32;
                    let below = *self.dir_numbers.entry((dir, name)).or_insert(next);
                    if below == next {
                        self.dirs.push((dir, name));
                    }
                    let Some(entries) = self.unseen(graph, tree, below, is_notes) else { return false };
                    stack.push((entries, below));
                }
                Leads::Content(number, mode) => self.content(number, mode, (dir, name), commit, is_notes),
                Leads::Gitlink(id) => {
                    self.path_name((dir, name), commit);
                    if self.gitlink_ids.insert(id) {
                        self.gitlinks.push((self.path(dir, name), id));
                    }
                }
                Leads::Missing(_) => return false,
            }
        }
        true
    }

    /// The entries of a tree that did not stand in this directory before.
    fn unseen<'g>(
        &mut self,
        graph: &'g Graph,
        tree: u32,
        dir: u32,
        is_notes: bool,
    ) -> Option<impl Iterator<Item = (u32, Leads)> + use<'g>> {
        let is_new = |piece: &u32| self.pieces.insert((dir, *piece, is_notes));
        let pieces: Vec<u32> = graph.pieces(tree).ok()?.iter().copied().filter(is_new).collect();
        Some(pieces.into_iter().flat_map(|piece| graph.entries(piece)))
    }

    /// Lets go of what only the walk needs.
    pub fn end(&mut self) {
        (self.dir_numbers, self.named, self.trees, self.pieces) = Default::default();
        self.order.shrink_to_fit();
        self.again.sort_unstable();
    }

    fn content(&mut self, number: u32, mode: Mode, (dir, name): (u32, u32), commit: u32, is_notes: bool) {
        let is_note = is_notes && note_on(&self.path(dir, name)).is_some();
        if !is_note {
            self.path_name((dir, name), commit);
        }
        let kind = match mode {
            _ if is_note => SpotKind::Note,
            Mode::Symlink => SpotKind::Symlink,
            Mode::File | Mode::Gitlink => SpotKind::File,
        };
        let here = Spot { dir, name, commit, kind };
        // A lockfile is judged by its name as well: the same bytes elsewhere are no other lockfile.
        let is_special = !is_note && self.paths.get(&(dir, name)).is_some_and(|place| place.is_special);
        let named = is_special && self.named.insert((number, dir, name));
        let spot = &mut self.spots[number as usize];
        if spot.dir == NOWHERE {
            *spot = here;
            self.order.push(Step::Blob(number));
        } else if named {
            self.order.push(Step::Again { number, spot: here });
            self.again.push((number, dir, name));
        }
    }

    fn path_name(&mut self, (dir, name): (u32, u32), commit: u32) {
        if !self.paths.contains_key(&(dir, name)) {
            let path = self.path(dir, name);
            let is_special = is_special(&path);
            let is_looked_into = is_special && (self.looks_into)(&path.to_str_lossy());
            self.paths.insert((dir, name), Place { is_special, is_looked_into });
            self.order.push(Step::Path { dir, name, commit });
        }
    }

    /// Whether the file at a path is looked into for more than secrets.
    pub fn is_looked_into(&self, dir: u32, name: u32) -> bool {
        self.paths.get(&(dir, name)).is_some_and(|place| place.is_looked_into)
    }

    /// A path in full.
    pub fn path(&self, dir: u32, name: u32) -> BString {
        let mut path = BString::default();
        self.write_path(dir, name, &mut path);
        path
    }

    /// Writes a path in full.
    pub fn write_path(&self, mut dir: u32, name: u32, into: &mut BString) {
        let mut names = vec![name];
        while dir != ROOT {
            let (parent, name) = self.dirs[dir as usize];
            names.push(name);
            dir = parent;
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
    pub fn further(&self, number: u32) -> &[(u32, u32, u32)] {
        let from = self.again.partition_point(|(content, ..)| *content < number);
        let count = self.again[from..].iter().take_while(|(content, ..)| *content == number).count();
        &self.again[from..from + count]
    }

    /// What a report calls the object there.
    pub fn named(&self, spot: Spot) -> (Kind, BString) {
        let path = self.path(spot.dir, spot.name);
        match spot.kind {
            SpotKind::File => (Kind::File, path),
            SpotKind::Symlink => (Kind::Symlink, path),
            SpotKind::Note => (Kind::Note, note_on(&path).unwrap_or(path)),
        }
    }
}
