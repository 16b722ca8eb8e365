//! Findings: secrets of the engine's matches, their verdicts and their repairs.

pub mod excerpt;
pub mod repair;

use std::borrow::Cow;
use std::fmt;

use bstr::BStr;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

use crate::chunk::{ChunkPlace, Kind};
use crate::rule::{Confidence, Rule};

/// A credential. Printing, debugging and serialising it give the masked form only.
///
/// [`Secret::expose`] is the one way to the bytes; its callers are few, and a test lists them.
///
/// ```
/// use shield_hook::finding::Secret;
///
/// let secret = Secret::new(b"abc_0123456789", 4);
/// assert_eq!(format!("{secret:?} {secret}"), "abc_**** abc_****");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret {
    bytes: Box<[u8]>,
    visible: Visible,
}

/// The part of a [`Secret`] that may be shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Visible {
    /// The provider's prefix, so many bytes long.
    Prefix(usize),
    /// All of it: the text is no credential.
    Everything,
}

impl Secret {
    /// Wraps a credential whose first `public` bytes are its provider's prefix, known to everybody.
    pub fn new(bytes: &[u8], public: usize) -> Self {
        Self { bytes: bytes.into(), visible: Visible::Prefix(public.min(bytes.len())) }
    }

    /// Wraps the subject of a finding that is no credential, such as a package's name: it is shown in full.
    pub fn public(bytes: &[u8]) -> Self {
        Self { bytes: bytes.into(), visible: Visible::Everything }
    }

    /// Returns whether this is no credential, and may be shown.
    pub fn is_public(&self) -> bool {
        self.visible == Visible::Everything
    }

    /// The credential itself, never to be printed, logged or stored.
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }

    /// Masks every occurrence of this credential in `text`.
    pub fn hide_in(&self, text: &mut String) {
        if let Ok(value) = std::str::from_utf8(&self.bytes)
            && !value.is_empty()
            && text.contains(value)
        {
            *text = text.replace(value, &self.masked());
        }
    }

    /// The public prefix and four asterisks, whatever the length.
    pub fn masked(&self) -> String {
        let Visible::Prefix(public) = self.visible else { return String::from_utf8_lossy(&self.bytes).into_owned() };
        // A prefix that covers most of the value would give it away.
        let shown = if public * 2 > self.bytes.len() { 0 } else { public };
        format!("{}****", String::from_utf8_lossy(&self.bytes[..shown]))
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.masked())
    }
}

/// The identity of one secret of one rule in every file: it survives rebase, squash, line moves and renames.
///
/// SHA-256 over a domain string, the rule's id and the secret, cut to 16 bytes; written in lower-case hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// The fingerprint of `secret` under the rule called `rule`.
    pub fn of(rule: &str, secret: &Secret) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"shield-hook fingerprint 1\0");
        hash.update(rule.as_bytes());
        hash.update(b"\0");
        hash.update(secret.expose());
        let mut id = [0; 16];
        id.copy_from_slice(&hash.finalize()[..16]);
        Self(id)
    }

    /// Reads the 32 hex digits that `Display` writes.
    ///
    /// ```
    /// use shield_hook::finding::{Fingerprint, Secret};
    ///
    /// let fingerprint = Fingerprint::of("some-rule", &Secret::new(b"a value", 0));
    /// assert_eq!(Fingerprint::parse(&fingerprint.to_string()), Some(fingerprint));
    /// assert_eq!(Fingerprint::parse("no fingerprint"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The offline proof of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verified {
    /// A checksum inside the token holds.
    Checksum,
    /// The token parses in its claimed format (macaroon, PEM, JWT ...).
    Structure,
}

/// The position of a finding in a file or message. Lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Its path is relative to the repository's root (or to the scanned directory), `/`-separated.
    pub place: ChunkPlace,
    /// The line the secret begins on.
    pub line: usize,
    /// The column the secret begins at, in characters.
    pub column: usize,
    /// The line the secret ends on.
    pub end_line: usize,
}

impl Location {
    /// The path, or the description of an object without one.
    pub fn path(&self) -> &BStr {
        self.place.path()
    }

    /// The kind of the scanned content.
    pub fn kind(&self) -> Kind {
        self.place.kind()
    }

    /// The key by which reports are sorted.
    pub fn order(&self) -> (&BStr, usize, usize, usize) {
        (self.path(), self.line, self.column, self.end_line)
    }
}

/// A line of the scanned text as a report may show it: every candidate in it is masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The masked line, without its line end, cut to a sensible width.
    pub text: String,
    /// The bytes of the masked secret in `text`.
    pub span: std::ops::Range<usize>,
}

/// The decision about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The finding is new, and the policy blocks it.
    Block,
    /// The finding is reported and does not block, for this reason.
    Warn(WarnReason),
    /// A directive or the policy allows the finding.
    Allowed(AllowedBy),
    /// The secret was in the file before this change.
    Old,
}

