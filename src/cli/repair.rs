//! `shield-hook repair`: secrets out of the commits that are not published, the index and the work tree.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use bstr::{BString, ByteSlice};

use super::options::PolicyArgs;
use super::session::Session;
use crate::engine::redact;
use crate::environment;
use crate::error::{Error, Printed, Result};
use crate::exit::Exit;
use crate::finding::{Finding, Fingerprint};
use crate::git::{self, Oid, Repo};
use crate::policy::authority::PolicyRoot;
use crate::removal::{self, Backup, ByHand, Changes, MARKER, PREFIX, Removals, Texts, Unpublished};
use crate::source::{CommitRange, Outgoing, Source, Staged};
use crate::terminal::name;
use crate::terminal::text::plural;

/// Take secrets out of commits that are not published, the index and the files.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only the secrets with these fingerprints [default: all that block]
    #[arg(value_name = "FINGERPRINT")]
    fingerprints: Vec<String>,
    /// Make the changes; without it they are only shown
    #[arg(long)]
    yes: bool,
    /// Only show the changes, which is the default
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Take the last repair back
    #[arg(long, conflicts_with_all = ["yes", "dry_run", "fingerprints", "drop_file"])]
    undo: bool,
    /// Take this file out of the commits, for keys that consist of nothing else (repeatable)
    #[arg(long, value_name = "FILE")]
    drop_file: Vec<PathBuf>,
    #[command(flatten)]
    policy_args: PolicyArgs,
}

/// The number of times that the result is scanned for values which another finding had covered.
const ROUNDS: usize = 4;

/// Repairs, or shows what a repair would change.
///
/// # Errors
/// Exit 3 when nothing may be rewritten here, exit 2 when something cannot be read or written.
pub fn run(args: &Args) -> Result<Exit> {
    let repo = Repo::discover(&environment::current_directory()?)?;
    if repo.work_dir().is_none() {
        return Err(Error::usage("this repository is bare: there is nothing to repair in it")
            .help("repair the clone that pushes to it"));
    }
    if args.undo {
        return undo(&repo);
    }
    let session = Session::ready(&args.policy_args, PolicyRoot::Local(&repo))?;
    let repair = Repair { repo: &repo, session: &session, unpublished: Unpublished::of(&repo)?, wanted: wanted(args)? };
    let dropped = dropped(&repo, &args.drop_file)?;
    let findings = repair.findings(repair.unpublished.head)?;
    let secrets = removal::by_secret(&findings, &repair.wanted);
    if secrets.is_empty() && dropped.is_empty() {
        return repair.nothing();
    }
    repair.run(&secrets, &dropped, args.yes)
}

/// The fingerprints that the command line names.
fn wanted(args: &Args) -> Result<Vec<Fingerprint>> {
    let parse = |text: &String| {
        Fingerprint::parse(text).ok_or_else(|| {
            Error::usage("not a fingerprint: it has 32 hex digits").help("every report shows it, also `--format json`")
        })
    };
    args.fingerprints.iter().map(parse).collect()
}

/// The files to drop, relative to the root.
fn dropped(repo: &Repo, files: &[PathBuf]) -> Result<BTreeSet<BString>> {
    let here = environment::current_directory()?;
    let root = repo.work_dir().unwrap_or(Path::new(".")).canonicalize();
    let (here, root) = (here.canonicalize().unwrap_or(here), root.unwrap_or_default());
    let relative = |file: &PathBuf| {
        let mut path = PathBuf::new();
        for part in here.join(file).components() {
            match part {
                Component::ParentDir => _ = path.pop(),
                Component::CurDir => {}
                part => path.push(part),
            }
        }
        let inside = path.strip_prefix(&root).ok().filter(|path| !path.as_os_str().is_empty());
        inside.map(|path| path.to_string_lossy().replace('\\', "/").into()).ok_or_else(|| {
            Error::usage(format!("{}: it is not a file of this repository", redact::name(&file.to_string_lossy())))
        })
    };
    files.iter().map(relative).collect()
}

/// One repair.
struct Repair<'a> {
    repo: &'a Repo,
    session: &'a Session,
    unpublished: Unpublished,
    wanted: Vec<Fingerprint>,
}

