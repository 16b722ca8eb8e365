//! Secrets taken out of the commits that are not published, the index and the work tree.
//!
//! The commits are written anew one by one with a marker in the place of each value, which no neighbouring change can
//! conflict with. A backup keeps the old ones until the user deletes it.

mod backup;
mod marker;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice};

use crate::chunk::ChunkPlace;
use crate::error::{Context, Error, Result};
use crate::file;
use crate::finding::{Finding, Fingerprint};
use crate::git::{
    self, ChangedPath, EntryMode, IndexedPath, NewCommit, Objects, Oid, PathEdit, PathEdits, Repo, Rewriter,
    RewrittenCommit,
};
use crate::report;

pub use backup::{Backup, PREFIX, Restored};
pub use marker::{MARKER, Removals};

/// The commits of HEAD that no remote holds, as far as this repository knows.
pub struct Unpublished {
    /// HEAD; none before the first commit.
    pub head: Option<Oid>,
    /// The commits that some remote holds.
    pub published: Vec<Oid>,
    /// The commits that only HEAD leads to.
    pub commits: Vec<NewCommit>,
}

impl Unpublished {
    /// Of a repository: everything that no remote-tracking ref leads to, and that no fetch brought.
    ///
    /// # Errors
    /// Refs or commits cannot be read.
    pub fn of(repo: &Repo) -> Result<Self> {
        let head = repo.head()?;
        let mut published: Vec<Oid> = repo.refs("refs/remotes/")?.into_iter().map(|r| r.id).collect();
        published.extend(repo.fetched().tips.into_iter().map(|(id, _)| id));
        let new = git::outgoing(repo, &mut repo.objects(), head.as_slice(), &published)?;
        if let Some((id, why)) = new.unread.first() {
            return Err(Error::incomplete(format!("{id}: {}", why.reason())));
        }
        Ok(Self { head, published, commits: new.commits })
    }
}

/// A finding that a repair cannot remove by itself.
pub struct ByHand {
    /// The position of the finding.
    pub place: String,
    /// The way to remove it.
    pub advice: String,
}

/// The texts of findings, from which the values to remove are taken.
pub struct Texts {
    objects: Objects,
    staged: HashMap<BString, Oid>,
}

impl Texts {
    /// Of a repository.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn of(repo: &Repo) -> Result<Self> {
        let staged = git::indexed_paths(repo)?.into_iter().map(|entry| (entry.path, entry.id)).collect();
        Ok(Self { objects: repo.objects(), staged })
    }

    /// Adds the secret of a finding to `removals`.
    ///
    /// # Errors
    /// (Inner) It has to be removed by hand.
    pub fn add(
        &mut self,
        finding: &Finding,
        removals: &mut Removals,
        dropped: &BTreeSet<BString>,
    ) -> Result<(), ByHand> {
        let path = finding.location.path();
        let by_hand = |advice: String| ByHand { place: format!("{path}:{}", finding.location.line), advice };
        let drop_file = |path: &BStr| {
            format!(
                "--drop-file {} takes the file out of these commits",
                crate::finding::repair::quote(&path.to_str_lossy())
            )
        };
        match &finding.location.place {
            ChunkPlace::File(path) | ChunkPlace::Symlink(path) => {
                let is_dropped = dropped.contains(path);
                let text = self.text(finding, path.as_ref());
                let is_binary = text.as_ref().is_some_and(|text| is_binary(text));
                match text {
                    _ if is_dropped => Ok(()),
                    Some(text) if !is_binary && removals.add(finding, &text) => Ok(()),
                    _ => Err(by_hand(drop_file(path.as_ref()))),
                }
            }
            ChunkPlace::Member(path) => {
                let archive = path.split_str("!").next().unwrap_or_default().as_bstr();
                if dropped.contains(archive) { Ok(()) } else { Err(by_hand(drop_file(archive))) }
            }
            ChunkPlace::CommitMessage(_) => match self.commit(finding) {
                Some(text) if removals.add(finding, &text) => Ok(()),
                _ => Err(by_hand("write the message anew".into())),
            },
            ChunkPlace::PathName(path) => match dropped.contains(path) {
                true => Ok(()),
                false => Err(by_hand(
                    "the name of the file is the secret: rename it in that commit, or drop the file with --drop-file"
                        .into(),
                )),
            },
            _ => Err(by_hand("it is no content of a commit".into())),
        }
    }

    fn commit(&mut self, finding: &Finding) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        self.objects.read(&commit_of(finding)?, u64::MAX, &mut bytes).ok()?;
        Some(bytes)
    }

    fn text(&mut self, finding: &Finding, path: &BStr) -> Option<Vec<u8>> {
        let id = match &finding.commit {
            Some(_) => {
                let tree = self.objects.tree_of(&commit_of(finding)?).ok()?;
                git::entry_at(&mut self.objects, tree, path).ok()??.0
            }
            None => *self.staged.get(path)?,
        };
        let mut bytes = Vec::new();
        self.objects.read(&id, u64::MAX, &mut bytes).ok()?;
        Some(bytes)
    }
}

