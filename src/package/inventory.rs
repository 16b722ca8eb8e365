//! What a lockfile or manifest holds: packages, where they come from, and what runs when they are installed.

use super::ecosystem::Ecosystem;

/// One package as a lockfile or manifest names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Where it is published.
    pub ecosystem: Ecosystem,
    /// The real name, as written; never the alias.
    pub name: String,
    /// The exact version, where there is one; a manifest's range is none.
    pub version: Option<String>,
    /// The name it is installed under, where that is another.
    pub alias: Option<String>,
    /// Where it comes from.
    pub source: Source,
    /// Hashes, each with what it is comparable by: an algorithm, or the name of the file it is of.
    pub integrity: Vec<(String, String)>,
    /// Whether the lockfile says that installing it runs a script.
    pub install_script: bool,
    /// When it was published, where the lockfile says so (RFC 3339).
    pub published: Option<String>,
    /// The addresses of its files, one for each host, where the file gives them apart from the source.
    pub files: Vec<String>,
    /// Whether only the address in the entry of another package (the alias) names it.
    pub impostor: bool,
    /// The line it stands on, from 1.
    pub line: u32,
}

/// Where a package comes from, as the file has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A registry; the URL where the file gives one.
    Registry(Option<String>),
    /// A git repository.
    Git(String),
    /// An archive at a URL that is no registry's.
    Url(String),
    /// An archive or directory on disk.
    File(String),
    /// A link to a directory.
    Link(String),
    /// A member of this workspace, or the project itself.
    Workspace,
}

impl Package {
    /// A registry package with nothing known but its name and version.
    pub fn new(ecosystem: Ecosystem, name: impl Into<String>, version: Option<String>, line: u32) -> Package {
        Package {
            ecosystem,
            name: name.into(),
            version,
            alias: None,
            source: Source::Registry(None),
            integrity: Vec::new(),
            install_script: false,
            published: None,
            files: Vec::new(),
            impostor: false,
            line,
        }
    }

    /// `name@version`, or the name where there is no version.
    pub fn label(&self) -> String {
        match &self.version {
            Some(version) => format!("{}@{version}", self.name),
            None => self.name.clone(),
        }
    }

    /// Whether a registry serves it.
    pub fn is_registry(&self) -> bool {
        matches!(self.source, Source::Registry(_))
    }
}

/// A command that the package manager runs on its own: an install script, a build backend of the project's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// When it runs: `preinstall`, `postinstall`...
    pub event: String,
    /// What runs.
    pub command: String,
    /// The line it stands on, from 1.
    pub line: u32,
}

/// A setting that decides where packages come from, or what runs when they are installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key, as the file spells it.
    pub key: String,
    /// Its value, fit to be shown.
    pub value: String,
    /// What it decides.
    pub topic: Topic,
    /// Whether it makes installing safer, so that its end is the news; of others it is their coming.
    pub guard: bool,
    /// The line it stands on, from 1.
    pub line: u32,
}

/// What a setting decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Where packages come from, and whether that is checked.
    Place,
    /// What runs at installation.
    Script,
}

/// Everything a lockfile or manifest says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// The packages, in the file's order.
    pub packages: Vec<Package>,
    /// What runs at installation (manifests only).
    pub scripts: Vec<Script>,
    /// What the package manager is told beside the packages.
    pub settings: Vec<Setting>,
    /// Further files it draws in (`-r other.txt`), relative to it.
    pub includes: Vec<String>,
}

/// Why a lockfile could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockError {
    /// Where, from 1.
    pub line: u32,
    /// What is wrong.
    pub reason: String,
}

impl LockError {
    pub(crate) fn new(line: u32, reason: impl Into<String>) -> LockError {
        LockError { line, reason: reason.into() }
    }
}

impl std::fmt::Display for LockError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for LockError {}
