//! A configuration file, key by key: every complaint names the file, the line, the column and the way out.
//!
//! `serde` gives neither the position of an unknown key nor the nearest known one; this does. No message ever repeats a
//! value, because a value may be a secret.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::Date;

use crate::data::did_you_mean::nearest;
use crate::data::toml_text::{self, Lines};
use crate::engine::redact;
use crate::error::{Error, Result};
use crate::terminal;

/// One parsed TOML file.
pub struct Document<'a> {
    /// How messages name the file.
    name: &'a str,
    lines: Lines<'a>,
    root: Spanned<DeTable<'a>>,
}

impl<'a> Document<'a> {
    /// Parses `text`, which messages call `name`.
    ///
    /// # Errors
    /// Exit 3 with the position when it is not TOML.
    pub fn parse(name: &'a str, text: &'a str) -> Result<Self> {
        let lines = Lines::of(text);
        match toml_text::parse(text) {
            Ok(root) => Ok(Document { name, lines, root }),
            Err(e) => Err(Error::usage(format!("{}: not valid TOML: {}", position(name, &lines, e.at), e.message))),
        }
    }

    /// The whole document as a section.
    pub fn root(&self) -> Section<'_> {
        Section { document: self, name: String::new(), table: self.root.get_ref(), at: 0, asked: RefCell::default() }
    }

    fn error(&self, at: usize, message: impl std::fmt::Display) -> Error {
        Error::usage(format!("{}: {message}", position(self.name, &self.lines, at)))
    }

    fn line(&self, at: usize) -> usize {
        self.lines.line(at)
    }
}

fn position(name: &str, lines: &Lines<'_>, at: usize) -> String {
    format!("{name}:{}:{}", lines.line(at), lines.column(at))
}

/// A table of a document. Remembers which keys were asked for; [`Section::finish`] refuses all others.
pub struct Section<'a> {
    document: &'a Document<'a>,
    name: String,
    table: &'a DeTable<'a>,
    at: usize,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Section<'a> {
    /// The value of `key`, when it is there.
    pub fn get(&self, key: &'static str) -> Option<Field<'a>> {
        self.asked.borrow_mut().insert(key);
        let (_, value) = self.table.iter().find(|(k, _)| k.get_ref() == key)?;
        Some(Field { document: self.document, name: self.join(key), value })
    }

    /// The line this section begins on, from 1.
    pub fn line(&self) -> usize {
        self.document.line(self.at)
    }

    /// A complaint about the section as a whole.
    pub fn error(&self, message: impl std::fmt::Display) -> Error {
        self.document.error(self.at, message)
    }

    /// Refuses every key that nobody asked for.
    ///
    /// # Errors
    /// Exit 3 with the position of the first unknown key and the nearest known one.
    pub fn finish(&self) -> Result<()> {
        let asked = self.asked.borrow();
        let unknown =
            self.table.keys().filter(|k| !asked.contains(k.get_ref().as_ref())).min_by_key(|k| k.span().start);
        let Some(key) = unknown else { return Ok(()) };
        let at = match &self.name {
            n if n.is_empty() => String::new(),
            n => format!(" in `{n}`"),
        };
        let error = self.document.error(key.span().start, format_args!("unknown key `{}`{at}", shown(key.get_ref())));
        if asked.is_empty() {
            return Err(error.help(format!("there are no keys{at} yet: remove the section")));
        }
        Err(match nearest(key.get_ref(), asked.iter().copied()) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error,
        }
        .help(format!("known keys{at}: {}", asked.iter().copied().collect::<Vec<_>>().join(", "))))
    }

    fn join(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}

/// A key as a message may show it: short, nothing that drives a terminal, and nothing that could be a credential.
fn shown(key: &str) -> String {
    // A part of a credential would no longer be known as one, so the key is cut last.
    let key = redact::message(key);
    let clean = terminal::name(&key.chars().take(32).collect::<String>());
    if key.chars().count() > 32 { format!("{clean}...") } else { clean }
}

