//! `--format pretty`: what people see.

use std::io;

use super::Report;
use crate::finding::Verdict;
use crate::scan::Outcome;

/// Frames in the manner of rustc.
pub struct Pretty;

impl Report for Pretty {
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
        for f in outcome.findings.iter().filter(|f| matches!(f.verdict, Verdict::Block | Verdict::Warn(_))) {
            let word = if f.verdict.blocks() { "error" } else { "warning" };
            writeln!(out, "{word}[{}]: {}", f.rule.id, f.rule.title)?;
            writeln!(out, "  --> {}:{}:{}", f.location.path, f.location.line, f.location.column)?;
            writeln!(out, "   | {}", f.excerpt.text)?;
            writeln!(out, "   = fix: {}", f.rule.fix)?;
        }
        Ok(())
    }
}
