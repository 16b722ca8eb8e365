//! Rules made ready to run: each part is compiled when it is first needed, and never before.

use std::ops::Range;
use std::sync::OnceLock;

use bstr::{BStr, ByteSlice};
use regex::bytes::Regex;

use crate::rule::regex::compile::{self, Lazy};
use crate::rule::{Brief, Handle, Rule};

/// A rule and what was compiled of it so far.
pub(super) struct Ready {
    handle: Handle,
    parts: OnceLock<Box<Parts>>,
}

/// What is made when a rule is first needed.
struct Parts {
    rule: &'static Rule,
    shape: OnceLock<Shape>,
    allow: OnceLock<Vec<Regex>>,
    paths: OnceLock<globset::GlobSet>,
}

/// A compiled shape.
pub(super) struct Shape {
    pub regex: Lazy,
    /// The number of the group `secret`.
    pub secret: usize,
}

impl Ready {
    pub fn new(handle: Handle) -> Self {
        Ready { handle, parts: OnceLock::new() }
    }

    fn parts(&self) -> &Parts {
        self.parts.get_or_init(|| {
            let rule = self.handle.rule();
            Box::new(Parts { rule, shape: OnceLock::new(), allow: OnceLock::new(), paths: OnceLock::new() })
        })
    }

    /// The rule itself.
    pub fn rule(&self) -> &'static Rule {
        self.parts().rule
    }

    /// What can be known of the rule at little cost.
    pub fn brief(&self) -> Brief {
        self.handle.brief()
    }

    /// The rule's regex.
    pub fn shape(&self) -> &Shape {
        self.parts().shape.get_or_init(|| {
            let rule = self.rule();
            let regex = Lazy::new(rule.regex).unwrap_or_else(|e| panic!("rule {}: {e}", rule.id));
            Shape { secret: regex.group("secret").unwrap_or(0), regex }
        })
    }

    /// The rule's regex, where it may match in `text[..window.end]` from `window.start` on: what can be told without it
    /// does not compile it.
    pub fn shape_for(&self, text: &[u8], window: Range<usize>) -> Option<&Shape> {
        let is_compiled = || self.parts.get().is_some_and(|parts| parts.shape.get().is_some());
        self.brief().filters.may_match(text, window, is_compiled).then(|| self.shape())
    }

    /// Whether `secret` is one of the samples that the provider documents.
    pub fn is_sample(&self, secret: &[u8]) -> bool {
        let rule = self.rule();
        let allow = self.parts().allow.get_or_init(|| rule.allow.iter().map(|p| compile(rule, p)).collect());
        allow.iter().any(|regex| regex.is_match(secret))
    }

    /// Whether the rule applies to content at `path`.
    pub fn applies_to(&self, path: &BStr) -> bool {
        if self.brief().everywhere {
            return true;
        }
        let rule = self.rule();
        let paths = self.parts().paths.get_or_init(|| {
            let mut set = globset::GlobSetBuilder::new();
            for glob in rule.paths {
                let glob = globset::GlobBuilder::new(glob).literal_separator(true).build();
                set.add(glob.unwrap_or_else(|e| panic!("rule {}: {e}", rule.id)));
            }
            set.build().unwrap_or_else(|e| panic!("rule {}: {e}", rule.id))
        });
        paths.is_match(path.to_path_lossy())
    }
}

/// Rules are validated when they are loaded, with the same function; a test compiles every built-in one.
fn compile(rule: &Rule, regex: &str) -> Regex {
    compile::compile(regex).unwrap_or_else(|e| panic!("rule {}: {e}", rule.id))
}
