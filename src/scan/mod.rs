//! The pipeline: Source -> Engine -> Policy -> Outcome.
//!
//! Scan first, diff later: every new byte is scanned once, and the old side is read only where something was found, to
//! decide whether the line is new.

mod copies;
mod inside;
mod moved;
mod novelty;
mod packages;
mod repeated;
mod sealed;
mod shown;
mod versions;
mod witness;

pub use packages::history_filter;

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::sync::OnceLock;
use std::time::Instant;

use aho_corasick::{AhoCorasick, MatchKind};
use bstr::BStr;
use rayon::prelude::*;

use crate::chunk::{Chunk, Kind};
use crate::engine::{self, Engine, Match, Scratch};
use crate::error::Result;
use crate::finding::excerpt;
use crate::finding::{Finding, Fingerprint, Location, Verdict, WarnReason};
use crate::git::Oid;
use crate::outcome::{self, Outcome};
use crate::package::{self, change::PackageChange, survey::SurveyRow};
use crate::policy::{AllowanceCheck, Policy, Used, config};
use crate::source::{Budget, Content, ContentReader, Coverage, Item, Old, Plan, Skip, Source};
use crate::terminal::progress::Progress;
use crate::threads;
use inside::InsideScan;
use novelty::{Novelty, OldSides};
use versions::{Versions, side_by_side};
use witness::Witness;

/// Below this many items a plan is scanned on one thread: starting others costs more than it gives.
const SERIAL_ITEMS: usize = 64;

/// Scans everything that `sources` plan, one after the other.
///
/// # Errors
/// A source cannot make its plan, or the object database cannot be opened.
pub fn run(sources: &[&dyn Source], engine: &Engine, policy: &Policy) -> Result<Outcome> {
    run_in(sources, engine, policy, ScanMode::Incremental)
}

/// The same, with every item scanned by itself and in full: the reference that [`run`] is tested against.
///
/// # Errors
/// As [`run`].
pub fn run_each(sources: &[&dyn Source], engine: &Engine, policy: &Policy) -> Result<Outcome> {
    run_in(sources, engine, policy, ScanMode::EachItem)
}

/// How the versions of a file are scanned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ScanMode {
    /// Each by its difference to the version before.
    Incremental,
    /// Each in full.
    EachItem,
}

/// The parts of a run that all its workers share.
struct ScanContext<'a> {
    engine: &'a Engine,
    policy: &'a Policy,
    packages: &'a package::gate::PackageGate,
    progress: &'a Progress,
    source: &'a dyn Source,
    plan: &'a Plan<'a>,
    /// The objects of the plan, once somebody asks for them.
    objects: OnceLock<HashSet<Oid>>,
    mode: ScanMode,
}

fn run_in(sources: &[&dyn Source], engine: &Engine, policy: &Policy, mode: ScanMode) -> Result<Outcome> {
    let start = Instant::now();
    let mut total = Totals::default();
    let packages = package::gate::PackageGate::default();
    let progress = Progress::start();
    for source in sources {
        let plan = source.plan(&mut total.coverage)?;
        progress.more(plan.items.len());
        let (packages, progress) = (&packages, &progress);
        let context = ScanContext {
            engine,
            policy,
            packages,
            progress,
            source: *source,
            plan: &plan,
            objects: OnceLock::new(),
            mode,
        };
        let mut parts = context.scan()?;
        // The order of the plan decides which of several equal findings is the first.
        parts.sort_by_key(|(item, _)| *item);
        moved::settle(&plan, &mut parts, context.witness(), |ids| context.are_new(ids))?;
        total.add(*source, parts);
    }
    accept(policy, &mut total.coverage);
    let mut outcome = total.outcome(engine, policy);
    outcome.took = start.elapsed();
    outcome.data = packages.data();
    shown::redact(&mut outcome);
    outcome.coverage.skipped.sort();
    // Each worker meets the end of a budget.
    outcome.coverage.skipped.dedup_by(|next, last| next.what == Skip::PUSH && next == last);
    outcome::sort(&mut outcome.findings);
    Ok(outcome)
}

/// Accepts unread content that the policy names; the coverage lists it with the reason all the same.
fn accept(policy: &Policy, coverage: &mut Coverage) {
    for skip in coverage.skipped.iter_mut().filter(|skip| skip.incomplete && skip.what != Skip::PUSH) {
        if let Some(reason) = policy.may_stay_unread(&skip.path) {
            skip.incomplete = false;
            skip.reason.push_str(&format!("; accepted: {reason}"));
        }
    }
}

