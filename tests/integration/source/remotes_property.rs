//! Remotes in all the states that they get into: given another address, pushed to another place than they are fetched
//! from, rewritten by somebody else. Nothing that the pushed address lacks goes unread, and nothing that it has is read.

use std::collections::BTreeSet;

use proptest::prelude::*;
use shield_hook::git::{Oid, Repo};
use shield_hook::source::{self, Content, Coverage, Informant, Outgoing, Push, RefUpdate, Source, Trust};

use crate::support::{self, Sandbox};

const BRANCHES: [&str; 3] = ["one", "two", "three"];
const PLACES: [&str; 2] = ["a.git", "b.git"];

#[derive(Clone, Debug)]
enum Step {
    /// A commit on this branch, which begins at this other one where it is new.
    Commit {
        branch: usize,
        from: usize,
    },
    /// The remote is given another address.
    Move {
        to: usize,
    },
    /// It is pushed to another place than it is fetched from; or to the same again.
    PushTo {
        to: Option<usize>,
    },
    Fetch,
    /// Under the hook, or past it.
    Push {
        branch: usize,
        hooked: bool,
    },
    /// Somebody else removes the branch there, or puts it back by one commit.
    Rewrite {
        at: usize,
        branch: usize,
        removes: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let (branch, place) = (0..BRANCHES.len(), 0..PLACES.len());
    prop_oneof![
        5 => (branch.clone(), branch.clone()).prop_map(|(branch, from)| Step::Commit { branch, from }),
        2 => place.clone().prop_map(|to| Step::Move { to }),
        1 => prop::option::of(place.clone()).prop_map(|to| Step::PushTo { to }),
        2 => Just(Step::Fetch),
        8 => (branch.clone(), any::<bool>()).prop_map(|(branch, hooked)| Step::Push { branch, hooked }),
        1 => (place, branch, any::<bool>()).prop_map(|(at, branch, removes)| Step::Rewrite { at, branch, removes }),
    ]
}

/// A repository with the remote `origin`, and all that its places ever had.
struct World {
    sandbox: Sandbox,
    fetched: usize,
    pushed: Option<usize>,
    ever: [BTreeSet<String>; 2],
    commits: usize,
    /// Whether the remote always had one address, and nobody else wrote to it.
    is_plain: bool,
}

impl World {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        for place in PLACES {
            sandbox.remote(place);
        }
        let world = Self { sandbox, fetched: 0, pushed: None, ever: Default::default(), commits: 0, is_plain: true };
        let repo = world.sandbox.repo("r");
        repo.write("base", "base\n").commit("base");
        repo.git(&["branch", "-m", BRANCHES[0]]);
        repo.git(&["remote", "add", "origin", &world.address(0)]);
        source::remember(&world.opened()).expect("remembered");
        world
    }

    fn address(&self, place: usize) -> String {
        self.sandbox.path(PLACES[place]).to_str().expect("a plain path").to_owned()
    }

