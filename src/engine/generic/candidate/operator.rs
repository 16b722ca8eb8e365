//! Operators between a name and its value.

use std::ops::Range;

use super::super::dismissal::is_plainly_random;
use super::Form;
use super::text::{at, blank, is_quote, line_end, line_start, quote_at, spaces, starts};
use super::value::prefixed;

/// The operator behind a name, and the position at which the value may start.
#[derive(Clone, Copy)]
pub(super) struct Operator {
    pub form: Form,
    /// The position from which the value is read.
    pub at: usize,
}

pub(super) fn operator(text: &[u8], start: usize, end: usize) -> Option<Operator> {
    // `${PASSWORD:-value}`: the default of a shell, or of a compose file, for a variable.
    if text[..start].ends_with(b"${") && matches!((at(text, end), at(text, end + 1)), (b':', b'-' | b'=')) {
        return Some(Operator { form: Form::Assignment, at: end + 2 });
    }
    let mut i = end;
    let mut quoted = false;
    if let Some((_, n)) = quote_at(text, i) {
        quoted = true;
        i += n;
    }
    // `config['password']`, `password[32]`, `$(PASSWORD)`.
    if at(text, i) == b']' {
        i += 1;
    } else if at(text, i) == b'[' {
        let close = text[i..text.len().min(i + 24)].iter().position(|&b| b == b']')?;
        i += close + 1;
    }
    // `<property name="password" value="x"/>`, `<entry key="password">x`, `<password type="plain">x`.
    if at(text, i) == b'>' && at(text, i + 1) != b'=' {
        let opened = quoted || matches!(text.get(start.wrapping_sub(1)), Some(b'<' | b':'));
        return if opened { xml(text, i + 1) } else { None };
    }
    // `<key>token</key><string>x</string>`, `<name>token</name><value>x</value>`.
    if starts(text, i, b"</key>") || starts(text, i, b"</name>") {
        let close = i + text[i..].iter().position(|&b| b == b'>')?;
        return xml(text, close + 1).filter(|o| text[close..o.at].contains(&b'<'));
    }
    if starts(text, i, b"&gt;") {
        return xml(text, i + 4);
    }
    let before = i;
    i = spaces(text, i);
    match at(text, i) {
        // `- name: TOKEN` and `value: x` on the next line.
        b'\n' | b'\r' => {
            let j = blank(text, i);
            starts(text, j, b"value:").then_some(Operator { form: Form::Pair, at: j + 6 })
        }
        b'=' => match (at(text, i + 1), at(text, i + 2)) {
            (b'=', b'=') => Some(Operator { form: Form::Comparison, at: i + 3 }),
            (b'=', _) => Some(Operator { form: Form::Comparison, at: i + 2 }),
            (b'>', _) => Some(Operator { form: Form::Arrow, at: i + 2 }),
            (b'~', _) => None,
            _ => Some(Operator { form: Form::Assignment, at: i + 1 }),
        },
        b'!' if at(text, i + 1) == b'=' => {
            Some(Operator { form: Form::Comparison, at: i + 2 + usize::from(at(text, i + 2) == b'=') })
        }
        b':' => colon(text, i, quoted),
        b'?' | b'+' | b'|' | b'<' | b'.' if at(text, i + 1) == b'=' => {
            Some(Operator { form: Form::Assignment, at: i + 2 + usize::from(at(text, i + 2) == b'>') })
        }
        b'?' if at(text, i + 1) == b':' => Some(Operator { form: Form::Colon, at: i + 2 }),
        b'?' if at(text, i + 1) == b'?' && at(text, i + 2) == b'=' => {
            Some(Operator { form: Form::Assignment, at: i + 3 })
        }
        b'|' if at(text, i + 1) == b'|' && matches!(at(text, i + 2), b'=' | b':') => {
            Some(Operator { form: Form::Assignment, at: i + 3 })
        }
        b'-' if at(text, i + 1) == b'>' => Some(Operator { form: Form::Arrow, at: i + 2 }),
        // `token - "x"`: notes and logs.
        b'-' if i > before && !quoted && at(text, i + 1) == b' ' => {
            let j = spaces(text, i + 1);
            quote_at(text, j).map(|_| Operator { form: Form::Colon, at: j })
        }
        b',' if quoted => argument(text, i + 1),
        b',' => second_argument(text, start, i + 1),
        b'(' if !quoted && i == before => {
            let v = spaces(text, i + 1);
            (quote_at(text, v).is_some() || prefixed(text, v).is_some())
                .then_some(Operator { form: Form::Call, at: i + 1 })
        }
        b'"' | b'\'' | b'`' if i > before && !quoted => Some(Operator { form: Form::Space, at: i }),
        // `variable "token" { default = "x" }`
        b'{' if quoted => {
            let j = blank(text, i + 1);
            let block = &text[j..text.len().min(j + 160)];
            let stop = memchr::memchr(b'}', block).unwrap_or(block.len());
            let k = memchr::memmem::find(&block[..stop], b"default")?;
            let eq = spaces(text, j + k + 7);
            (at(text, eq) == b'=').then_some(Operator { form: Form::Assignment, at: eq + 1 })
        }
        _ if quoted && i > before => attribute(text, i),
        b if i > before && !quoted => words(text, start, i, b),
        _ => None,
    }
}