fn commit_of(finding: &Finding) -> Option<Oid> {
    Oid::from_hex(finding.commit.as_ref()?.as_bytes()).ok()
}

/// Returns whether a text is none: NUL bytes that are not those of UTF-16.
fn is_binary(text: &[u8]) -> bool {
    let begin = &text[..text.len().min(8000)];
    let nuls = begin.iter().filter(|byte| **byte == 0).count();
    nuls > 0 && !(begin.starts_with(b"\xff\xfe") || begin.starts_with(b"\xfe\xff") || nuls * 3 > begin.len())
}

/// The changes that a repair makes.
pub struct Changes {
    /// The commits that are written anew, parents first.
    pub commits: Vec<RewrittenCommit>,
    /// HEAD before and after.
    pub head: Option<(Oid, Oid)>,
    /// The entries of the index that change, each with the content it gets; none if it is removed.
    pub index: Vec<(IndexedPath, Option<Oid>)>,
    /// The paths at which a value was replaced, or that are dropped.
    pub paths: BTreeSet<BString>,
}

/// Computes the changes, and with `stores` writes their objects. No ref is moved.
///
/// # Errors
/// An object cannot be read or written, or a path to drop is published or unknown.
pub fn changes(
    repo: &Repo,
    unpublished: &Unpublished,
    removals: &Removals,
    dropped: &BTreeSet<BString>,
    stores: bool,
) -> Result<Changes> {
    let mut objects = repo.objects();
    refuse_published(&mut objects, unpublished, dropped)?;
    let mut edits = PathEdits::default();
    dropped.iter().for_each(|path| edits.add(path.as_ref(), PathEdit::Drop));
    let indexed = git::indexed_paths(repo)?;
    let mut blobs: HashMap<Oid, Option<Oid>> = HashMap::new();
    let mut paths: BTreeSet<BString> = BTreeSet::new();
    let mut new: Vec<ChangedPath> = git::staged(repo, &mut objects)?.new;
    for commit in &unpublished.commits {
        new.extend(git::introduced_changes(&mut objects, commit, MOST_PATHS).new);
    }
    for change in new.iter().filter(|change| change.mode != EntryMode::Gitlink && !removals.is_empty()) {
        let replacement = match blobs.get(&change.id) {
            Some(known) => *known,
            None => {
                let mut old = Vec::new();
                // A blob that cannot be read was reported by the scan.
                let text = objects.read(&change.id, u64::MAX, &mut old).ok().and_then(|_| removals.replaced(&old));
                let text = text.filter(|_| !is_binary(&old));
                let rewriter = Rewriter::new(repo, &mut objects, stores);
                let written = text.map(|text| rewriter.blob(&text)).transpose()?;
                *blobs.entry(change.id).or_insert(written)
            }
        };
        if replacement.is_some() {
            edits.add(change.path.as_ref(), PathEdit::Replace);
            paths.insert(change.path.clone());
        }
    }
    let blobs: HashMap<Oid, Oid> = blobs.into_iter().filter_map(|(old, new)| Some((old, new?))).collect();
    let text = |text: &[u8]| removals.replaced(text);
    let commits = Rewriter::new(repo, &mut objects, stores).commits(&unpublished.commits, &edits, &blobs, &text)?;
    let head = unpublished.head.map(|old| (old, commits.iter().find(|c| c.old == old).map_or(old, |c| c.new)));
    let index = indexed.into_iter().filter_map(|entry| {
        let new = match edits.get(entry.path.as_ref())? {
            PathEdit::Drop => None,
            PathEdit::Replace => Some(*blobs.get(&entry.id)?),
        };
        Some((entry, new))
    });
    let index: Vec<_> = index.collect();
    paths.extend(dropped.iter().cloned());
    Ok(Changes { commits, head, index, paths })
}

/// A change of more paths is not searched.
const MOST_PATHS: usize = 1 << 20;

