//! `--format html`: one self-contained page. Its own script filters and sorts what the page holds; no other script and no
//! external resource is let in, and without scripts everything is there as well.

mod summary;

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::io;

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use super::{Report, packages, percent};
use crate::finding::{Finding, Step, Verdict};
use crate::outcome::summary_line;
use crate::outcome::{CommitFacts, Outcome};
use crate::terminal::text::is_unsafe;

/// One page.
pub struct Html;

/// The style of a page.
pub const STYLE: &str = include_str!("page.css");

const SCRIPT: &str = include_str!("page.js");

impl Report for Html {
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
        let result = outcome.result();
        writeln!(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
        writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
        writeln!(
            out,
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src \
             'sha256-{}'\">",
            BASE64.encode(&Sha256::digest(SCRIPT))
        )?;
        writeln!(out, "<title>shield-hook: {result}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header>")?;
        writeln!(out, "<h1>shield-hook: <span class=\"{result}\">{result}</span></h1>")?;
        origin(outcome, out)?;
        writeln!(out, "<p>{}</p>\n</header>\n<main>", text(&summary_line::of(outcome)))?;
        if let Some(error) = &outcome.failed {
            writeln!(out, "<pre>{}</pre>", text(&error.to_string()))?;
        }
        if !outcome.findings.is_empty() {
            summary::write(outcome, out)?;
            findings(outcome, out)?;
            rules(outcome, out)?;
        }
        tables(outcome, out)?;
        writeln!(
            out,
            "</main>\n<footer>\n<p class=\"quiet\">shield-hook {}, rule set {}</p>\n</footer>",
            env!("CARGO_PKG_VERSION"),
            text(&outcome.ruleset)
        )?;
        if !outcome.findings.is_empty() {
            writeln!(out, "<script>{SCRIPT}</script>")?;
        }
        writeln!(out, "</body>\n</html>")
    }
}

/// The repository, its head, and the time of the scan.
fn origin(outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
    let now = jiff::Timestamp::now();
    let mut parts = Vec::new();
    if let Some(facts) = &outcome.repository {
        let name = text(&facts.name);
        parts.push(match &facts.web {
            Some(web) => format!("<a href=\"{}\" rel=\"noreferrer\">{name}</a>", text(&web.home())),
            None => name,
        });
        parts.extend(facts.head.as_ref().map(|head| format!("at <code>{}</code>", text(short(head)))));
    }
    parts.push(format!("<time datetime=\"{now:.0}\">{}</time>", now.strftime("%Y-%m-%d %H:%M UTC")));
    writeln!(out, "<p class=\"quiet\">{}</p>", parts.join(", "))
}

/// The controls, and every finding.
fn findings(outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "<h2 id=\"findings\">Findings</h2>\n<div class=\"controls\" role=\"search\">")?;
    writeln!(
        out,
        "<label class=\"wide\">Search <span class=\"quiet\">(key: /)</span><input id=\"search\" type=\"search\" autocomplete=\"off\"></label>"
    )?;
    let filters = [
        ("verdict", "Verdict"),
        ("severity", "Severity"),
        ("rule", "Rule"),
        ("file", "File"),
        ("author", "Author"),
        ("month", "Month"),
    ];
    for (id, title) in filters {
        writeln!(out, "<label>{title}<select id=\"by-{id}\"><option value=\"\">all</option></select></label>")?;
    }
    writeln!(
        out,
        "<label>Order<select id=\"sort\"><option value=\"position\">gravest first</option><option value=\"file\">by file</option>\
         <option value=\"rule\">by rule</option><option value=\"newest\">newest first</option><option value=\"oldest\">oldest first\
         </option></select></label>"
    )?;
    writeln!(
        out,
        "<label>Groups<select id=\"group\"><option value=\"\">none</option><option value=\"rule\">rule</option>\
         <option value=\"file\">file</option><option value=\"author\">author</option><option value=\"month\">month</option>\
         <option value=\"verdict\">verdict</option></select></label>"
    )?;
    writeln!(
        out,
        "<button type=\"button\" id=\"fold\">Fold or unfold</button><button type=\"button\" id=\"reset\">Show all</button>"
    )?;
    writeln!(out, "<output id=\"count\" aria-live=\"polite\"></output>\n</div>\n<div id=\"list\">")?;
    let mut findings: Vec<&Finding> = outcome.findings.iter().collect();
    findings.sort_by_key(|f| (VERDICTS.iter().position(|v| *v == f.verdict.name()), Reverse(f.rule.severity)));
    let steps = shared_steps(outcome);
    findings.into_iter().try_for_each(|f| row(outcome, f, &steps, out))?;
    writeln!(out, "</div>")?;
    if steps.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>What to do</h2>")?;
    steps.iter().try_for_each(|step| write_step(step, out))
}

