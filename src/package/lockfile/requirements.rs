//! requirements.txt and its kin: pins, hashes, constraints, includes, markers, continued lines.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package, Source};
use super::tree::short;
use super::{Format, python, setting};
use crate::engine::redact;

pub(super) struct Requirements;

/// Returns whether a file with another name may hold requirements: `-r` takes any name, and these are the usual
/// ones.
pub(super) fn may_be_called(name: &str, directory: &str) -> bool {
    const STEMS: [&str; 24] = [
        "all",
        "base",
        "build",
        "ci",
        "common",
        "core",
        "dependencies",
        "deps",
        "dev",
        "develop",
        "development",
        "docs",
        "extras",
        "lint",
        "local",
        "packages",
        "pip",
        "prod",
        "production",
        "reqs",
        "staging",
        "test",
        "testing",
        "tests",
    ];
    const FOLDERS: [&str; 7] = ["dependencies", "deps", "envs", "pip", "reqs", "requirement", "requires"];
    let Some((stem, "txt" | "in")) = name.rsplit_once('.') else { return false };
    STEMS.contains(&stem) || directory.rsplit('/').next().is_some_and(|folder| FOLDERS.contains(&folder))
}

/// Returns whether a text holds only requirements, at least one of them pinned.
pub(super) fn is_one(text: &str) -> bool {
    Requirements.read(text).is_ok_and(|read| read.packages.iter().any(|package| package.version.is_some()))
}

impl Format for Requirements {
    fn name(&self) -> &'static str {
        "requirements.txt"
    }

    fn claims(&self, name: &str, directory: &str) -> bool {
        let Some((stem, "txt" | "in")) = name.rsplit_once('.') else { return false };
        stem.contains("requirements")
            || stem.contains("constraints")
            || stem.ends_with("-reqs")
            || directory.rsplit('/').next() == Some("requirements")
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let mut inventory = Inventory::default();
        let mut lines = text.lines().zip(1u32..);
        while let Some((first, number)) = lines.next() {
            let mut logical = strip_comment(first).to_owned();
            while logical.trim_end().ends_with('\\') {
                logical.truncate(logical.trim_end().len() - 1);
                match lines.next() {
                    Some((more, _)) => logical.push_str(strip_comment(more)),
                    None => return Err(LockError::new(number, "the file ends in the middle of a continued line")),
                }
            }
            let logical = logical.trim();
            if !logical.is_empty() {
                line(logical, number, &mut inventory)?;
            }
        }
        Ok(inventory)
    }
}

/// pip's rule: `#` opens a comment at the start of a line or after white space.
fn strip_comment(line: &str) -> &str {
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        if c == '#' && before.is_whitespace() {
            return &line[..at];
        }
        before = c;
    }
    line
}

fn line(text: &str, number: u32, inventory: &mut Inventory) -> Result<(), LockError> {
    let option = |short: &str, long: &str| {
        let rest = text.strip_prefix(long).or_else(|| text.strip_prefix(short))?;
        rest.starts_with([' ', '=', '\t'])
            .then(|| rest.trim_start_matches([' ', '=', '\t']).trim())
            .or_else(|| (!text.starts_with("--") && !rest.is_empty()).then(|| rest.trim()))
    };
    if let Some(file) = option("-r", "--requirement").or_else(|| option("-c", "--constraint")) {
        inventory.includes.push(file.to_owned());
        return Ok(());
    }
    if let Some(target) = option("-e", "--editable") {
        inventory.packages.push(direct(target, number));
        return Ok(());
    }
    if text.trim_start_matches('-').starts_with(|c: char| c.is_ascii_alphabetic()) && text.starts_with('-') {
        // Index and build options give the source of packages only.
        let end = text.find([' ', '=', '\t']).unwrap_or(text.len());
        let (key, value) = text.split_at(if text.starts_with("--") { end } else { end.min(2) });
        let key = match key {
            "-i" => "--index-url",
            "-f" => "--find-links",
            other => other,
        };
        let value = value.trim_start_matches([' ', '=', '\t']).trim();
        let value = if value.is_empty() { "true" } else { value };
        inventory.settings.extend(setting::python(key, value, number));
        return Ok(());
    }
    // Options of one requirement follow it: ` --hash=sha256:...`.
    let (requirement, options) = text.split_once(" --").map_or((text, ""), |(r, _)| (r, &text[r.len()..]));
    let mut package = if looks_direct(requirement) {
        direct(requirement, number)
    } else {
        python::requirement(requirement, number).ok_or_else(|| {
            LockError::new(number, format!("not a requirement: `{}`", short(&redact::quoted_line(requirement))))
        })?
    };
    for hash in options.split_ascii_whitespace().filter_map(|o| o.strip_prefix("--hash=")) {
        let algorithm = hash.split(':').next().unwrap_or_default();
        package.integrity.push((algorithm.to_owned(), hash.to_owned()));
    }
    inventory.packages.push(package);
    Ok(())
}

/// A path or URL as a requirement.
fn looks_direct(text: &str) -> bool {
    let head = text.split([' ', ';', '[']).next().unwrap_or(text);
    !text.contains(" @ ") && (head.contains("://") || head.starts_with(['.', '/', '~']))
        || [".whl", ".tar.gz", ".zip"].iter().any(|end| head.ends_with(end)) && !head.contains('@')
}

/// `git+https://...#egg=name`, `./name`, `https://.../name-1.0-py3-none-any.whl`.
fn direct(target: &str, number: u32) -> Package {
    let (url, fragment) = target.split_once('#').unwrap_or((target, ""));
    let url = url.split(" ;").next().unwrap_or(url).trim();
    let egg = fragment.split('&').find_map(|part| part.strip_prefix("egg="));
    let last = url.trim_end_matches('/').rsplit('/').next().unwrap_or(url);
    let name = egg.map(|e| e.split('[').next().unwrap_or(e)).unwrap_or_else(|| last.split('-').next().unwrap_or(last));
    let file = python::named_file(url);
    let name = file.as_ref().map_or(name, |(name, _)| name);
    let mut package = Package::new(Ecosystem::Pypi, name, file.as_ref().map(|(_, version)| version.clone()), number);
    package.source = match python::from_url(url) {
        Source::File(path) if !path.contains(".whl") && !path.contains(".tar.gz") && !path.contains(".zip") => {
            Source::Link(path)
        }
        source => source,
    };
    package
}
