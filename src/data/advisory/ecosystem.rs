//! The package ecosystems of the advisory data, and the spelling of names in each.
//!
//! Names are written into the index exactly as a look-up asks for them.

/// One package ecosystem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ecosystem {
    /// JavaScript packages: npm, yarn, pnpm, bun, deno's `npm:`.
    Npm,
    /// Python packages.
    Pypi,
    /// Rust crates.
    Crates,
    /// Ruby gems.
    Rubygems,
    /// Go modules.
    Go,
    /// PHP packages.
    Packagist,
    /// .NET packages.
    Nuget,
    /// `owner/repository` of a GitHub action.
    GithubActions,
    /// Container images.
    Docker,
    /// Editor extensions.
    Vscode,
    /// Jenkins plugins.
    Jenkins,
    /// Elixir and Erlang packages.
    Hex,
    /// Dart and Flutter packages.
    Pub,
    /// Java libraries and Gradle plugins, as `group:artifact`.
    Maven,
    /// Swift packages, by the address of their repository.
    Swift,
    /// Packages of conda channels.
    Conda,
    /// Terraform providers, as `namespace/name`.
    Terraform,
}

impl Ecosystem {
    /// Every ecosystem, in the order of their keys.
    pub const ALL: [Self; 17] = [
        Self::Npm,
        Self::Pypi,
        Self::Crates,
        Self::Rubygems,
        Self::Go,
        Self::Packagist,
        Self::Nuget,
        Self::GithubActions,
        Self::Docker,
        Self::Vscode,
        Self::Jenkins,
        Self::Hex,
        Self::Pub,
        Self::Maven,
        Self::Swift,
        Self::Conda,
        Self::Terraform,
    ];

    /// The name used in data, on the command line and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::Pypi => "pypi",
            Self::Crates => "crates",
            Self::Rubygems => "rubygems",
            Self::Go => "go",
            Self::Packagist => "packagist",
            Self::Nuget => "nuget",
            Self::GithubActions => "github-actions",
            Self::Docker => "docker",
            Self::Vscode => "vscode",
            Self::Jenkins => "jenkins",
            Self::Hex => "hex",
            Self::Pub => "pub",
            Self::Maven => "maven",
            Self::Swift => "swift",
            Self::Conda => "conda",
            Self::Terraform => "terraform",
        }
    }

    /// Reads [`as_str`](Self::as_str)'s names and OSV's (`PyPI`, `RubyGems`, `GitHub Actions`...).
    pub fn parse(name: &str) -> Option<Self> {
        let lower = name.trim().to_ascii_lowercase().replace(' ', "-");
        // OSV adds a top-level domain or a URL to some names: the part before a dot or colon is enough.
        let stem = lower.split(['.', ':']).next().unwrap_or_default();
        let stem = if stem == "swifturl" { "swift" } else { stem };
        Self::ALL.into_iter().find(|e| e.as_str() == stem)
    }

    /// The byte that opens this ecosystem's keys in the index.
    pub fn key(self) -> u8 {
        b'a' + self as u8
    }

    /// The one spelling of `name` that the index holds: PEP 503 for Python, lower case where the registry ignores
    /// case, the name itself for npm (whose registry distinguishes `JSONStream` and `jsonstream`), and no default host
    /// or scheme where a name is an address.
    ///
    /// ```
    /// use shield_hook::package::ecosystem::Ecosystem;
    ///
    /// assert_eq!(Ecosystem::Pypi.normalise("My_Package"), "my-package");
    /// ```
    pub fn normalise(self, name: &str) -> String {
        let name = name.trim();
        match self {
            Self::Npm | Self::Rubygems | Self::Go | Self::Maven => name.to_owned(),
            Self::Pypi => pep503(name),
            Self::Crates => name.to_ascii_lowercase().replace('_', "-"),
            Self::Docker => image(&name.to_lowercase()),
            Self::Swift => repository(&name.to_lowercase()),
            Self::Terraform => provider(&name.to_lowercase()),
            _ => name.to_lowercase(),
        }
    }
}

/// An image's name without the default host and the folder of official images.
fn image(name: &str) -> String {
    let path = ["docker.io/", "index.docker.io/"].iter().find_map(|host| name.strip_prefix(host)).unwrap_or(name);
    path.strip_prefix("library/").unwrap_or(path).to_owned()
}

/// The host and path of a repository, whatever the scheme: `github.com/owner/name`.
fn repository(address: &str) -> String {
    let path = address.split_once("://").map_or(address, |(_, rest)| rest);
    let path = path.rsplit_once('@').map_or(path, |(_, path)| path);
    let path = path.trim_end_matches('/');
    path.strip_suffix(".git").unwrap_or(path).replacen(':', "/", 1)
}

/// A provider's name without the host of the public registry and its twin.
fn provider(name: &str) -> String {
    let hosts = [concat!("registry.terra", "form.io/"), concat!("registry.open", "tofu.org/")];
    hosts.iter().find_map(|host| name.strip_prefix(host)).unwrap_or(name).to_owned()
}

/// PEP 503: lower case, each run of `-`, `_` and `.` is one `-`.
fn pep503(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if matches!(c, '-' | '_' | '.') {
            if !out.ends_with('-') {
                out.push('-');
            }
        } else {
            out.push(c.to_ascii_lowercase());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_names_follow_pep_503() {
        for name in ["Foo.Bar", "foo_bar", "FOO--bar", "foo-_.bar"] {
            assert_eq!(Ecosystem::Pypi.normalise(name), "foo-bar");
        }
    }

    #[test]
    fn npm_names_keep_their_case() {
        assert_ne!(Ecosystem::Npm.normalise("JSONStream"), Ecosystem::Npm.normalise("jsonstream"));
    }

    #[test]
    fn osv_names_are_understood() {
        assert_eq!(Ecosystem::parse("PyPI"), Some(Ecosystem::Pypi));
        assert_eq!(Ecosystem::parse("GitHub Actions"), Some(Ecosystem::GithubActions));
        assert_eq!(Ecosystem::parse("crates.example"), Some(Ecosystem::Crates));
        assert_eq!(Ecosystem::parse("SwiftURL"), Some(Ecosystem::Swift));
        assert_eq!(Ecosystem::parse("Maven:https://repository.example/"), Some(Ecosystem::Maven));
        assert_eq!(Ecosystem::parse("cobol"), None);
    }

    #[test]
    fn a_name_that_is_an_address_has_one_spelling() {
        for (ecosystem, name, same) in [
            (Ecosystem::Docker, "docker.io/library/Alpine", "alpine"),
            (Ecosystem::Docker, "index.docker.io/owner/app", "owner/app"),
            (Ecosystem::Docker, "registry.example/library/app", "registry.example/library/app"),
            (Ecosystem::Swift, "https://github.com/Owner/Name.git", "github.com/owner/name"),
            (Ecosystem::Swift, "git@github.com:owner/name.git", "github.com/owner/name"),
            (Ecosystem::Swift, "github.com/owner/name/", "github.com/owner/name"),
            (Ecosystem::Terraform, concat!("registry.terra", "form.io/owner/name"), "owner/name"),
        ] {
            assert_eq!(ecosystem.normalise(name), same, "{name}");
        }
    }

    #[test]
    fn keys_differ() {
        let keys: std::collections::BTreeSet<u8> = Ecosystem::ALL.iter().map(|e| e.key()).collect();
        assert_eq!(keys.len(), Ecosystem::ALL.len());
    }
}
