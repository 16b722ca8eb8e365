//! `shield-hook migrate`: from another scanner's files to ours.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use regex::bytes::Regex;

use super::allow::read;
use super::scan::root_for;
use super::session::Session;
use crate::chunk::{Kind, Origin};
use crate::engine::redact;
use crate::environment;
use crate::error::{Context, Error, Printed, Result};
use crate::exit::Exit;
use crate::file;
use crate::finding::{Finding, Verdict};
use crate::git::{self, Oid, Repo};
use crate::policy::Overrides;
use crate::policy::authority::PolicyRoot;
use crate::policy::baseline::{self, Baseline, BaselineEntry};
use crate::policy::config;
use crate::policy::edit::{NewAllowance, with_allowances};
use crate::policy::migrate::{Carried, ListedSecret, Tool};
use crate::report;
use crate::source::{Content, Coverage, InMemory, Item, Old, Paths, Plan, Source};
use crate::terminal::say;

/// Import the allowlists and baselines of other scanners.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The scanner [default: every one whose files are here]
    #[arg(long, value_enum, value_name = "SCANNER")]
    from: Option<Tool>,
    /// The file to read, if it does not have its usual name
    #[arg(long, value_name = "FILE", requires = "from")]
    file: Option<PathBuf>,
    /// Show the changes without writing them
    #[arg(long)]
    dry_run: bool,
}

/// Reads the other scanner's files, looks entries up, writes, and reports.
///
/// # Errors
/// Exit 3 when there is no file to read or one is malformed; nothing is then written.
pub fn run(args: &Args) -> Result<Exit> {
    let here = environment::current_directory()?;
    let (root, repo) = root_for(&here, &[]);
    let mut all = Carried::default();
    let mut sources = Vec::new();
    for (tool, path) in files(args, &root)? {
        let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        let bytes = file::read(&path).or_usage(&name)?;
        let carried = tool.read(&name, &bytes)?;
        all.allow.extend(carried.allow);
        all.disable.extend(carried.disable);
        all.places.extend(carried.places);
        all.lost.extend(carried.lost);
        sources.push(name);
    }
    let overrides = Overrides { no_baseline: true, ..Overrides::default() };
    let session = Session::with(&overrides, PolicyRoot::Directory(&root))?;
    let entries = look_up(&session, &root, repo.as_ref(), &mut all)?;
    only_known_rules(&session, &mut all);
    let files = PolicyFiles { config: root.join(config::FILE), baseline: root.join(session.policy().baseline_path()) };
    write(&files, all, entries, &sources, args.dry_run)
}

/// The files to read.
fn files(args: &Args, root: &Path) -> Result<Vec<(Tool, PathBuf)>> {
    if let (Some(tool), Some(file)) = (args.from, &args.file) {
        return Ok(vec![(tool, file.clone())]);
    }
    let tools: Vec<Tool> = args.from.map_or_else(|| Tool::all().to_vec(), |tool| vec![tool]);
    let names = || tools.iter().flat_map(|tool| tool.files().iter().map(move |file| (*tool, *file)));
    let found: Vec<_> = names().map(|(tool, file)| (tool, root.join(file))).filter(|(_, p)| p.is_file()).collect();
    if found.is_empty() {
        let looked: Vec<&str> = names().map(|(_, file)| file).collect();
        return Err(Error::usage("there is no file of another scanner here")
            .help(format!("looked for {} in {}", looked.join(", "), root.display()))
            .help("name it: shield-hook migrate --from gitleaks --file FILE"));
    }
    Ok(found)
}

/// Finds the secrets at the given lines: allowances by fingerprint are added, known findings returned.
fn look_up(session: &Session, root: &Path, repo: Option<&Repo>, all: &mut Carried) -> Result<Vec<BaselineEntry>> {
    let mut listed = Listed::default();
    let mut wanted = BTreeSet::new();
    for place in &all.places {
        if let Some(path) = &place.path {
            wanted.insert((path.clone(), place.commit.clone()));
        }
    }
    for (path, commit) in wanted {
        let bytes = match &commit {
            None => file::read(root.join(&path)).ok(),
            Some(commit) => repo.and_then(|repo| at_commit(repo, commit, &path)),
        };
        if let Some(bytes) = bytes {
            listed.add(path.into(), commit, bytes);
        }
    }
    let mut findings = session.scan(&[&listed])?.findings;
    if all.places.iter().any(|p| p.pattern.is_some()) {
        // A pattern on lines can be about any file.
        let (root, tracked) = (root.to_owned(), tracked(repo)?);
        let (paths, max_object) = (vec![PathBuf::from(".")], session.max_object());
        let source = Paths { here: root.clone(), root, paths, no_ignore: false, tracked, max_object };
        findings.extend(session.scan(&[&source])?.findings);
    }
    findings.retain(|f| matches!(f.verdict, Verdict::Block | Verdict::Warn(_)));
    let mut entries = Vec::new();
    let mut allowed: BTreeMap<String, NewAllowance> = BTreeMap::new();
    for place in &all.places {
        let matcher = place.pattern.as_deref().and_then(|p| Regex::new(p).ok());
        let mut met = false;
        for f in findings.iter().filter(|f| stands_at(place, f, matcher.as_ref(), root)) {
            met = true;
            if place.known {
                entries.push(BaselineEntry {
                    fingerprint: f.fingerprint,
                    rule: f.rule.id.to_owned(),
                    path: f.location.path.clone(),
                    reason: place.reason.clone(),
                });
            } else {
                let fingerprint = f.fingerprint.to_string();
                allowed.entry(fingerprint.clone()).or_insert_with(|| NewAllowance {
                    fingerprint: Some(fingerprint),
                    reason: format!("{}: {}", f.location.path, place.reason),
                    ..NewAllowance::default()
                });
            }
        }
        if !met {
            all.lost.push(nothing_at(place));
        }
    }
    all.allow.extend(allowed.into_values());
    Ok(entries)
}