/// The value of one key.
pub struct Field<'a> {
    document: &'a Document<'a>,
    name: String,
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Field<'a> {
    /// The line the value begins on, from 1.
    pub fn line(&self) -> usize {
        self.document.line(self.value.span().start)
    }

    /// A complaint about this value.
    pub fn error(&self, message: impl std::fmt::Display) -> Error {
        self.document.error(self.value.span().start, format_args!("`{}` {message}", self.name))
    }

    fn wrong(&self, value: &Spanned<DeValue<'_>>, wanted: &str) -> Error {
        let got = value.get_ref().type_str();
        self.document.error(value.span().start, format_args!("`{}` must be {wanted}, not {}", self.name, article(got)))
    }

    /// A string.
    pub fn string(&self) -> Result<String> {
        self.value.get_ref().as_str().map(str::to_owned).ok_or_else(|| self.wrong(self.value, "a string"))
    }

    /// A string that is not blank.
    pub fn text(&self) -> Result<String> {
        let text = self.string()?;
        if text.trim().is_empty() { Err(self.error("must not be empty")) } else { Ok(text) }
    }

    /// `true` or `false`.
    pub fn bool(&self) -> Result<bool> {
        self.value.get_ref().as_bool().ok_or_else(|| self.wrong(self.value, "true or false"))
    }

    /// A list of strings, each with its line.
    pub fn strings(&self) -> Result<Vec<(usize, String)>> {
        let list = self.value.get_ref().as_array().ok_or_else(|| self.wrong(self.value, "a list of strings"))?;
        list.iter()
            .map(|v| match v.get_ref().as_str() {
                Some(s) => Ok((self.document.line(v.span().start), s.to_owned())),
                None => Err(self.wrong(v, "a list of strings")),
            })
            .collect()
    }

    /// One string, or a list of them.
    pub fn one_or_more(&self) -> Result<Vec<String>> {
        match self.value.get_ref() {
            DeValue::String(_) => self.text().map(|text| vec![text]),
            _ => self.strings().map(|all| all.into_iter().map(|(_, text)| text).collect()),
        }
    }

    /// One of a few words.
    pub fn one_of<T: Copy>(&self, choices: &[(&'static str, T)]) -> Result<T> {
        let words = || choices.iter().map(|(w, _)| format!("\"{w}\"")).collect::<Vec<_>>().join(", ");
        let text = self.string().map_err(|_| self.wrong(self.value, &format!("one of {}", words())))?;
        match choices.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => Ok(*value),
            None => {
                let error = self.error(format_args!("must be one of {}", words()));
                Err(match nearest(&text, choices.iter().map(|c| c.0)) {
                    Some(near) => error.help(format!("did you mean \"{near}\"?")),
                    None => error,
                })
            }
        }
    }

    /// A number of bytes: `1048576`, `"512 KiB"`, `"1 GiB"`, `"2 GB"`.
    pub fn size(&self) -> Result<u64> {
        let wanted = "a size such as \"1 GiB\"";
        let size = match self.value.get_ref() {
            DeValue::Integer(n) if n.radix() == 10 => n.as_str().replace('_', "").parse().ok(),
            DeValue::String(s) => parse_size(s),
            _ => return Err(self.wrong(self.value, wanted)),
        };
        match size {
            Some(0) => Err(self.error("must be more than nothing")),
            Some(n) => Ok(n),
            None => Err(self.error(format_args!("must be {wanted}"))),
        }
    }

    /// A date: `2027-01-31`, with or without quotes.
    pub fn date(&self) -> Result<jiff::civil::Date> {
        let wanted = "a date such as 2027-01-31";
        let parsed = match self.value.get_ref() {
            DeValue::Datetime(d) => match (d.date, d.time) {
                (Some(Date { year, month, day }), None) => {
                    jiff::civil::Date::new(year as i16, month as i8, day as i8).ok()
                }
                _ => None,
            },
            DeValue::String(s) => s.parse().ok(),
            _ => return Err(self.wrong(self.value, wanted)),
        };
        parsed.ok_or_else(|| self.error(format_args!("must be {wanted}")))
    }

    /// A whole number, not below 0.
    pub fn number(&self) -> Result<u64> {
        let number = match self.value.get_ref() {
            DeValue::Integer(n) if n.radix() == 10 => n.as_str().replace('_', "").parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| self.wrong(self.value, "a whole number"))
    }

    /// A list of whole numbers, none below 0.
    pub fn numbers(&self) -> Result<Vec<u64>> {
        let wanted = "a list of whole numbers";
        let list = self.value.get_ref().as_array().ok_or_else(|| self.wrong(self.value, wanted))?;
        let number = |value: &Spanned<DeValue<'a>>| match value.get_ref() {
            DeValue::Integer(n) if n.radix() == 10 => n.as_str().replace('_', "").parse().ok(),
            _ => None,
        };
        list.iter().map(|v| number(v).ok_or_else(|| self.wrong(v, wanted))).collect()
    }

    /// Whether it is a list.
    pub fn is_list(&self) -> bool {
        self.value.get_ref().as_array().is_some()
    }

    /// A table.
    pub fn section(&self) -> Result<Section<'a>> {
        self.as_section(self.value, "a table")
    }

    /// A list of tables (`[[name]]`).
    pub fn sections(&self) -> Result<Vec<Section<'a>>> {
        let wanted = format!("a list of tables, each headed [[{}]]", self.name);
        let list = self.value.get_ref().as_array().ok_or_else(|| self.wrong(self.value, &wanted))?;
        list.iter().map(|v| self.as_section(v, &wanted)).collect()
    }

    fn as_section(&self, value: &'a Spanned<DeValue<'a>>, wanted: &str) -> Result<Section<'a>> {
        let at: Range<usize> = value.span();
        match value.get_ref().as_table() {
            Some(table) => Ok(Section {
                document: self.document,
                name: self.name.clone(),
                table,
                at: at.start,
                asked: RefCell::default(),
            }),
            None => Err(self.wrong(value, wanted)),
        }
    }
}

fn article(kind: &str) -> String {
    let an = kind.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {kind}", if an { "an" } else { "a" })
}

/// Reads `"1 GiB"`, `"512KiB"`, `"10 MB"`, `"4096"`.
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let number: u64 = text[..digits].replace('_', "").parse().ok()?;
    let unit: u64 = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kib" | "k" => 1 << 10,
        "mib" | "m" => 1 << 20,
        "gib" | "g" => 1 << 30,
        "tib" | "t" => 1 << 40,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        _ => return None,
    };
    number.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(parse_size("1 GiB"), Some(1 << 30));
        assert_eq!(parse_size("512KiB"), Some(512 << 10));
        assert_eq!(parse_size("10 MB"), Some(10_000_000));
        assert_eq!(parse_size("4_096"), Some(4096));
        assert_eq!(parse_size("1 GiBs"), None);
        assert_eq!(parse_size("-1"), None);
        assert_eq!(parse_size(""), None);
        assert_eq!(parse_size("99999999 TiB"), None, "more than 64 bits");
    }

    #[test]
    fn a_syntax_error_does_not_repeat_the_line() {
        let text = format!("block = \"high\"\nvalue = {}\n", "not-quoted".repeat(2));
        let error = Document::parse("f.toml", &text).err().expect("an error").to_string();
        assert!(error.starts_with("f.toml:2:"), "{error}");
        assert!(!error.contains("not-quotednot-quoted"), "{error}");
    }
}
