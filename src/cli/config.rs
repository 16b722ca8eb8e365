//! `shield-hook config`: check, show, schema, init.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::allow::root;
use super::options::PolicyArgs;
use super::scan::root_for;
use super::session::Session;
use crate::engine::redact;
use crate::environment;
use crate::error::{Context, Error, Printed, Result};
use crate::exit::Exit;
use crate::policy::authority::PolicyRoot;
use crate::policy::keys::{self, Form, Key, Kind, SECTIONS, Section};
use crate::policy::{AllowanceCheck, Policy, Used, config};
use crate::report;
use crate::terminal::say;

/// Check, show, document and create the configuration.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: ConfigAction,
}

#[derive(Debug, clap::Subcommand)]
enum ConfigAction {
    /// Check that configuration, rules and baseline are valid
    Check(PolicyArgs),
    /// Show the values that apply, and where each is set
    Show(PolicyArgs),
    /// Print the JSON schema of .shield-hook.toml
    Schema,
    /// Write a .shield-hook.toml with every key, its default and its meaning
    Init,
    /// Print the reference of all keys as Markdown (docs/configuration.md)
    Docs,
}

/// Runs the action.
///
/// # Errors
/// Exit 3 with the first thing that is wrong.
pub fn run(args: Args) -> Result<Exit> {
    match args.action {
        ConfigAction::Check(policy_args) => check(&policy_args),
        ConfigAction::Show(policy_args) => show(&policy_args),
        ConfigAction::Schema => {
            let text = serde_json::to_string_pretty(&schema()).or_incomplete("the schema")?;
            writeln!(io::stdout(), "{text}").or_unprinted()?;
            Ok(Exit::Clean)
        }
        ConfigAction::Init => init(),
        ConfigAction::Docs => {
            write!(io::stdout(), "{}", reference()).or_unprinted()?;
            Ok(Exit::Clean)
        }
    }
}

/// The session of the repository or folder that this runs in.
pub(super) fn ready(policy_args: &PolicyArgs) -> Result<Session> {
    let here = environment::current_directory()?;
    let (root, repo) = root_for(&here, &[]);
    match &repo {
        Some(repo) => Session::ready(policy_args, PolicyRoot::Local(repo)),
        None => match crate::git::Repo::discover(&here) {
            Ok(bare) => Session::ready(policy_args, PolicyRoot::Local(&bare)),
            Err(_) => Session::ready(policy_args, PolicyRoot::Directory(&root)),
        },
    }
}

fn check(policy_args: &PolicyArgs) -> Result<Exit> {
    let session = ready(policy_args)?;
    let policy = session.policy();
    // An unknown name lets nothing pass, so a scan only warns of it; a check of the configuration is made to find it.
    if let [first, others @ ..] = policy.noticed(session.rules()).as_slice() {
        return Err(others.iter().fold(Error::usage(first.as_str()), |e, other| e.help(other.as_str())));
    }
    for allowance in policy.allowances() {
        let at = format!("{}:{}", allowance.file, allowance.line);
        allowance.prove()?;
        if allowance.is_broad() == Ok(true) {
            say!("shield-hook: warning: {at}: this allowance is broad: {}", allowance.why());
        }
    }
    for line in policy.stale(session.rules(), AllowanceCheck::Everything, &Used::default()) {
        say!("shield-hook: warning: {line}");
    }
    writeln!(
        io::stdout(),
        "the configuration is right: {} rules, {} allowances, {} baseline entries",
        session.rules().len(),
        policy.allowances().len(),
        policy.baseline().len()
    )
    .or_unprinted()?;
    Ok(Exit::Clean)
}

