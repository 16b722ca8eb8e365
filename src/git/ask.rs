//! The user's own git, for the parts of a repository that gix cannot read: refs in a reftable, and objects that only
//! git can reach (a partial clone's, a push's quarantine). A repair writes the index and refs through it as well.
//!
//! Nothing that a repository names is run: no hook, filter, text conversion, monitor or fetch.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::Oid;
use crate::error::{Context, Error, Result};

/// A `git` command line that reads only, started in `dir`.
fn git(dir: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(dir)
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("LC_ALL", "C")
        .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    git
}

/// The standard output of a git command.
///
/// # Errors
/// Git is missing or fails.
pub(super) fn output(dir: &Path, args: &[&str]) -> Result<Vec<u8>> {
    let out = git(dir).args(args).output().or_incomplete("git, which is needed to read this repository's refs")?;
    if out.status.success() {
        return Ok(out.stdout);
    }
    let message = String::from_utf8_lossy(&out.stderr);
    Err(Error::incomplete(format!("git {}: {}", args.join(" "), message.trim())))
}

/// The standard output of a git command that reads `input`. Unlike the others it may write: the index, a ref, a file.
///
/// # Errors
/// Git is missing or fails.
pub(super) fn output_for(dir: &Path, args: &[&str], input: &[u8]) -> Result<Vec<u8>> {
    let doing = || format!("git {}", args.join(" "));
    let mut child = git(dir).args(args).stdin(Stdio::piped()).spawn().or_incomplete("git, which has to write this")?;
    // A git that ends early says why on its standard error.
    let _ = child.stdin.take().map(|mut stdin| stdin.write_all(input));
    let out = child.wait_with_output().or_incomplete(doing())?;
    match out.status.success() {
        true => Ok(out.stdout),
        false => Err(Error::incomplete(format!("{}: {}", doing(), String::from_utf8_lossy(&out.stderr).trim()))),
    }
}

/// A running `git cat-file --batch`.
pub(super) struct CatFile {
    dir: PathBuf,
    fetch: bool,
    running: Option<(Child, ChildStdin, BufReader<ChildStdout>)>,
}

impl CatFile {
    /// For the repository that `dir` is in; git is started by the first request. With `fetch` it may download missing
    /// objects of a partial clone.
    pub(super) fn new(dir: PathBuf, fetch: bool) -> Self {
        Self { dir, fetch, running: None }
    }

    /// The kind and content of an object, or `None` when git does not have it either.
    ///
    /// # Errors
    /// Git cannot be run or stops answering.
    pub(super) fn find(&mut self, id: &Oid, into: &mut Vec<u8>) -> Result<Option<gix::objs::Kind>> {
        if self.running.is_none() {
            let mut git = git(&self.dir);
            if self.fetch {
                git.env_remove("GIT_NO_LAZY_FETCH");
            }
            let mut child = git
                .args(["cat-file", "--batch"])
                .stdin(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .or_incomplete("git, which is needed to read objects of this repository")?;
            let (Some(ask), Some(answer)) = (child.stdin.take(), child.stdout.take()) else {
                return Err(Error::incomplete("git cat-file gave no pipes"));
            };
            self.running = Some((child, ask, BufReader::new(answer)));
        }
        let Some((_, ask, answer)) = &mut self.running else { return Ok(None) };
        let doing = "git cat-file";
        writeln!(ask, "{id}").and_then(|()| ask.flush()).or_incomplete(doing)?;
        let mut head = String::new();
        answer.read_line(&mut head).or_incomplete(doing)?;
        let mut words = head.split_whitespace().skip(1);
        let (Some(kind), Some(size)) = (words.next(), words.next().and_then(|n| n.parse::<usize>().ok())) else {
            return Ok(None);
        };
        into.clear();
        into.resize(size + 1, 0);
        answer.read_exact(into).or_incomplete(doing)?;
        into.truncate(size);
        Ok(gix::objs::Kind::from_bytes(kind.as_bytes()).ok())
    }
}

impl Drop for CatFile {
    fn drop(&mut self) {
        if let Some((mut child, ask, _)) = self.running.take() {
            drop(ask);
            // The process ends once its input is closed; its exit code does not matter.
            let _ = child.wait();
        }
    }
}
