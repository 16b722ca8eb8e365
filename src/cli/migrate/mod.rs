//! `shield-hook migrate`: from the files of other scanners to ours.

mod look_up;
mod own_rules;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::allow::read;
use super::scan::root_for;
use super::session::Session;
use crate::engine::redact;
use crate::environment;
use crate::error::{Context, Error, Printed, Result};
use crate::exit::Exit;
use crate::file;
use crate::git::Repo;
use crate::policy::Overrides;
use crate::policy::authority::PolicyRoot;
use crate::policy::baseline::{self, Baseline, BaselineEntry};
use crate::policy::config;
use crate::policy::edit::{with_allowances, with_rule_files};
use crate::policy::migrate::{self, Carried, ForeignRule, Tool};
use crate::report;
use crate::terminal::say;
use look_up::look_up;
use own_rules::{OwnRules, RuleFile};

/// Import the rules, allowlists and baselines of other scanners.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The scanner [default: every one whose files are here]
    #[arg(long, value_enum, value_name = "SCANNER")]
    from: Option<Tool>,
    /// The file to read, if it does not have its usual name
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Show the changes without writing them
    #[arg(long)]
    dry_run: bool,
    /// Write what can be carried over even where a rule of your own cannot
    #[arg(long)]
    accept_partial: bool,
}

/// Everything that was read.
#[derive(Default)]
struct Inventory {
    carried: Carried,
    /// The rules, by the scanner they are of.
    rules: Vec<(Tool, Vec<ForeignRule>)>,
    /// Names of the files.
    sources: Vec<String>,
    /// Files that could not be read.
    broken: Vec<Error>,
}

/// Reads the other scanners' files, looks entries up, writes, and reports.
///
/// # Errors
/// Exit 3 when there is no file to read, when one is malformed (the others are carried over) or when a rule of the
/// team's own is lost and nobody accepted that (nothing is written then).
pub fn run(args: &Args) -> Result<Exit> {
    let here = environment::current_directory()?;
    let (root, repo) = root_for(&here, &[]);
    let mut all = inventory(args, &root, repo.as_ref())?;
    let overrides = Overrides { no_baseline: true, ..Overrides::default() };
    let session = Session::with(&overrides, PolicyRoot::Directory(&root))?;
    let entries = look_up(&session, &root, repo.as_ref(), &mut all.carried)?;
    let mut own = Vec::new();
    for (tool, rules) in &all.rules {
        own.push(OwnRules::of(tool.name(), rules, &session, &root)?);
    }
    only_known_rules(&session, &own, &mut all.carried);
    let migration = Migration { root: &root, session: &session, all: &all, entries, own };
    migration.finish(args)
}

/// Reads every file; one that is broken stops nobody but itself.
fn inventory(args: &Args, root: &Path, repo: Option<&Repo>) -> Result<Inventory> {
    let mut all = Inventory::default();
    let patterns = match args.from {
        None | Some(Tool::GitSecrets) if args.file.is_none() => git_secrets_patterns(repo),
        _ => Vec::new(),
    };
    let mut waiting = files(args, root, patterns.is_empty())?;
    waiting.reverse();
    let mut seen = Vec::new();
    while let Some((tool, path)) = waiting.pop() {
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        if seen.contains(&path) {
            continue;
        }
        seen.push(path.clone());
        let read = file::read(&path).or_usage(&name).and_then(|bytes| tool.read(&name, &bytes));
        let mut carried = match read {
            Ok(carried) => carried,
            Err(e) => {
                all.broken.push(e);
                continue;
            }
        };
        waiting.extend(carried.extends.drain(..).map(|path| (tool, root.join(path))));
        all.rules.push((tool, std::mem::take(&mut carried.rules)));
        all.carried.extend(carried);
        all.sources.push(name);
    }
    if !patterns.is_empty() {
        all.rules.push((Tool::GitSecrets, patterns));
        all.sources.push("git's configuration".to_owned());
    }
    match all.sources.is_empty() {
        true => Err(all.broken.into_iter().next().unwrap_or_else(|| Error::usage("there is nothing to read"))),
        false => Ok(all),
    }
}

