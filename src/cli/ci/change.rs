//! The change that a CI system builds, in this clone: where it begins and ends, and the branch that it goes to.

use super::systems::{Before, Build, Event, RevisionName};
use crate::error::{Error, Result};
use crate::git::{self, Oid, Repo};
use crate::policy::authority::Tip;

/// The change, and the branch whose policy counts.
pub struct Change {
    /// Where it ends.
    pub head: Oid,
    /// Where it begins.
    pub start: Start,
    /// The tip whose policy judges it; none when it is not in this clone.
    pub target: Option<Tip>,
    /// Where it parted from that tip, when a merge is to join them.
    pub parted: Vec<Oid>,
}

/// Where a change begins.
pub enum Start {
    /// Behind all that these lead to; at the very first commit when there are none.
    After(Vec<Oid>),
    /// Nowhere: nothing is new, for the reason given.
    NothingNew(String),
    /// Unknown, because the commit that would show it is gone.
    Lost {
        /// The missing commit.
        why: String,
        /// All that these lead to was there before.
        known: Vec<Oid>,
        /// Everything beyond these is new for certain.
        sure: Vec<Oid>,
    },
}

impl Change {
    /// The change between two revisions that were typed.
    ///
    /// # Errors
    /// When this clone hides where they part.
    pub fn typed(repo: &Repo, base: (&str, Oid), head: Oid) -> Result<Self> {
        let target = Tip { id: base.1, name: base.0.to_owned() };
        let parted = parted(repo, base.1, head, "fetch the whole history: `git fetch --unshallow`")?;
        Ok(Self { head, start: Start::After(vec![base.1]), target: Some(target), parted })
    }

    /// The change that a CI system names; `head` was typed.
    ///
    /// # Errors
    /// Exit 2 when a revision is not in this clone.
    pub fn built(repo: &Repo, build: &Build, head: Option<Oid>) -> Result<Self> {
        let head = head.map_or_else(|| self::head(repo, build), Ok)?;
        match &build.event {
            Event::Request { target, from } => requested(repo, build, target, from.as_ref(), head),
            Event::Push { branch, before, pushed, default } => {
                Pushed { repo, build, branch: branch.as_deref(), pushed, default, head }.from(before)
            }
            Event::Tag { name, on_branch, default } => tagged(repo, build, (name, *on_branch), default, head),
            Event::Rerun { default, .. } => Ok(Self {
                head,
                start: Start::NothingNew("this run was not started by a push".into()),
                target: tip(repo, default),
                parted: Vec::new(),
            }),
        }
    }
}

/// The commit that a CI system builds.
///
/// # Errors
/// When it is not in this clone.
pub fn head(repo: &Repo, build: &Build) -> Result<Oid> {
    commit(repo, &build.head).ok_or_else(|| hidden(build, &build.head))
}

/// Commits that want into a branch.
fn requested(
    repo: &Repo,
    build: &Build,
    target: &[RevisionName],
    from: Option<&RevisionName>,
    head: Oid,
) -> Result<Change> {
    let missing = || match target.first() {
        Some(name) => hidden(build, name),
        None => Error::incomplete(format!("{} does not name the branch that the change goes to", build.system.name))
            .help("name both ends: shield-hook ci --base REV --head REV"),
    };
    let queued = from.map(|name| commit(repo, name).ok_or_else(|| hidden(build, name))).transpose()?;
    let Some(tip) = target.iter().find_map(|name| target_tip(repo, name, head)) else {
        // Those that wait before it in the queue do not judge it.
        let start = Start::After(vec![queued.ok_or_else(missing)?]);
        return Ok(Change { head, start, target: None, parted: Vec::new() });
    };
    let start = queued.into_iter().chain([tip.id]).collect();
    let parted = parted(repo, tip.id, head, build.system.deepen)?;
    Ok(Change { head, start: Start::After(start), target: Some(tip), parted })
}

/// Commits that were pushed to a branch.
struct Pushed<'a> {
    repo: &'a Repo,
    build: &'a Build,
    branch: Option<&'a str>,
    pushed: &'a [String],
    default: &'a RevisionName,
    head: Oid,
}

