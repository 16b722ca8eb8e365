//! The secrets that stand at the places which another scanner lets pass.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use regex::bytes::Regex;

use crate::chunk::{ChunkPlace, Origin};
use crate::cli::session::Session;
use crate::error::Result;
use crate::file;
use crate::finding::{Finding, Verdict};
use crate::git::{self, Oid, Repo};
use crate::policy::baseline::BaselineEntry;
use crate::policy::edit::NewAllowance;
use crate::policy::migrate::{Carried, ListedSecret};
use crate::source::{Content, Coverage, InMemory, Item, Old, Paths, Plan, Source};

/// Finds the secrets at the given lines: allowances by fingerprint are added, known findings returned.
pub fn look_up(session: &Session, root: &Path, repo: Option<&Repo>, all: &mut Carried) -> Result<Vec<BaselineEntry>> {
    let mut listed = Listed::default();
    let mut wanted = BTreeSet::new();
    for listed in &all.places {
        if let Some(path) = &listed.path {
            wanted.insert((path.clone(), listed.commit.clone()));
        }
    }
    for (path, commit) in wanted {
        let bytes = match &commit {
            None => file::read(root.join(&path)).ok(),
            Some(commit) => repo.and_then(|repo| at_commit(repo, commit, &path)),
        };
        if let Some(bytes) = bytes {
            listed.add(path.into(), commit, bytes);
        }
    }
    let mut findings = session.scan(&[&listed])?.findings;
    if all.places.iter().any(|p| p.pattern.is_some()) {
        // A pattern on lines can be about any file.
        let (root, tracked) = (root.to_owned(), tracked(repo)?);
        let (paths, max_object) = (vec![PathBuf::from(".")], session.max_object());
        let source = Paths { here: root.clone(), root, paths, no_ignore: false, tracked, max_object };
        findings.extend(session.scan(&[&source])?.findings);
    }
    findings.retain(|f| matches!(f.verdict, Verdict::Block | Verdict::Warn(_)));
    let mut entries = Vec::new();
    let mut allowed: BTreeMap<String, NewAllowance> = BTreeMap::new();
    for listed in &all.places {
        let matcher = listed.pattern.as_deref().and_then(|p| Regex::new(p).ok());
        let mut met = false;
        for f in findings.iter().filter(|f| is_at(listed, f, matcher.as_ref(), root)) {
            met = true;
            if listed.known {
                entries.push(BaselineEntry {
                    fingerprint: f.fingerprint,
                    rule: f.rule.id.to_owned(),
                    path: f.location.path().to_owned(),
                    reason: listed.reason.clone(),
                });
            } else {
                let fingerprint = f.fingerprint.to_string();
                allowed.entry(fingerprint.clone()).or_insert_with(|| NewAllowance {
                    fingerprint: Some(fingerprint),
                    reason: format!("{}: {}", f.location.path(), listed.reason),
                    ..NewAllowance::default()
                });
            }
        }
        if !met {
            all.lost.push(nothing_at(listed));
        }
    }
    all.allow.extend(allowed.into_values());
    Ok(entries)
}

fn nothing_at(listed: &ListedSecret) -> String {
    match (&listed.path, listed.line, &listed.pattern) {
        (Some(path), Some(line), _) => format!("{path}:{line}: nothing is found there, so nothing needs to be allowed"),
        (Some(path), None, _) => format!("{path}: nothing is found in it, so nothing needs to be allowed"),
        (None, _, pattern) => {
            format!("`{}`: no line that it matches has a finding", pattern.as_deref().unwrap_or_default())
        }
    }
}

/// Returns whether the finding is on the given line.
fn is_at(listed: &ListedSecret, f: &Finding, pattern: Option<&Regex>, root: &Path) -> bool {
    let l = &f.location;
    let Some(path) = &listed.path else {
        let text = file::read(root.join(l.path().to_path_lossy())).unwrap_or_default();
        let line = text.lines().nth(l.line - 1).unwrap_or_default();
        let mut named_line = format!("{}:{}:", l.path(), l.line).into_bytes();
        named_line.extend_from_slice(line);
        return pattern.is_some_and(|p| p.is_match(&named_line));
    };
    l.path() == path.as_str()
        && f.commit == listed.commit
        && listed.line.is_none_or(|line| (l.line..=l.end_line).contains(&line))
}

fn at_commit(repo: &Repo, commit: &str, path: &str) -> Option<Vec<u8>> {
    let id: Oid = repo.resolve(commit).ok()?;
    let mut objects = repo.objects();
    let tree = objects.tree_of(&id).ok()?;
    let (blob, _) = git::entry_at(&mut objects, tree, path.as_bytes()).ok()??;
    let mut bytes = Vec::new();
    objects.read(&blob, u64::MAX, &mut bytes).ok()?;
    Some(bytes)
}

fn tracked(repo: Option<&Repo>) -> Result<Vec<PathBuf>> {
    match repo {
        Some(repo) => Ok(git::tracked(repo)?.into_iter().filter_map(|t| t.file).collect()),
        None => Ok(Vec::new()),
    }
}

/// Texts at hand, each with its path and commit.
#[derive(Default)]
struct Listed {
    items: Vec<Item>,
}

impl Listed {
    fn add(&mut self, path: bstr::BString, commit: Option<String>, bytes: Vec<u8>) {
        let origin = Origin { place: ChunkPlace::File(path), commit };
        self.items.push(Item { origin, content: Content::Bytes(bytes.into()), old: Old::Nothing });
    }
}

impl Source for Listed {
    fn plan(&self, _: &mut Coverage) -> Result<Plan<'_>> {
        Ok(Plan::new(self.items.clone(), InMemory))
    }
}
