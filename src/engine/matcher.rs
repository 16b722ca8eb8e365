//! Runs a rule's regex on the windows around its keywords, with the result of a run on the full text.

use std::ops::Range;

use super::compiled_rule::CompiledRegex;
use super::negative_cache::{Lookup, NegativeCache, WindowKey};

/// One match of a rule's regex, in bytes of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RegexMatch {
    /// The full match.
    pub full_match: Range<usize>,
    /// The group `secret`.
    pub secret: Range<usize>,
}

/// The longest character: the part before a search that look-behind sees.
const BEHIND: usize = 4;
/// Room for look-ahead at a window's end: a match that ends before it saw the text that really follows.
const SLACK: usize = 8;

/// The progress of one rule in a text whose keywords come part by part.
#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    /// The position to go on from.
    at: usize,
    /// The last window, which keywords to come may widen.
    open: Option<Range<usize>>,
    /// No more keywords come.
    pub is_last: bool,
}

/// The text and the rule of a search.
pub(super) struct Task<'t, 'm> {
    pub text: &'t [u8],
    /// The rule's number, under which the cache stores windows without a match.
    pub rule: usize,
    /// The bytes on each side of a keyword that belong to its window.
    pub window: usize,
    pub cache: Option<&'m mut NegativeCache>,
}

/// Finds every match of a regex in the windows of the keywords at `hits` (sorted), and returns the number of regex runs.
///
/// After a match the search goes on behind its secret, or at the secret when `verify` rejects the match: the value may
/// be the name of the real one (`key = api_key = "..."`).
///
/// `regex_for` returns the regex, or nothing for a range without a possible match.
pub(super) fn search<'r>(
    search: &mut Search,
    mut task: Task<'_, '_>,
    regex_for: impl Fn(Range<usize>) -> Option<&'r CompiledRegex>,
    hits: impl Iterator<Item = Range<usize>>,
    mut verify: impl FnMut(RegexMatch) -> bool,
) -> usize {
    let mut groups = None;
    let (text, mut at, mut runs) = (task.text, search.at, 0);
    let mut windows = merged(search.open.take(), hits, task.window, text.len()).peekable();
    while let Some(window) = windows.next() {
        if !search.is_last && windows.peek().is_none() {
            search.open = Some(window);
            break;
        }
        at = at.max(window.start);
        let mut end = window.end;
        if at > end {
            continue;
        }
        let mut key = match task.look_up(at, end) {
            Some(Lookup::KnownEmpty) => continue,
            Some(Lookup::Unknown(key)) => Some(key),
            Some(Lookup::TooLong) | None => None,
        };
        let Some(compiled) = regex_for(at..end) else {
            task.store_empty(key);
            continue;
        };
        let groups = groups.get_or_insert_with(|| compiled.regex.locations());
        while at <= end {
            // The text before `at` is visible, so look-behind is exact. The text behind `end` is not, so a match that
            // ends there is tried again with a longer window.
            runs += 1;
            let Some((start, stop)) = compiled.regex.captures_at(groups, &text[..end], at) else {
                task.store_empty(key);
                break;
            };
            key = None;
            if stop == end && end < text.len() {
                end = end.saturating_add((end - window.start).max(1024) * 2).min(text.len());
                continue;
            }
            let (from, to) = groups.get(compiled.secret).unwrap_or((start, stop));
            let is_verified = verify(RegexMatch { full_match: start..stop, secret: from..to });
            let next = if is_verified { to } else { from };
            at = if next > start { next } else { to.max(start + 1) };
        }
    }
    search.at = at;
    runs
}

impl Task<'_, '_> {
    /// Looks up the window from `at` to `end`, with the bytes before it that look-behind sees.
    fn look_up(&self, at: usize, end: usize) -> Option<Lookup> {
        let start = at.saturating_sub(BEHIND);
        self.cache.as_ref().map(|cache| cache.window(self.rule, at - start, &self.text[start..end]))
    }

    fn store_empty(&mut self, key: Option<WindowKey>) {
        if let (Some(cache), Some(key)) = (&mut self.cache, key) {
            cache.store_empty(key);
        }
    }
}

