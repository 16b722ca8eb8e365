//! The package gate in a scan: turns its drafts into findings with a verdict.

use std::ops::Range;

use bstr::{BStr, ByteSlice};

use super::{ItemScan, ScanPart};
use crate::chunk::{Chunk, Kind};
use crate::engine::Engine;
use crate::engine::redact::{self, Quoted};
use crate::error::Result;
use crate::finding::excerpt;
use crate::finding::{Excerpt, Finding, Fingerprint, Location, Secret, Verdict, WarnReason};
use crate::package::gate::{self, ComparisonMode, Draft, DraftPosition, GateReport, PackageGate};
use crate::package::{lockfile, rules};
use crate::path::special::is_special;
use crate::policy::Policy;
use crate::rule::Confidence;
use crate::source::{HistoryFilter, Item, Old, Skip};
use crate::terminal::text::is_unsafe;

/// The filter that decides which files of a history have to be scanned in full.
pub fn history_filter<'a>(engine: &'a Engine, policy: &'a Policy, gate: &'a PackageGate) -> HistoryFilter<'a> {
    HistoryFilter {
        engine,
        inspects_path: Box::new(|path| {
            is_special(path.as_bytes()) && gate::inspects_path(path) || policy.sealed.covers(path)
        }),
        has_hidden_text: Box::new(gate::has_hidden_text),
        has_package_finding: Box::new(|path, bytes| {
            gate.has_finding(path, bytes, &policy.packages) || policy.sealed.in_clear(path, bytes).is_some()
        }),
    }
}

/// Inspects one item for packages and for traces of attacks.
///
/// # Errors
/// The data of the package gate cannot be read.
pub(super) fn inspect(scan: &mut ItemScan<'_>, part: &mut ScanPart) -> Result<()> {
    if !matches!(scan.item.origin.kind(), Kind::File | Kind::Stdin) {
        return Ok(());
    }
    let path = scan.item.origin.path().to_str_lossy().into_owned();
    let Some(judged) = judge(scan, &path, part)? else { return Ok(()) };
    part.unknown_origin.extend(judged.unknown.iter().map(|package| (path.clone(), package.clone())));
    part.changes.extend(judged.change.filter(|c| !c.rows.is_empty()).map(|change| (path, change)));
    report(scan, judged.drafts, part);
    Ok(())
}

/// Returns whether a member of an archive may be a lockfile.
pub(super) fn may_list(path: &BStr) -> bool {
    lockfile::recognise(&path.to_str_lossy()).is_some_and(|format| format.is_lock() && !format.is_recipe())
}

/// Inspects a lockfile in an archive, for hijacked packages alone: everything else about packages is a matter of the
/// project whose own lockfile it is.
///
/// # Errors
/// The data of the package gate cannot be read.
pub(super) fn inspect_member(scan: &mut ItemScan<'_>, part: &mut ScanPart) -> Result<()> {
    // The gate goes by the last part of a path.
    let path = scan.item.origin.path().to_str_lossy().replace('!', "/");
    let Some(judged) = judge(scan, &path, part)? else { return Ok(()) };
    let hijacked = judged.drafts.into_iter().filter(|draft| draft.rule.id == rules::HIJACKED.id);
    report(scan, hijacked.collect(), part);
    Ok(())
}

/// The report of the gate on one item, whose path is `path` to the gate; nothing where it does not concern the gate.
fn judge(scan: &mut ItemScan<'_>, path: &str, part: &mut ScanPart) -> Result<Option<GateReport>> {
    let (item, chunk, policy) = (scan.item, scan.chunk, scan.context.policy);
    let sight = match item.old {
        Old::Blobs { .. } | Old::Text(_) | Old::Unchanged => ComparisonMode::Change,
        Old::NewPath { .. } | Old::WithoutPath => ComparisonMode::NewFile,
        Old::Nothing => ComparisonMode::State,
    };
    // Almost every file of a change returns here.
    if !gate::may_concern(path, chunk.bytes, sight) {
        return Ok(None);
    }
    let mut old_sides = || scan.reader.old_sides(item);
    let mut judged = scan.context.packages.check(path, chunk.bytes, sight, &policy.packages, &mut old_sides)?;
    if let Some(gate::Unreadable { reason, incomplete }) = judged.unreadable.take() {
        part.skipped.push(Skip { what: "lockfile", path: item.origin.path().to_string(), reason, incomplete });
    }
    part.skipped.append(&mut judged.unanswered);
    part.packages.append(&mut judged.rows);
    Ok(Some(judged))
}

