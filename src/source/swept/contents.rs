//! The sweep over blobs: what of them is to be read whole.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use bstr::{BString, ByteSlice};

use super::Sieve;
use super::tour::{NOWHERE, Spot, SpotKind, Tour};
use crate::archive;
use crate::chunk::{Chunk, Copied, Kind, Origin};
use crate::engine::{Made, Match, Scratch, Traces};
use crate::git::{Unread, Visit, Visited};
use crate::source::is_lfs_pointer;

/// A difference this near to a match may change it. More than most rules look at; what only they see is seen by the
/// engine, which tells of every candidate near a difference.
const NEAR: usize = 8192;

/// Scans blobs.
pub(super) struct Contents<'a> {
    pub tour: &'a Tour<'a>,
    pub sieve: &'a Sieve<'a>,
    pub max: u64,
}

/// What a worker brings back.
pub(super) struct ContentWorker {
    /// Read whole in any case.
    pub telling: Vec<u32>,
    /// Read whole at further paths: the content, and where.
    pub telling_again: Vec<(u32, u32, u32)>,
    /// What holds secrets: its number, and the keys of what it holds.
    pub found: Vec<(u32, Vec<u64>)>,
    /// How long everything is.
    pub lengths: Vec<(u32, u64)>,
    origin: Origin,
    scratch: Scratch,
}

/// What was found out about a blob.
pub(super) struct Looked {
    /// Where it is; [`NOWHERE`] when it was not looked at.
    dir: u32,
    name: u32,
    /// What stands in it: where, and the key of its rule and secret.
    matches: Vec<(Range<usize>, u64)>,
    traces: Traces,
    /// Something hides in it.
    hides: bool,
    /// Not all that is encoded in it was decoded.
    ended: bool,
}

impl Visit for Contents<'_> {
    type Worker = ContentWorker;
    type Mark = Looked;

    fn worker(&self) -> ContentWorker {
        ContentWorker {
            telling: Vec::new(),
            telling_again: Vec::new(),
            found: Vec::new(),
            lengths: Vec::new(),
            origin: Origin { kind: Kind::File, path: BString::default(), commit: None },
            scratch: Scratch::remembering(),
        }
    }

    fn is_too_large(&self, size: u64) -> bool {
        size > self.max
    }

    fn visit(&self, worker: &mut ContentWorker, object: Visited<Looked>) -> Option<Looked> {
        let spot = self.tour.spots[object.number as usize];
        let content = object.content;
        let mut looked = Looked {
            dir: spot.dir,
            name: spot.name,
            matches: Vec::new(),
            traces: Traces::default(),
            hides: self.hides(&object),
            ended: false,
        };
        // Unreachable, or stored twice: only what is made from it counts.
        if spot.dir == NOWHERE {
            self.sieve.engine.trace(content, &mut looked.traces);
            return Some(looked);
        }
        self.look(worker, spot, &object, &mut looked);
        worker.lengths.push((object.number, content.len() as u64));
        if looked.ended || self.concerns(worker, content, (spot.dir, spot.name), looked.hides) {
            worker.telling.push(object.number);
        }
        if !looked.matches.is_empty() {
            worker.found.push((object.number, looked.matches.iter().map(|(_, key)| *key).collect()));
        }
        for &(number, dir, name) in self.tour.further(object.number) {
            self.tour.write_path(dir, name, &mut worker.origin.path);
            let chunk = Chunk { origin: &worker.origin, bytes: content };
            let mut traces = looked.traces.clone();
            if looked.ended
                || !self.sieve.engine.scan_traced(chunk, &mut traces, &mut worker.scratch).is_empty()
                || self.concerns(worker, content, (dir, name), looked.hides)
            {
                worker.telling_again.push((number, dir, name));
            }
        }
        Some(looked)
    }

    fn unread(&self, worker: &mut ContentWorker, number: u32, _: Unread) {
        worker.telling.push(number);
        worker.telling_again.extend(self.tour.further(number));
    }
}