/// The results of all sources so far.
#[derive(Default)]
struct Totals {
    coverage: Coverage,
    findings: Vec<Finding>,
    packages: Vec<SurveyRow>,
    changes: Vec<(String, PackageChange)>,
    unknown_origin: BTreeSet<(String, String)>,
    used: Used,
}

impl Totals {
    /// Adds the results of one source.
    fn add(&mut self, source: &dyn Source, parts: Vec<(u32, ScanPart)>) {
        let mut found = Vec::new();
        for (_, part) in parts {
            found.extend(part.findings);
            self.packages.extend(part.packages);
            self.changes.extend(part.changes);
            self.unknown_origin.extend(part.unknown_origin);
            self.used.extend(part.used);
            self.coverage.blobs += part.blobs;
            self.coverage.bytes += part.bytes;
            self.coverage.skipped.extend(part.skipped);
        }
        source.settle(&mut found);
        repeated::join(&mut found);
        self.findings.extend(found);
    }

    fn outcome(mut self, engine: &Engine, policy: &Policy) -> Outcome {
        let rules = engine.rules();
        let proven = policy.check_allowances || !self.findings.is_empty();
        let stale =
            policy.stale(rules, if proven { AllowanceCheck::Everything } else { AllowanceCheck::Use }, &self.used);
        self.packages.sort_by_key(|row| (row.path.clone(), row.line, row.name.clone()));
        self.packages.dedup();
        self.changes.sort_by(|a, b| a.0.cmp(&b.0));
        let mut rule_stats = engine.stats();
        for stat in &mut rule_stats {
            let own = self.findings.iter().filter(|f| f.rule.id == stat.rule.id);
            stat.findings = own.clone().count() as u64;
            stat.blocking = own.filter(|f| f.verdict.blocks()).count() as u64;
        }
        rule_stats.sort_by(|a, b| b.time.cmp(&a.time).then(a.rule.id.cmp(b.rule.id)));
        Outcome {
            rule_stats,
            findings: self.findings,
            coverage: self.coverage,
            stale,
            rules: rules.len(),
            ruleset: rules.hash(),
            took: Default::default(),
            packages: self.packages,
            changes: self.changes,
            unknown_origin: self.unknown_origin.len(),
            data: None,
            root: None,
            repository: None,
            failed: None,
        }
    }
}

/// Shorter secrets are no whole words: masking them everywhere would tear unrelated text apart.
const SHORTEST_ON_A_LINE: usize = 8;

/// A secret of this length does not recur by chance; a shorter password may be an ordinary word.
const DISTINCTIVE: usize = 16;

/// The results for one item, or the sums of one worker.
#[derive(Default)]
struct ScanPart {
    findings: Vec<Finding>,
    /// Those findings that no old side of their own file has.
    new: Vec<moved::NewFinding>,
    skipped: Vec<Skip>,
    blobs: usize,
    bytes: u64,
    packages: Vec<SurveyRow>,
    changes: Vec<(String, PackageChange)>,
    /// The packages from a source whose content nobody can name, each with the path of its lockfile.
    unknown_origin: Vec<(String, String)>,
    /// The policy's entries that its findings matched.
    used: Used,
}

impl ScanPart {
    fn is_empty(&self) -> bool {
        self.findings.is_empty()
            && self.skipped.is_empty()
            && self.packages.is_empty()
            && self.changes.is_empty()
            && self.unknown_origin.is_empty()
    }

    /// Removes the findings for which `is_removed` holds.
    fn remove(&mut self, is_removed: impl Fn(&Finding) -> bool) {
        let mut position = 0;
        let positions: Vec<Option<usize>> = self
            .findings
            .iter()
            .map(|finding| {
                let own = (!is_removed(finding)).then_some(position);
                position += usize::from(own.is_some());
                own
            })
            .collect();
        self.findings.retain(|finding| !is_removed(finding));
        self.new.retain_mut(|new| match positions[new.finding] {
            Some(position) => {
                new.finding = position;
                true
            }
            None => false,
        });
    }
}

