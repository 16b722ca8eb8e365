//! Allowances: `[[allow]]` in a configuration file.

use std::collections::HashMap;
use std::sync::OnceLock;

use bstr::ByteSlice;
use globset::{GlobSet, GlobSetBuilder};
use jiff::civil::Date;
use regex::bytes::Regex;

use super::files;
use crate::document::{Field, Section};
use crate::engine::redact;
use crate::error::{Error, Result};
use crate::finding::{Finding, Fingerprint};

/// One `[[allow]]`. All conditions that it gives must hold.
#[derive(Debug)]
pub struct Allowance {
    /// The file that holds it, as messages name it.
    pub file: String,
    /// The line it begins on.
    pub line: usize,
    /// Globs; one of them must match the path. Empty: every path.
    pub path: Vec<String>,
    /// Rule ids; one of them must be the finding's. Empty: every rule.
    pub rule: Vec<String>,
    /// A regex that must match within the secret.
    pub value: Option<String>,
    /// The secret's fingerprint.
    pub fingerprint: Option<Fingerprint>,
    /// The first digits of a commit's id.
    pub commit: Option<String>,
    /// Why it is there.
    pub reason: String,
    /// The last day on which it holds, in UTC.
    pub expires: Option<Date>,
    /// The key `broad`: it may do without a rule, a value and a fingerprint.
    says_broad: bool,
    matchers: OnceLock<Option<Matchers>>,
}

/// The compiled patterns, made when the first finding asks for them and never before.
#[derive(Debug)]
struct Matchers {
    path: GlobSet,
    value: Option<Regex>,
}

const TOO_BROAD: &str =
    "this allowance names no rule, no value and no fingerprint, so it would allow every secret it covers";
const NARROW_IT: &str = "add a rule, a value or a fingerprint; or set broad = true if that is intended";

/// The shortest commit prefix: shorter ones are ambiguous in any real repository.
const COMMIT_DIGITS: usize = 7;

