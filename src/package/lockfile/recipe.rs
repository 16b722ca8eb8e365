//! Recipes: images, workflows, scripts and build files that install packages by name.
//!
//! A recipe holds any text, so only two forms are read: pins (`name@1.0.0`, `name==1.0`) everywhere, and the names
//! after an installer's command, for packages without a good version. A comment installs nothing.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package};
use super::{Format, python};
use memchr::memmem;

pub(super) struct Recipe;

impl Format for Recipe {
    fn name(&self) -> &'static str {
        "Dockerfile"
    }

    fn claims(&self, name: &str, directory: &str) -> bool {
        const NAMES: [&str; 14] = [
            "Dockerfile",
            "Containerfile",
            "Makefile",
            "GNUmakefile",
            "justfile",
            "Justfile",
            "Jenkinsfile",
            "setup.py",
            "setup.cfg",
            "tox.ini",
            "noxfile.py",
            "deno.json",
            "deno.jsonc",
            "devcontainer.json",
        ];
        if NAMES.contains(&name) || name.starts_with("Dockerfile.") || name.starts_with("Containerfile.") {
            return true;
        }
        match name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("yml" | "yaml" | "dockerfile") => true,
            // Tests run thousands of programs in sandboxes of their own, and pin nothing.
            Some("sh" | "bash" | "zsh" | "ps1" | "bat" | "cmd" | "mk") => {
                !directory.split('/').any(|part| matches!(part, "t" | "test" | "tests" | "testdata" | "fixtures"))
            }
            _ => false,
        }
    }

    fn is_lock(&self) -> bool {
        false
    }

    fn is_recipe(&self) -> bool {
        true
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let mut inventory = Inventory::default();
        let packages = &mut inventory.packages;
        let mut signs = Signs::of(text);
        let (mut from, mut number) = (0, 1);
        // Most lines hold nothing to read, and a history holds every version of them: one search finds those that do.
        while let Some(found) = signs.after(from) {
            let start = text[..found].rfind('\n').map_or(0, |newline| newline + 1);
            number += newlines(&text[from..start]);
            from = start;
            let mut command = None;
            loop {
                let end = text[from..].find('\n').map_or(text.len(), |newline| from + newline);
                let line = &text[from..end];
                if !is_comment(line) {
                    pins(line, number, packages);
                    command = installs(line, number, command, packages);
                }
                from = (end + 1).min(text.len());
                number += 1;
                if command.is_none() || from == text.len() {
                    break;
                }
            }
        }
        Ok(inventory)
    }
}

/// The next sign of a package: an installer's name, or the separator before a version.
struct Signs<'a> {
    text: &'a [u8],
    /// A search for each kind of sign, with its current position.
    searches: Vec<(memmem::FindIter<'a, 'static>, Option<usize>)>,
}

impl<'a> Signs<'a> {
    fn of(text: &'a str) -> Signs<'a> {
        const SIGNS: [&str; 9] = ["@", "==", "npm", "npx", "yarn", "bun", "pip", "uv ", "uvx"];
        let text = text.as_bytes();
        let search = |sign: &'static str| {
            let mut search = memmem::find_iter(text, sign.as_bytes());
            let first = search.next();
            (search, first)
        };
        Signs { text, searches: SIGNS.into_iter().map(search).collect() }
    }

    /// The first one at or after `from`.
    fn after(&mut self, from: usize) -> Option<usize> {
        for (search, at) in &mut self.searches {
            while at.is_some_and(|at| at < from || !tells(&self.text[at..])) {
                *at = search.next();
            }
        }
        self.searches.iter().filter_map(|(_, at)| *at).min()
    }
}

