//! The command line of the `git push` that started this hook. Git passes a hook the refs that move, but hook managers keep
//! them to themselves, and no other source shows whether submodules are pushed along.

#[cfg(all(unix, not(target_os = "linux")))]
use std::process::Command;

use crate::git::Repo;

/// The most processes between git and this one.
const MOST_ANCESTORS: usize = 16;

/// The `git push` among the processes above this one.
#[derive(Debug)]
pub(super) enum Parent {
    /// No git push is among the processes that started this one: somebody runs the hook by hand.
    None,
    /// There may be one, and its command line could not be read.
    Unknown,
    /// Its command line.
    Push(PushCommand),
}

/// The refs that a `git push` names, and the options that add others.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct PushCommand {
    /// As typed, each with its sources and targets.
    pub(super) refspecs: Vec<String>,
    /// Every branch.
    pub(super) all: bool,
    /// Every ref.
    pub(super) mirror: bool,
    /// Every tag.
    pub(super) tags: bool,
    /// Tags on pushed commits.
    pub(super) follow_tags: bool,
    /// The value of `--recurse-submodules`.
    pub(super) recurse: Option<String>,
}

/// Looks for the git push among the processes that started this one.
pub(super) fn parent(repo: &Repo) -> Parent {
    let Some((mut process, _)) = process_of(std::process::id()) else { return Parent::Unknown };
    for _ in 0..MOST_ANCESTORS {
        if process <= 1 {
            return Parent::None;
        }
        let Some((above, words)) = process_of(process) else { return Parent::Unknown };
        if let Some(parent) = is_git(&words).then(|| read(repo, &words[1..])).flatten() {
            return parent;
        }
        process = above;
    }
    Parent::Unknown
}

/// Parses the words after `git`; none when they are no push.
fn read(repo: &Repo, words: &[String]) -> Option<Parent> {
    let (name, rest) = subcommand(words)?;
    if name == "push" {
        return Some(known(rest));
    }
    let alias = repo.config(&format!("alias.{name}")).map(|text| text.to_string()).unwrap_or_default();
    let expanded: Vec<String> = alias.split_whitespace().map(str::to_owned).chain(rest.iter().cloned()).collect();
    match expanded.first().filter(|_| !alias.is_empty()).map(String::as_str) {
        Some("push") => Some(known(&expanded[1..])),
        Some(_) => Some(Parent::Unknown),
        // A value with a blank in it, read where command lines are cut at blanks.
        None => words.iter().any(|word| word == "push").then_some(Parent::Unknown),
    }
}

fn known(words: &[String]) -> Parent {
    PushCommand::parse(words).map_or(Parent::Unknown, Parent::Push)
}

fn is_git(words: &[String]) -> bool {
    let name = words.first().map(|word| word.rsplit(['/', '\\']).next().unwrap_or_default());
    matches!(name, Some("git" | "git.exe"))
}

/// The subcommand of a git command line without `git`, and the words that follow it.
fn subcommand(words: &[String]) -> Option<(&str, &[String])> {
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        rest = match word.as_str() {
            "-c" | "-C" | "--git-dir" | "--work-tree" | "--namespace" | "--exec-path" | "--config-env" => {
                after.get(1..)?
            }
            word if word.starts_with('-') => after,
            word => return Some((word, after)),
        };
    }
    None
}

