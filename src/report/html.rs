//! `--format html`: one self-contained page without scripts or external resources.

use std::io;

use super::{Report, packages};
use crate::finding::{Finding, Verdict};
use crate::outcome::Outcome;
use crate::outcome::summary_line;
use crate::terminal::text::is_unsafe;

/// One page.
pub struct Html;

/// The style of a page.
pub const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8884;--bad:#c62828;--warn:#b26a00;--good:#2e7d32}\
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2.5rem}\
article{border:1px solid var(--line);border-left:.3rem solid var(--line);border-radius:.3rem;padding:.2rem 1rem;margin:1rem 0}\
article.block{border-left-color:var(--bad)}article.warn{border-left-color:var(--warn)}\
.clean{color:var(--good)}.blocked{color:var(--bad)}.incomplete{color:var(--warn)}\
pre{overflow-x:auto;padding:.5rem .8rem;background:#8881;border-radius:.3rem}mark{font-weight:bold}\
h3{font-size:1rem;margin:.6rem 0}dt{font-weight:bold}dd{margin:0 0 .5rem}\
table{border-collapse:collapse}td,th{border:1px solid var(--line);padding:.2rem .6rem;text-align:left}";

impl Report for Html {
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
        let result = outcome.result();
        writeln!(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
        writeln!(out, "<meta name=\"viewport\" content=\"width=device-width\">")?;
        writeln!(
            out,
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        )?;
        writeln!(out, "<title>shield-hook: {result}</title>\n<style>{STYLE}</style>\n</head>\n<body>")?;
        writeln!(out, "<h1>shield-hook: <span class=\"{result}\">{result}</span></h1>")?;
        writeln!(out, "<p>{}</p>", text(&summary_line::of(outcome)))?;
        if let Some(error) = &outcome.failed {
            writeln!(out, "<pre>{}</pre>", text(&error.to_string()))?;
        }
        for (class, title) in SECTIONS {
            let findings: Vec<&Finding> = outcome.findings.iter().filter(|f| f.verdict.name() == class).collect();
            if !findings.is_empty() {
                writeln!(out, "<h2>{title} ({})</h2>", findings.len())?;
                findings.iter().try_for_each(|f| article(f, class, out))?;
            }
        }
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
            ("Not scanned", outcome.coverage.skipped.iter().filter(|s| s.incomplete).map(row).collect::<Vec<_>>()),
            ("Skipped", outcome.coverage.skipped.iter().filter(|s| !s.incomplete).map(row).collect()),
            ("Allowances that are stale", outcome.stale.iter().map(|line| text(line)).collect()),
        ];
        for (title, rows) in lists.iter().filter(|(_, rows)| !rows.is_empty()) {
            writeln!(out, "<h2>{title}</h2>\n<ul>\n<li>{}</li>\n</ul>", rows.join("</li>\n<li>"))?;
        }
        writeln!(
            out,
            "<p><small>shield-hook {}, rule set {}</small></p>",
            env!("CARGO_PKG_VERSION"),
            text(&outcome.ruleset)
        )?;
        writeln!(out, "</body>\n</html>")
    }
}

/// The sections in their order.
const SECTIONS: [(&str, &str); 4] =
    [("block", "Blocks"), ("warn", "Does not block"), ("allowed", "Allowed"), ("old", "Old: it was there before")];

fn row(skip: &crate::source::Skip) -> String {
    text(&format!("{} {}: {}", skip.what, skip.path, skip.reason))
}

fn article(f: &Finding, class: &str, out: &mut dyn io::Write) -> io::Result<()> {
    let l = &f.location;
    let place = format!("{}:{}:{}", l.path(), l.line, l.column);
    writeln!(out, "<article class=\"{class}\">\n<h3>{} <code>{}</code></h3>", text(f.rule.title), text(f.rule.id))?;
    writeln!(out, "<p>{}, {} severity</p>", text(&place), f.rule.severity)?;
    let (span, line) = (&f.excerpt.span, &f.excerpt.text);
    let marked = [&line[..span.start], &line[span.clone()], &line[span.end..]].map(text);
    writeln!(out, "<pre>{}<mark>{}</mark>{}</pre>\n<dl>", marked[0], marked[1], marked[2])?;
    let mut say = |title: &str, what: &str| match what {
        "" => Ok(()),
        what => writeln!(out, "<dt>{title}</dt><dd>{}</dd>", text(what)),
    };
    let title = if matches!(f.verdict, Verdict::Allowed(_)) { "Allowed by" } else { "Does not block" };
    say(title, &f.verdict.reason().unwrap_or_default())?;
    say("Commit", f.commit.as_deref().unwrap_or_default())?;
    say("Note", &f.notes.join("; "))?;
    say("Why it matters", f.rule.why)?;
    say("What to do first", f.rule.fix)?;
    say("Fingerprint", &f.fingerprint.to_string())?;
    writeln!(out, "</dl>")?;
    for step in &f.repair {
        writeln!(out, "<p>{}:</p>\n<pre>{}</pre>", text(&step.what), text(&step.run.join("\n")))?;
    }
    writeln!(out, "</article>")
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
    use super::text;

    #[test]
    fn nothing_becomes_markup() {
        assert_eq!(
            text("<b a='x' c=\"y\">&\u{1b}\u{202e}\n"),
            "&lt;b a=&#39;x&#39; c=&quot;y&quot;&gt;&amp;\u{fffd}\u{fffd}\n"
        );
    }
}
