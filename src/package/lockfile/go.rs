//! go.mod and go.sum.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package, Source};
use super::Format;

pub(super) struct GoMod;

/// The words that begin a line or a block of go.mod.
const DIRECTIVES: [&str; 10] =
    ["module", "go", "toolchain", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore"];

impl Format for GoMod {
    fn name(&self) -> &'static str {
        "go.mod"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "go.mod"
    }

    fn is_lock(&self) -> bool {
        false
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let mut required = Vec::new();
        let mut replaced = Vec::new();
        let mut block = None;
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split_once("//").map_or(line, |(code, _)| code);
            let mut words: Vec<&str> = line.split_whitespace().map(|word| word.trim_matches(['"', '`'])).collect();
            let Some(first) = words.first() else { continue };
            if *first == ")" && block.is_some() {
                block = None;
                continue;
            }
            let directive = match block {
                Some(directive) => directive,
                None => {
                    let known = DIRECTIVES.into_iter().find(|known| known == first);
                    let known = known.ok_or_else(|| LockError::new(number, "not a directive of go.mod"))?;
                    words.remove(0);
                    if words == ["("] {
                        block = Some(known);
                        continue;
                    }
                    known
                }
            };
            match (directive, &words[..]) {
                ("require", [name, version]) => required.push(module(name, Some(version), number)),
                ("require", _) => return Err(LockError::new(number, "a requirement is a module and a version")),
                ("replace", words) => replaced.push(replacement(words, number)?),
                _ => {}
            }
        }
        if block.is_some() {
            return Err(LockError::new(last_line(text), "a block without an end"));
        }
        // A module that is replaced is not fetched.
        required.retain(|package: &Package| {
            replaced.iter().all(|(old, version, _)| {
                *old != package.name || version.is_some_and(|version| Some(version) != package.version.as_deref())
            })
        });
        required.extend(replaced.into_iter().map(|(_, _, package)| package));
        Ok(Inventory { packages: required, ..Inventory::default() })
    }
}

fn module(name: &str, version: Option<&str>, line: u32) -> Package {
    Package::new(Ecosystem::Go, name, version.map(str::to_owned), line)
}

/// `old [version] => new [version]`: the old module, its version, and the package in its place.
fn replacement<'a>(words: &[&'a str], line: u32) -> Result<(&'a str, Option<&'a str>, Package), LockError> {
    let wrong = || LockError::new(line, "a replacement is `module => module version` or `module => folder`");
    let arrow = words.iter().position(|word| *word == "=>").ok_or_else(wrong)?;
    let (name, version) = match words[..arrow] {
        [name] => (name, None),
        [name, version] => (name, Some(version)),
        _ => return Err(wrong()),
    };
    let mut package = match words[arrow + 1..] {
        [folder] => Package { source: Source::Link(folder.to_owned()), ..module(name, None, line) },
        [new, version] => module(new, Some(version), line),
        _ => return Err(wrong()),
    };
    package.alias = (package.name != name).then(|| name.to_owned());
    Ok((name, version, package))
}

fn last_line(text: &str) -> u32 {
    u32::try_from(text.lines().count().max(1)).unwrap_or(u32::MAX)
}

pub(super) struct GoSum;

impl Format for GoSum {
    fn name(&self) -> &'static str {
        "go.sum"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        matches!(name, "go.sum" | "go.work.sum")
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let mut packages: Vec<Package> = Vec::new();
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            let mut words = line.split_ascii_whitespace();
            let (Some(name), Some(version), Some(hash), None) =
                (words.next(), words.next(), words.next(), words.next())
            else {
                return Err(LockError::new(number, "a module, a version and a hash belong on a line"));
            };
            let (kind, hash) = hash.split_once(':').ok_or_else(|| LockError::new(number, "a hash without its kind"))?;
            // A module of which only go.mod was read takes part in no build.
            if version.ends_with("/go.mod") {
                continue;
            }
            let hash = (kind.to_owned(), hash.to_owned());
            match packages.last_mut() {
                Some(last) if last.name == name && last.version.as_deref() == Some(version) => {
                    last.integrity.push(hash)
                }
                _ => packages.push(Package { integrity: vec![hash], ..module(name, Some(version), number) }),
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
    fn blocks_comments_and_replacements() {
        let text = "module host.example/own // mine\n\ngo 1.23\n\nrequire (\n\thost.example/left v1.0.0 // indirect\n\thost.example/right/v2 v2.0.0\n)\n\
                    require \"host.example/third\" v0.0.0-20240101000000-0123456789ab\n\nreplace (\n\thost.example/left => ../left\n\
                    \thost.example/right/v2 v2.0.0 => host.example/fork/v2 v2.0.1\n)\nexclude host.example/bad v1.0.0\nretract [v1.0.0, v1.9.9]\n";
        assert_eq!(
            summary(&GoMod, text),
            [
                "go host.example/third@v0.0.0-20240101000000-0123456789ab:9 Registry(None)",
                "go host.example/left@-:12 Link(\"../left\")",
                "go host.example/fork/v2@v2.0.1:13 Registry(None) for host.example/right/v2",
            ]
        );
        for wrong in ["requires x v1\n", "require x\n", "replace x y\n", "require (\n x v1.0.0\n"] {
            assert!(super::super::read(&GoMod, wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_modules_that_are_built_count() {
        let text = "host.example/left v1.0.0 h1:aa=\nhost.example/left v1.0.0/go.mod h1:bb=\nhost.example/old v0.1.0/go.mod h1:cc=\n";
        assert_eq!(summary(&GoSum, text), ["go host.example/left@v1.0.0:1 Registry(None) h1=aa="]);
    }
}
