//! The files that the guard rests on: hooks, policy, and the files that call this program.

use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;

use super::Objection;
use super::dialect::ASSISTANTS;
use super::shell::SimpleCommand;
use crate::file;

/// The places of a repository and of its user that are guarded.
#[derive(Clone, Debug, Default)]
pub struct Guarded {
    /// The directory that paths are relative to.
    pub here: PathBuf,
    /// The user's home.
    pub home: Option<PathBuf>,
    /// The root of the work tree.
    pub root: PathBuf,
    /// Directories, with everything below: the hooks, and this program's records.
    pub directories: Vec<PathBuf>,
    /// Single files: the configuration of git and of the user.
    pub files: Vec<PathBuf>,
}

/// The names of the policy's files, wherever they are.
const POLICY: [&str; 3] = [".shield-hook.toml", ".shield-hook.baseline", ".shield-hook.rules"];
/// Directories of hooks by convention.
const HOOKS: [&str; 2] = [".husky", ".githooks"];
/// Files that may call this program.
const CALLERS: [&str; 12] = [
    ".pre-commit-config.yaml",
    ".pre-commit-config.yml",
    "prek.toml",
    "lefthook.yml",
    "lefthook.yaml",
    ".lefthook.yml",
    "lefthook-local.yml",
    ".lefthook-local.yml",
    "package.json",
    ".simple-git-hooks.json",
    ".overcommit.yml",
    "settings.local.json",
];
/// The largest file that is searched for a call of this program, in bytes.
const LARGEST: u64 = 4 << 20;
/// The word of a call.
const CALL: &str = "shield-hook";

const ASK: &str = "tell the person you work for what should change and why; they edit it themselves";

