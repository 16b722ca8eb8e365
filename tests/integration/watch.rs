//! The watch, the update gate and the digest.
use std::fs;
use std::path::PathBuf;

use crate::support::hooks::script;
use crate::support::{Run, Sandbox, npm_token};
use serde_json::Value;

fn config(sandbox: &Sandbox, text: &str) {
    let path = sandbox.home().join(".config/shield-hook/watch.toml");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn state(sandbox: &Sandbox) -> PathBuf {
    sandbox.home().join(".local/state/shield-hook")
}

fn records(sandbox: &Sandbox, command: &str) -> Vec<Value> {
    let text = fs::read_to_string(state(sandbox).join("journal.jsonl")).unwrap_or_default();
    let all = text.lines().map(|l| serde_json::from_str::<Value>(l).unwrap());
    all.filter(|r| r["command"] == command).collect()
}

/// A package-lock.json with one package.
fn lockfile(name: &str, version: &str) -> String {
    format!(
        "{{\n  \"name\": \"x\",\n  \"lockfileVersion\": 3,\n  \"packages\": {{\n    \"node_modules/{name}\": {{\n      \
         \"version\": \"{version}\"\n    }}\n  }}\n}}\n"
    )
}

/// A version of a package that is known to be bad, from the program's own data.
fn known_bad(sandbox: &Sandbox) -> (String, String) {
    let run = sandbox.shield(&sandbox.home(), &["advisories", "list", "--ecosystem", "npm", "--format", "json"]);
    let json = run.json();
    let rows = json["advisories"].as_array().or_else(|| json.as_array()).unwrap();
    let text = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
    rows.iter()
        .map(|row| (text(row, "name"), text(row, "version") + &text(row, "versions")))
        .find(|(name, version)| {
            name.bytes().all(|b| b.is_ascii_lowercase())
                && version.bytes().all(|b| b.is_ascii_digit() || b == b'.')
                && sandbox.shield(&sandbox.home(), &["check", &format!("{name}@{version}"), "--ecosystem", "npm"]).code
                    == 1
        })
        .expect("a plain row that blocks")
}

#[test]
fn one_run_posts_one_digest_everywhere() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("a", "one\n").commit("one");
    repo.shield(&["install"]).expect(0);
    let at = repo.dir().display();
    config(
        &sandbox,
        &format!(
            "every = \"30m\"\naudit = [\"{at}\"]\ncheck = [\"npm:no-such-package-here@1.0.0\"]\nhistory = [\"{at}\"]\n\
             canary = [\"{at}\"]\nfile = \"~/log/digest\"\nheartbeat = \"~/alive\"\n"
        ),
    );
    let run = sandbox.shield(&sandbox.home(), &["watch", "--once"]).expect(0);
    assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
    for said in ["watch: clean: audit clean, check npm clean, history", "canary", "next by"] {
        assert!(run.stdout.contains(said), "{said}: {run:?}");
    }
    let log = fs::read_to_string(sandbox.home().join("log/digest")).unwrap();
    assert!(log.ends_with(&run.stdout), "{log}");
    assert!(fs::read_to_string(sandbox.home().join("alive")).unwrap().contains("watch: clean"));
    assert_eq!(records(&sandbox, "watch").len(), 1);
    for job in ["audit", "check", "canary", "scan"] {
        assert_eq!(records(&sandbox, job).len(), 1, "{job} leaves a record of its own");
    }
    // What is found is told, and the exit code says so; the heart still beats.
    repo.write("planted", format!("token = {}\n", npm_token())).commit("planted");
    fs::remove_file(sandbox.home().join("alive")).unwrap();
    let run = sandbox.shield(&sandbox.home(), &["watch", "--once"]).expect(1);
    assert!(run.stdout.contains("watch: blocked") && run.stdout.contains("\n  history"), "{run:?}");
    assert!(sandbox.home().join("alive").exists());
    // What cannot be done is not kept from anybody; then the heartbeat is missing.
    config(&sandbox, "history = [\"/nowhere/at/all\"]\nheartbeat = \"~/alive\"\n");
    fs::remove_file(sandbox.home().join("alive")).unwrap();
    let run = sandbox.shield(&sandbox.home(), &["watch", "--once"]).expect(2);
    assert!(run.stdout.contains("history /nowhere/at/all failed"), "{run:?}");
    assert!(!sandbox.home().join("alive").exists());
}

