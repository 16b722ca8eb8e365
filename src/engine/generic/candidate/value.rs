//! The value behind an operator: quoted, wrapped in a call, or bare.

use std::ops::Range;

use super::expression;
use super::operator::Operator;
use super::text::{at, blank, close_quote, is_quote, line_start, open_quote, quote_at, spaces, starts, trim};
use super::{Candidate, Form, LONGEST};

/// The shortest value.
const SHORTEST: usize = 4;

/// A string prefix such as `b"`, `rb'`, `@"`, `u8"`: the position of its quote.
pub(super) fn prefixed(text: &[u8], i: usize) -> Option<usize> {
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

/// Functions whose first argument names a variable, and whose second is its default.
fn looks_up(callee: &[u8]) -> bool {
    let last = callee.rsplit(|b| !b.is_ascii_alphanumeric() && *b != b'_').next().unwrap_or(callee);
    let lower: Vec<u8> = last.iter().take(24).map(u8::to_ascii_lowercase).collect();
    lower.windows(3).any(|w| w == b"env" || w == b"get")
        || lower == b"config"
        || lower == b"value"
        || lower == b"option"
}

pub(super) fn value(text: &[u8], start: usize, end: usize, op: Operator) -> Option<Candidate> {
    let mut i = spaces(text, op.at);
    let mut form = op.form;
    let mut wrapper = None;
    // The value is on the next line: `KEY = (\n  "x"`, `key: >-\n  x`, `name: TOKEN\n  value: x`.
    if matches!(at(text, i), b'\n' | b'\r') || (at(text, i) == b'\\' && matches!(at(text, i + 1), b'\n' | b'\r')) {
        i = blank(text, i + usize::from(at(text, i) == b'\\'));
        // The first of a list: `X-Api-Key:`, and `- value` below it.
        if starts(text, i, b"- ") {
            return item(text, start, end, spaces(text, i + 2), form);
        }
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
    let begin = i;
    // One level of list, group or call may enclose the value.
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
                        depth = 1;
                        break;
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
    if matches!(form, Form::Assignment | Form::Colon)
        && let Some(open) = expression::alternative(text, begin)
    {
        let (quote, n) = quote_at(text, open)?;
        return quoted(text, start, open, quote, n, form, None);
    }
    if depth > 0 || matches!(form, Form::Call | Form::Argument) {
        return None;
    }
    unquoted(text, start, end, i, form)
}

/// The position of the parenthesis of a call whose callee begins at `i`.
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
    // The byte behind the quote tells a value from a key: `"token": {"key": 1}`, `case "key": "a"`.
    let value = trim(text, from..to);
    let after = spaces(text, to + width);
    if at(text, after) == b':' && matches!(form, Form::Colon) && at(text, after + 1) == b' ' && name == from {
        return None;
    }
    accept(text, &value, true)?;
    Some(Candidate { name: None, value, form, quote, wrapper, scheme: skip > 0 })
}

fn unquoted(text: &[u8], start: usize, end: usize, i: usize, form: Form) -> Option<Candidate> {
    let from = i + scheme(text, i);
    if !at(text, from).is_ascii_graphic() || form == Form::Xml && at(text, from) == b'<' {
        return None;
    }
    let stop = text.len().min(from + LONGEST);
    let xml = form == Form::Xml;
    if xml && at(text, from) == b'{' {
        return braced(text, from);
    }
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
    } else if !xml && text[..to].ends_with(b".") && matches!(at(text, to), b'\n' | b'\r' | 0) && to > from + 1 {
        // `our token is 4f2a...`, and the sentence ends.
        to -= 1;
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

/// An item of a list that is one value, not a mapping.
fn item(text: &[u8], start: usize, end: usize, i: usize, form: Form) -> Option<Candidate> {
    if let Some((quote, n)) = quote_at(text, i) {
        return quoted(text, start, i, quote, n, form, None);
    }
    let found = unquoted(text, start, end, i, form)?;
    let ends_line = matches!(at(text, found.value.end), b'\n' | b'\r' | 0);
    (ends_line && !text[found.value.clone()].ends_with(b":")).then_some(found)
}

/// `<secret>{label value}</secret>`: a template in braces holds one word, this holds the value last.
fn braced(text: &[u8], from: usize) -> Option<Candidate> {
    let close = from + memchr::memchr2(b'}', b'\n', &text[from..text.len().min(from + 512)])?;
    let inner = &text[from + 1..close];
    let value = from + 2 + inner.iter().rposition(|b| *b == b' ')?..close;
    if at(text, close) != b'}' || at(text, close + 1) != b'<' || inner.contains(&b'{') {
        return None;
    }
    accept(text, &value, false)?;
    Some(Candidate { name: None, value, form: Form::Xml, quote: 0, wrapper: None, scheme: false })
}

/// The cheap test of a value: its length, its bytes and its words.
pub(super) fn accept(text: &[u8], value: &Range<usize>, quoted: bool) -> Option<()> {
    let v = &text[value.clone()];
    if v.len() < SHORTEST || v.len() >= LONGEST {
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
