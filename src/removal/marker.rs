//! The values that are removed from texts, and the marker that takes their place.

use bstr::ByteSlice;
use zeroize::Zeroizing;

use crate::engine::REMOVED;
use crate::finding::Finding;

/// The text that takes the place of a secret, which no rule takes for one.
pub const MARKER: &str = match std::str::from_utf8(REMOVED) {
    Ok(text) => text,
    Err(_) => "",
};

/// A shorter value is replaced where no letter or digit touches it: it may be a part of other words.
const DISTINCTIVE: usize = 16;

/// A shorter run of encoded text may be an ordinary word.
const SHORTEST_RUN: usize = 8;

/// The values that a repair removes. They are overwritten in memory at the end.
#[derive(Default)]
pub struct Removals {
    values: Vec<Value>,
}

struct Value {
    bytes: Zeroizing<Vec<u8>>,
    marker: Vec<u8>,
}

impl Removals {
    /// Adds the secret of a finding in `text`, in the form in which the text holds it. Returns whether it is there.
    pub fn add(&mut self, finding: &Finding, text: &[u8]) -> bool {
        let secret = finding.secret.expose();
        let forms = forms(secret);
        if !secret.is_empty() && forms.iter().any(|form| text.find(&*form.bytes).is_some()) {
            forms.into_iter().for_each(|form| self.insert(form));
            return true;
        }
        let Some(run) = encoded(finding, text) else { return false };
        self.insert(Value { bytes: Zeroizing::new(run.to_owned()), marker: MARKER.into() });
        true
    }

    fn insert(&mut self, value: Value) {
        if self.values.iter().all(|known| known.bytes != value.bytes) {
            self.values.push(value);
            // A value that contains another is replaced before it.
            self.values.sort_by_key(|value| std::cmp::Reverse(value.bytes.len()));
        }
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The text with every value replaced; none if it holds no value.
    pub fn replaced(&self, text: &[u8]) -> Option<Vec<u8>> {
        let mut now: Option<Vec<u8>> = None;
        for value in &self.values {
            let next = value.replaced(now.as_deref().unwrap_or(text));
            now = next.or(now);
        }
        now
    }
}

impl Value {
    fn replaced(&self, text: &[u8]) -> Option<Vec<u8>> {
        let (value, mut out, mut from) = (self.bytes.as_slice(), Vec::new(), 0);
        let touches = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        for at in text.find_iter(value) {
            let end = at + value.len();
            let is_part = touches(at.checked_sub(1).and_then(|before| text.get(before))) || touches(text.get(end));
            if at < from || (value.len() < DISTINCTIVE && is_part) {
                continue;
            }
            out.extend_from_slice(&text[from..at]);
            out.extend_from_slice(&self.marker);
            from = end;
        }
        (from > 0).then(|| {
            out.extend_from_slice(&text[from..]);
            out
        })
    }
}

/// A value in the encodings in which a text holds it as it is.
fn forms(secret: &[u8]) -> Vec<Value> {
    let form = |bytes: Vec<u8>, marker: Vec<u8>| Value { bytes: Zeroizing::new(bytes), marker };
    let mut forms = vec![form(secret.to_owned(), MARKER.into())];
    if let Ok(text) = std::str::from_utf8(secret) {
        let wide = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        forms.push(form(wide(text, u16::to_le_bytes), wide(MARKER, u16::to_le_bytes)));
        forms.push(form(wide(text, u16::to_be_bytes), wide(MARKER, u16::to_be_bytes)));
    }
    forms
}

/// The encoded text at a finding whose value the text does not hold as it is: its lines if there are several, or the
/// run of characters of base64, hex and escapes.
fn encoded<'t>(finding: &Finding, text: &'t [u8]) -> Option<&'t [u8]> {
    let place = &finding.location;
    let mut lines = text.lines_with_terminator();
    let line = lines.nth(place.line.checked_sub(1)?)?;
    let column = line.char_indices().nth(place.column.checked_sub(1)?).map(|(at, ..)| at)?;
    let start = line.as_ptr() as usize - text.as_ptr() as usize;
    if place.end_line > place.line {
        let last = lines.nth(place.end_line - place.line - 1)?.trim_end();
        let end = last.as_ptr() as usize + last.len() - text.as_ptr() as usize;
        return text.get(start + column..end);
    }
    let is_run = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/_-%\\".contains(byte);
    let from = line[..column].iter().rposition(|byte| !is_run(byte)).map_or(0, |at| at + 1);
    let rest = &line[column..];
    let length = rest.iter().position(|byte| !is_run(byte) && *byte != b'=').unwrap_or(rest.len());
    Some(&line[from..column + length]).filter(|run| run.len() >= SHORTEST_RUN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn removals(values: &[&str]) -> Removals {
        let mut removals = Removals::default();
        values.iter().flat_map(|value| forms(value.as_bytes())).for_each(|form| removals.insert(form));
        removals
    }

    #[test]
    fn every_occurrence_is_replaced() {
        let removals = removals(&["a long enough value", "short", "a long enough value and more"]);
        let replaced = |text: &str| removals.replaced(text.as_bytes()).map(|text| String::from_utf8(text).unwrap());
        let expected = format!("x={MARKER}, y={MARKER}; {MARKER}");
        assert_eq!(
            replaced("x=a long enough value, y=a long enough value; a long enough value and more"),
            Some(expected)
        );
        assert_eq!(replaced("xa long enough valuex"), Some(format!("x{MARKER}x")));
        assert_eq!(replaced("shorten, ashort"), None);
        assert_eq!(replaced("shorten, 'short'"), Some(format!("shorten, '{MARKER}'")));
    }

    #[test]
    fn wide_text_gets_a_wide_marker() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let removals = removals(&["a long enough value"]);
        assert_eq!(removals.replaced(&wide("é = a long enough value")), Some(wide(&format!("é = {MARKER}"))));
    }
}