impl Repair<'_> {
    /// The findings of the index and of the unpublished commits that lead to `head`.
    fn findings(&self, head: Option<Oid>) -> Result<Vec<Finding>> {
        let max_object = self.session.max_object();
        let staged = Staged::new(self.repo, max_object);
        let published = self.unpublished.published.clone();
        let commits = head.map(|head| CommitRange::beyond(self.repo, published, head, max_object));
        let sources: Vec<&dyn Source> =
            [Some(&staged as &dyn Source), commits.as_ref().map(|commits| commits as &dyn Source)]
                .into_iter()
                .flatten()
                .collect();
        Ok(self.session.scan(&sources)?.findings)
    }

    /// There is nothing to repair: says so, and what to do about a commit that is published.
    fn nothing(&self) -> Result<Exit> {
        let mut out = std::io::stdout().lock();
        if let Some(head) = self.unpublished.head.filter(|_| self.unpublished.commits.is_empty()) {
            let parents = git::parents_of(self.repo, &head)?;
            let source = Outgoing::commit(self.repo, head, parents, self.session.max_object());
            let findings = self.session.scan(&[&source])?.findings;
            let secrets = removal::by_secret(&findings, &self.wanted);
            if !secrets.is_empty() {
                writeln!(out, "The last commit is published, so it is not rewritten:\n").or_unprinted()?;
                write_secrets(&mut out, &secrets)?;
                writeln!(
                    out,
                    "A secret that was published is known to others, whatever becomes of the commit. Revoke it, then remove \
                     it in a new commit. Whether the published history is rewritten as well is for all who have it to \
                     decide; `git push --force-with-lease` after a rewrite makes them clone again."
                )
                .or_unprinted()?;
                return Ok(Exit::Blocked);
            }
        }
        if let Some(print) = self.wanted.first() {
            return Err(Error::usage(format!(
                "{print}: nothing in the index or in an unpublished commit has this fingerprint"
            ))
            .help("a published commit is not rewritten: revoke the secret, and remove it in a new commit"));
        }
        let commits = plural(self.unpublished.commits.len(), "unpublished commit", "unpublished commits");
        writeln!(out, "nothing to repair: no finding blocks in the index or in {commits}").or_unprinted()?;
        Ok(Exit::Clean)
    }

    fn run(
        &self,
        secrets: &BTreeMap<Fingerprint, Vec<&Finding>>,
        dropped: &BTreeSet<BString>,
        yes: bool,
    ) -> Result<Exit> {
        let (mut removals, mut texts) = (Removals::default(), Texts::of(self.repo)?);
        let mut by_hand = Vec::new();
        for finding in secrets.values().flatten() {
            by_hand.extend(texts.add(finding, &mut removals, dropped).err());
        }
        let mut changes = removal::changes(self.repo, &self.unpublished, &removals, dropped, yes)?;
        if !changes.commits.is_empty() {
            removal::refuse_under_way(self.repo)?;
        }
        let mut out = std::io::stdout().lock();
        write_secrets(&mut out, secrets)?;
        if !yes {
            self.write_changes(&mut out, &changes, false)?;
            write_by_hand(&mut out, &by_hand)?;
            if changes.is_empty() {
                return Ok(Exit::Blocked);
            }
            writeln!(out, "To do so: shield-hook repair --yes    To take it back: shield-hook repair --undo")
                .or_unprinted()?;
            return Ok(Exit::Blocked);
        }
        // The result is scanned before HEAD moves: a value that another finding had covered is removed as well.
        for _ in 0..ROUNDS {
            let Some((_, new)) = changes.head.filter(|(old, new)| old != new) else { break };
            let range =
                CommitRange::beyond(self.repo, self.unpublished.published.clone(), new, self.session.max_object());
            let left = self.session.scan(&[&range])?.findings;
            let before = removals.len();
            for finding in removal::by_secret(&left, &self.wanted).values().flatten() {
                // One that stays is reported by the last scan.
                let _ = texts.add(finding, &mut removals, dropped);
            }
            if removals.len() == before {
                break;
            }
            changes = removal::changes(self.repo, &self.unpublished, &removals, dropped, yes)?;
        }
        if changes.is_empty() {
            write_by_hand(&mut out, &by_hand)?;
            return Ok(Exit::Blocked);
        }
        let others = removal::other_refs(self.repo, &changes.commits)?;
        let (backup, files) = removal::carry_out(self.repo, &changes, &removals)?;
        self.write_changes(&mut out, &changes, true)?;
        if !files.is_empty() {
            let files = plural(files.len(), "file", "files");
            writeln!(out, "  replaced it in {files} of the work tree").or_unprinted()?;
        }
        self.write_others(&mut out, &others)?;
        writeln!(out, "\nThe old state, with the secret, is kept in this repository: {}", backup.name)
            .or_unprinted()?;
        writeln!(out, "  take the repair back:  shield-hook repair --undo").or_unprinted()?;
        writeln!(out, "  once it is revoked:    git update-ref -d {}", backup.name).or_unprinted()?;
        let left = self.findings(self.repo.head()?)?;
        let left = removal::by_secret(&left, &self.wanted);
        if left.is_empty() {
            writeln!(out, "\nA scan of the result is clean.").or_unprinted()?;
            return Ok(Exit::Clean);
        }
        let mut by_hand = Vec::new();
        let mut texts = Texts::of(self.repo)?;
        for finding in left.values().flatten() {
            let advice = texts.add(finding, &mut Removals::default(), dropped).err().map(|one| one.advice);
            let place = format!("{}:{}", finding.location.path(), finding.location.line);
            by_hand.push(ByHand { place, advice: advice.unwrap_or_else(|| "remove it by hand".into()) });
        }
        write_by_hand(&mut out, &by_hand)?;
        Ok(Exit::Blocked)
    }

    /// The changes, made or not.
    fn write_changes(&self, out: &mut impl Write, changes: &Changes, is_done: bool) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", if is_done { "The repair" } else { "A repair would" }).or_unprinted()?;
        let verb = |done: &'static str, to_do: &'static str| if is_done { done } else { to_do };
        if let Some((old, new)) = changes.head.filter(|_| !changes.commits.is_empty()) {
            let commits = plural(changes.commits.len(), "unpublished commit", "unpublished commits");
            writeln!(
                out,
                "  {} {commits} (HEAD was {}, {} {}): the value {} {MARKER}",
                verb("rewrote", "rewrite"),
                old.to_hex_with_len(10),
                verb("is", "becomes"),
                new.to_hex_with_len(10),
                verb("is now", "becomes"),
            )
            .or_unprinted()?;
        }
        let unsigned = changes.commits.iter().filter(|commit| commit.was_signed).count();
        if unsigned > 0 {
            let signatures = plural(unsigned, "signature", "signatures");
            writeln!(out, "  {} {signatures}, which would not fit any more", verb("left out", "leave out"))
                .or_unprinted()?;
        }
        for path in &changes.paths {
            writeln!(out, "  {} {}", verb("changed", "change"), redact::name(&path.to_str_lossy())).or_unprinted()?;
        }
        if !changes.index.is_empty() {
            let files = plural(changes.index.len(), "file", "files");
            writeln!(out, "  {} {files} in the index", verb("changed", "change")).or_unprinted()?;
        }
        if !is_done {
            let others = removal::other_refs(self.repo, &changes.commits)?;
            writeln!(out, "  keep the old state as a ref below {PREFIX}").or_unprinted()?;
            self.write_others(out, &others)?;
            writeln!(out).or_unprinted()?;
        }
        Ok(())
    }

    /// The other refs that lead to old commits.
    fn write_others(&self, out: &mut impl Write, others: &[BString]) -> Result<()> {
        if others.is_empty() {
            return Ok(());
        }
        writeln!(out, "\nOther refs lead to the old commits as well, and stay as they are:").or_unprinted()?;
        for other in others {
            let shown = redact::name(&other.to_str_lossy());
            let advice = match other.as_slice() {
                b"refs/stash" => "look at it with `git stash list`, then `git stash drop`",
                other if other.starts_with(b"refs/heads/") => "switch to it, and run this there",
                other if other.starts_with(b"refs/tags/") => "move it with `git tag -f`, or delete it",
                _ => "delete it if it is not needed",
            };
            writeln!(out, "  {shown}: {advice}").or_unprinted()?;
        }
        Ok(())
    }
}

