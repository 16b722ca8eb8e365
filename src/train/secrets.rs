//! Made-up secrets: every shape that generators and vaults give them. Nothing here is a credential of anything.

/// A small generator of pseudo-random numbers (SplitMix64), seeded by a constant: two runs give the same data.
pub struct Random(u64);

impl Random {
    /// Starts at `seed`.
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// A number from `a` to `b`, both included.
    pub fn between(&mut self, a: usize, b: usize) -> usize {
        a + self.below(b - a + 1)
    }

    /// True in `percent` of 100.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of the list.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// `n` bytes of an alphabet.
    pub fn run(&mut self, alphabet: &[u8], n: usize) -> Vec<u8> {
        (0..n).map(|_| *self.pick(alphabet)).collect()
    }
}

pub const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
pub const DIGITS: &[u8] = b"0123456789";
const HEX: &[u8] = b"0123456789abcdef";
const HEX_UPPER: &[u8] = b"0123456789ABCDEF";
const LOWER_DIGITS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const UPPER_DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const ALNUM: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const SIGNS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789!@#%^*-_+=?.:~";

/// Which family a made-up value is of; reported apart in the evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Made by a machine.
    Machine,
    /// Short random letters, behind names of tokens alone.
    Letters,
    /// Made by a person: words, years, leet, keyboard walks.
    Human,
}

/// A machine's secret. Only passwords hold every sign of the keyboard.
pub fn machine(r: &mut Random, words: &[&str], password: bool) -> Vec<u8> {
    match r.below(26) {
        0 | 1 | 22 => of_length(r, HEX, &[16, 20, 24, 32, 32, 32, 40, 40, 48, 64, 64, 96, 128]),
        2 => of_length(r, HEX_UPPER, &[16, 20, 24, 32, 32, 40, 64]),
        3 | 4 => between(r, ALNUM, 10, 64),
        5 => between(r, LOWER_DIGITS, 8, 40),
        6 => between(r, UPPER_DIGITS, 8, 40),
        7 | 8 => {
            let n = *r.pick(&[9, 12, 16, 20, 24, 32, 33, 48, 64]);
            let bytes: Vec<u8> = (0..n).map(|_| r.next() as u8).collect();
            base64(&bytes, !r.chance(60))
        }
        9 => of_length(r, BASE32, &[16, 20, 26, 32, 32, 52, 56, 58]),
        10 | 11 => between(r, if password { SIGNS } else { ALNUM }, 8, 28),
        13 | 18 | 19 => prefixed(r, words),
        14 => jwt(r),
        15 => {
            let (groups, n) = (r.between(3, 6), r.between(3, 8));
            let alphabet = *r.pick(&[UPPER_DIGITS, HEX, LOWER_DIGITS, ALNUM]);
            (0..groups).map(|_| r.run(alphabet, n)).collect::<Vec<_>>().join(&b'-')
        }
        16 => signed(r),
        // Letters of password generators.
        17 if password => {
            let alphabet = *r.pick(&[LOWER, LOWER_DIGITS]);
            between(r, alphabet, 8, 16)
        }
        20 => in_parts(r),
        21 => {
            let alphabet = *r.pick(&[ALNUM, HEX]);
            [of_length(r, HEX, &[32, 40, 64]), vec![*r.pick(b".-_:")], between(r, alphabet, 8, 40)].concat()
        }
        12 | 23 | 25 => {
            let v = uuid(r);
            if r.chance(20) { v.to_ascii_uppercase() } else { v }
        }
        24 => between(r, DIGITS, 24, 40),
        _ => between(r, ALNUM, 8, 14),
    }
}

fn of_length(r: &mut Random, alphabet: &[u8], lengths: &[usize]) -> Vec<u8> {
    let n = *r.pick(lengths);
    r.run(alphabet, n)
}

fn between(r: &mut Random, alphabet: &[u8], least: usize, most: usize) -> Vec<u8> {
    let n = r.between(least, most);
    r.run(alphabet, n)
}

/// Numbers and letters in parts, as chat services have them.
fn in_parts(r: &mut Random) -> Vec<u8> {
    let mut parts = vec![r.run(LOWER, 4)];
    for _ in 0..r.between(1, 3) {
        parts.push(between(r, DIGITS, 8, 13));
    }
    let alphabet = *r.pick(&[ALNUM, HEX]);
    parts.push(between(r, alphabet, 20, 36));
    if r.chance(50) {
        parts.remove(0);
    }
    let joint = *r.pick(b"--:._");
    parts.join(&joint)
}

