//! What becomes of a value that has the shape of a credential: cheapest evidence first.

use super::checks::{self, CheckInput, Proof};
use super::matcher::Found;
use super::placeholder;
use super::ready::Ready;
use super::resolve::{Candidate, Standing};
use crate::finding::Verified;
use crate::rule::{Confidence, Judge};

/// Why a value was turned away.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Dropped {
    /// The rule lists it as a documented sample.
    Sample,
    /// It stands for a value instead of being one.
    Placeholder,
    /// Its Shannon entropy, and the least that the rule demands, in bits a character.
    Entropy(f32, f32),
}

/// Judges one match of `ready`, the rule numbered `number`.
pub(super) fn judge(ready: &Ready, number: usize, text: &[u8], found: Found, now: i64) -> Result<Candidate, Dropped> {
    let rule = ready.rule;
    let secret = &text[found.secret.clone()];
    if ready.is_sample(secret) {
        return Err(Dropped::Sample);
    }
    let mut candidate = Candidate {
        rule: number,
        span: found.secret.clone(),
        confidence: rule.confidence,
        verified: None,
        standing: Standing::Plain,
        notes: Vec::new(),
        secret: None,
        pair: None,
    };
    let input = CheckInput { secret, text, span: found.secret, now };
    match rule.check.and_then(checks::check).map_or(Proof::Unknown, |check| check(&input)) {
        Proof::Proven(note) => {
            candidate.standing = Standing::Proven;
            candidate.verified = Some(Verified::Checksum);
            candidate.confidence = Confidence::High;
            candidate.notes.extend(note);
            return Ok(candidate);
        }
        Proof::Structure(note) => {
            candidate.standing = Standing::Structure;
            candidate.verified = Some(Verified::Structure);
            candidate.notes.extend(note);
        }
        Proof::Failed(note) => {
            candidate.standing = Standing::Lookalike;
            candidate.confidence = Confidence::Low;
            candidate.notes.push(note);
            return Ok(candidate);
        }
        Proof::NotSecret(reason) => {
            candidate.standing = Standing::NotSecret;
            candidate.confidence = Confidence::Low;
            candidate.notes.push(reason);
            return Ok(candidate);
        }
        Proof::Unknown => {}
    }
    if placeholder::is_placeholder(secret) {
        return Err(Dropped::Placeholder);
    }
    let least = rule.entropy.unwrap_or(match rule.judge {
        Judge::Token => 0.0,
        Judge::Context => 2.5,
    });
    let entropy = entropy::shannon_entropy(secret);
    if entropy < least {
        return Err(Dropped::Entropy(entropy, least));
    }
    Ok(candidate)
}
