//! Trains the judge of generic secrets. See README.md beside this file for the trees, the labelled sets and the commands.

mod boost;
mod folds;
mod generate;
mod harvest;
mod labels;
mod learn;
mod people;
mod secrets;
mod templates;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use labels::Labels;
use shield_hook::engine::generic::{self, candidate};
use shield_hook::path::purpose::{Language, path_kind};

/// Two runs over the same trees give the same bytes.
const SEED: u64 = 20_260_101;

const USAGE: &str = "\
usage: train lexicon TREE...             writes the vocabulary and the trigrams
       train folds TREE... -- SET...     prints the figures of models that have not seen what they are asked about
       train model TREE... -- SET...     writes the model that has learnt from everything
       train passwords                   prints the share of people's passwords that the built-in model finds
       train show PATH...                prints its scores for the candidates of files
       train cost PATH...                prints the cost of prefilter, parser and model over the same files";

fn main() -> io::Result<()> {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_default();
    let given: Vec<String> = args.collect();
    let mut parts = given.split(|arg| arg == "--").map(|part| part.iter().map(PathBuf::from).collect::<Vec<_>>());
    let paths = parts.next().unwrap_or_default();
    let sets = parts.next().unwrap_or_default();
    match (command.as_str(), paths.is_empty()) {
        ("lexicon", false) => lexicon(&paths),
        ("folds", false) => folds::print(&material(&paths, &sets)?),
        ("model", false) => learn::write(&material(&paths, &sets)?),
        ("passwords", true) => folds::passwords(&words()),
        ("show", false) => show(&paths),
        ("cost", false) => cost(&paths),
        _ => {
            eprintln!("{USAGE}");
            std::process::exit(2)
        }
    }
}

/// Everything that is learnt from.
struct Material {
    trees: usize,
    files: Vec<harvest::File>,
    labels: Labels,
    words: Vec<&'static str>,
}

fn material(trees: &[PathBuf], sets: &[PathBuf]) -> io::Result<Material> {
    let labels = Labels::of(sets)?;
    Ok(Material { trees: trees.len(), files: harvest::files(trees)?, labels, words: words() })
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engine/generic").join(name)
}

fn lexicon(trees: &[PathBuf]) -> io::Result<()> {
    let files = harvest::files(trees)?;
    eprintln!("{} files", files.len());
    let words = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/data/vocabulary/words.rs");
    std::fs::write(words, harvest::vocabulary(&files))?;
    let code = harvest::trigrams(&files, |l| {
        matches!(l, Language::Code | Language::Json | Language::Config | Language::Shell)
    });
    std::fs::write(source("trigrams_code.bin"), code)?;
    let prose = harvest::trigrams(&files, |l| matches!(l, Language::Prose | Language::Markup | Language::Unknown));
    std::fs::write(source("trigrams_prose.bin"), prose)
}

/// The common words of four letters and more, for made-up human passwords.
fn words() -> Vec<&'static str> {
    generic::lexicon::common().filter(|w| (4..=9).contains(&w.len())).collect()
}

/// One line a candidate: path, line, score, confidence, rule, and why it was dismissed. Never the value.
fn show(paths: &[PathBuf]) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for f in harvest::files(paths)? {
        for c in candidate::candidates(&f.text) {
            let j = generic::judge(&f.text, f.path.as_bytes(), &c);
            let line = f.text[..c.value.start].iter().filter(|b| **b == b'\n').count() + 1;
            let last = line + f.text[c.value.clone()].iter().filter(|b| **b == b'\n').count();
            let level = j.confidence.map_or("none", |c| match c {
                shield_hook::rule::Confidence::High => "high",
                shield_hook::rule::Confidence::Medium => "medium",
                shield_hook::rule::Confidence::Low => "low",
            });
            writeln!(
                out,
                "{}\t{line}\t{last}\t{:.4}\t{level}\t{}\t{}\t{:?}\t{}\t{}",
                f.path,
                j.score,
                j.rule,
                j.dismissed.unwrap_or("-"),
                path_kind(f.path.as_bytes()),
                c.value.start,
                c.value.end
            )?;
        }
    }
    out.flush()
}

/// The time that prefilter, parser and model take over the files, and the hits that reach each.
fn cost(paths: &[PathBuf]) -> io::Result<()> {
    use std::time::Instant;
    let files = harvest::files(paths)?;
    let bytes: usize = files.iter().map(|f| f.text.len()).sum();
    let prefilter = aho_corasick::AhoCorasickBuilder::new()
        .ascii_case_insensitive(true)
        .build(generic::KEYWORDS)
        .map_err(io::Error::other)?;
    let start = Instant::now();
    let hits: Vec<Vec<usize>> =
        files.iter().map(|f| prefilter.find_overlapping_iter(&f.text).map(|m| m.start()).collect()).collect();
    let scanned = start.elapsed();
    let start = Instant::now();
    let found: Vec<Vec<candidate::Candidate>> = files
        .iter()
        .zip(&hits)
        .map(|(f, hits)| hits.iter().filter_map(|&h| generic::candidate_at(&f.text, h)).collect())
        .collect();
    let looked = start.elapsed();
    let start = Instant::now();
    let (mut modelled, mut shown) = (0, 0);
    for (f, found) in files.iter().zip(&found) {
        for c in found {
            let j = generic::judge(&f.text, f.path.as_bytes(), c);
            modelled += usize::from(j.features.is_some());
            shown += usize::from(j.confidence.is_some());
        }
    }
    let judged = start.elapsed();
    let (hits, found) = (hits.iter().map(Vec::len).sum::<usize>(), found.iter().map(Vec::len).sum::<usize>());
    let per = |d: std::time::Duration, n: usize| d.as_nanos() as f64 / n.max(1) as f64;
    println!("{} files, {bytes} bytes", files.len());
    println!("prefilter: {hits} hits, {:.3} ns a byte", per(scanned, bytes));
    println!("look: {found} candidates, {:.1} ns a hit, {:.3} ns a byte", per(looked, hits), per(looked, bytes));
    println!(
        "judgement: {modelled} reach the model, {shown} are shown, {:.0} ns a candidate, {:.3} ns a byte",
        per(judged, found),
        per(judged, bytes)
    );
    Ok(())
}