#[test]
fn the_canary_word_is_the_answer_and_nothing_else() {
    let sandbox = Sandbox::new();
    config(&sandbox, "check = [\"npm:no-such-package-here@1.0.0\"]\n");
    let run = sandbox.shield(&sandbox.home(), &["watch", "--once", "--canary", "tweet 42"]).expect(0);
    assert_eq!(run.stdout, "tweet 42\n");
    assert!(run.stderr.contains("watch: clean"), "{run:?}");
    config(&sandbox, "history = [\"/nowhere\"]\n");
    let run = sandbox.shield(&sandbox.home(), &["watch", "--once", "--canary", "tweet 42"]).expect(2);
    assert_eq!(run.stdout, "", "a run that failed does not answer");
}

#[test]
fn a_configuration_that_watches_nothing_is_an_error() {
    let sandbox = Sandbox::new();
    let run = sandbox.shield(&sandbox.home(), &["watch", "--once"]).expect(3);
    assert!(run.stderr.contains("watch.toml") && run.stderr.contains("audit"), "{run:?}");
    for (text, about) in [
        ("every = \"30m\"\n", "lists nothing"),
        ("audit = [\"~\"]\nadit = []\n", "adit"),
        ("audit = [\"relative\"]\n", "relative"),
        ("audit = [\"~\"]\nevery = \"often\"\n", "often"),
        ("check = [\"left-pad@1\"]\n", "npm:NAME@VERSION"),
    ] {
        config(&sandbox, text);
        let run = sandbox.shield(&sandbox.home(), &["watch", "--once"]).expect(3);
        assert!(run.stderr.contains(about), "{text}: {run:?}");
    }
    assert_eq!(records(&sandbox, "watch").len(), 6, "each left its record");
}

#[test]
fn a_late_run_says_so_and_status_does_before() {
    let sandbox = Sandbox::new();
    config(&sandbox, "every = \"30m\"\ncheck = [\"npm:no-such-package-here@1.0.0\"]\n");
    let status = || sandbox.shield(&sandbox.home(), &["watch", "status"]);
    assert!(status().expect(1).stdout.contains("has never run"));
    sandbox.shield(&sandbox.home(), &["watch", "--once"]).expect(0);
    let said = status().expect(0).stdout;
    assert!(said.contains("last run a moment ago") && said.contains("next by"), "{said}");
    let file = state(&sandbox).join("watch.json");
    let mut kept: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    kept["last"] = "2020-01-01T00:00:00Z".into();
    kept["due"] = "2020-01-01T00:30:00Z".into();
    fs::write(&file, kept.to_string()).unwrap();
    assert!(status().expect(1).stdout.contains("OVERDUE by"));
    let run = sandbox.shield(&sandbox.home(), &["watch", "--once"]).expect(0);
    assert!(run.stdout.contains("late by") && run.stdout.contains("was due at 2020-01-01T00:30:00Z"), "{run:?}");
    let run = sandbox.shield(&sandbox.home(), &["watch", "--once"]).expect(0);
    assert!(!run.stdout.contains("late by"), "{run:?}");
    // A clock that jumped, and a state that is no state.
    kept["last"] = "2999-01-01T00:00:00Z".into();
    kept["due"] = "2999-01-01T00:30:00Z".into();
    fs::write(&file, kept.to_string()).unwrap();
    let run = sandbox.shield(&sandbox.home(), &["watch", "--once"]).expect(0);
    assert!(run.stdout.contains("a clock was wrong"), "{run:?}");
    for damaged in ["what is this", "", "{\"last\": 7}", "[]"] {
        fs::write(&file, damaged).unwrap();
        assert!(status().expect(1).stdout.contains("holds no state of the watch"), "{damaged}");
        let run = sandbox.shield(&sandbox.home(), &["watch", "--once"]).expect(0);
        assert!(run.stdout.contains("holds no state of the watch"), "{damaged}: {run:?}");
        assert!(!status().expect(0).stdout.contains("holds no state"), "{damaged}: made anew");
    }
}