impl Contents<'_> {
    /// Finds what stands in a blob: in all of it, or, where it was made from what is known, near the differences.
    fn look(&self, worker: &mut ContentWorker, spot: Spot, object: &Visited<Looked>, looked: &mut Looked) {
        match spot.kind {
            SpotKind::Note => worker.origin.path = self.tour.named(spot).1,
            SpotKind::File | SpotKind::Symlink => {
                self.tour.write_path(spot.dir, spot.name, &mut worker.origin.path);
            }
        }
        let (engine, scratch) = (self.sieve.engine, &mut worker.scratch);
        let chunk = Chunk { origin: &worker.origin, bytes: object.content };
        let Some((old, base)) = object.base else {
            looked.matches = keyed(engine.scan_tracing(chunk, &mut looked.traces, scratch));
            looked.ended = scratch.decoding_ended();
            return;
        };
        let made = Made { fresh: object.fresh, copied: object.copied };
        let found = match engine.follow(chunk, &base.traces, made, &mut looked.traces, scratch) {
            None => engine.scan_tracing(chunk, &mut looked.traces, scratch),
            // Nothing came up, nothing that was there was touched.
            Some(false)
                if !base.ended
                    && (base.dir, base.name) == (spot.dir, spot.name)
                    && !base.matches.iter().any(|(span, _)| is_near(span, old.len(), object)) =>
            {
                carry(&base.matches, object.copied, &mut looked.matches);
                return;
            }
            // Judged at another path, or anew.
            Some(_) => engine.scan_traced(chunk, &mut looked.traces, scratch),
        };
        looked.matches = keyed(found);
        looked.ended = scratch.decoding_ended();
    }

    /// Whether something in it hides; where it was made from what hides nothing, the lines that differ tell.
    fn hides(&self, object: &Visited<Looked>) -> bool {
        let content = object.content;
        match object.base {
            Some((_, base)) if !base.hides => {
                let mut seen = 0;
                object.fresh.iter().any(|range| {
                    // A character may have come together at a seam.
                    let from = line_start(content, range.start).max(seen);
                    seen = if range.end < seen { seen } else { line_end(content, range.end) };
                    from < seen && (self.sieve.hides)(&content[from..seen])
                })
            }
            _ => (self.sieve.hides)(content),
        }
    }

    /// Whether anything but the engine has a word to say of it.
    fn concerns(&self, worker: &ContentWorker, content: &[u8], (dir, name): (u32, u32), hides: bool) -> bool {
        is_lfs_pointer(content)
            || archive::recognise(content).is_some()
            || (hides || self.tour.is_looked_into(dir, name))
                && (self.sieve.has_word)(&worker.origin.path.to_str_lossy(), content)
    }
}

/// Where matches stand, and the keys of their rules and secrets.
fn keyed(matches: Vec<Match>) -> Vec<(Range<usize>, u64)> {
    let key = |found: Match| {
        let mut hash = DefaultHasher::new();
        (found.rule.id, &found.secret).hash(&mut hash);
        let pair = found.pair.unwrap_or_else(|| found.span.clone());
        (found.span.start.min(pair.start)..found.span.end.max(pair.end), hash.finish())
    };
    matches.into_iter().map(key).collect()
}

/// Whether a match of a base of `old` bytes stands so near to where it was cut that it has to be judged anew.
fn is_near(span: &Range<usize>, old: usize, object: &Visited<Looked>) -> bool {
    !object.copied.iter().any(|part| {
        let end = part.from + part.len;
        let begins = part.from == 0 && part.at == 0 || part.from + NEAR <= span.start;
        let ends = end == old && part.at + part.len == object.content.len() || span.end + NEAR <= end;
        begins && ends && part.from <= span.start && span.end <= end
    })
}

/// The matches of the base, where they stand now.
fn carry(matches: &[(Range<usize>, u64)], copied: &[Copied], into: &mut Vec<(Range<usize>, u64)>) {
    for (span, key) in matches {
        for part in copied.iter().filter(|part| part.from <= span.start && span.end <= part.from + part.len) {
            into.push((span.start - part.from + part.at..span.end - part.from + part.at, *key));
        }
    }
}

fn line_start(content: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &content[..at]).map_or(0, |newline| newline + 1)
}

fn line_end(content: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &content[at..]).map_or(content.len(), |newline| at + newline + 1)
}
