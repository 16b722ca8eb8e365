//! The event of an assistant: JSON on standard input.

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::dialect::{ASSISTANTS, Asks, Assistant};
use super::request::{self, ToolRequest};
use crate::error::{Error, Result};

/// An event, read.
#[derive(Clone, Debug)]
pub struct AssistantEvent {
    /// The assistant that sent it.
    pub assistant: &'static Assistant,
    /// The directory that its paths are relative to, if it names one.
    pub directory: Option<PathBuf>,
    /// The question; none if there is nothing that could be stopped any more.
    pub asks: Option<Asks>,
    /// The actions that would follow.
    pub requests: Vec<ToolRequest>,
}

/// The assistant whose event this may be: the one that was named, or the one that has such an event.
pub fn assistant_of(named: Option<&str>, input: &[u8]) -> Option<&'static Assistant> {
    if let Some(id) = named {
        return Assistant::called(id);
    }
    let value: Value = serde_json::from_slice(input).ok()?;
    match name_of(&value) {
        Some(name) => ASSISTANTS.iter().find(|assistant| assistant.events.iter().any(|event| event.name == name)),
        // Copilot's events have no name.
        None => Assistant::called("copilot").filter(|_| value.get("toolName").or(value.get("prompt")).is_some()),
    }
}

fn name_of(value: &Value) -> Option<&str> {
    ["hook_event_name", "hookEventName"].iter().find_map(|key| value.get(key)?.as_str())
}

impl AssistantEvent {
    /// Reads an event of `assistant`.
    ///
    /// # Errors
    /// It is no JSON object, or not an event that is known.
    pub fn read(assistant: &'static Assistant, input: &[u8]) -> Result<Self> {
        let unknown = |what: &str| {
            Error::incomplete(format!("the event of {} {what}", assistant.name))
                .help("`shield-hook doctor` checks the assistant's settings; a newer shield-hook may know the event")
        };
        // The parser's message would repeat the text.
        let value: Value = serde_json::from_slice(input).map_err(|_| unknown("is not JSON"))?;
        let fields = value.as_object().ok_or_else(|| unknown("is not a JSON object"))?;
        let directory = directory(fields);
        let asks = match name_of(&value) {
            Some(name) => match asks(name) {
                Some(asks) => asks,
                None if is_late(name) => {
                    return Ok(Self { assistant, directory, asks: None, requests: Vec::new() });
                }
                None => return Err(unknown("has a name that is not known")),
            },
            None if fields.contains_key("toolName") || fields.contains_key("tool_name") => Asks::Tool,
            None if fields.contains_key("prompt") => Asks::Prompt,
            None => return Err(unknown("names neither a tool nor a prompt")),
        };
        let requests = match asks {
            Asks::Prompt => request::of_prompt(fields).ok_or_else(|| unknown("has no prompt"))?,
            Asks::Tool => request::of_tool(fields).ok_or_else(|| unknown("has no arguments that can be read"))?,
        };
        Ok(Self { assistant, directory, asks: Some(asks), requests })
    }
}

/// The question of an event. Some assistants send the events of others, so all names are known to all.
fn asks(name: &str) -> Option<Asks> {
    let events = ASSISTANTS.iter().flat_map(|assistant| assistant.events);
    events.into_iter().find(|event| event.name == name).map(|event| event.asks)
}

/// Whether an event tells of something that has happened, or of no action at all.
fn is_late(name: &str) -> bool {
    const LATE: [&str; 8] = ["after", "post", "session", "stop", "notification", "subagent", "precompact", "agent"];
    let name = name.to_ascii_lowercase();
    LATE.iter().any(|start| name.starts_with(start))
}

/// The working directory: of the tool, of the event, or the first folder of the editor.
fn directory(fields: &Map<String, Value>) -> Option<PathBuf> {
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(PathBuf::from);
    let direct = ["cwd", "working_directory"].iter().find_map(|key| text(fields.get(*key)?));
    direct.or_else(|| text(fields.get("workspace_roots")?.as_array()?.first()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(id: &str, text: &str) -> Result<AssistantEvent> {
        AssistantEvent::read(Assistant::called(id).unwrap(), text.as_bytes())
    }

    #[test]
    fn assistants_are_recognised_by_their_events() {
        for (text, id) in [
            (r#"{"hook_event_name": "PreToolUse"}"#, Some("claude")),
            (r#"{"hook_event_name": "beforeReadFile"}"#, Some("cursor")),
            (r#"{"hook_event_name": "BeforeTool"}"#, Some("gemini")),
            (r#"{"toolName": "bash", "toolArgs": "{}"}"#, Some("copilot")),
            (r#"{"hook_event_name": "Else"}"#, None),
            ("{", None),
        ] {
            assert_eq!(assistant_of(None, text.as_bytes()).map(|assistant| assistant.id), id, "{text}");
        }
        assert_eq!(assistant_of(Some("codex"), b"{").map(|assistant| assistant.id), Some("codex"));
        assert!(assistant_of(Some("nobody"), b"{}").is_none());
    }

    #[test]
    fn an_event_that_cannot_be_read_is_an_error() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"hook_event_name": "BeforeEverything"}"#,
            r#"{"hook_event_name": "PreToolUse"}"#,
            r#"{"hook_event_name": "UserPromptSubmit", "prompt": 1}"#,
            r#"{"toolName": "bash", "toolArgs": "{"}"#,
        ] {
            assert!(read("claude", text).is_err(), "{text}");
        }
        for name in ["PostToolUse", "Stop", "SessionStart", "afterFileEdit"] {
            let event = read("claude", &format!("{{\"hook_event_name\": \"{name}\"}}")).unwrap();
            assert_eq!(event.asks, None, "{name}");
        }
    }
}
