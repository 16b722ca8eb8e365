//! Generic secrets: passwords, keys and tokens that have no form of their own.
//!
//! A keyword wakes [`candidate_at`], which dismisses nearly all hits by the bytes behind them. The others are judged by
//! name, value and surroundings together: hard evidence first (templates, masks, references), then a small model of
//! boosted trees over the [`Features`]. The model is trained on generated data by the program in `src/train`.

mod affix;
pub mod candidate;
mod comment;
mod digest_table;
mod dismissal;
pub mod features;
mod habit;
mod known;
pub mod lexicon;
mod model;
pub mod name;
mod noise;
mod randomness;
mod raw_literal;
mod record_key;
mod setting;
mod target;
pub mod threshold;
pub mod tree;
mod vocabulary;

pub use super::placeholder::is_placeholder;
pub use candidate::{Candidate, Form, KEYWORDS, candidate_at};
pub(super) use dismissal::is_option;
pub use dismissal::{dismiss, dismiss_by_value};
pub use features::Features;
pub use model::FOREST;
pub use randomness::looks_random;
pub(super) use setting::repeats_user;

use std::cell::OnceCell;
use std::ops::Range;

use crate::path::purpose::{self, Language, PathKind};
use crate::rule::Confidence;
use habit::Habit;
use name::Kind;
use tree::Forest;

/// The verdict on a candidate.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The probability that it is a secret, by the model; 0 when hard evidence denies it.
    pub score: f32,
    /// The confidence in it; none when it is not worth showing.
    pub confidence: Option<Confidence>,
    /// The id of the rule it is reported under.
    pub rule: &'static str,
    /// The reason to dismiss it before the model.
    pub dismissed: Option<&'static str>,
    /// The input of the model; none when it was dismissed before.
    pub features: Option<Features>,
    /// The habit of a person who made the value; the login that it belongs to is weighed then.
    habit: Option<Habit>,
}

/// Judges a candidate. The path decides how bare words are read, and lowers nothing here: see [`PathKind::lowers`].
pub fn judge(text: &[u8], path: &[u8], c: &Candidate) -> Judgement {
    judge_by(&model::FOREST, text, path, c)
}

/// Judges a candidate by another model, for the training program.
pub fn judge_by(forest: &Forest<'_>, text: &[u8], path: &[u8], c: &Candidate) -> Judgement {
    let name = c.name.clone().map_or(&b""[..], |r| &text[r]);
    let rule = rule_for(c, name);
    let dismissed =
        |why, habit| Judgement { score: 0.0, confidence: None, rule, dismissed: Some(why), features: None, habit };
    // Words are the usual case, and cheap to know. Only those that could be a person's password are read further.
    if !habit::is_password(text, c)
        && let Some(why) = dismissal::by_words(&text[c.value.clone()])
    {
        return dismissed(why, None);
    }
    if let Some(why) = dismissal::certain(text, path, c) {
        return dismissed(why, None);
    }
    let habit = habit::habit(text, path, c);
    if let Some(why) = dismissal::by_words(&text[c.value.clone()]) {
        return dismissed(why, habit);
    }
    let features = features::read(text, path, c);
    let score = forest.score(features.row());
    let confidence = threshold::confidence(score, for_sandbox(&text[c.value.clone()]));
    Judgement { score, confidence, rule, dismissed: None, features: Some(features), habit }
}

impl Judgement {
    /// Returns whether nothing further from the candidate could make a finding of it.
    pub fn is_nothing(&self) -> bool {
        self.confidence.is_none() && self.habit.is_none()
    }

    /// Weighs in the login that the candidate belongs to, and dismisses what its file or its line denies. Not a part of [`judge`],
    /// because it reads further than [`features::sight`] reaches, and the path.
    pub fn reconsidered(mut self, text: &[u8], path: &[u8], c: &Candidate) -> Self {
        if let Some(habit) = self.habit {
            let is_default = habit::is_throwaway(path) && habit::is_default(habit, c.value.len());
            self.confidence = habit::weighed(habit, self.confidence, target::target(text, c), is_default);
        }
        if self.confidence == Some(Confidence::Low) && self.habit.is_none() && is_configuration_in_code(text, path, c) {
            self.confidence = self.confidence.max(judge(text, CONFIGURATION, c).confidence);
        }
        match self.confidence.and_then(|_| setting::denies(text, path, c)) {
            Some(dismissed) => Self { score: 0.0, confidence: None, dismissed: Some(dismissed), ..self },
            None if self.confidence.is_some() => Self { dismissed: None, ..self },
            None => self,
        }
    }
}

/// A path of no further meaning, of a file in which bare words are values.
const CONFIGURATION: &[u8] = b"a.conf";

