//! One repository: its location, its refs and its objects.

use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice};

use super::ask::{self, CatFile};
use super::opened;
use super::{Address, Objects, Oid, Store};
use crate::environment;
use crate::error::{Context, Error, Result};

/// A ref and its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ref {
    /// The full name, `refs/heads/main`.
    pub name: BString,
    /// Its target: a commit, or an annotated tag, a tree or a blob.
    pub id: Oid,
}

/// The result of the last fetch.
#[derive(Clone, Debug, Default)]
pub struct Fetched {
    /// The tips, and the address of each.
    pub tips: Vec<(Oid, Address)>,
    /// The time of the fetch.
    pub when: Option<std::time::SystemTime>,
}

/// A repository, found as git finds it: GIT_DIR, GIT_INDEX_FILE and the like are honoured, replace refs are not.
pub struct Repo {
    shared: gix::ThreadSafeRepository,
    start: PathBuf,
    reftable: bool,
    partial: bool,
    git_knows_more: bool,
}

impl Repo {
    /// Finds the repository that `dir` is in.
    ///
    /// # Errors
    /// There is none, or it cannot be opened.
    pub fn discover(dir: &Path) -> Result<Self> {
        opened::refuse_endless(dir)?;
        let trust = gix::sec::trust::Mapping { full: options(), reduced: options() };
        let shared = gix::ThreadSafeRepository::discover_with_environment_overrides_opts(
            dir,
            gix::discover::upwards::Options::default(),
            trust,
        )
        .map_err(|e| {
            let why = chain(&e);
            Error::incomplete(format!("{}: no git repository could be read here: {why}", dir.display()))
                .help("run it inside a repository, or name files to scan: shield-hook scan PATH")
        })?;
        Ok(Self::of(shared, dir))
    }

    /// Opens the submodule whose work tree is `dir`, although the environment of a hook names its superproject.
    ///
    /// # Errors
    /// It cannot be opened, or only git could read it, which the environment leads to the superproject.
    pub fn submodule(dir: &Path) -> Result<Self> {
        let shared = gix::ThreadSafeRepository::open_opts(dir, options())
            .map_err(|e| Error::incomplete(format!("{}: {}", dir.display(), chain(&e))))?;
        let repo = Self { git_knows_more: false, ..Self::of(shared, dir) };
        if repo.reftable || repo.partial {
            return Err(Error::incomplete(format!("{}: not all of its refs or objects can be read", dir.display()))
                .help("scan it by itself: shield-hook scan --history"));
        }
        Ok(repo)
    }

    fn of(mut shared: gix::ThreadSafeRepository, dir: &Path) -> Self {
        // With GIT_NAMESPACE a server shows some of its refs under other names; their objects are in the same store.
        shared.refs.namespace = None;
        let local = shared.to_thread_local();
        let config = local.config_snapshot();
        let is = |key: &str, value: &str| config.string(key).is_some_and(|v| v.eq_ignore_ascii_case(value.as_bytes()));
        let reftable = is("extensions.refStorage", "reftable");
        // Old versions of git wrote the first; the second belongs to any remote that still has objects of ours.
        let partial = config.string("extensions.partialClone").is_some()
            || local.remote_names().iter().any(|name| {
                let key = |what: &str| format!("remote.{name}.{what}");
                config.boolean(&key("promisor")) == Some(true) || config.string(&key("partialclonefilter")).is_some()
            });
        let quarantine = environment::is_set("GIT_QUARANTINE_PATH")
            || environment::is_set("GIT_OBJECT_DIRECTORY")
            || environment::is_set("GIT_ALTERNATE_OBJECT_DIRECTORIES");
        Self { shared, start: dir.to_owned(), reftable, partial, git_knows_more: partial || quarantine }
    }

    /// The object database for one worker.
    pub fn objects(&self) -> Objects {
        let git = self.git_knows_more.then(|| CatFile::new(self.start.clone(), false));
        Objects::new(self.shared.to_thread_local(), git)
    }

