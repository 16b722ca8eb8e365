//! Commits written anew: the one part of this module that adds objects, moves refs and changes the index.
//!
//! Trees and commits are copied byte for byte except for the entries, parents and texts that change, so dates, modes and
//! encodings survive. The index and the refs are left to the user's git, which knows every form of them and moves
//! several refs in one transaction. No hook runs.

use std::collections::{BTreeMap, HashMap, HashSet};

use bstr::{BStr, BString, ByteSlice};
use gix::prelude::Write as _;

use super::ask;
use super::diff::GitIndex;
use super::read::tree::{MAX_DEPTH, join};
use super::{NewCommit, ObjectKind, Objects, Oid, Repo, Unread};
use crate::error::{Error, Result};

/// The treatment of the entry at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathEdit {
    /// A blob that has a replacement gives way to it.
    Replace,
    /// The entry goes.
    Drop,
}

/// The paths that a rewrite touches, by directory.
#[derive(Default)]
pub struct PathEdits {
    edit: Option<PathEdit>,
    below: BTreeMap<BString, Self>,
}

impl PathEdits {
    /// Adds a path; to drop it counts for more.
    pub fn add(&mut self, path: &BStr, edit: PathEdit) {
        let node = path.split_str("/").fold(self, |node, name| node.below.entry(name.into()).or_default());
        if node.edit != Some(PathEdit::Drop) {
            node.edit = Some(edit);
        }
    }

    /// The treatment of one path.
    pub fn get(&self, path: &BStr) -> Option<PathEdit> {
        let mut names = path.split_str("/");
        names.try_fold(self, |node, name| node.below.get(name.as_bstr())).and_then(|node| node.edit)
    }
}

/// A commit that was written anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RewrittenCommit {
    /// Its id before.
    pub old: Oid,
    /// Its id now.
    pub new: Oid,
    /// Whether it had a signature, which holds for the old commit only.
    pub was_signed: bool,
}

/// Writes objects, or only computes their ids for a preview.
pub struct Rewriter<'a> {
    repo: gix::Repository,
    objects: &'a mut Objects,
    stores: bool,
    trees: HashMap<(Oid, BString), Option<Oid>>,
}

impl<'a> Rewriter<'a> {
    /// For one repository. Without `stores` nothing is written.
    pub fn new(repo: &Repo, objects: &'a mut Objects, stores: bool) -> Self {
        Self { repo: repo.local(), objects, stores, trees: HashMap::new() }
    }

    /// The id of a blob with this content.
    ///
    /// # Errors
    /// The object database cannot be written.
    pub fn blob(&self, content: &[u8]) -> Result<Oid> {
        self.write(ObjectKind::Blob, content)
    }

    /// The id of a commit with this content.
    ///
    /// # Errors
    /// The object database cannot be written.
    pub fn commit(&self, content: &[u8]) -> Result<Oid> {
        self.write(ObjectKind::Commit, content)
    }

    fn write(&self, kind: ObjectKind, content: &[u8]) -> Result<Oid> {
        let written = match self.stores {
            true => self.repo.objects.write_buf(kind, content).map_err(|e| e.to_string()),
            false => gix::objs::compute_hash(self.repo.object_hash(), kind, content).map_err(|e| e.to_string()),
        };
        written.map_err(|why| Error::incomplete(format!("the object database cannot be written: {why}")))
    }

    /// Writes commits anew, parents before children, with the `blobs` replaced at these paths and each line of a header
    /// and the message as `text` gives it back. A commit that stays the same keeps its id.
    ///
    /// # Errors
    /// An object cannot be read or written.
    pub fn commits(
        &mut self,
        commits: &[NewCommit],
        paths: &PathEdits,
        blobs: &HashMap<Oid, Oid>,
        text: &dyn Fn(&[u8]) -> Option<Vec<u8>>,
    ) -> Result<Vec<RewrittenCommit>> {
        let mut rewritten: HashMap<Oid, Oid> = HashMap::new();
        let mut list = Vec::new();
        for id in parents_first(commits) {
            let mut old = Vec::new();
            self.objects.read(&id, u64::MAX, &mut old).map_err(|why| unread("commit", id, &why))?;
            let tree = self.objects.tree_of(&id).map_err(|why| unread("commit", id, &why))?;
            let new_tree = self.tree(tree, BStr::new(""), paths, blobs)?.unwrap_or_else(|| Oid::empty_tree(id.kind()));
            if new_tree != tree && new_tree == Oid::empty_tree(id.kind()) {
                self.write(ObjectKind::Tree, &[])?;
            }
            let (content, was_signed) = recomposed(&old, new_tree, &rewritten, text);
            if content != old {
                let new = self.commit(&content)?;
                rewritten.insert(id, new);
                list.push(RewrittenCommit { old: id, new, was_signed });
            }
        }
        Ok(list)
    }

