//! Where a generic secret may stand: a hand-written look around a keyword.
//!
//! Most keyword hits in source code are identifiers, prose and types. They must cost a few nanoseconds, so the look
//! goes forward only as far as the evidence holds: rest of the name, an operator, a value, its length and its end.

use std::ops::Range;

/// How name and value stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `name = value`, also `:=` and `?=`.
    Assignment,
    /// `name: value`: YAML, JSON, object literals, headers.
    Colon,
    /// `name => value`.
    Arrow,
    /// `name == value`, `name != value`.
    Comparison,
    /// `f("name", "value")`.
    Argument,
    /// `name("value")`.
    Call,
    /// `--name value`, `name value`.
    Space,
    /// `<name>value</name>`.
    Xml,
    /// `name="password" value="..."`, in XML, JSON or YAML.
    Pair,
    /// `scheme://user:value@host`.
    Url,
    /// A run that looks random, with no name at all.
    Bare,
}

impl Form {
    /// The word that `explain` prints.
    pub fn name(self) -> &'static str {
        match self {
            Form::Assignment => "assignment",
            Form::Colon => "colon",
            Form::Arrow => "arrow",
            Form::Comparison => "comparison",
            Form::Argument => "argument",
            Form::Call => "call",
            Form::Space => "space",
            Form::Xml => "xml",
            Form::Pair => "pair",
            Form::Url => "url",
            Form::Bare => "bare",
        }
    }
}

/// One place where a generic secret may stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The name that speaks for it.
    pub name: Option<Range<usize>>,
    /// The value, without its quotes.
    pub value: Range<usize>,
    /// How the two stand to each other.
    pub form: Form,
    /// The quote around the value, or 0.
    pub quote: u8,
    /// The function or constructor around the value: `base64.b64encode` of `base64.b64encode("...")`.
    pub wrapper: Option<Range<usize>>,
    /// The value follows `Bearer`, `Basic` or the like.
    pub scheme: bool,
}

/// What the prefilter wakes on: lower-case, three bytes or more.
pub const KEYWORDS: &[&str] = &[
    "pass",
    "pwd",
    "pswd",
    "psw",
    "secret",
    "token",
    "key",
    "auth",
    "cred",
    "bearer",
    "private",
    "salt",
    "seed",
    "mnemonic",
    "cookie",
    "session",
    "signature",
    "nonce",
    "webhook",
    "dsn",
    "identified by",
    "contrasena",
    "senha",
    "motdepasse",
    "passwort",
    "kennwort",
    "://",
    "_pw",
    "-pw",
    "userpw",
    "sid",
    "accesscode",
    "pincode",
    "jwt",
    "hmac",
    "curl ",
];

/// The longest name that is looked at, in bytes.
const NAME: usize = 64;
/// The longest value, in bytes: a private key in one JSON string is shorter.
const VALUE: usize = 4096;
/// The shortest value.
const SHORTEST: usize = 4;

fn is_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'$')
}

fn is_quote(b: u8) -> bool {
    matches!(b, b'"' | b'\'' | b'`')
}

fn at(text: &[u8], i: usize) -> u8 {
    text.get(i).copied().unwrap_or(0)
}

fn starts(text: &[u8], i: usize, what: &[u8]) -> bool {
    text.get(i..i + what.len()).is_some_and(|t| t.eq_ignore_ascii_case(what))
}

/// Skips spaces and tabs, at most 48 of them.
fn spaces(text: &[u8], mut i: usize) -> usize {
    let end = (i + 48).min(text.len());
    while i < end && matches!(text[i], b' ' | b'\t') {
        i += 1;
    }
    i
}

/// Skips white space over line ends, at most 96 bytes.
fn blank(text: &[u8], mut i: usize) -> usize {
    let end = (i + 96).min(text.len());
    while i < end && matches!(text[i], b' ' | b'\t' | b'\n' | b'\r') {
        i += 1;
    }
    i
}

