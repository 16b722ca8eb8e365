//! The cooldown settings of a project's package managers, which delay the use of new versions.
//!
//! Each manager has its own setting with its own unit:
//! npm 11.10 `min-release-age` in days (<https://docs.npmjs.com/cli/v11/using-npm/config#min-release-age>), pnpm 10.16
//! `minimumReleaseAge` in minutes (<https://pnpm.io/settings#minimumreleaseage>), bun 1.3 `minimumReleaseAge` in
//! seconds (<https://bun.com/docs/runtime/bunfig>), yarn 4.10 `npmMinimalAgeGate` in minutes or with a unit
//! (<https://yarnpkg.com/configuration/yarnrc>), uv 0.9.17 `exclude-newer` as a duration
//! (<https://docs.astral.sh/uv/reference/settings/#exclude-newer>).

use crate::environment;
use crate::file;
use std::path::{Path, PathBuf};

/// The cooldown in the suggested lines, in days: most hijacked versions are taken down within one.
const DAYS: u32 = 7;

/// A package manager without a cooldown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingCooldown {
    /// Its name.
    pub manager: &'static str,
    /// The lockfile of its use, as it was given.
    pub lockfile: String,
    /// The remedy: the line to add, and its file.
    pub fix: String,
}

/// The locations of a user's settings.
#[derive(Clone, Debug, Default)]
pub struct UserSettings {
    /// The home directory.
    pub home: Option<PathBuf>,
    /// `$XDG_CONFIG_HOME`, or its default.
    pub config: Option<PathBuf>,
    /// The names of the environment variables with a value, in lower case.
    pub variables: Vec<String>,
}

impl UserSettings {
    /// The settings of the user who runs this program.
    pub fn here() -> Self {
        let home = environment::absolute_path("HOME").or_else(|| environment::absolute_path("USERPROFILE"));
        let config =
            environment::absolute_path("XDG_CONFIG_HOME").or_else(|| home.as_ref().map(|home| home.join(".config")));
        let set = environment::variables().filter(|(_, value)| !value.is_empty());
        let variables = set.filter_map(|(name, _)| Some(name.to_str()?.to_ascii_lowercase())).collect();
        Self { home, config, variables }
    }

    fn has(&self, variables: &[&str]) -> bool {
        variables.iter().any(|wanted| self.variables.iter().any(|name| name == wanted))
    }

    fn in_home(&self, name: &str) -> Option<PathBuf> {
        self.home.as_ref().map(|home| home.join(name))
    }

    fn in_config(&self, name: &str) -> Option<PathBuf> {
        self.config.as_ref().map(|config| config.join(name))
    }
}

/// The lockfiles of managers that have such a setting.
pub const LOCKFILES: [&str; 7] =
    ["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb", "uv.lock"];

/// The managers of `lockfiles` (paths below `root`) without a cooldown, each once.
pub fn missing(root: &Path, lockfiles: &[String], user: &UserSettings) -> Vec<MissingCooldown> {
    let mut found: Vec<MissingCooldown> = Vec::new();
    for lockfile in lockfiles {
        let path = root.join(lockfile);
        let folder = path.parent().unwrap_or(root);
        let name = lockfile.rsplit('/').next().unwrap_or(lockfile);
        let Some((manager, fix)) = missing_cooldown(name, folder, user) else { continue };
        if !found.iter().any(|m| m.manager == manager) {
            found.push(MissingCooldown { manager, lockfile: lockfile.clone(), fix });
        }
    }
    found
}

