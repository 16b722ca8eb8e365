//! Boosted decision trees: how a row of features becomes a score, and which feature moved it how far.

/// A node of a tree. A leaf has `feature == LEAF`.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// Which feature is asked, or [`LEAF`].
    pub feature: u8,
    /// Go left when the feature is at most this.
    pub threshold: f32,
    /// The left child's index in the tree; the right child is the next one.
    pub left: u16,
    /// The mean answer of the rows that reach this node, in log odds.
    pub value: f32,
}

/// Marks a leaf.
pub const LEAF: u8 = u8::MAX;

/// The trees of a model.
#[derive(Clone, Copy, Debug)]
pub struct Forest<'a> {
    /// The log odds of a row before the trees.
    pub base: f32,
    /// The trees.
    pub trees: &'a [&'a [Node]],
}

impl Forest<'_> {
    /// The probability that a row is of a secret.
    pub fn score(&self, row: &[f32]) -> f32 {
        logistic(self.base + self.trees.iter().map(|t| leaf(t, row)).sum::<f32>())
    }

    /// How far each feature moved the log odds: every split moves the mean answer, and the move is its feature's.
    pub fn contributions(&self, row: &[f32], out: &mut [f32]) {
        for tree in self.trees {
            let mut node = &tree[0];
            while node.feature != LEAF {
                let left = row[node.feature as usize] <= node.threshold;
                let next = &tree[node.left as usize + usize::from(!left)];
                out[node.feature as usize] += next.value - node.value;
                node = next;
            }
        }
    }
}

fn leaf(tree: &[Node], row: &[f32]) -> f32 {
    let mut node = &tree[0];
    while node.feature != LEAF {
        let left = row[node.feature as usize] <= node.threshold;
        node = &tree[node.left as usize + usize::from(!left)];
    }
    node.value
}

/// Log odds to a probability.
pub fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
