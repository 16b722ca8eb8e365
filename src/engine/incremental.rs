//! Incremental scan: a text derived from a base is searched only where the two differ.
//!
//! A match of the base that is far from every difference is a match of the text as well. Every keyword with a difference
//! in its reach is verified anew, and so are the encodings on the lines of a difference. If that yields no candidate, the
//! text has no new match; if it yields one, the caller scans the full text. The reach of each rule ([`DerivedTextLimits`]) errs
//! towards too far: a reach too short would lose a secret in silence.

use std::ops::Range;

use super::compiled_rule::CompiledRule;
use super::decode::{self, Decoder, kind};
use super::negative_cache::{LineLookup, NegativeCache, WindowKey};
use super::prefilter::{Hit, Prefilter};
use super::resolve::Candidate;
use super::run::{Hits, Run};
use super::{Engine, Match, Scratch, kubernetes_secret, store, text, whole_file};
use crate::chunk::{Chunk, Copied};
use crate::rule::Rule;

/// The facts about a text that a derived text needs; they do not depend on the path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traces {
    /// Every keyword, sorted by position; empty where the text is `dense`.
    hits: Vec<Hit>,
    /// The keywords are so many that their list would take more memory than the text.
    dense: bool,
    /// An encoded part may hold a keyword.
    encoded: bool,
    /// The text may have wide characters, whose reading depends on the start of the text.
    wide: bool,
}

/// The derivation of a text from its base.
#[derive(Clone, Copy, Debug)]
pub struct Derivation<'a> {
    /// The new bytes and, as empty ranges, the seams between parts of the base that were apart. Sorted.
    pub fresh: &'a [Range<usize>],
    /// The copied parts, in order. No two neighbours were neighbours in the base.
    pub copied: &'a [Copied],
}

/// From a hit of a generic keyword to where its value begins, at most.
const NAME: usize = 448;
/// The bytes above its name and below its value that its score depends on, and the name itself.
const CONTEXT: usize = 320;
/// The longest keyword and the bytes that look-around sees: added to a rule's window, this is its reach from a keyword.
const BEYOND_WINDOW: usize = 128;
/// The distance between the halves of a pair, in bytes: some lines.
const PAIR: usize = 1 << 14;
/// The longest value over several lines: one in backquotes, the only kind that a line end does not end.
const FAR: usize = 4096 + NAME + CONTEXT;
/// The part of a line before and behind a difference that is decoded, in bytes.
const LONG_LINE: usize = 8192;

impl Engine {
    /// As [`Engine::scan`], and fills the text's traces.
    pub fn scan_tracing(&self, chunk: Chunk<'_>, traces: &mut Traces, scratch: &mut Scratch) -> Vec<Match> {
        self.trace(chunk.bytes, traces);
        self.scan_traced(chunk, traces, scratch)
    }

    /// Fills the traces of a text that is not scanned itself.
    pub fn trace(&self, text: &[u8], traces: &mut Traces) {
        traces.dense = !gather_hits(&self.prefilter, text, &mut traces.hits);
        (traces.encoded, traces.wide) = (true, text::may_be_wide(text));
    }

    /// As [`Engine::scan`], for a text whose traces are known.
    pub fn scan_traced(&self, chunk: Chunk<'_>, traces: &mut Traces, scratch: &mut Scratch) -> Vec<Match> {
        let text = chunk.bytes;
        let mut observer = ();
        let mut run = Run::new(self, chunk, scratch, &mut observer);
        let hits = if traces.dense { Hits::Sought } else { Hits::Known(&traces.hits) };
        let candidates = match traces.encoded || traces.wide {
            true => run.scan(text, hits, self.settings.decode_depth),
            false => run.scan_plain(text, hits),
        };
        traces.encoded = run.is_encoded || run.budget.ended();
        run.scratch.decoding_ended = run.budget.ended();
        self.report_all(candidates, text)
    }

