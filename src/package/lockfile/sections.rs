//! Lockfiles of indented sections: Gemfile.lock and paket.lock.
//!
//! A section's name begins a line, its fields are indented by two spaces, its packages by four, and what a package asks
//! for by six.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package, Source};
use super::Format;

/// One line that is not blank.
struct Line<'a> {
    number: u32,
    indent: usize,
    text: &'a str,
}

/// A section and its lines.
struct Section<'a> {
    name: &'a str,
    lines: Vec<Line<'a>>,
}

/// The sections of a file whose first section is one of `names`; paket's first group may begin with settings.
fn sections<'a>(text: &'a str, names: &[&str]) -> Result<Vec<Section<'a>>, LockError> {
    let mut sections: Vec<Section<'a>> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            continue;
        }
        let indent = line.len() - line.trim_start_matches(' ').len();
        match sections.last_mut() {
            _ if indent == 0 => {
                let is_name = |name: &&&str| {
                    trimmed.strip_prefix(**name).is_some_and(|rest| matches!(rest.chars().next(), None | Some(' ')))
                };
                let known =
                    names.iter().find(is_name).ok_or_else(|| LockError::new(number, "not the name of a section"))?;
                sections.push(Section { name: &trimmed[..known.len()], lines: Vec::new() });
            }
            Some(section) => section.lines.push(Line { number, indent, text: trimmed }),
            None => return Err(LockError::new(number, "a line before the first section")),
        }
    }
    Ok(sections)
}

impl<'a> Section<'a> {
    /// The values of a field, `remote: https://...`, that come before the line `at`.
    fn fields<'s>(&'s self, key: &'s str, at: usize) -> impl Iterator<Item = &'a str> + 's {
        let value = move |line: &Line<'a>| line.text.strip_prefix(key)?.strip_prefix(':').map(str::trim);
        self.lines[..at].iter().filter(|line| line.indent == 2).filter_map(value)
    }

    /// The packages, `name (version)`, each with the number of its line in the section.
    fn packages(&self) -> impl Iterator<Item = (usize, u32, &'a str, &'a str)> {
        self.lines.iter().enumerate().filter(|(_, line)| line.indent == 4).filter_map(|(at, line)| {
            let (name, rest) = line.text.split_once(" (")?;
            Some((at, line.number, name, rest.split(')').next()?))
        })
    }
}

pub(super) struct GemfileLock;

impl Format for GemfileLock {
    fn name(&self) -> &'static str {
        "Gemfile.lock"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name.ends_with("Gemfile.lock") || name == "gems.locked"
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        const NAMES: [&str; 10] = [
            "GIT",
            "GEM",
            "PATH",
            "PLUGIN SOURCE",
            "PLUGIN",
            "PLATFORMS",
            "DEPENDENCIES",
            "CHECKSUMS",
            "RUBY VERSION",
            "BUNDLED WITH",
        ];
        let sections = sections(text, &NAMES)?;
        let mut packages: Vec<Package> = Vec::new();
        for section in &sections {
            for (at, line, name, version) in section.packages() {
                let mut remotes = section.fields("remote", at).map(str::to_owned);
                let remote = remotes.next();
                let source = match (section.name, remote) {
                    ("GEM", remote) => Source::Registry(remote),
                    ("GIT", Some(url)) => Source::Git(url),
                    ("PATH", Some(path)) => Source::Link(path),
                    _ => continue,
                };
                let files = remotes.collect();
                let version = Some(without_platform(version).to_owned());
                let package = Package { source, files, ..Package::new(Ecosystem::Rubygems, name, version, line) };
                // A gem of several platforms is one gem.
                if packages.iter().all(|p| (&p.name, &p.version) != (&package.name, &package.version)) {
                    packages.push(package);
                }
            }
        }
        for section in sections.iter().filter(|section| section.name == "CHECKSUMS") {
            checksums(section, &mut packages);
        }
        Ok(Inventory { packages, ..Inventory::default() })
    }
}

/// `1.15.0-x86_64-linux` without the platform: a gem's version has no dash.
fn without_platform(version: &str) -> &str {
    version.split('-').next().unwrap_or(version)
}