/// A quote in one of its spellings at `i`: its byte and how many bytes it takes (`\"`, `&quot;`).
fn quote_at(text: &[u8], i: usize) -> Option<(u8, usize)> {
    match at(text, i) {
        q @ (b'"' | b'\'' | b'`') => Some((q, 1)),
        b'\\' if is_quote(at(text, i + 1)) => Some((at(text, i + 1), 2)),
        b'\\' if at(text, i + 1) == b'\\' && is_quote(at(text, i + 2)) => Some((at(text, i + 2), 3)),
        b'\\' if starts(text, i, b"\\\\\\") && is_quote(at(text, i + 3)) => Some((at(text, i + 3), 4)),
        b'&' => [&b"&quot;"[..], b"&#34;", b"&#39;", b"&apos;", b"&#x27;"]
            .iter()
            .find(|e| starts(text, i, e))
            .map(|e| (if e[2] == b'u' || e[3] == b'4' { b'"' } else { b'\'' }, e.len())),
        _ => None,
    }
}

/// The candidate that belongs to the keyword standing at `hit`, if what follows is a name, an operator and a value.
///
/// Never looks at more than a few hundred bytes but for the value itself.
pub fn candidate_at(text: &[u8], hit: usize) -> Option<Candidate> {
    if text.get(hit..hit + 3) == Some(b"://") {
        return url(text, hit);
    }
    if let Some(found) = bearer(text, hit) {
        return Some(found);
    }
    if starts(text, hit, b"curl ") {
        return curl(text, hit);
    }
    let limit = text.len().min(hit + NAME);
    let mut end = hit;
    if starts(text, hit, b"identified by") {
        end = hit + 13;
    }
    while end < limit && is_name(text[end]) {
        end += 1;
    }
    if end == hit || end == hit + NAME {
        return None;
    }
    // A name does not end in a separator: `token...`, `key--`.
    while end > hit && matches!(text[end - 1], b'.' | b'-' | b'$') {
        end -= 1;
    }
    // The cheapest dismissal: what stands after the name decides nine hits in ten.
    let next = at(text, end);
    if !matches!(
        next,
        b' ' | b'\t'
            | b'='
            | b':'
            | b'"'
            | b'\''
            | b'`'
            | b'\\'
            | b'('
            | b'>'
            | b']'
            | b'['
            | b'&'
            | b'!'
            | b'?'
            | b'|'
            | b'<'
            | b'\n'
            | b'\r'
    ) {
        return None;
    }
    let floor = hit.saturating_sub(NAME);
    let mut start = hit;
    while start > floor && is_name(text[start - 1]) {
        start -= 1;
    }
    while start < hit && matches!(text[start], b'.' | b'-' | b'$') {
        start += 1;
    }
    let operator = operator(text, start, end)?;
    let is_argument = operator.form == Form::Argument;
    let mut candidate = value(text, start, end, operator)?;
    if is_argument && in_list(text, start, &candidate.value) {
        return None;
    }
    candidate.name = Some(start..end);
    Some(candidate)
}

/// Whether `"name", "value"` are two of a list of words and no name with its value: the name is not the whole string,
/// or strings stand on both sides of a value without a digit.
fn in_list(text: &[u8], name: usize, value: &Range<usize>) -> bool {
    let Some(open) = name.checked_sub(1).filter(|open| is_quote(text[*open])) else { return true };
    let before = text[..open].iter().rev().find(|b| !b.is_ascii_whitespace());
    let after = text[value.end..].iter().skip(1).find(|b| !b.is_ascii_whitespace());
    let between = matches!(before, Some(b'[' | b',')) && matches!(after, Some(b',' | b']'));
    between && !text[value.clone()].iter().any(u8::is_ascii_digit)
}

/// The operator behind a name, where the value may start, and how the name was quoted.
struct Operator {
    form: Form,
    /// Where the value's look begins.
    at: usize,
}

