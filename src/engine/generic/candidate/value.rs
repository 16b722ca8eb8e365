//! The value behind an operator: quoted, wrapped in a call, or bare.

use std::ops::Range;

use super::expression;
use super::operator::Operator;
use super::prefix::{looks_up, prefixed, scheme};
use super::text::{at, blank, close_quote, line_start, open_quote, quote_at, spaces, starts, trim};
use super::{Candidate, Form, LONGEST};

/// The shortest value.
const SHORTEST: usize = 4;

/// The value behind the operator of a name.
pub(super) fn value(text: &[u8], name: &Range<usize>, op: Operator) -> Option<Candidate> {
    let mut i = if op.form == Form::Colon { node(text, spaces(text, op.at)) } else { spaces(text, op.at) };
    // The value is on the next line: `KEY = (\n  "x"`, `key: >-\n  x`, `name: TOKEN\n  value: x`.
    if matches!(at(text, i), b'\n' | b'\r') || (at(text, i) == b'\\' && matches!(at(text, i + 1), b'\n' | b'\r')) {
        i = blank(text, i + usize::from(at(text, i) == b'\\'));
        // The first of a list: `X-Api-Key:`, and `- value` below it.
        if starts(text, i, b"- ") {
            return item(text, name, spaces(text, i + 2), op.form);
        }
        quote_at(text, i)?;
    } else if matches!(at(text, i), b'|' | b'>') && op.form == Form::Colon {
        i = block(text, i)?;
    } else if starts(text, i, b"<<") && op.form == Form::Assignment {
        i = heredoc(text, i)?;
    }
    let enclosed = enclosed(text, i);
    if let Enclosed::Literal { open, wrapper } = enclosed {
        return Some(Candidate { wrapper, ..quoted(text, name.start, open, op.form)? });
    }
    if matches!(op.form, Form::Assignment | Form::Colon)
        && let Some(open) = expression::alternative(text, i)
    {
        return quoted(text, name.start, open, op.form);
    }
    if enclosed == Enclosed::Opened || matches!(op.form, Form::Call | Form::Argument) {
        return None;
    }
    unquoted(text, name, i, op.form)
}

/// The start of the text below the mark of a here-document: `<<EOT`, `<<-"EOT"`, `<<~EOT`.
fn heredoc(text: &[u8], mark: usize) -> Option<usize> {
    let is_of_mark = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'<' | b'-' | b'~' | b'_' | b'"' | b'\'');
    let width = text[mark..].iter().take_while(is_of_mark).count();
    let i = mark + width;
    matches!(at(text, i), b'\n' | b'\r').then(|| blank(text, i))
}

/// The start of a node of YAML behind its anchor and its tag: `&db !!str value`.
fn node(text: &[u8], mut i: usize) -> usize {
    const PROPERTIES: usize = 2;
    for _ in 0..PROPERTIES {
        if !matches!(at(text, i), b'&' | b'!') {
            break;
        }
        let is_of_name =
            |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'!' | b'-' | b'_' | b'.' | b':' | b'/' | b',');
        let name = text[i + 1..].iter().take_while(is_of_name).count();
        if name == 0 || at(text, i + 1 + name) != b' ' {
            break;
        }
        i = spaces(text, i + 1 + name);
    }
    i
}

/// The start of the text below `|` or `>-`, YAML's marks of a block.
fn block(text: &[u8], mark: usize) -> Option<usize> {
    let mut i = mark + 1;
    while matches!(at(text, i), b'-' | b'+' | b'0'..=b'9') {
        i += 1;
    }
    matches!(at(text, i), b'\n' | b'\r').then(|| blank(text, i))
}

/// The literal inside the lists, groups and calls that begin at a position.
#[derive(PartialEq, Eq)]
enum Enclosed {
    /// The position of its quote, and the callee around it.
    Literal { open: usize, wrapper: Option<Range<usize>> },
    /// There is none, though something was opened.
    Opened,
    /// Nothing was opened.
    Nothing,
}

/// The most lists, groups and calls around a value.
const DEEPEST: usize = 3;

fn enclosed(text: &[u8], mut i: usize) -> Enclosed {
    let mut wrapper = None;
    let mut depth = 0;
    while depth < DEEPEST {
        if quote_at(text, i).is_some() {
            return Enclosed::Literal { open: i, wrapper };
        }
        if let Some(quote) = prefixed(text, i) {
            i = quote;
            continue;
        }
        if matches!(at(text, i), b'[' | b'(') && !starts(text, i, b"[]") {
            i = blank(text, i + 1);
        } else {
            let Some(open) = call(text, i) else { break };
            let first = blank(text, open + 1);
            let argument = if looks_up(&text[i..open]) { fallback(text, first) } else { Some(first) };
            let Some(argument) = argument else { return Enclosed::Opened };
            (i, wrapper) = (argument, Some(i..open));
        }
        depth += 1;
    }
    if depth > 0 { Enclosed::Opened } else { Enclosed::Nothing }
}

