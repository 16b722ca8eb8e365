//! The user's own `git`, for commands that a person runs (`install`, `doctor`, `canary`); a scan never starts it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Error, Result};

/// The user's `git`, in a directory.
#[derive(Clone, Debug)]
pub struct UserGit {
    directory: PathBuf,
}

impl UserGit {
    /// Git in `directory`.
    pub fn at(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    /// A command in the directory, for the caller to finish. The file-system monitor is disabled, because it is a
    /// program that a repository's configuration names.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.directory).args(["-c", "core.fsmonitor=false"]).args(args).stdin(Stdio::null());
        command
    }

    /// The output of a command without the last newline; `None` if it does not exit with 0.
    ///
    /// # Errors
    /// When git cannot be started.
    pub fn ask<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Result<Option<String>> {
        let output = self.command(args).stderr(Stdio::null()).output().map_err(|e| {
            Error::incomplete(format!("git could not be started: {e}")).help("install git, or put it into PATH")
        })?;
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        if text.ends_with('\n') {
            text.pop();
        }
        Ok(output.status.success().then_some(text))
    }

    /// The output of a command that must succeed.
    ///
    /// # Errors
    /// When it fails, with git's own message.
    pub fn must<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Result<String> {
        let mut command = self.command(args);
        let output = command.output().map_err(|e| Error::incomplete(format!("git could not be started: {e}")))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned());
        }
        let shown: Vec<_> = command.get_args().skip(4).map(|a| a.to_string_lossy().into_owned()).collect();
        let reason = String::from_utf8_lossy(&output.stderr);
        Err(Error::incomplete(format!("`git {}` failed: {}", shown.join(" "), reason.trim())))
    }

    /// Git's major and minor version.
    ///
    /// # Errors
    /// When git cannot be started or prints no version.
    pub fn version(&self) -> Result<(u32, u32)> {
        let version = self.must(["version"])?;
        let parse = || {
            let mut numbers = version.split_whitespace().nth(2)?.split('.');
            Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
        };
        parse().ok_or_else(|| Error::incomplete(format!("`git version` prints {version:?}, which names no version")))
    }
}

/// The first git with configuration hooks.
pub const CONFIG_HOOKS: (u32, u32) = (2, 54);
