//! SQLite: the rows of a database. In the file a row is torn where it is longer than a page, and its values touch.

use bstr::BString;

use super::{ContainerWalk, MemberLocation, join, recognise};

/// The first bytes.
pub(super) const BEGIN: &[u8] = b"SQLite format 3\0";

/// The header of the file, before the first page's own.
const FILE_HEADER: usize = 100;
/// The first bytes of pages with rows or entries of an index.
const TABLE_LEAF: u8 = 0x0d;
const INDEX_LEAF: u8 = 0x0a;
const INDEX_INTERIOR: u8 = 0x02;

impl ContainerWalk<'_> {
    /// The rows on every page, also on those that are free: what was deleted is still there.
    pub(super) fn sqlite(&mut self, bytes: &[u8], location: MemberLocation<'_>) {
        let Some(database) = Database::new(bytes) else {
            return self.failed(location.inside, "an SQLite database with a damaged header".into());
        };
        let (path, most) = (join(location.inside, b"rows"), self.budget.limits.member);
        let mut rows = Vec::new();
        for number in 0..bytes.len().div_ceil(database.page) {
            for cell in database.cells(number) {
                let Some(payload) = database.payload(&cell, self.budget.left.get()) else { continue };
                self.budget.left.set(self.budget.left.get().saturating_sub(payload.len() as u64));
                self.row(&payload, &database, location, &mut rows);
                if rows.len() as u64 > most || self.budget.left.get() == 0 {
                    self.show(path.as_ref(), Ok(&rows), Vec::new());
                    return self.failed(path.as_ref(), "its rows become more than are read".into());
                }
            }
        }
        self.show(path.as_ref(), Ok(&rows), Vec::new());
    }

    /// Adds a row: its values with a tab between them. A value that is a container is read as one.
    fn row(&mut self, payload: &[u8], database: &Database<'_>, location: MemberLocation<'_>, rows: &mut Vec<u8>) {
        let Some(values) = values(payload) else { return };
        let start = rows.len();
        for value in values {
            match value {
                Value::Number(number) => rows.extend(number.to_string().bytes()),
                Value::Text(text) => rows.extend_from_slice(&database.text(text)),
                Value::Blob(blob) => {
                    if let Some(format) = recognise(blob) {
                        let path: BString = join(location.inside, b"blob");
                        let inner =
                            MemberLocation { name: path.as_ref(), inside: path.as_ref(), depth: location.depth + 1 };
                        self.container(blob, format, inner);
                    }
                    rows.extend_from_slice(blob);
                }
                Value::Other => {}
            }
            rows.push(b'\t');
        }
        if rows.len() > start {
            rows.pop();
            rows.push(b'\n');
        }
    }
}

struct Database<'a> {
    bytes: &'a [u8],
    /// The size of a page.
    page: usize,
    /// The part of a page that SQLite uses.
    usable: usize,
    /// The number of its encoding: 1 is UTF-8.
    encoding: u8,
}

/// One cell of a leaf.
struct Cell {
    /// The size of its payload, in bytes.
    size: usize,
    /// Its beginning in the file.
    start: usize,
    /// How much of it is on its page.
    local: usize,
}

