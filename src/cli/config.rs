//! `shield-hook config`: check, show, schema, init.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::allow::root;
use super::options::PolicyArgs;
use super::scan::root_for;
use super::session::Session;
use crate::error::{Context, Error, Printed, Result};
use crate::exit::Exit;
use crate::policy::authority::PolicyRoot;
use crate::policy::inline::Honour;
use crate::policy::keys::{ALLOW_KEYS, CI_KEYS, FEED_KEYS, KEYS, Key, Kind, PACKAGE_KEYS, SERVER_KEYS, UNREAD_KEYS};
use crate::policy::{Accept, Allowances, config};
use crate::report;
use crate::terminal::say;

/// Check, show, describe and start the configuration.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Say whether configuration, rules and baseline are right
    Check(PolicyArgs),
    /// Show what applies, once all layers are put over one another
    Show(PolicyArgs),
    /// Print the JSON schema of .shield-hook.toml
    Schema,
    /// Write a .shield-hook.toml with every key, its default and what it does
    Init,
}

/// Runs the action.
///
/// # Errors
/// Exit 3 with the first thing that is wrong.
pub fn run(args: Args) -> Result<Exit> {
    match args.action {
        Action::Check(policy_args) => check(&policy_args),
        Action::Show(policy_args) => show(&policy_args),
        Action::Schema => {
            let text = serde_json::to_string_pretty(&schema()).or_incomplete("the schema")?;
            writeln!(io::stdout(), "{text}").or_unprinted()?;
            Ok(Exit::Clean)
        }
        Action::Init => init(),
    }
}

