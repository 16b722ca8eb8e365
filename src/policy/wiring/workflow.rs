//! Calls in YAML and JSON: the workflows of CI systems and the configurations of hook managers.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Call, script};
use crate::hook::{HOOKS, Installed};
use crate::policy::yaml;

/// Keys beside or above a call that can keep it from running or from having an effect.
const EASING: &[&str] = &[
    "if",
    "continue-on-error",
    "continueOnError",
    "allow_failure",
    "soft_fail",
    "when",
    "unless",
    "rules",
    "only",
    "except",
    "condition",
    "enabled",
    "skip",
    "filters",
    "on-fail",
    "fail_text",
    "exclude",
    "exclude_types",
    "files",
    "types",
    "types_or",
    "stages",
    "glob",
    "always_run",
    "shell",
    "working-directory",
    "workingDirectory",
    "timeout-minutes",
    "workflow",
    "branches",
    "failure",
    "ignore_failure",
];

/// Values that take nothing from a call.
const HARMLESS: &[(&str, &[&str])] = &[
    ("if", &["true", "always()", "success()", "!cancelled()"]),
    ("condition", &["always()", "succeeded()", "succeededOrFailed()"]),
    ("when", &["always", "on_success"]),
    ("enabled", &["true"]),
    ("always_run", &["true"]),
    ("shell", &["bash", "sh"]),
    ("working-directory", &[".", "./", "github.workspace"]),
];

/// Keys that ease when they are switched on.
const SWITCHES: &[&str] =
    &["continue-on-error", "continueOnError", "allow_failure", "soft_fail", "skip", "ignore_failure"];

/// Filters of an event that choose, and those that leave out.
const CHOOSING: &[&str] = &["branches", "paths", "types", "tags", "include"];
const LEAVING_OUT: &[&str] = &["branches-ignore", "paths-ignore", "tags-ignore", "exclude"];

/// Keys that name the events of a whole file.
const TRIGGERS: &[&str] = &["on", "pr", "trigger"];

/// Whether a hook manager's configuration calls a part of it so: by a hook's name, or as npm's life cycle has it.
fn names_hook(key: &str) -> bool {
    key == "prepare" || HOOKS.iter().any(|hook| hook.name == key && hook.installed == Installed::Usual)
}

/// The calls in a file; one that is not YAML is read as a script, in which the surroundings of a call are unknown.
pub(super) fn calls(name: &str, text: &str) -> Vec<Call> {
    let Ok(root) = yaml::parse(text) else {
        let unclear = |mut call: Call| {
            call.eased.insert("the file is not YAML".into());
            call
        };
        return script::calls(text, false).into_iter().map(unclear).collect();
    };
    let mut walk = WorkflowWalk { is_pre_commit: name.contains("pre-commit-config"), calls: Vec::new() };
    walk.value(&root, &mut Vec::new(), &Call::default());
    walk.calls
}

struct WorkflowWalk {
    is_pre_commit: bool,
    calls: Vec<Call>,
}

impl WorkflowWalk {
    /// Visits a value. `above` has the settings of the enclosing mappings, which apply to every call below them.
    fn value<'v>(&mut self, value: &'v Value, path: &mut Vec<&'v str>, above: &Call) {
        match value {
            Value::Object(map) => self.mapping(map, path, above),
            Value::Array(list) => list.iter().for_each(|item| self.value(item, path, above)),
            Value::String(text) => self.scalar(text, path, above),
            _ => {}
        }
    }

    fn mapping<'v>(&mut self, map: &'v Map<String, Value>, path: &mut Vec<&'v str>, above: &Call) {
        let mut here = above.clone();
        for (key, value) in map {
            match key.as_str() {
                // GitLab lists the stages of all jobs at the top.
                "stages" if !self.is_pre_commit => {}
                key if TRIGGERS.contains(&key) && path.is_empty() => triggers(key, value, &mut here),
                key if EASING.contains(&key) => here.eased.extend(easing(key, value)),
                "defaults" => {
                    let run = value.get("run").and_then(Value::as_object);
                    let set = run.into_iter().flatten().filter(|(key, _)| EASING.contains(&key.as_str()));
                    here.eased.extend(set.filter_map(|(key, value)| easing(key, value)));
                }
                "steps" => here.eased.extend(checked_out(value)),
                "with" if value.get("net").is_some_and(|net| net != "false") => {
                    here.eased.insert("net: true".into());
                }
                "env" | "variables" | "environment" => {
                    let set = value.as_object().into_iter().flat_map(Map::keys).filter(|name| script::is_setting(name));
                    here.eased.extend(set.map(|name| format!("{name} is set")));
                }
                "ci" if self.is_pre_commit && path.is_empty() => {
                    let skipped = value.get("skip").map(ToString::to_string).unwrap_or_default();
                    here.eased.extend(skipped.contains("shield-hook").then(|| "ci: skip".to_owned()));
                }
                _ => {}
            }
        }
        for (key, value) in map {
            let mut below = here.clone();
            if names_hook(key.as_str()) {
                below.runs.insert(format!("runs at {key}"));
            }
            if path.contains(&"workflows") && key.contains("shield-hook") {
                self.calls.push(Call { what: format!("the job {key}"), ..easings_of(value, &below) });
            }
            path.push(key);
            self.value(value, path, &below);
            path.pop();
        }
    }

    fn scalar(&mut self, text: &str, path: &[&str], above: &Call) {
        let mut found = match path.last() {
            Some(&"uses") if text.contains("shield-hook") => {
                vec![Call { what: format!("uses: {}", text.split('@').next().unwrap_or(text)), ..Call::default() }]
            }
            Some(&("id" | "repo")) if text.contains("shield-hook") => {
                vec![Call { what: text.to_owned(), ..Call::default() }]
            }
            _ if path.contains(&"workflows") && text.contains("shield-hook") && !text.contains(' ') => {
                vec![Call { what: format!("the job {text}"), ..Call::default() }]
            }
            Some(&("if" | "name" | "displayName" | "label" | "description")) => Vec::new(),
            _ => script::calls(text, false),
        };
        for call in &mut found {
            call.runs.extend(above.runs.iter().cloned());
            call.eased.extend(above.eased.iter().cloned());
        }
        self.calls.append(&mut found);
    }
}

