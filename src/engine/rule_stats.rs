//! Cost and matches of each rule, counted on request only.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::resolve::Candidate;
use super::run::Observer;
use super::verify::Rejection;
use crate::rule::Rule;

/// The counters of all rules, shared by all workers.
#[derive(Debug)]
pub(super) struct RuleCounters {
    rows: Vec<RuleCounts>,
}

#[derive(Debug, Default)]
struct RuleCounts {
    hits: AtomicU64,
    runs: AtomicU64,
    nanos: AtomicU64,
    values: AtomicU64,
    dropped: AtomicU64,
}

/// Cost and matches of one rule.
#[derive(Clone, Debug)]
pub struct RuleStat {
    /// The rule.
    pub rule: &'static Rule,
    /// The number of its keywords in the texts.
    pub hits: u64,
    /// The number of runs of its regex.
    pub runs: u64,
    /// The time of its regex and of the verification of its matches, on all threads together.
    pub time: Duration,
    /// The number of matches.
    pub values: u64,
    /// The number of rejected matches: placeholders, words, too little entropy.
    pub dropped: u64,
    /// The number of findings, before policy.
    pub findings: u64,
    /// The number of findings that block.
    pub blocking: u64,
}

impl RuleCounters {
    pub fn new(rules: usize) -> Self {
        Self { rows: std::iter::repeat_with(RuleCounts::default).take(rules).collect() }
    }

    /// The figures of each rule that was woken; `rule` returns it by its number.
    pub fn stats(&self, rule: impl Fn(usize) -> &'static Rule) -> Vec<RuleStat> {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let woken = self.rows.iter().enumerate().filter(|(_, row)| read(&row.hits) > 0 || read(&row.values) > 0);
        let stat = |(number, row): (usize, &RuleCounts)| RuleStat {
            rule: rule(number),
            hits: read(&row.hits),
            runs: read(&row.runs),
            time: Duration::from_nanos(read(&row.nanos)),
            values: read(&row.values),
            dropped: read(&row.dropped),
            findings: 0,
            blocking: 0,
        };
        woken.map(stat).collect()
    }
}

/// Counts one scan.
pub(super) struct Counter<'a> {
    counters: &'a RuleCounters,
    since: Instant,
}

impl<'a> Counter<'a> {
    pub fn new(counters: &'a RuleCounters) -> Self {
        Counter { counters, since: Instant::now() }
    }

    fn add(&self, rule: usize, counter: fn(&RuleCounts) -> &AtomicU64, n: u64) {
        counter(&self.counters.rows[rule]).fetch_add(n, Ordering::Relaxed);
    }
}

impl Observer for Counter<'_> {
    fn begin(&mut self, rule: usize, hits: usize) {
        self.add(rule, |row| &row.hits, hits as u64);
        self.since = Instant::now();
    }

    fn end(&mut self, rule: usize, runs: usize) {
        let nanos = u64::try_from(self.since.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.add(rule, |row| &row.nanos, nanos);
        self.add(rule, |row| &row.runs, runs as u64);
    }

    fn dropped(&mut self, rule: usize, _: &Range<usize>, _: &Rejection) {
        self.add(rule, |row| &row.values, 1);
        self.add(rule, |row| &row.dropped, 1);
    }

    fn taken(&mut self, candidate: &Candidate) {
        self.add(candidate.rule, |row| &row.values, 1);
    }
}
