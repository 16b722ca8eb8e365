//! The refs that a push moves, as git or a hook manager names them to a push hook.

use std::io::{self, IsTerminal, Read};

use bstr::{BString, ByteSlice};

use super::push_command::{self, Parent, PushCommand};
use crate::environment;
use crate::error::{Context, Result};
use crate::git::{Oid, Ref, Repo};
use crate::journal;
use crate::source::{Informant, Push, RefUpdate, parse_pre_push};

/// The refs that a hook reads before a push.
pub(super) struct PushedRefs {
    /// The push, with the refs that certainly move.
    pub(super) push: Push,
    /// Refs that may move too, when a hook manager names one ref of several and the command line cannot be read.
    pub(super) possible: Vec<RefUpdate>,
}

/// Determines the pushed refs: from standard input; without refs there, from a hook manager's variables;
/// without those, an empty pipe means that git has nothing to push, and no pipe at all that a manager keeps it to
/// itself: then HEAD's unpublished commits are taken.
///
/// # Errors
/// Exit 2 when standard input is cut off, or a name cannot be resolved.
pub(super) fn push(repo: &Repo, remote: String, url: String) -> Result<PushedRefs> {
    let (input, is_pipe) = standard_input()?;
    if !input.trim().is_empty() {
        let push = Push { remote, url, updates: parse_pre_push(&input)?, informant: Informant::Git };
        return Ok(PushedRefs { push, possible: Vec::new() });
    }
    if let Some(push) = by_manager(repo, &remote, &url)? {
        return with_others(repo, push);
    }
    let mut push = Push { remote, url, updates: Vec::new(), informant: Informant::Manager };
    if !is_pipe && let Some(new) = repo.head()? {
        push.updates.push(update(repo, "HEAD".into(), new));
        return with_others(repo, push);
    }
    Ok(PushedRefs { push, possible: Vec::new() })
}

fn update(repo: &Repo, name: BString, new: Oid) -> RefUpdate {
    RefUpdate { local_ref: name, new, remote_ref: BString::default(), old: nothing(repo) }
}

/// Adds the other refs that the command line of the push names; when it cannot be read, every ref may be pushed.
fn with_others(repo: &Repo, mut push: Push) -> Result<PushedRefs> {
    let (more, mut possible) = match push_command::parent(repo) {
        Parent::None => (Vec::new(), Vec::new()),
        Parent::Unknown => (Vec::new(), [repo.refs("refs/heads/")?, repo.refs("refs/tags/")?].concat()),
        Parent::Push(command) => pushed_by(repo, &push.remote, &command)?,
    };
    for one in more {
        if !push.updates.iter().any(|update| update.new == one.id) {
            push.updates.push(update(repo, one.name, one.id));
        }
    }
    possible.retain(|one| !push.updates.iter().any(|update| update.new == one.id));
    let possible = possible.into_iter().map(|one| update(repo, one.name, one.id)).collect();
    Ok(PushedRefs { push, possible })
}

/// The refs that a push command certainly pushes, and those that it may push.
fn pushed_by(repo: &Repo, remote: &str, command: &PushCommand) -> Result<(Vec<Ref>, Vec<Ref>)> {
    let (mut sure, mut possible) = (Vec::new(), Vec::new());
    let mut refspecs = command.refspecs.clone();
    let is_set = |key: &str, value: &str| repo.config(key).is_some_and(|v| v.eq_ignore_ascii_case(value.as_bytes()));
    if refspecs.is_empty() && !command.all && !command.mirror {
        if repo.config(&format!("remote.{remote}.push")).is_some() {
            possible.extend([repo.refs("refs/heads/")?, repo.refs("refs/tags/")?].concat());
        } else if is_set("push.default", "matching") {
            refspecs.push(":".into());
        }
    }
    if command.mirror || is_set(&format!("remote.{remote}.mirror"), "true") {
        sure.extend(repo.refs("")?);
    }
    if command.all {
        sure.extend(repo.refs("refs/heads/")?);
    }
    if command.tags {
        sure.extend(repo.refs("refs/tags/")?);
    }
    if command.follow_tags || is_set("push.followTags", "true") {
        possible.extend(repo.refs("refs/tags/")?);
    }
    let mut words = refspecs.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let spec = if word == "tag" { words.next().unwrap_or_default() } else { word.trim_start_matches('+') };
        match spec.split_once(':').map_or(spec, |(from, _)| from) {
            // A deletion, or `:` for every branch that both sides have.
            "" if spec == ":" => possible.extend(repo.refs("refs/heads/")?),
            "" => {}
            glob if glob.contains('*') => {
                let (before, after) = glob.split_once('*').unwrap_or_default();
                let matches = |one: &Ref| one.name.starts_with_str(before) && one.name.ends_with_str(after);
                sure.extend(repo.refs("")?.into_iter().filter(matches));
            }
            excluded if excluded.starts_with('^') => {}
            name => match repo.resolve(if name == "@" { "HEAD" } else { name }) {
                Ok(id) => sure.push(Ref { name: name.into(), id }),
                Err(_) => possible.extend([repo.refs("refs/heads/")?, repo.refs("refs/tags/")?].concat()),
            },
        }
    }
    Ok((sure, possible))
}

/// A ref update as the journal records it.
pub(super) fn recorded(update: &RefUpdate) -> journal::RecordedRef {
    let name = if update.remote_ref.is_empty() { &update.local_ref } else { &update.remote_ref };
    journal::RecordedRef { name: name.to_string(), old: update.old.to_string(), new: update.new.to_string() }
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
    let mut input = Vec::new();
    stdin.read_to_end(&mut input).or_incomplete("standard input")?;
    Ok((input, is_pipe))
}

#[cfg(unix)]
fn is_pipe(stdin: &io::Stdin) -> bool {
    use std::os::fd::AsFd;
    use std::os::unix::fs::FileTypeExt;
    // A hook manager that keeps git's lines to itself gives a device (/dev/null).
    let file = stdin.as_fd().try_clone_to_owned().map(std::fs::File::from);
    let kind = file.and_then(|f| f.metadata()).map(|m| m.file_type());
    kind.is_ok_and(|kind| !kind.is_char_device())
}

#[cfg(not(unix))]
fn is_pipe(_: &io::Stdin) -> bool {
    // No safe call distinguishes a pipe from the null device here: HEAD's unpublished commits are read in either case.
    false
}

/// The push as the pre-commit framework and prek describe it: one ref, the first that has something to push.
fn by_manager(repo: &Repo, remote: &str, url: &str) -> Result<Option<Push>> {
    let var = |name: &str| environment::nonempty_text(&format!("PRE_COMMIT_{name}"));
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
