//! The rules of one run: the built-in ones, a user's, or some of them.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::regex::{compile::compile, cost};
use super::spec::{self, Author, Spec, SpecProblem};
use super::{Brief, Rule, builtin};
use crate::data::did_you_mean;
use crate::error::{Error, Result};

/// The rules of one run.
#[derive(Clone, Debug)]
pub struct RuleSet {
    /// None for all of the built-in ones, each of which is unpacked when it is needed.
    rules: Option<Vec<&'static Rule>>,
    /// Left out, but half of a pair that is not: they run, and nothing is reported for them.
    helpers: Vec<&'static Rule>,
}

/// One rule of a set, which may not have been unpacked yet.
#[derive(Clone, Copy, Debug)]
pub enum Handle {
    /// A built-in one, by its number in the order of their ids.
    Builtin(u16),
    /// Any other.
    Own(&'static Rule),
}

impl Handle {
    /// The rule itself.
    pub fn rule(self) -> &'static Rule {
        match self {
            Self::Builtin(number) => builtin::rule(usize::from(number)),
            Self::Own(rule) => rule,
        }
    }

    /// The facts that are needed at every keyword, without unpacking the rule.
    pub fn brief(self) -> Brief {
        match self {
            Self::Builtin(number) => builtin::brief(usize::from(number)),
            Self::Own(rule) => rule.brief(),
        }
    }
}

impl RuleSet {
    /// How many rules are in the binary.
    pub fn builtin_len() -> usize {
        builtin::len()
    }

    /// The rules in the binary.
    pub fn builtin() -> Self {
        Self { rules: None, helpers: Vec::new() }
    }

    /// Returns whether these are the rules in the binary, all of them and no others.
    pub fn is_builtin(&self) -> bool {
        self.rules.is_none()
    }

