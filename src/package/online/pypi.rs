//! The simple repository API of Python's indexes: JSON (PEP 691, 700, 740, 792), or the older HTML (PEP 503, 592).

use serde::Deserialize;
use std::collections::HashMap;

use super::registries::Registry;
use super::{Online, Unanswered, segment};
use crate::package::address::WebAddress;
use crate::package::ecosystem::Ecosystem;
use crate::package::facts::{Facts, Known};
use crate::package::fetch::Failure;
use crate::package::provenance::{self, Provenance};
use crate::package::version;

const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";

#[derive(Default, Deserialize)]
struct ProjectPage {
    #[serde(default)]
    files: Vec<ReleaseFile>,
    #[serde(default, rename = "project-status")]
    status: Option<ProjectStatus>,
}

#[derive(Deserialize)]
struct ProjectStatus {
    #[serde(default)]
    status: String,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
struct ReleaseFile {
    filename: String,
    #[serde(default)]
    hashes: HashMap<String, String>,
    #[serde(default, rename = "upload-time")]
    uploaded: Option<String>,
    #[serde(default)]
    yanked: Yanked,
    #[serde(default)]
    provenance: Option<String>,
}

/// `false`, `true`, or the reason.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
enum Yanked {
    Is(bool),
    Because(String),
}

impl Default for Yanked {
    fn default() -> Self {
        Self::Is(false)
    }
}

pub(super) fn facts(
    online: &Online,
    indexes: &[Registry],
    name: &str,
    versions: &[&str],
) -> Result<Vec<Facts>, Unanswered> {
    let normal = Ecosystem::Pypi.normalise(name);
    let mut projects = Vec::new();
    for index in indexes {
        let shown = index.address.to_string();
        let failed = |failure| Unanswered { registry: shown.clone(), failure };
        // Without the final slash, indexes answer with a redirect.
        match online.get(index, &index.address.join(&format!("{}/", segment(&normal))), ACCEPT) {
            Ok(bytes) => projects.push((index, read(&bytes).map_err(|why| failed(Failure::Unreachable(why)))?)),
            Err(Failure::Status(404)) => {}
            Err(failure) => return Err(failed(failure)),
        }
    }
    let one = |wanted: &&str| {
        let canonical = version::canonical(Ecosystem::Pypi, wanted);
        let of_version = |project: &ProjectPage| -> Vec<ReleaseFile> {
            let is = |f: &&ReleaseFile| {
                version_of(&f.filename, &normal).is_some_and(|v| version::canonical(Ecosystem::Pypi, v) == canonical)
            };
            project.files.iter().filter(is).cloned().collect()
        };
        let found = projects.iter().map(|(index, project)| (*index, project, of_version(project)));
        let Some((index, project, files)) = found.max_by_key(|(_, _, files)| !files.is_empty()) else {
            let registry = indexes.first().map(|i| i.address.to_string()).unwrap_or_default();
            return Ok(Facts { registry, ..Facts::default() });
        };
        let mut facts = Facts {
            registry: index.address.to_string(),
            known: if files.is_empty() { Known::Name } else { Known::Version },
            published: files.iter().filter_map(|f| f.uploaded.clone()).min(),
            yanked: yanked(&files),
            status: project.status.as_ref().map(|s| s.status.clone()).filter(|s| !s.is_empty()),
            ..Facts::default()
        };
        facts.also_at =
            projects.iter().map(|(i, _)| i.address.to_string()).filter(|address| *address != facts.registry).collect();
        facts.provenance = files.iter().find_map(|file| attested(online, index, file));
        if let Some((before, file)) = before(project, &normal, &canonical, facts.published.as_deref()) {
            let old = attested(online, index, file);
            facts.changed = old.and_then(|old| provenance::difference(&before, &old, facts.provenance.as_ref()));
        }
        Ok(facts)
    };
    versions.iter().map(one).collect()
}

/// The release that was published last before `published`, with one of its files, an attested one if there is any.
fn before<'p>(
    project: &'p ProjectPage,
    name: &str,
    version: &str,
    published: Option<&str>,
) -> Option<(String, &'p ReleaseFile)> {
    let date = |text: &str| text.parse::<jiff::Timestamp>().ok();
    let published = published.and_then(date)?;
    let dated = project.files.iter().filter_map(|file| {
        let written = version_of(&file.filename, name)?;
        let other = version::canonical(Ecosystem::Pypi, written);
        let uploaded = file.uploaded.as_deref().and_then(date)?;
        (other != version && uploaded < published).then_some((uploaded, other, written, file))
    });
    let (_, before, written, _) = dated.clone().max_by_key(|(uploaded, ..)| *uploaded)?;
    let files = dated.filter(|(_, other, ..)| *other == before).map(|(.., file)| file);
    let file = files.max_by_key(|file| file.provenance.is_some())?;
    Some((written.to_owned(), file))
}