impl ScanContext<'_> {
    /// Scans all items of the plan; the parts are in no order.
    fn scan(&self) -> Result<Vec<(u32, ScanPart)>> {
        let items = &self.plan.items;
        let order = match self.mode {
            ScanMode::Incremental => side_by_side(items),
            ScanMode::EachItem => (0..items.len() as u32).collect(),
        };
        if items.len() < SERIAL_ITEMS {
            return self.scan_some(&order);
        }
        let all = threads::shared(|| {
            let grain = (items.len() / (rayon::current_num_threads() * 8)).clamp(16, 1024);
            order.par_chunks(grain).map(|some| self.scan_some(some)).collect::<Result<Vec<_>>>()
        });
        Ok(all?.into_iter().flatten().collect())
    }

    /// The judge of old sides.
    fn witness(&self) -> Witness<'_> {
        Witness { engine: self.engine, policy: self.policy }
    }

    /// Returns whether all of these objects are content of this run, and there is one.
    fn are_new(&self, ids: &[Oid]) -> bool {
        let own = || {
            let objects = self.plan.items.iter().filter_map(|item| match &item.content {
                Content::Object(id) => Some(*id),
                _ => None,
            });
            objects.collect::<HashSet<Oid>>()
        };
        !ids.is_empty() && ids.iter().all(|id| self.objects.get_or_init(own).contains(id))
    }

    /// Counts unpacked bytes against the source's budget.
    fn spend(&self, bytes: usize) {
        if let Some(budget) = self.source.budget() {
            budget.spend(bytes as u64);
        }
    }

    /// Scans some of the items, in this order. Gives a part for each with results, and the sums with the first.
    fn scan_some(&self, order: &[u32]) -> Result<Vec<(u32, ScanPart)>> {
        let mut reader = self.plan.reader()?;
        let (mut buffer, mut scratch, mut versions) = (Vec::new(), Scratch::default(), Versions::default());
        let (mut parts, mut sums) = (Vec::new(), ScanPart::default());
        for (at, &number) in order.iter().enumerate() {
            let (item, mut part) = (&self.plan.items[number as usize], ScanPart::default());
            self.progress.step();
            if let Some(rest) = self.source.budget().and_then(Budget::ended) {
                sums.skipped.push(rest);
                break;
            }
            if let Err(skip) = reader.read(item, &mut buffer) {
                sums.skipped.push(skip);
                continue;
            }
            if matches!(item.origin.kind(), Kind::File | Kind::Symlink | Kind::Note | Kind::Stdin) {
                sums.blobs += 1;
            }
            sums.bytes += buffer.len() as u64;
            self.spend(buffer.len());
            let chunk = Chunk { origin: &item.origin, bytes: &buffer };
            let (matches, decoded) = match self.mode {
                ScanMode::Incremental => {
                    let after = order.get(at + 1).map(|next| &self.plan.items[*next as usize]);
                    versions.scan(self.engine, item, after, chunk, &mut scratch)
                }
                ScanMode::EachItem => (self.engine.scan(chunk, &mut scratch), !scratch.decoding_ended()),
            };
            part.skipped.extend((!decoded).then(|| undecoded(item.origin.path())));
            let secrets = occurrences(chunk.bytes, &matches);
            let mut scan = ItemScan { context: self, reader: reader.as_mut(), item, chunk, secrets: &secrets };
            if !matches.is_empty() {
                let old = match item.old {
                    Old::Nothing => Vec::new(),
                    _ => scan.reader.old_sides(item),
                };
                let old_path = if old.is_empty() { None } else { scan.reader.old_path(item) };
                let are_new = self.are_new(&scan.reader.old_ids(item));
                let old = OldSides { sides: &old, path: old_path.as_ref().map(AsRef::as_ref), are_new };
                let novelty = novelty::of_matches(self.witness(), chunk, &matches, old, &mut scratch);
                scan.secrets(matches.into_iter().zip(novelty), &mut part);
            }
            packages::inspect(&mut scan, &mut part)?;
            sealed::inspect(&mut scan, &mut part);
            let (reader, scratch, part_of_item) = (scan.reader, &mut scratch, &mut part);
            InsideScan { context: self, item, reader, scratch, part: part_of_item }.run(chunk.bytes)?;
            if !part.is_empty() {
                parts.push((number, part));
            }
            versions.retain(&mut buffer);
        }
        parts.extend(order.first().map(|number| (*number, sums)));
        Ok(parts)
    }
}

/// The coverage row of a text with more encoded text than is decoded.
fn undecoded(path: &BStr) -> Skip {
    let reason = "not all of its encoded text was read in clear: it is more than is decoded for a file of its size, too deep, or locked";
    Skip { what: "encoding", path: path.to_string(), reason: reason.into(), incomplete: true }
}

/// One item under scan.
struct ItemScan<'a> {
    context: &'a ScanContext<'a>,
    reader: &'a mut dyn ContentReader,
    item: &'a Item,
    chunk: Chunk<'a>,
    /// The spans that no report may show.
    secrets: &'a [Range<usize>],
}