fn operator(text: &[u8], start: usize, end: usize) -> Option<Operator> {
    let mut i = end;
    let mut quoted = false;
    if let Some((_, n)) = quote_at(text, i) {
        quoted = true;
        i += n;
    }
    // `config['password']`, `password[32]`, `$(PASSWORD)`.
    if at(text, i) == b']' {
        i += 1;
    } else if at(text, i) == b'[' {
        let close = text[i..text.len().min(i + 24)].iter().position(|&b| b == b']')?;
        i += close + 1;
    }
    // `<property name="password" value="x"/>`, `<entry key="password">x`, `<password type="plain">x`.
    if at(text, i) == b'>' && at(text, i + 1) != b'=' {
        let opened = quoted || matches!(text.get(start.wrapping_sub(1)), Some(b'<' | b':'));
        return if opened { xml(text, i + 1) } else { None };
    }
    // `<key>token</key><string>x</string>`, `<name>token</name><value>x</value>`.
    if starts(text, i, b"</key>") || starts(text, i, b"</name>") {
        let close = i + text[i..].iter().position(|&b| b == b'>')?;
        return xml(text, close + 1).filter(|o| text[close..o.at].contains(&b'<'));
    }
    if starts(text, i, b"&gt;") {
        return xml(text, i + 4);
    }
    let before = i;
    i = spaces(text, i);
    match at(text, i) {
        // `- name: TOKEN` and `value: x` on the next line.
        b'\n' | b'\r' => {
            let j = blank(text, i);
            starts(text, j, b"value:").then_some(Operator { form: Form::Pair, at: j + 6 })
        }
        b'=' => match (at(text, i + 1), at(text, i + 2)) {
            (b'=', b'=') => Some(Operator { form: Form::Comparison, at: i + 3 }),
            (b'=', _) => Some(Operator { form: Form::Comparison, at: i + 2 }),
            (b'>', _) => Some(Operator { form: Form::Arrow, at: i + 2 }),
            (b'~', _) => None,
            _ => Some(Operator { form: Form::Assignment, at: i + 1 }),
        },
        b'!' if at(text, i + 1) == b'=' => {
            Some(Operator { form: Form::Comparison, at: i + 2 + usize::from(at(text, i + 2) == b'=') })
        }
        b':' => colon(text, i, quoted),
        b'?' | b'+' | b'|' | b'<' | b'.' if at(text, i + 1) == b'=' => {
            Some(Operator { form: Form::Assignment, at: i + 2 + usize::from(at(text, i + 2) == b'>') })
        }
        b'?' if at(text, i + 1) == b':' => Some(Operator { form: Form::Colon, at: i + 2 }),
        b'?' if at(text, i + 1) == b'?' && at(text, i + 2) == b'=' => {
            Some(Operator { form: Form::Assignment, at: i + 3 })
        }
        b'|' if at(text, i + 1) == b'|' && matches!(at(text, i + 2), b'=' | b':') => {
            Some(Operator { form: Form::Assignment, at: i + 3 })
        }
        b'-' if at(text, i + 1) == b'>' => Some(Operator { form: Form::Arrow, at: i + 2 }),
        b',' if quoted => argument(text, i + 1),
        b'(' if !quoted && i == before => {
            let v = spaces(text, i + 1);
            (quote_at(text, v).is_some() || prefixed(text, v).is_some())
                .then_some(Operator { form: Form::Call, at: i + 1 })
        }
        b'"' | b'\'' | b'`' if i > before && !quoted => Some(Operator { form: Form::Space, at: i }),
        // `variable "token" { default = "x" }`
        b'{' if quoted => {
            let j = blank(text, i + 1);
            let block = &text[j..text.len().min(j + 160)];
            let stop = memchr::memchr(b'}', block).unwrap_or(block.len());
            let k = memchr::memmem::find(&block[..stop], b"default")?;
            let eq = spaces(text, j + k + 7);
            (at(text, eq) == b'=').then_some(Operator { form: Form::Assignment, at: eq + 1 })
        }
        _ if quoted && i > before => attribute(text, i),
        b if i > before && !quoted => words(text, start, i, b),
        _ => None,
    }
}

/// After `name:`.
fn colon(text: &[u8], i: usize, quoted: bool) -> Option<Operator> {
    match at(text, i + 1) {
        b'=' => Some(Operator { form: Form::Assignment, at: i + 2 }),
        b':' if starts(text, i, b":::=") => Some(Operator { form: Form::Assignment, at: i + 4 }),
        b':' if starts(text, i, b"::=") => Some(Operator { form: Form::Assignment, at: i + 3 }),
        b':' => None,
        _ => {
            // A type stands between: `password: String = "x"`, `const KEY: &str = "x"`.
            if !quoted && let Some(v) = past_type(text, spaces(text, i + 1)) {
                return Some(Operator { form: Form::Assignment, at: v });
            }
            Some(Operator { form: Form::Colon, at: i + 1 })
        }
    }
}

