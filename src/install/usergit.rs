//! Runs the user's own `git`: only what is installed by hand (`install`, `doctor`, `canary`) may do so, never a scan.

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
    /// In `directory`.
    pub fn at(directory: &Path) -> Self {
        UserGit { directory: directory.to_owned() }
    }

    /// A command with the directory set, for the caller to finish. The monitor of files is a program that a repository's
    /// configuration names, and is not run.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.directory).args(["-c", "core.fsmonitor=false"]).args(args).stdin(Stdio::null());
        command
    }

    /// What a command prints, without the last newline; nothing when it ends with another exit code than 0.
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

    /// Runs a command that must work.
    ///
    /// # Errors
    /// When it does not; git's own message is in the error.
    pub fn must<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Result<String> {
        let mut command = self.command(args);
        let output = command.output().map_err(|e| Error::incomplete(format!("git could not be started: {e}")))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned());
        }
        let shown: Vec<_> = command.get_args().skip(4).map(|a| a.to_string_lossy().into_owned()).collect();
        let said = String::from_utf8_lossy(&output.stderr);
        Err(Error::incomplete(format!("`git {}` failed: {}", shown.join(" "), said.trim())))
    }

    /// Git's version, as far as it is needed.
    ///
    /// # Errors
    /// When git cannot be started or says something else.
    pub fn version(&self) -> Result<(u32, u32)> {
        let said = self.must(["version"])?;
        let parse = || {
            let mut numbers = said.split_whitespace().nth(2)?.split('.');
            Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
        };
        parse().ok_or_else(|| Error::incomplete(format!("`git version` says {said:?}, which names no version")))
    }
}

/// The first git that runs hooks named in its configuration.
pub const CONFIG_HOOKS: (u32, u32) = (2, 54);
