//! New advisory data from files: read everything first, replace the old data only when all of it is right.

use super::index::{self, Index};
use super::row::{self, HEADER, Row};
use super::{osv, store};
use crate::error::{Context, Error, Result};
use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

/// What an update brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// How many rows stand in the new data.
    pub rows: usize,
    /// How many files were read.
    pub files: usize,
    /// The date of the newest record, `YYYY-MM-DD`.
    pub date: String,
    /// Where the data is now.
    pub path: PathBuf,
}

/// Reads a file or every `.json` and `.tsv` below a folder, and puts the result beside the binary's own data, in the
/// place of what an earlier update put there.
///
/// # Errors
/// When anything in it is wrong; the old data then stays as it is.
pub fn from(path: &Path) -> Result<Update> {
    let mut files = Vec::new();
    collect(path, &mut files)?;
    files.sort();
    let (mut rows, mut newest) = (Vec::new(), String::new());
    for file in &files {
        let (some, date) = read(file).map_err(|error| {
            Error::incomplete(format!("{}: {error}", file.display())).help("the data in use has not been changed")
        })?;
        rows.extend(some);
        newest = newest.max(date);
    }
    if rows.is_empty() {
        return Err(Error::incomplete(format!("{}: no advisory in it", path.display()))
            .help("OSV records of malicious packages (.json) and this project's tables (.tsv) are read")
            .help("the data in use has not been changed"));
    }
    if newest.is_empty() {
        newest = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    }
    let blob = index::write(&newest, &rows, &[]).map_err(Error::incomplete)?;
    // What was written is read back before it takes the old data's place.
    Index::open(Cow::Owned(blob.clone())).and_then(|i| i.verify()).map_err(Error::incomplete)?;
    let place = store::path().ok_or_else(|| Error::incomplete("there is no home directory to keep the data in"))?;
    let folder = place.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).or_incomplete(folder.display())?;
    let fresh = place.with_extension(format!("new-{}", std::process::id()));
    fs::write(&fresh, blob).or_incomplete(fresh.display())?;
    fs::rename(&fresh, &place).or_incomplete(place.display())?;
    Ok(Update { rows: rows.len(), files: files.len(), date: newest, path: place })
}

fn collect(path: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    let kind = fs::metadata(path).or_incomplete(path.display())?;
    if !kind.is_dir() {
        into.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path).or_incomplete(path.display())? {
        let entry = entry.or_incomplete(path.display())?;
        let (path, kind) = (entry.path(), entry.file_type().or_incomplete(entry.path().display())?);
        if kind.is_dir() {
            collect(&path, into)?;
        } else if path.extension().is_some_and(|e| e == "json" || e == "tsv") {
            into.push(path);
        }
    }
    Ok(())
}

fn read(file: &Path) -> Result<(Vec<Row>, String), String> {
    let bytes = fs::read(file).map_err(|error| error.to_string())?;
    if bytes.starts_with(b"PK\x03\x04") {
        return Err("an archive: unpack it, and name the folder".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())?;
    if text.starts_with(HEADER) || file.extension().is_some_and(|e| e == "tsv") {
        return row::parse_rows(&text).map(|rows| (rows, String::new()));
    }
    osv::parse(&text)
}
