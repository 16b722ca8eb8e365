//! The jobs of the watch: `watch.toml` in the user's configuration directory.

use std::path::{Path, PathBuf};

use jiff::SignedDuration;

use super::expect::Expectation;
use crate::document::{Document, Field, Section};
use crate::environment;
use crate::error::{Context, Error, Result};
use crate::file;

/// An example, for those who have none yet.
pub const EXAMPLE: &str = "\
every     = \"30m\"                   # how often it is meant to run
audit     = [\"~/code\"]              # folders to look through for hijacked packages
check     = [\"npm:left-pad@1.3.0\"]  # packages that you pin
history   = [\"~/code/project\"]      # repositories to look through as a whole
canary    = [\"~/code/project\"]      # repositories whose hooks are to prove themselves
expect    = [\"npm:left-pad >= 1.3.0\"] # versions that have to be the installed ones
file      = \"~/shield-hook.log\"     # the digest is added to it
records   = \"~/fleet/{host}.jsonl\"  # the record is added to it, for `shield-hook fleet`
heartbeat = \"~/.shield-hook-alive\"  # a file to write or an address to ask for after every complete run
";

/// The file as it is written.
#[derive(Debug, Default)]
struct WatchFile {
    every: Option<String>,
    audit: Vec<String>,
    audit_global: bool,
    check: Vec<String>,
    history: Vec<String>,
    canary: Vec<String>,
    expect: Vec<String>,
    file: Option<String>,
    records: Option<String>,
    heartbeat: Option<String>,
    webhook: Option<Webhook>,
}

impl WatchFile {
    fn read(root: &Section<'_>) -> Result<Self> {
        let list = |key| root.get(key).map_or(Ok(Vec::new()), |field: Field<'_>| field.strings()).map(texts);
        let written = Self {
            every: text(root, "every")?,
            audit: list("audit")?,
            audit_global: root.get("audit-global").map_or(Ok(false), |field| field.bool())?,
            check: list("check")?,
            history: list("history")?,
            canary: list("canary")?,
            expect: list("expect")?,
            records: text(root, "records")?,
            file: text(root, "file")?,
            heartbeat: text(root, "heartbeat")?,
            webhook: root.get("webhook").map(|field| Webhook::read(&field.section()?)).transpose()?,
        };
        root.finish()?;
        Ok(written)
    }
}

fn text(section: &Section<'_>, key: &'static str) -> Result<Option<String>> {
    section.get(key).map(|field| field.string()).transpose()
}

fn texts(numbered: Vec<(usize, String)>) -> Vec<String> {
    numbered.into_iter().map(|(_, text)| text).collect()
}

/// The webhook that receives the digest.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// The address; a secret, and so better in a variable of the environment.
    pub url: Option<String>,
    /// The variable that holds the address.
    pub url_from: Option<String>,
    /// The shape of the message.
    pub kind: WebhookKind,
}

impl Webhook {
    fn read(section: &Section<'_>) -> Result<Self> {
        let kind = section.get("kind").map_or(Ok(WebhookKind::Json), |field| field.one_of(KINDS))?;
        let webhook = Self { url: text(section, "url")?, url_from: text(section, "url-from")?, kind };
        section.finish()?;
        Ok(webhook)
    }
}

/// The words of [`WebhookKind`].
const KINDS: &[(&str, WebhookKind)] =
    &[("json", WebhookKind::Json), ("slack", WebhookKind::Slack), ("discord", WebhookKind::Discord)];

/// The shape of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WebhookKind {
    /// `{"text", "result", "line"}`.
    #[default]
    Json,
    /// Slack's incoming webhooks.
    Slack,
    /// Discord's.
    Discord,
}

/// The name of the job that looks through folders.
pub const AUDIT: &str = "audit";

/// One thing to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The name in digests.
    pub name: String,
    /// The arguments of this program.
    pub args: Vec<String>,
    /// The working directory.
    pub directory: Option<PathBuf>,
}

/// The configuration that applies.
#[derive(Clone, Debug)]
pub struct WatchConfig {
    /// The interval of the runs.
    pub every: Option<SignedDuration>,
    /// The jobs.
    pub jobs: Vec<Job>,
    /// The versions that are expected on every machine.
    pub expect: Vec<Expectation>,
    /// The digest is added to it.
    pub file: Option<PathBuf>,
    /// The record is added to it.
    pub records: Option<PathBuf>,
    /// The receiver of a signal after every complete run.
    pub heartbeat: Option<Heartbeat>,
    /// The webhook that receives the digest.
    pub webhook: Option<Webhook>,
}

/// The receiver of a signal after every complete run: silence means a failure.
#[derive(Clone, PartialEq, Eq)]
pub enum Heartbeat {
    /// A file, whose age shows the last run.
    File(PathBuf),
    /// An address that is asked for; whoever knows it can fake a heartbeat, so it is never shown.
    Url(String),
}

impl std::fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "File({})", path.display()),
            Self::Url(_) => f.write_str("Url(****)"),
        }
    }
}

