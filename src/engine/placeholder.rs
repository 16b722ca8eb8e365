//! Placeholders of credentials: templates, references, masks, samples.

use crate::path::words::each_word;

/// Words of which placeholders are made. They count as whole words, and must cover most of the
/// value. Sorted.
#[rustfmt::skip]
const DUMMY: &[&str] = &[
    "a", "abc", "abcd", "access", "accesskey", "admin", "administrator", "an", "and", "another", "anything", "api",
    "apikey", "app", "application", "auth", "aws", "azure", "bad", "bar", "basic", "baz", "be", "bearer", "blah",
    "change", "changeit", "changeme", "client", "cookie", "correct", "cred", "credential", "credentials", "creds",
    "data", "database", "db", "default", "demo", "dummy", "empty", "encrypted", "enter", "env", "example", "expired",
    "fake", "false", "first", "fixme", "foo", "foobar", "for", "from", "generated", "github", "gitlab", "good",
    "google", "guest", "hash", "hello", "here", "hidden", "host", "hunter", "id", "ignored", "in", "incorrect",
    "insert", "invalid", "is", "jwt", "key", "keys", "letmein", "login", "long", "masked", "me", "mock", "must", "my",
    "myapikey", "mykey", "mypass", "mypassword", "mysecret", "mysql", "mytoken", "name", "new", "nil", "none", "not",
    "notused", "null", "oauth", "of", "old", "one", "optional", "or", "other", "our", "pass", "passphrase", "passw",
    "passwd", "password", "placeholder", "plain", "plaintext", "please", "postgres", "postgresql", "private",
    "privatekey", "public", "pw", "pwd", "qux", "qwerty", "random", "real", "redacted", "redis", "removed", "replace",
    "replaceme", "required", "root", "sample", "second", "secret", "secretkey", "secrets", "server", "service",
    "session", "should", "signature", "some", "something", "string", "super", "test", "tester", "testing", "tests",
    "text", "the", "this", "three", "to", "todo", "token", "tokens", "true", "two", "type", "undefined", "unused",
    "use", "user", "username", "value", "very", "welcome", "whatever", "with", "word", "world", "wrong", "xyz",
    "your", "yours",
];

/// The marks of a reference to a secret store.
const REFERENCES: &[&[u8]] = &[
    b"process.env",
    b"os.environ",
    b"getenv",
    b"import.meta.env",
    b"System.getProperty",
    b"vault:",
    b"op://",
    b"ssm:/",
    b"ENC[",
    b"ENC(",
    b"!vault",
    b"credentials(",
    b"lookup(",
    b"env(",
    b"env[",
    b"ENV[",
    b"file://",
    b"/run/secrets",
    b"/var/run/secrets",
    b"sops:",
    b"aws-ssm",
    b"gcp-sm",
];
/// The same, in one word.
const NAMED: &[&[u8]] = &[b"secretsmanager", b"keyvault", b"secretKeyRef"];
/// Members of something, in front of an identifier.
const MEMBERS: &[&[u8]] = &[
    b"secrets.",
    b"var.",
    b"local.",
    b"data.",
    b"module.",
    b"config.",
    b"this.",
    b"self.",
    b"params.",
    b"args.",
    b"options.",
    b"settings.",
    b"request.",
    b"req.",
    b"opts.",
    b"props.",
    b"$.",
];

/// Words that people take for a password itself, not only for its place. Sorted.
#[rustfmt::skip]
const CHOSEN: &[&str] = &[
    "admin", "administrator", "database", "db", "default", "github", "gitlab", "google", "guest", "hello", "hunter",
    "letmein", "login", "master", "me", "my", "mypass", "mypassword", "mysecret", "mysql", "old", "one", "oracle", "our", "pass",
    "passw", "passwd", "password", "postgres", "postgresql", "private", "pw", "pwd", "qwerty", "redis", "root", "secret",
    "secrets", "server", "service", "super", "test", "tester", "testing", "user", "very", "welcome", "world",
];

/// The value that `repair` puts in the place of a secret: of words, and never a secret itself.
pub const REMOVED: &[u8] = b"REMOVED-BY-SHIELD-HOOK";

/// Returns whether the value is a placeholder: a template of any language, a reference, a mask, a documented sample.
pub fn is_placeholder(value: &[u8]) -> bool {
    is_no_value(value) || is_sample_made(value)
}