/// The patterns that git-secrets keeps in git's configuration.
fn git_secrets_patterns(repo: Option<&Repo>) -> Vec<ForeignRule> {
    let values = repo.map(|repo| repo.config_values("secrets.patterns")).unwrap_or_default();
    let numbered = values.iter().enumerate();
    numbered
        .map(|(at, pattern)| ForeignRule {
            id: format!("git-secrets-{}", at + 1),
            title: "a pattern of git-secrets".to_owned(),
            regex: Some(pattern.to_string()),
            secret: migrate::SecretPart::WholeMatch,
            ..ForeignRule::default()
        })
        .collect()
}

/// The files to read. Without any it is an error, if there `must` be one.
fn files(args: &Args, root: &Path, must: bool) -> Result<Vec<(Tool, PathBuf)>> {
    if let Some(file) = &args.file {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let tool = args.from.or_else(|| migrate::tool_of(&name, &file::read(file).unwrap_or_default()));
        return match tool {
            Some(tool) => Ok(vec![(tool, file.clone())]),
            None => Err(Error::usage(format!("{}: it is not clear which scanner's file it is", file.display()))
                .help("name the scanner, for example with --from gitleaks")),
        };
    }
    let tools: Vec<Tool> = args.from.map_or_else(|| Tool::all().to_vec(), |tool| vec![tool]);
    let names = || tools.iter().flat_map(|tool| tool.files().iter().map(move |file| (*tool, *file)));
    let found: Vec<_> = names().map(|(tool, file)| (tool, root.join(file))).filter(|(_, p)| p.is_file()).collect();
    if found.is_empty() && must {
        let looked: Vec<&str> = names().map(|(_, file)| file).collect();
        return Err(Error::usage("there is no file of another scanner here")
            .help(format!("looked for {} in {}", looked.join(", "), root.display()))
            .help("name it: shield-hook migrate --file FILE"));
    }
    Ok(found)
}

/// Rules of other scanners go by other names: an allowance for one that was carried over names it by its id here; one
/// for a rule that does not exist here is lost.
fn only_known_rules(session: &Session, own: &[OwnRules], all: &mut Carried) {
    let (rules, lost) = (session.rules(), &mut all.lost);
    let carried = || own.iter().flat_map(|own| &own.carried);
    for id in all.allow.iter_mut().flat_map(|allowance| &mut allowance.rule) {
        if let Some(rule) = carried().find(|rule| rule.foreign_id == *id) {
            id.clone_from(&rule.id);
        }
    }
    all.allow.retain(|a| {
        let is_known = |id: &String| rules.get(id).is_some() || carried().any(|rule| rule.id == *id);
        let unknown = a.rule.iter().find(|id| !is_known(id));
        if let Some(id) = unknown {
            lost.push(format!("an allowance of the rule {id}, which has another name or no counterpart here"));
        }
        unknown.is_none()
    });
    all.disable.retain(|id| {
        let known = rules.get(id).is_some();
        lost.push(match known {
            true => format!(
                "the rule {id} was switched off: add it to `disable` in {} if you still want that",
                config::FILE
            ),
            false => format!("the rule {id} was switched off; it has another name or no counterpart here"),
        });
        known
    });
}

/// Everything that is to be written and reported.
struct Migration<'m> {
    root: &'m Path,
    session: &'m Session,
    all: &'m Inventory,
    entries: Vec<BaselineEntry>,
    own: Vec<OwnRules>,
}

/// The new content of the files.
struct Written {
    rule_files: Vec<RuleFile>,
    /// The configuration before and after.
    config: (Vec<u8>, String),
    baseline: Baseline,
    /// The entries that the baseline did not have.
    added: Vec<BaselineEntry>,
    allowances: usize,
    broad: bool,
}

