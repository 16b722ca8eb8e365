//! `canary --rules`: a fresh secret for every active rule, scanned by the installed program.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::time::Instant;

use super::super::site::Site;
use super::super::{inspect, stub};
use super::sandbox::Sandbox;
use super::{CanaryResult, binary, combined_output, plant};
use crate::error::{Context, Error, Result};
use crate::exit::Exit;
use crate::policy::{OnDisk, Origin, Overrides, Policy, user_config};
use crate::rule::RuleSet;
use crate::rule::generate::Generator;
use crate::rule_test;

/// Plants one file for each `match` of every active rule in a throwaway clone, stages them, and runs the installed
/// program on them. A rule without a finding in any of its files is a failure.
///
/// A contextual rule may dismiss one random value that resembles a word, so one finding of several is enough.
///
/// # Errors
/// When there is no repository, the configuration is wrong, or no throwaway clone can be created.
pub fn run(directory: &Path, program: &Path) -> Result<CanaryResult> {
    let start = Instant::now();
    let word = plant::word();
    let site = Site::find(directory)?;
    let seen = inspect::inspect(&site)?;
    let program = binary(&seen, program);
    let (rules, _) = active(&site)?;
    let sandbox = Sandbox::make(&site, &seen, &word)?;
    let mut failures = Vec::new();
    let planted = plant_samples(&rules, &sandbox, &word, &mut failures)?;
    sandbox.quietly(&["add", "--force", &word])?;
    let report = report_on_staged(&sandbox, &program)?;
    let found: HashSet<(&str, &str)> = report["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|f| Some((f["path"].as_str()?, f["rule"].as_str()?)))
        .collect();
    let heard: HashSet<&str> =
        planted.iter().filter(|(path, rule)| found.contains(&(path.as_str(), **rule))).map(|(_, rule)| *rule).collect();
    let silent: BTreeSet<&str> = planted.values().copied().filter(|rule| !heard.contains(rule)).collect();
    for rule in &silent {
        let all = planted.values().filter(|r| *r == rule).count();
        failures.push(format!("{rule}: silent on all {all} samples of its own"));
    }
    let took = start.elapsed();
    let alive = rules.rules().len() - silent.len();
    let line = format!(
        "canary {word}: {alive} of {} rules alive, {} samples ({} ms)",
        rules.rules().len(),
        planted.len(),
        took.as_millis()
    );
    let exit = if failures.is_empty() { Exit::Clean } else { Exit::Blocked };
    Ok(CanaryResult { line, failures, exit, took })
}

/// Writes a file for each `match` of each rule, below a directory named `word`. Gives the rule of each path.
fn plant_samples(
    rules: &RuleSet,
    sandbox: &Sandbox,
    word: &str,
    failures: &mut Vec<String>,
) -> Result<BTreeMap<String, &'static str>> {
    let mut samples = Generator::new(rules);
    let mut planted = BTreeMap::new();
    for rule in rules.rules() {
        let templates = rule.matches.iter().chain(rule.matches);
        for (number, template) in templates.enumerate() {
            let sample = match samples.expand(rule, template) {
                Ok(sample) => sample,
                Err(why) => {
                    failures.push(format!("{}: no sample can be made: {why}", rule.id));
                    continue;
                }
            };
            let path = format!("{word}/{}/{number}/{}", rule.id, rule_test::path_for(rule));
            let file = sandbox.clone.join(&path);
            if let Some(above) = file.parent() {
                std::fs::create_dir_all(above).or_incomplete(above.display())?;
            }
            std::fs::write(&file, sample.text + "\n").or_incomplete(file.display())?;
            planted.insert(path, rule.id);
        }
    }
    Ok(planted)
}

/// The JSON report of the installed program on the staged files.
fn report_on_staged(sandbox: &Sandbox, program: &Path) -> Result<serde_json::Value> {
    let mut command = sandbox.command(program);
    let output = command.args(["scan", "--staged", "--format", "json"]).output().or_incomplete(program.display())?;
    serde_json::from_slice(&output.stdout).map_err(|_| {
        Error::incomplete(format!(
            "{} gave no report: {}",
            stub::quote(&program.to_string_lossy()),
            combined_output(&output)
        ))
    })
}

/// The rules that the repository's policy leaves active, and the policy.
pub(in super::super) fn active(site: &Site) -> Result<(RuleSet, Policy)> {
    let files = OnDisk { root: site.root.clone() };
    let user = user_config();
    let (policy, rules) =
        Policy::load(Origin { files: &files, user: user.as_deref(), trusted: false }, &Overrides::default())?;
    Ok((rules, policy))
}
