//! The facts about a repository that reports show beside findings, masked.

use bstr::ByteSlice;

use crate::engine::redact;
use crate::finding::Finding;
use crate::git::{self, Oid, Remotes, Repo};
use crate::outcome::{CommitFacts, RepositoryFacts, WebPages};
use crate::report::percent;

/// The facts that go with these findings. What cannot be read is left out: it decides nothing.
pub(super) fn of(repo: &Repo, findings: &[Finding]) -> RepositoryFacts {
    let (address, directory) = (address(repo), repo.work_dir().unwrap_or(repo.git_dir()).canonicalize());
    let directory = directory.ok().and_then(|dir| Some(dir.file_name()?.to_string_lossy().into_owned()));
    let name = address.as_ref().map(|(_, path)| path.clone()).or(directory).unwrap_or_default();
    let shown = redact::name(&name);
    // A masked path leads nowhere.
    let web = address
        .filter(|(_, path)| *path == shown)
        .and_then(|(host, path)| WebPages::of(&percent(host.as_bytes()), &percent(path.as_bytes())));
    let mut facts = RepositoryFacts {
        name: shown,
        head: repo.head().ok().flatten().map(|id| id.to_string()),
        web,
        ..RepositoryFacts::default()
    };
    let mut objects = repo.objects();
    for finding in findings {
        let Some(commit) = &finding.commit else { continue };
        if !facts.commits.contains_key(commit)
            && let Ok(id) = Oid::from_hex(commit.as_bytes())
            && let Some(about) = git::authored(&mut objects, &id)
        {
            let subject = redact::message(&about.subject.to_str_lossy());
            let author = redact::name(&about.author.to_str_lossy());
            facts.commits.insert(commit.clone(), CommitFacts { author, seconds: about.seconds, subject });
        }
        // A value that no rule finds by itself may be found beside its name.
        if let Some(about) = facts.commits.get_mut(commit).filter(|_| !finding.secret.is_public()) {
            finding.secret.hide_in(&mut about.subject);
            finding.secret.hide_in(&mut about.author);
        }
    }
    facts
}

/// The host and path of the remote `origin`, or of the only other one.
fn address(repo: &Repo) -> Option<(String, String)> {
    let remotes = Remotes::of(repo).ok()?;
    let remote = remotes.all().iter().find(|r| r.name == "origin").or(remotes.all().first())?;
    remote.fetch.as_ref()?.on_host_at()
}
