//! `shield-hook explain FILE:LINE`: why something was found there, or was not.

use std::io::Write;
use std::path::PathBuf;

use super::gate::{Gate, Home};
use super::options::Judging;
use crate::chunk::{Chunk, Kind, Origin};
use crate::error::{Context, Error, Result};
use crate::exit::Exit;

/// Say what every rule made of one line: keyword, shape, proof, entropy, and what turned it away.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A file on disk and a line of it, for example src/config.py:12
    #[arg(value_name = "FILE:LINE")]
    place: String,
    #[command(flatten)]
    judging: Judging,
}

/// Explains one line. No value is printed, only where it stands.
///
/// # Errors
/// When the place is none, or the file cannot be read.
pub fn run(args: &Args) -> Result<Exit> {
    let wrong = || Error::usage(format!("{}: not FILE:LINE", args.place)).help("shield-hook explain src/config.py:12");
    let (file, line) = args.place.rsplit_once(':').ok_or_else(wrong)?;
    let line: usize = line.parse().ok().filter(|n| *n > 0).ok_or_else(wrong)?;
    let here = std::env::current_dir().or_incomplete("the current directory")?;
    let bytes = std::fs::read(PathBuf::from(file)).or_incomplete(file)?;
    let mut start = 0;
    for _ in 1..line {
        start += 1 + memchr::memchr(b'\n', &bytes[start..])
            .ok_or_else(|| Error::usage(format!("{file} has fewer than {line} lines")))?;
    }
    let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |n| start + n);
    let gate = Gate::ready(&args.judging, Home::Dir(&here))?;
    let origin = Origin { kind: Kind::File, path: file.into(), commit: None };
    let told = gate.engine().explain(Chunk { origin: &origin, bytes: &bytes }, &(start..end));
    let mut out = std::io::stdout().lock();
    let doing = "standard output";
    if told.is_empty() {
        writeln!(out, "{}: no rule's keyword stands there", args.place).or_incomplete(doing)?;
    }
    for one in told {
        let column = String::from_utf8_lossy(&bytes[start.min(one.span.start)..one.span.start]).chars().count() + 1;
        writeln!(out, "{}:{column}: {}: {}", args.place, one.rule.id, one.outcome).or_incomplete(doing)?;
        for layer in &one.inside {
            writeln!(out, "    inside {layer}").or_incomplete(doing)?;
        }
        for (name, value, gave) in one.features.iter().take(8) {
            writeln!(out, "    {gave:+.3}  {name} = {value:.2}").or_incomplete(doing)?;
        }
    }
    Ok(Exit::Clean)
}
