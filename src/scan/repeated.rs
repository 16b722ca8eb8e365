//! A warning that several lockfiles of one change give alike is one finding.

use std::collections::HashMap;

use crate::finding::{Finding, Fingerprint, Verdict};
use crate::package::rules;

/// Joins equal warnings about packages that went back: the lockfiles of one repository often change together. The first place
/// stands for all.
pub(super) fn join(findings: &mut Vec<Finding>) {
    let mut places: HashMap<Statement, usize> = HashMap::new();
    findings.retain(|finding| {
        !may_join(finding) || {
            let seen = places.entry(statement(finding)).or_default();
            *seen += 1;
            *seen == 1
        }
    });
    for finding in findings.iter_mut().filter(|finding| may_join(finding)) {
        if let Some(others) = places.get(&statement(finding)).map(|seen| seen - 1).filter(|others| *others > 0) {
            let s = if others == 1 { "" } else { "s" };
            finding.notes.push(format!("the same in {others} other lockfile{s}"));
        }
    }
}

/// The package, the commit and the words of a warning.
type Statement = (Fingerprint, Option<String>, Vec<String>);

fn statement(finding: &Finding) -> Statement {
    (finding.fingerprint, finding.commit.clone(), finding.notes.clone())
}

/// Only warnings are joined: a reader has to see every place that blocks.
fn may_join(finding: &Finding) -> bool {
    finding.rule.id == rules::DOWNGRADE.id && matches!(finding.verdict, Verdict::Warn(_))
}
