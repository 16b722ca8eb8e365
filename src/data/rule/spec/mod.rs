//! Rule files: TOML in, validated rules out, every complaint with its file and line.

mod pattern;
mod reader;
mod rules;
#[cfg(test)]
mod tests;

use std::fmt;

use super::super::did_you_mean;
use super::super::toml_text::Lines;
use super::fields::{PackedField, rule_fields};
use super::packed::Writer;
use super::scales::{Confidence, Judge, Scope, Severity, Status};
use super::template::{self, Piece};
use reader::Reader;

/// The offline proofs that a rule may name; `engine::checks` implements them.
pub const CHECKS: &[&str] = &[
    "age",
    "aws-bedrock",
    "aws-key-id",
    "azure-devops",
    "base58check",
    "base64-json",
    "basic-auth",
    "bech32",
    "crc32-base62",
    "crc32-base64-le",
    "crc32-hex",
    "crc32-hex-le",
    "crc32-hex-upper",
    "discord-snowflake",
    "gitlab-routable",
    "grafana-key",
    "jwt",
    "key-bytes",
    "luhn",
    "macaroon",
    "marvin32",
    "matrix-token",
    "openssh-key",
    "pem",
    "pgp-armor",
    "putty",
    "recovery-phrase",
    "url-password",
    "uuid4",
];

/// The detectors that replace keywords or a regex; the engine implements them.
pub const DETECTORS: &[&str] = &["generic", "key-store", "kubernetes-secret", "whole-file"];

/// The author of a rule file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// The project's own: everything that a reader, a report or a test needs has to be there.
    Project,
    /// A user's: an id, a regex and keywords are enough.
    User,
}

macro_rules! define_spec {
    ($($(#[$doc:meta])* $key:literal $name:ident: $owned:ty => $fixed:ty,)*) => {
        /// A rule as its file has it, validated and expanded.
        #[derive(Clone, Debug)]
        pub struct Spec {
            /// The rule file.
            pub file: String,
            /// The line of the rule's id, counted from 1.
            pub line: usize,
            $($(#[$doc])* pub $name: $owned,)*
        }

        impl Spec {
            /// Appends the rule to the packed rules.
            pub fn pack(&self, out: &mut Writer) {
                $(PackedField::pack(&self.$name, out);)*
                out.number(self.digest());
            }
        }
    };
}
rule_fields!(define_spec);

impl Spec {
    /// A hash of everything but file and line: FNV-1a, 64 bits, which needs no dependency.
    pub fn digest(&self) -> u64 {
        let content = Self { file: String::new(), line: 0, ..self.clone() };
        format!("{content:?}")
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
    }
}

/// A mistake in a rule file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecProblem {
    /// The file as it was named.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// One or more sentences.
    pub message: String,
}

impl fmt::Display for SpecProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// Reads one rule file. `file` is its name in messages, and the name's stem the default of the provider.
///
/// # Errors
/// Every problem of the file, in its order.
pub fn read(file: &str, text: &str, author: Author) -> Result<Vec<Spec>, Vec<SpecProblem>> {
    let mut reader = Reader { file, lines: Lines::of(text), author, problems: Vec::new() };
    let specs = reader.file(text);
    if reader.problems.is_empty() { Ok(specs) } else { Err(reader.problems) }
}

/// The problems of a set: ids that are not unique, and references to rules that are neither in `specs` nor `known`.
pub fn check_set(specs: &[Spec], known: &[&str]) -> Vec<SpecProblem> {
    let mut problems = Vec::new();
    let ids = || specs.iter().map(|s| s.id.as_str()).chain(known.iter().copied());
    let mut complain = |s: &Spec, message: String| {
        problems.push(SpecProblem { file: s.file.clone(), line: s.line, message });
    };
    for (at, spec) in specs.iter().enumerate() {
        if let Some(first) = specs[..at].iter().find(|s| s.id == spec.id) {
            complain(spec, format!("rule id `{}` is taken: {}:{} has it", spec.id, first.file, first.line));
        }
        let secrets = spec.matches.iter().chain(&spec.rejects).filter_map(|t| template::parse(t).ok()).flatten();
        let named = secrets.filter_map(|piece| match piece {
            Piece::Secret(Some(id)) => Some(("a template", id)),
            _ => None,
        });
        let named = named
            .chain(spec.replaced_by.iter().map(|id| ("`replaced-by`", id.clone())))
            .chain(spec.requires.iter().map(|(id, _)| ("`requires`", id.clone())));
        for (origin, id) in named {
            if !ids().any(|k| k == id) {
                complain(
                    spec,
                    format!("{origin} names rule `{id}`, which does not exist{}", did_you_mean::hint(&id, ids())),
                );
            }
        }
    }
    problems
}
