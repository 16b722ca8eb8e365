//! Nothing that is shipped, printed or written installs this program by a bare name: on a registry that name may be
//! somebody else's.
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Run, Sandbox, binary};

/// What fetches a program or a package by its name.
const INSTALLERS: &[&str] = &[
    "cargo install",
    "cargo binstall",
    "cargo add",
    "npm i",
    "npm install",
    "npm add",
    "npm exec",
    "npx",
    "pnpm add",
    "pnpm dlx",
    "yarn add",
    "yarn dlx",
    "bun add",
    "bunx",
    "pip install",
    "pip3 install",
    "pipx install",
    "pipx run",
    "uvx",
    "uv tool install",
    "uv tool run",
    "uv add",
    "uv pip install",
    "brew install",
    "apt install",
    "apt-get install",
    "apk add",
    "dnf install",
    "pacman -S",
    "go install",
    "gem install",
    "docker pull",
    "docker run",
    "nix run",
    "winget install",
    "scoop install",
    "choco install",
    "mise use",
];

/// The lines of `text` that install this program by its name alone.
fn by_name(text: &str) -> Vec<String> {
    let installs = |line: &&str| {
        INSTALLERS.iter().any(|installer| {
            line.match_indices(installer).any(|(at, _)| {
                let begins = !line[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
                let rest = &line[at + installer.len()..];
                let words: Vec<&str> = rest
                    .split(['&', ';', '|', '`', ')'])
                    .next()
                    .unwrap_or_default()
                    .split_whitespace()
                    .map(|word| word.trim_matches(|c: char| "\"'.,:".contains(c)))
                    .collect();
                let bare = words.iter().any(|word| {
                    let name = word.split(['@', '=', ':']).next().unwrap_or_default();
                    name.rsplit('/').next() == Some("shield-hook") && !word.contains("://") && !word.starts_with('.')
                });
                begins
                    && rest.starts_with(|c: char| c.is_whitespace())
                    && bare
                    && !words.contains(&"--git")
                    && !words.contains(&"--path")
            })
        })
    };
    text.lines().filter(installs).map(str::to_owned).collect()
}

#[test]
fn the_walk_sees_what_it_looks_for() {
    let name = "shield-hook";
    for installer in INSTALLERS {
        assert_eq!(by_name(&format!("say \"{installer} {name}\"")).len(), 1, "{installer}");
        assert_eq!(by_name(&format!("(`{installer} -g {name}@1.2`)")).len(), 1, "{installer}");
    }
    for fine in [
        format!("cargo install --locked --git https://git.example/{name} --rev 0"),
        format!("cargo install --locked --path . && {name} install"),
        format!("run {name} install"),
        format!("./install.sh, then: {name} install"),
    ] {
        assert_eq!(by_name(&fine), Vec::<String>::new());
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn no_file_of_the_project_installs_by_name() {
    let sandbox = Sandbox::new();
    let listed = Run::of(sandbox.command("git", root()).args(["-c", "safe.directory=*", "ls-files", "-z"]), None);
    let files: Vec<&str> = listed.stdout.split('\0').filter(|name| !name.is_empty()).collect();
    let own = "tests/installs_nothing_unowned.rs";
    let mut wrong = Vec::new();
    for name in files.iter().filter(|name| **name != own) {
        let text = fs::read(root().join(name)).unwrap_or_default();
        wrong.extend(by_name(&String::from_utf8_lossy(&text)).into_iter().map(|line| format!("{name}: {line}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Every file below `dir`, as text.
fn texts(dir: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(texts(&path));
        } else if let Ok(bytes) = fs::read(&path) {
            found.push((path, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    found
}

fn commands(sandbox: &Sandbox, above: &[&str]) -> Vec<Vec<String>> {
    let mut args: Vec<&str> = above.to_vec();
    args.push("--help");
    let help = sandbox.shield(&sandbox.home(), &args).stdout;
    // The top level lists its commands in groups, which the options follow.
    let begin = if above.is_empty() { "Guard a repository:\n" } else { "Commands:\n" };
    let listed = help.split_once(begin).map(|(_, rest)| rest).unwrap_or_default();
    let listed = listed.split("Options:\n").next().unwrap_or_default();
    let names = listed.lines().filter_map(|line| {
        let name = line.strip_prefix("  ")?.split_whitespace().next()?;
        line.chars().nth(2).is_some_and(char::is_alphabetic).then_some(name)
    });
    names
        .filter(|name| *name != "help")
        .map(|name| above.iter().copied().chain([name]).map(str::to_owned).collect())
        .collect()
}

#[test]
fn nothing_printed_or_written_installs_by_name() {
    let sandbox = Sandbox::new();
    let mut said: Vec<(String, String)> = Vec::new();
    let mut run = |dir: &Path, args: &[&str]| {
        let run = sandbox.shield(dir, args);
        said.push((args.join(" "), run.stdout + &run.stderr));
    };
    let mut open = commands(&sandbox, &[]);
    assert!(open.len() > 10, "{open:?}");
    while let Some(command) = open.pop() {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        if words.len() < 3 {
            open.extend(commands(&sandbox, &words));
        }
        run(&sandbox.home(), &[&words[..], &["--help"]].concat());
    }
    for (name, file) in [
        ("plain", ".gitkeep"),
        ("framework", ".pre-commit-config.yaml"),
        ("lefthook", "lefthook.yml"),
        ("husky", ".husky/_/h"),
    ] {
        let repo = sandbox.repo(name);
        repo.write(file, "");
        if name == "husky" {
            repo.git(&["config", "core.hooksPath", ".husky/_"]);
        }
        run(repo.dir(), &["install"]);
        run(repo.dir(), &["doctor"]);
        run(repo.dir(), &["advisories", "update", "https://data.example/x.zip"]);
        for starter in ["github", "cron", "systemd", "launchd"] {
            run(repo.dir(), &["watch", "install", "--with", starter]);
        }
    }
    run(&sandbox.home(), &["install", "--global"]);
    run(&sandbox.home(), &["doctor"]);
    run(&sandbox.home(), &["man"]);
    // A hook whose program is gone says how to get it.
    let stub = sandbox.path("plain/.git/hooks/pre-commit");
    let text = fs::read_to_string(&stub).unwrap().replace(binary().to_str().unwrap(), "/nowhere");
    fs::write(&stub, text).unwrap();
    let stopped = Run::of(&mut sandbox.command(&stub, &sandbox.path("plain")), None);
    assert!(stopped.code == 2 && stopped.stderr.contains("install it again"), "{stopped:?}");
    said.push(("a hook without its program".into(), stopped.stderr));
    let written = ["plain", "framework", "lefthook", "husky", "home"].map(|name| texts(&sandbox.path(name))).concat();
    assert!(written.iter().any(|(path, _)| path.ends_with("shield-hook-watch.yml")), "the workflow is among them");
    for (path, text) in &written {
        for action in text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: ")) {
            let commit = action.split_once('@').map_or("", |(_, rest)| rest.split(' ').next().unwrap_or_default());
            let pinned = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(pinned, "{}: {action} is not pinned by its full commit", path.display());
        }
    }
    said.extend(written.into_iter().map(|(path, text)| (path.display().to_string(), text)));
    for (what, text) in said {
        assert_eq!(by_name(&text), Vec::<String>::new(), "{what}");
    }
}
