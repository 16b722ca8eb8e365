//! Objects by id, for one worker.

use gix::objs::Kind;
use gix::prelude::*;

use super::delta_cache::DeltaCache;
use super::few_objects::FewObjects;
use crate::git::Oid;
use crate::git::ask::CatFile;

/// Why an object could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is not in this repository (shallow or partial clone, or damage).
    Missing,
    /// It is larger than the limit; both in bytes.
    TooLarge {
        /// Its size.
        size: u64,
        /// The limit.
        max: u64,
    },
    /// It is one of more trees than a comparison reads.
    TooMany,
    /// It exists and cannot be decoded.
    Corrupt(String),
}

impl Unread {
    /// The reason and the way out, for the coverage.
    pub fn reason(&self) -> String {
        match self {
            Self::Missing => {
                "the object is missing from this repository; fetch it (`git fetch --refetch`, or `git fetch \
                                --unshallow` in a shallow clone) and scan again"
                    .into()
            }
            Self::TooLarge { size, max } => format!(
                "{size} bytes are more than max-object allows ({max}); raise it in .shield-hook.toml: max-object = \
                 \"{} MiB\"",
                size.div_ceil(1 << 20)
            ),
            Self::TooMany => {
                "this change has more new paths than are planned in one run; push or scan fewer commits at a time"
                    .into()
            }
            Self::Corrupt(why) => format!("the object is damaged ({why}); `git fsck` has the details"),
        }
    }
}

/// The id that git would give to this content of a file.
pub fn blob_id(hash: gix::hash::Kind, content: &[u8]) -> Option<Oid> {
    gix::objs::compute_hash(hash, Kind::Blob, content).ok()
}

/// The object database, for one worker.
pub struct Objects {
    repo: gix::Repository,
    /// Reads objects that gix does not find; present only where git can reach more than gix.
    git: Option<CatFile>,
    /// Reads the first objects, before the database is opened.
    few: Option<FewObjects>,
}

impl Objects {
    pub(in crate::git) fn new(mut repo: gix::Repository, git: Option<CatFile>) -> Self {
        repo.objects.set_pack_cache(|| Box::new(DeltaCache::default()));
        Self { repo, git, few: None }
    }

    /// For a few objects, which are then read without opening the database.
    pub(in crate::git) fn few(repo: gix::Repository, git: Option<CatFile>) -> Self {
        let few = FewObjects::new(repo.objects.store_ref().path(), repo.object_hash());
        Self { repo, git, few: Some(few) }
    }

    /// Fills `into` with the object's content, and returns its kind.
    ///
    /// # Errors
    /// The object is missing, damaged, or has more than `max` bytes.
    pub fn read(&mut self, id: &Oid, max: u64, into: &mut Vec<u8>) -> Result<Kind, Unread> {
        if let Some(few) = &mut self.few {
            if let Some(kind) = few.find(id, max, into) {
                return Ok(kind);
            }
            if !few.is_of_use() {
                self.few = None;
            }
        }
        // The header of a small object costs about as much as the object: only where the limit is low, or an object is
        // large enough to matter, is it worth asking first.
        if max < u64::MAX
            && let Ok(Some(header)) = self.repo.objects.try_header(id)
            && header.size() > max
        {
            return Err(Unread::TooLarge { size: header.size(), max });
        }
        match self.repo.objects.try_find(id, into) {
            Ok(Some(data)) => return Ok(data.kind),
            // Git treats the empty tree as present even when the store lacks it.
            Ok(None) if *id == Oid::empty_tree(id.kind()) => {
                into.clear();
                return Ok(Kind::Tree);
            }
            Ok(None) => {}
            Err(e) => return Err(Unread::Corrupt(e.to_string())),
        }
        let asked = self.git.as_mut().map(|git| git.find(id, into));
        match asked {
            None | Some(Ok(None)) => Err(Unread::Missing),
            Some(Ok(Some(kind))) => match into.len() as u64 {
                size if size > max => Err(Unread::TooLarge { size, max }),
                _ => Ok(kind),
            },
            Some(Err(e)) => Err(Unread::Corrupt(e.to_string())),
        }
    }

    /// The object's kind and size in bytes, without its content.
    pub fn header(&mut self, id: &Oid) -> Option<(Kind, u64)> {
        match self.repo.objects.try_header(id) {
            Ok(Some(header)) => Some((header.kind(), header.size())),
            _ => {
                let mut content = Vec::new();
                let kind = self.git.as_mut()?.find(id, &mut content).ok()??;
                Some((kind, content.len() as u64))
            }
        }
    }

    /// Returns whether the repository has the object.
    pub fn has(&mut self, id: &Oid) -> bool {
        self.repo.has_object(id) || self.header(id).is_some()
    }

    /// The tree that a commit, a tag or a tree leads to.
    ///
    /// # Errors
    /// The object is missing or damaged, or leads to a blob.
    pub fn tree_of(&mut self, id: &Oid) -> Result<Oid, Unread> {
        let (mut id, mut buffer) = (*id, Vec::new());
        loop {
            let kind = self.read(&id, u64::MAX, &mut buffer)?;
            let corrupt = |what: &str| Unread::Corrupt(format!("{id} is not a {what}"));
            id = match kind {
                Kind::Tree => return Ok(id),
                Kind::Blob => return Err(corrupt("tree")),
                // A missing tree shows when it is read.
                Kind::Commit => {
                    let tree = gix::objs::CommitRefIter::from_bytes(&buffer, id.kind()).tree_id();
                    return tree.map_err(|_| corrupt("readable commit"));
                }
                Kind::Tag => gix::objs::TagRefIter::from_bytes(&buffer, id.kind())
                    .target_id()
                    .map_err(|_| corrupt("readable tag"))?,
            };
        }
    }
}
