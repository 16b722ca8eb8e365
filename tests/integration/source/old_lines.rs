//! Only what is new is blamed: whatever an edit does to the lines around a secret, it stays old as long as there are no
//! more copies of it than before; and whatever else the edit does, one more copy blocks. In every mode alike.

use std::collections::BTreeSet;

use crate::support::{Repo, Run, Sandbox, base62, npm_token};

/// One line of a configuration file.
#[derive(Clone)]
struct Entry {
    indent: usize,
    name: String,
    gap: usize,
    quote: &'static str,
    value: String,
    comment: &'static str,
}

/// A file that holds one secret, at `secret`, and lines that are none.
#[derive(Clone)]
struct Doc {
    path: String,
    lines: Vec<Entry>,
    secret: usize,
    line_end: &'static str,
    is_wide: bool,
}

const NAMES: [&str; 6] = ["password", "api_key", "db_password", "client_secret", "auth_token", "signing_secret"];
const WORDS: [&str; 8] = ["river", "maple", "window", "copper", "garden", "basket", "lantern", "meadow"];

fn words(random: &mut fastrand::Rng, count: usize) -> String {
    (0..count).map(|_| *random.choice(WORDS.iter()).expect("words")).collect::<Vec<_>>().join(" ")
}

fn entry(name: String, value: String) -> Entry {
    Entry { indent: 2, name, gap: 1, quote: "\"", value, comment: "" }
}

impl Doc {
    fn new(random: &mut fastrand::Rng, path: String) -> Self {
        let filler = |random: &mut fastrand::Rng, n: usize| {
            let length = random.usize(1..40);
            entry(format!("line_{}_{n}", random.u32(..)), words(random, length))
        };
        let mut lines: Vec<Entry> = (0..random.usize(6..20)).map(|n| filler(random, n)).collect();
        let value = match random.usize(..3) {
            // Short, as people type them: the same value may be a word elsewhere.
            0 => base62(14),
            1 => base62(32),
            _ => npm_token(),
        };
        let name = (*random.choice(NAMES.iter()).expect("names")).to_owned();
        let secret = random.usize(..lines.len());
        lines.insert(secret, entry(name, value));
        Self { path, lines, secret, line_end: "\n", is_wide: false }
    }

    fn render(&self) -> Vec<u8> {
        let line = |e: &Entry| {
            let Entry { indent, name, gap, quote, value, comment } = e;
            format!("{:indent$}{name}:{:gap$}{quote}{value}{quote}{comment}{}", "", "", self.line_end)
        };
        let text: String = self.lines.iter().map(line).collect();
        match self.is_wide {
            true => format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
            false => text.into_bytes(),
        }
    }

    /// Moves the secret's line.
    fn relocate(&mut self, to: usize) {
        let line = self.lines.remove(self.secret);
        self.secret = to.min(self.lines.len());
        self.lines.insert(self.secret, line);
    }

    /// An edit after which the secret is as old as before.
    fn edit(&mut self, random: &mut fastrand::Rng) {
        match random.usize(..9) {
            0 => self.lines.iter_mut().for_each(|line| line.indent = 6 - line.indent),
            1 => self.lines[self.secret].comment = " # rotated every year",
            2 => self.lines.iter_mut().for_each(|line| line.quote = "'"),
            3 => self.lines[self.secret].gap = 3,
            4 => {
                let to = random.usize(..self.lines.len());
                self.relocate(to);
            }
            5 => self.line_end = "\r\n",
            6 => self.is_wide = !self.path.contains("renamed"),
            7 if !self.is_wide => {
                self.path = self.path.replace(".yml", "-renamed.yml");
                // Less than half of the bytes, however long the lines are.
                let secret = self.secret;
                let longest = (0..self.lines.len()).filter(|n| *n != secret).max_by_key(|n| self.lines[*n].value.len());
                self.lines[longest.expect("other lines")].value.push_str(" changed");
            }
            _ => {
                let at = random.usize(..=self.secret);
                self.lines.insert(at, entry("added_line".into(), words(random, 4)));
                self.secret += 1;
            }
        }
    }

