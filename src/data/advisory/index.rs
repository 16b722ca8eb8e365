//! The advisory index: every known-bad version in one sorted map that is searched where it lies, without loading.
//!
//! A blob is `magic, length of the map (u32, little endian), map, strings`. The map is an [`fst`] from
//! `ecosystem name NUL version` to a packed value; ranges (`>`..) and `*` are keys under the name like
//! versions. A withdrawal of a record of underlying data is the key `STX incident STX version`. The strings are
//! NUL-separated: first the data's date with the lines of its feeds, then the texts that values refer to, `id TAB date TAB title` for incidents and
//! plain text for sources.

use super::ecosystem::Ecosystem;
use super::feed::Feed;
use super::row::{AdvisoryKind, AdvisoryRow, Incident};
use super::version;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

const MAGIC: &[u8; 8] = b"shadv\x00\x00\x01";

// A value, from the low end: kind (2 bits), source (10 bits), incident family (2 bits), the family's payload.
const SOURCE_BITS: u32 = 10;
const FAMILY_SHIFT: u32 = 2 + SOURCE_BITS;
const PAYLOAD_SHIFT: u32 = FAMILY_SHIFT + 2;
/// Ids of the form `PREFIX-YEAR-NUMBER`, by far the most, are packed as numbers instead of stored as text.
const NUMBERED: [&str; 3] = ["MAL", "LWA", "RUSTSEC"];
const NUMBER_BITS: u32 = 17;

/// The begin of the keys of withdrawals; no version begins with it.
const BACK: char = '\u{2}';

/// Builds the blob from rows. `date` is that of the data's newest record.
///
/// # Errors
/// More sources than a value can number, a range that does not begin with `<` or `>`, more data than fits.
pub fn write(date: &str, rows: &[AdvisoryRow], incidents: &[Incident]) -> Result<Vec<u8>, String> {
    write_with_feeds(date, &[], rows, incidents)
}

/// Builds the blob from rows, as [`write`] does, with the feeds that it holds.
///
/// # Errors
/// Those of [`write`].
pub fn write_with_feeds(
    date: &str,
    feeds: &[Feed],
    rows: &[AdvisoryRow],
    incidents: &[Incident],
) -> Result<Vec<u8>, String> {
    let date = std::iter::once(date.to_owned()).chain(feeds.iter().map(Feed::line)).collect::<Vec<_>>().join("\n");
    let known: HashMap<&str, &Incident> = incidents.iter().map(|i| (i.id.as_str(), i)).collect();
    let mut strings = StringTable { list: vec![date], by_text: HashMap::new() };
    let (withdrawals, rows): (Vec<&AdvisoryRow>, Vec<&AdvisoryRow>) =
        rows.iter().partition(|row| row.kind == AdvisoryKind::Withdrawn);
    let mut map: BTreeMap<Vec<u8>, u64> = withdrawals.iter().map(|row| (withdrawal_key(row), 0)).collect();
    // A withdrawal without a version concerns the underlying data only.
    let withdraws = |row: &AdvisoryRow| withdrawals.iter().any(|w| !w.version.is_empty() && w.withdraws(row));
    let rows: Vec<&AdvisoryRow> = rows.into_iter().filter(|row| !withdraws(row)).collect();
    // Sources first, because their field is narrow.
    for row in &rows {
        if strings.index(&row.source) >= 1 << SOURCE_BITS {
            return Err(format!("more than {} different sources", 1 << SOURCE_BITS));
        }
    }
    for row in rows {
        let key = key(row.ecosystem, &row.ecosystem.normalise(&row.name), &version_key(row)?);
        let source = strings.index(&row.source) as u64;
        let incident = incident_bits(&row.incident, known.get(row.incident.as_str()).copied(), &mut strings);
        let value = row.kind as u64 | source << 2 | incident;
        // Of two rows with the same version the graver kind wins.
        let slot = map.entry(key).or_insert(value);
        if value & 3 < *slot & 3 {
            *slot = value;
        }
    }
    let map = fst::Map::from_iter(map).map_err(|error| error.to_string())?.into_fst().into_inner();
    let mut blob = MAGIC.to_vec();
    blob.extend_from_slice(&u32::try_from(map.len()).map_err(|_| "the index is too large")?.to_le_bytes());
    blob.extend_from_slice(&map);
    blob.extend_from_slice(strings.list.join("\0").as_bytes());
    Ok(blob)
}

fn withdrawal_key(row: &AdvisoryRow) -> Vec<u8> {
    let name = row.ecosystem.normalise(&row.name);
    let version = match row.version.as_str() {
        "" | "*" => String::new(),
        version => version::canonical(row.ecosystem, version),
    };
    key(row.ecosystem, &name, &format!("{BACK}{}{BACK}{version}", row.incident))
}

