//! The canary: proves that the hooks of this repository stop a leak on this machine, by running them.
//!
//! In a throwaway clone real git commands try to commit, push and merge a planted leak, and the CI gate is asked about
//! it. Each must be stopped by our own hook for this very canary: the journal there must hold a run that ended with
//! our exit code, and its report must name the canary's one-time word. Then the same with nothing planted must pass.

mod detectors;
mod plant;
mod world;

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

pub(super) use detectors::active;
pub use detectors::run as rules;

use super::inspect::{self, Seen, What};
use super::site::Site;
use super::{files, names, stub};
use crate::error::{Context, Result};
use crate::exit::Exit;
use plant::Planted;
use world::World;

/// How a canary ended.
#[derive(Clone, Debug)]
pub struct Sung {
    /// The line.
    pub line: String,
    /// What went wrong, each with its reason; none when all is well.
    pub wrong: Vec<String>,
    /// Blocked when anything went wrong.
    pub exit: Exit,
    /// How long it took.
    pub took: Duration,
}

/// Runs it for the repository that `directory` is in. `program` is this program, where no hook names one.
///
/// # Errors
/// When there is no repository, or no throwaway clone can be made.
pub fn run(directory: &Path, program: &Path) -> Result<Sung> {
    let start = Instant::now();
    let word = plant::word();
    let site = Site::find(directory)?;
    let seen = inspect::inspect(&site)?;
    let planted = plant::files(&word)?;
    let world = World::make(&site, &seen, &word)?;
    let mut trial = Trial { world, seen: &seen, word: &word, planted: &planted, steps: Vec::new(), wrong: Vec::new() };
    let program = binary(&seen, program);
    if site.bare {
        trial.receive()?;
        trial.ci(&program)?;
        trial.clean(&program, &[("push", names::SERVER)])?;
    } else {
        trial.commit()?;
        trial.push()?;
        trial.merge()?;
        trial.ci(&program)?;
        trial.clean(&program, &[("commit", "pre-commit"), ("merge", "pre-merge-commit"), ("push", "pre-push")])?;
    }
    let took = start.elapsed();
    let line = format!("canary {word}: {} ({} ms)", trial.steps.join(", "), took.as_millis());
    let exit = if trial.wrong.is_empty() { Exit::Clean } else { Exit::Blocked };
    Ok(Sung { line, wrong: trial.wrong, exit, took })
}

/// The program as the hooks would find it.
fn binary(seen: &[Seen], program: &Path) -> PathBuf {
    let named = seen.iter().find_map(|s| s.stub().and_then(|stub| stub.binary.clone()));
    let in_path = || {
        std::env::split_paths(&std::env::var_os("PATH")?)
            .map(|d| d.join("shield-hook"))
            .find(|p| files::is_executable(p))
    };
    match named {
        Some(path) if files::is_executable(&path) => path,
        Some(_) => in_path().unwrap_or_else(|| program.to_owned()),
        None => program.to_owned(),
    }
}

struct Trial<'a> {
    world: World,
    seen: &'a [Seen],
    word: &'a str,
    planted: &'a [Planted],
    steps: Vec<String>,
    wrong: Vec<String>,
}

