//! `.shield-hook.toml` as it is written; [`super::Policy`] is the result of all layers.

use super::allowlist::Allowance;
use super::inline::Honour;
use super::unread::UnreadPolicy;
use crate::document::Section;
use crate::error::{Error, Result};
use crate::package::signature::TrustedKeys;
use crate::rule::{Confidence, Severity};

/// The configuration file's name, at the repository's root.
pub const FILE: &str = ".shield-hook.toml";

/// One configuration file as it is written. Keys that are not set are `None` or empty.
#[derive(Debug, Default)]
pub struct Config {
    /// The lowest confidence that blocks.
    pub block: Option<Confidence>,
    /// The lowest severity that blocks.
    pub severity: Option<Severity>,
    /// Rule files or globs, relative to the file's directory, each with its line.
    pub rules: Vec<(usize, String)>,
    /// Whether those replace the built-in rules.
    pub replace_builtin: Option<bool>,
    /// Ids of rules that do not run, each with its line.
    pub disable: Vec<(usize, String)>,
    /// Larger objects make the scan incomplete, in bytes.
    pub max_object: Option<u64>,
    /// The baseline's path, with its line.
    pub baseline: Option<(usize, String)>,
    /// Whether content that is published elsewhere blocks.
    pub published_elsewhere: Option<PublishedElsewhere>,
    /// Whether a secret that a change moves from one file to another blocks.
    pub block_moved: Option<bool>,
    /// Whether findings that rest on context alone block in tests, examples and documentation too.
    pub block_tests_and_docs: Option<bool>,
    /// Which inline directives are honoured.
    pub inline: Option<Honour>,
    /// `[ci]`: the allowances that a change may bring for itself.
    pub accept: Option<Accept>,
    /// `[server]`: whether a push that weakens the policy is refused.
    pub refuse_weakened: Option<bool>,
    /// `[server]`: the bytes that a push may have when it is unpacked.
    pub push_bytes: Option<u64>,
    /// `[server]`: the seconds that reading a push may take.
    pub push_seconds: Option<u64>,
    /// `[push]`: whether the address that is pushed to is asked.
    pub ask: Option<bool>,
    /// `[push]`: the days for which a tracking ref counts; 0 for ever.
    pub tracking_days: Option<u64>,
    /// `[packages]`.
    pub packages: Packages,
    /// Globs of what a build makes.
    pub publish_built: Option<Vec<String>>,
    /// `[advisories]`, with its line.
    pub advisories: Option<(usize, Feed)>,
    /// The allowances, in the order of the file.
    pub allow: Vec<Allowance>,
    /// Content that may stay unread.
    pub unread: UnreadPolicy,
    /// Section, key and line of every key that is set.
    pub(super) set: Vec<(&'static str, &'static str, usize)>,
}

/// The words of [`Confidence`].
pub const CONFIDENCES: &[(&str, Confidence)] =
    &[("high", Confidence::High), ("medium", Confidence::Medium), ("low", Confidence::Low)];

pub(super) const SEVERITIES: &[(&str, Severity)] =
    &[("critical", Severity::Critical), ("high", Severity::High), ("medium", Severity::Medium), ("low", Severity::Low)];

/// Whether a push is stopped for content that is published, but not where it goes. From the mildest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PublishedElsewhere {
    /// Never.
    Report,
    /// Only while nothing is known to be published where it goes.
    Auto,
    /// Always.
    Block,
}

/// The words of [`PublishedElsewhere`].
pub const ELSEWHERE: &[(&str, PublishedElsewhere)] =
    &[("auto", PublishedElsewhere::Auto), ("block", PublishedElsewhere::Block), ("report", PublishedElsewhere::Report)];

/// The choices for findings that only warn by default.
pub(super) const MILD: &[(&str, bool)] = &[("report", false), ("block", true)];

/// The allowances that a change may bring for itself, by the branch it goes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Accept {
    /// Nothing: it blocks until the branch itself allows it.
    #[default]
    Nothing,
    /// Its own findings, each by its fingerprint or by a directive with rule and reason: a review decides.
    Fingerprint,
}

