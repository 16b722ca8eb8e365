//! Kubernetes Secrets: everything below `data` and `stringData` of a manifest is a secret by declaration, whatever its
//! key, and under `data` it is in base64. No regex matches more than the first value.

use std::ops::Range;

use super::generic::{self, name};
use super::placeholder;

/// One `key: value` of a Secret.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ManifestEntry {
    pub key: Range<usize>,
    /// Without its quotes.
    pub value: Range<usize>,
    /// The value is in base64.
    pub encoded: bool,
}

/// The result for one value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Worth {
    Secret,
    /// The base64 of a placeholder, which may look like a secret.
    Placeholder,
    /// No evidence; other rules may have some.
    Nothing,
}

/// The bytes of a Secret that are read on each side of its `kind`.
pub(super) const REACH: usize = 256 << 10;
/// The most values of one Secret that are read.
const MOST: usize = 256;

/// The values of the Secret whose `kind: Secret` is at `hit`. Empty where that is only the beginning of another kind
/// (`SecretProviderClass`), or nothing that can be read.
///
/// Subtracts the bytes it reads from `left`, and returns nothing once that is used up: a text can repeat the words all
/// over one object, and each repetition reads the object.
pub(super) fn entries(text: &[u8], hit: Range<usize>, left: &mut usize) -> Option<Vec<ManifestEntry>> {
    if *left == 0 {
        return None;
    }
    Some(entries_within(text, hit, left))
}

/// The bytes of a text that may be read for all its Secrets together: enough to read each of them several times.
pub(super) fn allowance(text: &[u8]) -> usize {
    text.len().saturating_mul(8).saturating_add(4 * REACH)
}

fn entries_within(text: &[u8], hit: Range<usize>, left: &mut usize) -> Vec<ManifestEntry> {
    if text.get(hit.end).is_some_and(|b| b.is_ascii_alphanumeric()) {
        return Vec::new();
    }
    match hit.start.checked_sub(1).map(|before| text[before]) {
        _ if text[hit.start] == b'"' => json(text, hit.start, left),
        None | Some(b'\n' | b' ' | b'\t') => yaml(text, hit.start, left),
        _ => Vec::new(),
    }
}

/// Returns whether an entry leaks a secret.
pub(super) fn worth(text: &[u8], entry: &ManifestEntry) -> Worth {
    let raw = &text[entry.value.clone()];
    if !entry.encoded {
        // A placeholder in clear is one for everybody.
        return match value_worth(&text[entry.key.clone()], raw) {
            Worth::Placeholder => Worth::Nothing,
            worth => worth,
        };
    }
    if stands_for(raw) {
        return Worth::Nothing;
    }
    let clean: Vec<u8> = raw.iter().copied().filter(|b| !b.is_ascii_whitespace() && *b != b'=').collect();
    match data_encoding::BASE64_NOPAD.decode(&clean) {
        Ok(decoded) => value_worth(&text[entry.key.clone()], &decoded),
        Err(_) => Worth::Nothing,
    }
}

fn value_worth(key: &[u8], value: &[u8]) -> Worth {
    let value = value.trim_ascii();
    // A text of its own (a key file, a configuration) is left to the rules for such texts.
    if value.len() > LONGEST || value.starts_with(b"{\"") || value.iter().any(|b| matches!(b, b'\n' | b'\r')) {
        return Worth::Nothing;
    }
    let named = name::read(key);
    let is_named = named.kind > name::Kind::Related && named.is_plain();
    if stands_for(value) {
        return if is_named { Worth::Placeholder } else { Worth::Nothing };
    }
    let leaks = match std::str::from_utf8(value) {
        // Bytes that are no text are a key when they are named so.
        Err(_) => is_named,
        Ok(_) if is_named => value.len() >= 4 && !matches!(value, b"true" | b"false" | b"null"),
        Ok(_) => value.len() >= 16 && generic::looks_random(value) >= RANDOM,
    };
    if leaks { Worth::Secret } else { Worth::Nothing }
}

fn stands_for(value: &[u8]) -> bool {
    placeholder::is_placeholder(value)
}

/// The longest value that is one secret, in bytes.
const LONGEST: usize = 512;
/// The least randomness of a value whose key is no name of a credential, from 0 to 1.
const RANDOM: f32 = 0.6;

/// A line of a block: its position, its indentation, and whether it opens an item of a list.
struct BlockLine {
    span: Range<usize>,
    depth: usize,
    item: bool,
}

