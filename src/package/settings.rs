//! `[packages]`: the project's settings of the package gate.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;

use super::ecosystem::Ecosystem;
use super::popular;

/// The settings of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageSettings {
    /// The ids of gate rules that block although they only warn by default.
    pub block: BTreeSet<&'static str>,
    /// The tiers of popularity, each by the rank of its last package.
    pub tiers: Vec<u64>,
    /// The days that must have passed since a version's publication, tier by tier; one more number is for all other
    /// packages. Empty: no cooldown.
    pub cooldown: Vec<u64>,
    /// The ranks of popularity down to which a version needs a provenance that holds; the last one counts. Empty: none does.
    pub provenance: Vec<u64>,
    /// True if registries are asked about the versions that a change adds.
    pub online: bool,
    /// The project's `.npmrc` from the same revision as the policy: its name in messages, and its text. Read with
    /// `online` only.
    pub npmrc: Option<(String, String)>,
}

/// A version that is younger than the cooldown allows. Displayed as the reason in a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooNew {
    /// The day of its publication.
    day: String,
    /// Its age, in days.
    age: u64,
    /// The cooldown, in days.
    cooldown: u64,
}

impl fmt::Display for TooNew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "published {}, {} days ago; the cooldown is {} days", self.day, self.age, self.cooldown)
    }
}

impl PackageSettings {
    /// Returns whether a version of this package needs a provenance that holds.
    pub fn demands_provenance(&self, ecosystem: Ecosystem, name: &str) -> bool {
        let demanded = self.provenance.iter().max();
        demanded.is_some_and(|last| popular::rank(ecosystem, name).is_some_and(|rank| rank <= *last))
    }

    /// A version's age against its cooldown at `now`; none if it is old enough, its date cannot be read, or no cooldown
    /// is configured for its tier.
    pub fn too_new(&self, ecosystem: Ecosystem, name: &str, published: &str, now: Timestamp) -> Option<TooNew> {
        if self.cooldown.is_empty() {
            return None;
        }
        let rank = popular::rank(ecosystem, name);
        let tier = rank.and_then(|rank| self.tiers.iter().position(|tier| rank <= *tier)).unwrap_or(self.tiers.len());
        let cooldown = *self.cooldown.get(tier)?;
        let date: Timestamp = published.parse().ok()?;
        let seconds = now.as_second().saturating_sub(date.as_second());
        // A date in the future counts as today.
        let age = u64::try_from(seconds.max(0)).unwrap_or(0) / 86_400;
        let day = published.split('T').next().unwrap_or(published).to_owned();
        (age < cooldown).then_some(TooNew { day, age, cooldown })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_and_ages() {
        let now: Timestamp = "2030-01-10T12:00:00Z".parse().unwrap();
        let settings = PackageSettings { tiers: vec![1, 100_000], cooldown: vec![7, 3], ..PackageSettings::default() };
        let too_new = |name: &str, date: &str| {
            settings.too_new(Ecosystem::Npm, name, date, now).map(|young| (young.age, young.cooldown))
        };
        assert_eq!(too_new("chalk", "2030-01-05T00:00:00Z"), Some((5, 7)));
        assert_eq!(too_new("chalk", "2030-01-02T00:00:00Z"), None);
        assert_eq!(too_new("commander", "2030-01-08T00:00:00Z"), Some((2, 3)));
        assert_eq!(too_new("commander", "2030-01-05T00:00:00Z"), None);
        assert_eq!(too_new("commander", "2031-01-05T00:00:00Z"), Some((0, 3)));
        // There is no number for the other packages, and a date that cannot be read has no age.
        assert_eq!(too_new("nobody-knows-this-one", "2030-01-10T00:00:00Z"), None);
        assert_eq!(too_new("chalk", "yesterday"), None);
        assert_eq!(PackageSettings::default().too_new(Ecosystem::Npm, "chalk", "2030-01-10T00:00:00Z", now), None);
    }
}
