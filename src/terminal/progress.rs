//! The progress of a run, on a terminal and only for work that takes longer than a moment.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

/// The delay before the first line.
const PATIENCE: Duration = Duration::from_millis(300);

/// The interval between two updates of the line.
const TICK: Duration = Duration::from_millis(100);

/// Set by [`allow`]: this process may show progress.
static WANTED: AtomicBool = AtomicBool::new(false);

/// Allows progress on standard error, if it is a terminal.
pub fn allow() {
    WANTED.store(true, Ordering::Relaxed);
}

#[derive(Default)]
struct ProgressCounts {
    done: AtomicUsize,
    total: AtomicUsize,
}

/// The progress of one run; its line vanishes when this is dropped.
pub struct Progress {
    counts: Arc<ProgressCounts>,
    line: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Begins to count, and to show progress if allowed.
    pub fn start() -> Self {
        let counts = Arc::new(ProgressCounts::default());
        let shown = WANTED.load(Ordering::Relaxed) && std::io::stderr().is_terminal();
        let line = shown.then_some(()).and_then(|()| {
            let (end, ended) = mpsc::channel();
            let counts = Arc::clone(&counts);
            let draw = move || {
                let (mut wait, mut drawn) = (PATIENCE, false);
                while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                    (wait, drawn) = (TICK, true);
                    write(&counts.line());
                }
                if drawn {
                    write("");
                }
            };
            // Without a thread no progress is shown.
            Some((end, std::thread::Builder::new().spawn(draw).ok()?))
        });
        Self { counts, line }
    }

    /// Adds items to the total.
    pub fn more(&self, items: usize) {
        self.counts.total.fetch_add(items, Ordering::Relaxed);
    }

    /// Counts one item as done.
    pub fn step(&self) {
        self.counts.done.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.line.take() {
            drop(end);
            // The thread only writes to the terminal, so its result is ignored.
            let _ = thread.join();
        }
    }
}

impl ProgressCounts {
    fn line(&self) -> String {
        let (done, total) = (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        match (done * 100).checked_div(total) {
            None => "shield-hook: listing new content".into(),
            Some(percent) => format!("shield-hook: {done} of {total} ({percent} %)"),
        }
    }
}

/// Writes the line over the last one. A terminal that went away is no reason to stop.
fn write(line: &str) {
    let mut out = std::io::stderr().lock();
    let _ = write!(out, "\r\u{1b}[K{line}").and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::Progress;

    #[test]
    fn the_line_counts() {
        let progress = Progress::start();
        assert_eq!(progress.counts.line(), "shield-hook: listing new content");
        progress.more(200);
        (0..50).for_each(|_| progress.step());
        assert_eq!(progress.counts.line(), "shield-hook: 50 of 200 (25 %)");
    }
}
