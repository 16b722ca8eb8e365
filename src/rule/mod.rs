//! Rules: the form of a credential, why it matters and how to revoke it.
//!
//! The built-in rules are TOML files under `rules/`, packed by the build script, so that a run parses none of them. A
//! user's own rule files are read by the same code at run time.

mod builtin;
pub mod checksum;
pub mod generate;
pub mod regex;
mod set;

pub use crate::data::rule::scales::{Confidence, Judge, Scope, Severity, Status};
pub use crate::data::rule::{spec, template};
pub use set::{Handle, RuleSet};

use crate::data::regex::Filters;
pub use crate::data::rule::fields::Requires;
use crate::data::rule::fields::{PackedField, rule_fields};
use crate::data::rule::packed::PackedReader;
use spec::Spec;

/// The facts about a rule that are needed at every keyword.
#[derive(Clone, Copy, Debug)]
pub struct Brief {
    /// As [`Rule::window`].
    pub window: usize,
    /// As [`Rule::detector`].
    pub detector: Option<&'static str>,
    /// The rule applies to every path.
    pub everywhere: bool,
    /// As [`Rule::filters`].
    pub filters: Filters,
}

impl Rule {
    /// The facts that are needed at every keyword.
    fn brief(&self) -> Brief {
        Brief { window: self.window, detector: self.detector, everywhere: self.paths.is_empty(), filters: self.filters }
    }
}

macro_rules! define_rule {
    ($($(#[$doc:meta])* $key:literal $name:ident: $owned:ty => $fixed:ty,)*) => {
        /// One rule. Built-in rules are static; a user's rules live until the process ends.
        #[derive(Clone, Debug)]
        pub struct Rule {
            $($(#[$doc])* pub $name: $fixed,)*
            /// A hash of all of the above.
            pub digest: u64,
            /// The filters in front of the regex.
            pub filters: Filters,
            /// The number of a built-in rule, in the order of their ids.
            pub builtin: Option<u16>,
        }

        impl Rule {
            const EMPTY: Rule = Rule {
                $($name: <$owned as PackedField>::NONE,)*
                digest: 0,
                filters: Filters::ANY,
                builtin: None,
            };

            /// Makes a user's rule live as long as the built-in ones.
            fn leak(spec: Spec) -> &'static Rule {
                let (digest, filters) = (spec.digest(), Filters::leaked(&spec.regex));
                Box::leak(Box::new(Rule { $($name: PackedField::leak(spec.$name),)* digest, filters, builtin: None }))
            }

            /// Reads a built-in rule, in the order in which [`Spec::pack`] wrote it.
            fn unpack(from: &mut PackedReader, filters: Filters, number: u16) -> Rule {
                Rule {
                    $($name: <$owned as PackedField>::unpack(from),)*
                    digest: from.number(),
                    filters,
                    builtin: Some(number),
                }
            }

            /// Every field with its key.
            pub fn fields(&self) -> Vec<(&'static str, serde_json::Value)> {
                vec![$(($key, serde_json::json!(self.$name)),)*]
            }
        }
    };
}
rule_fields!(define_rule);

impl Rule {
    /// The detector of secrets that have no form of their own.
    pub const GENERIC: &str = "generic";
    /// The detector of values in Kubernetes Secrets.
    pub const MANIFEST: &str = "kubernetes-secret";
    /// The detector of key stores.
    pub const STORE: &str = "key-store";
    /// The detector of files that are a credential and nothing else.
    pub const WHOLE: &str = "whole-file";

    /// A rule of this id and no content, for findings that no pattern makes: the code that finds them fills in the rest.
    pub const fn without_pattern(id: &'static str, title: &'static str, provider: &'static str) -> Self {
        Self { id, title, provider, since: "0.1.0", ..Self::EMPTY }
    }
}
