//! One tree for JSON, YAML and TOML with the line of every node; the formats read only this.

use super::super::inventory::LockError;
use std::borrow::Cow;
use std::collections::HashSet;

use crate::data::toml_text;
use crate::engine::redact;

/// A value and the line it starts on, from 1.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) line: u32,
    pub(super) value: Value<'a>,
}

/// Scalars other than booleans keep their text: no lockfile needs numbers.
#[derive(Debug)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Map(Vec<Entry<'a>>),
}

#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) key: Cow<'a, str>,
    pub(super) line: u32,
    pub(super) node: Node<'a>,
}

impl<'a> Node<'a> {
    /// The value under a key of a map.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|e| e.key == key).map(|e| &e.node)
    }

    /// The text under a key of a map.
    pub(super) fn text_at(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// `true`, as a boolean or as YAML's text.
    pub(super) fn is_true(&self, key: &str) -> bool {
        match self.get(key).map(|n| &n.value) {
            Some(Value::Bool(value)) => *value,
            Some(Value::Text(text)) => text == "true",
            _ => false,
        }
    }

    /// A map's entries; nothing for anything else.
    pub(super) fn entries(&self) -> &[Entry<'a>] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The entries of the map under a key; empty without one.
    pub(super) fn entries_at(&self, key: &str) -> &[Entry<'a>] {
        self.get(key).map_or(&[], Node::entries)
    }

    /// A list's items; nothing for anything else.
    pub(super) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The items of the list under a key; empty without one.
    pub(super) fn items_at(&self, key: &str) -> &[Self] {
        self.get(key).map_or(&[], Node::items)
    }

    /// The same node, or an error that names the expected kind of node.
    pub(super) fn expect_map(&self, what: &str) -> Result<&Self, LockError> {
        match self.value {
            Value::Map(_) => Ok(self),
            _ => Err(LockError::new(self.line, format!("{what} should be a table of keys and values"))),
        }
    }
}

/// Refuses a map that holds a key twice: readers differ on which one counts, and hiding lives on that.
pub(super) fn distinct(entries: &[Entry<'_>]) -> Result<(), LockError> {
    let twice =
        |entry: &Entry<'_>| LockError::new(entry.line, format!("the key `{}` stands here twice", short(&entry.key)));
    if entries.len() <= 16 {
        for (i, entry) in entries.iter().enumerate() {
            if entries[..i].iter().any(|other| other.key == entry.key) {
                return Err(twice(entry));
            }
        }
        return Ok(());
    }
    let mut seen = HashSet::with_capacity(entries.len());
    match entries.iter().find(|entry| !seen.insert(entry.key.as_ref())) {
        Some(entry) => Err(twice(entry)),
        None => Ok(()),
    }
}

/// Text fit for a message: the head of it, and nothing that could be a credential.
pub(super) fn short(text: &str) -> String {
    // A part of a credential would no longer be known as one, so the text is cut last.
    let shown = redact::message(text);
    match shown.char_indices().nth(80) {
        Some((end, _)) => format!("{}...", &shown[..end]),
        None => shown,
    }
}

/// Byte offsets to the lines of packages.
pub(super) struct Lines<'t>(toml_text::Lines<'t>);

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Lines(toml_text::Lines::of(text))
    }

    /// The line of a byte offset, from 1.
    pub(super) fn at(&self, offset: usize) -> u32 {
        u32::try_from(self.0.line(offset)).unwrap_or(u32::MAX)
    }
}