/// The last part of a row's key: `*`, a range, or a canonical version.
fn version_key(row: &AdvisoryRow) -> Result<String, String> {
    match row.version.as_str() {
        "*" => Ok("*".to_owned()),
        // Key order puts ranges together; `=1.0` alone would sort elsewhere and is simply a version.
        range if row.is_range() && !range.starts_with(['<', '>']) => {
            Err(format!("{} {range}: a range starts with `<` or `>`", row.name))
        }
        range if row.is_range() => Ok(range.to_owned()),
        exact => Ok(version::canonical(row.ecosystem, exact)),
    }
}

/// The family and payload of an incident: its number if the id alone is known, else a text.
fn incident_bits(id: &str, known: Option<&Incident>, strings: &mut StringTable) -> u64 {
    let text = match (known, numbered(id)) {
        (None, Some(number)) => return number,
        (None, None) => format!("{id}\t{}\t", date_in(id)),
        (Some(i), _) => format!("{}\t{}\t{}", i.id, i.date, i.title),
    };
    (strings.index(&text) as u64) << PAYLOAD_SHIFT
}

struct StringTable {
    list: Vec<String>,
    by_text: HashMap<String, usize>,
}

impl StringTable {
    fn index(&mut self, text: &str) -> usize {
        *self.by_text.entry(text.to_owned()).or_insert_with(|| {
            self.list.push(text.replace('\0', " "));
            self.list.len() - 1
        })
    }
}

fn key(ecosystem: Ecosystem, name: &str, version: &str) -> Vec<u8> {
    let mut key = vec![ecosystem.key()];
    key.extend_from_slice(name.as_bytes());
    key.push(0);
    key.extend_from_slice(version.as_bytes());
    key
}

/// Packs `MAL-2024-4628`: family, years since 2000, number.
fn numbered(id: &str) -> Option<u64> {
    let (prefix, rest) = id.split_once('-')?;
    let family = NUMBERED.iter().position(|p| *p == prefix)? as u64 + 1;
    let (year, number) = rest.split_once('-')?;
    let (year, number_value): (u64, u64) = (year.parse().ok()?, number.parse().ok()?);
    let packed = family << FAMILY_SHIFT | (year.checked_sub(2000)? << NUMBER_BITS | number_value) << PAYLOAD_SHIFT;
    // Only an id that comes back letter for letter may be packed (`LWA-2026-0232` keeps its zeros as text).
    (number_value < 1 << NUMBER_BITS && unpack_number(packed) == id).then_some(packed)
}

fn unpack_number(value: u64) -> String {
    let family = (value >> FAMILY_SHIFT & 3) as usize;
    let payload = value >> PAYLOAD_SHIFT;
    let prefix = NUMBERED.get(family.wrapping_sub(1)).copied().unwrap_or_default();
    format!("{prefix}-{}-{}", 2000 + (payload >> NUMBER_BITS), payload & ((1 << NUMBER_BITS) - 1))
}

/// The `YYYY`, `YYYY-MM` or `YYYY-MM-DD` an incident's id carries.
fn date_in(id: &str) -> &str {
    let bytes = id.as_bytes();
    for start in 0..bytes.len() {
        let fresh = start == 0 || !bytes[start - 1].is_ascii_digit();
        let digits = |from: usize, n: usize| {
            bytes.get(from..from + n).is_some_and(|d| d.iter().all(u8::is_ascii_digit))
                && !bytes.get(from + n).is_some_and(u8::is_ascii_digit)
        };
        if fresh && digits(start, 4) && id[start..].starts_with("20") {
            let mut end = start + 4;
            while end < start + 10 && bytes.get(end) == Some(&b'-') && digits(end + 1, 2) {
                end += 3;
            }
            return &id[start..end];
        }
    }
    ""
}

/// An advisory index, read in place.
#[derive(Clone)]
pub struct Index {
    map: fst::Map<Cow<'static, [u8]>>,
    strings: Cow<'static, [u8]>,
}

/// One entry of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdvisoryEntry {
    /// A canonical version, a range, or `*`.
    pub version: String,
    /// The kind of attack.
    pub kind: AdvisoryKind,
    /// The incident's id.
    pub incident: String,
    /// The date of discovery: `YYYY[-MM[-DD]]`, or empty.
    pub date: String,
    /// The incident in words, or empty.
    pub title: String,
    /// The reporter.
    pub source: String,
}

