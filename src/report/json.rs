//! `--format json`: one object, whose field names are part of the contract.

use std::io;

use serde_json::{Value, json};

use super::{Report, packages};
use crate::engine::RuleStat;
use crate::finding::Finding;
use crate::outcome::Outcome;
use crate::outcome::summary_line;

/// One JSON object, ended by a newline.
pub struct Json;

impl Report for Json {
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, &object(outcome))?;
        writeln!(out)
    }
}

/// The outcome in the fields of the contract.
pub fn object(outcome: &Outcome) -> Value {
    let mut object = json!({
        "version": 1,
        "tool": {
            "name": "shield-hook",
            "version": env!("CARGO_PKG_VERSION"),
            "ruleset": outcome.ruleset,
            "rules": outcome.rules,
        },
        "digest": summary_line::of(outcome),
        "result": outcome.result(),
        "complete": outcome.coverage.complete(),
        "coverage": outcome.coverage,
        "stale": outcome.stale,
        "findings": outcome.findings.iter().map(|f| finding(outcome, f)).collect::<Vec<_>>(),
        "packages": outcome.packages.iter().map(packages::row).collect::<Vec<_>>(),
        "unknown_origin": outcome.unknown_origin,
        "changes": outcome.changes.iter().map(packages::change).collect::<Vec<_>>(),
    });
    if let Some(error) = &outcome.failed {
        object["error"] = json!({ "message": error.message(), "help": error.help_lines() });
    }
    if let Some(facts) = &outcome.repository {
        object["repository"] = json!({ "name": facts.name, "head": facts.head });
    }
    if !outcome.rule_stats.is_empty() {
        object["rule_stats"] = outcome.rule_stats.iter().map(rule_stat).collect();
    }
    object
}

/// The cost of one rule; `--rule-stats` only.
fn rule_stat(s: &RuleStat) -> Value {
    json!({
        "rule": s.rule.id,
        "keywords": s.hits,
        "regex_runs": s.runs,
        "microseconds": u64::try_from(s.time.as_micros()).unwrap_or(u64::MAX),
        "values": s.values,
        "dropped": s.dropped,
        "findings": s.findings,
        "blocking": s.blocking,
    })
}

/// One finding in the fields of the contract, with what is known about its commit.
pub fn finding(outcome: &Outcome, f: &Finding) -> Value {
    let mut value = contract(f);
    let commit = f.commit.as_ref().and_then(|id| outcome.repository.as_ref()?.commits.get(id));
    if let Some(facts) = commit {
        value["author"] = facts.author.as_str().into();
        value["date"] = facts.time().map(|time| time.to_string()).into();
        value["subject"] = facts.subject.as_str().into();
    }
    value
}

fn contract(f: &Finding) -> Value {
    json!({
        "rule": f.rule.id,
        "title": f.rule.title,
        "provider": f.rule.provider,
        "severity": f.rule.severity,
        "confidence": f.confidence,
        "blocking": f.verdict.blocks(),
        "verdict": f.verdict.name(),
        "reason": f.verdict.reason(),
        "path": f.location.path().to_string(),
        "line": f.location.line,
        "column": f.location.column,
        "end_line": f.location.end_line,
        "commit": f.commit,
        "secret": f.secret,
        "fingerprint": f.fingerprint.to_string(),
        "verified": f.verified,
        "notes": f.notes,
        "why": f.rule.why,
        "fix": f.rule.fix,
        "kind": f.location.kind().name(),
        "excerpt": f.excerpt.text,
        "repair": f.repair,
    })
}
