//! Commands that keep git from running the hooks, or that loosen what they judge by.

use super::Objection;
use super::shell::{self, SimpleCommand};

/// The way out for all of them.
const COMMIT: &str = "run it without that: the hooks take a moment, and their report names the repair of each finding";
const ASK: &str = "ask the person you work for to do this themselves";

/// The configured aliases of git, by their names.
pub type Aliases<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// The objections to one command.
pub fn objections(command: &SimpleCommand, aliases: &Aliases<'_>) -> Vec<Objection> {
    let mut found: Vec<Objection> =
        command.variables.iter().filter_map(|(name, value)| of_variable(name, value)).collect();
    let words: Vec<&str> = command.arguments().iter().map(String::as_str).collect();
    match command.program() {
        "git" => found.extend(of_git(&words, aliases)),
        "shield-hook" => found.extend(of_ourselves(&words)),
        program => found.extend(of_manager(program, &words)),
    }
    found
}

/// Variables that switch hooks off, each with a value that does.
fn of_variable(name: &str, value: &str) -> Option<Objection> {
    let lower = value.to_ascii_lowercase();
    let off = matches!(lower.as_str(), "0" | "false" | "no" | "off");
    let on = !value.is_empty() && !off;
    let stops = match name {
        "HUSKY" | "LEFTHOOK" => off,
        "HUSKY_SKIP_HOOKS" | "SKIP_SIMPLE_GIT_HOOKS" | "OVERCOMMIT_DISABLE" => on,
        "SKIP" | "LEFTHOOK_EXCLUDE" | "PREK_SKIP" => lower.contains("shield"),
        "SHIELD_HOOK_CONFIG" | "SHIELD_HOOK_BASELINE" | "SHIELD_HOOK_BLOCK" => true,
        "GIT_CONFIG_PARAMETERS" => lower.contains("hookspath") || lower.contains("hook."),
        _ if name.starts_with("GIT_CONFIG_KEY_") => is_of_hooks(value),
        _ => false,
    };
    stops.then(|| Objection::new(format!("`{name}` switches the hooks off"), COMMIT))
}

/// A setting that decides which hooks run.
fn is_of_hooks(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key == "core.hookspath" || key.starts_with("hook.")
}

/// Options of git itself whose value is the next word.
const GIT_VALUED: [&str; 6] = ["-C", "--git-dir", "--work-tree", "--namespace", "--exec-path", "--super-prefix"];

fn of_git(words: &[&str], aliases: &Aliases<'_>) -> Vec<Objection> {
    let mut found = Vec::new();
    let mut rest = words.iter().copied();
    let mut subcommand = None;
    while let Some(word) = rest.next() {
        let setting = match word {
            "-c" | "--config-env" => rest.next(),
            _ if GIT_VALUED.contains(&word) => {
                rest.next();
                continue;
            }
            _ if word.starts_with("-c") && word.contains('=') => word.get(2..),
            _ if word.starts_with("--config-env=") => word.split_once('=').map(|(_, setting)| setting),
            _ if word.starts_with('-') => continue,
            _ => {
                subcommand = Some(word);
                break;
            }
        };
        found.extend(setting.into_iter().flat_map(|setting| of_setting(setting, aliases)));
    }
    let arguments: Vec<&str> = rest.collect();
    let Some(subcommand) = subcommand else { return found };
    if let Some(alias) = aliases(subcommand) {
        // An alias of an alias is read, one of itself is not.
        let others = |name: &str| aliases(name).filter(|_| name != subcommand);
        found.extend(of_line(&[alias.as_str(), &arguments.join(" ")].join(" "), &others));
    }
    if subcommand == "config" {
        found.extend(of_config(&arguments));
    } else if skips_hooks(subcommand, &arguments) {
        found.push(Objection::new(format!("`git {subcommand}` without its hooks (--no-verify)"), COMMIT));
    }
    found
}

