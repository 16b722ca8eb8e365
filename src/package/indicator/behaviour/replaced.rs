//! Names that a change replaces: the owner or pin of an action, the host of a submodule.

use sha2::{Digest, Sha256};

use super::super::{Trace, TraceWeight};

/// An action as a workflow names it.
struct ActionUse<'t> {
    at: usize,
    owner: &'t str,
    name: &'t str,
    reference: &'t str,
}

/// The actions whose owner changed, or whose pinned commit became a tag.
pub(super) fn actions(new: &[u8], old: &[Vec<u8>]) -> Vec<Trace> {
    let Ok(text) = std::str::from_utf8(new) else { return Vec::new() };
    let sides: Vec<&str> = old.iter().filter_map(|side| std::str::from_utf8(side).ok()).collect();
    let before: Vec<ActionUse<'_>> = sides.iter().flat_map(|side| uses(side)).collect();
    let after: Vec<ActionUse<'_>> = uses(text).collect();
    let is = |a: &ActionUse<'_>, b: &ActionUse<'_>| (a.owner, a.name) == (b.owner, b.name);
    let mut found: Vec<Trace> = Vec::new();
    for action in &after {
        let same: Vec<&ActionUse<'_>> = before.iter().filter(|old| is(old, action)).collect();
        let left = before.iter().find(|old| old.name == action.name && !after.iter().any(|new| is(new, old)));
        let (id, what) = match left {
            Some(old) if same.is_empty() => {
                ("action-owner", format!("the action `{}` of {} is now {}'s", action.name, old.owner, action.owner))
            }
            _ if !same.is_empty()
                && !is_commit(action.reference)
                && same.iter().all(|old| is_commit(old.reference)) =>
            {
                (
                    "action-pin",
                    format!(
                        "`{}/{}` was pinned to a commit, `{}` can be moved",
                        action.owner, action.name, action.reference
                    ),
                )
            }
            _ => continue,
        };
        let id = format!("{id} {}/{}", action.owner, action.name);
        if found.iter().all(|trace| trace.id != id) {
            found.push(Trace { id, what, at: action.at, weight: TraceWeight::Warns });
        }
    }
    found
}

fn uses(text: &str) -> impl Iterator<Item = ActionUse<'_>> {
    text.match_indices("uses:").filter_map(|(at, key)| {
        let value = text[at + key.len()..].lines().next()?.trim().trim_matches(['"', '\'']);
        let value = value.split([' ', '"', '\'']).next()?;
        let (path, reference) = value.split_once('@')?;
        let mut parts = path.split('/');
        let (owner, name) = (parts.next()?, parts.next()?);
        (!owner.contains([':', '.'])).then_some(ActionUse { at, owner, name, reference })
    })
}

fn is_commit(reference: &str) -> bool {
    reference.len() >= 40 && reference.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The submodules that come from a host which served none before.
pub(super) fn submodules(new: &[u8], old: &[Vec<u8>]) -> Vec<Trace> {
    const CODE_HOSTS: [&str; 3] = ["github.com", "gitlab.com", "bitbucket.org"];
    let new = String::from_utf8_lossy(new);
    let old: Vec<_> = old.iter().map(|side| String::from_utf8_lossy(side)).collect();
    let known: Vec<String> = old.iter().flat_map(|side| hosts(side)).map(|(_, host)| host).collect();
    let mut found: Vec<Trace> = Vec::new();
    for (at, host) in hosts(&new).filter(|(_, host)| !known.contains(host) && !CODE_HOSTS.contains(&host.as_str())) {
        let hash = Sha256::digest(host.as_bytes());
        let id = format!("submodule-host {}", data_encoding::HEXLOWER.encode(&hash[..6]));
        if found.iter().all(|trace| trace.id != id) {
            let what = format!("a submodule comes from {host}, which served none here before");
            found.push(Trace { id, what, at, weight: TraceWeight::Warns });
        }
    }
    found
}

/// The hosts of a `.gitmodules` with their offsets; relative addresses have none.
fn hosts(text: &str) -> impl Iterator<Item = (usize, String)> {
    let mut start = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let at = start;
        start += line.len();
        let (key, url) = line.split_once('=')?;
        let url = (key.trim() == "url").then_some(url.trim())?;
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let rest = rest.split(['/', ':']).next()?;
        let host = rest.rsplit('@').next()?.to_ascii_lowercase();
        host.contains('.').then_some(host).filter(|host| !host.starts_with('.')).map(|host| (at, host))
    })
}
