//! The default configurations that gitleaks and betterleaks have published, known by digests: built-in rules take their
//! place, so a copy of one in a repository is no rule of the team's own.
//!
//! The table holds the first six bytes of SHA-256 over each rule (id, regex, path) and each entry of an allowlist in every
//! version of both files up to November 2026, sorted. Nothing else of those files is kept.

use sha2::{Digest, Sha256};

const DIGESTS: &[u8] = include_bytes!("published_defaults.bin");
const LENGTH: usize = 6;

/// Returns whether the rule is one of a published default, unchanged.
pub fn is_rule(id: &str, regex: &str, path: &str) -> bool {
    is_known(&["rule", id, regex, path])
}

/// Returns whether a published default has this path, regex or stopword in an allowlist.
pub fn is_allowance(entry: &str) -> bool {
    is_known(&["list", entry])
}

fn is_known(parts: &[&str]) -> bool {
    let digest = Sha256::digest(parts.join("\0").as_bytes());
    let (mut low, mut high) = (0, DIGESTS.len() / LENGTH);
    while low < high {
        let middle = usize::midpoint(low, high);
        match DIGESTS[middle * LENGTH..][..LENGTH].cmp(&digest[..LENGTH]) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_knows_what_is_not_in_it() {
        let rows: Vec<&[u8]> = DIGESTS.chunks(LENGTH).collect();
        assert!(rows.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(rows.len() > 3000 && DIGESTS.len().is_multiple_of(LENGTH));
        assert!(!is_rule("acme-token", "acmetok_[0-9a-f]{32}", "") && !is_allowance("acme"));
    }
}
