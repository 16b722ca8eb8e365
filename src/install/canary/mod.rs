//! The canary: a proof that the hooks of this repository stop a leak on this machine.
//!
//! Real git commands try to commit, push and merge a planted leak in a throwaway clone, and the CI gate scans it. Our
//! hook must stop each step because of this canary: the clone's journal must record a run with our exit code, and the
//! report must contain the canary's one-time word. The same steps without a leak must pass.

mod assistants;
mod plant;
mod rules;
mod sandbox;

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

pub(super) use rules::active;
pub use rules::run as rules;

use super::inspect::{self, HookState, InstalledHook};
use super::site::Site;
use super::{assistants as settings, files, stub};
use crate::environment;
use crate::error::{Context, Result};
use crate::exit::Exit;
use crate::hook;
use plant::Planted;
use sandbox::Sandbox;

/// The result of a canary.
#[derive(Clone, Debug)]
pub struct CanaryResult {
    /// The summary line.
    pub line: String,
    /// The failures with their reasons; empty on success.
    pub failures: Vec<String>,
    /// `Blocked` if there are failures.
    pub exit: Exit,
    /// The duration.
    pub took: Duration,
}

/// Runs the canary for the repository that contains `directory`. `program` is this program, used if no hook names one.
///
/// # Errors
/// When there is no repository, or no throwaway clone can be created.
pub fn run(directory: &Path, program: &Path) -> Result<CanaryResult> {
    let start = Instant::now();
    let word = plant::word();
    let site = Site::find(directory)?;
    let seen = inspect::inspect(&site)?;
    let planted = plant::files(&word)?;
    let sandbox = Sandbox::make(&site, &seen, &word)?;
    let mut run =
        CanaryRun { sandbox, seen: &seen, word: &word, planted: &planted, steps: Vec::new(), failures: Vec::new() };
    let program = binary(&seen, program);
    if site.bare {
        run.receive()?;
        run.ci(&program)?;
        run.clean(&program, &[("push", hook::SERVER)])?;
    } else {
        run.commit()?;
        run.push()?;
        run.merge()?;
        run.ci(&program)?;
        run.clean(&program, &[("commit", "pre-commit"), ("merge", "pre-merge-commit"), ("push", "pre-push")])?;
        for state in settings::states(&site)? {
            run.assistant(&state)?;
        }
    }
    let took = start.elapsed();
    let line = format!("canary {word}: {} ({} ms)", run.steps.join(", "), took.as_millis());
    let exit = if run.failures.is_empty() { Exit::Clean } else { Exit::Blocked };
    Ok(CanaryResult { line, failures: run.failures, exit, took })
}

/// The program that the hooks would run.
fn binary(seen: &[InstalledHook], program: &Path) -> PathBuf {
    let named = seen.iter().find_map(|s| s.stub().and_then(|stub| stub.binary.clone()));
    let in_path =
        || environment::search_path().into_iter().map(|d| d.join("shield-hook")).find(|p| files::is_executable(p));
    match named {
        Some(path) if files::is_executable(&path) => path,
        Some(_) => in_path().unwrap_or_else(|| program.to_owned()),
        None => program.to_owned(),
    }
}

struct CanaryRun<'a> {
    sandbox: Sandbox,
    seen: &'a [InstalledHook],
    word: &'a str,
    planted: &'a [Planted],
    steps: Vec<String>,
    failures: Vec<String>,
}

