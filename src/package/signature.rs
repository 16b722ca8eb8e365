//! minisign signatures (<https://jedisct1.github.io/minisign/>) of advisory data.

use minisign_verify::{PublicKey, Signature};

/// How large a signature file may be, in bytes. One is about 300.
pub const LARGEST: u64 = 8 << 10;

/// Whom the user trusts to publish advisories. Without any key, data is taken unsigned.
#[derive(Clone, Default)]
pub struct Keys(Vec<PublicKey>);

impl Keys {
    /// Adds a key as `minisign -G` prints it: the base64 text alone, or the whole file with its comment line.
    ///
    /// # Errors
    /// When it is no minisign public key.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let text = text.trim();
        let key = if text.contains('\n') { PublicKey::decode(text) } else { PublicKey::from_base64(text) };
        self.0.push(key.map_err(|_| "no minisign public key: it is the line that begins with RW".to_owned())?);
        Ok(())
    }

    /// Whether none is configured.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of the keys signed `bytes`. The old kind of signature (made by minisign before 0.10 without `-H`) is
    /// not taken.
    ///
    /// # Errors
    /// What is wrong with the signature.
    pub fn verify(&self, bytes: &[u8], signature: &str) -> Result<(), String> {
        let signature = Signature::decode(signature).map_err(|_| "no minisign signature".to_owned())?;
        match self.0.iter().any(|key| key.verify(bytes, &signature, false).is_ok()) {
            true => Ok(()),
            false => Err("the signature is not one of the configured keys' over this file".to_owned()),
        }
    }
}
