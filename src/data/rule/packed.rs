//! The built-in rules as one run of bytes, so that the binary holds no pointer that has to be relocated at every start,
//! and a run reads only the rules that it meets.

/// Writes values one after the other.
#[derive(Default)]
pub struct Writer {
    /// What was written.
    pub bytes: Vec<u8>,
}

impl Writer {
    /// A number.
    pub fn number(&mut self, number: u64) -> &mut Self {
        self.bytes.extend_from_slice(&number.to_le_bytes());
        self
    }

    /// A text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes.extend_from_slice(&u32::try_from(text.len()).expect("a rule's texts are short").to_le_bytes());
        self.bytes.extend_from_slice(text.as_bytes());
        self
    }

    /// A text that may not be there.
    pub fn maybe(&mut self, text: Option<&str>) -> &mut Self {
        self.number(u64::from(text.is_some())).text(text.unwrap_or_default())
    }

    /// Several texts.
    pub fn texts(&mut self, texts: &[String]) -> &mut Self {
        self.number(texts.len() as u64);
        for text in texts {
            self.text(text);
        }
        self
    }
}

/// Reads them back, in the same order.
pub struct Reader {
    rest: &'static [u8],
}

impl Reader {
    /// Begins at the start of `bytes`, which a [`Writer`] wrote at build time.
    pub fn new(bytes: &'static [u8]) -> Self {
        Reader { rest: bytes }
    }

    /// A number.
    pub fn number(&mut self) -> u64 {
        let (number, rest) = self.rest.split_first_chunk().expect("what the build script wrote is whole");
        self.rest = rest;
        u64::from_le_bytes(*number)
    }

    /// A text.
    pub fn text(&mut self) -> &'static str {
        let (len, rest) = self.rest.split_first_chunk().expect("what the build script wrote is whole");
        let (text, rest) = rest.split_at(u32::from_le_bytes(*len) as usize);
        self.rest = rest;
        std::str::from_utf8(text).expect("the build script wrote text")
    }

    /// A text that may not be there.
    pub fn maybe(&mut self) -> Option<&'static str> {
        let there = self.number() == 1;
        let text = self.text();
        there.then_some(text)
    }

    /// Several texts; the list lives until the process ends.
    pub fn texts(&mut self) -> &'static [&'static str] {
        let count = self.number() as usize;
        if count == 0 {
            return &[];
        }
        (0..count).map(|_| self.text()).collect::<Vec<_>>().leak()
    }

    /// One of `steps`, by its number.
    pub fn step<T: Copy>(&mut self, steps: &[(&str, T)]) -> T {
        steps[self.number() as usize].1
    }
}
