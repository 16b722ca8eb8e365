//! Files that run commands by themselves: when a folder is opened, an assistant or an interpreter starts, or a native
//! module is built.

use serde_json::Value;

/// A command that runs without being asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Autorun {
    /// The event that runs it, for people.
    pub(super) when: &'static str,
    /// The command, shortened.
    pub(super) command: String,
    /// True if the command itself looks like an attack.
    pub(super) suspicious: bool,
}

/// Returns whether a file at `path` can run a command by itself.
pub(super) fn may_run(path: &str) -> bool {
    runner(path).is_some()
}

/// The commands that the file at `path` runs by itself; none if it cannot be parsed, because then its program runs
/// nothing either.
pub(super) fn find(path: &str, text: &str) -> Vec<Autorun> {
    runner(path).map_or_else(Vec::new, |reads| reads(text))
}

/// The parser of the file at `path`, chosen by its name.
fn runner(path: &str) -> Option<fn(&str) -> Vec<Autorun>> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let in_folder = |name: &str| folder == name || folder.ends_with(&format!("/{name}"));
    if name.starts_with("settings") && name.ends_with(".json") && in_folder(".claude") {
        Some(assistant_hooks)
    } else if name == "tasks.json" && in_folder(".vscode") {
        Some(folder_tasks)
    } else if name == "binding.gyp" {
        Some(gyp_commands)
    } else if name.ends_with(".pth") {
        Some(startup_lines)
    } else {
        None
    }
}

/// `.claude/settings.json`: hooks of any event run commands.
fn assistant_hooks(text: &str) -> Vec<Autorun> {
    let Some(settings) = relaxed_json(text) else { return Vec::new() };
    let mut found = Vec::new();
    for (event, groups) in settings.get("hooks").and_then(Value::as_object).into_iter().flatten() {
        if event != "SessionStart" {
            continue;
        }
        let hooks = groups.as_array().into_iter().flatten().filter_map(|g| g.get("hooks")?.as_array()).flatten();
        for command in hooks.filter_map(|h| h.get("command")?.as_str()) {
            found.push(autorun("an assistant's session starts", command));
        }
    }
    found
}

/// `.vscode/tasks.json`: tasks with `runOn: folderOpen`.
fn folder_tasks(text: &str) -> Vec<Autorun> {
    let Some(file) = relaxed_json(text) else { return Vec::new() };
    let tasks = file.get("tasks").and_then(Value::as_array).into_iter().flatten();
    tasks
        .filter(|t| t.pointer("/runOptions/runOn").and_then(Value::as_str) == Some("folderOpen"))
        .map(|task| {
            let mut command = task.get("command").and_then(Value::as_str).unwrap_or_default().to_owned();
            for argument in task.get("args").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
                command.push(' ');
                command.push_str(argument);
            }
            autorun("the editor opens the folder", &command)
        })
        .collect()
}

/// `binding.gyp`: `<!(command)` and `<!@(command)`. Evaluating an expression (`node -p`) is everyday use; running a
/// file of the package is how Phantom Gyp did without an install script.
fn gyp_commands(text: &str) -> Vec<Autorun> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("<!") {
        let rest = text[at + 2..].trim_start_matches(['@', '|']);
        let Some(command) = rest.strip_prefix('(').and_then(|r| r.split(')').next()) else { continue };
        let command = command.trim().trim_matches(['\'', '"']);
        let mut words = command.split_ascii_whitespace();
        let runs_file = matches!(words.next(), Some("node" | "bun" | "sh" | "bash" | "python" | "python3"))
            && words.next().is_some_and(|word| !word.starts_with('-'));
        if runs_file || fetches(command) {
            found.push(autorun("a native module is built", command));
        }
    }
    found
}

/// `*.pth` in site-packages: lines that begin with `import` run at every start of Python.
fn startup_lines(text: &str) -> Vec<Autorun> {
    let lines = text.lines().filter(|line| line.starts_with("import ") || line.starts_with("import\t"));
    lines.map(|line| autorun("Python starts", line)).collect()
}

fn autorun(when: &'static str, command: &str) -> Autorun {
    let short: String = command.chars().take(120).collect();
    Autorun { when, command: short, suspicious: fetches(command) }
}

/// Returns whether a command downloads, decodes or hides its code.
fn fetches(command: &str) -> bool {
    const SIGNS: [&str; 10] = [
        "base64",
        "exec(",
        "eval(",
        "curl ",
        "wget ",
        "urllib",
        "Invoke-WebRequest",
        "powershell -e",
        "/dev/tcp/",
        "subprocess",
    ];
    SIGNS.iter().any(|sign| command.contains(sign))
}

/// JSON as editors read it, with comments and trailing commas.
fn relaxed_json(text: &str) -> Option<Value> {
    jsonc_parser::parse_to_value(text, &jsonc_parser::ParseOptions::default()).ok().flatten().map(plain)
}

fn plain(value: jsonc_parser::JsonValue<'_>) -> Value {
    use jsonc_parser::JsonValue as J;
    match value {
        J::String(text) => Value::String(text.into_owned()),
        J::Boolean(value) => Value::Bool(value),
        J::Array(items) => Value::Array(items.into_iter().map(plain).collect()),
        J::Object(object) => {
            Value::Object(object.into_iter().map(|(key, value)| (key.to_string(), plain(value))).collect())
        }
        J::Number(_) | J::Null => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(path: &str, text: &str) -> Vec<(String, bool)> {
        find(path, text).into_iter().map(|a| (a.command, a.suspicious)).collect()
    }

    #[test]
    fn assistants() {
        let text = r#"{"hooks": {"SessionStart": [{"matcher": "*", "hooks": [{"type": "command", "command": "node .claude/x.mjs"}]}], "Stop": []}}"#;
        assert_eq!(commands("a/.claude/settings.json", text), [("node .claude/x.mjs".to_owned(), false)]);
        assert!(commands("a/.claude/settings.json", "{ not json").is_empty());
        assert!(commands("a/settings.json", text).is_empty());
    }

    #[test]
    fn editors() {
        let text = r#"{ // comment
            "tasks": [{"command": "node", "args": ["x.js"], "runOptions": {"runOn": "folderOpen"}}, {"command": "make"},] }"#;
        assert_eq!(commands(".vscode/tasks.json", text), [("node x.js".to_owned(), false)]);
    }

    #[test]
    fn native_modules() {
        assert_eq!(commands("binding.gyp", r#"{"x": "<!(node index.js > /dev/null)"}"#).len(), 1);
        assert!(commands("binding.gyp", r#"{"x": "<!(node -p \"require('node-addon-api').include\")"}"#).is_empty());
        assert!(commands("binding.gyp", r#"{"x": "<!@(pkg-config --libs glib-2.0)"}"#).is_empty());
    }

    #[test]
    fn python_startup() {
        assert_eq!(commands("a.pth", "import os; exec(x)\n"), [("import os; exec(x)".to_owned(), true)]);
        assert!(!commands("a.pth", "import coverage; coverage.process_startup()\n")[0].1);
        assert!(commands("a.pth", "../lib\n# import x\n").is_empty());
    }
}
