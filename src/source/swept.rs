//! A whole history without reading every version of every file: pack by pack along the trees that deltas make, each
//! object looked at only where it differs from what it was made from.
//!
//! It plans what [`super::history`] plans, less what was found to hold nothing.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use bstr::{BString, ByteSlice};

use super::commits::{message, message_first, note_on, only_from, tag_name, whole_blob};
use super::objects::gitlink;
use super::{Content, Coverage, Item, Old, is_lfs_pointer};
use crate::chunk::{Chunk, Kind, Origin};
use crate::engine::{Engine, Scratch};
use crate::error::Result;
use crate::git::{
    self, Copied, Graph, KnownCommits, Leads, Mode, ObjectKind, Oid, Repo, Store, Unread, Visit, Visited,
};
use crate::place;

/// Decides what is worth a second look.
pub struct Sieve<'a> {
    /// What finds secrets.
    pub engine: &'a Engine,
    /// What else asks for a file to be read whole: by its path and content.
    pub concerns: &'a (dyn Fn(&str, &[u8]) -> bool + Sync),
}

/// A graph of more entries than this would not fit into the memory we allow ourselves; 8 bytes each.
const MOST_ENTRIES: usize = 12 << 20;

/// How much text around a match can have a part in it: more than most rules' windows, and the lines that the halves of
/// a pair may stand apart. What is nearer than this to a change is judged anew.
const REACH: usize = 1024;

/// How much text is read around a change: what is judged anew has the whole of its surroundings, too.
const MARGIN: usize = 2 * REACH;

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
    let (mut found, mut lengths) = (HashMap::new(), HashMap::new());
    for worker in read {
        for (number, length, keys) in worker.found {
            found.insert(number, keys);
            lengths.insert(number, length);
        }
        telling.extend(worker.telling);
        coverage.blobs += worker.blobs;
        coverage.bytes += worker.bytes;
    }

    coverage.refs.push(format!("{} tips", tips.len()));
    coverage.commits += new.commits.len();
    for (path, id) in &tour.gitlinks {
        coverage.skipped.push(gitlink(path.as_ref(), *id));
    }
    let (mut items, mut told) = (Vec::new(), HashSet::new());
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
                let spot = tour.spots[number as usize];
                // A secret is told once for a path: only the version that brings it need be read whole.
                // Every key has to be noted, not only the first new one.
                let brings =
                    |keys: &Vec<u64>| keys.iter().filter(|key| told.insert((spot.dir, spot.name, **key))).count() > 0;
                let brings = found.get(&number).is_some_and(brings);
                if !brings && !telling.contains(&number) {
                    if let Some(length) = lengths.get(&number) {
                        coverage.blobs += 1;
                        coverage.bytes += length;
                    }
                    continue;
                }
                let commit = new.commits.get(spot.commit as usize).map(|c| c.id.to_string());
                let (kind, path) = tour.named(spot);
                let origin = Origin { kind, path, commit };
                Item { origin, content: Content::Object(store.id(number)), old: Old::Nothing }
            }
            Step::Again { number, spot } => {
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
struct Tour<'a> {
    graph: &'a Graph,
    /// Each directory's parent and name.
    dirs: Vec<(u32, u32)>,
    dir_numbers: HashMap<(u32, u32), u32>,
    /// Whether each path is one that is judged by its name as well.
    paths: HashMap<(u32, u32), bool>,
    named: HashSet<(u32, u32, u32)>,
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
            paths: HashMap::new(),
            named: HashSet::new(),
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
        let kind = match mode {
            _ if is_note => SpotKind::Note,
            Mode::Symlink => SpotKind::Symlink,
            Mode::File | Mode::Gitlink => SpotKind::File,
        };
        let here = Spot { dir, name, commit, kind };
        // A lockfile is judged by its name as well: the same bytes elsewhere are no other lockfile.
        let is_special = !is_note && self.paths.get(&(dir, name)).copied().unwrap_or_default();
        let named = is_special && self.named.insert((number, dir, name));
        let spot = &mut self.spots[number as usize];
        if spot.dir == NOWHERE {
            *spot = here;
            self.order.push(Step::Blob(number));
        } else if named {
            self.order.push(Step::Again { number, spot: here });
        }
    }

    fn path_name(&mut self, (dir, name): (u32, u32), commit: u32) {
        if !self.paths.contains_key(&(dir, name)) {
            let is_special = place::is_special(&self.path(dir, name));
            self.paths.insert((dir, name), is_special);
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
    /// Read whole in any case.
    telling: Vec<u32>,
    /// What holds secrets: its number, its length, and the keys of what it holds.
    found: Vec<(u32, u64, Vec<u64>)>,
    origin: Origin,
    windows: Vec<Range<usize>>,
    scratch: Scratch,
}

/// What was found out about a blob.
struct Looked {
    /// Where it is; [`NOWHERE`] when it was not looked at.
    dir: u32,
    name: u32,
    /// What stands in it: where, and the key of its rule and secret.
    matches: Vec<(Range<usize>, u64)>,
    /// It is read whole for another reason.
    concerns: bool,
}

impl Visit for Contents<'_> {
    type Worker = ContentWorker;
    type Mark = Looked;

    fn worker(&self) -> ContentWorker {
        ContentWorker {
            blobs: 0,
            bytes: 0,
            telling: Vec::new(),
            found: Vec::new(),
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
        let mut looked = Looked { dir: spot.dir, name: spot.name, matches: Vec::new(), concerns: false };
        // Unreachable, or stored twice: only what is made from it counts.
        if spot.dir == NOWHERE {
            return Some(looked);
        }
        if spot.kind == SpotKind::Note {
            worker.origin.path = self.tour.named(spot).1;
        } else {
            self.tour.write_path(spot.dir, spot.name, &mut worker.origin.path);
        }
        let content = object.content;
        let is_long = |(span, _): &(Range<usize>, u64)| span.len() > REACH;
        let base = object.base.filter(|(_, base)| {
            // What is longer than a window (a key block) is not judged in pieces.
            (base.dir, base.name) == (spot.dir, spot.name) && !base.matches.iter().any(is_long)
        });
        match base {
            Some((old, base)) if windows(content, object.fresh, &mut worker.windows) => {
                let windows = std::mem::take(&mut worker.windows);
                looked.concerns = base.concerns && self.concerns(worker, content);
                for window in &windows {
                    let text = &content[window.clone()];
                    looked.concerns = looked.concerns || self.concerns(worker, text);
                    self.scan(worker, text, |span, key| {
                        let span = span.start + window.start..span.end + window.start;
                        if is_near(&span, object.fresh) {
                            looked.matches.push((span, key));
                        }
                    });
                }
                worker.windows = windows;
                carry(&base.matches, old.len(), content.len(), object.copied, &mut looked.matches);
            }
            _ => {
                looked.concerns = self.concerns(worker, content);
                self.scan(worker, content, |span, key| looked.matches.push((span, key)));
            }
        }
        looked.concerns = looked.concerns || is_lfs_pointer(content);
        let length = content.len() as u64;
        if looked.concerns {
            worker.telling.push(object.number);
        }
        if !looked.matches.is_empty() {
            let keys = looked.matches.iter().map(|(_, key)| *key).collect();
            worker.found.push((object.number, length, keys));
        } else if !looked.concerns {
            worker.blobs += 1;
            worker.bytes += length;
        }
        Some(looked)
    }

    fn unread(&self, worker: &mut ContentWorker, number: u32, _: Unread) {
        worker.telling.push(number);
    }
}

impl Contents<'_> {
    fn concerns(&self, worker: &ContentWorker, text: &[u8]) -> bool {
        worker.origin.path.to_str().map_or(true, |path| (self.sieve.concerns)(path, text))
    }

    fn scan(&self, worker: &mut ContentWorker, text: &[u8], mut found: impl FnMut(Range<usize>, u64)) {
        let chunk = Chunk { origin: &worker.origin, bytes: text };
        for one in self.sieve.engine.scan(chunk, &mut worker.scratch) {
            let mut hash = DefaultHasher::new();
            (one.rule.id, &one.secret).hash(&mut hash);
            let pair = one.pair.unwrap_or_else(|| one.span.clone());
            found(one.span.start.min(pair.start)..one.span.end.max(pair.end), hash.finish());
        }
    }
}

