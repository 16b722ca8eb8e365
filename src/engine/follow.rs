//! A text that was made from another is read only where the two differ.
//!
//! What was found in the base far from every difference is found in the text as well. Near a difference all is judged
//! anew: every keyword's hit that a difference is in reach of, and what is encoded on the lines around it. As long as that
//! yields no candidate, nothing came up; where it yields one, the caller reads the whole text.

use std::ops::Range;

use super::decode::{self, Decoder, kind};
use super::prefilter::{Hit, Prefilter};
use super::ready::Ready;
use super::resolve::Candidate;
use super::run::{Hits, Run};
use super::seen::{Seen, Window};
use super::{Engine, Match, Scratch, manifest, store, text, whole};
use crate::chunk::{Chunk, Copied};
use crate::rule::Rule;

/// What is kept of a text for those that are made from it; it does not depend on the path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traces {
    /// Every keyword, sorted by position; none where the text is `dense`.
    hits: Vec<Hit>,
    /// Keywords stand so thick that keeping them would take more memory than the text.
    dense: bool,
    /// A keyword may stand in something that is encoded here.
    encoded: bool,
    /// Wide characters may stand here: what a part of such a text says depends on where the whole begins.
    wide: bool,
}

/// How a text was made from its base.
#[derive(Clone, Copy, Debug)]
pub struct Made<'a> {
    /// The bytes that are new, and, as empty ranges, the seams where parts of the base meet that were apart. Sorted.
    pub fresh: &'a [Range<usize>],
    /// What was copied, in order. No two parts that are neighbours here were neighbours in the base, too.
    pub copied: &'a [Copied],
}

/// From a hit of a generic keyword to where its value begins, at most.
const NAME: usize = 448;
/// What its judgement sees of the lines above its name and below its value, and the name itself.
const NEAR: usize = 320;
/// From a keyword to the end of its rule's window, and what look-around sees behind it: so much longer than the window.
const AROUND: usize = 128;
/// How far the halves of a pair may stand apart, in bytes: some lines.
const PAIR: usize = 1 << 14;
/// How far a value over several lines may go on: one in backquotes, the only kind that ends no line.
const FAR: usize = 4096 + NAME + NEAR;
/// More than this of a line is not decoded around a difference.
const LONG_LINE: usize = 8192;

impl Engine {
    /// As [`Engine::scan`], and makes the text's traces.
    pub fn scan_tracing(&self, chunk: Chunk<'_>, traces: &mut Traces, scratch: &mut Scratch) -> Vec<Match> {
        self.trace(chunk.bytes, traces);
        self.scan_traced(chunk, traces, scratch)
    }

    /// Makes the traces of a text that is not judged itself.
    pub fn trace(&self, text: &[u8], traces: &mut Traces) {
        traces.dense = !gather_hits(&self.prefilter, text, &mut traces.hits);
        (traces.encoded, traces.wide) = (true, text::may_be_wide(text));
    }

    /// As [`Engine::scan`], for a text whose traces are known.
    pub fn scan_traced(&self, chunk: Chunk<'_>, traces: &mut Traces, scratch: &mut Scratch) -> Vec<Match> {
        let text = chunk.bytes;
        let mut nobody = ();
        let mut run = Run::new(self, chunk, scratch, &mut nobody);
        let hits = if traces.dense { Hits::Sought } else { Hits::Known(&traces.hits) };
        let kept = match traces.encoded || traces.wide {
            true => run.scan(text, hits, self.settings.decode_depth),
            false => run.scan_plain(text, hits),
        };
        traces.encoded = run.is_encoded || run.budget.ended();
        run.scratch.decoding_ended = run.budget.ended();
        self.report_all(kept, text)
    }