impl Guarded {
    /// The path as a whole, without `.` and `..`.
    pub fn whole(&self, path: &str) -> PathBuf {
        let path = match (path.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => match (path.strip_prefix("$HOME/").or_else(|| path.strip_prefix("${HOME}/")), &self.home) {
                (Some(rest), Some(home)) => home.join(rest),
                _ => self.here.join(path),
            },
        };
        let mut clean = PathBuf::new();
        for part in path.components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir => drop(clean.pop()),
                part => clean.push(part),
            }
        }
        // A link to a directory must not lead around a comparison of paths.
        let real = clean.parent().and_then(|above| above.canonicalize().ok()).zip(clean.file_name());
        real.map_or_else(|| clean.clone(), |(above, name)| above.join(name))
    }

    /// The objection to giving a file new content.
    pub fn write(&self, path: &str, before: Option<&str>, after: &str) -> Option<Objection> {
        let whole = self.whole(path);
        if let Some(kind) = self.kind(&whole) {
            return Some(Objection::new(format!("{path} is {kind}"), ASK));
        }
        let calls = |text: &str| text.matches(CALL).count();
        if self.may_call(&whole) && before.is_some_and(|before| calls(before) > calls(after)) {
            return Some(Objection::new(format!("this change of {path} takes a call of shield-hook out"), ASK));
        }
        let packed: String = after.chars().filter(|c| !c.is_whitespace()).collect();
        let switches = self.is_of_assistant(&whole) && packed.contains("\"disableAllHooks\":true");
        switches.then(|| Objection::new(format!("this change of {path} switches the assistant's hooks off"), ASK))
    }

    /// The objection to taking a file away.
    pub fn remove(&self, path: &str) -> Option<Objection> {
        let whole = self.whole(path);
        if let Some(kind) = self.kind(&whole).or_else(|| self.holds_guarded(&whole)) {
            return Some(Objection::new(format!("{path} is {kind}"), ASK));
        }
        self.calls_us(&whole).then(|| Objection::new(format!("{path} calls shield-hook"), ASK))
    }

    /// The objections to a command.
    pub fn command(&self, command: &SimpleCommand) -> Vec<Objection> {
        let mut found: Vec<Objection> = command.writes.iter().filter_map(|path| self.remove(path)).collect();
        let access = access(command);
        if access == Access::Reads {
            return found;
        }
        let arguments: Vec<&String> = command.arguments().iter().filter(|word| !is_option(word)).collect();
        let written = match access {
            // The last argument is written to; the others are read.
            Access::Copies => arguments.last().into_iter().copied().collect(),
            _ => arguments,
        };
        for word in written {
            let path = word.strip_prefix("of=").unwrap_or(word);
            let objection = match access {
                Access::Removes | Access::Copies => self.remove(path).or_else(|| self.pattern(path)),
                _ => self.named(path).or_else(|| self.pattern(path)),
            };
            found.extend(objection);
        }
        if access == Access::Unknown {
            found.extend(self.in_code(command));
        }
        found
    }

    /// The objection to handing a guarded file to a program that may write it.
    fn named(&self, path: &str) -> Option<Objection> {
        let kind = self.kind(&self.whole(path))?;
        Some(Objection::new(format!("{path} is {kind}"), ASK))
    }

    /// The objection to a pattern of the shell that means a guarded file.
    fn pattern(&self, word: &str) -> Option<Objection> {
        if !word.contains(['*', '?', '[', '{']) {
            return None;
        }
        let pattern = self.whole(word);
        let glob = GlobBuilder::new(pattern.to_str()?).literal_separator(true).build().ok()?.compile_matcher();
        let hooks = self.directories.iter().map(|directory| directory.join("pre-commit"));
        let policy = POLICY.iter().map(|name| self.root.join(name));
        let mut all = hooks.chain(policy).chain(self.directories.iter().cloned());
        all.any(|path| glob.is_match(&path)).then(|| Objection::new(format!("{word} means guarded files"), ASK))
    }

    /// The objection to code of an interpreter that names a guarded file.
    fn in_code(&self, command: &SimpleCommand) -> Option<Objection> {
        const INTERPRETERS: [&str; 9] =
            ["python", "python3", "node", "perl", "ruby", "php", "deno", "bun", "osascript"];
        if !INTERPRETERS.contains(&command.program()) {
            return None;
        }
        let names = || POLICY.iter().chain(&[".git/hooks", ".git/config"]);
        let is_named = command.arguments().iter().any(|word| names().any(|name| word.contains(name)));
        // The code itself may hold anything, so it is not repeated.
        is_named.then(|| Objection::new(format!("this code of {} names a guarded file", command.program()), ASK))
    }

    /// The kind of a guarded path, for people.
    fn kind(&self, path: &Path) -> Option<&'static str> {
        let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
        if parts.iter().any(|part| POLICY.iter().any(|name| part.eq_ignore_ascii_case(name))) {
            return Some("the policy of shield-hook");
        }
        if self.directories.iter().any(|directory| path.starts_with(directory)) {
            return Some("a hook of git");
        }
        if path.strip_prefix(&self.root).is_ok_and(|below| HOOKS.iter().any(|name| below.starts_with(name))) {
            return Some("a hook of git");
        }
        if parts.windows(2).any(|pair| pair == [".git", "hooks"] || pair == [".git", "config"]) {
            return Some("a hook or a setting of git");
        }
        if path.ends_with(".github/hooks/shield-hook.json") {
            return Some("a hook of an assistant");
        }
        self.files.iter().any(|file| file == path).then_some("a setting of the guard")
    }

    /// The loss of a directory that holds guarded files.
    fn holds_guarded(&self, path: &Path) -> Option<&'static str> {
        let holds = self.directories.iter().chain(&self.files).any(|guarded| guarded.starts_with(path));
        let is_repository = path == self.root || path.file_name().is_some_and(|name| name == ".git");
        (holds || is_repository && path.is_dir()).then_some("a directory with the hooks in it")
    }

    fn is_of_assistant(&self, path: &Path) -> bool {
        let folders = [".claude", ".cursor", ".codex", ".gemini", ".github"];
        path.iter().any(|part| folders.iter().any(|folder| part == *folder))
    }

    /// Whether a file of this name may call this program.
    fn may_call(&self, path: &Path) -> bool {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        CALLERS.contains(&name) || ASSISTANTS.iter().any(|assistant| path.ends_with(assistant.settings))
    }

    /// Whether the file calls this program.
    fn calls_us(&self, path: &Path) -> bool {
        self.may_call(path)
            && path.metadata().is_ok_and(|about| about.len() <= LARGEST)
            && file::read_to_string(path).is_ok_and(|text| text.contains(CALL))
    }
}

fn is_option(word: &str) -> bool {
    word.starts_with('-')
}

/// The effect of a command on the files that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// It reads them.
    Reads,
    /// It writes the last one.
    Copies,
    /// It removes or overwrites them.
    Removes,
    /// It may do anything.
    Unknown,
}

/// Programs that only read their arguments.
const READERS: [&str; 44] = [
    "cat",
    "head",
    "tail",
    "less",
    "more",
    "bat",
    "batcat",
    "nl",
    "tac",
    "grep",
    "egrep",
    "fgrep",
    "rg",
    "ag",
    "ls",
    "ll",
    "tree",
    "stat",
    "file",
    "wc",
    "diff",
    "cmp",
    "md5sum",
    "sha1sum",
    "sha256sum",
    "sha512sum",
    "shasum",
    "echo",
    "printf",
    "test",
    "[",
    "[[",
    "cd",
    "pushd",
    "realpath",
    "readlink",
    "basename",
    "dirname",
    "jq",
    "yq",
    "awk",
    "cut",
    "sort",
    "shield-hook",
];

