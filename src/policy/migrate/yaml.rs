//! Just enough YAML for the files of other scanners: mappings, lists and scalars, all scalars as text.

use saphyr_parser::{Event, Parser};
use serde_json::{Map, Value};

/// Nesting beyond this is no configuration's.
const DEPTH: usize = 32;

enum Open {
    List(Vec<Value>),
    Map(Map<String, Value>, Option<String>),
}

/// The first document; null when there is none.
pub fn parse(text: &str) -> Result<Value, String> {
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        // The error's own display may repeat the text.
        let (event, span) = event.map_err(|e| format!("not YAML at line {}", e.marker().line()))?;
        let done = match event {
            Event::Scalar(text, ..) => Value::String(text.into_owned()),
            Event::SequenceStart(..) | Event::MappingStart(..) if open.len() >= DEPTH => {
                return Err(format!("nested too deep at line {}", span.start.line()));
            }
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Map(Map::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(list)) => Value::Array(list),
                Some(Open::Map(map, _)) => Value::Object(map),
                None => return Err("an end without a beginning".into()),
            },
            Event::Alias(_) => return Err(format!("an alias at line {}", span.start.line())),
            _ => continue,
        };
        match open.last_mut() {
            None => return Ok(done),
            Some(Open::List(list)) => list.push(done),
            Some(Open::Map(map, key)) => match (key.take(), done) {
                (Some(key), value) => drop(map.insert(key, value)),
                (None, Value::String(text)) => *key = Some(text),
                (None, _) => return Err(format!("a key that is no text at line {}", span.start.line())),
            },
        }
    }
    Ok(Value::Null)
}
