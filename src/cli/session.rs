//! The steps that every scanning command shares once it knows its source: scan, report, leave one summary line.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Instant;

use anstream::AutoStream;
use anstream::adapter::strip_bytes;

use super::options::{Color, PolicyArgs, ReportArgs};
use super::repository_facts;
use crate::chunk::Kind;
use crate::engine::{Engine, Settings, redact};
use crate::error::{Context, Result};
use crate::exit::Exit;
use crate::finding::repair::{self, RepairContext};
use crate::git::Repo;
use crate::hook::Hook;
use crate::journal::{self, Covers, JournalLocation, Record};
use crate::outcome::Outcome;
use crate::outcome::summary_line;
use crate::package;
use crate::policy::authority::{AppliedPolicy, Authority, Owner, PolicyRoot, Standing};
use crate::policy::{Overrides, Policy};
use crate::report::{self, ReportFormat, Style};
use crate::rule::RuleSet;
use crate::scan;
use crate::source::{Coverage, History, Source};
use crate::terminal::text::plural;
use crate::terminal::{name, say};

/// Rules and policy, ready to judge.
pub(super) struct Session {
    engine: Engine,
    policy: Policy,
    standing: Standing,
    /// Looks into histories; everything else is scanned with a gate of its own.
    packages: package::gate::PackageGate,
    /// The root of relative paths, when it is on disk.
    root: Option<PathBuf>,
}

impl Session {
    /// Resolves the command line and the configuration.
    ///
    /// # Errors
    /// When the configuration, the baseline or a rule file is wrong.
    pub(super) fn ready(policy_args: &PolicyArgs, subject: PolicyRoot<'_>) -> Result<Self> {
        Self::with(&policy_args.overrides(), subject)
    }

    /// The same, from overrides.
    ///
    /// # Errors
    /// As [`Session::ready`].
    pub(super) fn with(overrides: &Overrides, subject: PolicyRoot<'_>) -> Result<Self> {
        Self::under(&Authority::of(subject)?, overrides)
    }

    /// The same, where it is decided already whose policy counts.
    ///
    /// # Errors
    /// As [`Session::ready`].
    pub(super) fn under(authority: &Authority<'_>, overrides: &Overrides) -> Result<Self> {
        let AppliedPolicy { policy, rules, standing } = authority.judge(overrides)?;
        if let Some(line) = authority.explain(&standing) {
            say!("shield-hook: {line}");
        }
        let root = match authority.owner() {
            Owner::Disk(root) => Some(root.clone()),
            Owner::Head(_) | Owner::Branch(_) | Owner::Nobody => None,
        };
        let packages = package::gate::PackageGate::default();
        let settings = Settings { path_policy: !policy.block_tests_and_docs, ..Settings::default() };
        Ok(Self { engine: Engine::new(rules, settings), policy, standing, packages, root })
    }

    /// Marks the scan as one of everything, so that allowances without a finding are reported.
    pub(super) fn entire_tree(mut self, entire: bool) -> Self {
        self.policy.report_unused = entire;
        self.policy.check_allowances |= entire;
        self
    }

    /// Checks the allowances even if nothing is found.
    pub(super) fn checking_allowances(mut self) -> Self {
        self.policy.check_allowances = true;
        self
    }

    /// Counts the cost of each rule.
    pub(super) fn counting(mut self, on: bool) -> Self {
        if on {
            self.engine.count();
        }
        self
    }

    /// The standing of the policy: as its authority wrote it, or a stand-in.
    pub(super) fn standing(&self) -> &Standing {
        &self.standing
    }

    /// The policy that applies.
    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The rules that run.
    pub(super) fn rules(&self) -> &RuleSet {
        self.engine.rules()
    }

    /// The engine, to explain a line.
    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The limit on the size of one object, in bytes.
    pub(super) fn max_object(&self) -> u64 {
        self.policy.max_object
    }

    /// A history; only objects that may hold a match are read completely.
    pub(super) fn history<'a>(&'a self, repo: &'a Repo, all_objects: bool) -> History<'a> {
        let filter = scan::history_filter(&self.engine, &self.policy, &self.packages);
        History::new(repo, all_objects, self.max_object()).filtered(filter)
    }