pub(super) const ACCEPT: &[(&str, Accept)] = &[("none", Accept::Nothing), ("fingerprint", Accept::Fingerprint)];

pub(super) const INLINE: &[(&str, Honour)] = &[("all", Honour::All), ("own", Honour::Own), ("none", Honour::Nothing)];

impl Config {
    /// The line that sets a key, when this file does.
    pub fn line_of(&self, section: &str, key: &str) -> Option<usize> {
        self.set.iter().find(|(s, k, _)| (*s, *k) == (section, key)).map(|(_, _, line)| *line)
    }

    /// Section, key and line of every key that this file sets.
    pub fn set(&self) -> impl Iterator<Item = (&'static str, &'static str, usize)> {
        self.set.iter().copied()
    }

    /// Compiles the patterns of the allowances, which reading alone leaves as text.
    ///
    /// # Errors
    /// Exit 3, as [`Allowance::prove`].
    pub fn prove(&self) -> Result<()> {
        self.allow.iter().try_for_each(Allowance::prove)
    }
}

/// `[packages]` as it is written.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Packages {
    /// Gate rules that are named, and whether they block.
    pub(super) block: Vec<(&'static str, bool)>,
    /// Tiers of popularity.
    pub(super) tiers: Option<Vec<u64>>,
    /// Days that a version must have been out, tier by tier.
    pub(super) cooldown: Option<Vec<u64>>,
    /// Whether registries are asked.
    pub(super) online: Option<bool>,
}

/// `[advisories]` as it is written: where `advisories update` looks, and whose signature it wants.
///
/// Only the user's own file may say so: a repository does not choose whom its guest trusts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feed {
    /// minisign public keys.
    pub key: Vec<String>,
    /// A file, a folder or an address.
    pub from: Option<String>,
}

impl Feed {
    pub(super) fn read(section: &Section<'_>) -> Result<Feed> {
        let mut feed = Feed::default();
        if let Some(field) = section.get("key") {
            feed.key = field.one_or_more()?;
            for key in &feed.key {
                TrustedKeys::default().add(key).map_err(|why| field.error(format_args!("is {why}")))?;
            }
            if feed.key.is_empty() {
                return Err(field.error("holds no key"));
            }
        }
        feed.from = section.get("from").map(|f| f.text()).transpose()?;
        Ok(feed)
    }
}

pub(super) const WARN: &[(&str, bool)] = &[("warn", false), ("block", true)];

impl Packages {
    /// Refuses numbers that do not fit together.
    pub(super) fn check(&self, section: &Section<'_>) -> Result<()> {
        if let Some(tiers) = self.tiers.as_ref().filter(|tiers| !tiers.is_sorted()) {
            return Err(section.error(format_args!("`packages.tiers` must grow from tier to tier, not {tiers:?}")));
        }
        let (tiers, cooldown) = (self.tiers.as_deref().unwrap_or_default(), self.cooldown.as_deref());
        if cooldown.is_some_and(|days| days.len() > tiers.len() + 1) {
            return Err(section
                .error("`packages.cooldown` has more numbers than there are tiers")
                .help("one number a tier, and one more for all other packages"));
        }
        Ok(())
    }
}

/// A policy file as text: UTF-8, with or without a byte order mark.
///
/// # Errors
/// Exit 3, naming the line that is not UTF-8.
pub fn text<'t>(name: &str, bytes: &'t [u8]) -> Result<&'t str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|e| {
        let line = memchr::memchr_iter(b'\n', &bytes[..e.valid_up_to()]).count() + 1;
        Error::usage(format!("{name}:{line}: not valid UTF-8")).help("save the file as UTF-8")
    })
}

#[cfg(test)]
mod tests {
    use super::super::keys::{Form, SECTIONS};
    use super::*;
    use crate::policy::unread::Lfs;

    fn fails(text: &str) -> String {
        let read = Config::parse("f.toml", text.as_bytes());
        read.and_then(|config| config.prove()).expect_err(text).to_string()
    }

