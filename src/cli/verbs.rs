//! Verbs of other scanners, which people type out of habit.

/// A verb, whose it is, and the command that does the same here.
const VERBS: [(&str, &str, &str); 11] = [
    ("detect", "gitleaks", "scan --history"),
    ("protect", "gitleaks", "scan --staged"),
    ("git", "gitleaks and trufflehog", "scan --history"),
    ("dir", "gitleaks", "scan PATH"),
    ("filesystem", "trufflehog", "scan PATH"),
    ("stdin", "gitleaks", "scan -"),
    ("secret", "ggshield", "scan --staged"),
    ("verify", "talisman", "scan --staged"),
    ("update", "many tools", "advisories update"),
    ("run", "pre-commit and lefthook", "hook pre-commit"),
    ("init", "many tools", "install"),
];

/// The hint for a verb that is not one of ours.
pub(super) fn hint(verb: &str) -> Option<String> {
    let (verb, tool, ours) = VERBS.iter().find(|(other, ..)| *other == verb)?;
    Some(format!("  hint: `{verb}` of {tool} is `shield-hook {ours}` here"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_hint_names_a_command_and_no_verb_is_ours() {
        let command = super::super::Cli::command();
        for (verb, _, ours) in VERBS {
            let first = ours.split(' ').next().unwrap_or_default();
            assert!(command.find_subcommand(first).is_some(), "{ours}");
            assert!(command.find_subcommand(verb).is_none(), "{verb}");
            assert!(hint(verb).is_some_and(|hint| hint.contains(ours)));
        }
        assert_eq!(hint("scan"), None);
    }
}
