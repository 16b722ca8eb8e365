//! The hooks directory of a repository, and the manager that writes there.

use std::path::{Path, PathBuf};

use super::hooks_path::HooksPath;
use super::manager::Manager;
use super::usergit::UserGit;
use super::{global, husky};
use crate::error::{Error, Result};
use crate::git::refuse_endless;

/// A repository as the installer sees it.
#[derive(Clone, Debug)]
pub struct Site {
    /// The user's git, in this repository.
    pub git: UserGit,
    /// The top of the work tree; the git directory of a bare repository.
    pub root: PathBuf,
    /// The git directory that all work trees share.
    pub common: PathBuf,
    /// Set if it has no work tree.
    pub bare: bool,
    /// The hooks directory that git uses, absolute.
    pub hooks: PathBuf,
    /// The setting that leads git to another hooks directory.
    pub hooks_path: Option<HooksPath>,
    /// The manager of the hooks.
    pub manager: Manager,
}

impl Site {
    /// The repository that contains `directory`.
    ///
    /// # Errors
    /// When there is none, or git does not name its directories.
    pub fn find(directory: &Path) -> Result<Self> {
        refuse_endless(directory)?;
        let git = UserGit::at(directory);
        let directories = git
            .must(["rev-parse", "--is-bare-repository", "--git-common-dir"])
            .map_err(|e| e.help("run this inside a git repository, or make it one with `git init`"))?;
        let (bare, common) =
            directories.split_once('\n').ok_or_else(|| Error::incomplete("git names no git directory"))?;
        let bare = bare == "true";
        let absolute = |path: &str, from: &Path| canonical(&from.join(path));
        let common = absolute(common, directory);
        let root = match git.ask(["rev-parse", "--show-toplevel"])? {
            Some(top) if !bare => absolute(&top, directory),
            _ => common.clone(),
        };
        // git resolves a relative core.hooksPath from the top of the work tree.
        let git = UserGit::at(&root);
        let probe = git.must(["rev-parse", "--git-path", "hooks/pre-commit"])?;
        let hooks = root.join(&probe).parent().map(Path::to_owned).unwrap_or_else(|| common.join("hooks"));
        let hooks_path = hooks_path(&git)?;
        let manager = if bare { Manager::None } else { Manager::of(&root, &hooks, hooks_path.as_ref()) };
        Ok(Self { git, root, common, bare, hooks, hooks_path, manager })
    }

    /// The hooks directory of the repository itself, behind a dispatcher of ours as well.
    pub fn own_hooks(&self) -> PathBuf {
        match &self.hooks_path {
            Some(path) if global::is_dispatcher(path) => self.common.join("hooks"),
            _ => self.hooks.clone(),
        }
    }

    /// The scripts of a husky that is not set up yet.
    pub fn pending_husky(&self) -> Option<PathBuf> {
        match self.manager {
            Manager::Husky(_) => None,
            _ if self.bare => None,
            _ => husky::pending(&self.root).or_else(|| self.husky_below()),
        }
    }

    /// The scripts of a husky that a package below the root sets up.
    fn husky_below(&self) -> Option<PathBuf> {
        let scripts = [":(top,glob)*/.husky/*", ":(top,glob)*/*/.husky/*"];
        let listed = self.git.ask([&["ls-files", "--full-name", "--"][..], &scripts].concat()).ok()??;
        let directory = Path::new(listed.lines().next()?).parent()?;
        // A fixture in a test directory is no set-up.
        let package = self.root.join(directory.parent()?).join("package.json");
        let text = crate::file::read_to_string(package).ok()?;
        text.contains("husky").then(|| self.root.join(directory))
    }

    /// The tops of all other existing work trees.
    ///
    /// # Errors
    /// When git cannot be started.
    pub fn other_work_trees(&self) -> Result<Vec<PathBuf>> {
        let list = self.git.ask(["worktree", "list", "--porcelain", "-z"])?;
        let list = match list {
            Some(list) => list.replace('\0', "\n"),
            None => self.git.ask(["worktree", "list", "--porcelain"])?.unwrap_or_default(),
        };
        let trees = list.lines().filter_map(|line| line.strip_prefix("worktree ")).map(PathBuf::from);
        // git lists a bare repository as a work tree.
        Ok(trees.filter(|tree| tree.is_dir() && *tree != self.root && *tree != self.common).collect())
    }

    /// Returns whether the hooks directory is part of the work tree, and so is shared with others.
    pub fn hooks_are_shared(&self) -> bool {
        !self.bare && self.hooks.starts_with(&self.root) && !self.hooks.starts_with(&self.common)
    }

    /// A path for messages, relative to the root if it is below it.
    pub fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }
}

/// Resolves `.` and symbolic links of an existing path.
fn canonical(path: &Path) -> PathBuf {
    // Git's shell on Windows does not understand the canonical form (\\?\).
    if cfg!(windows) { path.to_owned() } else { path.canonicalize().unwrap_or_else(|_| path.to_owned()) }
}

/// The `core.hooksPath` in force, with its origin.
pub fn hooks_path(git: &UserGit) -> Result<Option<HooksPath>> {
    let Some(value) = git.ask(["config", "--type=path", "--get", "core.hooksPath"])? else { return Ok(None) };
    // git names scopes from version 2.26 on.
    let entries = git.ask(["config", "-z", "--show-scope", "--show-origin", "--get-all", "core.hooksPath"])?;
    let entries = entries.unwrap_or_default();
    let fields: Vec<&str> = entries.strip_suffix('\0').unwrap_or(&entries).split('\0').collect();
    let (scope, origin) = match fields.as_slice() {
        [.., scope, origin, _] => (*scope, *origin),
        _ => ("unknown", ""),
    };
    let origin = origin.strip_prefix("file:").unwrap_or(origin);
    Ok(Some(HooksPath { value, scope: scope.into(), origin: origin.into() }))
}