/// `-c key=value`. An alias is a command of its own.
fn of_setting(setting: &str, aliases: &Aliases<'_>) -> Vec<Objection> {
    let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
    if is_of_hooks(key) {
        return vec![Objection::new(format!("`git -c {key}` leads git to other hooks"), COMMIT)];
    }
    if !key.to_ascii_lowercase().starts_with("alias.") {
        return Vec::new();
    }
    of_line(value, aliases)
}

/// The objections to the value of an alias.
fn of_line(value: &str, aliases: &Aliases<'_>) -> Vec<Objection> {
    let line = value.strip_prefix('!').map_or_else(|| format!("git {value}"), str::to_owned);
    let commands = shell::commands(&line).unwrap_or_default();
    commands.iter().flat_map(|command| objections(command, aliases)).collect()
}

/// `git config` that writes a setting of the hooks.
fn of_config(arguments: &[&str]) -> Option<Objection> {
    let is_write = |word: &&str| {
        matches!(
            *word,
            "--unset" | "--unset-all" | "--add" | "--replace-all" | "set" | "unset" | "--edit" | "-e" | "edit"
        ) || matches!(*word, "--remove-section" | "--rename-section" | "remove-section" | "rename-section")
    };
    let key = arguments.iter().position(|word| is_of_hooks(word) || word.to_ascii_lowercase().starts_with("hook."));
    let section = arguments.iter().any(|word| matches!(*word, "core")) && arguments.iter().any(is_write);
    let is_written = key.is_some_and(|at| at + 1 < arguments.len() || arguments.iter().any(is_write));
    (is_written || section).then(|| Objection::new("`git config` changes which hooks git runs", ASK))
}

/// Options of a subcommand whose value is the next word, which may look like an option.
fn valued(subcommand: &str) -> &'static [&'static str] {
    match subcommand {
        "commit" => &[
            "-m",
            "--message",
            "-F",
            "--file",
            "-C",
            "--reuse-message",
            "-c",
            "--reedit-message",
            "-t",
            "--template",
            "--author",
            "--date",
            "--fixup",
            "--squash",
            "--cleanup",
            "--trailer",
            "--pathspec-from-file",
        ],
        "push" => &["-o", "--push-option", "--receive-pack", "--exec", "--repo"],
        "merge" | "pull" => &["-m", "--message", "-F", "--file", "-s", "--strategy", "-X", "--strategy-option"],
        "rebase" => &["-x", "--exec", "-s", "--strategy", "-X", "--strategy-option", "--onto"],
        _ => &[],
    }
}

/// The letters of one-letter options that take the rest of their word as a value.
fn valued_letters(subcommand: &str) -> &'static str {
    match subcommand {
        "commit" => "mFCctSu",
        "am" => "pCS",
        _ => "",
    }
}

fn skips_hooks(subcommand: &str, arguments: &[&str]) -> bool {
    if !matches!(subcommand, "commit" | "push" | "merge" | "pull" | "rebase" | "am" | "cherry-pick" | "revert") {
        return false;
    }
    let has_letter = matches!(subcommand, "commit" | "am");
    let mut words = arguments.iter().copied();
    while let Some(word) = words.next() {
        if word == "--" {
            return false;
        }
        if valued(subcommand).contains(&word) {
            words.next();
            continue;
        }
        // Git takes the beginning of an option for the option.
        if word.len() >= "--no-v".len() && "--no-verify".starts_with(word) {
            return true;
        }
        if !has_letter || word.starts_with("--") {
            continue;
        }
        let Some(letters) = word.strip_prefix('-') else { continue };
        let flags = letters.split(|c| valued_letters(subcommand).contains(c)).next().unwrap_or_default();
        if flags.contains('n') {
            return true;
        }
        // `-am message`: the last letter takes the next word.
        if letters.len() == flags.len() + 1 && !letters.ends_with(['S', 'u']) {
            words.next();
        }
    }
    false
}

/// Commands of this program that take the guard away or let more pass.
fn of_ourselves(words: &[&str]) -> Option<Objection> {
    let mut plain = words.iter().filter(|word| !word.starts_with('-'));
    let (first, second) = (plain.next()?, plain.next());
    let loosens = match *first {
        "uninstall" | "allow" | "migrate" => true,
        "baseline" => matches!(second, Some(&"create" | &"update")),
        _ => false,
    };
    loosens.then(|| Objection::new(format!("`shield-hook {first}` lets more pass"), ASK))
}

