//! The signatures of registries, and of builds in the transparency log of Sigstore.
//!
//! An attestation that holds says who built a file. No verdict gets milder by one: a build that was taken over signs as well.

#[cfg(not(feature = "online"))]
mod absent;
#[cfg(feature = "online")]
mod provider;
#[cfg(feature = "online")]
mod sigstore;
#[cfg(test)]
#[cfg(feature = "online")]
pub mod testing;
#[cfg(test)]
#[cfg(feature = "online")]
mod tests;

use serde::Serialize;

#[cfg(not(feature = "online"))]
pub use absent::{Verifier, verify_signature};
#[cfg(feature = "online")]
pub use sigstore::{Verifier, verify_signature};

/// The digest of a served file, in hex.
#[derive(Clone, Copy, Debug)]
pub enum FileDigest<'a> {
    /// SHA-512, as npm has it.
    Sha512(&'a str),
    /// SHA-256, as Python's indexes have it.
    Sha256(&'a str),
}

/// The party that signed a build, by its certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Signer {
    /// The provider that vouched for the identity.
    pub issuer: String,
    /// The source repository; of a person, none.
    pub repository: Option<String>,
    /// The workflow without its revision; of a person, the identity.
    pub workflow: String,
}

impl Signer {
    /// Returns whether both come from the same repository and workflow of the same provider.
    pub fn is(&self, other: &Self) -> bool {
        let same = |a: &Option<String>, b: &Option<String>| {
            a.as_deref().map(str::to_ascii_lowercase) == b.as_deref().map(str::to_ascii_lowercase)
        };
        self.issuer == other.issuer
            && same(&self.repository, &other.repository)
            && self.workflow.eq_ignore_ascii_case(&other.workflow)
    }
}

/// Why a signature is not known to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// This program cannot check it.
    Unchecked,
    /// It does not hold, for this reason.
    Refused(String),
}
