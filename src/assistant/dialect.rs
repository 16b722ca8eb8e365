//! The assistants, as data: their events, their answers and their settings.

use serde_json::{Map, Value, json};

use crate::hook;

/// An assistant.
#[derive(Clone, Copy, Debug)]
pub struct Assistant {
    /// The name on the command line.
    pub id: &'static str,
    /// The name for people.
    pub name: &'static str,
    /// The events that are judged.
    pub events: &'static [EventKind],
    /// How a refusal is written.
    pub answer: RefusalForm,
    /// The file of a repository that holds its hooks.
    pub settings: &'static str,
    /// The form of an entry in that file.
    pub entry: SettingsForm,
    /// A fact that whoever installs it has to know; may be empty.
    pub note: &'static str,
}

/// An event that an assistant sends before it acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventKind {
    /// Its name in events and in settings.
    pub name: &'static str,
    /// The question in it.
    pub asks: Asks,
}

/// The content of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// A prompt is about to be sent.
    Prompt,
    /// A tool is about to run.
    Tool,
}

/// The form of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalForm {
    /// The reason on standard error, and exit code 2.
    ExitCode,
    /// JSON with `permission`, for a prompt with `continue`.
    Permission,
    /// JSON with `permissionDecision`. A prompt cannot be refused.
    PermissionDecision,
}

/// The form of an entry in a settings file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsForm {
    /// A group with a matcher for tools and a list of commands; the time limit is in seconds.
    Group,
    /// The same; the time limit is in milliseconds.
    GroupInMilliseconds,
    /// A command that fails closed.
    Flat,
    /// A command for each shell.
    Shells,
}

/// The seconds that an assistant waits for a judgement.
const SECONDS: u32 = 60;

const fn prompt(name: &'static str) -> EventKind {
    EventKind { name, asks: Asks::Prompt }
}

const fn tool(name: &'static str) -> EventKind {
    EventKind { name, asks: Asks::Tool }
}

/// Every assistant.
pub static ASSISTANTS: [Assistant; 5] = [
    Assistant {
        id: "claude",
        name: "Claude Code",
        events: &[tool("PreToolUse"), prompt("UserPromptSubmit")],
        answer: RefusalForm::ExitCode,
        settings: ".claude/settings.json",
        entry: SettingsForm::Group,
        note: "",
    },
    Assistant {
        id: "cursor",
        name: "Cursor",
        events: &[
            tool("beforeShellExecution"),
            tool("beforeMCPExecution"),
            tool("beforeReadFile"),
            tool("preToolUse"),
            prompt("beforeSubmitPrompt"),
        ],
        answer: RefusalForm::Permission,
        settings: ".cursor/hooks.json",
        entry: SettingsForm::Flat,
        note: "",
    },
    Assistant {
        id: "codex",
        name: "Codex",
        events: &[tool("PreToolUse"), prompt("UserPromptSubmit")],
        answer: RefusalForm::ExitCode,
        settings: ".codex/hooks.json",
        entry: SettingsForm::Group,
        note: "Codex runs a new hook only after you trusted it: type /hooks in Codex",
    },
    Assistant {
        id: "copilot",
        name: "GitHub Copilot",
        events: &[tool("preToolUse"), prompt("userPromptSubmitted")],
        answer: RefusalForm::PermissionDecision,
        settings: ".github/hooks/shield-hook.json",
        entry: SettingsForm::Shells,
        note: "Copilot lets no hook refuse a prompt: a secret in one is only reported",
    },
    Assistant {
        id: "gemini",
        name: "Gemini CLI",
        events: &[tool("BeforeTool"), prompt("BeforeAgent")],
        answer: RefusalForm::ExitCode,
        settings: ".gemini/settings.json",
        entry: SettingsForm::GroupInMilliseconds,
        note: "",
    },
];