impl Allowance {
    /// Reads one `[[allow]]`. Its patterns are not compiled: a run that finds nothing must not pay for them.
    ///
    /// # Errors
    /// Exit 3: an unknown key, a wrong type, a missing reason, or an allowance that would allow everything in a path
    /// without saying so.
    pub fn read(section: &Section<'_>, file: &str) -> Result<Self> {
        let line = section.line();
        let path = read_each(section.get("path"), |_, _| Ok(()))?;
        let rule = read_each(section.get("rule"), |field, id| {
            if is_id(id) { Ok(()) } else { Err(field.error("must be a rule's id, in kebab case")) }
        })?;
        let value = section.get("value").as_ref().map(Field::text).transpose()?;
        let fingerprint = match section.get("fingerprint") {
            Some(field) => Some(
                Fingerprint::parse(&field.string()?)
                    .ok_or_else(|| field.error("must be the 32 hex digits that a report shows"))?,
            ),
            None => None,
        };
        let commit = match section.get("commit") {
            Some(field) => {
                let id = field.string()?.to_ascii_lowercase();
                if id.len() < COMMIT_DIGITS || id.len() > 64 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return Err(
                        field.error(format_args!("must be {COMMIT_DIGITS} or more hex digits of a commit's id"))
                    );
                }
                Some(id)
            }
            None => None,
        };
        let reason = section.get("reason").map(|f| f.text()).transpose()?;
        let expires = section.get("expires").map(|f| f.date()).transpose()?;
        let broad = section.get("broad").map(|f| f.bool()).transpose()?.unwrap_or(false);
        let narrow = !rule.is_empty() || fingerprint.is_some() || value.is_some();
        section.finish()?;
        let missing = || section.error("an allowance needs a reason").help("add: reason = \"why this is no leak\"");
        let reason = reason.ok_or_else(missing)?;
        if !narrow && !broad {
            return Err(section.error(TOO_BROAD).help(NARROW_IT));
        }
        Ok(Self {
            file: file.to_owned(),
            line,
            path,
            rule,
            value,
            fingerprint,
            commit,
            reason,
            expires,
            says_broad: broad,
            matchers: OnceLock::new(),
        })
    }

    /// Whether its last day is before `today`.
    pub fn expired(&self, today: Date) -> bool {
        self.expires.is_some_and(|last| last < today)
    }

    /// Whether it answers the question that the finding asks. One that names neither a rule nor a finding was made about
    /// secrets, often by another scanner, and does not concern hijacked packages or the policy.
    fn is_about(&self, finding: &Finding) -> bool {
        !self.rule.is_empty() || self.fingerprint.is_some() || !super::not_in_a_set(finding.rule.id)
    }

    /// Whether all its conditions hold for the finding.
    pub fn covers(&self, finding: &Finding) -> bool {
        self.is_about(finding)
            && self.fingerprint.is_none_or(|f| f == finding.fingerprint)
            && (self.rule.is_empty() || self.rule.iter().any(|id| id == finding.rule.id))
            && self.commit.as_ref().is_none_or(|id| finding.commit.as_ref().is_some_and(|c| c.starts_with(id.as_str())))
            && (self.path.is_empty() && self.value.is_none() || self.patterns_match(finding))
    }

    fn patterns_match(&self, finding: &Finding) -> bool {
        // A pattern that does not compile allows nothing.
        let Some(matchers) = self.matchers.get_or_init(|| self.compile().ok()) else { return false };
        (self.path.is_empty() || matchers.path.is_match(finding.location.path().to_path_lossy()))
            && matchers.value.as_ref().is_none_or(|regex| regex.is_match(finding.secret.expose()))
    }

    fn compile(&self) -> Result<Matchers> {
        let fails = |what: &str| Error::usage(format!("{}:{}: {what}", self.file, self.line));
        let not = |key: &str, kind: &str, why: String| fails(&format!("`allow.{key}` is not a {kind}: {why}"));
        let mut set = GlobSetBuilder::new();
        for pattern in &self.path {
            set.add(files::glob(pattern).map_err(|why| not("path", "glob", why))?);
        }
        if !self.says_broad && self.is_broad().map_err(|why| not("value", "regex", why))? {
            return Err(fails(TOO_BROAD).help(NARROW_IT));
        }
        // A regex that parses can be too large.
        let value =
            self.value.as_deref().map(Regex::new).transpose().map_err(|_| fails("`allow.value` is too large"))?;
        Ok(Matchers { path: set.build().map_err(|e| not("path", "glob", e.to_string()))?, value })
    }

    /// Returns whether nothing in it distinguishes one secret from another.
    ///
    /// # Errors
    /// When its value is no regex.
    pub fn is_broad(&self) -> Result<bool, String> {
        let any = self.value.as_deref().map_or(Ok(true), matches_anything)?;
        Ok(any && self.rule.is_empty() && self.fingerprint.is_none())
    }

    /// Compiles its patterns now: for whoever checks a configuration, and where a finding makes them matter.
    ///
    /// # Errors
    /// Exit 3: a regex or glob that does not parse, or a regex that matches every secret.
    pub fn prove(&self) -> Result<()> {
        self.compile().map(drop)
    }

    /// The reason, masked: people write secrets into reasons.
    pub fn why(&self) -> String {
        redact::message(&self.reason)
    }

    /// Its conditions in a few words, for a message.
    pub fn about(&self) -> String {
        let mut parts = Vec::new();
        if !self.rule.is_empty() {
            parts.push(self.rule.join(", "));
        }
        if let Some(f) = &self.fingerprint {
            parts.push(format!("fingerprint {}", &f.to_string()[..8]));
        }
        if self.value.is_some() {
            parts.push("a value".into());
        }
        if !self.path.is_empty() {
            parts.push(format!("in {}", redact::name(&self.path.join(", "))));
        }
        if let Some(c) = &self.commit {
            parts.push(format!("in commit {c}"));
        }
        parts.join(" ")
    }
}

