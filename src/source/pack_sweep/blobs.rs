//! The sweep over blobs: finds those that have to be scanned in full.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::{ControlFlow, Range};

use bstr::{BString, ByteSlice};

use super::HistoryFilter;
use super::first_seen::{FirstSeen, FirstSeenWalk, PathId};
use crate::archive;
use crate::chunk::{Chunk, ChunkPlace, Copied, Origin};
use crate::engine::{Derivation, Match, Scratch, Traces};
use crate::git::{ObjectKind, Store, Unread, Visit, Visited};
use crate::source::{annex_key, is_lfs_pointer};

/// A difference within this distance of a match may change it, in bytes. The windows of most rules are shorter; for the
/// others, the engine itself reports every candidate whose window touches a difference.
const CONTEXT: usize = 8192;

/// Scans blobs.
pub(super) struct BlobSweep<'a> {
    pub walk: &'a FirstSeenWalk<'a>,
    pub filter: &'a HistoryFilter<'a>,
    /// Larger objects are not read, in bytes.
    pub max: u64,
}

/// The results of the sweep, by the numbers of the blobs.
#[derive(Default)]
pub(super) struct BlobFindings {
    /// Blobs that have to be scanned in any case.
    pub must_scan: HashSet<u32>,
    /// Blobs that have to be scanned at a further path.
    pub must_scan_again: HashSet<(u32, PathId)>,
    /// The keys of the secrets in each blob that has any.
    pub found: HashMap<u32, Vec<u64>>,
    /// The length of each object in bytes; 0 of one that was not scanned.
    pub lengths: Vec<u64>,
}

/// The results of one worker.
pub(super) struct BlobWorker {
    must_scan: Vec<u32>,
    must_scan_again: Vec<(u32, PathId)>,
    found: Vec<(u32, Vec<u64>)>,
    lengths: Vec<(u32, u64)>,
    origin: Origin,
    scratch: Scratch,
}

/// A secret in a blob: its span, and a key of its rule and value.
#[derive(Clone)]
struct KeyedMatch {
    span: Range<usize>,
    key: u64,
}

/// The knowledge about a blob while those based on it are visited.
pub(super) struct ScannedBlob {
    /// The path that it was scanned at; none when it was not scanned.
    path: Option<PathId>,
    matches: Vec<KeyedMatch>,
    traces: Traces,
    has_hidden_text: bool,
    /// Not all encoded text in it was decoded.
    decoding_ended: bool,
}

impl BlobSweep<'_> {
    /// Sweeps all blobs; `None` when the sweep ended early.
    pub fn run(&self, store: &Store) -> Option<BlobFindings> {
        let mut findings = BlobFindings { lengths: vec![0; store.len()], ..BlobFindings::default() };
        for worker in store.sweep(&[ObjectKind::Blob], self)? {
            findings.found.extend(worker.found);
            for (number, length) in worker.lengths {
                findings.lengths[number as usize] = length;
            }
            findings.must_scan.extend(worker.must_scan);
            findings.must_scan_again.extend(worker.must_scan_again);
        }
        Some(findings)
    }
}

impl Visit for BlobSweep<'_> {
    type Worker = BlobWorker;
    type Mark = ScannedBlob;

    fn worker(&self) -> BlobWorker {
        BlobWorker {
            must_scan: Vec::new(),
            must_scan_again: Vec::new(),
            found: Vec::new(),
            lengths: Vec::new(),
            origin: Origin::of(ChunkPlace::File(BString::default())),
            scratch: Scratch::remembering(),
        }
    }

    fn is_too_large(&self, size: u64) -> bool {
        size > self.max
    }

    fn visit(&self, worker: &mut BlobWorker, object: Visited<ScannedBlob>) -> ControlFlow<(), ScannedBlob> {
        let seen = self.walk.first_seen(object.number);
        let content = object.content;
        let mut blob = ScannedBlob {
            path: seen.map(|seen| seen.path),
            matches: Vec::new(),
            traces: Traces::default(),
            has_hidden_text: self.has_hidden_text(&object),
            decoding_ended: false,
        };
        let Some(seen) = seen else {
            // Unreachable, or stored twice: only the objects based on it count.
            self.filter.engine.trace(content, &mut blob.traces);
            return ControlFlow::Continue(blob);
        };
        self.scan(worker, seen, &object, &mut blob);
        worker.lengths.push((object.number, content.len() as u64));
        if blob.decoding_ended || self.must_inspect(worker, content, seen.path, &blob) {
            worker.must_scan.push(object.number);
        }
        if !blob.matches.is_empty() {
            worker.found.push((object.number, blob.matches.iter().map(|found| found.key).collect()));
        }
        for path in self.walk.further(object.number) {
            self.walk.write_path(path, worker.origin.place.path_mut());
            let chunk = Chunk { origin: &worker.origin, bytes: content };
            let mut traces = blob.traces.clone();
            if blob.decoding_ended
                || !self.filter.engine.scan_traced(chunk, &mut traces, &mut worker.scratch).is_empty()
                || self.must_inspect(worker, content, path, &blob)
            {
                worker.must_scan_again.push((object.number, path));
            }
        }
        ControlFlow::Continue(blob)
    }

    fn unread(&self, worker: &mut BlobWorker, number: u32, _: Unread) {
        worker.must_scan.push(number);
        worker.must_scan_again.extend(self.walk.further(number).map(|path| (number, path)));
    }
}

