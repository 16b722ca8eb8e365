//! base64 (standard and URL alphabet, wrapped over lines) and hex.

use std::ops::Range;

use super::{Budget, container};
use crate::engine::decoded_text::{DecodedText, SegmentScale};
use crate::engine::store;

/// The shortest run worth decoding, in characters: 20 bytes in base64.
const SHORTEST: usize = 27;
/// Runs of this length are decoded whatever they hold; shorter ones when they begin with text.
const LONG: usize = 400;

/// The shortest line that others follow in one run, in characters.
const WRAPPED: usize = 40;
/// The most bytes between the lines of a run.
const SEPARATORS: usize = 40;

const STANDARD: u8 = 1;
const URL: u8 = 2;
const HEX: u8 = 4;

/// The alphabets of each byte, as a set.
static CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut b = 0;
    while b < 256 {
        class[b] = match b as u8 {
            b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' => STANDARD | URL | HEX,
            b'g'..=b'z' | b'G'..=b'Z' => STANDARD | URL,
            b'+' | b'/' => STANDARD,
            b'-' | b'_' => URL,
            _ => 0,
        };
        b += 1;
    }
    class
};

/// The value of each base64 character in either alphabet.
static VALUE: [u8; 256] = {
    let mut value = [0; 256];
    let mut b = 0;
    while b < 256 {
        let c = b as u8;
        value[b] = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => 0,
        };
        b += 1;
    }
    value
};

/// A run of characters of one alphabet, perhaps over several lines.
pub(super) struct EncodedRun {
    /// The characters of each line.
    pub lines: Vec<Range<usize>>,
    alphabets: u8,
}

impl EncodedRun {
    pub fn len(&self) -> usize {
        self.lines.iter().map(Range::len).sum()
    }

    pub fn range(&self) -> Range<usize> {
        self.lines[0].start..self.lines[self.lines.len() - 1].end
    }
}

/// Which of the two an encoded run is.
pub(super) fn note(encoded: &[u8]) -> &'static str {
    match encoded.iter().all(u8::is_ascii_hexdigit) {
        true => "inside hex",
        false => "inside base64",
    }
}

/// Decodes every run into `view`.
pub(super) fn decode(text: &[u8], view: &mut DecodedText, budget: &mut Budget) {
    runs(text, |run| {
        if container::is_begun(&text[run.range()]) && unpacked(text, run, view, budget) {
            return;
        }
        if run.alphabets & HEX != 0 && run.len().is_multiple_of(2) && is_telling(&hex_head(text, run)) {
            if budget.take(run.len() / 2) {
                view.gap();
                hex(text, run, view);
            }
        } else if (run.len() >= LONG || is_telling(&base64_head(text, run))) && budget.take(run.len() / 4 * 3) {
            view.gap();
            let start = view.text.len();
            base64(text, run, view);
            if run.len() >= LONG
                && let Some(plain) = container::unpack(&view.text[start..], budget).filter(|plain| !plain.is_empty())
            {
                view.gap();
                view.replace(run.range(), &plain);
            }
        }
    });
}

/// Unpacks a run that holds a container into `view`; false where it holds none.
fn unpacked(text: &[u8], run: &EncodedRun, view: &mut DecodedText, budget: &mut Budget) -> bool {
    let mut packed = DecodedText::default();
    base64(text, run, &mut packed);
    if !container::is_one(&packed.text) {
        return false;
    }
    let Some(plain) = container::unpack(&packed.text, budget) else { return false };
    if !plain.is_empty() {
        view.gap();
        view.replace(run.range(), &plain);
    }
    true
}

