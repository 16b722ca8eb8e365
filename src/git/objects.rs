//! Objects by id, for one worker.

use gix::objs::Kind;
use gix::prelude::*;

use super::Oid;
use super::ask::CatFile;
use super::near::Near;
use super::recent::Recent;

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
    /// It is there and cannot be decoded.
    Corrupt(String),
}

impl Unread {
    /// For the coverage: what is wrong, and the way out.
    pub fn reason(&self) -> String {
        match self {
            Unread::Missing => "the object is missing here; fetch it (`git fetch --refetch`, or `git fetch \
                                --unshallow` in a shallow clone) and scan again"
                .into(),
            Unread::TooLarge { size, max } => format!(
                "{size} bytes are more than max-object allows ({max}); raise it in .shield-hook.toml: max-object = \
                 \"{} MiB\"",
                size.div_ceil(1 << 20)
            ),
            Unread::Corrupt(why) => format!("the object is damaged ({why}); `git fsck` says more"),
        }
    }
}

/// The id that git would give to this content of a file.
pub fn blob_id(hash: gix::hash::Kind, content: &[u8]) -> Option<Oid> {
    gix::objs::compute_hash(hash, Kind::Blob, content).ok()
}

/// The object database, as one worker sees it.
pub struct Objects {
    repo: gix::Repository,
    /// Asked where gix finds nothing; present only where git can know more than gix.
    git: Option<CatFile>,
    /// Asked first, while few objects were read.
    near: Option<Near>,
}

impl Objects {
    pub(super) fn new(mut repo: gix::Repository, git: Option<CatFile>) -> Self {
        repo.objects.set_pack_cache(|| Box::new(Recent::default()));
        Objects { repo, git, near: None }
    }

    /// For a few objects, which are then read without opening the whole database.
    pub(super) fn few(repo: gix::Repository, git: Option<CatFile>) -> Self {
        let near = Near::new(repo.objects.store_ref().path(), repo.object_hash());
        Objects { repo, git, near: Some(near) }
    }

    /// Fills `into` with the object's content and says what kind it is.
    ///
    /// # Errors
    /// Why it could not be read.
    pub fn read(&mut self, id: &Oid, max: u64, into: &mut Vec<u8>) -> Result<Kind, Unread> {
        if let Some(near) = &mut self.near {
            if let Some(kind) = near.find(id, max, into) {
                return Ok(kind);
            }
            if !near.is_of_use() {
                self.near = None;
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
            // Git knows the empty tree without having it.
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

    /// Whether the object is here.
    pub fn has(&mut self, id: &Oid) -> bool {
        self.repo.has_object(id) || self.header(id).is_some()
    }

    /// The tree that a commit, a tag or a tree leads to.
    ///
    /// # Errors
    /// Why it could not be read.
    pub fn tree_of(&mut self, id: &Oid) -> Result<Oid, Unread> {
        let (mut id, mut buffer) = (*id, Vec::new());
        loop {
            let kind = self.read(&id, u64::MAX, &mut buffer)?;
            let corrupt = |what: &str| Unread::Corrupt(format!("{id} is not a {what}"));
            id = match kind {
                Kind::Tree => return Ok(id),
                Kind::Blob => return Err(corrupt("tree")),
                // Whether it is here shows when it is read.
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