impl BlockLine {
    fn at(text: &[u8], start: usize) -> Self {
        let end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |n| start + n);
        let mut depth = 0;
        let mut item = false;
        while let Some(b) = text[start..end].get(depth) {
            match b {
                b' ' | b'\t' => depth += 1,
                b'-' if matches!(text[start..end].get(depth + 1), Some(b' ')) => {
                    item = true;
                    depth += 2;
                }
                _ => break,
            }
        }
        Self { span: start..end, depth, item }
    }

    fn text<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        text[self.span.clone()].get(self.depth..).unwrap_or_default().trim_ascii_end()
    }

    /// Returns whether the line has no bearing on the end of a block: blank, a comment, a line of a template.
    fn is_neutral(&self, text: &[u8]) -> bool {
        let text = self.text(text);
        text.is_empty() || text.starts_with(b"#") || text.starts_with(b"{{")
    }

    fn is_border(&self, text: &[u8]) -> bool {
        matches!(&text[self.span.clone()], line if line.starts_with(b"---") || line.starts_with(b"..."))
    }
}

/// Block style: the mapping that `kind` is a key of.
fn yaml(text: &[u8], kind: usize, left: &mut usize) -> Vec<ManifestEntry> {
    let start = text[..kind].iter().rposition(|&b| b == b'\n').map_or(0, |n| n + 1);
    let own = BlockLine::at(text, start);
    let depth = own.depth;
    if start + depth != kind {
        return Vec::new();
    }
    let mut first = start;
    if !own.item {
        while first > 0 && start - first < REACH {
            let before = text[..first - 1].iter().rposition(|&b| b == b'\n').map_or(0, |n| n + 1);
            let line = BlockLine::at(text, before);
            if line.is_border(text) || (!line.is_neutral(text) && line.depth < depth) {
                break;
            }
            first = before;
            if line.item && line.depth == depth {
                break;
            }
        }
    }
    let mut found = Vec::new();
    let mut at = first;
    // The depth of the keys below `data`, once the first was seen.
    let mut section: Option<(bool, Option<usize>)> = None;
    while at < text.len() && at - first < REACH && found.len() < MOST {
        let line = BlockLine::at(text, at);
        at = line.span.end + 1;
        if line.is_neutral(text) {
            continue;
        }
        let ends = line.is_border(text) || line.depth < depth || (line.item && line.depth == depth);
        if ends && line.span.start > first {
            break;
        }
        if line.depth == depth {
            section = match line.text(text) {
                b"data:" => Some((true, None)),
                b"stringData:" => Some((false, None)),
                _ => None,
            };
            continue;
        }
        let Some((encoded, keys)) = &mut section else { continue };
        if *keys.get_or_insert(line.depth) == line.depth
            && !line.item
            && let Some((key, value)) = pair(text, &line, &mut at)
        {
            found.push(ManifestEntry { key, value, encoded: *encoded });
        }
    }
    *left = left.saturating_sub(at - first);
    found
}

/// `key: value` in one line; a block scalar is read on to its end, and `at` moved behind it.
fn pair(text: &[u8], line: &BlockLine, at: &mut usize) -> Option<(Range<usize>, Range<usize>)> {
    let from = line.span.start + line.depth;
    let content = line.text(text);
    let colon = memchr::memmem::find(content, b":").filter(|&n| content.get(n + 1).is_none_or(|b| *b == b' '))?;
    let key = unquoted(text, from..from + colon);
    let value = trimmed(text, from + colon + 1..from + content.len());
    let mut raw = &text[value.clone()];
    if let Some(rest) = raw.strip_prefix(b"!!binary") {
        raw = rest.trim_ascii_start();
    }
    if !matches!(raw.first(), None | Some(b'|' | b'>')) {
        let end = match raw[0] {
            b'"' | b'\'' => value.end,
            _ => memchr::memmem::find(raw, b" #").map_or(value.end, |n| value.end - raw.len() + n),
        };
        return Some((key, unquoted(text, trimmed(text, value.end - raw.len()..end))));
    }
    let start = *at;
    let mut end = start;
    while *at < text.len() {
        let next = BlockLine::at(text, *at);
        if !next.text(text).is_empty() && next.depth <= line.depth {
            break;
        }
        end = next.span.end;
        *at = next.span.end + 1;
    }
    (end > start).then(|| (key, trimmed(text, start..end)))
}

fn trimmed(text: &[u8], mut span: Range<usize>) -> Range<usize> {
    while span.start < span.end && text[span.start].is_ascii_whitespace() {
        span.start += 1;
    }
    while span.start < span.end && text[span.end - 1].is_ascii_whitespace() {
        span.end -= 1;
    }
    span
}

