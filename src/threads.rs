//! The threads that work is shared among: as many as there are cores, or as many as start.
//!
//! rayon's own pool panics where the system gives no thread, and starts as many as `RAYON_NUM_THREADS` asks for.

use std::sync::OnceLock;

use crate::environment;

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Runs `work`, whose parallel parts share the pool's threads. With none but the caller's it takes longer.
pub fn shared<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();
    match POOL.get_or_init(pool) {
        Some(pool) => pool.install(work),
        None => work(),
    }
}

/// A pool of as many threads as are of use, of half as many where these do not start, and so on; at last one that is
/// the caller's own.
fn pool() -> Option<ThreadPool> {
    let fewer = |n: &usize| (*n > 1).then_some(n / 2);
    let started = |n| ThreadPoolBuilder::new().num_threads(n).build().ok();
    std::iter::successors(Some(count()), fewer)
        .find_map(started)
        .or_else(|| ThreadPoolBuilder::new().num_threads(1).use_current_thread().build().ok())
}

/// As many as there are cores, or fewer where the environment asks for it.
fn count() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let wish = environment::text("RAYON_NUM_THREADS").and_then(|n| n.trim().parse().ok()).filter(|n| *n > 0);
    wish.map_or(cores, |n: usize| n.min(cores))
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;

    #[test]
    fn all_of_the_work_is_done() {
        let sum: u64 = shared(|| (0..1000_u64).into_par_iter().sum());
        assert_eq!(sum, 499_500);
        assert!((1..=std::thread::available_parallelism().map_or(1, usize::from)).contains(&count()));
    }
}
