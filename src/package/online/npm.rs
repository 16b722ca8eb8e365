//! npm's registry protocol (<https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md>): one document a package.

use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::HashMap;

use super::registries::Registry;
use super::{Online, Unanswered, segment};
use crate::package::facts::{Facts, Known};
use crate::package::fetch::Failure;
use crate::package::provenance::{self, Provenance};

#[derive(Deserialize)]
struct Packument {
    #[serde(default)]
    versions: HashMap<String, VersionEntry>,
    #[serde(default)]
    time: HashMap<String, Time>,
}

#[derive(Deserialize)]
struct VersionEntry {
    #[serde(default)]
    deprecated: Option<Deprecated>,
    #[serde(default)]
    dist: Dist,
}

/// Old entries have `true` or `false`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Deprecated {
    Text(String),
    Other(bool),
}

#[derive(Default, Deserialize)]
struct Dist {
    #[serde(default)]
    integrity: Option<String>,
    #[serde(default)]
    attestations: Option<Attestations>,
}

#[derive(Deserialize)]
struct Attestations {
    #[serde(default)]
    provenance: Option<ProvenanceClaim>,
}

#[derive(Deserialize)]
struct ProvenanceClaim {
    #[serde(default, rename = "predicateType")]
    predicate: String,
}

/// A date; the key `unpublished` has an object.
#[derive(Deserialize)]
#[serde(untagged)]
enum Time {
    Text(String),
    Other(IgnoredAny),
}

pub(super) fn facts(
    online: &Online,
    registry: &Registry,
    name: &str,
    versions: &[&str],
) -> Result<Vec<Facts>, Unanswered> {
    let shown = registry.address.to_string();
    let failed = |failure| Unanswered { registry: shown.clone(), failure };
    let address = registry.address.join(&segment(name));
    let document = match online.get(registry, &address, "application/json") {
        Ok(bytes) => serde_json::from_slice::<Packument>(&bytes)
            .map_err(|error| failed(Failure::Unreachable(format!("no answer of a registry: {error}"))))?,
        Err(Failure::Status(404)) => Packument { versions: HashMap::new(), time: HashMap::new() },
        Err(failure) => return Err(failed(failure)),
    };
    let one = |wanted: &&str| {
        let mut facts = Facts { registry: shown.clone(), ..Facts::default() };
        let key = wanted.trim_start_matches(['v', '=']);
        let Some(version) = document.versions.get(key) else {
            facts.known = if document.versions.is_empty() { Known::Nothing } else { Known::Name };
            return Ok(facts);
        };
        facts.known = Known::Version;
        facts.published = match document.time.get(key) {
            Some(Time::Text(text)) => Some(text.clone()),
            _ => None,
        };
        facts.deprecated = match &version.deprecated {
            Some(Deprecated::Text(text)) => Some(text.clone()).filter(|t| !t.is_empty()),
            Some(Deprecated::Other(true)) => Some(String::new()),
            _ => None,
        };
        if let Some(listed) = &version.dist.attestations {
            let release = Release { registry, name, version: key };
            facts.provenance = Some(provenance(online, &release, &version.dist, listed));
        }
        Ok(facts)
    };
    versions.iter().map(one).collect()
}

/// One version in a registry.
struct Release<'a> {
    registry: &'a Registry,
    name: &'a str,
    version: &'a str,
}

/// The claims of a version's attestation. The address is built from the registry's own, because one in the document
/// could lead anywhere.
fn provenance(online: &Online, release: &Release<'_>, dist: &Dist, listed: &Attestations) -> Provenance {
    let Release { registry, name, version } = release;
    let address = registry.address.join(&format!("-/npm/v1/attestations/{}", segment(&format!("{name}@{version}"))));
    let digest = dist.integrity.as_deref().and_then(provenance::hex_of_sha512);
    let unread = || Provenance {
        predicate: listed.provenance.as_ref().map(|claim| claim.predicate.clone()).unwrap_or_default(),
        ..Provenance::default()
    };
    online
        .get(registry, &address, "application/json")
        .ok()
        .and_then(|bytes| provenance::of_npm(&bytes, digest.as_deref()))
        .unwrap_or_else(unread)
}