/// `  name (version) sha256=hash`.
fn checksums(section: &Section<'_>, packages: &mut [Package]) {
    let mut by_name = std::collections::HashMap::new();
    for (at, package) in packages.iter().enumerate() {
        by_name.insert((package.name.clone(), package.version.clone().unwrap_or_default()), at);
    }
    for line in &section.lines {
        let Some((name, rest)) = line.text.split_once(" (") else { continue };
        let Some((version, hashes)) = rest.split_once(')') else { continue };
        let key = (name.to_owned(), without_platform(version).to_owned());
        let Some(package) = by_name.get(&key).map(|at| &mut packages[*at]) else { continue };
        for (kind, hash) in hashes.trim().split(',').filter_map(|hash| hash.split_once('=')) {
            let platform = version[without_platform(version).len()..].to_owned();
            package.integrity.push((format!("{kind}{platform}"), hash.to_owned()));
        }
    }
}

pub(super) struct PaketLock;

impl Format for PaketLock {
    fn name(&self) -> &'static str {
        "paket.lock"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "paket.lock"
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        const NAMES: [&str; 15] = [
            "NUGET",
            "GITHUB",
            "GIST",
            "GIT",
            "HTTP",
            "GROUP",
            "RESTRICTION:",
            "STORAGE:",
            "STRATEGY:",
            "REDIRECTS:",
            "CONTENT:",
            "COPY-LOCAL:",
            "IMPORT-TARGETS:",
            "FRAMEWORK:",
            "VERSION:",
        ];
        let mut packages = Vec::new();
        for section in sections(text, &NAMES)?.iter().filter(|section| section.name == "NUGET") {
            for (at, line, name, version) in section.packages() {
                let version = Some(version.to_owned());
                let remote = section.fields("remote", at).last().map(str::to_owned);
                let source = match remote {
                    Some(folder) if !folder.contains("://") => Source::Registry(Some(format!("file://{folder}"))),
                    remote => Source::Registry(remote),
                };
                packages.push(Package { source, ..Package::new(Ecosystem::Nuget, name, version, line) });
            }
        }
        Ok(Inventory { packages, ..Inventory::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::summary;
    use super::*;

    #[test]
    fn a_gem_has_the_remote_of_its_section_and_no_platform() {
        let text = "GIT\n  remote: https://host.example/o/r.git\n  revision: 0123\n  specs:\n    left (1.0.0)\n      right (>= 2)\n\n\
                    PATH\n  remote: .\n  specs:\n    own (0.1.0)\n\n\
                    GEM\n  remote: https://gems.example/\n  specs:\n    right (2.0.0)\n    right (2.0.0-x86_64-linux)\n      left\n\n\
                    PLATFORMS\n  ruby\n\nDEPENDENCIES\n  left!\n  right (~> 2.0)\n\n\
                    CHECKSUMS\n  right (2.0.0) sha256=aa\n  right (2.0.0-x86_64-linux) sha256=bb\n\nBUNDLED WITH\n   2.6.2\n";
        assert_eq!(
            summary(&GemfileLock, text),
            [
                "rubygems left@1.0.0:5 Git(\"https://host.example/o/r.git\")",
                "rubygems own@0.1.0:11 Link(\".\")",
                "rubygems right@2.0.0:16 Registry(Some(\"https://gems.example/\")) sha256=aa sha256-x86_64-linux=bb",
            ]
        );
    }

    #[test]
    fn paket_lists_several_remotes_in_one_section() {
        let text = "STORAGE: NONE\nNUGET\n  remote: https://one.example/index.json\n    Left (1.0)\n      Right (>= 2.0)\n  \
                    remote: https://two.example/index.json\n    Right (2.0.0) - restriction: >= net45\nGITHUB\n  remote: o/r\n    a.fs (0123)\n";
        assert_eq!(
            summary(&PaketLock, text),
            [
                "nuget Left@1.0:4 Registry(Some(\"https://one.example/index.json\"))",
                "nuget Right@2.0.0:7 Registry(Some(\"https://two.example/index.json\"))",
            ]
        );
    }
}