    /// An edit that brings a secret.
    fn leak(&mut self, random: &mut fastrand::Rng) {
        let mut line = self.lines[self.secret].clone();
        let at = random.usize(..=self.lines.len());
        match random.usize(..3) {
            0 => {
                self.lines[self.secret].value = npm_token();
                return;
            }
            1 => line.name = format!("other_{}", line.name),
            // The same line once more.
            _ => {}
        }
        self.lines.insert(at, line);
        self.secret += usize::from(at <= self.secret);
    }
}

/// The files before and after a change, and those that must block.
#[derive(Default)]
struct Change {
    before: Vec<Doc>,
    after: Vec<Doc>,
    blocked: BTreeSet<String>,
}

impl Change {
    /// A file with some edits, of which the last may bring a secret.
    fn edits(&mut self, random: &mut fastrand::Rng, path: String) {
        let before = Doc::new(random, path);
        let mut after = before.clone();
        (0..random.usize(1..4)).for_each(|_| after.edit(random));
        if random.bool() {
            after.leak(random);
            self.blocked.insert(after.path.clone());
        }
        self.before.push(before);
        self.after.push(after);
    }

    /// A line that goes to another file, and perhaps to a third one as well.
    fn move_line(&mut self, random: &mut fastrand::Rng, path: &str) {
        let mut files: Vec<Doc> =
            (0..3).map(|n| Doc::new(random, path.replace(".yml", &format!("-{n}.yml")))).collect();
        self.before.extend(files.iter().cloned());
        let (from, secret) = (random.usize(..3), files[0].secret);
        let line = files[0].lines.remove(secret);
        let copies = 1 + usize::from(random.bool());
        files[0].secret = 0;
        for file in &mut files[1..=copies] {
            let at = from.min(file.lines.len());
            file.lines.insert(at, line.clone());
        }
        if copies > 1 {
            // The first one in the order of their paths is the one that was moved.
            self.blocked.insert(files[2].path.clone());
        }
        self.after.extend(files);
    }
}

fn put(repo: &Repo<'_>, old: &[Doc], new: &[Doc]) {
    old.iter().for_each(|doc| std::fs::remove_file(repo.path(&doc.path)).expect("removed"));
    for doc in new {
        repo.write(&doc.path, doc.render());
    }
}

fn blocked(run: &Run) -> BTreeSet<String> {
    run.blocking().iter().filter_map(|at| at.split(':').next().map(str::to_owned)).collect()
}

#[track_caller]
fn holds(mode: &str, seed: u64, run: &Run, change: &Change) {
    assert_eq!(blocked(run), change.blocked, "{mode}, seed {seed}: {}", run.stderr);
}

/// The files that block where nothing came before: a value that the judgement takes for none proves nothing.
fn without_history(sandbox: &Sandbox, name: &str, docs: &[Doc]) -> BTreeSet<String> {
    let repo = sandbox.repo(name);
    put(&repo, &[], docs);
    repo.add();
    blocked(&repo.scan_staged())
}

