//! The prefilter against its slow, obvious twin.

use aho_corasick::AhoCorasick;
use proptest::prelude::*;

use super::*;

fn prefilter(keywords: &[&str]) -> Prefilter {
    Prefilter::new(keywords.iter().map(|&k| (k, &[][..]))).0
}

fn twin(keywords: &[String], text: &[u8], from: usize) -> Vec<Hit> {
    let automaton = AhoCorasick::builder().ascii_case_insensitive(true).build(keywords).unwrap();
    let found = automaton.find_overlapping_iter(text).filter(|m| m.start() >= from);
    let mut hits: Vec<Hit> = found.map(|m| Hit { at: m.start(), keyword: m.pattern().as_u32() }).collect();
    hits.sort_unstable();
    hits
}

fn all(prefilter: &Prefilter) -> Vec<String> {
    (0..prefilter.keyword_ends.len()).map(|i| prefilter.keyword(i as u32).to_owned()).collect()
}

#[test]
fn keywords_are_found_at_every_position_and_parity() {
    let (prefilter, _) = Prefilter::builtin();
    let mut out = Vec::new();
    for (number, keyword) in all(&prefilter).iter().enumerate() {
        for before in [0, 1, 14, 15, 16, 17] {
            for after in [0, 1, 19] {
                let text = format!("{}{}{}", "~".repeat(before), keyword.to_ascii_uppercase(), "~".repeat(after));
                prefilter.hits(text.as_bytes(), 0, &mut out);
                assert!(out.contains(&Hit { at: before, keyword: number as u32 }), "{keyword} {before} {after}");
            }
        }
    }
}

#[test]
fn the_built_in_tables_are_what_the_rules_say() {
    let (prefilter, wakes) = Prefilter::builtin();
    let rules = crate::rule::RuleSet::builtin();
    let keywords = all(&prefilter);
    for (number, rule) in rules.rules().iter().enumerate() {
        for keyword in rule.keywords {
            let keyword = keywords.iter().position(|k| *k == keyword.to_ascii_lowercase()).unwrap();
            assert!(wakes.rules(keyword as u32).contains(&(number as u16)), "{}", rule.id);
        }
    }
    let names: Vec<&str> = keywords.iter().map(String::as_str).collect();
    let built = keywords::build(&names);
    let tags: Vec<[u8; 2]> = built.tags.into_iter().map(u16::to_le_bytes).collect();
    let entries: Vec<u32> = built.entries.into_iter().map(|entry| entry.0).collect();
    assert_eq!(
        (&tags[..], &built.neighbours[..], &built.used[..]),
        (&prefilter.tags[..], &prefilter.neighbours[..], &prefilter.used[..])
    );
    assert_eq!(
        (&built.ranks[..], &built.ends[..], &entries[..]),
        (&prefilter.ranks[..], prefilter.ends, prefilter.entries)
    );
    let heads: Vec<(u64, u64)> = names.iter().map(|name| head(name.as_bytes())).collect();
    assert_eq!(heads, prefilter.heads);
}

#[test]
fn a_slot_has_the_tags_that_were_put_into_it() {
    for one in (1..=127).filter(|one| *one != 5) {
        for other in [1, 2, 63, 64, 100, 127] {
            assert_eq!(has(one, other) != 0, one == other);
            assert_eq!(has(one << 8 | 5, other) != 0, one == other);
            assert!(has(other << 8 | one, one) != 0);
        }
        assert!(has(0x8080, one) != 0 && has(0, one) == 0);
    }
}

/// A text of so many keywords that positions which passed are compared several times on the way.
#[test]
fn a_text_full_of_keywords_is_read_to_its_end() {
    let (prefilter, _) = Prefilter::builtin();
    let text = "token key auth ".repeat(200).into_bytes();
    let mut out = Vec::new();
    prefilter.hits(&text, 0, &mut out);
    assert_eq!(out, twin(&all(&prefilter), &text, 0));
}

/// Texts made of keywords, halves of keywords and noise, so that hits and near misses are many.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    let (prefilter, _) = Prefilter::builtin();
    let keywords = all(&prefilter);
    let word = prop::sample::select(keywords).prop_flat_map(|k| {
        let len = k.len();
        (Just(k), 0..len, 1..=len, any::<bool>()).prop_map(|(k, from, to, upper)| {
            let part = k.get(from.min(to - 1)..to).unwrap_or(&k).to_owned();
            if upper { part.to_ascii_uppercase().into_bytes() } else { part.into_bytes() }
        })
    });
    let whole = prop::sample::select(all(&prefilter)).prop_map(String::into_bytes);
    let noise = prop::collection::vec(any::<u8>(), 0..12);
    prop::collection::vec(prop_oneof![word, whole, noise], 0..60).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_built_in_prefilter_equals_its_twin(text in texts(), from in 0..80_usize) {
        let (prefilter, _) = Prefilter::builtin();
        let from = from.min(text.len());
        let mut out = Vec::new();
        prefilter.hits(&text, from, &mut out);
        prop_assert_eq!(out, twin(&all(&prefilter), &text, from));
    }

    #[test]
    fn any_prefilter_equals_its_twin(
        keywords in prop::collection::btree_set("[a-c_.:-]{3,6}", 1..30),
        text in "[a-dA-C_.:\u{e9}-]{0,300}",
    ) {
        let keywords: Vec<String> = keywords.into_iter().collect();
        let names: Vec<&str> = keywords.iter().map(String::as_str).collect();
        let mut out = Vec::new();
        prefilter(&names).hits(text.as_bytes(), 0, &mut out);
        prop_assert_eq!(out, twin(&keywords, text.as_bytes(), 0));
    }

    #[test]
    fn blocks_join_without_a_seam(before in 4000..4300_usize, keyword in 0..1000_usize) {
        let (prefilter, _) = Prefilter::builtin();
        let keyword = all(&prefilter)[keyword].clone();
        let text = format!("{}{keyword}{}", " ".repeat(before), " ".repeat(4096));
        let mut out = Vec::new();
        prefilter.hits(text.as_bytes(), 0, &mut out);
        prop_assert_eq!(out, twin(&all(&prefilter), text.as_bytes(), 0));
    }
}

#[test]
fn part_by_part_the_same_hits_are_found() {
    let keywords = ["aaa", "aab", "key_", "a-rather-long-keyword-that-crosses-ends"];
    let prefilter = prefilter(&keywords);
    for seed in 0..12 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut text = vec![b'a'; 2 * PART + random.usize(0..70)];
        for _ in 0..400 {
            let word = random.choice(keywords).unwrap().as_bytes();
            let anywhere = random.usize(0..text.len());
            let near = random.choice([0, PART, 2 * PART, anywhere]).unwrap();
            let at = (near + random.usize(0..80)).saturating_sub(40).min(text.len() - word.len());
            text[at..at + word.len()].copy_from_slice(word);
        }
        let (mut whole, mut some, mut all) = (Vec::new(), Vec::new(), Vec::new());
        prefilter.hits(&text, 0, &mut whole);
        for part in prefilter.parts(text.len()) {
            prefilter.hits_in(&text, &part, &mut some);
            all.extend_from_slice(&some);
        }
        assert_eq!(all, whole, "{seed}");
    }
    for len in [0, 1, PART, PART + 1] {
        assert_eq!(prefilter.parts(len).filter(|part| part.is_last).count(), 1, "{len}");
    }
}
