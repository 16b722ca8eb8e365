//! The entry functions of the fuzz targets: each takes any bytes and must neither panic nor break what it asserts.
//!
//! `tests/integration/fuzz.rs` includes this file and runs every function on its seeds, and on variations of them.

mod differential;
mod git_input;
pub mod targets;

pub use targets::TARGETS;

/// The seeds of a target: one a line of `seeds/NAME.txt`, with `\n`, `\\` and `\xNN` for what is not printed as itself.
/// The mask of text keeps damaged archives out of the repository's own scan.
pub fn seeds(text: &str) -> Vec<Vec<u8>> {
    text.lines().filter(|line| !line.starts_with('#')).map(unescape).collect()
}

fn unescape(line: &str) -> Vec<u8> {
    let (mut out, mut bytes) = (Vec::new(), line.bytes());
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match bytes.next() {
            Some(b'n') => out.push(b'\n'),
            Some(b'x') => {
                let digit = |b: Option<u8>| b.and_then(|b| (b as char).to_digit(16)).expect("two hex digits") as u8;
                let high = digit(bytes.next());
                out.push(high << 4 | digit(bytes.next()));
            }
            other => out.push(other.expect("an escaped byte")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_seed_is_any_bytes() {
        assert_eq!(super::unescape(r"a\n\\\x00\xffb"), b"a\n\\\x00\xffb");
    }
}
