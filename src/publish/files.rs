//! Files that do not belong into a release: a table of names, and source maps that carry the sources.

use std::collections::{BTreeMap, HashSet};

use bstr::{BStr, ByteSlice};
use globset::GlobMatcher;
use serde::Deserialize;

use super::Remark;
use super::artefact::{Artefact, Member};
use super::format::PackageFormat;
use super::glob::glob;
use crate::package::rules;
use crate::rule::Confidence;

const TABLE: &str = include_str!("../../rules/publish/files.tsv");

/// One row of the table.
struct Row {
    globs: Vec<GlobMatcher>,
    blocks: bool,
    /// Source distributions hold the whole repository, and may.
    also_in_sources: bool,
    what: &'static str,
}

fn rows() -> Vec<Row> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.filter_map(row).collect()
}

fn row(line: &'static str) -> Option<Row> {
    let mut fields = line.split('\t');
    let (globs, weight, formats, what) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let anywhere = globs.split(' ').map(|name| format!("**/{name}"));
    Some(Row {
        globs: anywhere.map(|pattern| glob(&pattern)).collect::<Option<_>>()?,
        blocks: weight == "block",
        also_in_sources: formats == "all",
        what,
    })
}

/// The members that do not belong into a release; what the one `before` had as well only warns.
pub(super) fn remarks<'a>(artefact: &'a Artefact, before: Option<&Artefact>) -> Vec<Remark<'a>> {
    let rows = rows();
    let is_source = artefact.format == Some(PackageFormat::Sdist);
    let mut warned: BTreeMap<&'static str, Vec<&'a BStr>> = BTreeMap::new();
    let mut found = Vec::new();
    for member in &artefact.members {
        let path = member.path.to_path_lossy();
        let fits =
            |row: &&Row| (!is_source || row.also_in_sources) && row.globs.iter().any(|glob| glob.is_match(&path));
        let Some(row) = rows.iter().find(fits) else { continue };
        let is_old = before.is_some_and(|before| before.member(member.path.as_ref()).is_some());
        let is_sample = is_source && is_of_test(member);
        if row.blocks && !is_old && !is_sample && !is_harmless(member) {
            found.push(Remark {
                rule: &rules::CREDENTIAL_FILE,
                confidence: Confidence::High,
                path: member.path.as_ref(),
                subject: row.what.to_owned(),
                notes: vec![row.what.to_owned()],
            });
        } else if !is_old {
            warned.entry(row.what).or_default().push(member.path.as_ref());
        }
    }
    found.extend(warned.into_iter().map(|(what, paths)| leftover(what, &paths)));
    found.extend(source_maps(artefact, before));
    found
}