impl CanaryRun<'_> {
    /// `git commit` of the planted files.
    fn commit(&mut self) -> Result<()> {
        self.plant()?;
        let (ran, output) =
            self.during("hook pre-commit", |sandbox| sandbox.git(["commit", "--quiet", "--message=planted"]))?;
        let head = self.sandbox.quietly(&["rev-parse", "HEAD"])?;
        let stopped = !output.status.success() && head == self.sandbox.base;
        self.record_step("commit", Some("pre-commit"), stopped, ran, &output);
        Ok(())
    }

    /// `git commit --no-verify`, then `git push`.
    fn push(&mut self) -> Result<()> {
        let commit = self.sandbox.git(["commit", "--quiet", "--no-verify", "--message=bypass"])?;
        let tip = if commit.status.success() {
            self.sandbox.quietly(&["rev-parse", "HEAD"])?
        } else {
            // The strict hook stops that commit; one without a branch can still be pushed.
            self.commit_of_the_index("bypass")?
        };
        let (ran, output) = self.during("hook pre-push", |sandbox| {
            sandbox.git(["push", "--quiet", "origin", &format!("{tip}:refs/heads/planted")])
        })?;
        let there = self.on_remote("refs/heads/planted")?;
        self.record_step("push", Some("pre-push"), !output.status.success() && !there, ran, &output);
        self.start_over()
    }

    /// A push to a server's repository, from a clone without hooks.
    fn receive(&mut self) -> Result<()> {
        self.plant()?;
        let tip = self.commit_of_the_index("planted")?;
        self.start_over()?;
        let (ran, output) = self.during("hook pre-receive", |sandbox| {
            sandbox.git(["push", "--quiet", "origin", &format!("{tip}:refs/heads/planted")])
        })?;
        let there = self.on_remote("refs/heads/planted")?;
        self.record_step("push", Some(hook::SERVER), !output.status.success() && !there, ran, &output);
        Ok(())
    }

    /// `git merge` of a branch that was never published.
    fn merge(&mut self) -> Result<()> {
        self.plant()?;
        let tip = self.commit_of_the_index("unpublished")?;
        self.start_over()?;
        let (ran, output) = self.during("hook pre-merge-commit", |sandbox| {
            sandbox.git(["merge", "--quiet", "--no-ff", "--message=merge", &tip])
        })?;
        let head = self.sandbox.quietly(&["rev-parse", "HEAD"])?;
        let stopped = !output.status.success() && head == self.sandbox.base;
        self.record_step("merge", Some("pre-merge-commit"), stopped, ran, &output);
        // A stopped merge is still in progress.
        self.start_over()
    }

    /// The CI gate on the planted commit.
    fn ci(&mut self, program: &Path) -> Result<()> {
        self.plant()?;
        let tip = self.commit_of_the_index("pull request")?;
        self.start_over()?;
        let base = self.sandbox.base.clone();
        let (ran, output) = self.during("ci", |sandbox| {
            let mut command = sandbox.command(program);
            command.args(["ci", "--base", &base, "--head", &tip]);
            command.output().or_incomplete(program.display())
        })?;
        let stopped = output.status.code() == Some(Exit::Blocked as i32);
        self.record_step("ci", None, stopped, ran, &output);
        Ok(())
    }

    /// The same steps with nothing planted, each with the hook that must run in it.
    fn clean(&mut self, program: &Path, steps: &[(&str, &str)]) -> Result<()> {
        let before = self.failures.len();
        let base = self.sandbox.base.clone();
        self.start_over()?;
        std::fs::write(self.sandbox.clone.join("side"), "Nothing to see.\n").or_incomplete("the clean change")?;
        self.sandbox.quietly(&["add", "side"])?;
        let side = self.commit_of_the_index("side")?;
        self.start_over()?;
        std::fs::write(self.sandbox.clone.join("clean"), "Nothing to see here.\n").or_incomplete("the clean change")?;
        self.sandbox.quietly(&["add", "clean"])?;
        if !steps.iter().any(|(step, _)| *step == "commit") {
            self.sandbox.quietly(&["commit", "--quiet", "--message=clean"])?;
        }
        for &(step, hook) in steps {
            let command = format!("hook {hook}");
            let args: &[&str] = match step {
                "commit" => &["commit", "--quiet", "--message=clean"],
                "merge" => &["merge", "--quiet", "--no-ff", "--message=merge", &side],
                _ => &["push", "--quiet", "origin", "HEAD:refs/heads/clean"],
            };
            let (ran, output) = self.during(&command, |sandbox| sandbox.git(args.iter().copied()))?;
            if !output.status.success() {
                self.failures.push(format!("a clean {step} is stopped: {}", combined_output(&output)));
                break;
            }
            let ours = self.seen.iter().any(|s| s.hook == hook && s.is_ours());
            if ours && ran != Some(Exit::Clean as u8) {
                self.failures.push(format!("a clean {step} passes, but no run of ours is in the journal"));
            }
        }
        let (_, output) = self.during("ci", |sandbox| {
            let mut command = sandbox.command(program);
            command.args(["ci", "--base", &base, "--head", "HEAD"]).output().or_incomplete(program.display())
        })?;
        if !output.status.success() {
            self.failures.push(format!("a clean change is stopped by ci: {}", combined_output(&output)));
        }
        self.steps.push(if self.failures.len() == before { "clean passed" } else { "clean NOT passed" }.into());
        Ok(())
    }

    fn plant(&self) -> Result<()> {
        for planted in self.planted {
            let path = self.sandbox.clone.join(&planted.path);
            if let Some(above) = path.parent() {
                std::fs::create_dir_all(above).or_incomplete(above.display())?;
            }
            std::fs::write(&path, &planted.text).or_incomplete(path.display())?;
        }
        self.sandbox.quietly(&["add", "--force", self.word]).map(drop)
    }

    /// A commit of the index that is on no branch.
    fn commit_of_the_index(&self, message: &str) -> Result<String> {
        let tree = self.sandbox.quietly(&["write-tree"])?;
        self.sandbox.quietly(&["commit-tree", &tree, "-p", &self.sandbox.base, "-m", message])
    }

    fn start_over(&self) -> Result<()> {
        // `--hard` would replace the user's policy in the work tree.
        self.sandbox.quietly(&["update-ref", "HEAD", &self.sandbox.base])?;
        for name in ["MERGE_HEAD", "MERGE_MSG", "MERGE_MODE", "AUTO_MERGE"] {
            let _ = std::fs::remove_file(self.sandbox.clone.join(".git").join(name));
        }
        self.sandbox.quietly(&["read-tree", &self.sandbox.base])?;
        for name in [self.word, "side", "clean"] {
            let path = self.sandbox.clone.join(name);
            let _ = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
        }
        Ok(())
    }

    fn on_remote(&self, name: &str) -> Result<bool> {
        let remote = self.sandbox.remote.to_string_lossy().into_owned();
        Ok(!self.sandbox.quietly(&["ls-remote", &remote, name])?.is_empty())
    }

    /// Runs a step. Returns the exit code that the journal records for `command` meanwhile, and the step's output.
    fn during(&self, command: &str, run: impl FnOnce(&Sandbox) -> Result<Output>) -> Result<(Option<u8>, Output)> {
        // The pre-commit framework runs one entry for commits and merges.
        let as_commit = command == "hook pre-merge-commit"
            && self.seen.iter().any(|s| s.hook == "pre-merge-commit" && matches!(s.state, HookState::Framework(_)));
        let counts = |ran: &str| ran == command || (as_commit && ran == "hook pre-commit");
        let count =
            |sandbox: &Sandbox| sandbox.records().into_iter().filter(|r| counts(&r.command)).collect::<Vec<_>>();
        let before = count(&self.sandbox).len();
        let output = run(&self.sandbox)?;
        let ran = count(&self.sandbox).get(before..).and_then(|new| new.last()).map(|r| r.exit);
        Ok((ran, output))
    }

    /// Records whether our program stopped a step because of this canary.
    fn record_step(&mut self, step: &str, hook: Option<&str>, stopped: bool, ran: Option<u8>, output: &Output) {
        let report = combined_output(output);
        let seen = hook.and_then(|h| self.seen.iter().find(|s| s.hook == h));
        let why = if !stopped {
            Some(match seen {
                Some(seen) => explain_pass(seen, ran),
                None => format!("the gate passed it (exit {})", output.status.code().unwrap_or(-1)),
            })
        } else {
            match ran {
                None if seen.is_some_and(|s| !s.is_ours()) => seen.map(|s| explain_pass(s, ran)),
                None => Some("something else stopped it: no run of ours is in the journal".into()),
                Some(exit) if exit != Exit::Blocked as u8 => {
                    Some(format!("shield-hook ended with exit {exit} and no verdict: {report}"))
                }
                Some(_) => self.unreported(&report),
            }
        };
        match why {
            None => self.steps.push(format!("{step} blocked")),
            Some(why) => {
                self.steps.push(format!("{step} NOT blocked"));
                self.failures.push(format!("{step}: {why}"));
            }
        }
    }

    /// The rules that the report does not name, as a message.
    fn unreported(&self, report: &str) -> Option<String> {
        let missing: Vec<String> = self
            .planted
            .iter()
            .flat_map(|p| p.rules.iter().map(move |rule| (p, rule)))
            .filter(|(p, rule)| !(report.contains(&p.path) && report.contains(*rule)))
            .map(|(_, rule)| (*rule).to_owned())
            .collect();
        (!missing.is_empty())
            .then(|| format!("the report does not name {}: the policy may let it through", missing.join(", ")))
    }
}

/// The reason why a hook stopped nothing.
fn explain_pass(seen: &InstalledHook, ran: Option<u8>) -> String {
    let path = seen.path.display();
    match (&seen.state, ran) {
        (_, Some(exit)) => format!("shield-hook ran and ended with exit {exit}: the policy allows it"),
        (HookState::Nothing, _) => format!("git runs no {} hook: there is no {path}", seen.hook),
        (HookState::NotExecutable, _) => format!("git ignores {path}: it is not executable"),
        (HookState::Foreign(who), _) => format!("{path} is {who}, which does not run shield-hook"),
        (HookState::Husky { first: false, script }, _) => {
            format!("{}: commands run before shield-hook; the canary does not run them", script.display())
        }
        (_, None) => match seen.stub() {
            Some(stub::Stub { intact: false, .. }) => format!("{path} was edited and did not run shield-hook"),
            _ => format!("{path} was run, but no run of ours is in the journal"),
        },
    }
}

fn combined_output(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8_lossy(&text).trim().to_owned()
}