impl<'a> Database<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let header = bytes.get(..FILE_HEADER)?;
        let page = match u16::from_be_bytes([header[16], header[17]]) {
            1 => 1 << 16,
            size => usize::from(size),
        };
        let usable = page.checked_sub(usize::from(header[20]))?;
        (page.is_power_of_two() && page >= 512 && usable >= 480).then_some(Database {
            bytes,
            page,
            usable,
            encoding: header[59],
        })
    }

    /// The cells of a page, if it has any with a payload.
    fn cells(&self, number: usize) -> Vec<Cell> {
        let base = number * self.page;
        let head = base + if number == 0 { FILE_HEADER } else { 0 };
        let Some(&[kind, _, _, high, low]) = self.bytes.get(head..head + 5) else { return Vec::new() };
        let pointers = match kind {
            TABLE_LEAF | INDEX_LEAF => head + 8,
            INDEX_INTERIOR => head + 12,
            _ => return Vec::new(),
        };
        // A page of garbage may claim any number; they have to fit on it.
        let count = usize::from(u16::from_be_bytes([high, low])).min(self.page / 4);
        let pointer = |n: usize| {
            let at = self.bytes.get(pointers + 2 * n..pointers + 2 * n + 2)?;
            self.cell(kind, base + usize::from(u16::from_be_bytes([at[0], at[1]])), base + self.usable)
        };
        (0..count).filter_map(pointer).collect()
    }

    fn cell(&self, kind: u8, mut at: usize, end: usize) -> Option<Cell> {
        if kind == INDEX_INTERIOR {
            at += 4;
        }
        let size = usize::try_from(varint(self.bytes, &mut at)?).ok()?;
        if kind == TABLE_LEAF {
            varint(self.bytes, &mut at)?;
        }
        let most = if kind == TABLE_LEAF { self.usable - 35 } else { (self.usable - 12) * 64 / 255 - 23 };
        let local = if size <= most {
            size
        } else {
            let least = (self.usable - 12) * 32 / 255 - 23;
            let kept = least + (size - least) % (self.usable - 4);
            if kept <= most { kept } else { least }
        };
        (size > 0 && size <= self.bytes.len() && at + local <= end).then_some(Cell { size, start: at, local })
    }

    /// The payload of a cell, over all its pages; as far as it is there, and no more than `most` bytes.
    fn payload(&self, cell: &Cell, most: u64) -> Option<Vec<u8>> {
        let size = cell.size.min(usize::try_from(most).unwrap_or(usize::MAX));
        let mut payload = self.bytes.get(cell.start..cell.start + cell.local)?.to_vec();
        let mut next = number(self.bytes, cell.start + cell.local);
        while payload.len() < size {
            let Some(page) = next.filter(|page| *page > 0) else { break };
            let start = (page as usize - 1).checked_mul(self.page)?;
            next = number(self.bytes, start);
            let len = (self.usable - 4).min(size - payload.len());
            let Some(part) = self.bytes.get(start + 4..start + 4 + len) else { break };
            payload.extend_from_slice(part);
        }
        Some(payload)
    }

    /// A text as UTF-8.
    fn text<'t>(&self, text: &'t [u8]) -> std::borrow::Cow<'t, [u8]> {
        let word: fn([u8; 2]) -> u16 = match self.encoding {
            2 => u16::from_le_bytes,
            3 => u16::from_be_bytes,
            _ => return text.into(),
        };
        let words = text.chunks_exact(2).map(|pair| word([pair[0], pair[1]]));
        let text: String = char::decode_utf16(words).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        text.into_bytes().into()
    }
}

enum Value<'p> {
    Number(i64),
    Text(&'p [u8]),
    Blob(&'p [u8]),
    Other,
}

/// The values of a record; those that are cut off are left out.
fn values(payload: &[u8]) -> Option<Vec<Value<'_>>> {
    let mut at = 0;
    let header = usize::try_from(varint(payload, &mut at)?).ok()?.min(payload.len());
    let (mut values, mut position) = (Vec::new(), header);
    while at < header {
        let kind = usize::try_from(varint(payload, &mut at)?).ok()?;
        let len = match kind {
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            12.. => (kind - 12) / 2,
            _ => 0,
        };
        let end = position.saturating_add(len).min(payload.len());
        let bytes = payload.get(position..end).unwrap_or_default();
        position = end;
        values.push(match kind {
            1..=6 if bytes.len() == len => {
                let first = if bytes.first().is_some_and(|b| *b >= 0x80) { -1 } else { 0 };
                Value::Number(bytes.iter().fold(first, |number, byte| number << 8 | i64::from(*byte)))
            }
            8 => Value::Number(0),
            9 => Value::Number(1),
            12.. if kind % 2 == 0 => Value::Blob(bytes),
            13.. => Value::Text(bytes),
            _ => Value::Other,
        });
    }
    Some(values)
}

/// A number in up to nine bytes, the most significant one first.
fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut number = 0_u64;
    for n in 0..9 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        if n == 8 {
            return Some(number << 8 | u64::from(byte));
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte < 0x80 {
            break;
        }
    }
    Some(number)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.first_chunk().map(|four| u32::from_be_bytes(*four))
}
