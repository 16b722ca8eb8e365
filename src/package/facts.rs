//! The facts that a registry gives about one version.

use serde::Serialize;

use super::provenance::Provenance;
use super::registry_text::printable;

/// A registry's facts about one version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// The registry's address.
    pub registry: String,
    /// How much of the version the registry knows.
    pub known: Known,
    /// The publication date (RFC 3339), if the registry gives one.
    pub published: Option<String>,
    /// The publisher's deprecation message; may be empty.
    pub deprecated: Option<String>,
    /// The reason of the yank; may be empty.
    pub yanked: Option<String>,
    /// The registry's status of the project: `quarantined`, `archived`.
    pub status: Option<String>,
    /// The claims of the provenance attestation.
    pub provenance: Option<Provenance>,
    /// The reason for which the registry's own signature does not hold.
    pub forged: Option<String>,
    /// The difference between its provenance and that of the release before it.
    pub changed: Option<String>,
    /// The other configured registries that serve the same name.
    pub also_at: Vec<String>,
}

/// How much of a version a registry knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Known {
    /// Not even the name.
    #[default]
    Nothing,
    /// The name, not this version.
    Name,
    /// The version.
    Version,
}

impl Facts {
    /// The facts that deserve a look, each as a sentence.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        match self.known {
            Known::Nothing => {
                warnings.push(format!("{} does not know the name: taken down, or private", self.registry))
            }
            Known::Name => {
                warnings.push(format!("{} does not know this version: taken down, or never published", self.registry));
            }
            Known::Version => {}
        }
        let reason = |text: &str| if text.is_empty() { String::new() } else { format!(": {}", printable(text)) };
        warnings.extend(self.yanked.as_ref().map(|why| format!("yanked{}", reason(why))));
        warnings.extend(self.deprecated.as_ref().map(|why| format!("deprecated{}", reason(why))));
        if let Some(status) = self.status.as_deref().filter(|s| *s != "active") {
            warnings.push(format!("the registry calls the project {}", printable(status)));
        }
        if !self.also_at.is_empty() {
            warnings.push(format!("{} serves the same name: which of the two is meant?", self.also_at.join(", ")));
        }
        warnings
    }

    /// The signatures that do not hold, each as a sentence: somebody put something else in the place of the release.
    pub fn forgeries(&self) -> Vec<String> {
        let mut forgeries = Vec::new();
        if let Some(reason) = &self.forged {
            forgeries.push(format!("the registry's signature does not hold: {}", printable(reason)));
        }
        match &self.provenance {
            Some(provenance) if provenance.matches == Some(false) => {
                forgeries.push("its provenance attestation is about another file than the registry serves".to_owned());
            }
            Some(Provenance { refused: Some(reason), .. }) => {
                forgeries.push(format!("its provenance attestation does not hold: {}", printable(reason)));
            }
            _ => {}
        }
        forgeries
    }

    /// Returns whether a signature says who built it.
    pub fn is_proven(&self) -> bool {
        self.provenance.as_ref().is_some_and(|provenance| provenance.signer.is_some())
    }

    /// The remaining facts, in one line. No attestation makes a version good: a hijacked build attests itself.
    pub fn line(&self, now: jiff::Timestamp) -> String {
        let mut parts = Vec::new();
        match self.published.as_ref().map(|text| (text, text.parse::<jiff::Timestamp>())) {
            Some((text, Ok(then))) => {
                let days = now.as_second().saturating_sub(then.as_second()).max(0) / 86_400;
                parts.push(format!("published {} ({days} days ago)", text.split('T').next().unwrap_or(text)));
            }
            _ if self.known == Known::Version => parts.push("the registry gives no publication date".to_owned()),
            _ => {}
        }
        match &self.provenance {
            Some(provenance) => parts.push(provenance.sentence()),
            None if self.known == Known::Version => parts.push("no provenance attestation".to_owned()),
            None => {}
        }
        parts.join("; ")
    }
}
