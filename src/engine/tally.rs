//! What each rule costs and finds: counted only when it is asked for.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::judge::Dropped;
use super::resolve::Candidate;
use super::run::Listen;
use crate::rule::Rule;

/// The counters of all rules, shared by all workers.
#[derive(Debug)]
pub(super) struct Tally {
    rows: Vec<Row>,
}

#[derive(Debug, Default)]
struct Row {
    hits: AtomicU64,
    runs: AtomicU64,
    nanos: AtomicU64,
    values: AtomicU64,
    dropped: AtomicU64,
}

/// What one rule cost and found.
#[derive(Clone, Debug)]
pub struct RuleStat {
    /// The rule.
    pub rule: &'static Rule,
    /// How often one of its keywords stood somewhere.
    pub hits: u64,
    /// How often its regex ran.
    pub runs: u64,
    /// What its regex and the judgement of its values took, on all threads together.
    pub time: Duration,
    /// How many values had its shape.
    pub values: u64,
    /// How many of those were turned away: placeholders, words, too little entropy.
    pub dropped: u64,
    /// How many findings it made, whatever became of them.
    pub findings: u64,
    /// How many of those block.
    pub blocking: u64,
}

impl Tally {
    pub fn new(rules: usize) -> Tally {
        Tally { rows: std::iter::repeat_with(Row::default).take(rules).collect() }
    }

    /// A row for each rule that was woken; `rule` gives it by its number.
    pub fn stats(&self, rule: impl Fn(usize) -> &'static Rule) -> Vec<RuleStat> {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let woken = self.rows.iter().enumerate().filter(|(_, row)| read(&row.hits) > 0 || read(&row.values) > 0);
        let stat = |(number, row): (usize, &Row)| RuleStat {
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
    tally: &'a Tally,
    since: Instant,
}

impl<'a> Counter<'a> {
    pub fn new(tally: &'a Tally) -> Counter<'a> {
        Counter { tally, since: Instant::now() }
    }

    fn add(&self, rule: usize, what: fn(&Row) -> &AtomicU64, n: u64) {
        what(&self.tally.rows[rule]).fetch_add(n, Ordering::Relaxed);
    }
}

impl Listen for Counter<'_> {
    fn begin(&mut self, rule: usize, hits: usize) {
        self.add(rule, |row| &row.hits, hits as u64);
        self.since = Instant::now();
    }

    fn end(&mut self, rule: usize, runs: usize) {
        let nanos = u64::try_from(self.since.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.add(rule, |row| &row.nanos, nanos);
        self.add(rule, |row| &row.runs, runs as u64);
    }

    fn dropped(&mut self, rule: usize, _: &Range<usize>, _: &Dropped) {
        self.add(rule, |row| &row.values, 1);
        self.add(rule, |row| &row.dropped, 1);
    }

    fn taken(&mut self, candidate: &Candidate) {
        self.add(candidate.rule, |row| &row.values, 1);
    }
}