    /// Fills the traces of a text from those of its base, and returns whether a difference may have brought a candidate.
    /// `None` when the text must be scanned in full.
    pub fn follow(
        &self,
        chunk: Chunk<'_>,
        base: &Traces,
        derivation: Derivation<'_>,
        traces: &mut Traces,
        scratch: &mut Scratch,
    ) -> Option<bool> {
        let text = chunk.bytes;
        // A short text may be one credential and nothing else.
        if text.len() <= whole_file::LONGEST
            || base.wide
            || base.dense
            || text::has_mark(text)
            || store::kind(text).is_some()
            || derivation.fresh.iter().any(|range| memchr::memchr(0, &text[range.clone()]).is_some())
        {
            return None;
        }
        let limits = self.limits.get_or_init(|| DerivedTextLimits::new(self));
        (traces.dense, traces.wide) = (false, base.wide);
        if !moved(&self.prefilter, base, derivation.copied, most_hits(text), &mut traces.hits) {
            return None;
        }
        let mut parts = std::mem::take(&mut scratch.changed_lines);
        gather(text, derivation.fresh, &mut parts);
        let fresh = Differences { prefilter: &self.prefilter, limits, text, ranges: derivation.fresh };
        fresh.hits(&mut parts, scratch.cache.as_deref_mut(), &mut scratch.hits, &mut traces.hits);
        let mut dirty = std::mem::take(&mut scratch.dirty);
        let mut areas = std::mem::take(&mut scratch.areas);
        join(derivation.fresh, &mut areas);
        limits.dirty(text, &traces.hits, &areas, &mut dirty);
        let mut observer = ();
        let mut run = Run::new(self, chunk, scratch, &mut observer);
        let mut candidates = Vec::new();
        run.by_keywords(text, Hits::Known(&dirty), &mut candidates);
        encoded_in(&mut run, text, &parts, self.settings.decode_depth, &mut candidates);
        traces.encoded = base.encoded || run.is_encoded;
        let ended = run.budget.ended();
        (scratch.dirty, scratch.areas, scratch.changed_lines) = (dirty, areas, parts);
        if ended {
            return None;
        }
        Some(!candidates.is_empty())
    }
}

/// Fills `hits` with every keyword in `text`. Returns false, and leaves `hits` empty, where they are too many.
fn gather_hits(prefilter: &Prefilter, text: &[u8], hits: &mut Vec<Hit>) -> bool {
    let mut some = Vec::new();
    hits.clear();
    for part in prefilter.parts(text.len()) {
        match hits.is_empty() {
            true => prefilter.hits_in(text, &part, hits),
            false => {
                prefilter.hits_in(text, &part, &mut some);
                hits.extend_from_slice(&some);
            }
        }
        if hits.len() > most_hits(text) {
            *hits = Vec::new();
            return false;
        }
    }
    true
}

/// The most hits in the traces of a text: a hit takes 16 bytes.
fn most_hits(text: &[u8]) -> usize {
    text.len() / 8 + 4096
}

/// Joins differences whose contexts overlap.
fn join(fresh: &[Range<usize>], areas: &mut Vec<Range<usize>>) {
    areas.clear();
    for range in fresh {
        match areas.last_mut() {
            Some(last) if range.start <= last.end + CONTEXT => last.end = range.end,
            _ => areas.push(range.clone()),
        }
    }
}

/// Lines with a difference on them.
pub(super) struct ChangedLines {
    lines: Range<usize>,
    /// The indices of the differences on them.
    fresh: Range<usize>,
    /// The possible encodings on them, and those that reach into them.
    kinds: u8,
}

/// Groups the differences by their lines.
fn gather(text: &[u8], fresh: &[Range<usize>], parts: &mut Vec<ChangedLines>) {
    parts.clear();
    let mut at = 0;
    while at < fresh.len() {
        let first = at;
        let mut lines = lines_of(text, &fresh[at]);
        at += 1;
        while at < fresh.len() && fresh[at].start <= lines.end {
            if fresh[at].end >= lines.end {
                lines.end = lines_of(text, &fresh[at]).end;
            }
            at += 1;
        }
        parts.push(ChangedLines { lines, fresh: first..at, kinds: u8::MAX });
    }
}

/// Fills `hits` with the base's hits in copied parts, at their new positions. Returns false where a part that is copied
/// again and again makes them more than `most`.
fn moved(prefilter: &Prefilter, base: &Traces, copied: &[Copied], most: usize, hits: &mut Vec<Hit>) -> bool {
    hits.clear();
    let span = |hit: &Hit| hit.at..hit.at + prefilter.keyword(hit.keyword).len();
    for part in copied {
        let first = base.hits.partition_point(|hit| hit.at < part.from);
        let begins_inside = base.hits[first..].iter().take_while(|hit| hit.at < part.from + part.len);
        let moved = |hit: &Hit| Some(Hit { at: part.moved(&span(hit))?.start, keyword: hit.keyword });
        hits.extend(begins_inside.filter_map(moved));
        if hits.len() > most {
            return false;
        }
    }
    true
}

/// The differences of a text from its base.
struct Differences<'a> {
    prefilter: &'a Prefilter,
    limits: &'a DerivedTextLimits,
    text: &'a [u8],
    ranges: &'a [Range<usize>],
}

