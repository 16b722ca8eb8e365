//! Long runs of base64: pictures, fonts and archives in a text, in which chance writes the forms of tokens.

use std::ops::Range;

/// The least length of a run, beyond the value, that no address and no token has.
const LEAST: usize = 256;

/// Returns whether a value is in the middle of a long run of base64's characters.
pub(super) fn surrounds(text: &[u8], value: &Range<usize>) -> bool {
    let is_of_run = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_');
    let before = text[..value.start].iter().rev().take(LEAST).take_while(is_of_run).count();
    let after = text[value.end..].iter().take(LEAST).take_while(is_of_run).count();
    before > 0 && after > 0 && before + after >= LEAST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stands_alone_and_a_blob_goes_on() {
        let run = "Zm9v/".repeat(60);
        for (before, after, is_inside) in [
            (run.as_str(), run.as_str(), true),
            (&run[..20], run.as_str(), true),
            (&run[..20], &run[..20], false),
            ("https://host.example/a/path?token=", "&next=/a", false),
            // At its edges nothing says that it is a part of the run.
            ("key=", run.as_str(), false),
            (run.as_str(), "\n", false),
        ] {
            let text = format!("{before}{}{after}", "k".repeat(30));
            let value = before.len()..before.len() + 30;
            assert_eq!(surrounds(text.as_bytes(), &value), is_inside, "{} and {}", before.len(), after.len());
        }
    }
}
