//! Rule files: TOML in, validated rules out, every complaint with its file and line. Shared with the build script.

use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::level::{Confidence, Judge, Scale, Severity, Status};
use super::shape::{self, Shape};
use super::template::{self, Piece};

/// The offline proofs that a rule may name; `engine::checks` implements them.
pub const CHECKS: &[&str] = &[
    "age",
    "aws-bedrock",
    "aws-key-id",
    "azure-devops",
    "base58check",
    "base64-json",
    "basic-auth",
    "crc32-base62",
    "crc32-base64-le",
    "crc32-hex",
    "crc32-hex-le",
    "crc32-hex-upper",
    "discord-snowflake",
    "gitlab-routable",
    "jwt",
    "luhn",
    "macaroon",
    "marvin32",
    "openssh-key",
    "pem",
    "pgp-armor",
    "putty",
    "url-password",
    "uuid4",
];

/// The detectors that stand in for a regex; the engine implements them.
pub const DETECTORS: &[&str] = &["generic"];

const FILE_KEYS: &[&str] = &["provider", "rule"];
const RULE_KEYS: &[&str] = &[
    "allow",
    "beside",
    "check",
    "confidence",
    "detector",
    "entropy",
    "fix",
    "general",
    "id",
    "judge",
    "keywords",
    "match",
    "paths",
    "prefix",
    "references",
    "regex",
    "reject",
    "replaced-by",
    "requires",
    "severity",
    "since",
    "status",
    "title",
    "value",
    "why",
    "window",
    "words",
];
const REQUIRES_KEYS: &[&str] = &["rule", "lines"];

/// The window where neither the rule nor the length of its regex says one, in bytes.
const DEFAULT_WINDOW: usize = 1024;
/// The largest window, in bytes.
const MAX_WINDOW: usize = 1 << 20;

/// Whose rule file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// The project's own: everything that a reader, a report or a test needs has to be there.
    Project,
    /// A user's: an id, a regex and keywords are enough.
    User,
}

/// A rule as its file gives it, validated and expanded. The fields are those of [`super::Rule`].
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Spec {
    pub file: String,
    /// Where the rule's id stands, counted from 1.
    pub line: usize,
    pub id: String,
    pub title: String,
    pub provider: String,
    pub status: Status,
    pub replaced_by: Option<String>,
    pub severity: Severity,
    pub confidence: Confidence,
    pub since: String,
    pub keywords: Vec<String>,
    pub regex: String,
    pub detector: Option<String>,
    pub window: usize,
    pub prefix: String,
    pub check: Option<String>,
    pub entropy: Option<f32>,
    pub judge: Judge,
    pub general: bool,
    pub paths: Vec<String>,
    pub allow: Vec<String>,
    pub requires: Option<(String, usize)>,
    pub why: String,
    pub fix: String,
    pub references: Vec<String>,
    pub matches: Vec<String>,
    pub rejects: Vec<String>,
}

impl Spec {
    /// A hash over everything but the place in the file: FNV-1a, 64 bits, which needs no dependency here.
    pub fn digest(&self) -> u64 {
        let content = Spec { file: String::new(), line: 0, ..self.clone() };
        format!("{content:?}")
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
    }
}

/// What is wrong with a rule file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file as it was named.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// One or more sentences.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// Reads one rule file. `file` names it in messages; its stem is the provider when the file does not say one.
///
/// # Errors
/// Every problem of the file, in its order.
pub fn read(file: &str, text: &str, author: Author) -> Result<Vec<Spec>, Vec<Problem>> {
    let mut reader = Reader { file, text, author, problems: Vec::new() };
    let specs = reader.file();
    if reader.problems.is_empty() { Ok(specs) } else { Err(reader.problems) }
}

/// What can only be said of a whole set: ids are unique, and the rules that others name exist, among `specs` or among
/// those `known` already.
pub fn check_set(specs: &[Spec], known: &[&str]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let ids = || specs.iter().map(|s| s.id.as_str()).chain(known.iter().copied());
    let mut tell = |s: &Spec, message: String| {
        problems.push(Problem { file: s.file.clone(), line: s.line, message });
    };
    for (at, spec) in specs.iter().enumerate() {
        if let Some(first) = specs[..at].iter().find(|s| s.id == spec.id) {
            tell(spec, format!("rule id `{}` is taken: {}:{} has it", spec.id, first.file, first.line));
        }
        let secrets = spec.matches.iter().chain(&spec.rejects).filter_map(|t| template::parse(t).ok()).flatten();
        let named = secrets.filter_map(|piece| match piece {
            Piece::Secret(Some(id)) => Some(("a template", id)),
            _ => None,
        });
        let named = named
            .chain(spec.replaced_by.iter().map(|id| ("`replaced-by`", id.clone())))
            .chain(spec.requires.iter().map(|(id, _)| ("`requires`", id.clone())));
        for (what, id) in named {
            if !ids().any(|k| k == id) {
                tell(spec, format!("{what} names rule `{id}`, which does not exist{}", nearest(&id, ids())));
            }
        }
    }
    problems
}

