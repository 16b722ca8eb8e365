//! What is read before a push is what git would send: for random repositories, the objects planned equal
//! `git rev-list --objects NEW --not REMOTE`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use crate::support::Sandbox;
use proptest::prelude::*;
use shield_hook::git::{Oid, Repo};
use shield_hook::source::{Content, Coverage, Informant, Outgoing, Push, RefUpdate, Source, Trust};

/// A small stock of paths and contents, so that renames, copies, reverts and equal subtrees come up often.
const PATHS: [&str; 9] = ["d", "a", "b", "d/a", "d/b", "d/e/f", "g/a", "g/e/f", "a.d/x"];
const CONTENTS: usize = 7;

#[derive(Clone, Debug)]
enum Edit {
    File {
        path: usize,
        content: usize,
        executable: bool,
    },
    Link {
        path: usize,
        content: usize,
    },
    Submodule {
        path: usize,
        commit: u8,
    },
    Delete {
        path: usize,
    },
    Move {
        from: usize,
        to: usize,
    },
    /// The whole tree of another commit: what a merge takes from its other side, or a revert.
    TreeOf {
        commit: usize,
    },
}

#[derive(Clone, Debug)]
struct Commit {
    /// How far back each parent is; beyond the first commit: none.
    parents: Vec<usize>,
    edits: Vec<Edit>,
    /// Seconds since the commit before it.
    later: i64,
}

/// Something a tag or a ref names.
#[derive(Clone, Debug)]
enum Named {
    Commit(usize),
    Tag(usize),
    Blob(usize),
    Tree(usize),
}

#[derive(Clone, Debug)]
struct History {
    commits: Vec<Commit>,
    tags: Vec<Named>,
    pushed: Vec<Named>,
    remote: Vec<Named>,
    packed: bool,
}

fn edit() -> impl Strategy<Value = Edit> {
    let (path, content) = (0..PATHS.len(), 0..CONTENTS);
    prop_oneof![
        6 => (path.clone(), content.clone(), any::<bool>())
            .prop_map(|(path, content, executable)| Edit::File { path, content, executable }),
        1 => (path.clone(), content).prop_map(|(path, content)| Edit::Link { path, content }),
        1 => (path.clone(), 1..9_u8).prop_map(|(path, commit)| Edit::Submodule { path, commit }),
        2 => path.clone().prop_map(|path| Edit::Delete { path }),
        2 => (path.clone(), path).prop_map(|(from, to)| Edit::Move { from, to }),
        1 => (0..64_usize).prop_map(|commit| Edit::TreeOf { commit }),
    ]
}

fn commit(dates: impl Strategy<Value = i64>) -> impl Strategy<Value = Commit> {
    let parents = prop_oneof![
        8 => prop::collection::vec(1..4_usize, 1),
        4 => prop::collection::vec(1..8_usize, 2),
        1 => prop::collection::vec(1..8_usize, 3..5),
        1 => Just(Vec::new()),
    ];
    (parents, prop::collection::vec(edit(), 0..5), dates).prop_map(|(parents, edits, later)| Commit {
        parents,
        edits,
        later,
    })
}

fn named() -> impl Strategy<Value = Named> {
    prop_oneof![
        8 => (0..64_usize).prop_map(Named::Commit),
        2 => (0..8_usize).prop_map(Named::Tag),
        1 => (0..CONTENTS).prop_map(Named::Blob),
        1 => (0..64_usize).prop_map(Named::Tree),
    ]
}

fn history(dates: impl Strategy<Value = i64>) -> impl Strategy<Value = History> {
    (
        prop::collection::vec(commit(dates), 1..24),
        prop::collection::vec(named(), 0..4),
        prop::collection::vec(named(), 1..4),
        prop::collection::vec(named(), 0..4),
        any::<bool>(),
    )
        .prop_map(|(commits, tags, pushed, remote, packed)| History { commits, tags, pushed, remote, packed })
}

/// The repository of a history, with the id of everything that can be named.
struct Built {
    sandbox: Sandbox,
    commits: Vec<String>,
    trees: Vec<String>,
    blobs: Vec<String>,
    tags: Vec<String>,
}

