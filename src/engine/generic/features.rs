//! The features of a candidate: its value, its name and its surroundings, as numbers.

use std::ops::Range;

use super::candidate::{Candidate, line_end, line_start};
use super::lexicon;
use super::name::{self, Kind, Name, Of};
use crate::path::purpose::{Language, language};
use crate::path::words::each_word;

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

/// A hash of [`NAMES`], which ties the trees to the features that they were grown on.
pub const HASH: u64 = hash(&NAMES);

/// FNV-1a over the names, each ended by a zero.
const fn hash(names: &[&str]) -> u64 {
    let (mut hash, mut i) = (0xcbf2_9ce4_8422_2325_u64, 0);
    while i < names.len() {
        let (name, mut k) = (names[i].as_bytes(), 0);
        while k <= name.len() {
            let byte = if k < name.len() { name[k] } else { 0 };
            hash = (hash ^ byte as u64).wrapping_mul(0x0000_0100_0000_01b3);
            k += 1;
        }
        i += 1;
    }
    hash
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
    // A name that was read counts for what it names: `digest.password` is a password.
    row.before_hash = row.before_hash.max(row.name_hash);
    Features { row: row.array() }
}

/// The counts of one pass over a value.
struct Census {
    seen: [u16; 256],
    digits: usize,
    upper: usize,
    lower: usize,
    vowels: usize,
    separators: usize,
    dots: usize,
    slashes: usize,
    spaces: usize,
    colons: usize,
    brackets: usize,
    hex: bool,
    base32: bool,
    base64: bool,
    url64: bool,
    /// Changes between digits, capitals, small letters and signs.
    turns: usize,
    /// Changes from or to a digit.
    digit_turns: usize,
    /// Capitals behind small letters.
    humps: usize,
    /// The longest run of one class.
    longest: usize,
    /// Bytes that repeat the one before, or count on from it.
    steps: usize,
}

impl Census {
    fn of(v: &[u8]) -> Self {
        let mut all = Self {
            seen: [0; 256],
            digits: 0,
            upper: 0,
            lower: 0,
            vowels: 0,
            separators: 0,
            dots: 0,
            slashes: 0,
            spaces: 0,
            colons: 0,
            brackets: 0,
            hex: true,
            base32: true,
            base64: true,
            url64: true,
            turns: 0,
            digit_turns: 0,
            humps: 0,
            longest: 1,
            steps: 0,
        };
        v.iter().for_each(|b| all.byte(*b));
        all.changes(v);
        all
    }

    fn byte(&mut self, b: u8) {
        self.seen[b as usize] += 1;
        match b {
            b'0'..=b'9' => self.digits += 1,
            b'A'..=b'Z' => self.upper += 1,
            b'a'..=b'z' => self.lower += 1,
            b'-' | b'_' => self.separators += 1,
            b'.' => self.dots += 1,
            b'/' | b'\\' => self.slashes += 1,
            b' ' => self.spaces += 1,
            b':' => self.colons += 1,
            b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'<' | b'>' => self.brackets += 1,
            _ => {}
        }
        self.vowels += usize::from(matches!(b | 32, b'a' | b'e' | b'i' | b'o' | b'u'));
        self.hex &= b.is_ascii_hexdigit() || b == b'-';
        self.base32 &= b.is_ascii_uppercase() || matches!(b, b'2'..=b'7' | b'=');
        self.base64 &= b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
        self.url64 &= b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'=');
    }

    fn changes(&mut self, v: &[u8]) {
        let class = |b: u8| match b {
            b'0'..=b'9' => 0,
            b'A'..=b'Z' => 1,
            b'a'..=b'z' => 2,
            _ => 3,
        };
        let mut run = 1;
        for pair in v.windows(2) {
            let (p, b) = (pair[0], pair[1]);
            let (before, now) = (class(p), class(b));
            if before == now {
                run += 1;
                self.longest = self.longest.max(run);
            } else {
                run = 1;
                self.turns += 1;
                self.digit_turns += usize::from(before == 0 || now == 0);
                self.humps += usize::from(before == 2 && now == 1);
            }
            self.steps += usize::from(b == p || b == p.wrapping_add(1) || p == b.wrapping_add(1));
        }
    }

    fn letters(&self) -> usize {
        self.upper + self.lower
    }

    fn signs(&self, length: usize) -> usize {
        length - self.digits - self.letters()
    }

    /// The size of the alphabet that the value seems to be drawn from.
    fn alphabet(&self, length: usize) -> f32 {
        let has = |count: usize| f32::from(u8::from(count > 0));
        if self.hex {
            16.0
        } else if self.digits == length {
            10.0
        } else {
            let signs = 6.0 * has(self.signs(length));
            (26.0 * has(self.lower) + 26.0 * has(self.upper) + 10.0 * has(self.digits) + signs).max(2.0)
        }
    }

    /// The number of the value's form.
    fn shape(&self, v: &[u8], is_uuid: bool) -> f32 {
        let (n, letters) = (v.len(), self.letters());
        match () {
            () if is_uuid => 1.0,
            () if self.digits == n => 2.0,
            () if letters == n && self.upper == 0 => 3.0,
            () if letters == n && self.lower == 0 => 4.0,
            () if self.hex => 5.0,
            () if self.base32 => 6.0,
            () if letters + self.digits == n => 7.0,
            () if self.base64 => 8.0,
            () if self.url64 => 9.0,
            () if v.starts_with(b"eyJ") => 10.0,
            () if self.spaces > 0 => 12.0,
            () => 11.0,
        }
    }
}

