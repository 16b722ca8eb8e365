//! The pattern of a rule: a regex with its keywords, names with the form of their values, or a detector.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use super::super::super::regex::analysis::{self, RegexAnalysis};
use super::super::scales::Judge;
use super::reader::{Fields, Reader, get};

/// The pattern of a rule.
pub(super) struct Pattern {
    pub regex: String,
    pub keywords: Vec<String>,
    pub judge: Judge,
    pub analysis: Option<RegexAnalysis>,
}

impl Pattern {
    fn new(judge: Judge) -> Self {
        Self { regex: String::new(), keywords: Vec::new(), judge, analysis: None }
    }
}

/// The longest regex, in bytes.
const MAX_REGEX: usize = 32 << 10;
/// The most keywords of one rule.
const MAX_KEYWORDS: usize = 1000;

/// The detector that needs a `value`.
const WHOLE_FILE: &str = "whole-file";
/// The detector that needs nothing else.
const STORE: &str = "key-store";

/// The lists of words that a pattern can have.
struct Words {
    keywords: Vec<String>,
    beside: Vec<String>,
    words: Vec<String>,
}

impl Reader<'_> {
    /// The pattern of a rule, in any of its forms.
    pub(super) fn pattern(&mut self, fields: &Fields<'_, '_>, at: &Range<usize>, detector: Option<&str>) -> Pattern {
        let lists = Words {
            keywords: self.strings(fields, "keywords"),
            beside: self.strings(fields, "beside"),
            words: self.strings(fields, "words"),
        };
        match (detector, get(fields, "regex"), get(fields, "value")) {
            (Some(WHOLE_FILE), None, Some(value)) => self.whole_file(fields, value),
            (Some(d), None, None) if d != WHOLE_FILE => {
                if d == STORE && !lists.keywords.is_empty() {
                    let message = "a `key-store` rule has no keywords: the first bytes of a file lead to it";
                    self.complain(at.clone(), message);
                }
                Pattern { keywords: lists.keywords, ..Pattern::new(Judge::Context) }
            }
            (None, Some(regex), None) => self.regex_with_keywords(regex, lists),
            (None, None, Some(value)) => self.value_beside_names(value, lists),
            _ => {
                self.complain(
                    at.clone(),
                    "a rule has either `regex` and `keywords`, or `beside` and `value`, or `detector`; \
                     `detector = \"whole-file\"` goes with `value` and `paths`",
                );
                Pattern::new(Judge::Token)
            }
        }
    }

    fn regex_with_keywords(&mut self, regex: &Spanned<DeValue<'_>>, lists: Words) -> Pattern {
        if !lists.beside.is_empty() {
            self.complain(regex.span(), "`beside` goes with `value`; with `regex` give `keywords`");
        }
        if !lists.words.is_empty() {
            self.complain(regex.span(), "`words` goes with `beside` and `value`");
        }
        let mut pattern = Pattern::new(Judge::Token);
        pattern.regex = self.string(regex, "regex").unwrap_or_default();
        // An empty `beside` has a complaint of its own.
        if lists.keywords.is_empty() && lists.beside.is_empty() {
            self.complain(regex.span(), "`keywords` is missing: literals of which every match contains one");
        }
        pattern.keywords = lists.keywords;
        self.analysed(regex.span(), pattern)
    }

    fn value_beside_names(&mut self, value: &Spanned<DeValue<'_>>, lists: Words) -> Pattern {
        let mut pattern = Pattern::new(Judge::Context);
        let form = self.string(value, "value").unwrap_or_default();
        if lists.beside.is_empty() {
            self.complain(value.span(), "`value` needs `beside`: the names it is next to");
        }
        if let Err(e) = analysis::parse(&form) {
            self.complain(value.span(), e);
            return pattern;
        }
        if form.contains("<secret>") {
            self.complain(value.span(), "`value` is the secret itself: it needs no group `secret`");
            return pattern;
        }
        let names: Vec<String> = lists.beside.iter().flat_map(|name| spellings(name)).collect();
        pattern.regex = expand(&names, &lists.words, &form);
        pattern.keywords = if lists.keywords.is_empty() { names } else { lists.keywords };
        self.analysed(value.span(), pattern)
    }

    /// The pattern with the analysis of its regex, if it is fit to run and every match has one of the keywords.
    fn analysed(&mut self, span: Range<usize>, mut pattern: Pattern) -> Pattern {
        if pattern.regex.len() > MAX_REGEX || pattern.keywords.len() > MAX_KEYWORDS {
            let message = format!("too large: at most {MAX_REGEX} bytes of regex and {MAX_KEYWORDS} keywords");
            self.complain(span, message);
            return pattern;
        }
        let short = pattern.keywords.iter().find(|k| k.len() < 3 || !k.is_ascii());
        if let Some(short) = short {
            self.complain(span.clone(), format!("keyword `{short}`: three ASCII bytes or more"));
        }
        match RegexAnalysis::of(&pattern.regex) {
            Err(e) => self.complain(span, e),
            Ok(analysis) => {
                let keywords = &pattern.keywords;
                if !keywords.is_empty() && short.is_none() && !analysis.always_contains(keywords) {
                    self.complain(span, format!("a match need not contain any of the keywords {keywords:?}"));
                }
                pattern.analysis = Some(analysis);
            }
        }
        pattern
    }

    /// The pattern of a file whose only word is the secret. Its path identifies it, so the rule has paths and no keyword.
    fn whole_file(&mut self, fields: &Fields<'_, '_>, value: &Spanned<DeValue<'_>>) -> Pattern {
        let form = self.string(value, "value").unwrap_or_default();
        if get(fields, "paths").is_none() {
            self.complain(value.span(), "a `whole-file` rule needs `paths`: nothing else identifies the file");
        }
        if let Some(keywords) = get(fields, "keywords").or(get(fields, "beside")).or(get(fields, "words")) {
            self.complain(keywords.span(), "a `whole-file` rule has no keywords: its paths lead to it");
        }
        let mut pattern = Pattern::new(Judge::Context);
        pattern.regex = [r"\A\s*(?<secret>", &form, r")\s*\z"].concat();
        match analysis::parse(&form).and_then(|_| RegexAnalysis::of(&pattern.regex)) {
            Err(e) => self.complain(value.span(), e),
            Ok(analysis) => pattern.analysis = Some(analysis),
        }
        pattern
    }
}

/// The usual spellings of a name of several words: `dd_api_key`, `dd-api-key`, `dd.api.key`, `ddApiKey`.
fn spellings(name: &str) -> Vec<String> {
    let words: Vec<&str> = name.split(['_', '-', '.', ' ']).filter(|w| !w.is_empty()).collect();
    if words.len() < 2 {
        return vec![name.to_ascii_lowercase()];
    }
    ["_", "-", ".", ""].iter().map(|by| words.join(by).to_ascii_lowercase()).collect()
}

/// A name, an assignment, the value. The rest of the name has one of the `words`, if there are any: a UUID beside
/// a service's name is far more often an id than a credential.
fn expand(names: &[String], words: &[String], value: &str) -> String {
    let any_of = |all: &[String]| all.iter().map(|n| regex_syntax::escape(n)).collect::<Vec<_>>().join("|");
    let words = if words.is_empty() { String::new() } else { format!(r"[\w.\- ]{{0,24}}(?i:{})", any_of(words)) };
    [
        "(?i:",
        &any_of(names),
        ")",
        &words,
        // The rest of the name, and a closing quote, bracket or parenthesis.
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
