//! The parts of a line that are hidden besides its findings.
//!
//! The line is read as code, configuration and commands are all written: quotes, names, operators, runs. A name and the
//! structure are shown; a quoted value is hidden whatever it is, and so is every run that could be a credential.

use std::ops::Range;

use super::super::generic::name;
use super::credential::{LEAST, NameRole, could_be_credential, unknown};

/// The treatment of a quoted value that no rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoted {
    /// It is hidden.
    Hide,
    /// It is hidden if it could be a credential: for lines that name packages.
    Weigh,
}

/// The parts of `line` that must not be shown, besides `secrets` (sorted, none overlapping another), which they may
/// overlap.
pub(super) fn hidden(line: &[u8], secrets: &[Range<usize>], quoted: Quoted) -> Vec<Range<usize>> {
    let mut reader = LineReader { line, secrets, quoted, owner: None, hidden: Vec::new() };
    reader.read(0..line.len());
    reader.hidden
}

/// A quoted value of so few characters shows nothing.
const SHORT: usize = 3;

/// How much a value is hidden because of the name before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Masking {
    /// Words are shown.
    Mild,
    /// The name of a credential, or of anything else unknown: only literals are shown.
    Strict,
}

struct LineReader<'a> {
    line: &'a [u8],
    secrets: &'a [Range<usize>],
    quoted: Quoted,
    /// The name whose value comes next.
    owner: Option<Masking>,
    hidden: Vec<Range<usize>>,
}

