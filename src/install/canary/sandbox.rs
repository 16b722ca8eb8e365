//! A throwaway clone and remote in which git behaves as in the user's repository: with the same configuration, the same
//! hooks by their real paths, the same policy. Both are deleted afterwards.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

use tempfile::TempDir;

use super::super::inspect::{HookState, InstalledHook};
use super::super::site::Site;
use super::super::stub::quote;
use super::super::{directory, files, framework, lefthook};
use crate::environment;
use crate::error::{Context, Error, Result};
use crate::file;
use crate::git::Repo;
use crate::hook;
use crate::journal::{Journal, JournalLocation, Record};
use crate::policy::{Files, InTree, NoFiles, OnDisk, Origin, Overrides, Policy, user_config};

/// The throwaway clone and its remote.
pub struct Sandbox {
    _dir: TempDir,
    /// The clone.
    pub clone: PathBuf,
    /// The remote.
    pub remote: PathBuf,
    /// The environment of commands run here.
    env: Vec<(OsString, OsString)>,
    /// The first commit, which the remote has.
    pub base: String,
}

/// Settings that would prompt, start a program, or name an object that the clone lacks.
const LEFT_OUT: [&str; 22] = [
    "alias.",
    "branch.",
    "credential.",
    "extensions.",
    "filter.",
    "gpg.",
    "http.",
    "include.",
    "includeif.",
    "index.",
    "lfs.",
    "remote.",
    "submodule.",
    "url.",
    "core.bare",
    "core.editor",
    "core.fsmonitor",
    "core.hookspath",
    "core.repositoryformatversion",
    "core.sparsecheckout",
    "core.worktree",
    "commit.template",
];

/// Settings of the clone that override the user's.
const FIXED: &str = "\
[commit]\n\tgpgSign = false\n[tag]\n\tgpgSign = false\n[push]\n\tgpgSign = false\n\tdefault = simple\n\
[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[core]\n\tfsmonitor = false\n[protocol \"file\"]\n\tallow = always\n\
[merge]\n\tff = true\n\tverifySignatures = false\n[rerere]\n\tenabled = false\n";

impl Sandbox {
    /// Creates the clone and the remote. `word` is the canary's own; hooks without our program are omitted.
    ///
    /// # Errors
    /// When no temporary directory can be written, or git fails in it.
    pub fn make(site: &Site, seen: &[InstalledHook], word: &str) -> Result<Self> {
        let dir = writable_directory(site)?;
        let (clone, remote) = (dir.path().join("clone"), dir.path().join("remote.git"));
        let mut env: Vec<(OsString, OsString)> = vec![
            ("SHIELD_HOOK_CANARY".into(), word.into()),
            ("XDG_STATE_HOME".into(), dir.path().join("state").into()),
            ("GIT_TERMINAL_PROMPT".into(), "0".into()),
            ("GIT_EDITOR".into(), ":".into()),
            ("GIT_CEILING_DIRECTORIES".into(), dir.path().into()),
        ];
        for role in ["AUTHOR", "COMMITTER"] {
            env.push((format!("GIT_{role}_NAME").into(), "shield-hook canary".into()));
            env.push((format!("GIT_{role}_EMAIL").into(), "canary@shield-hook.invalid".into()));
        }
        // A path relative to the user's directory would not resolve in the clone.
        for name in ["SHIELD_HOOK_CONFIG", "SHIELD_HOOK_BASELINE"] {
            if let Some(path) = environment::variable(name) {
                env.push((name.into(), std::path::absolute(path).or_incomplete(name)?.into()));
            }
        }
        let mut sandbox = Self { _dir: dir, clone, remote, env, base: String::new() };
        sandbox.init(site)?;
        sandbox.configure(site)?;
        sandbox.policy(site)?;
        sandbox.hooks(site, seen)?;
        if site.bare {
            sandbox.serve()?;
        }
        Ok(sandbox)
    }

    fn init(&self, site: &Site) -> Result<()> {
        let format = site.git.ask(["rev-parse", "--show-object-format"])?.unwrap_or_else(|| "sha1".into());
        for (path, bare) in [(&self.remote, true), (&self.clone, false)] {
            let mut command = Command::new("git");
            command.args(["init", "--quiet", "--template="]).arg(format!("--object-format={format}"));
            if bare {
                command.arg("--bare");
            }
            self.must(command.arg(path), &["init"])?;
        }
        Ok(())
    }

