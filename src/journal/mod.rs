//! The journal: one line of JSON for every run, so that silence cannot be mistaken for safety.
//!
//! Hooks write below `shield-hook/` in the git common directory, everything else in the user's state directory. A
//! record holds the coverage (counts, rule set, data age, commits and refs) and never a finding or scanned content. A
//! journal that cannot be written is reported on standard error and changes no verdict.

pub mod overdue;
pub mod receipt;
mod record;

use crate::environment;
use crate::file;
use crate::terminal::say;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

pub use record::{Counts, Covers, Met, Record, RecordedAnswer, RecordedJob, RecordedRef, now};

/// The journal's file name, in whichever directory it lives.
pub const FILE: &str = "journal.jsonl";

/// A journal larger than this is put aside and a new one begun.
const ROTATE_BYTES: u64 = 4 << 20;

/// The number of rotated journals that remain.
const KEEP: usize = 4;

/// The journal that receives a run's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalLocation {
    /// A repository's own journal; the path is the git common directory.
    Repository(PathBuf),
    /// The user's journal, in the XDG state directory.
    User,
    /// A journal in this directory.
    Directory(PathBuf),
}

impl JournalLocation {
    /// The directory that holds the journal.
    ///
    /// # Errors
    /// When the user has neither a state directory nor a home.
    pub fn directory(&self) -> io::Result<PathBuf> {
        match self {
            Self::Repository(common) => Ok(common.join("shield-hook")),
            Self::User => state_directory(),
            Self::Directory(path) => Ok(path.clone()),
        }
    }
}

/// The user's state directory for this program: `$XDG_STATE_HOME/shield-hook`, or its default.
///
/// # Errors
/// When the user's home directory is unknown.
pub fn state_directory() -> io::Result<PathBuf> {
    let base = if cfg!(windows) {
        environment::absolute_path("XDG_STATE_HOME").or_else(|| environment::absolute_path("LOCALAPPDATA"))
    } else {
        environment::absolute_path("XDG_STATE_HOME")
            .or_else(|| environment::absolute_path("HOME").map(|home| home.join(".local/state")))
    };
    base.map(|base| base.join("shield-hook"))
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "neither XDG_STATE_HOME nor HOME is an absolute path"))
}

/// Appends a record; a failure is reported on standard error and is never fatal.
pub fn record(place: &JournalLocation, record: &Record) {
    if let Err(e) = append(place, record) {
        let at = place.directory().map_or_else(|_| FILE.into(), |d| d.join(FILE).display().to_string());
        say!("shield-hook: warning: this run is not in the journal: {at}: {e}");
    }
}

/// Appends a record.
///
/// # Errors
/// When the journal cannot be written, in whole.
pub fn append(place: &JournalLocation, record: &Record) -> io::Result<()> {
    let directory = place.directory()?;
    if let JournalLocation::Repository(common) = place
        && !common.is_dir()
    {
        // Nothing may be created beside a repository that is not there.
        return Err(io::Error::new(io::ErrorKind::NotFound, "there is no such repository"));
    }
    fs::create_dir_all(&directory)?;
    let path = directory.join(FILE);
    let mut line = serde_json::to_vec(record)?;
    line.push(b'\n');
    let mut file = open(&path)?;
    if file.metadata()?.len() > ROTATE_BYTES {
        // One run rotates at a time: a second would rotate the new journal, until the oldest are removed.
        let _ = file.lock();
        rotate(&directory, &path)?;
        file = open(&path)?;
    }
    // The lock ends with the file. On a file system without locks a record may begin a line too early; none is lost.
    let _ = file.lock();
    if !ends_with_newline(&mut file)? {
        // A run that was killed, or a full disk, left half a line: it must not take this one with it.
        line.insert(0, b'\n');
    }
    // One write on a file opened for appending: records of parallel runs never mix, lock or no lock.
    match file.write(&line)? {
        n if n == line.len() => Ok(()),
        n => Err(io::Error::new(io::ErrorKind::WriteZero, format!("only {n} of {} bytes were written", line.len()))),
    }
}

/// Checks that a record could be appended, without writing.
///
/// # Errors
/// When the directory is missing, read-only or no directory.
pub fn writable(place: &JournalLocation) -> io::Result<()> {
    let directory = place.directory()?;
    let path = directory.join(FILE);
    if path.symlink_metadata().is_ok() {
        return OpenOptions::new().append(true).open(&path).map(drop);
    }
    let nearest = directory.ancestors().find(|d| d.symlink_metadata().is_ok()).unwrap_or(&directory);
    let about = fs::metadata(nearest)?;
    match (about.is_dir(), about.permissions().readonly()) {
        (false, _) => Err(io::Error::new(io::ErrorKind::NotADirectory, format!("{} is in the way", nearest.display()))),
        (_, true) => {
            Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("{} is read-only", nearest.display())))
        }
        _ => Ok(()),
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).read(true).open(path)
}

fn ends_with_newline(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    Ok(file.read(&mut last)? == 0 || last[0] == b'\n')
}

/// Puts the journal aside under a name nobody else uses, so that two runs which rotate at once lose nothing: whoever
/// has the file open goes on writing to it under its new name.
fn rotate(directory: &Path, path: &Path) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|now| now.len() <= ROTATE_BYTES) {
        // Another run has just done it.
        return Ok(());
    }
    let aside = aside(directory)?;
    let next = aside.last().map_or(1, |(number, _)| number + 1);
    let name = format!("journal.{next:06}-{:x}.jsonl", std::process::id());
    match fs::rename(path, directory.join(name)) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    for (_, old) in aside.iter().rev().skip(KEEP - 1) {
        // Another run may have taken it away already.
        let _ = fs::remove_file(old);
    }
    Ok(())
}