    /// Makes the traces of a text from those of its base, and says whether there may be a candidate near a difference.
    /// `None` when the text has to be read as a whole.
    pub fn follow(
        &self,
        chunk: Chunk<'_>,
        base: &Traces,
        made: Made<'_>,
        traces: &mut Traces,
        scratch: &mut Scratch,
    ) -> Option<bool> {
        let text = chunk.bytes;
        // A short text may be a credential as a whole.
        if text.len() <= whole::LONGEST
            || base.wide
            || base.dense
            || text::has_mark(text)
            || store::kind(text).is_some()
            || made.fresh.iter().any(|range| memchr::memchr(0, &text[range.clone()]).is_some())
        {
            return None;
        }
        let limits = self.limits.get_or_init(|| Limits::new(self));
        (traces.dense, traces.wide) = (false, base.wide);
        if !carry(&self.prefilter, base, made.copied, most_hits(text), &mut traces.hits) {
            return None;
        }
        let mut parts = std::mem::take(&mut scratch.parts);
        gather(text, made.fresh, &mut parts);
        let fresh = Fresh { prefilter: &self.prefilter, limits, text, ranges: made.fresh };
        fresh.hits(&mut parts, scratch.seen.as_deref_mut(), &mut scratch.hits, &mut traces.hits);
        let mut dirty = std::mem::take(&mut scratch.dirty);
        let mut areas = std::mem::take(&mut scratch.areas);
        join(made.fresh, &mut areas);
        limits.dirty(text, &traces.hits, &areas, &mut dirty);
        let mut nobody = ();
        let mut run = Run::new(self, chunk, scratch, &mut nobody);
        let mut candidates = Vec::new();
        run.matched(text, Hits::Known(&dirty), &mut candidates);
        encoded_in(&mut run, text, &parts, self.settings.decode_depth, &mut candidates);
        traces.encoded = base.encoded || run.is_encoded;
        let ended = run.budget.ended();
        (scratch.dirty, scratch.areas, scratch.parts) = (dirty, areas, parts);
        if ended {
            return None;
        }
        Some(!candidates.is_empty())
    }
}

/// Every keyword in `text`. False where there are too many to keep; none is kept then.
fn gather_hits(prefilter: &Prefilter, text: &[u8], hits: &mut Vec<Hit>) -> bool {
    let (mut some, mut kept) = (Vec::new(), true);
    hits.clear();
    for part in prefilter.parts(text.len()) {
        match hits.is_empty() {
            true => prefilter.hits_in(text, &part, hits),
            false => {
                prefilter.hits_in(text, &part, &mut some);
                hits.extend_from_slice(&some);
            }
        }
        kept = hits.len() <= most_hits(text);
        if !kept {
            *hits = Vec::new();
            break;
        }
    }
    kept
}

/// More hits of a text are not kept: a hit takes 16 bytes.
fn most_hits(text: &[u8]) -> usize {
    text.len() / 8 + 4096
}

/// Joins what is so near to each other that it is as well judged together.
fn join(fresh: &[Range<usize>], areas: &mut Vec<Range<usize>>) {
    areas.clear();
    for range in fresh {
        match areas.last_mut() {
            Some(last) if range.start <= last.end + NEAR => last.end = range.end,
            _ => areas.push(range.clone()),
        }
    }
}

/// Lines with something fresh on them.
pub(super) struct Part {
    lines: Range<usize>,
    /// Which of the fresh ranges stand on them.
    fresh: Range<usize>,
    /// What may be encoded on them, and reach into them.
    kinds: u8,
}

/// Fresh ranges on the same lines are looked at together.
fn gather(text: &[u8], fresh: &[Range<usize>], parts: &mut Vec<Part>) {
    parts.clear();
    let mut at = 0;
    while at < fresh.len() {
        let first = at;
        let mut lines = lines_around(text, &fresh[at]);
        at += 1;
        while at < fresh.len() && fresh[at].start <= lines.end {
            if fresh[at].end >= lines.end {
                lines.end = lines_around(text, &fresh[at]).end;
            }
            at += 1;
        }
        parts.push(Part { lines, fresh: first..at, kinds: u8::MAX });
    }
}

/// The base's hits in copied parts, where they stand now. False where a part that is copied again and again makes them
/// more than `most`.
fn carry(prefilter: &Prefilter, base: &Traces, copied: &[Copied], most: usize, hits: &mut Vec<Hit>) -> bool {
    hits.clear();
    let end_of = |hit: &Hit| hit.at + prefilter.keyword(hit.keyword).len();
    for part in copied {
        let end = part.from + part.len;
        let first = base.hits.partition_point(|hit| hit.at < part.from);
        let inside = base.hits[first..].iter().take_while(|hit| hit.at < end).filter(|hit| end_of(hit) <= end);
        hits.extend(inside.map(|hit| Hit { at: hit.at - part.from + part.at, keyword: hit.keyword }));
        if hits.len() > most {
            return false;
        }
    }
    true
}

/// What of a text is fresh.
struct Fresh<'a> {
    prefilter: &'a Prefilter,
    limits: &'a Limits,
    text: &'a [u8],
    ranges: &'a [Range<usize>],
}

/// A line that nothing is known of, and under what to remember it.
type Unknown = (Range<usize>, Option<Window>);

