//! The state of the watch between runs, and the lock that stops a second watch.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::{Context, Error, Result};
use crate::file;
use crate::journal::overdue::ago;
use crate::journal::state_directory;

/// The delay in seconds that still counts as in time: schedulers round.
const GRACE: i64 = 120;

/// The number of unsent digests in the state.
const UNSENT: usize = 50;

/// The state between runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WatchState {
    /// When the last run began.
    pub last: Option<String>,
    /// When the next one is due.
    pub due: Option<String>,
    /// Its digest.
    pub result: Option<String>,
    /// Digests that could not be sent.
    pub unsent: Vec<String>,
    /// The reason for which the state of the last run was lost, so that this one is empty.
    #[serde(skip)]
    pub lost: Option<String>,
}

fn directory() -> Result<PathBuf> {
    let directory = state_directory().or_incomplete("the state directory")?;
    fs::create_dir_all(&directory).or_incomplete(directory.display())?;
    Ok(directory)
}

impl WatchState {
    /// The state of the last run; empty before the first one. A file that holds no state makes an empty one, too, which
    /// says so: the watch must go on, and must not hide that a missed run would go unseen.
    ///
    /// # Errors
    /// When the state directory cannot be created, or the state cannot be read.
    pub fn read() -> Result<Self> {
        let path = directory()?.join("watch.json");
        let bytes = match file::read(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            read => read.or_incomplete(path.display())?,
        };
        // A list would do for serde, too.
        let fields = serde_json::from_slice::<serde_json::Map<_, _>>(&bytes);
        let state = fields.and_then(|fields| serde_json::from_value(fields.into()));
        Ok(state.unwrap_or_else(|e| {
            let lost = format!("{} holds no state of the watch ({e}): it is made anew", path.display());
            Self { lost: Some(lost), ..Self::default() }
        }))
    }

    /// Writes the state.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self) -> Result<()> {
        let directory = directory()?;
        let path = directory.join("watch.json");
        let mut state = self.clone();
        let many = state.unsent.len().saturating_sub(UNSENT);
        state.unsent.drain(..many);
        let mut file = tempfile::NamedTempFile::new_in(&directory).or_incomplete(path.display())?;
        let text = serde_json::to_vec_pretty(&state).or_incomplete(path.display())?;
        file.write_all(&text).or_incomplete(path.display())?;
        file.persist(&path).map(drop).or_incomplete(path.display())
    }

    /// The same state with another due time, or none.
    #[must_use]
    pub fn expecting(mut self, due: Option<Timestamp>) -> Self {
        self.due = due.map(|due| format!("{due:.0}"));
        self
    }

    /// The delay of a run at `now`, if it is late.
    pub fn late(&self, now: Timestamp) -> Option<String> {
        let due: Timestamp = self.due.as_deref()?.parse().ok()?;
        (now.as_second() > due.as_second() + GRACE).then(|| ago(due, now))
    }
}

/// The lock that a running watch holds.
pub struct Lock(#[allow(dead_code, reason = "the lock ends with the file")] File);

impl Lock {
    /// Takes the lock.
    ///
    /// # Errors
    /// When another watch runs (exit 2).
    pub fn take() -> Result<Self> {
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
                Ok(Self(file))
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
