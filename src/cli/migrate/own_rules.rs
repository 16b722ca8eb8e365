//! The team's own rules for other scanners: converted, tried on an example, and reported one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::cli::allow::read;
use crate::cli::session::Session;
use crate::error::Result;
use crate::policy::config;
use crate::policy::edit;
use crate::policy::migrate::{ForeignRule, OwnRule};
use crate::rule::RuleSet;
use crate::rule_test;

/// The directory of the rule files that a migration writes, relative to the root.
const DIRECTORY: &str = ".shield-hook.rules";

/// What became of the rules of one scanner.
pub struct OwnRules {
    /// The scanner's name.
    pub tool: &'static str,
    /// Those that are carried over.
    pub carried: Vec<OwnRule>,
    /// The ids of those that are not, each with the reason.
    pub lost: Vec<(String, String)>,
}

/// A rule file that has to be written.
pub struct RuleFile {
    /// Its path, relative to the root.
    pub path: String,
    /// Its content.
    pub text: String,
}

impl OwnRules {
    /// Converts the rules; each one that is carried over finds the example that was made for it.
    ///
    /// # Errors
    /// Exit 2 or 3, when a rule file of an earlier migration cannot be read.
    pub fn of(tool: &'static str, rules: &[ForeignRule], session: &Session, root: &Path) -> Result<Self> {
        let earlier = edit::rule_ids(&read(&root.join(path(tool)))?);
        let mut taken: BTreeSet<String> = session.rules().rules().iter().map(|rule| rule.id.to_owned()).collect();
        taken.retain(|id| !earlier.contains(id));
        let mut own = Self { tool, carried: Vec::new(), lost: Vec::new() };
        for rule in rules {
            match rule.convert(tool, |id| taken.contains(id)) {
                Ok(converted) => {
                    taken.insert(converted.id.clone());
                    own.carried.push(converted);
                }
                Err(why) => own.lost.push((rule.id.clone(), why)),
            }
        }
        own.resolve_pairs();
        own.prove();
        Ok(own)
    }

    /// A rule that needs another one names it by its id here; without it there is no pair.
    fn resolve_pairs(&mut self) {
        let ids: BTreeMap<String, String> =
            self.carried.iter().map(|rule| (rule.foreign_id.clone(), rule.id.clone())).collect();
        let (kept, alone): (Vec<_>, Vec<_>) = std::mem::take(&mut self.carried)
            .into_iter()
            .partition(|rule| rule.partner().is_none_or(|id| ids.contains_key(id)));
        self.carried = kept;
        for rule in &mut self.carried {
            if let Some(id) = rule.partner().and_then(|id| ids.get(id)).cloned() {
                rule.set_partner(&id);
            }
        }
        let why = "the rule that it requires is not carried over";
        self.lost.extend(alone.into_iter().map(|rule| (rule.foreign_id, why.to_owned())));
    }

    /// Leaves out the examples of rules that do not find them, and says so.
    fn prove(&mut self) {
        for rule in &mut self.carried {
            let text = OwnRule::file(self.tool, [&*rule]);
            let found = RuleSet::builtin()
                .with_user(&[("rules.toml", text)])
                .is_ok_and(|set| set.get(&rule.id).is_some_and(|own| rule_test::finds_its_examples(&set, own)));
            if !found && rule.without_example() {
                rule.differences.push("no example could be made that it finds: try it on one of yours".to_owned());
            }
        }
    }

    /// The file with these rules, and those of an earlier migration; none when nothing is new.
    ///
    /// # Errors
    /// Exit 2 or 3, when the file is there and cannot be read.
    pub fn file(&self, root: &Path) -> Result<Option<RuleFile>> {
        let path = path(self.tool);
        let old = read(&root.join(&path))?;
        let there = edit::rule_ids(&old);
        let new: Vec<&OwnRule> = self.carried.iter().filter(|rule| !there.contains(&rule.id)).collect();
        if new.is_empty() {
            return Ok(None);
        }
        let text = match config::text(&path, &old)? {
            "" => OwnRule::file(self.tool, new),
            old => format!("{}\n\n{}", old.trim_end(), OwnRule::tables(new)),
        };
        Ok(Some(RuleFile { path, text }))
    }

    /// One line a rule: carried over exactly, nearly, or not.
    pub fn report(&self) -> Vec<String> {
        let carried = self.carried.iter().map(|rule| {
            let name = match rule.id == rule.foreign_id {
                true => rule.id.clone(),
                false => format!("{} (here {})", rule.foreign_id, rule.id),
            };
            match rule.differences.as_slice() {
                [] => format!("rule {name}: carried over, exact"),
                some => format!("rule {name}: carried over, approximate: {}", some.join("; ")),
            }
        });
        let lost = self.lost.iter().map(|(id, why)| format!("rule {id}: not carried over: {why}"));
        carried.chain(lost).collect()
    }
}

/// The rule file of a scanner's rules.
pub fn path(tool: &str) -> String {
    format!("{DIRECTORY}/{tool}.toml")
}