/// The allowances of a run.
#[derive(Debug, Default)]
pub struct Allowlist {
    all: Vec<Allowance>,
    index: OnceLock<AllowanceIndex>,
}

/// The numbers of allowances by their conditions: a finding is compared with those only that may cover it.
#[derive(Debug, Default)]
struct AllowanceIndex {
    fingerprint: HashMap<Fingerprint, Vec<usize>>,
    rule: HashMap<String, Vec<usize>>,
    other: Vec<usize>,
}

impl Allowlist {
    /// Adds the allowances of another file, which is weaker than those before.
    pub fn extend(&mut self, more: Vec<Allowance>) {
        self.all.extend(more);
        self.index = OnceLock::new();
    }

    /// All of them, the strongest file's first.
    pub fn all(&self) -> &[Allowance] {
        &self.all
    }

    /// The numbers of those that cover the finding today, the strongest file's first.
    pub fn covering(&self, finding: &Finding, today: Date) -> Vec<usize> {
        if self.all.is_empty() {
            return Vec::new();
        }
        let index = self.index.get_or_init(|| self.indexed());
        let named = [index.fingerprint.get(&finding.fingerprint), index.rule.get(finding.rule.id), Some(&index.other)];
        let mut numbers: Vec<usize> = named.into_iter().flatten().flatten().copied().collect();
        numbers.sort_unstable();
        let covers = |a: &Allowance| !a.expired(today) && a.covers(finding);
        numbers.retain(|number| covers(&self.all[*number]));
        numbers
    }

    fn indexed(&self) -> AllowanceIndex {
        let mut index = AllowanceIndex::default();
        for (number, allowance) in self.all.iter().enumerate() {
            match allowance.fingerprint {
                Some(fingerprint) => index.fingerprint.entry(fingerprint).or_default().push(number),
                None if allowance.rule.is_empty() => index.other.push(number),
                None => {
                    for id in &allowance.rule {
                        index.rule.entry(id.clone()).or_default().push(number);
                    }
                }
            }
        }
        index
    }
}

/// One string or a list of them, each checked.
fn read_each(field: Option<Field<'_>>, check: impl Fn(&Field<'_>, &str) -> Result<()>) -> Result<Vec<String>> {
    let Some(field) = field else { return Ok(Vec::new()) };
    let all = match field.string() {
        Ok(one) => vec![one],
        Err(_) => field.strings()?.into_iter().map(|(_, s)| s).collect(),
    };
    if all.is_empty() || all.iter().any(|s| s.trim().is_empty()) {
        return Err(field.error("must not be empty"));
    }
    all.iter().try_for_each(|one| check(&field, one))?;
    Ok(all)
}

/// Whether `id` has the form of a rule's id.
pub fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 100 && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Values that have nothing in common but that they are values.
const UNLIKE: [&[u8]; 4] = [
    b"80351946720538164297350816429735081642973508",
    b"qvkzjwxhbfqvkzjwxhbfqvkzjwxhbfqvkzjwxhbfqvkz",
    b"QVKZJWXHBFQVKZJWXHBFQVKZJWXHBFQVKZJWXHBFQVKZ",
    b"_-/+_-/+_-/+_-/+_-/+_-/+_-/+_-/+_-/+_-/+_-/+",
];

/// Whether a regex matches every secret: the empty string, or whatever there is (`.`, `\S{8,}`).
pub(super) fn matches_anything(regex: &str) -> Result<bool, String> {
    let hir = regex_syntax::ParserBuilder::new().utf8(false).build().parse(regex).map_err(|e| match e {
        // The display of a syntax error repeats the pattern, which may hold a secret.
        regex_syntax::Error::Parse(e) => e.kind().to_string(),
        regex_syntax::Error::Translate(e) => e.kind().to_string(),
        _ => "it does not parse".into(),
    })?;
    let is_empty = hir.properties().minimum_len().unwrap_or(0) == 0;
    Ok(is_empty || Regex::new(regex).is_ok_and(|regex| UNLIKE.iter().all(|value| regex.is_match(value))))
}
