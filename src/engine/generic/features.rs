//! What the model sees of a candidate: its value, its name and its surroundings, as numbers.

use std::ops::Range;

use super::candidate::{Candidate, line_end, line_start};
use super::lexicon;
use super::name::{self, Kind, Name, Of};
use super::path::{Language, language};

macro_rules! features {
    ($($field:ident),* $(,)?) => {
        /// How many features there are.
        pub const COUNT: usize = [$(stringify!($field)),*].len();
        /// Their names, in the order of the row.
        pub const NAMES: [&str; COUNT] = [$(stringify!($field)),*];
        #[derive(Default)]
        struct Row { $($field: f32),* }
        impl Row {
            fn array(&self) -> [f32; COUNT] { [$(self.$field),*] }
        }
    };
}

features! {
    length, entropy, entropy_share, distinct_share, classes, digit_share, upper_share, lower_share, sign_share, shape,
    hash_length, turns, digit_turns, humps, word_share, word_bits, word_longest, word_count, leet_share, code_bits, prose_bits,
    letter_ratio, vowel_share, longest_run, steps, separators, dots, slashes, spaces, colons, brackets, padded,
    tail_digits, tail_sign, capital, human, words_in_value,
    name_kind, name_words, name_after, name_about, name_public, name_hash, name_sample, name_upper, name_in_value,
    value_is_name, value_kind,
    form, quoted, scheme, wrapped, wrapper_hash, language, comment, before_hash, before_sample, user_near, url_near, line_code,
    line_words, ends_line, dotted_name, flag,
}

/// The features of one candidate.
#[derive(Clone, Debug)]
pub struct Features {
    row: [f32; COUNT],
}

impl Features {
    /// The numbers in the order of [`NAMES`].
    pub fn row(&self) -> &[f32; COUNT] {
        &self.row
    }

    /// Name and number of each.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, f32)> + '_ {
        NAMES.iter().copied().zip(self.row.iter().copied())
    }
}

fn share(part: usize, whole: usize) -> f32 {
    if whole == 0 { 0.0 } else { part as f32 / whole as f32 }
}

fn has(text: &[u8], words: &[&[u8]]) -> bool {
    words.iter().any(|w| find(text, w).is_some())
}

/// A small case-insensitive search; the texts are a line long.
fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    let first = word[0];
    memchr::memchr2_iter(first, first.to_ascii_uppercase(), text)
        .find(|&i| text.get(i..i + word.len()).is_some_and(|t| t.eq_ignore_ascii_case(word)))
}

/// Reads the features of a candidate. Allocates nothing.
pub fn read(text: &[u8], path: &[u8], c: &Candidate) -> Features {
    let value = &text[c.value.clone()];
    let cut = &value[..value.len().min(512)];
    let name_text = c.name.clone().map_or(&b""[..], |r| &text[r]);
    let name = if c.form.speaks() {
        Name { kind: Kind::Password, words: 1, ..Name::default() }
    } else {
        name::read(name_text)
    };
    let mut row = Row::default();
    of_value(cut, value.len(), &mut row);
    of_name(cut, name_text, &name, &mut row);
    of_place(text, path, c, &mut row);
    // A name that was read needs no second look at its words: `digest.password` is of a password.
    row.before_hash = row.before_hash.max(row.name_hash);
    Features { row: row.array() }
}

