//! Our entries in an assistant's settings: JSON in which comments and all other bytes stay as they are.

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstArray, CstInputValue, CstNode, CstObject, CstRootNode};
use serde_json::{Map, Value, json};

use crate::assistant::dialect::Assistant;
use crate::error::{Error, Result};

/// Returns whether the text names our hook of this assistant.
pub(super) fn mentions(assistant: &Assistant, text: &str) -> bool {
    text.contains(&assistant.arguments())
}

fn root(text: &str) -> Option<CstRootNode> {
    CstRootNode::parse(text, &ParseOptions::default()).ok()
}

fn hooks(text: &str) -> Option<CstObject> {
    root(text)?.object_value()?.object_value("hooks")
}

/// Returns whether every event has the entry that `install` would write.
pub(super) fn is_complete(assistant: &Assistant, program: &str, text: &str) -> bool {
    let Some(hooks) = hooks(text) else { return false };
    assistant.events.iter().all(|event| {
        let wanted = assistant.entry(*event, program);
        let entries = hooks.array_value(event.name).map(|list| list.elements()).unwrap_or_default();
        entries.iter().any(|entry| value(entry).as_ref() == Some(&wanted))
    })
}

fn value(node: &CstNode) -> Option<Value> {
    serde_json::from_str(&node.to_string()).ok()
}

/// The events without an entry of ours; none if the text is not JSON.
pub(super) fn missing(assistant: &Assistant, text: &str) -> Option<Vec<&'static str>> {
    if text.trim().is_empty() {
        return Some(assistant.events.iter().map(|event| event.name).collect());
    }
    root(text)?.object_value()?;
    let hooks = hooks(text);
    let has = |name: &str| {
        let list = hooks.as_ref().and_then(|hooks| hooks.array_value(name));
        list.is_some_and(|list| list.elements().iter().any(|entry| is_ours(assistant, entry)))
    };
    Some(assistant.events.iter().map(|event| event.name).filter(|name| !has(name)).collect())
}

/// The commands of our entries, each once.
pub(super) fn commands(assistant: &Assistant, text: &str) -> Vec<String> {
    fn collect(value: &Value, wanted: &str, found: &mut Vec<String>) {
        match value {
            Value::String(text) if text.contains(wanted) && !found.contains(text) => found.push(text.clone()),
            Value::Array(list) => list.iter().for_each(|value| collect(value, wanted, found)),
            Value::Object(fields) => fields.values().for_each(|value| collect(value, wanted, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    let entries = hooks(text).map(|hooks| hooks.properties()).unwrap_or_default();
    let lists = entries.iter().filter_map(|property| property.array_value());
    for value in lists.flat_map(|list| list.elements()).filter_map(|node| value(&node)) {
        collect(&value, &assistant.arguments(), &mut found);
    }
    found
}

/// Returns whether the settings switch all hooks off.
pub(super) fn switches_off(text: &str) -> bool {
    let setting = root(text).and_then(|root| root.object_value()?.get("disableAllHooks")?.value());
    setting.is_some_and(|value| value.to_string() == "true")
}

fn is_ours(assistant: &Assistant, entry: &CstNode) -> bool {
    mentions(assistant, &entry.to_string())
}

/// The settings with our entries: the text after each step, the last one complete.
///
/// # Errors
/// The text is not a JSON object, or a value that has to be a list is none.
pub(super) fn with(assistant: &Assistant, program: &str, before: Option<&str>) -> Result<Vec<String>> {
    let Some(before) = before else { return Ok(vec![fresh(assistant, program)]) };
    let wrong = |what: &str| {
        Error::incomplete(format!("{what}: it is left as it is")).help("repair the file, and run this again")
    };
    let mut text = before.to_owned();
    let mut steps = Vec::new();
    let object = |text: &str| {
        let root = root(text).ok_or_else(|| wrong("the file is not JSON"))?;
        let object = root.object_value_or_create().ok_or_else(|| wrong("the file is not a JSON object"))?;
        Ok((root, object))
    };
    if assistant.has_version() && object(&text)?.1.get("version").is_none() {
        let (root, object) = object(&text)?;
        object.insert(0, "version", CstInputValue::Number("1".into()));
        text = root.to_string();
        steps.push(text.clone());
    }
    for event in assistant.events {
        let (root, object) = object(&text)?;
        let hooks = object.object_value_or_create("hooks").ok_or_else(|| wrong("`hooks` is not an object"))?;
        let list = hooks
            .array_value_or_create(event.name)
            .ok_or_else(|| wrong(&format!("`hooks.{}` is not a list", event.name)))?;
        list.append(input(&assistant.entry(*event, program)));
        text = root.to_string();
        steps.push(text.clone());
    }
    Ok(steps)
}

/// A new file.
fn fresh(assistant: &Assistant, program: &str) -> String {
    let mut hooks = Map::new();
    for event in assistant.events {
        hooks.insert(event.name.to_owned(), json!([assistant.entry(*event, program)]));
    }
    let mut all = Map::new();
    if assistant.has_version() {
        all.insert("version".into(), 1.into());
    }
    all.insert("hooks".into(), Value::Object(hooks));
    format!("{:#}\n", Value::Object(all))
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(value) => CstInputValue::Bool(*value),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(list) => CstInputValue::Array(list.iter().map(input).collect()),
        Value::Object(fields) => {
            CstInputValue::Object(fields.iter().map(|(key, value)| (key.clone(), input(value))).collect())
        }
    }
}

/// The settings without our entries; none if nothing else is in them.
pub(super) fn without(assistant: &Assistant, text: &str) -> Option<String> {
    let root = root(text)?;
    let object = root.object_value()?;
    if let Some(hooks) = object.object_value("hooks") {
        for property in hooks.properties() {
            let Some(list) = property.array_value() else { continue };
            remove_ours(assistant, &list);
            if list.elements().is_empty() {
                property.remove();
            }
        }
        if hooks.properties().is_empty()
            && let Some(property) = object.get("hooks")
        {
            property.remove();
        }
    }
    let is_left = object.properties().iter().any(|property| property.decoded_name().as_deref() != Some("version"));
    is_left.then(|| root.to_string())
}

fn remove_ours(assistant: &Assistant, list: &CstArray) {
    for entry in list.elements() {
        if !is_ours(assistant, &entry) {
            continue;
        }
        // A group may hold the commands of others.
        let inner = entry.as_object().and_then(|group| group.array_value("hooks"));
        let others = inner.as_ref().is_some_and(|inner| inner.elements().iter().any(|one| !is_ours(assistant, one)));
        match inner {
            Some(inner) if others => {
                inner.elements().into_iter().filter(|one| is_ours(assistant, one)).for_each(CstNode::remove);
            }
            _ => entry.remove(),
        }
    }
}