impl Fresh<'_> {
    /// Adds the hits that touch something fresh, and keeps all sorted. Finds out what may be encoded on the parts.
    fn hits(&self, parts: &mut [Part], mut seen: Option<&mut Seen>, found: &mut Vec<Hit>, hits: &mut Vec<Hit>) {
        let mut unknown = Vec::new();
        for part in parts {
            let Range { start, end } = part.lines;
            let text = self.text;
            let whole = (start == 0 || text[start - 1] == b'\n') && (end == text.len() || text[end - 1] == b'\n');
            match seen.as_deref_mut().filter(|_| whole && self.limits.in_lines) {
                Some(seen) => {
                    found.clear();
                    part.kinds = self.in_lines(part.lines.clone(), seen, &mut unknown, found);
                    // What is encoded above may go on.
                    let goes_on = |decoder: &&Decoder| (decoder.reach)(text, &(start..start)).start < start;
                    part.kinds |=
                        decode::DECODERS.iter().filter(goes_on).fold(0, |kinds, decoder| kinds | decoder.kind);
                    self.touching(part.fresh.clone(), found, hits);
                }
                None => self.around(part.fresh.clone(), found, hits),
            }
        }
        if !hits.is_sorted() {
            hits.sort_unstable();
        }
    }

    /// Every hit on these lines, and what may be encoded on them.
    fn in_lines(&self, lines: Range<usize>, seen: &mut Seen, unknown: &mut Vec<Unknown>, found: &mut Vec<Hit>) -> u8 {
        let (mut at, mut kinds) = (lines.start, 0);
        while at < lines.end {
            let end = line_end(self.text, at);
            match seen.line(&self.text[at..end]).copied() {
                Ok(line) => {
                    kinds |= self.unknown(seen, unknown, found);
                    kinds |= self.closed(&(at..end), line.kinds);
                    found.extend(line.hits(at));
                }
                Err(window) => unknown.push((at..end, window)),
            }
            at = end;
        }
        kinds | self.unknown(seen, unknown, found)
    }

    /// Looks at lines that nothing is known of, and that follow each other.
    fn unknown(&self, seen: &mut Seen, unknown: &mut Vec<Unknown>, found: &mut Vec<Hit>) -> u8 {
        let (Some((first, _)), Some((last, _))) = (unknown.first(), unknown.last()) else { return 0 };
        let start = first.start;
        let mut hits = Vec::new();
        self.prefilter.hits(&self.text[start..last.end], 0, &mut hits);
        let (mut rest, mut kinds) = (&hits[..], 0);
        for (line, window) in unknown.drain(..) {
            let (here, after) = rest.split_at(rest.partition_point(|hit| hit.at < line.end - start));
            rest = after;
            let text = &self.text[line.clone()];
            let these = match window {
                Some(window) => seen.note(window, line.start - start, text, here),
                None => decode::kinds(text),
            };
            kinds |= self.closed(&line, these);
        }
        found.extend(hits.iter().map(|hit| Hit { at: hit.at + start, keyword: hit.keyword }));
        kinds
    }

    /// What may be encoded on a line, given what its neighbours say.
    fn closed(&self, line: &Range<usize>, kinds: u8) -> u8 {
        match kinds & kind::OPEN != 0 && decode::goes_on(self.text, line) {
            true => kinds | kind::LITERALS,
            false => kinds,
        }
    }

    /// Adds the hits around some of the fresh ranges, wherever lines begin.
    fn around(&self, fresh: Range<usize>, found: &mut Vec<Hit>, hits: &mut Vec<Hit>) {
        let beyond = self.limits.longest - 1;
        let mut at = fresh.start;
        while at < fresh.end {
            // What lies together is looked at together.
            let first = at;
            let from = self.ranges[at].start.saturating_sub(beyond);
            while at + 1 < fresh.end && self.ranges[at + 1].start <= self.ranges[at].end + 2 * beyond {
                at += 1;
            }
            let to = (self.ranges[at].end + beyond).min(self.text.len());
            at += 1;
            self.prefilter.hits(&self.text[from..to], 0, found);
            found.iter_mut().for_each(|hit| hit.at += from);
            self.touching(first..at, found, hits);
        }
    }

    /// Adds those of the hits that touch one of the fresh ranges.
    fn touching(&self, fresh: Range<usize>, found: &[Hit], hits: &mut Vec<Hit>) {
        let mut next = fresh.start;
        for hit in found {
            let end = hit.at + self.prefilter.keyword(hit.keyword).len();
            while next < fresh.end && self.ranges[next].end <= hit.at {
                next += 1;
            }
            // Ends lie behind the hit's start; a seam counts where the hit goes across it.
            if self.ranges[next..fresh.end].first().is_some_and(|range| range.start < end) {
                hits.push(*hit);
            }
        }
    }
}