fn nothing_at(place: &ListedSecret) -> String {
    match (&place.path, place.line, &place.pattern) {
        (Some(path), Some(line), _) => format!("{path}:{line}: nothing is found there, so nothing needs to be allowed"),
        (Some(path), None, _) => format!("{path}: nothing is found in it, so nothing needs to be allowed"),
        (None, _, pattern) => {
            format!("`{}`: no finding stands on a line that it matches", pattern.as_deref().unwrap_or_default())
        }
    }
}

/// Returns whether the finding is on the given line.
fn stands_at(place: &ListedSecret, f: &Finding, pattern: Option<&Regex>, root: &Path) -> bool {
    let l = &f.location;
    let Some(path) = &place.path else {
        let text = file::read(root.join(l.path.to_path_lossy())).unwrap_or_default();
        let line = text.lines().nth(l.line - 1).unwrap_or_default();
        let mut whole = format!("{}:{}:", l.path, l.line).into_bytes();
        whole.extend_from_slice(line);
        return pattern.is_some_and(|p| p.is_match(&whole));
    };
    l.path == path.as_str()
        && f.commit == place.commit
        && place.line.is_none_or(|line| (l.line..=l.end_line).contains(&line))
}

fn at_commit(repo: &Repo, commit: &str, path: &str) -> Option<Vec<u8>> {
    let id: Oid = repo.resolve(commit).ok()?;
    let mut objects = repo.objects();
    let tree = objects.tree_of(&id).ok()?;
    let (blob, _) = git::entry_at(&mut objects, tree, path.as_bytes()).ok()??;
    let mut bytes = Vec::new();
    objects.read(&blob, u64::MAX, &mut bytes).ok()?;
    Some(bytes)
}

fn tracked(repo: Option<&Repo>) -> Result<Vec<PathBuf>> {
    match repo {
        Some(repo) => Ok(git::tracked(repo)?.into_iter().filter_map(|t| t.file).collect()),
        None => Ok(Vec::new()),
    }
}

/// Rules of other scanners go by other names: an allowance or a switch for one that does not exist here is lost.
fn only_known_rules(session: &Session, all: &mut Carried) {
    let (rules, lost) = (session.rules(), &mut all.lost);
    all.allow.retain(|a| {
        let unknown = a.rule.iter().find(|id| rules.get(id).is_none());
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

/// The files that are written.
struct PolicyFiles {
    config: PathBuf,
    baseline: PathBuf,
}

/// Writes allowances and baseline entries, or with `--dry-run` prints them.
fn write(
    files: &PolicyFiles,
    mut all: Carried,
    entries: Vec<BaselineEntry>,
    sources: &[String],
    dry_run: bool,
) -> Result<Exit> {
    let PolicyFiles { config: config_path, baseline: baseline_path } = files;
    let old = read(config_path)?;
    let there = config::Config::parse(config::FILE, &old)?;
    all.allow.retain(|new| {
        !there.allow.iter().any(|a| {
            a.rule == new.rule
                && a.path == new.path
                && a.value == new.value
                && a.fingerprint.map(|f| f.to_string()) == new.fingerprint
                && a.commit == new.commit
        })
    });
    let known = Baseline::parse(baseline::FILE, &read(baseline_path)?)?;
    let new_entries: Vec<BaselineEntry> = entries.into_iter().filter(|e| !known.contains(&e.fingerprint)).collect();
    let text = with_allowances(config::FILE, &old, &all.allow)?;
    let merged = Baseline::of("", known.entries().cloned().chain(new_entries.iter().cloned()));
    let added = merged.len() - known.len();
    let mut out = io::stdout().lock();
    if dry_run {
        write!(out, "{}", &text[text.len().min(String::from_utf8_lossy(&old).len())..]).or_unprinted()?;
        for e in &new_entries {
            writeln!(out, "{}\t{}\t{}", e.fingerprint, e.rule, redact::name(&e.path.to_string())).or_unprinted()?;
        }
    } else {
        if !all.allow.is_empty() {
            report::save(config_path, text.as_bytes()).or_incomplete(config_path.display())?;
        }
        if added > 0 {
            report::save(baseline_path, merged.write().as_bytes()).or_incomplete(baseline_path.display())?;
        }
    }
    for line in &all.lost {
        writeln!(out, "not carried over: {}", redact::message(line)).or_unprinted()?;
    }
    say!(
        "shield-hook: {} from {}: {} allowances, {added} baseline entries; {} not carried over",
        if dry_run { "would carry over" } else { "carried over" },
        sources.join(", "),
        all.allow.len(),
        all.lost.len()
    );
    if all.allow.iter().any(|a| a.broad) {
        say!("  some allow whole paths (broad = true), as they did before: narrow them where you can");
    }
    Ok(Exit::Clean)
}

/// Texts at hand, each with its path and commit.
#[derive(Default)]
struct Listed {
    items: Vec<Item>,
}

impl Listed {
    fn add(&mut self, path: bstr::BString, commit: Option<String>, bytes: Vec<u8>) {
        let origin = Origin { kind: Kind::File, path, commit };
        self.items.push(Item { origin, content: Content::Bytes(bytes.into()), old: Old::Nothing });
    }
}

impl Source for Listed {
    fn plan(&self, _: &mut Coverage) -> Result<Plan<'_>> {
        Ok(Plan::new(self.items.clone(), InMemory))
    }
}
