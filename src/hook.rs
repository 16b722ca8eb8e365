//! The one table of the git hooks that this program runs. The command line, the journal's records and the reader of hook
//! managers' files take their names from it; tests compare `install` with it.

/// One git hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Its name, as githooks(5) has it.
    pub name: &'static str,
    /// The command that runs it, as the journal records it.
    pub command: &'static str,
    /// When `install` puts it in place.
    pub installed: Installed,
    /// Whether a clean run leaves its summary line in the journal only: a commit runs several hooks and shows one line.
    pub silent_when_clean: bool,
}

/// When `install` puts a hook in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Installed {
    /// In every repository with a work tree.
    Usual,
    /// With `--strict` only: git runs it under `--no-verify` too.
    Strict,
    /// In a bare repository.
    Server,
}

const fn hook(command: &'static str, installed: Installed, silent_when_clean: bool) -> Hook {
    let (_, name) = command.split_at("hook ".len());
    Hook { name, command, installed, silent_when_clean }
}

/// Before a commit: the staged content.
pub const PRE_COMMIT: Hook = hook("hook pre-commit", Installed::Usual, false);
/// Before a merge commit: the content that it would record.
pub const PRE_MERGE_COMMIT: Hook = hook("hook pre-merge-commit", Installed::Usual, false);
/// Before a commit: its message.
pub const COMMIT_MSG: Hook = hook("hook commit-msg", Installed::Usual, true);
/// Before a push: everything the remote lacks.
pub const PRE_PUSH: Hook = hook("hook pre-push", Installed::Usual, false);
/// After a commit: content that no hook has read.
pub const POST_COMMIT: Hook = hook("hook post-commit", Installed::Usual, true);
/// Before refs change: the content that branches and tags would newly lead to.
pub const REFERENCE_TRANSACTION: Hook = hook("hook reference-transaction", Installed::Strict, true);
/// On the receiving side of a push: everything that no ref leads to yet.
pub const PRE_RECEIVE: Hook = hook("hook pre-receive", Installed::Server, false);

/// Every hook that this program runs.
pub const HOOKS: [Hook; 7] =
    [PRE_COMMIT, PRE_MERGE_COMMIT, COMMIT_MSG, PRE_PUSH, POST_COMMIT, REFERENCE_TRANSACTION, PRE_RECEIVE];