impl Pushed<'_> {
    fn from(&self, before: &Before) -> Result<Change> {
        let default = tip(self.repo, self.default);
        match default {
            Some(default) if self.is_default(&default) => self.to_default(before, &default.name),
            Some(default) => self.to_another(before, default),
            None => self.without_default(before),
        }
    }

    /// Whether it went to the default branch. Without the branch's name, or the default's, the commits decide.
    fn is_default(&self, default: &Tip) -> bool {
        match (self.branch, self.default) {
            (Some(branch), RevisionName::Branch(default)) => branch == default,
            _ => git::reaches(&mut self.repo.objects(), &[default.id], self.head),
        }
    }

    /// The branch itself is scanned, so its policy before the push counts.
    fn to_default(&self, before: &Before, name: &str) -> Result<Change> {
        let (start, judge) = match before {
            Before::New => (Start::After(Vec::new()), None),
            Before::Unknown => {
                let last = self.parents()?.into_iter().next();
                if last.is_none() && self.repo.is_shallow() {
                    return Err(cut_off(self.build.system.deepen));
                }
                (Start::After(last.into_iter().collect()), last)
            }
            Before::Commit(id) => match commit(self.repo, &RevisionName::Commit(id.clone())) {
                Some(old) => (Start::After(vec![old]), Some(old)),
                None => (self.lost(id, Vec::new())?, None),
            },
        };
        let target = judge.map(|id| Tip { id, name: name.to_owned() });
        Ok(Change { head: self.head, start, target, parted: Vec::new() })
    }

    fn to_another(&self, before: &Before, default: Tip) -> Result<Change> {
        let mut start = vec![default.id];
        if let Before::Commit(id) = before {
            start.extend(commit(self.repo, &RevisionName::Commit(id.clone())));
        }
        let parted = parted(self.repo, default.id, self.head, self.build.system.deepen)?;
        Ok(Change { head: self.head, start: Start::After(start), target: Some(default), parted })
    }

    fn without_default(&self, before: &Before) -> Result<Change> {
        let old = match before {
            Before::Commit(id) => commit(self.repo, &RevisionName::Commit(id.clone())),
            Before::New | Before::Unknown => None,
        };
        let start = match (old, before) {
            (Some(old), _) => Start::After(vec![old]),
            (None, Before::Commit(id)) => self.lost(id, Vec::new())?,
            (None, Before::New | Before::Unknown) if self.repo.is_shallow() => {
                return Err(hidden(self.build, self.default));
            }
            (None, Before::New | Before::Unknown) => {
                let known = others(self.repo, self.branch)?;
                if known.is_empty() { Start::After(known) } else { self.lost_default(known)? }
            }
        };
        Ok(Change { head: self.head, start, target: None, parted: Vec::new() })
    }

    fn lost(&self, id: &str, known: Vec<Oid>) -> Result<Start> {
        if self.repo.is_shallow() {
            return Err(hidden(self.build, &RevisionName::Commit(id.to_owned())));
        }
        let why = format!("the commit {id}, where the branch was before this push, is not in this clone");
        Ok(Start::Lost { why, known, sure: self.sure()? })
    }

    fn lost_default(&self, known: Vec<Oid>) -> Result<Start> {
        let why = "the default branch is not in this clone, so the commits of this branch alone are unknown".into();
        Ok(Start::Lost { why, known, sure: self.sure()? })
    }

    /// The parents of the commits that are certainly new: those that the system lists, or else the last.
    fn sure(&self) -> Result<Vec<Oid>> {
        let listed: Vec<Oid> =
            self.pushed.iter().filter_map(|id| commit(self.repo, &RevisionName::Commit(id.clone()))).collect();
        let mut before = Vec::new();
        for id in &listed {
            before.extend(git::parents_of(self.repo, id)?.into_iter().filter(|parent| !listed.contains(parent)));
        }
        if listed.is_empty() { self.parents() } else { Ok(before) }
    }

    fn parents(&self) -> Result<Vec<Oid>> {
        git::parents_of(self.repo, &self.head)
    }
}

