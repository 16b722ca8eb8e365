//! Just enough YAML for the files of other scanners, of hook managers and of CI systems: mappings, lists and scalars, all
//! scalars as text.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser};
use serde_json::{Map, Value};

/// Nesting beyond this is no configuration's.
const DEPTH: usize = 32;

/// Aliases of aliases grow without bound; a file that people write stays below this many nodes.
const NODES: usize = 100_000;

enum OpenBlock {
    List(Vec<Value>),
    Map(Map<String, Value>, Option<String>),
}

/// The first document; null when there is none.
pub fn parse(text: &str) -> Result<Value, String> {
    let mut open: Vec<(OpenBlock, usize)> = Vec::new();
    let (mut anchors, mut nodes): (HashMap<usize, Value>, usize) = (HashMap::new(), 0);
    for event in Parser::new_from_str(text) {
        // The error's own display may repeat the text.
        let (event, span) = event.map_err(|e| format!("not YAML at line {}", e.marker().line()))?;
        let (done, anchor) = match event {
            Event::Scalar(text, _, anchor, _) => (Value::String(text.into_owned()), anchor),
            Event::SequenceStart(..) | Event::MappingStart(..) if open.len() >= DEPTH => {
                return Err(format!("nested too deep at line {}", span.start.line()));
            }
            Event::SequenceStart(anchor, _) => {
                open.push((OpenBlock::List(Vec::new()), anchor));
                continue;
            }
            Event::MappingStart(anchor, _) => {
                open.push((OpenBlock::Map(Map::new(), None), anchor));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some((OpenBlock::List(list), anchor)) => (Value::Array(list), anchor),
                Some((OpenBlock::Map(map, _), anchor)) => (Value::Object(map), anchor),
                None => return Err("an end without a beginning".into()),
            },
            Event::Alias(id) => {
                let known = anchors.get(&id).cloned();
                let known = known.ok_or_else(|| format!("an alias of nothing at line {}", span.start.line()))?;
                nodes += count(&known);
                (known, 0)
            }
            _ => continue,
        };
        nodes += 1;
        if nodes > NODES {
            return Err(format!("too much for a configuration at line {}", span.start.line()));
        }
        // No anchor has the number 0.
        if anchor > 0 {
            anchors.insert(anchor, done.clone());
        }
        match open.last_mut().map(|(open, _)| open) {
            None => return Ok(done),
            Some(OpenBlock::List(list)) => list.push(done),
            Some(OpenBlock::Map(map, key)) => match (key.take(), done) {
                (Some(key), value) => drop(map.insert(key, value)),
                (None, Value::String(text)) => *key = Some(text),
                (None, _) => return Err(format!("a key that is no text at line {}", span.start.line())),
            },
        }
    }
    Ok(Value::Null)
}

/// How many nodes a value has, which an alias repeats.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    }
}
