//! A whole history without reading every version of every file: pack by pack along the trees that deltas make, each
//! object looked at only where it differs from what it was made from.
//!
//! It plans what [`super::history`] plans, less what was found to hold nothing.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use bstr::{BString, ByteSlice};

use super::commits::{message, message_first, note_on, only_from, tag_name, whole_blob};
use super::objects::gitlink;
use super::{Content, Coverage, Item, Old, is_lfs_pointer};
use crate::chunk::{Chunk, Kind, Origin};
use crate::engine::{Engine, Scratch};
use crate::error::Result;
use crate::git::{self, Graph, KnownCommits, Leads, Mode, ObjectKind, Oid, Repo, Store, Unread, Visit, Visited};

/// Decides what is worth a second look.
pub struct Sieve<'a> {
    /// What finds secrets.
    pub engine: &'a Engine,
    /// What else asks for a file to be read whole: by its path and content.
    pub concerns: &'a (dyn Fn(&str, &[u8]) -> bool + Sync),
}

/// A graph of more entries than this would not fit into the memory we allow ourselves; 8 bytes each.
const MOST_ENTRIES: usize = 12 << 20;

/// How far from what is fresh a match can owe itself to it: more than any rule's window, and the lines that a pair may
/// stand apart.
const REACH: usize = 2048;

/// The plan, or `None` where only the straight way is right: what is asked for lies elsewhere than in whole packs, or
/// does not fit into memory.
pub(super) fn plan(repo: &Repo, sieve: &Sieve, max: u64, coverage: &mut Coverage) -> Result<Option<Vec<Item>>> {
    if repo.is_shallow() || repo.is_partial() || repo.git_knows_more() {
        return Ok(None);
    }
    let Some(store) = Store::open(repo)? else { return Ok(None) };
    let messages = Messages { store: &store, sieve, max };
    let Some(read) = store.sweep(&[ObjectKind::Commit, ObjectKind::Tag], &messages) else { return Ok(None) };
    let (mut known, mut sizes, mut telling) = (KnownCommits::default(), HashMap::new(), HashSet::new());
    for worker in read {
        known.extend(worker.commits);
        sizes.extend(worker.sizes);
        telling.extend(worker.telling);
    }
    let Some(graph) = Graph::read(&store, MOST_ENTRIES) else { return Ok(None) };
    let mut objects = repo.objects();
    let (mut new, tips) = git::everything(repo, &mut objects, known)?;
    if !new.unread.is_empty() {
        return Ok(None);
    }
    new.commits.reverse();
    let notes: Vec<Oid> = repo.refs("refs/notes/")?.into_iter().map(|r| r.id).collect();
    let notes = only_from(&new.commits, &notes, &tips);

    let mut tour = Tour::new(&store, &graph);
    for tag in &new.tags {
        tour.order.push(Step::Tag(*tag));
    }
    for (n, commit) in new.commits.iter().enumerate() {
        tour.order.push(Step::Commit(n as u32));
        let tree = objects.tree_of(&commit.id).ok().and_then(|tree| store.lookup(&tree));
        let whole = tree.is_some_and(|tree| tour.visit(tree, ROOT, n as u32, notes.contains(&commit.id)));
        if !whole {
            return Ok(None);
        }
    }
    for tree in &new.trees {
        if !store.lookup(tree).is_some_and(|tree| tour.visit(tree, ROOT, NO_COMMIT, false)) {
            return Ok(None);
        }
    }

    let contents = Contents { tour: &tour, sieve, max };
    let Some(read) = store.sweep(&[ObjectKind::Blob], &contents) else { return Ok(None) };
    for worker in read {
        telling.extend(worker.telling);
        coverage.blobs += worker.blobs;
        coverage.bytes += worker.bytes;
    }

    coverage.refs.push(format!("{} tips", tips.len()));
    coverage.commits += new.commits.len();
    for (path, id) in &tour.gitlinks {
        coverage.skipped.push(gitlink(path.as_ref(), *id));
    }
    let mut items = Vec::new();
    let mut scratch = Scratch::default();
    for step in &tour.order {
        let item = match *step {
            Step::Tag(id) => {
                let mut item = message(id, Kind::TagMessage);
                item.origin.path = format!("tag message of {}", tag_name(&mut objects, id)).into();
                item
            }
            Step::Commit(n) => message(new.commits[n as usize].id, Kind::CommitMessage),
            Step::Path { dir, name, commit } => {
                let path = tour.path(dir, name);
                let commit = new.commits.get(commit as usize).map(|c| c.id.to_string());
                let origin = Origin { kind: Kind::PathName, path: path.clone(), commit };
                if sieve.engine.scan(Chunk { origin: &origin, bytes: &path }, &mut scratch).is_empty() {
                    coverage.bytes += path.len() as u64;
                    continue;
                }
                Item { origin, content: Content::Bytes(path.to_vec().into()), old: Old::Nothing }
            }
            Step::Blob(number) => {
                if !telling.contains(&number) {
                    continue;
                }
                let spot = tour.spots[number as usize];
                let commit = new.commits.get(spot.commit as usize).map(|c| c.id.to_string());
                let (kind, path) = tour.named(spot);
                let origin = Origin { kind, path, commit };
                Item { origin, content: Content::Object(store.id(number)), old: Old::Nothing }
            }
        };
        if let (Content::Object(id), Kind::CommitMessage | Kind::TagMessage) = (&item.content, item.origin.kind) {
            let number = store.lookup(id);
            if let Some(size) = number.filter(|n| !telling.contains(n)).and_then(|n| sizes.get(&n)) {
                coverage.bytes += size;
                continue;
            }
        }
        items.push(item);
    }
    let seen = |id: &Oid| store.lookup(id).is_some_and(|n| tour.spots[n as usize].dir != NOWHERE);
    items.extend(new.blobs.iter().filter(|id| !seen(id)).map(|id| whole_blob(*id)));
    Ok(Some(items))
}