/// The change of a pushed tag: commits that a branch leads to are not new. `tag` has its name and whether the system
/// knows of such a branch.
fn tagged(repo: &Repo, build: &Build, tag: (&str, bool), default: &RevisionName, head: Oid) -> Result<Change> {
    let mut known = others(repo, None)?;
    if tag.1 {
        known.push(head);
    }
    let start = match known.is_empty() {
        false => Start::After(known),
        // Where its history ends here, everything would look new.
        true if repo.is_shallow() => return Err(hidden(build, default)),
        true => {
            let why = "no branch is in this clone, so the commits of the tag alone are unknown".into();
            Start::Lost { why, known, sure: git::parents_of(repo, &head)? }
        }
    };
    // The tag itself, whose message is published with it.
    let tag = repo.resolve(&format!("refs/tags/{}", tag.0)).unwrap_or(head);
    Ok(Change { head: tag, start, target: tip(repo, default), parted: Vec::new() })
}

/// The tips of the remotes' branches, but for the one called `own`.
fn others(repo: &Repo, own: Option<&str>) -> Result<Vec<Oid>> {
    let is_own = |name: &[u8]| own.is_some_and(|own| name.ends_with(format!("/{own}").as_bytes()));
    Ok(repo.refs("refs/remotes/")?.into_iter().filter(|r| !is_own(&r.name)).map(|r| r.id).collect())
}

/// The merge base of two histories. A shallow clone that lacks it would blame old content.
fn parted(repo: &Repo, tip: Oid, head: Oid, deepen: &str) -> Result<Vec<Oid>> {
    let shallow = repo.is_shallow();
    let bases =
        git::merge_bases(repo, &mut repo.objects(), tip, head).map_err(|e| if shallow { e.help(deepen) } else { e })?;
    match bases.is_empty() && shallow {
        true => Err(cut_off(deepen)),
        false => Ok(bases),
    }
}

fn cut_off(deepen: &str) -> Error {
    Error::incomplete("this clone is shallow and hides where the change parts from its base").help(deepen)
}

/// The tip that a name leads to here, called as git calls it.
fn tip(repo: &Repo, name: &RevisionName) -> Option<Tip> {
    let tip = |rev: String| {
        let id = repo.resolve(&format!("{rev}^{{commit}}")).ok()?;
        Some(Tip { id, name: rev.trim_start_matches("refs/remotes/").trim_start_matches("refs/heads/").to_owned() })
    };
    match name {
        RevisionName::Commit(id) => tip(id.clone()),
        RevisionName::Branch(name) => {
            tip(format!("refs/remotes/origin/{name}")).or_else(|| tip(format!("refs/heads/{name}")))
        }
        RevisionName::DefaultBranch => {
            ["HEAD", "main", "master"].iter().find_map(|name| tip(format!("refs/remotes/origin/{name}")))
        }
        RevisionName::Head => tip("HEAD".into()),
    }
}

/// The tip of the branch that a request goes to. A local branch of that name which leads to the change already is the
/// change's own: a fork's `main` is checked out under that name, and would judge itself.
fn target_tip(repo: &Repo, name: &RevisionName, head: Oid) -> Option<Tip> {
    let tip = tip(repo, name)?;
    let is_local = matches!(name, RevisionName::Branch(_)) && !tip.name.starts_with("origin/");
    let is_own = is_local && git::reaches(&mut repo.objects(), &[tip.id], head);
    (!is_own).then_some(tip)
}

fn commit(repo: &Repo, name: &RevisionName) -> Option<Oid> {
    tip(repo, name).map(|tip| tip.id)
}

/// The error for a revision of the change that is not in this clone, with the way to get it there.
fn hidden(build: &Build, name: &RevisionName) -> Error {
    let name = match name {
        RevisionName::Commit(id) => format!("the commit {id}"),
        RevisionName::Branch(name) => format!("the branch {name} of origin"),
        RevisionName::DefaultBranch => "the default branch of origin".into(),
        RevisionName::Head => "HEAD".into(),
    };
    Error::incomplete(format!("{}: {name} is not in this clone, so the change cannot be read", build.system.name))
        .help(build.system.deepen)
        .help("or name both ends: shield-hook ci --base REV --head REV")
}