/// After `name:`.
fn colon(text: &[u8], i: usize, quoted: bool) -> Option<Operator> {
    match at(text, i + 1) {
        b'=' => Some(Operator { form: Form::Assignment, at: i + 2 }),
        b':' if starts(text, i, b":::=") => Some(Operator { form: Form::Assignment, at: i + 4 }),
        b':' if starts(text, i, b"::=") => Some(Operator { form: Form::Assignment, at: i + 3 }),
        b':' => None,
        _ => {
            // A type is between them: `password: String = "x"`, `const KEY: &str = "x"`.
            if !quoted && let Some(v) = past_type(text, spaces(text, i + 1)) {
                return Some(Operator { form: Form::Assignment, at: v });
            }
            Some(Operator { form: Form::Colon, at: i + 1 })
        }
    }
}

/// The start of the value when a type and `=` are at `i`.
fn past_type(text: &[u8], i: usize) -> Option<usize> {
    if !matches!(at(text, i), b'a'..=b'z' | b'A'..=b'Z' | b'&' | b'*' | b'[') {
        return None;
    }
    let mut j = i;
    let end = text.len().min(i + 40);
    while j < end
        && (text[j].is_ascii_alphanumeric()
            || matches!(text[j], b'_' | b'<' | b'>' | b'[' | b']' | b'&' | b'*' | b'?' | b'.' | b'\'' | b'|'))
    {
        // `&'static str`
        j += 1;
        if text[..j].ends_with(b"'static") || at(text, j) == b' ' && text[..j].ends_with(b"&'a") {
            j += 1;
        }
    }
    let k = spaces(text, j);
    if at(text, k) == b':' && at(text, k + 1) == b'=' {
        return Some(k + 2);
    }
    (j > i && k > j && at(text, k) == b'=' && !matches!(at(text, k + 1), b'=' | b'>' | b'~')).then_some(k + 1)
}

/// A second argument: `setItem("token", "value")`, or the second half of a pair: `"name": "token", "value": "..."`.
fn argument(text: &[u8], i: usize) -> Option<Operator> {
    let j = blank(text, i);
    let (key, n) = match quote_at(text, j) {
        Some((_, n)) => (j + n, n),
        None => (j, 0),
    };
    for word in [&b"value"[..], b"default", b"defaultvalue"] {
        if starts(text, key, word) {
            let k = spaces(text, key + word.len() + n);
            if matches!(at(text, k), b':' | b'=') {
                return Some(Operator { form: Form::Pair, at: k + 1 + usize::from(at(text, k + 1) == b'>') });
            }
        }
    }
    Some(Operator { form: Form::Argument, at: j })
}

/// `set(:secret, "value")`, `strcmp(password, "value")`: the argument behind one that is a symbol or is compared.
fn second_argument(text: &[u8], start: usize, i: usize) -> Option<Operator> {
    const COMPARE: [&[u8]; 8] = [
        b"strcmp(",
        b"compare_digest(",
        b"hash_equals(",
        b"secure_compare(",
        b"timingSafeEqual(",
        b"Equals(",
        b"equals(",
        b"ConstantTimeCompare(",
    ];
    let before = &text[start.saturating_sub(32)..start];
    let symbol = before.ends_with(b" :") || before.ends_with(b"(:");
    if symbol {
        return Some(Operator { form: Form::Arrow, at: i });
    }
    COMPARE.iter().any(|c| before.ends_with(c)).then_some(Operator { form: Form::Comparison, at: i })
}

/// `name="password" value="..."`.
fn attribute(text: &[u8], i: usize) -> Option<Operator> {
    for word in [&b"value"[..], b"content", b"default", b"text"] {
        if starts(text, i, word) {
            let k = spaces(text, i + word.len());
            if at(text, k) == b'=' {
                return Some(Operator { form: Form::Pair, at: k + 1 });
            }
        }
    }
    // `<string name="token" translatable="false">x`
    if at(text, i).is_ascii_alphabetic() {
        let end = text.len().min(i + 60);
        if let Some(k) = memchr::memchr2(b'>', b'\n', &text[i..end])
            && at(text, i + k) == b'>'
            && memchr::memchr(b'=', &text[i..i + k]).is_some()
        {
            return xml(text, i + k + 1);
        }
    }
    None
}

