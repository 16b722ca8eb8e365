//! The shield-hook command: parse, run, exit.

use std::process::ExitCode;

use shield_hook::cli;

fn main() -> ExitCode {
    cli::calmly(|| {
        let command = match cli::parse() {
            Ok(command) => command,
            Err(exit) => return exit,
        };
        let scans = command.scans();
        cli::end(cli::run(command), scans)
    })
}
