//! The rules, the policy and the data: whether they leave anything to find.

use std::collections::BTreeSet;

use super::super::canary;
use super::super::site::Site;
use super::{Diagnosis, messages};
use crate::engine::redact;
use crate::package::{age, store, update};
use crate::policy::{self, AllowanceCheck, Policy, Used};
use crate::rule::{Confidence, RuleSet, Severity};

/// Largest baseline without a warning, in secrets.
const LARGE_BASELINE: usize = 100;

pub(super) fn check(site: &Site, diagnosis: &mut Diagnosis) {
    let before = diagnosis.problems.len();
    match canary::active(site) {
        Err(error) => diagnosis.problems.push(messages::policy_broken(&error)),
        Ok((rules, policy)) => {
            diagnosis.facts.push(format!("{} rules ({})", rules.len(), rules.hash()));
            check_policy(&rules, &policy, diagnosis);
        }
    }
    // These messages quote the policy.
    for problem in &mut diagnosis.problems[before..] {
        problem.message = redact::message(&problem.message);
        problem.fix = redact::message(&problem.fix);
    }
    check_data(diagnosis);
}

fn check_policy(rules: &RuleSet, policy: &Policy, diagnosis: &mut Diagnosis) {
    let problems = &mut diagnosis.problems;
    let (active, all) = (rules.len(), RuleSet::builtin_len());
    if active * 2 < all {
        problems.push(messages::rules_few(active, all));
    }
    for allowance in policy.allowances().iter().filter(|a| a.is_broad() == Ok(true)) {
        problems.push(messages::allowance_broad(allowance));
    }
    problems.extend(
        policy.stale(rules, AllowanceCheck::Everything, &Used::default()).into_iter().map(messages::policy_stale),
    );
    let known = policy.baseline().len();
    if known > LARGE_BASELINE {
        problems.push(messages::baseline_large(known));
    }
    if policy.block == Confidence::High || policy.severity >= Severity::High {
        problems.push(messages::policy_high(policy.block, policy.severity));
    }
}

fn check_data(diagnosis: &mut Diagnosis) {
    match store::load() {
        Err(error) => diagnosis.problems.push(messages::data_broken(&error)),
        Ok(data) if data.is_empty() => diagnosis.problems.push(messages::data_missing()),
        Ok(data) => {
            let date = data.complete_until(&BTreeSet::new());
            diagnosis.facts.push(format!("data of {date}"));
            let has_source = || update::BUILT_IN.is_some() || policy::user_feed().is_ok_and(|feed| feed.from.is_some());
            let old = age::warning(&date).map(|message| messages::data_old(message, has_source()));
            diagnosis.problems.extend(old);
        }
    }
}
