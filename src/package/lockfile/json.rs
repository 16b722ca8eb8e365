//! JSON into a tree, with comments and trailing commas for the tools that write them.

use super::super::inventory::LockError;
use super::tree::{Entry, Lines, Node, Value, distinct};
use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions};

/// Strict JSON.
pub(super) fn strict(text: &str) -> Result<Node<'_>, LockError> {
    parse(text, false)
}

/// JSON with comments and trailing commas.
pub(super) fn relaxed(text: &str) -> Result<Node<'_>, LockError> {
    parse(text, true)
}

fn parse(text: &str, relaxed: bool) -> Result<Node<'_>, LockError> {
    let options = ParseOptions {
        allow_comments: relaxed,
        allow_trailing_commas: relaxed,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        ..ParseOptions::default()
    };
    let lines = Lines::of(text);
    // The parser's limit on nesting (512) protects the stack from a hostile file.
    let parsed = jsonc_parser::parse_to_ast(text, &CollectOptions::default(), &options)
        .map_err(|error| LockError::new(lines.at(error.range().start), format!("not JSON: {}", error.kind())))?;
    match parsed.value {
        Some(value) => node(value, &lines),
        None => Err(LockError::new(1, "empty")),
    }
}

fn node<'a>(value: ast::Value<'a>, lines: &Lines<'_>) -> Result<Node<'a>, LockError> {
    let line = lines.at(value.start());
    let value = match value {
        ast::Value::StringLit(literal) => Value::Text(literal.value),
        ast::Value::NumberLit(literal) => Value::Text(literal.value.into()),
        ast::Value::BooleanLit(literal) => Value::Bool(literal.value),
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::Array(array) => {
            Value::List(array.elements.into_iter().map(|e| node(e, lines)).collect::<Result<_, _>>()?)
        }
        ast::Value::Object(object) => {
            let mut entries = Vec::with_capacity(object.properties.len());
            for property in object.properties {
                let line = lines.at(property.range.start);
                let key = match property.name {
                    ast::ObjectPropName::String(literal) => literal.value,
                    ast::ObjectPropName::Word(word) => word.value.into(),
                };
                entries.push(Entry { key, line, node: node(property.value, lines)? });
            }
            distinct(&entries)?;
            Value::Map(entries)
        }
    };
    Ok(Node { line, value })
}
