//! Repairs of a finding, fit for the state of its repository: commands that work as they are printed.
//!
//! Every one of them is executed by a test in a real repository.

use std::collections::HashSet;

use bstr::ByteSlice;

use crate::chunk::{ChunkPlace, Kind};
use crate::environment;
use crate::finding::{Finding, Step, Verdict};
use crate::git::{self, Oid, Reach, Repo};

/// A change of more paths is not searched for the one of a finding.
const MOST_PATHS: usize = 1 << 20;

/// The operation that a finding stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepairContext<'a> {
    /// Files were looked at; nothing is about to be published.
    Files,
    /// A commit is about to be made.
    Commit,
    /// A commit's message was written.
    Message,
    /// Commits exist here and are about to be published.
    Push,
    /// All commits were looked at; some may be published.
    History,
    /// Commits are published already.
    Published {
        /// The branch that an allowance must be on before it counts; none if it may come with its finding.
        apart_from: Option<&'a str>,
    },
}

/// Gives every blocking finding the steps that repair it. `hide` masks credentials in the name of a ref.
pub fn plan(findings: &mut [Finding], scene: RepairContext<'_>, repo: Option<&Repo>, hide: fn(&str) -> String) {
    if !findings.iter().any(|f| f.verdict.blocks()) {
        return;
    }
    let mut planner = Planner {
        scene,
        repo,
        head: repo.and_then(|r| r.head().ok().flatten()),
        objects: repo.map(Repo::objects),
        refs: repo.and_then(|r| r.refs("").ok()).unwrap_or_default(),
        fetched: repo.map(|r| r.fetched().tips.into_iter().map(|(id, _)| id).collect()).unwrap_or_default(),
        unpublished: None,
        at_root: repo.is_none_or(at_root),
        hide,
    };
    for finding in findings.iter_mut().filter(|f| f.verdict == Verdict::Block) {
        finding.repair = planner.steps(finding);
    }
}

/// Returns whether the user's shell is in the repository's root, so that paths need no `:/` before them. Git starts a
/// hook there and passes the user's directory in a variable.
fn at_root(repo: &Repo) -> bool {
    let from_git = environment::variable("GIT_PREFIX").is_some_and(|p| !p.is_empty());
    let here = environment::current_directory().ok().and_then(|d| d.canonicalize().ok());
    let root = repo.work_dir().and_then(|d| d.canonicalize().ok());
    !from_git && here.is_none_or(|h| root.is_none_or(|r| r == h))
}

struct Planner<'a> {
    scene: RepairContext<'a>,
    repo: Option<&'a Repo>,
    head: Option<Oid>,
    objects: Option<git::Objects>,
    refs: Vec<git::Ref>,
    /// The tips of the last fetch.
    fetched: Vec<Oid>,
    /// The commits that the branch here has and no remote, as far as this repository knows; none before they are asked for.
    unpublished: Option<HashSet<Oid>>,
    at_root: bool,
    hide: fn(&str) -> String,
}

