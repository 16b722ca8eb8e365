//! Forms of their own, where no operator joins a name and a value: a URL, an Authorization header, curl's user.

use super::text::{is_name, is_quote, line_end, quote_at, spaces, starts};
use super::value::accept;
use super::{Candidate, Form, LONGEST};

/// `Bearer value`, with no name before it.
pub(super) fn bearer(text: &[u8], hit: usize) -> Option<Candidate> {
    if !starts(text, hit, b"bearer ") || hit > 0 && is_name(text[hit - 1]) {
        return None;
    }
    let from = hit + 7;
    let stop = text.len().min(from + LONGEST);
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
pub(super) fn curl(text: &[u8], hit: usize) -> Option<Candidate> {
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
pub(super) fn url(text: &[u8], hit: usize) -> Option<Candidate> {
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
