//! The scores of the model from which a candidate is a finding, and of which confidence.
//!
//! A score is a probability on the training material, which holds far more secrets than commits do. So the thresholds are
//! chosen by what blocks in commits: see docs/detection.md.

use crate::rule::Confidence;

/// The least for `block = "high"`, of a team that wants no false block.
pub(super) const HIGH: f32 = 0.97;
/// The least that blocks by default.
pub(super) const MEDIUM: f32 = 0.85;
/// The least that is shown: a secret in half of the cases, on the training material.
pub(super) const LOW: f32 = 0.5;

/// The confidence of a score, or nothing where the candidate is no finding. A value for a provider's sandbox opens nothing that
/// matters and is shown at most.
pub fn confidence(score: f32, is_for_sandbox: bool) -> Option<Confidence> {
    match score {
        score if score >= HIGH && !is_for_sandbox => Some(Confidence::High),
        score if score >= MEDIUM && !is_for_sandbox => Some(Confidence::Medium),
        score if score >= LOW => Some(Confidence::Low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_threshold_is_the_least_score_of_its_confidence() {
        for (least, level, below) in [
            (HIGH, Confidence::High, Some(Confidence::Medium)),
            (MEDIUM, Confidence::Medium, Some(Confidence::Low)),
            (LOW, Confidence::Low, None),
        ] {
            assert_eq!(confidence(least, false), Some(level));
            assert_eq!(confidence(least - 0.001, false), below);
            assert_eq!(confidence(least, true), Some(Confidence::Low));
        }
    }
}
