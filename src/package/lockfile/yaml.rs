//! The YAML that package managers write, into a tree: no anchors, no aliases, no tags that change meaning.

use super::super::inventory::LockError;
use super::tree::{Entry, Node, Value, distinct};
use saphyr_parser::{Event, Parser, Span};
use std::borrow::Cow;

/// Nesting beyond this is no lockfile's.
const DEPTH: usize = 256;

/// A list or map that has begun and not ended.
enum Open<'a> {
    List(u32, Vec<Node<'a>>),
    Map(u32, Vec<Entry<'a>>, Option<(Cow<'a, str>, u32)>),
}

/// Every document of the stream.
pub(super) fn documents(text: &str) -> Result<Vec<Node<'_>>, LockError> {
    let mut documents = Vec::new();
    let mut open: Vec<Open<'_>> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event
            .map_err(|error| LockError::new(line(error.marker().line()), format!("not YAML: {}", error.info())))?;
        let at = line(span.start.line());
        let done = match event {
            Event::Scalar(value, ..) => Node { line: at, value: Value::Text(value) },
            Event::SequenceStart(..) => {
                push(&mut open, Open::List(at, Vec::new()), at)?;
                continue;
            }
            Event::MappingStart(..) => {
                push(&mut open, Open::Map(at, Vec::new(), None), at)?;
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(line, items)) => Node { line, value: Value::List(items) },
                Some(Open::Map(line, entries, _)) => {
                    distinct(&entries)?;
                    Node { line, value: Value::Map(entries) }
                }
                None => return Err(unexpected(span)),
            },
            Event::Alias(_) => return Err(LockError::new(at, "a YAML alias, which no package manager writes")),
            _ => continue,
        };
        match open.last_mut() {
            None => documents.push(done),
            Some(Open::List(_, items)) => items.push(done),
            Some(Open::Map(_, entries, key)) => match key.take() {
                Some((key, line)) => entries.push(Entry { key, line, node: done }),
                None => match done.value {
                    Value::Text(text) => *key = Some((text, done.line)),
                    _ => return Err(LockError::new(done.line, "a key that is not text")),
                },
            },
        }
    }
    if documents.is_empty() {
        return Err(LockError::new(1, "empty"));
    }
    Ok(documents)
}

fn push<'a>(open: &mut Vec<Open<'a>>, new: Open<'a>, line: u32) -> Result<(), LockError> {
    if open.len() >= DEPTH {
        return Err(LockError::new(line, format!("nested more than {DEPTH} deep")));
    }
    open.push(new);
    Ok(())
}

fn unexpected(span: Span) -> LockError {
    LockError::new(line(span.start.line()), "not YAML: an end without a start")
}

fn line(line: usize) -> u32 {
    u32::try_from(line.max(1)).unwrap_or(u32::MAX)
}
