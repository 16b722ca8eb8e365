//! The summary line (digest) that every run writes.

use crate::error::Error;
use crate::exit::Exit;
use crate::finding::{Finding, Verdict};
use crate::outcome::Outcome;
use crate::package;
use crate::policy::weakened;
use crate::source::Coverage;
use crate::terminal::text::plural;

/// For example `shield-hook: clean: 3 files, 61 rules, 5 ms`.
pub fn of(outcome: &Outcome) -> String {
    if let Some(error) = &outcome.failed {
        return failed(error);
    }
    let mut parts = verdicts(&outcome.findings);
    parts.extend(extent(outcome));
    parts.extend(unread(&outcome.coverage));
    parts.push(plural(outcome.rules, "rule", "rules"));
    parts.extend(outcome.data.as_ref().map(|date| format!("package data of {date}")));
    parts.push(format!("{} ms", outcome.took.as_millis()));
    format!("shield-hook: {}: {}", outcome.result(), parts.join(", "))
}

/// The count, unless it is 0.
fn some(n: usize, one: &str, many: &str) -> Option<String> {
    (n > 0).then(|| plural(n, one, many))
}

/// The findings by verdict.
fn verdicts(findings: &[Finding]) -> Vec<String> {
    let count = |of: &dyn Fn(&Finding) -> bool| findings.iter().filter(|f| of(f)).count();
    let blocking = |of: &dyn Fn(&Finding) -> bool| count(&|f| f.verdict.blocks() && of(f));
    let is_supply = Finding::is_about_package;
    let is_policy = |f: &Finding| f.rule.id == weakened::ID;
    [
        (blocking(&|f| !is_supply(f) && !is_policy(f)), "secret blocks", "secrets block"),
        (blocking(&is_supply), "supply-chain finding blocks", "supply-chain findings block"),
        (blocking(&is_policy), "change to the policy", "changes to the policy"),
        (count(&|f| matches!(f.verdict, Verdict::Warn(_))), "warning", "warnings"),
        (count(&|f| matches!(f.verdict, Verdict::Old)), "old secret", "old secrets"),
        (count(&|f| matches!(f.verdict, Verdict::Allowed(_))), "allowed", "allowed"),
    ]
    .into_iter()
    .filter_map(|(n, one, many)| some(n, one, many))
    .collect()
}

/// The content that was scanned, and the tips that it was compared with.
fn extent(outcome: &Outcome) -> Vec<String> {
    let c = &outcome.coverage;
    let mut parts: Vec<String> = some(c.commits, "commit", "commits").into_iter().collect();
    parts.push(plural(c.blobs, "file", "files"));
    if outcome.unknown_origin > 0 {
        parts.push(package::origin::unknown_packages(outcome.unknown_origin));
    }
    parts.extend(c.new_lines.map(|lines| plural(lines as usize, "new line", "new lines")));
    parts.extend(refs(&c.refs));
    parts.extend(c.taken.iter().cloned());
    parts.extend(some(c.unseen, "commit", "commits").map(|commits| format!("{commits} made without the hooks")));
    parts.extend(some(outcome.stale.len(), "stale allowance", "stale allowances"));
    parts
}

/// The refs that were read: so many by their names that one line holds them.
fn refs(names: &[String]) -> Option<String> {
    const NAMED: usize = 20;
    match names.split_at_checked(NAMED) {
        Some((named, more @ [_, ..])) => Some(format!("{} and {} more", named.join(" "), more.len())),
        _ => Some(names.join(" ")).filter(|names| !names.is_empty()),
    }
}

/// The content that was not read, by its kind.
fn unread(coverage: &Coverage) -> Vec<String> {
    let of = |what: &str| coverage.skipped.iter().filter(|skip| skip.what == what).count();
    let (archives, lfs, annex) = (of("archive"), of("lfs-pointer"), of("annex-pointer"));
    [
        some(archives, "archive member not read", "archive members not read"),
        some(lfs, "Git LFS object not here", "Git LFS objects not here"),
        some(annex, "git-annex file not read", "git-annex files not read"),
        some(coverage.skipped.len() - archives - lfs - annex, "skipped", "skipped"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The line of a run that an error ended.
pub fn failed(error: &Error) -> String {
    let result = if error.exit() == Exit::Usage { "wrong usage or configuration" } else { "incomplete" };
    format!("shield-hook: {result}: nothing was scanned")
}
