//! `shield-hook completions` and `shield-hook man`: made from the command line's own definition.

use std::io::Write;
use std::path::PathBuf;

use clap::CommandFactory;

use super::{Cli, help};
use crate::error::{Context, Printed, Result};
use crate::exit::Exit;

/// Print the completion script for a shell.
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

/// Print the manual page.
#[derive(Debug, clap::Args)]
pub struct Man {
    /// Write one page per command into this directory instead
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Prints the completions.
///
/// # Errors
/// When standard output cannot be written.
pub fn completions(args: &Completions) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), NAME, &mut script);
    if args.shell == clap_complete::Shell::Bash {
        script = one_name_for_the_program(&String::from_utf8_lossy(&script)).into_bytes();
    }
    std::io::stdout().write_all(&script).or_unprinted()?;
    Ok(Exit::Clean)
}

/// The program's name in its completions.
const NAME: &str = "shield-hook";

/// The bash script with one name for the program's states: the generator sets `shield__hook` where a word was typed, and
/// looks for `shield__subcmd__hook` because it takes the hyphen for the end of a command.
fn one_name_for_the_program(script: &str) -> String {
    script.replace(&format!("{}__", NAME.replace('-', "__subcmd__")), &format!("{}__", NAME.replace('-', "__")))
}

/// Prints the manual page, or writes all of them.
///
/// # Errors
/// When they cannot be written.
pub fn man(args: Man) -> Result<Exit> {
    match args.dir {
        Some(dir) => {
            std::fs::create_dir_all(&dir).or_incomplete(dir.display())?;
            clap_mangen::generate_to(help::with_examples(Cli::command()), &dir).or_incomplete(dir.display())?;
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(help::with_examples(Cli::command()))
                .render(&mut page)
                .or_incomplete("the manual page")?;
            std::io::stdout().write_all(&page).or_unprinted()?;
        }
    }
    Ok(Exit::Clean)
}
