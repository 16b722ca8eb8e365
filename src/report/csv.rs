//! `--format csv`: RFC 4180, one row a finding.

use std::io;

use super::Report;
use crate::outcome::Outcome;

/// A header and a row for every finding.
pub struct Csv;

const HEADER: &str =
    "rule,title,provider,severity,confidence,verdict,path,line,column,end_line,commit,secret,fingerprint,fix";

impl Report for Csv {
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
        write!(out, "{HEADER}\r\n")?;
        for f in &outcome.findings {
            let row = [
                f.rule.id.to_owned(),
                f.rule.title.to_owned(),
                f.rule.provider.to_owned(),
                f.rule.severity.to_string(),
                f.confidence.to_string(),
                f.verdict.name().to_owned(),
                f.location.path().to_string(),
                f.location.line.to_string(),
                f.location.column.to_string(),
                f.location.end_line.to_string(),
                f.commit.clone().unwrap_or_default(),
                f.secret.to_string(),
                f.fingerprint.to_string(),
                f.rule.fix.to_owned(),
            ];
            write!(out, "{}\r\n", row.map(|field| cell(&field)).join(","))?;
        }
        Ok(())
    }
}

/// A field, quoted if necessary. An apostrophe precedes a field that a spreadsheet would run as a formula, because a
/// file can be called `=HYPERLINK(...)`.
fn cell(field: &str) -> String {
    let guard = if field.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    match field.contains([',', '"', '\n', '\r']) {
        true => format!("\"{guard}{}\"", field.replace('"', "\"\"")),
        false => format!("{guard}{field}"),
    }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn cells() {
        assert_eq!(cell("plain"), "plain");
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("a \"b\"\nc"), "\"a \"\"b\"\"\nc\"");
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("@a,b"), "\"'@a,b\"");
    }
}
