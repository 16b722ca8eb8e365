//! Calls in shell scripts, Makefiles and the commands of a CI step.

use std::collections::BTreeSet;

use super::Call;

/// Subcommands that guard something, or see to it that something is guarded.
const GUARDS: &[&str] =
    &["ci", "hook", "scan", "check", "audit", "publish", "install", "canary", "doctor", "advisories", "gate"];

/// Options with which a call answers and judges nothing.
const ANSWERING: &[&str] = &["--help", "-h", "--version", "-V"];

/// Options that let more pass.
const LOOSENING: &[&str] = &["--block", "--config", "--baseline", "--rule", "--net", "--base", "--head"];

/// The calls in a script, in their order. `last_decides`: the shell goes on when a command fails.
pub(super) fn calls(text: &str, last_decides: bool) -> Vec<Call> {
    let text = text.replace("\\\n", " ");
    let lines: Vec<&str> = text.lines().filter(|line| !is_comment(line)).collect();
    let stops = !last_decides || lines.iter().any(|line| line.trim().starts_with("set -e"));
    let mut calls = Vec::new();
    let mut before = BTreeSet::new();
    for (at, line) in lines.iter().enumerate() {
        if let Some(mut call) = call(line.trim()) {
            call.eased.extend(before.iter().cloned());
            let ends = line.contains("|| exit") || line.trim().starts_with("exec ") || line.trim().starts_with("if ");
            if !stops && !ends && lines[at + 1..].iter().any(|later| !later.trim().is_empty()) {
                call.eased.insert("a later line decides how the script ends".into());
            }
            calls.push(call);
        }
        before.extend(ends_early(line));
    }
    calls
}

fn is_comment(line: &str) -> bool {
    let line = line.trim();
    line.starts_with('#') || line.starts_with("//")
}

/// The effect of a line on every call after it.
fn ends_early(line: &str) -> Option<String> {
    let code = line.split(" #").next().unwrap_or_default().trim_end();
    let ends = ["exit", "exit 0", "return", "return 0", "if false; then", "if false", "set +e", "false && {"];
    if ends.contains(&code) {
        return Some(format!("`{code}` before it"));
    }
    let command = code.trim_start();
    if stands_in(command) || ends_well(command) || leaves(command) {
        return Some(format!("`{}` before it", command.chars().take(40).collect::<String>()));
    }
    // Its settings in the environment, which outweigh the policy's.
    let name = code.trim_start().trim_start_matches("export ").split('=').next().unwrap_or_default();
    let sets = name.len() < code.trim_start().trim_start_matches("export ").len();
    (sets && is_setting(name)).then(|| format!("{name} is set"))
}

/// Whether a command puts something else in the place of this program.
fn stands_in(command: &str) -> bool {
    let command = command.trim_start_matches("function ").trim_start();
    ["shield-hook", "shield_hook"].iter().any(|name| {
        let is_function = |rest: &str| rest.trim_start().starts_with(['(', '{']);
        command.strip_prefix(name).is_some_and(is_function)
            || command.strip_prefix("alias ").is_some_and(|rest| rest.trim_start().starts_with(&format!("{name}=")))
    })
}

/// Whether a command decides how the script ends, whatever fails.
fn ends_well(command: &str) -> bool {
    let at_end = |word: &str| matches!(word, "EXIT" | "0" | "ERR");
    command.starts_with("trap ") && command.contains("exit") && command.split_whitespace().any(at_end)
}

/// Folders that are the repository's own, in a `cd`.
const ROOTS: &[&str] = &["rev-parse --show-toplevel", "$GITHUB_WORKSPACE", "$CI_PROJECT_DIR", "$(dirname"];

/// Whether a command leaves the folder that is judged.
fn leaves(command: &str) -> bool {
    let folder = ["cd ", "pushd "].iter().find_map(|name| command.strip_prefix(name));
    folder.is_some_and(|folder| folder.trim() != "." && !ROOTS.iter().any(|root| folder.contains(root)))
}

/// Variables by which a CI system says what there is to judge.
const OF_SYSTEMS: &[&str] = &[
    "GITHUB_",
    "CI_MERGE_REQUEST_",
    "CI_COMMIT_",
    "CI_DEFAULT_BRANCH",
    "BITBUCKET_",
    "BUILDKITE_",
    "SYSTEM_PULLREQUEST_",
    "GIT_DIR",
    "GIT_WORK_TREE",
];