    /// Copies the repository's configuration, with conditional includes that apply only there. The user's and the
    /// machine's are in force anyway.
    fn configure(&self, site: &Site) -> Result<()> {
        let there = site.git.ask(["config", "--list", "-z", "--includes"])?.unwrap_or_default();
        let here = self.git(["config", "--list", "-z", "--includes"])?;
        let here = String::from_utf8_lossy(&here.stdout).into_owned();
        let (there, mut here) = (counted(&there), counted(&here));
        let path = self.clone.join(".git/config");
        let mut text = file::read_to_string(&path).or_incomplete(path.display())?;
        for (entry, count) in there {
            let (key, value) = entry.split_once('\n').map_or((entry, None), |(k, v)| (k, Some(v)));
            let known = here.remove(entry).unwrap_or(0);
            // A foreign configuration hook may deploy, so it does not run.
            let theirs = key.starts_with("hook.") && !key.starts_with("hook.shield-hook-");
            if LEFT_OUT.iter().any(|out| key.starts_with(out)) || theirs || known >= count {
                continue;
            }
            text += &setting(key, value);
        }
        for name in foreign_hooks(site)? {
            text += &setting(&format!("hook.{name}.enabled"), Some("false"));
        }
        text += FIXED;
        text += &setting("core.hooksPath", Some(&self.hooks_directory().to_string_lossy()));
        text += &setting("remote.origin.url", Some(&self.remote.to_string_lossy()));
        text += "[remote \"origin\"]\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n";
        fs::write(&path, text).or_incomplete(path.display())
    }

    /// Moves the hooks to the remote, as on a server, and leaves the clone without any.
    fn serve(&self) -> Result<()> {
        let hooks = self.hooks_directory();
        let remote = self.remote.to_string_lossy().into_owned();
        self.quietly(&["config", "core.hooksPath", "/dev/null"])?;
        for args in
            [["config", "core.hooksPath", &hooks.to_string_lossy()], ["symbolic-ref", "HEAD", "refs/heads/base"]]
        {
            self.quietly(&[&["--git-dir", remote.as_str()][..], &args].concat())?;
        }
        Ok(())
    }

    fn hooks_directory(&self) -> PathBuf {
        self.clone.with_file_name("hooks")
    }

