//! The canary of coding assistants: recorded events with a planted secret, and the same without one.

use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use super::super::assistants::AssistantState;
use super::{CanaryRun, combined_output};
use crate::assistant::dialect::{Asks, EventKind, RefusalForm};
use crate::error::{Context, Result};
use std::path::Path;

impl CanaryRun<'_> {
    /// Sends events to the command of the assistant's settings.
    pub(super) fn assistant(&mut self, state: &AssistantState) -> Result<()> {
        let Some(command) = state.commands.first() else { return Ok(()) };
        let secret = self.planted.first().map(|planted| planted.text.clone()).unwrap_or_default();
        let id = state.assistant.id;
        let before = self.failures.len();
        for event in state.assistant.events {
            let kind = (state.assistant.answer, event.asks);
            // Copilot lets no hook refuse a prompt.
            let planted = self.answer(command, &self.event(*event, &secret))?;
            if !is_refusal(&planted) {
                self.failures.push(format!("{id}: {} is not refused: {}", event.name, combined_output(&planted)));
            }
            let clean = self.answer(command, &self.event(*event, "nothing to see"))?;
            let stopped = is_refusal(&clean) || clean.status.code() != Some(0);
            if stopped && kind != (RefusalForm::PermissionDecision, Asks::Prompt) {
                self.failures.push(format!("{id}: a harmless {} is refused: {}", event.name, combined_output(&clean)));
            }
        }
        let passed = self.failures.len() == before;
        self.steps.push(format!("{id} {}", if passed { "blocked" } else { "NOT blocked" }));
        Ok(())
    }

    /// A recorded event with this text in it.
    fn event(&self, event: EventKind, text: &str) -> Value {
        let here = self.sandbox.clone.display().to_string();
        let line = format!("echo '{}'", text.replace('\'', r"'\''"));
        let mut value = match event.asks {
            Asks::Prompt => json!({"prompt": text}),
            Asks::Tool => match event.name {
                "beforeShellExecution" => json!({"command": line}),
                "beforeReadFile" => json!({"file_path": format!("{here}/shown.txt"), "content": text}),
                "beforeMCPExecution" => json!({"tool_name": "query", "tool_input": json!({"text": text}).to_string()}),
                "preToolUse" => json!({"toolName": "bash", "toolArgs": json!({"command": line}).to_string()}),
                _ => json!({"tool_name": "Bash", "tool_input": {"command": line}}),
            },
        };
        if let Some(fields) = value.as_object_mut() {
            fields.insert("cwd".into(), here.into());
            // The events of Copilot have no name.
            if !matches!(event.name, "preToolUse" | "userPromptSubmitted") {
                fields.insert("hook_event_name".into(), event.name.into());
            }
        }
        value
    }

    fn answer(&self, command: &str, event: &Value) -> Result<Output> {
        let mut shell = self.sandbox.command(Path::new("sh"));
        shell.args(["-c", command]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = shell.spawn().or_incomplete("sh")?;
        if let Some(mut input) = child.stdin.take() {
            // A command that ends early is judged by its end.
            let _ = input.write_all(event.to_string().as_bytes());
        }
        child.wait_with_output().or_incomplete("sh")
    }
}

/// Returns whether an assistant would read the answer as a refusal.
fn is_refusal(output: &Output) -> bool {
    let says = |answer: Value| {
        answer.get("permission").or(answer.get("permissionDecision")).and_then(Value::as_str) == Some("deny")
            || answer.get("continue") == Some(&Value::Bool(false))
    };
    output.status.code() == Some(2) || serde_json::from_slice(&output.stdout).is_ok_and(says)
}