    /// Scans the items that all of `sources` plan.
    ///
    /// # Errors
    /// Exit 2 when a source cannot plan its items.
    pub(super) fn scan(&self, sources: &[&dyn Source]) -> Result<Outcome> {
        let mut outcome = scan::run(sources, &self.engine, &self.policy)?;
        outcome.root.clone_from(&self.root);
        outcome.data = outcome.data.or_else(|| self.packages.data());
        Ok(outcome)
    }

    /// Scans items of a repository, and adds the commands that repair each finding there.
    ///
    /// # Errors
    /// Exit 2 when a source cannot plan its items.
    pub(super) fn scan_in(&self, repo: &Repo, scene: RepairContext, sources: &[&dyn Source]) -> Result<Outcome> {
        let mut outcome = self.scan(sources)?;
        repair::plan(&mut outcome.findings, scene, Some(repo), redact::name);
        outcome.repository = (!outcome.findings.is_empty()).then(|| repository_facts::of(repo, &outcome.findings));
        Ok(outcome)
    }
}

/// The end of a run: its journal record, and the journal that holds it.
pub(super) struct RunConclusion {
    /// The command as the journal names it: `scan`, `hook pre-push`.
    pub(super) command: &'static str,
    /// Where the record goes.
    pub(super) place: JournalLocation,
    /// The refs, commits and trees that the run has read.
    pub(super) covers: Covers,
    /// A clean run leaves its digest in the journal only, so that a commit, which runs several hooks, shows one line.
    pub(super) silent_when_clean: bool,
}

impl RunConclusion {
    /// Of a command that is no hook: recorded for the user, the digest shown.
    pub(super) fn of(command: &'static str) -> Self {
        Self { command, place: JournalLocation::User, covers: Covers::default(), silent_when_clean: false }
    }

    /// Writes the report, the journal record and the digest; an error leaves its record, too.
    ///
    /// # Errors
    /// The error that ended the run, or the report's that could not be written.
    pub(super) fn conclude(mut self, run: Result<Outcome>, report_args: &ReportArgs) -> Result<Exit> {
        let start = Instant::now();
        let concluded = match run {
            Ok(mut outcome) => {
                mask_skipped(&mut outcome.coverage);
                tell(&outcome, report_args).map(|exit| (exit, outcome))
            }
            // Those who read a machine's format find the error there as well; a report that fails, too, changes nothing.
            Err(error) => {
                if report_args.format != ReportFormat::Pretty {
                    let _ = write(&Outcome::failed(&error, start.elapsed()), report_args);
                }
                Err(error)
            }
        };
        match concluded {
            Ok((exit, outcome)) => {
                // The journal names the refs that were read; a name can be the secret itself.
                for finding in outcome.findings.iter().filter(|f| f.location.kind() == Kind::RefName) {
                    self.covers.refs.iter_mut().for_each(|r| finding.secret.hide_in(&mut r.name));
                }
                // The journal of the user is about many repositories, that of a repository about one.
                let root = outcome.root.as_ref().filter(|_| matches!(self.place, JournalLocation::User));
                let root = root.and_then(|root| root.canonicalize().ok());
                let root = root.map(|root| redact::name(&root.display().to_string()));
                let record = Record { root, ..Record::of(self.command, &outcome).covering(self.covers) };
                journal::record(&self.place, &record);
                let silent = report_args.quiet || (self.silent_when_clean && exit == Exit::Clean);
                if !silent {
                    say!("{}", summary_line::of(&outcome));
                }
                Ok(exit)
            }
            Err(error) => {
                journal::record(&self.place, &Record::failed(self.command, &error, start.elapsed()));
                Err(error)
            }
        }
    }
}

/// Masks names of unread content: nothing searched them, and a name may hold a credential.
pub(super) fn mask_skipped(coverage: &mut Coverage) {
    for skip in coverage.skipped.iter_mut().filter(|skip| skip.incomplete) {
        (skip.path, skip.reason) = (redact::name(&skip.path), redact::message(&skip.reason));
    }
}