/// Returns whether the text after a sign confirms it: most `@`, `==` and `pip` of scripts are something else.
fn tells(text: &[u8]) -> bool {
    let after = |n: usize| text.get(n).copied().unwrap_or(b'\n');
    match text[0] {
        b'@' => after(if after(1) == b'v' { 2 } else { 1 }).is_ascii_digit(),
        b'=' => text.iter().find(|b| !matches!(b, b'=' | b' ' | b'\t')).is_some_and(u8::is_ascii_digit),
        b'b' => matches!(after(3), b'x') || !after(3).is_ascii_alphanumeric(),
        b'p' => matches!(after(3), b'x' | b'2' | b'3') || !after(3).is_ascii_alphanumeric(),
        _ => true,
    }
}

fn newlines(text: &str) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', text.as_bytes()).count()).unwrap_or(u32::MAX)
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    let rem = line.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("rem "));
    line.starts_with('#') || line.starts_with("//") || line.starts_with("::") || rem
}

/// `name@1.0.0`, `@scope/name@1.0.0`, `npm:name@1.0.0`, `name[extra]==1.0`.
fn pins(line: &str, number: u32, packages: &mut Vec<Package>) {
    let bytes = line.as_bytes();
    for at in memchr::memchr_iter(b'@', bytes) {
        let version = run(&line[at + 1..], |c| c.is_ascii_alphanumeric() || ".+-".contains(c));
        let version = version.trim_start_matches('v').trim_end_matches(['.', '-']);
        if semver::Version::parse(version).is_err() {
            continue;
        }
        let Some(name) = name_before(line, at) else { continue };
        // `uvx name@1.0.0` runs a package of the Python index.
        let python = ["uvx ", "uv tool ", "pipx "].iter().any(|tool| line.contains(tool));
        let ecosystem = if python { Ecosystem::Pypi } else { Ecosystem::Npm };
        packages.push(Package::new(ecosystem, name, Some(version.to_owned()), number));
    }
    for at in memmem::find_iter(bytes, "==").filter(|at| *at == 0 || bytes[at - 1] != b'=') {
        let version = line[at..].trim_start_matches('=').trim_start();
        let version = run(version, |c| c.is_ascii_alphanumeric() || ".!+-*".contains(c));
        let mut before = line[..at].trim_end();
        if before.ends_with(']') {
            before = before.rsplit_once('[').map_or("", |(name, _)| name);
        }
        let Some(name) = name_before(before, before.len()) else { continue };
        packages.extend(
            python::pinned(&format!("=={version}"))
                .map(|version| Package::new(Ecosystem::Pypi, name, Some(version), number)),
        );
    }
}

fn run(text: &str, part: impl Fn(char) -> bool) -> &str {
    &text[..text.find(|c| !part(c)).unwrap_or(text.len())]
}

/// The package's name that ends at `end`: a scope goes with it; the last part of another path (`actions/checkout`) is
/// none, unless the path is an address as content networks have it: `https://host/name@1.0.0`, `.../npm/name@1.0.0`.
fn name_before(line: &str, end: usize) -> Option<&str> {
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'~');
    let back = |to: usize| to - line.as_bytes()[..to].iter().rev().take_while(|b| is_name(b)).count();
    let start = back(end);
    let name = &line[start..end];
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let before = &line[..start];
    if let Some(path) = before.strip_suffix('/') {
        let scope = back(path.len());
        if scope < path.len() && line[..scope].ends_with('@') {
            return Some(&line[scope - 1..end]);
        }
        let is_host = path.rsplit_once("://").is_some_and(|(_, host)| !host.contains('/'));
        return (is_host || path.ends_with("/npm") || path.ends_with("npm:")).then_some(name);
    }
    match before.chars().next_back() {
        Some(':') => before.ends_with("npm:").then_some(name),
        Some('$' | '@' | '{' | '%') => None,
        _ => Some(name),
    }
}

/// An installer's command, whose arguments are read.
#[derive(Clone, Copy)]
struct RecipeCommand {
    ecosystem: Ecosystem,
    /// It runs its first argument, and all that follows is for that.
    runs: bool,
}