/// Returns whether a value is made of the words that samples are made of, also in leet: `Passw0rd!`.
pub(super) fn is_sample_made(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    dummy(value) || in_letters(value).is_some_and(|letters| dummy(&letters))
}

/// A value with letters for the digits and signs that stand for them inside its words; none where there are none.
fn in_letters(value: &[u8]) -> Option<Vec<u8>> {
    const LEET: [(u8, u8); 8] = [
        (b'0', b'o'),
        (b'1', b'i'),
        (b'3', b'e'),
        (b'4', b'a'),
        (b'5', b's'),
        (b'7', b't'),
        (b'@', b'a'),
        (b'$', b's'),
    ];
    let is_letter = |at: usize| value.get(at).is_some_and(u8::is_ascii_alphabetic);
    let mut letters = value.to_vec();
    for (at, letter) in letters.iter_mut().enumerate().skip(1) {
        let stands_for = LEET.iter().find(|(sign, _)| sign == letter);
        if let Some((_, meant)) = stands_for.filter(|_| is_letter(at - 1) && is_letter(at + 1)) {
            *letter = *meant;
        }
    }
    (letters != value).then_some(letters)
}

/// Whether the form of a value is that of a placeholder, whatever its words are.
pub(super) fn is_no_value(value: &[u8]) -> bool {
    let v = value.trim_ascii();
    v.is_empty()
        || v == REMOVED
        || template(v)
        || reference(v)
        || mask(v)
        || sequence(v)
        || monotonous(v)
        || documented(v)
        || announced(v)
        || is_variable(v)
        || is_pattern(v)
        || is_lone_header(v)
}

/// Whether a value is made of the words that people choose for passwords, and something was added to them: `Welcome7`,
/// `myRoot35`. It fills forms and opens servers.
pub(super) fn is_chosen(value: &[u8]) -> bool {
    is_chosen_plainly(value, 0) || in_letters(value).is_some_and(|letters| is_chosen_plainly(&letters, 1))
}

fn is_chosen_plainly(value: &[u8], mut added: usize) -> bool {
    let (mut words, mut all) = (0, true);
    each_word(value, |word| {
        let digits = word.iter().filter(|b| b.is_ascii_digit()).count();
        let head = &word[..word.len() - word.iter().rev().take_while(|b| b.is_ascii_digit()).count()];
        added += digits;
        if !head.is_empty() {
            words += 1;
            all &= is_listed(CHOSEN, head);
        }
    });
    let signs = value.iter().filter(|b| b.is_ascii_punctuation() && !matches!(b, b'-' | b'_' | b'.')).count();
    words > 0 && all && added + signs > 0
}

/// `DBPASSWORD`, in capitals: the name of the value to insert.
fn is_variable(v: &[u8]) -> bool {
    const ENDS: [&[u8]; 8] =
        [b"PASSWORD", b"PASSWD", b"PASSPHRASE", b"SECRET", b"TOKEN", b"APIKEY", b"SECRETKEY", b"ACCESSKEY"];
    v.len() <= 32 && v.iter().all(|b| b.is_ascii_uppercase() || *b == b'_') && ENDS.iter().any(|end| v.ends_with(end))
}

/// `(.*)`, `[^@]+`: a regex for a password.
fn is_pattern(v: &[u8]) -> bool {
    const MARKS: [&[u8]; 9] = [b".*)", b"(.*", b".+)", b"(.+", b"[^", b"(?:", b"(?P<", b"]+)", b"\\S+"];
    v.iter().any(|b| matches!(b, b'(' | b'[' | b'\\')) && MARKS.iter().any(|mark| contains(v, mark))
}

/// The header of a JWT, which names the signature's algorithm, and behind it nothing, or no claims: the token is missing.
fn is_lone_header(v: &[u8]) -> bool {
    if !v.starts_with(b"eyJ") || v.len() > 300 {
        return false;
    }
    let mut parts = v.trim_ascii_end().splitn(3, |b| *b == b'.');
    let is_header = |part: &[u8]| {
        data_encoding::BASE64URL_NOPAD
            .decode(part)
            .is_ok_and(|json| json.ends_with(b"}") && contains(&json, b"\"alg\"") && !contains(&json, b"\"enc\""))
    };
    // `{"`, `{ ` and `{` with a line break in base64: claims, or the beginning of them.
    let are_claims = |part: &[u8]| part.starts_with(b"ey") || part.starts_with(b"ew");
    parts.next().is_some_and(is_header) && !parts.next().is_some_and(are_claims)
}

