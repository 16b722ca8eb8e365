//! Allowances: `[[allow]]` in a configuration file.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use bstr::ByteSlice;
use globset::{GlobSet, GlobSetBuilder};
use jiff::civil::Date;
use regex::bytes::Regex;

use super::document::{Field, Section};
use super::files;
use crate::engine::redact;
use crate::error::Result;
use crate::finding::{Finding, Fingerprint};

/// One `[[allow]]`. All conditions that it gives must hold.
#[derive(Debug)]
pub struct Allowance {
    /// The file it stands in, as messages name it.
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
    /// Whether it may do without a rule, a value and a fingerprint.
    pub broad: bool,
    matchers: OnceLock<Option<Matchers>>,
    used: AtomicBool,
}

/// What is compiled when the first finding is judged, and never before.
#[derive(Debug)]
struct Matchers {
    path: GlobSet,
    value: Option<Regex>,
}

/// The shortest commit prefix: shorter ones are ambiguous in any real repository.
const COMMIT_DIGITS: usize = 7;

impl Allowance {
    /// Reads one `[[allow]]`.
    ///
    /// # Errors
    /// Exit 3: an unknown key, a wrong type, a missing reason, a regex or glob that does not parse, or an allowance
    /// that would allow everything in a path without saying so.
    pub fn read(section: Section<'_>, file: &str) -> Result<Self> {
        let line = section.line();
        let path = read_each(section.get("path"), |field, glob| {
            files::glob(glob).map(drop).map_err(|e| field.error(format_args!("is not a glob: {e}")))
        })?;
        let rule = read_each(section.get("rule"), |field, id| {
            if is_id(id) { Ok(()) } else { Err(field.error("must be a rule's id, in kebab case")) }
        })?;
        let value_field = section.get("value");
        let value = value_field.as_ref().map(Field::text).transpose()?;
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
        let mut narrow = !rule.is_empty() || fingerprint.is_some();
        if let (Some(field), Some(value)) = (&value_field, &value) {
            narrow |= !matches_anything(value).map_err(|e| field.error(format_args!("is not a regex: {e}")))?;
        }
        let missing_reason = section.error("an allowance needs a reason").help("add: reason = \"why this is no leak\"");
        let too_broad = section
            .error(
                "this allowance names no rule, no value and no fingerprint, so it would allow every secret it covers",
            )
            .help("add a rule, a value or a fingerprint; or say broad = true if that is what you want");
        section.finish()?;
        let reason = reason.ok_or(missing_reason)?;
        if !narrow && !broad {
            return Err(too_broad);
        }
        Ok(Allowance {
            file: file.to_owned(),
            line,
            path,
            rule,
            value,
            fingerprint,
            commit,
            reason,
            expires,
            broad: !narrow,
            matchers: OnceLock::new(),
            used: AtomicBool::new(false),
        })
    }

    /// Whether its last day is before `today`.
    pub fn expired(&self, today: Date) -> bool {
        self.expires.is_some_and(|last| last < today)
    }

    /// Whether a finding of this run met all its conditions.
    pub fn used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    /// Whether all its conditions hold for the finding. Remembers that it was of use.
    pub fn covers(&self, finding: &Finding) -> bool {
        let holds = self.fingerprint.is_none_or(|f| f == finding.fingerprint)
            && (self.rule.is_empty() || self.rule.iter().any(|id| id == finding.rule.id))
            && self
                .commit
                .as_ref()
                .is_none_or(|id| finding.commit.as_ref().is_some_and(|c| c.starts_with(id.as_str())))
            && (self.path.is_empty() && self.value.is_none() || self.patterns_match(finding));
        if holds {
            self.used.store(true, Ordering::Relaxed);
        }
        holds
    }

    fn patterns_match(&self, finding: &Finding) -> bool {
        // A pattern that parsed and yet does not compile (it is too large) allows nothing.
        let Some(matchers) = self.matchers.get_or_init(|| self.compile().ok()) else { return false };
        (self.path.is_empty() || matchers.path.is_match(finding.location.path.to_path_lossy()))
            && matchers.value.as_ref().is_none_or(|regex| regex.is_match(finding.secret.expose()))
    }

    fn compile(&self) -> Result<Matchers, String> {
        let mut set = GlobSetBuilder::new();
        for pattern in &self.path {
            set.add(files::glob(pattern)?);
        }
        let value = self.value.as_deref().map(Regex::new).transpose().map_err(|e| e.to_string())?;
        Ok(Matchers { path: set.build().map_err(|e| e.to_string())?, value })
    }

    /// Compiles its patterns now, for `config check`.
    ///
    /// # Errors
    /// What does not compile.
    pub fn prove(&self) -> Result<(), String> {
        self.compile().map(drop)
    }

    /// Why it is there, fit to be shown: people write into a reason what they should not.
    pub fn why(&self) -> String {
        redact::message(&self.reason)
    }

    /// What it is about, in a few words, for a message.
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