fn ready(policy_args: &PolicyArgs) -> Result<Session> {
    let here = std::env::current_dir().or_incomplete("the current directory")?;
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
    // A name that stands for nothing lets nothing pass, so a scan goes on; here it is what was asked for.
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
    for line in policy.stale(session.rules(), Allowances::Proven) {
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

fn show(policy_args: &PolicyArgs) -> Result<Exit> {
    let session = ready(policy_args)?;
    let policy = session.policy();
    let inline = match policy.inline {
        Honour::All => "all",
        Honour::Own => "own",
        Honour::Nothing => "none",
    };
    let elsewhere =
        config::ELSEWHERE.iter().find(|(_, value)| *value == policy.published_elsewhere).map_or("", |(word, _)| word);
    let mut out = io::stdout().lock();
    writeln!(out, "block = \"{}\"", policy.block).or_unprinted()?;
    writeln!(out, "severity = \"{}\"", policy.severity).or_unprinted()?;
    writeln!(out, "max-object = {}", policy.max_object).or_unprinted()?;
    writeln!(out, "baseline = {:?}  # {} entries", policy.baseline_path(), policy.baseline().len()).or_unprinted()?;
    writeln!(out, "published-elsewhere = \"{elsewhere}\"").or_unprinted()?;
    let moved = if policy.block_moved { "block" } else { "report" };
    writeln!(out, "moved = \"{moved}\"").or_unprinted()?;
    let mild = if policy.block_tests_and_docs { "block" } else { "report" };
    writeln!(out, "tests-and-docs = \"{mild}\"").or_unprinted()?;
    writeln!(out, "inline = \"{inline}\"").or_unprinted()?;
    let accept = match policy.accept {
        Accept::Nothing => "none",
        Accept::Fingerprint => "fingerprint",
    };
    let weakened = if policy.refuse_weakened { "block" } else { "report" };
    writeln!(out, "ci.accept = \"{accept}\"").or_unprinted()?;
    writeln!(out, "server.policy-weakened = \"{weakened}\"").or_unprinted()?;
    let rules = session.rules();
    writeln!(out, "# {} rules, set {}", rules.len(), rules.hash()).or_unprinted()?;
    for a in policy.allowances() {
        let until = a.expires.map(|d| format!(" (until {d})")).unwrap_or_default();
        writeln!(out, "# {}:{}: allows {}: {}{until}", a.file, a.line, a.about(), a.why()).or_unprinted()?;
    }
    Ok(Exit::Clean)
}

/// The JSON schema of the configuration file.
fn schema() -> Value {
    let table = |keys: &[Key]| keys.iter().map(|k| (k.name.to_owned(), property(k))).collect::<Map<_, _>>();
    let mut properties = table(KEYS);
    properties.insert(
        "allow".into(),
        json!({
            "description": "Allowances. All conditions that one gives must hold.",
            "type": "array",
            "items": {
                "type": "object",
                "properties": table(ALLOW_KEYS),
                "required": ["reason"],
                "anyOf": [
                    { "required": ["rule"] }, { "required": ["value"] }, { "required": ["fingerprint"] },
                    { "required": ["broad"], "properties": { "broad": { "const": true } } },
                ],
                "additionalProperties": false,
            },
        }),
    );
    let unread = json!({ "type": "object", "properties": table(UNREAD_KEYS), "additionalProperties": false });
    properties.insert(
        "unread".into(),
        json!({
            "description": "What may stay unread: archives that are encrypted, objects that are too large.",
            "anyOf": [unread, { "type": "array", "items": unread }],
        }),
    );
    for (name, about, keys) in [
        ("packages", "What the package gate does.", PACKAGE_KEYS),
        ("ci", "What `ci` does with a change.", CI_KEYS),
        ("server", "What `hook pre-receive` does with a push.", SERVER_KEYS),
        (
            "advisories",
            "Where new data on hijacked packages comes from. In the user's own configuration only.",
            FEED_KEYS,
        ),
    ] {
        let schema = json!({
            "description": about,
            "type": "object",
            "properties": table(keys),
            "additionalProperties": false,
        });
        properties.insert(name.into(), schema);
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
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Text => text,
        Kind::List => list,
        Kind::TextOrList => json!({ "anyOf": [text, list] }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Size => {
            json!({ "type": ["string", "integer"], "pattern": "^[0-9_]+ *([KMGTkmgt]i?)?[Bb]?$", "minimum": 1 })
        }
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

/// A configuration in which everything is a comment.
fn template() -> String {
    let mut text = String::from("# shield-hook: what blocks, and what does not. Everything below is the default.\n\n");
    for key in KEYS {
        text.push_str(&format!("# {}\n# {} = {}\n\n", key.about, key.name, key.default));
    }
    for (title, keys) in [
        ("# What the package gate does.\n# [packages]\n", PACKAGE_KEYS),
        ("\n# What `ci` does with a change.\n# [ci]\n", CI_KEYS),
        ("\n# What `hook pre-receive` does with a push.\n# [server]\n", SERVER_KEYS),
    ] {
        text.push_str(title);
        for key in keys {
            text.push_str(&format!("# # {}\n# {} = {}\n", key.about, key.name, key.default));
        }
    }
    text.push_str(
        "\n# Whom you trust stands in your own configuration (~/.config/shield-hook/config.toml):\n# [advisories]\n",
    );
    for key in FEED_KEYS {
        text.push_str(&format!("# {:<12} {}\n", key.name, key.about));
    }
    text.push('\n');
    text.push_str("# Allowances. All conditions that one gives must hold; the reason is required.\n# [[allow]]\n");
    for key in ALLOW_KEYS {
        text.push_str(&format!("# {:<12} {}\n", key.name, key.about));
    }
    text.push_str("\n# What may stay unread without making a scan incomplete.\n# [[unread]]\n");
    for key in UNREAD_KEYS {
        text.push_str(&format!("# {:<12} {}\n", key.name, key.about));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::config::Config;

    #[test]
    fn the_template_is_valid_with_and_without_its_comments() {
        assert!(Config::parse("t", template().as_bytes()).is_ok());
        let defaults: String = KEYS.iter().map(|k| format!("{} = {}\n", k.name, k.default)).collect();
        let packages: String = PACKAGE_KEYS.iter().map(|k| format!("{} = {}\n", k.name, k.default)).collect();
        Config::parse("t", format!("{defaults}[packages]\n{packages}").as_bytes()).expect("every default is valid");
    }

    #[test]
    fn the_schema_knows_every_key() {
        let schema = schema();
        for key in KEYS {
            assert!(schema["properties"][key.name].is_object(), "{}", key.name);
        }
        for key in PACKAGE_KEYS {
            assert!(schema["properties"]["packages"]["properties"][key.name].is_object(), "{}", key.name);
        }
        for key in FEED_KEYS {
            assert!(schema["properties"]["advisories"]["properties"][key.name].is_object(), "{}", key.name);
        }
        for key in ALLOW_KEYS {
            assert!(schema["properties"]["allow"]["items"]["properties"][key.name].is_object(), "{}", key.name);
        }
    }
}
