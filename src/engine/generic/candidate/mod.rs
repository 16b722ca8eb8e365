//! Candidates for generic secrets: a hand-written parser of the bytes beside a keyword.
//!
//! Most keyword hits in source code are identifiers, prose and types. They must cost a few nanoseconds, so the parser
//! goes forward only as far as the evidence holds: rest of the name, an operator, a value, its length and its end.

mod expression;
mod keyed;
mod operator;
mod prefix;
mod special;
mod text;
mod value;

use std::ops::Range;

use text::{at, is_name, is_quote, starts};
pub(crate) use text::{line_end, line_start};

/// The syntax that joins name and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `name = value`, also `:=` and `?=`.
    Assignment,
    /// `name: value`: YAML, JSON, object literals, headers.
    Colon,
    /// `name => value`.
    Arrow,
    /// `name == value`, `name != value`.
    Comparison,
    /// `f("name", "value")`.
    Argument,
    /// `name("value")`.
    Call,
    /// `--name value`, `name value`.
    Space,
    /// `<name>value</name>`.
    Xml,
    /// `name="password" value="..."`, in XML, JSON or YAML.
    Pair,
    /// `scheme://user:value@host`.
    Url,
    /// A run that looks random, with no name at all.
    Bare,
    /// A user and a password that belong together by their place: `Credential("user", "value")`, `-u user -p value`.
    Login,
    /// An argument that the callee marks as a secret: `createHmac("sha256", "value")`.
    Keyed,
}

impl Form {
    /// Returns whether the form alone makes the value a secret, whatever its name.
    pub fn speaks(self) -> bool {
        matches!(self, Self::Url | Self::Login | Self::Keyed)
    }

    /// The word that `explain` prints.
    pub fn name(self) -> &'static str {
        match self {
            Self::Assignment => "assignment",
            Self::Colon => "colon",
            Self::Arrow => "arrow",
            Self::Comparison => "comparison",
            Self::Argument => "argument",
            Self::Call => "call",
            Self::Space => "space",
            Self::Xml => "xml",
            Self::Pair => "pair",
            Self::Url => "url",
            Self::Bare => "bare",
            Self::Login => "login",
            Self::Keyed => "keyed",
        }
    }
}

/// A value that may be a generic secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The name of the credential.
    pub name: Option<Range<usize>>,
    /// The value, without its quotes.
    pub value: Range<usize>,
    /// The syntax that joins the two.
    pub form: Form,
    /// The quote of the value, or 0.
    pub quote: u8,
    /// The function or constructor that takes the value: `base64.b64encode` of `base64.b64encode("...")`.
    pub wrapper: Option<Range<usize>>,
    /// The value follows `Bearer`, `Basic` or the like.
    pub scheme: bool,
}

impl Candidate {
    /// A value without a name, a callee and a scheme.
    fn of(value: Range<usize>, form: Form, quote: u8) -> Self {
        Self { name: None, value, form, quote, wrapper: None, scheme: false }
    }
}

/// The keywords of the prefilter: lower-case, three bytes or more.
pub const KEYWORDS: &[&str] = &[
    "pass",
    "pwd",
    "pswd",
    "psw",
    "secret",
    "token",
    "key",
    "auth",
    "cred",
    "bearer",
    "private",
    "salt",
    "seed",
    "mnemonic",
    "cookie",
    "session",
    "signature",
    "nonce",
    "webhook",
    "dsn",
    "identified by",
    "contrasena",
    "senha",
    "motdepasse",
    "passwort",
    "kennwort",
    "wachtwoord",
    "adgangskode",
    "losenord",
    "salasana",
    "clave",
    "parola",
    "haslo",
    "heslo",
    "jelszo",
    "lozinka",
    "sifre",
    "://",
    "_pw",
    "-pw",
    "userpw",
    // Two letters are no keyword by themselves, only with the operator of an assignment.
    "pw=",
    "pw =",
    "pw:",
    "pw\"",
    "pw'",
    "_pat=",
    "_pat =",
    "_pat:",
    "_pat\"",
    "_pat'",
    "sid",
    "accesscode",
    "pincode",
    "jwt",
    "hmac",
    "curl ",
    " -p ",
    "signwith",
    "simple_bind",
    "totp",
];

/// The longest name that is read, in bytes.
const NAME: usize = 64;