/// How far a difference reaches.
pub(super) struct Limits {
    /// The length of the longest keyword.
    longest: usize,
    /// No keyword goes on behind a line's end.
    in_lines: bool,
    /// For each keyword how far from it the verdicts of the rules that it wakes may depend on the text.
    reach: Vec<usize>,
}

impl Limits {
    fn new(engine: &Engine) -> Limits {
        let rules = || engine.rules.iter().map(Ready::rule);
        let required: Vec<&str> = rules().filter_map(|rule| Some(rule.requires.as_ref()?.rule)).collect();
        let reach = |number: &u16| {
            let rule = engine.rules[usize::from(engine.place(*number)?)].rule();
            // The halves of a pair stand some lines apart.
            let lines = if rule.requires.is_some() || required.contains(&rule.id) { PAIR } else { 0 };
            match rule.detector {
                None => Some(lines + rule.window + AROUND),
                Some(Rule::MANIFEST) => Some(manifest::REACH + AROUND),
                Some(_) => None,
            }
        };
        let keywords = 0..engine.prefilter.len() as u32;
        let rules_of = |word| engine.wakes.rules(word).iter();
        Limits {
            in_lines: keywords.clone().all(|word| !engine.prefilter.keyword(word).contains('\n')),
            longest: keywords.clone().map(|word| engine.prefilter.keyword(word).len()).max().unwrap_or(1),
            reach: keywords.map(|word| rules_of(word).filter_map(reach).max().unwrap_or(0)).collect(),
        }
    }

    /// The hits whose judgement may depend on something fresh.
    fn dirty(&self, text: &[u8], hits: &[Hit], fresh: &[Range<usize>], dirty: &mut Vec<Hit>) {
        dirty.clear();
        let zone = |n: usize| fresh.get(n).map(|range| Zone::around(text, range));
        let (mut before, mut next, mut after) = (None, 0, zone(0));
        for hit in hits {
            while next < fresh.len() && fresh[next].end < hit.at {
                next += 1;
                (before, after) = (after, zone(next));
            }
            let reach = self.reach[hit.keyword as usize];
            if before.as_ref().is_some_and(|zone: &Zone| hit.at < zone.to.max(zone.fresh.end + reach))
                || after.as_ref().is_some_and(|zone: &Zone| hit.at + reach >= zone.fresh.start || zone.holds(hit.at))
            {
                dirty.push(*hit);
            }
        }
    }
}

/// Where the hits of generic keywords stand whose judgement may depend on something fresh.
struct Zone {
    fresh: Range<usize>,
    from: usize,
    to: usize,
    /// The last backquote that stands before the end of what is fresh.
    backquote: Option<usize>,
}

impl Zone {
    fn around(text: &[u8], fresh: &Range<usize>) -> Zone {
        let mut from = line_start(text, fresh.start.saturating_sub(NEAR));
        // A value goes to the end of its line, and on where that ends in a backslash.
        while from > 1 && text[from - 2] == b'\\' && from + FAR > fresh.start {
            from = line_start(text, from - 1);
        }
        let least = fresh.start.saturating_sub(FAR);
        Zone {
            fresh: fresh.clone(),
            from: from.saturating_sub(NAME),
            to: line_end(text, fresh.end) + NEAR,
            backquote: memchr::memrchr(b'`', &text[least..fresh.end]).map(|at| at + least),
        }
    }

    /// Whether the hit, which stands before the end of what is fresh, may depend on it.
    fn holds(&self, hit: usize) -> bool {
        hit >= self.from || hit + FAR >= self.fresh.start && self.backquote.is_some_and(|at| hit < at)
    }
}

/// Adds the candidates in what is encoded on these lines.
fn encoded_in(run: &mut Run<'_, ()>, text: &[u8], parts: &[Part], depth: usize, candidates: &mut Vec<Candidate>) {
    for part in parts.iter().filter(|_| depth > 0) {
        for decoder in decode::DECODERS.iter().filter(|decoder| part.kinds & decoder.kind != 0) {
            let part = (decoder.reach)(text, &part.lines);
            if !part.is_empty() {
                run.decoded_by(decoder, &text[part], depth - 1, candidates);
            }
        }
    }
}

/// The lines that a part of the text stands on, as far as they are of any length that people write.
fn lines_around(text: &[u8], part: &Range<usize>) -> Range<usize> {
    let (least, most) = (part.start.saturating_sub(LONG_LINE), (part.end + LONG_LINE).min(text.len()));
    line_start(&text[..part.start], part.start).max(least)..line_end(&text[..most], part.end)
}

fn line_start(text: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &text[..at]).map_or(0, |newline| newline + 1)
}

fn line_end(text: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |newline| at + newline + 1)
}