    fn repo(&self) -> support::Repo<'_> {
        self.sandbox.at(self.sandbox.path("r"))
    }

    fn opened(&self) -> Repo {
        Repo::discover(self.repo().dir()).expect("a repository")
    }

    fn destination(&self) -> usize {
        self.pushed.unwrap_or(self.fetched)
    }

    /// The id of a branch in the repository `name`.
    fn tip(&self, name: &str, branch: &str) -> Option<String> {
        let run = self.sandbox.at(self.sandbox.path(name)).try_git(&[
            "rev-parse",
            "-q",
            "--verify",
            &format!("refs/heads/{branch}"),
        ]);
        (run.code == 0).then(|| run.stdout.trim().to_owned())
    }

    fn listed(&self, name: &str, args: &[&str]) -> BTreeSet<String> {
        let out = self.sandbox.at(self.sandbox.path(name)).git(&[&["rev-list", "--objects"], args].concat());
        out.lines().map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
    }

    fn run(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Commit { branch, from } => {
                let repo = self.repo();
                let branch = BRANCHES[*branch];
                if self.tip("r", branch).is_some() {
                    repo.git(&["switch", "-q", branch]);
                } else {
                    let from = self.tip("r", BRANCHES[*from]).unwrap_or_else(|| "HEAD".into());
                    repo.git(&["switch", "-q", "-c", branch, &from]);
                }
                repo.write(format!("f{}", self.commits), format!("{}\n", self.commits)).commit("more");
                self.commits += 1;
            }
            Step::Move { to } => {
                self.is_plain &= *to == self.fetched;
                self.fetched = *to;
                self.repo().git(&["remote", "set-url", "origin", &self.address(*to)]);
                source::remember(&self.opened()).expect("remembered");
            }
            Step::PushTo { to } => {
                self.is_plain = false;
                self.pushed = *to;
                let _ = self.repo().try_git(&["config", "--unset-all", "remote.origin.pushurl"]);
                if let Some(to) = to {
                    self.repo().git(&["config", "remote.origin.pushurl", &self.address(*to)]);
                }
                source::remember(&self.opened()).expect("remembered");
            }
            Step::Fetch => drop(self.repo().git(&["fetch", "-q", "origin"])),
            Step::Push { branch, hooked } => {
                let branch = BRANCHES[*branch];
                let Some(new) = self.tip("r", branch) else { return Ok(()) };
                let old = self.tip(PLACES[self.destination()], branch);
                if old.as_ref() == Some(&new) {
                    return Ok(());
                }
                if *hooked {
                    self.check(branch, &new, old.as_deref())?;
                }
                self.repo().git(&["push", "-q", "--force", "origin", branch]);
                let sent = self.listed("r", &[&new]);
                self.ever[self.destination()].extend(sent);
            }
            Step::Rewrite { at, branch, removes } => {
                let (place, name) = (PLACES[*at], format!("refs/heads/{}", BRANCHES[*branch]));
                let at = self.sandbox.at(self.sandbox.path(place));
                let before = at.try_git(&["rev-parse", "-q", "--verify", &format!("{name}~1")]);
                match removes {
                    true => drop(at.try_git(&["update-ref", "-d", &name])),
                    false if before.code == 0 => drop(at.git(&["update-ref", &name, before.stdout.trim()])),
                    false => return Ok(()),
                }
                self.is_plain = false;
            }
        }
        Ok(())
    }

    fn check(&self, branch: &str, new: &str, old: Option<&str>) -> Result<(), TestCaseError> {
        let (repo, place) = (self.opened(), PLACES[self.destination()]);
        let (planned, coverage) = self.planned(&repo, branch, new, old);
        let there = self.listed(place, &["--all"]);
        let missing: BTreeSet<String> = self.listed("r", &[new]).difference(&there).cloned().collect();
        let unread: Vec<&String> = missing.difference(&planned).collect();
        // A branch that somebody removed there may be taken for published, and then the digest says so.
        prop_assert!(unread.iter().all(|id| self.ever[self.destination()].contains(*id)), "unread: {unread:?}");
        prop_assert!(unread.is_empty() || !coverage.taken.is_empty(), "unread and unsaid: {unread:?}");
        let here = old.filter(|old| self.repo().try_git(&["cat-file", "-e", old]).code == 0);
        if let Some(old) = here {
            let most = self.listed("r", &[new, "--not", old]);
            prop_assert!(planned.is_subset(&most), "read though {old} is there");
        }
        if self.is_plain {
            let mut args = vec![new, "--not", "--remotes=origin"];
            args.extend(here);
            prop_assert_eq!(planned, self.listed("r", &args));
        }
        Ok(())
    }

    fn planned(&self, repo: &Repo, branch: &str, new: &str, old: Option<&str>) -> (BTreeSet<String>, Coverage) {
        let hex = |id: &str| Oid::from_hex(id.as_bytes()).expect("an id");
        let name = format!("refs/heads/{branch}");
        let old = old.map_or_else(|| Oid::null(hex(new).kind()), hex);
        let update =
            RefUpdate { local_ref: name.as_str().into(), new: hex(new), remote_ref: name.as_str().into(), old };
        let push = Push {
            remote: "origin".into(),
            url: self.address(self.destination()),
            updates: vec![update],
            informant: Informant::Git,
        };
        let outgoing = Outgoing::push(repo, push, Trust::default(), u64::MAX).expect("a source");
        let mut coverage = Coverage::default();
        let plan = outgoing.plan(&mut coverage).expect("a plan");
        let mut planned: BTreeSet<String> = plan.trees.iter().map(ToString::to_string).collect();
        planned.extend(plan.items.iter().filter_map(|item| match &item.content {
            Content::Object(id) => Some(id.to_string()),
            _ => None,
        }));
        (planned, coverage)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(super::outgoing_property::cases() / 2) })]

    #[test]
    fn what_the_pushed_address_lacks_is_read(steps in prop::collection::vec(step(), 4..16)) {
        let mut world = World::new();
        for step in &steps {
            world.run(step)?;
        }
    }
}