/// Scans commits and tags, and keeps what a walk needs to know of commits.
struct Messages<'a> {
    store: &'a Store,
    sieve: &'a Sieve<'a>,
    max: u64,
}

#[derive(Default)]
struct MessageWorker {
    commits: KnownCommits,
    /// How many bytes are read of each.
    sizes: Vec<(u32, u64)>,
    telling: Vec<u32>,
    text: Vec<u8>,
    scratch: Scratch,
}

impl Visit for Messages<'_> {
    type Worker = MessageWorker;
    type Mark = ();

    fn worker(&self) -> MessageWorker {
        MessageWorker::default()
    }

    fn is_too_large(&self, size: u64) -> bool {
        size > self.max
    }

    fn visit(&self, worker: &mut MessageWorker, object: Visited<()>) -> Option<()> {
        let id = self.store.id(object.number);
        let kind = match object.kind {
            ObjectKind::Commit => {
                worker.commits.add(id, object.content);
                Kind::CommitMessage
            }
            _ => Kind::TagMessage,
        };
        worker.text.clear();
        worker.text.extend_from_slice(object.content);
        message_first(&mut worker.text);
        worker.sizes.push((object.number, worker.text.len() as u64));
        let item = message(id, kind);
        let chunk = Chunk { origin: &item.origin, bytes: &worker.text };
        if is_lfs_pointer(&worker.text) || !self.sieve.engine.scan(chunk, &mut worker.scratch).is_empty() {
            worker.telling.push(object.number);
        }
        Some(())
    }

    fn unread(&self, worker: &mut MessageWorker, number: u32, _: Unread) {
        // The reader says what is wrong with it.
        worker.telling.push(number);
    }
}

const ROOT: u32 = 0;
const NOWHERE: u32 = u32::MAX;
const NO_COMMIT: u32 = u32::MAX;

