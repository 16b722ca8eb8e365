//! What a workflow uses and an image is built from: actions and container images.

use super::super::super::ecosystem::Ecosystem;
use super::super::super::inventory::Package;

/// Reads the action or image of one line: `uses: owner/name@ref`, `image: name:tag`, `FROM name:tag`.
pub(super) fn read(line: &str, number: u32, packages: &mut Vec<Package>) {
    let line = line.trim_start();
    let entry = line.strip_prefix("- ").map_or(line, str::trim_start);
    let found = match entry.split_once(':') {
        Some(("uses", value)) => used(value, number),
        Some(("image" | "\"image\"", value)) => image(scalar(value), number),
        _ => built_from(line).and_then(|name| image(name, number)),
    };
    packages.extend(found);
}

/// A value without its quotes and the comment behind it.
fn scalar(value: &str) -> &str {
    let value = value.trim();
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote) {
            return rest.split(quote).next().unwrap_or(rest);
        }
    }
    value.split([' ', ',']).next().unwrap_or(value)
}

/// `owner/name[/path]@ref`, or an image behind `docker://`.
fn used(value: &str, line: u32) -> Option<Package> {
    let value = scalar(value);
    if let Some(name) = value.strip_prefix("docker://") {
        return image(name, line);
    }
    let (path, reference) = value.split_once('@')?;
    let mut parts = path.split('/');
    let (owner, name) = (parts.next()?, parts.next()?);
    let is_name = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    let fits = is_name(owner) && is_name(name) && !reference.is_empty() && !reference.contains(['$', '{']);
    let name = format!("{owner}/{name}");
    fits.then(|| Package::new(Ecosystem::GithubActions, name, Some(reference.to_owned()), line))
}

/// The image of a Dockerfile's `FROM` or `COPY --from`. A stage of the same file has neither a tag nor a folder.
fn built_from(line: &str) -> Option<&str> {
    let (instruction, rest) = line.split_once(' ')?;
    if instruction == "FROM" {
        let name = rest.split_whitespace().find(|word| !word.starts_with("--"))?;
        return name.contains(['/', ':', '@']).then_some(name);
    }
    if instruction != "COPY" {
        return None;
    }
    let name = rest.split_whitespace().find_map(|word| word.strip_prefix("--from="))?;
    name.contains(['/', ':', '@']).then_some(name)
}

/// `[host[:port]/]path[:tag][@digest]`. The version is the tag, or the digest of an image without one.
fn image(text: &str, line: u32) -> Option<Package> {
    const PICTURES: [&str; 7] = [".png", ".jpg", ".jpeg", ".svg", ".gif", ".webp", ".ico"];
    let is_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/' | b':' | b'@');
    let is_name = text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.bytes().all(is_part);
    if !is_name || text.contains("://") || PICTURES.iter().any(|end| text.ends_with(end)) {
        return None;
    }
    let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
    let last = name.rfind('/').map_or(0, |at| at + 1);
    let (name, tag) = match name[last..].split_once(':') {
        Some((_, tag)) => (&name[..name.len() - tag.len() - 1], Some(tag)),
        None => (name, None),
    };
    let version = tag.or(digest).filter(|version| !version.is_empty());
    Some(Package::new(Ecosystem::Docker, name, version.map(str::to_owned), line))
}
