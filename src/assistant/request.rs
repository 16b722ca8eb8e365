//! The actions that an event asks about, by the names of their arguments.
//!
//! Every assistant has its own tools, and servers add more. The arguments have few names among them all, so an action is
//! recognised by these, and every other text is at least searched for secrets.

use serde_json::{Map, Value};

/// One action that is about to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolRequest {
    /// A text goes out: a prompt, or arguments of a tool that is not known.
    Text(String),
    /// A command line runs.
    Command(String),
    /// A file is read.
    Read(String),
    /// A file is read, whose content the event has.
    Show {
        /// Its path.
        path: String,
        /// Its content.
        content: String,
    },
    /// A file gets this content.
    Write {
        /// Its path.
        path: String,
        /// Its new content.
        content: String,
    },
    /// A file is changed in these places, each the old text and the new one.
    Edit {
        /// Its path.
        path: String,
        /// The replaced and the new texts.
        changes: Vec<(String, String)>,
    },
    /// A file goes away or elsewhere.
    Remove(String),
}

const COMMANDS: [&str; 4] = ["command", "cmd", "script", "bash"];
const PATHS: [&str; 9] = [
    "file_path",
    "path",
    "absolute_path",
    "notebook_path",
    "target_file",
    "filePath",
    "filename",
    "old_path",
    "source_path",
];
const CONTENTS: [&str; 7] = ["content", "contents", "file_text", "new_source", "code_edit", "text", "streamContent"];
const OLD: [&str; 4] = ["old_string", "old_str", "oldString", "old_text"];
const NEW: [&str; 4] = ["new_string", "new_str", "newString", "new_text"];
const ARGUMENTS: [&str; 4] = ["tool_input", "toolArgs", "toolInput", "tool_args"];
/// Words in the name of a tool that takes a file away.
const REMOVING: [&str; 5] = ["delete", "remove", "move", "rename", "unlink"];

type Fields = Map<String, Value>;

/// The prompt of an event, and the files that go out with it.
pub(super) fn of_prompt(fields: &Fields) -> Option<Vec<ToolRequest>> {
    let prompt = fields.get("prompt")?.as_str()?;
    let mut requests = vec![ToolRequest::Text(prompt.to_owned())];
    // `@path` makes an assistant read the file.
    let mentioned = prompt.split_whitespace().filter_map(|word| word.strip_prefix('@'));
    requests
        .extend(mentioned.map(|path| ToolRequest::Read(path.trim_end_matches([',', '.', ';', ':', ')']).to_owned())));
    requests.extend(attachments(fields));
    Some(requests)
}

fn attachments(fields: &Fields) -> impl Iterator<Item = ToolRequest> {
    let list = fields.get("attachments").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|file| Some(ToolRequest::Read(first(file.as_object()?, &PATHS)?.to_owned())))
}

/// The actions of a tool; none if its arguments cannot be read.
pub(super) fn of_tool(fields: &Fields) -> Option<Vec<ToolRequest>> {
    let name = ["tool_name", "toolName"].iter().find_map(|key| fields.get(*key)?.as_str()).unwrap_or_default();
    let mut requests = Vec::new();
    let mut is_known = false;
    // An event of its own for commands or for files has its arguments beside its name.
    let own = ["command", "file_path"].iter().any(|key| fields.get(*key).is_some_and(Value::is_string));
    if own {
        is_known = true;
        let own: Fields = fields
            .iter()
            .filter(|(key, _)| matches!(key.as_str(), "command" | "file_path" | "content"))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        // The content is that of the file, which is about to be read.
        match (own.get("file_path").and_then(Value::as_str), own.get("content").and_then(Value::as_str)) {
            (Some(path), Some(content)) => {
                requests.push(ToolRequest::Show { path: path.to_owned(), content: content.to_owned() });
            }
            (Some(path), None) => requests.push(ToolRequest::Read(path.to_owned())),
            _ => requests.extend(of_arguments(name, &own)),
        }
        requests.extend(attachments(fields));
    }
    for key in ARGUMENTS {
        match fields.get(key) {
            None => continue,
            Some(Value::Object(arguments)) => requests.extend(of_arguments(name, arguments)),
            // Some write JSON as a text, and a tool of free form takes any text.
            Some(Value::String(text)) => match serde_json::from_str(text) {
                Ok(Value::Object(arguments)) => requests.extend(of_arguments(name, &arguments)),
                Ok(_) => requests.push(ToolRequest::Text(text.clone())),
                Err(_) if text.trim_start().starts_with('{') => return None,
                Err(_) => requests.extend(of_free_text(text)),
            },
            Some(Value::Null) => {}
            Some(other) => requests.extend(texts(other).map(ToolRequest::Text)),
        }
        is_known = true;
    }
    is_known.then_some(requests)
}