/// Hook managers that take their hooks away.
fn of_manager(program: &str, words: &[&str]) -> Option<Objection> {
    const MANAGERS: [&str; 6] = ["pre-commit", "prek", "lefthook", "husky", "overcommit", "simple-git-hooks"];
    let mut words = words.iter().copied().filter(|word| *word != "exec" && *word != "run");
    let is_manager = |word: &str| MANAGERS.contains(&word);
    let program = match program {
        "npx" | "pnpm" | "yarn" | "bunx" | "npm" | "uvx" | "uv" | "python" | "python3" => {
            words.find(|word| is_manager(word))?
        }
        program if is_manager(program) => program,
        _ => return None,
    };
    words
        .any(|word| matches!(word, "uninstall" | "--uninstall" | "-u"))
        .then(|| Objection::new(format!("`{program} uninstall` takes the hooks away"), ASK))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(text: &str) -> bool {
        let aliases = |name: &str| (name == "ci").then(|| "commit -n".to_owned());
        shell::commands(text).unwrap().iter().any(|command| !objections(command, &aliases).is_empty())
    }

    #[test]
    fn every_way_around_the_hooks_is_seen() {
        for text in [
            "git commit --no-verify -m x",
            "git commit -n -m x",
            "git commit -anm x",
            "git commit -m x -n",
            "git commit -m '' -n",
            "git commit --no-veri -m x",
            "git -C sub commit -n",
            "git --git-dir x commit -n",
            "git push --no-verify",
            "git push origin main --no-verify",
            "git merge --no-verify x",
            "git -c core.hooksPath=/dev/null commit -m x",
            "git -c CORE.HOOKSPATH= commit",
            "git -ccore.hooksPath=x commit",
            "git --config-env=core.hooksPath=X commit",
            "git -c alias.c='commit -n' c",
            "git -c alias.c='!git commit -n' c",
            "git config core.hooksPath /dev/null",
            "git config --global core.hooksPath x",
            "git config --unset core.hooksPath",
            "git config set core.hooksPath x",
            "git config --remove-section core",
            "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0=x git commit",
            "HUSKY=0 git commit -m x",
            "export HUSKY=0; git commit",
            "env LEFTHOOK=0 git commit",
            "SKIP=shield-hook git commit",
            "bash -c 'git commit -n'",
            "true && sudo git commit -n",
            "echo $(git commit -n)",
            "xargs git commit -n",
            "/usr/bin/git commit -n",
            "shield-hook uninstall",
            "shield-hook allow 0123 --reason x",
            "shield-hook baseline update",
            "SHIELD_HOOK_CONFIG=x git commit",
            "pre-commit uninstall",
            "npx lefthook uninstall",
            "git am -n x",
            "git ci -m x",
        ] {
            assert!(is_refused(text), "{text}");
        }
    }

    #[test]
    fn everyday_commands_pass() {
        for text in [
            "git commit -m x",
            "git commit -am 'no-verify is bad'",
            "git commit -m '-n'",
            "git commit -m --no-verify",
            "git commit -mno",
            "git commit -m x -- -n",
            "git commit --amend --no-edit",
            "git commit --no-status -m x",
            "git commit -Snkey -m x",
            "git push -n",
            "git push origin main",
            "git log -n 5",
            "git config core.hooksPath",
            "git config --get core.hooksPath",
            "git config user.name x",
            "git -c user.name=x commit -m y",
            "git merge -n x",
            "grep -n x file",
            "echo 'git commit --no-verify'",
            "HUSKY=1 npm test",
            "SKIP=eslint git commit -m x",
            "shield-hook scan --staged",
            "shield-hook baseline audit",
            "pre-commit run --all-files",
            "npm uninstall left",
        ] {
            assert!(!is_refused(text), "{text}");
        }
    }
}