    /// How many rules there are.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.rules.as_ref().map_or(builtin::len(), Vec::len)
    }

    /// Every rule, in the order of their ids, none of them unpacked.
    pub fn handles(&self) -> impl Iterator<Item = Handle> + '_ {
        (0..self.len()).map(|at| match &self.rules {
            None => Handle::Builtin(at as u16),
            Some(rules) => rules[at].builtin.map_or(Handle::Own(rules[at]), Handle::Builtin),
        })
    }

    /// The rules that have a detector: position in the order of the ids, and detector. No rule is unpacked.
    pub fn detectors(&self) -> Vec<(usize, &'static str)> {
        match &self.rules {
            None => builtin::detectors().collect(),
            Some(_) => self.handles().enumerate().filter_map(|(at, rule)| Some((at, rule.brief().detector?))).collect(),
        }
    }

    /// These rules, in the order of their ids.
    pub fn new(mut rules: Vec<&'static Rule>) -> Self {
        rules.sort_by_key(|r| r.id);
        Self { rules: Some(rules), helpers: Vec::new() }
    }

    /// Adds the rules of a user's files, each given as its name and its text.
    ///
    /// # Errors
    /// Every problem of the files, each with file and line.
    pub fn with_user<N: AsRef<Path>, T: AsRef<str>>(self, files: &[(N, T)]) -> Result<Self> {
        let (specs, mut problems) = read_user(files);
        for spec in &specs {
            if self.get(&spec.id).is_some() {
                let message = format!("rule id `{}` is taken by a built-in rule; choose another", spec.id);
                problems.push(SpecProblem { file: spec.file.clone(), line: spec.line, message });
            }
        }
        self.extended(specs, problems)
    }

    /// The rules of a user's files instead of the built-in ones.
    ///
    /// # Errors
    /// As [`RuleSet::with_user`], and when there is no rule at all: a scanner without rules finds nothing.
    pub fn user_only<N: AsRef<Path>, T: AsRef<str>>(files: &[(N, T)]) -> Result<Self> {
        let (specs, problems) = read_user(files);
        Self::new(Vec::new()).extended(specs, problems)?.not_empty()
    }

    fn extended(self, specs: Vec<Spec>, mut problems: Vec<SpecProblem>) -> Result<Self> {
        if problems.is_empty() {
            let known: Vec<&str> = self.rules().iter().map(|r| r.id).collect();
            problems = spec::check_set(&specs, &known);
            problems.extend(specs.iter().filter_map(unfit));
            if let Some(first) = specs.get(MOST_RULES.saturating_sub(known.len())) {
                let message = format!("there are more than {MOST_RULES} rules from here on");
                problems.push(SpecProblem { file: first.file.clone(), line: first.line, message });
            }
        }
        if !problems.is_empty() {
            let text: Vec<String> = problems.iter().map(SpecProblem::to_string).collect();
            return Err(Error::usage(text.join("\n  ")).help("`shield-hook rules test FILE` checks a rule file"));
        }
        if specs.is_empty() {
            return Ok(self);
        }
        Ok(Self::new(self.rules().iter().copied().chain(specs.into_iter().map(Rule::leak)).collect()))
    }

    /// Leaves the named rules out. One that another rule requires goes on running, silently.
    ///
    /// # Errors
    /// When a name is no rule, or none is left.
    pub fn disable<S: AsRef<str>>(self, ids: &[S]) -> Result<Self> {
        self.retain(ids, false)
    }

    /// Retains the named rules only. The rules that they require go on running, silently.
    ///
    /// ```
    /// use shield_hook::rule::RuleSet;
    ///
    /// let rules = RuleSet::builtin().only(&["npm-access-token"]).expect("a rule of this name");
    /// assert_eq!(rules.running().rules().len(), 1);
    /// assert!(RuleSet::builtin().only(&["no-such-rule"]).is_err());
    /// ```
    ///
    /// # Errors
    /// When a name is no rule, or there is none.
    pub fn only<S: AsRef<str>>(self, ids: &[S]) -> Result<Self> {
        self.retain(ids, true)
    }

    /// Retains the rules that are named, or those that are not.
    fn retain<S: AsRef<str>>(self, ids: &[S], named: bool) -> Result<Self> {
        if ids.is_empty() && !named {
            return self.not_empty();
        }
        self.all_known(ids)?;
        let is_retained = |r: &&'static Rule| ids.iter().any(|id| id.as_ref() == r.id) == named;
        let (retained, left): (Vec<_>, Vec<_>) = self.rules().iter().copied().partition(is_retained);
        let mut set = Self::new(retained);
        let mut asking = set.rules().to_vec();
        while let Some(requires) = asking.pop().map(|rule| rule.requires) {
            let Some(requires) = requires.filter(|r| !set.helpers.iter().any(|h| h.id == r.rule)) else { continue };
            if let Some(helper) = self.helpers.iter().chain(&left).find(|r| r.id == requires.rule) {
                set.helpers.push(helper);
                asking.push(helper);
            }
        }
        set.not_empty()
    }

    fn all_known<S: AsRef<str>>(&self, ids: &[S]) -> Result<()> {
        match ids.iter().map(AsRef::as_ref).find(|id| self.get(id).is_none()) {
            Some(id) => Err(self.unknown(id)),
            None => Ok(()),
        }
    }

    /// The error about an `id` that no rule has, with the most similar one.
    pub fn unknown(&self, id: &str) -> Error {
        let hint = did_you_mean::hint(id, self.rules().iter().map(|r| r.id));
        Error::usage(format!("no rule is called `{id}`{hint}")).help("`shield-hook rules list` shows every rule")
    }

    fn not_empty(self) -> Result<Self> {
        if self.len() == 0 {
            return Err(Error::usage("no rule is left, so nothing would be found")
                .help("check `disable`, `replace-builtin` and `rules` in the configuration"));
        }
        Ok(self)
    }

    /// Every rule, in the order of their ids.
    pub fn rules(&self) -> &[&'static Rule] {
        self.rules.as_deref().unwrap_or_else(|| builtin::all())
    }

    /// This set with everything that has to run for its sake.
    pub fn running(&self) -> Self {
        match self.helpers.as_slice() {
            [] => self.clone(),
            helpers => Self::new([self.rules(), helpers].concat()),
        }
    }

    /// Returns whether `rule` runs for the sake of another only.
    pub fn is_helper(&self, rule: &Rule) -> bool {
        self.helpers.iter().any(|h| h.id == rule.id)
    }

    /// The rule called `id`.
    pub fn get(&self, id: &str) -> Option<&'static Rule> {
        self.rules().iter().copied().find(|r| r.id == id)
    }

    /// Names this set of rules: 12 hex digits that change with any rule's content.
    pub fn hash(&self) -> String {
        let Some(rules) = &self.rules else { return builtin::hash().to_owned() };
        let mut hash = Sha256::new();
        for rule in rules {
            hash.update(rule.digest.to_le_bytes());
        }
        data_encoding::HEXLOWER.encode(&hash.finalize()[..6])
    }
}

