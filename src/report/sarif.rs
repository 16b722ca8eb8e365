//! `--format sarif`: SARIF 2.1.0 (OASIS), for GitHub code scanning and its like.

use std::collections::{BTreeMap, HashMap};
use std::io;

use serde_json::{Value, json};

use super::{Report, percent, sentence};
use crate::finding::{Finding, Verdict};
use crate::outcome::Outcome;
use crate::rule::{Confidence, Rule, Severity};

/// One run, with the rules that found something.
pub struct Sarif;

impl Report for Sarif {
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, &log(outcome))?;
        writeln!(out)
    }
}

fn log(outcome: &Outcome) -> Value {
    let rules: BTreeMap<&str, &Rule> = outcome.findings.iter().map(|f| (f.rule.id, f.rule)).collect();
    let index: HashMap<&str, usize> = rules.keys().enumerate().map(|(n, id)| (*id, n)).collect();
    let mut seen = HashMap::new();
    let results: Vec<Value> = outcome.findings.iter().map(|f| result(f, index[f.rule.id], &mut seen)).collect();
    let notifications: Vec<Value> = outcome
        .coverage
        .skipped
        .iter()
        .map(|s| {
            json!({
                "level": if s.incomplete { "error" } else { "note" },
                "message": { "text": format!("not scanned: {} {}: {}", s.what, s.path, s.reason) },
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "shield-hook",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.values().map(|r| descriptor(r)).collect::<Vec<_>>(),
                "properties": { "ruleset": outcome.ruleset, "rules": outcome.rules },
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": outcome.coverage.complete(),
                "exitCode": outcome.exit() as u8,
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
            "properties": { "digest": crate::outcome::summary_line::of(outcome) },
        }],
    })
}

fn descriptor(rule: &Rule) -> Value {
    // GitHub sorts by this number: over 9.0 critical, over 7.0 high, over 4.0 medium.
    let (level, score) = match rule.severity {
        Severity::Critical => ("error", "9.5"),
        Severity::High => ("error", "8.0"),
        Severity::Medium => ("warning", "5.5"),
        Severity::Low => ("note", "2.0"),
    };
    let precision = match rule.confidence {
        Confidence::High => "very-high",
        Confidence::Medium => "high",
        Confidence::Low => "medium",
    };
    let mut descriptor = json!({
        "id": rule.id,
        "name": rule.title,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.why },
        "help": {
            "text": format!("{}\n\n{}", rule.why, rule.fix),
            "markdown": format!("{}\n\n**Fix:** {}", rule.why, rule.fix),
        },
        "defaultConfiguration": { "level": level },
        "properties": { "tags": ["security", "secret", rule.provider], "precision": precision, "security-severity": score },
    });
    if let Some(url) = rule.references.first() {
        descriptor["helpUri"] = json!(url);
    }
    descriptor
}

fn result(f: &Finding, index: usize, seen: &mut HashMap<(String, String), usize>) -> Value {
    let path = f.location.path().to_string();
    let fingerprint = f.fingerprint.to_string();
    // The order distinguishes two findings of one secret in a file: line numbers move.
    let nth = seen.entry((path.clone(), fingerprint.clone())).or_insert(0);
    *nth += 1;
    let level = if f.verdict.blocks() { "error" } else { "note" };
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": percent(f.location.path()), "uriBaseId": "%SRCROOT%" },
            "region": {
                "startLine": f.location.line,
                "startColumn": f.location.column,
                "endLine": f.location.end_line,
                "snippet": { "text": f.excerpt.text },
            },
        },
    });
    if !f.location.kind().is_file() {
        location["logicalLocations"] = json!([{ "name": path, "kind": f.location.kind().name() }]);
    }
    let mut result = json!({
        "ruleId": f.rule.id,
        "ruleIndex": index,
        "level": level,
        "message": { "text": sentence(f) },
        "locations": [location],
        "partialFingerprints": {
            "shieldHookSecret/v1": fingerprint,
            // GitHub matches alerts by this one.
            "primaryLocationLineHash": format!("{fingerprint}:{nth}"),
        },
        "baselineState": if matches!(f.verdict, Verdict::Old) { "unchanged" } else { "new" },
        "properties": { "confidence": f.confidence, "verified": f.verified, "commit": f.commit, "blocking": f.verdict.blocks() },
    });
    if let Verdict::Allowed(by) = &f.verdict {
        let kind = if by.is_in_source() { "inSource" } else { "external" };
        result["suppressions"] = json!([{ "kind": kind, "justification": by.as_str() }]);
    }
    result
}
