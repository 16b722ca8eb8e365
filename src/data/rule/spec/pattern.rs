//! What makes a rule match: a regex with its keywords, names with the shape of what stands beside them, or a detector.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use super::super::super::regex::analysis::{self, RegexAnalysis};
use super::super::scales::Judge;
use super::reader::{Fields, Reader, get};

/// What makes a rule match.
pub(super) struct Pattern {
    pub regex: String,
    pub keywords: Vec<String>,
    pub judge: Judge,
    pub shape: Option<RegexAnalysis>,
}

/// The longest regex, in bytes.
const MAX_REGEX: usize = 32 << 10;
/// The most keywords of one rule.
const MAX_KEYWORDS: usize = 1000;

/// The detector that goes with a shape.
const WHOLE: &str = "whole-file";
/// The detector that needs nothing else.
const STORE: &str = "key-store";

impl Reader<'_> {
    /// The regex and its keywords, from either form.
    pub(super) fn pattern(&mut self, fields: &Fields<'_, '_>, at: &Range<usize>, detector: Option<&str>) -> Pattern {
        let mut pattern = Pattern { regex: String::new(), keywords: Vec::new(), judge: Judge::Token, shape: None };
        let mut written = self.strings(fields, "keywords");
        let beside = self.strings(fields, "beside");
        let words = self.strings(fields, "words");
        let span = match (detector, get(fields, "regex"), get(fields, "value")) {
            (Some(WHOLE), None, Some(value)) => {
                self.whole(fields, value, &mut pattern);
                return pattern;
            }
            (Some(d), None, None) if d != WHOLE => {
                if d == STORE && !written.is_empty() {
                    self.tell(at.clone(), "a `key-store` rule has no keywords: the first bytes of a file lead to it");
                }
                pattern.judge = Judge::Context;
                pattern.keywords = written;
                return pattern;
            }
            (None, Some(regex), None) => {
                if !beside.is_empty() {
                    self.tell(regex.span(), "`beside` goes with `value`; with `regex` give `keywords`");
                }
                if !words.is_empty() {
                    self.tell(regex.span(), "`words` goes with `beside` and `value`");
                }
                pattern.regex = self.string(regex, "regex").unwrap_or_default();
                regex.span()
            }
            (None, None, Some(value)) => {
                let shape = self.string(value, "value").unwrap_or_default();
                if beside.is_empty() {
                    self.tell(value.span(), "`value` needs `beside`: the names it stands next to");
                }
                if let Err(e) = analysis::parse(&shape) {
                    self.tell(value.span(), e);
                    return pattern;
                }
                if shape.contains("<secret>") {
                    self.tell(value.span(), "`value` is the secret itself: it needs no group `secret`");
                    return pattern;
                }
                let names: Vec<String> = beside.iter().flat_map(|name| spellings(name)).collect();
                pattern.regex = expand(&names, &words, &shape);
                pattern.judge = Judge::Context;
                if written.is_empty() {
                    written = names;
                }
                value.span()
            }
            _ => {
                self.tell(
                    at.clone(),
                    "a rule has either `regex` and `keywords`, or `beside` and `value`, or `detector`; \
                     `detector = \"whole-file\"` goes with `value` and `paths`",
                );
                return pattern;
            }
        };
        if pattern.regex.len() > MAX_REGEX || written.len() > MAX_KEYWORDS {
            let message = format!("too large: at most {MAX_REGEX} bytes of regex and {MAX_KEYWORDS} keywords");
            self.tell(span.clone(), message);
            return pattern;
        }
        let short = written.iter().find(|k| k.len() < 3 || !k.is_ascii());
        if let Some(short) = short {
            self.tell(span.clone(), format!("keyword `{short}`: three ASCII bytes or more"));
        }
        if written.is_empty() && get(fields, "beside").is_none() {
            self.tell(span.clone(), "`keywords` is missing: literals of which every match contains one");
        }
        match RegexAnalysis::of(&pattern.regex) {
            Err(e) => self.tell(span, e),
            Ok(shape) => {
                if !written.is_empty() && short.is_none() && !shape.always_contains(&written) {
                    self.tell(span, format!("a match need not contain any of the keywords {written:?}"));
                }
                pattern.shape = Some(shape);
            }
        }
        pattern.keywords = written;
        pattern
    }

    /// A file whose only word is the secret: its path says what it is, so the rule needs paths and has no keyword.
    fn whole(&mut self, fields: &Fields<'_, '_>, value: &Spanned<DeValue<'_>>, pattern: &mut Pattern) {
        let shape = self.string(value, "value").unwrap_or_default();
        if get(fields, "paths").is_none() {
            self.tell(value.span(), "a `whole-file` rule needs `paths`: nothing else says what the file is");
        }
        if let Some(keywords) = get(fields, "keywords").or(get(fields, "beside")).or(get(fields, "words")) {
            self.tell(keywords.span(), "a `whole-file` rule has no keywords: its paths lead to it");
        }
        pattern.judge = Judge::Context;
        pattern.regex = [r"\A\s*(?<secret>", &shape, r")\s*\z"].concat();
        match analysis::parse(&shape).and_then(|_| RegexAnalysis::of(&pattern.regex)) {
            Err(e) => self.tell(value.span(), e),
            Ok(shape) => pattern.shape = Some(shape),
        }
    }
}

/// How people spell a name of several words: `dd_api_key`, `dd-api-key`, `dd.api.key`, `ddApiKey`.
fn spellings(name: &str) -> Vec<String> {
    let words: Vec<&str> = name.split(['_', '-', '.', ' ']).filter(|w| !w.is_empty()).collect();
    if words.len() < 2 {
        return vec![name.to_ascii_lowercase()];
    }
    ["_", "-", ".", ""].iter().map(|by| words.join(by).to_ascii_lowercase()).collect()
}

/// A name, an assignment, the value. Where there are `words`, one of them stands in the rest of the name: a UUID beside
/// a service's name is far more often an id than a credential.
fn expand(names: &[String], words: &[String], value: &str) -> String {
    let any_of = |all: &[String]| all.iter().map(|n| regex_syntax::escape(n)).collect::<Vec<_>>().join("|");
    let words = if words.is_empty() { String::new() } else { format!(r"[\w.\- ]{{0,24}}(?i:{})", any_of(words)) };
    [
        "(?i:",
        &any_of(names),
        ")",
        &words,
        // The rest of the name, and what closes it: a quote, a bracket, a parenthesis.
        r#"[\w.\- ]{0,40}["'`\])]{0,2}"#,
        // `=`, `:`, `=>`, `:=`, `==`, `->`, `,`, `(`, `|`, `>` of an element, the next line's `value:`, or just space.
        r#"(?:[\t ]{0,8}(?:=>|->|[?.+]=|={1,3}|:{1,3}=?|[,(|])[\t ]{0,8}|>\s{0,40}|[\t ](?:-[\t ])?[\t ]{0,8}|\s{0,4},?\s{1,40}["']?value["']?[\t ]{0,4}[:=][\t ]{0,4})"#,
        // A call, an opening quote, a scheme word.
        r#"(?:[A-Za-z_.]{1,24}[(\[])?["'`\\]{0,3}(?i:(?:bearer|token|basic|apikey)[ =:]{1,2})?"#,
        "(?<secret>",
        value,
        r")(?:[^\w\-+/=]|\z)",
    ]
    .concat()
}
