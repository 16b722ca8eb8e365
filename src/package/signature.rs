//! minisign signatures (<https://jedisct1.github.io/minisign/>) of advisory data.

use minisign_verify::{PublicKey, Signature};

/// The largest signature file, in bytes. One has about 300.
pub const LARGEST: u64 = 8 << 10;

/// The keys that the user trusts to sign advisories. Without any key, unsigned data is accepted.
#[derive(Clone, Default)]
pub struct TrustedKeys(Vec<PublicKey>);

impl TrustedKeys {
    /// Adds a key as `minisign -G` prints it: the base64 text alone, or the file with its comment line.
    ///
    /// # Errors
    /// A message when it is no minisign public key.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let text = text.trim();
        let key = if text.contains('\n') { PublicKey::decode(text) } else { PublicKey::from_base64(text) };
        self.0.push(key.map_err(|_| "no minisign public key: it is the line that begins with RW".to_owned())?);
        Ok(())
    }

    /// Returns whether no key is configured.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks that one of the keys signed `bytes`. The old kind of signature (made by minisign before 0.10 without
    /// `-H`) is refused.
    ///
    /// # Errors
    /// A message when the signature has another format or belongs to no key over these bytes.
    pub fn verify(&self, bytes: &[u8], signature: &str) -> Result<(), String> {
        let signature = Signature::decode(signature).map_err(|_| "no minisign signature".to_owned())?;
        match self.0.iter().any(|key| key.verify(bytes, &signature, false).is_ok()) {
            true => Ok(()),
            false => Err("the signature is not one of the configured keys' over this file".to_owned()),
        }
    }
}