/// The journals put aside, oldest first.
fn aside(directory: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut found: Vec<(u64, PathBuf)> = fs::read_dir(directory)?
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let number = name.strip_prefix("journal.")?.strip_suffix(".jsonl")?.split('-').next()?.parse().ok()?;
            Some((number, entry.path()))
        })
        .collect();
    found.sort();
    Ok(found)
}

/// The most packages that a record names.
const NAMED: usize = 100;

/// The packages of a record, as many as one may name.
pub fn named(packages: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = packages.collect();
    all.sort();
    all.dedup();
    all.truncate(NAMED);
    all
}

/// The records of a journal.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// Every complete record, oldest first.
    pub records: Vec<Record>,
    /// Lines that are not ours, or cut off.
    pub foreign: usize,
}

impl Journal {
    /// Reads the journal with its rotated parts. A journal that does not exist is empty.
    ///
    /// # Errors
    /// When it exists and cannot be read.
    pub fn read(place: &JournalLocation) -> io::Result<Self> {
        let directory = place.directory()?;
        let mut journal = Self::default();
        let older = match aside(&directory) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(journal),
            other => other?,
        };
        for path in older.into_iter().map(|(_, path)| path).chain([directory.join(FILE)]) {
            match file::read(&path) {
                Ok(bytes) => journal.add(&bytes),
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(e),
            }
        }
        Ok(journal)
    }

    /// Reads only the end of the current journal, because a hook has no time for more.
    ///
    /// # Errors
    /// When it exists and cannot be read.
    pub fn tail(place: &JournalLocation, bytes: u64) -> io::Result<Self> {
        let mut journal = Self::default();
        let mut file = match file::open(place.directory()?.join(FILE)) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(journal),
            other => other?,
        };
        let length = file.metadata()?.len();
        let mut text = Vec::new();
        file.seek(SeekFrom::Start(length.saturating_sub(bytes)))?;
        file.take(bytes).read_to_end(&mut text)?;
        let first_line = match length > bytes {
            true => memchr::memchr(b'\n', &text).map_or(text.len(), |n| n + 1),
            false => 0,
        };
        journal.add(&text[first_line..]);
        Ok(journal)
    }

    fn add(&mut self, bytes: &[u8]) {
        for line in bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice::<Record>(line) {
                Ok(record) if record.v >= 1 && !record.command.is_empty() => self.records.push(record),
                _ => self.foreign += 1,
            }
        }
    }

    /// The latest record of a command.
    pub fn latest(&self, command: &str) -> Option<&Record> {
        self.records.iter().rev().find(|r| r.command == command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(dir: &tempfile::TempDir) -> JournalLocation {
        JournalLocation::Repository(dir.path().to_owned())
    }

    #[test]
    fn a_thousand_parallel_runs_leave_a_thousand_whole_records() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(&dir);
        std::thread::scope(|scope| {
            for thread in 0..50 {
                let place = &place;
                scope.spawn(move || {
                    for n in 0..20 {
                        let record = Record {
                            digest: format!("{thread}.{n} {}", "x".repeat(1 + 37 * n)),
                            ..Record::new("scan")
                        };
                        append(place, &record).unwrap();
                    }
                });
            }
        });
        let journal = Journal::read(&place).unwrap();
        assert_eq!((journal.records.len(), journal.foreign), (1000, 0));
        let mut digests: Vec<&str> = journal.records.iter().map(|r| r.digest.as_str()).collect();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), 1000);
    }

    #[test]
    fn rotation_loses_nothing_while_others_write() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(&dir);
        // Every record is large enough for several rotations, and few enough for none to be thrown away.
        let long = "x".repeat(64 << 10);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        append(&place, &Record { digest: long.clone(), ..Record::new("scan") }).unwrap();
                    }
                });
            }
        });
        assert!(!aside(&dir.path().join("shield-hook")).unwrap().is_empty());
        assert_eq!(Journal::read(&place).unwrap().records.len(), 160);
    }

    #[test]
    fn old_journals_are_thrown_away() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(&dir);
        let long = "x".repeat(ROTATE_BYTES as usize);
        for _ in 0..KEEP + 3 {
            append(&place, &Record { digest: long.clone(), ..Record::new("scan") }).unwrap();
        }
        assert_eq!(aside(&dir.path().join("shield-hook")).unwrap().len(), KEEP);
    }

    #[test]
    fn half_a_line_and_foreign_lines_cost_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(&dir);
        append(&place, &Record::new("first")).unwrap();
        let path = dir.path().join("shield-hook").join(FILE);
        let mut text = fs::read(&path).unwrap();
        text.extend_from_slice(b"not ours\n{\"a\":1}\n\xff\xfe\n{\"v\":1,\"command\":\"cut o");
        fs::write(&path, text).unwrap();
        append(&place, &Record::new("second")).unwrap();
        let journal = Journal::read(&place).unwrap();
        let commands: Vec<&str> = journal.records.iter().map(|r| r.command.as_str()).collect();
        assert_eq!((commands, journal.foreign), (vec!["first", "second"], 4));
    }

    #[test]
    fn the_tail_begins_with_a_whole_line() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(&dir);
        for n in 0..100 {
            append(&place, &Record::new(format!("run {n}"))).unwrap();
        }
        let tail = Journal::tail(&place, 2000).unwrap();
        assert_eq!(tail.foreign, 0);
        assert!((1..20).contains(&tail.records.len()));
        assert_eq!(tail.records.last().unwrap().command, "run 99");
    }

    #[test]
    fn no_journal_is_made_beside_a_repository_that_is_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let place = JournalLocation::Repository(dir.path().join("gone"));
        assert!(append(&place, &Record::new("scan")).is_err());
        assert!(!dir.path().join("gone").exists());
    }
}