fn access(command: &SimpleCommand) -> Access {
    let arguments = command.arguments();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    match command.program() {
        "rm" | "rmdir" | "unlink" | "shred" | "mv" | "truncate" | "chmod" | "chown" | "chattr" | "tee" | "trash"
        | "dd" | "del" | "Remove-Item" | "erase" | "git-rm" => Access::Removes,
        "cp" | "install" | "ln" | "rsync" | "scp" => Access::Copies,
        "sed" | "gsed" if !arguments.iter().any(|word| word.starts_with("-i") || word.starts_with("--in-place")) => {
            Access::Reads
        }
        "find" | "fd" if has("-delete") => Access::Removes,
        "find" | "fd" => Access::Reads,
        // A shell that runs a hook changes nothing in it.
        "sh" | "bash" | "zsh" | "dash" => Access::Reads,
        "git" => of_git(arguments),
        program if READERS.contains(&program) => Access::Reads,
        _ => Access::Unknown,
    }
}

fn of_git(arguments: &[String]) -> Access {
    let subcommand = arguments.iter().find(|word| !is_option(word)).map(String::as_str).unwrap_or_default();
    match subcommand {
        "rm" | "mv" | "clean" => Access::Removes,
        "checkout" | "restore" | "apply" | "update-index" | "reset" | "stash" => Access::Unknown,
        _ => Access::Reads,
    }
}

#[cfg(test)]
mod tests {
    use super::super::shell;
    use super::*;

    fn guarded(root: &Path) -> Guarded {
        Guarded {
            here: root.to_owned(),
            home: Some(root.join("home")),
            root: root.to_owned(),
            directories: vec![root.join(".git/hooks"), root.join(".git/shield-hook")],
            files: vec![root.join(".git/config"), root.join("home/.config/shield-hook/config.toml")],
        }
    }

    #[test]
    fn changes_of_the_guard_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join(".git/hooks")).unwrap();
        std::fs::write(dir.path().join("lefthook.yml"), "run: shield-hook hook pre-commit\n").unwrap();
        std::fs::create_dir(dir.path().join("sub")).unwrap();
        let guarded = guarded(dir.path());
        let is_refused =
            |text: &str| shell::commands(text).unwrap().iter().any(|command| !guarded.command(command).is_empty());
        for text in [
            "rm .shield-hook.toml",
            "rm -f .git/hooks/pre-commit",
            "rm -rf .git",
            "rm -rf .git/hooks",
            "rm -rf .",
            "rm .git/hooks/*",
            "rm .shield-*",
            "chmod -x .git/hooks/pre-commit",
            "mv .git/hooks/pre-commit x",
            "mv .git/hooks x",
            "cp x .git/hooks/pre-commit",
            "ln -sf /bin/true .git/hooks/pre-commit",
            "echo x > .shield-hook.toml",
            "echo x >> ./sub/../.shield-hook.toml",
            "sed -i s/a/b/ .shield-hook.toml",
            "tee .git/hooks/pre-commit",
            "truncate -s 0 .git/hooks/pre-commit",
            "dd of=.git/hooks/pre-commit",
            "git rm .shield-hook.toml",
            "git checkout HEAD~1 -- .shield-hook.toml",
            "git restore .shield-hook.toml",
            "vim .shield-hook.toml",
            "python3 -c \"open('.shield-hook.toml','w')\"",
            "find .git/hooks -delete",
            "find . -name x -exec rm .git/hooks/pre-commit \\;",
            "rm ~/.config/shield-hook/config.toml",
            "rm $HOME/.config/shield-hook/config.toml",
            "rm lefthook.yml",
            "> lefthook.yml",
            "rm .husky/pre-commit",
            "rm -r .git/shield-hook",
        ] {
            assert!(is_refused(text), "{text}");
        }
        for text in [
            "cat .shield-hook.toml",
            "ls -l .git/hooks",
            "git add .shield-hook.toml",
            "git diff .shield-hook.toml",
            "git log .git/hooks/pre-commit",
            "sh .git/hooks/pre-commit",
            "sed -n 1p .shield-hook.toml",
            "cp .shield-hook.toml /tmp/x",
            "cp -r . /tmp/x",
            "rm -rf target node_modules",
            "rm sub/x",
            "cat x > sub/y",
            "prettier --write lefthook.yml",
            "git checkout main",
            "shield-hook config check",
            "mv sub other",
        ] {
            assert!(!is_refused(text), "{text}");
        }
    }

    #[test]
    fn writes_are_compared_with_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let guarded = guarded(dir.path());
        assert!(guarded.write(".shield-hook.toml", None, "").is_some());
        assert!(guarded.write(".git/hooks/pre-push", None, "").is_some());
        assert!(guarded.write("package.json", Some("{\"prepare\": \"shield-hook install\"}"), "{}").is_some());
        assert!(guarded.write("package.json", Some("{}"), "{\"prepare\": \"shield-hook install\"}").is_none());
        assert!(guarded.write(".claude/settings.json", Some("shield-hook hook assistant claude"), "{}").is_some());
        assert!(guarded.write(".claude/settings.local.json", None, "{\"disableAllHooks\": true}").is_some());
        assert!(guarded.write("src/a.rs", None, "shield-hook").is_none());
    }
}
