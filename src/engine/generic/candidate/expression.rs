//! Expressions that yield one of several values: `ok ? "a" : "b"`, `a || "b"`, `f("a") or "b"`.

use super::text::{at, close_quote, is_quote, line_end, quote_at};

/// The longest expression that is read, in bytes.
const LONGEST: usize = 256;

/// The opening quote of the longest literal that the expression at `from`, on one line, may yield.
pub(super) fn alternative(text: &[u8], from: usize) -> Option<usize> {
    let stop = line_end(text, from).min(from + LONGEST);
    memchr::memchr3(b'"', b'\'', b'`', &text[from..stop])?;
    let (mut i, mut depth, mut asked) = (from, 0usize, false);
    let mut longest: Option<(usize, usize)> = None;
    while i < stop {
        match text[i] {
            b if is_quote(b) => {
                let (quote, width) = quote_at(text, i)?;
                let close = close_quote(text, i + width, quote, width)?;
                let length = close - i;
                if depth == 0 && is_yielded(&text[from..i], asked) && longest.is_none_or(|(_, l)| length > l) {
                    longest = Some((i, length));
                }
                i = close;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => match depth.checked_sub(1) {
                Some(outer) => depth = outer,
                None => break,
            },
            b';' | b',' if depth == 0 => break,
            b'?' if depth == 0 => asked = true,
            b'=' if depth == 0 && at(text, i + 1) == b'>' => break,
            _ => {}
        }
        i += 1;
    }
    longest.map(|(open, _)| open)
}

/// Returns whether the operator that ends `before` makes the operand behind it one of the values; `asked` is set when it holds a `?`.
fn is_yielded(before: &[u8], asked: bool) -> bool {
    let before = before.trim_ascii_end();
    [&b"?"[..], b"||", b"?:", b" or", b" else"].iter().any(|operator| before.ends_with(operator))
        || asked && before.ends_with(b":")
}