    /// The tree `id` of the directory `dir` with its replacements; none if it would be empty.
    fn tree(&mut self, id: Oid, dir: &BStr, at: &PathEdits, blobs: &HashMap<Oid, Oid>) -> Result<Option<Oid>> {
        let key = (id, dir.to_owned());
        if let Some(known) = self.trees.get(&key) {
            return Ok(*known);
        }
        let corrupt = |why: &str| unread("tree", id, &Unread::Corrupt(why.to_owned()));
        if dir.split_str("/").count() > MAX_DEPTH {
            return Err(corrupt("it is nested too deep"));
        }
        let mut old = Vec::new();
        self.objects.read(&id, u64::MAX, &mut old).map_err(|why| unread("tree", id, &why))?;
        let (mut new, mut rest) = (Vec::with_capacity(old.len()), old.as_slice());
        while !rest.is_empty() {
            let (mode, after) = rest.split_once_str(" ").ok_or_else(|| corrupt("an entry has no mode"))?;
            let (name, after) = after.split_once_str("\0").ok_or_else(|| corrupt("an entry has no name"))?;
            let hash = after.get(..id.kind().len_in_bytes()).ok_or_else(|| corrupt("an entry has no id"))?;
            rest = &after[hash.len()..];
            let entry = Oid::try_from(hash).map_err(|e| corrupt(&e.to_string()))?;
            let path = join(dir, name);
            let now = match at.below.get(name.as_bstr()) {
                None => Some(entry),
                Some(below) if mode == b"40000" => self.tree(entry, path.as_ref(), below, blobs)?,
                Some(PathEdits { edit: Some(PathEdit::Drop), .. }) => None,
                Some(PathEdits { edit: Some(PathEdit::Replace), .. }) => {
                    Some(blobs.get(&entry).copied().unwrap_or(entry))
                }
                Some(PathEdits { edit: None, .. }) => Some(entry),
            };
            if let Some(now) = now {
                for part in [mode, b" ", name, b"\0", now.as_bytes()] {
                    new.extend_from_slice(part);
                }
            }
        }
        let written = match new.is_empty() {
            true => None,
            false if new == old => Some(id),
            false => Some(self.write(ObjectKind::Tree, &new)?),
        };
        self.trees.insert(key, written);
        Ok(written)
    }
}

fn unread(what: &str, id: Oid, why: &Unread) -> Error {
    Error::incomplete(format!("{what} {id}: {}", why.reason()))
}

/// The ids of commits in an order in which no commit comes before a parent of it.
fn parents_first(commits: &[NewCommit]) -> Vec<Oid> {
    let parents: HashMap<Oid, &[Oid]> = commits.iter().map(|c| (c.id, c.parents.as_slice())).collect();
    let (mut order, mut entered, mut done) = (Vec::new(), HashSet::new(), HashSet::new());
    for commit in commits {
        let mut open = vec![commit.id];
        while let Some(id) = open.last().copied() {
            let before = parents.get(&id).copied().unwrap_or_default().iter();
            let missing: Vec<Oid> = match entered.insert(id) {
                true => before.filter(|p| parents.contains_key(*p) && !entered.contains(*p)).copied().collect(),
                false => Vec::new(),
            };
            if missing.is_empty() {
                open.pop();
                if done.insert(id) {
                    order.push(id);
                }
            }
            open.extend(missing);
        }
    }
    order
}

/// The headers whose value is a signature.
const SIGNATURES: [&[u8]; 3] = [b"gpgsig", b"gpgsig-sha256", b"mergetag"];