/// The most rules that can be numbered.
const MOST_RULES: usize = u16::MAX as usize;

fn read_user<N: AsRef<Path>, T: AsRef<str>>(files: &[(N, T)]) -> (Vec<Spec>, Vec<SpecProblem>) {
    let (mut specs, mut problems) = (Vec::new(), Vec::new());
    for (name, text) in files {
        match spec::read(&name.as_ref().to_string_lossy(), text.as_ref(), Author::User) {
            Ok(some) => specs.extend(some),
            Err(some) => problems.extend(some),
        }
    }
    (specs, problems)
}

/// Compiles every pattern that the engine will compile, so that it cannot fail there.
fn unfit(spec: &Spec) -> Option<SpecProblem> {
    let regexes = spec.allow.iter().chain((!spec.regex.is_empty()).then_some(&spec.regex));
    let regex = regexes.filter_map(|r| compile(r).err()).map(|e| e.to_string()).next();
    let regex = regex.or_else(|| cost::excessive(&spec.regex));
    let message =
        regex.or_else(|| spec.paths.iter().find_map(|p| globset::Glob::new(p).err()).map(|e| e.to_string()))?;
    Some(SpecProblem { file: spec.file.clone(), line: spec.line, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "[[rule]]\nid = \"corp-token\"\nkeywords = [\"corp_\"]\nregex = '(?<secret>corp_[a-z]{9})'\n";

    #[test]
    fn a_users_rules_stand_beside_or_in_place_of_the_built_in_ones() {
        let (builtin, files) = (RuleSet::builtin(), [("corp.toml", USER)]);
        let both = builtin.clone().with_user(&files).unwrap();
        assert_eq!(both.rules().len(), builtin.rules().len() + 1);
        assert_eq!(both.get("corp-token").unwrap().provider, "corp");
        assert!(both.rules().is_sorted_by_key(|r| r.id));
        assert_eq!(RuleSet::user_only(&files).unwrap().rules().len(), 1);
        assert!(RuleSet::user_only::<&str, &str>(&[]).unwrap_err().message().contains("no rule is left"));
    }

    #[test]
    fn the_hash_names_the_set() {
        let all = RuleSet::builtin();
        let first = all.rules()[0].id;
        let fewer = all.clone().disable(&[first]).unwrap();
        assert_ne!(all.hash(), fewer.hash());
        assert_eq!(all.hash(), RuleSet::builtin().hash());
        assert_eq!(all.clone().only(&[first]).unwrap().rules().len(), 1);
    }

    #[test]
    fn the_half_of_a_pair_runs_on() {
        let helpers = |set: RuleSet| set.helpers.iter().map(|r| r.id).collect::<Vec<_>>();
        let pair = RuleSet::builtin().only(&["aws-key-pair"]).unwrap();
        assert_eq!((pair.rules().len(), pair.running().rules().len()), (1, 2));
        assert_eq!(helpers(pair.clone()), ["aws-access-key-id"]);
        assert_eq!(helpers(pair.only(&["aws-key-pair"]).unwrap()), ["aws-access-key-id"]);
        assert_eq!(helpers(RuleSet::builtin().disable(&["aws-access-key-id"]).unwrap()), ["aws-access-key-id"]);
        assert!(helpers(RuleSet::builtin().disable(&["npm-access-token"]).unwrap()).is_empty());
    }

    #[test]
    fn a_name_that_is_no_rule_is_an_error() {
        let all = RuleSet::builtin();
        let error = all.clone().disable(&["npm-acess-token"]).unwrap_err();
        assert!(error.message().contains("did you mean `npm-access-token`?"), "{error}");
        assert!(all.only::<&str>(&[]).is_err(), "an empty set must not pass for a scan");
    }

    #[test]
    fn problems_of_a_users_file_are_told_all_at_once() {
        let taken = USER.replace("corp-token", "npm-access-token");
        let error = RuleSet::builtin().with_user(&[("a.toml", &taken)]).unwrap_err();
        assert!(error.message().contains("a.toml:2: rule id `npm-access-token` is taken"), "{error}");
        let glob = format!("{USER}paths = ['a{{b']");
        let error = RuleSet::builtin().with_user(&[("a.toml", &glob)]).unwrap_err();
        assert!(error.message().starts_with("a.toml:2: "), "{error}");
    }
}
