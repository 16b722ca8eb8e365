//! Passwords as people make them: a stem, and a habit of adding to it. Nothing here is a password of anything.

use crate::secrets::{DIGITS, LOWER, Random};

/// Stems by how often people take them: roles and words for passwords first, then names, seasons, teams, animals,
/// companies and towns. [`stem`] draws the first ones most.
#[rustfmt::skip]
const STEMS: &[&str] = &[
    "password", "admin", "welcome", "test", "secret", "root", "qwerty", "summer", "master", "login", "dragon", "monkey",
    "winter", "football", "spring", "hello", "michael", "shadow", "sunshine", "princess", "ashley", "autumn", "baseball",
    "superman", "daniel", "jessica", "andrew", "thomas", "jordan", "hunter", "charlie", "george", "batman", "pepper", "ginger",
    "thunder", "cookie", "guest", "oracle", "postgres", "system", "manager", "support", "backup", "server", "service",
    "liverpool", "chelsea", "arsenal", "barcelona", "juventus", "yankees", "lakers", "steelers", "cowboys", "eagles",
    "alexander", "maria", "celine", "nicole", "robert", "martin", "anna", "laura", "peter", "stefan", "pierre", "claire",
    "sophie", "marco", "giulia", "carlos", "lucia", "ivan", "natasha", "olga", "yuki", "kenji", "wei", "priya", "rahul",
    "fatima", "omar", "london", "paris", "berlin", "madrid", "vienna", "lisbon", "boston", "texas", "florida", "sydney",
    "toronto", "mumbai", "tokyo", "samsung", "toyota", "mercedes", "porsche", "ferrari", "yamaha", "nintendo", "cisco",
    "siemens", "nokia", "tiger", "falcon", "panther", "wolf", "rabbit", "dolphin", "snoopy", "pokemon", "starwars", "matrix",
    "freedom", "diamond", "phoenix", "mustang", "corvette", "guitar", "coffee", "chocolate", "banana", "cheese", "orange",
    "purple", "silver", "golden", "flower", "butterfly", "rainbow", "internet", "computer", "company", "office", "sales",
    "finance", "kestrel", "mountain", "river", "forest", "january", "october", "friday", "monday", "december", "lorenz",
];

/// Prefixes of people who set up machines.
const PREFIXES: [&str; 10] = ["my", "prod", "db", "svc", "app", "dev", "the", "our", "sql", "web"];

/// The habits, as the evaluation reports them.
pub const HABITS: [(&str, &[usize]); 6] = [
    ("season, month or day, and a year", &[0]),
    ("word, digits, a sign", &[1, 2, 3, 9, 10]),
    ("leet", &[4, 5]),
    ("two words and digits", &[6, 7]),
    ("keyboard walk", &[8]),
    ("prefix, initials, date", &[11, 12, 13, 14]),
];

/// How many habits there are.
const KINDS: usize = 15;

/// A password that a person thinks of.
pub fn human(r: &mut Random, words: &[&str]) -> Vec<u8> {
    let kind = r.below(KINDS);
    by_habit(r, words, kind)
}