#[test]
fn two_watchers_do_not_run_at_once() {
    let sandbox = Sandbox::new();
    config(&sandbox, "check = [\"npm:no-such-package-here@1.0.0\"]\n");
    sandbox.shield(&sandbox.home(), &["watch", "--once"]).expect(0);
    // A running watch holds this lock until it ends.
    let lock = sandbox.home().join(".local/state/shield-hook/watch.lock");
    let running = fs::File::open(&lock).expect("the lock of the first run");
    running.lock().expect("the lock");
    let run = sandbox.shield(&sandbox.home(), &["watch", "--once"]).expect(2);
    assert!(run.stderr.contains("another watch is at work"), "{run:?}");
    // Not by closing it: a process that another test starts at this moment may hold a copy of the file for a while.
    running.unlock().expect("the lock");
    sandbox.shield(&sandbox.home(), &["watch", "--once"]).expect(0);
}

#[test]
fn every_starter_starts_what_was_configured() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    config(&sandbox, "check = [\"npm:no-such-package-here@1.0.0\"]\n");
    let tools = sandbox.path("tools");
    let log = sandbox.path("log");
    for tool in ["systemctl", "launchctl"] {
        script(&tools.join(tool), &format!("#!/bin/sh\necho {tool} \"$@\" >>'{}'\n", log.display()));
    }
    let table = sandbox.path("crontab");
    fs::write(&table, "0 1 * * * echo mine\n").unwrap();
    script(
        &tools.join("crontab"),
        &format!(
            "#!/bin/sh\ncase $1 in -l) cat '{0}';; -) cat >'{0}.new' && mv '{0}.new' '{0}';; esac\n",
            table.display()
        ),
    );
    let path = format!("{}:{}", tools.display(), crate::support::path());
    let watch = |args: &[&str]| {
        let mut all = vec!["watch"];
        all.extend(args);
        repo.shield_with(&all, &[("PATH", &path)], None)
    };
    watch(&["install", "--every", "30m", "--with", "systemd"]).expect(0);
    let units = sandbox.home().join(".config/systemd/user");
    let service = fs::read_to_string(units.join("shield-hook-watch.service")).unwrap();
    assert!(fs::read_to_string(units.join("shield-hook-watch.timer")).unwrap().contains("OnUnitActiveSec=30min"));
    assert!(fs::read_to_string(&log).unwrap().contains("systemctl --user enable --now shield-hook-watch.timer"));
    // What the timer starts is run, as it stands there.
    let line = service.lines().find_map(|l| l.strip_prefix("ExecStart=")).unwrap();
    Run::of(sandbox.command("sh", &sandbox.home()).args(["-c", line]), None).expect(0);
    assert_eq!(records(&sandbox, "watch").len(), 1);
    assert!(watch(&["status"]).expect(0).stdout.contains("next by"), "it knows how often the timer starts it");

    watch(&["install", "--every", "6h", "--with", "cron"]).expect(0);
    watch(&["install", "--every", "30m", "--with", "cron"]).expect(0);
    let lines = fs::read_to_string(&table).unwrap();
    assert_eq!(lines.lines().count(), 2, "an older line of ours is replaced: {lines}");
    let line = lines.lines().last().unwrap().strip_prefix("*/30 * * * * ").expect("five fields");
    Run::of(sandbox.command("sh", &sandbox.home()).args(["-c", line]), None).expect(0);
    assert_eq!(records(&sandbox, "watch").len(), 2);
    watch(&["uninstall", "--with", "cron"]).expect(0);
    assert_eq!(fs::read_to_string(&table).unwrap(), "0 1 * * * echo mine\n");
    assert!(watch(&["status"]).expect(0).stdout.contains("no schedule"));
    watch(&["install", "--every", "7m", "--with", "cron"]).expect(3);

    watch(&["install", "--with", "launchd"]).expect(0);
    let agent = sandbox.home().join("Library/LaunchAgents/dev.shield-hook.watch.plist");
    assert!(fs::read_to_string(&agent).unwrap().contains("<integer>1800</integer>"));
    watch(&["uninstall", "--with", "launchd"]).expect(0);
    assert!(!agent.exists());

    watch(&["install", "--every", "1d", "--with", "github"]).expect(0);
    let workflow = fs::read_to_string(repo.path(".github/workflows/shield-hook-watch.yml")).unwrap();
    assert!(workflow.contains("cron: \"0 6 * * *\"") && workflow.contains("fetch-depth: 0"), "{workflow}");
    // Nothing is set up for a configuration that does not work.
    config(&sandbox, "audit = []\n");
    watch(&["install", "--with", "systemd"]).expect(3);
}

