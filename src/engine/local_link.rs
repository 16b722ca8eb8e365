//! Links to the developer's own machine: a token in one opens what runs there.

use std::ops::Range;

/// The longest link that is read in front of a value, in bytes.
const LONGEST: usize = 512;
/// Names of the machine itself.
const NAMES: [&[u8]; 3] = [b"localhost", b"host.docker.internal", b"[::1]"];

/// The reason to lower a value at `span`: it is in the query of a link to this machine.
pub(super) fn reason(text: &[u8], span: &Range<usize>) -> Option<&'static str> {
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