/// The default path of the configuration.
///
/// # Errors
/// When the user's home directory is unknown.
pub fn usual_path() -> Result<PathBuf> {
    let user = crate::policy::user_config()
        .ok_or_else(|| Error::incomplete("neither XDG_CONFIG_HOME nor HOME is an absolute path"))?;
    Ok(user.with_file_name("watch.toml"))
}

impl WatchConfig {
    /// Reads the configuration.
    ///
    /// # Errors
    /// When the file is missing, wrong, or lists no job: such a watch would never report anything.
    pub fn read(path: &Path) -> Result<Self> {
        let text = match file::read_to_string(path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::usage(format!(
                    "{}: there is no such file, so there is nothing to watch",
                    path.display()
                ))
                .help(format!("write it, for example:\n{EXAMPLE}")));
            }
            other => other.or_usage(path.display())?,
        };
        let name = path.display().to_string();
        let written = WatchFile::read(&Document::parse(&name, &text)?.root())?;
        let config = resolve(written).map_err(|e| e.context(path.display()))?;
        if config.jobs.is_empty() {
            return Err(Error::usage(format!("{}: it lists nothing to look at", path.display()))
                .help(format!("for example:\n{EXAMPLE}")));
        }
        Ok(config)
    }
}

fn resolve(written: WatchFile) -> Result<WatchConfig> {
    let mut jobs = Vec::new();
    let job = |name: String, args: Vec<String>, directory| Job { name, args, directory };
    if written.audit_global || !written.audit.is_empty() {
        let mut args = vec!["audit".to_owned()];
        if written.audit_global {
            args.push("--global".into());
        }
        for path in &written.audit {
            args.push(home(path)?.to_string_lossy().into_owned());
        }
        args.extend(["--format", "json", "--all"].map(str::to_owned));
        jobs.push(job(AUDIT.into(), args, None));
    }
    for (ecosystem, prefix) in [("npm", "npm:"), ("pypi", "pypi:")] {
        let named: Vec<String> =
            written.check.iter().filter_map(|c| c.strip_prefix(prefix)).map(str::to_owned).collect();
        if !named.is_empty() {
            let args = ["check", "--format", "json", "--ecosystem", ecosystem]
                .map(str::to_owned)
                .into_iter()
                .chain(named)
                .collect();
            jobs.push(job(format!("check {ecosystem}"), args, None));
        }
    }
    if let Some(other) = written.check.iter().find(|c| !c.starts_with("npm:") && !c.starts_with("pypi:")) {
        return Err(
            Error::usage(format!("check: {other:?} names no registry")).help("npm:NAME@VERSION or pypi:NAME@VERSION")
        );
    }
    let expect = written.expect.iter().map(|text| Expectation::parse(text)).collect::<Result<Vec<_>>>()?;
    if !expect.is_empty() && !jobs.iter().any(|job| job.name == AUDIT) {
        return Err(
            Error::usage("expect: nothing says which folders to look through").help("add `audit = [\"~/code\"]`")
        );
    }
    for path in &written.history {
        let args = ["scan", "--history"].map(str::to_owned).to_vec();
        jobs.push(job(format!("history {path}"), args, Some(home(path)?)));
    }
    for path in &written.canary {
        jobs.push(job(format!("canary {path}"), vec!["canary".into()], Some(home(path)?)));
    }
    let path = |p: Option<String>| p.map(|p| home(&p)).transpose();
    let heartbeat = match written.heartbeat {
        Some(url) if url.starts_with("https://") || url.starts_with("http://") => Some(Heartbeat::Url(url)),
        file => path(file)?.map(Heartbeat::File),
    };
    Ok(WatchConfig {
        every: written.every.as_deref().map(span).transpose()?,
        jobs,
        expect,
        file: path(written.file)?,
        // The machine's name, so that many can share a folder.
        records: path(written.records.map(|path| path.replace("{host}", &environment::host().unwrap_or_default())))?,
        heartbeat,
        webhook: written.webhook,
    })
}

/// A path with `~` undone. A relative one would lead elsewhere for every schedule.
fn home(path: &str) -> Result<PathBuf> {
    let home = || environment::path("HOME").or_else(|| environment::path("USERPROFILE"));
    let full = match path.strip_prefix('~') {
        Some("") => home(),
        Some(rest) if rest.starts_with('/') => home().map(|h| h.join(rest.trim_start_matches('/'))),
        _ => Some(PathBuf::from(path)),
    };
    full.filter(|p| p.is_absolute())
        .ok_or_else(|| Error::usage(format!("{path:?} is a relative path")).help("begin it with / or ~/"))
}

/// `30m`, `12h`, `7d`.
///
/// # Errors
/// When it is none of these, or shorter than a minute.
pub fn span(text: &str) -> Result<SignedDuration> {
    let minutes = |unit: char, factor: i64| {
        text.strip_suffix(unit)
            .and_then(|n| n.parse::<i64>().ok())
            .filter(|n| (1..=10_000).contains(n))
            .map(|n| n * factor)
    };
    minutes('m', 1)
        .or_else(|| minutes('h', 60))
        .or_else(|| minutes('d', 24 * 60))
        .map(SignedDuration::from_mins)
        .ok_or_else(|| Error::usage(format!("{text:?} is no span of time")).help("for example 30m, 12h or 7d"))
}
