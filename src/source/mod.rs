//! Sources of content to scan: the index, a push, a range, a history, files, standard input.
//!
//! A source first plans (the items that are new); the plan then opens readers, one a worker. The old side of an item is
//! read only once something was found in the new one.

mod annex;
mod budget;
mod changeset;
mod commits;
mod history;
mod lfs;
mod message;
mod objects;
mod outgoing;
mod pack_sweep;
mod paths;
mod published;
mod push;
mod range;
mod replaced;
mod staged;
mod stdin;
mod submodule;
mod texts;
mod worktree;

pub use annex::annex_key;
pub use budget::{Allotment, Budget};
pub use history::History;
pub use lfs::{LfsStore, are_same_pointer, is_lfs_pointer};
pub use message::{Cleanup, Message, comment_prefix};
pub use outgoing::Outgoing;
pub use pack_sweep::HistoryFilter;
pub use paths::Paths;
pub use published::{Trust, remember};
pub use push::{Informant, Push, RefUpdate, parse_pre_push, parse_ref_updates};
pub use range::CommitRange;
pub use replaced::{Changed, Replaced};
pub use staged::Staged;
pub use stdin::Stdin;
pub use submodule::Submodule;
pub use texts::{PlacedText, Texts};
pub use worktree::WorkTree;

use bstr::{BStr, BString};
use serde::Serialize;

use crate::chunk::{ChunkPlace, Origin};
use crate::error::Result;
use crate::finding::Finding;
use crate::git::Oid;

/// The extent of a scan. Nothing is skipped without a row here.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Coverage {
    /// Commits whose message and trees were read.
    pub commits: usize,
    /// Blobs and files read in full.
    pub blobs: usize,
    /// Bytes read.
    pub bytes: u64,
    /// Everything that was not read, with the reason.
    pub skipped: Vec<Skip>,
    /// The submodules that changed, with the commits they are set to; each has a row of `skipped`, too.
    #[serde(skip)]
    pub gitlinks: Vec<(BString, Oid)>,
    /// The refs that were read, for the digest.
    #[serde(skip)]
    pub refs: Vec<String>,
    /// Commits among them that were made here while no hook ran.
    #[serde(skip)]
    pub unseen: usize,
    /// History that counts as published on the evidence of a remote-tracking ref alone, for the digest.
    #[serde(skip)]
    pub taken: Vec<String>,
    /// Lines that are new, when they were counted.
    #[serde(skip)]
    pub new_lines: Option<u64>,
    /// The commits of a push or a range that are new, oldest first.
    #[serde(skip)]
    pub new_commits: Vec<Oid>,
    /// The tree of the index, when git has written it already.
    #[serde(skip)]
    pub staged_tree: Option<Oid>,
}

impl Coverage {
    /// Adds the extent of another part of the run.
    pub fn join(&mut self, other: Self) {
        self.commits += other.commits;
        self.blobs += other.blobs;
        self.bytes += other.bytes;
        self.skipped.extend(other.skipped);
        self.gitlinks.extend(other.gitlinks);
        self.refs.extend(other.refs);
        self.unseen += other.unseen;
        self.taken.extend(other.taken);
        self.new_lines = self.new_lines.zip(other.new_lines).map(|(a, b)| a + b);
        self.new_commits.extend(other.new_commits);
        self.staged_tree = self.staged_tree.or(other.staged_tree);
    }

    /// Returns whether everything that was asked for was read.
    pub fn complete(&self) -> bool {
        !self.skipped.iter().any(|s| s.incomplete)
    }
}

/// One thing that was not read.
#[derive(Clone, Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skip {
    /// `blob`, `gitlink`, `lfs-pointer`, `annex-pointer`, `archive`, `file`, `commit` ...
    pub what: &'static str,
    /// Its path, or its object id.
    pub path: String,
    /// The reason, and the way out.
    pub reason: String,
    /// Whether this makes the scan incomplete (exit 2). A gitlink does not.
    #[serde(skip)]
    pub incomplete: bool,
}

impl Skip {
    /// The `what` of the rest of a push whose budget has ended. No policy accepts it as unread.
    pub const PUSH: &str = "push";
}

/// Something to scan, without its content.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its origin, for reports.
    pub origin: Origin,
    /// The location of its bytes.
    pub content: Content,
    /// The content to compare it with once something was found in it.
    pub old: Old,
}

impl Item {
    /// The name of a file, scanned as content is.
    fn name_of(path: BString) -> Self {
        let content = Content::Bytes(path.to_vec().into_boxed_slice());
        Self { origin: Origin::of(ChunkPlace::PathName(path)), content, old: Old::Nothing }
    }

    /// The number of the change that brings it, by its source's own count.
    pub fn change(&self) -> Option<usize> {
        match self.old {
            Old::Blobs { change, .. } | Old::NewPath { change } => Some(change),
            Old::Nothing | Old::Text(_) | Old::Unchanged | Old::WithoutPath => None,
        }
    }
}

/// The location of an item's bytes.
#[derive(Clone, Debug)]
pub enum Content {
    /// A git object.
    Object(Oid),
    /// The item itself (messages, path names).
    Bytes(Box<[u8]>),
    /// A file on disk.
    File(std::path::PathBuf),
    /// Standard input.
    Stdin,
}

