//! The files of a fleet: journals, collected records, and posted digests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::engine::redact;
use crate::error::{Context, Error, Result};
use crate::file;
use crate::journal::{self, Record};
use crate::terminal::text;

/// The endings of files in a folder that are read.
const ENDINGS: [&str; 3] = ["jsonl", "json", "ndjson"];

/// The records of many machines.
#[derive(Clone, Debug, Default)]
pub struct FleetFiles {
    /// The records of each machine.
    pub hosts: BTreeMap<String, Vec<Record>>,
    /// Files that could not be read, with the reason.
    pub unread: Vec<(String, String)>,
    /// Lines that are no records.
    pub foreign: usize,
}

impl FleetFiles {
    /// Reads files, and folders with everything in them.
    ///
    /// # Errors
    /// Exit 2 when a path does not exist or a folder cannot be read.
    pub fn read(paths: &[PathBuf]) -> Result<Self> {
        let mut files = BTreeSet::new();
        for path in paths {
            collect(path, &mut files)?;
        }
        let mut all = Self::default();
        for path in files {
            let shown = redact::name(&path.to_string_lossy());
            match file::read(&path) {
                Ok(bytes) => all.add(&shown, &host_of(&path), &String::from_utf8_lossy(&bytes)),
                Err(error) => all.unread.push((shown, error.to_string())),
            }
        }
        Ok(all)
    }

    /// Adds a file; `host` names the machine of records that name none.
    fn add(&mut self, path: &str, host: &str, content: &str) {
        let (mut taken, mut foreign) = (0, 0);
        // A receiver may keep each posted digest in a file of its own, in any layout.
        let values: Vec<Option<Value>> = match serde_json::from_str::<Value>(content) {
            Ok(Value::Array(values)) => values.into_iter().map(Some).collect(),
            Ok(value) => vec![Some(value)],
            Err(_) => content
                .lines()
                .filter(|line| !line.trim().is_empty())
                .map(|line| serde_json::from_str(line).ok())
                .collect(),
        };
        for value in values {
            match value.and_then(record) {
                Some(record) => {
                    let host = record.host.clone().unwrap_or_else(|| host.to_owned());
                    self.hosts.entry(public(&host)).or_default().push(masked(record));
                    taken += 1;
                }
                None => foreign += 1,
            }
        }
        if taken == 0 {
            self.unread.push((path.to_owned(), "it holds no record".to_owned()));
        } else {
            self.foreign += foreign;
        }
    }
}

/// The record in a line: itself, or in the digest that a watch posted.
fn record(value: Value) -> Option<Record> {
    let is_record =
        |value: &Value| value.get("v").is_some() && value.get("command").is_some() && value.get("time").is_some();
    let mut value = value;
    if !is_record(&value) {
        value = value.get_mut("record").map(Value::take)?;
    }
    is_record(&value).then(|| serde_json::from_value(value).ok()).flatten()
}

/// A record whose texts may be shown.
fn masked(record: Record) -> Record {
    let public_all = |texts: Vec<String>| texts.iter().map(|text| public(text)).collect();
    let jobs = record
        .jobs
        .into_iter()
        .map(|job| journal::RecordedJob { name: public(&job.name), result: public(&job.result) });
    let expect = record.expect.into_iter().map(|answer| journal::RecordedAnswer {
        what: public(&answer.what),
        answer: answer.answer,
        found: public_all(answer.found),
    });
    Record {
        time: public(&record.time),
        command: public(&record.command),
        result: public(&record.result),
        data: record.data.as_deref().map(public),
        due: record.due.as_deref().map(public),
        version: public(&record.version),
        host: record.host.as_deref().map(public),
        packages: public_all(record.packages),
        jobs: jobs.collect(),
        expect: expect.collect(),
        digest: text::name(&redact::message(&record.digest)),
        ..record
    }
}

fn public(text: &str) -> String {
    text::name(&redact::name(text))
}

/// The machine that a file's name stands for: `journal.jsonl` is the name of all, so there it is that of the folder.
fn host_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let folder = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    match folder {
        Some(folder) if stem.starts_with("journal") => folder,
        _ => stem,
    }
}

fn collect(path: &Path, into: &mut BTreeSet<PathBuf>) -> Result<()> {
    let shown = redact::name(&path.to_string_lossy());
    let kind = std::fs::metadata(path).or_incomplete(&shown)?;
    if !kind.is_dir() {
        into.insert(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path).or_incomplete(&shown)? {
        let entry = entry.or_incomplete(&shown)?;
        let path = entry.path();
        // A link to a folder could lead back up.
        let kind = entry.file_type().or_incomplete(&shown)?;
        if kind.is_dir() {
            collect(&path, into)?;
        } else if path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known)) {
            into.insert(path);
        }
    }
    Ok(())
}

/// The machines that a list names, one a line; `#` begins a comment.
///
/// # Errors
/// Exit 3 when the list cannot be read or names nobody: then everybody would be as expected.
pub fn expected_hosts(path: &Path) -> Result<BTreeSet<String>> {
    let content = file::read_to_string(path).or_usage(path.display())?;
    let hosts = content.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let hosts: BTreeSet<String> = hosts.filter(|host| !host.is_empty()).map(public).collect();
    match hosts.is_empty() {
        true => Err(Error::usage(format!("{}: it names no machine", path.display())).help("one name a line")),
        false => Ok(hosts),
    }
}