/// `first` and the windows of `hits`, overlapping ones joined.
fn merged(
    first: Option<Range<usize>>,
    hits: impl Iterator<Item = Range<usize>>,
    window: usize,
    len: usize,
) -> impl Iterator<Item = Range<usize>> {
    let mut windows = first.into_iter().chain(hits.map(move |hit| {
        hit.start.saturating_sub(window)..hit.end.saturating_add(window).saturating_add(SLACK).min(len)
    }));
    let mut open: Option<Range<usize>> = windows.next();
    std::iter::from_fn(move || {
        let mut current = open.take()?;
        for next in windows.by_ref() {
            if next.start > current.end {
                open = Some(next);
                break;
            }
            current.end = current.end.max(next.end);
        }
        Some(current)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::regex::compile::Lazy;

    fn compiled(regex: &'static str) -> CompiledRegex {
        let regex = Lazy::new(regex).unwrap();
        CompiledRegex { secret: regex.group("secret").unwrap(), regex }
    }

    fn search(
        compiled: &CompiledRegex,
        text: &[u8],
        window: usize,
        hits: impl Iterator<Item = Range<usize>>,
        verify: impl FnMut(RegexMatch) -> bool,
    ) {
        let mut all = Search { is_last: true, ..Search::default() };
        super::search(&mut all, task(text, window), |_| Some(compiled), hits, verify);
    }

    fn task(text: &[u8], window: usize) -> Task<'_, 'static> {
        Task { text, rule: 0, window, cache: None }
    }

    fn secrets(regex: &'static str, text: &str, keyword: &str, window: usize) -> Vec<String> {
        let mut out = Vec::new();
        let hits = text.match_indices(keyword).map(|(at, k)| at..at + k.len());
        search(&compiled(regex), text.as_bytes(), window, hits, |found| {
            out.push(text[found.secret].to_owned());
            true
        });
        out
    }

    #[test]
    fn a_window_that_ends_inside_a_token_is_widened() {
        let text = format!("x key_{} y", "a".repeat(5000));
        assert_eq!(secrets(r"(?<secret>key_a+)\b", &text, "key_", 64), ["key_".to_owned() + &"a".repeat(5000)]);
        // With an upper bound the token is too long, which a cut window must not hide.
        assert!(secrets(r"\b(?<secret>key_a{90})\b", &text, "key_", 90).is_empty());
    }

    #[test]
    fn look_behind_sees_what_stands_before_the_window() {
        assert!(secrets(r"\b(?<secret>key_a{4})", &("x".repeat(50) + "key_aaaa"), "key_", 4).is_empty());
        assert_eq!(secrets(r"\b(?<secret>key_a{4})", &("-".repeat(50) + "key_aaaa"), "key_", 4).len(), 1);
    }

    #[test]
    fn neighbours_that_share_a_delimiter_are_both_found() {
        let found = secrets(r"['](?<secret>k_[a-z]{3})[']", "'k_abc'k_def'", "k_", 16);
        assert_eq!(found, ["k_abc", "k_def"]);
    }

    #[test]
    fn a_rejected_match_does_not_hide_the_next() {
        let mut out = Vec::new();
        let text = b"key = api_key = s3cr3tvalue";
        let compiled = compiled(r"key = (?<secret>\w+)");
        search(&compiled, text, 64, [0..3, 10..13].into_iter(), |found| {
            out.push(found.secret.clone());
            text[found.secret].starts_with(b"s3")
        });
        assert_eq!(out, [6..13, 16..27]);
    }

    #[test]
    fn windows_are_joined_once() {
        let hits = [10..13, 20..23, 500..503].into_iter();
        assert_eq!(merged(None, hits, 10, 1000).collect::<Vec<_>>(), [0..41, 490..521]);
    }

    #[test]
    fn part_by_part_the_same_is_found() {
        let compiled = compiled(r"key_(?<secret>[a-z]+)");
        let text = b"key_abc key_def ............................................. key_ghi key_jklkey_mno";
        let hits: Vec<Range<usize>> = memchr::memmem::find_iter(text, b"key_").map(|at| at..at + 4).collect();
        let mut at_once = Vec::new();
        search(&compiled, text, 8, hits.iter().cloned(), |found| {
            at_once.push(found.secret);
            true
        });
        for cut in 0..=hits.len() {
            let (mut parts, mut state) = (Vec::new(), Search::default());
            for (some, is_last) in [(&hits[..cut], false), (&hits[cut..], true)] {
                state.is_last = is_last;
                let verify = |found: RegexMatch| {
                    parts.push(found.secret);
                    true
                };
                super::search(&mut state, task(text, 8), |_| Some(&compiled), some.iter().cloned(), verify);
            }
            assert_eq!(parts, at_once, "{cut}");
        }
    }
}