impl Trial<'_> {
    /// `git commit` of the planted files.
    fn commit(&mut self) -> Result<()> {
        self.plant()?;
        let (ran, output) =
            self.during("hook pre-commit", |world| world.git(["commit", "--quiet", "--message=planted"]))?;
        let head = self.world.quietly(&["rev-parse", "HEAD"])?;
        let stopped = !output.status.success() && head == self.world.base;
        self.judge("commit", Some("pre-commit"), stopped, ran, &output);
        Ok(())
    }

    /// `git commit --no-verify`, then `git push`.
    fn push(&mut self) -> Result<()> {
        let commit = self.world.git(["commit", "--quiet", "--no-verify", "--message=bypass"])?;
        let tip = if commit.status.success() {
            self.world.quietly(&["rev-parse", "HEAD"])?
        } else {
            // The strict hook stops that as well; a commit without a branch can still be pushed.
            self.commit_of_the_index("bypass")?
        };
        let (ran, output) = self.during("hook pre-push", |world| {
            world.git(["push", "--quiet", "origin", &format!("{tip}:refs/heads/planted")])
        })?;
        let there = self.on_remote("refs/heads/planted")?;
        self.judge("push", Some("pre-push"), !output.status.success() && !there, ran, &output);
        self.start_over()
    }

    /// A push to a server's repository, from a clone that has no hooks.
    fn receive(&mut self) -> Result<()> {
        self.plant()?;
        let tip = self.commit_of_the_index("planted")?;
        self.start_over()?;
        let (ran, output) = self.during("hook pre-receive", |world| {
            world.git(["push", "--quiet", "origin", &format!("{tip}:refs/heads/planted")])
        })?;
        let there = self.on_remote("refs/heads/planted")?;
        self.judge("push", Some(names::SERVER), !output.status.success() && !there, ran, &output);
        Ok(())
    }

    /// `git merge` of a branch that was never published.
    fn merge(&mut self) -> Result<()> {
        self.plant()?;
        let tip = self.commit_of_the_index("unpublished")?;
        self.start_over()?;
        let (ran, output) = self.during("hook pre-merge-commit", |world| {
            world.git(["merge", "--quiet", "--no-ff", "--message=merge", &tip])
        })?;
        let head = self.world.quietly(&["rev-parse", "HEAD"])?;
        let stopped = !output.status.success() && head == self.world.base;
        self.judge("merge", Some("pre-merge-commit"), stopped, ran, &output);
        // A merge that was stopped is still under way.
        self.start_over()
    }

    /// The CI gate on the planted commit.
    fn ci(&mut self, program: &Path) -> Result<()> {
        self.plant()?;
        let tip = self.commit_of_the_index("pull request")?;
        self.start_over()?;
        let base = self.world.base.clone();
        let (ran, output) = self.during("ci", |world| {
            let mut command = world.command(program);
            command.args(["ci", "--base", &base, "--head", &tip]);
            command.output().or_incomplete(program.display())
        })?;
        let stopped = output.status.code() == Some(Exit::Blocked as i32);
        self.judge("ci", None, stopped, ran, &output);
        Ok(())
    }

    /// All of it again with nothing planted: each step with the hook that has to run in it.
    fn clean(&mut self, program: &Path, steps: &[(&str, &str)]) -> Result<()> {
        let before = self.wrong.len();
        let base = self.world.base.clone();
        self.start_over()?;
        std::fs::write(self.world.clone.join("side"), "Nothing to see.\n").or_incomplete("the clean change")?;
        self.world.quietly(&["add", "side"])?;
        let side = self.commit_of_the_index("side")?;
        self.start_over()?;
        std::fs::write(self.world.clone.join("clean"), "Nothing to see here.\n").or_incomplete("the clean change")?;
        self.world.quietly(&["add", "clean"])?;
        if !steps.iter().any(|(step, _)| *step == "commit") {
            self.world.quietly(&["commit", "--quiet", "--message=clean"])?;
        }
        for &(step, hook) in steps {
            let command = format!("hook {hook}");
            let args: &[&str] = match step {
                "commit" => &["commit", "--quiet", "--message=clean"],
                "merge" => &["merge", "--quiet", "--no-ff", "--message=merge", &side],
                _ => &["push", "--quiet", "origin", "HEAD:refs/heads/clean"],
            };
            let (ran, output) = self.during(&command, |world| world.git(args.iter().copied()))?;
            if !output.status.success() {
                self.wrong.push(format!("a clean {step} is stopped: {}", said(&output)));
                break;
            }
            let ours = self.seen.iter().any(|s| s.hook == hook && s.is_ours());
            if ours && ran != Some(Exit::Clean as u8) {
                self.wrong.push(format!("a clean {step} passes, but no run of ours is in the journal"));
            }
        }
        let (_, output) = self.during("ci", |world| {
            let mut command = world.command(program);
            command.args(["ci", "--base", &base, "--head", "HEAD"]).output().or_incomplete(program.display())
        })?;
        if !output.status.success() {
            self.wrong.push(format!("a clean change is stopped by ci: {}", said(&output)));
        }
        self.steps.push(if self.wrong.len() == before { "clean passed" } else { "clean NOT passed" }.into());
        Ok(())
    }

    fn plant(&self) -> Result<()> {
        for planted in self.planted {
            let path = self.world.clone.join(&planted.path);
            if let Some(above) = path.parent() {
                std::fs::create_dir_all(above).or_incomplete(above.display())?;
            }
            std::fs::write(&path, &planted.text).or_incomplete(path.display())?;
        }
        self.world.quietly(&["add", "--force", self.word]).map(drop)
    }

    /// A commit of what is staged that no branch leads to.
    fn commit_of_the_index(&self, message: &str) -> Result<String> {
        let tree = self.world.quietly(&["write-tree"])?;
        self.world.quietly(&["commit-tree", &tree, "-p", &self.world.base, "-m", message])
    }

    fn start_over(&self) -> Result<()> {
        // Not --hard: the work tree holds the policy as the user has it there.
        self.world.quietly(&["update-ref", "HEAD", &self.world.base])?;
        for name in ["MERGE_HEAD", "MERGE_MSG", "MERGE_MODE", "AUTO_MERGE"] {
            let _ = std::fs::remove_file(self.world.clone.join(".git").join(name));
        }
        self.world.quietly(&["read-tree", &self.world.base])?;
        for name in [self.word, "side", "clean"] {
            let path = self.world.clone.join(name);
            let _ = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
        }
        Ok(())
    }

    fn on_remote(&self, name: &str) -> Result<bool> {
        let remote = self.world.remote.to_string_lossy().into_owned();
        Ok(!self.world.quietly(&["ls-remote", &remote, name])?.is_empty())
    }

    /// Runs something, and says with which exit code a run of `command` ended meanwhile, by the journal.
    fn during(&self, command: &str, run: impl FnOnce(&World) -> Result<Output>) -> Result<(Option<u8>, Output)> {
        // The pre-commit framework runs one entry for commits and merges.
        let as_commit = command == "hook pre-merge-commit"
            && self.seen.iter().any(|s| s.hook == "pre-merge-commit" && matches!(s.what, What::Framework(_)));
        let counts = |ran: &str| ran == command || (as_commit && ran == "hook pre-commit");
        let count = |world: &World| world.records().into_iter().filter(|r| counts(&r.command)).collect::<Vec<_>>();
        let before = count(&self.world).len();
        let output = run(&self.world)?;
        let ran = count(&self.world).get(before..).and_then(|new| new.last()).map(|r| r.exit);
        Ok((ran, output))
    }

    /// Whether a step was stopped by ours and for this canary.
    fn judge(&mut self, step: &str, hook: Option<&str>, stopped: bool, ran: Option<u8>, output: &Output) {
        let report = said(output);
        let seen = hook.and_then(|h| self.seen.iter().find(|s| s.hook == h));
        let why = if !stopped {
            Some(match seen {
                Some(seen) => why_not(seen, ran),
                None => format!("the gate let it through (exit {})", output.status.code().unwrap_or(-1)),
            })
        } else {
            match ran {
                None if seen.is_some_and(|s| !s.is_ours()) => seen.map(|s| why_not(s, ran)),
                None => Some("something else stopped it: no run of ours is in the journal".into()),
                Some(exit) if exit != Exit::Blocked as u8 => {
                    Some(format!("ours ended with exit {exit} and judged nothing: {report}"))
                }
                Some(_) => self.silent(&report),
            }
        };
        match why {
            None => self.steps.push(format!("{step} blocked")),
            Some(why) => {
                self.steps.push(format!("{step} NOT blocked"));
                self.wrong.push(format!("{step}: {why}"));
            }
        }
    }

    /// What of this canary the report does not name.
    fn silent(&self, report: &str) -> Option<String> {
        let missing: Vec<String> = self
            .planted
            .iter()
            .flat_map(|p| p.rules.iter().map(move |rule| (p, rule)))
            .filter(|(p, rule)| !(report.contains(&p.path) && report.contains(*rule)))
            .map(|(_, rule)| (*rule).to_owned())
            .collect();
        (!missing.is_empty())
            .then(|| format!("the report says nothing of {}: the policy may let it through", missing.join(", ")))
    }
}

/// Why a hook did not stop anything.
fn why_not(seen: &Seen, ran: Option<u8>) -> String {
    let path = seen.path.display();
    match (&seen.what, ran) {
        (_, Some(exit)) => format!("ours ran and ended with exit {exit}: the policy lets it through"),
        (What::Nothing, _) => format!("git runs no {} hook: there is no {path}", seen.hook),
        (What::NotExecutable, _) => format!("git passes {path} over: it is not executable"),
        (What::Foreign(who), _) => format!("{path} is {who}, which does not run ours"),
        (What::Husky { first: false, script }, _) => {
            format!("{}: commands stand before ours; the canary does not run them", script.display())
        }
        (_, None) => match seen.stub() {
            Some(stub::Stub { intact: false, .. }) => format!("{path} was edited and did not run ours"),
            _ => format!("{path} was run, but no run of ours is in the journal"),
        },
    }
}

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8_lossy(&text).trim().to_owned()
}