/// Where an object first came up.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Spot {
    /// The number of its directory, or [`NOWHERE`].
    dir: u32,
    name: u32,
    commit: u32,
    kind: SpotKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SpotKind {
    File,
    Symlink,
    Note,
}

/// One step of the plan, in order.
enum Step {
    Tag(Oid),
    Commit(u32),
    Path { dir: u32, name: u32, commit: u32 },
    Blob(u32),
}

/// The walk over all commits' trees.
struct Tour<'a> {
    graph: &'a Graph,
    /// Each directory's parent and name.
    dirs: Vec<(u32, u32)>,
    dir_numbers: HashMap<(u32, u32), u32>,
    paths: HashSet<(u32, u32)>,
    trees: Vec<bool>,
    spots: Vec<Spot>,
    gitlinks: Vec<(BString, Oid)>,
    gitlink_ids: HashSet<Oid>,
    order: Vec<Step>,
}

impl<'a> Tour<'a> {
    fn new(store: &'a Store, graph: &'a Graph) -> Self {
        let nowhere = Spot { dir: NOWHERE, name: 0, commit: NO_COMMIT, kind: SpotKind::File };
        Tour {
            graph,
            dirs: vec![(ROOT, 0)],
            dir_numbers: HashMap::new(),
            paths: HashSet::new(),
            trees: vec![false; store.len()],
            spots: vec![nowhere; store.len()],
            gitlinks: Vec::new(),
            gitlink_ids: HashSet::new(),
            order: Vec::new(),
        }
    }

    /// Visits a tree and those below it, each once. False when one cannot be read, or leads to what is not there.
    fn visit(&mut self, tree: u32, dir: u32, commit: u32, is_notes: bool) -> bool {
        if std::mem::replace(&mut self.trees[tree as usize], true) {
            return true;
        }
        // The depth of a stack of our own is not bounded by the thread's.
        let graph = self.graph;
        let Ok(entries) = graph.entries(tree) else { return false };
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
                    let Ok(entries) = graph.entries(tree) else { return false };
                    let next = self.dirs.len() as u32;
                    let below = *self.dir_numbers.entry((dir, name)).or_insert(next);
                    if below == next {
                        self.dirs.push((dir, name));
                    }
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

    fn content(&mut self, number: u32, mode: Mode, (dir, name): (u32, u32), commit: u32, is_notes: bool) {
        let is_note = is_notes && note_on(&self.path(dir, name)).is_some();
        if !is_note {
            self.path_name((dir, name), commit);
        }
        let spot = &mut self.spots[number as usize];
        if spot.dir == NOWHERE {
            let kind = match mode {
                _ if is_note => SpotKind::Note,
                Mode::Symlink => SpotKind::Symlink,
                Mode::File | Mode::Gitlink => SpotKind::File,
            };
            *spot = Spot { dir, name, commit, kind };
            self.order.push(Step::Blob(number));
        }
    }

    fn path_name(&mut self, (dir, name): (u32, u32), commit: u32) {
        if self.paths.insert((dir, name)) {
            self.order.push(Step::Path { dir, name, commit });
        }
    }

    fn path(&self, dir: u32, name: u32) -> BString {
        let mut path = BString::default();
        self.write_path(dir, name, &mut path);
        path
    }

    fn write_path(&self, mut dir: u32, name: u32, into: &mut BString) {
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
            into.extend_from_slice(self.graph.name(*name));
        }
    }

    /// What a report calls the object there.
    fn named(&self, spot: Spot) -> (Kind, BString) {
        let path = self.path(spot.dir, spot.name);
        match spot.kind {
            SpotKind::File => (Kind::File, path),
            SpotKind::Symlink => (Kind::Symlink, path),
            SpotKind::Note => (Kind::Note, note_on(&path).unwrap_or(path)),
        }
    }
}

/// Scans blobs.
struct Contents<'a> {
    tour: &'a Tour<'a>,
    sieve: &'a Sieve<'a>,
    max: u64,
}

