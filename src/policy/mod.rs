//! What is done about a finding: configuration, allowances, baseline and inline directives.

use std::ops::Range;

use crate::finding::{Finding, Verdict};
use crate::rule::{Confidence, Severity, Status};

/// What applies in this run, as resolved from the configuration, the baseline and the command line.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The lowest confidence that blocks.
    pub block: Confidence,
    /// The lowest severity that blocks.
    pub severity: Severity,
    /// Objects larger than this many bytes make the scan incomplete.
    pub max_object: u64,
    /// Whether what another remote already holds blocks a push all the same.
    pub block_published_elsewhere: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            block: Confidence::Medium,
            severity: Severity::Low,
            max_object: 1 << 30,
            block_published_elsewhere: false,
        }
    }
}

impl Policy {
    /// Decides about a finding that is new. `text` is the whole chunk and `span` where the secret stands in it, for
    /// the inline directives on its line and the one before.
    pub fn judge(&self, finding: &Finding, text: &[u8], span: &Range<usize>) -> Verdict {
        let _ = (text, span);
        if finding.rule.status == Status::Experimental {
            return Verdict::Warn("the rule is experimental".into());
        }
        if finding.confidence < self.block {
            return Verdict::Warn("its confidence is below what blocks".into());
        }
        if finding.rule.severity < self.severity {
            return Verdict::Warn("its severity is below what blocks".into());
        }
        Verdict::Block
    }

    /// Allowances that matched nothing or are past their date, each as a sentence.
    pub fn stale(&self) -> Vec<String> {
        Vec::new()
    }
}