/// After `<name>` or `name">`: `<key>token</key><string>x</string>` too.
fn xml(text: &[u8], i: usize) -> Option<Operator> {
    let j = blank(text, i);
    if at(text, j) == b'<' {
        if starts(text, j, b"<![CDATA[") {
            return Some(Operator { form: Form::Xml, at: j + 9 });
        }
        if starts(text, j, b"<value>") || starts(text, j, b"<string>") {
            return Some(Operator { form: Form::Xml, at: text[j..].iter().position(|&b| b == b'>')? + j + 1 });
        }
        return None;
    }
    Some(Operator { form: Form::Xml, at: j })
}

/// `name value` and `name type = value`: the operator of a name and a space.
fn words(text: &[u8], start: usize, i: usize, next: u8) -> Option<Operator> {
    if let Some(v) = past_type(text, i) {
        return Some(Operator { form: Form::Assignment, at: v });
    }
    if !next.is_ascii_graphic() || matches!(next, b'(' | b')' | b'{' | b'}' | b'<' | b'>' | b',' | b';' | b'|' | b'&') {
        return None;
    }
    // `The password is "x"`, `our token is 4f2a...`
    if starts(text, i, b"is ") || starts(text, i, b"is: ") {
        let j = spaces(text, i + 2 + usize::from(text[i + 2] == b':'));
        let rest = text[j..line_end(text, j)].trim_ascii_end();
        let rest = rest.strip_suffix(b".").unwrap_or(rest);
        return (quote_at(text, j).is_some() || is_token(rest)).then_some(Operator { form: Form::Colon, at: j });
    }
    // `--password value`, `-Password value`
    let flag = start > 0 && text[start - 1] == b'-' && (start < 2 || !text[start - 2].is_ascii_alphanumeric());
    if flag {
        return Some(Operator { form: Form::Space, at: i });
    }
    // `password value` as the only words of the line, or in netrc beside `login`.
    let line = line_start(text, start);
    let stop = line_end(text, i);
    let lead = text[line..start].trim_ascii();
    let rest = text[i..stop].trim_ascii_end();
    let single = !rest.is_empty() && !rest.contains(&b' ') && !rest.contains(&b'\t');
    let netrc = lead.windows(6).any(|w| w == b"login ");
    let command = matches!(lead, b"" | b"set" | b"export" | b"ENV" | b"ARG");
    if netrc || single && (command || is_label(lead) && is_token(rest)) {
        return Some(Operator { form: Form::Space, at: i });
    }
    None
}

/// One to three words of letters: the service in `service api key 4f2a...`.
fn is_label(lead: &[u8]) -> bool {
    let mut words = 0;
    lead.split(|b| *b == b' ').all(|word| {
        words += 1;
        !word.is_empty() && word.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
    }) && words <= 3
}

/// A word that no text for people holds: long, with digits or capitals among letters, in the characters of tokens.
fn is_token(value: &[u8]) -> bool {
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    let humps = value.windows(2).filter(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase()).count();
    value.len() >= 16
        && (digits >= 3 || digits >= 1 && humps >= 3)
        && value.iter().any(u8::is_ascii_alphabetic)
        && value
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'=' | b'+' | b'/' | b'~' | b':'))
}

/// Returns whether `"name", "value"` are no name with its value: two of a list of words, or the end of one pair and the beginning
/// of the next. An option is a name in a list as well: `"--password", "value"`.
pub(super) fn in_list(text: &[u8], name: usize, value: &Range<usize>) -> bool {
    let dashes = text[..name].iter().rev().take_while(|b| **b == b'-').count();
    let Some(open) = (name - dashes).checked_sub(1).filter(|open| is_quote(text[*open])) else { return true };
    let mut behind = text[value.end..].iter().skip(1).skip_while(|b| b.is_ascii_whitespace());
    let after = behind.next();
    // `"a": "token", "b": 1`
    if after == Some(&b':') && behind.next() != Some(&b':') {
        return true;
    }
    let before = text[..open].iter().rev().find(|b| !b.is_ascii_whitespace());
    let between = matches!(before, Some(b'[' | b',')) && matches!(after, Some(b',' | b']'));
    between && dashes < 2 && !is_plainly_random(&text[value.clone()])
}
