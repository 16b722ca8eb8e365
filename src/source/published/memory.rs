//! A record of the remotes' addresses, since git stores none beside a tracking ref.
//!
//! When a remote gets a new address, its tracking refs belong to the earlier one until they move, or are confirmed to
//! be at the new one, too. Addresses are stored as digests: they may hold a token.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use serde::{Deserialize, Serialize};

use super::LOG_TAIL;
use crate::error::Result;
use crate::file;
use crate::git::{self, Address, Oid, Ref, Remote, Remotes, Repo};

/// The file's name below `shield-hook/` in the common git directory.
const FILE: &str = "remotes.json";

/// Tracking refs and their targets.
type TrackedTips = BTreeMap<String, String>;

/// The record of one remote, by the digests of its addresses.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct KnownRemote {
    /// Its current addresses, each with the older tracking refs that belong to another address.
    now: BTreeMap<String, TrackedTips>,
    /// Its former addresses, each with the tracking refs that belonged to it.
    past: BTreeMap<String, TrackedTips>,
}

pub(super) struct Memory {
    path: PathBuf,
    remotes: BTreeMap<String, KnownRemote>,
    is_changed: bool,
}

/// Records the current addresses of a repository's remotes.
///
/// # Errors
/// The refs cannot be read.
pub fn remember(repo: &Repo) -> Result<()> {
    let mut memory = Memory::read(repo.common_dir());
    for remote in Remotes::of(repo)?.all() {
        memory.observe(repo, remote, None);
    }
    memory.save();
    Ok(())
}

impl Memory {
    /// Reads the record; a missing or malformed file counts as empty.
    pub(super) fn read(common_dir: &Path) -> Self {
        let path = common_dir.join("shield-hook").join(FILE);
        let remotes = file::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self { path, remotes: remotes.unwrap_or_default(), is_changed: false }
    }

    pub(super) fn knows(&self, remote: &str) -> bool {
        self.remotes.contains_key(remote)
    }

    /// Records the current addresses of a remote; `also` is the address that git pushes to.
    pub(super) fn observe(&mut self, repo: &Repo, remote: &Remote, also: Option<&Address>) {
        let now = remote.fetch.iter().chain(&remote.push).chain(also);
        let now: BTreeSet<String> = now.map(Address::digest).collect();
        let known = self.remotes.get(&remote.name);
        if known.is_some_and(|known| known.now.keys().eq(&now)) {
            return;
        }
        let known = match known {
            Some(known) => known.changed(now, remote),
            None => {
                let clone = clone(repo, remote).filter(|(from, _)| !now.contains(&from.digest()));
                let earlier = clone.as_ref().map(|(_, tips)| tips.clone()).unwrap_or_default();
                let past = clone.map(|(from, tips)| (from.digest(), tips)).into_iter().collect();
                KnownRemote { now: now.into_iter().map(|digest| (digest, earlier.clone())).collect(), past }
            }
        };
        self.remotes.insert(remote.name.clone(), known);
        self.is_changed = true;
    }

    /// Returns whether some tracking refs belong to an earlier address than this one.
    pub(super) fn doubts(&self, address: &Address) -> bool {
        let digest = address.digest();
        self.remotes.values().any(|known| known.now.get(&digest).is_some_and(|earlier| !earlier.is_empty()))
    }

    /// Confirms that the commits for which `is_there` holds are at this address, too.
    pub(super) fn confirm(&mut self, address: &Address, is_there: &dyn Fn(&Oid) -> bool) {
        let digest = address.digest();
        for earlier in self.remotes.values_mut().filter_map(|known| known.now.get_mut(&digest)) {
            let before = earlier.len();
            earlier.retain(|_, id| !Oid::from_hex(id.as_bytes()).is_ok_and(|id| is_there(&id)));
            self.is_changed |= earlier.len() != before;
        }
    }

    /// Returns whether the ref has not moved since the remote had another address.
    pub(super) fn is_earlier(&self, remote: &str, address: &Address, one: &Ref) -> bool {
        let Some(known) = self.remotes.get(remote) else { return false };
        let Some(earlier) = known.now.get(&address.digest()).filter(|earlier| !earlier.is_empty()) else {
            return false;
        };
        earlier
            .get(one.name.to_str_lossy().as_ref())
            .is_some_and(|id| Oid::from_hex(id.as_bytes()).is_ok_and(|id| id == one.id))
    }

    /// Writes the record if it changed. In a read-only repository only the current state counts.
    pub(super) fn save(&self) {
        let Some(directory) = self.path.parent().filter(|_| self.is_changed) else { return };
        let write = || -> std::io::Result<()> {
            std::fs::create_dir_all(directory)?;
            let mut file = tempfile::NamedTempFile::new_in(directory)?;
            file.write_all(&serde_json::to_vec(&self.remotes)?)?;
            file.persist(&self.path)?;
            Ok(())
        };
        let _ = write();
    }
}

impl KnownRemote {
    /// The record of the remote after its addresses changed.
    fn changed(&self, now: BTreeSet<String>, remote: &Remote) -> Self {
        let tips: TrackedTips = remote.tracking.iter().map(entry).collect();
        // The tips that `others` lacks, or has with another target.
        let without = |others: &TrackedTips| -> TrackedTips {
            tips.iter()
                .filter(|(name, id)| others.get(*name) != Some(id))
                .map(|(n, id)| (n.clone(), id.clone()))
                .collect()
        };
        let mut known = Self { now: BTreeMap::new(), past: self.past.clone() };
        for digest in now {
            let earlier = match (self.now.get(&digest), known.past.remove(&digest)) {
                (Some(earlier), _) => earlier.clone(),
                // A tracking ref that moved while the remote had another address does not belong to this one.
                (None, Some(own)) => without(&own),
                (None, None) => tips.clone(),
            };
            known.now.insert(digest, earlier);
        }
        let gone = self.now.iter().filter(|(digest, _)| !known.now.contains_key(*digest));
        let gone: Vec<_> = gone.map(|(digest, earlier)| (digest.clone(), without(earlier))).collect();
        known.past.extend(gone);
        known
    }
}

fn entry(one: &Ref) -> (String, String) {
    (one.name.to_str_lossy().into_owned(), one.id.to_string())
}

/// The address that the remote was cloned from, with the tracking refs that have not moved since (`git clone` writes no
/// reflog for them). None when the configuration has that address.
fn clone(repo: &Repo, remote: &Remote) -> Option<(Address, TrackedTips)> {
    let from = git::cloned_from(repo.common_dir(), &remote.name)?;
    // As typed: `insteadOf` may have rewritten the address of the clone, as it does now.
    if repo.config(&format!("remote.{}.url", remote.name)).as_ref() == Some(&from) {
        return None;
    }
    let is_unmoved = |one: &&Ref| {
        let moves = git::reflog_entries(repo.common_dir(), &one.name.to_str_lossy(), LOG_TAIL);
        moves.iter().all(|moved| moved.action == "clone")
    };
    Some((repo.address(from.as_ref()), remote.tracking.iter().filter(is_unmoved).map(entry).collect()))
}
