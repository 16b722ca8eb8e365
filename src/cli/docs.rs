//! `shield-hook completions` and `shield-hook man`: made from the command line's own definition.

use std::io::Write;
use std::path::PathBuf;

use clap::CommandFactory;

use super::{Cli, help, rule_ids};
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
    /// Print the help of every command as Markdown instead: docs/commands.md
    #[arg(long, conflicts_with = "dir")]
    markdown: bool,
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
    let script = rule_ids::offered(args.shell, &String::from_utf8_lossy(&script));
    std::io::stdout().write_all(script.as_bytes()).or_unprinted()?;
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
    if args.markdown {
        std::io::stdout().write_all(reference().as_bytes()).or_unprinted()?;
        return Ok(Exit::Clean);
    }
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

/// The help of every command, in the order of `--help`.
fn reference() -> String {
    // Not wrapped: the usual program has no code for that, and a page needs none.
    let mut command = help::with_examples(Cli::command()).term_width(0);
    command.build();
    let mut sections = Vec::new();
    add_sections(&mut command, NAME, &mut sections);
    let mut page = String::from(
        "# Commands\n\nThe help of every command. `shield-hook COMMAND --help` prints the same, `shield-hook man` the manual page.\n\n",
    );
    for (title, _) in &sections {
        page += &format!("- [`{title}`](#{})\n", title.replace(' ', "-"));
    }
    for (title, text) in &sections {
        page += &format!("\n## {title}\n\n```text\n{}\n```\n", text.trim_end());
    }
    page
}

fn add_sections(command: &mut clap::Command, title: &str, sections: &mut Vec<(String, String)>) {
    let text = command.render_long_help().to_string();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    sections.push((title.to_owned(), lines.join("\n")));
    for part in command.get_subcommands_mut().filter(|part| part.get_name() != "help" && !part.is_hide_set()) {
        let title = format!("{title} {}", part.get_name());
        add_sections(part, &title, sections);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_reference_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/commands.md");
        let written = std::fs::read_to_string(path).expect("the reference");
        let made = reference();
        let differs = written.lines().zip(made.lines()).find(|(old, new)| old != new);
        assert!(written == made, "cargo run -- man --markdown > docs/commands.md: {differs:?}");
    }
}
