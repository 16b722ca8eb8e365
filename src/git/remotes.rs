//! The configured remotes and what each is known to hold.

use bstr::{BStr, BString, ByteSlice};
use gix::remote::Direction;

use super::{Oid, Repo};
use crate::error::Result;

/// A configured remote.
#[derive(Clone, Debug)]
pub struct Remote {
    /// Its name, `origin`.
    pub name: String,
    /// Where it is fetched from and pushed to, as configured and after `url.*.insteadOf`.
    pub urls: Vec<BString>,
    /// Where its branches are tracked, each ending in a slash: `refs/remotes/origin/`.
    prefixes: Vec<BString>,
    /// What its remote-tracking refs point at.
    pub tips: Vec<Oid>,
}

/// All remotes of a repository.
#[derive(Clone, Debug, Default)]
pub struct Remotes(Vec<Remote>);

impl Remotes {
    /// Reads the configuration and the remote-tracking refs.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn of(repo: &Repo) -> Result<Remotes> {
        let local = repo.local();
        let mut remotes = Vec::new();
        for name in local.remote_names() {
            let mut remote = Remote {
                name: name.to_string(),
                urls: Vec::new(),
                prefixes: vec![format!("refs/remotes/{name}/").into()],
                tips: Vec::new(),
            };
            for key in ["url", "pushurl"] {
                remote.urls.extend(repo.config(&format!("remote.{name}.{key}")));
            }
            if let Ok(known) = local.find_remote(name.as_bstr()) {
                for direction in [Direction::Fetch, Direction::Push] {
                    remote.urls.extend(known.url(direction).map(gix::Url::to_bstring));
                }
                for spec in known.refspecs(Direction::Fetch) {
                    let spec = spec.to_ref();
                    let Some(to) = spec.local() else { continue };
                    // Only below refs/remotes: in a mirror, what is fetched and what was made here share their names.
                    if let Some(prefix) = to.strip_suffix(b"*")
                        && prefix.starts_with(b"refs/remotes/")
                        && prefix.ends_with(b"/")
                    {
                        remote.prefixes.push(prefix.into());
                    }
                }
            }
            remotes.push(remote);
        }
        for one in repo.refs("refs/remotes/")? {
            // The remotes `a` and `a/b` both match refs/remotes/a/b/main; it is the second one's.
            let longest = remotes.iter().filter_map(|r| r.prefix_of(one.name.as_ref())).max();
            for remote in remotes.iter_mut().filter(|r| longest.is_some() && r.prefix_of(one.name.as_ref()) == longest)
            {
                remote.tips.push(one.id);
            }
        }
        Ok(Remotes(remotes))
    }

    /// The remote that git calls `name` and that is at `url`; by its address alone where it was not pushed to by name.
    pub fn find(&self, name: &str, url: &str) -> Option<&Remote> {
        let at = |r: &&Remote, url: &str| r.urls.iter().any(|u| u == url.as_bytes());
        self.0
            .iter()
            .find(|r| r.name == name)
            .or_else(|| self.0.iter().find(|r| at(r, url)))
            .or_else(|| self.0.iter().find(|r| at(r, name)))
    }

    /// Every remote.
    pub fn all(&self) -> &[Remote] {
        &self.0
    }
}

impl Remote {
    /// The length of the longest prefix under which this remote tracks the ref.
    fn prefix_of(&self, name: &BStr) -> Option<usize> {
        self.prefixes.iter().filter(|p| name.starts_with(p.as_bytes())).map(|p| p.len()).max()
    }
}
