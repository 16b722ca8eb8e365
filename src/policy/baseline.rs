//! The baseline: secrets that are known and do not block.
//!
//! One line an entry: fingerprint, rule, path and reason, between tabs; sorted; no line numbers, no dates. So a file
//! that moves or a line that shifts changes nothing, two branches' entries merge by keeping the lines of both
//! (`merge=union`), and a doubled or unsorted line means the same.

use std::collections::{BTreeMap, HashMap, HashSet};

use bstr::{BStr, BString, ByteSlice};

use super::allowlist::is_id;
use super::config;
use crate::engine::redact;
use crate::error::{Error, Result};
use crate::finding::Fingerprint;

/// The default name, at the repository's root.
pub const FILE: &str = ".shield-hook.baseline";

const HEAD: &str = "# shield-hook baseline: known secrets that do not block.\n\
                    # fingerprint\trule\tpath\treason\n";

/// One known secret in one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BaselineEntry {
    /// Names the secret under its rule. A finding is known by this alone.
    pub fingerprint: Fingerprint,
    /// The rule, for people.
    pub rule: String,
    /// The path at the time of writing, for people.
    pub path: BString,
    /// Why it may stay; can be empty.
    pub reason: String,
}

/// The entries of one file.
#[derive(Debug, Default)]
pub struct Baseline {
    /// How messages name the file.
    pub name: String,
    entries: BTreeMap<(Fingerprint, BString), BaselineEntry>,
    known: HashMap<Fingerprint, String>,
}

impl Baseline {
    /// Reads a baseline that messages call `name`.
    ///
    /// # Errors
    /// Exit 3, naming the line: conflict markers, or a line that is no entry.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self> {
        let text = config::text(name, bytes)?;
        if let Some(tool) = foreign(text) {
            return Err(Error::usage(format!("{name}: this is a file of {tool}, not a shield-hook baseline"))
                .help(format!("carry it over with `shield-hook migrate --from {tool}`")));
        }
        let mut entries = Vec::new();
        for (n, line) in text.lines().enumerate() {
            let at = n + 1;
            if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|marker| line.starts_with(marker)) {
                return Err(Error::usage(format!("{name}:{at}: a merge conflict is not resolved"))
                    .help("keep the entries of both sides and delete the lines with the markers")
                    .help(format!("`{name} merge=union` in .gitattributes does that by itself from now on")));
            }
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            entries.push(BaselineEntry::parse(line).map_err(|why| {
                Error::usage(format!("{name}:{at}: not a baseline entry: {why}"))
                    .help("remove the line, or rewrite the file with `shield-hook baseline update`")
            })?);
        }
        Ok(Self::of(name, entries))
    }

    /// A baseline of these entries.
    pub fn of(name: &str, entries: impl IntoIterator<Item = BaselineEntry>) -> Self {
        let mut baseline = Self { name: name.to_owned(), ..Self::default() };
        for entry in entries {
            // Of doubled lines the one with a reason wins.
            let known = baseline.known.entry(entry.fingerprint).or_default();
            if known.is_empty() {
                known.clone_from(&entry.reason);
            }
            let key = (entry.fingerprint, entry.path.clone());
            let slot = baseline.entries.entry(key).or_insert_with(|| entry.clone());
            if slot.reason.is_empty() {
                slot.reason = entry.reason;
            }
        }
        baseline
    }

    /// The reason for a known secret (empty when none was given); none for an unknown one.
    pub fn reason(&self, fingerprint: &Fingerprint) -> Option<&str> {
        self.known.get(fingerprint).map(String::as_str)
    }

    /// Whether it is known.
    pub fn contains(&self, fingerprint: &Fingerprint) -> bool {
        self.known.contains_key(fingerprint)
    }

    /// All entries, sorted.
    pub fn entries(&self) -> impl Iterator<Item = &BaselineEntry> {
        self.entries.values()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Entries whose secret is not among `used`.
    pub fn unused(&self, used: &HashSet<Fingerprint>) -> impl Iterator<Item = &BaselineEntry> {
        self.entries().filter(move |e| !used.contains(&e.fingerprint))
    }

    /// The file's content.
    pub fn write(&self) -> String {
        let mut out = HEAD.to_owned();
        for e in self.entries() {
            let path = redact::name(&escape(e.path.as_ref()));
            let reason = escape(redact::message(&e.reason).as_str().into());
            out.push_str(format!("{}\t{}\t{path}\t{reason}", e.fingerprint, e.rule).trim_end());
            out.push('\n');
        }
        out
    }
}

impl BaselineEntry {
    fn parse(line: &str) -> Result<Self, &'static str> {
        let mut fields = line.split('\t');
        let fingerprint = fields.next().unwrap_or_default();
        let fingerprint = Fingerprint::parse(fingerprint).ok_or("it must begin with a fingerprint of 32 hex digits")?;
        let rule = fields.next().filter(|id| is_id(id)).ok_or("a tab and a rule's id must follow the fingerprint")?;
        let path =
            unescape(fields.next().unwrap_or_default()).ok_or("its path holds a backslash that means nothing")?;
        let reason = unescape(fields.next().unwrap_or_default()).ok_or("its reason holds a wrong backslash")?;
        match fields.next() {
            Some(_) => Err("it has more than four fields"),
            None => Ok(Self { fingerprint, rule: rule.to_owned(), path, reason: reason.to_string() }),
        }
    }
}

