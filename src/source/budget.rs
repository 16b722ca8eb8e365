//! The amount of work that one run may take on, where somebody else decides how much there is.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::Skip;

/// The work that a push may ask of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allotment {
    /// Its content may become so large when it is unpacked, in bytes.
    pub bytes: u64,
    /// Reading it may take so long, in seconds.
    pub seconds: u64,
}

impl Default for Allotment {
    fn default() -> Self {
        Self { bytes: 64 << 30, seconds: 900 }
    }
}

/// What is left of an allotment. All workers share it.
#[derive(Debug)]
pub struct Budget {
    allotment: Allotment,
    spent: AtomicU64,
    start: Instant,
}

impl Budget {
    /// All of the allotment, from now on.
    pub fn new(allotment: Allotment) -> Self {
        Self { allotment, spent: AtomicU64::new(0), start: Instant::now() }
    }

    /// Counts bytes that were unpacked.
    pub fn spend(&self, bytes: u64) {
        self.spent.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The bytes that may still be unpacked.
    pub fn left(&self) -> u64 {
        self.allotment.bytes.saturating_sub(self.spent.load(Ordering::Relaxed))
    }

    /// The coverage row of all that is not read any more, once the budget has ended.
    pub fn ended(&self) -> Option<Skip> {
        let Allotment { bytes, seconds } = self.allotment;
        let reason = if self.spent.load(Ordering::Relaxed) > bytes {
            format!("more than {bytes} bytes when unpacked; push less at a time, or raise [server] push-bytes")
        } else if self.start.elapsed() > Duration::from_secs(seconds) {
            format!("reading it takes more than {seconds} seconds; push less at a time, or raise [server] push-seconds")
        } else {
            return None;
        };
        Some(Skip { what: Skip::PUSH, path: "the rest of it".into(), reason, incomplete: true })
    }
}