fn unquoted(text: &[u8], span: Range<usize>) -> Range<usize> {
    match &text[span.clone()] {
        [b'"', .., b'"'] | [b'\'', .., b'\''] if span.len() >= 2 => span.start + 1..span.end - 1,
        _ => span,
    }
}

/// JSON: the object that `kind` is a key of.
fn json(text: &[u8], kind: usize, left: &mut usize) -> Vec<ManifestEntry> {
    let (open, read) = enclosing(text, kind);
    *left = left.saturating_sub(read);
    let Some(open) = open else { return Vec::new() };
    let mut found = Vec::new();
    let mut tokens = Tokens { text, at: open };
    let mut depth = 0_usize;
    // The key of the value to come, and the section that the object at depth 2 is.
    let mut key: Option<Range<usize>> = None;
    let mut section: Option<bool> = None;
    while let Some(token) = tokens.next().filter(|_| found.len() < MOST) {
        match token {
            Token::Open => {
                depth += 1;
                if depth == 2 {
                    section = match key.take().map(|k| &text[k]) {
                        Some(b"data") => Some(true),
                        Some(b"stringData") => Some(false),
                        _ => None,
                    };
                }
                key = None;
            }
            Token::Close => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
                key = None;
            }
            Token::Key(span) => key = Some(span),
            Token::Value(value) => {
                if let (2, Some(encoded), Some(key)) = (depth, section, key.take()) {
                    found.push(ManifestEntry { key, value, encoded });
                }
            }
        }
    }
    *left = left.saturating_sub(tokens.at - open);
    found
}

/// The brace that opens the innermost object at a position, and the number of bytes read to find it.
fn enclosing(text: &[u8], at: usize) -> (Option<usize>, usize) {
    let mut depth = 0_usize;
    let mut in_string = false;
    for n in (at.saturating_sub(REACH)..at).rev() {
        match text[n] {
            b'"' if n == 0 || text[n - 1] != b'\\' => in_string = !in_string,
            _ if in_string => {}
            b'}' | b']' => depth += 1,
            b'{' | b'[' if depth > 0 => depth -= 1,
            b'{' => return (Some(n), at - n),
            b'[' => return (None, at - n),
            _ => {}
        }
    }
    (None, at.min(REACH))
}

enum Token {
    Open,
    Close,
    /// A string before a colon.
    Key(Range<usize>),
    /// Another string.
    Value(Range<usize>),
}

