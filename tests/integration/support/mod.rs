//! A throwaway machine for one test: its own HOME, git configuration, repositories and remotes; and fresh fake tokens.
//!
//! Nothing of the developer's environment reaches the commands that a test runs.

#[cfg(unix)]
pub mod hooks;
#[cfg(feature = "online")]
pub mod http;
pub mod lockfiles;
pub mod pack;
#[cfg(unix)]
pub mod push;
pub mod snapshot;
pub mod zip;

use std::ffi::OsStr;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use serde_json::Value;
use tempfile::TempDir;

/// A home directory, and repositories beside it.
pub struct Sandbox {
    dir: TempDir,
}

impl Sandbox {
    /// Only a home, with a git identity.
    pub fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("shield-hook-test-").tempdir().expect("a temporary directory");
        let sandbox = Self { dir };
        fs::create_dir_all(sandbox.home()).expect("a home");
        fs::create_dir_all(sandbox.path("tmp")).expect("a temporary directory of its own");
        sandbox.write_git_config(
            "[user]\n\tname = Test Person\n\temail = test@example.com\n[init]\n\tdefaultBranch = main\n\
             [commit]\n\tgpgSign = false\n[protocol \"file\"]\n\tallow = always\n[advice]\n\tdetachedHead = false\n\
             [gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n",
        );
        sandbox
    }

    /// The home directory.
    pub fn home(&self) -> PathBuf {
        self.path("home")
    }

    /// Replaces the user's git configuration.
    pub fn write_git_config(&self, text: &str) {
        fs::write(self.home().join(".gitconfig"), text).expect("the git configuration");
    }

    /// A path beside the home.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Makes an empty repository on branch `main`.
    pub fn repo(&self, name: &str) -> Repo<'_> {
        self.repo_with(name, &[])
    }

    /// The same, with options of `git init`.
    pub fn repo_with(&self, name: &str, options: &[&str]) -> Repo<'_> {
        let at = self.path(name);
        let mut args = vec!["init", "--quiet", "--initial-branch=main"];
        args.extend(options);
        let at_text = at.to_str().expect("a plain path").to_owned();
        args.push(&at_text);
        expect_success(&self.git_command(self.dir.path()).args(&args).output().expect("git"), &args);
        Repo { sandbox: self, at }
    }

    /// A bare repository to push to.
    pub fn remote(&self, name: &str) -> PathBuf {
        self.repo_with(name, &["--bare"]).at
    }

    /// A handle on a repository that exists already (a clone, a linked worktree).
    pub fn at(&self, path: impl Into<PathBuf>) -> Repo<'_> {
        Repo { sandbox: self, at: path.into() }
    }

    /// A command with the scrubbed environment.
    pub fn command(&self, program: impl AsRef<OsStr>, dir: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(dir)
            .env_clear()
            .env("PATH", path())
            .env("HOME", self.home())
            .env("TMPDIR", self.path("tmp"))
            .env("XDG_CONFIG_HOME", self.home().join(".config"))
            .env("XDG_STATE_HOME", self.home().join(".local/state"))
            .env("XDG_CACHE_HOME", self.home().join(".cache"))
            .env("GIT_CONFIG_GLOBAL", self.home().join(".gitconfig"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_EDITOR", "true")
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .stdin(Stdio::null());
        command
    }

    fn git_command(&self, dir: &Path) -> Command {
        self.command("git", dir)
    }

    /// Runs the binary under test.
    pub fn shield<S: AsRef<OsStr>>(&self, dir: &Path, args: &[S]) -> Run {
        self.shield_with(dir, args, &[], None)
    }

    /// Runs the binary under test with more environment and with standard input.
    pub fn shield_with<S: AsRef<OsStr>>(
        &self,
        dir: &Path,
        args: &[S],
        env: &[(&str, &str)],
        input: Option<&[u8]>,
    ) -> Run {
        let mut command = self.command(binary(), dir);
        command.args(args).envs(env.iter().copied());
        Run::of(&mut command, input)
    }
}

/// The developer's PATH, without a directory that holds an installed shield-hook: hooks would find that one.
pub fn path() -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let without = std::env::split_paths(&path).filter(|dir| !dir.join("shield-hook").exists());
    std::env::join_paths(without).expect("a PATH").into_string().expect("a plain PATH")
}

/// The binary under test.
pub fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_shield-hook"))
}

/// One repository in a sandbox.
pub struct Repo<'s> {
    sandbox: &'s Sandbox,
    at: PathBuf,
}

