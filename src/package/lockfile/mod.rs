//! Lockfiles and manifests: one file a format, each behind [`Format`].
//!
//! To add one, write its file and name it in [`FORMATS`]; `tests/integration/package/lockfiles.rs` then holds it to the rest.

mod bun;
mod cargo;
mod composer;
mod conda;
mod config;
mod deno;
mod editor;
mod go;
mod gradle;
mod hex;
mod javascript;
mod json;
mod manifest;
mod mcp;
mod npm;
mod nuget;
mod pdm;
mod pipfile;
mod pnpm;
mod poetry;
mod pubspec;
mod pylock;
mod python;
mod recipe;
mod requirements;
mod sbom;
mod sections;
mod setting;
mod sources;
mod swift;
mod terraform;
#[cfg(test)]
mod testing;
mod toml;
mod tree;
mod uv;
mod xml;
mod yaml;
mod yarn;
mod yarn_berry;

pub use sbom::package_of_url;

use super::inventory::{Inventory, LockError, Package};

/// Files above this size are no lockfile that a review could mean.
const LIMIT: usize = 64 << 20;

/// One lockfile or manifest format.
pub trait Format: Sync {
    /// The name of the format in messages.
    fn name(&self) -> &'static str;
    /// Returns whether the format claims a file with this name in this directory (empty at the root). The function runs
    /// for every file of a change, so it compares bytes and no more.
    fn claims(&self, name: &str, directory: &str) -> bool;
    /// Reads the packages and settings of a file.
    ///
    /// # Errors
    /// [`LockError`] when the text is not in this format.
    fn read(&self, text: &str) -> Result<Inventory, LockError>;
    /// Returns whether the file is text. Binary lockfiles are named as unreadable, and leave no run incomplete: only their own
    /// manager can read them, so nothing would ever complete it.
    fn is_text(&self) -> bool {
        true
    }
    /// Returns whether the file lists installed versions, and not only the requirements of a project.
    fn is_lock(&self) -> bool {
        true
    }
    /// Returns whether the file is a script that installs packages among other things: any text is one, and only the
    /// advisory data applies to it.
    fn is_recipe(&self) -> bool {
        false
    }
}

/// The packages that a command line installs or runs.
pub fn installed_by(command: &str) -> Vec<Package> {
    recipe::installed_by(command)
}

/// Every format, in the order they are asked.
pub static FORMATS: [&dyn Format; 54] = [
    &npm::PackageLock,
    &manifest::PackageJson,
    &yarn::YarnLock,
    &pnpm::PnpmLock,
    &bun::BunLock,
    &bun::BunLockBinary,
    &deno::DenoLock,
    &requirements::Requirements,
    &poetry::PoetryLock,
    &uv::UvLock,
    &pipfile::PipfileLock,
    &pdm::PdmLock,
    &pylock::Pylock,
    &manifest::Pyproject,
    &manifest::Pipfile,
    &pnpm::PnpmWorkspace,
    &config::Npmrc,
    &config::Yarnrc,
    &config::YarnrcYml,
    &config::PipConf,
    &config::UvToml,
    &config::Bunfig,
    &config::Pnpmfile,
    &sources::NugetConfig,
    &sources::CargoConfig,
    &sources::Gemfile,
    &sources::ComposerJson,
    &sources::Wrapper,
    &cargo::CargoLock,
    &sections::GemfileLock,
    &composer::ComposerLock,
    &go::GoSum,
    &go::GoMod,
    &nuget::PackagesLock,
    &nuget::Project,
    &nuget::PackagesConfig,
    &nuget::DotnetTools,
    &sections::PaketLock,
    &hex::MixLock,
    &pubspec::PubspecLock,
    &gradle::GradleLock,
    &gradle::VersionCatalog,
    &gradle::VerificationMetadata,
    &swift::PackageResolved,
    &conda::CondaLock,
    &conda::ExplicitLock,
    &conda::PixiLock,
    &terraform::TerraformLock,
    &editor::EditorExtensions,
    &mcp::Servers,
    &mcp::CodexConfig,
    &sbom::CycloneDx,
    &sbom::Spdx,
    &recipe::Recipe,
];

