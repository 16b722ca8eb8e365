//! The one table of the git hooks that this program runs. The command line, the journal's records and the reader of hook
//! managers' files take their names from it, and so does `install`.

/// One git hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Its name, as githooks(5) has it.
    pub name: &'static str,
    /// The command that runs it, as the journal records it.
    pub command: &'static str,
    /// When `install` puts it in place.
    pub installed: Installed,
    /// Whether git gives it a list of refs on standard input, which a stub has to pass on to every program.
    pub reads_refs: bool,
    /// Whether a clean run leaves its summary line in the journal only: a commit runs several hooks and shows one line.
    pub silent_when_clean: bool,
    /// The scan by hand that reads at least what the hook reads, for a report in another format.
    pub scan: &'static str,
    /// Whether a later hook of ours reads the same, so that a missing one leaves no gap.
    pub read_again: bool,
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

impl Installed {
    const ALL: &[Self] = &[Self::Usual, Self::Strict, Self::Server];
}

/// The scan of the staged content.
const STAGED: &str = "scan --staged";
/// The scan of everything that any ref leads to.
const HISTORY: &str = "scan --history";

/// A hook that shows its line, reads no refs, and reads what no other hook does.
const fn hook(command: &'static str, installed: Installed, scan: &'static str) -> Hook {
    let (_, name) = command.split_at("hook ".len());
    Hook { name, command, installed, reads_refs: false, silent_when_clean: false, scan, read_again: false }
}

/// Before a commit: the staged content.
pub const PRE_COMMIT: Hook = hook("hook pre-commit", Installed::Usual, STAGED);
/// Before a merge commit: the content that it would record.
pub const PRE_MERGE_COMMIT: Hook = hook("hook pre-merge-commit", Installed::Usual, STAGED);
/// Before a commit: its message, which a push reads as well.
pub const COMMIT_MSG: Hook =
    Hook { silent_when_clean: true, read_again: true, ..hook("hook commit-msg", Installed::Usual, HISTORY) };
/// Before a push: everything the remote lacks.
pub const PRE_PUSH: Hook = Hook { reads_refs: true, ..hook("hook pre-push", Installed::Usual, HISTORY) };
/// After a commit: content that no hook has read, and that a push examines as well.
pub const POST_COMMIT: Hook =
    Hook { silent_when_clean: true, read_again: true, ..hook("hook post-commit", Installed::Usual, HISTORY) };
/// Before refs change: the content that branches and tags would newly lead to.
pub const REFERENCE_TRANSACTION: Hook = Hook {
    reads_refs: true,
    silent_when_clean: true,
    ..hook("hook reference-transaction", Installed::Strict, HISTORY)
};
/// On the receiving side of a push: everything that no ref leads to yet.
pub const PRE_RECEIVE: Hook = Hook { reads_refs: true, ..hook("hook pre-receive", Installed::Server, HISTORY) };

/// Every hook that this program runs.
pub const HOOKS: [Hook; 7] =
    [PRE_COMMIT, PRE_MERGE_COMMIT, COMMIT_MSG, PRE_PUSH, POST_COMMIT, REFERENCE_TRANSACTION, PRE_RECEIVE];

/// The names of all of them.
pub const OURS: [&str; HOOKS.len()] = names(Installed::ALL);
/// The names of the default hooks of a repository with a work tree.
pub const USUAL: [&str; count(&[Installed::Usual])] = names(&[Installed::Usual]);
/// The name of the hook that `--strict` adds.
pub const STRICT: &str = REFERENCE_TRANSACTION.name;
/// The name of the default hook of a bare repository.
pub const SERVER: &str = PRE_RECEIVE.name;

impl Hook {
    /// The hook of this name, as far as it is one of ours.
    pub fn named(name: &str) -> Option<Self> {
        HOOKS.into_iter().find(|hook| hook.name == name)
    }

    /// Returns whether the hook reads the content that the next commit records.
    pub fn reads_staged(&self) -> bool {
        self.scan == STAGED
    }
}

/// Returns whether git gives the hook of this name a list of refs on standard input, as far as it is one of ours.
pub fn reads_refs(name: &str) -> bool {
    Hook::named(name).is_some_and(|hook| hook.reads_refs)
}

/// The names of the coding assistants that ask this program before they act.
pub const ASSISTANTS: [&str; 5] = ["claude", "cursor", "codex", "copilot", "gemini"];

/// The command by which an assistant asks. Most assistants are stopped by exit code 2 only, so with `fails_closed` a
/// program that is missing, or ends in another way, stops them as well.
pub fn assistant_command(program: &str, name: &str, fails_closed: bool) -> String {
    format!("{program} hook assistant {name}{}", if fails_closed { " || exit 2" } else { "" })
}

const fn is_one_of(installed: Installed, wanted: &[Installed]) -> bool {
    let mut at = 0;
    while at < wanted.len() {
        if wanted[at] as u8 == installed as u8 {
            return true;
        }
        at += 1;
    }
    false
}

/// The number of hooks that are installed so.
const fn count(wanted: &[Installed]) -> usize {
    let (mut at, mut count) = (0, 0);
    while at < HOOKS.len() {
        count += is_one_of(HOOKS[at].installed, wanted) as usize;
        at += 1;
    }
    count
}

/// Their names, in the order of the table.
const fn names<const N: usize>(wanted: &[Installed]) -> [&'static str; N] {
    let (mut names, mut at, mut count) = ([""; N], 0, 0);
    while at < HOOKS.len() {
        if is_one_of(HOOKS[at].installed, wanted) {
            names[count] = HOOKS[at].name;
            count += 1;
        }
        at += 1;
    }
    names
}

/// Every hook that git looks for in its hooks directory (githooks(5), git 2.55).
pub const GIT_HOOKS: [&str; 28] = [
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
    fn git_knows_every_hook_of_the_table_and_each_has_a_name_of_its_own() {
        assert!(OURS.iter().all(|name| GIT_HOOKS.contains(name)));
        assert_eq!(OURS, HOOKS.map(|hook| hook.name));
        assert_eq!(std::collections::BTreeSet::from(OURS).len(), HOOKS.len());
        let rest: Vec<&str> = OURS.into_iter().filter(|name| !USUAL.contains(name)).collect();
        assert_eq!(rest, [STRICT, SERVER], "each of these two is installed by itself");
    }

    /// Texts that list hooks, with the hooks that each leaves out on purpose.
    #[test]
    fn every_text_names_its_hooks() {
        let read = |file: &str| {
            std::fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))).expect("a file of the repository")
        };
        let framework: &[&str] = &[POST_COMMIT.name, STRICT, SERVER];
        for (file, left_out) in [
            // The page on managers is about the hooks that `install` puts in place by default.
            ("docs/managers.md", &[STRICT][..]),
            ("docs/commands.md", &[]),
            // The stubs of these two are tried by the tests of strict installations and of servers.
            (".ci/stubs", &[STRICT, SERVER]),
            // The framework runs no hook after a commit for these, and none on a server.
            (".pre-commit-hooks.yaml", framework),
            ("src/install/messages.rs", framework),
        ] {
            let text = read(file);
            let missing: Vec<&str> =
                OURS.into_iter().filter(|name| !left_out.contains(name) && !text.contains(name)).collect();
            assert!(missing.is_empty(), "{file}: {missing:?}");
        }
    }
}