/// Writes the report, and a line for everything that was not scanned.
pub(super) fn tell(outcome: &Outcome, report_args: &ReportArgs) -> Result<Exit> {
    write(outcome, report_args)?;
    for skip in outcome.coverage.skipped.iter().filter(|s| s.incomplete) {
        say!("shield-hook: not scanned: {} {}: {}", skip.what, name(&skip.path), name(&skip.reason));
    }
    if let Some(way_out) = way_out(&outcome.coverage) {
        say!("{way_out}");
    }
    Ok(outcome.exit())
}

/// The way out for content that stays unread, as an entry that can be copied.
fn way_out(coverage: &Coverage) -> Option<String> {
    let unread = coverage.skipped.iter().filter(|skip| skip.incomplete && ACCEPTABLE.contains(&skip.what));
    // A member is accepted with its container; a name that is masked is nothing to copy.
    let files: BTreeSet<&str> = unread.filter_map(|skip| skip.path.split('!').next()).collect();
    let file = files.iter().find(|file| !file.contains("****"))?;
    let rest = files.len() - 1;
    let others =
        if rest == 0 { String::new() } else { format!(" (and the same for {})", plural(rest, "other", "others")) };
    Some(format!(
        "help: this run stops because nobody knows what is in there. Store it in a form that can be read, or accept it in \
         .shield-hook.toml{others}:\n    [[unread]]\n    path = {}\n    reason = \"WHY\"",
        toml::Value::from(name(file))
    ))
}

/// The kinds of content that `[[unread]]` is for: a damaged object of git is repaired instead.
const ACCEPTABLE: [&str; 2] = ["archive", "encoding"];

/// The command that writes the findings of this run as a page: the same scan, or for a hook its equivalent.
fn page_command() -> String {
    let given: Vec<String> = std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    let scan = match given.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["scan" | "ci", ..] => {
            let is_of_report = |arg: &str| ["--format", "--output"].iter().any(|option| arg.starts_with(option));
            let mut kept = Vec::new();
            let mut args = given.iter();
            while let Some(arg) = args.next() {
                if !is_of_report(arg) {
                    kept.push(repair::quote(arg));
                } else if !arg.contains('=') {
                    args.next();
                }
            }
            kept.join(" ")
        }
        ["hook", name, ..] => Hook::named(name).map_or("scan --history", |hook| hook.scan).to_owned(),
        _ => "scan".to_owned(),
    };
    format!("shield-hook {scan} --format html --output findings.html")
}

fn write(outcome: &Outcome, report_args: &ReportArgs) -> Result<()> {
    let to_terminal = report_args.output.is_none() && io::stdout().is_terminal();
    let links = (to_terminal && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout))
        .then(|| outcome.root.as_ref()?.canonicalize().ok())
        .flatten()
        .map(|root| report::percent(root.as_os_str().as_encoded_bytes()));
    let report = report_args.format.report(Style { verbose: report_args.verbose, links, page: page_command() });
    let mut bytes = Vec::new();
    report.write(outcome, &mut bytes).or_incomplete("the report")?;
    let styled = report_args.format == ReportFormat::Pretty;
    match &report_args.output {
        Some(path) => {
            let keep_colour = !styled || report_args.color == Color::Always;
            let bytes = if keep_colour { bytes } else { strip_bytes(&bytes).into_vec() };
            report::save(path, &bytes).or_incomplete(format_args!("the report {}", path.display()))?;
        }
        None => {
            let out = io::stdout().lock();
            let mut out = if styled { AutoStream::auto(out) } else { AutoStream::always_ansi(out) };
            match out.write_all(&bytes).and_then(|()| out.flush()) {
                // `scan | head`: whoever closes the pipe has read enough, and a finding that blocks still blocks.
                Err(e) if e.kind() == io::ErrorKind::BrokenPipe && outcome.exit() == Exit::Blocked => {}
                written => written.or_incomplete("the report")?,
            }
        }
    }
    Ok(())
}
