//! npm's registry protocol (<https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md>): one document a package.

use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::HashMap;

use super::registries::Registry;
use super::{Online, Unanswered, segment};
use crate::package::attestation::{self, Doubt};
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
    #[serde(default)]
    signatures: Vec<RegistrySignature>,
}

/// A signature of the registry over `name@version:integrity`.
#[derive(Deserialize)]
struct RegistrySignature {
    keyid: String,
    sig: String,
}

/// The answer of `/-/npm/v1/keys`.
#[derive(Deserialize)]
struct KeyList {
    keys: Vec<RegistryKey>,
}

/// A key of the registry, ECDSA over P-256.
#[derive(Clone, Deserialize)]
pub(super) struct RegistryKey {
    keyid: String,
    /// SPKI, in base64.
    key: String,
    /// It signs nothing that is published later.
    #[serde(default)]
    expires: Option<String>,
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
        let release = Release { registry, name, version: key };
        facts.provenance = provenance(online, &release, &version.dist);
        if !version.dist.signatures.is_empty() {
            let keys = keys(online, registry).map_err(failed)?;
            facts.forged = keys.and_then(|keys| forged(&release, &version.dist, &keys, facts.published.as_deref()));
        }
        if let Some(before) = document.before(key) {
            let release = Release { registry, name, version: before };
            let old = || provenance(online, &release, &document.versions.get(before)?.dist);
            facts.changed = old().and_then(|old| provenance::difference(before, &old, facts.provenance.as_ref()));
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

/// The provenance of a version, checked; none where the document lists none. The address is built from the registry's own,
/// because one in the document could lead anywhere.
fn provenance(online: &Online, release: &Release<'_>, dist: &Dist) -> Option<Provenance> {
    let Release { registry, name, version } = release;
    let listed = dist.attestations.as_ref()?;
    let address = registry.address.join(&format!("-/npm/v1/attestations/{}", segment(&format!("{name}@{version}"))));
    let digest = dist.integrity.as_deref().and_then(provenance::hex_of_sha512);
    let unread = || Provenance {
        predicate: listed.provenance.as_ref().map(|claim| claim.predicate.clone()).unwrap_or_default(),
        ..Provenance::default()
    };
    let served = online.get(registry, &address, "application/json").ok();
    let read = served.and_then(|bytes| provenance::of_npm(&bytes, digest.as_deref(), online.verifier()));
    Some(read.unwrap_or_else(unread))
}

impl Packument {
    /// The version that was published last before this one, a prerelease before a prerelease and a release before a release.
    fn before(&self, version: &str) -> Option<&str> {
        let date = |version: &str| match self.time.get(version) {
            Some(Time::Text(text)) => text.parse::<jiff::Timestamp>().ok(),
            _ => None,
        };
        let published = date(version)?;
        let is_alike = |other: &&String| other.contains('-') == version.contains('-') && *other != version;
        let dated = self.versions.keys().filter(is_alike).filter_map(|other| Some((date(other)?, other.as_str())));
        dated.filter(|(then, _)| *then < published).max().map(|(_, other)| other)
    }
}

/// The keys of a registry, asked for once in a run; none where it publishes none, as mirrors do.
fn keys(online: &Online, registry: &Registry) -> Result<Option<Vec<RegistryKey>>, Failure> {
    let origin = registry.address.to_string();
    let mut known = online.keys.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(keys) = known.get(&origin) {
        return Ok(keys.clone());
    }
    let keys = match online.get(registry, &registry.address.join("-/npm/v1/keys"), "application/json") {
        Ok(bytes) => Some(
            serde_json::from_slice::<KeyList>(&bytes)
                .map_err(|error| Failure::Unreachable(format!("no list of keys: {error}")))?
                .keys,
        ),
        Err(Failure::Status(404)) => None,
        Err(failure) => return Err(failure),
    };
    known.insert(origin, keys.clone());
    Ok(keys)
}

/// The reason for which none of the registry's signatures over a version holds.
fn forged(release: &Release<'_>, dist: &Dist, keys: &[RegistryKey], published: Option<&str>) -> Option<String> {
    let Release { name, version, .. } = release;
    let integrity = dist.integrity.as_deref().unwrap_or_default();
    let message = format!("{name}@{version}:{integrity}");
    let mut reason = String::new();
    for signature in &dist.signatures {
        let Some(key) = keys.iter().find(|key| key.keyid == signature.keyid) else {
            reason = "its key is none of the registry's".to_owned();
            continue;
        };
        if is_past(key.expires.as_deref(), published) {
            reason = "its key had expired when the version was published".to_owned();
            continue;
        }
        match attestation::verify_signature(&key.key, message.as_bytes(), &signature.sig) {
            Ok(()) | Err(Doubt::Unchecked) => return None,
            Err(Doubt::Refused(why)) => reason = why,
        }
    }
    Some(reason)
}

/// Returns whether a key that ends at `expires` cannot have signed what was published at `published`. A date that cannot be
/// read proves nothing in the key's favour.
fn is_past(expires: Option<&str>, published: Option<&str>) -> bool {
    let date = |text: &str| text.parse::<jiff::Timestamp>().ok();
    let Some(expires) = expires else { return false };
    match (date(expires), published.and_then(date)) {
        (Some(expires), Some(published)) => published > expires,
        _ => true,
    }
}
