//! String literals that are put together: `"ghp_" + "..."`, `'a' . 'b'`, and, over lines, `"a" "b"`.

use std::ops::Range;

use super::{Budget, kind};
use crate::engine::decoded_text::DecodedText;

/// The most bytes between two literals.
const WIDEST: usize = 64;
/// The bytes of the line before and behind the literals that are copied with them.
const REACH: usize = 256;

/// Writes every line with literals put together into `view`, as if it were one literal.
pub(super) fn decode(text: &[u8], view: &mut DecodedText, budget: &mut Budget) {
    // The end of the text copied so far, behind the quote that opens the last joined literal.
    let mut copied: Option<usize> = None;
    let mut from = 0;
    while let Some(close) = memchr::memchr2(b'"', b'\'', &text[from..]).map(|n| from + n) {
        from = close + 1;
        if !may_go_on(text, close) {
            continue;
        }
        let Some(open) = joined(text, close) else { continue };
        let start = match copied {
            // The same expression goes on.
            Some(done) if done <= close && memchr::memchr(b'\n', &text[done..close]).is_none() => done,
            _ => {
                if let Some(done) = copied {
                    finish(text, done, view, budget);
                }
                view.gap();
                let least = close.saturating_sub(REACH).max(copied.unwrap_or(0));
                memchr::memrchr(b'\n', &text[least..close]).map_or(least, |n| least + n + 1)
            }
        };
        // The cost is the length of the copy, so harmless literals use up no more than their own length.
        if !budget.take(close - start) {
            return;
        }
        view.copy(text, start..close);
        copied = Some(open + 1);
        from = open + 1;
    }
    if let Some(done) = copied {
        finish(text, done, view, budget);
    }
}

fn finish(text: &[u8], done: usize, view: &mut DecodedText, budget: &mut Budget) {
    let stop = text.len().min(done + REACH);
    let end = memchr::memchr(b'\n', &text[done..stop]).map_or(stop, |n| done + n);
    if budget.take(end - done) {
        view.copy(text, done..end);
    }
}

/// The longest expression of literals, in bytes.
const LONGEST: usize = 4096;

/// `lines`, and with them the expressions that put literals together on them. Empty where there are none.
pub(super) fn reach(text: &[u8], lines: &Range<usize>) -> Range<usize> {
    let (mut from, mut to) = (lines.start, lines.end);
    // The literal before may end on the line above, or with blank lines between.
    if !joins(text, from.saturating_sub(WIDEST)..to) {
        return from..from;
    }
    while from + LONGEST > lines.start && joins(text, from.saturating_sub(WIDEST)..from) {
        let above = from.saturating_sub(WIDEST);
        from = memchr::memrchr(b'\n', &text[above.saturating_sub(LONGEST)..above])
            .map_or(above.saturating_sub(LONGEST), |n| above.saturating_sub(LONGEST) + n + 1);
    }
    while to < lines.end + LONGEST && to < text.len() && joins(text, to.saturating_sub(WIDEST)..to) {
        let below = (to + WIDEST).min(text.len());
        let most = (below + LONGEST).min(text.len());
        to = memchr::memchr(b'\n', &text[below..most]).map_or(most, |n| below + n + 1);
    }
    from..to
}

/// Returns whether a literal that ends in this part of the text is joined to another.
pub(super) fn joins(text: &[u8], part: Range<usize>) -> bool {
    memchr::memchr2_iter(b'"', b'\'', &text[part.clone()]).any(|at| {
        let close = part.start + at;
        may_go_on(text, close) && joined(text, close).is_some()
    })
}

/// Returns whether literals are joined on a line, or the last of it may be to one on the next.
pub(super) fn kinds(line: &[u8]) -> u8 {
    let open = |close: usize| {
        let behind = &line[close + 1..];
        behind.len() < WIDEST
            && behind.iter().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'\\' | b'+' | b'.' | b'&' | b'|'))
    };
    memchr::memchr2_iter(b'"', b'\'', line).filter(|close| may_go_on(line, *close)).fold(0, |kinds, close| {
        kinds
            | match joined(line, close) {
                Some(_) => kind::LITERALS,
                None if open(close) => kind::OPEN,
                None => 0,
            }
    })
}

/// Whether a literal that ends at `close` may be joined to another. Most end in a comma, a semicolon or a bracket.
fn may_go_on(text: &[u8], close: usize) -> bool {
    matches!(text.get(close + 1), Some(b' ' | b'\t' | b'\n' | b'\r' | b'\\' | b'+' | b'.' | b'&' | b'|'))
}

/// The opening quote of the literal that is joined to the one that ends at `close`.
fn joined(text: &[u8], close: usize) -> Option<usize> {
    let quote = text[close];
    let (mut at, mut operator, mut line) = (close + 1, 0, false);
    while at < text.len() && at - close < WIDEST {
        match text[at] {
            b' ' | b'\t' | b'\r' => {}
            b'\n' => line = true,
            b'\\' if matches!(text.get(at + 1), Some(b'\n' | b'\r')) => {}
            b'+' | b'.' | b'&' | b'|' if operator < 2 => operator += 1,
            b'"' | b'\'' => {
                // Without an operator, literals on neighbouring lines are one in C and Python. On one line they are a
                // shell's arguments far more often.
                let side_by_side = line && text[at] == quote && operator == 0;
                return (operator > 0 || side_by_side).then_some(at);
            }
            _ => return None,
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let mut view = DecodedText::default();
        decode(text.as_bytes(), &mut view, &mut Budget::new(text.len()));
        String::from_utf8_lossy(&view.text).into_owned()
    }

    #[test]
    fn literals_are_put_together() {
        for text in [
            "k = \"ab\" + \"cd\";",
            "k = \"ab\"+\"cd\";",
            "k = \"ab\" +\n    \"cd\";",
            "k = \"ab\"\n  + \"cd\";",
            "k = \"ab\" . 'cd\";",
            "k = \"ab\"\n    \"cd\";",
            "k = \"ab\" \\\n \"cd\";",
            "k = \"ab\" .. \"cd\";",
        ] {
            assert_eq!(read(&format!("x\n{text}\ny")), "k = \"abcd\";", "{text}");
        }
        assert_eq!(read("k = 'a' + 'b' + 'c' + 'd'"), "k = 'abcd'");
        assert_eq!(read("a('b' + 'c')\nx\nd('e' + 'f')\n"), "a('bc')\n\0\nd('ef')");
    }

    #[test]
    fn other_literals_are_left_alone() {
        for text in [
            "['a', 'b']",
            "{\"a\": \"b\"}",
            "x = 'it''s'",
            "echo \"a\" \"b\"",
            "\"a\" == \"b\"",
            "<a b=\"c\" d=\"e\">",
            "\"",
            "'a' + b",
        ] {
            assert_eq!(read(text), "", "{text}");
        }
    }

    #[test]
    fn positions_are_mapped_back() {
        let text = "k = \"ab\" +\n \"cd\"";
        let mut view = DecodedText::default();
        decode(text.as_bytes(), &mut view, &mut Budget::new(text.len()));
        let at = view.text.windows(4).position(|w| w == b"abcd").unwrap();
        assert_eq!(&text[view.origin(&(at..at + 4))], "ab\" +\n \"cd");
    }
}
