//! What the watch remembers from one run to the next, and the lock that keeps two apart.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::{Context, Error, Result};
use crate::file;
use crate::journal::overdue::ago;
use crate::journal::state_directory;

/// How much later than planned is still in time, in seconds: schedulers round.
const GRACE: i64 = 120;

/// How many digests that could not be sent are kept.
const KEPT: usize = 50;

/// What is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// When the last run began.
    pub last: Option<String>,
    /// When the next one is due.
    pub due: Option<String>,
    /// Its digest.
    pub result: Option<String>,
    /// Digests that could not be sent.
    pub unsent: Vec<String>,
}

fn directory() -> Result<PathBuf> {
    let directory = state_directory().or_incomplete("the state directory")?;
    fs::create_dir_all(&directory).or_incomplete(directory.display())?;
    Ok(directory)
}

impl State {
    /// The state of the last run; an empty one where there is none, or where it cannot be read any more.
    ///
    /// # Errors
    /// When the state directory cannot be made.
    pub fn read() -> Result<State> {
        let bytes = file::read(directory()?.join("watch.json")).unwrap_or_default();
        Ok(serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// Keeps it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self) -> Result<()> {
        let directory = directory()?;
        let path = directory.join("watch.json");
        let mut kept = self.clone();
        let many = kept.unsent.len().saturating_sub(KEPT);
        kept.unsent.drain(..many);
        let mut file = tempfile::NamedTempFile::new_in(&directory).or_incomplete(path.display())?;
        let text = serde_json::to_vec_pretty(&kept).or_incomplete(path.display())?;
        file.write_all(&text).or_incomplete(path.display())?;
        file.persist(&path).map(drop).or_incomplete(path.display())
    }

    /// With another time at which the next run is due, or none.
    #[must_use]
    pub fn expecting(mut self, due: Option<Timestamp>) -> State {
        self.due = due.map(|due| format!("{due:.0}"));
        self
    }

    /// How late a run at `now` is, if it is.
    pub fn late(&self, now: Timestamp) -> Option<String> {
        let due: Timestamp = self.due.as_deref()?.parse().ok()?;
        (now.as_second() > due.as_second() + GRACE).then(|| ago(due, now))
    }
}

/// Held while a watch runs.
pub struct Lock(#[allow(dead_code, reason = "it is let go with the file")] File);

impl Lock {
    /// Takes it.
    ///
    /// # Errors
    /// When another watch runs (exit 2).
    pub fn take() -> Result<Lock> {
        let path = directory()?.join("watch.lock");
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .read(true)
            .open(&path)
            .or_incomplete(path.display())?;
        match file.try_lock() {
            Ok(()) => {
                // For people who find the file.
                let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
                Ok(Lock(file))
            }
            Err(TryLockError::WouldBlock) => {
                let pid = file::read_to_string(&path).unwrap_or_default();
                Err(Error::incomplete(format!("another watch is at work (process {})", pid.trim()))
                    .help("wait for it, or end it"))
            }
            Err(TryLockError::Error(e)) => Err(Error::incomplete(format!("{}: {e}", path.display()))),
        }
    }
}
