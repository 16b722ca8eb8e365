//! The summary line (digest) that every run writes.

use crate::error::Error;
use crate::exit::Exit;
use crate::finding::{Finding, Verdict};
use crate::outcome::Outcome;
use crate::package;
use crate::policy::weakened;
use crate::terminal::text::plural;

/// For example `shield-hook: clean: 3 files, 61 rules, 5 ms`.
pub fn of(outcome: &Outcome) -> String {
    if let Some(error) = &outcome.failed {
        return failed(error);
    }
    let count = |of: fn(&Verdict) -> bool| outcome.findings.iter().filter(|f| of(&f.verdict)).count();
    let mut parts = Vec::new();
    let blocking =
        |of: &dyn Fn(&Finding) -> bool| outcome.findings.iter().filter(|f| f.verdict.blocks() && of(f)).count();
    let is_supply = Finding::is_about_package;
    let is_policy = |f: &Finding| f.rule.id == weakened::ID;
    for (n, one, many) in [
        (blocking(&|f| !is_supply(f) && !is_policy(f)), "secret blocks", "secrets block"),
        (blocking(&is_supply), "supply-chain finding blocks", "supply-chain findings block"),
        (blocking(&is_policy), "change to the policy", "changes to the policy"),
    ] {
        if n > 0 {
            parts.push(plural(n, one, many));
        }
    }
    let warned = count(|v| matches!(v, Verdict::Warn(_)));
    if warned > 0 {
        parts.push(plural(warned, "warning", "warnings"));
    }
    let old = count(|v| matches!(v, Verdict::Old(_)));
    if old > 0 {
        parts.push(plural(old, "old secret", "old secrets"));
    }
    let allowed = count(|v| matches!(v, Verdict::Allowed(_)));
    if allowed > 0 {
        parts.push(plural(allowed, "allowed", "allowed"));
    }
    let c = &outcome.coverage;
    if c.commits > 0 {
        parts.push(plural(c.commits, "commit", "commits"));
    }
    parts.push(plural(c.blobs, "file", "files"));
    if outcome.unknown_origin > 0 {
        parts.push(package::origin::unknown_packages(outcome.unknown_origin));
    }
    if let Some(lines) = c.new_lines {
        parts.push(plural(lines as usize, "new line", "new lines"));
    }
    if !c.refs.is_empty() {
        parts.push(c.refs.join(" "));
    }
    parts.extend(c.taken.iter().cloned());
    if c.unseen > 0 {
        parts.push(format!("{} made without the hooks", plural(c.unseen, "commit", "commits")));
    }
    if !outcome.stale.is_empty() {
        parts.push(plural(outcome.stale.len(), "stale allowance", "stale allowances"));
    }
    let unread = |what: &str| c.skipped.iter().filter(|skip| skip.what == what).count();
    let (archives, lfs) = (unread("archive"), unread("lfs-pointer"));
    if archives > 0 {
        parts.push(plural(archives, "archive member not read", "archive members not read"));
    }
    if lfs > 0 {
        parts.push(plural(lfs, "Git LFS object not here", "Git LFS objects not here"));
    }
    if c.skipped.len() > archives + lfs {
        parts.push(plural(c.skipped.len() - archives - lfs, "skipped", "skipped"));
    }
    parts.push(plural(outcome.rules, "rule", "rules"));
    if let Some(date) = &outcome.data {
        parts.push(format!("package data of {date}"));
    }
    parts.push(format!("{} ms", outcome.took.as_millis()));
    format!("shield-hook: {}: {}", outcome.result(), parts.join(", "))
}

/// The line of a run that an error ended.
pub fn failed(error: &Error) -> String {
    let result = if error.exit() == Exit::Usage { "wrong usage or configuration" } else { "incomplete" };
    format!("shield-hook: {result}: nothing was scanned")
}
