//! yarn.lock: version 1 is a format of its own and is read here, the format of berry in its own module.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package, Source};
use super::{Format, javascript, yarn_berry};

pub(super) struct YarnLock;

impl Format for YarnLock {
    fn name(&self) -> &'static str {
        "yarn.lock"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "yarn.lock"
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        if text.starts_with("__metadata:") || text.contains("\n__metadata:") {
            return yarn_berry::read(text);
        }
        Ok(Inventory { packages: version_1(text)?, ..Inventory::default() })
    }
}

/// An entry while its lines come in.
struct OpenEntry {
    line: u32,
    descriptors: Vec<String>,
    version: Option<String>,
    resolved: Option<String>,
    integrity: Option<String>,
}

fn version_1(text: &str) -> Result<Vec<Package>, LockError> {
    let mut packages = Vec::new();
    let mut open: Option<OpenEntry> = None;
    for (number, line) in (1u32..).zip(text.lines()) {
        let body = line.trim_end();
        if body.trim_start().is_empty() || body.trim_start().starts_with('#') {
            continue;
        }
        let indent = body.len() - body.trim_start_matches(' ').len();
        let fail = |reason: &str| LockError::new(number, format!("not a yarn.lock: {reason}"));
        match indent {
            0 => {
                close(open.take(), &mut packages)?;
                let header = body.strip_suffix(':').ok_or_else(|| fail("an entry ends with `:`"))?;
                let descriptors = descriptors(header).ok_or_else(|| fail("an unclosed quote"))?;
                open = Some(OpenEntry { line: number, descriptors, version: None, resolved: None, integrity: None });
            }
            2 => {
                let open = open.as_mut().ok_or_else(|| fail("a field without an entry"))?;
                let field = &body[2..];
                if field.ends_with(':') {
                    continue;
                }
                let (key, value) = field.split_once(' ').ok_or_else(|| fail("a field without a value"))?;
                let value = unquote(value).ok_or_else(|| fail("an unclosed quote"))?;
                // Converters (synp, `yarn import`) quote the keys, too.
                let slot = match key.trim_matches('"') {
                    "version" => &mut open.version,
                    "resolved" => &mut open.resolved,
                    "integrity" => &mut open.integrity,
                    _ => continue,
                };
                if slot.replace(value).is_some() {
                    return Err(fail(&format!("the field `{key}` stands here twice")));
                }
            }
            // Dependencies of the entry; each has an entry of its own.
            4 if open.is_some() => {}
            _ => return Err(fail("an indentation yarn does not write")),
        }
    }
    close(open, &mut packages)?;
    Ok(packages)
}

fn close(open: Option<OpenEntry>, packages: &mut Vec<Package>) -> Result<(), LockError> {
    let Some(open) = open else { return Ok(()) };
    let version =
        open.version.ok_or_else(|| LockError::new(open.line, "not a yarn.lock: an entry without a version"))?;
    // Several descriptors of one entry may install it under several names.
    let mut seen: Vec<String> = Vec::new();
    for descriptor in &open.descriptors {
        let (alias, range) = javascript::name_and_rest(descriptor);
        let spec = javascript::spec(range.unwrap_or_default());
        // A URL gives the source of a package, and not its name.
        let name = match spec.source {
            Source::Registry(None) => spec.name.as_deref().unwrap_or(alias),
            _ => alias,
        };
        if seen.iter().any(|s| s == name) {
            continue;
        }
        seen.push(name.to_owned());
        let mut package = Package::new(Ecosystem::Npm, name, Some(version.clone()), open.line);
        package.alias = (name != alias).then(|| alias.to_owned());
        package.integrity = javascript::integrity(open.integrity.as_deref());
        match spec.source {
            Source::Registry(_) => packages.extend(javascript::resolved(package, open.resolved.as_deref())),
            source => packages.push(Package { source, ..package }),
        }
    }
    Ok(())
}

/// `a@^1, "b@npm:c@1"` apart.
fn descriptors(header: &str) -> Option<Vec<String>> {
    let mut out = Vec::new();
    let mut rest = header.trim();
    while !rest.is_empty() {
        let (one, after) = if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"')?;
            (&quoted[..end], &quoted[end + 1..])
        } else {
            rest.split_at(rest.find(',').unwrap_or(rest.len()))
        };
        out.push(one.trim().to_owned());
        rest = after.trim_start().trim_start_matches(',').trim_start();
    }
    Some(out)
}

fn unquote(value: &str) -> Option<String> {
    match value.trim().strip_prefix('"') {
        Some(inner) => inner.strip_suffix('"').map(str::to_owned),
        None => Some(value.trim().to_owned()),
    }
}