    /// Writes the committed policy into the first commit, which the remote has, and the work tree's into the work tree.
    fn policy(&mut self, site: &Site) -> Result<()> {
        let repo = Repo::discover(&site.root)?;
        let on_disk = Recorded::new(OnDisk { root: site.root.clone() });
        let in_tree: Recorded<Box<dyn Files + '_>> = Recorded::new(match repo.head()? {
            Some(head) => Box::new(InTree::new(&repo, &head, "HEAD")?),
            None => Box::new(NoFiles),
        });
        load(&in_tree);
        let committed = in_tree.into_files();
        self.write(&committed)?;
        fs::write(self.clone.join("README"), "A throwaway clone.\n").or_incomplete("the first commit")?;
        self.quietly(&["add", "--all", "--force"])?;
        self.quietly(&["commit", "--quiet", "--no-verify", "--message=base"])?;
        self.quietly(&["push", "--quiet", "--no-verify", "origin", "HEAD:refs/heads/base"])?;
        self.base = self.quietly(&["rev-parse", "HEAD"])?;
        for (name, _) in &committed {
            fs::remove_file(self.clone.join(name)).or_incomplete(name)?;
        }
        if site.bare {
            return Ok(());
        }
        load(&on_disk);
        self.write(&on_disk.into_files())
    }

    fn write(&self, all: &[(String, Vec<u8>)]) -> Result<()> {
        for (name, bytes) in all {
            let path = self.clone.join(name);
            if let Some(above) = path.parent() {
                fs::create_dir_all(above).or_incomplete(above.display())?;
            }
            fs::write(&path, bytes).or_incomplete(path.display())?;
        }
        Ok(())
    }

    /// Writes a hook for each one that runs our program in the user's repository; it runs the real file.
    fn hooks(&self, site: &Site, seen: &[InstalledHook]) -> Result<()> {
        let directory = self.hooks_directory();
        fs::create_dir_all(&directory).or_incomplete(directory.display())?;
        let own = self.clone.join(".git/hooks");
        fs::create_dir_all(&own).or_incomplete(own.display())?;
        for hook in seen {
            let mut real = hook.path.clone();
            match &hook.state {
                HookState::Nothing | HookState::NotExecutable | HookState::Foreign(_) | HookState::Config(..) => {
                    continue;
                }
                HookState::Husky { first: false, .. } => continue,
                HookState::Lefthook(config) => {
                    let text = files::read_text(config)?.unwrap_or_default();
                    let alone = lefthook::ours_alone(&text, &hook::OURS);
                    fs::write(self.clone.join("lefthook.yml"), alone).or_incomplete("lefthook.yml")?;
                }
                HookState::Framework(config) => {
                    if !self.framework(&hook.path, &framework::ours_alone(config)?)? {
                        continue;
                    }
                }
                HookState::BehindManager(_) => {
                    let ours = seen.iter().find_map(|s| match &s.state {
                        HookState::Framework(config) => Some(framework::ours_alone(config)),
                        _ => None,
                    });
                    let config = ours.unwrap_or_else(|| Ok(framework::IDLE.into()))?;
                    if !self.framework(&hook.path, &config)? {
                        real = directory::legacy_path(&site.hooks, hook.hook);
                    }
                }
                HookState::Ours(_) | HookState::Husky { .. } => {}
            }
            // A dispatcher runs the repository's own hook, which is a copy of the same file here.
            let stub = site.common.join("hooks").join(hook.hook);
            if hook.path != stub && stub.is_file() {
                fs::copy(&stub, own.join(hook.hook)).or_incomplete(stub.display())?;
            }
            let real = real.to_str().ok_or_else(|| Error::incomplete(format!("{}: not UTF-8", real.display())))?;
            let text = format!(
                "#!/bin/sh\n# Runs the hook of the repository that this stands in for.\nexec {} \"$@\"\n",
                quote(real)
            );
            files::write(&directory.join(hook.hook), text.as_bytes(), true)?;
        }
        Ok(())
    }

    /// Writes a configuration to the path that a framework's script reads. Returns `false` if that is outside the
    /// clone.
    fn framework(&self, script: &Path, config: &str) -> Result<bool> {
        let named = framework::config_of(&files::read(script)?.unwrap_or_default());
        if named.is_absolute() {
            return Ok(false);
        }
        self.write(&[(named.to_string_lossy().into_owned(), config.as_bytes().to_vec())])?;
        Ok(true)
    }

    /// A command in the clone, with its environment.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(if self.clone.is_dir() { &self.clone } else { Path::new("/") });
        for name in LOCAL_VARIABLES {
            command.env_remove(name);
        }
        command.envs(self.env.iter().map(|(k, v)| (k, v))).stdin(Stdio::null());
        command
    }

    /// Runs git in the clone, as the user would.
    ///
    /// # Errors
    /// When git cannot be started.
    pub fn git<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Result<Output> {
        self.command(Path::new("git")).args(args).output().or_incomplete("git")
    }

    /// The output of git in the clone, run without any hook.
    ///
    /// # Errors
    /// When it fails.
    pub fn quietly(&self, args: &[&str]) -> Result<String> {
        let mut command = self.command(Path::new("git"));
        command.args(["-c", "core.hooksPath=/dev/null"]);
        for hook in hook::OURS {
            command.args(["-c", &format!("hook.shield-hook-{hook}.enabled=false")]);
        }
        self.must(command.args(args), args)
    }

    fn must(&self, command: &mut Command, args: &[&str]) -> Result<String> {
        for name in LOCAL_VARIABLES {
            command.env_remove(name);
        }
        let output = command.envs(self.env.iter().map(|(k, v)| (k, v))).stdin(Stdio::null()).output();
        let output = output.or_incomplete("git")?;
        if !output.status.success() {
            let reason = String::from_utf8_lossy(&output.stderr);
            return Err(Error::incomplete(format!(
                "in the throwaway clone, `git {}`: {}",
                args.join(" "),
                reason.trim()
            )));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }

    /// The journal records of runs in the clone and its remote.
    pub fn records(&self) -> Vec<Record> {
        let hooks = JournalLocation::Repository(self.clone.join(".git"));
        let server = JournalLocation::Repository(self.remote.clone());
        let state = JournalLocation::Directory(self.clone.with_file_name("state").join("shield-hook"));
        [hooks, server, state].iter().flat_map(|place| Journal::read(place).unwrap_or_default().records).collect()
    }
}

/// The variables that git sets for hooks and commands in a repository, which would lead out of the clone (`git
/// rev-parse --local-env-vars`).
const LOCAL_VARIABLES: [&str; 20] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
    "GIT_QUARANTINE_PATH",
    "GIT_REFLOG_ACTION",
    "GIT_DEFAULT_HASH",
    "GIT_NAMESPACE",
    "SHIELD_HOOK_CHAIN",
];

/// The number of occurrences of each entry in a list of settings.
fn counted(list: &str) -> SettingCounts<'_> {
    let mut all: SettingCounts<'_> = SettingCounts::default();
    for entry in list.split('\0').filter(|e| !e.is_empty()) {
        all.add(entry);
    }
    all
}

/// Entries in the order of their first occurrence, with their number.
#[derive(Default)]
struct SettingCounts<'a> {
    order: Vec<&'a str>,
    count: HashMap<&'a str, usize>,
}

impl<'a> SettingCounts<'a> {
    fn add(&mut self, entry: &'a str) {
        let count = self.count.entry(entry).or_insert(0);
        if *count == 0 {
            self.order.push(entry);
        }
        *count += 1;
    }

    fn remove(&mut self, entry: &str) -> Option<usize> {
        self.count.remove(entry)
    }
}

