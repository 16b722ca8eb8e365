//! `--format gitlab`: the secret detection report that GitLab's merge requests show (`gl-secret-detection-report.json`).

use std::io;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Report, capital, sentence};
use crate::finding::Verdict;
use crate::outcome::Outcome;

/// GitLab's security report schema, version 15.
pub struct GitLab;

/// The schema's version, as the report has to name it.
const SCHEMA: &str = "15.0.0";

/// The id that GitLab's own analyzer writes without a commit; the schema demands one.
const NO_COMMIT: &str = "0000000";

impl Report for GitLab {
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
        let tool = json!({
            "id": "shield-hook",
            "name": "shield-hook",
            "vendor": { "name": "shield-hook" },
            "version": env!("CARGO_PKG_VERSION"),
        });
        let end = Timestamp::now();
        let start = end.checked_sub(jiff::SignedDuration::try_from(outcome.took).unwrap_or_default()).unwrap_or(end);
        let time = |t: Timestamp| t.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S").to_string();
        let messages: Vec<Value> = outcome
            .coverage
            .skipped
            .iter()
            .filter(|s| s.incomplete)
            .map(|s| json!({ "level": "fatal", "value": format!("{} {}: {}", s.what, s.path, s.reason) }))
            .collect();
        let report = json!({
            "version": SCHEMA,
            "scan": {
                "analyzer": tool,
                "scanner": tool,
                "type": "secret_detection",
                "start_time": time(start),
                "end_time": time(end),
                "status": if outcome.coverage.complete() { "success" } else { "failure" },
                "messages": messages,
            },
            "vulnerabilities": vulnerabilities(outcome),
        });
        serde_json::to_writer_pretty(&mut *out, &report)?;
        writeln!(out)
    }
}

fn vulnerabilities(outcome: &Outcome) -> Vec<Value> {
    let shown = outcome.findings.iter().filter(|f| matches!(f.verdict, Verdict::Block | Verdict::Warn(_)));
    shown
        .map(|f| {
            let (path, l) = (f.location.path().to_string(), &f.location);
            let commit = f.commit.as_deref().unwrap_or(NO_COMMIT);
            json!({
                // The same for the same secret in the same file, run after run.
                "id": format!("{}:{path}:{}:{}:{commit}", f.fingerprint, l.line, l.column),
                "category": "secret_detection",
                "name": f.rule.title,
                "description": f.rule.why,
                "severity": capital(f.rule.severity),
                "solution": f.rule.fix,
                "details": { "evidence": { "name": "Evidence", "type": "text", "value": sentence(f) } },
                "scanner": { "id": "shield-hook", "name": "shield-hook" },
                "location": {
                    "file": path,
                    "commit": { "sha": commit },
                    "start_line": l.line,
                    "end_line": l.end_line,
                },
                "identifiers": [{
                    "type": "shield_hook_rule_id",
                    "name": format!("shield-hook rule {}", f.rule.id),
                    "value": f.rule.id,
                }],
            })
        })
        .collect()
}