/// The manager of a lockfile and its remedy; none if its cooldown is set.
fn missing_cooldown(lockfile: &str, folder: &Path, user: &UserSettings) -> Option<(&'static str, String)> {
    let minutes = DAYS * 24 * 60;
    let add = |line: String, file: &str| format!("add `{line}` to {file}");
    match lockfile {
        "package-lock.json" | "npm-shrinkwrap.json" => {
            let files = [Some(folder.join(".npmrc")), user.in_home(".npmrc")];
            let set = any(&files, |text| ini(text, "min-release-age") || ini(text, "before"))
                || user.has(&["npm_config_min_release_age", "npm_config_before"]);
            (!set).then(|| ("npm", add(format!("min-release-age={DAYS}"), ".npmrc (npm 11.10 or later; in days)")))
        }
        "pnpm-lock.yaml" => {
            let yaml_files = [Some(folder.join("pnpm-workspace.yaml")), user.in_config("pnpm/config.yaml")];
            let ini_files = [Some(folder.join(".npmrc")), user.in_home(".npmrc"), user.in_config("pnpm/rc")];
            let set = any(&yaml_files, |text| yaml(text, "minimumReleaseAge"))
                || any(&ini_files, |text| ini(text, "minimum-release-age"))
                || user.has(&["npm_config_minimum_release_age", "pnpm_config_minimum_release_age"])
                || from(folder, "pnpm", (11, 0));
            let file = "pnpm-workspace.yaml (pnpm 10.16 or later; in minutes)";
            (!set).then(|| ("pnpm", add(format!("minimumReleaseAge: {minutes}"), file)))
        }
        "bun.lock" | "bun.lockb" => {
            let files =
                [Some(folder.join("bunfig.toml")), user.in_home(".bunfig.toml"), user.in_config(".bunfig.toml")];
            let set = any(&files, |text| toml(text, &["install", "minimumReleaseAge"]));
            let line = format!("minimumReleaseAge = {}", minutes * 60);
            (!set).then(|| ("bun", add(line, "bunfig.toml, below [install] (bun 1.3 or later; in seconds)")))
        }
        "yarn.lock" if read(&folder.join("yarn.lock")).is_some_and(|text| text.contains("# yarn lockfile v1")) => {
            Some(("yarn", "yarn 1 cannot wait; yarn 4.10 and later can: npmMinimalAgeGate in .yarnrc.yml".to_owned()))
        }
        "yarn.lock" => {
            let files = [Some(folder.join(".yarnrc.yml")), user.in_home(".yarnrc.yml")];
            let set = any(&files, |text| yaml(text, "npmMinimalAgeGate"))
                || user.has(&["yarn_npm_minimal_age_gate"])
                || from(folder, "yarn", (4, 15));
            let file = ".yarnrc.yml (yarn 4.10 or later)";
            (!set).then(|| ("yarn", add(format!("npmMinimalAgeGate: {DAYS}d"), file)))
        }
        "uv.lock" => {
            let own = [Some(folder.join("uv.toml")), user.in_config("uv/uv.toml"), Some("/etc/uv/uv.toml".into())];
            let set = any(&own, |text| toml(text, &["exclude-newer"]))
                || any(&[Some(folder.join("pyproject.toml"))], |text| toml(text, &["tool", "uv", "exclude-newer"]))
                || user.has(&["uv_exclude_newer"]);
            let file = "pyproject.toml, below [tool.uv] (uv 0.9.17 or later)";
            (!set).then(|| ("uv", add(format!("exclude-newer = \"{DAYS} days\""), file)))
        }
        _ => None,
    }
}

fn read(path: &Path) -> Option<String> {
    file::read_to_string(path).ok()
}

fn any(files: &[Option<PathBuf>], set: impl Fn(&str) -> bool) -> bool {
    files.iter().flatten().filter_map(|path| read(path)).any(|text| set(&text))
}

/// Returns whether a value sets a cooldown.
fn counts(value: &str) -> bool {
    let value = value.split(" #").next().unwrap_or(value).trim().trim_matches(['"', '\'']);
    let number = value.trim_end_matches(char::is_alphabetic).trim();
    !value.is_empty() && !matches!(value, "null" | "~" | "false") && number.parse::<f64>().map_or(true, |n| n > 0.0)
}

/// `key = value` of an .npmrc.
fn ini(text: &str, key: &str) -> bool {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .any(|(name, value)| name.trim() == key && counts(value.split(';').next().unwrap_or(value)))
}

/// `key: value` at the top of a YAML file.
fn yaml(text: &str, key: &str) -> bool {
    text.lines().filter_map(|line| line.split_once(':')).any(|(name, value)| {
        // Indented keys belong to other settings: pnpm ignores one below `settings:`.
        name.trim_matches(['"', '\'']) == key && counts(value)
    })
}

/// A key of a TOML file, by its path.
fn toml(text: &str, path: &[&str]) -> bool {
    let Ok(table) = text.parse::<::toml::Table>() else { return false };
    let mut value = ::toml::Value::Table(table);
    for key in path {
        match value.as_table_mut().and_then(|t| t.remove(*key)) {
            Some(inner) => value = inner,
            None => return false,
        }
    }
    counts(&value.to_string())
}

