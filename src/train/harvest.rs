//! The harvest of the trees: their text, a vocabulary and trigrams.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use shield_hook::engine::generic::lexicon::{CLASSES, class};
use shield_hook::path::purpose::{Language, language};

/// One file of a tree.
pub struct File {
    /// The number of its tree.
    pub tree: usize,
    /// Its path, below the tree.
    pub path: String,
    /// Its bytes.
    pub text: Vec<u8>,
}

/// The largest file that is read.
const LARGEST: u64 = 400_000;

/// Every text file of the trees, in a fixed order.
pub fn files(trees: &[PathBuf]) -> io::Result<Vec<File>> {
    let mut out = Vec::new();
    for (number, tree) in trees.iter().enumerate() {
        let mut stack = vec![tree.clone()];
        let mut paths = Vec::new();
        while let Some(dir) = stack.pop() {
            for entry in std::fs::read_dir(&dir)? {
                let entry = entry?;
                let kind = entry.file_type()?;
                if kind.is_dir() && entry.file_name() != ".git" {
                    stack.push(entry.path());
                } else if kind.is_file() && entry.metadata()?.len() <= LARGEST {
                    paths.push(entry.path());
                }
            }
        }
        paths.sort();
        for path in paths {
            let text = std::fs::read(&path)?;
            if memchr::memchr(0, &text[..text.len().min(8000)]).is_none() {
                out.push(File { tree: number, path: relative(tree, &path), text });
            }
        }
    }
    Ok(out)
}

fn relative(tree: &Path, path: &Path) -> String {
    path.strip_prefix(tree).unwrap_or(path).to_string_lossy().into_owned()
}

/// Words in at least this many trees are known; the most frequent of them are common.
const TREES: usize = 3;
const COMMON: usize = 2500;
const KNOWN: usize = 14_000;

/// Writes `words.rs`: lower-case words of 3 to 15 letters that several trees use.
pub fn vocabulary(files: &[File]) -> String {
    // How often, in which trees, in how many files.
    let mut seen: HashMap<Vec<u8>, (u64, usize)> = HashMap::new();
    for f in files {
        let mut here: Vec<Vec<u8>> = Vec::new();
        shield_hook::path::words::each_word(&f.text, |w| {
            if (3..=15).contains(&w.len()) && w.iter().all(u8::is_ascii_alphabetic) {
                here.push(w.to_ascii_lowercase());
            }
        });
        here.sort();
        here.dedup();
        for w in here {
            let e = seen.entry(w).or_default();
            e.0 |= 1 << f.tree;
            e.1 += 1;
        }
    }
    let vowel = |w: &[u8]| w.iter().any(|b| b"aeiouy".contains(b));
    let mut list: Vec<(Vec<u8>, usize)> = seen
        .into_iter()
        .filter(|(w, (trees, _))| trees.count_ones() as usize >= TREES && vowel(w))
        .map(|(w, (trees, files))| (w, files * trees.count_ones() as usize))
        .collect();
    list.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    // Three letters are words only when they are very frequent; else every random run holds some.
    let mut short = 0;
    list.retain(|(w, _)| {
        short += usize::from(w.len() == 3);
        w.len() > 3 || short <= 250
    });
    list.truncate(KNOWN);
    let mut out = String::from(
        "//! The vocabulary, written by the training program: words of one length in a row, sorted, without a separator.\n\n",
    );
    for (name, doc, words) in [
        ("COMMON", "The most frequent words, by length.", &list[..COMMON.min(list.len())]),
        ("WORDS", "The other words, by length.", &list[COMMON.min(list.len())..]),
    ] {
        out += &format!("/// {doc}\n#[rustfmt::skip]\npub const {name}: [&str; 16] = [\n");
        for n in 0..16 {
            let mut of: Vec<&str> =
                words.iter().filter(|(w, _)| w.len() == n).filter_map(|(w, _)| std::str::from_utf8(w).ok()).collect();
            of.sort_unstable();
            // Lines of a readable length, continued without a break in the string.
            let lines: Vec<String> = of.chunks((110 / n.max(1)).max(1)).map(<[&str]>::concat).collect();
            out += &format!("    \"{}\",\n", lines.join("\\\n     "));
        }
        out += "];\n";
        if name == "COMMON" {
            out.push('\n');
        }
    }
    out
}

/// Minus log2 of each trigram's probability, times 16, smoothed.
pub fn trigrams(files: &[File], wanted: impl Fn(Language) -> bool) -> Vec<u8> {
    let mut counts = vec![0f64; CLASSES * CLASSES * CLASSES];
    for f in files.iter().filter(|f| wanted(language(f.path.as_bytes()))) {
        // Words and identifiers, as values are: a run of letters, digits and joints, from its border on.
        for run in f.text.split(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))) {
            // Long runs are data, not language.
            if run.len() < 3 || run.len() > 32 || run.iter().filter(|b| b.is_ascii_digit()).count() > 4 {
                continue;
            }
            let (mut a, mut b) = (27, 27);
            for &byte in run {
                let c = class(byte);
                counts[(a * CLASSES + b) * CLASSES + c] += 1.0;
                (a, b) = (b, c);
            }
        }
    }
    let total: f64 = counts.iter().sum::<f64>() + 1.0;
    let scale = 4_000_000.0 / total;
    let mut out = vec![0u8; counts.len()];
    for pair in 0..CLASSES * CLASSES {
        let row = &counts[pair * CLASSES..(pair + 1) * CLASSES];
        let sum: f64 = row.iter().map(|c| c * scale + 0.5).sum();
        for (c, n) in row.iter().enumerate() {
            let bits = -((n * scale + 0.5) / sum).log2();
            out[pair * CLASSES + c] = (bits * 16.0).round().clamp(0.0, 255.0) as u8;
        }
    }
    out
}
