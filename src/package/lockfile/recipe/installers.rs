//! The packages behind an installer's command, by their names.

use super::super::super::ecosystem::Ecosystem;
use super::super::super::inventory::Package;

/// An installer's command, whose arguments are read.
#[derive(Clone, Copy)]
pub(super) struct RecipeCommand {
    ecosystem: Ecosystem,
    /// It runs its first argument, and all that follows is for that.
    runs: bool,
}

impl RecipeCommand {
    /// Returns whether an option behind the name sets its version.
    fn versioned(self) -> bool {
        matches!(self.ecosystem, Ecosystem::Rubygems | Ecosystem::Crates)
    }
}

/// Words that begin a command. Options may separate the program from its subcommand.
const COMMANDS: [(&str, &[&str], RecipeCommand); 13] = [
    ("npm", &["install", "i", "in", "add", "isntall"], RecipeCommand { ecosystem: Ecosystem::Npm, runs: false }),
    ("npm", &["exec", "x", "create", "init"], RecipeCommand { ecosystem: Ecosystem::Npm, runs: true }),
    ("pnpm", &["install", "i", "add"], RecipeCommand { ecosystem: Ecosystem::Npm, runs: false }),
    ("pnpm", &["dlx"], RecipeCommand { ecosystem: Ecosystem::Npm, runs: true }),
    ("yarn", &["add"], RecipeCommand { ecosystem: Ecosystem::Npm, runs: false }),
    ("yarn", &["dlx"], RecipeCommand { ecosystem: Ecosystem::Npm, runs: true }),
    ("bun", &["install", "i", "add"], RecipeCommand { ecosystem: Ecosystem::Npm, runs: false }),
    ("pip", &["install", "download"], RecipeCommand { ecosystem: Ecosystem::Pypi, runs: false }),
    ("uv", &["add"], RecipeCommand { ecosystem: Ecosystem::Pypi, runs: false }),
    ("pipx", &["run", "install"], RecipeCommand { ecosystem: Ecosystem::Pypi, runs: true }),
    ("gem", &["install", "i"], RecipeCommand { ecosystem: Ecosystem::Rubygems, runs: false }),
    ("cargo", &["install", "binstall"], RecipeCommand { ecosystem: Ecosystem::Crates, runs: false }),
    ("go", &["install", "run"], RecipeCommand { ecosystem: Ecosystem::Go, runs: true }),
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
pub(super) fn read(
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
            if matches!(word, "-v" | "--version") && open.versioned() {
                let version = words.next().map(str::to_owned);
                let last = packages.last_mut().filter(|p| p.ecosystem == open.ecosystem && p.version.is_none());
                last.into_iter().for_each(|package| package.version.clone_from(&version));
            } else if VALUED.contains(&word) {
                words.next();
            } else if !word.starts_with('-') && word != "\\" && !word.is_empty() {
                packages.extend(named(open.ecosystem, word, number));
                command = (!open.runs).then_some(open);
            }
        } else if let Some(found) = begins(program, word, base) {
            command = Some(found);
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

/// The command that a word begins: a runner, or the subcommand of the program before it. `base` is the word without its
/// folder.
fn begins(program: &str, word: &str, base: &str) -> Option<RecipeCommand> {
    if let Some((_, ecosystem)) = RUNNERS.iter().find(|(runner, _)| *runner == base) {
        return Some(RecipeCommand { ecosystem: *ecosystem, runs: true });
    }
    let program = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    COMMANDS.iter().find(|(name, verbs, _)| *name == program && verbs.contains(&word)).map(|(.., found)| *found)
}

/// Returns whether a line calls an installer.
pub(super) fn calls_one(line: &str) -> bool {
    let mut program = "";
    words(line).any(|word| {
        let base = word.rsplit('/').next().unwrap_or(word);
        let found = begins(program, word, base).is_some();
        if !word.starts_with('-') && word != "global" {
            program = base;
        }
        found
    })
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

/// The package that an argument names. Most have no version here, because pins are read everywhere.
fn named(ecosystem: Ecosystem, word: &str, line: u32) -> Option<Package> {
    if ecosystem == Ecosystem::Go {
        return module(word, line);
    }
    if let Some((name, version)) = word.split_once(':').filter(|_| ecosystem == Ecosystem::Rubygems) {
        return Some(Package::new(ecosystem, name, Some(version.to_owned()), line));
    }
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

/// The module of a program, `host/path@version`: on a code host its repository, without the folder of the program.
fn module(word: &str, line: u32) -> Option<Package> {
    let (path, version) = word.split_once('@').map_or((word, None), |(path, version)| (path, Some(version)));
    let parts: Vec<&str> = path.split('/').collect();
    let host = parts.first().filter(|host| host.contains('.') && parts.len() > 1 && !host.starts_with('.'))?;
    let is_major = |part: &&&str| part.strip_prefix('v').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    let length = match *host {
        "github.com" | "gitlab.com" | "bitbucket.org" => 3 + usize::from(parts.get(3).filter(is_major).is_some()),
        _ => parts.len(),
    };
    let version = version.filter(|version| version.starts_with('v')).map(str::to_owned);
    Some(Package::new(Ecosystem::Go, parts[..length.min(parts.len())].join("/"), version, line))
}
