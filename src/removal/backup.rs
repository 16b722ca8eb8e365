//! The state before a repair: a commit under `refs/shield-hook/repair/` that has the old index as its tree and the old
//! HEAD as its parent, and the way back to it.
//!
//! Nothing is copied out of the object database: the old objects are in it already, and the ref only keeps them.

use bstr::{BString, ByteSlice};

use crate::error::{Error, Result};
use crate::git::{self, Oid, Repo, Rewriter};

/// The refs of backups.
pub const PREFIX: &str = "refs/shield-hook/repair/";

/// What a repair changed, as its backup records it.
pub struct Backup {
    /// The full name of its ref.
    pub name: String,
    id: Oid,
    /// HEAD before and after; none before the first commit.
    head: Option<(Oid, Oid)>,
    /// The content of the index before and after, as trees.
    index: (Oid, Oid),
}

/// A way back that was gone.
pub struct Restored {
    /// The files of the work tree that were written.
    pub files: usize,
    /// The files that were left as they are, because they hold changes that are not staged.
    pub kept: Vec<BString>,
}

/// The text of a backup's commit.
fn content(index: (Oid, Oid), head: Option<(Oid, Oid)>, seconds: u64) -> String {
    let (parent, moved) = match head {
        Some((old, new)) => (format!("parent {old}\n"), format!("head-after {new}\n")),
        None => Default::default(),
    };
    let signature = format!("shield-hook <> {seconds} +0000");
    format!(
        "tree {}\n{parent}author {signature}\ncommitter {signature}\n\nThe state before shield-hook repair\n\nindex-after {}\n{moved}",
        index.0, index.1
    )
}

impl Backup {
    /// Writes the commit of a backup. The ref is left to the transaction that moves HEAD.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(
        rewriter: &Rewriter<'_>,
        index: (Oid, Oid),
        head: Option<(Oid, Oid)>,
        now: jiff::Timestamp,
    ) -> Result<Self> {
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let id = rewriter.commit(content(index, head, seconds).as_bytes())?;
        let name = format!("{PREFIX}{}-{}", now.strftime("%Y%m%dT%H%M%S"), id.to_hex_with_len(7));
        Ok(Self { name, id, head, index })
    }

    /// The newest backup whose repair is the state that HEAD is in.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn latest(repo: &Repo) -> Result<Self> {
        let mut refs = repo.refs(PREFIX)?;
        refs.sort_by(|a, b| b.name.cmp(&a.name));
        let Some(newest) = refs.first() else {
            return Err(Error::usage("no repair of this repository has a backup")
                .help(format!("backups are refs below {PREFIX}: git for-each-ref {PREFIX}")));
        };
        let head = repo.head()?;
        for backup in refs.iter().filter_map(|r| Self::read(repo, r)) {
            if head == backup.head.map(|(_, new)| new) || (backup.head.is_none() && head.is_none()) {
                return Ok(backup);
            }
        }
        let name = newest.name.to_str_lossy();
        Err(Error::usage("HEAD has moved since the repair, so it is not taken back")
            .help(format!("the commits before the repair: git log {name}^"))
            .help(format!("to go on from them: git switch -c before-repair {name}^")))
    }

    fn read(repo: &Repo, r: &git::Ref) -> Option<Self> {
        let mut bytes = Vec::new();
        let mut objects = repo.objects();
        objects.read(&r.id, u64::MAX, &mut bytes).ok()?;
        let value = |key: &str| {
            let line = bytes.lines().find_map(|line| line.strip_prefix(key.as_bytes())?.strip_prefix(b" "))?;
            Oid::from_hex(line).ok()
        };
        let index = (value("tree")?, value("index-after")?);
        let head = value("parent").map(|old| (old, value("head-after").unwrap_or(old)));
        Some(Self { name: r.name.to_string(), id: r.id, head, index })
    }

    /// The commands of the transaction that moves HEAD and creates the backup.
    pub fn transaction(&self) -> Vec<String> {
        let moved = self.head.filter(|(old, new)| old != new);
        let head = moved.map(|(old, new)| format!("update HEAD {new} {old}"));
        [format!("create {} {}", self.name, self.id)].into_iter().chain(head).collect()
    }

    /// Goes back to the state before the repair, and deletes the backup unless files were left as they are.
    ///
    /// # Errors
    /// The index has changed since, or something cannot be written.
    pub fn restore(&self, repo: &Repo) -> Result<Restored> {
        if repo.index_as_tree()? != self.index.1 {
            return Err(Error::usage("the index has changed since the repair, so it is not taken back")
                .help("unstage what was staged since, for example with `git restore --staged FILE`")
                .help(format!("the old content of a file: git show {}:FILE", self.name)));
        }
        let mut changes = git::TreeChanges::default();
        git::compare(&mut repo.objects(), self.index.0, &[self.index.1], usize::MAX, &mut changes);
        let changed = repo.changed_in_work_tree()?;
        let (mut files, mut kept) = (Vec::new(), Vec::new());
        let is_on_disk = |path: &BString| {
            repo.work_dir().is_some_and(|root| root.join(path.to_path_lossy()).symlink_metadata().is_ok())
        };
        for change in &changes.new {
            let was_dropped = change.old.is_empty();
            if changed.contains(&change.path) {
                kept.push(change.path.clone());
            } else if !was_dropped || !is_on_disk(&change.path) {
                files.push(change.path.clone());
            }
        }
        let paths = changes.new.into_iter().map(|change| change.path).collect();
        let moved = self.head.filter(|(old, new)| old != new);
        let head = moved.map(|(old, new)| format!("update HEAD {old} {new}"));
        // A file that is left may have lost a value that the backup alone still leads to.
        let delete = kept.is_empty().then(|| format!("delete {} {}", self.name, self.id));
        let commands: Vec<String> = head.into_iter().chain(delete).collect();
        repo.update_refs("shield-hook repair --undo", &commands)?;
        repo.index_from_tree(self.index.0, &paths)?;
        repo.check_out(&files)?;
        let _ = repo.changed_in_work_tree();
        Ok(Restored { files: files.len(), kept })
    }
}

/// The name of an operation that is under way, during which commits are not rewritten.
pub fn under_way(repo: &Repo) -> Option<&'static str> {
    let states = [
        ("rebase-merge", "rebase"),
        ("rebase-apply", "rebase"),
        ("MERGE_HEAD", "merge"),
        ("CHERRY_PICK_HEAD", "cherry-pick"),
        ("REVERT_HEAD", "revert"),
    ];
    states.iter().find(|(file, _)| repo.git_dir().join(file).exists()).map(|(_, name)| *name)
}