impl LineReader<'_> {
    fn read(&mut self, part: Range<usize>) {
        let mut at = part.start;
        while at < part.end {
            if let Some(secret) = self.secret_over(at) {
                at = secret.end.min(part.end).max(at + 1);
                self.owner = None;
            } else if let Some(quote) = self.quote(at..part.end) {
                at = self.read_quoted(quote, part.end);
            } else if is_border(self.line[at]) {
                // A new pair or argument begins.
                if matches!(self.line[at], b',' | b';' | b'&' | b'(' | b'{' | b'}' | b'|') {
                    self.owner = None;
                }
                at += 1;
            } else {
                let end = self.run_end(at..part.end);
                self.read_run(at..end);
                at = end;
            }
        }
    }

    fn secret_over(&self, at: usize) -> Option<Range<usize>> {
        let next = self.secrets.partition_point(|s| s.end <= at);
        self.secrets.get(next).filter(|s| s.start <= at).cloned()
    }

    fn run_end(&self, from: Range<usize>) -> usize {
        let next = self.secrets.get(self.secrets.partition_point(|s| s.end <= from.start));
        let limit = next.map_or(from.end, |s| s.start.clamp(from.start + 1, from.end));
        let ends = |at: usize| is_border(self.line[at]) || self.quote(at..from.end).is_some();
        (from.start + 1..limit).find(|at| ends(*at)).unwrap_or(limit)
    }

    /// The quote that begins at `from.start`, with the backslash before it where one is.
    fn quote(&self, from: Range<usize>) -> Option<Range<usize>> {
        let at = from.start;
        let escaped = self.line[at] == b'\\' && at + 1 < from.end && matches!(self.line[at + 1], b'"' | b'\'');
        let mark = at + usize::from(escaped);
        match self.line[mark] {
            b'"' | b'`' => Some(at..mark + 1),
            // `don't` opens nothing; `b'x'` and `N'x'` do.
            b'\'' if !ends_in_word(&self.line[..at]) => Some(at..mark + 1),
            _ => None,
        }
    }

    fn read_quoted(&mut self, quote: Range<usize>, limit: usize) -> usize {
        let mark = self.line[quote.clone()].to_vec();
        let Some(close) = self.close(quote.end..limit, &mark) else {
            // An apostrophe, as likely as not; any other quote holds the rest of the line.
            if mark.ends_with(b"'") {
                return quote.end;
            }
            self.content(quote.end..limit, None);
            return limit;
        };
        let end = close + mark.len();
        let name = self.names_a_value(end, limit).then(|| self.line[quote.end..close].to_vec());
        self.content(quote.end..close, name.as_deref());
        self.owner = name.as_deref().map(owner);
        end
    }

    /// The closing quote for the `mark` that opened before `within`.
    fn close(&self, within: Range<usize>, mark: &[u8]) -> Option<usize> {
        let mut at = within.start;
        while at + mark.len() <= within.end {
            if let Some(secret) = self.secret_over(at) {
                at = secret.end.max(at + 1);
            } else if self.line[at..].starts_with(mark) {
                return Some(at);
            } else {
                at += if self.line[at] == b'\\' && mark.len() == 1 { 2 } else { 1 };
            }
        }
        None
    }

    /// Returns whether the text that ends at `at` is the name of a value: a key of JSON, of a map, in brackets.
    fn names_a_value(&self, at: usize, limit: usize) -> bool {
        let rest = &self.line[at..limit];
        let rest = rest.trim_ascii_start();
        let rest = rest.strip_prefix(b"]").unwrap_or(rest).trim_ascii_start();
        match rest {
            [b':', b':', ..] | [b'=', b'=', ..] => false,
            [b':', ..] | [b'=', ..] => true,
            _ => false,
        }
    }

    /// The content of quotes; with `name` when it names a value.
    fn content(&mut self, content: Range<usize>, name: Option<&[u8]>) {
        let text = &self.line[content.clone()];
        let has_secret = self.secrets.iter().any(|s| s.start < content.end && s.end > content.start);
        let shown = match name {
            _ if has_secret => {
                let owner = self.owner.take();
                self.read(content);
                self.owner = owner;
                return;
            }
            Some(name) => !could_be_credential(name, NameRole::Name),
            None if text.len() <= SHORT => true,
            None if self.quoted == Quoted::Hide => text.len() < 6 && !text.iter().any(u8::is_ascii_alphanumeric),
            None => !text.split(u8::is_ascii_whitespace).any(|run| could_be_credential(run, NameRole::Text)),
        };
        if !shown {
            self.hidden.push(content);
        }
    }

    /// A run: a name with its value, a value, an address, or a word.
    fn read_run(&mut self, run: Range<usize>) {
        let before = self.owner.take();
        if let Some(scheme) = find(&self.line[run.clone()], b"://") {
            return self.read_address(run.start + scheme + 3..run.end, run);
        }
        let text = &self.line[run.clone()];
        let Some((name, operator)) = assignment(text) else {
            return self.read_value(run, before);
        };
        let (name, value) = (run.start..run.start + name, run.start + operator..run.end);
        if name.is_empty() {
            // The operator belongs to the name before it.
            self.owner = before.or_else(|| self.name_before(run.start));
            if !value.is_empty() {
                self.read_run(value);
            }
            return;
        }
        let text = &self.line[name.clone()];
        let goes_on = !value.is_empty() || self.line[run.end - 1] == b':' || self.opens_value(run.end);
        // A value may hold these signs as well, base64 at its end.
        if before.is_some() && (unknown(text, NameRole::Text) > 1 || !goes_on) {
            return self.read_value(run, before);
        }
        let role = if goes_on { name_role(text) } else { NameRole::Text };
        if unknown(text, role) + 1 >= LEAST {
            self.hidden.push(name);
        }
        self.owner = Some(before.unwrap_or(Masking::Mild).max(owner(text)));
        if !value.is_empty() {
            self.read_run(value);
        }
    }

    /// Returns whether a value begins at `at` that is no part of the run before.
    fn opens_value(&self, at: usize) -> bool {
        self.secret_over(at).is_some()
            || self.line.get(at).is_some_and(|b| matches!(b, b'"' | b'\'' | b'`' | b'\\' | b'<' | b'{' | b'[' | b'('))
    }

    /// The name before an operator between blanks.
    fn name_before(&self, operator: usize) -> Option<Masking> {
        let before = self.line[..operator].trim_ascii_end();
        let start = before.iter().rposition(|b| !is_name(*b)).map_or(0, |at| at + 1);
        (start < before.len()).then(|| owner(&before[start..]))
    }

    /// `user:password@host/path?query` behind a scheme.
    fn read_address(&mut self, rest: Range<usize>, run: Range<usize>) {
        let text = &self.line[rest.clone()];
        let end = text.iter().position(|b| matches!(b, b'/' | b'?' | b'#')).unwrap_or(text.len());
        // A password that is not escaped may hold a slash.
        let last = text.iter().rposition(|b| *b == b'@').filter(|at| could_be_credential(&text[..*at], NameRole::Text));
        let host = match last.or_else(|| text[..end].iter().rposition(|b| *b == b'@')) {
            Some(at) => {
                let colon = text[..at].iter().position(|b| *b == b':').map_or(0, |colon| colon + 1);
                if colon < at {
                    self.hidden.push(rest.start + colon..rest.start + at);
                }
                at + 1
            }
            None => 0,
        };
        let scheme = run.start..rest.start;
        if could_be_credential(&self.line[scheme.clone()], NameRole::Text) {
            self.hidden.push(scheme);
        }
        let parts = split(&text[host..], |b| matches!(b, b'/' | b'?' | b'=' | b'#'));
        let parts = parts.into_iter().map(|part| rest.start + host + part.start..rest.start + host + part.end);
        let parts: Vec<_> = parts.collect();
        let could = |part: &Range<usize>| could_be_credential(&self.line[part.clone()], NameRole::Text);
        // Beside a random part, the others may be its continuation.
        let least = if parts.iter().any(could) { 1 } else { LEAST };
        self.hidden.extend(parts.into_iter().filter(|part| unknown(&self.line[part.clone()], NameRole::Text) >= least));
    }

    fn read_value(&mut self, run: Range<usize>, owner: Option<Masking>) {
        let text = &self.line[run.clone()];
        let flag = flag(text);
        if flag.is_some() {
            self.owner = flag;
        }
        let in_tag = owner.is_none() && self.line[run.end..].starts_with(b"</");
        let owner = if in_tag { Some(Masking::Strict) } else { owner };
        if is_scheme(text) {
            // The credential follows it.
            self.owner = Some(Masking::Strict);
            return;
        }
        let strict = owner == Some(Masking::Strict) && flag.is_none() && !self.is_literal(&run);
        if strict || self.joins_a_secret(&run) || could_be_credential(text, NameRole::Text) {
            self.hidden.push(run);
        }
    }

    /// Returns whether the value is a constant of the language, a number, a reference or a call.
    fn is_literal(&self, run: &Range<usize>) -> bool {
        let text = &self.line[run.clone()];
        let word = text.to_ascii_lowercase();
        let constant = matches!(
            &word[..],
            b"true" | b"false" | b"null" | b"none" | b"nil" | b"undefined" | b"new" | b"await" | b"string"
        );
        let next = self.line.get(run.end);
        let called = matches!(next, Some(b'(' | b'['));
        let refers = text.starts_with(b"$") || text.starts_with(b"%") || find(text, b"::").is_some();
        // `r#"` and `b"` open a string; `!!str` is a type.
        let opens = text.len() <= 2 && self.line.get(run.end).is_some_and(|b| matches!(b, b'"' | b'\''));
        let refers = refers || opens || text.starts_with(b"!!");
        let member = text.contains(&b'.') && text.iter().all(|b| is_name(*b)) && !text[0].is_ascii_digit();
        let number = text.len() <= 5 && text.iter().all(|b| b.is_ascii_digit() || *b == b'.');
        constant || called || refers || member || number || !text.iter().any(u8::is_ascii_alphanumeric)
    }

    /// Returns whether the run continues a secret whose rule found only a part of it.
    fn joins_a_secret(&self, run: &Range<usize>) -> bool {
        let first = |text: &[u8]| text.first().is_some_and(u8::is_ascii_alphanumeric);
        let text = &self.line[run.clone()];
        let behind = first(text) && self.secrets.iter().any(|s| s.end == run.start);
        let before =
            text.last().is_some_and(u8::is_ascii_alphanumeric) && self.secrets.iter().any(|s| s.start == run.end);
        behind && unknown(text, NameRole::Text) > 0 || before && text.len() < 3 && unknown(text, NameRole::Text) > 2
    }
}

