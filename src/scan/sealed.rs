//! Files in clear that the repository declares encrypted: judged by the policy's declarations and the recorded content.

use bstr::ByteSlice;

use super::{ItemScan, ScanPart};
use crate::chunk::Kind;
use crate::finding::{Excerpt, Finding, Fingerprint, Location, Secret, Verdict, WarnReason};
use crate::path::purpose::path_kind;
use crate::policy::sealed::{self, InClear};
use crate::rule::Confidence;
use crate::source::{Content, Old};

/// Inspects one item. Files on disk are in clear wherever the repository is unlocked, so only recorded content counts.
pub(super) fn inspect(scan: &mut ItemScan<'_>, part: &mut ScanPart) {
    let (item, chunk, policy) = (scan.item, scan.chunk, scan.context.policy);
    if item.origin.kind() != Kind::File || !matches!(item.content, Content::Object(_)) {
        return;
    }
    let path = item.origin.path().to_str_lossy();
    let Some(in_clear) = policy.sealed.in_clear(&path, chunk.bytes).filter(|_| policy.runs(sealed::ID)) else { return };
    let stood_in_clear = match item.old {
        Old::Nothing | Old::WithoutPath => false,
        _ => scan.reader.old_sides(item).iter().any(|old| policy.sealed.in_clear(&path, old).is_some()),
    };
    let mut finding = finding(scan, in_clear);
    if stood_in_clear {
        finding.verdict = Verdict::Warn(WarnReason::StoodBefore);
    } else {
        part.used.extend(scan.decide(&mut finding, &(0..0), &[]));
    }
    part.findings.push(finding);
}

/// The content is not shown: every line of it may be a secret.
fn finding(scan: &ItemScan<'_>, InClear { tool, confidence }: InClear) -> Finding {
    let item = scan.item;
    let is_lowered = !scan.context.policy.block_tests_and_docs && path_kind(item.origin.path()).lowers();
    let subject = Secret::public(item.origin.path());
    Finding {
        rule: &sealed::RULE,
        confidence: if is_lowered { Confidence::Low } else { confidence },
        location: Location { place: item.origin.place.clone(), line: 1, column: 1, end_line: 1 },
        commit: item.origin.commit.clone(),
        fingerprint: Fingerprint::of(sealed::ID, &subject),
        secret: Secret::public(tool.name().as_bytes()),
        verified: None,
        notes: vec![format!("declared encrypted for {}, and recorded in clear", tool.name())],
        excerpt: Excerpt { text: String::new(), span: 0..0 },
        verdict: Verdict::Block,
        repair: Vec::new(),
    }
}
