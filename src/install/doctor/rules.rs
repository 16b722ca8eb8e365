//! The rules, the policy and the data: whether they leave anything to find.

use super::super::canary;
use super::super::site::Site;
use super::{Diagnosis, Problem};
use crate::package::{age, store};
use crate::policy::Allowances;
use crate::rule::{Confidence, RuleSet, Severity};

/// Largest baseline without a warning, in secrets.
const MANY: usize = 100;

pub(super) fn check(site: &Site, diagnosis: &mut Diagnosis) {
    let problems = &mut diagnosis.problems;
    match canary::active(site) {
        Err(error) => problems.push(Problem::error(
            "policy-broken",
            format!("the policy cannot be read, so every commit is stopped: {}", error.message()),
            error.help_lines().first().cloned().unwrap_or_else(|| "shield-hook config check".into()),
        )),
        Ok((rules, policy)) => {
            let all = RuleSet::builtin_len();
            let active = rules.len();
            diagnosis.facts.push(format!("{active} rules ({})", rules.hash()));
            if active * 2 < all {
                problems.push(Problem::error(
                    "rules-few",
                    format!("only {active} rules are active, of {all} in the program"),
                    "take `replace-builtin` or `disable` out of .shield-hook.toml, and look: shield-hook config show",
                ));
            }
            for allowance in policy.allowances().iter().filter(|a| a.is_broad() == Ok(true)) {
                problems.push(Problem::warning(
                    "allowance-broad",
                    format!(
                        "{}:{} allows every secret in {}: {}",
                        allowance.file,
                        allowance.line,
                        if allowance.path.is_empty() { "every file".into() } else { allowance.path.join(", ") },
                        allowance.reason
                    ),
                    format!("edit {}: name a rule, a value or a fingerprint", allowance.file),
                ));
            }
            for stale in policy.stale(&rules, Allowances::Proven) {
                problems.push(Problem::warning("policy-stale", stale, "shield-hook config check"));
            }
            let known = policy.baseline().len();
            if known > MANY {
                problems.push(Problem::warning(
                    "baseline-large",
                    format!("{known} secrets are in the baseline, and none of them blocks"),
                    "shield-hook baseline audit",
                ));
            }
            if policy.block == Confidence::High || policy.severity >= Severity::High {
                problems.push(Problem::warning(
                    "policy-high",
                    format!(
                        "only findings of {} confidence and {} severity or more block",
                        format!("{:?}", policy.block).to_lowercase(),
                        format!("{:?}", policy.severity).to_lowercase()
                    ),
                    "lower `block` and `severity` in the configuration: shield-hook config show",
                ));
            }
        }
    }
    match store::load() {
        Err(error) => problems.push(Problem::error(
            "data-broken",
            format!("the data on hijacked packages cannot be read: {}", error.message()),
            error.help_lines().first().cloned().unwrap_or_default(),
        )),
        Ok(data) if data.is_empty() => problems.push(Problem::error(
            "data-missing",
            "the program holds no data on hijacked packages",
            "install it again: ./install.sh",
        )),
        Ok(data) => {
            diagnosis.facts.push(format!("data of {}", data.date()));
            if let Some(old) = age::warning(data.date()) {
                problems.push(Problem::note("data-old", old, "shield-hook advisories update, or a newer shield-hook"));
            }
        }
    }
}