fn of_value(v: &[u8], full: usize, row: &mut Row) {
    let n = v.len();
    let all = Census::of(v);
    let is_uuid = n == 36 && all.hex && [8, 13, 18, 23].iter().all(|&i| v[i] == b'-');
    of_alphabet(v, &all, row);
    row.length = (full as f32).log2();
    row.shape = all.shape(v, is_uuid);
    row.hash_length = match n {
        _ if !all.hex || is_uuid => 0.0,
        32 => 1.0,
        40 => 2.0,
        56 | 64 | 96 | 128 => 3.0,
        _ => 0.0,
    };
    row.turns = share(all.turns, n);
    row.digit_turns = share(all.digit_turns, n);
    row.humps = share(all.humps, n);
    row.vowel_share = share(all.vowels, all.letters());
    row.longest_run = share(all.longest, n);
    row.steps = share(all.steps, n);
    row.separators = all.separators as f32;
    row.dots = all.dots as f32;
    row.slashes = all.slashes as f32;
    row.spaces = all.spaces as f32;
    row.colons = all.colons as f32;
    row.brackets = all.brackets as f32;
    row.padded = f32::from(u8::from(v.ends_with(b"="))) + f32::from(u8::from(v.ends_with(b"==")));
    of_words(v, &all, row);
}

/// How much of an alphabet the value uses.
fn of_alphabet(v: &[u8], all: &Census, row: &mut Row) {
    let n = v.len();
    let signs = all.signs(n);
    let alphabet = all.alphabet(n);
    let distinct = all.seen.iter().filter(|&&s| s > 0).count();
    row.entropy = entropy::shannon_entropy(v);
    row.entropy_share = row.entropy / alphabet.min(n as f32).log2().max(1.0);
    row.distinct_share = share(distinct, n.min(alphabet as usize));
    row.classes = [all.digits, all.upper, all.lower, signs].iter().filter(|count| **count > 0).count() as f32;
    row.digit_share = share(all.digits, n);
    row.upper_share = share(all.upper, n);
    row.lower_share = share(all.lower, n);
    row.sign_share = share(signs, n);
}

