//! How to install this program again: from the repository and the commit that it was built from. A name on a registry
//! may belong to somebody else.

/// The git address of the source, set by who builds the program for others.
const REPOSITORY: Option<&str> = option_env!("SHIELD_HOOK_SOURCE");
/// The full id of the commit, set beside it.
const REVISION: Option<&str> = option_env!("SHIELD_HOOK_REVISION");

/// The arguments with which cargo installs this program from its origin; nothing where the build did not record it.
pub fn cargo_arguments() -> Option<String> {
    arguments(REPOSITORY, REVISION)
}

/// How to install this program, for a message.
pub fn how_to_install() -> String {
    match cargo_arguments() {
        Some(from) => format!("cargo install --locked {from}"),
        None => "./install.sh in a checkout of its source".into(),
    }
}

fn arguments(repository: Option<&str>, revision: Option<&str>) -> Option<String> {
    // The text becomes part of shell scripts and of YAML.
    let plain =
        |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b":/._~-".contains(&b));
    let repository = repository.filter(plain).filter(|text| text.contains("://"))?;
    let revision = revision.filter(plain).filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()))?;
    Some(format!("--git {repository} --rev {revision}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_with_a_commit_is_printed() {
        let id = "0123abcd".repeat(5);
        let address = "https://git.example/team/shield-hook";
        assert_eq!(arguments(Some(address), Some(&id)), Some(format!("--git {address} --rev {id}")));
        for (repository, revision) in [
            (None, Some(id.as_str())),
            (Some(address), None),
            (Some("shield-hook"), Some(&id)),
            (Some("https://user:word@git.example/x"), Some(&id)),
            (Some("https://git.example/$(x)"), Some(&id)),
            (Some(address), Some("main")),
            (Some(address), Some("")),
        ] {
            assert_eq!(arguments(repository, revision), None, "{repository:?} {revision:?}");
        }
    }
}