/// Looks at one change in every mode.
fn in_every_mode(seed: u64, change: &mut Change) {
    let sandbox = Sandbox::new();
    let (least, wanted) = (change.before.len() * 2 / 3, change.blocked.len() * 2 / 3);
    assert!(without_history(&sandbox, "before", &change.before).len() >= least, "seed {seed}: too few secrets");
    let seen = without_history(&sandbox, "after", &change.after);
    change.blocked.retain(|path| seen.contains(path));
    assert!(change.blocked.len() >= wanted, "seed {seed}: too few new secrets");
    let change = &*change;
    let repo = sandbox.repo("repo");
    repo.write("README.md", "hello\n").commit("first");
    put(&repo, &[], &change.before);
    let old = repo.add().commit("before");
    put(&repo, &change.before, &change.after);
    holds("worktree", seed, &repo.shield(&["scan", "--worktree", "--format", "json"]), change);
    repo.add();
    holds("staged", seed, &repo.scan_staged(), change);
    let new = repo.commit("after");
    holds("range", seed, &repo.shield(&["scan", "--range", "HEAD~..HEAD", "--format", "json"]), change);
    let told = format!("refs/heads/main {new} refs/heads/main {old}\n");
    let args = ["hook", "--format", "json", "pre-push", "origin", "ssh://git.example/r"];
    holds("pre-push", seed, &repo.shield_with(&args, &[], Some(told.as_bytes())), change);
    let event = sandbox.path("event.json");
    let pull =
        format!(r#"{{"pull_request": {{"base": {{"ref": "main", "sha": "{old}"}}, "head": {{"sha": "{new}"}}}}}}"#);
    std::fs::write(&event, pull).expect("the event");
    let env = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_BASE_REF", "main"),
        ("GITHUB_SHA", new.as_str()),
        ("GITHUB_EVENT_PATH", event.to_str().expect("UTF-8")),
    ];
    holds("ci", seed, &repo.shield_with(&["ci", "--format", "json"], &env, None), change);
    // As a server sees it: the commit is there, and no ref leads to it.
    repo.git(&["reset", "--quiet", "--soft", "HEAD~"]);
    let told = format!("{old} {new} refs/heads/main\n");
    let args = ["hook", "--format", "json", "pre-receive"];
    holds("pre-receive", seed, &repo.shield_with(&args, &[], Some(told.as_bytes())), change);
}

#[test]
fn edits_leave_old_secrets_old_and_hide_no_new_one() {
    for seed in 0..3 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut change = Change::default();
        (0..40).for_each(|n| change.edits(&mut random, format!("edits/{n:03}.yml")));
        in_every_mode(seed, &mut change);
    }
}

#[test]
fn a_line_that_goes_to_another_file_is_moved_and_a_second_copy_is_new() {
    for seed in 0..2 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut change = Change::default();
        (0..20).for_each(|n| change.move_line(&mut random, &format!("moves/{n:03}.yml")));
        in_every_mode(seed, &mut change);
    }
}

fn secret_line(value: &str) -> String {
    format!("api_key = \"{value}\"\n")
}

#[test]
fn a_moved_secret_is_reported_with_where_it_came_from_and_a_setting_stops_it() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let line = secret_line(&npm_token());
    repo.write("private/app.py", format!("import os\n{line}x = 1\n")).write("site.py", "y = 2\n").commit("first");
    repo.write("private/app.py", "import os\nx = 1\n").write("site.py", format!("y = 2\n{line}")).add();
    let run = repo.scan_staged().expect_clean();
    let finding = &run.json()["findings"][0];
    assert_eq!(finding["verdict"], "warn", "{}", run.stdout);
    assert!(run.stdout.contains("moved here from private/app.py"), "{}", run.stdout);
    repo.write(".shield-hook.toml", "moved = \"block\"\n").add();
    let run = repo.scan_staged().expect_blocked(&["site.py:2"]);
    assert!(run.stdout.contains("moved here from private/app.py"), "{}", run.stdout);
}

/// A value that only its context tells.
fn context_line() -> String {
    format!("db_password = \"{}\"\n", base62(24))
}

/// The last commit as every gate sees it: before it is made, and on its way from the commit before.
#[track_caller]
fn in_index_and_push(repo: &Repo<'_>, places: &[&str]) -> String {
    let old = repo.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let expect = |run: Run| if places.is_empty() { run.expect_clean() } else { run.expect_blocked(places) };
    let run = expect(repo.scan_staged());
    let new = repo.commit("next");
    let told = format!("refs/heads/main {new} refs/heads/main {old}\n");
    let args = ["hook", "--format", "json", "pre-push", "origin", "ssh://git.example/r"];
    expect(repo.shield_with(&args, &[], Some(told.as_bytes())));
    expect(repo.shield(&["scan", "--range", "HEAD~..HEAD", "--format", "json"]));
    run.stdout
}

