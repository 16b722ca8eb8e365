//! `--format jsonl`: one JSON object a line, for streams and logs.

use std::io;

use serde_json::{Value, json};

use super::{Report, json};
use crate::outcome::Outcome;

/// Every finding on its own line (`"type": "finding"`), then the rest (`"type": "summary"`).
pub struct JsonLines;

impl Report for JsonLines {
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
        for f in &outcome.findings {
            line(out, "finding", json::finding(outcome, f))?;
        }
        let mut summary = json::object(outcome);
        if let Some(object) = summary.as_object_mut() {
            object.shift_remove("findings");
        }
        line(out, "summary", summary)
    }
}

fn line(out: &mut dyn io::Write, kind: &str, value: Value) -> io::Result<()> {
    let mut object = json!({ "type": kind });
    if let (Some(object), Value::Object(fields)) = (object.as_object_mut(), value) {
        object.extend(fields);
    }
    serde_json::to_writer(&mut *out, &object)?;
    writeln!(out)
}
