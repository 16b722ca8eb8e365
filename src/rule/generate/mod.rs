//! Fresh samples: a random credential that a rule matches, with correct checksums, and texts that contain one.
//!
//! Rule files and tests therefore contain no literal that looks like a credential.

mod store;

use std::collections::BTreeMap;

pub use fastrand::Rng;

use super::regex::sample;
use super::template::{self, Alphabet, Piece};
use super::{Rule, RuleSet, checksum};
use crate::data::regex::analysis::{self, SECRET};

/// A text made from a template.
#[derive(Clone, PartialEq, Eq)]
pub struct Sample {
    /// The text.
    pub text: String,
    /// The secrets in it: whose they are, and the value.
    pub secrets: Vec<(&'static str, String)>,
}

/// Makes samples. Seeded by the operating system, or by a number when a test wants the same ones again.
pub struct Generator<'r> {
    rules: &'r RuleSet,
    rng: Rng,
}

impl<'r> Generator<'r> {
    /// Different samples in every run.
    pub fn new(rules: &'r RuleSet) -> Self {
        Generator { rules, rng: Rng::new() }
    }

    /// The same samples for the same seed.
    pub fn with_seed(rules: &'r RuleSet, seed: u64) -> Self {
        Generator { rules, rng: Rng::with_seed(seed) }
    }

    /// A credential that `rule` matches, with a checksum that holds.
    ///
    /// # Errors
    /// A sentence about a rule whose regex does not describe the secret.
    pub fn secret(&mut self, rule: &Rule) -> Result<String, String> {
        if rule.regex.is_empty() {
            return Ok(self.password());
        }
        let hir = analysis::parse(rule.regex)?;
        let group = analysis::capture(&hir, SECRET).ok_or("the regex has no group named `secret`")?;
        // A sample that the rule itself lists as a placeholder, or that is all one letter, would be bad luck; the
        // walk's alphabets make that too rare to matter.
        let mut token = sample::walk(group, &mut self.rng)?;
        // A short value can have less entropy than the rule asks for; another one will do.
        for _ in 0..200 {
            if entropy::shannon_entropy(&token) >= rule.entropy.unwrap_or(1.5) {
                break;
            }
            token = sample::walk(group, &mut self.rng)?;
        }
        if let Some(check) = rule.check {
            checksum::complete(check, &mut token);
        }
        String::from_utf8(token).map_err(|_| "the secret would not be text".to_owned())
    }

    /// A template of `rule` with every placeholder filled in.
    ///
    /// # Errors
    /// A sentence about a template or a rule that does not work.
    pub fn expand(&mut self, rule: &'static Rule, template: &str) -> Result<Sample, String> {
        let mut sample = Sample { text: String::new(), secrets: Vec::new() };
        let mut made: BTreeMap<&str, String> = BTreeMap::new();
        for piece in template::parse(template)? {
            match piece {
                Piece::Text(text) => sample.text.push_str(&text),
                Piece::Uuid => sample.text.push_str(&self.uuid()),
                Piece::Store(kind) => {
                    let store = data_encoding::BASE64.encode(&store::store(&kind, &mut self.rng)?);
                    sample.text.push_str(&store);
                    // All of it, because only the engine knows which part is the secret.
                    sample.secrets.push((rule.id, store));
                }
                Piece::Random(alphabet, n) => sample.text.push_str(&self.random(alphabet, n)),
                Piece::Secret(id) => {
                    let whose = match &id {
                        None => rule,
                        Some(id) => self.rules.get(id).ok_or_else(|| format!("there is no rule `{id}`"))?,
                    };
                    if !made.contains_key(whose.id) {
                        let secret = self.secret(whose)?;
                        sample.secrets.push((whose.id, secret.clone()));
                        made.insert(whose.id, secret);
                    }
                    sample.text.push_str(&made[whose.id]);
                }
            }
        }
        Ok(sample)
    }

    /// `n` characters of an alphabet.
    pub fn random(&mut self, alphabet: Alphabet, n: usize) -> String {
        let chars = alphabet.chars();
        (0..n).map(|_| char::from(chars[self.rng.usize(..chars.len())])).collect()
    }

    /// A version 4 UUID.
    pub fn uuid(&mut self) -> String {
        let n = (self.rng.u128(..) & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
        let hex = format!("{n:032x}");
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    }

    /// The output of a password generator: 20 letters of both cases and digits.
    fn password(&mut self) -> String {
        loop {
            let password = self.random(Alphabet::Base62, 20);
            let has = |is: fn(&u8) -> bool| password.bytes().filter(is).count() >= 3;
            if has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) {
                return password;
            }
        }
    }
}