impl Built {
    fn new(history: &History) -> Self {
        let sandbox = Sandbox::new();
        let repo = sandbox.repo("r");
        let run = repo.try_git_with(
            &["fast-import", "--quiet", "--export-marks=../marks", "--date-format=raw", "--force"],
            &[],
            Some(stream(history).as_bytes()),
        );
        assert_eq!(run.code, 0, "{}", run.stderr);
        let marks = fs::read_to_string(sandbox.path("marks")).expect("the marks");
        let id = |mark: usize| {
            let line = marks.lines().find_map(|l| l.strip_prefix(&format!(":{mark} ")));
            line.unwrap_or_else(|| panic!("mark {mark} in {marks}")).to_owned()
        };
        let commits: Vec<String> = (0..history.commits.len()).map(|n| id(COMMIT_MARKS + n)).collect();
        let blobs: Vec<String> = (0..CONTENTS).map(|n| id(BLOB_MARKS + n)).collect();
        let names: Vec<String> = commits.iter().map(|c| format!("{c}^{{tree}}")).collect();
        let mut ask = vec!["rev-parse"];
        ask.extend(names.iter().map(String::as_str));
        let trees: Vec<String> = repo.git(&ask).lines().map(str::to_owned).collect();
        let mut built = Self { commits, trees, blobs, tags: Vec::new(), sandbox };
        for (n, tagged) in history.tags.iter().enumerate() {
            let (id, kind) = built.id(tagged);
            let tag =
                format!("object {id}\ntype {kind}\ntag t{n}\ntagger T <t@example.com> 1700000000 +0000\n\nTag {n}\n");
            let made = built.sandbox.at(built.sandbox.path("r")).try_git_with(&["mktag"], &[], Some(tag.as_bytes()));
            assert_eq!(made.code, 0, "{}", made.stderr);
            built.tags.push(made.stdout.trim().to_owned());
        }
        if history.packed {
            let repo = built.sandbox.at(built.sandbox.path("r"));
            for (n, id) in built.tags.iter().chain(&built.commits).enumerate() {
                repo.git(&["update-ref", &format!("refs/keep/{n}"), id]);
            }
            repo.git(&["repack", "-q", "-a", "-d"]);
            repo.git(&["commit-graph", "write", "--reachable"]);
        }
        built
    }

    /// The id and type of what is named, with every index brought into range.
    fn id(&self, named: &Named) -> (String, &'static str) {
        match named {
            Named::Tag(n) if !self.tags.is_empty() => (self.tags[n % self.tags.len()].clone(), "tag"),
            Named::Commit(n) | Named::Tag(n) => (self.commits[n % self.commits.len()].clone(), "commit"),
            Named::Tree(n) => (self.trees[n % self.trees.len()].clone(), "tree"),
            Named::Blob(n) => (self.blobs[n % self.blobs.len()].clone(), "blob"),
        }
    }
}

/// What stands at each path: its mode, and its mark or id.
type Files = BTreeMap<&'static str, (&'static str, String)>;

/// A file takes the place of a directory, and the other way round.
fn put(files: &mut Files, path: &'static str, what: (&'static str, String)) {
    files.retain(|p, _| !p.starts_with(&format!("{path}/")) && !path.starts_with(&format!("{p}/")));
    files.insert(path, what);
}

impl Edit {
    fn apply(&self, files: &mut Files, states: &[Files]) {
        let mut write = |path: usize, mode, content| put(files, PATHS[path], (mode, content));
        let blob = |content: usize| format!(":{}", BLOB_MARKS + content);
        match self {
            Self::File { path, content, executable: true } => write(*path, "100755", blob(*content)),
            Self::File { path, content, executable: false } => write(*path, "100644", blob(*content)),
            Self::Link { path, content } => write(*path, "120000", blob(*content)),
            Self::Submodule { path, commit } => write(*path, "160000", commit.to_string().repeat(40)),
            Self::Delete { path } => drop(files.remove(PATHS[*path])),
            Self::Move { from, to } => {
                if let Some(moved) = files.remove(PATHS[*from]) {
                    put(files, PATHS[*to], moved);
                }
            }
            Self::TreeOf { commit } if !states.is_empty() => files.clone_from(&states[commit % states.len()]),
            Self::TreeOf { .. } => {}
        }
    }
}

const BLOB_MARKS: usize = 1;
const COMMIT_MARKS: usize = 100;

/// What `git fast-import` makes the repository from.
fn stream(history: &History) -> String {
    let mut s = String::new();
    for n in 0..CONTENTS {
        let text = format!("content {n}\n").repeat(n + 1);
        let _ = write!(s, "blob\nmark :{}\ndata {}\n{text}\n", BLOB_MARKS + n, text.len());
    }
    let mut states: Vec<Files> = Vec::new();
    let mut date = 1_700_000_000_i64;
    for (n, commit) in history.commits.iter().enumerate() {
        date += commit.later;
        let _ = write!(
            s,
            "commit refs/made/{n}\nmark :{}\ncommitter T <t@example.com> {date} +0000\ndata 3\nc{:02}\n",
            COMMIT_MARKS + n,
            n % 100
        );
        let mut parents: Vec<usize> = commit.parents.iter().filter_map(|back| n.checked_sub(*back)).collect();
        let mut seen = BTreeSet::new();
        parents.retain(|p| seen.insert(*p));
        for (i, parent) in parents.iter().enumerate() {
            let word = if i == 0 { "from" } else { "merge" };
            let _ = writeln!(s, "{word} :{}", COMMIT_MARKS + parent);
        }
        let mut files = parents.first().map_or_else(Files::new, |p| states[*p].clone());
        for edit in &commit.edits {
            edit.apply(&mut files, &states);
        }
        s.push_str("deleteall\n");
        for (path, (mode, content)) in &files {
            let _ = writeln!(s, "M {mode} {content} {path}");
        }
        states.push(files);
        s.push('\n');
    }
    s
}

