//! The environment of the process: its variables and its current directory.
//!
//! Nothing else reads them (`clippy.toml` refuses the functions of `std::env`), so the callers of this module are the
//! list of what a run depends on beside its arguments and the repository.

#![allow(clippy::disallowed_methods, reason = "this is the module that reads the environment")]

use std::ffi::OsString;
use std::path::PathBuf;

use crate::error::{Context, Result};

/// The value of a variable; none if it is not set.
pub fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// The value of a variable as text; none if it is not set, or no UTF-8.
pub fn text(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The value of a variable as text; none if it is not set, empty, or no UTF-8.
pub fn nonempty_text(name: &str) -> Option<String> {
    text(name).filter(|value| !value.is_empty())
}

/// Returns whether a variable is set, to an empty value as well.
pub fn is_set(name: &str) -> bool {
    variable(name).is_some()
}

/// Every variable with its value.
pub fn variables() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os()
}

/// The path in a variable, relative or absolute.
pub fn path(name: &str) -> Option<PathBuf> {
    variable(name).map(PathBuf::from)
}

/// The absolute path in a variable. The XDG specification tells programs to ignore relative ones.
pub fn absolute_path(name: &str) -> Option<PathBuf> {
    path(name).filter(|path| path.is_absolute())
}

/// The directories of `PATH`, in which a program is looked up.
pub fn search_path() -> Vec<PathBuf> {
    variable("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// The current directory.
///
/// # Errors
/// Exit 2 when it was removed, or may not be read.
pub fn current_directory() -> Result<PathBuf> {
    std::env::current_dir().or_incomplete("the current directory")
}

/// The name of this machine, in the characters that names of hosts have; none if the system does not say.
pub fn host() -> Option<String> {
    let of_kernel = || crate::file::read_to_string("/proc/sys/kernel/hostname").ok();
    let of_program = || {
        let output = std::process::Command::new("uname").arg("-n").stdin(std::process::Stdio::null()).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let windows = || nonempty_text("COMPUTERNAME").filter(|_| cfg!(windows));
    let found = windows().or_else(of_kernel).or_else(of_program)?;
    let fits = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    Some(found.trim().chars().filter(fits).take(253).collect()).filter(|name: &String| !name.is_empty())
}
