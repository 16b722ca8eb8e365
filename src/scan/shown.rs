//! What findings show: the line of each, and the names that stand beside it.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use super::{SHORTEST_ON_A_LINE, TELLING};
use crate::chunk::{Chunk, Kind};
use crate::engine::redact::{self, Quoted};
use crate::finding::excerpt;
use crate::finding::{Excerpt, Finding, Secret, Verdict};
use crate::outcome::Outcome;
use crate::rule::Confidence;

/// The line of a secret at `span`: `mask` stands for the secret, and nothing that could be another one is shown.
pub(super) fn excerpt(chunk: Chunk<'_>, span: &Range<usize>, secrets: &[Range<usize>], mask: &str) -> Excerpt {
    let text = chunk.bytes;
    // A name is needed to find the place, so no guess masks a part of it.
    if matches!(chunk.origin.kind, Kind::PathName | Kind::RefName) {
        return excerpt::masked(text, span, secrets, mask);
    }
    let spans = redact::spans(text, excerpt::line_at(text, span), secrets, Quoted::Hide);
    excerpt::masked(text, span, &spans, mask)
}

/// A longer secret (a key block) fits into no path and no ref.
const LONGEST_IN_A_NAME: usize = 1024;

/// Whether a name that holds it would give the secret away. A guess is as likely the name itself, which says where the
/// finding is.
fn is_telling(f: &Finding) -> bool {
    let value = f.secret.expose();
    let mixed = value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic);
    let telling = value.len() >= TELLING && (mixed || f.confidence == Confidence::High);
    let found_in_a_name = matches!(f.kind, Kind::PathName | Kind::RefName) && value.len() >= SHORTEST_ON_A_LINE;
    let believed = f.confidence > Confidence::Low && !f.secret.is_public();
    believed && value.len() <= LONGEST_IN_A_NAME && (telling || found_in_a_name)
}

/// Masks the secrets of this run in all that names things: a path, a ref or a reason can hold one as well.
pub(super) fn redact(outcome: &mut Outcome) {
    // They repeat what a configuration says.
    for line in &mut outcome.stale {
        *line = redact::message(line);
    }
    let telling = outcome.findings.iter().filter(|f| is_telling(f));
    let mut secrets: Vec<Secret> = telling.map(|f| f.secret.clone()).collect();
    secrets.sort_by(|a, b| (a.expose(), a.masked()).cmp(&(b.expose(), b.masked())));
    secrets.dedup_by(|b, a| a.expose() == b.expose());
    if secrets.is_empty() {
        return;
    }
    let values = secrets.iter().map(Secret::expose);
    let found = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(values);
    let masks: Vec<String> = secrets.iter().map(Secret::masked).collect();
    // It fails only for more patterns than fit into 31 bits; no name at all may then be shown.
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
    for finding in &mut outcome.findings {
        if let Some(path) = clean(&finding.location.path) {
            finding.location.path = path.into();
        }
        finding.notes.iter_mut().for_each(clean_text);
        if let Verdict::Warn(reason) = &mut finding.verdict {
            clean_text(reason);
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
