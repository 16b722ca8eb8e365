//! The pipeline: Source -> Engine -> Policy -> Outcome.
//!
//! Scan first, diff later: every new byte is scanned once, and only where something is found is the old side read to
//! decide whether the line is new.

mod copies;
mod inside;
mod moved;
mod novelty;
mod shown;
mod supply;
mod versions;

pub use supply::sieve;

use std::cmp::Reverse;
use std::ops::Range;
use std::time::Instant;

use aho_corasick::{AhoCorasick, MatchKind};
use bstr::BString;
use rayon::prelude::*;

use crate::chunk::{Chunk, Kind};
use crate::engine::{self, Engine, Match, Scratch};
use crate::error::Result;
use crate::finding::excerpt;
use crate::finding::{Finding, Fingerprint, Location, Verdict};
use crate::outcome::{self, Outcome};
use crate::package;
use crate::policy::{Allowances, Policy, config};
use crate::source::{Coverage, Item, Old, Reader, Skip, Source};
use crate::terminal::progress::Progress;
use crate::threads;
use inside::Look;
use versions::{Versions, side_by_side};

/// What is planned below this many items is scanned on one thread: starting others costs more than it gives.
const SERIAL_ITEMS: usize = 64;

/// Scans everything that `sources` plan, one after the other.
///
/// # Errors
/// When a source cannot even say what is to be read.
pub fn run(sources: &[&dyn Source], engine: &Engine, policy: &Policy) -> Result<Outcome> {
    run_in(sources, engine, policy, true)
}

/// The same, every item by itself and whole: the obvious way, to hold the other one to.
///
/// # Errors
/// As [`run`].
pub fn run_each(sources: &[&dyn Source], engine: &Engine, policy: &Policy) -> Result<Outcome> {
    run_in(sources, engine, policy, false)
}

fn run_in(sources: &[&dyn Source], engine: &Engine, policy: &Policy, follows: bool) -> Result<Outcome> {
    let start = Instant::now();
    let mut coverage = Coverage::default();
    let (mut findings, mut packages, mut changes) = (Vec::new(), Vec::new(), Vec::new());
    let mut unknown = std::collections::BTreeSet::new();
    let gate = package::gate::Gate::default();
    let progress = Progress::start();
    for source in sources {
        let items = source.plan(&mut coverage)?;
        progress.more(items.len());
        let order = if follows { side_by_side(&items) } else { (0..items.len() as u32).collect() };
        let scan = |some: &[u32]| scan_all(*source, engine, policy, &gate, &progress, &items, some, follows);
        let mut parts: Vec<(u32, Part)> = if items.len() < SERIAL_ITEMS {
            scan(&order)?
        } else {
            let all = threads::shared(|| {
                let grain = (items.len() / (rayon::current_num_threads() * 8)).clamp(16, 1024);
                order.par_chunks(grain).map(scan).collect::<Result<Vec<_>>>()
            });
            all?.into_iter().flatten().collect()
        };
        // What is told first is told in the order of the plan.
        parts.sort_by_key(|(item, _)| *item);
        moved::settle(*source, &items, &mut parts, policy.block_moved)?;
        let mut found = Vec::new();
        for (_, part) in parts {
            found.extend(part.findings);
            packages.extend(part.packages);
            changes.extend(part.changes);
            unknown.extend(part.unknown);
            coverage.blobs += part.blobs;
            coverage.bytes += part.bytes;
            coverage.skipped.extend(part.skipped);
        }
        source.settle(&mut found);
        findings.extend(found);
    }
    accept(policy, &mut coverage);
    let proven = policy.check_allowances || !findings.is_empty();
    let stale = policy.stale(engine.rules(), if proven { Allowances::Proven } else { Allowances::AsRead });
    packages.sort_by_key(|row: &package::survey::Row| (row.path.clone(), row.line, row.name.clone()));
    packages.dedup();
    changes.sort_by(|a: &(String, package::change::Change), b| a.0.cmp(&b.0));
    let rules = engine.rules();
    let mut rule_stats = engine.stats();
    for stat in &mut rule_stats {
        let own = findings.iter().filter(|f: &&Finding| f.rule.id == stat.rule.id);
        stat.findings = own.clone().count() as u64;
        stat.blocking = own.filter(|f| f.verdict.blocks()).count() as u64;
    }
    rule_stats.sort_by(|a, b| b.time.cmp(&a.time).then(a.rule.id.cmp(b.rule.id)));
    let mut outcome = Outcome {
        rule_stats,
        findings,
        coverage,
        stale,
        rules: rules.len(),
        ruleset: rules.hash(),
        took: start.elapsed(),
        packages,
        changes,
        unknown_origin: unknown.len(),
        data: gate.data().map(str::to_owned),
        root: None,
        failed: None,
    };
    shown::redact(&mut outcome);
    outcome.coverage.skipped.sort();
    outcome::sort(&mut outcome.findings);
    Ok(outcome)
}