#[test]
fn an_update_that_brings_a_hijacked_package_is_put_back() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let before = lockfile("some-good-package", "1.0.0");
    repo.write("web/package-lock.json", &before).commit("one");
    let (name, version) = known_bad(&sandbox);
    let bad = lockfile(&name, &version);
    fs::write(sandbox.path("bad"), &bad).unwrap();
    fs::write(sandbox.path("good"), lockfile("some-good-package", "1.0.1")).unwrap();
    let update = |from: &str, to: &str| {
        let from = sandbox.path(from);
        repo.shield(&["gate", "--", "cp", from.to_str().unwrap(), to])
    };
    let run = update("bad", "web/package-lock.json").expect(1);
    assert!(
        run.stdout.contains("hijacked-package") && run.stderr.contains("restored: web/package-lock.json"),
        "{run:?}"
    );
    assert_eq!(fs::read_to_string(repo.path("web/package-lock.json")).unwrap(), before);
    // A lockfile that was not there goes again.
    update("bad", "package-lock.json").expect(1);
    assert!(!repo.path("package-lock.json").exists());
    // A clean update stays in; the other name for it does the same.
    update("good", "web/package-lock.json").expect(0);
    assert_ne!(fs::read_to_string(repo.path("web/package-lock.json")).unwrap(), before);
    let good = sandbox.path("good");
    repo.shield(&["watch", "gate", "--", "cp", good.to_str().unwrap(), "web/package-lock.json"]).expect(0);
    // One that cannot be read does not stay, and neither does one of a command that failed.
    fs::write(sandbox.path("broken"), "{ \"lockfileVersion\": 3,").unwrap();
    let kept = fs::read_to_string(repo.path("web/package-lock.json")).unwrap();
    update("broken", "web/package-lock.json").expect(2);
    assert_eq!(fs::read_to_string(repo.path("web/package-lock.json")).unwrap(), kept);
    let fail = format!("cp '{}' web/package-lock.json; exit 5", sandbox.path("bad").display());
    repo.shield(&["gate", "--", "sh", "-c", &fail]).expect(1);
    assert_eq!(fs::read_to_string(repo.path("web/package-lock.json")).unwrap(), kept);
    repo.shield(&["gate", "--", "false"]).expect(2);
    repo.shield(&["gate", "--", "/nowhere/npm", "update"]).expect(2);
    repo.shield(&["gate"]).expect(3);
    assert!(records(&sandbox, "gate").len() >= 8);
}