    /// The object database for a few objects: it is opened only when they turn out to be many.
    pub fn few_objects(&self) -> Objects {
        if self.git_knows_more {
            return self.objects();
        }
        Objects::few(self.shared.to_thread_local(), None)
    }

    /// The object database with git fetching the objects that a partial clone left out. For new content only: a push
    /// needs it locally, so that git is about to fetch it as well.
    pub fn objects_fetching(&self) -> Objects {
        Objects::new(self.shared.to_thread_local(), Some(CatFile::new(self.start.clone(), true)))
    }

    /// Returns whether this is a partial clone, which lacks some of its objects.
    pub fn is_partial(&self) -> bool {
        self.partial
    }

    /// Returns whether git can read objects that gix cannot: those in quarantine, or those that a remote has.
    pub fn git_knows_more(&self) -> bool {
        self.git_knows_more
    }

    /// The root of the work tree; none in a bare repository.
    pub fn work_dir(&self) -> Option<&Path> {
        self.shared.work_tree.as_deref()
    }

    /// The directory of this work tree's own state (HEAD, index, MERGE_HEAD).
    pub fn git_dir(&self) -> &Path {
        self.shared.refs.git_dir()
    }

    /// The path of the index. Git resolves a relative GIT_INDEX_FILE after changing to the root of the work tree, if it
    /// was started inside; with GIT_DIR alone, the current directory is that root.
    pub(super) fn index_path(&self) -> PathBuf {
        let set = |name: &str| environment::is_set(name);
        let named = environment::path("GIT_INDEX_FILE").filter(|path| path.is_relative());
        let Some(named) = named else { return self.local().index_path() };
        let is_here = set("GIT_DIR") && !set("GIT_WORK_TREE") && self.config("core.worktree").is_none();
        let root = self.work_dir().and_then(|root| root.canonicalize().ok()).filter(|root| {
            let Ok(here) = self.start.canonicalize() else { return false };
            let in_git_dir = self.git_dir().canonicalize().is_ok_and(|dir| here.starts_with(dir));
            here.starts_with(root) && !in_git_dir && !is_here
        });
        root.map_or_else(|| self.local().index_path(), |root| root.join(named))
    }

    /// The directory that all work trees share.
    pub fn common_dir(&self) -> &Path {
        self.shared.common_dir.as_deref().unwrap_or(self.git_dir())
    }

    /// Returns whether this is a shallow clone.
    pub fn is_shallow(&self) -> bool {
        self.common_dir().join("shallow").metadata().is_ok_and(|m| m.len() > 0)
    }

    /// The hash function of the repository's ids.
    pub fn hash_kind(&self) -> gix::hash::Kind {
        self.shared.to_thread_local().object_hash()
    }

    /// A value of git's configuration.
    pub fn config(&self, key: &str) -> Option<BString> {
        self.shared.to_thread_local().config_snapshot().string(key)
    }

    /// All values of a key of git's configuration.
    pub fn config_values(&self, key: &str) -> Vec<BString> {
        let repo = self.shared.to_thread_local();
        let values = repo.config_snapshot().plumbing().raw_values(key);
        values.unwrap_or_default()
    }

    /// Returns whether `git clone` is still running: until it knows the remote's branch, HEAD names an invalid one.
    pub fn is_being_cloned(&self) -> bool {
        std::fs::read(self.git_dir().join("HEAD")).is_ok_and(|head| head.trim() == b"ref: refs/heads/.invalid")
    }

    /// Returns whether an address leads to this repository, or to another work tree of it.
    fn is_at(&self, address: &[u8]) -> bool {
        let Ok(path) = gix::path::from_byte_slice(address) else { return false };
        let path = self.work_dir().unwrap_or(self.git_dir()).join(path);
        // Without discovery: in a hook, GIT_DIR would name this repository for every path.
        let Ok(there) = gix::open(path) else { return false };
        there.common_dir().canonicalize().is_ok_and(|dir| self.common_dir().canonicalize().is_ok_and(|own| own == dir))
    }