/// The content that an item is compared with.
#[derive(Clone, Debug)]
pub enum Old {
    /// Nothing came before: all of it is new (messages, standard input, files on disk).
    Nothing,
    /// The versions of the same path in every parent that has it.
    Blobs {
        /// The number of the change, by the source's own count.
        change: usize,
        /// The ids of the versions.
        ids: Vec<Oid>,
    },
    /// No parent has the path: the source looks for a rename among the files that the same change removed.
    NewPath {
        /// The number of the change, by the source's own count.
        change: usize,
    },
    /// A blob that a tag or a ref names, without any path to look up: only the same content, published already, is old.
    WithoutPath,
    /// The earlier text itself.
    Text(Box<[u8]>),
    /// The item equals its old side: nothing in it is new.
    Unchanged,
}

/// A source of content to scan.
pub trait Source: Sync {
    /// Plans everything new. Content that cannot be read goes into `coverage` with its reason.
    ///
    /// # Errors
    /// There is no repository, or a revision cannot be resolved: the run ends.
    fn plan(&self, coverage: &mut Coverage) -> Result<Plan<'_>>;

    /// The local store of Git LFS, with the content behind pointers; none for a source without a repository.
    fn lfs(&self) -> Option<LfsStore> {
        None
    }

    /// The work that a run may take on for this source; none where nothing limits it.
    fn budget(&self) -> Option<&Budget> {
        None
    }

    /// Filters the findings of the plan, given in its order.
    fn settle(&self, findings: &mut Vec<Finding>) {
        let _ = findings;
    }
}

/// The items of a source, and access to their content.
pub struct Plan<'a> {
    /// Everything new, in a stable order.
    pub items: Vec<Item>,
    /// The trees that are new: with the objects of the items they are the output of `git rev-list --objects`.
    pub trees: Vec<Oid>,
    readers: Box<dyn Readers + 'a>,
}

impl<'a> Plan<'a> {
    /// A plan without trees.
    pub fn new(items: Vec<Item>, readers: impl Readers + 'a) -> Self {
        Plan { items, trees: Vec::new(), readers: Box::new(readers) }
    }

    /// A reader for one worker.
    ///
    /// # Errors
    /// The object database cannot be opened.
    pub fn reader(&self) -> Result<Box<dyn ContentReader + '_>> {
        self.readers.reader()
    }
}

/// Opens the readers of one plan.
pub trait Readers: Sync {
    /// A reader for one worker.
    ///
    /// # Errors
    /// The object database cannot be opened.
    fn reader(&self) -> Result<Box<dyn ContentReader + '_>>;
}

/// A file that a change altered, renamed or removed.
pub struct AlteredFile<'a> {
    /// The path that it had.
    pub path: &'a BStr,
    /// The ids of its old sides.
    pub old_ids: &'a [Oid],
    /// The content of its old sides.
    pub old: &'a [Vec<u8>],
    /// Its content now; empty where it is gone.
    pub now: &'a [u8],
}

/// A callback for the files that a change altered.
pub type EachAltered<'a> = dyn FnMut(AlteredFile<'_>) + 'a;

/// Content that is new where it goes and published somewhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// Its holder: `remote upstream`.
    pub holder: String,
    /// Whether nothing at all is known to be published where it goes.
    pub is_first_contact: bool,
    /// The name of the remote that it goes to; none where it is only an address.
    pub remote: Option<String>,
}

/// Reads items for one worker.
pub trait ContentReader {
    /// Fills `into` (cleared first) with every byte of the item.
    ///
    /// # Errors
    /// The coverage row of an item that cannot be read. A reader that does not know this type of content answers so,
    /// too.
    fn read(&mut self, item: &Item, into: &mut Vec<u8>) -> Result<(), Skip>;

    /// The content of every old side of the item; empty when it has none. A missing old object counts as none.
    fn old_sides(&mut self, item: &Item) -> Vec<Vec<u8>>;

    /// The path that the old sides of the item had, where that was another one.
    fn old_path(&mut self, item: &Item) -> Option<BString> {
        let _ = item;
        None
    }

    /// The ids of the old sides that are objects; none where the other side has the item's content already.
    fn old_ids(&mut self, item: &Item) -> Vec<Oid> {
        let _ = item;
        Vec::new()
    }

    /// Passes every file that a change altered, renamed or removed to `each`.
    fn altered(&mut self, change: usize, each: &mut EachAltered<'_>) {
        let _ = (change, each);
    }

    /// The holder of this item, when it is published at another address than the one that is pushed to.
    fn published_elsewhere(&mut self, item: &Item) -> Option<Elsewhere> {
        let _ = item;
        None
    }
}

/// Reads items that carry their content with them.
pub struct InMemory;

impl Readers for InMemory {
    fn reader(&self) -> Result<Box<dyn ContentReader + '_>> {
        Ok(Box::new(Self))
    }
}

impl ContentReader for InMemory {
    fn read(&mut self, item: &Item, into: &mut Vec<u8>) -> Result<(), Skip> {
        let Content::Bytes(bytes) = &item.content else {
            return Err(Skip {
                what: "file",
                path: item.origin.path().to_string(),
                reason: "this source has no reader for its content; please report this as a bug".into(),
                incomplete: true,
            });
        };
        into.clear();
        into.extend_from_slice(bytes);
        Ok(())
    }

    fn old_sides(&mut self, item: &Item) -> Vec<Vec<u8>> {
        match (&item.old, &item.content) {
            (Old::Text(before), _) => vec![before.to_vec()],
            (Old::Unchanged, Content::Bytes(bytes)) => vec![bytes.to_vec()],
            _ => Vec::new(),
        }
    }
}