impl Planner<'_> {
    fn steps(&mut self, finding: &Finding) -> Vec<Step> {
        let mut steps = match (self.scene, finding.location.kind()) {
            // No git command reaches these two.
            (_, Kind::Stdin) | (RepairContext::Files, _) => Vec::new(),
            (_, Kind::TagMessage) => tag(finding),
            (_, Kind::Note) => self.note(finding),
            (_, Kind::RefName) if finding.location.path().starts_with(b"refs/tags/") => {
                vec![step("give the tag another name", ["git tag NEW OLD", "git tag -d OLD"])]
            }
            (_, Kind::RefName) => vec![step("give the branch another name", ["git branch -m OLD NEW"])],
            (RepairContext::Message, _) => vec![step(
                "write the message without the secret",
                ["git commit -e -F \"$(git rev-parse --git-path COMMIT_EDITMSG)\""],
            )],
            (RepairContext::Commit, Kind::PathName) => vec![step("give the file another name", ["git mv OLD NEW"])],
            (RepairContext::Commit, _) => self.staged(finding),
            (RepairContext::History, _) => self.of_history(finding),
            (RepairContext::Push | RepairContext::Published { .. }, _) => self.committed(finding),
        };
        let is_published = matches!(self.scene, RepairContext::Published { .. })
            && !commit_of(finding).is_some_and(|id| self.is_unpublished(id));
        if is_published && finding.commit.is_some() && !steps.is_empty() {
            steps.push(step("replace the published commits", ["git push --force-with-lease"]));
        }
        steps.push(self.allow(finding));
        steps
    }

    fn allow(&self, finding: &Finding) -> Step {
        // Not every finding is about a secret.
        let is_package = finding.is_about_package();
        let unless = if is_package { "if this is intended, or the advisory is wrong" } else { "if it is not a secret" };
        let id = finding.fingerprint.to_string();
        let allow = format!("shield-hook allow {id} --reason \"WHY\"");
        let RepairContext::Published { apart_from: Some(branch) } = self.scene else {
            return step(format!("{unless}, allow it"), [allow]);
        };
        let short = &id[..SHORTEST_ID];
        let what = format!(
            "{unless}, allow it in a separate change to the base branch ({branch}), and run this check again once that is merged"
        );
        step(
            &what,
            [
                format!("git switch --no-track -c allow-{short} {} && {allow}", quote(branch)),
                format!("git add -- .shield-hook.toml && git commit -m \"Allow {short}\""),
            ],
        )
    }

    fn staged(&self, finding: &Finding) -> Vec<Step> {
        let path = self.path(finding);
        let leave = match self.head {
            Some(_) => format!("git restore --staged -- {path}"),
            None => format!("git rm --cached -- {path}"),
        };
        let correct = match finding.is_about_package() {
            true => "correct the file, then stage it again",
            false => "remove the secret from the file, then stage the file again",
        };
        let mut steps =
            vec![step(correct, [format!("git add -- {path}")]), step("or leave the file out of this commit", [leave])];
        if finding.location.kind() == Kind::File && !finding.is_about_package() {
            steps.push(step("or have it replaced by a marker, here and in the file", ["shield-hook repair --yes"]));
        }
        steps
    }

    fn committed(&mut self, finding: &Finding) -> Vec<Step> {
        let Some((objects, head)) = self.objects.as_mut().zip(self.head) else { return Vec::new() };
        let Some(id) = commit_of(finding) else { return self.tagged(finding) };
        let position = git::position(objects, head, id);
        let (is_head, merges) = match position.reach {
            Reach::Elsewhere => return vec![self.switch_to_branch_of(id)],
            Reach::Head => (true, false),
            Reach::Below { merges } => (false, merges),
        };
        let commit =
            ReachedCommit { id, short: id.to_hex_with_len(10).to_string(), is_head, is_root: position.root, merges };
        let repair = match finding.location.kind() {
            Kind::CommitMessage => self.reworded(finding, &commit),
            Kind::PathName => step(
                "give the file another name in that commit",
                commit.edited(&["git mv OLD NEW", "git commit --amend --no-edit"]),
            ),
            _ if !self.still_there(finding, id) => step(
                format!(
                    "a later commit removed it, but {} still contains it: combine these commits into one",
                    commit.short
                ),
                [commit.undo(), "git commit".to_owned()],
            ),
            _ => self.removed(finding, &commit),
        };
        let is_in_reach = !finding.is_about_package() && finding.location.kind() != Kind::PathName;
        if !is_in_reach || !self.is_unpublished(id) {
            return vec![repair];
        }
        vec![rewrite(), Step { what: format!("or by hand: {}", repair.what), ..repair }]
    }

    /// A finding of the history: what is not published is rewritten, and the rest is known to others already.
    fn of_history(&mut self, finding: &Finding) -> Vec<Step> {
        if commit_of(finding).is_some_and(|id| self.is_unpublished(id)) {
            return vec![rewrite()];
        }
        let root = self.repo.and_then(Repo::work_dir);
        let is_there = root.is_some_and(|root| root.join(BASELINE).exists());
        let verb = if is_there { "update" } else { "create" };
        vec![step(
            "revoke what was published, then record it as known, so that later scans show only what is new",
            [format!("shield-hook baseline {verb} --history --reason \"WHY\"")],
        )]
    }

    /// Returns whether the branch that is checked out leads to the commit, and no remote is known to have it.
    fn is_unpublished(&mut self, id: Oid) -> bool {
        if self.unpublished.is_none() {
            self.unpublished = Some(self.unpublished_commits());
        }
        self.unpublished.as_ref().is_some_and(|known| known.contains(&id))
    }

    fn unpublished_commits(&mut self) -> HashSet<Oid> {
        let Some(((repo, objects), head)) = self.repo.zip(self.objects.as_mut()).zip(self.head) else {
            return HashSet::new();
        };
        // A job of a CI system has a detached HEAD, and often no other ref.
        if repo.head_name().is_none() {
            return HashSet::new();
        }
        let remotes = self.refs.iter().filter(|r| r.name.starts_with(b"refs/remotes/")).map(|r| r.id);
        let published: Vec<Oid> = remotes.chain(self.fetched.iter().copied()).collect();
        let new = git::outgoing(repo, objects, &[head], &published);
        new.map(|new| new.commits.into_iter().map(|commit| commit.id).collect()).unwrap_or_default()
    }

    /// Leads to a branch that contains the commit.
    fn switch_to_branch_of(&mut self, id: Oid) -> Step {
        let mut branches = self.refs.iter().filter_map(|r| Some((r.name.strip_prefix(b"refs/heads/")?, r.id)));
        let branch =
            self.objects.as_mut().and_then(|objects| branches.find(|(_, tip)| git::reaches(objects, &[*tip], id)));
        let switch = match branch {
            Some((name, _)) => format!("git switch {}", quote(&(self.hide)(&name.to_str_lossy()))),
            // HEAD was detached, or the branch is gone.
            None => format!("git switch -c NEW {}", id.to_hex_with_len(10)),
        };
        step("it is on another branch: switch to that branch, and scan again", [switch])
    }

    /// Rewrites the message of the commit, or its headers if the secret is in one of them.
    fn reworded(&mut self, finding: &Finding, commit: &ReachedCommit) -> Step {
        let in_message = self.objects.as_mut().is_none_or(|objects| in_message(objects, finding, commit.id));
        if !in_message {
            return step(
                "it is in the commit's author or another header: set user.name and user.email, then reset the author",
                commit.edited(&["git commit --amend --no-edit --reset-author"]),
            );
        }
        if commit.is_head {
            return step("write the message without the secret", ["git commit --amend"]);
        }
        let reword = format!("git commit --allow-empty --fixup=reword:{}", commit.short);
        step("write that commit's message without the secret", [reword, commit.autosquash()])
    }

    /// Removes the secret from the file, and from the commit.
    fn removed(&mut self, finding: &Finding, commit: &ReachedCommit) -> Step {
        let path = self.path(finding);
        // Without the secret the commit may change nothing any more, at which git stops.
        let alone = self.brings_nothing_else(commit.id);
        if commit.is_head {
            let allow_empty = if alone { "--allow-empty " } else { "" };
            return step(
                "remove it from the file, then amend the commit",
                [format!("git commit --amend --no-edit {allow_empty}-- {path}")],
            );
        }
        let rebase = commit.autosquash();
        step(
            format!("remove it from the file, then fold that change into {}", commit.short),
            [
                format!("git commit --fixup={} -- {path}", commit.short),
                if alone { format!("{rebase} || {KEEP_EMPTY}") } else { rebase },
            ],
        )
    }

    /// Returns whether the commit changes a single path.
    fn brings_nothing_else(&mut self, id: Oid) -> bool {
        let parents = self.repo.and_then(|repo| git::parents_of(repo, &id).ok()).unwrap_or_default();
        let Some(objects) = self.objects.as_mut() else { return false };
        let changes = git::introduced_changes(objects, &git::NewCommit { id, parents }, MOST_PATHS);
        changes.new.len() == 1 && changes.removed.is_empty()
    }

    /// Rewrites the note and squashes its history: a push of notes takes older versions along.
    fn note(&mut self, finding: &Finding) -> Vec<Step> {
        let Some(((repo, objects), id)) = self.repo.zip(self.objects.as_mut()).zip(commit_of(finding)) else {
            return Vec::new();
        };
        let mut notes = self.refs.iter().filter(|r| r.name.starts_with(b"refs/notes/"));
        let holder = notes.find(|r| git::reaches(objects, &[r.id], id));
        let ChunkPlace::Note(object) = &finding.location.place else { return Vec::new() };
        let (Some(holder), Some(on)) = (holder, object.name()) else { return Vec::new() };
        let parents = git::parents_of(repo, &id).unwrap_or_default();
        let name = quote(&(self.hide)(&holder.name.to_str_lossy()));
        let onto: String = parents.iter().map(|p| format!("-p {} ", p.to_hex_with_len(10))).collect();
        vec![step(
            "edit the note to remove it, then combine the commits of the notes since then",
            [
                format!("git notes --ref={name} edit {on}"),
                format!("git update-ref {name} \"$(git commit-tree {onto}-m Notes {name}^{{tree}})\""),
            ],
        )]
    }

    /// Deletes the refs that name a blob without any commit.
    fn tagged(&self, finding: &Finding) -> Vec<Step> {
        let ChunkPlace::Blob(object) = &finding.location.place else { return Vec::new() };
        let Some(id) = object.name() else { return Vec::new() };
        let named = self.refs.iter().filter(|r| id == r.id.to_string().as_str());
        let delete = |r: &git::Ref| format!("git update-ref -d {}", self.ref_name(&r.name));
        named.map(|r| step("delete the ref that points at it", [delete(r)])).collect()
    }

    /// A ref as an argument; the user has to fill in a credential that is masked in it.
    fn ref_name(&self, name: &[u8]) -> String {
        quote(&(self.hide)(&name.to_str_lossy()))
    }

    /// Returns whether HEAD's version of the file still holds the secret of a commit below it.
    fn still_there(&mut self, finding: &Finding, commit: Oid) -> bool {
        let Some((objects, head)) = self.objects.as_mut().zip(self.head) else { return false };
        let mut version = |of: Oid| {
            let tree = objects.tree_of(&of).ok()?;
            let (id, _) = git::entry_at(objects, tree, finding.location.path()).ok()??;
            let mut bytes = Vec::new();
            objects.read(&id, u64::MAX, &mut bytes).ok()?;
            Some(bytes)
        };
        let holds = |bytes: &Vec<u8>| bytes.find(finding.secret.expose()).is_some();
        match version(head) {
            None => false,
            // A secret in another encoding is found in neither version: a file that is there is then taken to hold it.
            Some(now) => holds(&now) || !version(commit).is_some_and(|then| holds(&then)),
        }
    }

    /// The finding's path as an argument of a git command, quoted for the shell.
    fn path(&self, finding: &Finding) -> String {
        let path = finding.location.path().to_str_lossy();
        // Of a member git knows the archive alone.
        let path = match finding.location.kind() {
            Kind::Member => path.split('!').next().unwrap_or_default().into(),
            _ => path,
        };
        quote(&if self.at_root { path.into_owned() } else { format!(":/{path}") })
    }
}

