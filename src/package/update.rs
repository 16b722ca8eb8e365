//! New advisory data: everything is read and checked first, and takes the old data's place only when all of it is
//! right.

use super::address::Address;
use super::ecosystem::Ecosystem;
use super::fetch::{Failure, Fetch, Request};
use super::index::{self, Index};
use super::osv::{self, Claim};
use super::row::{self, HEADER, Kind, Row};
use super::signature::{self, Keys};
use super::{archive, store};
use crate::error::{Context, Error, Result};
use crate::file;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// How large a file or an answer may be, in bytes. All public advisories, packed, are a fifth of it.
const LARGEST: u64 = 1 << 30;
/// How many rows the data may hold.
const ROWS: usize = 10_000_000;
/// What every failed update ends with.
const UNCHANGED: &str = "the data in use has not been changed";

/// Where new data comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// A file, or a folder of files.
    Path(PathBuf),
    /// An address.
    Url(Address),
}

impl From {
    /// Reads an argument: whatever has a `://` is an address.
    ///
    /// # Errors
    /// Exit 3 when it is an address that is not asked.
    pub fn parse(text: &str) -> Result<From> {
        if !text.contains("://") {
            return Ok(From::Path(PathBuf::from(text)));
        }
        match Address::parse(text) {
            Ok((address, None)) => Ok(From::Url(address)),
            Ok((_, Some(_))) => Err(Error::usage("an address with a password in it").help("use one without")),
            Err(why) => Err(Error::usage(format!("this address is not asked: {why}"))),
        }
    }
}

/// How it is taken up.
#[derive(Clone, Default)]
pub struct Terms {
    /// Whose signature it must bear; anybody's or none where there is no key.
    pub keys: Keys,
    /// Take it although its newest record is older than that of the data it replaces.
    pub older: bool,
}

/// What an update brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// How many rows stand in the new data.
    pub rows: usize,
    /// How many records and tables were read.
    pub files: usize,
    /// The date of the newest record, `YYYY-MM-DD`.
    pub date: String,
    /// Where the data is now.
    pub path: PathBuf,
    /// Whether a signature was checked.
    pub signed: bool,
}

/// Reads records, tables, folders and archives of them, and puts the result beside the binary's own data, in the place
/// of what an earlier update put there. `net` opens the network; it is called only for an address.
///
/// # Errors
/// When anything in it is wrong; the old data then stays as it is.
pub fn update(from: &From, terms: &Terms, net: impl FnOnce() -> Result<Box<dyn Fetch>>) -> Result<Update> {
    let mut gathered = Gathered::default();
    match from {
        From::Path(path) => gathered.path(path, terms)?,
        From::Url(address) => gathered.url(address, terms, net()?.as_ref())?,
    }
    gathered.keep(terms).map_err(|error| error.help(UNCHANGED))
}

/// What has been read so far.
#[derive(Default)]
struct Gathered {
    /// Rows of tables.
    rows: Vec<Row>,
    /// What records say, by id, ecosystem and package: the one that was changed last.
    claims: BTreeMap<(String, Ecosystem, String), Claim>,
    files: usize,
    /// The newest date that a record gives; empty where none does.
    newest: String,
}

impl Gathered {
    fn path(&mut self, path: &Path, terms: &Terms) -> Result<()> {
        let mut files = Vec::new();
        collect(path, &mut files).map_err(|error| error.help(UNCHANGED))?;
        if !terms.keys.is_empty() && path.is_dir() {
            return Err(Error::usage(format!(
                "{}: a folder bears no signature, and a key is configured",
                path.display()
            ))
            .help("name the signed file; its signature stands beside it as FILE.minisig")
            .help(UNCHANGED));
        }
        files.sort();
        for file in &files {
            let wrong = |why: String| Error::incomplete(format!("{}: {why}", file.display())).help(UNCHANGED);
            let bytes = bounded(file, LARGEST).map_err(wrong)?;
            if !terms.keys.is_empty() {
                let beside = PathBuf::from(format!("{}.minisig", file.display()));
                let signature = bounded(&beside, signature::LARGEST).map_err(|why| {
                    wrong(format!("it must be signed, and {} cannot be read: {why}", beside.display()))
                })?;
                terms.keys.verify(&bytes, &String::from_utf8_lossy(&signature)).map_err(wrong)?;
            }
            self.take(&file.to_string_lossy(), &bytes).map_err(wrong)?;
        }
        Ok(())
    }