/// Prints the value of every key with its origin; then the records, which have no single value.
fn show(policy_args: &PolicyArgs) -> Result<Exit> {
    let session = ready(policy_args)?;
    let policy = session.policy();
    let mut lines = Vec::new();
    for (section, key) in keys::all() {
        let Some(value) = (key.show)(policy) else { continue };
        let mut from = origin(policy, section, key);
        if let (Form::Top, "block", Some(_)) = (section.form, key.name, policy_args.block) {
            from = "the command line".into();
        }
        if let (Form::Top, "baseline") = (section.form, key.name) {
            if let Some(path) = &policy_args.baseline {
                from = format!("the command line names {}", path.display());
            }
            from.push_str(&format!("; {} entries", policy.baseline().len()));
        }
        lines.push(format!("{} = {value}  # {}", section.path(key), redact::message(&from)));
    }
    let rules = session.rules();
    lines.push(format!("# {} rules, set {}", rules.len(), rules.hash()));
    if !policy_args.rules.is_empty() {
        lines.push(format!("# the command line runs only: {}", redact::message(&policy_args.rules.join(", "))));
    }
    for a in policy.allowances() {
        let until = a.expires.map(|d| format!(" (until {d})")).unwrap_or_default();
        lines.push(format!("# {}:{}: allows {}: {}{until}", a.file, a.line, a.about(), a.why()));
    }
    for a in policy.unread() {
        let (paths, reason) = (redact::name(&a.path.join(", ")), redact::message(&a.reason));
        lines.push(format!("# {}:{}: accepts unread {paths}: {reason}", a.file, a.line));
    }
    let mut out = io::stdout().lock();
    lines.iter().try_for_each(|line| writeln!(out, "{line}")).or_unprinted()?;
    Ok(Exit::Clean)
}

/// The files and lines that give a key its value. Lists are joined, so all of theirs count; of a value only the strongest.
fn origin(policy: &Policy, section: &Section, key: &Key) -> String {
    let count = if matches!(key.kind, Kind::List) { usize::MAX } else { 1 };
    let set: Vec<String> =
        policy.set_at(section, key).take(count).map(|at| format!("{}:{}", at.file, at.line)).collect();
    if set.is_empty() { "default".into() } else { set.join(", ") }
}