impl<'s> Repo<'s> {
    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.at
    }

    /// The sandbox it is in.
    pub fn sandbox(&self) -> &'s Sandbox {
        self.sandbox
    }

    /// A path in its work tree.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.at.join(name)
    }

    /// Writes a file in the work tree.
    pub fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("its directory");
        fs::write(path, content).expect("the file");
        self
    }

    /// Makes a symbolic link in the work tree.
    #[cfg(unix)]
    pub fn link(&self, name: &str, target: impl AsRef<Path>) -> &Self {
        std::os::unix::fs::symlink(target, self.path(name)).expect("the link");
        self
    }

    /// Runs git, which must succeed, and gives what it printed, without the last line end.
    pub fn git<S: AsRef<OsStr>>(&self, args: &[S]) -> String {
        let out = self.git_command(args).output().expect("git");
        expect_success(&out, args);
        String::from_utf8_lossy(&out.stdout).trim_end_matches('\n').to_owned()
    }

    /// Runs git, which may fail.
    pub fn try_git<S: AsRef<OsStr>>(&self, args: &[S]) -> Run {
        Run::of(&mut self.git_command(args), None)
    }

    /// Runs git, which may fail, with more environment and with standard input.
    pub fn try_git_with<S: AsRef<OsStr>>(&self, args: &[S], env: &[(&str, &str)], input: Option<&[u8]>) -> Run {
        Run::of(self.git_command(args).envs(env.iter().copied()), input)
    }

    /// A git command in this repository.
    pub fn git_command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = self.sandbox.git_command(&self.at);
        command.args(args);
        command
    }

    /// Stages everything.
    pub fn add(&self) -> &Self {
        self.git(&["add", "--all"]);
        self
    }

    /// Stages and commits everything, with no hook; gives the commit's id.
    pub fn commit(&self, message: &str) -> String {
        self.add().git(&["commit", "--quiet", "--no-verify", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs the binary under test in the work tree's root.
    pub fn shield<S: AsRef<OsStr>>(&self, args: &[S]) -> Run {
        self.sandbox.shield(&self.at, args)
    }

    /// The same, with more environment and with standard input.
    pub fn shield_with<S: AsRef<OsStr>>(&self, args: &[S], env: &[(&str, &str)], input: Option<&[u8]>) -> Run {
        self.sandbox.shield_with(&self.at, args, env, input)
    }

    /// `scan --staged --format json`.
    pub fn scan_staged(&self) -> Run {
        self.shield(&["scan", "--staged", "--format", "json"])
    }
}

fn expect_success<S: AsRef<OsStr>>(out: &Output, args: &[S]) {
    let args: Vec<_> = args.iter().map(|a| a.as_ref().to_string_lossy()).collect();
    assert!(
        out.status.success(),
        "git {}: {}\n{}{}",
        args.join(" "),
        out.status,
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
}

/// How a command ended.
#[derive(Debug)]
pub struct Run {
    /// Its exit code; -1 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    /// Runs a command to its end.
    pub fn of(command: &mut Command, input: Option<&[u8]>) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        if input.is_some() {
            command.stdin(Stdio::piped());
        }
        let mut child = command.spawn().expect("the command starts");
        if let Some(input) = input {
            // A command that ends before it has read everything is judged by how it ended.
            let _ = child.stdin.take().expect("a pipe").write_all(input);
        }
        let out = child.wait_with_output().expect("the command ends");
        Self {
            code: out.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&out.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&out.stderr).into_owned(),
        }
    }

    /// Asserts the exit code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// The JSON report on standard output.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("no JSON ({e}):\n{}\nstderr:\n{}", self.stdout, self.stderr))
    }

    /// The `path:line rule` of every blocking finding in the JSON report.
    #[track_caller]
    pub fn blocking(&self) -> Vec<String> {
        let json = self.json();
        let findings = json["findings"].as_array().expect("findings");
        let blocking = findings.iter().filter(|f| f["blocking"] == true);
        let text = |v: &Value| v.as_str().unwrap_or("?").to_owned();
        blocking.map(|f| format!("{}:{} {}", text(&f["path"]), f["line"], text(&f["rule"]))).collect()
    }

    /// Asserts that the run blocked (exit 1) with a finding at each of these `path:line`s, and nowhere else.
    #[track_caller]
    pub fn expect_blocked(self, places: &[&str]) -> Self {
        let run = self.expect(1);
        let mut got: Vec<String> =
            run.blocking().iter().map(|b| b.rsplit_once(' ').map_or(b.clone(), |(at, _)| at.to_owned())).collect();
        got.sort();
        got.dedup();
        let mut want: Vec<String> = places.iter().map(|p| (*p).to_owned()).collect();
        want.sort();
        assert_eq!(got, want, "{}", run.stdout);
        run
    }

    /// Asserts that nothing blocked, and that everything was read.
    #[track_caller]
    pub fn expect_clean(self) -> Self {
        let run = self.expect(0);
        let json = run.json();
        assert_eq!(json["result"], "clean", "{}", run.stdout);
        assert_eq!(json["complete"], true, "{}", run.stdout);
        run
    }
}

/// A fresh npm token with a right checksum.
pub fn npm_token() -> String {
    with_npm_checksum(&base62(30))
}

/// The npm token of a number: the same in every run, so that a snapshot can hold its report.
pub fn seeded_npm_token(seed: u64) -> String {
    let mut state = seed;
    let body: String = (0..30)
        .map(|_| {
            // The generator of Knuth's MMIX; its high bits are the better ones.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(BASE62[((state >> 33) % 62) as usize])
        })
        .collect();
    with_npm_checksum(&body)
}

fn with_npm_checksum(body: &str) -> String {
    let mut sum = crc32fast::hash(body.as_bytes());
    let mut tail = Vec::new();
    for _ in 0..6 {
        tail.push(BASE62[(sum % 62) as usize]);
        sum /= 62;
    }
    tail.reverse();
    // In two parts, so that this file holds nothing that looks like a token.
    format!("{}{body}{}", "npm_", String::from_utf8(tail).expect("ASCII"))
}

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Fresh random base62 text.
pub fn base62(length: usize) -> String {
    let state = RandomState::new();
    (0..length as u64).map(|i| char::from(BASE62[(state.hash_one(i) % 62) as usize])).collect()
}

/// The name of every report format, as the command line takes it.
pub fn formats() -> impl Iterator<Item = &'static str> {
    static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let all = <shield_hook::report::ReportFormat as clap::ValueEnum>::value_variants();
        all.iter().filter_map(clap::ValueEnum::to_possible_value).map(|value| value.get_name().to_owned()).collect()
    });
    NAMES.iter().map(String::as_str)
}
