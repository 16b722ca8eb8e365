//! Packages that a command would install: hijacked ones, and names that are easily mistaken for popular ones.

use super::Objection;
use super::shell::SimpleCommand;
use crate::package::advisory::{Advisories, PackageVerdict};
use crate::package::inventory::Package;
use crate::package::{lockfile, origin, popular};

/// Commands that install as another one does: the program with its verb, and the same in words that are read.
const SAME: [(&[&str], &str); 14] = [
    (&["uv", "tool", "run"], "uvx"),
    (&["uv", "tool", "install"], "uv add"),
    (&["uv", "pip", "install"], "pip install"),
    (&["cargo", "add"], "cargo install"),
    (&["poetry", "add"], "uv add"),
    (&["pdm", "add"], "uv add"),
    (&["rye", "add"], "uv add"),
    (&["pipenv", "install"], "pip install"),
    (&["conda", "install"], "pip install"),
    (&["bun", "x"], "bunx"),
    (&["deno", "add"], "npm install"),
    (&["ni"], "npm install"),
    (&["gem", "add"], "gem install"),
    (&["go", "get"], "go install"),
];

/// The objections to the packages of one command.
pub fn objections(command: &SimpleCommand, advisories: &Advisories) -> Vec<Objection> {
    packages(command).iter().filter_map(|package| objection(package, advisories)).collect()
}

/// The packages that a command would install or run.
pub fn packages(command: &SimpleCommand) -> Vec<Package> {
    let mut words: Vec<&str> = command.words.iter().map(String::as_str).collect();
    let program = command.program().to_owned();
    if let Some(first) = words.first_mut() {
        *first = &program;
    }
    let same = SAME.iter().find(|(start, _)| words.starts_with(start));
    let line = match same {
        Some((start, other)) => std::iter::once(*other).chain(words[start.len()..].iter().copied()).collect::<Vec<_>>(),
        None => words,
    };
    lockfile::installed_by(&line.join(" "))
}

fn objection(package: &Package, advisories: &Advisories) -> Option<Objection> {
    if let PackageVerdict::Block(advisory) = origin::verdict(advisories, package) {
        let what = format!("{}: {}", package.label(), advisory.sentence(package.version.is_some()));
        return Some(Objection::new(what, "name a version that is known to be good, or do without the package"));
    }
    let popular = popular::lookalike(package.ecosystem, &package.name)?;
    Some(Objection::new(
        format!("{} is easily mistaken for the popular {popular}", package.label()),
        format!("install {popular} if that is meant; otherwise ask the person you work for to install it"),
    ))
}

#[cfg(test)]
mod tests {
    use super::super::shell;
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let commands = shell::commands(text).unwrap();
        commands.iter().flat_map(packages).map(|package| package.label()).collect()
    }

    #[test]
    fn installs_of_every_manager_are_read() {
        for text in [
            "npm install left@1.2.3",
            "npm i -D left@1.2.3",
            "pnpm add left@1.2.3",
            "yarn add left@1.2.3",
            "bun add left@1.2.3",
            "npx -y left@1.2.3 --flag",
            "bun x left@1.2.3",
            "pip install left==1.2.3",
            "python3 -m pip install left==1.2.3",
            "uv add left==1.2.3",
            "uv pip install left==1.2.3",
            "uvx left@1.2.3",
            "uv tool run left@1.2.3",
            "poetry add left==1.2.3",
            "cargo add left@1.2.3",
            "claude mcp add x -- npx -y left@1.2.3",
            "cd a && FORCE=1 npm install left@1.2.3",
            "bash -c 'npm install left@1.2.3'",
        ] {
            let found = names(text);
            assert!(found.iter().any(|name| name.contains("left") && name.contains("1.2.3")), "{text}: {found:?}");
        }
    }

    #[test]
    fn other_commands_install_nothing() {
        for text in ["echo left@1.2.3", "git commit -m 'left@1.2.3'", "npm test", "grep left==1.2.3 x", "npm ci"] {
            assert_eq!(names(text), [""; 0], "{text}");
        }
    }
}