fn of_value(v: &[u8], full: usize, row: &mut Row) {
    let n = v.len();
    let mut seen = [0u16; 256];
    let (mut digits, mut upper, mut lower, mut vowels) = (0, 0, 0, 0);
    let (mut hex, mut base32, mut base64, mut url64) = (true, true, true, true);
    let (mut turns, mut digit_turns, mut humps, mut run, mut longest, mut steps) = (0, 0, 0, 1, 1, 0);
    let (mut separators, mut dots, mut slashes, mut spaces, mut colons, mut brackets) = (0, 0, 0, 0, 0, 0);
    let kind = |b: u8| match b {
        b'0'..=b'9' => 0,
        b'A'..=b'Z' => 1,
        b'a'..=b'z' => 2,
        _ => 3,
    };
    for (i, &b) in v.iter().enumerate() {
        seen[b as usize] += 1;
        match b {
            b'0'..=b'9' => digits += 1,
            b'A'..=b'Z' => upper += 1,
            b'a'..=b'z' => lower += 1,
            b'-' | b'_' => separators += 1,
            b'.' => dots += 1,
            b'/' | b'\\' => slashes += 1,
            b' ' => spaces += 1,
            b':' => colons += 1,
            b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'<' | b'>' => brackets += 1,
            _ => {}
        }
        vowels += usize::from(matches!(b | 32, b'a' | b'e' | b'i' | b'o' | b'u'));
        let dash = b == b'-';
        hex &= b.is_ascii_hexdigit() || dash;
        base32 &= b.is_ascii_uppercase() || matches!(b, b'2'..=b'7' | b'=');
        base64 &= b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
        url64 &= b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'=');
        if i > 0 {
            let p = v[i - 1];
            let (a, k) = (kind(p), kind(b));
            if a == k {
                run += 1;
                longest = longest.max(run);
            } else {
                run = 1;
                turns += 1;
                digit_turns += usize::from(a == 0 || k == 0);
                humps += usize::from(a == 2 && k == 1);
            }
            steps += usize::from(b == p || b == p.wrapping_add(1) || p == b.wrapping_add(1));
        }
    }
    let distinct = seen.iter().filter(|&&s| s > 0).count();
    let signs = n - digits - upper - lower;
    let letters = upper + lower;
    let entropy = entropy::shannon_entropy(v);
    let uuid = n == 36 && hex && [8, 13, 18, 23].iter().all(|&i| v[i] == b'-');
    row.length = (full as f32).log2();
    row.entropy = entropy;
    let alphabet = if hex {
        16.0
    } else if digits == n {
        10.0
    } else {
        (26.0 * f32::from(u8::from(lower > 0))
            + 26.0 * f32::from(u8::from(upper > 0))
            + 10.0 * f32::from(u8::from(digits > 0))
            + 6.0 * f32::from(u8::from(signs > 0)))
        .max(2.0)
    };
    row.entropy_share = entropy / alphabet.min(n as f32).log2().max(1.0);
    row.distinct_share = share(distinct, n.min(alphabet as usize));
    row.classes = f32::from(u8::from(digits > 0) + u8::from(upper > 0) + u8::from(lower > 0) + u8::from(signs > 0));
    row.digit_share = share(digits, n);
    row.upper_share = share(upper, n);
    row.lower_share = share(lower, n);
    row.sign_share = share(signs, n);
    row.shape = if uuid {
        1.0
    } else if digits == n {
        2.0
    } else if letters == n && (upper == 0 || lower == 0) {
        if upper == 0 { 3.0 } else { 4.0 }
    } else if hex {
        5.0
    } else if base32 {
        6.0
    } else if letters + digits == n {
        7.0
    } else if base64 {
        8.0
    } else if url64 {
        9.0
    } else if v.starts_with(b"eyJ") {
        10.0
    } else if spaces > 0 {
        12.0
    } else {
        11.0
    };
    row.hash_length = if hex && !uuid {
        match n {
            32 => 1.0,
            40 => 2.0,
            56 | 64 | 96 | 128 => 3.0,
            _ => 0.0,
        }
    } else {
        0.0
    };
    row.turns = share(turns, n);
    row.digit_turns = share(digit_turns, n);
    row.humps = share(humps, n);
    let plain = lexicon::parts(v, false);
    row.word_share = plain.share * share(letters, letters + digits);
    row.word_bits = plain.bits;
    row.word_longest = plain.longest;
    row.word_count = plain.words;
    row.leet_share = if digits + signs > 0 && n <= 40 { lexicon::parts(v, true).share } else { plain.share };
    (row.code_bits, row.prose_bits) = lexicon::trigrams(v);
    row.letter_ratio = lexicon::letters(v);
    row.vowel_share = share(vowels, letters);
    row.longest_run = share(longest, n);
    row.steps = share(steps, n);
    row.separators = separators as f32;
    row.dots = dots as f32;
    row.slashes = slashes as f32;
    row.spaces = spaces as f32;
    row.colons = colons as f32;
    row.brackets = brackets as f32;
    row.padded = f32::from(u8::from(v.ends_with(b"="))) + f32::from(u8::from(v.ends_with(b"==")));
    let tail = v.iter().rev().skip_while(|b| !b.is_ascii_alphanumeric()).take_while(|b| b.is_ascii_digit()).count();
    row.tail_digits = tail as f32;
    row.tail_sign = f32::from(u8::from(!v[n - 1].is_ascii_alphanumeric()));
    row.capital = f32::from(u8::from(v[0].is_ascii_uppercase()));
    // Human habit: letters first, then digits or a sign, in a short value.
    let head = v.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    row.human =
        f32::from(u8::from(n <= 24 && head >= 3 && head + 1 >= letters && digits + signs > 0 && digits + signs <= 6));
    let mut words = 0;
    name::each_word(v, |_| words += 1);
    row.words_in_value = words as f32;
}