#[test]
fn a_path_that_excuses_a_secret_makes_it_old_at_no_other() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let (line, other, token) = (context_line(), context_line(), secret_line(&npm_token()));
    let tested = format!("import os\n{line}x = 1\n");
    repo.write("tests/c.py", &tested).write("site.py", "y = 2\n").add();
    repo.scan_staged().expect_clean();
    repo.write("docs/a.md", &token).write("tests/d.py", format!("import re\n{other}z = 3\n")).commit("first");
    std::fs::create_dir_all(repo.path("src")).expect("src");
    repo.git(&["mv", "tests/c.py", "src/c.py"]);
    let told = in_index_and_push(&repo, &["src/c.py:2"]);
    assert!(told.contains("it was in tests/c.py before, where it did not block"), "{told}");
    // One line of it.
    repo.write("tests/d.py", "import re\nz = 3\n").write("site.py", format!("y = 2\n{other}")).add();
    let told = in_index_and_push(&repo, &["site.py:2"]);
    assert!(told.contains("moved here from tests/d.py, where it did not block"), "{told}");
    // A secret that blocks anywhere has passed the gate, and one may go where it is excused.
    repo.git(&["mv", "docs/a.md", "src/a.py"]);
    repo.git(&["mv", "src/c.py", "tests/e.py"]);
    in_index_and_push(&repo, &[]);
    // A copy of what is published.
    repo.write("src/again.py", &tested).add();
    in_index_and_push(&repo, &["src/again.py:2"]);
    repo.write(".shield-hook.toml", "tests-and-docs = \"block\"\n").commit("policy");
    repo.git(&["mv", "tests/e.py", "src/e.py"]);
    in_index_and_push(&repo, &[]);
}

/// The range from a base as the hook of a push and a scan by hand see it.
#[track_caller]
fn in_push(repo: &Repo<'_>, base: &str, places: &[&str]) {
    let expect = |run: Run| if places.is_empty() { run.expect_clean() } else { run.expect_blocked(places) };
    let told = format!("refs/heads/main {} refs/heads/main {base}\n", repo.git(&["rev-parse", "HEAD"]).trim());
    let args = ["hook", "--format", "json", "pre-push", "origin", "ssh://git.example/r"];
    expect(repo.shield_with(&args, &[], Some(told.as_bytes())));
    expect(repo.shield(&["scan", "--range", &format!("{base}..HEAD"), "--format", "json"]));
}

#[test]
fn a_value_that_is_named_later_in_the_same_push_is_new() {
    for (path, before, after) in [
        // The name comes on the line, on another line, with another file, with a better host.
        ("app.py", "import os\nx = connect(\"@\")\n", "import os\nx = connect(api_key=\"@\")\n"),
        ("a.json", "{\n  \"note\":\n    \"@\"\n}\n", "{\n  \"api_key\":\n    \"@\"\n}\n"),
        (".env", "NAME=@\n", "API_SECRET=@\n"),
        ("b.yml", "items:\n  - @\n", "items:\n  - name: a\n    client_secret: @\n"),
    ] {
        for is_moved in [false, true] {
            let sandbox = Sandbox::new();
            let repo = sandbox.repo("repo");
            let value = base62(32);
            let base = repo.write("README", "a\n").commit("first");
            repo.write(path, before.replace('@', &value)).commit("unnamed");
            in_push(&repo, &base, &[]);
            if is_moved {
                repo.write(path, "\n").write(format!("conf/{path}"), after.replace('@', &value));
            } else {
                repo.write(path, after.replace('@', &value));
            }
            repo.commit("named");
            let new_path = if is_moved { format!("conf/{path}") } else { path.to_owned() };
            let line = after.lines().position(|line| line.contains('@')).expect("a line") + 1;
            in_push(&repo, &base, &[&format!("{new_path}:{line}")]);
            // Nobody is blamed for what was published before.
            in_push(&repo, repo.git(&["rev-parse", "HEAD~"]).trim(), &[]);
        }
    }
}

#[test]
fn a_secret_of_an_earlier_commit_of_the_push_is_reported_there_alone() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let value = base62(32);
    let base = repo.write("README", "a\n").commit("first");
    // The same value blocks in one place and is shown in another.
    let text = format!(
        "services:\n  a:\n    test: curl -u admin:{value} http://localhost:9200/\n    environment:\n      - ADMIN_PASSWORD={value}\n"
    );
    repo.write("compose.yml", &text).commit("with a secret");
    for number in 0..3 {
        repo.write("compose.yml", format!("name: n{number}\n{text}")).commit("another line");
    }
    let found = repo.shield(&["scan", "--range", &format!("{base}..HEAD"), "--format", "json"]).json();
    let blocking = found["findings"].as_array().expect("findings").iter().filter(|found| found["blocking"] == true);
    assert_eq!(blocking.count(), 1, "{found}");
}