impl ItemScan<'_> {
    /// Turns the matches of the engine, each with its novelty, into findings with a verdict.
    fn secrets(&mut self, matches: impl Iterator<Item = (Match, Novelty)>, part: &mut ScanPart) {
        let (item, chunk) = (self.item, self.chunk);
        let mut positions = excerpt::Positions::new(chunk.bytes, engine::stored(chunk.bytes));
        for (found, novelty) in matches {
            let is_new = novelty != Novelty::Old;
            let secrets = nearby(self.secrets, &found.span);
            let position = positions.locate(&found.span);
            let mask = found.secret.masked();
            let mut finding = Finding {
                rule: found.rule,
                confidence: found.confidence,
                location: Location {
                    place: chunk.origin.place.clone(),
                    line: position.line,
                    column: position.column,
                    end_line: position.end_line,
                },
                commit: chunk.origin.commit.clone(),
                fingerprint: Fingerprint::of(found.rule.id, &found.secret),
                secret: found.secret,
                verified: found.verified,
                notes: found.notes,
                excerpt: shown::excerpt(chunk, &found.span, secrets, &mask),
                verdict: Verdict::Block,
                repair: Vec::new(),
            };
            if let Novelty::Excused(before) = novelty {
                finding.notes.push(before);
            }
            if is_new {
                part.used.extend(self.decide(&mut finding, &found.span, secrets));
            } else {
                finding.verdict = Verdict::Old;
            }
            if is_new && item.change().is_some() {
                part.new.push(moved::NewFinding {
                    finding: part.findings.len(),
                    needle: copies::Needle::at(chunk.bytes, &found.span),
                });
            }
            part.findings.push(finding);
        }
    }

    /// Gives a new finding its verdict: that of content published elsewhere, or else of the policy.
    fn decide(&mut self, finding: &mut Finding, span: &Range<usize>, secrets: &[Range<usize>]) -> Used {
        match self.published_elsewhere() {
            Some(ElsewhereVerdict::Reported(holder)) => {
                finding.verdict = Verdict::Warn(WarnReason::PublishedBy(holder));
                Used::default()
            }
            elsewhere => {
                let used = self.context.policy.judge(finding, self.chunk.bytes, span, secrets);
                if let Some(ElsewhereVerdict::Stopped(wording)) = elsewhere {
                    finding.notes.push(wording);
                }
                used
            }
        }
    }

    /// The treatment of this item, if it is published at another address.
    fn published_elsewhere(&mut self) -> Option<ElsewhereVerdict> {
        let elsewhere = self.reader.published_elsewhere(self.item)?;
        if !self.context.policy.stops_elsewhere(&elsewhere) {
            return Some(ElsewhereVerdict::Reported(elsewhere.holder));
        }
        let mut wording = WarnReason::PublishedBy(elsewhere.holder).to_string();
        if elsewhere.is_first_contact {
            let fetch = elsewhere.remote.as_deref().unwrap_or("ADDRESS");
            wording.push_str(&format!(
                ", but nothing is known to be published where this push goes. If that is a fork or a mirror, \
                 `git fetch {fetch}` shows what it has; published-elsewhere = \"report\" in {} lets such pushes pass",
                config::FILE
            ));
        }
        Some(ElsewhereVerdict::Stopped(wording))
    }
}

/// The treatment of new content that is published elsewhere.
enum ElsewhereVerdict {
    /// It does not block; the name is that of the holder.
    Reported(String),
    /// The policy decides as for any new content; the text is a note for people.
    Stopped(String),
}

/// Up to this many values are searched one by one: building an automaton takes longer than reading a file.
const FEW_VALUES: usize = 8;

/// The leftmost-longest occurrences of `values`: sorted, and none overlaps another.
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

/// The spans that a report must not show: each match, and each further occurrence of the same secret. Sorted, and none
/// overlaps another.
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

/// The spans that the excerpt of a finding can touch: on its own line and the one before.
fn nearby<'s>(spans: &'s [Range<usize>], span: &Range<usize>) -> &'s [Range<usize>] {
    let from = spans.partition_point(|s| s.end.saturating_add(EXCERPT_REACH) < span.start);
    let to = spans.partition_point(|s| s.start <= span.end.saturating_add(EXCERPT_REACH));
    &spans[from..to]
}

/// No excerpt reaches further than this to either side of a finding, in bytes.
const EXCERPT_REACH: usize = 1 << 14;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The twin checks every span.
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
            let window = at.saturating_sub(EXCERPT_REACH)..at + 1 + EXCERPT_REACH;
            let near = nearby(&spans, &(at..at + 1));
            let touching = |s: &&Range<usize>| s.start < window.end && s.end > window.start;
            prop_assert!(spans.iter().filter(touching).all(|s| near.contains(s)));
        }

        /// The twin is an automaton.
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