fn of_name(v: &[u8], name_text: &[u8], name: &Name, row: &mut Row) {
    row.name_kind = name.kind as u8 as f32;
    row.name_words = name.words as f32;
    row.name_after = name.after as f32;
    let about = match name.of {
        Of::Thing => true,
        Of::Perhaps => !name.is_outweighed_by(v),
        Of::Credential | Of::Open | Of::Sealed | Of::Denied => false,
    };
    row.name_about = f32::from(u8::from(about));
    row.name_public = f32::from(u8::from(name.public));
    row.name_hash = f32::from(u8::from(name.of == Of::Sealed));
    row.name_sample = f32::from(u8::from(name.sample));
    row.name_upper = f32::from(u8::from(name.upper));
    let mut common = 0;
    name::each_word(name_text, |w| {
        if w.len() >= 3 && find(v, w).is_some() {
            common += w.len();
        }
    });
    row.name_in_value = share(common.min(v.len()), v.len());
    row.value_is_name = f32::from(u8::from(name_text.eq_ignore_ascii_case(v)));
    // The value is itself a name of a credential: `type: "access_token"`, `field = "passwordHash"`.
    let inner = if v.len() <= 64 { name::read(v) } else { Name::default() };
    row.value_kind = inner.kind as u8 as f32;
}

enum Mention {
    Hash,
    Public,
    Sample,
    User,
    Url,
}

/// Words around a candidate that change what it is, in one pass.
fn mentions(text: &[u8], range: Range<usize>, mut f: impl FnMut(usize, Mention)) {
    for at in range.clone() {
        let rest = &text[at..range.end];
        let is = |words: &[&[u8]]| words.iter().any(|w| rest.get(..w.len()).is_some_and(|t| t.eq_ignore_ascii_case(w)));
        match text[at] | 0x20 {
            b's' if is(&[b"sha1", b"sha2", b"sha5", b"sha-", b"sha3"]) => f(at, Mention::Hash),
            b'm' if is(&[b"md5"]) => f(at, Mention::Hash),
            b'c' if is(&[b"checksum"]) => f(at, Mention::Hash),
            b'd' if is(&[b"digest"]) => f(at, Mention::Hash),
            b'i' if is(&[b"integrity"]) => f(at, Mention::Hash),
            b'h' if is(&[b"hash"]) => f(at, Mention::Hash),
            b'f' if is(&[b"fingerprint"]) => f(at, Mention::Hash),
            b'p' if is(&[b"public"]) => f(at, Mention::Public),
            b'e' if is(&[b"etag"]) => f(at, Mention::Hash),
            b's' if is(&[b"sample"]) => f(at, Mention::Sample),
            b'e' if is(&[b"example", b"e.g."]) => f(at, Mention::Sample),
            b'd' if is(&[b"dummy"]) => f(at, Mention::Sample),
            b'f' if is(&[b"fake"]) => f(at, Mention::Sample),
            b'm' if is(&[b"mock"]) => f(at, Mention::Sample),
            b'p' if is(&[b"placeholder"]) => f(at, Mention::Sample),
            b'u' if is(&[b"user"]) => f(at, Mention::User),
            b'l' if is(&[b"login"]) => f(at, Mention::User),
            b'h' if is(&[b"host"]) => f(at, Mention::User),
            b'e' if is(&[b"email"]) => f(at, Mention::User),
            b'c' if is(&[b"client_id", b"clientid"]) => f(at, Mention::User),
            b'a' if is(&[b"account"]) => f(at, Mention::User),
            b':' if is(&[b"://"]) => f(at, Mention::Url),
            _ => {}
        }
    }
}