#[test]
fn a_directive_that_is_gone_makes_no_secret_old() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let (line, other) = (secret_line(&npm_token()), secret_line(&npm_token()));
    let allow = "# shield-hook:allow npm-access-token a sample";
    let allowed = |line: &str| format!("{} {allow}\n", line.trim_end());
    repo.write("a.py", allowed(&line)).write("b.py", format!("{allow}\n{other}")).write("c.py", "x = 1\n").add();
    repo.scan_staged().expect_clean();
    repo.commit("first");
    // It goes with its directive.
    repo.write("a.py", format!("y = 2\n{}", allowed(&line))).add();
    in_index_and_push(&repo, &[]);
    repo.write("a.py", format!("y = 2\n{line}")).write("b.py", &other).add();
    let told = in_index_and_push(&repo, &["a.py:2", "b.py:1"]);
    assert!(told.contains("a directive allowed it before, and is gone"), "{told}");
    repo.write("a.py", format!("{line}y = 3\n")).add();
    in_index_and_push(&repo, &[]);
}

#[test]
fn beyond_gits_limit_of_renames_nothing_old_is_blamed() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    // One pair more than git compares.
    let files: Vec<(String, String)> =
        (0..1001).map(|n| (format!("{n}-{}", base62(300)), secret_line(&npm_token()))).collect();
    for (n, (text, line)) in files.iter().enumerate() {
        repo.write(format!("a/f{n}.txt"), format!("{text}\n{line}"));
    }
    repo.commit("first");
    std::fs::remove_dir_all(repo.path("a")).expect("removed");
    for (n, (text, line)) in files.iter().enumerate() {
        repo.write(format!("b/g{}.txt", 5000 - n), format!("a new first line {n}\n{text}\n{line}"));
    }
    repo.add();
    repo.scan_staged().expect_clean();
    repo.write("b/new.txt", &files[0].1).add();
    repo.scan_staged().expect_blocked(&["b/new.txt:1"]);
}

#[test]
fn a_merge_of_what_was_fetched_by_address_blames_nobody() {
    let sandbox = Sandbox::new();
    let upstream = sandbox.repo("upstream");
    let base = upstream.write("README.md", "hello\n").commit("first");
    let repo = sandbox.repo("repo");
    let address = upstream.dir().to_str().expect("UTF-8").to_owned();
    repo.git(&["pull", "--quiet", &address, "main"]);
    upstream.write("theirs", secret_line(&npm_token())).commit("theirs");
    repo.write("ours", "ours\n").commit("ours");
    repo.git(&["fetch", "--quiet", &address, "main"]);
    repo.git(&["merge", "--quiet", "--no-commit", "--no-ff", "FETCH_HEAD"]);
    repo.scan_staged().expect_clean();
    // What the merge itself adds is new all the same.
    repo.write("added", secret_line(&npm_token())).add();
    repo.scan_staged().expect_blocked(&["added:1"]);
    repo.git(&["merge", "--abort"]);
    // A branch of this very repository is no other repository's, by whatever address it is fetched.
    repo.git(&["switch", "--quiet", "-c", "topic", &base]);
    repo.write("mine", secret_line(&npm_token())).commit("mine");
    repo.git(&["switch", "--quiet", "main"]);
    let own = repo.dir().to_str().expect("UTF-8").to_owned();
    for address in [".", own.as_str(), "./.git"] {
        repo.git(&["fetch", "--quiet", address, "topic"]);
        repo.git(&["merge", "--quiet", "--no-commit", "--no-ff", "FETCH_HEAD"]);
        repo.scan_staged().expect_blocked(&["mine:1"]);
        repo.git(&["merge", "--abort"]);
    }
}
