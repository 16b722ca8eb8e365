//! Encodings undone: base64, hex, escapes, concatenated string literals, containers inside base64.
//!
//! Each kind of encoding turns a text into one decoded text: everything of that kind, one after the other. A text
//! without encodings costs one pass over it.

mod base;
mod container;
mod escape;
mod glue;

use std::ops::Range;

use super::decoded_text::{DecodedText, LONGEST};

/// The most bytes that compressed content may become, whatever the size of its file.
const COMPRESSED: usize = 32 << 20;

/// The bytes that may still be decoded for one chunk.
pub(super) struct Budget {
    left: usize,
    ended: bool,
}

impl Budget {
    /// The budget for a chunk of `len` bytes: nested encodings may yield each byte 16 times, and compressed content has
    /// an allowance of its own. No ordinary text comes close.
    pub fn new(len: usize) -> Self {
        Self { left: len.saturating_mul(16).saturating_add(COMPRESSED).min(LONGEST), ended: false }
    }

    /// How many bytes are left.
    fn left(&self) -> usize {
        self.left
    }

    /// Records that something was left unread.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Returns whether there was more to read than it allowed.
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
    /// The name of the encoding.
    pub name: &'static str,
    /// The note on a secret in it, given the encoded bytes.
    pub note: fn(&[u8]) -> &'static str,
    /// Fills an empty decoded text with everything in this encoding.
    pub decode: fn(&[u8], &mut DecodedText, &mut Budget),
    /// Its bit in [`kinds`].
    pub kind: u8,
    /// Given a text and some of its lines: the part to decode for all that reaches into these lines. Empty where nothing
    /// does.
    pub reach: fn(&[u8], &Range<usize>) -> Range<usize>,
}

/// Every kind, in the order in which they are tried.
pub(super) const DECODERS: &[Decoder] = &[
    Decoder { name: "base64 or hex", note: base::note, decode: base::decode, kind: kind::RUN, reach: base::reach },
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

/// The possible encodings of a line, as a set of kinds: see [`Decoder::kind`].
pub(super) mod kind {
    /// base64 or hex, or a container in it.
    pub const RUN: u8 = 1;
    /// Escapes.
    pub const ESCAPE: u8 = 2;
    /// Literals that are put together.
    pub const LITERALS: u8 = 4;
    /// A literal that may continue on the next line.
    pub const OPEN: u8 = 8;
}

/// The possible encodings of a line, as far as that is line-local: an encoding of the lines above may continue on it.
pub(super) fn kinds(line: &[u8]) -> u8 {
    let run = if base::is_plain(line) { 0 } else { kind::RUN };
    let escape = if escape::has_any(line) { kind::ESCAPE } else { 0 };
    run | escape | glue::kinds(line)
}

/// Returns whether a literal on this line of a text is joined to one on the next.
pub(super) fn goes_on(text: &[u8], line: &Range<usize>) -> bool {
    glue::joins(text, line.clone())
}