#[test]
fn the_digest_shows_what_ran_and_what_did_not() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("a", "one\n").commit("one");
    repo.shield(&["install"]).expect(0);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    for n in 0..3 {
        repo.git(&["commit", "-q", "--allow-empty", "-m", &format!("{n}")]);
    }
    repo.shield(&["scan", "a"]).expect(0);
    let run = repo.shield(&["digest"]).expect(0);
    let shown = run.stdout.lines().filter(|l| l.contains("hook pre-commit")).count();
    assert_eq!(shown, 1, "the latest of each kind: {run:?}");
    assert!(run.stdout.contains("scan") && run.stderr.contains("nothing overdue"), "{run:?}");
    let run = repo.shield(&["digest", "--since", "1d", "--format", "json"]).expect(0);
    let json = run.json();
    let all = json["records"].as_array().unwrap();
    assert_eq!(all.iter().filter(|r| r["command"] == "hook pre-commit").count(), 3, "{json}");
    assert_eq!(
        repo.shield(&["digest", "--since", "2999-01-01", "--format", "json"]).json()["records"],
        serde_json::json!([])
    );
    repo.git(&["-c", "core.hooksPath=/dev/null", "commit", "-q", "--allow-empty", "-m", "unseen"]);
    let run = repo.shield(&["digest"]).expect(1);
    assert!(run.stdout.contains("overdue: 1 commit was made here with no hook looking on"), "{run:?}");
    repo.shield(&["digest", "--since", "yesterday"]).expect(3);
    let before = fs::read(repo.path(".git/shield-hook/journal.jsonl")).unwrap();
    repo.shield(&["digest"]);
    assert_eq!(fs::read(repo.path(".git/shield-hook/journal.jsonl")).unwrap(), before, "looking leaves no record");
    // A journal that cannot be read is no empty one.
    fs::remove_dir_all(repo.path(".git/shield-hook")).unwrap();
    fs::create_dir_all(repo.path(".git/shield-hook/journal.jsonl")).unwrap();
    repo.shield(&["digest"]).expect(2);
}

#[test]
fn a_thousand_runs_at_once_leave_a_thousand_records() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("a", "one\n").commit("one");
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                for _ in 0..50 {
                    repo.shield(&["hook", "pre-commit"]).expect(0);
                }
            });
        }
    });
    let text = fs::read_to_string(repo.path(".git/shield-hook/journal.jsonl")).unwrap();
    let whole =
        text.lines().filter(|l| serde_json::from_str::<Value>(l).is_ok_and(|r| r["command"] == "hook pre-commit"));
    // A writer that sees the file while another's record is half in it begins on a line of its own: that leaves a line
    // with nothing on it, and no record is torn.
    let lines = text.lines().filter(|l| !l.is_empty());
    assert_eq!((whole.count(), lines.count()), (1000, 1000));
}

/// Answers one request after the other with these status codes; gives what was sent.
#[cfg(feature = "online")]
fn receiver(answers: &'static [&'static str]) -> (String, std::thread::JoinHandle<Vec<Value>>) {
    use std::io::{BufRead, BufReader, Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/a-secret-path", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let mut got = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = n.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            got.push(serde_json::from_slice(&body).unwrap_or_default());
            write!(stream, "HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        }
        got
    });
    (url, thread)
}

#[cfg(feature = "online")]
#[test]
fn a_webhook_that_is_down_gets_its_digest_the_next_time() {
    let sandbox = Sandbox::new();
    let job = "check = [\"npm:no-such-package-here@1.0.0\"]\n[webhook]\n";
    let once = |url: &str| sandbox.shield_with(&sandbox.home(), &["watch", "--once"], &[("HOOK_URL", url)], None);
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    config(&sandbox, &format!("{job}url-from = \"HOOK_URL\"\nkind = \"slack\"\n"));
    let run = once(&format!("http://{gone}/a-secret-path")).expect(2);
    assert!(run.stderr.contains("cannot be reached"), "{run:?}");
    let (url, receiver) = receiver(&["500 Oops", "200 OK", "200 OK", "200 OK"]);
    let run = once(&url).expect(2);
    assert!(run.stderr.contains("answers 500"), "{run:?}");
    for run in [&run, &once(&url).expect(0)] {
        assert!(!run.stdout.contains("a-secret-path") && !run.stderr.contains("a-secret-path"), "{run:?}");
    }
    // The two earlier digests came late, each once, with why; then that of the last run.
    let got = receiver.join().unwrap();
    let text = |n: usize| got[n]["text"].as_str().unwrap();
    assert_eq!(got.len(), 4);
    assert!(text(1).contains("could not be posted") && text(1).contains("cannot be reached"), "{got:?}");
    assert!(text(3).contains("2 digests earlier: could not be posted"), "{got:?}");
    sandbox.shield(&sandbox.home(), &["watch", "status"]).expect(0);
}

