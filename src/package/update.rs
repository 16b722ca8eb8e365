//! Updates of the advisory data, which replace the old data only after all of the new has been read and checked.

use super::address::WebAddress;
use super::advisory::Advisories;
use super::ecosystem::Ecosystem;
use super::feed::{self, Feed};
use super::fetch::{Failure, Fetch, WebRequest};
use super::index::{self, Index};
use super::osv::{self, OsvClaim};
use super::row::{self, AdvisoryKind, AdvisoryRow, HEADER};
use super::signature::{self, TrustedKeys};
use super::{archive, store};
use crate::error::{Context, Error, Result};
use crate::file;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The largest file or answer, in bytes. All public advisories, compressed, are a fifth of it.
const LARGEST: u64 = 1 << 30;
/// The largest number of rows.
const ROWS: usize = 10_000_000;
/// The last line of every failed update.
const UNCHANGED: &str = "the data in use has not been changed";

/// The source of an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataSource {
    /// A file, or a folder of files.
    Path(PathBuf),
    /// An address.
    Url(WebAddress),
}

impl DataSource {
    /// Reads an argument: one with a `://` is an address.
    ///
    /// # Errors
    /// Exit 3 when it is an address with a password, or one that is refused.
    pub fn parse(text: &str) -> Result<Self> {
        if !text.contains("://") {
            return Ok(Self::Path(PathBuf::from(text)));
        }
        match WebAddress::parse(text) {
            Ok((address, None)) => Ok(Self::Url(address)),
            Ok((_, Some(_))) => Err(Error::usage("an address with a password in it").help("use one without")),
            Err(why) => Err(Error::usage(format!("this address is not asked: {why}"))),
        }
    }
}

/// The conditions of an update.
#[derive(Clone, Default)]
pub struct UpdateOptions {
    /// The keys of which one must have signed the data; without a key, unsigned data is accepted.
    pub keys: TrustedKeys,
    /// True if data is accepted whose newest record is older than that of the present data.
    pub older: bool,
}

/// The result of an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateSummary {
    /// The number of rows in the new data.
    pub rows: usize,
    /// The number of records and tables that were read.
    pub files: usize,
    /// The date of the newest record, `YYYY-MM-DD`.
    pub date: String,
    /// The file of the data.
    pub path: PathBuf,
    /// True if a signature was checked.
    pub signed: bool,
    /// The feeds that the new data holds in full.
    pub feeds: Vec<Feed>,
    /// The rows and records of unknown ecosystems, each as a message that names it.
    pub refused: Vec<String>,
}

/// Reads records, tables, folders and archives of them, and replaces the data of an earlier update; the binary's own
/// data stays beside it. `net` opens the network and is called only for an address.
///
/// # Errors
/// Exit 2 when a file cannot be read, is malformed, unsigned, or older than the present data; exit 3 when `net` or
/// `options` are wrong. The present data then stays as it is.
pub fn update(
    from: &DataSource,
    options: &UpdateOptions,
    net: impl FnOnce() -> Result<Box<dyn Fetch>>,
) -> Result<UpdateSummary> {
    let mut gathered = Gathered::default();
    match from {
        DataSource::Path(path) => gathered.path(path, options)?,
        DataSource::Url(address) => gathered.url(address, options, net()?.as_ref())?,
    }
    gathered.save(options).map_err(|error| error.help(UNCHANGED))
}

/// The address of new data that this program was built with.
pub const BUILT_IN: Option<&str> = option_env!("SHIELD_HOOK_ADVISORIES");
/// The minisign key that signs the data at that address.
pub const BUILT_IN_KEY: Option<&str> = option_env!("SHIELD_HOOK_ADVISORIES_KEY");

/// The data that has been read so far.
#[derive(Default)]
struct Gathered {
    /// The rows of tables.
    rows: Vec<AdvisoryRow>,
    /// The claims of records, by id, ecosystem and package: of several the one that was changed last.
    claims: BTreeMap<(String, Ecosystem, String), OsvClaim>,
    files: usize,
    /// The newest date of a record; empty if none has a date.
    newest: String,
    /// The feeds that a table declares.
    feeds: Vec<Feed>,
    /// What is of an unknown ecosystem.
    refused: Vec<String>,
}

impl Gathered {
    fn path(&mut self, path: &Path, options: &UpdateOptions) -> Result<()> {
        let mut files = Vec::new();
        collect(path, &mut files).map_err(|error| error.help(UNCHANGED))?;
        if !options.keys.is_empty() && path.is_dir() {
            return Err(Error::usage(format!(
                "{}: a folder bears no signature, and a key is configured",
                path.display()
            ))
            .help("name the signed file; its signature must be beside it as FILE.minisig")
            .help(UNCHANGED));
        }
        files.sort();
        for file in &files {
            let wrong = |why: String| Error::incomplete(format!("{}: {why}", file.display())).help(UNCHANGED);
            let bytes = bounded(file, LARGEST).map_err(wrong)?;
            if !options.keys.is_empty() {
                let beside = PathBuf::from(format!("{}.minisig", file.display()));
                let signature = bounded(&beside, signature::LARGEST).map_err(|why| {
                    wrong(format!("it must be signed, and {} cannot be read: {why}", beside.display()))
                })?;
                options.keys.verify(&bytes, &String::from_utf8_lossy(&signature)).map_err(wrong)?;
            }
            self.take(&file.to_string_lossy(), &bytes).map_err(wrong)?;
        }
        Ok(())
    }