/// Calls `found` for every run of at least [`SHORTEST`] characters.
pub(super) fn runs(text: &[u8], mut found: impl FnMut(&EncodedRun)) {
    let class = |at: usize| text.get(at).map_or(0, |&b| CLASS[b as usize]);
    let mut run = EncodedRun { lines: Vec::new(), alphabets: 0 };
    let mut at = 0;
    while let Some(block) = next_run(text, at) {
        if let Some(mixed) = mixed(&text[block..block + SHORTEST]) {
            at = block + mixed;
            continue;
        }
        let reach = |alphabet: u8| {
            let (mut start, mut end) = (block, block);
            while start > at && class(start - 1) & alphabet != 0 {
                start -= 1;
            }
            while class(end) & alphabet != 0 {
                end += 1;
            }
            (start, end)
        };
        let ((start, mut end), alphabet) = match (reach(STANDARD), reach(URL)) {
            (standard, url) if url.1 - url.0 > standard.1 - standard.0 => (url, URL),
            (standard, _) => (standard, STANDARD),
        };
        if end - start >= SHORTEST {
            run.lines.clear();
            run.lines.push(start..end);
            run.alphabets = text[start..end].iter().fold(u8::MAX, |c, &b| c & CLASS[b as usize]);
            let alphabet = if run.alphabets & HEX != 0 { HEX } else { alphabet };
            let first = end - start;
            // Wrapped: further lines of the same width and one shorter.
            while first >= WRAPPED && first.is_multiple_of(4) && run.lines[run.lines.len() - 1].len() == first {
                let Some(next) = line_after(text, end) else { break };
                let mut stop = next;
                while stop - next < first && class(stop) & alphabet != 0 {
                    stop += 1;
                }
                if stop == next || class(stop) != 0 || !ends_line(text, stop) {
                    break;
                }
                run.lines.push(next..stop);
                end = stop;
            }
            found(&run);
        }
        at = end;
    }
}

/// How many bytes of `window` are no begin of a run that reaches to its end, where no alphabet fits all of it.
fn mixed(window: &[u8]) -> Option<usize> {
    if window.iter().fold(u8::MAX, |common, &b| common & CLASS[b as usize]) != 0 {
        return None;
    }
    // Up to here both the last sign that is not of the one alphabet and the last that is not of the other follow.
    let last = |alphabet: u8| window.iter().rposition(|&b| CLASS[b as usize] & alphabet == 0);
    Some(last(STANDARD).min(last(URL)).map_or(1, |at| at + 1))
}

/// The start of the next line of a wrapped text behind a line end at `at`: real or escaped, with quotes and indentation around.
fn line_after(text: &[u8], at: usize) -> Option<usize> {
    let mut i = at;
    let mut ended = false;
    while i < text.len() && i - at < SEPARATORS {
        match text[i] {
            b'\n' => ended = true,
            b'\\' if matches!(text.get(i + 1), Some(b'n' | b'r')) => {
                ended = true;
                i += 1;
            }
            b'\r' | b' ' | b'\t' | b'"' | b'\'' | b'\\' | b',' => {}
            _ => break,
        }
        i += 1;
    }
    ended.then_some(i)
}

/// `part`, and every run that reaches into it, wrapped lines and all; perhaps somewhat more.
pub(super) fn reach(text: &[u8], part: &Range<usize>) -> Range<usize> {
    let is_run = |b: &u8| CLASS[*b as usize] != 0;
    let (mut from, mut to) = (part.start, part.end);
    loop {
        from -= text[..from].iter().rev().take_while(|b| is_run(b)).count();
        let end = from - separators_before(&text[..from]);
        let line = text[..end].iter().rev().take_while(|b| is_run(b)).count();
        if line < WRAPPED {
            break;
        }
        from = end - line;
    }
    loop {
        to += text[to..].iter().take_while(|b| is_run(b)).count();
        let end = to - separators_before(&text[..to]);
        let line = text[..end].iter().rev().take(WRAPPED).take_while(|b| is_run(b)).count();
        let Some(next) = line_after(text, end).filter(|next| line == WRAPPED && *next > to) else { break };
        to = next;
    }
    from..to.min(text.len())
}

/// The number of bytes at the end of `text` that may separate two lines of a run.
fn separators_before(text: &[u8]) -> usize {
    let mut at = text.len();
    while at > 0 && text.len() - at < SEPARATORS {
        match text[at - 1] {
            b'\n' | b'\r' | b' ' | b'\t' | b'"' | b'\'' | b'\\' | b',' => at -= 1,
            b'n' | b'r' if at > 1 && text[at - 2] == b'\\' => at -= 2,
            _ => break,
        }
    }
    text.len() - at
}

