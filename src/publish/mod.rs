//! The publish gate: the last look at an artefact before it goes to a registry.
//!
//! An artefact is opened in memory, within limits. Its members take the same way as the files of a commit: every rule, the
//! package gate and the path policy. Around that, the gate asks about the artefact itself: is a member one that no honest
//! packer writes, does a file not belong into a release, does the repository know the file, and what does the release do
//! that the one before did not do?

mod artefact;
mod files;
mod format;
mod glob;
mod receipt;
mod release;
mod repository;
mod source;
mod suspicion;

pub use artefact::{Artefact, Member, MemberPart};
pub use format::PackageFormat;
pub use receipt::Receipt;
pub use repository::Tie;
pub use source::ArtefactSource;
pub use suspicion::{Suspicion, suspicions};

use bstr::{BStr, ByteSlice};

use crate::archive::Odd;
use crate::chunk::ChunkPlace;
use crate::finding::{Excerpt, Finding, Fingerprint, Location, Secret, Verdict};
use crate::package::rules;
use crate::policy::Policy;
use crate::rule::{Confidence, Rule};

/// Something about an artefact that is no secret and no package.
struct Remark<'a> {
    rule: &'static Rule,
    confidence: Confidence,
    path: &'a BStr,
    /// The subject in public words, which the fingerprint is made of.
    subject: String,
    notes: Vec<String>,
}

/// The findings about the artefact itself; `before` is the release before it.
pub fn inspect(artefact: &Artefact, before: Option<&Artefact>, tie: Option<&Tie>, policy: &Policy) -> Vec<Finding> {
    let mut remarks: Vec<Remark<'_>> = artefact.members.iter().flat_map(unsafe_member).collect();
    remarks.extend(files::remarks(artefact, before));
    remarks.extend(before.map(|before| release::remarks(artefact, before)).unwrap_or_default());
    remarks.extend(suspicious(artefact, before));
    remarks.extend(tie.and_then(Tie::remark));
    let runs = remarks.into_iter().filter(|remark| policy.runs(remark.rule.id));
    runs.map(|remark| remark.finding(artefact, policy)).collect()
}

/// The suspicious source files, but for those that were as suspicious in the release before.
fn suspicious<'a>(artefact: &'a Artefact, before: Option<&'a Artefact>) -> Vec<Remark<'a>> {
    let old = before.map(suspicions).unwrap_or_default();
    let is_old = |file: &Suspicion<'_>| old.iter().any(|old| old.path == file.path && old.what == file.what);
    let files = suspicions(artefact).into_iter().filter(|file| !is_old(file));
    files
        .map(|file| Remark {
            rule: &rules::SUSPICIOUS_CODE,
            // Code that does what attacks do, in a package whose last release did not: a release that was taken over.
            confidence: if before.is_some() { Confidence::High } else { Confidence::Low },
            path: file.path,
            subject: file.what.join("; "),
            notes: vec![file.sentence()],
        })
        .collect()
}

/// What is wrong with a member before anybody looks at its content.
fn unsafe_member(member: &Member) -> impl Iterator<Item = Remark<'_>> {
    member.odd.iter().map(|odd| {
        let what = match odd {
            Odd::LeadsOut => "its path leads out of the folder that it is unpacked in",
            Odd::Absolute => "its path is absolute",
            Odd::LinkOut => "it is a link that leads out of the artefact",
            Odd::Doubled => "another member has its path: which of them counts depends on who unpacks it",
        };
        Remark {
            rule: &rules::UNSAFE_MEMBER,
            confidence: Confidence::High,
            path: member.path.as_ref(),
            subject: what.to_owned(),
            notes: vec![what.to_owned()],
        }
    })
}

impl Remark<'_> {
    fn finding(self, artefact: &Artefact, policy: &Policy) -> Finding {
        let subject = Secret::public(self.subject.as_bytes());
        let blocks = policy.packages.block.contains(self.rule.id);
        let mut finding = Finding {
            rule: self.rule,
            confidence: if blocks { Confidence::High } else { self.confidence },
            location: Location { place: ChunkPlace::File(artefact.shown(self.path)), line: 1, column: 1, end_line: 1 },
            commit: None,
            // The subject together with the member, so that an allowance for one file covers no other.
            fingerprint: Fingerprint::of(
                self.rule.id,
                &Secret::public(&[self.path.as_bytes(), b"\0", self.subject.as_bytes()].concat()),
            ),
            secret: subject,
            verified: None,
            notes: self.notes,
            excerpt: Excerpt { span: 0..self.subject.len(), text: self.subject },
            verdict: Verdict::Block,
            repair: Vec::new(),
        };
        let span = 0..0;
        let _ = policy.judge(&mut finding, b"", &span, &[]);
        finding
    }
}