/// The verdicts, those that stop something first.
const VERDICTS: [&str; 4] = ["block", "warn", "allowed", "old"];

/// The steps that several findings have, in the order of the findings: each is on the page once.
fn shared_steps(outcome: &Outcome) -> Vec<&Step> {
    let mut counts: HashMap<&Step, usize> = HashMap::new();
    outcome.findings.iter().flat_map(|f| &f.repair).for_each(|step| *counts.entry(step).or_default() += 1);
    let mut shared: Vec<&Step> =
        outcome.findings.iter().flat_map(|f| &f.repair).filter(|step| counts[step] > 1).collect();
    let mut seen = HashSet::new();
    shared.retain(|step| seen.insert(*step));
    shared
}

fn write_step(step: &Step, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "<p>{}:</p>\n<pre tabindex=\"0\">{}</pre>", text(&step.what), text(&step.run.join("\n")))
}

/// The facts about the commit that brought a finding.
fn commit_of<'o>(outcome: &'o Outcome, f: &Finding) -> Option<&'o CommitFacts> {
    outcome.repository.as_ref()?.commits.get(f.commit.as_ref()?)
}

/// The month of a date, as `2026-12`.
fn month(facts: &CommitFacts) -> String {
    facts.time().map(|time| time.strftime("%Y-%m").to_string()).unwrap_or_default()
}

fn row(outcome: &Outcome, f: &Finding, shared: &[&Step], out: &mut dyn io::Write) -> io::Result<()> {
    let (l, verdict) = (&f.location, f.verdict.name());
    let path = text(&l.path().to_string());
    let commit = commit_of(outcome, f);
    write!(
        out,
        "<details class=\"f {verdict}\" data-verdict=\"{verdict}\" data-severity=\"{}\" data-rule=\"{}\" data-file=\"{path}\"",
        f.rule.severity,
        text(f.rule.id)
    )?;
    if let Some(facts) = commit {
        let (author, month) = (text(&facts.author), month(facts));
        write!(out, " data-author=\"{author}\" data-month=\"{month}\" data-time=\"{}\"", facts.seconds)?;
    }
    let when = commit.map(|c| format!("{} {}", c.day(), text(&c.author))).unwrap_or_default();
    writeln!(
        out,
        "><summary><span>{} <span class=\"quiet\">{verdict}, {}</span></span><code>{path}:{}</code><span class=\"quiet\">{when}</span></summary>\n<div>",
        text(f.rule.title),
        f.rule.severity,
        l.line
    )?;
    let (span, line) = (&f.excerpt.span, &f.excerpt.text);
    let marked = [&line[..span.start], &line[span.clone()], &line[span.end..]].map(text);
    writeln!(out, "<pre tabindex=\"0\">{}<mark>{}</mark>{}</pre>\n<dl>", marked[0], marked[1], marked[2])?;
    let mut say = |title: &str, html: String| match html.is_empty() {
        true => Ok(()),
        false => writeln!(out, "<dt>{title}</dt><dd>{html}</dd>"),
    };
    let title = if matches!(f.verdict, Verdict::Allowed(_)) { "Allowed by" } else { "Does not block" };
    say(title, text(&f.verdict.reason().unwrap_or_default()))?;
    say("Place", place(outcome, f))?;
    if let Some(id) = &f.commit {
        let subject = commit.map(|c| format!(" {}", text(&c.subject))).unwrap_or_default();
        say("Commit", format!("{}{subject}", commit_link(outcome, id)))?;
    }
    say("Note", text(&f.notes.join("; ")))?;
    say("Rule", format!("<a href=\"#rule-{0}\">{0}</a>, {1} confidence", text(f.rule.id), f.confidence))?;
    say("Fingerprint", format!("<code>{}</code>", f.fingerprint))?;
    writeln!(out, "</dl>")?;
    f.repair.iter().filter(|step| !shared.contains(step)).try_for_each(|step| write_step(step, out))?;
    writeln!(out, "</div></details>")
}