impl Index {
    /// Opens a blob made by [`write`]. Only its frame is read: nothing is parsed or copied.
    pub fn open(blob: Cow<'static, [u8]>) -> Result<Self, String> {
        let damaged = || "not an advisory index, or a damaged one".to_owned();
        let rest = blob.strip_prefix(MAGIC).ok_or_else(damaged)?;
        let length = rest.get(..4).and_then(|b| <[u8; 4]>::try_from(b).ok()).ok_or_else(damaged)?;
        let (from, length) = (MAGIC.len() + 4, u32::from_le_bytes(length) as usize);
        let split = from.checked_add(length).filter(|end| *end <= blob.len()).ok_or_else(damaged)?;
        let (map, strings) = match blob {
            Cow::Borrowed(b) => (Cow::Borrowed(&b[from..split]), Cow::Borrowed(&b[split..])),
            Cow::Owned(b) => (Cow::Owned(b[from..split].to_vec()), Cow::Owned(b[split..].to_vec())),
        };
        Ok(Self { map: fst::Map::new(map).map_err(|error| error.to_string())?, strings })
    }

    /// Verifies the map's checksum, which a file may need and the binary does not.
    pub fn verify(&self) -> Result<(), String> {
        self.map.as_fst().verify().map_err(|error| error.to_string())
    }

    /// The number of entries, withdrawals included.
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Returns whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// The date of the newest record.
    pub fn date(&self) -> &str {
        self.string(0).lines().next().unwrap_or_default()
    }

    /// The feeds that the data holds.
    pub fn feeds(&self) -> impl Iterator<Item = Feed> {
        self.string(0).lines().skip(1).filter_map(|line| Feed::parse(line).ok())
    }

    /// The entry with exactly this (normalised) name and (canonical) version.
    pub fn exact(&self, ecosystem: Ecosystem, name: &str, version: &str) -> Option<AdvisoryEntry> {
        self.map.get(key(ecosystem, name, version)).map(|value| self.entry(version.to_owned(), value))
    }

    /// The ranges under a name.
    pub fn ranges(&self, ecosystem: Ecosystem, name: &str) -> Vec<AdvisoryEntry> {
        self.between(&key(ecosystem, name, "<"), &key(ecosystem, name, "?"))
    }

    /// Returns whether this index withdraws an entry of the data underneath.
    pub fn takes_back(&self, ecosystem: Ecosystem, name: &str, entry: &AdvisoryEntry) -> bool {
        ["", &entry.version].into_iter().any(|version| {
            self.map.contains_key(key(ecosystem, name, &format!("{BACK}{}{BACK}{version}", entry.incident)))
        })
    }

    /// Everything under a name.
    pub fn all(&self, ecosystem: Ecosystem, name: &str) -> Vec<AdvisoryEntry> {
        let low = key(ecosystem, name, "\u{3}");
        let mut high = key(ecosystem, name, "");
        high.pop();
        high.push(1);
        self.between(&low, &high)
    }

    /// Every entry with its ecosystem and name, in key order. `visit` returns false to stop.
    pub fn each(&self, mut visit: impl FnMut(Ecosystem, &str, AdvisoryEntry) -> bool) {
        use fst::Streamer;
        let mut stream = self.map.stream();
        while let Some((key, value)) = stream.next() {
            let Some(ecosystem) = Ecosystem::ALL.into_iter().find(|e| Some(&e.key()) == key.first()) else { continue };
            let text = String::from_utf8_lossy(&key[1..]);
            let (name, version) = text.split_once('\0').unwrap_or((&text, ""));
            if version.starts_with(BACK) {
                continue;
            }
            if !visit(ecosystem, name, self.entry(version.to_owned(), value)) {
                return;
            }
        }
    }

    fn between(&self, low: &[u8], high: &[u8]) -> Vec<AdvisoryEntry> {
        use fst::{IntoStreamer, Streamer};
        let mut stream = self.map.range().ge(low).lt(high).into_stream();
        let mut entries = Vec::new();
        while let Some((key, value)) = stream.next() {
            let version = key.iter().position(|b| *b == 0).map_or(&[][..], |nul| &key[nul + 1..]);
            entries.push(self.entry(String::from_utf8_lossy(version).into_owned(), value));
        }
        entries
    }

    fn entry(&self, version: String, value: u64) -> AdvisoryEntry {
        let family = value >> FAMILY_SHIFT & 3;
        let incident = if family == 0 {
            self.string((value >> PAYLOAD_SHIFT) as usize).to_owned()
        } else {
            let id = unpack_number(value);
            format!("{id}\t{}\t", date_in(&id))
        };
        let mut parts = incident.splitn(3, '\t').map(str::to_owned);
        AdvisoryEntry {
            version,
            kind: AdvisoryKind::ALL[(value & 3) as usize],
            incident: parts.next().unwrap_or_default(),
            date: parts.next().unwrap_or_default(),
            title: parts.next().unwrap_or_default(),
            source: self.string((value >> 2 & ((1 << SOURCE_BITS) - 1)) as usize).to_owned(),
        }
    }

    /// The nth string; a linear search, since only a hit needs it.
    fn string(&self, n: usize) -> &str {
        self.strings.split(|b| *b == 0).nth(n).and_then(|s| std::str::from_utf8(s).ok()).unwrap_or_default()
    }
}
