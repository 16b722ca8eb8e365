//! Rules made ready to run: each part is compiled when it is first needed, and never before.

use std::sync::OnceLock;

use bstr::{BStr, ByteSlice};
use regex::bytes::Regex;

use crate::rule::{Rule, pattern};

/// A rule and what was compiled of it so far.
pub(super) struct Ready {
    pub rule: &'static Rule,
    shape: OnceLock<Shape>,
    allow: OnceLock<Vec<Regex>>,
    paths: OnceLock<globset::GlobSet>,
}

/// A compiled shape.
pub(super) struct Shape {
    pub regex: Regex,
    /// The number of the group `secret`.
    pub secret: usize,
}

impl Ready {
    pub fn new(rule: &'static Rule) -> Self {
        Ready { rule, shape: OnceLock::new(), allow: OnceLock::new(), paths: OnceLock::new() }
    }

    /// The rule's regex.
    pub fn shape(&self) -> &Shape {
        self.shape.get_or_init(|| {
            let regex = compile(self.rule, self.rule.regex);
            let secret = regex.capture_names().position(|name| name == Some("secret")).unwrap_or(0);
            Shape { regex, secret }
        })
    }

    /// Whether `secret` is one of the samples that the provider documents.
    pub fn is_sample(&self, secret: &[u8]) -> bool {
        let allow = self.allow.get_or_init(|| self.rule.allow.iter().map(|p| compile(self.rule, p)).collect());
        allow.iter().any(|regex| regex.is_match(secret))
    }

    /// Whether the rule applies to content at `path`.
    pub fn applies_to(&self, path: &BStr) -> bool {
        if self.rule.paths.is_empty() {
            return true;
        }
        let paths = self.paths.get_or_init(|| {
            let mut set = globset::GlobSetBuilder::new();
            for glob in self.rule.paths {
                let glob = globset::GlobBuilder::new(glob).literal_separator(true).build();
                set.add(glob.unwrap_or_else(|e| panic!("rule {}: {e}", self.rule.id)));
            }
            set.build().unwrap_or_else(|e| panic!("rule {}: {e}", self.rule.id))
        });
        paths.is_match(path.to_path_lossy())
    }
}

/// Rules are validated when they are loaded, with the same function; a test compiles every built-in one.
fn compile(rule: &Rule, regex: &str) -> Regex {
    pattern::compile(regex).unwrap_or_else(|e| panic!("rule {}: {e}", rule.id))
}
