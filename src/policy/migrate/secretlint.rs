//! secretlint: `.secretlintrc` in JSON or YAML, and `.secretlintignore`.

use serde_json::Value;

use super::own_rule::ForeignRule;
use super::pattern::SecretPart;
use super::{Carried, is_regex};
use crate::policy::edit::NewAllowance;
use crate::policy::yaml;

/// Reads whichever of the two it is.
pub fn read(name: &str, text: &str) -> Result<Carried, String> {
    if name.ends_with("ignore") {
        return Ok(ignore(name, text));
    }
    // JSON may be indented by tabs, which YAML forbids.
    let root = serde_json::from_str(text).or_else(|_| yaml::parse(text))?;
    let Some(rules) = root.get("rules").and_then(Value::as_array) else {
        return Err("there are no `rules`".into());
    };
    let mut carried = Carried::default();
    rules.iter().for_each(|rule| self::rule(name, rule, &mut carried));
    Ok(carried)
}

/// A rule with its options; a preset has rules of its own.
fn rule(name: &str, rule: &Value, carried: &mut Carried) {
    let id = rule.get("id").and_then(Value::as_str).unwrap_or_default();
    if rule.get("disabled").is_some_and(|flag| flag == &Value::Bool(true) || flag.as_str() == Some("true")) {
        carried.lost.push(format!("{name}: {id} was switched off; rules here have other names"));
        return;
    }
    let options = rule.get("options").unwrap_or(&Value::Null);
    let list = |value: &Value, key: &str| -> Vec<String> {
        let all = value.get(key).and_then(Value::as_array).into_iter().flatten();
        all.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    for allowed in list(options, "allows") {
        match regexp_like(&allowed) {
            Some(value) if is_regex(&value) => carried.allow.push(NewAllowance {
                value: Some(value),
                reason: format!("carried over from {name}"),
                ..NewAllowance::default()
            }),
            _ => carried.lost.push(format!("{name}: an entry of `allows` that does not compile here")),
        }
    }
    if list(options, "allowMessageIds").len() + list(rule, "allowMessageIds").len() > 0 {
        carried.lost.push(format!("{name}: `allowMessageIds` of {id}; rules here have other names"));
    }
    let patterns = options.get("patterns").and_then(Value::as_array).into_iter().flatten();
    for group in patterns {
        let title = group.get("name").and_then(Value::as_str).unwrap_or("pattern");
        let one = group.get("pattern").and_then(Value::as_str).map(str::to_owned);
        let all: Vec<String> = list(group, "patterns").into_iter().chain(one).collect();
        let ignored: Vec<String> =
            ["filePathGlobs"].iter().filter(|k| group.get(k).is_some()).map(|k| (*k).to_owned()).collect();
        for (at, pattern) in all.iter().enumerate() {
            let id = if all.len() > 1 { format!("{title} {}", at + 1) } else { title.to_owned() };
            carried.add(ForeignRule {
                id,
                title: title.to_owned(),
                regex: regexp_like(pattern),
                secret: SecretPart::WholeMatch,
                ignored: ignored.clone(),
                ..ForeignRule::default()
            });
        }
    }
    let nested = rule.get("rules").and_then(Value::as_array).into_iter().flatten();
    nested.for_each(|rule| self::rule(name, rule, carried));
}

/// `/regex/flags`, or a text that is meant literally.
fn regexp_like(text: &str) -> Option<String> {
    let Some((pattern, flags)) = text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')) else {
        return Some(regex_syntax::escape(text));
    };
    let flags: String = flags.chars().filter(|flag| "ims".contains(*flag)).collect();
    Some(if flags.is_empty() { pattern.to_owned() } else { format!("(?{flags}){pattern}") })
}

/// Patterns as in `.gitignore`; those that bring something back are not carried over.
fn ignore(name: &str, text: &str) -> Carried {
    let mut carried = Carried::default();
    let mut globs = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let anchored = line.trim_end_matches('/').contains('/');
        let (body, is_directory) = (line.trim_matches('/'), line.ends_with('/'));
        let body = if anchored || body.starts_with("**") { body.to_owned() } else { format!("**/{body}") };
        let found = if is_directory { vec![format!("{body}/**")] } else { vec![body.clone(), format!("{body}/**")] };
        match line.starts_with('!') || found.iter().any(|g| crate::policy::files::glob(g).is_err()) {
            true => carried.lost.push(format!("{name}: the pattern `{line}`")),
            false => globs.extend(found),
        }
    }
    if !globs.is_empty() {
        carried.allow.push(NewAllowance {
            path: globs,
            broad: true,
            reason: format!("carried over from {name}"),
            ..NewAllowance::default()
        });
    }
    carried
}