/// Where the value begins when a type and `=` stand at `i`.
fn past_type(text: &[u8], i: usize) -> Option<usize> {
    if !matches!(at(text, i), b'a'..=b'z' | b'A'..=b'Z' | b'&' | b'*' | b'[') {
        return None;
    }
    let mut j = i;
    let end = text.len().min(i + 40);
    while j < end
        && (text[j].is_ascii_alphanumeric()
            || matches!(text[j], b'_' | b'<' | b'>' | b'[' | b']' | b'&' | b'*' | b'?' | b'.' | b'\'' | b'|'))
    {
        // `&'static str`
        j += 1;
        if text[..j].ends_with(b"'static") || at(text, j) == b' ' && text[..j].ends_with(b"&'a") {
            j += 1;
        }
    }
    let k = spaces(text, j);
    if at(text, k) == b':' && at(text, k + 1) == b'=' {
        return Some(k + 2);
    }
    (j > i && k > j && at(text, k) == b'=' && !matches!(at(text, k + 1), b'=' | b'>' | b'~')).then_some(k + 1)
}

/// A second argument: `setItem("token", "value")`, or the second half of a pair: `"name": "token", "value": "..."`.
fn argument(text: &[u8], i: usize) -> Option<Operator> {
    let j = blank(text, i);
    let (key, n) = match quote_at(text, j) {
        Some((_, n)) => (j + n, n),
        None => (j, 0),
    };
    for word in [&b"value"[..], b"default", b"defaultvalue"] {
        if starts(text, key, word) {
            let k = spaces(text, key + word.len() + n);
            if matches!(at(text, k), b':' | b'=') {
                return Some(Operator { form: Form::Pair, at: k + 1 + usize::from(at(text, k + 1) == b'>') });
            }
        }
    }
    Some(Operator { form: Form::Argument, at: j })
}

/// `name="password" value="..."`.
fn attribute(text: &[u8], i: usize) -> Option<Operator> {
    for word in [&b"value"[..], b"content", b"default", b"text"] {
        if starts(text, i, word) {
            let k = spaces(text, i + word.len());
            if at(text, k) == b'=' {
                return Some(Operator { form: Form::Pair, at: k + 1 });
            }
        }
    }
    // `<string name="token" translatable="false">x`
    if at(text, i).is_ascii_alphabetic() {
        let end = text.len().min(i + 60);
        if let Some(k) = memchr::memchr2(b'>', b'\n', &text[i..end])
            && at(text, i + k) == b'>'
            && memchr::memchr(b'=', &text[i..i + k]).is_some()
        {
            return xml(text, i + k + 1);
        }
    }
    None
}

/// After `<name>` or `name">`: `<key>token</key><string>x</string>` too.
fn xml(text: &[u8], i: usize) -> Option<Operator> {
    let j = blank(text, i);
    if at(text, j) == b'<' {
        if starts(text, j, b"<![CDATA[") {
            return Some(Operator { form: Form::Xml, at: j + 9 });
        }
        if starts(text, j, b"<value>") || starts(text, j, b"<string>") {
            return Some(Operator { form: Form::Xml, at: text[j..].iter().position(|&b| b == b'>')? + j + 1 });
        }
        return None;
    }
    Some(Operator { form: Form::Xml, at: j })
}

/// `name value` and `name type = value`: what stands behind a name and a space.
fn words(text: &[u8], start: usize, i: usize, next: u8) -> Option<Operator> {
    if let Some(v) = past_type(text, i) {
        return Some(Operator { form: Form::Assignment, at: v });
    }
    if !next.is_ascii_graphic() || matches!(next, b'(' | b')' | b'{' | b'}' | b'<' | b'>' | b',' | b';' | b'|' | b'&') {
        return None;
    }
    // `--password value`, `-Password value`
    let flag = start > 0 && text[start - 1] == b'-' && (start < 2 || !text[start - 2].is_ascii_alphanumeric());
    if flag {
        return Some(Operator { form: Form::Space, at: i });
    }
    // `password value` as all that stands on the line, or in netrc beside `login`.
    let line = line_start(text, start);
    let stop = line_end(text, i);
    let lead = text[line..start].trim_ascii();
    let rest = text[i..stop].trim_ascii_end();
    let single = !rest.is_empty() && !rest.contains(&b' ') && !rest.contains(&b'\t');
    let netrc = lead.windows(6).any(|w| w == b"login ");
    if netrc || (single && (lead.is_empty() || lead == b"set" || lead == b"export" || lead == b"ENV" || lead == b"ARG"))
    {
        return Some(Operator { form: Form::Space, at: i });
    }
    None
}

