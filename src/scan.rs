//! The pipeline: Source -> Engine -> Policy -> Outcome.
//!
//! Scan first, diff later: every new byte is scanned once, and only where something is found is the old side read to
//! decide whether the line is new.

use std::ops::Range;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::chunk::{Chunk, Kind};
use crate::engine::{Engine, Match, Scratch};
use crate::error::Result;
use crate::excerpt;
use crate::finding::{Finding, Fingerprint, Location, Verdict};
use crate::git;
use crate::policy::Policy;
use crate::source::{Coverage, Item, Old, Reader, Skip, Source};

/// Everything a report needs to know about a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Sorted by path, line, column and rule: the same input gives the same bytes whatever the thread count.
    pub findings: Vec<Finding>,
    /// What was read, and what was not.
    pub coverage: Coverage,
    /// Allowances that matched nothing or are past their date.
    pub stale: Vec<String>,
    /// How many rules ran.
    pub rules: usize,
    /// The hash of the rule set, in hex.
    pub ruleset: String,
    /// How long it took.
    pub took: Duration,
}

/// What is planned below this many items is scanned on one thread: starting others costs more than it gives.
const SERIAL_ITEMS: usize = 64;

/// Scans everything that `source` plans.
///
/// # Errors
/// When the source cannot even say what is to be read.
pub fn run(source: &dyn Source, engine: &Engine, policy: &Policy) -> Result<Outcome> {
    let start = Instant::now();
    let mut coverage = Coverage::default();
    let items = source.plan(&mut coverage)?;
    let parts: Vec<Part> = if items.len() < SERIAL_ITEMS {
        vec![scan_all(source, engine, policy, &items)?]
    } else {
        let grain = (items.len() / (rayon::current_num_threads() * 8)).clamp(16, 1024);
        items.par_chunks(grain).map(|some| scan_all(source, engine, policy, some)).collect::<Result<_>>()?
    };
    let mut findings = Vec::new();
    for part in parts {
        findings.extend(part.findings);
        coverage.blobs += part.blobs;
        coverage.bytes += part.bytes;
        coverage.skipped.extend(part.skipped);
    }
    coverage.skipped.sort();
    findings.sort_by(|a: &Finding, b| (&a.location, a.rule.id, &a.commit).cmp(&(&b.location, b.rule.id, &b.commit)));
    let stale = policy.stale();
    let rules = engine.rules();
    Ok(Outcome { findings, coverage, stale, rules: rules.rules().len(), ruleset: rules.hash(), took: start.elapsed() })
}

/// What one worker brings back.
#[derive(Default)]
struct Part {
    findings: Vec<Finding>,
    skipped: Vec<Skip>,
    blobs: usize,
    bytes: u64,
}

fn scan_all(source: &dyn Source, engine: &Engine, policy: &Policy, items: &[Item]) -> Result<Part> {
    let mut reader = source.reader()?;
    let (mut part, mut buffer, mut scratch) = (Part::default(), Vec::new(), Scratch::default());
    for item in items {
        if let Err(skip) = reader.read(item, &mut buffer) {
            part.skipped.push(skip);
            continue;
        }
        if matches!(item.origin.kind, Kind::File | Kind::Symlink | Kind::Stdin) {
            part.blobs += 1;
        }
        part.bytes += buffer.len() as u64;
        let chunk = Chunk { origin: &item.origin, bytes: &buffer };
        let matches = engine.scan(chunk, &mut scratch);
        if !matches.is_empty() {
            part.findings.extend(judge(reader.as_mut(), policy, item, chunk, matches));
        }
    }
    Ok(part)
}

/// Turns what the engine matched in one chunk into findings with a verdict.
fn judge(reader: &mut dyn Reader, policy: &Policy, item: &Item, chunk: Chunk<'_>, matches: Vec<Match>) -> Vec<Finding> {
    let new = match item.old {
        Old::Nothing => git::Lines::all(),
        Old::Blobs(_) | Old::Unknown(_) => git::new_lines(chunk.bytes, &reader.old_sides(item)),
    };
    let spans: Vec<Range<usize>> =
        matches.iter().flat_map(|m| [Some(m.span.clone()), m.pair.clone()]).flatten().collect();
    let mut places = excerpt::Places::new(chunk.bytes);
    let mut findings = Vec::with_capacity(matches.len());
    for found in matches {
        let place = places.locate(&found.span);
        // A pair is new when either half is.
        let pair = found.pair.map(|span| places.locate(&span));
        let is_new = [Some(place), pair].iter().flatten().any(|p| new.touch(p.line as u32 - 1, p.end_line as u32 - 1));
        let mut finding = Finding {
            rule: found.rule,
            confidence: found.confidence,
            location: Location {
                path: item.origin.path.clone(),
                line: place.line,
                column: place.column,
                end_line: place.end_line,
            },
            commit: item.origin.commit.clone(),
            fingerprint: Fingerprint::of(found.rule.id, &found.secret),
            secret: found.secret,
            verified: found.verified,
            notes: found.notes,
            excerpt: excerpt::masked(chunk.bytes, &found.span, &spans),
            verdict: Verdict::Block,
        };
        finding.verdict = if !is_new {
            Verdict::Old("it stood there before this change".into())
        } else if let Some(remote) =
            (!policy.block_published_elsewhere).then(|| reader.published_elsewhere(item)).flatten()
        {
            Verdict::Warn(format!("already published: remote {remote} holds it"))
        } else {
            policy.judge(&finding, chunk.bytes, &found.span)
        };
        findings.push(finding);
    }
    findings
}
