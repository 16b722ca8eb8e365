//! Operators between a name and its value.

use std::ops::Range;

use super::super::randomness::is_plainly_random;
use super::Form;
use super::prefix::prefixed;
use super::text::{at, blank, is_quote, line_end, line_start, quote_at, spaces, starts};

/// The operator behind a name, and the position at which the value may start.
#[derive(Clone, Copy)]
pub(super) struct Operator {
    pub form: Form,
    /// The position from which the value is read.
    pub at: usize,
}

/// The operator behind a name.
pub(super) fn operator(text: &[u8], name: &Range<usize>) -> Option<Operator> {
    // `${PASSWORD:-value}`: the default of a shell, or of a compose file, for a variable.
    if text[..name.start].ends_with(b"${")
        && matches!((at(text, name.end), at(text, name.end + 1)), (b':', b'-' | b'='))
    {
        return Some(Operator { form: Form::Assignment, at: name.end + 2 });
    }
    let is_quoted = quote_at(text, name.end).is_some();
    let end = subscript(text, name.end + quote_at(text, name.end).map_or(0, |(_, width)| width))?;
    if ends_tag(text, end) {
        return behind_tag(text, name.start, end, is_quoted);
    }
    let i = spaces(text, end);
    let is_apart = i > end;
    if starts(text, i, b"=~") {
        return None;
    }
    if let Some(found) = sign(text, i).or_else(|| fallback(text, i, is_quoted)) {
        return Some(found);
    }
    match at(text, i) {
        // `- name: TOKEN` and `value: x` on the next line.
        b'\n' | b'\r' => {
            let next = blank(text, i);
            starts(text, next, b"value:").then_some(Operator { form: Form::Pair, at: next + 6 })
        }
        b':' => colon(text, i, is_quoted),
        // `token - "x"`: notes and logs.
        b'-' if is_apart && !is_quoted && at(text, i + 1) == b' ' => {
            let value = spaces(text, i + 1);
            quote_at(text, value).map(|_| Operator { form: Form::Colon, at: value })
        }
        b',' if is_quoted => argument(text, i + 1),
        b',' => second_argument(text, name.start, i + 1),
        b'(' if !is_quoted && !is_apart => {
            let value = spaces(text, i + 1);
            (quote_at(text, value).is_some() || prefixed(text, value).is_some())
                .then_some(Operator { form: Form::Call, at: i + 1 })
        }
        b'"' | b'\'' | b'`' if is_apart && !is_quoted => Some(Operator { form: Form::Space, at: i }),
        b'{' if is_quoted => default(text, i),
        _ if is_quoted && is_apart => attribute(text, i),
        next if is_apart && !is_quoted => words(text, name.start, i, next),
        _ => None,
    }
}

/// The operator before the value that stands in for a setting that is missing: `process.env.API_KEY || "x"`, `getenv('KEY') ?: 'x'`.
fn fallback(text: &[u8], i: usize, is_quoted: bool) -> Option<Operator> {
    let i = if is_quoted && at(text, i) == b')' { spaces(text, i + 1) } else { i };
    let width = [&b"||"[..], b"??", b"?:", b"or "].iter().find(|operator| starts(text, i, operator))?.len();
    let value = spaces(text, i + width);
    quote_at(text, value).map(|_| Operator { form: Form::Assignment, at: value })
}

/// The position behind the subscript that the name is, or that it has: `config['password']`, `password[32]`.
fn subscript(text: &[u8], i: usize) -> Option<usize> {
    match at(text, i) {
        b']' => Some(i + 1),
        b'[' => text[i..text.len().min(i + 24)].iter().position(|&b| b == b']').map(|close| i + close + 1),
        _ => Some(i),
    }
}

/// Returns whether a tag ends at `i`, with the name as an attribute or as its content.
fn ends_tag(text: &[u8], i: usize) -> bool {
    at(text, i) == b'>' && at(text, i + 1) != b'='
        || [&b"</key>"[..], b"</name>", b"&gt;"].iter().any(|end| starts(text, i, end))
}