/// Where the line that holds `i` begins; at most 512 bytes back.
pub(crate) fn line_start(text: &[u8], i: usize) -> usize {
    let floor = i.saturating_sub(512);
    memchr::memrchr(b'\n', &text[floor..i]).map_or(floor, |k| floor + k + 1)
}

/// Where the line that holds `i` ends; at most 512 bytes on.
pub(crate) fn line_end(text: &[u8], i: usize) -> usize {
    let ceiling = text.len().min(i + 512);
    memchr::memchr(b'\n', &text[i.min(ceiling)..ceiling]).map_or(ceiling, |k| i + k)
}

/// A string prefix such as `b"`, `rb'`, `@"`, `u8"`: where its quote stands.
fn prefixed(text: &[u8], i: usize) -> Option<usize> {
    (1..=3).map(|n| i + n).find(|&q| is_quote(at(text, q))).filter(|&q| {
        text[i..q].iter().all(|b| {
            matches!(
                b,
                b'b' | b'B'
                    | b'r'
                    | b'R'
                    | b'u'
                    | b'U'
                    | b'f'
                    | b'F'
                    | b'L'
                    | b'N'
                    | b'n'
                    | b'@'
                    | b'$'
                    | b'8'
                    | b'q'
                    | b's'
            )
        }) && !text[i..q].contains(&b'8')
            || &text[i..q] == b"u8"
    })
}

/// Words of schemes before a credential: `Bearer x`, `Basic x`.
const SCHEMES: [&[u8]; 8] = [b"bearer ", b"basic ", b"token ", b"apikey ", b"bot ", b"jwt ", b"key ", b"negotiate "];

fn scheme(text: &[u8], i: usize) -> usize {
    SCHEMES.iter().find(|s| starts(text, i, s)).map_or(0, |s| s.len())
}

/// Functions whose first argument names where the value is, and whose second is the value in its absence.
fn looks_up(callee: &[u8]) -> bool {
    let last = callee.rsplit(|b| !b.is_ascii_alphanumeric() && *b != b'_').next().unwrap_or(callee);
    let lower: Vec<u8> = last.iter().take(24).map(u8::to_ascii_lowercase).collect();
    lower.windows(3).any(|w| w == b"env" || w == b"get")
        || lower == b"config"
        || lower == b"value"
        || lower == b"option"
}

fn value(text: &[u8], start: usize, end: usize, op: Operator) -> Option<Candidate> {
    let mut i = spaces(text, op.at);
    let mut form = op.form;
    let mut wrapper = None;
    // The value stands on the next line: `KEY = (\n  "x"`, `key: >-\n  x`, `name: TOKEN\n  value: x`.
    if matches!(at(text, i), b'\n' | b'\r') || (at(text, i) == b'\\' && matches!(at(text, i + 1), b'\n' | b'\r')) {
        i = blank(text, i + usize::from(at(text, i) == b'\\'));
        quote_at(text, i)?;
    } else if matches!(at(text, i), b'|' | b'>') && matches!(form, Form::Colon) {
        let mut j = i + 1;
        while matches!(at(text, j), b'-' | b'+' | b'0'..=b'9') {
            j += 1;
        }
        if !matches!(at(text, j), b'\n' | b'\r') {
            return None;
        }
        i = blank(text, j);
    }
    // One level of list, group or call around the value.
    let mut depth = 0;
    while depth < 3 {
        if let Some((quote, n)) = quote_at(text, i) {
            return quoted(text, start, i, quote, n, form, wrapper);
        }
        if let Some(q) = prefixed(text, i) {
            i = q;
            continue;
        }
        match at(text, i) {
            b'[' | b'(' if !starts(text, i, b"[]") => i = blank(text, i + 1),
            _ => {
                let Some(open) = call(text, i) else { break };
                let callee = i..open;
                let first = blank(text, open + 1);
                if looks_up(&text[callee.clone()]) {
                    // os.getenv("PASSWORD", "the fallback")
                    let (q, n) = quote_at(text, first)?;
                    let close = close_quote(text, first + n, q, n)?;
                    let comma = spaces(text, close + n);
                    if at(text, comma) != b',' {
                        return None;
                    }
                    i = blank(text, comma + 1);
                } else {
                    i = first;
                }
                wrapper = Some(callee);
                form = op.form;
            }
        }
        depth += 1;
    }
    // `process.env.TOKEN || "the fallback"`
    if at(text, i).is_ascii_alphabetic() && matches!(form, Form::Assignment | Form::Colon) {
        let stop = text.len().min(i + 60);
        let mut j = i;
        while j < stop && is_name(text[j]) {
            j += 1;
        }
        let k = spaces(text, j);
        for or in [&b"||"[..], b"??", b"or "] {
            if k > j && starts(text, k, or) {
                let v = spaces(text, k + or.len());
                let (quote, n) = quote_at(text, v)?;
                return quoted(text, start, v, quote, n, form, wrapper);
            }
        }
    }
    if depth > 0 || matches!(form, Form::Call | Form::Argument) {
        return None;
    }
    unquoted(text, start, end, i, form)
}