/// Whether nothing but padding, a quote and a line end follows: a word of another sentence is no part of the run.
fn ends_line(text: &[u8], at: usize) -> bool {
    let padding = text[at..].iter().take_while(|&&b| b == b'=').count();
    text.get(at + padding).is_none_or(|b| matches!(b, b'\n' | b'\r' | b'"' | b'\'' | b'`' | b'\\' | b'<' | b',' | b')'))
}

/// Returns whether a line has no run that is decoded, and none that may go on on the next line.
pub(super) fn is_plain(line: &[u8]) -> bool {
    let mut is_plain = true;
    runs(line, |run| is_plain &= run.len() < WRAPPED && !is_decoded(line, run));
    is_plain
}

/// Returns whether a run is worth decoding, in either way.
fn is_decoded(text: &[u8], run: &EncodedRun) -> bool {
    run.len() >= LONG
        || is_telling(&base64_head(text, run))
        || run.alphabets & HEX != 0 && is_telling(&hex_head(text, run))
}

/// The first place from `at` on where [`SHORTEST`] characters of either alphabet begin.
///
/// Reads the last of them first, as Boyer and Moore did: a byte outside the alphabets, a space most often, skips all
/// bytes before it.
fn next_run(text: &[u8], mut at: usize) -> Option<usize> {
    const EACH: u64 = 0x0101_0101_0101_0101;
    while let Some(bytes) = text.get(at + SHORTEST - 8..).and_then(|rest| rest.first_chunk()) {
        let bytes = u64::from_le_bytes(*bytes);
        // The high bit of each byte that is at least `least`, for ASCII.
        let at_least = |least: u8| (bytes & (EACH * 0x7f)) + EACH * u64::from(0x80 - least);
        // Below `+`, from `:` to `@`, above `z`: most separators of words.
        let apart = (!at_least(b'+') | at_least(b':') & !at_least(b'A') | at_least(b'{') | bytes) & (EACH * 0x80);
        if apart != 0 {
            at += SHORTEST - apart.leading_zeros() as usize / 8;
            continue;
        }
        match text[at..at + SHORTEST].iter().rposition(|&b| CLASS[b as usize] == 0) {
            Some(apart) => at += apart + 1,
            None => return Some(at),
        }
    }
    None
}

/// The first bytes that a run decodes to.
fn base64_head(text: &[u8], run: &EncodedRun) -> [u8; 12] {
    let mut out = [0; 12];
    let line = &text[run.lines[0].clone()];
    for (quad, out) in line.chunks_exact(4).zip(out.chunks_exact_mut(3)) {
        out.copy_from_slice(&triple(quad));
    }
    out
}

fn triple(quad: &[u8]) -> [u8; 3] {
    let n = quad.iter().fold(0_u32, |n, &b| n << 6 | u32::from(VALUE[b as usize]));
    [(n >> 16) as u8, (n >> 8) as u8, n as u8]
}

fn hex_head(text: &[u8], run: &EncodedRun) -> [u8; 12] {
    let mut out = [0; 12];
    let line = &text[run.lines[0].clone()];
    for (pair, out) in line.chunks_exact(2).zip(&mut out) {
        *out = nibble(pair[0]) << 4 | nibble(pair[1]);
    }
    out
}

fn nibble(b: u8) -> u8 {
    char::from(b).to_digit(16).unwrap_or(0) as u8
}

/// Returns whether decoded bytes begin like text or a key store, which are scanned.
fn is_telling(head: &[u8]) -> bool {
    looks_like_text(head) || store::kind(head).is_some()
}

/// Returns whether decoded bytes begin like text, in UTF-8 or UTF-16.
fn looks_like_text(head: &[u8]) -> bool {
    head.iter().all(|&b| matches!(b, 0 | b'\t' | b'\n' | b'\r' | b' '..=b'~'))
        && head.iter().filter(|&&b| b == 0).count() <= 6
}