    /// The result of the last fetch, without tips that were fetched from this very repository.
    pub fn fetched(&self) -> Fetched {
        let path = self.git_dir().join("FETCH_HEAD");
        let text = std::fs::read(&path).unwrap_or_default();
        let tips = text.lines().filter_map(|line| {
            let (id, rest) = line.split_once_str("\t")?;
            let (_, about) = rest.split_once_str("\t")?;
            // `branch 'main' of ADDRESS`, or the address alone when HEAD was fetched. Ref names hold no spaces.
            let from = about.split_once_str("' of ").map_or(about, |(_, from)| from);
            (!self.is_at(from)).then(|| Some((Oid::from_hex(id).ok()?, self.address(from.into()))))?
        });
        Fetched { tips: tips.collect(), when: path.metadata().and_then(|m| m.modified()).ok() }
    }

    /// The commits and tags that the refs at an address lead to, by asking it.
    ///
    /// # Errors
    /// It does not answer.
    pub fn advertised(&self, url: &str) -> Result<Vec<Oid>> {
        // The address may hold a token, and so may git's message: neither is repeated.
        let list = ask::output(&self.start, &["ls-remote", "--quiet", "--", url]).map_err(|_| {
            Error::incomplete("the address that is pushed to does not answer `git ls-remote`, which [push] ask wants")
                .help("see that `git ls-remote` reaches it, or set ask = false")
        })?;
        let ids = list.lines().filter_map(|line| line.split_once_str("\t")).map(|(id, _)| parse_oid(id));
        ids.collect()
    }

    /// An address as this repository would reach it.
    pub fn address(&self, url: &BStr) -> Address {
        Address::parse(url, self.work_dir().unwrap_or(self.git_dir()))
    }

