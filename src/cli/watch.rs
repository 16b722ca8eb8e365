//! `shield-hook watch`: checks at regular intervals, with a digest of each run.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use jiff::Timestamp;

use super::guarded_update;
use crate::engine::redact;
use crate::environment;
use crate::error::{Context, Error, Printed, Result};
use crate::exit::Exit;
use crate::install;
use crate::journal::{self, JournalLocation, Record};
use crate::terminal::say;
use crate::watch::config::{self, WatchConfig};
use crate::watch::schedule::{self, Scheduler};
use crate::watch::state::{Lock, WatchState};
use crate::watch::{self, post};

/// Check at regular intervals, and send a digest of each run; watch.toml lists the checks.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<What>,
    #[command(flatten)]
    looking: Looking,
}

#[derive(Debug, clap::Args)]
struct Looking {
    /// Run once and end
    #[arg(long)]
    once: bool,
    /// The interval; it overrides the one in watch.toml
    #[arg(long, value_name = "SPAN")]
    every: Option<String>,
    /// Read this file instead of watch.toml in the user's configuration directory
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print exactly this text after every complete run, for a monitor that waits for it; the digest goes to standard
    /// error
    #[arg(long, value_name = "STRING")]
    canary: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Have the system start it at regular intervals
    Install {
        /// The interval
        #[arg(long, value_name = "SPAN", default_value = "30m")]
        every: String,
        /// The scheduler [default: the one of this system]
        #[arg(long, value_enum)]
        with: Option<Scheduler>,
        /// Read this file instead of watch.toml in the user's configuration directory
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Write the files without starting anything
        #[arg(long)]
        no_start: bool,
    },
    /// Remove the schedule
    Uninstall {
        /// The scheduler [default: the one of this system]
        #[arg(long, value_enum)]
        with: Option<Scheduler>,
    },
    /// Show when it last ran, and when the next run is due
    Status,
    /// Run an update, and restore the lockfiles if it brings a hijacked package
    Gate(guarded_update::Args),
}

/// Runs the checks, or installs, removes or reports their schedule.
///
/// # Errors
/// When the configuration is wrong, or another watch is at work.
pub fn run(args: Args) -> Result<Exit> {
    match args.command {
        None => look(&args.looking),
        Some(What::Install { every, with, config, no_start }) => set_up(&every, with, config, no_start),
        Some(What::Uninstall { with }) => take_down(with),
        Some(What::Status) => {
            let (line, good) = watch::status(&WatchState::read()?);
            writeln!(std::io::stdout(), "{line}").or_unprinted()?;
            Ok(if good { Exit::Clean } else { Exit::Blocked })
        }
        Some(What::Gate(args)) => guarded_update::run(&args),
    }
}

fn look(args: &Looking) -> Result<Exit> {
    let path = args.config.clone().map_or_else(config::usual_path, Ok)?;
    let start = Instant::now();
    let ready = WatchConfig::read(&path).and_then(|mut config| {
        if let Some(every) = &args.every {
            config.every = Some(config::span(every)?);
        }
        Ok((config, Lock::take()?))
    });
    let (config, _lock) = match ready {
        Ok(ready) => ready,
        Err(error) => {
            journal::record(&JournalLocation::User, &Record::failed("watch", &error, start.elapsed()));
            return Err(error);
        }
    };
    if args.once {
        return once(&config, args.canary.as_deref());
    }
    let every = config
        .every
        .ok_or_else(|| Error::usage("no interval is configured").help("watch --every 30m, or `every` in watch.toml"))?;
    loop {
        let begun = Instant::now();
        let _ = once(&config, args.canary.as_deref())?;
        let every = std::time::Duration::try_from(every).or_usage("every")?;
        std::thread::sleep(every.saturating_sub(begun.elapsed()));
    }
}

/// One run: every job, then exactly one digest to everybody who is to get it.
fn once(config: &WatchConfig, canary: Option<&str>) -> Result<Exit> {
    let (start, begun) = (Instant::now(), Timestamp::now());
    let state = WatchState::read()?;
    let mut round = watch::run(config, &install::this_program()?, &state)?;
    let time = format!("{begun:.0}");
    let mut failed = Vec::new();
    if let Some(file) = &config.file
        && let Err(e) = post::to_file(file, &time, &round.text())
    {
        failed.push(e);
    }
    round.record = Record {
        result: round.exit.result().into(),
        exit: round.exit as u8,
        ms: start.elapsed().as_millis() as u64,
        digest: round.line.clone(),
        ..round.record
    };
    if let Some(file) = &config.records
        && let Err(e) = post::record_to_file(file, &round.record)
    {
        failed.push(e);
    }
    let mut unsent = Vec::new();
    if let Some(webhook) = &config.webhook {
        let all = state.unsent.iter().cloned().map(|text| (text, None)).chain([(round.text(), Some(&round.record))]);
        let result = round.exit.result();
        for (text, record) in all {
            // After the first that fails the others would only wait as well.
            if !unsent.is_empty() {
                unsent.push(text);
            } else if let Err(e) = post::to_webhook(webhook, result, &text, record) {
                unsent.push(format!("{text}\n  could not be posted at {time}: {}", e.message()));
                failed.push(e);
            }
        }
    }
    let complete = matches!(round.exit, Exit::Clean | Exit::Blocked) && failed.is_empty();
    if let Some(heartbeat) = config.heartbeat.as_ref().filter(|_| complete)
        && let Err(e) = post::heartbeat(heartbeat, &time, canary.unwrap_or(&round.line))
    {
        failed.push(e);
    }
    watch::after(&round, config, begun, unsent).write()?;
    if !failed.is_empty() && round.exit == Exit::Clean {
        round.exit = Exit::Incomplete;
    }
    let record = Record {
        result: round.exit.result().into(),
        exit: round.exit as u8,
        ms: start.elapsed().as_millis() as u64,
        ..round.record.clone()
    };
    journal::record(&JournalLocation::User, &record);
    for error in &failed {
        say!("shield-hook: watch: {}", redact::message(&error.to_string()));
    }
    let mut out = std::io::stdout().lock();
    match canary {
        // Silence is the answer of a run that could not be completed.
        Some(word) => {
            say!("{}", round.text());
            if complete {
                writeln!(out, "{word}").or_unprinted()?;
            }
        }
        None => writeln!(out, "{}", round.text()).or_unprinted()?,
    }
    Ok(round.exit)
}

