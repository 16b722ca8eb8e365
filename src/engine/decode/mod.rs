//! Encodings undone: base64, hex, escapes, concatenated string literals, gzip inside base64.
//!
//! Each kind of encoding turns a text into one view: everything of that kind that stands in it, decoded, one after the
//! other. A text that holds nothing encoded costs one look over it.

mod base;
mod escape;
mod glue;
mod gzip;

use std::ops::Range;

use super::decoded_text::DecodedText;

/// What was compressed may become so large, in bytes, whatever the size of its file.
const COMPRESSED: usize = 32 << 20;

/// How much may still be decoded for one chunk, in bytes.
pub(super) struct Budget {
    left: usize,
    ended: bool,
}

impl Budget {
    /// For a chunk of `len` bytes: as often as encodings in encodings make anything of each byte, and room for what was
    /// compressed. No honest text is near it.
    pub fn new(len: usize) -> Self {
        Budget { left: len.saturating_mul(16).saturating_add(COMPRESSED), ended: false }
    }

    /// How many bytes are left.
    fn left(&self) -> usize {
        self.left
    }

    /// Says that something was left unread.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Whether there was more to read than it allowed.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Takes `len` bytes, if they are left.
    fn take(&mut self, len: usize) -> bool {
        let left = self.left.checked_sub(len);
        self.left = left.unwrap_or(self.left);
        self.ended |= left.is_none();
        left.is_some()
    }
}

/// A kind of encoding.
pub(super) struct Decoder {
    /// What it undoes.
    pub name: &'static str,
    /// What a report says about a secret found in it, given how it stands in the text.
    pub note: fn(&[u8]) -> &'static str,
    /// Fills an empty view with what is encoded so.
    pub decode: fn(&[u8], &mut DecodedText, &mut Budget),
    /// What [`kinds`] calls it.
    pub kind: u8,
    /// Given a text and some of its lines: the part to decode for all that reaches into these lines. Empty where nothing
    /// does.
    pub reach: fn(&[u8], &Range<usize>) -> Range<usize>,
}

/// Every kind, in the order in which they are tried.
pub(super) const DECODERS: &[Decoder] = &[
    Decoder { name: "base64 or hex", note: base::note, decode: base::decode, kind: kind::RUN, reach: base::reach },
    Decoder {
        name: "gzip",
        note: |_| "inside gzip inside base64",
        decode: gzip::decode,
        kind: kind::RUN,
        reach: base::reach,
    },
    Decoder {
        name: "escapes",
        note: |_| "behind escapes",
        decode: escape::decode,
        kind: kind::ESCAPE,
        reach: |_, lines| lines.clone(),
    },
    Decoder {
        name: "string literals",
        note: |_| "split over string literals",
        decode: glue::decode,
        kind: kind::LITERALS,
        reach: glue::reach,
    },
];

/// What may be encoded on a line, as a set of kinds: see [`Decoder::kind`].
pub(super) mod kind {
    /// base64 or hex, or gzip in it.
    pub const RUN: u8 = 1;
    /// Escapes.
    pub const ESCAPE: u8 = 2;
    /// Literals that are put together.
    pub const LITERALS: u8 = 4;
    /// A literal that may go on on the next line.
    pub const OPEN: u8 = 8;
}

/// What may be encoded on a line, whatever stands on the others; but what is encoded above it may go on there.
pub(super) fn kinds(line: &[u8]) -> u8 {
    let run = if base::is_plain(line) { 0 } else { kind::RUN };
    let escape = if escape::has_any(line) { kind::ESCAPE } else { 0 };
    run | escape | glue::kinds(line)
}

/// Whether a literal on this line of a text is joined to one on the next.
pub(super) fn goes_on(text: &[u8], line: &Range<usize>) -> bool {
    glue::joins(text, line.clone())
}