/// The operator behind a tag that ends at `i`.
fn behind_tag(text: &[u8], name: usize, i: usize, is_quoted: bool) -> Option<Operator> {
    match at(text, i) {
        // `<property name="password" value="x"/>`, `<entry key="password">x`, `<password type="plain">x`.
        b'>' => {
            let is_opened = is_quoted || matches!(text.get(name.wrapping_sub(1)), Some(b'<' | b':'));
            is_opened.then(|| xml(text, i + 1)).flatten()
        }
        // `<key>token</key><string>x</string>`, `<name>token</name><value>x</value>`.
        b'<' => {
            let close = i + text[i..].iter().position(|&b| b == b'>')?;
            xml(text, close + 1).filter(|value| text[close..value.at].contains(&b'<'))
        }
        _ => xml(text, i + 4),
    }
}

/// The operator that is written with signs alone at `i`.
fn sign(text: &[u8], i: usize) -> Option<Operator> {
    let (form, width) = match (at(text, i), at(text, i + 1), at(text, i + 2)) {
        (b'=' | b'!', b'=', b'=') => (Form::Comparison, 3),
        (b'=' | b'!', b'=', _) => (Form::Comparison, 2),
        (b'=' | b'-', b'>', _) => (Form::Arrow, 2),
        (b'=', _, _) => (Form::Assignment, 1),
        (b'?' | b'+' | b'|' | b'<' | b'.', b'=', b'>') => (Form::Assignment, 3),
        (b'?' | b'+' | b'|' | b'<' | b'.', b'=', _) => (Form::Assignment, 2),
        (b'?', b':', _) => (Form::Colon, 2),
        (b'?', b'?', b'=') | (b'|', b'|', b'=' | b':') => (Form::Assignment, 3),
        _ => return None,
    };
    Some(Operator { form, at: i + width })
}

/// `variable "token" { default = "x" }`: the default in a block that opens at `i`.
fn default(text: &[u8], i: usize) -> Option<Operator> {
    let inside = blank(text, i + 1);
    let block = &text[inside..text.len().min(inside + 160)];
    let stop = memchr::memchr(b'}', block).unwrap_or(block.len());
    let word = memchr::memmem::find(&block[..stop], b"default")?;
    let equals = spaces(text, inside + word + 7);
    (at(text, equals) == b'=').then_some(Operator { form: Form::Assignment, at: equals + 1 })
}

/// After `name:`.
fn colon(text: &[u8], i: usize, quoted: bool) -> Option<Operator> {
    match at(text, i + 1) {
        b'=' => Some(Operator { form: Form::Assignment, at: i + 2 }),
        b':' if starts(text, i, b":::=") => Some(Operator { form: Form::Assignment, at: i + 4 }),
        b':' if starts(text, i, b"::=") => Some(Operator { form: Form::Assignment, at: i + 3 }),
        b':' => None,
        _ => {
            // A type is between them: `password: String = "x"`, `const KEY: &str = "x"`.
            if !quoted && let Some(v) = past_type(text, spaces(text, i + 1)) {
                return Some(Operator { form: Form::Assignment, at: v });
            }
            Some(Operator { form: Form::Colon, at: i + 1 })
        }
    }
}

/// The start of the value when a type and `=` are at `i`.
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

