//! Every filter in front of a regex against the regex itself: no match is ruled out.

use proptest::prelude::*;

use super::compile;
use crate::data::regex::sequence_filter::SequenceFilter;
use crate::data::regex::{Filter, Filters};
use crate::rule::{Rule, RuleSet, generate::Generator};

/// Each filter under its name.
fn each(filters: Filters) -> [(&'static str, Box<dyn Filter>); 2] {
    [("secret", Box::new(*filters.secret)), ("sequence", Box::new(filters.sequence))]
}

/// The name of a filter that rules out the match of `regex` in `text[..end]` from `start` on.
fn wrong(
    filters: Filters,
    regex: &regex::bytes::Regex,
    text: &[u8],
    (start, end): (usize, usize),
) -> Option<&'static str> {
    regex.find_at(&text[..end], start)?;
    each(filters).into_iter().find(|(_, filter)| !filter.may_match(text, start..end)).map(|(name, _)| name)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_match_of_any_rule_is_ruled_out(
        seed in 0..u64::MAX, before in ".{0,12}", after in ".{0,12}", cut in 0..400_usize,
    ) {
        let set = RuleSet::builtin();
        let rules: Vec<&'static Rule> = set.rules().iter().copied().filter(|r| r.detector.is_none()).collect();
        let mut samples = Generator::with_seed(&set, seed);
        for turn in 0..8 {
            let rule = rules[(seed as usize).wrapping_add(turn * 137) % rules.len()];
            let regex = compile::compile(rule.regex).unwrap();
            for template in rule.matches {
                let text = format!("{before}{}{after}", samples.expand(rule, template).unwrap().text).into_bytes();
                for end in [text.len(), text.len() - cut.min(text.len())] {
                    let wrong = wrong(rule.filters, &regex, &text, (0, end));
                    prop_assert_eq!(wrong, None, "{}: {}", rule.id, template);
                }
            }
        }
    }

    /// A small alphabet, in which nearly everything happens.
    #[test]
    fn no_match_of_any_regex_is_ruled_out(
        open in "(\\\\b|[ab=]|[ab]?|=\\{1,2\\}|\\(\\?:a\\|=\\)\\?|\\(\\?m:\\^\\)|\\(\\?:a\\|\\(\\?m:\\^\\)\\)\\+|\\[ab\\]\\*){0,3}",
        secret in "(\\\\b|a|b|\\[ab\\]|\\[a=\\]\\{2\\}|\\(\\?:ab\\|b\\)|b\\?|a\\{2,3\\}|\\(\\?:ab\\|=b\\?\\)\\{1,2\\}|\\(\\?:=\\|ab\\)\\?){1,4}",
        close in "(\\\\b|[ab=]|\\(\\?:\\[\\^a\\]\\|\\\\z\\)|b\\?|\\$|\\(\\?:ab\\|=\\)\\*){0,2}",
        text in "[ab=\n]{0,14}",
        start in 0..4_usize,
    ) {
        let regex = format!("{open}(?<secret>{secret}){close}");
        if let Ok(compiled) = compile::compile(&regex) {
            let filters = Filters::leaked(&regex);
            // An empty secret is nothing that a rule may have.
            if filters.secret.least > 0 {
                let range = (start.min(text.len()), text.len());
                prop_assert_eq!(wrong(filters, &compiled, text.as_bytes(), range), None, "{}", regex);
            }
        }
    }

    /// Regexes without a secret are followed by the sequence alone.
    #[test]
    fn no_match_of_a_bare_regex_is_ruled_out(
        parts in prop::collection::vec(
            "\\\\b|a|b|\\[ab\\]|\\[a=\\]\\{2\\}|\\(\\?:ab\\|b\\)|b\\?|a\\{2,3\\}|\\(\\?:ab\\|=b\\?\\)\\{1,2\\}|\\[ab\\]\\*|\\(\\?:=\\|ab\\)\\?",
            1..6,
        ),
        text in "[ab=]{0,14}",
        start in 0..4_usize,
    ) {
        let regex = parts.concat();
        if let Ok(compiled) = compile::compile(&regex) {
            let start = start.min(text.len());
            let is_match = compiled.find_at(text.as_bytes(), start).is_some();
            let sequence = SequenceFilter::leaked(&regex);
            prop_assert!(!is_match || sequence.may_match(text.as_bytes(), start..text.len()), "{}", regex);
        }
    }
}