/// The path and line, as a link to the host if a commit has the file there.
fn place(outcome: &Outcome, f: &Finding) -> String {
    let l = &f.location;
    let shown = text(&format!("{}:{}:{}", l.path(), l.line, l.column));
    let web = outcome.repository.as_ref().and_then(|facts| facts.web.as_ref());
    // A masked path leads nowhere.
    let is_whole = l.kind() == crate::chunk::Kind::File && !l.path().windows(4).any(|part| part == b"****");
    match (web, &f.commit) {
        (Some(web), Some(id)) if is_whole => {
            let address = web.file(id, &percent(l.path()), l.line);
            format!("<a href=\"{}\" rel=\"noreferrer\">{shown}</a>", text(&address))
        }
        _ => shown,
    }
}

fn commit_link(outcome: &Outcome, id: &str) -> String {
    let shown = format!("<code>{}</code>", text(short(id)));
    match outcome.repository.as_ref().and_then(|facts| facts.web.as_ref()) {
        Some(web) => format!("<a href=\"{}\" rel=\"noreferrer\">{shown}</a>", text(&web.commit(id))),
        None => shown,
    }
}

/// Each rule once: why it matters, and what to do.
fn rules(outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
    let mut rules: Vec<_> = outcome.findings.iter().map(|f| f.rule).collect();
    rules.sort_by_key(|rule| rule.id);
    rules.dedup_by_key(|rule| rule.id);
    writeln!(out, "<h2>Rules</h2>")?;
    for rule in rules {
        writeln!(out, "<h3 id=\"rule-{0}\">{1} <code>{0}</code></h3>\n<dl>", text(rule.id), text(rule.title))?;
        for (title, what) in [("Why it matters", rule.why), ("What to do first", rule.fix)] {
            if !what.is_empty() {
                writeln!(out, "<dt>{title}</dt><dd>{}</dd>", text(what))?;
            }
        }
        writeln!(out, "</dl>")?;
    }
    Ok(())
}

/// The packages, and what was not read.
fn tables(outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
    if !outcome.changes.is_empty() {
        writeln!(out, "<h2>Packages</h2>")?;
    }
    for (path, change) in &outcome.changes {
        writeln!(out, "<details>\n<summary>{}</summary>", text(&packages::summary(path, change)))?;
        writeln!(out, "<table>\n<tr><th>Package</th><th>Before</th><th>After</th></tr>")?;
        for row in &change.rows {
            let cells = [row.name.clone(), row.before.join(", "), row.after.join(", ")].map(|cell| text(&cell));
            writeln!(out, "<tr><td>{}</td></tr>", cells.join("</td><td>"))?;
        }
        writeln!(out, "</table>\n</details>")?;
    }
    let lists = [
        ("Not scanned", outcome.coverage.skipped.iter().filter(|s| s.incomplete).map(skipped).collect::<Vec<_>>()),
        ("Skipped", outcome.coverage.skipped.iter().filter(|s| !s.incomplete).map(skipped).collect()),
        ("Allowances that are stale", outcome.stale.iter().map(|line| text(line)).collect()),
    ];
    for (title, rows) in lists.iter().filter(|(_, rows)| !rows.is_empty()) {
        writeln!(out, "<h2>{title}</h2>\n<ul>\n<li>{}</li>\n</ul>", rows.join("</li>\n<li>"))?;
    }
    Ok(())
}

fn skipped(skip: &crate::source::Skip) -> String {
    text(&format!("{} {}: {}", skip.what, skip.path, skip.reason))
}

fn short(id: &str) -> &str {
    id.get(..10).unwrap_or(id)
}

/// Text for elements and attributes. Characters that a browser would drop or obey become U+FFFD.
pub fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push('\n'),
            c if is_unsafe(c) => {
                out.push(char::REPLACEMENT_CHARACTER);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{SCRIPT, text};

    #[test]
    fn nothing_becomes_markup() {
        assert_eq!(
            text("<b a='x' c=\"y\">&\u{1b}\u{202e}\n"),
            "&lt;b a=&#39;x&#39; c=&quot;y&quot;&gt;&amp;\u{fffd}\u{fffd}\n"
        );
    }

    /// The hash in the policy is that of the text between the tags.
    #[test]
    fn the_script_ends_where_its_element_does() {
        assert!(!SCRIPT.contains("</script") && !SCRIPT.contains("<!--") && !SCRIPT.contains("innerHTML"));
    }
}
