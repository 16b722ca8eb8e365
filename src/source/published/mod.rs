//! The content that is known to be published at the address that a push goes to.
//!
//! The old ids on standard input come first: they are the current refs of the other side. Remote-tracking refs come
//! second, and only those that belong to this address: a remote can get another one at any time.

mod memory;

pub use memory::remember;

use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime};

use bstr::{BString, ByteSlice};

use super::{Informant, Push, RefUpdate};
use crate::error::Result;
use crate::git::{self, Address, Fetched, Oid, Ref, Remote, Remotes, Repo};
use memory::Memory;

/// The length of the end of a reflog that is read for its last entry, in bytes.
const LOG_TAIL: u64 = 4096;

/// The evidence that something is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Witness {
    /// The other side, through git.
    Remote,
    /// This remote-tracking ref.
    Tracking(BString),
    /// A hook manager, which may have read it from the remote or from tracking refs.
    Manager,
}

/// Published tips, at the address of the push and elsewhere.
#[derive(Default)]
pub(super) struct Published {
    /// Tips at the address that is pushed to; those that git reported first.
    pub(super) there: Vec<(Oid, Witness)>,
    /// Tips elsewhere, with their holder.
    pub(super) elsewhere: Vec<(String, Vec<Oid>)>,
    /// The name of the remote that is pushed to; none where it is only an address.
    pub(super) remote: Option<String>,
}

/// Which evidence of what is published is believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// The address that is pushed to is asked; no tracking ref counts then.
    pub asks: bool,
    /// A tracking ref counts for so many days after its branch was last seen there; for ever if there is no number.
    pub tracking_days: Option<u64>,
}

impl Trust {
    /// Returns whether a tracking ref counts that was last seen at this time.
    fn believes(self, seen: Option<SystemTime>) -> bool {
        let Some(days) = self.tracking_days else { return true };
        seen.is_some_and(|seen| days_since(seen) <= days)
    }
}

impl Published {
    /// Reads the evidence: the updates of the push, the tracking refs and the record of the remotes' addresses.
    ///
    /// # Errors
    /// The refs cannot be read, or the address that is to be asked does not answer.
    pub(super) fn find(repo: &Repo, push: &Push, trust: Trust) -> Result<Self> {
        let remotes = Remotes::of(repo)?;
        let mut published = Self::default();
        let mut trusted = true;
        if push.remote.is_empty() && push.url.is_empty() {
            let all = remotes.all().iter().flat_map(|remote| &remote.tracking);
            published.there.extend(branches_first(all));
        } else {
            let inquiry = Inquiry::new(repo, push, &remotes);
            trusted = inquiry.sort(&remotes, &mut published);
            published.remote = remotes.all().iter().find(|r| r.name == push.remote).map(|r| r.name.clone());
        }
        if trust.asks && !push.url.is_empty() {
            published.there = repo.advertised(&push.url)?.into_iter().map(|id| (id, Witness::Remote)).collect();
        } else {
            published.there.retain(|(id, witness)| match witness {
                Witness::Tracking(name) => trust.believes(last_seen(repo, *id, name)),
                Witness::Remote | Witness::Manager => true,
            });
        }
        let old = push.updates.iter().map(|update| update.old).filter(|old| !old.is_null());
        match push.informant {
            Informant::Git => published.there.splice(0..0, old.map(|id| (id, Witness::Remote))).for_each(drop),
            // The ids of a manager may come from the same tracking refs.
            Informant::Manager if trusted => published.there.extend(old.map(|id| (id, Witness::Manager))),
            Informant::Manager => {}
        }
        Ok(published)
    }
}

/// Tracking refs as evidence. A branch comes before `origin/HEAD`, whose name is less helpful in a report.
fn branches_first<'r>(refs: impl Iterator<Item = &'r Ref>) -> impl Iterator<Item = (Oid, Witness)> {
    let (symbolic, branches): (Vec<&Ref>, Vec<&Ref>) = refs.partition(|one| one.name.ends_with(b"/HEAD"));
    branches.into_iter().chain(symbolic).map(|one| (one.id, Witness::Tracking(one.name.clone())))
}