fn of_arguments(tool: &str, arguments: &Fields) -> Vec<ToolRequest> {
    let mut requests = Vec::new();
    let mut used: Vec<&str> = Vec::new();
    for key in COMMANDS {
        let Some(value) = arguments.get(key) else { continue };
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Array(words) => words.iter().filter_map(Value::as_str).map(quoted).collect::<Vec<_>>().join(" "),
            _ => continue,
        };
        used.push(key);
        match text.contains(PATCH) {
            true => requests.extend(of_free_text(&text)),
            false => requests.push(ToolRequest::Command(text)),
        }
    }
    if let Some(key) = PATHS.iter().find(|key| arguments.get(**key).is_some_and(Value::is_string)) {
        let path = first(arguments, &[key]).unwrap_or_default().to_owned();
        used.push(key);
        let changes = changes(arguments);
        let lower = tool.to_ascii_lowercase();
        if REMOVING.iter().any(|word| lower.contains(word)) {
            requests.push(ToolRequest::Remove(path));
        } else if !changes.is_empty() {
            used.extend(OLD.iter().chain(&NEW).chain(&["edits"]));
            requests.push(ToolRequest::Edit { path, changes });
        } else if let Some(content) = first(arguments, &CONTENTS) {
            used.extend(CONTENTS);
            requests.push(ToolRequest::Write { path, content: content.to_owned() });
        } else {
            requests.push(ToolRequest::Read(path));
        }
    }
    for list in ["paths", "files", "file_paths", "include"] {
        let all = arguments.get(list).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        requests.extend(all.map(|path| ToolRequest::Read(path.to_owned())));
    }
    let rest = arguments.iter().filter(|(key, _)| !used.contains(&key.as_str()));
    for text in rest.flat_map(|(_, value)| texts(value).collect::<Vec<_>>()) {
        match text.contains(PATCH) {
            true => requests.extend(of_free_text(&text)),
            false => requests.push(ToolRequest::Text(text)),
        }
    }
    requests
}

/// The word as a shell reads it back.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The old and new texts of an edit.
fn changes(arguments: &Fields) -> Vec<(String, String)> {
    let one = |fields: &Fields| {
        let new = first(fields, &NEW)?;
        Some((first(fields, &OLD).unwrap_or_default().to_owned(), new.to_owned()))
    };
    let listed = arguments.get("edits").and_then(Value::as_array).into_iter().flatten();
    one(arguments).into_iter().chain(listed.filter_map(|edit| one(edit.as_object()?))).collect()
}

const PATCH: &str = "*** Begin Patch";

/// The actions of a text that is a patch, or the text itself.
fn of_free_text(text: &str) -> Vec<ToolRequest> {
    let mut requests = Vec::new();
    let mut file: Option<(&str, String, bool)> = None;
    let close = |file: &mut Option<(&str, String, bool)>, requests: &mut Vec<ToolRequest>| {
        let Some((path, content, is_new)) = file.take() else { return };
        let path = path.to_owned();
        requests.push(match is_new {
            true => ToolRequest::Write { path, content },
            false => ToolRequest::Edit { path, changes: vec![(String::new(), content)] },
        });
    };
    for line in text.lines() {
        let header = |name: &str| line.strip_prefix("*** ").and_then(|rest| rest.strip_prefix(name)).map(str::trim);
        if let Some(path) = header("Add File:") {
            close(&mut file, &mut requests);
            file = Some((path, String::new(), true));
        } else if let Some(path) = header("Update File:") {
            close(&mut file, &mut requests);
            file = Some((path, String::new(), false));
        } else if let Some(path) = header("Delete File:") {
            close(&mut file, &mut requests);
            requests.push(ToolRequest::Remove(path.to_owned()));
        } else if let Some(path) = header("Move to:") {
            requests.push(ToolRequest::Write { path: path.to_owned(), content: String::new() });
            requests.extend(file.as_ref().map(|(old, ..)| ToolRequest::Remove((*old).to_owned())));
        } else if let (Some((_, content, _)), Some(added)) = (&mut file, line.strip_prefix('+')) {
            content.push_str(added);
            content.push('\n');
        }
    }
    close(&mut file, &mut requests);
    // Text outside the added lines goes out as well.
    requests.push(ToolRequest::Text(text.to_owned()));
    requests
}

fn first<'a>(fields: &'a Fields, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| fields.get(*key)?.as_str())
}