/// The reason why a finding is reported and does not block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WarnReason {
    /// The rule is on trial.
    Experimental,
    /// The policy blocks only what the engine is more certain of.
    LowConfidence,
    /// The policy blocks only what is graver.
    LowSeverity,
    /// The content was there before the change.
    StoodBefore,
    /// The content may have been there before a push: the commit from which that would be known is gone.
    MayHaveStoodBefore,
    /// The content was in the file with this path, which lost it in the same change.
    MovedFrom(String),
    /// The content is published by the holder with this name.
    PublishedBy(String),
    /// The change itself allows the finding, at this line, and the policy accepts that.
    Accepted(String),
    /// A weakening of the policy that does not stop the change, in these words.
    Tolerated(String),
}

const STOOD_BEFORE: &str = "it was there before this change";

impl WarnReason {
    /// Replaces the text that came from a repository by what `rewrite` makes of it.
    pub fn rewrite(&mut self, rewrite: impl Fn(&mut String)) {
        match self {
            Self::MovedFrom(text) | Self::PublishedBy(text) | Self::Accepted(text) | Self::Tolerated(text) => {
                rewrite(text)
            }
            Self::Experimental
            | Self::LowConfidence
            | Self::LowSeverity
            | Self::StoodBefore
            | Self::MayHaveStoodBefore => {}
        }
    }
}

impl fmt::Display for WarnReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Experimental => f.write_str("the rule is experimental"),
            Self::LowConfidence => f.write_str("its confidence is below what blocks"),
            Self::LowSeverity => f.write_str("its severity is below what blocks"),
            Self::StoodBefore => f.write_str(STOOD_BEFORE),
            Self::MayHaveStoodBefore => f.write_str("it may have been there before: that commit is gone"),
            Self::MovedFrom(path) => write!(f, "moved here from {path}, where it was before"),
            Self::PublishedBy(holder) => write!(f, "already published: {holder} holds it"),
            Self::Accepted(place) => write!(f, "accepted: {place} allows its fingerprint"),
            Self::Tolerated(why) => f.write_str(why),
        }
    }
}

/// The author's permission for a finding, in the words of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedBy {
    /// A directive of ours beside the secret, which names the rule and a reason.
    Directive(String),
    /// A directive of another scanner beside the secret, which covers every rule.
    ForeignDirective(String),
    /// An entry of the allowlist or of the baseline.
    Policy(String),
}

impl AllowedBy {
    /// Returns whether the permission is part of the scanned text.
    pub fn is_in_source(&self) -> bool {
        !matches!(self, Self::Policy(_))
    }

    /// The text of a report: the file or directive, its line and its reason.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Directive(text) | Self::ForeignDirective(text) | Self::Policy(text) => text,
        }
    }
}

impl fmt::Display for AllowedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Verdict {
    /// Returns whether the verdict stops the operation.
    pub fn blocks(&self) -> bool {
        matches!(self, Self::Block)
    }

    /// The word of the contract: `block`, `warn`, `allowed` or `old`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Warn(_) => "warn",
            Self::Allowed(_) => "allowed",
            Self::Old => "old",
        }
    }

    /// The reason why the finding does not block.
    pub fn reason(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Block => None,
            Self::Warn(why) => Some(why.to_string().into()),
            Self::Old => Some(STOOD_BEFORE.into()),
            Self::Allowed(by) => Some(by.as_str().into()),
        }
    }
}

/// One way to go, and the commands that go it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Step {
    /// The effect of the commands, as an instruction.
    pub what: String,
    /// Command lines for a POSIX shell, in their order.
    pub run: Vec<String>,
}

/// The provider of every rule about packages.
pub const PACKAGES: &str = "supply chain";

/// One credential in one file or message.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// The confidence of the engine, after proof, entropy and context.
    pub confidence: Confidence,
    /// The position.
    pub location: Location,
    /// The commit that brings it, in hex; none for the index, files and standard input.
    pub commit: Option<String>,
    /// The credential, which cannot be displayed.
    pub secret: Secret,
    /// Names this secret under this rule.
    pub fingerprint: Fingerprint,
    /// The offline proof that holds, if any.
    pub verified: Option<Verified>,
    /// Details of the proof or the decoding, for people: an account, an expiry, "inside base64".
    pub notes: Vec<String>,
    /// The masked line.
    pub excerpt: Excerpt,
    /// The decision of the policy.
    pub verdict: Verdict,
    /// The steps that repair a blocking finding; empty until they are planned.
    pub repair: Vec<Step>,
}

impl Finding {
    /// Returns whether this is about a package and not about a secret.
    pub fn is_about_package(&self) -> bool {
        self.rule.provider == PACKAGES
    }
}
