//! Binary data: pictures, sounds, fonts, programs and compressed bytes, in which chance writes names and values.

use std::ops::Range;

/// The bytes that are read to each side of a value.
const REACH: usize = 96;
/// The least share of control characters in binary data, one in so many bytes; random bytes have one in nine.
const CONTROLS: usize = 24;
/// The least share of bytes beyond ASCII, one in so many; random bytes have one in two, and text in an old encoding more.
const HIGH: usize = 4;

/// Returns whether a value is surrounded by binary data. Text in any encoding has no control characters, and the fields of
/// a serialised object few bytes beyond ASCII.
pub(super) fn surrounds(text: &[u8], value: &Range<usize>) -> bool {
    let before = &text[value.start.saturating_sub(REACH)..value.start];
    let after = &text[value.end..text.len().min(value.end + REACH)];
    let is_control = |b: &u8| matches!(b, 0..=8 | 11 | 12 | 14..=26 | 28..=31 | 127);
    let count = |is: &dyn Fn(&u8) -> bool| before.iter().chain(after).filter(|b| is(b)).count();
    let all = before.len() + after.len();
    all >= REACH / 2 && count(&is_control) * CONTROLS >= all && count(&|b| *b >= 0x80) * HIGH >= all
}