/// One password of a habit.
pub fn by_habit(r: &mut Random, words: &[&str], kind: usize) -> Vec<u8> {
    let stem = stem(r, words);
    match kind {
        0 => season(r),
        1 | 2 => [capital(stem), digits(r, 1, 4), sign(r)].concat(),
        3 => [cased(r, stem), digits(r, 1, 6)].concat(),
        4 | 5 => leet(r, words, stem),
        6 => {
            let end = if r.chance(50) { sign(r) } else { Vec::new() };
            [capital(stem), capital(self::stem(r, words)), digits(r, 1, 3), end].concat()
        }
        7 => [stem, vec![*r.pick(b"-_.!@#+")], self::stem(r, words), digits(r, 1, 4)].concat(),
        8 => walk(r),
        9 => [cased(r, stem), sign(r), year(r)].concat(),
        10 => {
            [cased(r, stem), vec![*r.pick(b"-_@.")], year(r), if r.chance(40) { sign(r) } else { Vec::new() }].concat()
        }
        11 => [r.pick(&PREFIXES).as_bytes().to_vec(), cased(r, stem), digits(r, 1, 4)].concat(),
        // The initials of whom it is for: `Celine@kd@.`
        12 => {
            let n = r.between(2, 3);
            let end = if r.chance(50) { sign(r) } else { digits(r, 1, 3) };
            [capital(stem), sign(r), r.run(LOWER, n), sign(r), end].concat()
        }
        13 => [digits(r, 2, 4), stem, if r.chance(50) { sign(r) } else { Vec::new() }].concat(),
        _ => {
            let date = format!("{:02}{:02}{}", r.between(1, 28), r.between(1, 12), r.between(1960, 2005)).into_bytes();
            [cased(r, stem), date].concat()
        }
    }
}

/// A stem: one of the list, the first ones most often, or a word of the vocabulary.
fn stem(r: &mut Random, words: &[&str]) -> Vec<u8> {
    if r.chance(35) {
        return r.pick(words).as_bytes().to_vec();
    }
    let most = r.between(1, STEMS.len());
    STEMS[r.below(most)].as_bytes().to_vec()
}

fn capital(mut word: Vec<u8>) -> Vec<u8> {
    word[0] = word[0].to_ascii_uppercase();
    word
}

fn cased(r: &mut Random, word: Vec<u8>) -> Vec<u8> {
    match r.below(10) {
        0..5 => word,
        5..9 => capital(word),
        _ => word.to_ascii_uppercase(),
    }
}

fn digits(r: &mut Random, least: usize, most: usize) -> Vec<u8> {
    let n = r.between(least, most);
    // `123` is what people add most.
    if r.chance(20) { b"123456"[..n].to_vec() } else { r.run(DIGITS, n) }
}

fn year(r: &mut Random) -> Vec<u8> {
    r.between(1950, 2026).to_string().into_bytes()
}

fn sign(r: &mut Random) -> Vec<u8> {
    vec![*r.pick(b"!!!@#$%&*?.")]
}

fn season(r: &mut Random) -> Vec<u8> {
    let season = *r.pick(&[
        "Spring", "Summer", "Autumn", "Fall", "Winter", "January", "March", "July", "October", "Monday", "Friday",
    ]);
    let end = if r.chance(60) { sign(r) } else { Vec::new() };
    [season.as_bytes().to_vec(), year(r), end].concat()
}

fn leet(r: &mut Random, words: &[&str], stem: Vec<u8>) -> Vec<u8> {
    let mut v = capital(stem);
    v.extend(self::stem(r, words).into_iter().take(6));
    for b in &mut v[1..] {
        *b = match *b {
            b'a' => *r.pick(b"4@a"),
            b'e' => *r.pick(b"3e"),
            b'i' => *r.pick(b"1!i"),
            b'o' => *r.pick(b"00o"),
            b's' => *r.pick(b"$5s"),
            b't' => *r.pick(b"7tt"),
            other => other,
        };
    }
    let n = r.between(0, 3);
    v.extend(r.run(DIGITS, n));
    v
}

/// A walk over the keyboard, no plain row from its start.
fn walk(r: &mut Random) -> Vec<u8> {
    let start = *r.pick(&[
        "1qaz", "2wsx", "zaq1", "xsw2", "qazwsx", "poiu", "lkjh", "mnbv", "0okm", "9ijn", "!QAZ", "@WSX", "6yhn",
        "rfvtgb",
    ]);
    let end = *r.pick(&["@WSX", "#EDC", "zxcv", "cde3", "vfr4", "XSW@", "bgt5", "ytre", "8uhb"]);
    let last = if r.chance(40) { sign(r) } else { Vec::new() };
    [start.as_bytes().to_vec(), end.as_bytes().to_vec(), last].concat()
}