/// The ids that our plan and git's listing hold.
fn both(built: &Built, history: &History) -> (BTreeSet<String>, BTreeSet<String>) {
    let repo = built.sandbox.at(built.sandbox.path("r"));
    let pushed: Vec<String> = history.pushed.iter().map(|n| built.id(n).0).collect();
    let remote: Vec<String> = history.remote.iter().map(|n| built.id(n).0).collect();

    let mut args = vec!["rev-list", "--objects"];
    args.extend(pushed.iter().map(String::as_str));
    args.push("--not");
    args.extend(remote.iter().map(String::as_str));
    let git = repo.git(&args).lines().map(|l| l.split(' ').next().unwrap_or_default().to_owned()).collect();

    let hex = |id: &str| Oid::from_hex(id.as_bytes()).expect("an id");
    let none = Oid::null(hex(&built.blobs[0]).kind());
    let update = |new: Oid, old: Oid| RefUpdate { local_ref: "x".into(), new, remote_ref: "refs/heads/x".into(), old };
    let mut updates: Vec<RefUpdate> = pushed.iter().map(|id| update(hex(id), none)).collect();
    updates.extend(remote.iter().map(|id| update(none, hex(id))));
    let opened = Repo::discover(repo.dir()).expect("a repository");
    let push = Push { remote: String::new(), url: String::new(), updates, informant: Informant::Git };
    let source = Outgoing::push(&opened, push, Trust::default(), u64::MAX).expect("a source");
    let mut coverage = Coverage::default();
    let plan = source.plan(&mut coverage).expect("a plan");
    assert!(coverage.complete(), "{coverage:?}");
    // Content is planned once for each path that it stands at.
    let planned: Vec<(String, &[u8])> = plan
        .items
        .iter()
        .filter_map(|item| match &item.content {
            Content::Object(id) => Some((id.to_string(), &**item.origin.path())),
            _ => None,
        })
        .collect();
    let places: BTreeSet<_> = planned.iter().collect();
    assert_eq!(places.len(), planned.len(), "an object is planned twice at one path");
    let mut ours: BTreeSet<String> = plan.trees.iter().map(ToString::to_string).collect();
    assert_eq!(ours.len(), plan.trees.len(), "a tree is planned twice");
    ours.extend(planned.into_iter().map(|(id, _)| id));
    assert_eq!(coverage.commits, ours.iter().filter(|id| built.commits.contains(id)).count());
    (ours, git)
}

/// As many as PROPTEST_CASES says.
pub(super) fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(48)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases()) })]

    /// With clocks that run right, several commits in one second included.
    #[test]
    fn what_is_planned_is_what_git_would_send(history in history(prop_oneof![Just(0), 0..100_i64])) {
        let (ours, git) = both(&Built::new(&history), &history);
        prop_assert_eq!(ours, git);
    }

    /// With clocks that run wrong git itself may list too much. We may too, but never less than what is really new.
    #[test]
    fn wrong_clocks_hide_nothing(history in history(-1000..1000_i64)) {
        let built = Built::new(&history);
        let repo = built.sandbox.at(built.sandbox.path("r"));
        let (ours, _) = both(&built, &history);
        // Every commit that can be reached from what is pushed and not from the remote, each side listed in full.
        let listed = |named: &[Named]| -> BTreeSet<String> {
            let ids: Vec<String> = named.iter().map(|n| built.id(n).0).collect();
            let mut args = vec!["rev-list", "--objects", "--ignore-missing"];
            args.extend(ids.iter().map(String::as_str));
            if ids.is_empty() { return BTreeSet::new(); }
            repo.git(&args).lines().map(|l| l.split(' ').next().unwrap_or_default().to_owned()).collect()
        };
        let new: BTreeSet<String> = listed(&history.pushed).difference(&listed(&history.remote)).cloned().collect();
        prop_assert!(new.is_subset(&ours), "missed {:?}", new.difference(&ours).collect::<Vec<_>>());
    }
}