/// What is said around a candidate is looked for on its line up to 160 bytes before, on the neighbouring lines up to 256
/// bytes.
fn near(text: &[u8], anchor: usize, value_end: usize, line: &Range<usize>) -> Range<usize> {
    let above = line_start(text, line.start.saturating_sub(1)).max(anchor.saturating_sub(256));
    let below = line_end(text, (line.end + 1).min(text.len())).min(value_end + 256);
    above..below
}

/// The part of the text that the features of a candidate depend on.
pub fn sight(text: &[u8], c: &Candidate) -> Range<usize> {
    let anchor = c.name.clone().unwrap_or(c.value.clone()).start;
    let line = line_start(text, anchor)..line_end(text, c.value.end);
    let near = near(text, anchor, c.value.end, &line);
    line.start.min(near.start).min(c.value.start)..line.end.max(near.end)
}

fn of_place(text: &[u8], path: &[u8], c: &Candidate, row: &mut Row) {
    row.form = c.form as u8 as f32;
    row.quoted = match c.quote {
        0 => 0.0,
        b'`' => 2.0,
        _ => 1.0,
    };
    row.scheme = f32::from(u8::from(c.scheme));
    row.wrapped = f32::from(u8::from(c.wrapper.is_some()));
    row.wrapper_hash = c.wrapper.clone().map_or(0.0, |r| {
        let w = &text[r];
        f32::from(u8::from(has(
            w,
            &[
                b"hash", b"sha", b"md5", b"id", b"find", b"get", b"has", b"type", b"name", b"path", b"url", b"error",
                b"log", b"print", b"equal", b"assert",
            ],
        )))
    });
    let language = language(path);
    row.language = match language {
        Language::Code => 0.0,
        Language::Json => 1.0,
        Language::Markup => 2.0,
        Language::Prose => 3.0,
        Language::Unknown => 4.0,
        Language::Shell => 5.0,
        Language::Config => 6.0,
    };
    let anchor = c.name.clone().unwrap_or(c.value.clone()).start;
    let begin = line_start(text, anchor);
    let end = line_end(text, c.value.end);
    let lead = text[begin..anchor].trim_ascii_start();
    row.comment = f32::from(u8::from(
        [&b"//"[..], b"#", b"*", b"/*", b"--", b";", b"<!--", b"\"\"\"", b">"].iter().any(|m| lead.starts_with(m)),
    ));
    let line = begin..end;
    let read = if row.name_kind > 0.0 { c.name.clone().unwrap_or(0..0) } else { 0..0 };
    mentions(text, near(text, anchor, c.value.end, &line), |at, what| match what {
        Mention::Hash | Mention::Public | Mention::Sample if read.contains(&at) => {}
        // `public string Password`: who may use the name, not who may know the value.
        Mention::Public if language == Language::Code && text.get(at + 6) == Some(&b' ') => {}
        Mention::Hash | Mention::Public => {
            row.before_hash = if at + 80 >= anchor && at >= begin && at < c.value.start { 1.0 } else { row.before_hash }
        }
        Mention::Sample => row.before_sample = if line.contains(&at) { 1.0 } else { row.before_sample },
        Mention::User => row.user_near = 1.0,
        Mention::Url => row.url_near = if line.contains(&at) { 1.0 } else { row.url_near },
    });
    let line = &text[begin.max(anchor.saturating_sub(160))..end.min(c.value.end + 160)];
    let code = line.iter().filter(|b| matches!(b, b'(' | b')' | b'{' | b'}' | b';')).count();
    row.line_code = (code as f32).min(8.0);
    let words = line
        .split(|b| b.is_ascii_whitespace())
        .filter(|w| w.len() > 1 && w.iter().all(u8::is_ascii_alphabetic))
        .count();
    row.line_words = (words as f32).min(20.0);
    let after = &text[(c.value.end).min(end)..end];
    row.ends_line = f32::from(u8::from(after.iter().all(|b| !b.is_ascii_alphanumeric())));
    let name = c.name.clone().map_or(&b""[..], |r| &text[r]);
    row.dotted_name = f32::from(u8::from(memchr::memchr(b'.', name).is_some()));
    row.flag = f32::from(u8::from(anchor > 0 && text[anchor - 1] == b'-'));
}
