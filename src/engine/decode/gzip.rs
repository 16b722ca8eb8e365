//! gzip inside base64, as Kubernetes and cloud-init wrap their content.

use std::io::Read;
use std::sync::LazyLock;

use flate2::read::MultiGzDecoder;
use memchr::memmem::Finder;

use super::{Budget, base};
use crate::engine::decoded_text::DecodedText;

/// The first characters of a gzip header in base64: the magic and the method.
const MAGIC: &[u8] = b"H4sI";

/// Unpacks every base64 run that holds gzip into `view`.
pub(super) fn decode(text: &[u8], view: &mut DecodedText, budget: &mut Budget) {
    // Nearly no text has one, so look for the magic first.
    static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(MAGIC));
    if FINDER.find(text).is_none() {
        return;
    }
    base::runs(text, |run| {
        if !text[run.range()].starts_with(MAGIC) {
            return;
        }
        let mut packed = DecodedText::default();
        base::base64(text, run, &mut packed);
        let room = budget.left();
        let mut plain = Vec::new();
        // A stream that breaks off is read as far as it goes.
        let _ = MultiGzDecoder::new(&packed.text[..]).take(room as u64 + 1).read_to_end(&mut plain);
        if plain.len() > room {
            plain.truncate(room);
            budget.end();
        }
        budget.take(plain.len());
        if !plain.is_empty() {
            view.gap();
            view.replace(run.range(), &plain);
        }
    });
}
