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
    /// Ranks of popularity down to which a provenance is demanded.
    pub(super) provenance: Option<Vec<u64>>,
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
    pub(super) fn read(section: &Section<'_>) -> Result<Self> {
        let mut feed = Self::default();
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