/// A commit that HEAD reaches, as the commands name it.
struct ReachedCommit {
    id: Oid,
    /// The begin of its id, in hex.
    short: String,
    is_head: bool,
    /// Whether it has no parent.
    is_root: bool,
    /// Whether HEAD or a commit between is a merge.
    merges: bool,
}

impl ReachedCommit {
    /// The arguments with which `git rebase -i` begins at the commit.
    fn onto(&self) -> String {
        let merges = if self.merges { "--rebase-merges " } else { "" };
        match self.is_root {
            true => format!("{merges}--root"),
            false => format!("{merges}{}~1", self.short),
        }
    }

    /// Undoes the commits from this one on, and leaves their content staged.
    fn undo(&self) -> String {
        match self.is_root {
            true => "git update-ref -d HEAD".to_owned(),
            false => format!("git reset --soft {}~1", self.short),
        }
    }

    /// Folds fixups into the commit. An editor that changes nothing accepts the order that --autosquash proposes.
    fn autosquash(&self) -> String {
        format!("git -c sequence.editor=: rebase -i --autosquash {}", self.onto())
    }

    /// The commands that stop at the commit, run `commands` there, and go on.
    fn edited(&self, commands: &[&str]) -> Vec<String> {
        let commands = commands.iter().map(|c| (*c).to_owned());
        if self.is_head {
            return commands.collect();
        }
        // The pattern matches the commit however git shortens its id in the list.
        let stop = format!(
            "git -c core.abbrev={SHORTEST_ID} -c sequence.editor=\"sed -i.old 's/^pick {0}/edit {0}/'\" rebase -i {1}",
            &self.short[..SHORTEST_ID],
            self.onto()
        );
        [stop].into_iter().chain(commands).chain(["git rebase --continue".into()]).collect()
    }
}