impl PushCommand {
    /// None for an option that this reading does not know: it could name refs.
    fn parse(words: &[String]) -> Option<Self> {
        let mut command = Self::default();
        let mut names = Vec::new();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--" => names.extend(words.by_ref().cloned()),
                "--all" | "--branches" => command.all = true,
                "--mirror" => command.mirror = true,
                "--tags" => command.tags = true,
                "--follow-tags" => command.follow_tags = true,
                "--no-recurse-submodules" => command.recurse = Some("no".into()),
                "--recurse-submodules" => command.recurse = Some(words.next()?.clone()),
                "-o" | "--push-option" | "--repo" | "--receive-pack" | "--exec" => drop(words.next()?),
                word if word.starts_with("--") => command.long(word)?,
                word if word.starts_with('-') => short(word)?,
                name => names.push(name.to_owned()),
            }
        }
        // The first is the remote.
        command.refspecs = names.into_iter().skip(1).collect();
        Some(command)
    }

    fn long(&mut self, word: &str) -> Option<()> {
        const HARMLESS: &[&str] = &[
            "atomic",
            "delete",
            "dry-run",
            "force",
            "force-if-includes",
            "force-with-lease",
            "ipv4",
            "ipv6",
            "porcelain",
            "progress",
            "prune",
            "push-option",
            "quiet",
            "receive-pack",
            "exec",
            "repo",
            "set-upstream",
            "signed",
            "thin",
            "verbose",
            "verify",
            "tags",
            "follow-tags",
            "mirror",
            "all",
            "branches",
        ];
        let (name, value) = word[2..].split_once('=').map_or((&word[2..], None), |(name, value)| (name, Some(value)));
        if name == "recurse-submodules" {
            self.recurse = Some(value?.to_owned());
            return Some(());
        }
        HARMLESS.contains(&name.strip_prefix("no-").unwrap_or(name)).then_some(())
    }
}

/// Several options of one letter in one word.
fn short(word: &str) -> Option<()> {
    let letters = word[1..].split('o').next().unwrap_or_default();
    letters.chars().all(|c| "nvqfud46".contains(c)).then_some(())
}

/// A process's parent and its command line.
#[cfg(target_os = "linux")]
fn process_of(id: u32) -> Option<(u32, Vec<String>)> {
    let stat = crate::file::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name in parentheses may hold anything.
    let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
    let line = crate::file::read(format!("/proc/{id}/cmdline")).ok()?;
    let words = line.split(|b| *b == 0).map(|word| String::from_utf8_lossy(word).into_owned());
    Some((parent, words.filter(|word| !word.is_empty()).collect()))
}

/// A process's parent and its command line, cut at blanks.
#[cfg(all(unix, not(target_os = "linux")))]
fn process_of(id: u32) -> Option<(u32, Vec<String>)> {
    let out = Command::new("/bin/ps").args(["-o", "ppid=,args=", "-p", &id.to_string()]).output().ok()?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let mut words = text.split_whitespace().map(str::to_owned);
    Some((words.next()?.parse().ok()?, words.collect()))
}

#[cfg(not(unix))]
fn process_of(_: u32) -> Option<(u32, Vec<String>)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_command_line_names_what_is_pushed() {
        let refspecs = |line: &str| {
            let words = words(line);
            let (name, rest) = subcommand(&words).expect("a subcommand");
            assert_eq!(name, "push");
            PushCommand::parse(rest).map(|command| command.refspecs)
        };
        assert_eq!(refspecs("push"), Some(vec![]));
        assert_eq!(refspecs("push origin"), Some(vec![]));
        assert_eq!(refspecs("-C d -c a.b=c --no-pager push -fu origin a b:c"), Some(words("a b:c")));
        assert_eq!(refspecs("push -o ci.skip --force-with-lease=a:b origin +a"), Some(words("+a")));
        assert_eq!(refspecs("push --receive-pack x --signed=if-asked origin tag v1"), Some(words("tag v1")));
        assert_eq!(refspecs("push -- origin -a"), Some(words("-a")));
        // An abbreviation, or an option of a newer git.
        assert_eq!(refspecs("push --al origin"), None);
    }

    #[test]
    fn options_that_name_more_are_read() {
        let parsed = PushCommand::parse(&words("--tags --follow-tags --recurse-submodules=only o a")).expect("known");
        assert!(parsed.tags && parsed.follow_tags && !parsed.all && !parsed.mirror);
        assert_eq!(parsed.recurse.as_deref(), Some("only"));
        assert_eq!(
            PushCommand::parse(&words("--recurse-submodules on-demand")).expect("known").recurse.as_deref(),
            Some("on-demand")
        );
        assert!(PushCommand::parse(&words("--all o")).expect("known").all);
        assert!(PushCommand::parse(&words("--mirror o")).expect("known").mirror);
    }
}
