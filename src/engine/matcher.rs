//! Runs a rule's regex on the windows around its keywords, as if it ran on the whole text.

use std::ops::Range;

use super::ready::Shape;
use super::seen::{Seen, Window};

/// One match of a rule's regex, in bytes of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The whole match.
    pub whole: Range<usize>,
    /// The group `secret`.
    pub secret: Range<usize>,
}

/// The longest character: so much of what stands before it a look-around sees.
const BEHIND: usize = 4;
/// Room for look-around at a window's end: a match that does not reach into it saw what really follows.
const SLACK: usize = 8;

/// How far the search of one rule has come in a text whose keywords come part by part.
#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    /// Where it goes on.
    at: usize,
    /// The last window, which keywords to come may widen.
    open: Option<Range<usize>>,
    /// No more keywords come.
    pub is_last: bool,
}

/// Every match of a regex within `window` bytes of the keywords that stand at `hits` (sorted).
///
/// After a match the search goes on behind its secret, or at the secret when `judge` turned the match away: what looked
/// like a value may be the name of the real one (`key = api_key = "..."`). Gives how often the regex ran.
///
/// `shape` gives the regex, or nothing where it is certain not to match in a range that ends what it would see. Where
/// there is a `memory`, it holds which texts `rule` finds nothing in.
pub(super) fn search<'r>(
    search: &mut Search,
    shape: impl Fn(Range<usize>) -> Option<&'r Shape>,
    text: &[u8],
    window: usize,
    hits: impl Iterator<Item = Range<usize>>,
    (rule, mut memory): (usize, Option<&mut Seen>),
    mut judge: impl FnMut(Found) -> bool,
) -> usize {
    let mut groups = None;
    let (mut at, mut runs) = (search.at, 0);
    let mut windows = merged(search.open.take(), hits, window, text.len()).peekable();
    while let Some(around) = windows.next() {
        if !search.is_last && windows.peek().is_none() {
            search.open = Some(around);
            break;
        }
        at = at.max(around.start);
        let mut end = around.end;
        if at > end {
            continue;
        }
        // What stands before the window is seen by look-behind alone.
        let seen = at.saturating_sub(BEHIND);
        let mut unknown = match memory.as_ref().map(|memory| memory.window(rule, at - seen, &text[seen..end])) {
            Some(Ok(())) => continue,
            Some(Err(unknown)) => unknown,
            None => None,
        };
        let Some(shape) = shape(at..end) else {
            remember(&mut memory, unknown);
            continue;
        };
        let groups = groups.get_or_insert_with(|| shape.regex.locations());
        while at <= end {
            // The text before `at` stays visible, so look-behind is exact; behind `end` nothing is, so a match that
            // ends there is tried again with more.
            runs += 1;
            let Some((start, stop)) = shape.regex.captures_at(groups, &text[..end], at) else {
                remember(&mut memory, unknown);
                break;
            };
            unknown = None;
            if stop == end && end < text.len() {
                end = end.saturating_add((end - around.start).max(1024) * 2).min(text.len());
                continue;
            }
            let (from, to) = groups.get(shape.secret).unwrap_or((start, stop));
            let taken = judge(Found { whole: start..stop, secret: from..to });
            let next = if taken { to } else { from };
            at = if next > start { next } else { to.max(start + 1) };
        }
    }
    search.at = at;
    runs
}

fn remember(memory: &mut Option<&mut Seen>, window: Option<Window>) {
    if let (Some(memory), Some(window)) = (memory, window) {
        memory.nothing(window);
    }
}

/// `first` and the windows around `hits`, those that overlap joined.
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

    fn shape(regex: &'static str) -> Shape {
        let regex = Lazy::new(regex).unwrap();
        Shape { secret: regex.group("secret").unwrap(), regex }
    }

    fn search(
        shape: &Shape,
        text: &[u8],
        window: usize,
        hits: impl Iterator<Item = Range<usize>>,
        judge: impl FnMut(Found) -> bool,
    ) {
        let mut all = Search { is_last: true, ..Search::default() };
        super::search(&mut all, |_| Some(shape), text, window, hits, (0, None), judge);
    }

    fn secrets(regex: &'static str, text: &str, keyword: &str, window: usize) -> Vec<String> {
        let mut out = Vec::new();
        let hits = text.match_indices(keyword).map(|(at, k)| at..at + k.len());
        search(&shape(regex), text.as_bytes(), window, hits, |found| {
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
    fn a_match_turned_away_does_not_hide_the_next() {
        let mut out = Vec::new();
        let text = b"key = api_key = s3cr3tvalue";
        let shape = shape(r"key = (?<secret>\w+)");
        search(&shape, text, 64, [0..3, 10..13].into_iter(), |found| {
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
        let shape = shape(r"key_(?<secret>[a-z]+)");
        let text = b"key_abc key_def ............................................. key_ghi key_jklkey_mno";
        let hits: Vec<Range<usize>> = memchr::memmem::find_iter(text, b"key_").map(|at| at..at + 4).collect();
        let mut whole = Vec::new();
        search(&shape, text, 8, hits.iter().cloned(), |found| {
            whole.push(found.secret);
            true
        });
        for cut in 0..=hits.len() {
            let (mut parts, mut state) = (Vec::new(), Search::default());
            for (some, is_last) in [(&hits[..cut], false), (&hits[cut..], true)] {
                state.is_last = is_last;
                let judge = |found: Found| {
                    parts.push(found.secret);
                    true
                };
                super::search(&mut state, |_| Some(&shape), text, 8, some.iter().cloned(), (0, None), judge);
            }
            assert_eq!(parts, whole, "{cut}");
        }
    }
}