/// Names the tool whose file this is, when it is one of those that people try.
fn foreign(text: &str) -> Option<&'static str> {
    let start = text.trim_start();
    let head: String = start.chars().take(4096).collect();
    if start.starts_with('[') && head.contains("\"RuleID\"") {
        return Some("gitleaks");
    }
    (start.starts_with('{') && head.contains("\"plugins_used\"")).then_some("detect-secrets")
}

/// Writes bytes on one line without tabs: `\t`, `\n`, `\r`, `\\`, and `\xNN` for invalid UTF-8 and other controls.
pub fn escape(bytes: &BStr) -> String {
    let mut out = String::new();
    for (from, to, c) in bytes.char_indices() {
        match c {
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() || c == char::REPLACEMENT_CHARACTER => {
                bytes[from..to].iter().for_each(|b| out.push_str(&format!("\\x{b:02x}")));
            }
            c => out.push(c),
        }
    }
    out
}

fn unescape(text: &str) -> Option<BString> {
    let (mut out, mut bytes) = (Vec::with_capacity(text.len()), text.bytes());
    while let Some(b) = bytes.next() {
        if b != b'\\' {
            out.push(b);
            continue;
        }
        out.push(match bytes.next()? {
            b't' => b'\t',
            b'n' => b'\n',
            b'r' => b'\r',
            b'\\' => b'\\',
            b'x' => {
                let digits = [bytes.next()?, bytes.next()?];
                data_encoding::HEXLOWER_PERMISSIVE.decode(&digits).ok()?[0]
            }
            _ => return None,
        });
    }
    Some(BString::from(out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Secret;

    fn entry(secret: &str, path: &[u8], reason: &str) -> BaselineEntry {
        BaselineEntry {
            fingerprint: Fingerprint::of("some-rule", &Secret::new(secret.as_bytes(), 0)),
            rule: "some-rule".into(),
            path: path.into(),
            reason: reason.into(),
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let entries = [
            entry("one", b"a b/c.txt", "revoked in May"),
            entry("one", b"tab\tnew\nline\\ \xff \xef\xbf\xbd", "a\tb"),
            entry("two", "é".as_bytes(), ""),
        ];
        let written = Baseline::of("b", entries.clone()).write();
        let back = Baseline::parse("b", written.as_bytes()).expect("valid");
        let mut sorted = entries.to_vec();
        sorted.sort();
        assert_eq!(back.entries().cloned().collect::<Vec<_>>(), sorted);
        assert_eq!(back.write(), written);
        let lines: Vec<_> = written.lines().skip(2).collect();
        assert!(lines.is_sorted(), "{lines:?}");
    }

    #[test]
    fn a_union_merge_is_the_union() {
        let (a, b, c) = (entry("a", b"x", ""), entry("b", b"y", "known"), entry("c", b"z", ""));
        let ours = Baseline::of("", [a, b.clone()]).write();
        let theirs = Baseline::of("", [b.clone(), c]).write();
        let both = Baseline::parse("b", (ours + &theirs).as_bytes()).expect("valid");
        assert_eq!(both.len(), 3);
        assert_eq!(both.reason(&b.fingerprint), Some("known"));
        assert_eq!(both.unused(&HashSet::from([b.fingerprint])).count(), 2);
    }

    #[test]
    fn bad_lines_are_named() {
        let good = Baseline::of("", [entry("a", b"x", "")]).write();
        for (line, wanted) in [
            ("<<<<<<< HEAD", "b:4: a merge conflict is not resolved"),
            ("=======", "b:4: a merge conflict"),
            (">>>>>>> theirs", "b:4: a merge conflict"),
            ("||||||| base", "b:4: a merge conflict"),
            ("hello", "b:4: not a baseline entry: it must begin with a fingerprint"),
            ("00112233445566778899aabbccddeeff", "a rule's id must follow"),
            ("00112233445566778899aabbccddeeff\tr\ta\\q", "a backslash that means nothing"),
            ("00112233445566778899aabbccddeeff\tr\ta\tb\tc", "more than four"),
        ] {
            let error = Baseline::parse("b", format!("{good}{line}\n").as_bytes()).expect_err(line).to_string();
            assert!(error.contains(wanted), "{line}\n{error}");
        }
        assert_eq!(
            Baseline::parse("b", format!("{}\r\n", good.replace('\n', "\r\n")).as_bytes()).expect("CRLF").len(),
            1
        );
    }

    #[test]
    fn files_of_other_tools_are_told_apart() {
        let error = Baseline::parse("b", b"[\n {\n  \"RuleID\": \"x\"\n }\n]").expect_err("foreign").to_string();
        assert!(error.contains("migrate --from gitleaks"), "{error}");
        let error =
            Baseline::parse("b", b"{\"version\": \"1.5.0\", \"plugins_used\": []}").expect_err("foreign").to_string();
        assert!(error.contains("migrate --from detect-secrets"), "{error}");
    }
}