/// Lets stay unread what the policy accepts; it is listed with the reason all the same.
fn accept(policy: &Policy, coverage: &mut Coverage) {
    for skip in coverage.skipped.iter_mut().filter(|skip| skip.incomplete) {
        if let Some(reason) = policy.may_stay_unread(&skip.path) {
            skip.incomplete = false;
            skip.reason.push_str(&format!("; accepted: {reason}"));
        }
    }
}

/// Shorter secrets would tear words apart that have nothing to do with them.
const SHORTEST_ON_A_LINE: usize = 8;

/// A secret this long does not stand somewhere else by chance; a shorter password is as likely a word.
const TELLING: usize = 16;

/// What one worker brings back.
#[derive(Default)]
struct Part {
    findings: Vec<Finding>,
    /// Those of them that no old side of their own file has.
    fresh: Vec<moved::Fresh>,
    skipped: Vec<Skip>,
    blobs: usize,
    bytes: u64,
    packages: Vec<package::survey::Row>,
    changes: Vec<(String, package::change::Change)>,
    /// The packages from where nobody can tell what is served, each with its path.
    unknown: Vec<(String, String)>,
}

impl Part {
    fn is_empty(&self) -> bool {
        self.findings.is_empty()
            && self.skipped.is_empty()
            && self.packages.is_empty()
            && self.changes.is_empty()
            && self.unknown.is_empty()
    }
}

/// Scans some of the items, in this order. Gives what there is to tell of each, and sums with one of them.
#[allow(clippy::too_many_arguments)]
fn scan_all(
    source: &dyn Source,
    engine: &Engine,
    policy: &Policy,
    gate: &package::gate::Gate,
    progress: &Progress,
    items: &[Item],
    order: &[u32],
    follows: bool,
) -> Result<Vec<(u32, Part)>> {
    let mut reader = source.reader()?;
    let (mut buffer, mut scratch, mut versions) = (Vec::new(), Scratch::default(), Versions::default());
    let (mut parts, mut sums) = (Vec::new(), Part::default());
    for (at, &number) in order.iter().enumerate() {
        let (item, mut part) = (&items[number as usize], Part::default());
        progress.step();
        if let Err(skip) = reader.read(item, &mut buffer) {
            sums.skipped.push(skip);
            continue;
        }
        if matches!(item.origin.kind, Kind::File | Kind::Symlink | Kind::Note | Kind::Stdin) {
            sums.blobs += 1;
        }
        sums.bytes += buffer.len() as u64;
        let chunk = Chunk { origin: &item.origin, bytes: &buffer };
        let (matches, decoded) = if follows {
            let after = order.get(at + 1).map(|next| &items[*next as usize]);
            versions.scan(engine, item, after, chunk, &mut scratch)
        } else {
            (engine.scan(chunk, &mut scratch), !scratch.decoding_ended())
        };
        if !decoded {
            part.skipped.push(undecoded(&item.origin.path));
        }
        let secrets = occurrences(chunk.bytes, &matches);
        if !matches.is_empty() {
            let old = match item.old {
                Old::Nothing => Vec::new(),
                Old::Blobs { .. } | Old::Unknown(_) => reader.old_sides(item),
            };
            let is_new = novelty::new_ones(engine, chunk, &matches, &old, &mut scratch);
            judge(reader.as_mut(), policy, item, chunk, matches.into_iter().zip(is_new), &secrets, &mut part);
        }
        supply::judge(gate, reader.as_mut(), policy, item, chunk, &secrets, &mut part)?;
        Look { engine, policy, source, item }.behind(chunk.bytes, reader.as_mut(), &mut scratch, &mut part);
        if !part.is_empty() {
            parts.push((number, part));
        }
        versions.keep(&mut buffer);
    }
    parts.extend(order.first().map(|number| (*number, sums)));
    Ok(parts)
}

