//! The shield-hook command: parse, run, exit.

use std::process::ExitCode;

use shield_hook::cli;

fn main() -> ExitCode {
    cli::calmly(|| {
        let run = match cli::parse() {
            Ok(command) => cli::run(command),
            Err(exit) => return exit,
        };
        cli::end(run)
    })
}
