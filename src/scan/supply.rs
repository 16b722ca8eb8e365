//! The package gate's part of a scan: from what it drafts to findings with a verdict.

use std::ops::Range;

use bstr::ByteSlice;

use super::{Part, Published, published_elsewhere};
use crate::chunk::{Chunk, Kind};
use crate::engine::Engine;
use crate::engine::redact::{self, Quoted};
use crate::error::Result;
use crate::finding::excerpt;
use crate::finding::{Excerpt, Finding, Fingerprint, Location, Secret, Verdict};
use crate::package::gate::{self, Draft, Gate, Place, Sight};
use crate::policy::Policy;
use crate::rule::Confidence;
use crate::source::{Item, Old, Reader, Sieve, Skip};
use crate::terminal::text::is_unsafe;

/// What decides for a history which of its files are worth reading whole.
pub fn sieve<'a>(engine: &'a Engine, policy: &'a Policy, gate: &'a Gate) -> Sieve<'a> {
    Sieve {
        engine,
        looks_into: Box::new(gate::looks_into),
        hides: Box::new(gate::hides),
        has_word: Box::new(|path, bytes| gate.has_word(path, bytes, &policy.packages)),
    }
}

/// Judges one item by its packages and by the traces of attacks; `secrets` are the spans not to be shown.
pub(super) fn judge(
    gate: &Gate,
    reader: &mut dyn Reader,
    policy: &Policy,
    item: &Item,
    chunk: Chunk<'_>,
    secrets: &[Range<usize>],
    part: &mut Part,
) -> Result<()> {
    if !matches!(item.origin.kind, Kind::File | Kind::Stdin) {
        return Ok(());
    }
    let sight = match item.old {
        Old::Blobs { .. } => Sight::Change,
        Old::Unknown(_) => Sight::NewFile,
        Old::Nothing => Sight::State,
    };
    let path = item.origin.path.to_str_lossy();
    // Almost every file of a change leaves here.
    if !gate::concerns(&path, chunk.bytes, sight) {
        return Ok(());
    }
    let path = path.into_owned();
    let judged = gate.judge(&path, chunk.bytes, sight, &policy.packages, &mut || reader.old_sides(item))?;
    if let Some((reason, incomplete)) = judged.unreadable {
        part.skipped.push(Skip { what: "lockfile", path: path.clone(), reason, incomplete });
    }
    part.skipped.extend(judged.unanswered);
    part.packages.extend(judged.rows);
    part.unknown.extend(judged.unknown.into_iter().map(|package| (path.clone(), package)));
    part.changes.extend(judged.change.filter(|c| !c.rows.is_empty()).map(|change| (path, change)));
    for draft in judged.drafts.into_iter().filter(|draft| policy.runs(draft.rule.id)) {
        let span = span(chunk.bytes, draft.place);
        let mut finding = finding(&draft, item, chunk, &span, secrets);
        if policy.packages.block.contains(draft.rule.id) {
            finding.confidence = Confidence::High;
        }
        if draft.stood_before {
            finding.verdict = Verdict::Warn("it stood there before this change".into());
        } else {
            match published_elsewhere(reader, policy, item) {
                Some(Published { stops: false, wording }) => finding.verdict = Verdict::Warn(wording),
                elsewhere => {
                    policy.judge(&mut finding, chunk.bytes, &span, secrets);
                    finding.notes.extend(elsewhere.map(|published| published.wording));
                }
            }
        }
        part.findings.push(finding);
    }
    Ok(())
}

fn finding(draft: &Draft, item: &Item, chunk: Chunk<'_>, span: &Range<usize>, secrets: &[Range<usize>]) -> Finding {
    let place = excerpt::Positions::new(chunk.bytes, None).locate(span);
    let subject = Secret::public(draft.subject.as_bytes());
    let shown = redact::spans(chunk.bytes, excerpt::line_at(chunk.bytes, span), secrets, Quoted::Weigh);
    Finding {
        rule: draft.rule,
        confidence: draft.confidence,
        location: Location {
            path: item.origin.path.clone(),
            line: place.line,
            column: place.column,
            end_line: place.end_line,
        },
        kind: item.origin.kind,
        commit: item.origin.commit.clone(),
        fingerprint: Fingerprint::of(draft.rule.id, &subject),
        secret: subject,
        verified: None,
        notes: draft.notes.clone(),
        excerpt: visible(excerpt::masked(chunk.bytes, span, &shown, "****"), &draft.subject),
        verdict: Verdict::Block,
        repair: Vec::new(),
    }
}

/// The bytes of a place: its line without the indentation, or one byte.
fn span(text: &[u8], place: Place) -> Range<usize> {
    match place {
        Place::Byte(at) => at.min(text.len().saturating_sub(1))..(at + 1).min(text.len()),
        Place::Line(line) => {
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

/// The excerpt with what hides made visible, and the subject marked in it.
fn visible(excerpt: Excerpt, subject: &str) -> Excerpt {
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