/// Returns whether a bare word is no variable, though the file is code: it is in a literal of several lines.
fn is_configuration_in_code(text: &[u8], path: &[u8], c: &Candidate) -> bool {
    c.quote == 0 && purpose::language(path) == Language::Code && raw_literal::holds(text, c.value.start)
}

/// The places of one text in which a finding is shown and does not block: the file, or the part of it, is there to be tried
/// or read. The text is searched for them once, however many findings ask.
pub struct Mild<'a> {
    text: &'a [u8],
    path: &'a [u8],
    tests: OnceCell<usize>,
    docstrings: OnceCell<Vec<Range<usize>>>,
}

impl<'a> Mild<'a> {
    /// Of the text at a path.
    pub fn of(text: &'a [u8], path: &'a [u8]) -> Self {
        Mild { text, path, tests: OnceCell::new(), docstrings: OnceCell::new() }
    }

    /// The reason to lower a finding at a position.
    pub fn at(&self, at: usize) -> Option<&'static str> {
        let kind = purpose::path_kind(self.path);
        if kind.lowers() {
            return Some(kind.name());
        }
        if purpose::language(self.path) != Language::Code {
            return None;
        }
        // Rust keeps its tests in the file that they try.
        let tests = || memchr::memmem::find(self.text, b"#[cfg(test)]").unwrap_or(usize::MAX);
        if self.path.ends_with(b".rs") && *self.tests.get_or_init(tests) < at {
            return Some(PathKind::Test.name());
        }
        let docstrings = || self.docstrings.get_or_init(|| comment::docstrings(self.text));
        if self.path.ends_with(b".py") && comment::holds(docstrings(), at) {
            return Some(PathKind::Docs.name());
        }
        comment::in_prose(self.text, at).then_some("a comment that explains")
    }
}

/// The input of [`judge`]: the part of the text, and in 63 bits the rest (positions of name and value in that part, their
/// form, the language). None when that does not fit.
pub(super) fn sight(text: &[u8], language: Language, c: &Candidate) -> Option<(u64, Range<usize>)> {
    let part = features::sight(text, c);
    let part = part.start.saturating_sub(1)..(part.end + 1).min(text.len());
    if c.wrapper.is_some() {
        return None;
    }
    let mut what = language as u64;
    let mut add = |value: usize, bits: u32| {
        what = what << bits | value as u64;
        value >> bits == 0
    };
    let name = c.name.clone().unwrap_or(part.start..part.start);
    let named = usize::from(c.name.is_some());
    let quote = match c.quote {
        0 => 0,
        b'"' => 1,
        b'\'' => 2,
        b'`' => 3,
        _ => return None,
    };
    // The start of the text is seen as the start of a line is.
    let edge = usize::from(part.start == 0);
    let all = [
        add(c.form as usize, 4),
        add(quote << 3 | usize::from(c.scheme) << 2 | named << 1 | edge, 5),
        add(name.start.checked_sub(part.start)?, 13),
        add(name.len(), 8),
        add(c.value.start.checked_sub(part.start)?, 13),
        add(c.value.len(), 13),
    ];
    (all.iter().all(|fits| *fits) && c.value.end <= part.end && name.end <= part.end).then_some((what, part))
}

/// The share of each feature in the log odds, in the order of [`features::NAMES`].
pub fn contributions(features: &Features) -> [f32; features::COUNT] {
    let mut out = [0.0; features::COUNT];
    model::FOREST.contributions(features.row(), &mut out);
    out
}

/// The rule id of a candidate by the kind of its name.
fn rule_for(c: &Candidate, name: &[u8]) -> &'static str {
    if c.form == Form::Url {
        return "generic-url-password";
    }
    if c.form == Form::Login {
        return "generic-password";
    }
    if c.form == Form::Keyed {
        return "generic-secret";
    }
    match name::read(name).kind {
        Kind::Password => "generic-password",
        Kind::Token | Kind::Auth => "generic-token",
        Kind::ApiKey | Kind::Key => "generic-api-key",
        Kind::Secret | Kind::Related | Kind::None => "generic-secret",
    }
}

/// Returns whether a word of the value marks it as one for a sandbox, in which nothing real is at stake.
pub(super) fn for_sandbox(value: &[u8]) -> bool {
    const WORDS: [&[u8]; 4] = [b"sandbox", b"sbx", b"sdbx", b"sndbx"];
    let mut parts = value.split(|b| matches!(b, b'_' | b'-' | b'.' | b':'));
    value.len() >= 16 && parts.any(|part| WORDS.iter().any(|w| part.eq_ignore_ascii_case(w)))
}

/// Returns whether a token's prefix marks it as one for tests: `sk_test_`.
pub(super) fn for_tests(value: &[u8]) -> bool {
    const PREFIX: usize = 16;
    memchr::memmem::find(&value[..value.len().min(PREFIX)], b"_test_").is_some()
}

#[cfg(test)]
mod tests;