/// Values are short, and a searcher of substrings takes longer to make than to run.
fn contains(v: &[u8], what: &[u8]) -> bool {
    what.split_first()
        .is_none_or(|(first, rest)| memchr::memchr_iter(*first, v).any(|at| v[at + 1..].starts_with(rest)))
}

fn identifier(v: &[u8]) -> bool {
    !v.is_empty() && v.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':'))
}

fn template(v: &[u8]) -> bool {
    if !v.iter().any(|b| matches!(b, b'$' | b'{' | b'<' | b'%' | b'#' | b'@' | b'[' | b'(' | b'_' | b':')) {
        return false;
    }
    for open in [&b"${"[..], b"{{", b"<%", b"$(", b"%(", b"#{", b"%{", b"@{", b"{%", b"[["] {
        if contains(v, open) && (v.iter().any(|b| matches!(b, b'}' | b')' | b'>' | b']')) || v.starts_with(open)) {
            return true;
        }
    }
    let first = v[0];
    let last = v[v.len() - 1];
    let inner = &v[1..v.len().max(2) - 1];
    match (first, last) {
        // But for a list of numbers: the bytes of a key.
        (b'[', b']') => return !inner.iter().all(|b| b.is_ascii_digit() || matches!(b, b',' | b' ')),
        (b'<', b'>') | (b'{', b'}') | (b'%', b'%') | (b'(', b')') => return true,
        (b'@', b'@') if identifier(inner) => return true,
        (b'_', b'_') if is_name(inner) => return true,
        _ => {}
    }
    if first == b'$' && v.len() > 1 && (v[1].is_ascii_alphabetic() || v[1] == b'_') && identifier(&v[1..]) {
        // `$NAME` and `$name`, not `$ecret99!`
        let name = &v[1..];
        return !name.iter().any(|b| b.is_ascii_digit())
            || name.contains(&b'_')
            || name.iter().all(|b| !b.is_ascii_lowercase());
    }
    if first == b':' && identifier(&v[1..]) && !v.iter().any(|b| b.is_ascii_digit()) {
        return true;
    }
    if first == b'<' && memchr::memchr(b'>', v).is_some() {
        return true;
    }
    // `{0}`, `{name}` inside; `%s`, `%d`, `%v` as a good part of it.
    if let Some(open) = memchr::memchr(b'{', v)
        && let Some(close) = memchr::memchr(b'}', &v[open..])
        && close < 32
        && (close == 1 || identifier(&v[open + 1..open + close]))
    {
        return true;
    }
    if let Some(p) = memchr::memchr(b'%', v)
        && v.get(p + 1).is_some_and(|b| matches!(b, b's' | b'd' | b'v' | b'q' | b'@' | b'x' | b'i'))
        && v.get(p + 2).is_none_or(|b| !b.is_ascii_hexdigit() && !b.is_ascii_alphanumeric())
        && v.len() < 16
    {
        return true;
    }
    false
}

fn reference(v: &[u8]) -> bool {
    let marked = v.iter().any(|b| matches!(b, b'.' | b':' | b'(' | b'[' | b'/' | b'-' | b'!'));
    NAMED.iter().any(|r| contains(v, r))
        || marked
            && (MEMBERS
                .iter()
                .any(|r| v.starts_with(r) && identifier(v) && !v[r.len()..].iter().any(u8::is_ascii_digit))
                || REFERENCES.iter().any(|r| contains(v, r)))
}

/// A name as code writes it between underscores: one case, few digits. A random token may begin and end with one, too.
fn is_name(v: &[u8]) -> bool {
    let count = |is: fn(&u8) -> bool| v.iter().filter(|b| is(b)).count();
    let one_case = count(u8::is_ascii_lowercase) == 0 || count(u8::is_ascii_uppercase) == 0;
    identifier(v) && one_case && count(u8::is_ascii_digit) * 8 <= v.len()
}

