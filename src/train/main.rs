//! Trains the judge of generic secrets. See README.md beside this file for the trees and the commands.
//!
//! `train lexicon TREE...` writes the vocabulary and the trigrams, `train model TREE...` the trees of the model,
//! `train passwords` prints the share of people's passwords that the built-in model finds, `train show PATH...` its scores for
//! the candidates of files, `train cost PATH...` the cost of prefilter, parser and model over the same files.

mod boost;
mod generate;
mod harvest;
mod people;
mod secrets;
mod templates;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use boost::Sample;
use generate::Made;
use secrets::Random;
use shield_hook::engine::generic::tree::{LEAF, Node, log_odds, logistic};
use shield_hook::engine::generic::{self, candidate, features};
use shield_hook::path::purpose::{Language, path_kind};

/// Two runs over the same trees give the same bytes.
const SEED: u64 = 20_260_101;

fn main() -> io::Result<()> {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_default();
    let paths: Vec<PathBuf> = args.map(PathBuf::from).collect();
    match (command.as_str(), paths.is_empty()) {
        ("lexicon", false) => lexicon(&paths),
        ("model", false) => model(&paths),
        ("passwords", true) => passwords(),
        ("show", false) => show(&paths),
        ("cost", false) => cost(&paths),
        _ => {
            eprintln!(
                "usage: train lexicon TREE... | train model TREE... | train passwords | train show PATH... | train cost PATH..."
            );
            std::process::exit(2)
        }
    }
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

fn model(trees: &[PathBuf]) -> io::Result<()> {
    let files = harvest::files(trees)?;
    let words = words();
    // Every fourth tree is held out of the trial run; the shipped model learns from all of them.
    let mut rows: Vec<(usize, Made)> = Vec::new();
    for tree in 0..trees.len() {
        let mut r = Random::new(SEED + tree as u64);
        let of: Vec<&harvest::File> = files.iter().filter(|f| f.tree == tree).collect();
        let made = generate::of_tree(&of, &words, &mut r);
        // No tree outweighs the others, in neither kind.
        let (natural, made): (Vec<_>, Vec<_>) = made.into_iter().partition(|m| m.origin == "natural");
        rows.extend(sampled(natural, 7000, &mut r).into_iter().map(|m| (tree, m)));
        let made = sampled(made, 4000, &mut r);
        rows.extend(made.into_iter().map(|m| (tree, m)));
    }
    let mut r = Random::new(SEED ^ 0x5eed);
    let half = generate::of_templates(24_000, &words, &mut r);
    rows.extend(half.into_iter().enumerate().map(|(i, m)| (i % 4, m)));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, m) in &rows {
        *counts.entry(m.origin).or_default() += 1;
    }
    println!("rows: {counts:?}");

    let settings = boost::Settings { trees: 160, leaves: 8, rate: 0.15, lambda: 4.0, least: 8.0 };
    let (held, kept): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(tree, _)| tree % 4 == 3);
    let mut samples: Vec<Sample> = kept.into_iter().map(|(_, m)| m.sample).collect();
    balance(&mut samples);
    let (base, grown) = boost::train(&samples, &settings);
    evaluate(base, &grown, &held);
    samples.extend(held.into_iter().map(|(_, m)| m.sample));
    balance(&mut samples);
    let (base, grown) = boost::train(&samples, &settings);
    importance(&grown);
    write_model(base, &grown)
}

/// At most so many of the rows, chosen at random.
fn sampled(mut rows: Vec<Made>, most: usize, r: &mut Random) -> Vec<Made> {
    for i in 0..most.min(rows.len()) {
        let j = r.between(i, rows.len() - 1);
        rows.swap(i, j);
    }
    rows.truncate(most);
    rows
}

/// Negatives weigh as much as positives in sum.
fn balance(samples: &mut [Sample]) {
    let sum =
        |secret: bool, s: &[Sample]| s.iter().filter(|x| x.secret == secret).map(|x| f64::from(x.weight)).sum::<f64>();
    let scale = (sum(false, samples) / sum(true, samples)) as f32;
    for s in samples.iter_mut().filter(|s| s.secret) {
        s.weight *= scale;
    }
}

fn evaluate(base: f32, trees: &[Vec<Node>], held: &[(usize, Made)]) {
    let trees: Vec<&[Node]> = trees.iter().map(Vec::as_slice).collect();
    println!("held-out trees; share of rows at or above a score, per cent");
    println!("| rows | n | 0.5 | 0.8 | 0.9 | 0.95 | 0.97 | 0.99 |");
    println!("|---|---|---|---|---|---|---|---|");
    let mut groups: BTreeMap<String, Vec<f32>> = BTreeMap::new();
    for (_, m) in held {
        let score = logistic(log_odds(base, &trees, &m.sample.row));
        let name = m.family.map_or_else(|| m.origin.to_owned(), |f| format!("{}, {f:?}", m.origin));
        groups.entry(name).or_default().push(score);
    }
    for (name, scores) in groups {
        let at = |t: f32| 100.0 * scores.iter().filter(|s| **s >= t).count() as f32 / scores.len() as f32;
        println!(
            "| {name} | {} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} |",
            scores.len(),
            at(0.5),
            at(0.8),
            at(0.9),
            at(0.95),
            at(0.97),
            at(0.99)
        );
    }
}

