//! The fields of a rule, listed once: reading, packing, unpacking and describing a rule are made from this table.

use serde::Serialize;

use super::packed::{PackedReader, Writer};
use super::scales::Scale;

/// Passes the table to the macro `$make`: documentation, key in descriptions, name, type in a rule file that was just
/// read, type in a loaded rule.
macro_rules! rule_fields {
    ($make:ident) => {
        $make! {
            /// Kebab case; unique over all rules.
            "id" id: String => &'static str,
            /// The name that people use.
            "title" title: String => &'static str,
            /// The issuer of the credential.
            "provider" provider: String => &'static str,
            /// Its stage of life.
            "status" status: Status => Status,
            /// The successor of a deprecated rule.
            "replaced-by" replaced_by: Option<String> => Option<&'static str>,
            /// The damage that an attacker can do.
            "severity" severity: Severity => Severity,
            /// The certainty that a match is a credential.
            "confidence" confidence: Confidence => Confidence,
            /// The version that brought the rule.
            "since" since: String => &'static str,
            /// Every match contains at least one of these, in whatever case. ASCII, three bytes or more.
            "keywords" keywords: Vec<String> => &'static [&'static str],
            /// The regex, with a group `secret`. Empty for a detector that needs none.
            "regex" regex: String => &'static str,
            /// A detector in the engine that replaces the keywords, or the regex as well.
            "detector" detector: Option<String> => Option<&'static str>,
            /// The greatest distance from a keyword to either end of a match, in bytes.
            "window" window: usize => usize,
            /// The public prefix of the secret, which reports may show.
            "prefix" prefix: String => &'static str,
            /// The name of an offline proof in `engine::checks`.
            "check" check: Option<String> => Option<&'static str>,
            /// The least Shannon entropy of the secret, in bits a character.
            "entropy" entropy: Option<f32> => Option<f32>,
            /// The judgement that a match has to pass.
            "judge" judge: Judge => Judge,
            /// The environment in which the credential opens something.
            "scope" scope: Scope => Scope,
            /// The form is shared by many issuers (a JWT, an Authorization header): any rule of an issuer takes precedence.
            "general" general: bool => bool,
            /// Globs, relative to the root: the rule applies only there. Empty: everywhere.
            "paths" paths: Vec<String> => &'static [&'static str],
            /// Regexes on the secret: a match is a documented sample.
            "allow" allow: Vec<String> => &'static [&'static str],
            /// A second rule that must match nearby.
            "requires" requires: Option<(String, usize)> => Option<Requires>,
            /// The use that an attacker makes of it.
            "why" why: String => &'static str,
            /// The way to revoke it.
            "fix" fix: String => &'static str,
            /// The provider's own pages.
            "references" references: Vec<String> => &'static [&'static str],
            /// Templates that the rule must find.
            "match" matches: Vec<String> => &'static [&'static str],
            /// Templates in which the rule must find nothing that blocks.
            "reject" rejects: Vec<String> => &'static [&'static str],
        }
    };
}
pub(crate) use rule_fields;

/// A second rule that must match nearby (an id and its secret).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Requires {
    /// The other rule's id.
    pub rule: &'static str,
    /// The greatest distance, in lines.
    pub lines: usize,
}

/// A value of a field: owned while a rule file is read, static in a loaded rule.
pub trait PackedField: Sized {
    /// The type in a loaded rule.
    type Static: Copy;
    /// The value of a rule without this field.
    const NONE: Self::Static;

    /// Appends the value to the packed rules.
    fn pack(&self, out: &mut Writer);
    /// Reads the value back.
    fn unpack(from: &mut PackedReader) -> Self::Static;
    /// Makes the value live until the process ends.
    fn leak(self) -> Self::Static;
}

impl PackedField for String {
    type Static = &'static str;
    const NONE: &'static str = "";

    fn pack(&self, out: &mut Writer) {
        out.text(self);
    }

    fn unpack(from: &mut PackedReader) -> &'static str {
        from.text()
    }

    fn leak(self) -> &'static str {
        self.leak()
    }
}

impl PackedField for Option<String> {
    type Static = Option<&'static str>;
    const NONE: Option<&'static str> = None;

    fn pack(&self, out: &mut Writer) {
        out.optional_text(self.as_deref());
    }

    fn unpack(from: &mut PackedReader) -> Option<&'static str> {
        from.optional_text()
    }

    fn leak(self) -> Option<&'static str> {
        self.map(|text| &*text.leak())
    }
}

impl PackedField for Vec<String> {
    type Static = &'static [&'static str];
    const NONE: &'static [&'static str] = &[];

    fn pack(&self, out: &mut Writer) {
        out.texts(self);
    }

    fn unpack(from: &mut PackedReader) -> &'static [&'static str] {
        from.texts()
    }

    fn leak(self) -> &'static [&'static str] {
        self.into_iter().map(|text| &*text.leak()).collect::<Vec<_>>().leak()
    }
}

impl PackedField for usize {
    type Static = Self;
    const NONE: Self = 0;

    fn pack(&self, out: &mut Writer) {
        out.number(*self as u64);
    }

    fn unpack(from: &mut PackedReader) -> Self {
        from.number() as Self
    }

    fn leak(self) -> Self {
        self
    }
}

impl PackedField for bool {
    type Static = Self;
    const NONE: Self = false;

    fn pack(&self, out: &mut Writer) {
        out.number(u64::from(*self));
    }

    fn unpack(from: &mut PackedReader) -> Self {
        from.number() == 1
    }

    fn leak(self) -> Self {
        self
    }
}

impl PackedField for Option<f32> {
    type Static = Self;
    const NONE: Self = None;

    fn pack(&self, out: &mut Writer) {
        out.number(self.map_or(u64::MAX, |value| u64::from(value.to_bits())));
    }

    fn unpack(from: &mut PackedReader) -> Self {
        match from.number() {
            u64::MAX => None,
            bits => Some(f32::from_bits(bits as u32)),
        }
    }

    fn leak(self) -> Self {
        self
    }
}

impl PackedField for Option<(String, usize)> {
    type Static = Option<Requires>;
    const NONE: Option<Requires> = None;

    fn pack(&self, out: &mut Writer) {
        out.optional_text(self.as_ref().map(|(rule, _)| rule.as_str()));
        out.number(self.as_ref().map_or(0, |(_, lines)| *lines as u64));
    }

    fn unpack(from: &mut PackedReader) -> Option<Requires> {
        let (rule, lines) = (from.optional_text(), from.number() as usize);
        rule.map(|rule| Requires { rule, lines })
    }

    fn leak(self) -> Option<Requires> {
        self.map(|(rule, lines)| Requires { rule: rule.leak(), lines })
    }
}

impl<S: Scale + PartialEq> PackedField for S {
    type Static = S;
    const NONE: S = S::DEFAULT;

    #[expect(clippy::expect_used, reason = "a scale lists all its steps")]
    fn pack(&self, out: &mut Writer) {
        let number = S::STEPS.iter().position(|(_, step)| step == self).expect("a scale lists all its steps");
        out.number(number as u64);
    }

    fn unpack(from: &mut PackedReader) -> S {
        S::STEPS[from.number() as usize].1
    }

    fn leak(self) -> S {
        self
    }
}
