//! A rule file and its rules, key by key.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use super::super::super::regex::analysis::{self, RegexAnalysis};
use super::super::super::toml_text;
use super::super::scales::{Confidence, Scale, Scope, Severity, Status};
use super::super::{keys, template};
use super::reader::{Fields, Reader, get};
use super::{Author, CHECKS, DETECTORS, Spec};

const FILE_KEYS: &[&str] = &["provider", "rule"];
const REQUIRES_KEYS: &[&str] = &["rule", "lines"];

/// The window of a rule without a `window` whose regex has no greatest length, in bytes.
const DEFAULT_WINDOW: usize = 1024;
/// The largest window, in bytes.
const MAX_WINDOW: usize = 1 << 20;

impl Reader<'_> {
    /// Everything in the file.
    pub(super) fn file(&mut self, text: &str) -> Vec<Spec> {
        let table = match toml_text::parse(text) {
            Ok(table) => table,
            Err(e) => {
                self.complain(e.at..e.at, format!("not TOML: {}", e.message));
                return Vec::new();
            }
        };
        let fields = self.fields(table.get_ref(), FILE_KEYS, "a rule file");
        let stem = self.file.rsplit(['/', '\\']).next().unwrap_or_default().trim_end_matches(".toml").to_owned();
        let provider = match get(&fields, "provider") {
            Some(value) => match self.string(value, "provider") {
                Some(p) if self.author == Author::Project && p != stem => {
                    self.complain(value.span(), format!("provider is `{p}`, but the file is called `{stem}.toml`"));
                    p
                }
                Some(p) if !is_kebab(&p) => {
                    self.complain(value.span(), "provider: lower-case letters, digits and single hyphens only");
                    p
                }
                Some(p) => p,
                None => stem,
            },
            None if self.author == Author::Project => {
                self.complain(0..0, "`provider` is missing");
                stem
            }
            None => stem,
        };
        let Some(rules) = get(&fields, "rule") else {
            self.complain(0..0, "no [[rule]] in this file");
            return Vec::new();
        };
        let DeValue::Array(rules) = rules.get_ref() else {
            self.complain(rules.span(), "`rule` must be an array of tables: write [[rule]]");
            return Vec::new();
        };
        rules.iter().filter_map(|rule| self.rule(rule, &provider)).collect()
    }

    fn rule(&mut self, rule: &Spanned<DeValue<'_>>, provider: &str) -> Option<Spec> {
        let DeValue::Table(table) = rule.get_ref() else {
            self.complain(rule.span(), "a rule must be a table");
            return None;
        };
        let fields = &self.fields(table, &keys::names(), "a rule");
        let at = get(fields, "id").map_or_else(|| rule.span(), Spanned::span);
        let project = self.author == Author::Project;
        let id = self.text_field(fields, "id", &at, true)?;
        if !is_kebab(&id) {
            self.complain(at.clone(), format!("id `{id}`: lower-case letters, digits and single hyphens only"));
        }
        let detector = self.opt_word(fields, "detector", DETECTORS);
        let check = self.opt_word(fields, "check", CHECKS);
        let pattern = self.pattern(fields, &at, detector.as_deref());
        let analysis = pattern.analysis.as_ref();
        let window = self.window(fields, analysis);
        let status = self.level(fields, "status", &at, project).unwrap_or(Status::DEFAULT);
        let replaced_by = self.successor(fields, &at, status);
        let spec = Spec {
            file: self.file.to_owned(),
            line: self.line(&at),
            title: self.text_field(fields, "title", &at, project).unwrap_or_else(|| id.clone()),
            provider: provider.to_owned(),
            status,
            replaced_by,
            severity: self.level(fields, "severity", &at, project).unwrap_or(Severity::DEFAULT),
            confidence: self.level(fields, "confidence", &at, project).unwrap_or(Confidence::DEFAULT),
            since: self.text_field(fields, "since", &at, project).unwrap_or_default(),
            prefix: self
                .opt_string(fields, "prefix")
                .unwrap_or_else(|| analysis.map(RegexAnalysis::secret_prefix).unwrap_or_default()),
            keywords: pattern.keywords,
            regex: pattern.regex,
            detector,
            window,
            check,
            entropy: self.entropy(fields),
            judge: self.level(fields, "judge", &at, false).unwrap_or(pattern.judge),
            scope: self.level(fields, "scope", &at, false).unwrap_or(Scope::DEFAULT),
            general: self.flag(fields, "general"),
            paths: self.paths(fields),
            allow: self.allow(fields),
            requires: self.requires(fields),
            why: self.text_field(fields, "why", &at, project).unwrap_or_default(),
            fix: self.text_field(fields, "fix", &at, project).unwrap_or_default(),
            references: self.references(fields, &at),
            matches: self.templates(fields, "match", &at),
            rejects: self.templates(fields, "reject", &at),
            id,
        };
        Some(spec)
    }

    /// An optional key whose value is one of `words`.
    fn opt_word(&mut self, fields: &Fields<'_, '_>, key: &str, words: &[&str]) -> Option<String> {
        let value = self.opt_string(fields, key)?;
        self.one_of(fields, key, &value, words);
        Some(value)
    }

    /// The rule that replaces a deprecated one.
    fn successor(&mut self, fields: &Fields<'_, '_>, at: &Range<usize>, status: Status) -> Option<String> {
        let successor = self.opt_string(fields, "replaced-by");
        if (status == Status::Deprecated) != successor.is_some() {
            self.complain(
                at.clone(),
                "a deprecated rule, and no other, names its successor: `replaced-by = \"rule-id\"`",
            );
        }
        successor
    }

    fn window(&mut self, fields: &Fields<'_, '_>, analysis: Option<&RegexAnalysis>) -> usize {
        let longest = analysis.and_then(RegexAnalysis::max_len);
        match get(fields, "window") {
            None => longest.map_or(DEFAULT_WINDOW, |n| n.min(MAX_WINDOW)),
            Some(value) => match self.integer(value) {
                Some(n) if (16..=MAX_WINDOW).contains(&n) => n,
                _ => {
                    self.complain(value.span(), format!("`window`: bytes, from 16 to {MAX_WINDOW}"));
                    DEFAULT_WINDOW
                }
            },
        }
    }

    fn entropy(&mut self, fields: &Fields<'_, '_>) -> Option<f32> {
        let value = get(fields, "entropy")?;
        let bits = match value.get_ref() {
            DeValue::Float(f) => f.as_str().parse().ok(),
            DeValue::Integer(i) => i.as_str().parse().ok(),
            _ => None,
        };
        let bits = bits.filter(|b: &f32| (0.0..=8.0).contains(b));
        if bits.is_none() {
            self.complain(value.span(), "`entropy`: bits a character, from 0 to 8");
        }
        bits
    }

    fn paths(&mut self, fields: &Fields<'_, '_>) -> Vec<String> {
        let paths = self.strings(fields, "paths");
        if let Some(bad) = paths.iter().find(|p| p.is_empty() || p.starts_with('/') || p.contains('\\')) {
            let at = get(fields, "paths").map_or(0..0, Spanned::span);
            self.complain(at, format!("path `{bad}`: a glob relative to the repository's root, separated by `/`"));
        }
        paths
    }

    fn allow(&mut self, fields: &Fields<'_, '_>) -> Vec<String> {
        let allow = self.strings(fields, "allow");
        for regex in &allow {
            let at = get(fields, "allow").map_or(0..0, Spanned::span);
            match analysis::parse(regex) {
                Err(e) => self.complain(at, e),
                Ok(hir) if hir.properties().minimum_len() == Some(0) => {
                    self.complain(at, format!("allow `{regex}` matches everything"));
                }
                Ok(_) => {}
            }
        }
        allow
    }

    fn requires(&mut self, fields: &Fields<'_, '_>) -> Option<(String, usize)> {
        let value = get(fields, "requires")?;
        let DeValue::Table(table) = value.get_ref() else {
            self.complain(value.span(), "`requires` is a table: { rule = \"other-rule\", lines = 10 }");
            return None;
        };
        let inner = self.fields(table, REQUIRES_KEYS, "`requires`");
        let rule = self.text_field(&inner, "rule", &value.span(), true)?;
        let lines = match get(&inner, "lines") {
            None => Some(10),
            Some(lines) => self.integer(lines).filter(|n| (0..=1000).contains(n)),
        };
        if lines.is_none() {
            self.complain(value.span(), "`lines`: how many lines away the other rule may match, from 0 to 1000");
        }
        Some((rule, lines?))
    }

    fn references(&mut self, fields: &Fields<'_, '_>, at: &Range<usize>) -> Vec<String> {
        let references = self.strings(fields, "references");
        if let Some(bad) = references.iter().find(|r| !r.starts_with("https://")) {
            self.complain(at.clone(), format!("reference `{bad}` must begin with https://"));
        }
        references
    }

    fn templates(&mut self, fields: &Fields<'_, '_>, key: &str, at: &Range<usize>) -> Vec<String> {
        let templates = self.strings(fields, key);
        if templates.is_empty() && self.author == Author::Project {
            self.complain(at.clone(), format!("`{key}` is missing: at least one template"));
        }
        for t in &templates {
            if let Err(e) = template::parse(t) {
                self.complain(get(fields, key).map_or(0..0, Spanned::span), e);
            }
        }
        templates
    }
}

fn is_kebab(id: &str) -> bool {
    id.split('-').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}
