//! The targets of git's files: a repository on disk around the bytes.

use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Mutex;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use sha1::{Digest, Sha1};
use shield_hook::git::{self, ObjectKind, Oid, Repo, Unread, Visit, Visited};
use tempfile::TempDir;

/// An empty repository; its directory is gone with it.
struct World {
    dir: TempDir,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("shield-hook-fuzz-").tempdir().expect("a temporary directory");
        let world = Self { dir };
        for below in ["objects/pack", "refs/heads"] {
            fs::create_dir_all(world.git_dir().join(below)).expect("a directory");
        }
        world.write("HEAD", b"ref: refs/heads/main\n");
        world.write("config", b"[core]\n\trepositoryformatversion = 0\n\tbare = false\n");
        world
    }

    fn git_dir(&self) -> std::path::PathBuf {
        self.dir.path().join(".git")
    }

    fn write(&self, name: impl AsRef<Path>, bytes: &[u8]) {
        let path = self.git_dir().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("its directory");
        fs::write(path, bytes).expect("a file");
    }

    fn repo(&self) -> Repo {
        Repo::discover(self.dir.path()).expect("a repository")
    }
}

thread_local! {
    static WORLD: World = World::new();
}

/// An index, with its checksum put right.
pub fn index(data: &[u8]) {
    WORLD.with(|world| {
        let mut bytes = data.to_vec();
        bytes.extend(Sha1::digest(data));
        world.write("index", &bytes);
        let repo = world.repo();
        let _ = git::tracked(&repo);
        let _ = git::staged(&repo, &mut repo.objects());
        fs::remove_file(world.git_dir().join("index")).expect("what was written");
    });
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::none());
    packer.write_all(bytes).expect("memory");
    packer.finish().expect("memory")
}

/// The object of the targets below; readers trust a store about ids.
fn subject() -> Oid {
    Oid::from_hex(&[b'2'; 40]).expect("an id")
}

/// Reads the subject with each reader, which must agree: all of them fail, or all have the same content.
fn read_alike(repo: &Repo) -> Option<Vec<u8>> {
    let (mut few, mut general) = (Vec::new(), Vec::new());
    let one = repo.few_objects().read(&subject(), 1 << 20, &mut few);
    let two = repo.objects().read(&subject(), 1 << 20, &mut general);
    assert_eq!(one.is_ok(), two.is_ok(), "{one:?} {two:?}");
    (one.is_ok()).then(|| {
        assert_eq!((one, &few), (two, &general));
        few
    })
}

/// A loose object: the first byte chooses whether the rest is its file, or the content that is compressed in it.
pub fn loose(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    WORLD.with(|world| {
        let file = format!("objects/22/{}", "2".repeat(38));
        let stored = if first % 2 == 0 { rest.to_vec() } else { zlib(rest) };
        world.write(&file, &stored);
        let _ = read_alike(&world.repo());
        fs::remove_file(world.git_dir().join(file)).expect("what was written");
    });
}

/// A pack of a base and a delta on it: up to the first newline the base, behind it the delta. A sweep over the pack has
/// the content that a single look-up has, and all of it is either fresh or copied.
pub fn delta(data: &[u8]) {
    let (base, delta) = data.split_at(data.iter().position(|b| *b == b'\n').map_or(0, |at| at + 1));
    WORLD.with(|world| {
        let (pack, index) = pack(base, delta);
        world.write("objects/pack/pack-1.pack", &pack);
        world.write("objects/pack/pack-1.idx", &index);
        let repo = world.repo();
        let read = read_alike(&repo);
        let found = Mutex::new(None);
        if let Ok(Some(store)) = repo.store() {
            let number = store.lookup(&subject()).expect("it is in the pack");
            let _ = store.sweep(&[ObjectKind::Blob], &Sweep { number, found: &found });
        }
        assert_eq!(found.into_inner().expect("no panic"), read, "the sweep and the look-up differ");
        for name in ["pack-1.pack", "pack-1.idx"] {
            fs::remove_file(world.git_dir().join("objects/pack").join(name)).expect("what was written");
        }
    });
}

/// Keeps the content of one object.
struct Sweep<'a> {
    number: u32,
    found: &'a Mutex<Option<Vec<u8>>>,
}

impl Visit for Sweep<'_> {
    type Worker = ();
    type Mark = ();

    fn worker(&self) {}

    fn is_too_large(&self, size: u64) -> bool {
        size > 1 << 20
    }

    fn visit(&self, (): &mut (), object: Visited<'_, ()>) -> ControlFlow<(), ()> {
        if object.number == self.number {
            let Some((base, ())) = object.base else { panic!("a delta without its base") };
            for range in object.fresh {
                assert!(range.start <= range.end && range.end <= object.content.len());
            }
            let copied: usize = object.copied.iter().map(|copy| copy.len).sum();
            let fresh: usize = object.fresh.iter().map(|range| range.len()).sum();
            assert!(copied + fresh >= object.content.len(), "a part is neither fresh nor copied");
            for copy in object.copied {
                let (from, to) = (copy.from..copy.from + copy.len, copy.at..copy.at + copy.len);
                assert_eq!(base[from], object.content[to], "a copy of something else");
            }
            *self.found.lock().expect("no panic") = Some(object.content.to_vec());
        }
        ControlFlow::Continue(())
    }

    fn unread(&self, (): &mut (), _: u32, _: Unread) {}
}

/// A pack, and its index.
fn pack(base: &[u8], delta: &[u8]) -> (Vec<u8>, Vec<u8>) {
    const BLOB: u8 = 3;
    const OFS_DELTA: u8 = 6;
    let mut pack = b"PACK\0\0\0\x02\0\0\0\x02".to_vec();
    let mut entries = Vec::new();
    for (kind, content, id) in [(BLOB, base, [0x11; 20]), (OFS_DELTA, delta, [0x22; 20])] {
        let start = pack.len();
        head(&mut pack, kind, content.len());
        if kind == OFS_DELTA {
            offset(&mut pack, start - 12);
        }
        pack.extend(zlib(content));
        entries.push((id, crc32fast::hash(&pack[start..]), start as u32));
    }
    pack.extend(Sha1::digest(&pack));
    let mut index = b"\xfftOc\0\0\0\x02".to_vec();
    for first in 0..=255_u8 {
        let below = entries.iter().filter(|(id, ..)| id[0] <= first).count() as u32;
        index.extend(below.to_be_bytes());
    }
    entries.iter().for_each(|(id, ..)| index.extend(id));
    entries.iter().for_each(|(_, crc, _)| index.extend(crc.to_be_bytes()));
    entries.iter().for_each(|(.., start)| index.extend(start.to_be_bytes()));
    index.extend(&pack[pack.len() - 20..]);
    index.extend(Sha1::digest(&index));
    (pack, index)
}

/// The head of an entry: its type, and the size of its content.
fn head(into: &mut Vec<u8>, kind: u8, size: usize) {
    let mut rest = size >> 4;
    let mut byte = kind << 4 | (size & 15) as u8;
    while rest > 0 {
        into.push(byte | 0x80);
        byte = (rest & 0x7f) as u8;
        rest >>= 7;
    }
    into.push(byte);
}

/// The distance back to a base.
fn offset(into: &mut Vec<u8>, distance: usize) {
    let mut bytes = vec![(distance & 0x7f) as u8];
    let mut rest = distance >> 7;
    while rest > 0 {
        rest -= 1;
        bytes.push(0x80 | (rest & 0x7f) as u8);
        rest >>= 7;
    }
    into.extend(bytes.iter().rev());
}