fn importance(trees: &[Vec<Node>]) {
    let mut splits = [0usize; features::COUNT];
    for node in trees.iter().flatten().filter(|n| n.feature != LEAF) {
        splits[node.feature as usize] += 1;
    }
    let mut order: Vec<usize> = (0..features::COUNT).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(splits[i]));
    let list: Vec<String> = order.iter().map(|&i| format!("{} {}", features::NAMES[i], splits[i])).collect();
    println!("splits: {}", list.join(", "));
}

fn write_model(base: f32, trees: &[Vec<Node>]) -> io::Result<()> {
    let mut out = String::from(
        "//! The trees, written by the training program.\n\n#[cfg(not(feature = \"train\"))]\nuse super::features;\nuse super::tree::{LEAF, Node};\n\n/// A node, written short.\nconst fn n(feature: u8, threshold: f32, left: u16, value: f32) -> Node {\n    Node { feature, threshold, left, value }\n}\n\n",
    );
    out += &format!(
        "/// The hash of the names of the features that the trees were grown on, in their order.\n#[cfg(not(feature = \"train\"))]\nconst FEATURES: u64 = {:#018x};\n// The training program itself is built with new features first.\n#[cfg(not(feature = \"train\"))]\nconst _: () = assert!(FEATURES == features::HASH, \"the features have changed: train the model again\");\n\n",
        features::HASH
    );
    out += &format!(
        "/// The log odds of a row before the trees.\npub(super) const BASE: f32 = {base:?};\n\n/// One tree a line.\n#[rustfmt::skip]\npub(super) static TREES: &[&[Node]] = &[\n"
    );
    for tree in trees {
        let nodes: Vec<String> = tree
            .iter()
            .map(|n| {
                let feature = if n.feature == LEAF { "LEAF".to_owned() } else { n.feature.to_string() };
                // Every digit of a border counts; a leaf's answer does not need eight.
                format!("n({feature}, {:?}, {}, {:.5})", n.threshold, n.left, n.value)
            })
            .collect();
        out += &format!("    &[{}],\n", nodes.join(", "));
    }
    out += "];\n";
    std::fs::write(source("model.rs"), out)
}

/// The share of made-up passwords of people that block, by habit and by the kind of file. Other random numbers
/// than the training's; the words are those of the vocabulary.
fn passwords() -> io::Result<()> {
    const PLACES: [(&str, &str); 8] = [
        (".env", "APP_ENV=production\nDB_PASSWORD=@\n"),
        ("a.yml", "database:\n  user: app\n  password: @\n  host: db.internal\n"),
        ("a.properties", "spring.datasource.username=app\nspring.datasource.password=@\n"),
        ("a.json", "{\n  \"user\": \"app\",\n  \"password\": \"@\"\n}\n"),
        ("a.py", "client = Client(user=\"app\", password=\"@\")\n"),
        ("a.cs", "var c = \"Data Source=db;Initial Catalog=app;User ID=app;Password=@;\";\n"),
        ("a.sh", "mysqldump -u app --password=@ shop > dump.sql\n"),
        ("a.php", "define('DB_PASSWORD', '@');\n"),
    ];
    const ROUNDS: usize = 400;
    let words = words();
    println!("made-up passwords that block, of {ROUNDS} a cell, per cent");
    println!("| habit | {} |", PLACES.map(|(path, _)| path).join(" | "));
    println!("|---|{}", "---|".repeat(PLACES.len()));
    for (habit, kinds) in people::HABITS {
        let mut r = Random::new(SEED ^ 0xbeef);
        let mut cells = Vec::new();
        for (path, template) in PLACES {
            let found = (0..ROUNDS).filter(|_| {
                let kind = *r.pick(kinds);
                let secret = people::by_habit(&mut r, &words, kind);
                let text = template.replace('@', &String::from_utf8_lossy(&secret)).into_bytes();
                candidate::candidates(&text).iter().any(|c| {
                    let confidence = generic::judge(&text, path.as_bytes(), c).confidence;
                    confidence >= Some(shield_hook::rule::Confidence::Medium)
                })
            });
            cells.push(format!("{:.0}", 100.0 * found.count() as f32 / ROUNDS as f32));
        }
        println!("| {habit} | {} |", cells.join(" | "));
    }
    Ok(())
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
