//! Pins: names with an exact version, wherever they are in a line.

use super::super::super::ecosystem::Ecosystem;
use super::super::super::inventory::Package;
use super::super::python;
use memchr::memmem;

/// `name@1.0.0`, `@scope/name@1.0.0`, `npm:name@1.0.0`, `name[extra]==1.0`.
pub(super) fn read(line: &str, number: u32, packages: &mut Vec<Package>) {
    let bytes = line.as_bytes();
    for at in memchr::memchr_iter(b'@', bytes) {
        let version = run(&line[at + 1..], |c| c.is_ascii_alphanumeric() || ".+-".contains(c));
        let version = version.trim_start_matches('v').trim_end_matches(['.', '-']);
        let ecosystem = ecosystem(line);
        let is_version = semver::Version::parse(version).is_ok()
            || ecosystem == Ecosystem::Pypi && python::pinned(&format!("=={version}")).is_some();
        let Some(name) = name_before(line, at).filter(|_| is_version) else { continue };
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

/// The ecosystem of a pin, by the tool that its line calls: npm's unless another one is.
fn ecosystem(line: &str) -> Ecosystem {
    const TOOLS: [(&str, Ecosystem); 6] = [
        ("uvx ", Ecosystem::Pypi),
        ("uv tool ", Ecosystem::Pypi),
        ("pipx ", Ecosystem::Pypi),
        ("cargo ", Ecosystem::Crates),
        ("go install ", Ecosystem::Go),
        ("--install-extension", Ecosystem::Vscode),
    ];
    TOOLS.iter().find(|(tool, _)| line.contains(tool)).map_or(Ecosystem::Npm, |(_, ecosystem)| *ecosystem)
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