/// Where the parenthesis of a call stands whose callee begins at `i`.
fn call(text: &[u8], i: usize) -> Option<usize> {
    if !matches!(at(text, i), b'a'..=b'z' | b'A'..=b'Z' | b'[' | b'_' | b'&' | b'*') {
        return None;
    }
    let stop = text.len().min(i + 56);
    let mut j = i;
    if starts(text, i, b"new ") {
        j += 4;
    }
    while j < stop
        && (text[j].is_ascii_alphanumeric()
            || matches!(text[j], b'_' | b'.' | b':' | b'!' | b'[' | b']' | b'&' | b'*' | b'<' | b'>' | b'?'))
    {
        j += 1;
    }
    (j > i && at(text, j) == b'(').then_some(j)
}

/// The end of a quoted value, before the closing quote.
fn close_quote(text: &[u8], from: usize, quote: u8, width: usize) -> Option<usize> {
    let stop = text.len().min(from + VALUE);
    let mut i = from;
    while i < stop {
        match text[i] {
            // Entities and escaped quotes close as they open.
            _ if width > 1 && quote_at(text, i).is_some_and(|(q, n)| q == quote && n >= width) => return Some(i),
            b if b == quote => return Some(i),
            b'\\' => i += 2,
            b'\n' if quote != b'`' => return None,
            _ => i += 1,
        }
    }
    None
}

fn quoted(
    text: &[u8],
    name: usize,
    i: usize,
    quote: u8,
    width: usize,
    form: Form,
    wrapper: Option<Range<usize>>,
) -> Option<Candidate> {
    let mut from = i + width;
    // `"""value"""`
    if width == 1 && at(text, from) == quote && at(text, from + 1) == quote {
        from += 2;
    }
    let to = close_quote(text, from, quote, width)?;
    let skip = scheme(text, from);
    from += skip;
    // What follows the quote tells whether this was a value or a key: `"token": {"key": 1}`, `case "key": "a"`.
    let value = trim(text, from..to);
    let after = spaces(text, to + width);
    if at(text, after) == b':' && matches!(form, Form::Colon) && at(text, after + 1) == b' ' && name == from {
        return None;
    }
    accept(text, &value, true)?;
    Some(Candidate { name: None, value, form, quote, wrapper, scheme: skip > 0 })
}

fn trim(text: &[u8], mut r: Range<usize>) -> Range<usize> {
    while r.start < r.end && text[r.start].is_ascii_whitespace() {
        r.start += 1;
    }
    while r.end > r.start && text[r.end - 1].is_ascii_whitespace() {
        r.end -= 1;
    }
    r
}

/// The quote that a position on a line stands in, judged from the line's start; 0 for none.
fn open_quote(text: &[u8], i: usize) -> u8 {
    let mut open = 0;
    let mut j = line_start(text, i);
    while j < i {
        match text[j] {
            b'\\' => j += 1,
            // The apostrophe of a word opens nothing.
            b'\'' if open == 0 && j > 0 && text[j - 1].is_ascii_alphanumeric() => {}
            b if open == 0 && is_quote(b) => open = b,
            b if b == open => open = 0,
            _ => {}
        }
        j += 1;
    }
    open
}