/// Three dots that replace a part of a value: at an end, or between parts too short to be a full credential. In a long
/// token whose alphabet has dots, three in a row occur by chance as well.
fn elided(v: &[u8]) -> bool {
    const WHOLE: usize = 20;
    let Some(at) = memchr::memmem::find(v, b"...") else { return false };
    let after = v[at..].iter().position(|&b| b != b'.').map_or(0, |dots| v.len() - at - dots);
    at == 0 || after == 0 || at.max(after) < WHOLE
}

/// `********`, `xxxxxxxx`, `......`, `abc...`, `sk-xxxx`.
fn mask(v: &[u8]) -> bool {
    if elided(v) || contains(v, "…".as_bytes()) || contains(v, b"****") || contains(v, "•".as_bytes()) {
        return true;
    }
    let mut longest = 1;
    let mut run = 1;
    for w in v.windows(2) {
        // Not an indentation inside a key of several lines.
        let same = w[0].eq_ignore_ascii_case(&w[1]) && !w[1].is_ascii_whitespace();
        run = if same { run + 1 } else { 1 };
        longest = longest.max(run);
    }
    longest * 2 >= v.len() || longest >= 6 && (longest >= 8 || longest * 3 >= v.len())
}

/// Counting, the alphabet, rows of the keyboard, a short pattern over and over.
fn sequence(v: &[u8]) -> bool {
    let steps = v.windows(2).filter(|w| {
        let (a, b) = (w[0].to_ascii_lowercase(), w[1].to_ascii_lowercase());
        a == b
            || b == a.wrapping_add(1)
            || a == b.wrapping_add(1)
            || matches!((a, b), (b'9', b'0') | (b'9', b'a') | (b'0', b'9'))
    });
    if steps.count() * 4 >= (v.len() - 1) * 3 {
        return true;
    }
    for row in [&b"qwertyuiop"[..], b"asdfghjkl", b"zxcvbnm", b"1q2w3e4r5t6y", b"1qaz2wsx3edc"] {
        let common = v.len().min(row.len());
        if v.len() <= row.len() + 3 && common >= 6 && v[..common].eq_ignore_ascii_case(&row[..common]) {
            return true;
        }
    }
    (1..=8.min(v.len() / 2)).any(|p| {
        let same = v.iter().zip(&v[p..]).filter(|(a, b)| a == b).count();
        v.len() >= 3 * p && same == v.len() - p || v.len() >= 16 && p <= 8 && same * 10 >= (v.len() - p) * 9
    })
}

fn is_dummy(word: &[u8]) -> bool {
    is_listed(DUMMY, word)
}

fn is_listed(list: &[&str], word: &[u8]) -> bool {
    let mut buffer = [0u8; 16];
    let Some(lower) = buffer.get_mut(..word.len()) else { return false };
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    list.binary_search_by(|d| d.as_bytes().cmp(lower)).is_ok()
}

/// Words of placeholders, as whole words, over most of the value.
fn dummy(v: &[u8]) -> bool {
    if v.len() > 80 {
        return false;
    }
    let mut covered = 0;
    let mut letters = 0;
    let mut digits = 0;
    let mut strong = false;
    each_word(v, |word| {
        let stem = word.len() - word.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        let head = &word[..stem];
        digits += word.len() - stem;
        letters += stem;
        if is_dummy(head) || head.iter().all(|b| matches!(b, b'x' | b'X')) && stem > 2 {
            covered += stem;
            strong |= stem > 3;
        }
    });
    if letters == 0 || meets_policy(v) {
        return false;
    }
    let marks = v.len() - letters - digits;
    // `password123`, `my-secret-token`, `test_1`; not `Secret!2019#prod`.
    covered == letters
        && digits <= 4
        && marks <= 1 + v.iter().filter(|b| matches!(b, b'-' | b'_' | b' ' | b'.' | b':')).count()
        || strong && covered * 4 >= letters * 3 && digits <= 2
}

