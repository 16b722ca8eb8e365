//! The host that a login is for, read from the lines around a password.

use std::ops::Range;

use super::candidate::{Candidate, Form, line_end, line_start};
use super::comment::is_comment;
use crate::path::words::each_word;

/// The host beside a password, from the weakest evidence to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Host {
    /// No host is named, or one that only its network knows: `db`.
    Unknown,
    /// A name or an address that documents reserve.
    Example,
    /// The developer's own machine.
    Local,
    /// An address, or a name of a private network, a cloud or the public internet.
    Remote,
}

/// The login that a password belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// The host it is for.
    pub host: Host,
    /// A user is named beside it.
    pub has_user: bool,
}

/// The most lines of a record that are read to each side of a password.
const LINES: usize = 8;
/// The most bytes of a record that are read to each side of a password.
const REACH: usize = 1536;

/// Reads the login that a candidate belongs to. Comments name other logins, but for a password in a comment.
pub(super) fn target(text: &[u8], c: &Candidate) -> Target {
    let mut target = Target { host: Host::Unknown, has_user: matches!(c.form, Form::Url | Form::Login) };
    let own = line_start(text, c.value.start)..line_end(text, c.value.end);
    let in_comment = is_comment(&text[own.clone()]);
    let record = record(text, &c.value);
    let mut start = record.start;
    while start < record.end {
        let end = line_end(text, start).min(record.end);
        if in_comment || own.contains(&start) || !is_comment(&text[start..end]) {
            target.read(text, start..end, c);
        }
        start = end + 1;
    }
    target
}

impl Target {
    /// Reads one line.
    fn read(&mut self, text: &[u8], line: Range<usize>, c: &Candidate) {
        let own = c.name.clone().unwrap_or(c.value.clone());
        let mut at = line.start;
        while at < line.end {
            let run = run(text, at, line.end);
            if run.is_empty() {
                at += 1;
                continue;
            }
            at = run.end;
            if run.start >= c.value.end || run.end <= c.value.start {
                self.host = self.host.max(host(text, &run));
                self.has_user |= !own.contains(&run.start) && names_user(&text[run]);
            }
        }
    }
}

/// The lines around a value up to the next blank one: a section of a file, the arguments of a call, a service.
fn record(text: &[u8], value: &Range<usize>) -> Range<usize> {
    let (mut start, mut end) = (line_start(text, value.start), line_end(text, value.end));
    let (floor, ceiling) = (value.start.saturating_sub(REACH), text.len().min(value.end + REACH));
    for _ in 0..LINES {
        let Some(break_) = start.checked_sub(1).filter(|_| start > floor) else { break };
        let above = line_start(text, break_);
        if text[above..break_].trim_ascii().is_empty() {
            break;
        }
        start = above;
    }
    for _ in 0..LINES {
        if end >= ceiling {
            break;
        }
        let below = line_end(text, end + 1);
        if text[end + 1..below].trim_ascii().is_empty() {
            break;
        }
        end = below;
    }
    start.max(floor)..end.min(ceiling)
}

/// The run of characters of host names and of names that begins at `at`.
fn run(text: &[u8], at: usize, end: usize) -> Range<usize> {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    let length = text[at..end].iter().take_while(|b| is_part(b)).count();
    let trimmed = text[at..at + length].iter().rposition(|b| b.is_ascii_alphanumeric()).map_or(0, |last| last + 1);
    at..at + trimmed.max(usize::from(length > 0))
}

/// The kind of host that a run names, if it names one.
fn host(text: &[u8], run: &Range<usize>) -> Host {
    const LOCAL: [&[u8]; 3] = [b"localhost", b"host.docker.internal", b"docker.for.mac.localhost"];
    let name = &text[run.clone()];
    if LOCAL.iter().any(|local| name.eq_ignore_ascii_case(local)) {
        return Host::Local;
    }
    if let Some(octets) = octets(name) {
        return of_address(octets);
    }
    let Some(zone) = zone(name) else { return Host::Unknown };
    if is_reserved(name) {
        return Host::Example;
    }
    if ends_in(name, PRIVATE) || ends_in(name, CLOUDS) {
        return Host::Remote;
    }
    let is_zone = zone.len() == 2 || PUBLIC.iter().any(|public| zone.eq_ignore_ascii_case(public));
    if is_zone && is_address(text, run) { Host::Remote } else { Host::Unknown }
}

/// The four numbers of an IPv4 address.
fn octets(name: &[u8]) -> Option<[u8; 4]> {
    std::str::from_utf8(name).ok()?.parse::<std::net::Ipv4Addr>().ok().map(|address| address.octets())
}

fn of_address(octets: [u8; 4]) -> Host {
    match octets {
        [127, ..] | [0, ..] | [255, ..] => Host::Local,
        // RFC 5737, and the addresses that Docker gives.
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [1, 2, 3, 4] => Host::Example,
        [172, 17, ..] => Host::Local,
        _ => Host::Remote,
    }
}

/// The last label of a name that has several, none of them empty.
fn zone(name: &[u8]) -> Option<&[u8]> {
    let dot = memchr::memrchr(b'.', name)?;
    let mut labels = name.split(|b| *b == b'.');
    let zone = &name[dot + 1..];
    (zone.len() >= 2 && zone.iter().all(u8::is_ascii_alphabetic) && labels.all(|label| !label.is_empty()))
        .then_some(zone)
}

