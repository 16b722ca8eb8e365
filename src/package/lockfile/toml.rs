//! TOML into a tree.

use super::super::inventory::LockError;
use super::tree::{Entry, Lines, Node, Value};
use crate::data::toml_text;
use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};
use std::borrow::Cow;

pub(super) fn parse(text: &str) -> Result<Node<'_>, LockError> {
    let lines = Lines::of(text);
    let table = toml_text::parse(text)
        .map_err(|error| LockError::new(lines.at(error.at), format!("not TOML: {}", error.message)))?;
    Ok(Node { line: 1, value: map(table.into_inner(), &lines) })
}

fn map<'a>(table: DeTable<'a>, lines: &Lines<'_>) -> Value<'a> {
    let entries = table.into_iter().map(|(key, value)| {
        let line = lines.at(key.span().start);
        Entry { key: key.into_inner(), line, node: node(value, lines) }
    });
    // The table sorts by key; a report follows the file.
    let mut entries: Vec<Entry<'a>> = entries.collect();
    entries.sort_by_key(|e| e.line);
    Value::Map(entries)
}

fn node<'a>(value: Spanned<DeValue<'a>>, lines: &Lines<'_>) -> Node<'a> {
    let line = lines.at(value.span().start);
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text),
        DeValue::Boolean(value) => Value::Bool(value),
        DeValue::Integer(number) => Value::Text(Cow::Owned(number.to_string())),
        DeValue::Float(number) => Value::Text(Cow::Owned(number.to_string())),
        DeValue::Datetime(date) => Value::Text(Cow::Owned(date.to_string())),
        DeValue::Array(items) => Value::List(items.into_iter().map(|item| node(item, lines)).collect()),
        DeValue::Table(table) => map(table, lines),
    };
    Node { line, value }
}