/// Whether a match is so near to something fresh that it is judged anew.
fn is_near(span: &Range<usize>, fresh: &[Range<usize>]) -> bool {
    fresh.iter().any(|range| range.start <= span.end + REACH && span.start <= range.end + REACH)
}

/// The matches of the base that stand in the new content with all their surroundings.
fn carry(
    matches: &[(Range<usize>, u64)],
    old: usize,
    new: usize,
    copied: &[Copied],
    into: &mut Vec<(Range<usize>, u64)>,
) {
    for piece in copied.iter().filter(|_| !matches.is_empty()) {
        let (from, to) = (piece.from, piece.from + piece.len);
        let begins = from == 0 && piece.at == 0;
        let ends = to == old && piece.at + piece.len == new;
        for (span, key) in matches {
            let before = begins || span.start > from + REACH;
            let after = ends || span.end + REACH < to;
            if span.start >= from && span.end <= to && before && after {
                into.push((span.start - from + piece.at..span.end - from + piece.at, *key));
            }
        }
    }
}

/// The parts of `content`, in whole lines, that have to be read to judge anew what is near something fresh. False when it
/// is as well to read all of it.
fn windows(content: &[u8], fresh: &[Range<usize>], into: &mut Vec<Range<usize>>) -> bool {
    into.clear();
    // A short text may be a credential as a whole.
    if content.len() <= REACH {
        return false;
    }
    let mut total = 0;
    for range in fresh {
        let from = line_start(content, range.start.saturating_sub(MARGIN));
        let to = line_end(content, (range.end + MARGIN).min(content.len()));
        match into.last_mut() {
            Some(last) if from <= last.end => {
                total += to.saturating_sub(last.end);
                last.end = last.end.max(to);
            }
            _ => {
                total += to - from;
                into.push(from..to);
            }
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