/// A commit's content with another tree, other parents and other texts, and whether a signature was left out. The
/// signature stays if nothing else changes.
fn recomposed(
    old: &[u8],
    tree: Oid,
    rewritten: &HashMap<Oid, Oid>,
    text: &dyn Fn(&[u8]) -> Option<Vec<u8>>,
) -> (Vec<u8>, bool) {
    let (headers, message) = old.split_once_str("\n\n").unwrap_or((old, b""));
    let mut signed = Vec::with_capacity(old.len());
    let mut unsigned = Vec::with_capacity(old.len());
    let mut in_signature = false;
    for line in headers.split_str("\n") {
        let (key, value) = line.split_once_str(" ").unwrap_or((line, b""));
        in_signature = if line.starts_with(b" ") { in_signature } else { SIGNATURES.contains(&key) };
        let new = match key {
            b"tree" => format!("tree {tree}").into_bytes(),
            b"parent" => {
                let id = Oid::from_hex(value).ok().map(|id| rewritten.get(&id).copied().unwrap_or(id));
                id.map_or(line.to_owned(), |id| format!("parent {id}").into_bytes())
            }
            _ if in_signature => line.to_owned(),
            _ => text(line).unwrap_or_else(|| line.to_owned()),
        };
        for into in [Some(&mut signed), (!in_signature).then_some(&mut unsigned)].into_iter().flatten() {
            into.extend_from_slice(&new);
            into.push(b'\n');
        }
    }
    let message = text(message).unwrap_or_else(|| message.to_owned());
    let was_signed = signed.len() != unsigned.len();
    for into in [&mut signed, &mut unsigned] {
        into.push(b'\n');
        into.extend_from_slice(&message);
    }
    if signed == old { (signed, false) } else { (unsigned, was_signed) }
}

/// An entry of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedPath {
    /// Relative to the repository's root.
    pub path: BString,
    /// The mode as git writes it.
    pub mode: u32,
    /// The staged content.
    pub id: Oid,
}

/// The entries of the index.
///
/// # Errors
/// It cannot be read, or has entries of an unfinished merge.
pub fn indexed_paths(repo: &Repo) -> Result<Vec<IndexedPath>> {
    let Some(index) = GitIndex::open(repo)? else { return Ok(Vec::new()) };
    let mut paths = Vec::with_capacity(index.len());
    for n in 0..index.len() {
        let entry = index.entry(n);
        if entry.stage != 0 {
            return Err(Error::usage(format!("{}: it is in conflict", entry.path))
                .help("finish the merge, or end it with `git merge --abort`, and run this again"));
        }
        if !entry.intent_to_add {
            paths.push(IndexedPath { path: entry.path.to_owned(), mode: entry.mode, id: entry.id });
        }
    }
    Ok(paths)
}

impl Repo {
    /// Replaces entries of the index; an entry without an id is removed.
    ///
    /// # Errors
    /// Git cannot write the index.
    pub fn replace_indexed(&self, entries: &[(IndexedPath, Option<Oid>)]) -> Result<()> {
        let mut input = Vec::new();
        for (entry, id) in entries {
            let (mode, id) = id.map_or((0, Oid::null(entry.id.kind())), |id| (entry.mode, id));
            input.extend_from_slice(format!("{mode:o} {id} 0\t").as_bytes());
            input.extend_from_slice(&entry.path);
            input.push(0);
        }
        self.run_git(&["update-index", "-z", "--index-info"], &input).map(drop)
    }

    /// Writes the content of the index as a tree.
    ///
    /// # Errors
    /// Git cannot write it.
    pub fn index_as_tree(&self) -> Result<Oid> {
        let out = self.run_git(&["write-tree"], b"")?;
        Oid::from_hex(out.trim()).map_err(|e| Error::incomplete(format!("git write-tree: {e}")))
    }