#[cfg(feature = "online")]
#[test]
fn a_heartbeat_is_given_after_complete_runs_only() {
    let sandbox = Sandbox::new();
    let once = || sandbox.shield(&sandbox.home(), &["watch", "--once"]);
    let (url, receiver) = receiver(&["200 OK", "503 Oops"]);
    config(&sandbox, &format!("history = [\"/nowhere\"]\nheartbeat = \"{url}\"\n"));
    once().expect(2);
    config(&sandbox, &format!("check = [\"npm:no-such-package-here@1.0.0\"]\nheartbeat = \"{url}\"\n"));
    once().expect(0);
    let run = once().expect(2);
    assert!(run.stderr.contains("answers 503") && !run.stderr.contains("a-secret-path"), "{run:?}");
    assert_eq!(receiver.join().unwrap().len(), 2, "none for the run that could not be completed");
}

#[test]
fn an_error_in_the_configuration_shows_no_address() {
    let sandbox = Sandbox::new();
    config(&sandbox, "check = [\"npm:x@1.0.0\"]\n[webhook]\nurl = \"https://hooks.example/a-secret-path\n");
    let run = sandbox.shield(&sandbox.home(), &["watch", "--once"]).expect(3);
    assert!(run.stderr.contains("watch.toml:3:") && !run.stderr.contains("a-secret-path"), "{run:?}");
}

#[cfg(not(feature = "online"))]
#[test]
fn without_network_code_a_webhook_is_an_error_and_no_silence() {
    let sandbox = Sandbox::new();
    let job = "check = [\"npm:no-such-package-here@1.0.0\"]\n[webhook]\nurl = \"http://127.0.0.1:9/x\"\n";
    config(&sandbox, job);
    let run = sandbox.shield(&sandbox.home(), &["watch", "--once"]).expect(2);
    assert!(run.stdout.contains("watch: clean") && run.stderr.contains("--features online"), "{run:?}");
}

/// A folder with one installed npm package.
fn installed(sandbox: &Sandbox, name: &str, version: &str) -> PathBuf {
    let folder = sandbox.path("code");
    let package = folder.join("node_modules").join(name);
    fs::create_dir_all(&package).unwrap();
    fs::write(package.join("package.json"), format!("{{\"name\": \"{name}\", \"version\": \"{version}\"}}\n")).unwrap();
    folder
}

#[test]
fn expectations_are_answered_and_a_fleet_is_checked_off() {
    let sandbox = Sandbox::new();
    let code = installed(&sandbox, "@acme/lib", "1.2.3");
    let jobs = |range: &str| {
        format!(
            "every = \"1h\"\naudit = [\"{}\"]\nexpect = [\"npm:@acme/lib {range}\", \"pypi:acme>=2\"]\nrecords = \"~/fleet/{{host}}.jsonl\"\n",
            code.display()
        )
    };
    let fleet = |more: &[&str]| {
        let folder = sandbox.home().join("fleet").display().to_string();
        let args: Vec<&str> = ["fleet", &folder, "--data-days", "100000"].iter().chain(more).copied().collect();
        sandbox.shield(&sandbox.home(), &args)
    };
    config(&sandbox, &jobs(">= 1.2.4"));
    let run = sandbox.shield(&sandbox.home(), &["watch", "--once"]).expect(1);
    assert!(run.stdout.contains("expected npm:@acme/lib >=1.2.4, installed: 1.2.3"), "{run:?}");
    let record = &records(&sandbox, "watch")[0];
    let host = record["host"].as_str().unwrap().to_owned();
    assert!(record["data"].is_string() && record["due"].is_string(), "{record}");
    let run = fleet(&[]).expect(1);
    assert!(
        run.stdout.contains("npm:@acme/lib >=1.2.4: no") && run.stdout.contains("pypi:acme >=2: not installed"),
        "{run:?}"
    );
    // The clean version has come: the newest record counts.
    installed(&sandbox, "@acme/lib", "1.2.4");
    sandbox.shield(&sandbox.home(), &["watch", "--once"]).expect(0);
    let run = fleet(&["--expect", "npm:@acme/lib >=1.2.4"]).expect(0);
    assert!(run.stderr.contains("1 machine, 1 as expected") && run.stderr.contains(">=1.2.4: 1 yes"), "{run:?}");
    fleet(&["--expect", "npm:other >=1"]).expect(2);
    // A machine that nobody heard of, and one that is blocked.
    let list = sandbox.path("machines.txt");
    fs::write(&list, format!("# ours\n{host}\nsilent-one\n")).unwrap();
    let list = list.display().to_string();
    let run = fleet(&["--hosts", &list, "--format", "json"]).expect(2);
    let json = run.json();
    assert_eq!(json["result"], "incomplete");
    let machine = |host: &str| json["machines"].as_array().unwrap().iter().find(|m| m["host"] == host).unwrap().clone();
    assert_eq!(machine("silent-one")["problems"][0]["kind"], "never-seen");
    assert_eq!(machine(&host)["expect"][0]["answer"], "yes");
    let (name, version) = known_bad(&sandbox);
    let folder = installed(&sandbox, &name, &version);
    config(&sandbox, &format!("audit = [\"{}\"]\nrecords = \"~/fleet/{{host}}.jsonl\"\n", folder.display()));
    sandbox.shield(&sandbox.home(), &["watch", "--once"]).expect(1);
    let html = sandbox.path("fleet.html").display().to_string();
    let run = fleet(&["--format", "html", "--output", &html]).expect(1);
    let page = fs::read_to_string(&html).unwrap();
    assert!(page.contains(&format!("npm:{name}@{version}")) && page.ends_with("</html>\n"), "{run:?}\n{page}");
    // The journal itself tells the same.
    let journal = state(&sandbox).display().to_string();
    let run = sandbox.shield(&sandbox.home(), &["fleet", &journal, "--data-days", "100000"]).expect(1);
    assert!(run.stdout.contains(&format!("npm:{name}@{version}")), "{run:?}");
}

