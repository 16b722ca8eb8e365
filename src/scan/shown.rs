//! The visible part of findings: the line of each, and the names beside it.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use super::{DISTINCTIVE, SHORTEST_ON_A_LINE};
use crate::chunk::{Chunk, Kind};
use crate::engine::redact::{self, Quoted};
use crate::finding::excerpt;
use crate::finding::{Excerpt, Finding, Secret, Verdict};
use crate::outcome::Outcome;
use crate::rule::Confidence;

/// The line of a secret at `span`, with `mask` in its place, and with everything masked that could be another secret.
pub(super) fn excerpt(chunk: Chunk<'_>, span: &Range<usize>, secrets: &[Range<usize>], mask: &str) -> Excerpt {
    let text = chunk.bytes;
    let is_name = matches!(chunk.origin.kind(), Kind::PathName | Kind::RefName);
    // A name has no structure that quotes would show.
    let quoted = if is_name { Quoted::Weigh } else { Quoted::Hide };
    let spans = redact::spans(text, excerpt::line_at(text, span), secrets, quoted);
    excerpt::masked(text, span, &spans, mask)
}

/// No path and no ref holds a longer secret (a key block), in bytes.
const LONGEST_IN_A_NAME: usize = 1024;

/// Returns whether a name with this secret would reveal it. A mere guess may be the name itself, which the user needs.
fn is_revealing(f: &Finding) -> bool {
    let value = f.secret.expose();
    let mixed = value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic);
    let revealing = value.len() >= DISTINCTIVE && (mixed || f.confidence == Confidence::High);
    let found_in_a_name =
        matches!(f.location.kind(), Kind::PathName | Kind::RefName) && value.len() >= SHORTEST_ON_A_LINE;
    let believed = f.confidence > Confidence::Low && !f.secret.is_public();
    believed && value.len() <= LONGEST_IN_A_NAME && (revealing || found_in_a_name)
}

/// Masks the secrets of this run in all names: a path, a ref or a reason can hold one as well.
pub(super) fn redact(outcome: &mut Outcome) {
    // These lines quote the configuration.
    for line in &mut outcome.stale {
        *line = redact::message(line);
    }
    let revealing = outcome.findings.iter().filter(|f| is_revealing(f));
    let mut secrets: Vec<Secret> = revealing.map(|f| f.secret.clone()).collect();
    secrets.sort_by(|a, b| (a.expose(), a.masked()).cmp(&(b.expose(), b.masked())));
    secrets.dedup_by(|b, a| a.expose() == b.expose());
    if secrets.is_empty() {
        return;
    }
    let values = secrets.iter().map(Secret::expose);
    let found = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(values);
    let masks: Vec<String> = secrets.iter().map(Secret::masked).collect();
    // Building fails only for more patterns than fit into 31 bits; every name is masked then.
    let clean = |text: &[u8]| match &found {
        Ok(found) if !found.is_match(text) => None,
        Ok(found) => Some(found.replace_all_bytes(text, &masks)),
        Err(_) => Some(b"****".to_vec()),
    };
    let clean_text = |text: &mut String| {
        if let Some(masked) = clean(text.as_bytes()) {
            *text = String::from_utf8_lossy(&masked).into_owned();
        }
    };
    // The words beside a secret are masked in its excerpt, so the name cannot show them.
    let clean_name = |text: &[u8]| {
        clean(text).map(|masked| match std::str::from_utf8(&masked) {
            Ok(masked) => redact::beside_masks(masked).into_bytes(),
            Err(_) => masked,
        })
    };
    for finding in &mut outcome.findings {
        finding.location.place.rewrite(clean_name);
        finding.notes.iter_mut().for_each(clean_text);
        if let Verdict::Warn(reason) = &mut finding.verdict {
            reason.rewrite(clean_text);
        }
    }
    for skip in &mut outcome.coverage.skipped {
        clean_text(&mut skip.path);
        clean_text(&mut skip.reason);
    }
    let coverage = &mut outcome.coverage;
    coverage.refs.iter_mut().chain(&mut coverage.taken).chain(&mut outcome.stale).for_each(clean_text);
    outcome.packages.iter_mut().filter_map(|row| row.path.as_mut()).for_each(clean_text);
    outcome.changes.iter_mut().for_each(|(path, _)| clean_text(path));
}