/// `Admin2024!`: a capital, digits and a sign, in the order in which people meet the policy that asks for them. A sample
/// has no need to.
fn meets_policy(v: &[u8]) -> bool {
    let signs = v
        .iter()
        .rev()
        .take_while(|b| matches!(b, b'!' | b'?' | b'@' | b'#' | b'$' | b'%' | b'&' | b'*' | b'+'))
        .count();
    let rest = &v[..v.len() - signs];
    let digits = rest.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let word = &rest[..rest.len() - digits];
    matches!(signs, 1 | 2)
        && (1..=4).contains(&digits)
        && word.len() >= 4
        && word[0].is_ascii_uppercase()
        && word[1..].iter().all(u8::is_ascii_lowercase)
}

/// Samples that documentation marks as such: their last word is EXAMPLE, SAMPLE or the like.
fn documented(v: &[u8]) -> bool {
    for mark in [
        &b"EXAMPLE"[..],
        b"EXAMPLEKEY",
        b"SAMPLE",
        b"FAKE",
        b"DUMMY",
        b"PLACEHOLDER",
        b"REDACTED",
        b"CHANGEME",
        b"YOUR_",
        b"NOTREAL",
        b"INVALID",
    ] {
        if v.ends_with(mark) || v.starts_with(mark) {
            return true;
        }
    }
    false
}

/// Two thirds of it or more is one byte repeated, or counting up or down.
fn monotonous(value: &[u8]) -> bool {
    let (mut covered, mut run, mut step) = (0, 1, 0);
    for pair in value.windows(2) {
        let next = i16::from(pair[1]) - i16::from(pair[0]);
        if next == step && step.abs() <= 1 {
            run += 1;
        } else {
            if run >= 4 {
                covered += run;
            }
            (run, step) = (if next.abs() <= 1 { 2 } else { 1 }, next);
        }
    }
    if run >= 4 {
        covered += run;
    }
    covered * 3 >= value.len() * 2 && value.len() >= 4
}

/// Words that announce a sample. They must be apart from letters, and cover a share of the value.
const ANNOUNCED: &[&[u8]] =
    &[b"example", b"placeholder", b"changeme", b"redacted", b"dummy", b"sample", b"your", b"fake", b"xxxx", b"insert"];

fn announced(value: &[u8]) -> bool {
    let lower = value.to_ascii_lowercase();
    ANNOUNCED.iter().any(|word| {
        word.len() * 6 >= value.len()
            && memchr::memmem::find_iter(&lower, word).any(|at| {
                let before = at == 0 || !lower[at - 1].is_ascii_alphabetic();
                let after = lower.get(at + word.len()).is_none_or(|b| !b.is_ascii_alphabetic());
                before && after
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_told_from_values() {
        for value in ["xxxxxxxxxxxxxxxx", "${TOKEN}", "<your-token>", "0123456789abcdef", "key_EXAMPLE_1", "AAAAAAAA"] {
            assert!(is_placeholder(value.as_bytes()), "{value}");
        }
        for value in ["k9Zq27LmPw", "the-exampled-9fK2mQ", "Harbor77!"] {
            assert!(!is_placeholder(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn a_password_that_meets_a_policy_is_one() {
        for value in ["Admin2024!", "Cookie523?", "Welcome1!", "Service12!!"] {
            assert!(!is_placeholder(value.as_bytes()), "{value}");
        }
        for value in
            ["password123", "changeme1", "Changeme1!", "test1234", "admin", "Secret", "Admin2024", "admin1!", "TEST1!"]
        {
            assert!(is_placeholder(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn a_word_inside_a_long_value_does_not_hide_it() {
        let value = format!("{}-example-{}", "k9Zq27LmPwR4".repeat(3), "b7Xc1VnT".repeat(2));
        assert!(!is_placeholder(value.as_bytes()));
    }

    #[test]
    fn what_chance_puts_into_a_random_token_makes_it_no_placeholder() {
        let part = "k9Zq27LmPwR4b7Xc1VnT8y3H";
        let indented = format!("{part}\n            {part}");
        assert!(!is_placeholder(indented.as_bytes()));
        for value in [format!("_{part}_"), format!("{part}...{part}"), format!("k9.{part}...7")] {
            assert!(!is_placeholder(value.as_bytes()), "{value}");
        }
        for value in ["__DB_PASSWORD__", "_token_2_", "k9Zq27...8y3H", "k9Zq27LmPwR4b7Xc...", "...LmPwR4b7Xc1VnT"] {
            assert!(is_placeholder(value.as_bytes()), "{value}");
        }
    }
}