fn unquoted(text: &[u8], start: usize, end: usize, i: usize, form: Form) -> Option<Candidate> {
    let from = i + scheme(text, i);
    if !at(text, from).is_ascii_graphic() || form == Form::Xml && at(text, from) == b'<' {
        return None;
    }
    let stop = text.len().min(from + VALUE);
    let xml = form == Form::Xml;
    let line = line_start(text, start);
    let lead = text[line..start].trim_ascii();
    // `PASSWORD=p;w)d` of an .env file: the value goes to the end of the line. Everywhere else punctuation ends it.
    let tight = at(text, end) == b'=' && i == end + 1;
    let whole = matches!(lead, b"" | b"export" | b"set" | b"ENV" | b"ARG" | b"-" | b"#" | b"SET" | b"-e")
        && (tight || form == Form::Colon || form == Form::Assignment);
    let mut to = from;
    let mut inside = None;
    while to < stop {
        let b = text[to];
        if b <= b' ' || b == 0x7f {
            break;
        }
        if xml {
            if b == b'<' || b == b'&' && starts(text, to, b"&lt;") {
                break;
            }
        } else {
            match b {
                b'"' | b'\'' | b'`' => break,
                b'<' => break,
                b'&' | b';' | b',' | b')' | b'}' | b']' | b'|' | b'>' | b'\\' if !whole => break,
                // `\n` inside a string literal ends the line that it spells.
                b'\\'
                    if matches!(at(text, to + 1), b'n' | b'r' | b't' | b'"' | b'\'')
                        && *inside.get_or_insert_with(|| open_quote(text, start)) != 0 =>
                {
                    break;
                }
                _ => {}
            }
        }
        to += 1;
    }
    if whole {
        while to > from && matches!(text[to - 1], b';' | b',') {
            to -= 1;
        }
    }
    // A sentence, not a value: more words follow on the line of `name: word word word`.
    if xml {
        let close = blank(text, to);
        if at(text, close) != b'<' && !starts(text, close, b"&lt;") {
            return None;
        }
    } else if matches!(at(text, to), b'(' | b'[' | b'{' | b'"' | b'\'' | b'`')
        && at(text, to) != open_quote(text, start)
    {
        return None;
    }
    let value = from..to;
    accept(text, &value, false)?;
    // Code: a call, a member, a generic.
    let v = &text[value.clone()];
    if !whole && v.iter().any(|b| matches!(b, b'(' | b'{' | b'['))
        || v.starts_with(b"$")
        || v.starts_with(b"(")
        || v.ends_with(b"()")
        || v.ends_with(b")") && v.contains(&b'(')
    {
        return None;
    }
    Some(Candidate { name: None, value, form, quote: 0, wrapper: None, scheme: from > i })
}

/// The cheap look at a value: its length, its bytes and its words.
fn accept(text: &[u8], value: &Range<usize>, quoted: bool) -> Option<()> {
    let v = &text[value.clone()];
    if v.len() < SHORTEST || v.len() >= VALUE {
        return None;
    }
    if matches!(v[0], b'{' | b'<' | b'%' | b'#' | b'[')
        && v.len() > 1
        && matches!(v[v.len() - 1], b'}' | b'>' | b'%' | b']')
    {
        return None;
    }
    if v[0] == b'$' && matches!(v[1], b'{' | b'(' | b'$') {
        return None;
    }
    if v.iter().all(|&b| b == v[0]) {
        return None;
    }
    if quoted {
        // More than three spaces make a sentence.
        let blanks = v.iter().take(200).filter(|&&b| b == b' ').count();
        if blanks > 3 {
            return None;
        }
    }
    if !v.iter().any(|b| b.is_ascii_alphanumeric())
        || v.iter().any(|&b| b < b' ' && b != b'\t' && b != b'\n' && b != b'\r')
    {
        return None;
    }
    Some(())
}

/// `Bearer value`, with no name before it.
fn bearer(text: &[u8], hit: usize) -> Option<Candidate> {
    if !starts(text, hit, b"bearer ") || hit > 0 && is_name(text[hit - 1]) {
        return None;
    }
    let from = hit + 7;
    let stop = text.len().min(from + VALUE);
    let token =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'+' | b'/' | b'=' | b'-' | b'|' | b':');
    let to = from + text[from..stop].iter().position(|&b| !token(b)).unwrap_or(stop - from);
    // Prose goes on with words: a token is long, or has a digit.
    if to < from + 12 || !text[from..to].iter().any(u8::is_ascii_digit) {
        return None;
    }
    accept(text, &(from..to), false)?;
    Some(Candidate {
        name: Some(hit..hit + 6),
        value: from..to,
        form: Form::Space,
        quote: 0,
        wrapper: None,
        scheme: true,
    })
}