/// Every text below a value, with the names of its fields: `password: hunter2` is more than `hunter2`.
fn texts(value: &Value) -> Box<dyn Iterator<Item = String> + '_> {
    match value {
        Value::String(text) => Box::new(std::iter::once(text.clone())),
        Value::Array(list) => Box::new(list.iter().flat_map(texts)),
        Value::Object(fields) => Box::new(fields.iter().flat_map(|(key, value)| match value {
            Value::String(text) => Box::new(std::iter::once(format!("{key}: {text}"))),
            other => texts(other),
        })),
        _ => Box::new(std::iter::empty()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tool(value: &Value) -> Vec<ToolRequest> {
        of_tool(value.as_object().unwrap()).unwrap()
    }

    #[test]
    fn tools_of_every_assistant_are_read() {
        let command = ToolRequest::Command("a b".into());
        let read = ToolRequest::Read("x".into());
        let shown = ToolRequest::Show { path: "x".into(), content: "c".into() };
        let write = ToolRequest::Write { path: "x".into(), content: "new".into() };
        let edit = ToolRequest::Edit { path: "x".into(), changes: vec![("old".into(), "new".into())] };
        for (event, wanted) in [
            (json!({"tool_name": "Bash", "tool_input": {"command": "a b", "timeout": 1}}), &command),
            (json!({"toolName": "bash", "toolArgs": "{\"command\": \"a b\"}"}), &command),
            (json!({"tool_name": "run_shell_command", "tool_input": {"command": "a b"}}), &command),
            (json!({"hook_event_name": "beforeShellExecution", "command": "a b", "cwd": "/"}), &command),
            (json!({"tool_name": "Read", "tool_input": {"file_path": "x"}}), &read),
            (json!({"tool_name": "read_file", "tool_input": {"absolute_path": "x"}}), &read),
            (json!({"toolName": "view", "toolArgs": {"path": "x"}}), &read),
            (json!({"hook_event_name": "beforeReadFile", "file_path": "x", "content": "c"}), &shown),
            (json!({"tool_name": "Write", "tool_input": {"file_path": "x", "content": "new"}}), &write),
            (json!({"toolName": "create", "toolArgs": {"path": "x", "file_text": "new"}}), &write),
            (
                json!({"tool_name": "Edit", "tool_input": {"file_path": "x", "old_string": "old", "new_string": "new"}}),
                &edit,
            ),
            (json!({"toolName": "edit", "toolArgs": {"path": "x", "old_str": "old", "new_str": "new"}}), &edit),
            (
                json!({"tool_name": "MultiEdit", "tool_input": {"file_path": "x", "edits": [{"old_string": "old", "new_string": "new"}]}}),
                &edit,
            ),
            (json!({"tool_name": "Delete", "tool_input": {"path": "x"}}), &ToolRequest::Remove("x".into())),
        ] {
            assert!(tool(&event).contains(wanted), "{event}: {:?}", tool(&event));
        }
        let listed = tool(&json!({"tool_name": "shell", "tool_input": {"command": ["bash", "-lc", "a 'b'"]}}));
        assert_eq!(listed, [ToolRequest::Command(r"'bash' '-lc' 'a '\''b'\'''".into())]);
    }

    #[test]
    fn patches_are_read_by_file() {
        let patch = "*** Begin Patch\n*** Update File: a\n@@\n-old\n+new\n*** Delete File: b\n*** Add File: c\n+one\n*** End Patch";
        let wanted = [
            ToolRequest::Edit { path: "a".into(), changes: vec![(String::new(), "new\n".into())] },
            ToolRequest::Remove("b".into()),
            ToolRequest::Write { path: "c".into(), content: "one\n".into() },
            ToolRequest::Text(patch.into()),
        ];
        for event in [
            json!({"tool_name": "apply_patch", "tool_input": {"command": patch}}),
            json!({"tool_name": "apply_patch", "tool_input": {"input": patch}}),
            json!({"tool_name": "apply_patch", "tool_input": patch}),
        ] {
            assert_eq!(tool(&event), wanted);
        }
    }

    #[test]
    fn arguments_of_unknown_tools_are_texts() {
        let event =
            json!({"tool_name": "mcp__db__query", "tool_input": {"sql": "select", "options": {"password": "p"}}});
        assert_eq!(tool(&event), [ToolRequest::Text("select".into()), ToolRequest::Text("password: p".into())]);
        let text = json!({"prompt": "look at @src/a.rs, please", "attachments": [{"filePath": "b"}]});
        assert_eq!(
            of_prompt(text.as_object().unwrap()).unwrap(),
            [
                ToolRequest::Text("look at @src/a.rs, please".into()),
                ToolRequest::Read("src/a.rs".into()),
                ToolRequest::Read("b".into())
            ]
        );
    }
}