/// The JSON schema of the configuration file.
fn schema() -> Value {
    let table = |keys: &[Key]| keys.iter().map(|k| (k.name.to_owned(), property(k))).collect::<Map<_, _>>();
    let mut properties = Map::new();
    for section in SECTIONS {
        let object = json!({ "type": "object", "properties": table(section.keys), "additionalProperties": false });
        let mut schema = match section.form {
            Form::Top => {
                properties.extend(table(section.keys));
                continue;
            }
            Form::Table | Form::UserTable | Form::Reserved => object,
            Form::TableOrTables => json!({ "anyOf": [object, { "type": "array", "items": object }] }),
            Form::Tables => {
                let mut item = object;
                item["required"] = json!(["reason"]);
                item["anyOf"] = json!([
                    { "required": ["rule"] }, { "required": ["value"] }, { "required": ["fingerprint"] },
                    { "required": ["broad"], "properties": { "broad": { "const": true } } },
                ]);
                json!({ "type": "array", "items": item })
            }
        };
        schema["description"] = json!(section.about);
        properties.insert(section.name.into(), schema);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "shield-hook configuration (.shield-hook.toml)",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

fn property(key: &Key) -> Value {
    let text = json!({ "type": "string" });
    let list = json!({ "type": "array", "items": { "type": "string" } });
    let mut property = match key.kind {
        Kind::Word(words) => json!({ "enum": words() }),
        Kind::Text => text,
        Kind::List => list,
        Kind::TextOrList => json!({ "anyOf": [text, list] }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Size => {
            json!({ "type": ["string", "integer"], "pattern": "^[0-9_]+ *([KMGTkmgt]i?)?[Bb]?$", "minimum": 1 })
        }
        Kind::Number => json!({ "type": "integer", "minimum": 0 }),
        Kind::Numbers => json!({ "type": "array", "items": { "type": "integer", "minimum": 0 } }),
        Kind::Date => json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
    };
    property["description"] = json!(key.about);
    property
}

fn init() -> Result<Exit> {
    let path = root()?.join(config::FILE);
    if path.exists() {
        return Err(Error::usage(format!("{} is there already", path.display())).help("edit it, or remove it first"));
    }
    report::save(&path, template().as_bytes()).or_incomplete(path.display())?;
    say!("shield-hook: wrote {}", path.display());
    Ok(Exit::Clean)
}

/// docs/configuration.md.
fn reference() -> String {
    let mut text = String::from(
        "# Configuration\n\nThe keys of `.shield-hook.toml`, at the repository's root. `shield-hook config init` writes a file \
         to start from,\n`config check` finds mistakes, `config show` prints the values that apply and where each is set, \
         `config schema` is for editors.\nAn unknown key is an error (exit 3). [Which policy applies](policy.md) lists the file \
         that counts in each case.\n",
    );
    for section in SECTIONS {
        let heading = match section.form {
            Form::Top => "Top of the file".to_owned(),
            Form::Table | Form::UserTable | Form::Reserved => format!("`[{}]`", section.name),
            Form::Tables => format!("`[[{}]]`", section.name),
            Form::TableOrTables => format!("`[{0}]` or `[[{0}]]`", section.name),
        };
        text.push_str(&format!("\n## {heading}\n\n{}\n", section.about));
        if section.keys.is_empty() {
            continue;
        }
        text.push_str("\n| key | values | default | effect |\n|---|---|---|---|\n");
        for key in section.keys {
            let default = if key.default.is_empty() { String::new() } else { format!("`{}`", key.default) };
            text.push_str(&format!("| `{}` | {} | {default} | {} |\n", key.name, values(key.kind), key.about));
        }
    }
    text
}

/// The values of a key, for a reader.
fn values(kind: Kind) -> String {
    match kind {
        Kind::Word(words) => words().iter().map(|word| format!("`\"{word}\"`")).collect::<Vec<_>>().join(", "),
        Kind::Text => "text".into(),
        Kind::List => "list of texts".into(),
        Kind::TextOrList => "text, or a list of texts".into(),
        Kind::Bool => "`true`, `false`".into(),
        Kind::Size => "bytes: `4096`, `\"512 KiB\"`, `\"1 GiB\"`".into(),
        Kind::Date => "date: `2027-01-31`".into(),
        Kind::Number => "whole number".into(),
        Kind::Numbers => "list of whole numbers".into(),
    }
}

/// A configuration in which everything is a comment.
fn template() -> String {
    let mut text = String::new();
    for section in SECTIONS {
        text.push_str(&match section.form {
            Form::Top => format!("# shield-hook: {} Everything below is the default.\n\n", lower(section.about)),
            Form::Table => format!("# {}\n# [{}]\n", section.about, section.name),
            Form::UserTable => {
                format!("# {}\n# ~/.config/shield-hook/config.toml:\n# [{}]\n", section.about, section.name)
            }
            Form::Tables | Form::TableOrTables => format!("# {}\n# [[{}]]\n", section.about, section.name),
            Form::Reserved => continue,
        });
        for key in section.keys {
            text.push_str(&match (section.form, key.default) {
                (Form::Top, default) => format!("# {}\n# {} = {default}\n\n", key.about, key.name),
                (_, "") => format!("# {:<12} {}\n", key.name, key.about),
                (_, default) => format!("# # {}\n# {} = {default}\n", key.about, key.name),
            });
        }
        if section.form != Form::Top {
            text.push('\n');
        }
    }
    text
}

/// A sentence that follows a colon.
fn lower(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::config::Config;

    #[test]
    fn the_template_is_valid_with_and_without_its_comments() {
        assert!(Config::parse("t", template().as_bytes()).is_ok());
        let mut text = String::new();
        for section in SECTIONS.iter().filter(|section| matches!(section.form, Form::Top | Form::Table)) {
            if section.form == Form::Table {
                text.push_str(&format!("[{}]\n", section.name));
            }
            text.extend(section.keys.iter().map(|key| format!("{} = {}\n", key.name, key.default)));
        }
        Config::parse("t", text.as_bytes()).expect("every default is valid");
    }

    #[test]
    fn the_reference_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");
        let written = std::fs::read_to_string(path).expect("the reference");
        assert!(written == reference(), "cargo run -- config docs > docs/configuration.md");
    }

    #[test]
    fn schema_and_template_hold_every_key() {
        let (schema, template) = (schema(), template());
        for (section, key) in keys::all() {
            let properties = &schema["properties"];
            let holder = match section.form {
                Form::Top => properties,
                Form::Tables => &properties[section.name]["items"]["properties"],
                Form::TableOrTables => &properties[section.name]["anyOf"][0]["properties"],
                _ => &properties[section.name]["properties"],
            };
            assert_eq!(holder[key.name]["description"], key.about, "{}", section.path(key));
            assert!(template.contains(key.about), "{}", section.path(key));
        }
    }
}
