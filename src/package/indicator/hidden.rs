//! Hidden text: payloads in invisible characters, and bidirectional controls that show code in another order than it
//! runs (CVE-2021-42574).

/// Hidden text in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hidden {
    /// The offset in bytes.
    pub(super) at: usize,
    /// The number of hidden characters in a row.
    pub(super) run: usize,
    /// The way in which it is hidden.
    pub(super) kind: Trick,
}

/// A way to hide text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trick {
    /// A run of zero-width characters, variation selectors or tag characters, each of which carries an invisible byte.
    Invisible,
    /// A bidirectional override or isolate that is not closed on its line.
    Bidi,
}

/// The shortest notable run; emoji and ideographs carry one selector each, a flag six tags.
const NOTABLE: usize = 8;

/// The first hidden text of each kind. Almost every text has none of the lead bytes and costs one fast search.
pub(super) fn find(text: &[u8]) -> Vec<Hidden> {
    let Some(first) = memchr::memchr3(0xe2, 0xef, 0xf3, text) else { return Vec::new() };
    let (invisible, bidi) = (invisible(&text[first..]), bidi(&text[first..]));
    invisible.into_iter().chain(bidi).map(|hidden| Hidden { at: hidden.at + first, ..hidden }).collect()
}

/// The longest notable run of invisible characters.
fn invisible(text: &[u8]) -> Option<Hidden> {
    let mut best: Option<Hidden> = None;
    let mut from = 0;
    // U+200B..2064 begin with E2, U+FE00..FE0F with EF B8, U+E0000..E01EF with F3 A0.
    while let Some(at) = memchr::memchr3(0xe2, 0xef, 0xf3, &text[from..]).map(|n| from + n) {
        let (mut end, mut run) = (at, 0);
        while let Some(length) = carrier(&text[end..]) {
            end += length;
            run += 1;
        }
        if run >= NOTABLE && best.as_ref().is_none_or(|b| b.run < run) {
            best = Some(Hidden { at, run, kind: Trick::Invisible });
        }
        from = end.max(at + 1);
    }
    best
}

/// The length of the invisible character that opens `text`.
fn carrier(text: &[u8]) -> Option<usize> {
    match text {
        [0xef, 0xb8, 0x80..=0x8f, ..] => Some(3),
        // Zero-width spaces and joiners (U+200B..200D), word joiners (U+2060..2064) and U+FEFF.
        [0xe2, 0x80, 0x8b..=0x8d, ..] | [0xe2, 0x81, 0xa0..=0xa4, ..] | [0xef, 0xbb, 0xbf, ..] => Some(3),
        // Tags (U+E0000..E007F), then selectors 17 to 256 (U+E0100..E01EF).
        [0xf3, 0xa0, 0x80..=0x81, 0x80..=0xbf, ..] => Some(4),
        [0xf3, 0xa0, 0x84..=0x86, 0x80..=0xbf, ..] => Some(4),
        [0xf3, 0xa0, 0x87, 0x80..=0xaf, ..] => Some(4),
        _ => None,
    }
}

/// Returns whether a line goes on, behind a bidirectional control, as a table of characters in minified code does: for
/// thousands of bytes, and with characters beyond ASCII. Such tables hold every control, and no code to reorder.
fn is_table(rest: &[u8]) -> bool {
    const LONG: usize = 4096;
    const SAMPLE: usize = 256;
    rest.len() > LONG && rest[3..SAMPLE].iter().filter(|b| !b.is_ascii()).count() * 2 > SAMPLE
}

/// The first line with a bidirectional embedding, override or isolate that it does not close: the screen then shows
/// another order than the compiler reads. A closed pair, as in right-to-left text, reorders nothing outside itself.
fn bidi(text: &[u8]) -> Option<Hidden> {
    let mut from = 0;
    // U+202A..202E and U+2066..2069 begin with E2.
    while let Some(at) = memchr::memchr(0xe2, &text[from..]).map(|n| from + n) {
        from = at + 1;
        if !matches!(control(&text[at..]), Some(Control::Open | Control::Override)) {
            continue;
        }
        let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n);
        if is_table(&text[at..end]) {
            from = end;
            continue;
        }
        let (mut open, mut run, mut overrides) = (0i32, 0, false);
        let line = &text[at..end];
        for at in memchr::memchr_iter(0xe2, line) {
            match control(&line[at..]) {
                Some(Control::Open) => open += 1,
                Some(Control::Override) => {
                    open += 1;
                    overrides = true;
                }
                Some(Control::Close) => open -= 1,
                None => continue,
            }
            run += 1;
        }
        if open > 0 || overrides {
            return Some(Hidden { at, run, kind: Trick::Bidi });
        }
        from = end;
    }
    None
}

enum Control {
    Open,
    Override,
    Close,
}

fn control(text: &[u8]) -> Option<Control> {
    match text {
        [0xe2, 0x80, 0xaa | 0xab, ..] | [0xe2, 0x81, 0xa6..=0xa8, ..] => Some(Control::Open),
        [0xe2, 0x80, 0xad | 0xae, ..] => Some(Control::Override),
        [0xe2, 0x80, 0xac, ..] | [0xe2, 0x81, 0xa9, ..] => Some(Control::Close),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Trick> {
        find(text.as_bytes()).into_iter().map(|h| h.kind).collect()
    }

    #[test]
    fn payloads_in_invisible_characters() {
        let hide = |bytes: &[u8]| -> String {
            bytes
                .iter()
                .filter_map(|b| char::from_u32(if *b < 16 { 0xfe00 } else { 0xe0100 - 16 } + u32::from(*b)))
                .collect()
        };
        let text = format!("eval(decode(`{}`))", hide(b"console.log('hello')\x01\x02"));
        let found = find(text.as_bytes());
        assert_eq!((found[0].kind, found[0].run, found[0].at), (Trick::Invisible, 22, 13));
        let tags: String = "ignore all".bytes().filter_map(|b| char::from_u32(0xe0000 + u32::from(b))).collect();
        assert_eq!(kinds(&tags), [Trick::Invisible]);
    }

    #[test]
    fn emoji_flags_and_ideographs_are_plain_text() {
        let scotland = "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}";
        assert!(kinds(scotland).is_empty());
        assert!(kinds(&"\u{2764}\u{fe0f}".repeat(50)).is_empty());
        assert!(kinds("\u{845b}\u{e0100}\u{fb01}\u{ff21}").is_empty());
        assert!(kinds("dashes \u{2014} and \u{201c}quotes\u{201d}").is_empty());
    }

    #[test]
    fn text_that_reads_otherwise_than_it_runs() {
        assert_eq!(kinds("if access != \"user\u{202e} \u{2066}// Check\u{2069} \u{2066}\" {\n"), [Trick::Bidi]);
        assert_eq!(kinds("/* \u{2067} begin admin only */\nnext"), [Trick::Bidi]);
        assert!(kinds("name = \"\u{2067}abc\u{2069}\"\n").is_empty());
    }

    #[test]
    fn cut_characters_do_no_harm() {
        let text = "a\u{e0100}\u{fe0f}\u{202e}\u{2066}b".as_bytes();
        for end in 0..=text.len() {
            find(&text[..end]);
        }
    }
}
