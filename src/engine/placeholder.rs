//! Values that stand for a credential instead of being one.

/// Whether `value` was never meant to be a credential: runs, counting sequences, template marks, `example` and the like
/// as a large part of it.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    is_template(value) || is_monotonous(value) || is_announced(value)
}

/// `${X}`, `{{ x }}`, `<x>`, `%(x)s`.
fn is_template(value: &[u8]) -> bool {
    let has = |needle: &[u8]| memchr::memmem::find(value, needle).is_some();
    has(b"${") || has(b"{{") || has(b"%(") || (value.first() == Some(&b'<') && value.last() == Some(&b'>'))
}

/// Half of it or more is one byte repeated, or counting up or down.
fn is_monotonous(value: &[u8]) -> bool {
    let (mut covered, mut run, mut step) = (0, 1, 0);
    for pair in value.windows(2) {
        let next = i16::from(pair[1]) - i16::from(pair[0]);
        if next == step && step.abs() <= 1 {
            run += 1;
        } else {
            if run >= 4 {
                covered += run;
            }
            (run, step) = (if next.abs() <= 1 { 2 } else { 1 }, next);
        }
    }
    if run >= 4 {
        covered += run;
    }
    covered * 2 >= value.len() && value.len() >= 4
}

/// Words that announce a sample. They must stand apart from letters, and cover a share of the value.
const ANNOUNCED: &[&[u8]] =
    &[b"example", b"placeholder", b"changeme", b"redacted", b"dummy", b"sample", b"your", b"fake", b"xxxx", b"insert"];

fn is_announced(value: &[u8]) -> bool {
    let lower = value.to_ascii_lowercase();
    ANNOUNCED.iter().any(|word| {
        word.len() * 6 >= value.len()
            && memchr::memmem::find_iter(&lower, word).any(|at| {
                let before = at == 0 || !lower[at - 1].is_ascii_alphabetic();
                let after = lower.get(at + word.len()).is_none_or(|b| !b.is_ascii_alphabetic());
                before && after
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_told_from_values() {
        for value in ["xxxxxxxxxxxxxxxx", "${TOKEN}", "<your-token>", "0123456789abcdef", "key_EXAMPLE_1", "AAAAAAAA"] {
            assert!(is_placeholder(value.as_bytes()), "{value}");
        }
        for value in ["k9Zq27LmPw", "the-exampled-9fK2mQ", "hunter2!"] {
            assert!(!is_placeholder(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn a_word_inside_a_long_value_does_not_hide_it() {
        let value = format!("{}-example-{}", "k9Zq27LmPwR4".repeat(3), "b7Xc1VnT".repeat(2));
        assert!(!is_placeholder(value.as_bytes()));
    }
}