pub(super) fn base64(text: &[u8], run: &EncodedRun, view: &mut DecodedText) {
    let mut carry: [u8; 4] = [0; 4];
    let mut held = 0;
    for line in &run.lines {
        let mut at = line.start;
        while held > 0 && held < 4 && at < line.end {
            carry[held] = text[at];
            (held, at) = (held + 1, at + 1);
        }
        if held == 4 {
            view.text.extend(triple(&carry));
            held = 0;
        }
        if held > 0 {
            continue;
        }
        view.part(at, SegmentScale::Ratio(4, 3));
        let quads = text[at..line.end].chunks_exact(4);
        let rest = quads.remainder();
        view.text.extend(quads.flat_map(triple));
        carry[..rest.len()].copy_from_slice(rest);
        held = rest.len();
    }
    // The rest without its padding: two characters are a byte, three are two.
    if held > 1 {
        carry[held..].fill(b'A');
        view.text.extend(&triple(&carry)[..held - 1]);
    }
}

fn hex(text: &[u8], run: &EncodedRun, view: &mut DecodedText) {
    for line in &run.lines {
        view.part(line.start, SegmentScale::Ratio(2, 1));
        view.text.extend(text[line.clone()].chunks_exact(2).map(|pair| nibble(pair[0]) << 4 | nibble(pair[1])));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};

    fn read(text: &str) -> DecodedText {
        let mut view = DecodedText::default();
        decode(text.as_bytes(), &mut view, &mut Budget::new(text.len()));
        view
    }

    #[test]
    fn runs_are_decoded_at_every_offset() {
        let plain = "password = something long enough\n?>?>";
        for encoded in [
            BASE64.encode(plain.as_bytes()),
            BASE64URL_NOPAD.encode(plain.as_bytes()),
            HEXLOWER.encode(plain.as_bytes()),
        ] {
            for offset in 0..40 {
                let text = format!("{}{encoded}\nx", " ".repeat(offset));
                let view = read(&text);
                assert!(view.text.starts_with(plain.as_bytes()), "{offset}");
                let origin = view.origin(&(0..plain.len()));
                assert_eq!(&text[origin.clone()], encoded.trim_end_matches('='), "{origin:?}");
            }
        }
    }

    #[test]
    fn the_shortest_run_is_found_at_every_offset() {
        let encoded = BASE64.encode(b"AKIAxAKIAxAKIAxAKIAx");
        for offset in 0..64 {
            assert_eq!(read(&format!("{}{encoded}\"", "'".repeat(offset))).text, b"AKIAxAKIAxAKIAxAKIAx", "{offset}");
        }
    }

    #[test]
    fn what_is_passed_over_fits_no_alphabet() {
        let fits = |text: &[u8]| text.iter().fold(u8::MAX, |common, &b| common & CLASS[b as usize]) != 0;
        for seed in 0..2000 {
            let mut random = fastrand::Rng::with_seed(seed);
            let window: Vec<u8> = (0..SHORTEST).map(|_| *random.choice(b"aaaaaZ9f+/-_").unwrap()).collect();
            match mixed(&window) {
                None => assert!(fits(&window)),
                Some(len) => assert!((0..len).all(|from| !fits(&window[from..])), "{window:?} {len}"),
            }
        }
    }

    #[test]
    fn wrapped_runs_are_joined() {
        let plain = "line of text that goes on and on\n".repeat(20);
        let encoded = BASE64.encode(plain.as_bytes());
        for width in [64, 76, 44] {
            let lines: Vec<&str> = encoded.as_bytes().chunks(width).map(|l| std::str::from_utf8(l).unwrap()).collect();
            for end in ["\n", "\r\n", "\n    ", "\\n", "\\n\"\n  \""] {
                let view = read(&lines.join(end));
                assert_eq!(view.text, plain.as_bytes(), "{width} {end:?}");
            }
            let text = lines.join("\n");
            let origin = read(&text).origin(&(330..363));
            assert_eq!(
                BASE64URL_NOPAD.decode(text[origin].replace('\n', "").as_bytes()).unwrap(),
                &plain.as_bytes()[330..363]
            );
        }
    }

    #[test]
    fn identifiers_and_hashes_are_left_alone() {
        let hash = HEXLOWER.encode(&[0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14].repeat(4));
        for text in ["aVeryLongIdentifierThatGoesOnAndOnAndOn", "SOME_CONSTANT_WITH_A_LONG_NAME_INDEED", &hash] {
            assert!(read(text).is_empty(), "{text}");
        }
    }
}