/// Returns whether package.json pins `manager` at a version with a default cooldown of a day.
fn from(folder: &Path, manager: &str, since: (u64, u64)) -> bool {
    let pinned = || {
        let manifest: serde_json::Value = serde_json::from_str(&read(&folder.join("package.json"))?).ok()?;
        let pin = manifest.get("packageManager")?.as_str()?.strip_prefix(manager)?.strip_prefix('@')?.to_owned();
        let version = semver::Version::parse(pin.split('+').next()?).ok()?;
        Some((version.major, version.minor) >= since)
    };
    pinned().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The managers without a cooldown in a folder with these files.
    fn managers(files: &[(&str, &str)], variables: &[&str]) -> Vec<&'static str> {
        let folder = tempfile::tempdir().unwrap();
        let home = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = match name.strip_prefix("~/") {
                Some(name) => home.path().join(name),
                None => folder.path().join(name),
            };
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let user = UserSettings {
            home: Some(home.path().to_owned()),
            config: Some(home.path().join(".config")),
            variables: variables.iter().map(|v| (*v).to_owned()).collect(),
        };
        let lockfiles: Vec<String> =
            files.iter().map(|(name, _)| (*name).to_owned()).filter(|n| !n.starts_with('~')).collect();
        missing(folder.path(), &lockfiles, &user).into_iter().map(|m| m.manager).collect()
    }

    #[test]
    fn each_manager_by_its_own_setting() {
        for (lockfile, manager, file, line, zero) in [
            ("package-lock.json", "npm", ".npmrc", "min-release-age = 7", "min-release-age=0"),
            ("package-lock.json", "npm", "~/.npmrc", "min-release-age=7", "#min-release-age=7"),
            (
                "pnpm-lock.yaml",
                "pnpm",
                "pnpm-workspace.yaml",
                "minimumReleaseAge: 10080 # a week",
                "minimumReleaseAge: 0",
            ),
            ("pnpm-lock.yaml", "pnpm", ".npmrc", "minimum-release-age=10080", "min-release-age=7"),
            (
                "pnpm-lock.yaml",
                "pnpm",
                "~/.config/pnpm/config.yaml",
                "minimumReleaseAge: 1440",
                "settings:\n  minimumReleaseAge: 1",
            ),
            ("bun.lock", "bun", "bunfig.toml", "[install]\nminimumReleaseAge = 604800", "minimumReleaseAge = 604800"),
            ("yarn.lock", "yarn", ".yarnrc.yml", "npmMinimalAgeGate: \"7d\"", "npmMinimalAgeGate: \"0d\""),
            (
                "yarn.lock",
                "yarn",
                "package.json",
                "{\"packageManager\": \"yarn@4.15.0+sha224.00\"}",
                "{\"packageManager\": \"yarn@4.14.0\"}",
            ),
            (
                "pnpm-lock.yaml",
                "pnpm",
                "package.json",
                "{\"packageManager\": \"pnpm@11.0.0\"}",
                "{\"packageManager\": \"pnpm@10.33.0\"}",
            ),
            ("uv.lock", "uv", "pyproject.toml", "[tool.uv]\nexclude-newer = \"7 days\"", "[project]\nname = \"x\""),
            (
                "uv.lock",
                "uv",
                "uv.toml",
                "exclude-newer = \"2026-01-01T00:00:00Z\"",
                "[tool.uv]\nexclude-newer = \"7 days\"",
            ),
        ] {
            assert_eq!(managers(&[(lockfile, "")], &[]), [manager]);
            assert_eq!(managers(&[(lockfile, ""), (file, line)], &[]), [""; 0], "{file}: {line}");
            assert_eq!(managers(&[(lockfile, ""), (file, zero)], &[]), [manager], "{file}: {zero}");
        }
    }

    #[test]
    fn yarn_1_has_none_and_the_environment_counts() {
        assert_eq!(
            managers(&[("yarn.lock", "# yarn lockfile v1\n"), (".yarnrc.yml", "npmMinimalAgeGate: 7d")], &[]),
            ["yarn"]
        );
        assert_eq!(managers(&[("uv.lock", "")], &["uv_exclude_newer"]), [""; 0]);
        assert_eq!(managers(&[("package-lock.json", ""), ("sub/package-lock.json", "")], &[]), ["npm"], "listed once");
        assert_eq!(managers(&[("poetry.lock", "")], &[]), [""; 0]);
    }

    #[test]
    fn every_lockfile_of_the_list_has_a_manager() {
        for lockfile in LOCKFILES {
            assert_eq!(managers(&[(lockfile, "")], &[]).len(), 1, "{lockfile}");
        }
    }
}