/// Words that begin a command. Options may separate the program from its subcommand.
const COMMANDS: [(&str, &[&str], RecipeCommand); 9] = [
    ("npm", &["install", "i", "in", "add", "isntall"], RecipeCommand { ecosystem: Ecosystem::Npm, runs: false }),
    ("npm", &["exec", "x", "create", "init"], RecipeCommand { ecosystem: Ecosystem::Npm, runs: true }),
    ("pnpm", &["install", "i", "add"], RecipeCommand { ecosystem: Ecosystem::Npm, runs: false }),
    ("pnpm", &["dlx"], RecipeCommand { ecosystem: Ecosystem::Npm, runs: true }),
    ("yarn", &["add"], RecipeCommand { ecosystem: Ecosystem::Npm, runs: false }),
    ("yarn", &["dlx"], RecipeCommand { ecosystem: Ecosystem::Npm, runs: true }),
    ("bun", &["install", "i", "add"], RecipeCommand { ecosystem: Ecosystem::Npm, runs: false }),
    ("pip", &["install", "download"], RecipeCommand { ecosystem: Ecosystem::Pypi, runs: false }),
    ("uv", &["add"], RecipeCommand { ecosystem: Ecosystem::Pypi, runs: false }),
];

/// Programs whose only argument is the package.
const RUNNERS: [(&str, Ecosystem); 4] =
    [("npx", Ecosystem::Npm), ("bunx", Ecosystem::Npm), ("pnpx", Ecosystem::Npm), ("uvx", Ecosystem::Pypi)];

/// Options whose value is the next word, and no package.
const VALUED: [&str; 22] = [
    "-r",
    "--requirement",
    "-c",
    "--constraint",
    "-i",
    "--index-url",
    "--extra-index-url",
    "--index",
    "-f",
    "--find-links",
    "-t",
    "--target",
    "--prefix",
    "--registry",
    "--root",
    "--python",
    "--platform",
    "--cache",
    "--cache-dir",
    "-C",
    "--tag",
    "--group",
];

/// Reads the packages behind the installers' commands of one line; `open` is one that the line before left unfinished.
/// Returns the one that this line leaves so.
fn installs(
    line: &str,
    number: u32,
    open: Option<RecipeCommand>,
    packages: &mut Vec<Package>,
) -> Option<RecipeCommand> {
    let mut command = open;
    let mut words = words(line);
    let mut program = "";
    while let Some(word) = words.next() {
        // The ends of a command: `a && b`, `a; b`, `a | b`.
        let (word, ends) = match word.find([';', '|', '&']) {
            Some(at) => (&word[..at], true),
            None => (word, false),
        };
        let base = word.rsplit('/').next().unwrap_or(word).trim_end_matches(".exe");
        if let Some(open) = command {
            if VALUED.contains(&word) {
                words.next();
            } else if !word.starts_with('-') && word != "\\" && !word.is_empty() {
                packages.extend(named(open.ecosystem, word, number));
                command = (!open.runs).then_some(open);
            }
        } else if let Some((_, ecosystem)) = RUNNERS.iter().find(|(runner, _)| *runner == base) {
            command = Some(RecipeCommand { ecosystem: *ecosystem, runs: true });
        } else if let Some((.., found)) = COMMANDS.iter().find(|(name, verbs, _)| {
            *name == program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.') && verbs.contains(&word)
        }) {
            command = Some(*found);
        } else if !word.starts_with('-') && word != "global" {
            program = base;
        }
        if ends {
            command = None;
            program = "";
        }
    }
    let continued = line.trim_end().ends_with('\\') || line.trim_end().ends_with('^');
    command.filter(|_| continued)
}

/// The words of a line. Brackets directly after a name hold its extras, which are no packages: `uvicorn[standard]`
/// does not install `standard`.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let mut in_extras = false;
    let mut before = ' ';
    let split = move |c: char| {
        let opens = c == '[' && (before.is_ascii_alphanumeric() || "-_.".contains(before));
        in_extras = opens || in_extras && !matches!(c, ']' | ' ' | '"' | '\'');
        let separates = c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '[' | ']' | '(' | ')' | '`');
        before = c;
        separates && !in_extras
    };
    line.split(split).filter(|word| !word.is_empty())
}

