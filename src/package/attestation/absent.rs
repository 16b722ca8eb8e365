//! A program without network code meets no attestation, and checks none.

use super::{Doubt, FileDigest, Signer};

/// Checks nothing.
#[derive(Debug)]
pub struct Verifier;

impl Verifier {
    /// The verifier of the public log.
    ///
    /// # Errors
    /// None.
    pub fn public() -> Result<Self, String> {
        Ok(Self)
    }

    /// The signer of an attestation.
    ///
    /// # Errors
    /// Always: nothing is checked.
    pub fn signer(&self, _bundle: &str, _digest: FileDigest<'_>) -> Result<Signer, Doubt> {
        Err(Doubt::Unchecked)
    }
}

/// Checks the signature of a registry.
///
/// # Errors
/// Always: nothing is checked.
pub fn verify_signature(_spki: &str, _message: &[u8], _signature: &str) -> Result<(), Doubt> {
    Err(Doubt::Unchecked)
}
