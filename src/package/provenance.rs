//! Provenance attestations: in-toto statements in a DSSE envelope, as npm and PEP 740 publish them.
//!
//! A report quotes their claims, and compares their digest with that of the served file. It does not check their
//! signatures, and no attestation lets a version pass: a build that was taken over attests itself just as well.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::registry_text::printable;

/// The claims of a version's build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Provenance {
    /// The kind of the statement, a URL.
    pub predicate: String,
    /// The source repository.
    pub source: Option<String>,
    /// The workflow that built it.
    pub workflow: Option<String>,
    /// True if its digest is that of the served file; none if one of the two is missing.
    pub matches: Option<bool>,
}

impl Provenance {
    /// The claims in words.
    pub fn sentence(&self) -> String {
        let from = self.source.as_deref().map(|s| format!(" from {}", printable(s))).unwrap_or_default();
        let by = self.workflow.as_deref().map(|w| format!(" by {}", printable(w))).unwrap_or_default();
        let claim = match (from.is_empty() && by.is_empty(), self.matches) {
            (true, None) => "the registry lists a provenance attestation".to_owned(),
            (true, _) => "it has a provenance attestation".to_owned(),
            (false, _) => format!("its attestation claims a build{from}{by}"),
        };
        format!("{claim} (the signature is not checked here; no proof that it is harmless)")
    }
}

#[derive(Deserialize)]
struct NpmAnswer {
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
    subject: Vec<StatementSubject>,
    #[serde(rename = "predicateType", default)]
    kind: String,
    #[serde(default)]
    predicate: Value,
}

#[derive(Deserialize)]
struct StatementSubject {
    #[serde(default)]
    digest: std::collections::HashMap<String, String>,
}

#[derive(Deserialize)]
struct PypiAnswer {
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
    fn read(base64: &str) -> Option<Self> {
        serde_json::from_slice(&data_encoding::BASE64.decode(base64.as_bytes()).ok()?).ok()
    }

    /// Returns whether one of its subjects has this digest.
    fn is_of(&self, algorithm: &str, hex: &str) -> bool {
        self.subject.iter().any(|s| s.digest.get(algorithm).is_some_and(|d| d.eq_ignore_ascii_case(hex)))
    }
}

/// Reads npm's answer; `sha512` is the served file's digest in hex. None if the answer has another form.
pub(super) fn of_npm(bytes: &[u8], sha512: Option<&str>) -> Option<Provenance> {
    let all: NpmAnswer = serde_json::from_slice(bytes).ok()?;
    // npm's answer also holds the registry's statement about the publication.
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
    let all: PypiAnswer = serde_json::from_slice(bytes).ok()?;
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

/// The digest of `sha512-BASE64` in hex.
pub(super) fn hex_of_sha512(integrity: &str) -> Option<String> {
    let base64 = integrity.split_whitespace().find_map(|part| part.strip_prefix("sha512-"))?;
    Some(data_encoding::HEXLOWER.encode(&data_encoding::BASE64.decode(base64.as_bytes()).ok()?))
}