/// The package that an argument names without a version: pins are read everywhere.
fn named(ecosystem: Ecosystem, word: &str, line: u32) -> Option<Package> {
    let part = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    // Extras and a range are no part of the name.
    let word =
        if ecosystem == Ecosystem::Pypi { word.split(['[', '<', '>', '~', '!']).next().unwrap_or(word) } else { word };
    let is_name = match word.strip_prefix('@').and_then(|rest| rest.split_once('/')) {
        Some((scope, name)) => ecosystem == Ecosystem::Npm && part(scope) && part(name),
        None => part(word),
    };
    is_name.then(|| Package::new(ecosystem, word, None, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let inventory = Recipe.read(text).unwrap();
        let shown = inventory.packages.iter().map(|p| {
            let version = p.version.as_deref().unwrap_or("*");
            format!("{:?} {}@{version}:{}", p.ecosystem, p.name, p.line).to_lowercase()
        });
        shown.collect()
    }

    #[test]
    fn pins_are_read_wherever_they_stand() {
        for (text, wanted) in [
            ("RUN npm i -g left@1.2.3", "npm left@1.2.3:1"),
            ("RUN [\"npm\", \"install\", \"@s/left@1.2.3-rc.1\"]", "npm @s/left@1.2.3-rc.1:1"),
            ("    - run: |\n        npx --yes left@1.2.3 build", "npm left@1.2.3:2"),
            ("  \"left\": \"npm:left@1.2.3\"", "npm left@1.2.3:1"),
            ("src=https://cdn.example/npm/left@1.2.3/index.js", "npm left@1.2.3:1"),
            ("import: https://cdn.example/left@1.2.3", "npm left@1.2.3:1"),
            ("    additional_dependencies: [left==1.2]", "pypi left==1.2:1"),
            ("    - left==1.2", "pypi left==1.2:1"),
            ("    install_requires=['left[a,b] == 1.2.post1'],", "pypi left@1.2.post1:1"),
            ("python3 -m pip install left===1.2", "pypi left@1.2:1"),
            ("uvx left@1.2.3 --help", "pypi left@1.2.3:1"),
        ] {
            let wanted = wanted.replace("==", "@");
            assert!(read(text).contains(&wanted), "{text}: {:?}", read(text));
        }
    }

    #[test]
    fn names_behind_an_installer_are_read() {
        assert_eq!(
            read("npm install --save-dev left @s/right && npm test other"),
            ["npm left@*:1", "npm @s/right@*:1"]
        );
        assert_eq!(
            read("pip3.12 install -r requirements.txt -i https://x.example left \\\n  right"),
            ["pypi left@*:1", "pypi right@*:2"]
        );
        assert_eq!(read("yarn global add left"), ["npm left@*:1"]);
        assert_eq!(read("pip install uvicorn[standard] 'left[a,b]'"), ["pypi uvicorn@*:1", "pypi left@*:1"]);
        assert_eq!(read("pip install [\"left[a]\", \"right\"]"), ["pypi left@*:1", "pypi right@*:1"]);
        assert_eq!(read("RUN [\"npx\", \"left\", \"build\"]"), ["npm left@*:1"]);
        assert_eq!(read("sudo -H python -m pip install 'left'; echo right"), ["pypi left@*:1"]);
    }

    #[test]
    fn what_installs_nothing_is_let_be() {
        for text in [
            "# npm i left@1.2.3",
            "      uses: actions/checkout@4.1.0",
            "image: registry.example/app@sha256:0123",
            "if [ \"$x\" == \"1.2\" ]; then",
            "contact: somebody@example.com",
            "npm install ./left .",
            "npm ci",
            "npm run build left",
            "pip install -e .",
            "echo pip",
            "REM npm i left@1.2.3",
            "git clone git@1.2.3.example:left",
        ] {
            assert_eq!(read(text), [""; 0], "{text}");
        }
    }
}
