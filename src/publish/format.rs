//! The formats of published artefacts, listed once: how one is known, and where its files lie in it.

use bstr::{BStr, ByteSlice};

/// A format of published artefacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum PackageFormat {
    /// npm's `.tgz`
    Npm,
    /// Python's wheel
    Wheel,
    /// Python's source distribution
    Sdist,
    /// Rust's `.crate`
    Crate,
    /// Ruby's `.gem`
    Gem,
    /// NuGet's `.nupkg`
    Nupkg,
    /// Extension of an editor
    Vsix,
}

/// Where the files of an artefact lie.
enum Root {
    /// At its top.
    Top,
    /// In its first folder.
    FirstFolder,
    /// Below this path.
    Below(&'static str),
}

/// One row of the table.
struct Row {
    format: PackageFormat,
    name: &'static str,
    root: Root,
    /// The paths that only this format has.
    marks: &'static [&'static str],
    /// Globs, below the root, of what the packer writes itself.
    made: &'static [&'static str],
}

const ROWS: [Row; 7] = [
    Row {
        format: PackageFormat::Npm,
        name: "npm",
        root: Root::FirstFolder,
        marks: &["package/package.json"],
        made: &["npm-shrinkwrap.json"],
    },
    Row {
        format: PackageFormat::Wheel,
        name: "wheel",
        root: Root::Top,
        marks: &["*.dist-info/METADATA"],
        made: &["*.dist-info/**"],
    },
    Row {
        format: PackageFormat::Crate,
        name: "crate",
        root: Root::FirstFolder,
        marks: &["*/Cargo.toml.orig", "*/.cargo_vcs_info.json"],
        made: &["Cargo.toml", "Cargo.toml.orig", ".cargo_vcs_info.json", "Cargo.lock"],
    },
    Row {
        format: PackageFormat::Sdist,
        name: "sdist",
        root: Root::FirstFolder,
        marks: &["*/PKG-INFO"],
        made: &["PKG-INFO", "setup.cfg", "*.egg-info/**", "**/*.egg-info/**"],
    },
    Row {
        format: PackageFormat::Gem,
        name: "gem",
        root: Root::Below("data.tar.gz!"),
        marks: &["metadata.gz", "data.tar.gz!*"],
        made: &["metadata.gz", "checksums.yaml.gz"],
    },
    Row {
        format: PackageFormat::Nupkg,
        name: "nupkg",
        root: Root::Top,
        marks: &["*.nuspec"],
        made: &["*.nuspec", "_rels/**", "package/services/**", "[[]Content_Types].xml"],
    },
    Row {
        format: PackageFormat::Vsix,
        name: "vsix",
        root: Root::Below("extension/"),
        marks: &["extension.vsixmanifest"],
        made: &["extension.vsixmanifest", "[[]Content_Types].xml"],
    },
];

impl PackageFormat {
    /// The format that these members are of, if any.
    pub fn of<'m>(members: &(impl Iterator<Item = &'m BStr> + Clone)) -> Option<Self> {
        let has = |mark: &str| {
            let glob = super::glob::glob(mark);
            members.clone().any(|path| glob.as_ref().is_some_and(|glob| glob.is_match(path.to_path_lossy())))
        };
        ROWS.iter().find(|row| row.marks.iter().any(|mark| has(mark))).map(|row| row.format)
    }

    /// Its name in options and receipts.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The member's path below the artefact's root.
    pub fn relative(self, path: &BStr) -> &BStr {
        let rest = match self.row().root {
            Root::Top => None,
            Root::FirstFolder => path.find_byte(b'/').map(|slash| &path[slash + 1..]),
            Root::Below(folder) => path.strip_prefix(folder.as_bytes()).map(BStr::new),
        };
        rest.filter(|rest| !rest.is_empty()).map_or(path, BStr::new)
    }

    /// Returns whether this member is the container that holds the files.
    pub fn is_root(self, path: &BStr) -> bool {
        matches!(self.row().root, Root::Below(folder) if folder.strip_suffix('!').is_some_and(|root| path == root))
    }

    /// Globs of what the packer writes itself.
    pub fn made(self) -> &'static [&'static str] {
        self.row().made
    }

    fn row(self) -> &'static Row {
        let position = ROWS.iter().position(|row| row.format == self);
        &ROWS[position.unwrap_or_default()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_a_row_and_is_known_by_its_members() {
        for format in <PackageFormat as clap::ValueEnum>::value_variants() {
            assert_eq!(ROWS.iter().filter(|row| row.format == *format).count(), 1, "{format:?}");
        }
        for (format, members) in [
            (PackageFormat::Npm, &["package/package.json", "package/index.js"][..]),
            (PackageFormat::Wheel, &["acme/__init__.py", "acme-1.0.dist-info/METADATA"]),
            (PackageFormat::Sdist, &["acme-1.0/PKG-INFO", "acme-1.0/acme/__init__.py"]),
            (PackageFormat::Crate, &["acme-1.0.0/Cargo.toml", "acme-1.0.0/.cargo_vcs_info.json"]),
            (PackageFormat::Gem, &["metadata.gz", "data.tar.gz!lib/acme.rb"]),
            (PackageFormat::Nupkg, &["Acme.nuspec", "lib/net8.0/Acme.dll"]),
            (PackageFormat::Vsix, &["extension.vsixmanifest", "extension/package.json"]),
        ] {
            assert_eq!(PackageFormat::of(&members.iter().map(|path| BStr::new(*path))), Some(format), "{members:?}");
        }
        assert_eq!(PackageFormat::of(&["a", "b/c"].iter().map(|path| BStr::new(*path))), None);
        let relative = |format: PackageFormat, path: &'static str| format.relative(BStr::new(path)).to_string();
        assert_eq!(relative(PackageFormat::Npm, "package/a/b.js"), "a/b.js");
        assert_eq!(relative(PackageFormat::Gem, "data.tar.gz!lib/acme.rb"), "lib/acme.rb");
        assert_eq!(relative(PackageFormat::Vsix, "extension.vsixmanifest"), "extension.vsixmanifest");
        assert_eq!(relative(PackageFormat::Wheel, "acme/a.py"), "acme/a.py");
    }
}
