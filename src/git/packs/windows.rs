//! What stands in a pack, read as it is wanted: a pack that is mapped counts as memory, page by page as it is looked at,
//! until all of it does.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;

use super::super::positioned::read_at;

/// So much is read at once. What is made from an object mostly stands close behind it.
const WINDOW: u64 = 32 << 10;
/// So much more is read, for what begins in one window and ends in the next.
const OVERLAP: u64 = 4 << 10;
/// How many windows are kept by each worker.
const WINDOWS: usize = 32;

/// What a pack begins with; then come a version and how many objects there are, four bytes each.
const MAGIC: &[u8] = b"PACK";
const HEAD: usize = 12;

/// The file of one pack.
pub(super) struct Data {
    file: File,
    /// Where the objects end and the checksum begins.
    pub end: u64,
    /// Tells it from other packs.
    number: usize,
}

impl Data {
    /// Opens a pack of so many objects.
    pub fn open(path: &Path, number: usize, objects: u32, hash: gix::hash::Kind) -> io::Result<Data> {
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
        Ok(Data { file, end, number })
    }
}

/// What one worker read last of all packs.
pub(super) struct Windows {
    windows: Vec<Window>,
    /// What is too long for a window.
    long: Vec<u8>,
}

#[derive(Default)]
struct Window {
    /// The number of its pack, and its own in it.
    of: Option<(usize, u64)>,
    bytes: Vec<u8>,
}

impl Windows {
    pub fn new() -> Self {
        Windows { windows: std::iter::repeat_with(Window::default).take(WINDOWS).collect(), long: Vec::new() }
    }

    /// The bytes of a pack in this range.
    pub fn get(&mut self, data: &Data, range: Range<u64>) -> io::Result<&[u8]> {
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