/// Names that nobody owns, RFC 2606's and those that documents use as such.
fn is_reserved(name: &[u8]) -> bool {
    const WORDS: [&[u8]; 10] = [
        b"example",
        b"test",
        b"invalid",
        b"localhost",
        b"sample",
        b"dummy",
        b"yourdomain",
        b"mydomain",
        b"domain",
        b"foo",
    ];
    let mut labels = name.split(|b| *b == b'.');
    labels.any(|label| WORDS.iter().any(|word| label.eq_ignore_ascii_case(word)) || label.starts_with(b"your"))
}

/// Ends of names that only a private network resolves.
const PRIVATE: &[&[u8]] = &[b"internal", b"corp", b"lan", b"intranet", b"intra"];

/// Ends of names that clouds give to databases, brokers and machines.
const CLOUDS: &[&[u8]] = &[
    b"amazonaws.com",
    b"windows.net",
    b"azure.com",
    b"azure.net",
    b"mongodb.net",
    b"aliyuncs.com",
    b"myqcloud.com",
    b"tencentcdb.com",
    b"myhuaweicloud.com",
    b"aivencloud.com",
    b"ondigitalocean.com",
    b"supabase.co",
    b"neon.tech",
    b"planetscale.com",
    b"psdb.cloud",
    b"redislabs.com",
    b"redis-cloud.com",
    b"upstash.io",
    b"elephantsql.com",
    b"cloudamqp.com",
    b"rds.ibmcloud.com",
    b"databases.appdomain.cloud",
    b"oraclecloud.com",
    b"clickhouse.cloud",
    b"elastic-cloud.com",
    b"confluent.cloud",
    b"snowflakecomputing.com",
    b"cockroachlabs.cloud",
    b"timescaledb.io",
    b"scw.cloud",
    b"ovh.net",
    b"your-server.de",
];

/// Zones of the public internet that are no country's.
const PUBLIC: &[&[u8]] = &[
    b"com",
    b"net",
    b"org",
    b"info",
    b"biz",
    b"cloud",
    b"dev",
    b"app",
    b"xyz",
    b"top",
    b"tech",
    b"online",
    b"site",
    b"vip",
    b"club",
    b"shop",
    b"store",
    b"pro",
    b"name",
    b"host",
    b"world",
    b"work",
    b"link",
    b"life",
    b"live",
    b"space",
    b"website",
    b"systems",
    b"network",
    b"services",
    b"company",
    b"page",
    b"run",
    b"team",
    b"zone",
    b"group",
    b"media",
    b"edu",
    b"gov",
    b"mil",
    b"int",
];

fn ends_in(name: &[u8], ends: &[&[u8]]) -> bool {
    ends.iter().any(|end| {
        name.len() > end.len() + 1
            && name[name.len() - end.len()..].eq_ignore_ascii_case(end)
            && name[name.len() - end.len() - 1] == b'.'
    })
}

/// Schemes of pages, which are written beside passwords for many reasons.
const PAGES: [&[u8]; 2] = [b"http", b"https"];

/// Returns whether the run is in the position of a host: behind the scheme of a database or a broker, a user, or the name of a host.
fn is_address(text: &[u8], run: &Range<usize>) -> bool {
    let before = &text[line_start(text, run.start)..run.start];
    if let Some(before) = before.strip_suffix(b"@") {
        // `user@host` in a connection string; not an address for mail, which is a user.
        return memchr::memmem::find(before, b"://").is_some();
    }
    let (before, scheme) = match before.strip_suffix(b"://") {
        Some(rest) => {
            let scheme = rest.iter().rev().take_while(|b| b.is_ascii_alphanumeric()).count();
            (&rest[..rest.len() - scheme], &rest[rest.len() - scheme..])
        }
        None => (before, &b""[..]),
    };
    if !scheme.is_empty() && !PAGES.iter().any(|page| scheme.eq_ignore_ascii_case(page)) {
        return true;
    }
    let is_joint = |b: &u8| matches!(b, b' ' | b'\t' | b'=' | b':' | b'"' | b'\'' | b'>' | b'`');
    let end = before.iter().rposition(|b| !is_joint(b)).map_or(0, |last| last + 1);
    let start = before[..end].iter().rposition(|b| !b.is_ascii_alphanumeric() && *b != b'_').map_or(0, |at| at + 1);
    end < before.len() && names_host(&before[start..end])
}

/// Returns whether the last word of a name is for a host.
fn names_host(name: &[u8]) -> bool {
    const WORDS: [&[u8]; 16] = [
        b"host",
        b"hostname",
        b"server",
        b"addr",
        b"address",
        b"endpoint",
        b"url",
        b"uri",
        b"ip",
        b"node",
        b"broker",
        b"source",
        b"h",
        b"dbhost",
        b"baseurl",
        b"domain",
    ];
    let mut last: &[u8] = b"";
    each_word(name, |word| last = word);
    WORDS.iter().any(|word| last.eq_ignore_ascii_case(word))
}

/// Returns whether a word of a name is for a user.
fn names_user(name: &[u8]) -> bool {
    const WORDS: [&[u8]; 9] =
        [b"user", b"username", b"login", b"uid", b"usr", b"account", b"email", b"dbuser", b"principal"];
    let mut found = false;
    each_word(name, |word| found |= WORDS.iter().any(|user| word.eq_ignore_ascii_case(user)));
    found
}
