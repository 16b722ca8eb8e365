//! Gradient boosting of small trees on the logistic loss, over histograms. Deterministic: no threads, no clock.

use shield_hook::engine::generic::features::COUNT;
use shield_hook::engine::generic::tree::{LEAF, Node, logistic};

/// One row with its answer and its weight.
#[derive(Clone)]
pub struct Sample {
    /// The features.
    pub row: [f32; COUNT],
    /// A secret or not.
    pub secret: bool,
    /// How much it counts.
    pub weight: f32,
}

/// How trees are grown.
pub struct Settings {
    /// How many trees.
    pub trees: usize,
    /// Leaves of one tree.
    pub leaves: usize,
    /// Shrinkage.
    pub rate: f32,
    /// L2 regularisation of a leaf.
    pub lambda: f32,
    /// The least weight of second derivatives in a leaf.
    pub least: f32,
}

const BINS: usize = 64;

/// The borders between a feature's bins: quantiles over the distinct values.
fn borders(samples: &[Sample], feature: usize) -> Vec<f32> {
    let mut values: Vec<f32> = samples.iter().map(|s| s.row[feature]).collect();
    values.sort_by(f32::total_cmp);
    let mut distinct = values.clone();
    distinct.dedup();
    let middle = |a: f32, b: f32| a + (b - a) / 2.0;
    if distinct.len() <= BINS {
        return distinct.windows(2).map(|w| middle(w[0], w[1])).collect();
    }
    let mut out: Vec<f32> = (1..BINS)
        .map(|i| {
            let at = values[i * values.len() / BINS];
            let next = distinct.partition_point(|v| *v <= at);
            distinct.get(next).map_or(at, |n| middle(at, *n))
        })
        .collect();
    out.dedup();
    out
}

struct Leaf {
    rows: Vec<u32>,
    node: usize,
    gradient: f64,
    hessian: f64,
    best: Option<Split>,
}

struct Split {
    gain: f64,
    feature: usize,
    bin: usize,
}

/// Grows the trees; returns the base log odds and the trees.
pub fn train(samples: &[Sample], settings: &Settings) -> (f32, Vec<Vec<Node>>) {
    let n = samples.len();
    let borders: Vec<Vec<f32>> = (0..COUNT).map(|f| borders(samples, f)).collect();
    let mut bins = vec![0u8; n * COUNT];
    for (i, s) in samples.iter().enumerate() {
        for f in 0..COUNT {
            bins[i * COUNT + f] = borders[f].partition_point(|b| *b < s.row[f]) as u8;
        }
    }
    let (mut positive, mut all) = (0.0f64, 0.0f64);
    for s in samples {
        all += f64::from(s.weight);
        positive += if s.secret { f64::from(s.weight) } else { 0.0 };
    }
    let base = (positive / (all - positive)).ln() as f32;
    let mut score = vec![base; n];
    let mut trees = Vec::new();
    let mut gradient = vec![0.0f32; n];
    let mut hessian = vec![0.0f32; n];
    for _ in 0..settings.trees {
        for (i, s) in samples.iter().enumerate() {
            let p = logistic(score[i]);
            gradient[i] = s.weight * (p - if s.secret { 1.0 } else { 0.0 });
            hessian[i] = s.weight * (p * (1.0 - p)).max(1e-6);
        }
        let state = State { bins: &bins, borders: &borders, gradient: &gradient, hessian: &hessian };
        let mut tree = vec![Node { feature: LEAF, threshold: 0.0, left: 0, value: 0.0 }];
        let mut leaves = vec![leaf((0..n as u32).collect(), 0, &gradient, &hessian)];
        tree[0].value = answer(&leaves[0], settings);
        leaves[0].best = split(&leaves[0], &state, settings);
        while leaves.len() < settings.leaves {
            let Some(at) = (0..leaves.len())
                .filter(|&i| leaves[i].best.is_some())
                .max_by(|&a, &b| gain(&leaves[a]).total_cmp(&gain(&leaves[b])).then(b.cmp(&a)))
            else {
                break;
            };
            let chosen = leaves.swap_remove(at);
            let Some(s) = chosen.best else { break };
            let (left, right): (Vec<u32>, Vec<u32>) =
                chosen.rows.iter().partition(|&&r| usize::from(bins[r as usize * COUNT + s.feature]) <= s.bin);
            let child = tree.len();
            tree[chosen.node].feature = s.feature as u8;
            tree[chosen.node].threshold = borders[s.feature][s.bin];
            tree[chosen.node].left = child as u16;
            for (k, rows) in [left, right].into_iter().enumerate() {
                let mut l = leaf(rows, child + k, &gradient, &hessian);
                l.best = split(&l, &state, settings);
                tree.push(Node { feature: LEAF, threshold: 0.0, left: 0, value: answer(&l, settings) });
                leaves.push(l);
            }
        }
        for l in &leaves {
            for &r in &l.rows {
                score[r as usize] += tree[l.node].value;
            }
        }
        trees.push(tree);
    }
    (base, trees)
}

fn gain(l: &Leaf) -> f64 {
    l.best.as_ref().map_or(0.0, |b| b.gain)
}

fn leaf(rows: Vec<u32>, node: usize, gradient: &[f32], hessian: &[f32]) -> Leaf {
    let (mut g, mut h) = (0.0, 0.0);
    for &r in &rows {
        g += f64::from(gradient[r as usize]);
        h += f64::from(hessian[r as usize]);
    }
    Leaf { rows, node, gradient: g, hessian: h, best: None }
}

fn answer(l: &Leaf, s: &Settings) -> f32 {
    (-l.gradient / (l.hessian + f64::from(s.lambda))) as f32 * s.rate
}

/// The rows in bins, and their derivatives at the present score.
struct State<'a> {
    bins: &'a [u8],
    borders: &'a [Vec<f32>],
    gradient: &'a [f32],
    hessian: &'a [f32],
}

/// The split of a leaf that gains most.
fn split(l: &Leaf, state: &State<'_>, s: &Settings) -> Option<Split> {
    let State { bins, borders, gradient, hessian } = *state;
    let mut g = vec![0.0f64; COUNT * BINS];
    let mut h = vec![0.0f64; COUNT * BINS];
    for &r in &l.rows {
        let r = r as usize;
        let (gr, hr) = (f64::from(gradient[r]), f64::from(hessian[r]));
        for f in 0..COUNT {
            let k = f * BINS + usize::from(bins[r * COUNT + f]);
            g[k] += gr;
            h[k] += hr;
        }
    }
    let lambda = f64::from(s.lambda);
    let least = f64::from(s.least);
    let whole = l.gradient * l.gradient / (l.hessian + lambda);
    let mut best: Option<Split> = None;
    for f in 0..COUNT {
        let (mut gl, mut hl) = (0.0, 0.0);
        for bin in 0..borders[f].len() {
            gl += g[f * BINS + bin];
            hl += h[f * BINS + bin];
            let (gr, hr) = (l.gradient - gl, l.hessian - hl);
            if hl < least || hr < least {
                continue;
            }
            let gain = gl * gl / (hl + lambda) + gr * gr / (hr + lambda) - whole;
            if gain > 1e-6 && best.as_ref().is_none_or(|b| gain > b.gain) {
                best = Some(Split { gain, feature: f, bin });
            }
        }
    }
    best
}