/// Each secret: where it is, and how it is revoked.
fn write_secrets(out: &mut impl Write, secrets: &BTreeMap<Fingerprint, Vec<&Finding>>) -> Result<()> {
    for (fingerprint, findings) in secrets {
        let Some(first) = findings.first() else { continue };
        writeln!(out, "{}: {} (fingerprint {fingerprint})", first.rule.title, first.secret).or_unprinted()?;
        for finding in findings {
            let commit = match &finding.commit {
                Some(id) => format!("commit {}", &id[..id.len().min(10)]),
                None => "staged".to_owned(),
            };
            let path = name(&finding.location.path().to_str_lossy());
            writeln!(out, "  {path}:{} ({commit})", finding.location.line).or_unprinted()?;
        }
        if findings.iter().any(|finding| finding.commit.is_some()) {
            writeln!(out, "  It was in a commit, so revoke it. {}", first.rule.fix).or_unprinted()?;
            first.rule.references.iter().take(1).try_for_each(|page| writeln!(out, "  {page}")).or_unprinted()?;
        }
        writeln!(out).or_unprinted()?;
    }
    Ok(())
}

fn write_by_hand(out: &mut impl Write, by_hand: &[ByHand]) -> Result<()> {
    if by_hand.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nLeft to do by hand:").or_unprinted()?;
    for one in by_hand {
        writeln!(out, "  {}: {}", name(&one.place), name(&one.advice)).or_unprinted()?;
    }
    writeln!(out).or_unprinted()
}

fn undo(repo: &Repo) -> Result<Exit> {
    let backup = Backup::latest(repo)?;
    let restored = backup.restore(repo)?;
    let mut out = std::io::stdout().lock();
    let files = plural(restored.files, "file", "files");
    writeln!(out, "took the repair back: HEAD, the index and {files} are as they were, with the secret")
        .or_unprinted()?;
    for path in &restored.kept {
        let path = redact::name(&path.to_str_lossy());
        writeln!(out, "  {path}: left as it is, because it holds changes that are not staged; look for {MARKER} in it")
            .or_unprinted()?;
    }
    if !restored.kept.is_empty() {
        writeln!(out, "  the backup is kept for them: {}", backup.name).or_unprinted()?;
    }
    Ok(Exit::Clean)
}
