//! A whole history without reading every version of every file: pack by pack along the trees that deltas make, each
//! object looked at only where it differs from what it was made from.
//!
//! It plans what [`super::history`] plans, less what was found to hold nothing.

mod contents;
mod messages;
mod tour;

use std::collections::{HashMap, HashSet};

use super::commits::{message, only_from, tag_name, whole_blob};
use super::objects::gitlink;
use super::{Content, Coverage, Item, Old};
use crate::chunk::{Chunk, Kind, Origin, Pathless};
use crate::engine::{Engine, Scratch};
use crate::error::Result;
use crate::git::{self, Graph, KnownCommits, ObjectKind, Oid, Repo, Store};
use contents::Contents;
use messages::Messages;
use tour::{NO_COMMIT, NOWHERE, ROOT, Step, Tour};

type OfPath<'a> = dyn Fn(&str) -> bool + Sync + 'a;
type OfText<'a> = dyn Fn(&[u8]) -> bool + Sync + 'a;
type OfFile<'a> = dyn Fn(&str, &[u8]) -> bool + Sync + 'a;

/// Decides what is worth a second look.
pub struct Sieve<'a> {
    /// What finds secrets.
    pub engine: &'a Engine,
    /// Whether the file at this path is looked into for anything but secrets and what hides.
    pub looks_into: Box<OfPath<'a>>,
    /// Whether anything in a text hides. Of a part in whole lines it says what it says of them in the whole.
    pub hides: Box<OfText<'a>>,
    /// Whether there is anything to report of the file at this path, secrets apart.
    pub has_word: Box<OfFile<'a>>,
}

/// A graph of more entries than this would not fit into the memory we allow ourselves; 8 bytes each.
const MOST_ENTRIES: usize = 12 << 20;

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
    let mut trees = HashMap::new();
    for worker in read {
        trees.extend(worker.trees);
        known.extend(worker.commits);
        sizes.extend(worker.sizes);
        telling.extend(worker.telling);
    }
    let Some(mut graph) = Graph::read(&store, MOST_ENTRIES) else { return Ok(None) };
    let mut objects = repo.objects();
    let (mut new, tips) = git::everything(repo, &mut objects, known)?;
    if !new.unread.is_empty() {
        return Ok(None);
    }
    new.commits.reverse();
    let notes: Vec<Oid> = repo.refs("refs/notes/")?.into_iter().map(|r| r.id).collect();
    let notes = only_from(&new.commits, &notes, &tips);

    let mut tour = Tour::new(&store, &mut graph, &*sieve.looks_into);
    for tag in &new.tags {
        tour.order.push(Step::Tag(*tag));
    }
    for (n, commit) in new.commits.iter().enumerate() {
        tour.order.push(Step::Commit(n as u32));
        let tree = store.lookup(&commit.id).and_then(|commit| trees.get(&commit).copied());
        let whole = tree.is_some_and(|tree| tour.visit(&graph, tree, ROOT, n as u32, notes.contains(&commit.id)));
        if !whole {
            return Ok(None);
        }
    }
    for tree in &new.trees {
        if !store.lookup(tree).is_some_and(|tree| tour.visit(&graph, tree, ROOT, NO_COMMIT, false)) {
            return Ok(None);
        }
    }

    drop(graph);
    tour.end();

    let contents = Contents { tour: &tour, sieve, max };
    let Some(read) = store.sweep(&[ObjectKind::Blob], &contents) else { return Ok(None) };
    let (mut found, mut lengths, mut telling_again) = (HashMap::new(), vec![0; store.len()], HashSet::new());
    for worker in read {
        found.extend(worker.found);
        for (number, length) in worker.lengths {
            lengths[number as usize] = length;
        }
        telling.extend(worker.telling);
        telling_again.extend(worker.telling_again);
    }

    coverage.refs.push(super::history::counted_tips(tips.len()));
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
                item.origin.path = Pathless::TagMessage(tag_name(&mut objects, id).to_string()).to_string().into();
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
                    coverage.blobs += 1;
                    coverage.bytes += lengths[number as usize];
                    continue;
                }
                let commit = new.commits.get(spot.commit as usize).map(|c| c.id.to_string());
                let (kind, path) = tour.named(spot);
                let origin = Origin { kind, path, commit };
                Item { origin, content: Content::Object(store.id(number)), old: Old::Nothing }
            }
            Step::Again { number, spot } if !telling_again.contains(&(number, spot.dir, spot.name)) => {
                coverage.blobs += 1;
                coverage.bytes += lengths[number as usize];
                continue;
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