/// `set(:secret, "value")`, `strcmp(password, "value")`: the argument behind one that is a symbol or is compared.
fn second_argument(text: &[u8], start: usize, i: usize) -> Option<Operator> {
    const COMPARE: [&[u8]; 8] = [
        b"strcmp(",
        b"compare_digest(",
        b"hash_equals(",
        b"secure_compare(",
        b"timingSafeEqual(",
        b"Equals(",
        b"equals(",
        b"ConstantTimeCompare(",
    ];
    let before = &text[start.saturating_sub(32)..start];
    let symbol = before.ends_with(b" :") || before.ends_with(b"(:");
    if symbol {
        return Some(Operator { form: Form::Arrow, at: i });
    }
    COMPARE.iter().any(|c| before.ends_with(c)).then_some(Operator { form: Form::Comparison, at: i })
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

/// `name value` and `name type = value`: the operator of a name and a space.
fn words(text: &[u8], start: usize, i: usize, next: u8) -> Option<Operator> {
    if let Some(v) = past_type(text, i) {
        return Some(Operator { form: Form::Assignment, at: v });
    }
    if !next.is_ascii_graphic() || matches!(next, b'(' | b')' | b'{' | b'}' | b'<' | b'>' | b',' | b';' | b'|' | b'&') {
        return None;
    }
    // `The password is "x"`, `our token is 4f2a...`
    if starts(text, i, b"is ") || starts(text, i, b"is: ") {
        let j = spaces(text, i + 2 + usize::from(text[i + 2] == b':'));
        let rest = text[j..line_end(text, j)].trim_ascii_end();
        let rest = rest.strip_suffix(b".").unwrap_or(rest);
        return (quote_at(text, j).is_some() || is_token(rest)).then_some(Operator { form: Form::Colon, at: j });
    }
    // `--password value`, `-Password value`
    let flag = start > 0 && text[start - 1] == b'-' && (start < 2 || !text[start - 2].is_ascii_alphanumeric());
    if flag {
        return Some(Operator { form: Form::Space, at: i });
    }
    // `password value` as the only words of the line, or in netrc beside `login`.
    let line = line_start(text, start);
    let stop = line_end(text, i);
    let lead = text[line..start].trim_ascii();
    let rest = text[i..stop].trim_ascii_end();
    let single = !rest.is_empty() && !rest.contains(&b' ') && !rest.contains(&b'\t');
    let netrc = lead.windows(6).any(|w| w == b"login ");
    let command = matches!(lead, b"" | b"set" | b"export" | b"ENV" | b"ARG");
    if netrc || single && (command || is_label(lead) && is_token(rest)) {
        return Some(Operator { form: Form::Space, at: i });
    }
    None
}

/// One to three words of letters: the service in `service api key 4f2a...`.
fn is_label(lead: &[u8]) -> bool {
    let mut words = 0;
    lead.split(|b| *b == b' ').all(|word| {
        words += 1;
        !word.is_empty() && word.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
    }) && words <= 3
}

/// A word that no text for people holds: long, with digits or capitals among letters, in the characters of tokens.
fn is_token(value: &[u8]) -> bool {
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    let humps = value.windows(2).filter(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase()).count();
    value.len() >= 16
        && (digits >= 3 || digits >= 1 && humps >= 3)
        && value.iter().any(u8::is_ascii_alphabetic)
        && value
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'=' | b'+' | b'/' | b'~' | b':'))
}

/// Returns whether `"name", "value"` are no name with its value: two of a list of words, or the end of one pair and the beginning
/// of the next. An option is a name in a list as well: `"--password", "value"`.
pub(super) fn in_list(text: &[u8], name: usize, value: &Range<usize>) -> bool {
    let dashes = text[..name].iter().rev().take_while(|b| **b == b'-').count();
    let Some(open) = (name - dashes).checked_sub(1).filter(|open| is_quote(text[*open])) else { return true };
    let mut behind = text[value.end..].iter().skip(1).skip_while(|b| b.is_ascii_whitespace());
    let after = behind.next();
    // `"a": "token", "b": 1`
    if after == Some(&b':') && behind.next() != Some(&b':') {
        return true;
    }
    let before = text[..open].iter().rev().find(|b| !b.is_ascii_whitespace());
    let between = matches!(before, Some(b'[' | b',')) && matches!(after, Some(b',' | b']'));
    between && dashes < 2 && !is_plainly_random(&text[value.clone()])
}
