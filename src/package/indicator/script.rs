//! Lifecycle scripts of a package.json, compared with those of attacks.

/// A script of a package.json.
pub(super) struct LifecycleScript {
    event: String,
    command: String,
    /// The offset of its event in the file, in bytes.
    pub(super) at: usize,
}

/// The event that a command belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScriptEvent<'a> {
    /// The lifecycle event with this name.
    Named(&'a str),
    /// No event: an editor or an assistant runs the command, so an indicator of the earliest event is the attack's.
    Any,
}

/// The scripts of a package.json; none if it is no JSON, which the lockfile reader reports.
pub(super) fn all(bytes: &[u8]) -> Vec<LifecycleScript> {
    let Ok(manifest) = serde_json::from_slice::<serde_json::Value>(bytes) else { return Vec::new() };
    let text = String::from_utf8_lossy(bytes);
    let scripts = manifest.get("scripts").and_then(|s| s.as_object());
    scripts
        .into_iter()
        .flatten()
        .filter_map(|(event, command)| {
            let at = text.find(&format!("\"{event}\"")).unwrap_or(0);
            Some(LifecycleScript { event: event.clone(), command: command.as_str()?.to_owned(), at })
        })
        .collect()
}

impl LifecycleScript {
    /// Returns whether it is the script of the indicator.
    pub(super) fn is(&self, indicator: &str) -> bool {
        runs(indicator, ScriptEvent::Named(&self.event), &self.command)
    }
}

/// Returns whether a command is the indicator's: `event: command` for that event, or a command for any event.
pub(super) fn runs(indicator: &str, event: ScriptEvent<'_>, command: &str) -> bool {
    let command = command.split_ascii_whitespace().collect::<Vec<_>>().join(" ").replace("./", "");
    // `node bundle.js` is a part of `npm run x && node bundle.js`, not of `node bundle.json`.
    let has_part = |part: &str| {
        command.match_indices(part).any(|(at, _)| {
            let after = command[at + part.len()..].chars().next();
            let before = command[..at].chars().next_back();
            after.is_none_or(|c| c.is_whitespace() || ";&|\"'".contains(c))
                && before.is_none_or(|c| !c.is_alphanumeric())
        })
    };
    match indicator.split_once(": ") {
        Some((name, part)) => {
            let is_event = match event {
                ScriptEvent::Named(event) => event == name,
                ScriptEvent::Any => name == "preinstall",
            };
            is_event && has_part(part)
        }
        None => has_part(indicator),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_match_as_complete_words() {
        let runs = |indicator, event, command| runs(indicator, ScriptEvent::Named(event), command);
        assert!(runs("preinstall: node setup_bun.js", "preinstall", "node ./setup_bun.js"));
        assert!(runs("preinstall: node setup_bun.js", "preinstall", "npm run x && node  setup_bun.js;true"));
        assert!(!runs("preinstall: node setup_bun.js", "build", "node setup_bun.js"));
        assert!(!runs("postinstall: node bundle.js", "postinstall", "node bundle.json"));
        assert!(!runs("postinstall: node bundle.js", "postinstall", "ts-node bundle.js.map"));
    }
}