/// One remark for all files of a kind: forty editor files are one mistake.
fn leftover<'a>(what: &'static str, paths: &[&'a BStr]) -> Remark<'a> {
    let more = if paths.len() > 1 { format!(", and {} more files", paths.len() - 1) } else { String::new() };
    Remark {
        rule: &rules::LEFTOVER_FILE,
        confidence: Confidence::Low,
        path: paths[0],
        subject: what.to_owned(),
        notes: vec![format!("{what}{more}")],
    }
}

/// A settings file without any value, or an empty one, gives nothing away.
fn is_harmless(member: &Member) -> bool {
    let mut lines = member.content.lines().map(|line| line.trim());
    let says_nothing = |line: &[u8]| {
        line.is_empty()
            || matches!(line[0], b'#' | b';')
            || [
                &b"engine-strict"[..],
                b"save-",
                b"package-lock",
                b"fund",
                b"audit",
                b"legacy-peer-deps",
                b"registry=https://",
            ]
            .iter()
            .any(|setting| line.starts_with(setting))
    };
    !member.path.starts_with(b".git/") && lines.all(says_nothing)
}

/// A source distribution holds the repository's tests, and they try the program with files of any name. Their content is
/// scanned like every other.
fn is_of_test(member: &Member) -> bool {
    let mut folders: Vec<&[u8]> = member.path.split_str("/").collect();
    folders.pop();
    folders.iter().any(|folder| [&b"tests"[..], b"test", b"testing", b"fixtures", b"examples"].contains(folder))
}

#[derive(Deserialize)]
struct SourceMap {
    #[serde(default)]
    sources: Vec<String>,
    #[serde(default, rename = "sourcesContent")]
    content: Vec<Option<String>>,
}

/// The source maps that carry sources which are not in the artefact, as one remark: whoever installs it reads them. Where
/// the release before had any, the project publishes its sources knowingly.
fn source_maps<'a>(artefact: &'a Artefact, before: Option<&Artefact>) -> Option<Remark<'a>> {
    let counts = |artefact: &'_ Artefact| -> Vec<usize> {
        let paths: HashSet<&BStr> = artefact.members.iter().map(|member| member.path.as_bstr()).collect();
        artefact.members.iter().map(|member| absent_sources(&paths, member)).collect()
    };
    if before.is_some_and(|before| counts(before).iter().any(|count| *count > 0)) {
        return None;
    }
    let counts = artefact.members.iter().zip(counts(artefact));
    let maps: Vec<(&Member, usize)> = counts.filter(|(_, count)| *count > 0).collect();
    let (first, _) = maps.first()?;
    let count: usize = maps.iter().map(|(_, count)| count).sum();
    let more = if maps.len() > 1 { format!(", and {} more source maps", maps.len() - 1) } else { String::new() };
    Some(Remark {
        rule: &rules::LEFTOVER_FILE,
        confidence: Confidence::Low,
        path: first.path.as_ref(),
        subject: "a source map with sources that are not in the artefact".to_owned(),
        notes: vec![format!("it carries the text of source files that are not in the artefact ({count} in all){more}")],
    })
}

/// How many sources a source map carries that are not at these paths; 0 of any other member.
fn absent_sources(paths: &HashSet<&BStr>, member: &Member) -> usize {
    if !member.path.ends_with(b".map") {
        return 0;
    }
    let Ok(map) = serde_json::from_slice::<SourceMap>(&member.content) else { return 0 };
    let folder = member.path.rfind_byte(b'/').map_or(&b""[..], |slash| &member.path[..slash]);
    let absent = map.sources.iter().zip(&map.content).filter(|(source, content)| {
        let path = resolve(folder, source);
        content.is_some() && path.is_none_or(|path| !paths.contains(BStr::new(&path)))
    });
    absent.count()
}

/// The path of a map's source in the artefact; none where it leads out of it.
fn resolve(folder: &[u8], source: &str) -> Option<String> {
    let mut parts: Vec<&str> = std::str::from_utf8(folder).ok()?.split('/').filter(|part| !part.is_empty()).collect();
    for part in source.split('/') {
        match part {
            ".." => _ = parts.pop()?,
            "" | "." => {}
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read() {
        let written = TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).count();
        assert_eq!(rows().len(), written);
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            assert_eq!(fields.len(), 4, "{line}");
            assert!(["block", "warn"].contains(&fields[1]) && ["all", "app"].contains(&fields[2]), "{line}");
        }
    }

    #[test]
    fn a_name_is_meant_at_any_depth_and_a_folder_with_all_below() {
        let blocked =
            |path: &str| rows().iter().any(|row| row.blocks && row.globs.iter().any(|glob| glob.is_match(path)));
        for path in [".env", "app/.env", ".env.production", ".git/config", "x/.ssh/id_ed25519", "a/b/terraform.tfstate"]
        {
            assert!(blocked(path), "{path}");
        }
        for path in [".env.example", "env", "docs/env.md", ".gitignore", "src/id_rsa.rs", ".npmrc.md"] {
            assert!(!blocked(path), "{path}");
        }
    }

    #[test]
    fn a_source_is_resolved_within_the_artefact_only() {
        assert_eq!(resolve(b"dist/js", "../../src/a.ts").as_deref(), Some("src/a.ts"));
        assert_eq!(resolve(b"dist", "./a.ts").as_deref(), Some("dist/a.ts"));
        assert_eq!(resolve(b"dist", "../../a.ts"), None);
    }
}