/// A line without an entry in the cache, and the key for one.
type Unknown = (Range<usize>, Option<WindowKey>);

impl Differences<'_> {
    /// Adds the hits that touch a difference, sorted among the others, and finds the possible encodings on its lines.
    fn hits(
        &self,
        parts: &mut [ChangedLines],
        mut cache: Option<&mut NegativeCache>,
        found: &mut Vec<Hit>,
        hits: &mut Vec<Hit>,
    ) {
        let mut unknown = Vec::new();
        for part in parts {
            let Range { start, end } = part.lines;
            let text = self.text;
            let is_full_lines =
                (start == 0 || text[start - 1] == b'\n') && (end == text.len() || text[end - 1] == b'\n');
            match cache.as_deref_mut().filter(|_| is_full_lines && self.limits.in_lines) {
                Some(cache) => {
                    found.clear();
                    part.kinds = self.in_lines(part.lines.clone(), cache, &mut unknown, found);
                    // An encoding of the lines above may continue here.
                    let goes_on = |decoder: &&Decoder| (decoder.reach)(text, &(start..start)).start < start;
                    part.kinds |=
                        decode::DECODERS.iter().filter(goes_on).fold(0, |kinds, decoder| kinds | decoder.kind);
                    self.touching(part.fresh.clone(), found, hits);
                }
                None => self.in_reach(part.fresh.clone(), found, hits),
            }
        }
        if !hits.is_sorted() {
            hits.sort_unstable();
        }
    }

    /// Adds every hit on these lines, and returns the possible encodings on them.
    fn in_lines(
        &self,
        lines: Range<usize>,
        cache: &mut NegativeCache,
        unknown: &mut Vec<Unknown>,
        found: &mut Vec<Hit>,
    ) -> u8 {
        let (mut at, mut kinds) = (lines.start, 0);
        while at < lines.end {
            let end = line_end(self.text, at);
            match cache.line(&self.text[at..end]) {
                LineLookup::Known(line) => {
                    kinds |= self.search_unknown(cache, unknown, found);
                    kinds |= self.joined_kinds(&(at..end), line.kinds);
                    found.extend(line.hits(at));
                }
                LineLookup::Unknown(key) => unknown.push((at..end, Some(key))),
                LineLookup::TooLong => unknown.push((at..end, None)),
            }
            at = end;
        }
        kinds | self.search_unknown(cache, unknown, found)
    }

    /// Searches neighbouring lines without an entry in the cache, in one pass of the prefilter.
    fn search_unknown(&self, cache: &mut NegativeCache, unknown: &mut Vec<Unknown>, found: &mut Vec<Hit>) -> u8 {
        let (Some((first, _)), Some((last, _))) = (unknown.first(), unknown.last()) else { return 0 };
        let start = first.start;
        let mut hits = Vec::new();
        self.prefilter.hits(&self.text[start..last.end], 0, &mut hits);
        let (mut rest, mut kinds) = (&hits[..], 0);
        for (line, key) in unknown.drain(..) {
            let (here, after) = rest.split_at(rest.partition_point(|hit| hit.at < line.end - start));
            rest = after;
            let text = &self.text[line.clone()];
            let these = match key {
                Some(key) => cache.store_line(key, line.start - start, text, here),
                None => decode::kinds(text),
            };
            kinds |= self.joined_kinds(&line, these);
        }
        found.extend(hits.iter().map(|hit| Hit { at: hit.at + start, keyword: hit.keyword }));
        kinds
    }

    /// The possible encodings on a line of these kinds, with a literal that may continue on the next line looked up.
    fn joined_kinds(&self, line: &Range<usize>, kinds: u8) -> u8 {
        match kinds & kind::OPEN != 0 && decode::goes_on(self.text, line) {
            true => kinds | kind::LITERALS,
            false => kinds,
        }
    }

    /// Adds the hits that touch some of the differences, without regard to lines.
    fn in_reach(&self, fresh: Range<usize>, found: &mut Vec<Hit>, hits: &mut Vec<Hit>) {
        let beyond = self.limits.longest - 1;
        let mut at = fresh.start;
        while at < fresh.end {
            // One search for differences whose surroundings overlap.
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

    /// Adds the hits of `found` that touch one of these differences.
    fn touching(&self, fresh: Range<usize>, found: &[Hit], hits: &mut Vec<Hit>) {
        let mut next = fresh.start;
        for hit in found {
            let end = hit.at + self.prefilter.keyword(hit.keyword).len();
            while next < fresh.end && self.ranges[next].end <= hit.at {
                next += 1;
            }
            // A difference that ends behind the hit's start touches it if it begins before its end, and so does a seam.
            if self.ranges[next..fresh.end].first().is_some_and(|range| range.start < end) {
                hits.push(*hit);
            }
        }
    }
}

/// The reach of the rules: the distance from a difference at which a verdict may still depend on it.
pub(super) struct DerivedTextLimits {
    /// The length of the longest keyword.
    longest: usize,
    /// No keyword contains a line end, so a search for keywords is line-local.
    in_lines: bool,
    /// The reach of each keyword: the longest of the rules that it wakes.
    reach: Vec<usize>,
}

impl DerivedTextLimits {
    fn new(engine: &Engine) -> Self {
        let rules = || engine.rules.iter().map(CompiledRule::rule);
        let required: Vec<&str> = rules().filter_map(|rule| Some(rule.requires.as_ref()?.rule)).collect();
        let reach = |number: &u16| {
            let rule = engine.rules[usize::from(engine.slot(*number)?)].rule();
            // The halves of a pair are some lines apart.
            let lines = if rule.requires.is_some() || required.contains(&rule.id) { PAIR } else { 0 };
            match rule.detector {
                None => Some(lines + rule.window + BEYOND_WINDOW),
                Some(Rule::MANIFEST) => Some(kubernetes_secret::REACH + BEYOND_WINDOW),
                Some(_) => None,
            }
        };
        let keywords = 0..engine.prefilter.len() as u32;
        let rules_of = |word| engine.wakes.rules(word).iter();
        Self {
            in_lines: keywords.clone().all(|word| !engine.prefilter.keyword(word).contains('\n')),
            longest: keywords.clone().map(|word| engine.prefilter.keyword(word).len()).max().unwrap_or(1),
            reach: keywords.map(|word| rules_of(word).filter_map(reach).max().unwrap_or(0)).collect(),
        }
    }

    /// The hits whose verdict may depend on a difference.
    fn dirty(&self, text: &[u8], hits: &[Hit], fresh: &[Range<usize>], dirty: &mut Vec<Hit>) {
        dirty.clear();
        let zone = |n: usize| fresh.get(n).map(|range| Zone::of(text, range));
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

/// The range of the generic keywords whose score may depend on a difference.
struct Zone {
    fresh: Range<usize>,
    from: usize,
    to: usize,
    /// The last backquote before the end of the difference.
    backquote: Option<usize>,
}

impl Zone {
    fn of(text: &[u8], fresh: &Range<usize>) -> Self {
        let mut from = line_start(text, fresh.start.saturating_sub(CONTEXT));
        // A value ends with its line, unless the line ends in a backslash.
        while from > 1 && text[from - 2] == b'\\' && from + FAR > fresh.start {
            from = line_start(text, from - 1);
        }
        let least = fresh.start.saturating_sub(FAR);
        Self {
            fresh: fresh.clone(),
            from: from.saturating_sub(NAME),
            to: line_end(text, fresh.end) + CONTEXT,
            backquote: memchr::memrchr(b'`', &text[least..fresh.end]).map(|at| at + least),
        }
    }

    /// Returns whether the verdict of a hit before the end of the difference may depend on the difference.
    fn holds(&self, hit: usize) -> bool {
        hit >= self.from || hit + FAR >= self.fresh.start && self.backquote.is_some_and(|at| hit < at)
    }
}

/// Adds the candidates in the encodings on these lines.
fn encoded_in(
    run: &mut Run<'_, ()>,
    text: &[u8],
    parts: &[ChangedLines],
    depth: usize,
    candidates: &mut Vec<Candidate>,
) {
    for part in parts.iter().filter(|_| depth > 0) {
        for decoder in decode::DECODERS.iter().filter(|decoder| part.kinds & decoder.kind != 0) {
            let part = (decoder.reach)(text, &part.lines);
            if !part.is_empty() {
                run.decoded_by(decoder, &text[part], depth - 1, candidates);
            }
        }
    }
}

/// The lines of a part of the text, cut to a length that people write.
fn lines_of(text: &[u8], part: &Range<usize>) -> Range<usize> {
    let (least, most) = (part.start.saturating_sub(LONG_LINE), (part.end + LONG_LINE).min(text.len()));
    line_start(&text[..part.start], part.start).max(least)..line_end(&text[..most], part.end)
}

fn line_start(text: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &text[..at]).map_or(0, |newline| newline + 1)
}

fn line_end(text: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |newline| at + newline + 1)
}