    /// Gives these paths of the index the entries that a tree has for them.
    ///
    /// # Errors
    /// Git cannot write the index.
    pub fn index_from_tree(&self, tree: Oid, paths: &HashSet<BString>) -> Result<()> {
        let all = self.run_git(&["ls-tree", "-r", "-z", "--full-tree", &tree.to_string()], b"")?;
        let path = |entry: &[u8]| entry.split_once_str("\t").map(|(_, path)| BString::from(path));
        let entries = all.split_inclusive(|byte| *byte == 0);
        let mut chosen = Vec::new();
        for entry in entries {
            if path(entry.trim_end_with(|c| c == '\0')).is_some_and(|path| paths.contains(&path)) {
                chosen.extend_from_slice(entry);
            }
        }
        self.run_git(&["update-index", "-z", "--index-info"], &chosen).map(drop)
    }

    /// Compares the work tree with the index, and returns the paths that differ.
    ///
    /// # Errors
    /// Git cannot compare them.
    pub fn changed_in_work_tree(&self) -> Result<HashSet<BString>> {
        // The exit code only says that something differs.
        let _ = self.run_git(&["update-index", "-q", "--refresh"], b"");
        let out = self.run_git(&["diff-files", "--name-only", "-z", "--no-ext-diff"], b"")?;
        Ok(out.split_str("\0").filter(|path| !path.is_empty()).map(BString::from).collect())
    }

    /// Writes these files of the work tree from the index.
    ///
    /// # Errors
    /// Git cannot write them.
    pub fn check_out(&self, paths: &[BString]) -> Result<()> {
        let input: Vec<u8> = paths.iter().flat_map(|path| path.iter().copied().chain([0])).collect();
        self.run_git(&["checkout-index", "--force", "-z", "--stdin"], &input).map(drop)
    }

    /// Moves refs in one transaction: commands of `git update-ref --stdin`.
    ///
    /// # Errors
    /// A ref was moved by somebody else meanwhile, or cannot be written; then none is moved.
    pub fn update_refs(&self, message: &str, commands: &[String]) -> Result<()> {
        self.run_git(&["update-ref", "-m", message, "--stdin"], (commands.join("\n") + "\n").as_bytes()).map(drop)
    }

    /// Runs git in the root of the work tree, where it takes paths as the index has them.
    fn run_git(&self, args: &[&str], input: &[u8]) -> Result<Vec<u8>> {
        ask::output_for(self.work_dir().unwrap_or(self.git_dir()), args, input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> Oid {
        Oid::from_hex(format!("{n:040x}").as_bytes()).unwrap()
    }

    #[test]
    fn parents_come_first_whatever_the_dates() {
        let commit = |n, parents: &[u8]| NewCommit { id: id(n), parents: parents.iter().map(|p| id(*p)).collect() };
        // 1 is the root, 4 a merge; 9 is no part of the range.
        let commits = [commit(1, &[9]), commit(4, &[3, 2]), commit(2, &[1]), commit(3, &[1])];
        let order = parents_first(&commits);
        let at = |n| order.iter().position(|one| *one == id(n)).unwrap();
        assert_eq!(order.len(), 4);
        assert!(at(1) < at(2) && at(1) < at(3) && at(2) < at(4) && at(3) < at(4), "{order:?}");
    }

    #[test]
    fn nothing_but_the_changed_parts_of_a_commit_changes() {
        let old = format!(
            "tree {}\nparent {}\nauthor A <a@b> 1 +0100\ncommitter é <c@d> 2 -0330\nencoding latin-1\ngpgsig one\n two\n\nsubject x\n",
            id(1),
            id(2)
        );
        let keep = |_: &[u8]| None;
        assert_eq!(recomposed(old.as_bytes(), id(1), &HashMap::new(), &keep), (old.clone().into_bytes(), false));
        let (new, was_signed) = recomposed(old.as_bytes(), id(3), &HashMap::from([(id(2), id(4))]), &keep);
        let expected =
            old.replace(&id(1).to_string(), &id(3).to_string()).replace(&id(2).to_string(), &id(4).to_string());
        assert_eq!(new, expected.replace("gpgsig one\n two\n", "").into_bytes());
        assert!(was_signed);
        let x = |text: &[u8]| text.contains_str("x").then(|| text.replace("x", "y"));
        assert!(recomposed(old.as_bytes(), id(1), &HashMap::new(), &x).0.ends_with(b"\n\nsubject y\n"));
    }
}