/// Returns whether `text` ends with two letters or digits.
fn ends_in_word(text: &[u8]) -> bool {
    text.len() > 1 && text[text.len() - 2..].iter().all(u8::is_ascii_alphanumeric)
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, what)
}

fn is_border(b: u8) -> bool {
    b.is_ascii_whitespace()
        || matches!(b, b',' | b';' | b'&' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'<' | b'>' | b'|')
}

fn is_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'$' | b'@') || !b.is_ascii()
}

/// A name is read mildly only where it is written as one.
fn name_role(name: &[u8]) -> NameRole {
    if name.iter().all(|b| is_name(*b)) { NameRole::Name } else { NameRole::Text }
}

/// The end of the name of an assignment, and of its operator; none where the run is no assignment.
fn assignment(run: &[u8]) -> Option<(usize, usize)> {
    let mut at = 0;
    while at < run.len() {
        match run[at] {
            b':' if run.get(at + 1) == Some(&b':') => at += 2,
            b'=' | b':' => {
                let length = run[at..].iter().take_while(|b| matches!(b, b'=' | b':' | b'~' | b'!')).count();
                return Some((at, at + length));
            }
            _ => at += 1,
        }
    }
    None
}

/// How far the name of a value speaks for it.
fn owner(name: &[u8]) -> Masking {
    let last = name.rsplit(|b| !is_name(*b)).next().unwrap_or(name);
    if last.len() <= 2 || name::read(last).kind != name::Kind::None { Masking::Strict } else { Masking::Mild }
}

/// The owner that an option of a command is for the word behind it.
fn flag(run: &[u8]) -> Option<Masking> {
    match run {
        [b'-', b'-', name @ ..] if !name.is_empty() => Some(owner(name)),
        [b'-', b'u' | b'p' | b'P' | b'a' | b'k' | b'w' | b'U' | b'H'] => Some(Masking::Strict),
        [b'-', letter, ..] if letter.is_ascii_alphabetic() => Some(Masking::Mild),
        _ => None,
    }
}

/// The first word of an Authorization header.
fn is_scheme(word: &[u8]) -> bool {
    [&b"bearer"[..], b"basic", b"digest", b"token"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// The parts of `text` between bytes that `is` holds for.
fn split(text: &[u8], is: impl Fn(u8) -> bool) -> Vec<Range<usize>> {
    let (mut parts, mut start) = (Vec::new(), 0);
    for at in 0..=text.len() {
        if at == text.len() || is(text[at]) {
            parts.push(start..at);
            start = at + 1;
        }
    }
    parts
}
