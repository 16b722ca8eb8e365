//! `shield-hook hook assistant`: the judgement of what a coding assistant is about to do.
//!
//! Standard output holds the answer in the assistant's form, and standard error the reason. Whatever cannot be read or
//! judged is refused.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::options::PolicyArgs;
use super::scan::root_for;
use super::session::{Session, mask_skipped};
use crate::assistant::dialect::{self, Asks, Assistant, HookReply, RefusalForm};
use crate::assistant::event::{self, AssistantEvent};
use crate::assistant::guarded::Guarded;
use crate::assistant::request::ToolRequest;
use crate::assistant::{Objection, bypass, installs, reads, shell};
use crate::chunk::ChunkPlace;
use crate::engine::redact;
use crate::environment;
use crate::error::{Context, Error, Printed, Result};
use crate::exit::Exit;
use crate::file;
use crate::finding::Finding;
use crate::git::Repo;
use crate::journal::{self, JournalLocation, Record};
use crate::outcome::{Outcome, summary_line};
use crate::package::store;
use crate::policy::authority::PolicyRoot;
use crate::policy::user_config;
use crate::source::{PlacedText, Skip, Texts};
use crate::terminal::say;

/// The command in the journal.
const COMMAND: &str = "hook assistant";

/// The judgement of one event.
struct Judgement {
    asks: Option<Asks>,
    objections: Vec<Objection>,
    outcome: Option<Outcome>,
    place: JournalLocation,
}

/// Judges the event on standard input. The exit code is the one that the assistant expects.
///
/// # Errors
/// Only when the answer cannot be written: every other error is a refusal.
pub(super) fn run(named: Option<&str>, policy_args: &PolicyArgs) -> Result<Exit> {
    let start = Instant::now();
    let mut input = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut input).or_incomplete("the event on standard input");
    let assistant = event::assistant_of(named, &input);
    let judged = read.and_then(|_| judge(assistant.ok_or_else(|| unknown(named))?, &input, policy_args));
    let (reply, record) = match judged {
        Ok(judgement) => concluded(assistant, &judgement, start),
        Err(error) => {
            let reason = redact::message(&format!("shield-hook refuses what it cannot judge: {error}"));
            say!("{reason}");
            let reply = assistant.map_or_else(dialect::refuse_unknown, |one| one.answer.refuse_unjudged(&reason));
            (reply, (JournalLocation::User, Record::failed(COMMAND, &error, start.elapsed())))
        }
    };
    journal::record(&record.0, &record.1);
    if !reply.output.is_empty() {
        writeln!(std::io::stdout(), "{}", reply.output).or_unprinted()?;
    }
    Ok(if reply.code == 0 { Exit::Clean } else { Exit::Incomplete })
}

fn unknown(named: Option<&str>) -> Error {
    let known = Assistant::ids().join(", ");
    match named {
        Some(_) => Error::incomplete("no assistant has this name").help(format!("there are {known}")),
        None => Error::incomplete("the event is of no assistant that is known")
            .help(format!("`shield-hook hook assistant NAME` names one: {known}")),
    }
}

/// The answer to a judged event, and its record.
fn concluded(
    assistant: Option<&'static Assistant>,
    judgement: &Judgement,
    start: Instant,
) -> (HookReply, (JournalLocation, Record)) {
    let asks = judgement.asks.unwrap_or(Asks::Tool);
    let mut record = match &judgement.outcome {
        Some(outcome) => Record::of(COMMAND, outcome),
        None => Record::new(COMMAND),
    };
    record.ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    if judgement.objections.is_empty() {
        if record.result.is_empty() {
            record.result = Exit::Clean.result().into();
        }
        let reply = match (assistant, judgement.asks) {
            (Some(assistant), Some(asks)) => assistant.answer.accept(asks),
            _ => HookReply::default(),
        };
        return (reply, (judgement.place.clone(), record));
    }
    let unstoppable =
        asks == Asks::Prompt && assistant.is_some_and(|one| one.answer == RefusalForm::PermissionDecision);
    let verb = if unstoppable { "would stop, if this assistant let it," } else { "stopped" };
    let reason = reason(verb, asks, &judgement.objections);
    say!("{reason}");
    let digest = match &judgement.outcome {
        Some(outcome) if outcome.exit() != Exit::Clean => summary_line::of(outcome),
        _ => format!("shield-hook: blocked: {} of an assistant, {} ms", what(asks), record.ms),
    };
    say!("{digest}");
    if record.exit == Exit::Clean as u8 {
        (record.exit, record.result) = (Exit::Blocked as u8, Exit::Blocked.result().into());
    }
    record.digest = digest;
    let reply = assistant.map_or_else(dialect::refuse_unknown, |one| one.answer.refuse(asks, &reason));
    (reply, (judgement.place.clone(), record))
}

fn what(asks: Asks) -> &'static str {
    match asks {
        Asks::Prompt => "a prompt",
        Asks::Tool => "an action",
    }
}