    #[test]
    fn every_key() {
        let config = Config::parse(
            "f.toml",
            br#"
block = "high"
severity = "medium"
rules = ["security/*.toml"]
replace-builtin = true
disable = ["some-rule"]
max-object = "2 MiB"
baseline = "known"
published-elsewhere = "block"
moved = "block"
tests-and-docs = "block"
inline = "own"
[[allow]]
path = "docs/**"
rule = "generic-password"
reason = "sample configuration"
expires = 2027-01-31
[[allow]]
fingerprint = "00112233445566778899aabbccddeeff"
commit = "0123abc"
reason = "revoked"
expires = "2027-01-31"
[[allow]]
path = ["a/", "*.md"]
broad = true
reason = "all of it is made up"
"#,
        )
        .expect("valid");
        assert_eq!(config.block, Some(Confidence::High));
        assert_eq!(config.severity, Some(Severity::Medium));
        assert_eq!(config.rules, [(4, "security/*.toml".to_owned())]);
        assert_eq!(config.max_object, Some(2 << 20));
        assert_eq!(config.baseline, Some((8, "known".to_owned())));
        assert_eq!(config.published_elsewhere, Some(PublishedElsewhere::Block));
        assert_eq!(config.block_moved, Some(true));
        assert_eq!(config.block_tests_and_docs, Some(true));
        assert_eq!(config.inline, Some(Honour::Own));
        assert_eq!(config.allow.len(), 3);
        assert_eq!(config.allow[0].line, 13);
        assert_eq!(config.allow[0].expires, config.allow[1].expires);
        assert!(config.allow[0].is_broad() == Ok(false) && config.allow[2].is_broad() == Ok(true));
    }

    #[test]
    fn the_parser_knows_every_key() {
        for section in SECTIONS {
            let text = match section.form {
                Form::Top => String::new(),
                Form::Tables => format!("[[{}]]\n", section.name),
                _ => format!("[{}]\n", section.name),
            };
            let known = fails(&format!("{text}no-such-key-at-all = 1"));
            for key in section.keys {
                assert!(known.contains(key.name), "{} is not read", section.path(key));
            }
        }
    }

    #[test]
    fn a_reserved_section_may_be_empty() {
        for section in SECTIONS.iter().filter(|section| section.form == Form::Reserved) {
            let text = format!("[{}]\n", section.name);
            assert!(Config::parse("f.toml", text.as_bytes()).is_ok());
            let error = fails(&format!("{text}key = 1"));
            assert!(error.contains("f.toml:2:1") && error.contains("remove the section"), "{error}");
        }
    }

    #[test]
    fn what_may_stay_unread() {
        let read = |text: &str| Config::parse("f.toml", text.as_bytes()).expect(text).unread;
        assert_eq!(read("").lfs, None);
        assert_eq!(read("[unread]\nlfs = \"report\"").lfs, Some(Lfs::Report));
        let all = read("[[unread]]\nlfs = \"require\"\n[[unread]]\npath = [\"vendor/\", \"*.7z\"]\nreason = \"ours\"");
        assert_eq!((all.lfs, all.accepted.len(), all.accepted[0].line), (Some(Lfs::Require), 1, 3));
        for path in ["vendor/a.zip", "vendor/a.zip!b/c", "x/y.7z", "x/y.7z!z"] {
            assert!(all.accepted[0].covers(path), "{path}");
        }
        assert!(!all.accepted[0].covers("src/a.zip!vendor/b"));
        for text in ["[[unread]]\npath = \"a\"", "[unread]\nreason = \"b\"", "[unread]\nlfs = \"maybe\"", "unread = 1"]
        {
            assert!(fails(text).starts_with("f.toml:"), "{text}");
        }
    }

    #[test]
    fn an_unknown_key_names_line_and_neighbour() {
        let error = fails("block = \"high\"\n\nblok = 1\n");
        assert!(error.starts_with("f.toml:3:1: unknown key `blok`"), "{error}");
        assert!(error.contains("did you mean `block`?"), "{error}");
        let error = fails("[[allow]]\nrule = \"x\"\nreason = \"y\"\nexpire = 2027-01-01\n");
        assert!(error.starts_with("f.toml:4:1: unknown key `expire` in `allow`"), "{error}");
        assert!(error.contains("did you mean `expires`?"), "{error}");
        assert!(fails("[packages]\nx = 1\n").starts_with("f.toml:2:1: unknown key `x` in `packages`"));
    }

