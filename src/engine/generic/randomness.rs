//! How random a value looks, by its characters alone.

use super::lexicon;
use crate::engine::placeholder::is_placeholder;

/// How random a value looks by itself, from 0 (a word) to 1: for rules whose format alone is not distinctive.
pub fn looks_random(value: &[u8]) -> f32 {
    if value.len() < 6 || is_placeholder(value) {
        return 0.0;
    }
    let parts = lexicon::parts(value, false);
    let (code, prose) = lexicon::trigrams(value);
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count() as f32 / value.len() as f32;
    let entropy = entropy::shannon_entropy(&value[..value.len().min(512)]);
    let most = (value.len() as f32).log2().min(if value.iter().all(u8::is_ascii_hexdigit) { 4.0 } else { 5.5 });
    // 4.7 bits a letter is random; words cost 2 to 3. Trigrams of text cost 3 to 4 bits, random ones 6 and more.
    let letters = ((parts.bits - 2.8) / 1.6).clamp(0.0, 1.0);
    let likely = ((code.min(prose) - 3.6) / 2.2).clamp(0.0, 1.0);
    let spread = ((entropy / most - 0.6) / 0.25).clamp(0.0, 1.0);
    ((letters * 0.4 + likely * 0.4 + spread * 0.2) + digits * 0.15).clamp(0.0, 1.0) * spread.max(0.2)
}

/// Returns whether a value is long and random enough to be a credential whatever the words of its name hint at.
pub(super) fn is_plainly_random(value: &[u8]) -> bool {
    const LEAST: f32 = 0.6;
    let has = |is: fn(&u8) -> bool| value.iter().any(is);
    let mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    let long = value.len() >= 20 || value.len() >= 16 && mixed;
    long && has(u8::is_ascii_digit) && !has(|b| *b <= b' ' || *b >= 0x80) && looks_random(value) >= LEAST
}
