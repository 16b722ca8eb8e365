//! The cost of a regex on a text that is made against it.
//!
//! A single search is linear. But the search goes on after each match, and a regex that spans far more than its secret
//! reads the same text again for every match.

use fastrand::Rng;

use super::compile::compile;
use super::sample;
use crate::data::regex::analysis::SECRET;

/// The length of the text that a regex is tried on, in bytes.
const TEXT: usize = 4 << 10;
/// The most reads of each of its bytes. The built-in rules need less than half.
const MOST: usize = 50;

/// The complaint about a `regex` that is too slow. None for one that does not compile, which the reader reports.
pub fn excessive(regex: &str) -> Option<String> {
    let times = repeated(regex)?;
    (times > MOST).then(|| {
        format!(
            "the regex is slow: on a text of its own matches it reads every byte more than {MOST} times; bound its \
             repetitions, and let it end soon after its secret"
        )
    })
}

/// The most reads of each byte in a text of the regex's own matches.
fn repeated(regex: &str) -> Option<usize> {
    let compiled = compile(regex).ok()?;
    let secret = compiled.capture_names().position(|name| name == Some(SECRET))?;
    let mut rng = Rng::with_seed(7);
    let mut most = 0;
    for separator in [&b"\n"[..], b""] {
        let mut text = Vec::with_capacity(TEXT * 2);
        while text.len() < TEXT {
            text.extend(sample::matching(regex, &mut rng).ok()?);
            text.extend(separator);
        }
        let mut groups = compiled.capture_locations();
        let (mut at, mut read) = (0, 0);
        while at <= text.len() && read <= text.len() * (MOST + 1) {
            if compiled.captures_read_at(&mut groups, &text, at).is_none() {
                read += text.len() - at;
                break;
            }
            let (start, stop) = groups.get(0)?;
            let (from, to) = groups.get(secret).unwrap_or((start, stop));
            read += stop - at;
            at = if from > start { from } else { to.max(start + 1) };
        }
        most = most.max(read.div_ceil(text.len().max(1)));
    }
    Some(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Rule, RuleSet};

    #[test]
    fn slow_shapes_are_told() {
        for slow in [r"(?<secret>corp_[0-9]{4})[\s\S]*END", r"(?s)(?<secret>corp_[0-9]{4}).*?(?:END)?\z"] {
            assert!(excessive(slow).is_some(), "{slow}");
        }
        for fine in [r"\b(?<secret>corp_[0-9]{4})\b", r"corp[^\n]{0,400}=(?<secret>[0-9a-f]{32})"] {
            assert_eq!(excessive(fine), None, "{fine}");
        }
    }

    #[test]
    fn no_built_in_rule_comes_near_the_limit() {
        // A short window reads little.
        let long = |r: &&&Rule| !r.regex.is_empty() && r.detector.is_none() && r.window >= 1024;
        let set = RuleSet::builtin();
        assert!(set.rules().iter().filter(long).count() > 20);
        for rule in set.rules().iter().filter(long) {
            let times = repeated(rule.regex).unwrap_or_else(|| panic!("{}", rule.id));
            assert!(times <= MOST / 2, "{}: {times}", rule.id);
        }
    }
}
