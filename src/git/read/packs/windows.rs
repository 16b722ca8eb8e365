//! The content of packs, read in windows: the pages of a mapped pack count as memory once they are read, until all of
//! it does.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;

use crate::git::read::positioned::read_at;

/// The size of a window, in bytes. The deltas on an object mostly follow it closely.
const WINDOW: u64 = 32 << 10;
/// The overlap of two windows, in bytes, for entries that cross a border.
const OVERLAP: u64 = 4 << 10;
/// The number of windows per worker.
const WINDOWS: usize = 32;

/// The magic number of a pack; its version and the number of objects follow, four bytes each.
const MAGIC: &[u8] = b"PACK";
const HEAD: usize = 12;

/// The file of one pack.
pub(super) struct PackData {
    file: File,
    /// The end of the objects, before the checksum.
    pub end: u64,
    /// The number of the pack in the store.
    number: usize,
}

impl PackData {
    /// Opens a pack, and compares the number of objects with its index.
    pub fn open(path: &Path, number: usize, objects: u32, hash: gix::hash::Kind) -> io::Result<Self> {
        let file = File::open(path)?;
        let mut head = [0; HEAD];
        read_at(&file, &mut head, 0)?;
        let [magic, version, count] = [0, 4, 8].map(|at| &head[at..at + 4]);
        if magic != MAGIC || !matches!(version, [0, 0, 0, 2 | 3]) {
            return Err(io::Error::other("this is no pack of a known version"));
        }
        if count != objects.to_be_bytes() {
            return Err(io::Error::other("its index is another pack's"));
        }
        let end = file.metadata()?.len().checked_sub(hash.len_in_bytes() as u64);
        let end = end.ok_or_else(|| io::Error::other("it is cut off"))?;
        Ok(Self { file, end, number })
    }
}

/// The windows that one worker read last.
pub(super) struct PackWindows {
    windows: Vec<PackWindow>,
    /// The current entry, when it is too long for a window.
    long: Vec<u8>,
}

#[derive(Default)]
struct PackWindow {
    /// The number of its pack, and its own number there.
    of: Option<(usize, u64)>,
    bytes: Vec<u8>,
}

impl PackWindows {
    pub fn new() -> Self {
        Self { windows: std::iter::repeat_with(PackWindow::default).take(WINDOWS).collect(), long: Vec::new() }
    }

    /// The bytes of a pack in this range.
    pub fn get(&mut self, data: &PackData, range: Range<u64>) -> io::Result<&[u8]> {
        if range.end > data.end || range.start > range.end {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let number = range.start / WINDOW;
        let start = number * WINDOW;
        let end = (start + WINDOW + OVERLAP).min(data.end);
        if range.end > end {
            self.long.resize((range.end - range.start) as usize, 0);
            read_at(&data.file, &mut self.long, range.start)?;
            return Ok(&self.long);
        }
        let window = &mut self.windows[number as usize % WINDOWS];
        let of = Some((data.number, number));
        if window.of != of {
            window.of = None;
            window.bytes.resize((end - start) as usize, 0);
            read_at(&data.file, &mut window.bytes, start)?;
            window.of = of;
        }
        Ok(&window.bytes[(range.start - start) as usize..(range.end - start) as usize])
    }
}