    fn url(&mut self, address: &Address, terms: &Terms, net: &dyn Fetch) -> Result<()> {
        let wrong = |what: &Address, why: String| Error::incomplete(format!("{what}: {why}")).help(UNCHANGED);
        let get = |what: &Address, limit: u64| {
            let accept = "application/zip, application/json, text/plain, */*";
            net.get(&Request { address: what, accept, credential: None, limit })
                .map_err(|failure: Failure| wrong(what, failure.to_string()))
        };
        let bytes = get(address, LARGEST)?;
        if !terms.keys.is_empty() {
            let beside = address.with_suffix(".minisig");
            let signature = get(&beside, signature::LARGEST)?;
            terms.keys.verify(&bytes, &String::from_utf8_lossy(&signature)).map_err(|why| wrong(address, why))?;
        }
        self.take(&address.to_string(), &bytes).map_err(|why| wrong(address, why))
    }

    /// A file by its name and its bytes.
    fn take(&mut self, name: &str, bytes: &[u8]) -> Result<(), String> {
        if archive::is_archive(bytes) {
            return archive::each(bytes, is_data, |name, bytes| self.text(name, bytes));
        }
        if name.ends_with(".zip") {
            return Err("not a zip archive".to_owned());
        }
        self.text(name, bytes)
    }

    fn text(&mut self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        self.files += 1;
        if text.starts_with(HEADER) || name.ends_with(".tsv") {
            self.rows.extend(row::parse_rows(text)?);
        } else {
            let (claims, date) = osv::parse(text)?;
            // Only a record that says something makes the data newer.
            if !claims.is_empty() && date > self.newest && date.parse::<jiff::civil::Date>().is_ok() {
                self.newest = date;
            }
            for claim in claims {
                let key = (claim.id.clone(), claim.ecosystem, claim.name.clone());
                if self.claims.get(&key).is_none_or(|known| known.modified <= claim.modified) {
                    self.claims.insert(key, claim);
                }
            }
        }
        if self.rows.len() + self.claims.len() > ROWS {
            return Err(format!("more than {ROWS} rows"));
        }
        Ok(())
    }

    /// Puts it in the place of the old data.
    fn keep(mut self, terms: &Terms) -> Result<Update> {
        if self.rows.is_empty() && self.claims.is_empty() {
            return Err(Error::incomplete("no advisory in it").help(
                "OSV records of malicious packages (.json), this project's tables (.tsv), folders and zip archives of \
                 them are read",
            ));
        }
        let place = store::path().ok_or_else(|| Error::incomplete("there is no home directory to keep the data in"))?;
        let old = file::read(&place).ok().and_then(|bytes| Index::open(Cow::Owned(bytes)).ok());
        // Who can replay what was published once could make known attacks unknown again.
        if let Some(old) = old.filter(|old| !terms.older && !self.newest.is_empty() && *self.newest < *old.date()) {
            return Err(Error::incomplete(format!(
                "its newest record is of {}, the data in use has one of {}",
                self.newest,
                old.date()
            ))
            .help("--older takes it all the same"));
        }
        if self.newest.is_empty() {
            self.newest = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
        }
        // A record takes the place of whatever was said of the package under its ids.
        let mut rows = self.rows;
        rows.extend(self.claims.values().flat_map(Claim::takes_back));
        rows.extend(self.claims.into_values().flat_map(|claim| claim.rows));
        let said = rows.iter().filter(|row| row.kind != Kind::Withdrawn).count();
        let blob = index::write(&self.newest, &rows, &[]).map_err(Error::incomplete)?;
        // What was written is read back before it takes the old data's place.
        Index::open(Cow::Owned(blob.clone())).and_then(|i| i.verify()).map_err(Error::incomplete)?;
        let folder = place.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).or_incomplete(folder.display())?;
        let mut fresh = tempfile::NamedTempFile::new_in(folder).or_incomplete(folder.display())?;
        fresh.write_all(&blob).and_then(|()| fresh.as_file().sync_all()).or_incomplete(fresh.path().display())?;
        fresh.persist(&place).or_incomplete(place.display())?;
        let signed = !terms.keys.is_empty();
        Ok(Update { rows: said, files: self.files, date: self.newest, path: place, signed })
    }
}

/// Whether a file in a folder or an archive may hold advisories.
fn is_data(name: &str) -> bool {
    name.ends_with(".json") || name.ends_with(".tsv")
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
        let name = path.to_string_lossy();
        if kind.is_dir() {
            collect(&path, into)?;
        } else if is_data(&name) || name.ends_with(".zip") {
            into.push(path);
        }
    }
    Ok(())
}

/// A file's bytes, unless they are too many.
fn bounded(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > limit {
        return Err(format!("{size} bytes; the limit is {limit}"));
    }
    file::read(path).map_err(|error| error.to_string())
}
