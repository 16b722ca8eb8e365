//! Keys of records: identifiers that a program gives to its rows, and looks them up by.

use super::candidate::{Candidate, Form, line_end, line_start};
use super::name::{self, Kind};

/// Callees of queries, in lower case: their arguments are a column and a value of it.
const QUERIES: [&[u8]; 8] =
    [b"where", b"wherein", b"orwhere", b"andwhere", b"wherenotin", b"firstwhere", b"find_by", b"findby"];
/// How far from a key its neighbours are sought, in bytes.
const REACH: usize = 4096;
/// So many other keys around it that hold a UUID as well make it one of many records.
const LEAST: usize = 2;
/// Directories whose files fill a database.
const DIRECTORIES: [&[u8]; 6] = [b"migrations", b"migrate", b"seeders", b"seeds", b"seed", b"changelogs"];

/// Returns whether a value is the key of a record: a condition of a query, a column of a migration, or a field beside the
/// record's id and name. Passwords, tokens and secrets are none, whatever a query does with them.
pub(super) fn is_one(text: &[u8], path: &[u8], c: &Candidate) -> bool {
    let Some(name) = c.name.clone() else { return false };
    if name::read(&text[name.clone()]).kind != Kind::Key {
        return false;
    }
    let line = line_start(text, name.start)..line_end(text, c.value.end);
    if matches!(c.form, Form::Argument) && is_query(&text[line.start..name.start]) {
        return true;
    }
    let last = text[name].rsplit(|b| !b.is_ascii_alphanumeric() && *b != b'_').next().unwrap_or_default();
    let in_migration = || path.split(|b| *b == b'/').any(|part| DIRECTORIES.contains(&part));
    last == b"key" && (in_migration() || is_of_record(&text[line]) || is_of_element(text, c) || is_one_of_many(text, c))
}

/// Returns whether a value is a UUID, and keys around it hold others: elements of a page, rows of an export.
fn is_one_of_many(text: &[u8], c: &Candidate) -> bool {
    if !is_uuid(&text[c.value.clone()]) {
        return false;
    }
    let around = &text[c.value.start.saturating_sub(REACH)..text.len().min(c.value.end + REACH)];
    if memchr::memmem::find(around, b"\"@type\"").is_some() {
        // JSON-LD: the identity of a thing.
        return true;
    }
    let mut others = memchr::memmem::find_iter(around, b"key").filter(|at| {
        let is_begun =
            at.checked_sub(1).is_none_or(|before| !around[before].is_ascii_alphanumeric() && around[before] != b'_');
        let rest = &around[at + b"key".len()..];
        // `"key":"..."`, also with the escapes of a string around it.
        let sign = |b: &&u8| matches!(b, b'"' | b'\'' | b'\\' | b':' | b'=' | b'>' | b' ');
        let signs = rest.iter().take(8).take_while(sign).count();
        let value = rest.get(signs..signs + UUID).unwrap_or_default();
        is_begun && signs > 0 && is_uuid(value) && value != &text[c.value.clone()]
    });
    others.nth(LEAST - 1).is_some()
}

/// The length of a UUID with its dashes.
const UUID: usize = 36;

fn is_uuid(value: &[u8]) -> bool {
    value.len() == UUID
        && value.iter().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// Attributes with which the shapes of drawings begin.
const SHAPES: [&[u8]; 10] = [b"d:", b"cx:", b"cy:", b"x:", b"y:", b"x1:", b"x2:", b"points:", b"width:", b"height:"];

/// Returns whether a short value is the key of an element in a drawing, as icon libraries generate it:
/// `["path", {d: "m5 12 7-7 7 7", key: "..."}]`.
fn is_of_element(text: &[u8], c: &Candidate) -> bool {
    const LONGEST: usize = 8;
    const OBJECT: usize = 4096;
    let value = &text[c.value.clone()];
    let Some(name) = c.name.clone().filter(|name| &text[name.clone()] == b"key" && c.form == Form::Colon) else {
        return false;
    };
    let is_short = value.len() <= LONGEST && value.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let before = &text[name.start.saturating_sub(OBJECT)..name.start];
    is_short
        && memchr::memrchr2(b'{', b'}', before).is_some_and(|open| {
            let inside = before[open + 1..].trim_ascii_start();
            before[open] == b'{' && SHAPES.iter().any(|shape| inside.starts_with(shape))
        })
}

/// Returns whether the text before a name ends in the call of a query: `->where('`, `.find_by(`.
fn is_query(before: &[u8]) -> bool {
    let Some(open) = before.iter().rposition(|b| *b == b'(') else { return false };
    let start = before[..open].iter().rposition(|b| !b.is_ascii_alphanumeric() && *b != b'_').map_or(0, |at| at + 1);
    QUERIES.iter().any(|query| before[start..open].eq_ignore_ascii_case(query))
}

/// Returns whether a line is a literal record with a number for its id, and a name.
fn is_of_record(line: &[u8]) -> bool {
    let field = |name: &[u8]| {
        let at = [b'"', b'\''].iter().find_map(|quote| {
            let quoted = [&[*quote], name, &[*quote]].concat();
            memchr::memmem::find(line, &quoted).map(|at| at + quoted.len())
        })?;
        let rest = line[at..].trim_ascii_start();
        rest.strip_prefix(b"=>").or(rest.strip_prefix(b":")).map(<[u8]>::trim_ascii_start)
    };
    field(b"id").is_some_and(|value| value.first().is_some_and(u8::is_ascii_digit)) && field(b"name").is_some()
}