#[test]
fn what_is_no_record_is_no_silence() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("fleet");
    fs::create_dir_all(&folder).unwrap();
    let fleet = |args: &[&str]| {
        let args: Vec<&str> = ["fleet"].iter().chain(args).copied().collect();
        sandbox.shield(&sandbox.path("fleet"), &args)
    };
    fleet(&["."]).expect(2);
    fleet(&["nowhere"]).expect(2);
    fleet(&[".", "--late", "soon"]).expect(3);
    fleet(&[".", "--expect", "left-pad"]).expect(3);
    fs::write(folder.join("empty.txt"), "# nobody\n").unwrap();
    fleet(&[".", "--hosts", "empty.txt"]).expect(3);
    let token = npm_token();
    fs::write(folder.join("noise.jsonl"), format!("{{\"host\": \"{token}\"}}\n{token}\n")).unwrap();
    let run = fleet(&["."]).expect(2);
    assert!(run.stderr.contains("noise.jsonl: it holds no record") && !run.stderr.contains(&token), "{run:?}");
    // A posted digest, and a host that could be a credential.
    let record = format!(
        "{{\"v\":1,\"command\":\"watch\",\"time\":\"2030-01-01T00:00:00Z\",\"result\":\"clean\",\"version\":\"0.1.0\",\"host\":\"{token}\"}}"
    );
    fs::write(folder.join("post.json"), format!("{{\n \"text\": \"x\",\n \"record\": {record}\n}}\n")).unwrap();
    let run = fleet(&["post.json", "--format", "json"]);
    assert_eq!(run.json()["machines"].as_array().unwrap().len(), 1, "{run:?}");
    assert!(!format!("{run:?}").contains(&token), "{run:?}");
}

#[test]
fn an_expectation_needs_folders_to_look_through() {
    let sandbox = Sandbox::new();
    for (text, why) in [
        ("check = [\"npm:x@1.0.0\"]\nexpect = [\"npm:x >= 1\"]\n", "audit ="),
        ("audit = [\"~/code\"]\nexpect = [\"x >= 1\"]\n", "names no package and version"),
    ] {
        config(&sandbox, text);
        let run = sandbox.shield(&sandbox.home(), &["watch", "--once"]).expect(3);
        assert!(run.stderr.contains(why), "{run:?}");
    }
}
