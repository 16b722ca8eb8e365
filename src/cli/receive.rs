//! `hook pre-receive`: a push to this repository, under the policy of its default branch.

use super::options::PolicyArgs;
use super::pushed_refs;
use super::session::Session;
use crate::error::Result;
use crate::finding::Finding;
use crate::git::{self, Oid, Repo};
use crate::journal::Covers;
use crate::outcome::Outcome;
use crate::policy::authority::{Authority, Owner, PolicyRoot, Standing, Tip};
use crate::policy::weakened::{Answer, Comparison, State};
use crate::policy::{InTree, Overrides};
use crate::source::{Outgoing, RefUpdate, parse_ref_updates};

/// Scans the push, and compares the policies that it brings.
///
/// # Errors
/// Exit 2 when standard input or an object cannot be read.
pub(super) fn run(policy_args: &PolicyArgs, repo: &Repo, covers: &mut Covers) -> Result<Outcome> {
    let updates = parse_ref_updates(&pushed_refs::standard_input()?.0)?;
    covers.refs = updates.iter().map(pushed_refs::recorded).collect();
    let authority = Authority::of(PolicyRoot::Received(repo))?;
    let overrides = policy_args.overrides();
    let session = Session::under(&authority, &overrides)?;
    let (max, allotment) = (session.max_object(), session.policy().push_allotment);
    let received = Outgoing::received(repo, updates.clone(), max, allotment)?;
    let mut outcome = session.scan(&[&received])?;
    let moved = updates.iter().filter(|u| u.remote_ref.starts_with(b"refs/heads/") && !u.new.is_null());
    let mut receiver =
        Receiver { repo, session: &session, authority: &authority, overrides: &overrides, weakenings: Vec::new() };
    for update in moved {
        receiver.branch(update, &mut outcome)?;
    }
    let weakenings = receiver.weakenings;
    outcome.add(weakenings);
    Ok(outcome)
}

/// Compares the policy of each branch that is pushed with the default branch's.
struct Receiver<'a> {
    repo: &'a Repo,
    session: &'a Session,
    authority: &'a Authority<'a>,
    overrides: &'a Overrides,
    weakenings: Vec<Finding>,
}

impl Receiver<'_> {
    fn branch(&mut self, update: &RefUpdate, outcome: &mut Outcome) -> Result<()> {
        let state = |id: &Oid| State::of(&InTree::plain(self.repo, id)?, self.overrides);
        let after = state(&update.new)?;
        let target = State::of(self.authority.files(), self.overrides)?;
        let (parted, branch) = match self.authority.owner() {
            Owner::Branch(tip) => (self.parted(tip, update)?, tip.name.as_str()),
            Owner::Disk(_) | Owner::Head(_) | Owner::Nobody => (Vec::new(), "the default branch"),
        };
        let parted = parted.iter().map(state).collect::<Result<Vec<_>>>()?;
        let comparison = Comparison { target: &target, after: &after, parted: &parted, branch };
        let answer = if self.session.policy().refuse_weakened { Answer::Refused } else { Answer::Reported };
        let found = match self.session.standing() {
            Standing::Absent => comparison.broken(),
            Standing::Written | Standing::Broken(_) => {
                comparison.weakenings(self.session.policy(), &mut outcome.findings, answer)
            }
        };
        let found = self.session.policy().judge_weakenings(found, &update.new.to_string());
        // Two branches at one commit have the same findings.
        let is_known =
            |f: &Finding| self.weakenings.iter().any(|t| (&t.location, &t.excerpt) == (&f.location, &f.excerpt));
        let new: Vec<Finding> = found.into_iter().filter(|f| !is_known(f)).collect();
        self.weakenings.extend(new);
        Ok(())
    }

    /// Where a branch parted from the default branch, which is to be merged some day. The default branch itself is moved.
    fn parted(&self, tip: &Tip, update: &RefUpdate) -> Result<Vec<Oid>> {
        if update.remote_ref.strip_prefix(b"refs/heads/") == Some(tip.name.as_bytes()) {
            return Ok(Vec::new());
        }
        git::merge_bases(self.repo, &mut self.repo.objects(), tip.id, update.new)
    }
}