/// The conditions that a job's own entry adds to those above it.
fn easings_of(value: &Value, above: &Call) -> Call {
    let mut call = above.clone();
    for (key, value) in value.as_object().into_iter().flatten() {
        if EASING.contains(&key.as_str()) {
            call.eased.extend(easing(key, value));
        }
    }
    call
}

/// What a checkout brings in the place of the change that is judged.
fn checked_out(steps: &Value) -> Vec<String> {
    let is_checkout =
        |step: &&Value| step.get("uses").and_then(Value::as_str).is_some_and(|uses| uses.contains("/checkout@"));
    let settings = steps.as_array().into_iter().flatten().filter(is_checkout).filter_map(|step| step.get("with"));
    let of = |with: &Value| ["ref", "repository", "path"].map(|key| Some((key, with.get(key)?.as_str()?.to_owned())));
    let is_own = |one: &str| OWN.contains(&one.trim());
    let is_other = |(_, value): &(&str, String)| {
        let expression = value.trim().strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}"));
        !expression.is_some_and(|expression| expression.split("||").all(is_own))
    };
    let all = settings.flat_map(of).flatten().filter(is_other);
    all.map(|(key, value)| format!("checkout {key}: {}", value.chars().take(60).collect::<String>())).collect()
}

/// Expressions that mean the change itself, in a checkout.
const OWN: &[&str] = &[
    "github.event.pull_request.head.sha",
    "github.event.pull_request.head.ref",
    "github.event.pull_request.head.repo.full_name",
    "github.sha",
    "github.ref",
    "github.head_ref",
    "github.repository",
];

/// The effect of a key that eases a call; none when its value is harmless.
fn easing(key: &str, value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().trim_start_matches("${{").trim_end_matches("}}").trim().to_owned(),
        other => other.to_string(),
    };
    let harmless = HARMLESS.iter().any(|(of, values)| *of == key && values.contains(&text.as_str()));
    let empty = matches!(text.as_str(), "" | "~" | "null" | "[]" | "{}");
    let off = text == "false" && SWITCHES.contains(&key);
    // Any other limit is one.
    let off = off || key == "timeout-minutes" && text.parse::<f64>().is_ok_and(|minutes| minutes >= 1.0);
    let shown: String = text.chars().take(60).collect();
    (!harmless && !empty && !off).then(|| format!("{key}: {shown}"))
}

/// The events that run a file, and their filters.
fn triggers(key: &str, value: &Value, call: &mut Call) {
    match value {
        Value::String(event) => drop(call.runs.insert(format!("runs {key} {event}"))),
        Value::Array(events) => {
            let names = events.iter().filter_map(Value::as_str);
            call.runs.extend(names.map(|event| format!("runs {key} {event}")));
        }
        Value::Object(events) => {
            for (event, filters) in events {
                call.runs.insert(format!("runs {key} {event}"));
                for (filter, values) in filters.as_object().into_iter().flatten() {
                    limits(&format!("{key} {event} {filter}"), filter, values, call);
                }
            }
        }
        _ => {}
    }
}

fn limits(name: &str, filter: &str, values: &Value, call: &mut Call) {
    let values: BTreeSet<String> = match values {
        Value::String(one) => BTreeSet::from([one.clone()]),
        Value::Array(all) => all.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
        _ => return,
    };
    if CHOOSING.contains(&filter) {
        call.eased.insert(name.to_owned());
        call.runs.extend(values.iter().map(|value| format!("{name} = {value}")));
    } else if LEAVING_OUT.contains(&filter) {
        call.eased.extend(values.iter().map(|value| format!("{name}: {value}")));
    }
}
