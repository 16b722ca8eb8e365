//! What git, or a hook manager in between, tells a push hook: which refs move where.

use std::io::{self, IsTerminal, Read};

use bstr::ByteSlice;

use crate::error::{Context, Result};
use crate::git::{Oid, Repo};
use crate::source::{Informant, Push, RefUpdate, parse_pre_push};

/// Finds out what is pushed: from standard input; without refs there, from what a hook manager says in its variables;
/// without those, an empty pipe means that git has nothing to push, and no pipe at all that a manager keeps it to
/// itself: then HEAD's unpublished commits are taken.
///
/// # Errors
/// When standard input is cut off, or names what cannot be resolved.
pub(super) fn push(repo: &Repo, remote: String, url: String) -> Result<Push> {
    let (told, is_pipe) = standard_input()?;
    if !told.trim().is_empty() {
        return Ok(Push { remote, url, updates: parse_pre_push(&told)?, informant: Informant::Git });
    }
    if let Some(push) = by_manager(repo, &remote, &url)? {
        return Ok(push);
    }
    let mut updates = Vec::new();
    if !is_pipe && let Some(new) = repo.head()? {
        updates.push(RefUpdate { local_ref: "HEAD".into(), new, remote_ref: Default::default(), old: nothing(repo) });
    }
    Ok(Push { remote, url, updates, informant: Informant::Manager })
}

/// All of standard input, and whether it is something that git could have written to.
///
/// # Errors
/// When it cannot be read.
pub(super) fn standard_input() -> Result<(Vec<u8>, bool)> {
    let mut stdin = io::stdin();
    if stdin.is_terminal() {
        return Ok((Vec::new(), false));
    }
    let is_pipe = is_pipe(&stdin);
    let mut told = Vec::new();
    stdin.read_to_end(&mut told).or_incomplete("standard input")?;
    Ok((told, is_pipe))
}

#[cfg(unix)]
fn is_pipe(stdin: &io::Stdin) -> bool {
    use std::os::fd::AsFd;
    use std::os::unix::fs::FileTypeExt;
    // A device (/dev/null) is what a hook manager gives that keeps git's lines to itself.
    let file = stdin.as_fd().try_clone_to_owned().map(std::fs::File::from);
    let kind = file.and_then(|f| f.metadata()).map(|m| m.file_type());
    kind.is_ok_and(|kind| !kind.is_char_device())
}

#[cfg(not(unix))]
fn is_pipe(_: &io::Stdin) -> bool {
    // Nothing safe tells a pipe from the null device here: HEAD's unpublished commits are read in either case.
    false
}

/// What the pre-commit framework and prek say: one ref, the first that has something to push.
fn by_manager(repo: &Repo, remote: &str, url: &str) -> Result<Option<Push>> {
    let var = |name: &str| std::env::var(format!("PRE_COMMIT_{name}")).ok().filter(|v| !v.is_empty());
    let (to, branch) = (var("TO_REF"), var("LOCAL_BRANCH"));
    let Some(tip) = to.or_else(|| branch.clone()) else { return Ok(None) };
    let new = repo.resolve(&tip)?;
    // A remote commit that was never fetched cannot be resolved: then it hides nothing.
    let old = var("FROM_REF").and_then(|from| repo.resolve(&from).ok()).unwrap_or_else(|| nothing(repo));
    let update = RefUpdate {
        local_ref: branch.unwrap_or(tip).into(),
        new,
        remote_ref: var("REMOTE_BRANCH").unwrap_or_default().into(),
        old,
    };
    Ok(Some(Push {
        remote: var("REMOTE_NAME").unwrap_or_else(|| remote.to_owned()),
        url: var("REMOTE_URL").unwrap_or_else(|| url.to_owned()),
        updates: vec![update],
        informant: Informant::Manager,
    }))
}

fn nothing(repo: &Repo) -> Oid {
    Oid::null(repo.hash_kind())
}