/// The scheduler of this system.
fn usual_scheduler() -> Scheduler {
    let has = |program: &str| environment::search_path().into_iter().any(|d| d.join(program).is_file());
    if cfg!(target_os = "macos") {
        Scheduler::Launchd
    } else if has("systemctl") {
        Scheduler::Systemd
    } else {
        Scheduler::Cron
    }
}

fn planned(every: &str, scheduler: Scheduler, config: Option<PathBuf>) -> Result<Vec<schedule::Planned>> {
    let here = environment::current_directory()?;
    let config = config.map_or_else(config::usual_path, |path| std::path::absolute(path).or_usage("--config"))?;
    schedule::plan(scheduler, config::span(every)?, &install::this_program()?, &config, &here)
}

fn set_up(every: &str, with: Option<Scheduler>, config: Option<PathBuf>, no_start: bool) -> Result<Exit> {
    let scheduler = with.unwrap_or_else(usual_scheduler);
    let path = config.clone().map_or_else(config::usual_path, Ok)?;
    if scheduler != Scheduler::Github {
        // A schedule that starts something broken would be found out much later.
        WatchConfig::read(&path)?;
    }
    let mut out = std::io::stdout().lock();
    let mut say = |line: String| writeln!(out, "{line}").or_unprinted();
    for file in planned(every, scheduler, config)? {
        match file.path {
            Some(path) => {
                write(&path, &file.text)?;
                say(format!("wrote {}", path.display()))?;
            }
            None if no_start => say(format!("add this line with `crontab -e`:\n{}", file.text))?,
            None => {
                crontab(Some(&file.text))?;
                say(format!("added to your crontab: {}", file.text))?;
            }
        }
    }
    for command in schedule::start_commands(scheduler) {
        if no_start {
            say(format!("to start it: {}", command.join(" ")))?;
        } else {
            command_works(&command)?;
        }
    }
    if scheduler == Scheduler::Github {
        say("commit it, and it runs".into())?;
    } else if !no_start {
        // One that the system never starts is late as well.
        WatchState::read()?.expecting(Some(Timestamp::now() + config::span(every)?)).write()?;
    }
    say!("shield-hook: watch: installed, every {every}");
    Ok(Exit::Clean)
}

fn take_down(with: Option<Scheduler>) -> Result<Exit> {
    let scheduler = with.unwrap_or_else(usual_scheduler);
    for command in schedule::stop_commands(scheduler) {
        // It may not run at all.
        let _ = command_works(&command);
    }
    let mut gone = 0;
    for file in planned("30m", scheduler, None)? {
        match file.path {
            Some(path) if path.is_file() => {
                std::fs::remove_file(&path).or_incomplete(path.display())?;
                gone += 1;
            }
            Some(_) => {}
            None => gone += usize::from(crontab(None)?),
        }
    }
    WatchState::read()?.expecting(None).write()?;
    say!("shield-hook: watch: {}", if gone > 0 { "uninstalled" } else { "nothing was installed" });
    Ok(Exit::Clean)
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(above) = path.parent() {
        std::fs::create_dir_all(above).or_incomplete(above.display())?;
    }
    std::fs::write(path, text).or_incomplete(path.display())
}

fn command_works(command: &[String]) -> Result<()> {
    let shown = command.join(" ");
    let Some((program, args)) = command.split_first() else { return Ok(()) };
    let output = Command::new(program).args(args).stdin(Stdio::null()).output();
    let output = output.map_err(|e| Error::incomplete(format!("`{shown}`: {e}")))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(Error::incomplete(format!("`{shown}`: {}", String::from_utf8_lossy(&output.stderr).trim()))
            .help("the files are written; run that command where your session can, or choose another --with")),
    }
}

/// Puts our line into the user's crontab in the place of an older one; without a line, removes it. Returns whether
/// there was one.
fn crontab(line: Option<&str>) -> Result<bool> {
    let listed = Command::new("crontab").arg("-l").stdin(Stdio::null()).output();
    let listed = listed.map_err(|e| Error::incomplete(format!("crontab could not be started: {e}")))?;
    // Without a crontab it fails, and prints nothing.
    let old = String::from_utf8_lossy(&listed.stdout).into_owned();
    let mut lines: Vec<&str> = old.lines().filter(|l| !l.ends_with(schedule::CRON_MARK)).collect();
    let had = lines.len() < old.lines().count();
    lines.extend(line);
    if !had && line.is_none() {
        return Ok(false);
    }
    let mut child = Command::new("crontab").arg("-").stdin(Stdio::piped()).spawn().or_incomplete("crontab")?;
    if let Some(mut stdin) = child.stdin.take() {
        let text: String = lines.iter().map(|l| format!("{l}\n")).collect();
        stdin.write_all(text.as_bytes()).or_incomplete("crontab")?;
    }
    let status = child.wait().or_incomplete("crontab")?;
    if !status.success() {
        return Err(Error::incomplete("crontab did not take the line"));
    }
    Ok(had)
}