/// Refuses to drop a file that is published: dropping it from later commits would delete it there.
fn refuse_published(objects: &mut Objects, unpublished: &Unpublished, dropped: &BTreeSet<BString>) -> Result<()> {
    let own: HashSet<Oid> = unpublished.commits.iter().map(|commit| commit.id).collect();
    let parents = unpublished.commits.iter().flat_map(|commit| &commit.parents).filter(|id| !own.contains(*id));
    let old: Vec<Oid> = match unpublished.commits.is_empty() {
        true => unpublished.head.into_iter().collect(),
        false => parents.copied().collect(),
    };
    for commit in old {
        let Ok(tree) = objects.tree_of(&commit) else { continue };
        for path in dropped {
            if matches!(git::entry_at(objects, tree, path), Ok(Some(_))) {
                return Err(Error::usage(format!("{path}: it is published, so it is not dropped from later commits"))
                    .help("revoke the secret, then remove the file with `git rm`"));
            }
        }
    }
    Ok(())
}

/// Refuses to rewrite commits while an operation of git is under way, which has recorded their ids.
///
/// # Errors
/// Exit 3: one is.
pub fn refuse_under_way(repo: &Repo) -> Result<()> {
    backup::under_way(repo).map_or(Ok(()), |name| {
        Err(Error::usage(format!("a {name} is under way, so no commit is rewritten"))
            .help(format!("finish it, or end it with `git {name} --abort`, and run this again")))
    })
}

/// Carries out changes whose objects are written: HEAD, the index and the work tree, with a backup. Returns the backup
/// and the files of the work tree that were written.
///
/// # Errors
/// A ref, the index or a file cannot be written.
pub fn carry_out(repo: &Repo, changes: &Changes, removals: &Removals) -> Result<(Backup, Vec<PathBuf>)> {
    let before = repo.index_as_tree()?;
    repo.replace_indexed(&changes.index)?;
    let after = repo.index_as_tree()?;
    let mut objects = repo.objects();
    let rewriter = Rewriter::new(repo, &mut objects, true);
    let backup = Backup::write(&rewriter, (before, after), changes.head, jiff::Timestamp::now())?;
    if let Err(error) = repo.update_refs("shield-hook repair", &backup.transaction()) {
        // The index goes back to what HEAD still is.
        repo.index_from_tree(before, &changes.index.iter().map(|(entry, _)| entry.path.clone()).collect())?;
        return Err(error);
    }
    let mut files = Vec::new();
    for path in changes.index.iter().filter(|(_, new)| new.is_some()).map(|(entry, _)| &entry.path) {
        let Some(file) = repo.work_dir().map(|root| root.join(path.to_path_lossy())) else { continue };
        if replace_in(&file, removals)? {
            files.push(file);
        }
    }
    // The index learns the times of the files that were written.
    let _ = repo.changed_in_work_tree();
    Ok((backup, files))
}

/// Replaces the values in a file of the work tree. Returns whether it held one.
fn replace_in(path: &Path, removals: &Removals) -> Result<bool> {
    // Not through a link: its target may be outside the repository.
    if !path.symlink_metadata().is_ok_and(|meta| meta.is_file()) {
        return Ok(false);
    }
    let old = file::read(path).or_incomplete(path.display())?;
    let Some(new) = removals.replaced(&old) else { return Ok(false) };
    report::save(path, &new).or_incomplete(path.display())?;
    Ok(true)
}

/// The names of other refs that lead to an old commit.
///
/// # Errors
/// The refs cannot be listed.
pub fn other_refs(repo: &Repo, commits: &[RewrittenCommit]) -> Result<Vec<BString>> {
    let own = repo.head_name();
    let mut objects = repo.objects();
    let others = repo.refs("")?.into_iter().filter(|r| {
        Some(&r.name) != own.as_ref() && !r.name.starts_with(b"refs/remotes/") && !r.name.starts_with(PREFIX.as_bytes())
    });
    let leads = |r: &git::Ref, objects: &mut Objects| {
        let tip = objects.tree_of(&r.id).is_ok();
        tip && commits.iter().any(|commit| git::reaches(objects, &[r.id], commit.old))
    };
    Ok(others.filter(|r| leads(r, &mut objects)).map(|r| r.name).collect())
}

/// The blocking findings about secrets, each secret once with all its findings; only those with one of `wanted`, if any.
pub fn by_secret<'f>(findings: &'f [Finding], wanted: &[Fingerprint]) -> BTreeMap<Fingerprint, Vec<&'f Finding>> {
    let mut secrets: BTreeMap<Fingerprint, Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter().filter(|f| f.verdict.blocks() && !f.is_about_package()) {
        if wanted.is_empty() || wanted.contains(&finding.fingerprint) {
            secrets.entry(finding.fingerprint).or_default().push(finding);
        }
    }
    secrets
}

impl Changes {
    /// Returns whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.commits.is_empty() && self.index.is_empty()
    }
}