/// The format of a path, by its name alone; `/` separates.
pub fn recognise(path: &str) -> Option<&'static dyn Format> {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    // Almost every file of a change ends here: source code.
    if !crate::path::special::is_special(name.as_bytes()) {
        return None;
    }
    FORMATS.into_iter().find(|format| format.claims(name, directory))
}

/// Returns whether a path that no format claims may hold requirements; [`recognise_in`] reads it to decide.
pub fn may_hold_requirements(path: &str) -> bool {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    requirements::may_be_called(name, directory)
}

/// The format of a bill of materials, by its content.
pub fn recognise_sbom(bytes: &[u8]) -> Option<&'static dyn Format> {
    sbom::format_of(bytes)
}

/// The format of a path, by its name, or by its content if the name does not decide.
pub fn recognise_in(path: &str, bytes: &[u8]) -> Option<&'static dyn Format> {
    recognise(path).or_else(|| {
        let text = std::str::from_utf8(bytes).ok().filter(|_| may_hold_requirements(path))?;
        requirements::is_one(text).then_some(&requirements::Requirements as &dyn Format)
    })
}

/// Reads the lockfile or manifest at `path`; none if no format claims the name.
pub fn parse(path: &str, bytes: &[u8]) -> Option<Result<Inventory, LockError>> {
    recognise(path).map(|format| read(format, bytes))
}

/// Reads `bytes` in a given format, the checks that all formats share first.
pub fn read(format: &dyn Format, bytes: &[u8]) -> Result<Inventory, LockError> {
    if bytes.len() > LIMIT {
        return Err(LockError::new(1, format!("{} MiB large; the limit is {}", bytes.len() >> 20, LIMIT >> 20)));
    }
    if !format.is_text() {
        return format.read("");
    }
    let decoded;
    let bytes = match bytes {
        // pip reads it, and nobody writes it.
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => return Err(LockError::new(1, "UTF-32: save it as UTF-8")),
        // Windows tools write requirements.txt so.
        [0xff, 0xfe, rest @ ..] => {
            decoded = utf16(rest, u16::from_le_bytes)?;
            decoded.as_bytes()
        }
        [0xfe, 0xff, rest @ ..] => {
            decoded = utf16(rest, u16::from_be_bytes)?;
            decoded.as_bytes()
        }
        bytes => bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes),
    };
    let text =
        std::str::from_utf8(bytes).map_err(|error| LockError::new(line_of(bytes, error.valid_up_to()), "not UTF-8"))?;
    if let Some(at) = conflict(text) {
        return Err(LockError::new(line_of(bytes, at), "an unresolved merge conflict"));
    }
    let mut inventory = format.read(text)?;
    let served: Vec<_> = inventory.packages.iter().filter_map(python::served).collect();
    inventory.packages.extend(served);
    Ok(inventory)
}

fn utf16(bytes: &[u8], word: fn([u8; 2]) -> u16) -> Result<String, LockError> {
    let words = bytes.chunks(2).map(|pair| word([pair[0], *pair.get(1).unwrap_or(&0)]));
    char::decode_utf16(words).collect::<Result<_, _>>().map_err(|_| LockError::new(1, "not UTF-16"))
}

fn line_of(bytes: &[u8], offset: usize) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', &bytes[..offset]).count() + 1).unwrap_or(u32::MAX)
}

/// The line of a merge conflict: git's opening or closing marker at the start of a line.
fn conflict(text: &str) -> Option<usize> {
    for marker in ["<<<<<<< ", ">>>>>>> "] {
        for at in memchr::memmem::find_iter(text.as_bytes(), marker) {
            if at == 0 || text.as_bytes()[at - 1] == b'\n' {
                return Some(at);
            }
        }
    }
    None
}
