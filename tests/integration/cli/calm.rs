//! What is not as it should be ends in a sentence and exit code 2 or 3: nothing waits for ever, nothing breaks off.

use std::process::Command;

use crate::support::{Run, Sandbox, npm_token};

fn npmrc(token: &str) -> String {
    format!("//registry.example/:_authToken={token}\n")
}

/// Runs the binary with a limit after which it is killed: what hangs must not hang the tests.
fn within_limits(sandbox: &Sandbox, dir: &std::path::Path, args: &[&str]) -> Run {
    let mut command = sandbox.command("timeout", dir);
    command.args(["--signal=KILL", "300"]).arg(crate::support::binary()).args(args);
    Run::of(&mut command, None)
}

#[test]
fn a_pipe_or_a_device_is_refused_under_every_name_that_is_read() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("sub/a", "x\n").commit("base");
    let everything: &[&str] = &["scan", "."];
    let cases: &[(&str, &[&str])] = &[
        (".gitignore", everything),
        ("sub/.gitignore", everything),
        (".git/info/exclude", everything),
        (".shield-hook.toml", &["scan", "--staged"]),
        (".shield-hook.toml", &["hook", "pre-commit"]),
        (".shield-hook.baseline", &["scan", "--staged"]),
        ("package-lock.json", &["check", "package-lock.json"]),
        ("package-lock.json", &["audit"]),
        ("named", &["scan", "named"]),
        ("named", &["hook", "pre-commit", "named"]),
        ("named", &["explain", "named:1"]),
        ("named", &["rules", "test", "named"]),
        ("named", &["scan", "--staged", "--config", "named"]),
        ("named", &["scan", "--staged", "--baseline", "named"]),
        ("named", &["hook", "commit-msg", "named"]),
    ];
    for (name, args) in cases {
        let path = repo.path(name);
        for what in ["a pipe", "a device", "a link to a pipe"] {
            // A walk follows no link, and an audit does not either.
            if what != "a pipe" && args[0] == "audit" {
                continue;
            }
            let _ = std::fs::remove_file(&path);
            let pipe = sandbox.path("pipe");
            let _ = std::fs::remove_file(&pipe);
            let target = match what {
                "a pipe" => &path,
                _ => &pipe,
            };
            if what == "a device" {
                std::os::unix::fs::symlink("/dev/zero", &path).expect("a link");
            } else {
                assert!(Command::new("mkfifo").arg(target).status().expect("mkfifo").success());
            }
            if what == "a link to a pipe" {
                std::os::unix::fs::symlink(&pipe, &path).expect("a link");
            }
            let run = within_limits(&sandbox, repo.dir(), args);
            assert!([2, 3].contains(&run.code), "{name} {what} {args:?}: {} {}{}", run.code, run.stdout, run.stderr);
            assert!(run.stderr.contains("a pipe, socket or device"), "{name} {what} {args:?}: {}", run.stderr);
            std::fs::remove_file(&path).expect("what was made");
        }
    }
}

/// Git's own files, too: git itself waits for a writer there.
#[test]
fn a_pipe_in_the_git_directory_is_refused() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("sub/a", "x\n").commit("base");
    for name in ["HEAD", "config", "index", "packed-refs", "refs/heads/main", "shallow", "objects/info/alternates"] {
        let (path, kept) = (repo.path(format!(".git/{name}")), sandbox.path("kept"));
        let _ = std::fs::rename(&path, &kept);
        assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo").success());
        for args in [&["scan", "--staged"][..], &["hook", "pre-commit"], &["scan", "--history"], &["doctor"]] {
            for dir in [repo.dir().to_owned(), repo.path("sub")] {
                let run = within_limits(&sandbox, &dir, args);
                assert_eq!(run.code, 2, "{name} {args:?}: {}{}", run.stdout, run.stderr);
                assert!(run.stderr.contains("a pipe, socket or device"), "{name} {args:?}: {}", run.stderr);
            }
        }
        std::fs::remove_file(&path).expect("the pipe");
        let _ = std::fs::rename(&kept, &path);
    }
}