/// The ledger's row of a text that holds more encoded text than is decoded.
fn undecoded(path: &BString) -> Skip {
    let reason = "it holds more encoded text than is decoded for a file of its size: not all of that was read in clear";
    Skip { what: "encoding", path: path.to_string(), reason: reason.into(), incomplete: true }
}

/// Turns what the engine matched in one chunk, each with whether it is new, into findings with a verdict.
fn judge(
    reader: &mut dyn Reader,
    policy: &Policy,
    item: &Item,
    chunk: Chunk<'_>,
    matches: impl Iterator<Item = (Match, bool)>,
    spans: &[Range<usize>],
    part: &mut Part,
) {
    let mut places = excerpt::Positions::new(chunk.bytes, engine::stored(chunk.bytes));
    for (found, is_new) in matches {
        let spans = nearby(spans, &found.span);
        let place = places.locate(&found.span);
        let mask = found.secret.masked();
        let mut finding = Finding {
            rule: found.rule,
            confidence: found.confidence,
            kind: chunk.origin.kind,
            location: Location {
                path: chunk.origin.path.clone(),
                line: place.line,
                column: place.column,
                end_line: place.end_line,
            },
            commit: chunk.origin.commit.clone(),
            fingerprint: Fingerprint::of(found.rule.id, &found.secret),
            secret: found.secret,
            verified: found.verified,
            notes: found.notes,
            excerpt: shown::excerpt(chunk, &found.span, spans, &mask),
            verdict: Verdict::Block,
            repair: Vec::new(),
        };
        if !is_new {
            finding.verdict = Verdict::Old("it stood there before this change".into());
        } else {
            match published_elsewhere(reader, policy, item) {
                Some(Published { stops: false, wording }) => finding.verdict = Verdict::Warn(wording),
                elsewhere => {
                    policy.judge(&mut finding, chunk.bytes, &found.span, spans);
                    finding.notes.extend(elsewhere.map(|published| published.wording));
                }
            }
        }
        if is_new && item.change().is_some() {
            part.fresh.push(moved::Fresh {
                finding: part.findings.len(),
                needle: copies::Needle::at(chunk.bytes, &found.span),
            });
        }
        part.findings.push(finding);
    }
}

/// How new content that is published elsewhere is treated.
struct Published {
    stops: bool,
    wording: String,
}

/// Whether an item is published elsewhere, and whether the policy stops it all the same.
fn published_elsewhere(reader: &mut dyn Reader, policy: &Policy, item: &Item) -> Option<Published> {
    let elsewhere = reader.published_elsewhere(item)?;
    let (stops, mut wording) =
        (policy.stops_elsewhere(&elsewhere), format!("already published: {} holds it", elsewhere.holder));
    if stops && elsewhere.is_first_contact {
        let fetch = elsewhere.remote.as_deref().unwrap_or("ADDRESS");
        wording.push_str(&format!(
            ", but nothing is known to be published where this push goes. If that is a fork or a mirror, \
             `git fetch {fetch}` shows what it has; published-elsewhere = \"report\" in {} lets such pushes pass",
            config::FILE
        ));
    }
    Some(Published { stops, wording })
}

