//! Patterns with one `*`, for the few hundred names that are compared without a glob library.

/// Returns whether `text` matches `pattern`, where `*` matches any run of characters other than `/`.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == text };
    text.len() >= head.len() + tail.len()
        && text.starts_with(head)
        && text.ends_with(tail)
        && !text[head.len()..text.len() - tail.len()].contains('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_star_within_one_part_of_a_path() {
        for (pattern, text, expected) in [
            ("a.js", "a.js", true),
            ("a.js", "b.js", false),
            ("a*.js", "a.js", true),
            ("a*.js", "abc.js", true),
            ("a*a", "a", false),
            ("*", "", true),
            ("x/*.yml", "x/y.yml", true),
            ("x/*.yml", "x/y/z.yml", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }
}