impl Migration<'_> {
    /// Writes what there is to write, and reports it.
    fn finish(self, args: &Args) -> Result<Exit> {
        let written = self.prepare()?;
        let lost = self.own.iter().map(|own| own.lost.len()).sum::<usize>();
        let refused = lost > 0 && !args.accept_partial && !args.dry_run;
        self.report(args, &written)?;
        for broken in &self.all.broken {
            say!("shield-hook: {broken}");
        }
        if refused {
            return Err(Error::usage(format!("nothing was written: {lost} of your own rules would be lost"))
                .help("`shield-hook rules new ID` starts a rule by hand")
                .help("--accept-partial carries over the rest"));
        }
        if !args.dry_run {
            self.save(&written)?;
        }
        self.summary(args, &written);
        Ok(if self.all.broken.is_empty() { Exit::Clean } else { Exit::Usage })
    }

    fn prepare(&self) -> Result<Written> {
        let old = read(&self.root.join(config::FILE))?;
        let there = config::Config::parse(config::FILE, &old)?;
        let is_new = |new: &&migrate::NewAllowance| {
            !there.allow.iter().any(|a| {
                a.rule == new.rule
                    && a.path == new.path
                    && a.value == new.value
                    && a.fingerprint.map(|f| f.to_string()) == new.fingerprint
                    && a.commit == new.commit
            })
        };
        let allow: Vec<_> = self.all.carried.allow.iter().filter(is_new).cloned().collect();
        let known = Baseline::parse(baseline::FILE, &read(&self.root.join(self.session.policy().baseline_path()))?)?;
        let mut added: Vec<BaselineEntry> =
            self.entries.iter().filter(|e| !known.contains(&e.fingerprint)).cloned().collect();
        added.sort_by_key(|entry| entry.fingerprint.to_string());
        added.dedup_by_key(|entry| entry.fingerprint.to_string());
        let mut rule_files = Vec::new();
        for own in &self.own {
            rule_files.extend(own.file(self.root)?);
        }
        let names: Vec<String> = rule_files.iter().map(|file| file.path.clone()).collect();
        let mut text = with_allowances(config::FILE, &old, &allow)?;
        if !names.is_empty() {
            text = with_rule_files(config::FILE, text.as_bytes(), &names)?;
        }
        Ok(Written {
            rule_files,
            config: (old, text),
            baseline: Baseline::of("", known.entries().cloned().chain(added.iter().cloned())),
            added,
            allowances: allow.len(),
            broad: allow.iter().any(|a| a.broad),
        })
    }

    fn save(&self, written: &Written) -> Result<()> {
        for file in &written.rule_files {
            let path = self.root.join(&file.path);
            if let Some(directory) = path.parent() {
                std::fs::create_dir_all(directory).or_incomplete(directory.display())?;
            }
            report::save(&path, file.text.as_bytes()).or_incomplete(path.display())?;
        }
        let (old, text) = &written.config;
        if old != text.as_bytes() {
            let path = self.root.join(config::FILE);
            report::save(&path, text.as_bytes()).or_incomplete(path.display())?;
        }
        if !written.added.is_empty() {
            let path = self.root.join(self.session.policy().baseline_path());
            report::save(&path, written.baseline.write().as_bytes()).or_incomplete(path.display())?;
        }
        Ok(())
    }

    /// What became of everything, on standard output; with `--dry-run` the new text as well.
    fn report(&self, args: &Args, written: &Written) -> Result<()> {
        let mut out = io::stdout().lock();
        if args.dry_run {
            for file in &written.rule_files {
                writeln!(out, "# {}\n{}", file.path, file.text).or_unprinted()?;
            }
            let (old, text) = &written.config;
            if old != text.as_bytes() {
                writeln!(out, "# {}\n{text}", config::FILE).or_unprinted()?;
            }
            for e in &written.added {
                writeln!(out, "{}\t{}\t{}", e.fingerprint, e.rule, redact::name(&e.path.to_string())).or_unprinted()?;
            }
        }
        for line in self.own.iter().flat_map(OwnRules::report) {
            writeln!(out, "{}", redact::message(&line)).or_unprinted()?;
        }
        if self.all.carried.published > 0 {
            let count = self.all.carried.published;
            writeln!(out, "{count} rules of the published default: built-in rules take their place").or_unprinted()?;
        }
        for line in &self.all.carried.lost {
            writeln!(out, "not carried over: {}", redact::message(line)).or_unprinted()?;
        }
        Ok(())
    }

    fn summary(&self, args: &Args, written: &Written) {
        let rules: usize = self.own.iter().map(|own| own.carried.len()).sum();
        let lost = self.all.carried.lost.len() + self.own.iter().map(|own| own.lost.len()).sum::<usize>();
        say!(
            "shield-hook: {} from {}: {rules} rules, {} allowances, {} baseline entries; {lost} not carried over",
            if args.dry_run { "would carry over" } else { "carried over" },
            self.all.sources.join(", "),
            written.allowances,
            written.added.len(),
        );
        if !args.dry_run && !written.rule_files.is_empty() {
            let files: Vec<&str> = written.rule_files.iter().map(|file| file.path.as_str()).collect();
            say!("  rules are in {}: `shield-hook rules test {}` tries them", files.join(", "), files.join(" "));
        }
        if written.broad {
            say!("  some allow whole paths (broad = true), as they did before: narrow them where you can");
        }
    }
}