/// Whether an environment variable loosens the gate.
pub(super) fn is_setting(name: &str) -> bool {
    let name = name.split('=').next().unwrap_or_default();
    name.starts_with("SHIELD_HOOK_")
        || OF_SYSTEMS.iter().any(|prefix| name.starts_with(prefix)) && !name.ends_with("TOKEN")
}

/// The call on one line, if there is one.
fn call(line: &str) -> Option<Call> {
    let (before, rest) = ["shield-hook", "shield_hook"].iter().find_map(|name| {
        line.match_indices(name).find_map(|(at, _)| {
            let rest = line[at + name.len()..].strip_prefix(['"', '\'', '}']).unwrap_or(&line[at + name.len()..]);
            let rest = rest.strip_prefix('"').unwrap_or(rest);
            let guard = rest.split_whitespace().next()?;
            (rest.starts_with([' ', '\t']) && GUARDS.contains(&guard.trim_matches(['\'', '"', ',', ')'])))
                .then(|| (&line[..at], rest.trim_start()))
        })
    })?;
    let mut call = Call::default();
    let end = rest.find(['|', '&', ';']).unwrap_or(rest.len());
    let mut words = rest[..end].split_whitespace().map(|w| w.trim_matches(['\'', '"', ',', ')', ']'])).peekable();
    let guard = words.next()?;
    call.what = match (guard, words.peek()) {
        ("hook", Some(hook)) if hook.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            format!("shield-hook hook {hook}")
        }
        _ => format!("shield-hook {guard}"),
    };
    while let Some(word) = words.next() {
        let option = word.split('=').next().unwrap_or_default();
        if ANSWERING.contains(&option) {
            call.eased.insert(format!("`{option}`"));
        }
        if LOOSENING.contains(&option) {
            let value = words.peek().filter(|_| option == word && option != "--net").map(|v| format!(" {v}"));
            call.eased.insert(format!("`{word}{}`", value.unwrap_or_default()));
        }
    }
    call.eased.extend(prevented(before));
    call.eased.extend(swallowed(&rest[end..]));
    Some(call)
}

/// How the beginning of a line takes the effect from the call behind it, or the call itself.
fn prevented(before: &str) -> Vec<String> {
    let mut eased: Vec<String> = before
        .split_whitespace()
        .filter(|word| word.contains('=') && is_setting(word))
        .map(|w| format!("`{w}`"))
        .collect();
    let recipe = before.trim_start().trim_start_matches('@');
    if recipe.starts_with('-') && !recipe.starts_with("- ") {
        eased.push("make goes on when it fails".into());
    }
    let mut earlier: Vec<&str> = before.split([';', '&', '|']).collect();
    earlier.pop();
    eased.extend(earlier.into_iter().filter_map(|command| ends_early(command.trim_start())));
    let command = before.rsplit([';', '&', '|']).next().unwrap_or_default().trim();
    let first = command.split_whitespace().next().unwrap_or_default();
    if matches!(first, "echo" | "printf" | ":" | "!" | "true") || before.contains("||") || before.contains("false &&") {
        eased.push("it is not run, or turned round".into());
    }
    eased
}

/// How the rest of a line takes the effect from a failing call.
fn swallowed(rest: &str) -> Option<String> {
    let shown = || Some(format!("`{}`", rest.trim().chars().take(40).collect::<String>()));
    if let Some(other) = rest.strip_prefix("||") {
        let other = other.trim();
        let fails = other.split([';', '{', '}', ' ']).any(|word| matches!(word, "exit" | "false" | "return"));
        let succeeds = ["exit 0", "return 0", "|| true", "|| :", "; true"].iter().any(|end| other.contains(end));
        return if fails && !succeeds { None } else { shown() };
    }
    if let Some(other) = rest.strip_prefix(';') {
        let other = other.trim();
        return if ["true", ":", "exit 0"].iter().any(|end| other == *end || other.ends_with(&format!("; {end}"))) {
            shown()
        } else {
            None
        };
    }
    if rest.starts_with('&') && !rest.starts_with("&&") {
        return shown();
    }
    // The last command of a pipe decides, unless `pipefail` is set.
    (rest.starts_with('|') && !rest.starts_with("||")).then(shown).flatten()
}
