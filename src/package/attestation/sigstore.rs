//! Sigstore's bundles, checked against a trusted root: signature, certificate chain at the log's time, the log's own signature
//! and inclusion proof, and the digest of the file.

use sigstore_verify::VerificationPolicy;
use sigstore_verify::crypto::{CertificateInfo, SigningScheme, VerificationKey};
use sigstore_verify::trust_root::{SIGSTORE_PRODUCTION_TRUSTED_ROOT, TrustedRoot};
use sigstore_verify::types::artifact::ArtifactDigest;
use sigstore_verify::types::{Artifact, Bundle, DerPublicKey, HashAlgorithm, SignatureBytes};

use super::{Doubt, FileDigest, Signer, provider};

/// Checks bundles against one trusted root.
pub struct Verifier(sigstore_verify::Verifier);

impl Verifier {
    /// The verifier of the public log, whose root comes with the crate.
    ///
    /// # Errors
    /// A message when the root cannot be read.
    pub fn public() -> Result<Self, String> {
        Self::of(SIGSTORE_PRODUCTION_TRUSTED_ROOT)
    }

    /// The verifier of this root, a `trusted_root.json`.
    ///
    /// # Errors
    /// A message when the root cannot be read.
    pub fn of(root: &str) -> Result<Self, String> {
        provider::install();
        let root = TrustedRoot::from_json(root).map_err(|error| error.to_string())?;
        Ok(Self(sigstore_verify::Verifier::new(&root).map_err(|error| error.to_string())?))
    }

    /// The signer of an attestation about the file with this digest.
    ///
    /// # Errors
    /// [`Doubt`] when anything about it does not hold.
    pub fn signer(&self, bundle: &str, digest: FileDigest<'_>) -> Result<Signer, Doubt> {
        let refused = |error: &dyn std::fmt::Display| Doubt::Refused(error.to_string());
        let (algorithm, hex) = match digest {
            FileDigest::Sha512(hex) => (HashAlgorithm::Sha2512, hex),
            FileDigest::Sha256(hex) => (HashAlgorithm::Sha2256, hex),
        };
        let bytes = data_encoding::HEXLOWER_PERMISSIVE
            .decode(hex.as_bytes())
            .map_err(|_| Doubt::Refused("the file has no digest to compare with".to_owned()))?;
        let digest = ArtifactDigest::new(algorithm, bytes).map_err(|error| refused(&error))?;
        let bundle = Bundle::from_json(bundle).map_err(|error| refused(&error))?;
        let policy = VerificationPolicy::any_identity();
        let result = self.0.verify(Artifact::Digest(digest), &bundle, &policy).map_err(|error| refused(&error))?;
        result.certificate().map(signer).ok_or_else(|| Doubt::Refused("it was signed without a certificate".to_owned()))
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifier")
    }
}

/// The signer that a certificate names.
fn signer(certificate: &CertificateInfo) -> Signer {
    let claims = &certificate.ci_claims;
    let identity = certificate.identity.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default();
    // `https://host/owner/name/.github/workflows/release.yml@refs/tags/v1`
    let workflow = claims.build_signer_uri.clone().unwrap_or(identity);
    Signer {
        issuer: certificate.issuer.clone().unwrap_or_default(),
        repository: claims
            .source_repository_uri
            .clone()
            .or_else(|| claims.deprecated_github.workflow_repository.clone()),
        workflow: workflow.split_once("@refs/").map_or(workflow.clone(), |(path, _)| path.to_owned()),
    }
}

/// Checks the signature of a registry: ECDSA with P-256, its key in SPKI, key and signature in base64.
///
/// # Errors
/// [`Doubt`] when the key or the signature cannot be read, or the signature does not hold.
pub fn verify_signature(spki: &str, message: &[u8], signature: &str) -> Result<(), Doubt> {
    provider::install();
    let refused = |error: &dyn std::fmt::Display| Doubt::Refused(error.to_string());
    let key = DerPublicKey::from_base64(spki).map_err(|error| refused(&error))?;
    let key = VerificationKey::from_spki_with_scheme(&key, SigningScheme::EcdsaP256Sha256)
        .map_err(|error| refused(&error))?;
    let signature = SignatureBytes::from_base64(signature).map_err(|error| refused(&error))?;
    key.verify(message, &signature).map_err(|error| refused(&error))
}
