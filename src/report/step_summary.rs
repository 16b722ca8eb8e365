//! The summary of a job on GitHub: Markdown that the page of the run shows.

use std::fmt::Write;

use crate::finding::{Finding, Verdict};
use crate::outcome::Outcome;
use crate::outcome::summary_line;
use crate::terminal;

/// The most rows of the table: the page of a run is no place for thousands.
const ROWS: usize = 50;

/// The digest, and a table of everything that blocks or warns.
pub fn markdown(outcome: &Outcome) -> String {
    let shown = |f: &&Finding| matches!(f.verdict, Verdict::Block | Verdict::Warn(_));
    let mut text = format!("### {}\n\n", plain(&summary_line::of(outcome)));
    let count = outcome.findings.iter().filter(shown).count();
    if count == 0 {
        return text;
    }
    text.push_str("| | rule | place | secret | commit | fingerprint |\n|---|---|---|---|---|---|\n");
    // Findings that block come first.
    let blocking = outcome.findings.iter().filter(|f| f.verdict.blocks());
    let rest = outcome.findings.iter().filter(shown).filter(|f| !f.verdict.blocks());
    for finding in blocking.chain(rest).take(ROWS) {
        let word = if finding.verdict.blocks() { "**blocks**" } else { "warning" };
        let commit = finding.commit.as_deref().map_or_else(String::new, |id| code(&id[..id.len().min(10)]));
        let place = code(&format!("{}:{}", finding.location.path(), finding.location.line));
        let (rule, secret) = (code(finding.rule.id), code(&finding.secret.to_string()));
        let _ = writeln!(
            text,
            "| {word} | {rule} | {place} | {secret} | {commit} | {} |",
            code(&finding.fingerprint.to_string())
        );
    }
    if count > ROWS {
        let _ = writeln!(text, "\nand {} more: `shield-hook ci --format json` lists all.", count - ROWS);
    }
    text
}

/// A code span in a table. Nothing in it ends the span, the cell or the row.
fn code(text: &str) -> String {
    let text = terminal::name(&text.replace(['`', '\n', '\r'], "'")).replace('|', "\\|");
    if text.is_empty() { text } else { format!("`{text}`") }
}

/// Text without markup.
fn plain(text: &str) -> String {
    let escaped = terminal::name(&text.replace(['\n', '\r'], " "));
    escaped.chars().flat_map(|c| "\\`*_<>[]#|".contains(c).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_ends_its_cell() {
        assert_eq!(code("a|b`c\nd"), "`a\\|b'c'd`");
        assert_eq!(plain("a <b> [c](d)"), "a \\<b\\> \\[c\\](d)");
    }
}