    fn url(&mut self, address: &WebAddress, options: &UpdateOptions, net: &dyn Fetch) -> Result<()> {
        let wrong = |what: &WebAddress, why: String| Error::incomplete(format!("{what}: {why}")).help(UNCHANGED);
        let get = |what: &WebAddress, limit: u64| {
            let accept = "application/zip, application/json, text/plain, */*";
            net.get(&WebRequest { address: what, accept, credential: None, limit })
                .map_err(|failure: Failure| wrong(what, failure.to_string()))
        };
        let bytes = get(address, LARGEST)?;
        if !options.keys.is_empty() {
            let beside = address.with_suffix(".minisig");
            let signature = get(&beside, signature::LARGEST)?;
            options.keys.verify(&bytes, &String::from_utf8_lossy(&signature)).map_err(|why| wrong(address, why))?;
        }
        self.take(&address.to_string(), &bytes).map_err(|why| wrong(address, why))
    }

    /// Adds a file, which its name and bytes identify.
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
        if text.starts_with(feed::FEEDS) {
            self.feeds.extend(feed::parse_feeds(text)?);
        } else if text.starts_with(HEADER) || name.ends_with(".tsv") {
            let (rows, refused) = row::parse_known_rows(text)?;
            self.rows.extend(rows);
            self.refused.extend(refused);
        } else {
            let osv::OsvReading { claims, date, refused } = osv::parse(text)?;
            self.refused.extend(refused);
            // Only a record with a claim makes the data newer.
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

    /// Replaces the present data.
    fn save(mut self, options: &UpdateOptions) -> Result<UpdateSummary> {
        if self.rows.is_empty() && self.claims.is_empty() {
            return Err(Error::incomplete("no advisory in it").help(
                "OSV records of malicious packages (.json), this project's tables (.tsv), folders and zip archives of \
                 them are read",
            ));
        }
        let path = store::path().ok_or_else(|| Error::incomplete("there is no home directory to keep the data in"))?;
        let old = present(&path)?;
        // A replay of old data could make known attacks unknown again.
        if let Some(old) = old.filter(|old| !options.older && !self.newest.is_empty() && *self.newest < *old.date()) {
            return Err(Error::incomplete(format!(
                "its newest record is of {}, the data in use has one of {}",
                self.newest,
                old.date()
            ))
            .help("--older accepts it anyway"));
        }
        if self.newest.is_empty() {
            self.newest = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
        }
        let mut feeds = self.feeds;
        feeds.extend(whole_feeds(&self.claims));
        // A record replaces every other claim about the package under its ids.
        let mut rows = self.rows;
        rows.extend(self.claims.values().flat_map(OsvClaim::takes_back));
        rows.extend(self.claims.into_values().flat_map(|claim| claim.rows));
        let claims = rows.iter().filter(|row| row.kind != AdvisoryKind::Withdrawn).count();
        let blob = index::write_with_feeds(&self.newest, &feeds, &rows, &[]).map_err(Error::incomplete)?;
        // The new index is verified before it replaces the present one.
        Index::open(Cow::Owned(blob.clone())).and_then(|i| i.verify()).map_err(Error::incomplete)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).or_incomplete(folder.display())?;
        let mut fresh = tempfile::NamedTempFile::new_in(folder).or_incomplete(folder.display())?;
        fresh.write_all(&blob).and_then(|()| fresh.as_file().sync_all()).or_incomplete(fresh.path().display())?;
        fresh.persist(&path).or_incomplete(path.display())?;
        let signed = !options.keys.is_empty();
        let (files, date, refused) = (self.files, self.newest, self.refused);
        Ok(UpdateSummary { rows: claims, files, date, path, signed, feeds, refused })
    }
}

/// The ecosystems of which the records are a whole feed: they name at least half as many packages as the binary's own
/// data does. A few records of today say nothing about the attacks between them and the data.
fn whole_feeds(claims: &BTreeMap<(String, Ecosystem, String), OsvClaim>) -> Vec<Feed> {
    let mut known: BTreeMap<Ecosystem, BTreeSet<String>> = BTreeMap::new();
    Advisories::builtin().each(|ecosystem, name, _| {
        known.entry(ecosystem).or_default().insert(name.to_owned());
        true
    });
    let mut named: BTreeMap<Ecosystem, (BTreeSet<&str>, &str)> = BTreeMap::new();
    for claim in claims.values() {
        let (names, newest) = named.entry(claim.ecosystem).or_default();
        names.insert(&claim.name);
        *newest = claim.modified.get(..10).unwrap_or_default().max(*newest);
    }
    let is_whole = |ecosystem: &Ecosystem, names: usize| known.get(ecosystem).is_some_and(|all| 2 * names >= all.len());
    let whole =
        named.into_iter().filter(|(ecosystem, (names, day))| is_whole(ecosystem, names.len()) && day.len() == 10);
    whole
        .map(|(ecosystem, (_, day))| Feed {
            source: "osv".to_owned(),
            ecosystem,
            until: day.to_owned(),
            complete: true,
        })
        .collect()
}

/// Returns whether a file in a folder or an archive may hold advisories.
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

/// The present data of an earlier update; none if it is damaged, because an update is how to replace it.
fn present(path: &Path) -> Result<Option<Index>> {
    match file::read(path) {
        Ok(bytes) => Ok(Index::open(Cow::Owned(bytes)).ok()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).or_incomplete(path.display()),
    }
}

/// The bytes of a file within the limit.
fn bounded(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > limit {
        return Err(format!("{size} bytes; the limit is {limit}"));
    }
    file::read(path).map_err(|error| error.to_string())
}
