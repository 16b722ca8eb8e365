//! Addresses of repositories, compared by host and path.

use std::path::{Path, PathBuf};

use bstr::{BStr, ByteSlice};
use percent_encoding::percent_decode;
use sha2::{Digest, Sha256};

/// Hosts that serve a repository under a second name, for networks which let only port 443 through.
const SECOND_NAMES: &[(&str, &str)] = &[
    ("ssh.github.com", "github.com"),
    ("altssh.gitlab.com", "gitlab.com"),
    ("altssh.bitbucket.org", "bitbucket.org"),
    ("ssh.dev.azure.com", "dev.azure.com"),
];

/// Hosts whose paths ignore the case of letters.
const CASELESS: &[&str] = &["github.com", "gitlab.com", "bitbucket.org", "dev.azure.com"];

/// The location of a repository. Two addresses are equal when they lead to one repository, whatever the protocol, the
/// user, the port and the spelling: people fetch by https and push by ssh.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// Empty for a path on this machine.
    host: String,
    path: String,
}

impl Address {
    /// Reads a URL, an scp-like address (`host:path`) or a path; a relative path begins at `base`.
    ///
    /// ```
    /// use shield_hook::git::Address;
    ///
    /// let address = |url: &str| Address::parse(url.into(), std::path::Path::new("/srv"));
    /// assert_eq!(address("https://git.example/team/app.git"), address("git@git.example:team/app"));
    /// assert_ne!(address("https://git.example/team/app.git"), address("https://git.example/other/app.git"));
    /// ```
    pub fn parse(url: &BStr, base: &Path) -> Self {
        let Ok(parsed) = gix::url::parse(url) else {
            return Self { host: String::new(), path: url.to_string() };
        };
        match parsed.host().filter(|host| !host.is_empty()) {
            Some(host) => Self::on_host(host, &parsed.path),
            None => Self::on_disk(parsed.path.as_ref(), base),
        }
    }

    fn on_host(host: &str, path: &[u8]) -> Self {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let host =
            SECOND_NAMES.iter().find(|(second, _)| *second == host).map_or(host, |(_, first)| (*first).to_owned());
        let path = percent_decode(path).decode_utf8_lossy();
        let path = path.trim_start_matches('/');
        // Relative to the user's home, as an scp-like path is anyway.
        let mut path = bare(path.strip_prefix("~/").unwrap_or(path)).to_owned();
        if CASELESS.contains(&host.as_str()) {
            path.make_ascii_lowercase();
        }
        if host == "dev.azure.com" {
            // By ssh v3/ORGANISATION/PROJECT/REPOSITORY, by https ORGANISATION/PROJECT/_git/REPOSITORY.
            path = path.strip_prefix("v3/").unwrap_or(&path).replace("/_git/", "/");
        }
        Self { host, path }
    }

    fn on_disk(path: &BStr, base: &Path) -> Self {
        let path = base.join(path.to_path_lossy());
        let text = path.to_string_lossy();
        // Git opens PATH.git as well when PATH is given.
        let spelled = [text.to_string(), format!("{}.git", bare(&text))];
        let real =
            spelled.iter().find_map(|path| PathBuf::from(path).canonicalize().ok()).unwrap_or_else(|| path.clone());
        Self { host: String::new(), path: bare(&real.to_string_lossy()).to_owned() }
    }

    /// The host and the path; none for a path on this machine.
    pub fn on_host_at(&self) -> Option<(String, String)> {
        (!self.host.is_empty()).then(|| (self.host.clone(), self.path.clone()))
    }

    /// A digest in place of the address, which may hold a token.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(&self.host);
        hash.update([0]);
        hash.update(&self.path);
        hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A path without its optional endings: slashes, `.git`, and the `.git` directory of a work tree.
fn bare(path: &str) -> &str {
    let path = path.trim_end_matches(['/', '\\']);
    let path = path.strip_suffix("/.git").or_else(|| path.strip_suffix(".git")).unwrap_or(path);
    path.trim_end_matches(['/', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Address {
        Address::parse(url.into(), Path::new("/base"))
    }

    #[test]
    fn one_repository_has_many_spellings() {
        for same in [
            &[
                "https://example.org/team/app",
                "https://example.org/team/app.git",
                "https://example.org/team/app.git/",
                "http://user:pass@example.org:8080/team/app/",
                "ssh://git@example.org:2222/team/app.git",
                "git@example.org:team/app.git",
                "example.org:/team/app",
                "git://EXAMPLE.org/team/app",
                "ssh://git@example.org/~/team/app",
            ][..],
            &["https://github.com/Team/App", "git@github.com:team/app.git", "ssh://git@ssh.github.com:443/team/app"],
            &["https://o@dev.azure.com/o/My%20Project/_git/app", "git@ssh.dev.azure.com:v3/o/My%20Project/app"],
            &["/base/srv/app.git", "/base/srv/app", "file:///base/srv/app.git/", "/base/srv/app/.git", "srv/app"],
        ] {
            for other in same {
                assert_eq!(address(same[0]), address(other), "{other}");
            }
        }
    }

    #[test]
    fn other_hosts_and_other_paths_are_other_repositories() {
        let all = [
            "https://example.org/team/app",
            "https://example.org/team/app2",
            "https://example.org/app",
            "https://example.com/team/app",
            "https://example.org/Team/app",
            "/team/app",
            "file:///example.org/team/app",
        ];
        for (n, one) in all.iter().enumerate() {
            for other in &all[..n] {
                assert_ne!(address(one), address(other));
                assert_ne!(address(one).digest(), address(other).digest());
            }
        }
    }
}
