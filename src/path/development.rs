//! The paths of settings for a developer's own machine or for a run of CI.

/// Directories that hold the environment of developers and nothing else.
const DIRECTORIES: [&[u8]; 4] = [b".ddev", b".devcontainer", b".lando", b".gitpod"];
/// Directories whose files are named after environments.
const ENVIRONMENTS: [&[u8]; 6] = [b"settings", b"config", b"configs", b"conf", b"environments", b"env"];
/// Words in the name of a file that say which environment it is for.
const WORDS: [&[u8]; 4] = [b"dev", b"develop", b"development", b"ci"];

/// Returns whether the settings in the file at `path` are for development or CI.
///
/// ```
/// use shield_hook::path::development::is_for_development;
///
/// assert!(is_for_development(b"settings/ci.py") && is_for_development(b".env.development"));
/// assert!(!is_for_development(b"settings/main.py") && !is_for_development(b"local_settings.py"));
/// ```
pub fn is_for_development(path: &[u8]) -> bool {
    let mut parts = path.rsplit(|b| *b == b'/');
    let name = parts.next().unwrap_or_default();
    let is_one_of = |list: &[&[u8]], word: &[u8]| list.iter().any(|one| word.eq_ignore_ascii_case(one));
    let mut words = name.split(|b| !b.is_ascii_alphanumeric());
    // `local_settings.py` is the configuration of whatever machine it is on, in production as well.
    let is_local = || {
        let stem = name.split(|b| *b == b'.').find(|part| !part.is_empty()).unwrap_or_default();
        let parent = path.rsplit(|b| *b == b'/').nth(1).unwrap_or_default();
        stem.eq_ignore_ascii_case(b"local") && is_one_of(&ENVIRONMENTS, parent)
    };
    words.any(|word| is_one_of(&WORDS, word)) || is_local() || parts.any(|part| is_one_of(&DIRECTORIES, part))
}
