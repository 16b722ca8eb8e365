//! The rows of all material, and the model that is grown on them.

use std::collections::BTreeMap;
use std::io;

use shield_hook::engine::generic::features;
use shield_hook::engine::generic::tree::{Forest, LEAF, Node};

use crate::boost::{self, Sample};
use crate::generate::{self, Made};
use crate::secrets::Random;
use crate::{Material, SEED, source};

/// Trees, repositories and templates are dealt to so many folds. A fold is never learnt from and asked about at once.
pub const FOLDS: usize = 3;

/// A row and the fold that it is of.
pub struct Row {
    pub fold: usize,
    pub made: Made,
}

/// A model that was grown here.
pub struct Grown {
    base: f32,
    trees: Vec<Vec<Node>>,
}

impl Grown {
    /// Calls `f` with the model in the form that the engine has it in.
    pub fn with<T>(&self, f: impl FnOnce(&Forest<'_>) -> T) -> T {
        let trees: Vec<&[Node]> = self.trees.iter().map(Vec::as_slice).collect();
        f(&Forest { base: self.base, trees: &trees })
    }
}

/// The most rows of one tree, as they are and made up: no tree outweighs the others.
const NATURAL: usize = 7000;
const MADE: usize = 4000;
/// How many rows come from templates.
const TEMPLATES: usize = 24_000;

/// All rows, in a fixed order.
pub fn rows(material: &Material) -> Vec<Row> {
    let mut rows = Vec::new();
    for tree in 0..material.trees {
        let mut r = Random::new(SEED + tree as u64);
        let of: Vec<_> = material.files.iter().filter(|f| f.tree == tree).collect();
        let made = generate::of_tree(&of, &material.words, &mut r);
        let (natural, made): (Vec<_>, Vec<_>) = made.into_iter().partition(|m| m.origin == "natural");
        let some = sampled(natural, NATURAL, &mut r).into_iter().chain(sampled(made, MADE, &mut r));
        rows.extend(some.map(|made| Row { fold: tree % FOLDS, made }));
    }
    let mut r = Random::new(SEED ^ 0x5eed);
    let made = generate::of_templates(TEMPLATES, &material.words, &mut r);
    rows.extend(made.into_iter().enumerate().map(|(i, made)| Row { fold: i % FOLDS, made }));
    let mut r = Random::new(SEED ^ 0x1abe1);
    for case in &material.labels.cases {
        let file = &material.labels.files[case.file];
        let made = generate::of_case(file, case, &material.words, &mut r);
        rows.extend(made.into_iter().map(|made| Row { fold: file.tree % FOLDS, made }));
    }
    rows
}

/// Prints how many rows there are of each origin.
pub fn count(rows: &[Row]) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        *counts.entry(row.made.origin).or_default() += 1;
    }
    println!("rows: {counts:?}");
}

/// The model that is grown on the rows of all folds but one.
pub fn grow(rows: &[Row], without: Option<usize>) -> Grown {
    let settings = boost::Settings { trees: 200, leaves: 12, rate: 0.12, lambda: 4.0, least: 8.0 };
    let mut samples: Vec<Sample> =
        rows.iter().filter(|row| Some(row.fold) != without).map(|row| row.made.sample.clone()).collect();
    balance(&mut samples);
    let (base, trees) = boost::train(&samples, &settings);
    Grown { base, trees }
}

/// Writes `model.rs`.
pub fn write(material: &Material) -> io::Result<()> {
    let rows = rows(material);
    count(&rows);
    let grown = grow(&rows, None);
    importance(&grown.trees);
    write_model(&grown)
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

fn write_model(forest: &Grown) -> io::Result<()> {
    let mut out = String::from(
        "//! The trees, written by the training program.\n\n#[cfg(not(feature = \"train\"))]\nuse super::features;\nuse super::tree::{Forest, LEAF, Node};\n\n/// A node, written short.\nconst fn n(feature: u8, threshold: f32, left: u16, value: f32) -> Node {\n    Node { feature, threshold, left, value }\n}\n\n",
    );
    out += &format!(
        "/// The hash of the names of the features that the trees were grown on, in their order.\n#[cfg(not(feature = \"train\"))]\nconst FEATURES: u64 = {:#018x};\n// The training program itself is built with new features first.\n#[cfg(not(feature = \"train\"))]\nconst _: () = assert!(FEATURES == features::HASH, \"the features have changed: train the model again\");\n\n",
        features::HASH
    );
    out += &format!(
        "/// The model.\npub static FOREST: Forest<'static> = Forest {{ base: {:?}, trees: TREES }};\n\n/// One tree a line.\n#[rustfmt::skip]\nstatic TREES: &[&[Node]] = &[\n",
        forest.base
    );
    for tree in &forest.trees {
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
