//! The files in which hook managers keep their hooks: the one list, for the installation, for the doctor, and for the policy
//! that judges whether a change takes our hooks out.

/// A hook manager, or git's own habit of keeping hooks in the repository.
#[derive(Clone, Copy, Debug)]
pub struct HookManager {
    /// The name that messages use.
    pub name: &'static str,
    /// The way in which our hooks live beside it.
    pub kind: HookManagerKind,
    /// The folders of hooks, from the top of the repository, with all below them.
    pub folders: &'static [&'static str],
    /// The configuration files, from the top of the repository, the manager's preferred one first.
    pub files: &'static [&'static str],
}

/// The way in which our hooks live beside a manager's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookManagerKind {
    /// `install` writes into its folder or its configuration.
    Joined,
    /// It keeps what it finds in git's folder of hooks, so nothing is written for it.
    Beside,
    /// It writes git's hooks when it is set up, and ours are gone then.
    Rewrites,
}
use HookManagerKind::{Beside, Joined, Rewrites};

const fn manager(
    name: &'static str,
    kind: HookManagerKind,
    folders: &'static [&'static str],
    files: &'static [&'static str],
) -> HookManager {
    HookManager { name, kind, folders, files }
}

/// lefthook, whose configuration has three names with five extensions.
pub const LEFTHOOK: HookManager = manager(
    "lefthook",
    Joined,
    &[],
    &[
        "lefthook.yml",
        "lefthook.yaml",
        "lefthook.toml",
        "lefthook.json",
        "lefthook.jsonc",
        ".lefthook.yml",
        ".lefthook.yaml",
        ".lefthook.toml",
        ".lefthook.json",
        ".lefthook.jsonc",
        ".config/lefthook.yml",
        ".config/lefthook.yaml",
        ".config/lefthook.toml",
        ".config/lefthook.json",
        ".config/lefthook.jsonc",
    ],
);

/// Returns whether the file at `path` is one of a manager's, or in a folder of one.
///
/// ```
/// use shield_hook::path::hook_managers::holds;
///
/// assert!(holds(".husky/pre-commit") && holds("lefthook.yml") && !holds("src/lefthook.yml"));
/// ```
pub fn holds(path: &str) -> bool {
    let below = |folder: &&str| path.strip_prefix(*folder).is_some_and(|rest| rest.starts_with('/'));
    HOOK_MANAGERS.iter().any(|manager| manager.files.contains(&path) || manager.folders.iter().any(below))
}

/// Every manager that is known by a file or a folder.
pub const HOOK_MANAGERS: &[HookManager] = &[
    manager("husky", Joined, &[".husky", ".config/husky"], &[]),
    manager("core.hooksPath", Beside, &[".githooks", ".hooks", "githooks"], &[]),
    LEFTHOOK,
    manager("pre-commit", Beside, &[], &[".pre-commit-config.yaml", ".pre-commit-config.yml"]),
    manager("prek", Beside, &[], &["prek.toml"]),
    manager("overcommit", Rewrites, &[], &[".overcommit.yml"]),
    manager("CaptainHook", Rewrites, &[], &["captainhook.json"]),
    manager("GrumPHP", Rewrites, &[], &["grumphp.yml", "grumphp.yml.dist"]),
    manager("rusty-hook", Rewrites, &[], &[".rusty-hook.toml"]),
    manager("hk", Rewrites, &[], &["hk.pkl"]),
    manager(
        "simple-git-hooks",
        Rewrites,
        &[],
        &[
            ".simple-git-hooks.json",
            ".simple-git-hooks.js",
            ".simple-git-hooks.cjs",
            ".simple-git-hooks.mjs",
            "simple-git-hooks.json",
            "simple-git-hooks.js",
            "simple-git-hooks.cjs",
            "simple-git-hooks.mjs",
        ],
    ),
];