/// Continues a rebase that stopped at a commit that became empty; fails at a conflict.
const KEEP_EMPTY: &str = "{ git commit --amend --allow-empty --no-edit && git rebase --continue; }";

/// The length of the ids in commands, in hex digits.
const SHORTEST_ID: usize = 7;

/// The default name of the baseline.
const BASELINE: &str = ".shield-hook.baseline";

/// Has the program replace the secret.
fn rewrite() -> Step {
    step(
        "have it replaced by a marker in every unpublished commit, with a backup (without --yes it only shows the changes)",
        ["shield-hook repair --yes"],
    )
}

fn commit_of(finding: &Finding) -> Option<Oid> {
    Oid::from_hex(finding.commit.as_ref()?.as_bytes()).ok()
}

/// Recreates the tag, because its message is a part of it.
fn tag(finding: &Finding) -> Vec<Step> {
    let ChunkPlace::TagMessage(object) = &finding.location.place else { return Vec::new() };
    let Some(name) = object.name() else { return Vec::new() };
    vec![step("create the tag again without the secret", [format!("git tag -f -a {0} {0}^{{}}", quote(name))])]
}

/// Returns whether the commit's message holds the secret, and not its headers only.
fn in_message(objects: &mut git::Objects, finding: &Finding, commit: Oid) -> bool {
    let mut bytes = Vec::new();
    if objects.read(&commit, u64::MAX, &mut bytes).is_err() {
        return true;
    }
    let (headers, message) = bytes.split_once_str("\n\n").unwrap_or((&bytes, b""));
    let holds = |part: &[u8]| part.find(finding.secret.expose()).is_some();
    // A secret in another encoding is found in neither; the message is likelier.
    holds(message) || !holds(headers)
}

fn step<C: Into<String>>(what: impl Into<String>, run: impl IntoIterator<Item = C>) -> Step {
    Step { what: what.into(), run: run.into_iter().map(Into::into).collect() }
}

/// An argument for a POSIX shell.
///
/// ```
/// use shield_hook::finding::repair::quote;
///
/// assert_eq!(quote("src/main.rs"), "src/main.rs");
/// assert_eq!(quote("it's here"), r"'it'\''s here'");
/// ```
pub fn quote(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:+@%,=".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_survive_a_shell() {
        assert_eq!(quote("src/a-b_c.txt"), "src/a-b_c.txt");
        assert_eq!(quote("a b"), "'a b'");
        assert_eq!(quote("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("été"), "'été'");
    }
}