#[test]
fn what_the_shell_hands_over_is_read() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("file", npmrc(&npm_token()));
    let mut shell = sandbox.command("bash", repo.dir());
    shell.arg("-c").arg(format!("'{}' scan --format json <(cat file)", crate::support::binary().display()));
    Run::of(&mut shell, None).expect(1);
    let mut endless = sandbox.command("bash", repo.dir());
    endless.arg("-c").arg(format!(
        "echo 'max-object = 100000' > .shield-hook.toml; '{}' scan /dev/stdin < /dev/zero",
        crate::support::binary().display()
    ));
    Run::of(&mut endless, None).expect(2);
}

#[test]
fn no_number_of_threads_is_too_large() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    for n in 0..100 {
        repo.write(format!("f{n}"), format!("{n}\n"));
    }
    repo.write("f", npmrc(&npm_token())).commit("all of it");
    for threads in ["999999", "1", "0", "-1", "many"] {
        for args in [&["scan", "--history"][..], &["scan", "."]] {
            repo.shield_with(args, &[("RAYON_NUM_THREADS", threads)], None).expect(1);
        }
        repo.shield_with(&["audit"], &[("RAYON_NUM_THREADS", threads)], None).expect(0);
    }
}

/// The system gives no thread, from the first or from a later one on.
#[test]
fn where_no_thread_starts_the_work_is_done_without() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    for n in 0..100 {
        repo.write(format!("f{n}"), format!("{n}\n"));
    }
    repo.write("f", npmrc(&npm_token())).commit("all of it");
    repo.git(&["gc", "--quiet"]);
    if Command::new("strace").arg("-V").output().is_err() {
        return;
    }
    for (args, code) in [(&["scan", "--history"][..], 1), (&["scan", "."], 1), (&["audit"], 0)] {
        for when in ["1", "2", "1+", "2+"] {
            let mut command = sandbox.command("timeout", repo.dir());
            command.args(["--signal=KILL", "300", "strace", "-f", "-o", "/dev/null", "-e", "trace=clone3,clone"]);
            command.args(["-e", &format!("inject=clone3,clone:error=EAGAIN:when={when}")]);
            command.arg(crate::support::binary()).args(args);
            let run = Run::of(&mut command, None);
            // Where nothing may be traced there is nothing to try.
            if run.stderr.contains("ptrace") || run.stderr.contains("PTRACE") {
                return;
            }
            let run = run.expect(code);
            assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        }
    }
}

#[test]
fn a_full_disk_is_told() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("f", npmrc(&npm_token())).write("clean", "x\n").add();
    let shell = |line: &str| {
        let mut command = sandbox.command("sh", repo.dir());
        command.arg("-c").arg(line.replace("SHIELD", &crate::support::binary().display().to_string()));
        Run::of(&mut command, None)
    };
    for line in [
        "SHIELD scan --staged > /dev/full",
        "SHIELD scan --format json clean > /dev/full",
        "SHIELD scan --format json --output /dev/full clean",
        "SHIELD rules list > /dev/full",
    ] {
        let run = shell(line).expect(2);
        assert!(run.stderr.contains("No space left on device"), "{line}: {}", run.stderr);
        assert_eq!(run.stderr.contains("incomplete"), line.contains(" scan "), "{line}: {}", run.stderr);
    }
    // Nobody hears it; the exit code still says it.
    shell("SHIELD scan --staged 2> /dev/full").expect(1);
    shell("SHIELD scan --staged >&- 2>&-").expect(1);
    shell("SHIELD scan clean >&- 2>&-").expect(0);
}

#[test]
fn doctor_runs_no_program_of_the_repository() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("package-lock.json", "{}\n").commit("base");
    let (program, trace) = (sandbox.path("program"), sandbox.path("it-ran"));
    std::fs::write(&program, format!("#!/bin/sh\ntouch '{}'\n", trace.display())).expect("a program");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("its mode");
    let program = program.to_str().expect("a plain path");
    for key in ["core.fsmonitor", "core.pager", "core.editor", "diff.external", "core.sshCommand", "filter.x.clean"] {
        repo.git(&["config", key, program]);
    }
    repo.write(".git/info/attributes", "* filter=x diff=x\n");
    repo.git(&["config", "diff.x.textconv", program]);
    let _ = std::fs::remove_file(&trace);
    for args in [&["doctor"][..], &["doctor", "--json"], &["scan", "--staged"], &["scan", "--worktree"], &["audit"]] {
        repo.shield(args);
        assert!(!trace.exists(), "{args:?} ran a program that the repository's configuration names");
    }
}