impl<'a> IntoIterator for SettingCounts<'a> {
    type Item = (&'a str, usize);
    type IntoIter = std::vec::IntoIter<(&'a str, usize)>;

    fn into_iter(self) -> Self::IntoIter {
        let entries: Vec<_> = self.order.into_iter().map(|e| (e, self.count.get(e).copied().unwrap_or(0))).collect();
        entries.into_iter()
    }
}

/// A setting as a section of a configuration file.
fn setting(key: &str, value: Option<&str>) -> String {
    let (section, name) = key.rsplit_once('.').unwrap_or((key, ""));
    let head = match section.split_once('.') {
        Some((section, sub)) => format!("[{section} \"{}\"]", sub.replace('\\', "\\\\").replace('"', "\\\"")),
        None => format!("[{section}]"),
    };
    let Some(value) = value else { return format!("{head}\n\t{name}\n") };
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
    format!("{head}\n\t{name} = \"{value}\"\n")
}

/// The names of foreign configuration hooks.
fn foreign_hooks(site: &Site) -> Result<Vec<String>> {
    let keys = site.git.ask(["config", "-z", "--name-only", "--get-regexp", r"^hook\..*\.command$"])?;
    let names = keys.as_deref().unwrap_or_default().split('\0');
    let names = names.filter_map(|key| Some(key.strip_prefix("hook.")?.strip_suffix(".command")?.to_owned()));
    Ok(names.filter(|name| !name.starts_with("shield-hook-")).collect())
}

/// Policy files, recorded as they are read.
struct Recorded<F> {
    inner: F,
    read: Mutex<Vec<(String, Vec<u8>)>>,
}

impl<F> Recorded<F> {
    fn new(inner: F) -> Self {
        Self { inner, read: Mutex::default() }
    }

    fn into_files(self) -> Vec<(String, Vec<u8>)> {
        self.read.into_inner().unwrap_or_default()
    }
}

impl Files for Recorded<OnDisk> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        record(&self.read, path, self.inner.read(path))
    }
    fn list(&self, dir: &str) -> Result<Vec<String>> {
        self.inner.list(dir)
    }
}

impl Files for Recorded<Box<dyn Files + '_>> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        record(&self.read, path, self.inner.read(path))
    }
    fn list(&self, dir: &str) -> Result<Vec<String>> {
        self.inner.list(dir)
    }
}

type ReadFiles = Mutex<Vec<(String, Vec<u8>)>>;

fn record(all: &ReadFiles, path: &str, read: Result<Option<Vec<u8>>>) -> Result<Option<Vec<u8>>> {
    if let (Ok(Some(bytes)), Ok(mut all)) = (&read, all.lock())
        && Path::new(path).is_relative()
    {
        all.push((path.to_owned(), bytes.clone()));
    }
    read
}

/// Reads all files of the policy. An invalid policy is copied as far as it was read, so that the hooks fail on it as
/// they would in the user's repository.
fn load(files: &dyn Files) {
    let user = user_config();
    let _ = Policy::load(Origin { files, user: user.as_deref(), trusted: false }, &Overrides::default());
}

/// A temporary directory in which files can be created and run.
fn writable_directory(site: &Site) -> Result<TempDir> {
    let mut tried = Vec::new();
    let variables = ["XDG_RUNTIME_DIR", "XDG_CACHE_HOME"].into_iter().filter_map(environment::path);
    let usual = ["/tmp", "/var/tmp", "/dev/shm"].iter().filter(|_| cfg!(unix)).map(PathBuf::from);
    let candidates = [std::env::temp_dir()].into_iter().chain(usual).chain(variables);
    for candidate in candidates.filter(|path| path.is_absolute() && !path.starts_with(&site.root)) {
        match usable(&candidate) {
            Ok(dir) => return Ok(dir),
            Err(e) => tried.push(format!("{}: {e}", candidate.display())),
        }
    }
    Err(Error::incomplete(format!("the canary finds no directory for a throwaway clone ({})", tried.join("; ")))
        .help("name one in which files can be made and run: TMPDIR=/path shield-hook canary"))
}

fn usable(candidate: &Path) -> std::io::Result<TempDir> {
    if fs::metadata(candidate)?.permissions().readonly() {
        return Err(std::io::Error::new(std::io::ErrorKind::PermissionDenied, "read-only"));
    }
    let dir = tempfile::Builder::new().prefix("shield-hook-canary-").tempdir_in(candidate)?;
    if cfg!(unix) {
        // On a file system mounted with noexec, git would ignore the hooks.
        let probe = dir.path().join("probe");
        files::write(&probe, b"#!/bin/sh\nexit 0\n", true)
            .map_err(|e| std::io::Error::other(e.message().to_owned()))?;
        if !Command::new(&probe).status()?.success() {
            return Err(std::io::Error::other("files in it cannot be run"));
        }
        fs::remove_file(&probe)?;
    }
    Ok(dir)
}