    #[test]
    fn wrong_types_and_values() {
        for (text, wanted) in [
            ("block = 1", "f.toml:1:9: `block` must be one of \"high\", \"medium\", \"low\", not an integer"),
            ("block = \"hihg\"", "did you mean \"high\"?"),
            ("disable = \"x\"", "`disable` must be a list of strings, not a string"),
            ("disable = [1]", "`disable` must be a list of strings, not an integer"),
            ("max-object = \"big\"", "`max-object` must be a size such as \"1 GiB\""),
            ("max-object = 0", "must be more than nothing"),
            ("replace-builtin = 1", "must be true or false"),
            ("replace-builtin = true", "leaves no rule at all"),
            ("allow = 1", "a list of tables, each headed [[allow]]"),
            ("[allow]\nrule = \"x\"", "a list of tables, each headed [[allow]]"),
            ("[[allow]]\nrule = \"x\"\nreason = \"y\"\nexpires = 2027-02-30", "f.toml:4"),
            ("[[allow]]\nrule = \"x\"\nreason = \"y\"\nexpires = \"soon\"", "a date such as 2027-01-31"),
            ("[[allow]]\nrule = \"x\"\nreason = \"y\"\nexpires = 2027-01-31T10:00:00Z", "a date such as 2027-01-31"),
            ("[[allow]]\nrule = \"x\"", "an allowance needs a reason"),
            ("[[allow]]\nrule = \"x\"\nreason = \" \"", "must not be empty"),
            ("[[allow]]\npath = \"**\"\nreason = \"y\"", "broad = true"),
            ("[[allow]]\nvalue = \".*\"\nreason = \"y\"", "broad = true"),
            ("[[allow]]\nvalue = \".\"\nreason = \"y\"", "broad = true"),
            ("[[allow]]\nvalue = \"^.{8,}$\"\nreason = \"y\"", "broad = true"),
            ("[[allow]]\nvalue = \"(\"\nreason = \"y\"", "`allow.value` is not a regex"),
            ("[[allow]]\npath = \"a[\"\nrule = \"x\"\nreason = \"y\"", "`allow.path` is not a glob"),
            ("[[allow]]\nrule = \"No Rule\"\nreason = \"y\"", "must be a rule's id"),
            ("[[allow]]\nfingerprint = \"12\"\nreason = \"y\"", "32 hex digits"),
            ("[[allow]]\ncommit = \"12\"\nrule = \"x\"\nreason = \"y\"", "7 or more hex digits"),
            ("block = \"high\"\nblock = \"low\"", "not valid TOML"),
            ("block =", "not valid TOML"),
        ] {
            let error = fails(text);
            assert!(error.contains(wanted), "{text}\n{error}");
        }
    }

    #[test]
    fn packages() {
        let text = "[packages]\ninstall-script = \"block\"\ntiers = [500, 3_000]\ncooldown = [3, 7]\n";
        let config = Config::parse("f.toml", text.as_bytes()).expect("valid");
        assert_eq!((config.packages.tiers, config.packages.cooldown), (Some(vec![500, 3000]), Some(vec![3, 7])));
        assert_eq!(config.packages.block, [("install-script", true)]);
        for (text, wanted) in [
            ("[packages]\ntiers = [2, 1]", "must grow"),
            ("[packages]\ncooldown = [1, 2]", "more numbers than there are tiers"),
            ("[packages]\ncooldown = [-1]", "whole numbers"),
            ("[packages]\ncooldown = 3", "whole numbers"),
            ("[packages]\nsource = \"deny\"", "must be one of"),
        ] {
            let error = fails(text);
            assert!(error.contains(wanted), "{text}\n{error}");
        }
    }

    #[test]
    fn not_utf_8_names_the_line() {
        let error = Config::parse("f.toml", b"block = \"high\"\n# \xff\n").expect_err("invalid").to_string();
        assert!(error.starts_with("f.toml:2: not valid UTF-8"), "{error}");
        assert!(Config::parse("f.toml", b"\xef\xbb\xbfblock = \"high\"\n").is_ok(), "a byte order mark is no error");
    }
}
