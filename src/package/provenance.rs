//! Provenance attestations: in-toto statements in a DSSE envelope, as npm and PEP 740 publish them.
//!
//! A report quotes their claims, compares their digest with that of the served file, and names the signer where the signature
//! holds. No attestation lets a version pass: a build that was taken over attests itself just as well.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::attestation::{Doubt, FileDigest, Signer, Verifier};
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
    /// The signer, if the signature holds.
    pub signer: Option<Signer>,
    /// The reason for which the signature does not hold; none if it holds or was not checked.
    pub refused: Option<String>,
}

impl Provenance {
    /// The claims in words.
    pub fn sentence(&self) -> String {
        if let Some(signer) = &self.signer {
            let from = signer.repository.as_deref().map(|s| format!(" from {}", printable(s))).unwrap_or_default();
            let (workflow, issuer) = (printable(&signer.workflow), printable(&signer.issuer));
            return format!("built{from} by {workflow}, signed for by {issuer} (no proof that it is harmless)");
        }
        let from = self.source.as_deref().map(|s| format!(" from {}", printable(s))).unwrap_or_default();
        let by = self.workflow.as_deref().map(|w| format!(" by {}", printable(w))).unwrap_or_default();
        let claim = match (from.is_empty() && by.is_empty(), self.matches) {
            (true, None) => "the registry lists a provenance attestation".to_owned(),
            (true, _) => "it has a provenance attestation".to_owned(),
            (false, _) => format!("its attestation claims a build{from}{by}"),
        };
        let signature =
            if self.refused.is_some() { "the signature does not hold" } else { "the signature is not checked" };
        format!("{claim} ({signature}; no proof that it is harmless)")
    }

    /// Adds the result of the signature's check.
    fn signed(self, result: Option<Result<Signer, Doubt>>) -> Self {
        match result {
            Some(Ok(signer)) => Self { signer: Some(signer), ..self },
            Some(Err(Doubt::Refused(reason))) => Self { refused: Some(reason), ..self },
            Some(Err(Doubt::Unchecked)) | None => self,
        }
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
    bundle: Value,
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
    #[serde(default)]
    verification_material: PypiMaterial,
    envelope: PypiEnvelope,
}

#[derive(Default, Deserialize)]
struct PypiMaterial {
    #[serde(default)]
    certificate: String,
    #[serde(default)]
    transparency_entries: Value,
}

#[derive(Deserialize)]
struct PypiEnvelope {
    statement: String,
    #[serde(default)]
    signature: String,
}

impl PypiAttestation {
    /// The same as a bundle of Sigstore, by PEP 740.
    fn bundle(&self) -> String {
        let material = &self.verification_material;
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": {"rawBytes": material.certificate},
                "tlogEntries": material.transparency_entries,
            },
            "dsseEnvelope": {
                "payload": self.envelope.statement,
                "payloadType": "application/vnd.in-toto+json",
                "signatures": [{"sig": self.envelope.signature}],
            },
        })
        .to_string()
    }
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
pub(super) fn of_npm(bytes: &[u8], sha512: Option<&str>, verifier: Option<&Verifier>) -> Option<Provenance> {
    let all: NpmAnswer = serde_json::from_slice(bytes).ok()?;
    // npm's answer also holds the registry's statement about the publication.
    let one = all.attestations.iter().find(|a| a.predicate.contains("provenance"))?;
    let statement = Statement::read(one.bundle.pointer("/dsseEnvelope/payload")?.as_str()?)?;
    let workflow = statement.predicate.pointer("/buildDefinition/externalParameters/workflow");
    let text = |key: &str| workflow.and_then(|w| w.get(key)).and_then(Value::as_str).map(str::to_owned);
    let signer =
        verifier.zip(sha512).map(|(verifier, hex)| verifier.signer(&one.bundle.to_string(), FileDigest::Sha512(hex)));
    let provenance = Provenance {
        predicate: one.predicate.clone(),
        source: text("repository"),
        workflow: text("path"),
        matches: sha512.map(|hex| statement.is_of("sha512", hex)),
        ..Provenance::default()
    };
    Some(provenance.signed(signer))
}

/// Reads the answer of PEP 740's integrity API; `sha256` is the served file's digest in hex.
pub(super) fn of_pypi(bytes: &[u8], sha256: Option<&str>, verifier: Option<&Verifier>) -> Option<Provenance> {
    let all: PypiAnswer = serde_json::from_slice(bytes).ok()?;
    let bundle = all.attestation_bundles.first()?;
    let statements: Vec<Statement> =
        bundle.attestations.iter().filter_map(|a| Statement::read(&a.envelope.statement)).collect();
    let text = |key: &str| bundle.publisher.get(key).and_then(Value::as_str).map(str::to_owned);
    // Of several attestations about one file, each is signed by its publisher.
    let signer = verifier.zip(sha256).and_then(|(verifier, hex)| {
        let signers = bundle.attestations.iter().map(|a| verifier.signer(&a.bundle(), FileDigest::Sha256(hex)));
        signers.reduce(Result::and)
    });
    let provenance = Provenance {
        predicate: statements.first()?.kind.clone(),
        source: text("repository"),
        workflow: text("workflow").or_else(|| text("kind")),
        matches: sha256.map(|hex| statements.iter().any(|s| s.is_of("sha256", hex))),
        ..Provenance::default()
    };
    Some(provenance.signed(signer))
}

/// The difference between the provenance of a release and that of the one before it, as a sentence.
pub(super) fn difference(before: &str, old: &Provenance, new: Option<&Provenance>) -> Option<String> {
    let before = printable(before);
    let Some(new) = new else {
        return Some(format!("it has no provenance attestation; the release before it, {before}, has one"));
    };
    let (old, new) = (old.signer.as_ref()?, new.signer.as_ref()?);
    let shown = |signer: &Signer| match &signer.repository {
        Some(repository) => format!("{} of {}", printable(&signer.workflow), printable(repository)),
        None => printable(&signer.workflow),
    };
    (!new.is(old))
        .then(|| format!("it was built by {}; the release before it, {before}, by {}", shown(new), shown(old)))
}

/// The digest of `sha512-BASE64` in hex.
pub(super) fn hex_of_sha512(integrity: &str) -> Option<String> {
    let base64 = integrity.split_whitespace().find_map(|part| part.strip_prefix("sha512-"))?;
    Some(data_encoding::HEXLOWER.encode(&data_encoding::BASE64.decode(base64.as_bytes()).ok()?))
}
