//! The result of checking a table that somebody contributes.

/// A table's row count and the faults of its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableCheck {
    /// The table's name: `advisories`, `incidents` or `indicators`.
    pub what: &'static str,
    /// The number of rows.
    pub rows: usize,
    /// The complaints, each with its line.
    pub complaints: Vec<String>,
}

impl TableCheck {
    /// A check of the named table that has read no row yet.
    pub fn of(what: &'static str) -> Self {
        Self { what, ..Self::default() }
    }

    /// Adds a complaint about the line with this number, from 1.
    pub fn complain(&mut self, line: usize, what: &str) {
        self.complaints.push(format!("line {line}: {what}"));
    }
}
