//! Forms of their own, in which no operator joins a name and a value: a URL, an Authorization header, a login's two parts.

use std::ops::Range;

use super::text::{at, blank, close_quote, is_name, is_quote, line_end, line_start, quote_at, spaces, starts, trim};
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
    Some(Candidate { name: Some(hit..hit + 6), scheme: true, ..Candidate::of(from..to, Form::Space, 0) })
}

/// `curl -u user:password`.
pub(super) fn curl(text: &[u8], hit: usize) -> Option<Candidate> {
    if hit > 0 && is_name(text[hit - 1]) {
        return None;
    }
    // A backslash at its end carries the command on to the next line.
    let mut end = line_end(text, hit);
    while end < hit + 1024 && end < text.len() && text[..end].trim_ascii_end().ends_with(b"\\") {
        end = line_end(text, end + 1);
    }
    let line = &text[hit..end];
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
    Some(Candidate { name: Some(from..colon), ..Candidate::of(value, Form::Url, quote) })
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
    if last < colon + 2 {
        return None;
    }
    let mut start = hit;
    while start > hit.saturating_sub(20)
        && start > 0
        && (text[start - 1].is_ascii_alphanumeric() || matches!(text[start - 1], b'+' | b'-' | b'.'))
    {
        start -= 1;
    }
    let mut value = colon + 1..last;
    // GitHub takes a token for the user, and a fixed word for the password.
    if text[value.clone()].eq_ignore_ascii_case(b"x-oauth-basic") {
        value = from..colon;
    }
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
    let name = start..colon.min(value.start);
    Some(Candidate { name: Some(name), ..Candidate::of(value, Form::Url, 0) })
}

/// `NetworkCredential("user", "value")`, `new PasswordAuthentication(user, "value")`, `auth("user", "value")`: the name
/// ends at `end`, before the parenthesis.
pub(super) fn login(text: &[u8], hit: usize, end: usize) -> Option<Candidate> {
    const CALLEES: [&[u8]; 8] = [
        b"credential",
        b"credentials",
        b"auth",
        b"authentication",
        b"authenticate",
        b"authenticator",
        b"basicauth",
        b"authtoken",
    ];
    // The word that the name ends in.
    if !CALLEES.iter().any(|c| end >= c.len() && hit < end && text[end - c.len()..end].eq_ignore_ascii_case(c)) {
        return None;
    }
    let mut start = hit;
    while start > hit.saturating_sub(64) && is_name(text[start - 1]) {
        start -= 1;
    }
    let open = spaces(text, end);
    if at(text, open) != b'(' {
        return None;
    }
    let first = blank(text, open + 1);
    let (quote, n) = quote_at(text, first)?;
    let close = close_quote(text, first + n, quote, n)?;
    let user = &text[first + n..close];
    if user.is_empty() || user.len() > 64 || user.iter().any(u8::is_ascii_whitespace) {
        return None;
    }
    let comma = spaces(text, close + n);
    if at(text, comma) != b',' {
        return None;
    }
    let second = blank(text, comma + 1);
    let (quote, n) = quote_at(text, second)?;
    let value = trim(text, second + n..close_quote(text, second + n, quote, n)?);
    accept(text, &value, true)?;
    Some(Candidate { name: Some(start..end), ..Candidate::of(value, Form::Login, quote) })
}

/// `psexec \\host -u user -p value`, `sshpass -p value ssh host`: the flag is at `hit`, behind a space.
pub(super) fn flags(text: &[u8], hit: usize) -> Option<Candidate> {
    let line = line_start(text, hit)..line_end(text, hit);
    let has = |what: &[u8]| memchr::memmem::find(&text[line.clone()], what).is_some();
    if !(has(b" -u ") || has(b" --username ") || has(b"sshpass")) || has(b"mkdir") {
        return None;
    }
    let mut from = spaces(text, hit + 4);
    let quote = quote_at(text, from).map_or(0, |(q, n)| {
        from += n;
        q
    });
    let end = |b: u8| if quote == 0 { b.is_ascii_whitespace() || is_quote(b) } else { b == quote || b == b'\n' };
    let to = from + text[from..].iter().take(256).position(|&b| end(b)).unwrap_or((text.len() - from).min(256));
    let value: Range<usize> = from..to;
    // A port is no password.
    if value.len() <= 5 && text[value.clone()].iter().all(u8::is_ascii_digit) || matches!(at(text, from), b'-' | b'$') {
        return None;
    }
    accept(text, &value, quote != 0)?;
    Some(Candidate { name: Some(hit + 1..hit + 3), ..Candidate::of(value, Form::Login, quote) })
}