struct Tokens<'t> {
    text: &'t [u8],
    at: usize,
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            let b = *self.text.get(self.at)?;
            self.at += 1;
            match b {
                b'{' | b'[' => return Some(Token::Open),
                b'}' | b']' => return Some(Token::Close),
                b'"' => {
                    let start = self.at;
                    loop {
                        let n = memchr::memchr2(b'"', b'\\', self.text.get(self.at..)?)?;
                        self.at += n + 1;
                        if self.text[self.at - 1] == b'"' {
                            break;
                        }
                        self.at += 1;
                    }
                    let span = start..self.at - 1;
                    let after = self.text[self.at..].iter().position(|b| !b.is_ascii_whitespace());
                    let is_key = after.is_some_and(|n| self.text[self.at + n] == b':');
                    return Some(if is_key { Token::Key(span) } else { Token::Value(span) });
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String, bool)> {
        let lower = text.to_ascii_lowercase();
        let at = lower.find("kind: secret").or_else(|| lower.find("\"kind\": \"secret")).unwrap();
        let len = if lower[at..].starts_with('"') { "\"kind\": \"secret".len() } else { "kind: secret".len() };
        let part = |span: &Range<usize>| text[span.clone()].to_owned();
        let read = entries(text.as_bytes(), at..at + len, &mut usize::MAX.clone()).expect("nothing is used up");
        read.iter().map(|e| (part(&e.key), part(&e.value), e.encoded)).collect()
    }

    fn owned(all: &[(&str, &str, bool)]) -> Vec<(String, String, bool)> {
        all.iter().map(|(k, v, e)| ((*k).to_owned(), (*v).to_owned(), *e)).collect()
    }

    #[test]
    fn block_style() {
        let text = "a: 1\n---\ndata:\n  one: YQ==   # why\n  \"two\": 'Yg=='\n\n  three: |\n    YWFh\n    YWFh\nkind: Secret\nstringData:\n    four: x y\n\
                    metadata:\n  data: no\n---\nkind: ConfigMap\ndata:\n  five: no\n";
        let want =
            [("one", "YQ==", true), ("two", "Yg==", true), ("three", "YWFh\n    YWFh", true), ("four", "x y", false)];
        assert_eq!(read(text), owned(&want));
    }

    #[test]
    fn an_item_of_a_list() {
        let text = "items:\n- kind: ConfigMap\n  data:\n    a: no\n- apiVersion: v1\n  kind: Secret\n  data:\n    b: yes\n- kind: ConfigMap\n  data:\n    c: no\n";
        assert_eq!(read(text), owned(&[("b", "yes", true)]));
    }

    #[test]
    fn templates_between_the_lines() {
        let text = "{{- if .Values.on }}\nkind: Secret\ndata:\n{{- if .Values.two }}\n  a: YQ==\n{{- end }}\n  b: Yg==\n{{- end }}\n";
        assert_eq!(read(text), owned(&[("a", "YQ==", true), ("b", "Yg==", true)]));
    }

    #[test]
    fn json_objects() {
        let text = r#"{"items": [{"kind": "ConfigMap", "data": {"a": "no"}}, {"data": {"b": "Yg==", "n": {"c": "no"}}, "kind": "Secret",
            "stringData": {"d": "x\"y"}, "metadata": {"name": "n"}}, {"data": {"e": "no"}}]}"#;
        assert_eq!(read(text), owned(&[("b", "Yg==", true), ("d", "x\\\"y", false)]));
    }

    #[test]
    fn other_kinds_and_broken_ones() {
        assert_eq!(read("kind: SecretProviderClass\ndata:\n  a: b\n"), []);
        assert_eq!(read("# of kind: Secret\ndata:\n  a: b\n"), []);
        assert_eq!(read("{\"kind\": \"Secret\", \"data\": {\"a\": \"b"), []);
        assert_eq!(read("\"kind\": \"Secret\", \"data\": {\"a\": \"b\"}}"), []);
        assert_eq!(read("kind: Secret"), []);
    }

    #[test]
    fn worth_is_judged_behind_the_encoding() {
        let worth = |key: &str, value: &str, encoded: bool| {
            let value = if encoded { data_encoding::BASE64.encode(value.as_bytes()) } else { value.to_owned() };
            let text = format!("{key}{value}");
            worth(text.as_bytes(), &ManifestEntry { key: 0..key.len(), value: key.len()..text.len(), encoded })
        };
        for encoded in [true, false] {
            assert_eq!(worth("password", "Sommer2031", encoded), Worth::Secret);
            let placeholder = if encoded { Worth::Placeholder } else { Worth::Nothing };
            assert_eq!(worth("password", "changeme", encoded), placeholder);
            assert_eq!(worth("password", "${PASSWORD}", encoded), placeholder);
            assert_ne!(worth("username", "administrator-of-all", encoded), Worth::Secret);
            assert_eq!(worth("config", "{\"password\": \"Sommer2031\"}", encoded), Worth::Nothing);
            assert_eq!(worth("endpoint", "k7Rq2ZpX9vLm4TsW8yBn", encoded), Worth::Secret);
        }
        let text = "password{{ .Values.password | b64enc }}";
        let entry = ManifestEntry { key: 0..8, value: 8..text.len(), encoded: true };
        assert_eq!(super::worth(text.as_bytes(), &entry), Worth::Nothing);
    }

    #[test]
    fn what_is_read_around_one_object_again_and_again_is_limited() {
        for word in ["kind: Secret\ndata:\n", "\"kind\": \"Secret\", ", "\"kind\":\"Secret\"}"] {
            let text = word.repeat(40_000);
            let mut left = allowance(text.as_bytes());
            let hits = text.match_indices(word).map(|(at, _)| at..at + word.find("Secret").expect("a kind") + 6);
            let count = hits.map(|hit| entries(text.as_bytes(), hit, &mut left)).take_while(Option::is_some).count();
            assert!((1..40_000).contains(&count), "{word}: {count}");
        }
        // A long list of them is read to its end.
        let one = "---\nkind: Secret\ndata:\n  password: aGVsbG8gd29ybGQ=\n";
        let text = one.repeat(40_000);
        let mut left = allowance(text.as_bytes());
        let all = text.match_indices("kind: Secret").map(|(at, word)| at..at + word.len());
        assert!(all.into_iter().all(|hit| entries(text.as_bytes(), hit, &mut left).is_some_and(|e| e.len() == 1)));
    }
}
