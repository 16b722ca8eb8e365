//! gzip inside base64, as Kubernetes and cloud-init wrap what they carry.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use zlib_rs::InflateConfig;

use super::{Budget, base};
use crate::engine::view::View;

/// What base64 of a gzip header begins with: the magic and the method.
const MAGIC: &[u8] = b"H4sI";
/// More than this is not unpacked, in bytes; what was read up to there is scanned.
const LARGEST: usize = 16 << 20;

/// Unpacks every base64 run that holds gzip into `view`.
pub(super) fn decode(text: &[u8], view: &mut View, budget: &mut Budget) {
    // Nearly no text has one, so look for the magic first.
    static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(MAGIC));
    if FINDER.find(text).is_none() {
        return;
    }
    base::runs(text, |run| {
        if !text[run.range()].starts_with(MAGIC) {
            return;
        }
        let mut packed = View::default();
        base::base64(text, run, &mut packed);
        // The last four bytes say how long it is; they may lie.
        let said = packed.text.last_chunk::<4>().map_or(0, |n| u32::from_le_bytes(*n) as usize);
        let size = said.clamp(1 << 12, LARGEST).min(packed.text.len().saturating_mul(1100));
        if !budget.take(size) {
            return;
        }
        let mut plain = vec![0; size];
        // 15 bits of window, 16 for the gzip header. A result cut short by the size is read as far as it goes.
        let (plain, _) = zlib_rs::decompress_slice(&mut plain, &packed.text, InflateConfig { window_bits: 31 });
        if !plain.is_empty() {
            view.gap();
            view.replace(run.range(), plain);
        }
    });
}
