//! The built-in rules as one run of bytes, so that the binary holds no pointer that has to be relocated at every start,
//! and a run unpacks only the rules that it meets.

/// Writes values one after the other.
#[derive(Default)]
pub struct Writer {
    /// The bytes so far.
    pub bytes: Vec<u8>,
}

impl Writer {
    /// Appends a number.
    pub fn number(&mut self, number: u64) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    /// Appends a text.
    #[expect(clippy::expect_used, reason = "the build stops if a rule has 4 GiB of text")]
    pub fn text(&mut self, text: &str) {
        self.bytes.extend_from_slice(&u32::try_from(text.len()).expect("a rule's texts are short").to_le_bytes());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Appends a text that may be absent.
    pub fn optional_text(&mut self, text: Option<&str>) {
        self.number(u64::from(text.is_some()));
        self.text(text.unwrap_or_default());
    }

    /// Appends a list of texts.
    pub fn texts(&mut self, texts: &[String]) {
        self.number(texts.len() as u64);
        for text in texts {
            self.text(text);
        }
    }
}

/// Reads values back, in the same order.
pub struct PackedReader {
    rest: &'static [u8],
}

const COMPLETE: &str = "the build script wrote this reader's format";

impl PackedReader {
    /// A reader of bytes that a [`Writer`] wrote at build time.
    pub fn new(bytes: &'static [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Reads a number.
    #[expect(clippy::expect_used, reason = "bytes of the binary, which the build script wrote")]
    pub fn number(&mut self) -> u64 {
        let (number, rest) = self.rest.split_first_chunk().expect(COMPLETE);
        self.rest = rest;
        u64::from_le_bytes(*number)
    }

    /// Reads a text.
    #[expect(clippy::expect_used, reason = "bytes of the binary, which the build script wrote")]
    pub fn text(&mut self) -> &'static str {
        let (len, rest) = self.rest.split_first_chunk().expect(COMPLETE);
        let (text, rest) = rest.split_at(u32::from_le_bytes(*len) as usize);
        self.rest = rest;
        std::str::from_utf8(text).expect(COMPLETE)
    }

    /// Reads a text that may be absent.
    pub fn optional_text(&mut self) -> Option<&'static str> {
        let is_present = self.number() == 1;
        let text = self.text();
        is_present.then_some(text)
    }

    /// Reads a list of texts, which lives until the process ends.
    pub fn texts(&mut self) -> &'static [&'static str] {
        let count = self.number() as usize;
        if count == 0 {
            return &[];
        }
        (0..count).map(|_| self.text()).collect::<Vec<_>>().leak()
    }
}
