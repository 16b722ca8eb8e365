//! What is known to be published at the address that a push goes to.
//!
//! Git's own words count first: the old ids on standard input are what the other side has at this moment. Remote-tracking
//! refs come second, and only those that belong to this address: a remote can be given another one at any time.

mod memory;

pub use memory::remember;

use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime};

use bstr::{BString, ByteSlice};

use super::{Informant, Push, RefUpdate};
use crate::error::Result;
use crate::git::{self, Address, Fetched, Oid, Ref, Remote, Remotes, Repo};
use memory::Memory;

/// How much of a ref's log is read for its last move, in bytes.
const LOG_TAIL: u64 = 4096;

/// Who says that something is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Witness {
    /// The other side, through git.
    Remote,
    /// This remote-tracking ref.
    Tracking(BString),
    /// A hook manager, which may have looked at the remote or at tracking refs.
    Manager,
}

/// What is published, and what is so elsewhere only.
#[derive(Default)]
pub(super) struct Published {
    /// At the address that is pushed to; the other side's own words first.
    pub(super) there: Vec<(Oid, Witness)>,
    /// Elsewhere: who holds it, and the tips.
    pub(super) elsewhere: Vec<(String, Vec<Oid>)>,
    /// The name of the remote that is pushed to; none where it is only an address.
    pub(super) remote: Option<String>,
}

impl Published {
    /// Looks at what git says, at the tracking refs and at what is remembered of the remotes' addresses.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub(super) fn find(repo: &Repo, push: &Push) -> Result<Published> {
        let remotes = Remotes::of(repo)?;
        let mut published = Published::default();
        let mut trusted = true;
        if push.remote.is_empty() && push.url.is_empty() {
            let all = remotes.all().iter().flat_map(|remote| &remote.tracking);
            published.there.extend(branches_first(all));
        } else {
            let inquiry = Inquiry::new(repo, push, &remotes);
            trusted = inquiry.sort(&remotes, &mut published);
            published.remote = remotes.all().iter().find(|r| r.name == push.remote).map(|r| r.name.clone());
        }
        let old = push.updates.iter().map(|update| update.old).filter(|old| !old.is_null());
        match push.informant {
            Informant::Git => published.there.splice(0..0, old.map(|id| (id, Witness::Remote))).for_each(drop),
            // What the manager names follows from tracking refs as well.
            Informant::Manager if trusted => published.there.extend(old.map(|id| (id, Witness::Manager))),
            Informant::Manager => {}
        }
        Ok(published)
    }
}

/// Tracking refs as witnesses. The name of a branch says more than `origin/HEAD`, which is at one of them.
fn branches_first<'r>(refs: impl Iterator<Item = &'r Ref>) -> impl Iterator<Item = (Oid, Witness)> {
    let (symbolic, branches): (Vec<&Ref>, Vec<&Ref>) = refs.partition(|one| one.name.ends_with(b"/HEAD"));
    branches.into_iter().chain(symbolic).map(|one| (one.id, Witness::Tracking(one.name.clone())))
}

/// One look at the remotes on behalf of a push.
struct Inquiry<'a> {
    repo: &'a Repo,
    push: &'a Push,
    to: Address,
    memory: Memory,
    /// The remotes of which nothing was remembered.
    strangers: Vec<&'a str>,
}

impl<'a> Inquiry<'a> {
    fn new(repo: &'a Repo, push: &'a Push, remotes: &'a Remotes) -> Inquiry<'a> {
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

    /// Sorts the tracking refs of all remotes; false when some of the pushed remote's do not belong to the address.
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
            let said = self.said_of(remote);
            let (denied, here): (Vec<&Ref>, Vec<&Ref>) =
                here.into_iter().partition(|one| said.get(&one.name).is_some_and(|update| self.denies(update, one)));
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
            // A fetch by address leaves no tracking ref; git wrote down what it brought.
            let fetched = fetched_from(&self.repo.fetched(), &self.to);
            published.there.extend(fetched.into_iter().map(|id| (id, Witness::Tracking("FETCH_HEAD".into()))));
        }
        trusted
    }

    /// Whether what the ref points at was fetched from, or pushed to, the address that is pushed to now.
    fn belongs(&self, remote: &Remote, one: &Ref) -> bool {
        if self.memory.is_earlier(&remote.name, &self.to, one) {
            return false;
        }
        let fetched_here = remote.fetch.as_ref() == Some(&self.to);
        if fetched_here && remote.push.iter().all(|address| *address == self.to) {
            return true;
        }
        // Fetched from one place and pushed to another: the last move says which of them the ref speaks of.
        let name = one.name.to_str_lossy();
        match git::moves(self.repo.common_dir(), &name, LOG_TAIL).pop() {
            Some(last) if last.action == "update by push" => {
                remote.push.contains(&self.to) || remote.name == self.push.remote && !fetched_here
            }
            _ => fetched_here,
        }
    }

    /// By the name of a tracking ref: what git says of the branch behind it.
    fn said_of(&self, remote: &Remote) -> HashMap<BString, &RefUpdate> {
        let updates = self.push.updates.iter().filter(|_| self.push.informant == Informant::Git);
        let named =
            updates.flat_map(|update| remote.tracked_as(update.remote_ref.as_ref()).map(move |name| (name, update)));
        named.collect()
    }

    /// Whether the branch behind a tracking ref is gone there, or is at another commit that is known here.
    fn denies(&self, update: &RefUpdate, one: &Ref) -> bool {
        update.old != one.id && (update.old.is_null() || self.repo.objects().tree_of(&update.old).is_ok())
    }

    /// Whether the other side has none of what is pushed, and nothing but the tracking refs that it denies says that the
    /// remote ever had this address.
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

/// For example `history up to 1a2b3c4 taken as published by origin/main of 12 days ago`: what a push stands on and only
/// a tracking ref vouches for. The branch may have been rewritten there since.
pub(super) fn taken(repo: &Repo, commit: Oid, tracking: &BString) -> String {
    let hex = commit.to_string();
    let name = tracking.strip_prefix(b"refs/remotes/").unwrap_or(tracking).to_str_lossy();
    format!("history up to {} taken as published by {name}{}", &hex[..7], age(repo, commit, tracking))
}

/// How long ago the ref was last seen to be at the commit, or moved.
fn age(repo: &Repo, commit: Oid, tracking: &BString) -> String {
    let fetched = repo.fetched();
    let seen = fetched.when.filter(|_| fetched.tips.iter().any(|(id, _)| *id == commit));
    let moved = git::moves(repo.common_dir(), &tracking.to_str_lossy(), LOG_TAIL).pop();
    let moved =
        moved.and_then(|last| u64::try_from(last.time).ok()).map(|s| SystemTime::UNIX_EPOCH + Duration::from_secs(s));
    let Some(last) = seen.max(moved) else { return String::new() };
    match SystemTime::now().duration_since(last).unwrap_or_default().as_secs() / 86_400 {
        0 => " of today".into(),
        1 => " of yesterday".into(),
        days => format!(" of {days} days ago"),
    }
}
