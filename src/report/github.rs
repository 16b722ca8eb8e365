//! `--format github`: workflow commands, which GitHub Actions turns into annotations of a pull request.

use std::io;

use super::{Report, sentence};
use crate::finding::Verdict;
use crate::outcome::Outcome;
use crate::outcome::summary_line;
use crate::terminal;

/// One `::error` or `::warning` a finding, and a notice with the digest.
pub struct GitHub;

impl Report for GitHub {
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
        for f in &outcome.findings {
            let command = match f.verdict {
                Verdict::Block => "error",
                Verdict::Warn(_) => "warning",
                Verdict::Allowed(_) | Verdict::Old => continue,
            };
            let mut text = sentence(f);
            if let Some(commit) = &f.commit {
                text.push_str(&format!("\nIn commit {commit}."));
            }
            for step in &f.repair {
                text.push_str(&format!("\n{}:\n  {}", step.what, step.run.join("\n  ")));
            }
            let at = if f.location.kind().is_file() {
                let l = &f.location;
                let path = property(&l.path().to_string());
                format!("file={path},line={},endLine={},col={},", l.line, l.end_line, l.column)
            } else {
                text.push_str(&format!("\nIn the {}.", f.location.path()));
                String::new()
            };
            let title = property(&format!("{} [{}]", f.rule.title, f.rule.id));
            writeln!(out, "::{command} {at}title={title}::{}", data(&text))?;
        }
        for skip in outcome.coverage.skipped.iter().filter(|s| s.incomplete) {
            let text = format!("{} {}: {}", skip.what, skip.path, skip.reason);
            writeln!(out, "::error title={}::{}", property("not scanned"), data(&text))?;
        }
        for line in &outcome.stale {
            writeln!(out, "::warning title={}::{}", property("stale policy"), data(line))?;
        }
        writeln!(out, "::notice title=shield-hook::{}", data(&summary_line::of(outcome)))
    }
}

/// A message, escaped so that it cannot end the command or begin another.
fn data(text: &str) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    // The log that shows it obeys escape sequences as a terminal does.
    terminal::name(&text)
}

/// A property's value: a comma and a colon are escaped as well.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_ends_the_command() {
        assert_eq!(property("a,b::c%0A\r\n"), "a%2Cb%3A%3Ac%250A%0D%0A");
        assert_eq!(data("a,b::c\n::error::x"), "a,b::c%0A::error::x");
    }
}