/// How like words, and like the passwords of people, the value is.
fn of_words(v: &[u8], all: &Census, row: &mut Row) {
    let n = v.len();
    let (letters, added) = (all.letters(), n - all.letters());
    let plain = lexicon::parts(v, false);
    row.word_share = plain.share * share(letters, letters + all.digits);
    row.word_bits = plain.bits;
    row.word_longest = plain.longest;
    row.word_count = plain.words;
    row.leet_share = if added > 0 && n <= 40 { lexicon::parts(v, true).share } else { plain.share };
    (row.code_bits, row.prose_bits) = lexicon::trigrams(v);
    row.letter_ratio = lexicon::letters(v);
    let tail = v.iter().rev().skip_while(|b| !b.is_ascii_alphanumeric()).take_while(|b| b.is_ascii_digit()).count();
    row.tail_digits = tail as f32;
    row.tail_sign = f32::from(u8::from(!v[n - 1].is_ascii_alphanumeric()));
    row.capital = f32::from(u8::from(v[0].is_ascii_uppercase()));
    // Human habit: letters first, then digits or a sign, in a short value.
    let head = v.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    row.human = f32::from(u8::from(n <= 24 && head >= 3 && head + 1 >= letters && added > 0 && added <= 6));
    let mut words = 0;
    each_word(v, |_| words += 1);
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
    each_word(name_text, |w| {
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

/// Calls `f` with the words beside a candidate that make another thing of it, in one pass.
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

/// The part of a text whose words count for a candidate: its line, and 256 bytes of the neighbouring ones.
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

/// Words of a callee that makes no credential of its argument.
const CALLEES: [&[u8]; 16] = [
    b"hash", b"sha", b"md5", b"id", b"find", b"get", b"has", b"type", b"name", b"path", b"url", b"error", b"log",
    b"print", b"equal", b"assert",
];

/// Beginnings of a line that is a comment.
const COMMENTS: [&[u8]; 9] = [b"//", b"#", b"*", b"/*", b"--", b";", b"<!--", b"\"\"\"", b">"];

/// How far from a value its line is counted, in bytes.
const LINE: usize = 160;
/// How far before a name a word for a hash counts, in bytes.
const HASHED: usize = 80;

fn of_place(text: &[u8], path: &[u8], c: &Candidate, row: &mut Row) {
    let flag = |is: bool| f32::from(u8::from(is));
    row.form = c.form as u8 as f32;
    row.quoted = match c.quote {
        0 => 0.0,
        b'`' => 2.0,
        _ => 1.0,
    };
    row.scheme = flag(c.scheme);
    row.wrapped = flag(c.wrapper.is_some());
    row.wrapper_hash = c.wrapper.clone().map_or(0.0, |wrapper| flag(has(&text[wrapper], &CALLEES)));
    row.language = match language(path) {
        Language::Code => 0.0,
        Language::Json => 1.0,
        Language::Markup => 2.0,
        Language::Prose => 3.0,
        Language::Unknown => 4.0,
        Language::Shell => 5.0,
        Language::Config => 6.0,
    };
    let name = c.name.clone().map_or(&b""[..], |r| &text[r]);
    row.dotted_name = flag(memchr::memchr(b'.', name).is_some());
    let anchor = c.name.clone().unwrap_or(c.value.clone()).start;
    row.flag = flag(anchor > 0 && text[anchor - 1] == b'-');
    let line = line_start(text, anchor)..line_end(text, c.value.end);
    of_mentions(text, path, c, &line, row);
    of_line(text, anchor, &c.value, line, row);
}

/// The words on the line and its neighbours that make another thing of the value.
fn of_mentions(text: &[u8], path: &[u8], c: &Candidate, line: &Range<usize>, row: &mut Row) {
    let anchor = c.name.clone().unwrap_or(c.value.clone()).start;
    let is_code = language(path) == Language::Code;
    let read = if row.name_kind > 0.0 { c.name.clone().unwrap_or(0..0) } else { 0..0 };
    mentions(text, near(text, anchor, c.value.end, line), |at, mention| match mention {
        Mention::Hash | Mention::Public | Mention::Sample if read.contains(&at) => {}
        // `public string Password`: who may use the name, not who may know the value.
        Mention::Public if is_code && text.get(at + 6) == Some(&b' ') => {}
        Mention::Hash | Mention::Public => {
            let is_before = at + HASHED >= anchor && at >= line.start && at < c.value.start;
            row.before_hash = if is_before { 1.0 } else { row.before_hash }
        }
        Mention::Sample => row.before_sample = if line.contains(&at) { 1.0 } else { row.before_sample },
        Mention::User => row.user_near = 1.0,
        Mention::Url => row.url_near = if line.contains(&at) { 1.0 } else { row.url_near },
    });
}

/// How much of the line is code, prose, a comment.
fn of_line(text: &[u8], anchor: usize, value: &Range<usize>, line: Range<usize>, row: &mut Row) {
    let lead = text[line.start..anchor].trim_ascii_start();
    row.comment = f32::from(u8::from(COMMENTS.iter().any(|mark| lead.starts_with(mark))));
    let after = &text[value.end.min(line.end)..line.end];
    row.ends_line = f32::from(u8::from(after.iter().all(|b| !b.is_ascii_alphanumeric())));
    let line = &text[line.start.max(anchor.saturating_sub(LINE))..line.end.min(value.end + LINE)];
    let code = line.iter().filter(|b| matches!(b, b'(' | b')' | b'{' | b'}' | b';')).count();
    row.line_code = (code as f32).min(8.0);
    let words = line
        .split(|b| b.is_ascii_whitespace())
        .filter(|w| w.len() > 1 && w.iter().all(u8::is_ascii_alphabetic))
        .count();
    row.line_words = (words as f32).min(20.0);
}