/// The evaluation of the remotes for one push.
struct Inquiry<'a> {
    repo: &'a Repo,
    push: &'a Push,
    to: Address,
    memory: Memory,
    /// The remotes without a record.
    strangers: Vec<&'a str>,
}

impl<'a> Inquiry<'a> {
    fn new(repo: &'a Repo, push: &'a Push, remotes: &'a Remotes) -> Self {
        let named = remotes.all().iter().find(|remote| remote.name == push.remote);
        let to = match named.and_then(|remote| remote.push.first()) {
            Some(address) if push.url.is_empty() => address.clone(),
            _ if push.url.is_empty() => repo.address(push.remote.as_bytes().into()),
            _ => repo.address(push.url.as_bytes().into()),
        };
        let mut memory = Memory::read(repo.common_dir());
        let names = remotes.all().iter().map(|remote| remote.name.as_str());
        let strangers = names.filter(|name| !memory.knows(name)).collect();
        for remote in remotes.all() {
            let also = (remote.name == push.remote).then_some(&to);
            memory.observe(repo, remote, also);
        }
        for update in push.updates.iter().filter(|_| push.informant == Informant::Git) {
            memory.confirm(&to, &|id| *id == update.old);
        }
        if memory.doubts(&to) {
            let fetched = fetched_from(&repo.fetched(), &to);
            memory.confirm(&to, &|id| fetched.contains(id));
        }
        memory.save();
        Inquiry { repo, push, to, memory, strangers }
    }

    /// Sorts the tracking refs of all remotes. Returns false when some of the pushed remote's belong to another
    /// address.
    fn sort(&self, remotes: &Remotes, published: &mut Published) -> bool {
        let mut trusted = true;
        for remote in remotes.all() {
            let is_named = remote.name == self.push.remote;
            if !is_named && remote.fetch.as_ref() != Some(&self.to) && !remote.push.contains(&self.to) {
                let tips: Vec<Oid> = remote.tracking.iter().map(|one| one.id).collect();
                published.hold_elsewhere(format!("remote {}", remote.name), tips);
                continue;
            }
            let (here, other): (Vec<&Ref>, Vec<&Ref>) =
                remote.tracking.iter().partition(|one| self.belongs(remote, one));
            let reported = self.reported_updates(remote);
            let (denied, here): (Vec<&Ref>, Vec<&Ref>) = here
                .into_iter()
                .partition(|one| reported.get(&one.name).is_some_and(|update| self.denies(update, one)));
            let mut earlier: Vec<Oid> = other.iter().map(|one| one.id).collect();
            if !denied.is_empty() && self.is_stranger(remote) {
                earlier.extend(denied.iter().chain(&here).map(|one| one.id));
            } else {
                published.there.extend(branches_first(here.into_iter()));
            }
            trusted &= earlier.is_empty();
            published.hold_elsewhere(format!("another address of remote {}", remote.name), earlier);
        }
        if !trusted || published.there.is_empty() {
            // A fetch by address leaves no tracking ref, only FETCH_HEAD.
            let fetched = fetched_from(&self.repo.fetched(), &self.to);
            published.there.extend(fetched.into_iter().map(|id| (id, Witness::Tracking("FETCH_HEAD".into()))));
        }
        trusted
    }

    /// Returns whether the ref's target was fetched from, or pushed to, the address of this push.
    fn belongs(&self, remote: &Remote, one: &Ref) -> bool {
        if self.memory.is_earlier(&remote.name, &self.to, one) {
            return false;
        }
        let fetched_here = remote.fetch.as_ref() == Some(&self.to);
        if fetched_here && remote.push.iter().all(|address| *address == self.to) {
            return true;
        }
        // Fetched from one address and pushed to another: the ref belongs to the address of its last move.
        let name = one.name.to_str_lossy();
        match git::reflog_entries(self.repo.common_dir(), &name, LOG_TAIL).pop() {
            Some(last) if last.action == "update by push" => {
                remote.push.contains(&self.to) || remote.name == self.push.remote && !fetched_here
            }
            _ => fetched_here,
        }
    }

