//! The configured remotes and their remote-tracking refs.

use bstr::{BStr, BString, ByteSlice};
use gix::remote::Direction;

use super::{Address, Ref, Repo};
use crate::error::Result;

/// A configured remote.
#[derive(Clone, Debug)]
pub struct Remote {
    /// Its name, `origin`.
    pub name: String,
    /// The address it is fetched from, after `url.*.insteadOf`.
    pub fetch: Option<Address>,
    /// The addresses that a push goes to, after `pushInsteadOf` and `insteadOf`: several when it pushes to mirrors.
    pub push: Vec<Address>,
    mappings: Vec<UrlMapping>,
    /// Its remote-tracking refs.
    pub tracking: Vec<Ref>,
}

/// The names of a remote's branches and of the refs that track them. Both sides end in a slash, or both are full names.
#[derive(Clone, Debug)]
struct UrlMapping {
    there: BString,
    here: BString,
}

/// All remotes of a repository.
#[derive(Clone, Debug, Default)]
pub struct Remotes(Vec<Remote>);

impl Remotes {
    /// Reads the configuration and the remote-tracking refs.
    ///
    /// # Errors
    /// The refs cannot be read.
    pub fn of(repo: &Repo) -> Result<Self> {
        let local = repo.local();
        let mut remotes: Vec<Remote> =
            local.remote_names().iter().map(|name| Remote::configured(repo, &local, name.as_bstr())).collect();
        for one in repo.refs("refs/remotes/")? {
            // The remotes `a` and `a/b` both match refs/remotes/a/b/main, which belongs to the second.
            let longest = remotes.iter().filter_map(|r| r.prefix_of(one.name.as_ref())).max();
            for remote in remotes.iter_mut().filter(|r| longest.is_some() && r.prefix_of(one.name.as_ref()) == longest)
            {
                remote.tracking.push(one.clone());
            }
        }
        Ok(Self(remotes))
    }

    /// Every remote.
    pub fn all(&self) -> &[Remote] {
        &self.0
    }
}

impl Remote {
    fn configured(repo: &Repo, local: &gix::Repository, name: &BStr) -> Self {
        let (urls, push_urls) = (listed(local, name, "url"), listed(local, name, "pushurl"));
        let rewritten = |url: &BString, direction| {
            let remote = local.remote_at(url.as_bstr()).ok();
            let url = remote.and_then(|r| r.url(direction).map(gix::Url::to_bstring)).unwrap_or_else(|| url.clone());
            repo.address(url.as_ref())
        };
        // An explicit pushurl is not rewritten by pushInsteadOf.
        let push = match push_urls.is_empty() {
            true => urls.iter().map(|url| rewritten(url, Direction::Push)).collect(),
            false => push_urls.iter().map(|url| rewritten(url, Direction::Fetch)).collect(),
        };
        let mut mappings =
            vec![UrlMapping { there: "refs/heads/".into(), here: format!("refs/remotes/{name}/").into() }];
        if let Ok(known) = local.find_remote(name) {
            mappings.extend(known.refspecs(Direction::Fetch).iter().filter_map(|spec| {
                let spec = spec.to_ref();
                UrlMapping::of(spec.remote()?, spec.local()?)
            }));
        }
        Self {
            name: name.to_string(),
            fetch: urls.first().map(|url| rewritten(url, Direction::Fetch)),
            push,
            mappings,
            tracking: Vec::new(),
        }
    }

    /// The names under which the branch or tag that the remote calls `there` is tracked here.
    pub fn tracked_as(&self, there: &BStr) -> impl Iterator<Item = BString> {
        self.mappings.iter().filter_map(move |mapping| {
            let rest = there.strip_prefix(mapping.there.as_slice())?;
            let is_match = mapping.there.ends_with(b"/") || rest.is_empty();
            is_match.then(|| [mapping.here.as_slice(), rest].concat().into())
        })
    }

    /// The length of the longest prefix under which this remote tracks the ref.
    fn prefix_of(&self, name: &BStr) -> Option<usize> {
        let tracks = |m: &&UrlMapping| m.here.ends_with(b"/") && name.starts_with(m.here.as_slice()) || m.here == name;
        self.mappings.iter().filter(tracks).map(|m| m.here.len()).max()
    }
}

impl UrlMapping {
    /// Only refs below refs/remotes count: in a mirror, fetched and local branches share their names.
    fn of(there: &BStr, here: &BStr) -> Option<Self> {
        let (there, here) = match (there.strip_suffix(b"*"), here.strip_suffix(b"*")) {
            (Some(there), Some(here)) if here.ends_with(b"/") && there.ends_with(b"/") => (there, here),
            (None, None) => (there.as_bytes(), here.as_bytes()),
            _ => return None,
        };
        here.starts_with(b"refs/remotes/").then(|| Self { there: there.into(), here: here.into() })
    }
}

/// The values of one key of a remote; an empty value resets the list.
fn listed(local: &gix::Repository, remote: &BStr, key: &str) -> Vec<BString> {
    let config = local.config_snapshot();
    let all = config.plumbing().strings_by("remote", Some(remote), key).unwrap_or_default();
    let last = all.iter().rposition(|value| value.is_empty()).map_or(0, |at| at + 1);
    all[last..].to_vec()
}
