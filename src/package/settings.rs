//! `[packages]`: what the project wants of the package gate.

use super::ecosystem::Ecosystem;
use super::popular;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// What applies in this run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Ids of gate rules that block, although they only warn by default.
    pub block: BTreeSet<&'static str>,
    /// Tiers of popularity: the first so many packages, the next ones up to so many...
    pub tiers: Vec<u64>,
    /// How many days a version must have been out before it is used, tier by tier; one more number is for all other
    /// packages. Empty: no such rule.
    pub cooldown: Vec<u64>,
    /// Whether registries are asked about what a change brings.
    pub online: bool,
    /// The project's `.npmrc`, from where the policy comes: how messages call it, and its text. Read with `online` only.
    pub npmrc: Option<(String, String)>,
}

impl Settings {
    /// How many days of `days` that a version needs are still missing at `now`, with what it needs; nothing where it is
    /// old enough, the date is unknown, or no cooldown is configured for it.
    pub fn too_new(&self, ecosystem: Ecosystem, name: &str, published: &str, now: Timestamp) -> Option<(u64, u64)> {
        if self.cooldown.is_empty() {
            return None;
        }
        let rank = popular::rank(ecosystem, name);
        let tier = rank.and_then(|rank| self.tiers.iter().position(|tier| rank <= *tier)).unwrap_or(self.tiers.len());
        let wanted = *self.cooldown.get(tier)?;
        let published: Timestamp = published.parse().ok()?;
        let seconds = now.as_second().saturating_sub(published.as_second());
        // A date in the future is as new as it gets.
        let age = u64::try_from(seconds.max(0)).unwrap_or(0) / 86_400;
        (age < wanted).then_some((age, wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_and_ages() {
        let now: Timestamp = "2030-01-10T12:00:00Z".parse().unwrap();
        let settings = Settings { tiers: vec![1, 100_000], cooldown: vec![7, 3], ..Settings::default() };
        let too_new = |name: &str, date: &str| settings.too_new(Ecosystem::Npm, name, date, now);
        assert_eq!(too_new("chalk", "2030-01-05T00:00:00Z"), Some((5, 7)));
        assert_eq!(too_new("chalk", "2030-01-02T00:00:00Z"), None);
        assert_eq!(too_new("commander", "2030-01-08T00:00:00Z"), Some((2, 3)));
        assert_eq!(too_new("commander", "2030-01-05T00:00:00Z"), None);
        assert_eq!(too_new("commander", "2031-01-05T00:00:00Z"), Some((0, 3)));
        // No number stands for the rest, and an unreadable date says nothing.
        assert_eq!(too_new("nobody-knows-this-one", "2030-01-10T00:00:00Z"), None);
        assert_eq!(too_new("chalk", "yesterday"), None);
        assert_eq!(Settings::default().too_new(Ecosystem::Npm, "chalk", "2030-01-10T00:00:00Z", now), None);
    }
}
