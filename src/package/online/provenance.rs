//! Provenance attestations: in-toto statements in a DSSE envelope, as npm and PEP 740 publish them.
//!
//! What they claim is told, and whether they speak of the file that the registry serves. Their signatures are not
//! checked here, and no attestation is ever a reason to let a version pass: a build that was taken over attests itself
//! just as well.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fit;

/// What the build of a version claims.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Provenance {
    /// The kind of the statement, a URL.
    pub predicate: String,
    /// The repository that it was built from.
    pub source: Option<String>,
    /// What built it.
    pub workflow: Option<String>,
    /// Whether it speaks of the file that the registry serves; nothing where that cannot be told.
    pub matches: Option<bool>,
}

impl Provenance {
    /// In words.
    pub fn sentence(&self) -> String {
        let from = self.source.as_deref().map(|s| format!(" from {}", fit(s))).unwrap_or_default();
        let by = self.workflow.as_deref().map(|w| format!(" by {}", fit(w))).unwrap_or_default();
        let what = match (from.is_empty() && by.is_empty(), self.matches) {
            (true, None) => "it is said to have a provenance attestation".to_owned(),
            (true, _) => "it has a provenance attestation".to_owned(),
            (false, _) => format!("its attestation says that it was built{from}{by}"),
        };
        format!("{what} (the signature is not checked here; no proof that it is harmless)")
    }
}

#[derive(Deserialize)]
struct Npm {
    attestations: Vec<NpmAttestation>,
}

#[derive(Deserialize)]
struct NpmAttestation {
    #[serde(rename = "predicateType")]
    predicate: String,
    bundle: Bundle,
}

#[derive(Deserialize)]
struct Bundle {
    #[serde(rename = "dsseEnvelope")]
    envelope: Envelope,
}

#[derive(Deserialize)]
struct Envelope {
    payload: String,
}

#[derive(Deserialize)]
struct Statement {
    subject: Vec<Subject>,
    #[serde(rename = "predicateType", default)]
    kind: String,
    #[serde(default)]
    predicate: Value,
}

#[derive(Deserialize)]
struct Subject {
    #[serde(default)]
    digest: std::collections::HashMap<String, String>,
}

#[derive(Deserialize)]
struct Pypi {
    attestation_bundles: Vec<PypiBundle>,
}

#[derive(Deserialize)]
struct PypiBundle {
    #[serde(default)]
    publisher: Value,
    attestations: Vec<PypiAttestation>,
}

#[derive(Deserialize)]
struct PypiAttestation {
    envelope: PypiEnvelope,
}

#[derive(Deserialize)]
struct PypiEnvelope {
    statement: String,
}

impl Statement {
    fn read(base64: &str) -> Option<Statement> {
        serde_json::from_slice(&data_encoding::BASE64.decode(base64.as_bytes()).ok()?).ok()
    }

    /// Whether one of its subjects has this digest.
    fn is_of(&self, algorithm: &str, hex: &str) -> bool {
        self.subject.iter().any(|s| s.digest.get(algorithm).is_some_and(|d| d.eq_ignore_ascii_case(hex)))
    }
}

/// Reads npm's answer; `sha512` is the served file's digest in hex. Nothing where it is no such answer.
pub(super) fn of_npm(bytes: &[u8], sha512: Option<&str>) -> Option<Provenance> {
    let all: Npm = serde_json::from_slice(bytes).ok()?;
    // Beside the build's own statement stands the registry's, that it was published.
    let one = all.attestations.iter().find(|a| a.predicate.contains("provenance"))?;
    let statement = Statement::read(&one.bundle.envelope.payload)?;
    let workflow = statement.predicate.pointer("/buildDefinition/externalParameters/workflow");
    let text = |key: &str| workflow.and_then(|w| w.get(key)).and_then(Value::as_str).map(str::to_owned);
    Some(Provenance {
        predicate: one.predicate.clone(),
        source: text("repository"),
        workflow: text("path"),
        matches: sha512.map(|hex| statement.is_of("sha512", hex)),
    })
}

/// Reads the answer of PEP 740's integrity API; `sha256` is the served file's digest in hex.
pub(super) fn of_pypi(bytes: &[u8], sha256: Option<&str>) -> Option<Provenance> {
    let all: Pypi = serde_json::from_slice(bytes).ok()?;
    let bundle = all.attestation_bundles.first()?;
    let statements: Vec<Statement> =
        bundle.attestations.iter().filter_map(|a| Statement::read(&a.envelope.statement)).collect();
    let text = |key: &str| bundle.publisher.get(key).and_then(Value::as_str).map(str::to_owned);
    Some(Provenance {
        predicate: statements.first()?.kind.clone(),
        source: text("repository"),
        workflow: text("workflow").or_else(|| text("kind")),
        matches: sha256.map(|hex| statements.iter().any(|s| s.is_of("sha256", hex))),
    })
}

/// `sha512-BASE64` to hex.
pub(super) fn hex_of_sha512(integrity: &str) -> Option<String> {
    let base64 = integrity.split_whitespace().find_map(|part| part.strip_prefix("sha512-"))?;
    Some(data_encoding::HEXLOWER.encode(&data_encoding::BASE64.decode(base64.as_bytes()).ok()?))
}
