//! Many findings in a few lines: counts by rule and by file.

use std::collections::BTreeMap;
use std::io;

use crate::finding::{Finding, Verdict};
use crate::outcome::Outcome;
use crate::policy::baseline;
use crate::terminal::name;

/// The number of rows of the table.
const ROWS: usize = 20;

/// Counts by rule and file, the largest first.
pub(super) fn write_table(findings: &[&Finding], out: &mut dyn io::Write) -> io::Result<()> {
    let mut counts: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for f in findings {
        *counts.entry((f.rule.id, path(f))).or_default() += 1;
    }
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let width = rows.iter().take(ROWS).map(|((rule, _), _)| rule.len()).max().unwrap_or(0);
    writeln!(out, "{} findings, by rule and file (--verbose shows each):", findings.len())?;
    for ((rule, path), n) in rows.iter().take(ROWS) {
        writeln!(out, "  {n:>5}  {rule:width$}  {path}")?;
    }
    if let Some(rest) = rows.get(ROWS..).filter(|rest| !rest.is_empty()) {
        let n: usize = rest.iter().map(|(_, n)| n).sum();
        writeln!(out, "  {n:>5}  in {} more rows", rest.len())?;
    }
    writeln!(out)
}

/// A rule's warnings in one line.
pub(super) struct RuleLine {
    pub(super) rule: &'static str,
    pub(super) text: String,
}

/// A line for each rule, in the order of their ids.
pub(super) fn by_rule(warnings: &[&Finding]) -> Vec<RuleLine> {
    let mut rules: BTreeMap<&'static str, Vec<&Finding>> = BTreeMap::new();
    for f in warnings {
        rules.entry(f.rule.id).or_default().push(f);
    }
    let lines = rules.into_iter().map(|(rule, found)| {
        let first = found[0];
        let at = format!("{}:{}:{}", path(first), first.location.line, first.location.column);
        let more = match found.len() - 1 {
            0 => String::new(),
            n => format!(" and {n} more {}", if n == 1 { "place" } else { "places" }),
        };
        let why = match &first.verdict {
            Verdict::Warn(why) => format!("; does not block: {why}"),
            Verdict::Block | Verdict::Old | Verdict::Allowed(_) => String::new(),
        };
        RuleLine { rule, text: format!("{}: {at}{more}{why}", first.rule.title) }
    });
    lines.collect()
}

/// The command that writes all that is found into the baseline.
pub(super) fn baseline_command(outcome: &Outcome) -> String {
    let is_there = outcome.root.as_ref().is_some_and(|root| root.join(baseline::FILE).exists());
    let verb = if is_there { "update" } else { "create" };
    let scope = if outcome.findings.iter().any(|f| f.commit.is_some()) { " --history" } else { "" };
    format!("shield-hook baseline {verb}{scope} --reason \"WHY\"")
}

fn path(f: &Finding) -> String {
    name(&f.location.path().to_string())
}
