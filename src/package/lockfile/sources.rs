//! Files that say where packages or the tools that build them come from: NuGet.config, Cargo's config.toml, Gemfile,
//! composer.json, and the wrappers of Gradle and Maven.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Setting, Topic};
use super::super::origin::{host_of, is_official, without_credentials};
use super::{Format, json, setting, toml, xml};

/// A format without packages.
macro_rules! sources {
    ($format:ident, $name:literal, $claims:expr, $read:expr) => {
        pub(super) struct $format;

        impl Format for $format {
            fn name(&self) -> &'static str {
                $name
            }

            fn claims(&self, name: &str, directory: &str) -> bool {
                let claims: fn(&str, &str) -> bool = $claims;
                claims(name, directory)
            }

            fn is_lock(&self) -> bool {
                false
            }

            fn read(&self, text: &str) -> Result<Inventory, LockError> {
                let read: fn(&str) -> Result<Vec<Setting>, LockError> = $read;
                read(text).map(|settings| Inventory { settings, ..Inventory::default() })
            }
        }
    };
}

sources!(
    NugetConfig,
    "nuget.config",
    |name, _| matches!(name, "nuget.config" | "NuGet.config" | "NuGet.Config"),
    nuget
);
sources!(
    CargoConfig,
    "config.toml",
    |name, directory| name == "config.toml" && (directory == ".cargo" || directory.ends_with("/.cargo")),
    cargo
);
sources!(Gemfile, "Gemfile", |name, _| name == "Gemfile", |text| Ok(gemfile(text)));
sources!(ComposerJson, "composer.json", |name, _| name == "composer.json", composer);
sources!(
    Wrapper,
    "gradle-wrapper.properties",
    |name, _| matches!(name, "gradle-wrapper.properties" | "maven-wrapper.properties"),
    |text| Ok(wrapper(text))
);

/// A source that is not the ecosystem's registry over https.
fn place(ecosystem: Ecosystem, key: &str, address: &str, line: u32) -> Option<Setting> {
    let is_public =
        address.starts_with("https://") && host_of(address).is_some_and(|host| is_official(ecosystem, host));
    if is_public || !address.contains("://") {
        return None;
    }
    Some(Setting { key: key.to_owned(), value: without_credentials(address), topic: Topic::Place, guard: false, line })
}

fn nuget(text: &str) -> Result<Vec<Setting>, LockError> {
    let xml = xml::parse(text)?;
    let sources = xml.elements(&["add"]).filter(|node| {
        let parent = node.parent_element().map(|parent| parent.tag_name().name());
        matches!(parent, Some("packageSources" | "auditSources"))
    });
    let found = sources.filter_map(|node| {
        let key = node.attribute("key").unwrap_or("packageSources");
        place(Ecosystem::Nuget, key, node.attribute("value")?, xml.line(node))
    });
    Ok(found.collect())
}

fn cargo(text: &str) -> Result<Vec<Setting>, LockError> {
    let root = toml::parse(text)?;
    let mut found = Vec::new();
    for (table, key) in [("source", "registry"), ("registries", "index")] {
        for entry in root.entries_at(table) {
            let node = entry.node.get(key);
            found.extend(node.and_then(|node| {
                let address = node.text()?.trim_start_matches("sparse+");
                place(Ecosystem::Crates, &format!("{table}.{}", entry.key), address, node.line)
            }));
        }
    }
    let mut runs = |table: &str, node: Option<&super::tree::Node<'_>>, keys: &[&str]| {
        for key in keys {
            let named = node.and_then(|node| node.get(key));
            found
                .extend(named.and_then(|node| Some(setting::runs(&format!("{table}.{key}"), node.text()?, node.line))));
        }
    };
    runs("build", root.get("build"), &["rustc", "rustc-wrapper", "rustc-workspace-wrapper", "rustdoc"]);
    runs("registry", root.get("registry"), &["credential-provider"]);
    for target in root.entries_at("target") {
        runs("target", Some(&target.node), &["runner"]);
    }
    Ok(found)
}

/// `source "https://..."` with or without a block, and the `source:` of one gem.
fn gemfile(text: &str) -> Vec<Setting> {
    let lines = text.lines().zip(1u32..).filter(|(line, _)| !line.trim_start().starts_with('#'));
    let found = lines.filter_map(|(line, number)| {
        let after =
            line.trim_start().strip_prefix("source").or_else(|| line.split_once("source:").map(|(_, rest)| rest))?;
        let value = after.trim_start_matches([' ', '\t', '(', ':', '=', '>']);
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let address = value[1..].split(quote).next()?;
        place(Ecosystem::Rubygems, "source", address, number)
    });
    found.collect()
}

fn composer(text: &str) -> Result<Vec<Setting>, LockError> {
    let root = json::strict(text)?;
    let root = root.expect_map("a composer.json")?;
    let listed = root.items_at("repositories").iter().chain(root.entries_at("repositories").iter().map(|e| &e.node));
    let mut found = Vec::new();
    for node in listed {
        let Some(address) = node.text_at("url") else { continue };
        let address = address.trim();
        // Composer's own registry is named by its host alone; a repository may lie anywhere else.
        let is_public = address.starts_with("https://") && host_of(address).is_some_and(is_packagist);
        if !is_public && (address.contains("://") || address.starts_with("git@")) {
            let (key, value) = ("repositories".to_owned(), without_credentials(address));
            found.push(Setting { key, value, topic: Topic::Place, guard: false, line: node.line });
        }
    }
    Ok(found)
}

fn is_packagist(host: &str) -> bool {
    host == concat!("packag", "ist.org") || host.ends_with(concat!(".packag", "ist.org"))
}

/// The hosts that the wrappers themselves name.
const WRAPPED: [&str; 3] =
    [concat!("services.gra", "dle.org"), concat!("downloads.gra", "dle.org"), concat!("repo.maven.", "apache.org")];

/// The address of the tool that the wrapper fetches and runs, and the hash that it must have.
fn wrapper(text: &str) -> Vec<Setting> {
    let lines = text.lines().zip(1u32..).filter(|(line, _)| !line.trim_start().starts_with(['#', '!']));
    let found = lines.filter_map(|(line, number)| {
        let (key, value) = line.split_once(['=', ':'])?;
        let (key, value) = (key.trim(), value.trim().replace("\\:", ":"));
        let topic = Topic::Place;
        match key {
            "distributionUrl" | "wrapperUrl" => {
                let is_own = host_of(&value).is_some_and(|host| WRAPPED.contains(&host));
                let told = !(is_own && value.starts_with("https://"));
                told.then(|| Setting {
                    key: key.to_owned(),
                    value: without_credentials(&value),
                    topic,
                    guard: false,
                    line: number,
                })
            }
            "distributionSha256Sum" | "wrapperSha256Sum" if !value.is_empty() => {
                Some(Setting { key: key.to_owned(), value, topic, guard: true, line: number })
            }
            _ => None,
        }
    });
    found.collect()
}
