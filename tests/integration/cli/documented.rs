//! Every command line of the documentation: fenced `sh` blocks are run as a reader types them, and the commands within
//! sentences and tables are at least understood by the program.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::{Repo, Run, Sandbox, binary, npm_token, path};

/// Words that make a block one for another place: a checkout with a compiler, a corpus, a profiler.
const ELSEWHERE: &[&str] = &[
    "cargo ",
    "./install.sh",
    "benches/",
    "jq ",
    "perf ",
    "valgrind",
    "/usr/bin/time",
    "--history --format json --output /dev/null",
    "--no-ignore --no-progress",
    "rules/",
];

fn pages() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names: Vec<String> =
        ["README.md", "CONTRIBUTING.md", "SECURITY.md", "packaging/README.md", "rules/README.md"]
            .map(str::to_owned)
            .into();
    for entry in fs::read_dir(root.join("docs")).expect("docs").flatten() {
        let name = entry.file_name().into_string().expect("a plain name");
        // These two are generated, and have tests of their own.
        if name.ends_with(".md") && !["rules.md", "commands.md"].contains(&name.as_str()) {
            names.push(format!("docs/{name}"));
        }
    }
    names.sort();
    names.into_iter().map(|name| (name.clone(), fs::read_to_string(root.join(&name)).expect("a page"))).collect()
}

/// A fenced block: shell commands, or another language's lines.
struct Block {
    place: String,
    /// Commands with their continuation lines.
    commands: Vec<String>,
}

fn blocks(name: &str, text: &str, wanted: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut language: Option<&str> = None;
    let mut goes_on = false;
    for (number, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), language) {
            (Some(opened), None) => {
                language = Some(opened);
                found.extend(
                    (opened == wanted).then(|| Block { place: format!("{name}:{}", number + 1), commands: vec![] }),
                );
            }
            (Some(_), Some(_)) => (language, goes_on) = (None, false),
            (None, Some(opened)) if opened == wanted && !line.trim().is_empty() && !line.starts_with('#') => {
                let commands = &mut found.last_mut().expect("an open block").commands;
                match commands.last_mut().filter(|_| goes_on) {
                    Some(last) => *last = format!("{last}\n{line}"),
                    None => commands.push(line.to_owned()),
                }
                goes_on = line.ends_with(['\\', '|']);
            }
            _ => {}
        }
    }
    found
}

/// The exit code that a comment at the end announces.
fn announced(command: &str) -> i32 {
    let code = command.rsplit_once("# exit ").map(|(_, rest)| rest.split([' ', ',', ':']).next().unwrap_or_default());
    code.map_or(0, |code| code.parse().expect("a number after `# exit`"))
}

/// A script that runs the commands and stops at the first that ends otherwise than announced.
fn script(block: &Block, fingerprint: &str) -> String {
    let mut text = String::new();
    for command in &block.commands {
        let command = command.replace("FINGERPRINT", fingerprint);
        let code = announced(&command);
        text +=
            &format!("{command}\nended=$?\n[ $ended = {code} ] || {{ echo \"exit $ended, not {code}\"; exit 99; }}\n");
    }
    text
}

/// The repository of the documentation: a secret is published in settings.py, and the packages are harmless.
fn project<'s>(sandbox: &'s Sandbox, name: &str) -> Repo<'s> {
    let server = sandbox.remote(&format!("{name}.git"));
    let repo = sandbox.repo(name);
    repo.git(&["remote", "add", "origin", server.to_str().expect("UTF-8")]);
    repo.write("settings.py", format!("TOKEN = \"{}\"\n", npm_token()));
    repo.write("app.py", "print(\"hello\")\n");
    repo.write(
        "package-lock.json",
        r#"{"name": "x", "lockfileVersion": 3, "packages": {"": {}, "node_modules/left-pad": {"version": "1.3.0"}}}"#,
    );
    repo.commit("first");
    repo.git(&["push", "--quiet", "--set-upstream", "origin", "main"]);
    repo
}

fn in_path(program: &str) -> bool {
    std::env::split_paths(&path()).any(|dir| dir.join(program).is_file())
}

#[cfg(unix)]
#[test]
fn every_block_of_commands_runs() {
    let sandbox = Sandbox::new();
    let bin = binary().parent().expect("a directory").to_owned();
    let search = std::env::join_paths([bin].into_iter().chain(std::env::split_paths(&path()))).expect("a search path");
    let (mut ran, mut wrong) = (0, Vec::new());
    for (name, text) in pages() {
        for block in blocks(&name, &text, "sh") {
            if block.commands.iter().any(|command| ELSEWHERE.iter().any(|word| command.contains(word))) {
                continue;
            }
            let lacks = |program: &&str| !in_path(program) && block.commands.iter().any(|c| c.contains(*program));
            if let Some(program) = ["ssh-keygen", "iconv"].iter().find(|program| lacks(program)) {
                eprintln!("skipped: {}: no {program} here", block.place);
                continue;
            }
            ran += 1;
            let repo = project(&sandbox, &format!("project{ran}"));
            let found = repo.shield(&["scan", "--format", "json"]).json();
            let fingerprint = found["findings"][0]["fingerprint"].as_str().expect("the published secret").to_owned();
            let mut shell = sandbox.command("sh", repo.dir());
            shell.args(["-c", &script(&block, &fingerprint)]).env("PATH", &search);
            let run = Run::of(&mut shell, None);
            if run.code != 0 {
                wrong.push(format!("{}: {}\n{}{}", block.place, block.commands.join("\n"), run.stdout, run.stderr));
            }
        }
    }
    assert!(ran >= 20, "only {ran} blocks were run");
    assert!(wrong.is_empty(), "{}", wrong.join("\n----\n"));
}

