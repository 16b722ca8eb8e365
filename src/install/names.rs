//! The names of git's hooks, and those that this program runs: the one table for `install`, `doctor` and the command
//! line.

/// The default hooks of a repository with a work tree.
pub const USUAL: [&str; 5] = ["pre-commit", "pre-merge-commit", "commit-msg", "pre-push", "post-commit"];

/// The hook that `--strict` adds; git runs it in spite of `--no-verify`.
pub const STRICT: &str = "reference-transaction";

/// The default hook of a bare repository.
pub const SERVER: &str = "pre-receive";

/// Every hook that this program can run.
pub const OURS: [&str; 7] = ["pre-commit", "pre-merge-commit", "commit-msg", "pre-push", "post-commit", STRICT, SERVER];

/// Every hook that git looks for in its hooks directory (githooks(5), git 2.55).
pub const ALL: [&str; 28] = [
    "applypatch-msg",
    "commit-msg",
    "fsmonitor-watchman",
    "p4-changelist",
    "p4-post-changelist",
    "p4-pre-submit",
    "p4-prepare-changelist",
    "post-applypatch",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "post-merge",
    "post-receive",
    "post-rewrite",
    "post-update",
    "pre-applypatch",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "pre-receive",
    "prepare-commit-msg",
    "proc-receive",
    "push-to-checkout",
    "reference-transaction",
    "sendemail-validate",
    "update",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_hooks_are_the_default_ones_and_those_of_options_and_git_knows_them() {
        let mut ours: Vec<&str> = [&USUAL[..], &[STRICT, SERVER]].concat();
        ours.sort_unstable();
        let mut listed = OURS;
        listed.sort_unstable();
        assert_eq!(ours, listed);
        assert!(OURS.iter().all(|hook| ALL.contains(hook)));
    }
}
