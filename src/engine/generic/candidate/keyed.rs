//! Calls whose callee marks one of their arguments as a secret: `createHmac("sha256", "key")`.

use std::ops::Range;

use super::prefix::prefixed;
use super::text::{at, blank, close_quote, is_quote, line_start, quote_at, spaces, trim};
use super::value::accept;
use super::{Candidate, Form};

/// The ends of callees in lower case, and the first argument that may be the secret, from 0.
const CALLEES: [(&[u8], usize); 15] = [
    (b"cookieparser", 0),
    (b"jwt.sign", 1),
    (b"jwt.verify", 1),
    (b"jwt.encode", 1),
    (b"jwt.decode", 1),
    (b"hmac", 1),
    (b"hmac.hexdigest", 1),
    (b"hmac.digest", 1),
    (b"hmac.new", 0),
    (b"signwith", 1),
    (b"simple_bind", 1),
    (b"simple_bind_s", 1),
    (b"totp.new", 0),
    (b"totp", 0),
    (b"hotp", 0),
];

/// The most bytes of arguments that are read.
const REACH: usize = 256;

/// The secret among the arguments of the call whose callee's last words are `callee`.
pub(super) fn argument(text: &[u8], callee: Range<usize>) -> Option<Candidate> {
    if at(text, callee.end) != b'(' {
        return None;
    }
    let name = &text[callee.clone()];
    let (_, first) = CALLEES.iter().find(|(end, _)| name.eq_ignore_ascii_case(end))?;
    let stop = text.len().min(callee.end + REACH);
    let (mut i, mut depth, mut number) = (blank(text, callee.end + 1), 0usize, 0);
    let mut begins = true;
    while i < stop {
        // `b"key"`
        if let (true, Some(open)) = (begins, prefixed(text, i)) {
            i = open;
        }
        match text[i] {
            b if is_quote(b) => {
                let (quote, width) = quote_at(text, i)?;
                let close = close_quote(text, i + width, quote, width)?;
                if depth == 0 && number >= *first && begins {
                    let value = trim(text, i + width..close);
                    accept(text, &value, true)?;
                    return Some(Candidate::of(value, Form::Keyed, quote));
                }
                i = close + width - 1;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
            b',' if depth == 0 => {
                number += 1;
                i = blank(text, i + 1);
                begins = true;
                continue;
            }
            _ => {}
        }
        begins = false;
        i += 1;
    }
    None
}

/// `"value" == name`, `"value".equals(name)`: the value of a comparison that is written the other way round.
pub(super) fn compared(text: &[u8], name: Range<usize>) -> Option<Candidate> {
    const OPERATORS: [&[u8]; 6] = [b"=== ", b"!== ", b"== ", b"!= ", b".equals(", b".equalsIgnoreCase("];
    if !matches!(at(text, name.start.wrapping_sub(1)), b' ' | b'(') {
        return None;
    }
    let line = line_start(text, name.start);
    let before = &text[line..name.start];
    let before = OPERATORS.iter().find_map(|operator| before.strip_suffix(*operator))?.trim_ascii_end();
    let (&quote, inside) = before.split_last().filter(|(quote, _)| is_quote(**quote))?;
    let open = memchr::memrchr(quote, inside)?;
    let value = line + open + 1..line + inside.len();
    accept(text, &value, true)?;
    Some(Candidate { name: Some(name), ..Candidate::of(value, Form::Comparison, quote) })
}

/// The name before a method that compares, `password.equals("value")`, and the position of its first argument.
pub(super) fn compares(text: &[u8], name: &Range<usize>) -> Option<(Range<usize>, usize)> {
    const METHODS: [&[u8]; 8] =
        [b"equals", b"equalsIgnoreCase", b"compareTo", b"contentEquals", b"isEqual", b"localeCompare", b"eq", b"eql?"];
    let written = &text[name.clone()];
    let dot = memchr::memrchr(b'.', written)?;
    let is_method = at(text, name.end) == b'(' && METHODS.contains(&&written[dot + 1..]);
    is_method.then(|| (name.start..name.start + dot, spaces(text, name.end + 1)))
}