/// The command's own words, up to the first option or placeholder; and the options, as far as they are this program's.
fn words_and_options(command: &str) -> (Vec<String>, Vec<String>) {
    let plain = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let own = |word: &&str| word.starts_with("--") && word.len() > 2;
    let before: Vec<&str> =
        command.split_whitespace().take_while(|word| !["--", "|", "&&", ">", "#"].contains(word)).collect();
    let words = before.iter().copied().take_while(|word| plain(word) && !word.starts_with('-')).map(str::to_owned);
    let options = before.iter().copied().filter(own).map(|word| {
        let end = word.find(|c: char| !c.is_ascii_lowercase() && c != '-').unwrap_or(word.len());
        word[..end].to_owned()
    });
    (words.collect(), options.collect())
}

/// The commands within a text: in code spans of sentences and tables, and in blocks of any language.
fn mentioned(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, part) in text.split("```").enumerate() {
        let joined = part.replace('\n', " ");
        let spans = joined.split('`').skip(1).step_by(2).map(str::to_owned);
        let lines = part.lines().map(|line| line.trim_start().to_owned());
        let commands: Vec<String> = if at % 2 == 0 { spans.collect() } else { lines.collect() };
        found.extend(commands.iter().filter_map(|command| command.strip_prefix("shield-hook ").map(str::to_owned)));
    }
    found
}

#[test]
fn every_command_that_is_mentioned_exists() {
    let sandbox = Sandbox::new();
    let mut commands: BTreeMap<Vec<String>, BTreeMap<String, String>> = BTreeMap::new();
    for (name, text) in pages() {
        for command in mentioned(&text) {
            let (words, options) = words_and_options(&command);
            let known = commands.entry(words).or_default();
            known.extend(options.into_iter().chain(["--help".to_owned()]).map(|option| (option, name.clone())));
        }
    }
    assert!(commands.len() >= 30, "only {} commands were found", commands.len());
    for (mut words, options) in commands {
        words.push("--help".into());
        let help = sandbox.shield(&sandbox.home(), &words);
        assert_eq!(help.code, 0, "{options:?}: {words:?}: {}", help.stderr);
        for (option, name) in options {
            let known = help.stdout.split_whitespace().any(|word| word.trim_matches(['[', ']', ',']) == option);
            assert!(known, "{name}: {words:?} has no {option}");
        }
    }
}

#[test]
fn a_block_is_read_as_a_shell_reads_it() {
    let text = "```sh\n# a comment\none # exit 1\ntwo \\\n  more\n\nthree |\n  four\n```\n```text\nfive\n```\n```sh\nsix\n```\n";
    let found = blocks("page", text, "sh");
    let commands: Vec<Vec<&str>> =
        found.iter().map(|block| block.commands.iter().map(String::as_str).collect()).collect();
    assert_eq!(commands, [vec!["one # exit 1", "two \\\n  more", "three |\n  four"], vec!["six"]]);
    assert_eq!((announced(&found[0].commands[0]), announced(&found[0].commands[1])), (1, 0));
}

/// A policy that is shown is one that the program takes.
#[test]
fn every_policy_that_is_shown_is_valid() {
    let sandbox = Sandbox::new();
    let mut seen = 0;
    for (name, text) in pages().iter().filter(|(name, _)| name.starts_with("docs/") || name == "README.md") {
        for block in blocks(name, text, "toml") {
            // The configuration of another command, with its own keys.
            if block.commands.iter().any(|line| line.starts_with("expect")) {
                let sandbox = Sandbox::new();
                let file = sandbox.home().join(".config/shield-hook/watch.toml");
                std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
                std::fs::write(&file, block.commands.join("\n")).expect("the configuration");
                let run = sandbox.shield(&sandbox.home(), &["watch", "status"]);
                assert_ne!(run.code, 3, "{}: {}", block.place, run.stderr);
                continue;
            }
            seen += 1;
            let repo = sandbox.repo(&format!("policy{seen}"));
            repo.write("security/acme.toml", repo.shield(&["rules", "new", "acme-deploy-token"]).expect(0).stdout);
            repo.write(".shield-hook.toml", block.commands.join("\n").replace("rule-id", "npm-access-token"));
            let run = repo.shield(&["config", "check"]);
            assert_eq!(run.code, 0, "{}: {}", block.place, run.stderr);
        }
    }
    assert!(seen >= 4, "only {seen} policies were found");
}

/// Links between the pages lead to pages and headings that exist.
#[test]
fn every_link_between_pages_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    for (name, text) in pages() {
        let folder = Path::new(&name).parent().expect("a folder");
        for target in text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next()) {
            if target.contains("://") || target.starts_with("mailto:") || target.is_empty() {
                continue;
            }
            let (page, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = if page.is_empty() { root.join(&name) } else { root.join(folder).join(page) };
            let exists = file.exists() && (heading.is_empty() || headings(&file).iter().any(|h| h == heading));
            if !exists {
                wrong.push(format!("{name}: {target}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The anchors of a page, formed as hosts of Markdown form them.
fn headings(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap_or_default();
    let titles = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    titles
        .map(|title| {
            let kept = title.to_lowercase().replace(' ', "-");
            kept.chars().filter(|c| c.is_alphanumeric() || ['-', '_'].contains(c)).collect()
        })
        .collect()
}

/// A page that no table of contents names is not found by anybody.
#[test]
fn the_book_names_every_page() {
    let book = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/README.md")).expect("the book");
    for (name, _) in pages().iter().filter(|(name, _)| name.starts_with("docs/") && name != "docs/README.md") {
        let page = &name["docs/".len()..];
        assert!(book.contains(&format!("({page}")), "docs/README.md does not name {page}");
    }
}
