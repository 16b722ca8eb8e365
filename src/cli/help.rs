//! The table behind the end of every `--help`, and of every manual page: examples, notes and exit codes.
//!
//! It is put onto the command line's definition only where somebody reads it, so that a commit does not wait for it.

use clap::Command;

use super::ci::systems;
use crate::exit::Exit;

/// The end of one command's help.
struct Help {
    /// The command, without the program's name.
    command: &'static str,
    /// Command lines without the program's name, each with its purpose; the purpose may be empty.
    examples: &'static [(&'static str, &'static str)],
    /// Further facts; may be empty.
    notes: &'static str,
    exits: Exits,
}

/// The ways in which a command ends.
enum Exits {
    /// As the table of exit codes has it.
    Scan,
    /// The package data is looked up.
    Lookup,
    /// Something is printed.
    Print,
    /// Something is written or changed.
    Change,
    /// Something is examined; the text is the meaning of code 1.
    Examine(&'static str),
    /// An update is run and perhaps undone.
    Update,
    /// Nothing can be refused any more.
    Never,
    /// An assistant reads the exit code.
    Answer,
}

impl Exits {
    fn meanings(&self) -> Vec<(Exit, &'static str)> {
        use Exit::{Blocked, Clean, Incomplete};
        let differs: &[(Exit, &str)] = match self {
            Self::Scan => &[],
            Self::Lookup => &[(Clean, "no known-bad version was found"), (Blocked, "a known-bad version was found")],
            Self::Print => &[(Clean, "done"), (Blocked, ""), (Incomplete, "something could not be read or printed")],
            Self::Change => &[(Clean, "done"), (Blocked, ""), (Incomplete, "the change could not be made")],
            Self::Examine(bad) => &[(Clean, "all is well"), (Blocked, bad)],
            Self::Update => &[
                (Clean, "the update was made"),
                (Blocked, "the lockfiles were restored"),
                (Incomplete, "the update could not be checked, or the command failed"),
            ],
            Self::Answer => {
                return vec![
                    (Clean, "nothing stands against it, or the answer on standard output refuses it"),
                    (Incomplete, "refused: the reason is on standard error"),
                ];
            }
            Self::Never => return vec![(Clean, "always: the commit exists already")],
        };
        let worded = Exit::ALL.map(|exit| {
            (exit, differs.iter().find(|(other, _)| *other == exit).map_or(exit.meaning(), |(_, meaning)| *meaning))
        });
        worded.into_iter().filter(|(_, meaning)| !meaning.is_empty()).collect()
    }
}

const fn help(command: &'static str, examples: &'static [(&'static str, &'static str)], exits: Exits) -> Help {
    Help { command, examples, notes: "", exits }
}

const fn noted(help: Help, notes: &'static str) -> Help {
    Help { notes, ..help }
}

const TABLE: &[Help] = &[
    help(
        "scan",
        &[
            ("scan --staged", "the content that `git commit` would record"),
            ("scan --range main..HEAD", "every commit of a branch"),
            ("scan --history", "everything that is reachable from a ref"),
            ("scan src/ config.yml", "files on disk"),
            ("scan - < build.log", "standard input"),
        ],
        Exits::Scan,
    ),
    noted(
        help(
            "ci",
            &[("ci", "the change that this CI job builds"), ("ci --base origin/main --head HEAD", "a branch, by hand")],
            Exits::Scan,
        ),
        "Configuration, baseline and rules come from the tip of the target branch (on a push, of the default branch), so a \
         change cannot loosen the gate that checks it; an attempt is itself a finding (policy-weakened).\n\nAn \
         allowance by fingerprint, in a change of its own, is reported and passes. With `[ci] accept = \
         \"fingerprint\"` in the policy of the target branch, a change may allow its own findings that way.",
    ),
    help("hook pre-commit", &[("hook pre-commit", "")], Exits::Scan),
    help("hook pre-merge-commit", &[("hook pre-merge-commit", "")], Exits::Scan),
    help("hook commit-msg", &[("hook commit-msg .git/COMMIT_EDITMSG", "")], Exits::Scan),
    help(
        "hook pre-push",
        &[("hook pre-push origin https://git.example/repo.git", "standard input as git gives it")],
        Exits::Scan,
    ),
    help("hook post-commit", &[("hook post-commit", "")], Exits::Never),
    help("hook pre-receive", &[("hook pre-receive", "standard input as git gives it")], Exits::Scan),
    help(
        "hook reference-transaction",
        &[("hook reference-transaction prepared", "standard input as git gives it")],
        Exits::Scan,
    ),
    noted(
        help(
            "hook assistant",
            &[
                ("hook assistant claude < event.json", "what Claude Code calls before a tool runs"),
                ("hook assistant < event.json", "the assistant is recognised by its event"),
            ],
            Exits::Answer,
        ),
        "The answer on standard output and the exit code have the form that the assistant expects: Claude Code, Codex and \
         Gemini read the exit code, Cursor and Copilot JSON. Refused are secrets in prompts, commands and files, ways around \
         the hooks (--no-verify, core.hooksPath), changes of the hooks and of the policy, and installs of hijacked \
         packages and of look-alike names. An event that cannot be judged is refused as well.",
    ),
    help(
        "audit",
        &[
            ("audit", "everything below this folder"),
            ("audit ~/work /srv", "these folders"),
            ("audit --global", "packages installed for the user and the machine"),
            ("audit ~ --format json", "one JSON object, to collect from many machines"),
        ],
        Exits::Lookup,
    ),
    help("advisories list", &[("advisories list", "every incident in the data")], Exits::Print),
    help("advisories show", &[("advisories show axios", "everything about one package")], Exits::Print),
    help(
        "advisories export",
        &[
            ("advisories export --format pip --hijack-only", "constraints for `pip install -c`"),
            ("advisories export --format verdaccio >> config.yaml", "the filter of a mirror; restart it afterwards"),
            (
                "advisories export --format verdaccio --check --mirror https://npm.example",
                "does the mirror refuse the canary?",
            ),
        ],
        Exits::Print,
    ),
    help("advisories sources", &[("advisories sources", "how far each feed is complete")], Exits::Print),
    noted(
        help(
            "advisories update",
            &[
                ("advisories update all.zip", "an archive of OSV records"),
                ("advisories update https://host.example/all.zip", "the same, fetched"),
                ("advisories update --key RW... all.zip", "only with all.zip.minisig beside it"),
            ],
            Exits::Change,
        ),
        "Only records of malicious packages (ids MAL-...) are used. They are looked up before the data in the binary, which \
         stays in use. Nothing changes unless every record can be read and, if a key is configured, the signature is \
         valid ([advisories] in your own configuration: `shield-hook config schema`).",
    ),
    noted(
        help(
            "check",
            &[
                ("check axios@1.14.1", "one version, in npm and PyPI"),
                ("check pypi:elementary-data==0.23.3", "one ecosystem"),
                ("check package-lock.json uv.lock", "every package in these lockfiles"),
                ("check --as uv.lock - < uv.lock", "standard input"),
                ("check --online left-pad@1.3.0", "also its age, withdrawal and build provenance"),
            ],
            Exits::Lookup,
        ),
        "No package is reported as safe: one that is not in the data is unknown.",
    ),
    help(
        "install",
        &[
            ("install", "the hooks of this repository"),
            ("install --strict", "also a hook that --no-verify does not skip"),
            ("install --global", "the hooks of every repository of this user"),
            ("install --assistant claude", "the hooks of a coding assistant, in its settings file"),
        ],
        Exits::Change,
    ),
    help(
        "uninstall",
        &[
            ("uninstall", "this repository"),
            ("uninstall --global", "this user"),
            ("uninstall --assistant all", "the hooks of coding assistants"),
        ],
        Exits::Change,
    ),
    help(
        "digest",
        &[
            ("digest", "the latest run of each kind, in this repository and elsewhere"),
            ("digest --since 2026-11-01", "every run since that day"),
            ("digest --since 7d", "every run of the last seven days"),
        ],
        Exits::Examine("something is overdue"),
    ),
    noted(
        help(
            "gate",
            &[("gate -- npm update --package-lock-only", ""), ("gate -- uv lock --upgrade", "")],
            Exits::Update,
        ),
        "Installed packages are not removed: let the package manager change its lockfile only, and install afterwards.",
    ),
    help(
        "watch",
        &[("watch --once", "run once and end"), ("watch --every 30m", "run every half hour")],
        Exits::Examine("something is bad or overdue"),
    ),
    help(
        "fleet",
        &[
            ("fleet /srv/journals --hosts machines.txt", "who is late, old, blocked or was never seen"),
            ("fleet /srv/journals --expect \"npm:@acme/lib >= 1.2.4\"", "has every machine the clean version?"),
            ("fleet /srv/journals --format html --output fleet.html", ""),
        ],
        Exits::Examine(
            "a machine is blocked, its canary failed, or it lacks what is expected; 2 if one was not seen, or not lately",
        ),
    ),
    help("watch install", &[("watch install --every 1h", "the system starts it every hour")], Exits::Change),
    help("watch uninstall", &[("watch uninstall", "")], Exits::Change),
    help("watch status", &[("watch status", "")], Exits::Examine("a run is overdue")),
    help("watch gate", &[("watch gate -- npm update --package-lock-only", "")], Exits::Update),
    help(
        "doctor",
        &[("doctor", "examine this repository's hooks"), ("doctor --prove", "also try a leak in a throwaway clone")],
        Exits::Examine("something keeps the hooks from stopping a leak"),
    ),
    help("canary", &[("canary", "try a leak in a throwaway clone")], Exits::Examine("a leak was not stopped")),
    help("rules list", &[("rules list", "every rule")], Exits::Print),
    help("rules show", &[("rules show npm-access-token", "everything about one rule")], Exits::Print),
    help(
        "rules test",
        &[("rules test", "the built-in rules"), ("rules test security/*.toml", "your own")],
        Exits::Examine("a rule fails its own examples"),
    ),
    help("rules new", &[("rules new my-rule > security/my-rule.toml", "a rule to start from")], Exits::Print),
    help(
        "rules docs",
        &[("rules docs > docs/rules.md", "the index"), ("rules docs DIR", "one page per provider")],
        Exits::Print,
    ),
    help("baseline create", &[("baseline create", "record everything that is found now")], Exits::Change),
    help("baseline update", &[("baseline update --prune", "add new findings, remove old entries")], Exits::Change),
    help("baseline audit", &[("baseline audit", "")], Exits::Print),
    noted(
        help(
            "allow",
            &[
                ("allow 0123456789abcdef0123456789abcdef --reason \"revoked on 3 May\"", ""),
                ("allow src/config.py:12 --reason \"a documented sample\"", "every finding on that line"),
            ],
            Exits::Change,
        ),
        "The allowance is written to .shield-hook.toml, where it can be reviewed. A fingerprint identifies one secret of one \
         rule, independently of its position: it survives moves, renames and rebases, and covers no other secret.",
    ),
    noted(
        help(
            "publish",
            &[
                ("publish", "what `npm pack` or `cargo package` makes here, or the files in dist/"),
                ("publish dist/acme-1.2.0.tar.gz --against acme-1.1.0.tar.gz", "what is new since the last release"),
                ("publish acme-1.2.0.tgz --receipt receipt.json", "for whoever approves the release"),
            ],
            Exits::Scan,
        ),
        "The artefact is opened in memory, and none of its code runs. Its files are scanned like those of a commit. Credential \
         files, files that are not in the repository, and behaviour that the previous release did not have are reported \
         as well.",
    ),
    noted(
        help(
            "repair",
            &[
                ("repair", "show what would change"),
                ("repair --yes", "change it, with a backup"),
                ("repair --yes --drop-file deploy/key.pem", "take a whole file out of these commits"),
                ("repair --undo", "go back to the state before the last repair"),
            ],
            Exits::Examine("something is to be repaired, or is left to do by hand"),
        ),
        "Looks into the index and the commits of HEAD that no remote-tracking ref leads to. In each of them the value gives \
         way to REMOVED-BY-SHIELD-HOOK, in the index and in the files of the work tree as well; authors, dates, messages and \
         merges stay. Signatures of rewritten commits are left out. Of those that a remote-tracking ref leads to none is \
         rewritten; a push of a tag or to an address leaves no such ref. The old commits stay in this repository, below \
         refs/shield-hook/repair/, until you delete that ref.\n\nA secret that was in a \
         commit has to be revoked all the same.",
    ),
    noted(
        help(
            "migrate",
            &[
                ("migrate --dry-run", "show the changes"),
                ("migrate --from gitleaks", ""),
                ("migrate --accept-partial", "also where a rule of your own cannot be carried over"),
            ],
            Exits::Change,
        ),
        "Your own rules go to .shield-hook.rules/, each tried on an example; rules of a published default configuration are \
         left to the built-in ones. Allowances go to .shield-hook.toml, and known findings to the baseline. An entry \
         without an exact counterpart is listed and left out. For an entry that names a file and a line, the secret on \
         that line is allowed by its fingerprint, which survives moves and rebases. The other scanner's files are not \
         changed, and its comments beside secrets are honoured in any case.",
    ),
    help("config check", &[("config check", "")], Exits::Print),
    help("config show", &[("config show", "every value, and the line that sets it")], Exits::Print),
    help("config schema", &[("config schema > shield-hook.schema.json", "for an editor")], Exits::Print),
    help("config init", &[("config init", "")], Exits::Change),
    help("config docs", &[("config docs > docs/configuration.md", "")], Exits::Print),
    help(
        "explain",
        &[("explain src/config.py:12", ""), ("explain 0123456789abcdef0123456789abcdef", "where that finding is")],
        Exits::Print,
    ),
    help(
        "completions",
        &[
            ("completions bash > ~/.local/share/bash-completion/completions/shield-hook", ""),
            ("completions zsh > ~/.zfunc/_shield-hook", ""),
            ("completions fish > ~/.config/fish/completions/shield-hook.fish", ""),
        ],
        Exits::Print,
    ),
    help(
        "man",
        &[
            ("man | man -l -", "read it"),
            ("man --dir man1", "one page per command"),
            ("man --markdown", "one Markdown page"),
        ],
        Exits::Print,
    ),
];

impl Help {
    fn text(&self) -> String {
        let mut text = String::from("Examples:\n");
        // A line without a purpose needs no padding.
        let explained = self.examples.iter().filter(|(_, purpose)| !purpose.is_empty());
        let widest = explained.map(|(line, _)| line.len()).max().unwrap_or(0);
        for (line, purpose) in self.examples {
            let line = format!("  shield-hook {line:widest$}  {purpose}");
            text.push_str(line.trim_end());
            text.push('\n');
        }
        if !self.notes.is_empty() {
            text.push_str(&format!("\n{}\n", self.notes));
        }
        text.push_str("\nExit codes:\n");
        for (exit, meaning) in self.exits.meanings() {
            text.push_str(&format!("  {}  {meaning}\n", exit as u8));
        }
        text
    }
}

/// Adds examples and exit codes to a command and to all below it; `path` is its name without the program's.
fn completed(command: Command, path: &str) -> Command {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path} {name}") };
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let command = names.into_iter().fold(command, |command, name| {
        let path = below(&name);
        command.mut_subcommand(name, |sub| completed(sub, &path))
    });
    // The variables' values belong to the reader's machine and not into a manual page.
    let command = command.mut_args(|arg| arg.hide_env_values(true));
    match TABLE.iter().find(|help| help.command == path) {
        Some(help) if path == "ci" => {
            let known: Vec<&str> = systems::SYSTEMS.iter().map(|system| system.name).collect();
            command.after_help(format!("{}\nKnown CI systems: {}.\n", help.text(), known.join(", ")))
        }
        Some(help) => command.after_help(help.text()),
        None => command,
    }
}