/// Up to so many values are looked for one by one: building an automaton takes longer than reading a file.
const FEW_VALUES: usize = 8;

/// Where `values` stand, the leftmost first, of those that begin together the longest, and none that overlaps another.
fn leftmost_longest(text: &[u8], values: &[&[u8]]) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = Vec::new();
    for value in values {
        let finder = memchr::memmem::Finder::new(value);
        let mut from = 0;
        while let Some(at) = finder.find(&text[from..]).map(|at| from + at) {
            all.push(at..at + value.len());
            from = at + 1;
        }
    }
    all.sort_unstable_by_key(|span| (span.start, Reverse(span.end)));
    let mut end = 0;
    all.retain(|span| {
        let free = span.start >= end;
        end = if free { span.end } else { end };
        free
    });
    all
}

/// Everywhere in the text that a report must not show: each match, and each further place where the same secret
/// stands. Sorted, and none that overlaps another.
fn occurrences(text: &[u8], matches: &[Match]) -> Vec<Range<usize>> {
    if matches.is_empty() {
        return Vec::new();
    }
    let mut spans: Vec<Range<usize>> =
        matches.iter().flat_map(|m| [Some(m.span.clone()), m.pair.clone()]).flatten().collect();
    let mut values: Vec<&[u8]> =
        matches.iter().map(|m| m.secret.expose()).filter(|v| v.len() >= SHORTEST_ON_A_LINE).collect();
    values.sort_unstable();
    values.dedup();
    if values.len() <= FEW_VALUES {
        spans.extend(leftmost_longest(text, &values));
    } else if let Ok(found) = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(values) {
        spans.extend(found.find_iter(text).map(|m| m.range()));
    }
    spans.sort_by_key(|s| (s.start, s.end));
    spans.dedup_by(|next, last| {
        let overlaps = next.start < last.end || next == last;
        last.end = if overlaps { last.end.max(next.end) } else { last.end };
        overlaps
    });
    spans
}

/// What a finding's surroundings can hold of them: its own line and the one before, as far as these are looked at.
fn nearby<'s>(spans: &'s [Range<usize>], span: &Range<usize>) -> &'s [Range<usize>] {
    let from = spans.partition_point(|s| s.end.saturating_add(AROUND) < span.start);
    let to = spans.partition_point(|s| s.start <= span.end.saturating_add(AROUND));
    &spans[from..to]
}

/// More than any line around a finding is looked at, in bytes.
const AROUND: usize = 1 << 14;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The twin: all of them, looked through.
        #[test]
        fn nearby_spans_are_all_that_touch(
            lengths in prop::collection::vec((0_usize..40_000, 1_usize..40_000), 1..20), at in 0_usize..400_000,
        ) {
            let mut end = 0;
            let spans: Vec<_> = lengths.iter().map(|(gap, length)| {
                let start = end + gap;
                end = start + length;
                start..end
            }).collect();
            let window = at.saturating_sub(AROUND)..at + 1 + AROUND;
            let near = nearby(&spans, &(at..at + 1));
            let touching = |s: &&Range<usize>| s.start < window.end && s.end > window.start;
            prop_assert!(spans.iter().filter(touching).all(|s| near.contains(s)));
        }

        /// The twin: an automaton.
        #[test]
        fn values_are_found_as_an_automaton_finds_them(
            text in "[ab]{0,40}", values in prop::collection::btree_set("[ab]{1,4}", 1..5),
        ) {
            let values: Vec<&[u8]> = values.iter().map(|value| value.as_bytes()).collect();
            let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&values).unwrap();
            let found: Vec<_> = automaton.find_iter(&text).map(|m| m.range()).collect();
            prop_assert_eq!(leftmost_longest(text.as_bytes(), &values), found);
        }
    }
}
