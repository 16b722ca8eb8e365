//! `--format junit`: JUnit XML, which every CI system shows.

use std::io;

use super::{Report, sentence};
use crate::finding::Verdict;
use crate::outcome::Outcome;
use crate::outcome::summary_line;
use crate::terminal::text::is_unsafe;

/// One test case for each finding; without findings, one that passes.
pub struct JUnit;

impl Report for JUnit {
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
        let blocking = outcome.findings.iter().filter(|f| f.verdict.blocks()).count();
        let warned: Vec<_> = outcome.findings.iter().filter(|f| matches!(f.verdict, Verdict::Warn(_))).collect();
        let unread: Vec<_> = outcome.coverage.skipped.iter().filter(|s| s.incomplete).collect();
        let tests = (blocking + warned.len() + unread.len()).max(1);
        let counts = format!("tests=\"{tests}\" failures=\"{blocking}\" errors=\"{}\"", unread.len());
        let seconds = outcome.took.as_secs_f64();
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        writeln!(out, "<testsuites name=\"shield-hook\" {counts} time=\"{seconds:.3}\">")?;
        let skipped = warned.len();
        writeln!(out, "  <testsuite name=\"secrets\" {counts} skipped=\"{skipped}\" time=\"{seconds:.3}\">")?;
        for f in &outcome.findings {
            let l = &f.location;
            let name = xml(&format!("{} at {}:{}:{}", f.rule.id, l.path(), l.line, l.column));
            let case = format!("    <testcase classname=\"shield-hook.{}\" name=\"{name}\"", xml(f.rule.id));
            match &f.verdict {
                Verdict::Block => {
                    let steps: String =
                        f.repair.iter().map(|s| format!("\n{}:\n  {}", s.what, s.run.join("\n  "))).collect();
                    let commit = f.commit.as_ref().map(|c| format!("\nIn commit {c}.")).unwrap_or_default();
                    let text = xml(&format!("{}{commit}{steps}", sentence(f)));
                    let title = xml(f.rule.title);
                    writeln!(out, "{case} file=\"{}\" line=\"{}\">", xml(&l.path().to_string()), l.line)?;
                    writeln!(out, "      <failure type=\"{}\" message=\"{title}\">{text}</failure>", xml(f.rule.id))?;
                    writeln!(out, "    </testcase>")?;
                }
                Verdict::Warn(why) => {
                    writeln!(out, "{case}>\n      <skipped message=\"{}\"/>\n    </testcase>", xml(&why.to_string()))?;
                }
                Verdict::Allowed(_) | Verdict::Old => {}
            }
        }
        for skip in &unread {
            let name = xml(&format!("{} {}", skip.what, skip.path));
            writeln!(out, "    <testcase classname=\"shield-hook\" name=\"{name}\">")?;
            writeln!(out, "      <error type=\"not-scanned\" message=\"{}\"/>\n    </testcase>", xml(&skip.reason))?;
        }
        if blocking + warned.len() + unread.len() == 0 {
            writeln!(out, "    <testcase classname=\"shield-hook\" name=\"no secrets\"/>")?;
        }
        writeln!(out, "    <system-out>{}</system-out>", xml(&summary_line::of(outcome)))?;
        writeln!(out, "  </testsuite>\n</testsuites>")
    }
}

/// Text for an element or an attribute. Characters that XML 1.0 forbids become U+FFFD.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push('\t'),
            c if is_unsafe(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::xml;

    #[test]
    fn text_stays_text() {
        assert_eq!(xml("a<b>&\"c\"\u{1}\n"), "a&lt;b&gt;&amp;&quot;c&quot;\u{fffd}&#10;");
    }
}
