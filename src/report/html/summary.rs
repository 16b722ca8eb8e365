//! The begin of the page: how much, what to revoke first, and where and when it came in.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::{commit_of, month, text};
use crate::finding::{Finding, Fingerprint};
use crate::outcome::Outcome;
use crate::terminal::text::plural;

/// So many secrets are listed to be revoked first.
const MOST_FIRST: usize = 10;

/// So many rules, files and authors are listed; the filters have all of them.
const MOST_BARS: usize = 12;

/// So many months are drawn.
const MOST_MONTHS: usize = 120;

pub(super) fn write(outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
    let all: Vec<&Finding> = outcome.findings.iter().collect();
    let blocking: Vec<&Finding> = all.iter().copied().filter(|f| f.verdict.blocks()).collect();
    cards(outcome, &all, &blocking, out)?;
    revoke_first(outcome, &blocking, out)?;
    timeline(outcome, &all, out)?;
    writeln!(out, "<div class=\"parts\">")?;
    bars("By rule", "rule", &all, |f| Some(f.rule.id.to_owned()), out)?;
    bars("By file", "file", &all, |f| Some(f.location.path().to_string()), out)?;
    bars("By author", "author", &all, |f| Some(commit_of(outcome, f)?.author.clone()), out)?;
    writeln!(out, "</div>")
}

fn cards(outcome: &Outcome, all: &[&Finding], blocking: &[&Finding], out: &mut dyn io::Write) -> io::Result<()> {
    let secrets: BTreeSet<Fingerprint> = all.iter().map(|f| f.fingerprint).collect();
    let files: BTreeSet<_> = all.iter().map(|f| f.location.path()).collect();
    let worst = all.iter().map(|f| f.rule.severity).max();
    let oldest = all.iter().filter_map(|f| commit_of(outcome, f)).min_by_key(|c| c.seconds);
    let mut cards = vec![
        (blocking.len().to_string(), "findings block"),
        (all.len().to_string(), "findings in all"),
        (secrets.len().to_string(), "different values"),
        (files.len().to_string(), "files"),
    ];
    cards.extend(worst.map(|worst| (worst.to_string(), "is the worst severity")));
    cards.extend(oldest.map(|commit| (commit.day(), "is the oldest commit")));
    writeln!(out, "<ul class=\"cards\">")?;
    for (value, what) in cards {
        writeln!(out, "<li><b>{}</b> {what}</li>", text(&value))?;
    }
    writeln!(out, "</ul>")
}

/// The blocking secrets in the order in which they are worth revoking: the gravest, the surest and the most spread.
fn revoke_first(outcome: &Outcome, blocking: &[&Finding], out: &mut dyn io::Write) -> io::Result<()> {
    let mut secrets: BTreeMap<Fingerprint, Vec<&Finding>> = BTreeMap::new();
    for f in blocking.iter().filter(|f| !f.is_about_package() && !f.secret.is_public()) {
        secrets.entry(f.fingerprint).or_default().push(f);
    }
    let mut secrets: Vec<Vec<&Finding>> = secrets.into_values().collect();
    if secrets.is_empty() {
        return Ok(());
    }
    secrets.sort_by_key(|s| {
        let f = s[0];
        (Reverse(f.rule.severity), Reverse(f.verified.is_some()), Reverse(f.confidence), f.rule.id, Reverse(s.len()))
    });
    writeln!(out, "<h2>Revoke first</h2>")?;
    let first = &secrets[..secrets.len().min(MOST_FIRST)];
    // The way to revoke is that of the rule, and is told once for all of its secrets.
    for of_rule in first.chunk_by(|a, b| a[0].rule.id == b[0].rule.id) {
        let rule = of_rule[0][0].rule;
        let page = rule.references.iter().find(|page| page.starts_with("https://"));
        let page =
            page.map(|page| format!(" <a href=\"{0}\" rel=\"noreferrer\">{0}</a>", text(page))).unwrap_or_default();
        writeln!(out, "<p><strong>{}</strong>: {}{page}</p>\n<ul>", text(rule.title), text(rule.fix))?;
        for findings in of_rule {
            let f = findings[0];
            let since = findings.iter().filter_map(|f| commit_of(outcome, f)).min_by_key(|c| c.seconds);
            let since = since.map(|commit| format!(", since {}", commit.day())).unwrap_or_default();
            let more = match findings.len() - 1 {
                0 => String::new(),
                more => format!(" and {}", plural(more, "more place", "more places")),
            };
            let at = format!("{}:{}", f.location.path(), f.location.line);
            writeln!(out, "<li><code>{}</code> in {}{more}{since}</li>", text(&f.secret.to_string()), text(&at))?;
        }
        writeln!(out, "</ul>")?;
    }
    match secrets.len().checked_sub(MOST_FIRST) {
        Some(more @ 1..) => {
            writeln!(out, "<p class=\"quiet\">and {} more, below</p>", plural(more, "secret", "secrets"))
        }
        _ => Ok(()),
    }
}

/// When the findings came in, month by month.
fn timeline(outcome: &Outcome, all: &[&Finding], out: &mut dyn io::Write) -> io::Result<()> {
    let mut months: BTreeMap<String, usize> = BTreeMap::new();
    for facts in all.iter().filter_map(|f| commit_of(outcome, f)) {
        *months.entry(month(facts)).or_default() += 1;
    }
    if months.len() < 2 {
        return Ok(());
    }
    let highest = months.values().copied().max().unwrap_or(1);
    writeln!(out, "<h2>When they came in</h2>\n<ol class=\"months\">")?;
    for (month, n) in months.iter().skip(months.len().saturating_sub(MOST_MONTHS)) {
        let findings = plural(*n, "finding", "findings");
        writeln!(
            out,
            "<li style=\"--w:{}%\"><button type=\"button\" data-field=\"month\" data-value=\"{month}\" title=\"{month}: {findings}\" \
             aria-label=\"{month}: {findings}\"></button></li>",
            n * 100 / highest
        )?;
    }
    let (first, last) = (months.keys().next(), months.keys().next_back());
    let span = first.zip(last).map(|(first, last)| format!("{first} to {last}")).unwrap_or_default();
    writeln!(out, "</ol>\n<p class=\"quiet\">{span}; the highest bar is {}</p>", plural(highest, "finding", "findings"))
}

fn bars(
    title: &str,
    field: &str,
    all: &[&Finding],
    key: impl Fn(&Finding) -> Option<String>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for value in all.iter().filter_map(|f| key(f)) {
        *counts.entry(value).or_default() += 1;
    }
    if counts.is_empty() {
        return Ok(());
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, n)| Reverse(*n));
    let highest = counts.first().map_or(1, |(_, n)| *n);
    writeln!(out, "<section>\n<h2>{title}</h2>\n<ul class=\"bars\">")?;
    for (value, n) in counts.iter().take(MOST_BARS) {
        let value = text(value);
        writeln!(
            out,
            "<li style=\"--w:{}%\"><button type=\"button\" data-field=\"{field}\" data-value=\"{value}\">{value}</button><span>{n}</span></li>",
            n * 100 / highest
        )?;
    }
    writeln!(out, "</ul>")?;
    if let Some(more @ 1..) = counts.len().checked_sub(MOST_BARS) {
        writeln!(out, "<p class=\"quiet\">and {more} more</p>")?;
    }
    writeln!(out, "</section>")
}