impl Assistant {
    /// The assistant with this name on the command line.
    pub fn called(id: &str) -> Option<&'static Self> {
        ASSISTANTS.iter().find(|assistant| assistant.id == id)
    }

    /// The names on the command line.
    pub fn ids() -> Vec<&'static str> {
        ASSISTANTS.iter().map(|assistant| assistant.id).collect()
    }

    /// The arguments of this program in the assistant's settings.
    pub fn arguments(&self) -> String {
        format!("hook assistant {}", self.id)
    }

    /// The command in the assistant's settings. Only exit code 2 stops most assistants, so a program that is missing or
    /// ends in another way stops them as well.
    pub fn command(&self, program: &str) -> String {
        hook::assistant_command(program, self.id, self.answer != RefusalForm::PermissionDecision)
    }

    /// The entry of one event in the settings.
    pub fn entry(&self, event: EventKind, program: &str) -> Value {
        let command = self.command(program);
        let group = |timeout: u32| {
            let hook = json!({"type": "command", "command": command, "timeout": timeout});
            match event.asks {
                Asks::Tool => json!({"matcher": ".*", "hooks": [hook]}),
                Asks::Prompt => json!({"hooks": [hook]}),
            }
        };
        match self.entry {
            SettingsForm::Group => group(SECONDS),
            SettingsForm::GroupInMilliseconds => group(SECONDS * 1000),
            SettingsForm::Flat => json!({"command": command, "failClosed": true, "timeout": SECONDS}),
            SettingsForm::Shells => {
                json!({"type": "command", "bash": command, "powershell": command, "timeoutSec": SECONDS})
            }
        }
    }

    /// Whether the settings file begins with a version.
    pub fn has_version(&self) -> bool {
        matches!(self.entry, SettingsForm::Flat | SettingsForm::Shells)
    }
}

/// The output of the program, and its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HookReply {
    /// One line of JSON, or nothing.
    pub output: String,
    /// The exit code that the assistant expects.
    pub code: u8,
}

/// The exit code that refuses, with all that read one.
const REFUSED: u8 = 2;

impl RefusalForm {
    /// Nothing stands against it.
    pub fn accept(self, asks: Asks) -> HookReply {
        match (self, asks) {
            (Self::Permission, Asks::Tool) => HookReply { output: json!({"permission": "allow"}).to_string(), code: 0 },
            (Self::Permission, Asks::Prompt) => HookReply { output: json!({"continue": true}).to_string(), code: 0 },
            // No decision: an approval would skip the assistant's own question.
            (Self::ExitCode | Self::PermissionDecision, _) => HookReply::default(),
        }
    }

    /// A refusal for this reason, which standard error shows as well.
    pub fn refuse(self, asks: Asks, reason: &str) -> HookReply {
        let mut answer = Map::new();
        let mut put = |key: &str, value: Value| drop(answer.insert(key.to_owned(), value));
        match (self, asks) {
            (Self::ExitCode, _) | (Self::PermissionDecision, Asks::Prompt) => {
                return HookReply { output: String::new(), code: REFUSED };
            }
            (Self::Permission, Asks::Tool) => {
                put("permission", "deny".into());
                put("user_message", reason.into());
                put("agent_message", reason.into());
            }
            (Self::Permission, Asks::Prompt) => {
                put("continue", false.into());
                put("user_message", reason.into());
            }
            (Self::PermissionDecision, Asks::Tool) => {
                put("permissionDecision", "deny".into());
                put("permissionDecisionReason", reason.into());
            }
        }
        HookReply { output: Value::Object(answer).to_string(), code: 0 }
    }
}

impl RefusalForm {
    /// A refusal of an event that cannot be judged, and so may be about a prompt or about a tool.
    pub fn refuse_unjudged(self, reason: &str) -> HookReply {
        let output = match self {
            Self::ExitCode => String::new(),
            Self::Permission => {
                json!({"permission": "deny", "continue": false, "user_message": reason, "agent_message": reason})
                    .to_string()
            }
            Self::PermissionDecision => {
                json!({"permissionDecision": "deny", "permissionDecisionReason": reason}).to_string()
            }
        };
        HookReply { output, code: REFUSED }
    }
}

/// A refusal of an event that names no assistant.
pub fn refuse_unknown() -> HookReply {
    HookReply { output: String::new(), code: REFUSED }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_names_is_complete() {
        assert_eq!(Assistant::ids(), hook::ASSISTANTS);
    }

    #[test]
    fn every_assistant_is_asked_about_prompts_and_tools() {
        for assistant in &ASSISTANTS {
            for asks in [Asks::Prompt, Asks::Tool] {
                assert!(assistant.events.iter().any(|event| event.asks == asks), "{}", assistant.id);
            }
            assert!(std::ptr::eq(Assistant::called(assistant.id).unwrap(), assistant));
        }
    }

    #[test]
    fn a_refusal_is_never_read_as_consent() {
        for assistant in &ASSISTANTS {
            for asks in [Asks::Prompt, Asks::Tool] {
                let reply = assistant.answer.refuse(asks, "why");
                let says = reply.output.contains("\"deny\"") || reply.output.contains("\"continue\":false");
                assert!(reply.code == 2 && reply.output.is_empty() || reply.code == 0 && says, "{}", assistant.id);
                assert_eq!(assistant.answer.accept(asks).code, 0);
            }
        }
    }
}
