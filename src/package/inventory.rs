//! The content of a lockfile or manifest: packages, their sources, and the commands that run when they are installed.

use super::ecosystem::Ecosystem;

/// The kind of hash that is the commit of a release: a tag may be moved, and then another one has the same name.
pub const COMMIT: &str = "commit";

/// A package in a lockfile or manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The ecosystem it is published in.
    pub ecosystem: Ecosystem,
    /// Its real name as written, not the alias.
    pub name: String,
    /// Its exact version; none if the file gives a range.
    pub version: Option<String>,
    /// The other name it is installed under.
    pub alias: Option<String>,
    /// Its source.
    pub source: Source,
    /// Its hashes, each with its algorithm or the name of its file: only hashes with the same one are comparable.
    pub integrity: Vec<(String, String)>,
    /// True if the lockfile marks it as running a script at installation.
    pub install_script: bool,
    /// Its publication date (RFC 3339), if the lockfile gives one.
    pub published: Option<String>,
    /// The addresses of its files, one for each host, if the file gives them apart from the source.
    pub files: Vec<String>,
    /// True if the entry of another package (the alias) holds it, and only the address there names it.
    pub impostor: bool,
    /// The line in the file, from 1.
    pub line: u32,
}

/// The source of a package, as the file has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A registry, with its URL if the file gives one.
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
    /// A registry package with its name and version only.
    pub fn new(ecosystem: Ecosystem, name: impl Into<String>, version: Option<String>, line: u32) -> Self {
        Self {
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

    /// `name@version`, or the name without a version.
    pub fn label(&self) -> String {
        match &self.version {
            Some(version) => format!("{}@{version}", self.name),
            None => self.name.clone(),
        }
    }

    /// Returns whether its source is a registry.
    pub fn is_registry(&self) -> bool {
        matches!(self.source, Source::Registry(_))
    }
}

/// A command that the package manager runs on its own: an install script, a build backend of the project's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The event that runs it: `preinstall`, `postinstall`...
    pub event: String,
    /// The command.
    pub command: String,
    /// The line in the file, from 1.
    pub line: u32,
}

/// A setting about the sources of packages, or about the commands that run at installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key, as the file spells it.
    pub key: String,
    /// Its value, without credentials.
    pub value: String,
    /// The subject of the setting.
    pub topic: Topic,
    /// True if it protects the installation: its removal deserves a look, while of other settings the addition does.
    pub guard: bool,
    /// The line in the file, from 1.
    pub line: u32,
}

/// The subject of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The sources of packages, and their verification.
    Place,
    /// The commands that run at installation.
    Script,
}

/// The content of a lockfile or manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// The packages, in the file's order.
    pub packages: Vec<Package>,
    /// The commands that run at installation (manifests only).
    pub scripts: Vec<Script>,
    /// The settings of the package manager.
    pub settings: Vec<Setting>,
    /// The files it includes (`-r other.txt`), relative to it.
    pub includes: Vec<String>,
}

/// The error of a lockfile that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockError {
    /// The line, from 1.
    pub line: u32,
    /// The mistake.
    pub reason: String,
}

impl LockError {
    pub(crate) fn new(line: u32, reason: impl Into<String>) -> Self {
        Self { line, reason: reason.into() }
    }
}

impl std::fmt::Display for LockError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for LockError {}