/// `curl -u user:password`, on one line.
fn curl(text: &[u8], hit: usize) -> Option<Candidate> {
    if hit > 0 && is_name(text[hit - 1]) {
        return None;
    }
    let line = &text[hit..line_end(text, hit)];
    let (flag, n) = [&b" -u "[..], b" -u", b" --user ", b" --user="]
        .iter()
        .filter_map(|f| memchr::memmem::find(line, f).map(|i| (i, f.len())))
        .min_by_key(|(i, n)| (*i, std::cmp::Reverse(*n)))?;
    let mut from = spaces(text, hit + flag + n);
    let quote = quote_at(text, from).map_or(0, |(q, n)| {
        from += n;
        q
    });
    let end = |b: u8| if quote == 0 { b.is_ascii_whitespace() || is_quote(b) } else { b == quote || b == b'\n' };
    let to = from + text[from..].iter().take(256).position(|&b| end(b))?;
    let colon = from + memchr::memchr(b':', &text[from..to])?;
    let value = colon + 1..to;
    if text[from..colon].iter().any(|b| matches!(b, b'/' | b'$' | b'{')) {
        return None;
    }
    accept(text, &value, quote != 0)?;
    Some(Candidate { name: Some(from..colon), value, form: Form::Url, quote, wrapper: None, scheme: false })
}

/// `scheme://user:password@host`, the colons of it standing at `hit`.
fn url(text: &[u8], hit: usize) -> Option<Candidate> {
    let from = hit + 3;
    let stop = text.len().min(from + 256);
    let mut colon = None;
    let mut last = None;
    let mut i = from;
    while i < stop {
        match text[i] {
            b':' if colon.is_none() => colon = Some(i),
            b'@' => last = Some(i),
            b'/' | b'?' | b'#' if colon.is_none() || last.is_some() => break,
            // A password with a slash in it is badly formed, and common.
            b'/' if text[i..].starts_with(b"//") => break,
            b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\' | b'|' | b')' | b']' | b',' => {
                break;
            }
            _ => {}
        }
        i += 1;
    }
    let (colon, last) = (colon?, last?);
    if last < colon + 2 || colon == from && !text[..hit].ends_with(b"redis") {
        return None;
    }
    let mut start = hit;
    while start > hit.saturating_sub(20)
        && start > 0
        && (text[start - 1].is_ascii_alphanumeric() || matches!(text[start - 1], b'+' | b'-' | b'.'))
    {
        start -= 1;
    }
    let value = colon + 1..last;
    accept(text, &value, false)?;
    let v = &text[value.clone()];
    // A port and a path with an @ in it: `http://host:80/@scope`.
    if v.iter().take_while(|b| b.is_ascii_digit()).count() > 1 && v.contains(&b'/') {
        return None;
    }
    if v.iter().any(|b| matches!(b, b'{' | b'}' | b'(' | b'$' | b'%'))
        && (v[0] == b'{' || v[0] == b'$' || v.contains(&b'{') || v.starts_with(b"%s"))
    {
        return None;
    }
    Some(Candidate { name: Some(start..colon), value, form: Form::Url, quote: 0, wrapper: None, scheme: false })
}

/// Every candidate of a text, each value once, in order: what the engine does with its own prefilter, for tests and
/// for the training program.
pub fn candidates(text: &[u8]) -> Vec<Candidate> {
    static AUTOMATON: std::sync::OnceLock<Option<aho_corasick::AhoCorasick>> = std::sync::OnceLock::new();
    let automaton = AUTOMATON
        .get_or_init(|| aho_corasick::AhoCorasickBuilder::new().ascii_case_insensitive(true).build(KEYWORDS).ok());
    let Some(automaton) = automaton else { return Vec::new() };
    let mut out: Vec<Candidate> =
        automaton.find_overlapping_iter(text).filter_map(|m| candidate_at(text, m.start())).collect();
    out.sort_by_key(|c| (c.value.start, c.value.end, c.name.as_ref().map(|n| n.start)));
    out.dedup_by_key(|c| c.value.start);
    out
}