/// The commands by the moment at which they are needed.
const GROUPS: &[(&str, &[&str])] = &[
    ("Guard a repository", &["install", "doctor", "canary", "uninstall", "hook"]),
    ("Look for secrets and for hijacked packages", &["scan", "ci", "check", "audit", "gate", "publish"]),
    ("Deal with findings", &["explain", "repair", "allow", "baseline"]),
    ("Set it up", &["config", "rules", "advisories", "migrate", "completions", "man"]),
    ("Watch over time and machines", &["digest", "watch", "fleet"]),
];

/// The list of commands in their groups, each with its purpose.
fn grouped(command: &Command) -> String {
    let mut text = String::new();
    let widest = command.get_subcommands().map(|sub| sub.get_name().len()).max().unwrap_or(0);
    for (title, names) in GROUPS {
        text.push_str(&format!("{title}:\n"));
        for name in *names {
            let about = command.find_subcommand(name).and_then(Command::get_about).map(ToString::to_string);
            text.push_str(&format!("  {name:widest$}  {}\n", about.unwrap_or_default()));
        }
        text.push('\n');
    }
    text
}

/// The whole command line as a reader sees it.
pub(super) fn with_examples(command: Command) -> Command {
    let codes: String = Exit::ALL.map(|exit| format!("  {}  {}\n", exit as u8, exit.meaning())).concat();
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{}Options:\n{{options}}{{after-help}}",
        grouped(&command)
    );
    completed(command, "").after_help(format!("Exit codes:\n{codes}")).help_template(template)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory;

    use super::*;

    /// The paths of all commands that do something by themselves.
    fn paths(command: &Command, path: &str, found: &mut BTreeSet<String>) {
        for sub in command.get_subcommands() {
            let path = format!("{path} {}", sub.get_name()).trim().to_owned();
            if !sub.is_subcommand_required_set() {
                found.insert(path.clone());
            }
            paths(sub, &path, found);
        }
    }

    #[test]
    fn every_command_has_examples_that_it_reads() {
        let command = super::super::Cli::command();
        let mut known = BTreeSet::new();
        paths(&command, "", &mut known);
        let listed: BTreeSet<String> = TABLE.iter().map(|help| help.command.to_owned()).collect();
        assert_eq!(listed, known);
        for (help, (line, _)) in TABLE.iter().flat_map(|help| help.examples.iter().map(move |line| (help, line))) {
            assert!(line.starts_with(help.command), "{line}");
            let words = line.split(['>', '<', '|']).next().unwrap_or_default().replace('"', "");
            let words = words.split_whitespace().filter(|word| !["on", "3", "May"].contains(word));
            let read = command.clone().try_get_matches_from(std::iter::once("shield-hook").chain(words));
            assert!(read.is_ok(), "{line}: {}", read.err().map(|e| e.to_string()).unwrap_or_default());
        }
    }

    #[test]
    fn every_command_is_in_one_group() {
        let command = super::super::Cli::command();
        let mut known: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        known.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(grouped, known);
    }

    #[test]
    fn the_readme_has_the_exit_codes() {
        let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("the README");
        for (code, exit) in Exit::ALL.into_iter().enumerate() {
            assert_eq!(exit as usize, code, "the table has every code, in order");
            assert!(readme.contains(&format!("| {code} | {} |", exit.meaning())), "{}", exit.meaning());
        }
    }

    /// All help texts, in files that a reader can look at: a change of one is a change of the other.
    #[test]
    fn help_texts() {
        let command = with_examples(super::super::Cli::command()).term_width(100);
        let mut known = BTreeSet::from([String::new()]);
        paths(&command, "", &mut known);
        for path in known {
            let words = ["shield-hook"].into_iter().chain(path.split(' ').filter(|w| !w.is_empty())).chain(["--help"]);
            let shown = command.clone().try_get_matches_from(words).expect_err("help").render().to_string();
            let name = if path.is_empty() { "shield-hook".to_owned() } else { path.replace(' ', "-") };
            insta::assert_snapshot!(name, shown);
        }
    }
}
