//! Links to the developer's own machine: a token in one opens what runs there.

use std::ops::Range;

/// The longest link that is read in front of a value, in bytes.
const LONGEST: usize = 512;
/// Names of the machine itself.
const NAMES: [&[u8]; 3] = [b"localhost", b"host.docker.internal", b"[::1]"];

/// Programs that send a request.
const CLIENTS: [&[u8]; 3] = [b"curl ", b"wget ", b"http "];

/// The reason to lower a value at `span`: it is in the query of a link to this machine, or in a request to it.
pub(super) fn reason(text: &[u8], span: &Range<usize>) -> Option<&'static str> {
    in_query(text, span).or_else(|| in_request(text, span))
}

/// A command line whose only addresses are this machine's.
fn in_request(text: &[u8], span: &Range<usize>) -> Option<&'static str> {
    let start = memchr::memrchr(b'\n', &text[..span.start]).map_or(0, |at| at + 1);
    let start = start.max(span.start.saturating_sub(LONGEST));
    let end = memchr::memchr(b'\n', &text[span.end..]).map_or(text.len(), |at| span.end + at);
    let line = &text[start..end.min(span.end + LONGEST)];
    let hosts = memchr::memmem::find_iter(line, b"://").map(|at| {
        let host = &line[at + 3..];
        let is_end = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'/' | b'?' | b'#' | b'"' | b'\'');
        &host[..host.iter().position(is_end).unwrap_or(host.len())]
    });
    let is_client = || CLIENTS.iter().any(|client| memchr::memmem::find(line, client).is_some());
    let hosts: Vec<&[u8]> = hosts.collect();
    let is_here = !hosts.is_empty() && hosts.iter().all(|host| is_local(host));
    (is_here && is_client()).then_some("a request to this machine")
}

fn in_query(text: &[u8], span: &Range<usize>) -> Option<&'static str> {
    let before = &text[span.start.saturating_sub(LONGEST)..span.start];
    let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`' | b'<' | b'>' | b'(' | b'\\');
    let start = before.iter().rposition(ends).map_or(0, |last| last + 1);
    let link = &before[start..];
    let host = memchr::memmem::find(link, b"://").map(|at| &link[at + 3..])?;
    let query = memchr::memchr(b'?', host)?;
    let is_end = |b: &u8| matches!(b, b'/' | b'?' | b'#');
    let authority = &host[..host.iter().position(is_end).unwrap_or(query)];
    is_local(authority).then_some("a link to this machine")
}

fn is_local(authority: &[u8]) -> bool {
    let host = match authority.iter().rposition(|b| *b == b':') {
        Some(colon) if authority[colon + 1..].iter().all(u8::is_ascii_digit) => &authority[..colon],
        _ => authority,
    };
    let is_loopback = || {
        let address = std::str::from_utf8(host).ok().and_then(|host| host.parse::<std::net::Ipv4Addr>().ok());
        address.is_some_and(|address| address.is_loopback() || address.is_unspecified())
    };
    NAMES.iter().any(|name| host.eq_ignore_ascii_case(name)) || host.ends_with(b".localhost") || is_loopback()
}