/// The most directories of one command line that paths are tried in.
const MOST_DIRECTORIES: usize = 8;

/// The most objections that a reason lists.
const LISTED: usize = 8;

fn reason(verb: &str, asks: Asks, objections: &[Objection]) -> String {
    let mut text = format!("shield-hook {verb} {}:", what(asks));
    for objection in objections.iter().take(LISTED) {
        text.push_str(&format!("\n- {}\n  instead: {}", objection.what, objection.instead));
    }
    if objections.len() > LISTED {
        text.push_str(&format!("\n- and {} more", objections.len() - LISTED));
    }
    redact::message(&text)
}

fn judge(assistant: &'static Assistant, input: &[u8], policy_args: &PolicyArgs) -> Result<Judgement> {
    let event = AssistantEvent::read(assistant, input)?;
    let current = environment::current_directory()?;
    let here = event.directory.as_ref().map_or_else(|| current.clone(), |directory| current.join(directory));
    let here = here.canonicalize().unwrap_or(here);
    let (root, repo) = root_for(&here, &[]);
    let place = match &repo {
        Some(repo) => JournalLocation::Repository(repo.common_dir().to_owned()),
        None => JournalLocation::User,
    };
    let mut judgement = Judgement { asks: event.asks, objections: Vec::new(), outcome: None, place };
    if event.asks.is_none() {
        return Ok(judgement);
    }
    let session = Session::ready(policy_args, PolicyRoot::Directory(&root))?;
    let guarded = guarded(&here, &root, repo.as_ref());
    let mut collected = Collected { repo: repo.as_ref(), max: session.max_object(), ..Collected::new(&guarded) };
    for request in &event.requests {
        collected.add(request)?;
    }
    judgement.objections.append(&mut collected.objections);
    let read = collected.read;
    let mut outcome = session.scan(&[&collected.texts])?;
    mask_skipped(&mut outcome.coverage);
    // Reading a list of packages, or a trace of an attack, gives nothing away.
    outcome.findings.retain(|finding| !(finding.is_about_package() && read.contains(&finding.location.place)));
    let asks = event.asks.unwrap_or(Asks::Tool);
    judgement
        .objections
        .extend(outcome.findings.iter().filter(|f| f.verdict.blocks()).map(|f| of_finding(f, asks, &read)));
    judgement.objections.extend(outcome.coverage.skipped.iter().filter(|skip| skip.incomplete).map(of_skip));
    judgement.outcome = Some(outcome);
    Ok(judgement)
}

fn of_finding(finding: &Finding, asks: Asks, read: &[ChunkPlace]) -> Objection {
    let location = &finding.location;
    let what = format!(
        "{} ({}) at {}:{}:{}",
        finding.rule.title, finding.secret, location.place, location.line, location.column
    );
    let instead = if finding.is_about_package() {
        "do without it, or ask the person you work for"
    } else if read.contains(&location.place) {
        "do without the content of this file, or ask for a copy without the secret"
    } else if asks == Asks::Prompt {
        "send it without the secret; whatever was sent elsewhere already has to be revoked"
    } else {
        "name a variable or a file that holds the secret, not the secret itself"
    };
    Objection::new(what, instead)
}

fn of_skip(skip: &Skip) -> Objection {
    Objection::new(
        format!("{} {} was not read: {}", skip.what, skip.path, skip.reason),
        "make it readable, or leave it out: what nobody can read is not judged",
    )
}

/// The places that are guarded here.
fn guarded(here: &Path, root: &Path, repo: Option<&Repo>) -> Guarded {
    let mut guarded = Guarded {
        here: here.to_owned(),
        home: environment::absolute_path("HOME"),
        root: root.to_owned(),
        files: user_config().into_iter().collect(),
        ..Guarded::default()
    };
    let real = |path: PathBuf| path.canonicalize().unwrap_or(path);
    if let Some(repo) = repo {
        let common = real(repo.common_dir().to_owned());
        guarded.directories.extend([common.join("hooks"), common.join("shield-hook")]);
        if let Some(path) = repo.config("core.hooksPath") {
            let path = guarded.whole(&path.to_string());
            guarded.directories.push(real(root.join(path)));
        }
        guarded.files.extend([common.join("config"), real(repo.git_dir().to_owned()).join("config.worktree")]);
    }
    guarded
}

/// The texts of an event that are to be scanned, and the objections to everything else.
struct Collected<'a> {
    guarded: &'a Guarded,
    repo: Option<&'a Repo>,
    max: u64,
    texts: Texts,
    objections: Vec<Objection>,
    /// The places of the files that are read.
    read: Vec<ChunkPlace>,
}

impl<'a> Collected<'a> {
    fn new(guarded: &'a Guarded) -> Self {
        Collected {
            guarded,
            repo: None,
            max: u64::MAX,
            texts: Texts::default(),
            objections: Vec::new(),
            read: Vec::new(),
        }
    }

