//! Parts in front of a value: the prefix of a string, the scheme of a header, the name that a function looks up.

use super::text::{at, is_quote, starts};

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

/// The length of the scheme at `i`, or 0.
pub(super) fn scheme(text: &[u8], i: usize) -> usize {
    SCHEMES.iter().find(|s| starts(text, i, s)).map_or(0, |s| s.len())
}

/// Functions whose first argument names a variable, and whose second is its default.
pub(super) fn looks_up(callee: &[u8]) -> bool {
    let last = callee.rsplit(|b| !b.is_ascii_alphanumeric() && *b != b'_').next().unwrap_or(callee);
    let lower: Vec<u8> = last.iter().take(24).map(u8::to_ascii_lowercase).collect();
    lower.windows(3).any(|w| w == b"env" || w == b"get")
        || lower == b"config"
        || lower == b"value"
        || lower == b"option"
}