struct ContentWorker {
    blobs: usize,
    bytes: u64,
    telling: Vec<u32>,
    origin: Origin,
    windows: Vec<Range<usize>>,
    scratch: Scratch,
}

/// What was found out about a blob.
struct Looked {
    /// Nothing in it: what it shares with another blob at the same path needs no second look.
    is_clean: bool,
    dir: u32,
    name: u32,
}

impl Visit for Contents<'_> {
    type Worker = ContentWorker;
    type Mark = Looked;

    fn worker(&self) -> ContentWorker {
        ContentWorker {
            blobs: 0,
            bytes: 0,
            telling: Vec::new(),
            origin: Origin { kind: Kind::File, path: BString::default(), commit: None },
            windows: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    fn is_too_large(&self, size: u64) -> bool {
        size > self.max
    }

    fn visit(&self, worker: &mut ContentWorker, object: Visited<Looked>) -> Option<Looked> {
        let spot = self.tour.spots[object.number as usize];
        // Unreachable, or stored twice: only what is made from it counts.
        if spot.dir == NOWHERE {
            return Some(Looked { is_clean: false, dir: NOWHERE, name: 0 });
        }
        let looked = |is_clean| Some(Looked { is_clean, dir: spot.dir, name: spot.name });
        if spot.kind == SpotKind::Note {
            worker.origin.path = self.tour.named(spot).1;
        } else {
            self.tour.write_path(spot.dir, spot.name, &mut worker.origin.path);
        }
        let same = |base: &Looked| base.is_clean && (base.dir, base.name) == (spot.dir, spot.name);
        let tells = if is_lfs_pointer(object.content) {
            true
        } else if object.base.is_some_and(|(_, base)| same(base))
            && windows(object.content, object.fresh, &mut worker.windows)
        {
            let windows = std::mem::take(&mut worker.windows);
            let tells = windows.iter().any(|window| self.tells(worker, &object.content[window.clone()]));
            worker.windows = windows;
            tells
        } else {
            self.tells(worker, object.content)
        };
        if tells {
            worker.telling.push(object.number);
        } else {
            worker.blobs += 1;
            worker.bytes += object.content.len() as u64;
        }
        looked(!tells)
    }

    fn unread(&self, worker: &mut ContentWorker, number: u32, _: Unread) {
        worker.telling.push(number);
    }
}

impl Contents<'_> {
    fn tells(&self, worker: &mut ContentWorker, text: &[u8]) -> bool {
        let chunk = Chunk { origin: &worker.origin, bytes: text };
        !self.sieve.engine.scan(chunk, &mut worker.scratch).is_empty()
            || worker.origin.path.to_str().map_or(true, |path| (self.sieve.concerns)(path, text))
    }
}

/// The parts of `content`, in whole lines, that what is fresh can have changed the meaning of. False when it is as well to
/// look at all of it.
fn windows(content: &[u8], fresh: &[Range<usize>], into: &mut Vec<Range<usize>>) -> bool {
    into.clear();
    let mut total = 0;
    for range in fresh {
        let from = range.start.saturating_sub(REACH);
        let to = (range.end + REACH).min(content.len());
        if let Some(last) = into.last_mut().filter(|last| from <= last.end && range.start >= last.start) {
            total -= last.len();
            last.end = last.end.max(line_end(content, to));
            total += last.len();
        } else {
            let window = line_start(content, from)..line_end(content, to);
            total += window.len();
            into.push(window);
        }
        if total * 4 > content.len() * 3 {
            return false;
        }
    }
    // Text of wide characters is read from its beginning.
    !into.iter().any(|window| memchr::memchr(0, &content[window.clone()]).is_some())
}

fn line_start(content: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &content[..at]).map_or(0, |newline| newline + 1)
}

fn line_end(content: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &content[at..]).map_or(content.len(), |newline| at + newline + 1)
}
