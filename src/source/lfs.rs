//! Git LFS: git stores a pointer, and a local store has the content until a push uploads it.

use std::io::Read;
use std::path::PathBuf;

use bstr::{ByteSlice, ByteVec};
use sha2::{Digest, Sha256};

use crate::file;
use crate::git::Repo;

/// The versions of a pointer that the tool reads, by each of its names, and the limit of a pointer's size.
const VERSIONS: [&[u8]; 3] = [
    b"version https://git-lfs.github.com/spec/v1",
    b"version https://hawser.github.com/spec/v1",
    b"version http://git-media.io/v/2",
];
const LARGEST: usize = 1024;

/// Returns whether this is the pointer to a file that Git LFS stores elsewhere. White space around it and a carriage return
/// at the end of a line make it no other file for the tool.
pub fn is_lfs_pointer(content: &[u8]) -> bool {
    let first = || content.trim_start().lines().next().unwrap_or_default();
    content.len() <= LARGEST && VERSIONS.contains(&first())
}

/// The object that a pointer names: the SHA-256 of the content, in hex.
fn object_of(pointer: &[u8]) -> Option<&str> {
    let line = pointer.lines().find_map(|line| line.strip_prefix(b"oid sha256:"))?;
    let id = std::str::from_utf8(line).ok()?.trim_end();
    (id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit())).then_some(id)
}

/// The local store with the content behind pointers.
#[derive(Clone, Debug)]
pub struct LfsStore {
    root: PathBuf,
    /// Whether missing content makes a scan incomplete, as this machine is about to publish it.
    pub is_required: bool,
}

impl LfsStore {
    /// The store of a repository. A server without one never gets the content.
    pub fn of(repo: &Repo, is_required: bool) -> Self {
        let common = repo.common_dir();
        let root = match repo.config("lfs.storage") {
            Some(path) => common.join(Vec::from(path).into_path_buf_lossy()),
            None => common.join("lfs"),
        };
        let is_required = is_required && (repo.work_dir().is_some() || root.is_dir());
        Self { root, is_required }
    }

    /// Reads the content behind `pointer`, unless it has more than `most` bytes.
    ///
    /// # Errors
    /// The reason why it cannot be read, with the way out.
    pub fn read(&self, pointer: &[u8], most: u64, into: &mut Vec<u8>) -> Result<(), String> {
        into.clear();
        let id = object_of(pointer).ok_or("a pointer of Git LFS that names no object")?;
        let at = self.root.join("objects").join(&id[..2]).join(&id[2..4]).join(id);
        let absent = |e: std::io::Error| match e.kind() {
            std::io::ErrorKind::NotFound => {
                "its content is in Git LFS and not here: `git lfs fetch` brings it".to_owned()
            }
            _ => format!("its content in Git LFS cannot be read: {e}"),
        };
        let object = file::open(at).map_err(absent)?;
        object.take(most.saturating_add(1)).read_to_end(into).map_err(absent)?;
        if into.len() as u64 > most {
            return Err(format!("its content in Git LFS has more than max-object = {most} bytes"));
        }
        if !data_encoding::HEXLOWER.encode(&Sha256::digest(&*into)).eq_ignore_ascii_case(id) {
            into.clear();
            return Err("its content is in Git LFS, and the file here is not it: `git lfs fsck` removes that, and \
                        `git lfs fetch` brings it"
                .to_owned());
        }
        Ok(())
    }
}

/// Returns whether both are pointers to the same content.
pub fn are_same_pointer(a: &[u8], b: &[u8]) -> bool {
    is_lfs_pointer(a) && is_lfs_pointer(b) && object_of(a) == object_of(b)
}