/// The second argument of a call whose first one begins at `first` and names a variable: `getenv("PASSWORD", "value")`.
fn fallback(text: &[u8], first: usize) -> Option<usize> {
    let (quote, width) = quote_at(text, first)?;
    let close = close_quote(text, first + width, quote, width)?;
    let comma = spaces(text, close + width);
    (at(text, comma) == b',').then(|| blank(text, comma + 1))
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

/// The value in the quotes that open at `open`.
fn quoted(text: &[u8], name: usize, open: usize, form: Form) -> Option<Candidate> {
    let (quote, width) = quote_at(text, open)?;
    let mut from = open + width;
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
    if at(text, after) == b':' && form == Form::Colon && at(text, after + 1) == b' ' && name == from {
        return None;
    }
    accept(text, &value, true)?;
    Some(Candidate { scheme: skip > 0, ..Candidate::of(value, form, quote) })
}

/// The end of a bare value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// At the next tag.
    Element,
    /// At the end of the line: `PASSWORD=p;w)d` of an .env file.
    Line,
    /// At punctuation.
    Word,
}

impl Extent {
    /// The extent of the value at `i`, behind a name.
    fn of(text: &[u8], name: &Range<usize>, i: usize, form: Form) -> Self {
        if form == Form::Xml {
            return Self::Element;
        }
        let lead = text[line_start(text, name.start)..name.start].trim_ascii();
        let is_tight = at(text, name.end) == b'=' && i == name.end + 1;
        let begins = matches!(lead, b"" | b"export" | b"set" | b"ENV" | b"ARG" | b"-" | b"#" | b"SET" | b"-e");
        if begins && (is_tight || matches!(form, Form::Colon | Form::Assignment)) { Self::Line } else { Self::Word }
    }

    /// The end of the value that begins at `from`, with the punctuation behind it.
    fn end(self, text: &[u8], name: usize, from: usize) -> usize {
        let stop = text.len().min(from + LONGEST);
        let mut open = None;
        let mut ends = |to: &usize| match text[*to] {
            b if b <= b' ' || b == 0x7f => true,
            b'<' => true,
            b => match (self, b) {
                (Self::Element, _) => b == b'&' && starts(text, *to, b"&lt;"),
                (_, b'"' | b'\'' | b'`') => true,
                (Self::Word, b'&' | b';' | b',' | b')' | b'}' | b']' | b'|' | b'>' | b'\\') => true,
                // `\n` inside a string literal ends the line that it spells.
                (_, b'\\') => {
                    matches!(at(text, to + 1), b'n' | b'r' | b't' | b'"' | b'\'')
                        && *open.get_or_insert_with(|| open_quote(text, name)) != 0
                }
                _ => false,
            },
        };
        (from..stop).find(|to| ends(to)).unwrap_or(stop)
    }

    /// The end without the punctuation of the line or the sentence: `our token is 4f2a...`, and the sentence ends.
    fn trimmed(self, text: &[u8], from: usize, to: usize) -> usize {
        match self {
            Self::Element => to,
            Self::Line => {
                let marks = text[from..to].iter().rev().take_while(|b| matches!(b, b';' | b',')).count();
                to - marks
            }
            Self::Word => {
                let ends_line = matches!(at(text, to), b'\n' | b'\r' | 0);
                to - usize::from(ends_line && to > from + 1 && text[to - 1] == b'.')
            }
        }
    }

    /// Returns whether the text goes on behind `to` as it does behind a value, and not behind a part of code.
    fn is_over(self, text: &[u8], name: usize, to: usize) -> bool {
        if self == Self::Element {
            let close = blank(text, to);
            return at(text, close) == b'<' || starts(text, close, b"&lt;");
        }
        !matches!(at(text, to), b'(' | b'[' | b'{' | b'"' | b'\'' | b'`') || at(text, to) == open_quote(text, name)
    }

    /// Returns whether the value is a call, a member, a generic.
    fn is_code(self, value: &[u8]) -> bool {
        self != Self::Line && value.iter().any(|b| matches!(b, b'(' | b'{' | b'['))
            || value.starts_with(b"$")
            || value.starts_with(b"(")
            || value.ends_with(b"()")
            || value.ends_with(b")") && value.contains(&b'(')
    }
}

/// The bare value at `i`, behind a name.
fn unquoted(text: &[u8], name: &Range<usize>, i: usize, form: Form) -> Option<Candidate> {
    let from = i + scheme(text, i);
    if !at(text, from).is_ascii_graphic() || form == Form::Xml && at(text, from) == b'<' {
        return None;
    }
    if form == Form::Xml && at(text, from) == b'{' {
        return braced(text, from);
    }
    let extent = Extent::of(text, name, i, form);
    let to = extent.trimmed(text, from, extent.end(text, name.start, from));
    if !extent.is_over(text, name.start, to) {
        return None;
    }
    let value = from..to;
    accept(text, &value, false)?;
    if extent.is_code(&text[value.clone()]) {
        return None;
    }
    Some(Candidate { scheme: from > i, ..Candidate::of(value, form, 0) })
}

/// An item of a list that is one value, not a mapping.
fn item(text: &[u8], name: &Range<usize>, i: usize, form: Form) -> Option<Candidate> {
    if quote_at(text, i).is_some() {
        return quoted(text, name.start, i, form);
    }
    let found = unquoted(text, name, i, form)?;
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
    Some(Candidate::of(value, Form::Xml, 0))
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
