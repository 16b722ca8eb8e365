//! Schedulers of the watch: a systemd user timer, a launchd agent, a cron line, a GitHub Actions schedule.

use std::path::{Path, PathBuf};

use jiff::SignedDuration;

use crate::build_source;
use crate::environment;
use crate::error::{Error, Result};

/// The scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Scheduler {
    /// A user timer.
    Systemd,
    /// An agent of the user's (macOS).
    Launchd,
    /// A line of the user's crontab.
    Cron,
    /// A workflow of the repository.
    Github,
}

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The path; none for cron.
    pub path: Option<PathBuf>,
    /// The content.
    pub text: String,
}

/// The commands that enable the schedule, for people and for `install` itself.
pub fn start_commands(scheduler: Scheduler) -> Vec<Vec<String>> {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect();
    match scheduler {
        Scheduler::Systemd => vec![
            words("systemctl --user daemon-reload"),
            words("systemctl --user enable --now shield-hook-watch.timer"),
        ],
        Scheduler::Launchd => agent_path()
            .map(|path| vec![vec!["launchctl".into(), "load".into(), "-w".into(), path.display().to_string()]])
            .unwrap_or_default(),
        Scheduler::Cron | Scheduler::Github => Vec::new(),
    }
}

/// The commands that disable the schedule.
pub fn stop_commands(scheduler: Scheduler) -> Vec<Vec<String>> {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect();
    match scheduler {
        Scheduler::Systemd => vec![words("systemctl --user disable --now shield-hook-watch.timer")],
        Scheduler::Launchd => agent_path()
            .map(|path| vec![vec!["launchctl".into(), "unload".into(), path.display().to_string()]])
            .unwrap_or_default(),
        Scheduler::Cron | Scheduler::Github => Vec::new(),
    }
}

/// The mark of our line in a crontab.
pub const CRON_MARK: &str = "# shield-hook watch";

fn home() -> Option<PathBuf> {
    environment::absolute_path("HOME")
}

fn agent_path() -> Option<PathBuf> {
    home().map(|h| h.join("Library/LaunchAgents/dev.shield-hook.watch.plist"))
}

fn unit_directory() -> Option<PathBuf> {
    let config = environment::absolute_path("XDG_CONFIG_HOME");
    config.or_else(|| home().map(|h| h.join(".config"))).map(|c| c.join("systemd/user"))
}

/// The files that start `program watch --once` every so often. `root` is the repository, for a workflow.
///
/// # Errors
/// When the scheduler cannot express the interval, or the user's home directory is unknown.
pub fn plan(
    scheduler: Scheduler,
    every: SignedDuration,
    program: &Path,
    config: &Path,
    root: &Path,
) -> Result<Vec<Planned>> {
    let nowhere = || Error::incomplete("HOME is not an absolute path");
    let (program, config) = (program.display().to_string(), config.display().to_string());
    let minutes = every.as_mins();
    Ok(match scheduler {
        Scheduler::Systemd => {
            let directory = unit_directory().ok_or_else(nowhere)?;
            let quoted = |text: &str| {
                format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$"))
            };
            let service = format!(
                "[Unit]\nDescription=shield-hook watch\n\n[Service]\nType=oneshot\nExecStart={} watch --once --every {minutes}m --config {}\n",
                quoted(&program),
                quoted(&config)
            );
            let timer = format!(
                "[Unit]\nDescription=shield-hook watch, every {minutes} minutes\n\n[Timer]\nOnActiveSec=1min\nOnUnitActiveSec={minutes}min\n\
                 AccuracySec=10s\n\n[Install]\nWantedBy=timers.target\n"
            );
            vec![
                Planned { path: Some(directory.join("shield-hook-watch.service")), text: service },
                Planned { path: Some(directory.join("shield-hook-watch.timer")), text: timer },
            ]
        }
        Scheduler::Launchd => {
            let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let every = format!("{minutes}m");
            let words: String = [program.as_str(), "watch", "--once", "--every", &every, "--config", &config]
                .iter()
                .map(|w| format!("        <string>{}</string>\n", escape(w)))
                .collect();
            let text = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                 <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
                 <plist version=\"1.0\">\n<dict>\n    <key>Label</key>\n    <string>dev.shield-hook.watch</string>\n\
                 \x20   <key>ProgramArguments</key>\n    <array>\n{words}    </array>\n    <key>RunAtLoad</key>\n    <true/>\n\
                 \x20   <key>StartInterval</key>\n    <integer>{}</integer>\n</dict>\n</plist>\n",
                minutes * 60
            );
            vec![Planned { path: Some(agent_path().ok_or_else(nowhere)?), text }]
        }
        Scheduler::Cron => {
            // A percent sign means a line end to cron.
            let word = |text: &str| format!("'{}'", text.replace('\'', r"'\''")).replace('%', "\\%");
            let (fields, program, config) = (cron(minutes)?, word(&program), word(&config));
            let text = format!("{fields} {program} watch --once --every {minutes}m --config {config} {CRON_MARK}");
            vec![Planned { path: None, text }]
        }
        Scheduler::Github => {
            let text = github(&cron(minutes)?);
            vec![Planned { path: Some(root.join(".github/workflows/shield-hook-watch.yml")), text }]
        }
    })
}

/// A workflow that builds this program from its source. A program without the address of its source takes it from the
/// repository's variables: a build without them fails.
fn github(cron: &str) -> String {
    let (comment, from) = match build_source::cargo_arguments() {
        Some(from) => ("", from),
        None => (
            "# Set these variables of the repository: SHIELD_HOOK_SOURCE (the git address of shield-hook's source) and\n\
             # SHIELD_HOOK_REVISION (the full id of a commit that you have looked at).\n",
            "--git \"$SHIELD_HOOK_SOURCE\" --rev \"$SHIELD_HOOK_REVISION\"".to_owned(),
        ),
    };
    let variables = match comment {
        "" => "",
        _ => {
            "        env:\n          SHIELD_HOOK_SOURCE: ${{ vars.SHIELD_HOOK_SOURCE }}\n          \
             SHIELD_HOOK_REVISION: ${{ vars.SHIELD_HOOK_REVISION }}\n"
        }
    };
    format!(
        "{comment}name: shield-hook watch\non:\n  schedule:\n    - cron: \"{cron}\"\n  workflow_dispatch:\npermissions:\n  \
         contents: read\njobs:\n  watch:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: \
         actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0\n        \
         with:\n          fetch-depth: 0\n          persist-credentials: false\n      - run: cargo install --locked {from}\n\
         {variables}      - run: shield-hook audit .\n        if: always()\n      - run: shield-hook scan --history\n        \
         if: always()\n"
    )
}

/// The five fields of a cron line.
fn cron(minutes: i64) -> Result<String> {
    match minutes {
        m if m < 60 && 60 % m == 0 => Ok(format!("*/{m} * * * *")),
        60 => Ok("0 * * * *".into()),
        m if m % 60 == 0 && m < 24 * 60 && 24 % (m / 60) == 0 => Ok(format!("0 */{} * * *", m / 60)),
        1440 => Ok("0 6 * * *".into()),
        10080 => Ok("0 6 * * 1".into()),
        _ => Err(Error::usage(format!("cron cannot start something every {minutes} minutes"))
            .help("choose a span that divides the hour or the day, such as 30m or 6h, or 1d or 7d")),
    }
}