/// A release is yanked when all of its files are.
fn yanked(files: &[ReleaseFile]) -> Option<String> {
    let mut reason = None;
    for file in files {
        match &file.yanked {
            Yanked::Is(false) => return None,
            Yanked::Is(true) => reason = reason.or(Some(String::new())),
            Yanked::Because(why) => reason = Some(why.clone()),
        }
    }
    reason
}

/// The claims of a file's attestation, which is fetched only if the index itself serves it.
fn attested(online: &Online, index: &Registry, file: &ReleaseFile) -> Option<Provenance> {
    let named = file.provenance.as_deref()?;
    let unread = Provenance::default();
    let Ok((address, None)) = WebAddress::parse(named) else { return Some(unread) };
    if !address.same_origin(&index.address) {
        return Some(unread);
    }
    let sha256 = file.hashes.get("sha256").map(String::as_str);
    let bytes = online.get(index, &address, "application/vnd.pypi.integrity.v1+json, application/json").ok();
    Some(bytes.and_then(|bytes| provenance::of_pypi(&bytes, sha256, online.verifier())).unwrap_or(unread))
}

fn read(bytes: &[u8]) -> Result<ProjectPage, String> {
    if bytes.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{') {
        return serde_json::from_slice(bytes).map_err(|error| format!("no answer of an index: {error}"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "no answer of an index: not UTF-8".to_owned())?;
    if !text.to_ascii_lowercase().contains("<html") {
        return Err("no answer of an index: neither JSON nor HTML".to_owned());
    }
    Ok(ProjectPage { files: anchors(text), status: None })
}

/// The version in the name of a wheel or an sdist of `project` (normalised).
fn version_of<'f>(filename: &'f str, project: &str) -> Option<&'f str> {
    if let Some(wheel) = filename.strip_suffix(".whl") {
        let (name, rest) = wheel.split_once('-')?;
        return (Ecosystem::Pypi.normalise(name) == project).then(|| rest.split('-').next().unwrap_or(rest));
    }
    let stem = [".tar.gz", ".zip", ".tar.bz2", ".tgz", ".egg"].iter().find_map(|end| filename.strip_suffix(end))?;
    // The names of old sdists contain dashes.
    stem.match_indices('-')
        .find(|(at, _)| Ecosystem::Pypi.normalise(&stem[..*at]) == project)
        .map(|(at, _)| &stem[at + 1..])
}

/// The files that an HTML page links to.
fn anchors(text: &str) -> Vec<ReleaseFile> {
    let mut files = Vec::new();
    let mut rest = text;
    while let Some(at) = find_tag(rest, "<a") {
        rest = &rest[at + 2..];
        let mut file = ReleaseFile::default();
        let mut body = rest;
        while let Some((name, value, after)) = attribute(body) {
            match name.to_ascii_lowercase().as_str() {
                "data-yanked" => file.yanked = Yanked::Because(unescape(value)),
                "data-provenance" => file.provenance = Some(unescape(value)),
                "href" => {
                    if let Some((algorithm, hex)) = value.rsplit_once('#').and_then(|(_, f)| f.split_once('=')) {
                        file.hashes.insert(algorithm.to_owned(), hex.to_owned());
                    }
                }
                _ => {}
            }
            body = after;
        }
        let Some(open) = body.find('>') else { break };
        let end = find_tag(&body[open..], "</a").map_or(body.len(), |at| open + at);
        file.filename = unescape(body[open + 1..end].trim());
        files.push(file);
        rest = &body[end..];
    }
    files
}