/// Turns drafts into findings with a verdict.
fn report(scan: &mut ItemScan<'_>, drafts: Vec<Draft>, part: &mut ScanPart) {
    let (item, chunk, policy) = (scan.item, scan.chunk, scan.context.policy);
    for draft in drafts.into_iter().filter(|draft| policy.runs(draft.rule.id)) {
        let span = span(chunk.bytes, draft.position);
        let mut finding = finding(&draft, item, chunk, &span, scan.secrets);
        if policy.packages.block.contains(draft.rule.id) {
            finding.confidence = Confidence::High;
        }
        if draft.preexisting {
            finding.verdict = Verdict::Warn(WarnReason::StoodBefore);
        } else {
            let secrets = scan.secrets;
            part.used.extend(scan.decide(&mut finding, &span, secrets));
        }
        part.findings.push(finding);
    }
}

fn finding(draft: &Draft, item: &Item, chunk: Chunk<'_>, span: &Range<usize>, secrets: &[Range<usize>]) -> Finding {
    let position = excerpt::Positions::new(chunk.bytes, None).locate(span);
    let subject = Secret::public(draft.subject.as_bytes());
    let shown = redact::spans(chunk.bytes, excerpt::line_at(chunk.bytes, span), secrets, Quoted::Weigh);
    Finding {
        rule: draft.rule,
        confidence: draft.confidence,
        location: Location {
            place: item.origin.place.clone(),
            line: position.line,
            column: position.column,
            end_line: position.end_line,
        },
        commit: item.origin.commit.clone(),
        fingerprint: Fingerprint::of(draft.rule.id, &subject),
        secret: Secret::public(gate::shown_subject(&draft.subject).as_bytes()),
        verified: None,
        notes: draft.notes.clone(),
        excerpt: visible(&excerpt::masked(chunk.bytes, span, &shown, "****"), &draft.subject),
        verdict: Verdict::Block,
        repair: Vec::new(),
    }
}

/// The bytes at the position of a draft: its line without the indentation, or one byte.
fn span(text: &[u8], place: DraftPosition) -> Range<usize> {
    match place {
        DraftPosition::Byte(at) => at.min(text.len().saturating_sub(1))..(at + 1).min(text.len()),
        DraftPosition::Line(line) => {
            let start = match line {
                0 | 1 => 0,
                line => memchr::memchr_iter(b'\n', text).nth(line as usize - 2).map_or(0, |newline| newline + 1),
            };
            let end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |n| start + n);
            let indent = text[start..end].iter().take_while(|b| b.is_ascii_whitespace()).count();
            start + indent..end.max(start + indent)
        }
    }
}

/// The excerpt with hidden characters made visible, and the subject marked in it.
fn visible(excerpt: &Excerpt, subject: &str) -> Excerpt {
    let mut text = String::with_capacity(excerpt.text.len());
    let mut hidden = 0;
    for c in excerpt.text.chars() {
        let hides = is_unsafe(c) || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
        hidden = if hides { hidden + 1 } else { 0 };
        match hides {
            false => text.push(c),
            true if hidden <= 4 => text.extend(c.escape_unicode()),
            true if hidden == 5 => text.push_str("..."),
            true => {}
        }
    }
    let word = subject.rsplit_once('@').map_or(subject, |(name, _)| if name.is_empty() { subject } else { name });
    let at = text.find(word).map_or(0..text.trim_end().len(), |at| at..at + word.len());
    Excerpt { text, span: at }
}