    /// The updates that git reported, by the name of the tracking ref.
    fn reported_updates(&self, remote: &Remote) -> HashMap<BString, &RefUpdate> {
        let updates = self.push.updates.iter().filter(|_| self.push.informant == Informant::Git);
        let named =
            updates.flat_map(|update| remote.tracked_as(update.remote_ref.as_ref()).map(move |name| (name, update)));
        named.collect()
    }

    /// Returns whether the tracked branch was deleted on the other side, or is at another commit of this repository.
    fn denies(&self, update: &RefUpdate, one: &Ref) -> bool {
        update.old != one.id && (update.old.is_null() || self.repo.objects().tree_of(&update.old).is_ok())
    }

    /// Returns whether the other side has none of the pushed refs, and only outdated tracking refs connect the remote
    /// with this address.
    fn is_stranger(&self, remote: &Remote) -> bool {
        let is_clone = || {
            let from = git::cloned_from(self.repo.common_dir(), &remote.name);
            from.is_some_and(|url| self.repo.address(url.as_ref()) == self.to)
        };
        self.strangers.contains(&remote.name.as_str())
            && self.push.updates.iter().all(|update| update.old.is_null())
            && !is_clone()
            && fetched_from(&self.repo.fetched(), &self.to).is_empty()
    }
}

impl Published {
    fn hold_elsewhere(&mut self, who: String, tips: Vec<Oid>) {
        if !tips.is_empty() {
            self.elsewhere.push((who, tips));
        }
    }
}

fn fetched_from(fetched: &Fetched, address: &Address) -> HashSet<Oid> {
    fetched.tips.iter().filter(|(_, from)| from == address).map(|(id, _)| *id).collect()
}

/// History that counts as published on the evidence of a tracking ref alone, for example `history up to 1a2b3c4 taken
/// as published by origin/main of 12 days ago`. The branch may have been rewritten since.
pub(super) fn taken(repo: &Repo, commit: Oid, tracking: &BString) -> String {
    let hex = commit.to_string();
    let name = tracking.strip_prefix(b"refs/remotes/").unwrap_or(tracking).to_str_lossy();
    format!("history up to {} taken as published by {name}{}", &hex[..7], age(repo, commit, tracking))
}

/// The time since the ref was last seen at the commit, or moved.
fn age(repo: &Repo, commit: Oid, tracking: &BString) -> String {
    let Some(last) = last_seen(repo, commit, tracking) else { return String::new() };
    match days_since(last) {
        0 => " of today".into(),
        1 => " of yesterday".into(),
        days => format!(" of {days} days ago"),
    }
}

/// When the ref was last seen at the commit, or moved.
fn last_seen(repo: &Repo, commit: Oid, tracking: &BString) -> Option<SystemTime> {
    let fetched = repo.fetched();
    let seen = fetched.when.filter(|_| fetched.tips.iter().any(|(id, _)| *id == commit));
    let moved = git::reflog_entries(repo.common_dir(), &tracking.to_str_lossy(), LOG_TAIL).pop();
    let moved = moved.and_then(|last| u64::try_from(last.time).ok());
    let moved = moved.map(|seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    // `git clone` writes no reflog for a tracking ref, but packs them all.
    seen.max(moved).or_else(|| repo.common_dir().join("packed-refs").metadata().and_then(|m| m.modified()).ok())
}

fn days_since(time: SystemTime) -> u64 {
    SystemTime::now().duration_since(time).unwrap_or_default().as_secs() / 86_400
}