/// The offset of a tag.
fn find_tag(text: &str, tag: &str) -> Option<usize> {
    text.match_indices('<').map(|(at, _)| at).find(|at| {
        let bytes = &text.as_bytes()[*at..];
        bytes.len() > tag.len()
            && bytes[..tag.len()].eq_ignore_ascii_case(tag.as_bytes())
            && !bytes[tag.len()].is_ascii_alphanumeric()
    })
}

/// The next `name="value"` of a tag and the text after it; none at the tag's end.
fn attribute(text: &str) -> Option<(&str, &str, &str)> {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/'))?;
    let (name, rest) = text.split_at(end);
    if name.is_empty() {
        return None;
    }
    let Some(value) = rest.trim_start().strip_prefix('=') else { return Some((name, "", rest)) };
    let value = value.trim_start();
    match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split_once(quote).map(|(value, after)| (name, value, after)),
        _ => {
            let end = value.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(value.len());
            Some((name, &value[..end], &value[end..]))
        }
    }
}

/// The text without the character references that indexes use.
fn unescape(text: &str) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&#34;", "\""), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_file_names() {
        for (file, project, version) in [
            ("my_thing-1.2.3-py3-none-any.whl", "my-thing", Some("1.2.3")),
            ("my-thing-1.2.3.tar.gz", "my-thing", Some("1.2.3")),
            ("My.Thing-1.0-1.zip", "my-thing", Some("1.0-1")),
            ("other-1.0.tar.gz", "my-thing", None),
            ("my_thing-extra-1.0.tar.gz", "my-thing", Some("extra-1.0")),
            ("README.html", "my-thing", None),
        ] {
            assert_eq!(version_of(file, project), version, "{file}");
        }
    }

    #[test]
    fn html_pages() {
        let page = "<!DOCTYPE html><html><body>\n<a href='../../x-1.0.tar.gz#sha256=00ff' data-requires-python=\"&gt;=3.8\">x-1.0.tar.gz</a><br/>\n\
                    <A HREF=\"x\" data-yanked=\"it &amp; that\" >x-1.1.tar.gz</A><abbr>no</abbr><a data-yanked href=x>x-1.2.tar.gz</a><a";
        let files = anchors(page);
        let said: Vec<(&str, Option<String>)> =
            files.iter().map(|f| (f.filename.as_str(), yanked(std::slice::from_ref(f)))).collect();
        assert_eq!(
            said,
            [
                ("x-1.0.tar.gz", None),
                ("x-1.1.tar.gz", Some("it & that".to_owned())),
                ("x-1.2.tar.gz", Some(String::new()))
            ]
        );
        assert_eq!(files[0].hashes["sha256"], "00ff");
    }

    #[test]
    fn a_release_is_yanked_when_all_of_it_is() {
        let file = |yanked| ReleaseFile { yanked, ..ReleaseFile::default() };
        assert_eq!(yanked(&[file(Yanked::Is(true)), file(Yanked::Is(false))]), None);
        assert_eq!(yanked(&[file(Yanked::Is(true)), file(Yanked::Because("bad".into()))]), Some("bad".into()));
        assert_eq!(yanked(&[]), None);
    }

    proptest::proptest! {
        #[test]
        fn no_page_makes_it_panic(page in "[<>aA/='\"é \\-a-z#]{0,80}") {
            let _ = anchors(&page);
        }
    }
}
