//! The feeds of the advisory data: how far the records of a source about an ecosystem are complete.

use super::ecosystem::Ecosystem;

/// The records of one source about one ecosystem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// The source, as rows name it.
    pub source: String,
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// The day up to which its records are in the data: `YYYY-MM-DD`.
    pub until: String,
    /// True if all of its records up to now were meant to be in the data. A feed that is known to have ended is a gap.
    pub complete: bool,
}

/// The columns of the table.
pub const FEEDS: &str = "source\tecosystem\tuntil\tstate";

impl Feed {
    /// Reads a line of the table.
    ///
    /// # Errors
    /// A message when a column is missing or holds something else.
    pub fn parse(line: &str) -> Result<Self, String> {
        let [source, ecosystem, until, state] = line.split('\t').map(str::trim).collect::<Vec<_>>()[..] else {
            return Err(format!("not the columns {}", FEEDS.replace('\t', ", ")));
        };
        let is_day = until.len() == 10 && until.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        if source.is_empty() || source.contains('|') || !is_day {
            return Err("a feed has a source and a day".to_owned());
        }
        let complete = match state {
            "complete" => true,
            "partial" => false,
            _ => return Err(format!("`{state}` is neither `complete` nor `partial`")),
        };
        let ecosystem = Ecosystem::parse(ecosystem).ok_or_else(|| format!("unknown ecosystem `{ecosystem}`"))?;
        Ok(Self { source: source.to_owned(), ecosystem, until: until.to_owned(), complete })
    }

    /// The line that [`parse`](Self::parse) reads.
    pub fn line(&self) -> String {
        let state = if self.complete { "complete" } else { "partial" };
        format!("{}\t{}\t{}\t{state}", self.source, self.ecosystem.as_str(), self.until)
    }
}

/// Reads a table.
///
/// # Errors
/// A message with the line of the first row that is wrong.
pub fn parse_feeds(text: &str) -> Result<Vec<Feed>, String> {
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#') && *line != FEEDS)
        .map(|(number, line)| Feed::parse(line).map_err(|why| format!("line {number}: {why}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_as_it_is_written() {
        let text = format!("{FEEDS}\nossf\tnpm\t2030-01-02\tpartial\nx\tPyPI\t2030-02-03\tcomplete\n");
        let feeds = parse_feeds(&text).unwrap();
        let lines: Vec<String> = feeds.iter().map(Feed::line).collect();
        assert_eq!(lines, ["ossf\tnpm\t2030-01-02\tpartial", "x\tpypi\t2030-02-03\tcomplete"]);
        for wrong in [
            "a\tnpm\t2030-01-02",
            "a\tcobol\t2030-01-02\tcomplete",
            "a\tnpm\tJanuary\tcomplete",
            "a\tnpm\t2030-01-02\tnearly",
        ] {
            assert!(parse_feeds(wrong).unwrap_err().starts_with("line 1"), "{wrong}");
        }
    }
}