/// Letters and digits with a few signs between them.
fn signed(r: &mut Random) -> Vec<u8> {
    let mut v = between(r, ALNUM, 16, 44);
    for _ in 0..r.between(1, 4) {
        let at = r.between(1, v.len() - 2);
        v[at] = *r.pick(b"-_.~:/+");
    }
    v
}

/// A token that names its service first.
fn prefixed(r: &mut Random, words: &[&str]) -> Vec<u8> {
    const KINDS: &[&str] =
        &["live", "test", "prod", "v1", "sk", "pk", "pat", "api", "key", "token", "secret", "us", "eu", "svc", "app"];
    let joint = *r.pick(b"___---.");
    let mut v = if r.chance(55) {
        r.pick(words).as_bytes().to_vec()
    } else {
        let n = r.between(2, 6);
        r.run(LOWER, n)
    };
    if r.chance(10) {
        v.make_ascii_uppercase();
    }
    v.push(joint);
    for _ in 0..r.below(3) {
        v.extend_from_slice(r.pick(KINDS).as_bytes());
        v.push(joint);
    }
    match r.below(6) {
        0 | 1 => {
            let n = r.between(16, 48);
            v.extend(r.run(ALNUM, n));
        }
        2 => {
            let n = *r.pick(&[32, 40, 64]);
            v.extend(r.run(HEX, n));
        }
        3 => {
            let n = r.between(16, 40);
            v.extend(r.run(LOWER_DIGITS, n));
        }
        4 => {
            let n = r.between(4, 16);
            v.extend(r.run(LOWER_DIGITS, n));
            v.push(*r.pick(b"_-."));
            let n = r.between(16, 40);
            v.extend(r.run(ALNUM, n));
        }
        _ => {
            let n = r.between(18, 40);
            let bytes: Vec<u8> = (0..n).map(|_| r.next() as u8).collect();
            v.extend(base64(&bytes, true));
        }
    }
    v
}

/// Short random letters, at times with digits behind.
pub fn letters(r: &mut Random) -> Vec<u8> {
    let n = r.between(4, 12);
    let mut v = r.run(LOWER, n);
    match r.below(10) {
        8 => {
            v.truncate(6);
            v.push(*r.pick(b"-_."));
            let n = r.between(2, 5);
            v.extend(r.run(DIGITS, n));
        }
        0 => {
            let n = r.between(1, 4);
            v.extend(r.run(DIGITS, n));
        }
        1 => v[0] = v[0].to_ascii_uppercase(),
        2 => {
            let n = r.between(6, 20);
            v = r.run(UPPER, n);
        }
        3 => {
            let at = r.between(1, v.len() - 2);
            v[at] = *r.pick(b"_-.");
        }
        4 => {
            v[0] = v[0].to_ascii_uppercase();
            let n = r.between(1, 4);
            v.extend(r.run(DIGITS, n));
            v.push(*r.pick(b"!@#$*."));
        }
        _ => {}
    }
    v
}

/// The value with every letter and digit replaced by another of its kind.
pub fn same_shape(r: &mut Random, value: &[u8]) -> Vec<u8> {
    value
        .iter()
        .map(|&b| match b {
            b'a'..=b'z' => *r.pick(LOWER),
            b'A'..=b'Z' => *r.pick(UPPER),
            b'0'..=b'9' => *r.pick(DIGITS),
            _ => b,
        })
        .collect()
}

/// A version 4 UUID.
pub fn uuid(r: &mut Random) -> Vec<u8> {
    let hex = if r.chance(15) { HEX_UPPER } else { HEX };
    [8, 4, 4, 4, 12].iter().map(|&n| r.run(hex, n)).collect::<Vec<_>>().join(&b'-')
}

/// A JWT of made-up claims and a random signature.
pub fn jwt(r: &mut Random) -> Vec<u8> {
    let algorithm = *r.pick(&["HS256", "RS256", "ES256"]);
    let sub = r.run(ALNUM, 12);
    let head = format!("{{\"alg\":\"{algorithm}\",\"typ\":\"JWT\"}}");
    let body =
        format!("{{\"sub\":\"{}\",\"iat\":{}}}", String::from_utf8_lossy(&sub), 4_000_000_000u64 + r.next() % 100_000);
    let signature: Vec<u8> = (0..32).map(|_| r.next() as u8).collect();
    let mut v = base64(head.as_bytes(), true);
    v.push(b'.');
    v.extend(base64(body.as_bytes(), true));
    v.push(b'.');
    v.extend(base64(&signature, true));
    v
}

/// Base64; `url` is the URL alphabet without padding.
pub fn base64(bytes: &[u8], url: bool) -> Vec<u8> {
    if url {
        data_encoding::BASE64URL_NOPAD.encode(bytes).into_bytes()
    } else {
        data_encoding::BASE64.encode(bytes).into_bytes()
    }
}
