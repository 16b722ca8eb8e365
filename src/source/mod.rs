//! What to read: the index, a push, a range, a history, files, standard input.
//!
//! A source first plans (which items are new), then hands out readers, one a worker. The old side of an item is read
//! only when something was found in the new one.

mod changeset;
mod commits;
mod history;
mod lfs;
mod message;
mod objects;
mod outgoing;
mod paths;
mod published;
mod range;
mod replaced;
mod staged;
mod stdin;
mod submodule;
mod swept;
mod worktree;

pub use history::History;
pub use lfs::{LfsStore, are_same_pointer, is_lfs_pointer};
pub use message::{Cleanup, Message};
pub use outgoing::{Informant, Outgoing, Push, RefUpdate, parse_pre_push, parse_ref_updates};
pub use paths::Paths;
pub use published::remember;
pub use range::Range;
pub use replaced::{Changed, Replaced};
pub use staged::Staged;
pub use stdin::Stdin;
pub use submodule::Submodule;
pub use swept::Sieve;
pub use worktree::WorkTree;

use bstr::{BStr, BString};
use serde::Serialize;

use crate::chunk::{Kind, Origin};
use crate::error::Result;
use crate::finding::Finding;
use crate::git::Oid;

/// What was read, and what was not. Nothing is skipped without a row here.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Coverage {
    /// Commits whose message and trees were read.
    pub commits: usize,
    /// Blobs and files read in full.
    pub blobs: usize,
    /// Bytes read.
    pub bytes: u64,
    /// What was not read, and why.
    pub skipped: Vec<Skip>,
    /// The submodules that changed, with the commits that are named of them; each has a row of `skipped`, too.
    #[serde(skip)]
    pub gitlinks: Vec<(BString, Oid)>,
    /// The refs that were read, for the digest.
    #[serde(skip)]
    pub refs: Vec<String>,
    /// Commits among them that were made here with no hook looking on.
    #[serde(skip)]
    pub unseen: usize,
    /// What of the history is taken as published because a remote-tracking ref says so, for the digest.
    #[serde(skip)]
    pub taken: Vec<String>,
    /// Lines held to be new, when they were counted.
    #[serde(skip)]
    pub new_lines: Option<u64>,
}

impl Coverage {
    /// Adds what another part of the run read.
    pub fn join(&mut self, other: Coverage) {
        self.commits += other.commits;
        self.blobs += other.blobs;
        self.bytes += other.bytes;
        self.skipped.extend(other.skipped);
        self.gitlinks.extend(other.gitlinks);
        self.refs.extend(other.refs);
        self.unseen += other.unseen;
        self.taken.extend(other.taken);
        self.new_lines = self.new_lines.zip(other.new_lines).map(|(a, b)| a + b);
    }

    /// Whether everything that was asked for was read.
    pub fn complete(&self) -> bool {
        !self.skipped.iter().any(|s| s.incomplete)
    }
}

/// One thing that was not read.
#[derive(Clone, Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skip {
    /// `blob`, `gitlink`, `lfs-pointer`, `archive`, `file`, `commit` ...
    pub what: &'static str,
    /// Where it stands, or its object id.
    pub path: String,
    /// Why it was not read, and what to do.
    pub reason: String,
    /// Whether this makes the scan incomplete (exit 2). A gitlink does not.
    #[serde(skip)]
    pub incomplete: bool,
}

/// Something to scan, without its content.
#[derive(Clone, Debug)]
pub struct Item {
    /// Where it comes from.
    pub origin: Origin,
    /// Where its bytes are.
    pub content: Content,
    /// What it is compared with once something was found in it.
    pub old: Old,
}

impl Item {
    /// The name of a file, which is read as its content is.
    fn name_of(path: BString) -> Item {
        let content = Content::Bytes(path.to_vec().into_boxed_slice());
        Item { origin: Origin { kind: Kind::PathName, path, commit: None }, content, old: Old::Nothing }
    }
}

/// Where an item's bytes are.
#[derive(Clone, Debug)]
pub enum Content {
    /// A git object.
    Object(Oid),
    /// Already at hand (messages, path names).
    Bytes(Box<[u8]>),
    /// A file on disk.
    File(std::path::PathBuf),
    /// Standard input.
    Stdin,
}

/// What an item is compared with.
#[derive(Clone, Debug)]
pub enum Old {
    /// Nothing came before: all of it is new (messages, standard input, files on disk).
    Nothing,
    /// The versions of the same path in every parent that has it.
    Blobs {
        /// The change that it belongs to, by the source's own number.
        change: usize,
        /// Their objects.
        ids: Vec<Oid>,
    },
    /// A path that no parent has: the source looks for a rename among what the same change removed.
    /// The number is the source's own for the change.
    Unknown(usize),
}

impl Item {
    /// The number of the change that brings it, as its source counts them.
    pub fn change(&self) -> Option<usize> {
        match self.old {
            Old::Blobs { change, .. } | Old::Unknown(change) => Some(change),
            Old::Nothing => None,
        }
    }
}

/// Says what is to be read.
pub trait Source: Sync {
    /// Everything new, in a stable order. What cannot be read goes into `coverage` with its reason.
    ///
    /// # Errors
    /// When not even the plan can be made (no repository, an unresolvable revision): the run ends there.
    fn plan(&self, coverage: &mut Coverage) -> Result<Vec<Item>>;

    /// A reader for one worker.
    ///
    /// # Errors
    /// When the object database cannot be opened.
    fn reader(&self) -> Result<Box<dyn Reader + '_>>;

    /// Where the content behind pointers of Git LFS lies; nothing where no repository is read.
    fn lfs(&self) -> Option<LfsStore> {
        None
    }

    /// A last word on what was found, in the order of the plan.
    fn settle(&self, findings: &mut Vec<Finding>) {
        let _ = findings;
    }
}

/// Is given a file that a change altered: the path it had, its old sides, and what it holds now.
pub type EachAltered<'a> = dyn FnMut(&BStr, &[Vec<u8>], &[u8]) + 'a;

/// Content that is new where it goes and published somewhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// Who holds it: `remote upstream`.
    pub holder: String,
    /// Whether nothing at all is known to be published where it goes.
    pub is_first_contact: bool,
    /// The name of the remote that it goes to; none where it is only an address.
    pub remote: Option<String>,
}

/// Reads items for one worker.
pub trait Reader {
    /// Fills `into` (cleared first) with every byte of the item.
    ///
    /// # Errors
    /// The reason why it could not be read; it goes into the coverage.
    fn read(&mut self, item: &Item, into: &mut Vec<u8>) -> Result<(), Skip>;

    /// The content of every old side of the item; empty when it has none. A missing old object counts as none.
    fn old_sides(&mut self, item: &Item) -> Vec<Vec<u8>>;

    /// Hands `each` every file that a change altered, renamed or removed.
    fn altered(&mut self, change: usize, each: &mut EachAltered<'_>) {
        let _ = (change, each);
    }

    /// Who holds this item already, when that is not the address that is pushed to.
    fn published_elsewhere(&mut self, item: &Item) -> Option<Elsewhere> {
        let _ = item;
        None
    }
}

/// Reads what a plan holds already.
pub struct AtHand;

impl Reader for AtHand {
    fn read(&mut self, item: &Item, into: &mut Vec<u8>) -> Result<(), Skip> {
        into.clear();
        if let Content::Bytes(bytes) = &item.content {
            into.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn old_sides(&mut self, _: &Item) -> Vec<Vec<u8>> {
        Vec::new()
    }
}