    /// The commit that HEAD leads to; none before the first commit.
    ///
    /// # Errors
    /// HEAD cannot be read.
    pub fn head(&self) -> Result<Option<Oid>> {
        if self.reftable {
            let refs = ask::output(&self.start, &["for-each-ref", "--count=1"]);
            return match ask::output(&self.start, &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]) {
                Ok(out) => parse_oid(out.trim()).map(Some),
                // rev-parse fails both for an unborn HEAD and for a broken repository; for-each-ref only for the
                // latter.
                Err(_) => refs.map(|_| None),
            };
        }
        let local = self.shared.to_thread_local();
        let head = local.head().map_err(|e| Error::incomplete(format!("HEAD: {}", chain(&e))))?;
        // Nearly always a commit, which can be read without opening the database.
        if let Some(id) = head.id().map(gix::Id::detach)
            && matches!(self.few_objects().read(&id, u64::MAX, &mut Vec::new()), Ok(gix::objs::Kind::Commit))
        {
            return Ok(Some(id));
        }
        match head.try_into_peeled_id() {
            Ok(id) => Ok(id.map(gix::Id::detach)),
            Err(e) => Err(Error::incomplete(format!("HEAD: {}", chain(&e)))),
        }
    }

    /// The commits that the HEADs of all work trees lead to.
    ///
    /// # Errors
    /// A HEAD cannot be read.
    pub fn heads(&self) -> Result<Vec<Oid>> {
        let mut heads: Vec<Oid> = self.head()?.into_iter().collect();
        if self.reftable {
            let list = ask::output(&self.start, &["worktree", "list", "--porcelain"])?;
            let ids = list.lines().filter_map(|line| Oid::from_hex(line.strip_prefix(b"HEAD ")?).ok());
            heads.extend(ids.filter(|id| !id.is_null()));
            return Ok(heads);
        }
        // The branch of an attached HEAD is read with the other refs; a detached HEAD is recorded only in this file.
        let mut detached = |dir: &Path| {
            if let Ok(text) = std::fs::read(dir.join("HEAD")) {
                heads.extend(Oid::from_hex(text.trim()).ok());
            }
        };
        detached(self.common_dir());
        let linked = match std::fs::read_dir(self.common_dir().join("worktrees")) {
            Ok(linked) => linked,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(heads),
            Err(e) => return Err(Error::incomplete(format!("the linked work trees: {e}"))),
        };
        for dir in linked {
            detached(&dir.or_incomplete("the linked work trees")?.path());
        }
        Ok(heads)
    }

    /// The branch that HEAD names, even before its first commit: `refs/heads/main`.
    pub fn head_name(&self) -> Option<BString> {
        if self.reftable {
            let out = ask::output(&self.start, &["symbolic-ref", "--quiet", "HEAD"]).ok()?;
            return Some(out.trim().into());
        }
        self.shared.to_thread_local().head_name().ok()?.map(|n| n.as_bstr().to_owned())
    }

    /// The object that a revision names (`HEAD~2`, `v1.0`, an id).
    ///
    /// # Errors
    /// The revision cannot be resolved.
    pub fn resolve(&self, spec: &str) -> Result<Oid> {
        let unknown = |why: String| {
            Error::incomplete(format!("revision `{spec}` cannot be resolved: {why}")).help(if self.is_shallow() {
                "this clone is shallow: `git fetch --unshallow` (in GitHub Actions: fetch-depth: 0)"
            } else {
                "check the name, or `git fetch` the missing commits"
            })
        };
        if self.reftable {
            let out = ask::output(&self.start, &["rev-parse", "--verify", "--quiet", "--end-of-options", spec]);
            return out.map_err(|_| unknown("git does not know it".into())).and_then(|o| parse_oid(o.trim()));
        }
        let local = self.shared.to_thread_local();
        let id = local.rev_parse_single(spec).map_err(|e| unknown(chain(&e)))?;
        Ok(id.detach())
    }

    /// Every ref whose full name begins with `prefix`, sorted by name, symbolic ones followed.
    ///
    /// # Errors
    /// The refs cannot be listed, or one of them cannot be read: a ref that is left out would go unscanned.
    pub fn refs(&self, prefix: &str) -> Result<Vec<Ref>> {
        let mut refs = Vec::new();
        if self.reftable {
            let list = ask::output(&self.start, &["for-each-ref", "--format=%(objectname) %(refname)", prefix])?;
            for line in list.lines() {
                let Some((id, name)) = line.split_once_str(" ") else { continue };
                refs.push(Ref { name: name.into(), id: parse_oid(id)? });
            }
            return Ok(refs);
        }
        let local = self.shared.to_thread_local();
        let all = local.references().or_incomplete("the refs")?;
        let some = if prefix.is_empty() { all.all() } else { all.prefixed(prefix) };
        for one in some.or_incomplete("the refs")? {
            let mut one = one.map_err(|e| Error::incomplete(format!("a ref below {prefix} is unreadable: {e}")))?;
            let name = one.name().as_bstr().to_owned();
            // A symbolic ref may name a missing branch (origin/HEAD after a prune): it has no target.
            let Ok(target) = one.follow_to_object() else { continue };
            refs.push(Ref { name, id: target.detach() });
        }
        Ok(refs)
    }

    /// Every object by number, for a sweep over entire packs; none when objects are stored in a way that only gix can
    /// read.
    ///
    /// # Errors
    /// A pack or its index is damaged.
    pub fn store(&self) -> Result<Option<Store>> {
        Store::open(&self.shared)
    }

    /// The repository as gix sees it, for this module.
    pub(super) fn local(&self) -> gix::Repository {
        self.shared.to_thread_local()
    }
}

fn options() -> gix::open::Options {
    // A replace ref would hide the objects that a push really sends.
    gix::open::Options::default().config_overrides(["core.useReplaceRefs=false"])
}

fn parse_oid(hex: &[u8]) -> Result<Oid> {
    Oid::from_hex(hex).map_err(|e| Error::incomplete(format!("git named an object that is none: {e}")))
}

/// An error of gix with its causes, as one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}
