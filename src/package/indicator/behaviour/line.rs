//! The lines that a change adds, prepared for comparison.

use std::collections::HashSet;

/// One command of a file: a line with those that continue it.
#[derive(Debug)]
pub(super) struct AddedLine {
    /// The offset of its first byte.
    pub(super) at: usize,
    /// Its number among all lines, from 0.
    pub(super) number: usize,
    /// Its text in lower case with single spaces.
    pub(super) text: String,
    /// Its text without any spaces.
    pub(super) packed: String,
}

/// The lines of `new` that no old side holds.
pub(super) fn added(new: &[u8], old: &[Vec<u8>]) -> Vec<AddedLine> {
    let before: HashSet<&[u8]> =
        old.iter().flat_map(|side| side.split(|b| *b == b'\n')).map(<[u8]>::trim_ascii).collect();
    let mut lines: Vec<AddedLine> = Vec::new();
    let (mut at, mut continues) = (0, false);
    for (number, line) in new.split(|b| *b == b'\n').enumerate() {
        let start = at;
        at += line.len() + 1;
        let line = line.trim_ascii();
        let is_new = !line.is_empty() && !before.contains(line);
        let text = String::from_utf8_lossy(line.strip_suffix(b"\\").unwrap_or(line)).to_lowercase();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let packed = text.replace(' ', "");
        match lines.last_mut().filter(|_| continues && is_new) {
            Some(last) => {
                last.text = format!("{} {text}", last.text);
                last.packed.push_str(&packed);
            }
            None if is_new => lines.push(AddedLine { at: start, number, text, packed }),
            None => {}
        }
        continues = is_new && line.ends_with(b"\\");
    }
    lines
}

impl AddedLine {
    /// Returns whether the text holds one of the signs.
    pub(super) fn has(&self, signs: &[&str]) -> bool {
        signs.iter().any(|sign| self.text.contains(sign))
    }

    /// Returns whether the text without its spaces holds one of the signs.
    pub(super) fn packs(&self, signs: &[&str]) -> bool {
        signs.iter().any(|sign| self.packed.contains(sign))
    }

    /// Returns whether it calls a function of that name, which is no method of an object.
    pub(super) fn calls(&self, functions: &[&str]) -> bool {
        let is_call = |name: &&str| {
            self.packed.match_indices(name).any(|(at, _)| {
                let before = self.packed[..at].chars().next_back();
                self.packed[at + name.len()..].starts_with('(')
                    && before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '.' | '_'))
            })
        };
        functions.iter().any(is_call)
    }

    /// Returns whether it runs a program of that name.
    pub(super) fn runs(&self, programs: &[&str]) -> bool {
        self.text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.')).any(|w| programs.contains(&w))
    }

    /// Returns whether a pipe of it ends in a shell or an interpreter.
    pub(super) fn is_piped_to_shell(&self) -> bool {
        self.text.split('|').skip(1).any(|part| {
            let mut words =
                part.split(|c: char| c.is_whitespace() || "\"'`);\\,".contains(c)).filter(|w| !w.is_empty());
            let word = words.find(|w| !matches!(*w, "sudo" | "env" | "-e" | "-s" | "&"));
            word.is_some_and(|word| SHELLS.contains(&word.rsplit('/').next().unwrap_or(word)))
        })
    }
}

const SHELLS: [&str; 12] =
    ["sh", "bash", "zsh", "dash", "iex", "invoke-expression", "python", "python3", "node", "perl", "ruby", "php"];