    fn add(&mut self, request: &ToolRequest) -> Result<()> {
        match request {
            ToolRequest::Text(text) => self.text("the text", text),
            ToolRequest::Command(line) => {
                self.text("the command", line);
                self.command(line)?;
            }
            ToolRequest::Read(path) => self.file(&self.guarded.whole(path)),
            ToolRequest::Show { path, content } => {
                let place = self.place(&self.guarded.whole(path));
                self.read.push(place.clone());
                self.texts.texts.push(PlacedText { place, bytes: content.clone().into_bytes(), before: None });
            }
            ToolRequest::Write { path, content } => self.write(path, |_| content.clone()),
            ToolRequest::Edit { path, changes } => self.write(path, |before| edited(before, changes)),
            ToolRequest::Remove(path) => self.objections.extend(self.guarded.remove(path)),
        }
        Ok(())
    }

    fn text(&mut self, name: &str, text: &str) {
        let place = ChunkPlace::Stdin(name.into());
        self.texts.texts.push(PlacedText { place, bytes: text.as_bytes().to_vec(), before: None });
    }

    fn command(&mut self, line: &str) -> Result<()> {
        let commands =
            shell::commands(line).map_err(|_| Error::incomplete("shells are nested too deep in this command"))?;
        let aliases = |name: &str| {
            let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            self.repo?.config(&format!("alias.{name}")).filter(|_| is_name).map(|value| value.to_string())
        };
        let advisories = store::load()?;
        // A path may be relative to the directory of the event, or to any that the line changes to.
        let mut places = vec![self.guarded.clone()];
        let mut files = Vec::new();
        for command in &commands {
            if let ("cd" | "pushd", [directory]) = (command.program(), command.arguments())
                && places.len() < MOST_DIRECTORIES
                && let Some(last) = places.last()
            {
                places.push(Guarded { here: last.whole(directory), ..last.clone() });
            }
            self.objections.extend(bypass::objections(command, &aliases));
            self.objections.extend(installs::objections(command, &advisories));
            self.objections.extend(places.iter().flat_map(|guarded| guarded.command(command)));
            files.extend(places.iter().flat_map(|guarded| reads::files(command, guarded)));
        }
        self.objections.dedup();
        files.iter().for_each(|path| self.file(path));
        Ok(())
    }

    /// A file that is about to be read. One that is not there gives nothing away.
    fn file(&mut self, path: &Path) {
        let place = self.place(path);
        if path.is_dir() || self.read.contains(&place) {
            return;
        }
        if let Some(bytes) = self.content(path) {
            self.read.push(place.clone());
            self.texts.texts.push(PlacedText { place, bytes, before: None });
        }
    }

    /// A file that is about to get the content that `after` makes of the present one.
    fn write(&mut self, path: &str, after: impl Fn(&str) -> String) {
        let whole = self.guarded.whole(path);
        let bytes = self.content(&whole);
        let before = bytes.as_ref().map(|bytes| String::from_utf8_lossy(bytes));
        let after = after(before.as_deref().unwrap_or_default());
        self.objections.extend(self.guarded.write(path, before.as_deref(), &after));
        drop(before);
        self.texts.texts.push(PlacedText { place: self.place(&whole), bytes: after.into_bytes(), before: bytes });
    }

    /// The content of a file; none if it is not there, or cannot be read, which the coverage says then.
    fn content(&mut self, path: &Path) -> Option<Vec<u8>> {
        let about = match path.metadata() {
            Ok(about) => about,
            Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
                return None;
            }
            Err(error) => return self.unread(path, &error.to_string()),
        };
        if about.len() > self.max {
            return self.unread(path, &format!("{} bytes are more than max-object = {}", about.len(), self.max));
        }
        match file::read(path) {
            Ok(bytes) => Some(bytes),
            Err(error) => self.unread(path, &error.to_string()),
        }
    }

    fn unread<T>(&mut self, path: &Path, reason: &str) -> Option<T> {
        let path = self.place(path).to_string();
        self.texts.skipped.push(Skip { what: "file", path, reason: reason.to_owned(), incomplete: true });
        None
    }

    /// The place of a file: relative to the root if it is below it.
    fn place(&self, path: &Path) -> ChunkPlace {
        let shown = path.strip_prefix(&self.guarded.root).unwrap_or(path);
        ChunkPlace::File(shown.to_string_lossy().replace('\\', "/").into())
    }
}

/// The text after an edit. A place that is not found is appended, so that the new text is read in any case.
fn edited(before: &str, changes: &[(String, String)]) -> String {
    changes.iter().fold(before.to_owned(), |text, (old, new)| {
        if !old.is_empty() && text.contains(old.as_str()) {
            text.replace(old.as_str(), new)
        } else {
            format!("{text}\n{new}")
        }
    })
}