impl BlobSweep<'_> {
    /// Finds the matches of a blob: in all of it, or near the differences where its base was scanned.
    fn scan(&self, worker: &mut BlobWorker, seen: FirstSeen, object: &Visited<ScannedBlob>, blob: &mut ScannedBlob) {
        self.walk.write_named(seen, worker.origin.place.path_mut());
        let (engine, scratch) = (self.filter.engine, &mut worker.scratch);
        let chunk = Chunk { origin: &worker.origin, bytes: object.content };
        let Some((old, base)) = object.base else {
            blob.matches = keyed(engine.scan_tracing(chunk, &mut blob.traces, scratch));
            blob.decoding_ended = scratch.decoding_ended();
            return;
        };
        let made = Derivation { fresh: object.fresh, copied: object.copied };
        let found = match engine.follow(chunk, &base.traces, made, &mut blob.traces, scratch) {
            None => engine.scan_tracing(chunk, &mut blob.traces, scratch),
            // No candidate is new, and no match of the base was touched.
            Some(false)
                if !base.decoding_ended
                    && base.path == blob.path
                    && !base.matches.iter().any(|found| is_touched(&found.span, old.len(), object)) =>
            {
                blob.matches.extend(carried(&base.matches, object.copied));
                return;
            }
            // A candidate is new, a match may have changed, or the path has.
            Some(_) => engine.scan_traced(chunk, &mut blob.traces, scratch),
        };
        blob.matches = keyed(found);
        blob.decoding_ended = scratch.decoding_ended();
    }

    /// Returns whether a blob holds hidden text; below a base that holds none, only the lines that differ are read.
    fn has_hidden_text(&self, object: &Visited<ScannedBlob>) -> bool {
        let content = object.content;
        match object.base {
            Some((_, base)) if !base.has_hidden_text => {
                let mut read = 0;
                object.fresh.iter().any(|range| {
                    // Two parts of a character may have come together at a seam.
                    let from = line_start(content, range.start).max(read);
                    read = if range.end < read { read } else { line_end(content, range.end) };
                    from < read && (self.filter.has_hidden_text)(&content[from..read])
                })
            }
            _ => (self.filter.has_hidden_text)(content),
        }
    }

    /// Returns whether there may be something to report of a blob, secrets apart.
    fn must_inspect(&self, worker: &BlobWorker, content: &[u8], path: PathId, blob: &ScannedBlob) -> bool {
        is_lfs_pointer(content)
            || annex_key(content).is_some()
            || archive::recognise(content).is_some()
            || (blob.has_hidden_text || self.walk.is_inspected(path))
                && (self.filter.has_package_finding)(&worker.origin.path().to_str_lossy(), content)
    }
}

/// The span of each match, and the key of its rule and value.
fn keyed(matches: Vec<Match>) -> Vec<KeyedMatch> {
    let key = |found: Match| {
        let mut hash = DefaultHasher::new();
        (found.rule.id, &found.secret).hash(&mut hash);
        let pair = found.pair.unwrap_or_else(|| found.span.clone());
        let span = found.span.start.min(pair.start)..found.span.end.max(pair.end);
        KeyedMatch { span, key: hash.finish() }
    };
    matches.into_iter().map(key).collect()
}

/// Returns whether a match of a base of `old` bytes has a difference in its context, so that it has to be judged anew.
fn is_touched(span: &Range<usize>, old: usize, object: &Visited<ScannedBlob>) -> bool {
    !object.copied.iter().any(|part| {
        let end = part.from + part.len;
        let begins = part.from == 0 && part.at == 0 || part.from + CONTEXT <= span.start;
        let ends = end == old && part.at + part.len == object.content.len() || span.end + CONTEXT <= end;
        begins && ends && part.from <= span.start && span.end <= end
    })
}

/// The matches of the base that were copied, at their new positions.
fn carried<'m>(matches: &'m [KeyedMatch], copied: &'m [Copied]) -> impl Iterator<Item = KeyedMatch> + 'm {
    matches.iter().flat_map(move |KeyedMatch { span, key }| {
        let parts = copied.iter().filter(|part| part.from <= span.start && span.end <= part.from + part.len);
        parts.map(|part| {
            let span = span.start - part.from + part.at..span.end - part.from + part.at;
            KeyedMatch { span, key: *key }
        })
    })
}

fn line_start(content: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &content[..at]).map_or(0, |newline| newline + 1)
}

fn line_end(content: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &content[at..]).map_or(content.len(), |newline| at + newline + 1)
}