/// `; did you mean ...?` when something known is near to `word`.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let best = known.map(|k| (strsim::jaro_winkler(word, k), k)).max_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        Some((likeness, k)) if likeness > 0.75 => format!("; did you mean `{k}`?"),
        _ => String::new(),
    }
}

struct Reader<'t> {
    file: &'t str,
    text: &'t str,
    author: Author,
    problems: Vec<Problem>,
}

type Fields<'a, 'i> = Vec<(&'a str, &'a Spanned<DeValue<'i>>)>;

impl Reader<'_> {
    fn tell(&mut self, span: Range<usize>, message: impl Into<String>) {
        let line = self.line(&span);
        self.problems.push(Problem { file: self.file.to_owned(), line, message: message.into() });
    }

    fn line(&self, span: &Range<usize>) -> usize {
        self.text.as_bytes()[..span.start.min(self.text.len())].iter().filter(|&&b| b == b'\n').count() + 1
    }

    fn file(&mut self) -> Vec<Spec> {
        let text = self.text;
        let table = match DeTable::parse(text) {
            Ok(table) => table,
            Err(e) => {
                self.tell(e.span().unwrap_or(0..0), format!("not TOML: {}", e.message()));
                return Vec::new();
            }
        };
        let fields = self.fields(table.get_ref(), FILE_KEYS, "a rule file");
        let stem = self.file.rsplit(['/', '\\']).next().unwrap_or_default().trim_end_matches(".toml").to_owned();
        let provider = match get(&fields, "provider") {
            Some(value) => match self.string(value, "provider") {
                Some(p) if self.author == Author::Project && p != stem => {
                    self.tell(value.span(), format!("provider is `{p}`, but the file is called `{stem}.toml`"));
                    p
                }
                Some(p) if !is_kebab(&p) => {
                    self.tell(value.span(), "provider: lower-case letters, digits and single hyphens only");
                    p
                }
                Some(p) => p,
                None => stem,
            },
            None if self.author == Author::Project => {
                self.tell(0..0, "`provider` is missing");
                stem
            }
            None => stem,
        };
        let Some(rules) = get(&fields, "rule") else {
            self.tell(0..0, "no [[rule]] in this file");
            return Vec::new();
        };
        let DeValue::Array(rules) = rules.get_ref() else {
            self.tell(rules.span(), "`rule` must be an array of tables: write [[rule]]");
            return Vec::new();
        };
        rules.iter().filter_map(|rule| self.rule(rule, &provider)).collect()
    }

    fn fields<'a, 'i>(&mut self, table: &'a DeTable<'i>, known: &[&str], of: &str) -> Fields<'a, 'i> {
        let mut fields = Fields::new();
        for (key, value) in table {
            let name: &DeString<'_> = key.get_ref();
            if known.contains(&name.as_ref()) {
                fields.push((name.as_ref(), value));
            } else {
                let near = nearest(name, known.iter().copied());
                self.tell(key.span(), format!("unknown key `{name}` in {of}{near}"));
            }
        }
        fields
    }

    fn rule(&mut self, rule: &Spanned<DeValue<'_>>, provider: &str) -> Option<Spec> {
        let DeValue::Table(table) = rule.get_ref() else {
            self.tell(rule.span(), "a rule must be a table");
            return None;
        };
        let fields = &self.fields(table, RULE_KEYS, "a rule");
        let at = get(fields, "id").map_or_else(|| rule.span(), Spanned::span);
        let project = self.author == Author::Project;
        let id = self.text_field(fields, "id", &at, true)?;
        if !is_kebab(&id) {
            self.tell(at.clone(), format!("id `{id}`: lower-case letters, digits and single hyphens only"));
        }
        let detector = self.opt_string(fields, "detector");
        if let Some(d) = &detector {
            self.one_of(fields, "detector", d, DETECTORS);
        }
        let check = self.opt_string(fields, "check");
        if let Some(c) = &check {
            self.one_of(fields, "check", c, CHECKS);
        }
        let pattern = self.pattern(fields, &at, detector.as_deref());
        let shape = pattern.shape.as_ref();
        let window = self.window(fields, shape);
        let status = self.level(fields, "status", &at, project).unwrap_or(Status::Stable);
        let replaced_by = self.opt_string(fields, "replaced-by");
        if (status == Status::Deprecated) != replaced_by.is_some() {
            self.tell(at.clone(), "a deprecated rule, and no other, names its successor: `replaced-by = \"rule-id\"`");
        }
        let spec = Spec {
            file: self.file.to_owned(),
            line: self.line(&at),
            title: self.text_field(fields, "title", &at, project).unwrap_or_else(|| id.clone()),
            provider: provider.to_owned(),
            status,
            replaced_by,
            severity: self.level(fields, "severity", &at, project).unwrap_or(Severity::High),
            confidence: self.level(fields, "confidence", &at, project).unwrap_or(Confidence::High),
            since: self.text_field(fields, "since", &at, project).unwrap_or_default(),
            prefix: self
                .opt_string(fields, "prefix")
                .unwrap_or_else(|| shape.map(Shape::secret_prefix).unwrap_or_default()),
            keywords: pattern.keywords,
            regex: pattern.regex,
            detector,
            window,
            check,
            entropy: self.entropy(fields),
            judge: self.level(fields, "judge", &at, false).unwrap_or(pattern.judge),
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

    /// The regex and its keywords, from either form.
    fn pattern(&mut self, fields: &Fields<'_, '_>, at: &Range<usize>, detector: Option<&str>) -> Pattern {
        let mut pattern = Pattern { regex: String::new(), keywords: Vec::new(), judge: Judge::Token, shape: None };
        let mut written = self.strings(fields, "keywords");
        let beside = self.strings(fields, "beside");
        let words = self.strings(fields, "words");
        let span = match (detector, get(fields, "regex"), get(fields, "value")) {
            (Some(_), None, None) => {
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
                if let Err(e) = shape::parse(&shape) {
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
                    "a rule has either `regex` and `keywords`, or `beside` and `value`, or `detector`",
                );
                return pattern;
            }
        };
        let short = written.iter().find(|k| k.len() < 3 || !k.is_ascii());
        if let Some(short) = short {
            self.tell(span.clone(), format!("keyword `{short}`: three ASCII bytes or more"));
        }
        if written.is_empty() && get(fields, "beside").is_none() {
            self.tell(span.clone(), "`keywords` is missing: literals of which every match contains one");
        }
        match Shape::of(&pattern.regex) {
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

    fn window(&mut self, fields: &Fields<'_, '_>, shape: Option<&Shape>) -> usize {
        let longest = shape.and_then(Shape::max_len);
        match get(fields, "window") {
            None => longest.map_or(DEFAULT_WINDOW, |n| n.min(MAX_WINDOW)),
            Some(value) => match self.integer(value) {
                Some(n) if (16..=MAX_WINDOW).contains(&n) => n,
                _ => {
                    self.tell(value.span(), format!("`window`: bytes, from 16 to {MAX_WINDOW}"));
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
            self.tell(value.span(), "`entropy`: bits a character, from 0 to 8");
        }
        bits
    }

    fn paths(&mut self, fields: &Fields<'_, '_>) -> Vec<String> {
        let paths = self.strings(fields, "paths");
        if let Some(bad) = paths.iter().find(|p| p.is_empty() || p.starts_with('/') || p.contains('\\')) {
            let at = get(fields, "paths").map_or(0..0, Spanned::span);
            self.tell(at, format!("path `{bad}`: a glob relative to the repository's root, separated by `/`"));
        }
        paths
    }

    fn allow(&mut self, fields: &Fields<'_, '_>) -> Vec<String> {
        let allow = self.strings(fields, "allow");
        for regex in &allow {
            let at = get(fields, "allow").map_or(0..0, Spanned::span);
            match shape::parse(regex) {
                Err(e) => self.tell(at, e),
                Ok(hir) if hir.properties().minimum_len() == Some(0) => {
                    self.tell(at, format!("allow `{regex}` matches everything"));
                }
                Ok(_) => {}
            }
        }
        allow
    }

    fn requires(&mut self, fields: &Fields<'_, '_>) -> Option<(String, usize)> {
        let value = get(fields, "requires")?;
        let DeValue::Table(table) = value.get_ref() else {
            self.tell(value.span(), "`requires` is a table: { rule = \"other-rule\", lines = 10 }");
            return None;
        };
        let inner = self.fields(table, REQUIRES_KEYS, "`requires`");
        let rule = self.text_field(&inner, "rule", &value.span(), true)?;
        let lines = match get(&inner, "lines") {
            None => Some(10),
            Some(lines) => self.integer(lines).filter(|n| (0..=1000).contains(n)),
        };
        if lines.is_none() {
            self.tell(value.span(), "`lines`: how many lines away the other rule may match, from 0 to 1000");
        }
        Some((rule, lines?))
    }

    fn references(&mut self, fields: &Fields<'_, '_>, at: &Range<usize>) -> Vec<String> {
        let references = self.strings(fields, "references");
        if let Some(bad) = references.iter().find(|r| !r.starts_with("https://")) {
            self.tell(at.clone(), format!("reference `{bad}` must begin with https://"));
        }
        references
    }

    fn templates(&mut self, fields: &Fields<'_, '_>, key: &str, at: &Range<usize>) -> Vec<String> {
        let templates = self.strings(fields, key);
        if templates.is_empty() && self.author == Author::Project {
            self.tell(at.clone(), format!("`{key}` is missing: at least one template"));
        }
        for t in &templates {
            if let Err(e) = template::parse(t) {
                self.tell(get(fields, key).map_or(0..0, Spanned::span), e);
            }
        }
        templates
    }

    fn text_field(&mut self, fields: &Fields<'_, '_>, key: &str, at: &Range<usize>, required: bool) -> Option<String> {
        match get(fields, key) {
            Some(value) => {
                let text = self.string(value, key)?;
                if text.trim().is_empty() || text.contains(['\n', '\r']) {
                    self.tell(value.span(), format!("`{key}` must be one line with something in it"));
                }
                Some(text)
            }
            None => {
                if required {
                    self.tell(at.clone(), format!("`{key}` is missing"));
                }
                None
            }
        }
    }

    fn level<T: Scale>(&mut self, fields: &Fields<'_, '_>, key: &str, at: &Range<usize>, required: bool) -> Option<T> {
        let text = self.text_field(fields, key, at, required)?;
        let step = T::STEPS.iter().find(|(name, _)| *name == text).map(|(_, step)| *step);
        if step.is_none() {
            let names: Vec<&str> = T::STEPS.iter().map(|(name, _)| *name).collect();
            let at = get(fields, key).map_or(0..0, Spanned::span);
            self.tell(at, format!("`{key}` is one of {}, not `{text}`", names.join(", ")));
        }
        step
    }

    fn one_of(&mut self, fields: &Fields<'_, '_>, key: &str, value: &str, known: &[&str]) {
        if !known.contains(&value) {
            let at = get(fields, key).map_or(0..0, Spanned::span);
            self.tell(at, format!("unknown {key} `{value}`{}", nearest(value, known.iter().copied())));
        }
    }

    fn flag(&mut self, fields: &Fields<'_, '_>, key: &str) -> bool {
        match get(fields, key).map(|value| (value.get_ref(), value.span())) {
            None => false,
            Some((DeValue::Boolean(on), _)) => *on,
            Some((_, span)) => {
                self.tell(span, format!("`{key}` is true or false"));
                false
            }
        }
    }

    fn opt_string(&mut self, fields: &Fields<'_, '_>, key: &str) -> Option<String> {
        get(fields, key).and_then(|value| self.string(value, key))
    }

    fn string(&mut self, value: &Spanned<DeValue<'_>>, key: &str) -> Option<String> {
        if let DeValue::String(text) = value.get_ref() {
            return Some(text.to_string());
        }
        self.tell(value.span(), format!("`{key}` must be a string"));
        None
    }

    fn integer(&mut self, value: &Spanned<DeValue<'_>>) -> Option<usize> {
        match value.get_ref() {
            DeValue::Integer(i) => usize::from_str_radix(i.as_str(), i.radix()).ok(),
            _ => None,
        }
    }

    fn strings(&mut self, fields: &Fields<'_, '_>, key: &str) -> Vec<String> {
        let Some(value) = get(fields, key) else { return Vec::new() };
        let DeValue::Array(all) = value.get_ref() else {
            self.tell(value.span(), format!("`{key}` must be an array of strings"));
            return Vec::new();
        };
        if all.is_empty() {
            self.tell(value.span(), format!("`{key}` is empty"));
        }
        all.iter().filter_map(|one| self.string(one, key)).collect()
    }
}

/// What makes a rule match.
struct Pattern {
    regex: String,
    keywords: Vec<String>,
    judge: Judge,
    shape: Option<Shape>,
}

fn get<'a, 'i>(fields: &Fields<'a, 'i>, key: &str) -> Option<&'a Spanned<DeValue<'i>>> {
    fields.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
}

fn is_kebab(id: &str) -> bool {
    id.split('-').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
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
        r#"(?:[\t ]{0,8}(?:=>|->|:=|\?=|={1,3}|:{1,2}|[,(|>])[\t ]{0,8}|[\t ]{1,8}|\s{0,4},?\s{1,40}["']?value["']?[\t ]{0,4}[:=][\t ]{0,4})"#,
        // A call, an opening quote, a scheme word.
        r#"(?:[A-Za-z_.]{1,24}[(\[])?["'`\\]{0,3}(?i:(?:bearer|token|basic|apikey)[ =:]{1,2})?"#,
        "(?<secret>",
        value,
        r")(?:[^\w\-+/=]|\z)",
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
provider = "corp"
[[rule]]
id = "corp-token"
keywords = ["corp_"]
regex = '''\b(?<secret>corp_[0-9a-z]{32})\b'''
"#;

    fn problems(text: &str) -> Vec<String> {
        read("corp.toml", text, Author::User)
            .map_or_else(|p| p.iter().map(Problem::to_string).collect(), |_| Vec::new())
    }

    #[track_caller]
    fn complains(from: &str, to: &str, about: &str) {
        assert!(GOOD.contains(from), "the test changes nothing");
        let found = problems(&GOOD.replacen(from, to, 1));
        assert!(found.iter().any(|p| p.contains(about)), "{about:?} is not among {found:#?}");
    }

    #[test]
    fn a_small_user_file_is_enough() {
        let spec = &read("corp.toml", GOOD, Author::User).unwrap()[0];
        assert_eq!((spec.id.as_str(), spec.line), ("corp-token", 4));
        assert_eq!(spec.prefix, "corp_");
        assert_eq!(spec.window, "corp_".len() + 32);
    }

    #[test]
    fn the_project_asks_more_of_itself() {
        let found = read("corp.toml", GOOD, Author::Project).unwrap_err();
        for key in ["title", "severity", "why", "fix", "match", "reject", "since"] {
            assert!(found.iter().any(|p| p.message.contains(&format!("`{key}` is missing"))), "{key}");
        }
    }

    #[test]
    fn every_problem_names_its_line() {
        complains("keywords =", "keyword =", "corp.toml:5: unknown key `keyword` in a rule; did you mean `keywords`?");
        complains("provider =", "providers =", "corp.toml:2: unknown key `providers` in a rule file");
        complains("corp-token", "Corp_Token", "corp.toml:4: id `Corp_Token`");
        complains("[\"corp_\"]", "[\"co\"]", "keyword `co`: three ASCII bytes");
        complains("[\"corp_\"]", "\"corp_\"", "corp.toml:5: `keywords` must be an array of strings");
        complains("[\"corp_\"]", "[\"corp-\"]", "need not contain any of the keywords");
        complains("corp_[0-9a-z]{32}", "(?:corp_)?[0-9a-z]{32}", "need not contain any of the keywords");
        complains("?<secret>", "", "no group named `secret`");
        complains("\\b(?<secret>corp_[0-9a-z]{32})\\b", "(?<secret>corp_[0-9a-z]{32})?", "matches the empty string");
        complains("(?<secret>corp_[0-9a-z]{32})", "corp_(?<secret>x*)", "`secret` may be empty");
        complains("(?<secret>corp_[0-9a-z]{32})", "(?:(?<secret>corp_a)|corp_b)", "can match without its group");
        complains("\\b(?<", "(?=c)(?<", "look-ahead");
        complains("{32}", "{60000}", "too large");
        complains("[0-9a-z]", "[0-9a-z", "unclosed character class");
        complains("[[rule]]", "[rule]", "array of tables");
        complains("keywords", "check = \"crc32\"\nkeywords", "unknown check `crc32`; did you mean `crc32-");
        complains("keywords", "status = \"stabel\"\nkeywords", "`status` is one of experimental, stable, deprecated");
        complains("keywords", "status = \"deprecated\"\nkeywords", "names its successor");
        complains("keywords", "entropy = 9\nkeywords", "from 0 to 8");
        complains("keywords", "window = 4\nkeywords", "`window`: bytes");
        complains("keywords", "match = [\"${hex}\"]\nkeywords", "needs a length");
        complains("keywords", "match = [\"${hexx:8}\"]\nkeywords", "no known placeholder");
        complains("keywords", "allow = ['x*']\nkeywords", "matches everything");
        complains("keywords", "general = 1\nkeywords", "`general` is true or false");
        complains("keywords", "paths = ['C:\\x']\nkeywords", "separated by `/`");
        complains("keywords", "value = 'x'\nkeywords", "either `regex` and `keywords`");
        complains("keywords", "requires = { rules = \"x\" }\nkeywords", "unknown key `rules` in `requires`");
        complains("= \"corp\"", "= \"corp", "corp.toml:2: not TOML");
    }

    #[test]
    fn a_set_knows_its_rules() {
        let specs = |text: &str| read("corp.toml", text, Author::User).unwrap();
        let twice = [specs(GOOD), specs(GOOD)].concat();
        assert!(check_set(&twice, &[])[0].message.contains("is taken: corp.toml:4"));
        let pair = specs(&format!("{GOOD}requires = {{ rule = \"corp-tokn\" }}"));
        assert!(check_set(&pair, &[])[0].message.contains("did you mean `corp-token`?"));
        assert_eq!(check_set(&pair, &["corp-tokn"]), []);
    }

    #[test]
    fn words_narrow_the_name() {
        let text = "[[rule]]\nid = \"x\"\nbeside = [\"acme\"]\nwords = [\"token\", \"key\"]\nvalue = '[0-9a-f]{8}'";
        let spec = &read("x.toml", text, Author::User).unwrap()[0];
        assert_eq!(spec.keywords, ["acme"]);
        let regex = regex::bytes::RegexBuilder::new(&spec.regex).unicode(false).build().unwrap();
        for text in ["ACME_TOKEN=0123abcd", "acme-api-key: 0123abcd", "acmeAccessTokenProd = \"0123abcd\""] {
            assert!(regex.is_match(text.as_bytes()), "{text}");
        }
        for text in ["ACME_PROJECT=0123abcd", "acme: 0123abcd", "ACME_ID=0123abcd # token"] {
            assert!(!regex.is_match(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn names_beside_values_are_spelled_in_every_way() {
        let text = "[[rule]]\nid = \"dd\"\nbeside = [\"dd_api_key\"]\nvalue = '[0-9a-f]{32}'";
        let spec = &read("x.toml", text, Author::User).unwrap()[0];
        assert_eq!(spec.keywords, ["dd_api_key", "dd-api-key", "dd.api.key", "ddapikey"]);
        assert_eq!(spec.judge, Judge::Context);
        let regex = regex::bytes::RegexBuilder::new(&spec.regex).unicode(false).build().unwrap();
        let hex = "0123456789abcdef".repeat(2);
        for before in [
            "DD_API_KEY=",
            "export DD_API_KEY=\"",
            "dd-api-key: ",
            "\"ddApiKey\": \"",
            "dd.api.key = ",
            "DD_API_KEY => '",
            "setDdApiKey(\"",
            "<ddApiKey>",
            "--dd-api-key ",
            "DD_API_KEY: Bearer ",
            "- name: DD_API_KEY\n  value: \"",
            "os.environ[\"DD_API_KEY\"] = '",
            "dd_api_key := `",
            "config['dd_api_key']='",
            "dd_api_key = str('",
        ] {
            for after in ["", "\"", "'", "\n", "\r\n", "</x>", ";", ")", ",", "`", "."] {
                let text = format!("{before}{hex}{after}");
                let found = regex.captures(text.as_bytes()).and_then(|c| c.name("secret"));
                assert_eq!(found.map(|m| m.as_bytes()), Some(hex.as_bytes()), "{text:?}");
            }
            for after in ["0", "z", "-1", "_x", "=="] {
                assert!(!regex.is_match(format!("{before}{hex}{after}").as_bytes()), "{before}HEX{after}");
            }
        }
    }

    #[test]
    fn the_digest_follows_the_content_and_not_the_place() {
        let digest = |text: &str| read("a.toml", text, Author::User).unwrap()[0].digest();
        assert_eq!(digest(GOOD), digest(&format!("\n\n{GOOD}")));
        assert_ne!(digest(GOOD), digest(&GOOD.replace("{32}", "{33}")));
    }
}