/// The longest value, in bytes: a private key in one JSON string is shorter.
const LONGEST: usize = 4096;

/// The candidate that belongs to the keyword at `hit`, if a name, an operator and a value follow.
///
/// Never looks at more than a few hundred bytes but for the value itself.
pub fn candidate_at(text: &[u8], hit: usize) -> Option<Candidate> {
    if text.get(hit..hit + 3) == Some(b"://") {
        return special::url(text, hit);
    }
    if let Some(found) = special::bearer(text, hit) {
        return Some(found);
    }
    if starts(text, hit, b"curl ") {
        return special::curl(text, hit);
    }
    if starts(text, hit, b" -p ") {
        return special::flags(text, hit);
    }
    let limit = text.len().min(hit + NAME);
    let mut end = hit;
    if starts(text, hit, b"identified by") {
        end = hit + 13;
    }
    while end < limit && is_name(text[end]) {
        end += 1;
    }
    if end == hit || end == hit + NAME {
        return None;
    }
    // A name does not end in a separator: `token...`, `key--`.
    while end > hit && matches!(text[end - 1], b'.' | b'-' | b'$') {
        end -= 1;
    }
    // The cheapest dismissal: the byte behind the name decides nine hits in ten.
    if !may_be_operator(text, end) {
        return keyed::compared(text, name_start(text, hit)..end);
    }
    let next = at(text, end);
    if matches!(next, b'(' | b' ')
        && let Some(found) = special::login(text, hit, end).or_else(|| keyed::argument(text, hit..end))
    {
        return Some(found);
    }
    let name = name_start(text, hit)..end;
    if let Some((name, at)) = keyed::compares(text, &name) {
        let operator = operator::Operator { form: Form::Comparison, at };
        let found = value::value(text, &name, operator)?;
        return Some(Candidate { name: Some(name), ..found });
    }
    let Some(mut candidate) = behind(text, &name) else { return keyed::compared(text, name) };
    // `CREATE USER app IDENTIFIED BY 'x'`: a password by its place.
    if starts(text, hit, b"identified by") {
        candidate.form = Form::Login;
    }
    candidate.name = Some(name);
    Some(candidate)
}

/// The value behind a name.
fn behind(text: &[u8], name: &Range<usize>) -> Option<Candidate> {
    let operator = operator::operator(text, name)?;
    let is_argument = operator.form == Form::Argument;
    let found = value::value(text, name, operator)?;
    (!is_argument || !operator::in_list(text, name.start, &found.value)).then_some(found)
}

/// Returns whether the byte at `end`, behind a name, may begin an operator.
fn may_be_operator(text: &[u8], end: usize) -> bool {
    match at(text, end) {
        b' ' | b'\t' | b'=' | b':' | b'"' | b'\'' | b'`' | b'\\' | b'(' | b'>' | b']' | b'[' | b'&' | b'!' | b'?'
        | b'|' | b'<' | b'\n' | b'\r' => true,
        b',' => at(text, end + 1) == b' ' && is_quote(at(text, end + 2)),
        _ => false,
    }
}

/// The start of the name that holds the keyword at `hit`.
fn name_start(text: &[u8], hit: usize) -> usize {
    let floor = hit.saturating_sub(NAME);
    let mut start = hit;
    while start > floor && is_name(text[start - 1]) {
        start -= 1;
    }
    while start < hit && matches!(text[start], b'.' | b'-' | b'$') {
        start += 1;
    }
    start
}

/// Every candidate of a text, each value once, in order, as the engine finds them with its own prefilter: for tests and
/// for the training program.
pub fn candidates(text: &[u8]) -> Vec<Candidate> {
    static AUTOMATON: std::sync::OnceLock<Option<aho_corasick::AhoCorasick>> = std::sync::OnceLock::new();
    let automaton = AUTOMATON
        .get_or_init(|| aho_corasick::AhoCorasickBuilder::new().ascii_case_insensitive(true).build(KEYWORDS).ok());
    let Some(automaton) = automaton else { return Vec::new() };
    let mut out: Vec<Candidate> =
        automaton.find_overlapping_iter(text).filter_map(|m| candidate_at(text, m.start())).collect();
    // Of two names for one value the nearer one counts.
    out.sort_by_key(|c| (c.value.start, c.value.end, std::cmp::Reverse(c.name.as_ref().map(|n| n.start))));
    out.dedup_by_key(|c| c.value.start);
    out
}
