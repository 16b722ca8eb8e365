//! How long the package side takes, as a user meets it: `check` of one package and of a large lockfile, `audit` of a
//! node_modules with 200,000 files. Run with `cargo bench --bench packages`.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a bench prints, and stops where it cannot go on")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs};

const ROUNDS: usize = 5;
const PACKAGES: usize = 4_000;
const FILES_EACH: usize = 50;

fn main() {
    let dir = env::temp_dir().join(format!("shield-hook-bench-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a temporary directory");
    lockfile(&dir.join("package-lock.json"));
    time("check, one package", &dir, &["check", "left-pad@1.3.0"]);
    time("check, a lockfile of 4,000 packages", &dir, &["check", "package-lock.json"]);
    node_modules(&dir.join("tree/node_modules"));
    time("audit, 200,000 files", &dir, &["audit", "tree"]);
    fs::remove_dir_all(&dir).expect("the temporary directory can be removed");
}

fn time(what: &str, dir: &Path, args: &[&str]) {
    let mut took: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            let out = Command::new(env!("CARGO_BIN_EXE_shield-hook"))
                .args(args)
                .current_dir(dir)
                .env("XDG_STATE_HOME", dir.join("state"))
                .env("XDG_DATA_HOME", dir.join("data"))
                .output()
                .expect("the command runs");
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            start.elapsed()
        })
        .collect();
    took.sort();
    println!("{what}: {:.1?} (of {ROUNDS}: {:.1?} to {:.1?})", took[ROUNDS / 2], took[0], took[ROUNDS - 1]);
}

fn lockfile(path: &Path) {
    let mut text = String::from("{\"lockfileVersion\": 3, \"packages\": {\n");
    for n in 0..PACKAGES {
        let comma = if n + 1 < PACKAGES { "," } else { "" };
        writeln!(
            text,
            "\"node_modules/bench-package-{n}\": {{\"version\": \"1.0.{n}\", \"resolved\": \
             \"https://registry.example/bench-package-{n}/-/bench-package-{n}-1.0.{n}.tgz\", \"license\": \"MIT\"}}{comma}"
        )
        .expect("a string takes it");
    }
    text.push_str("}}\n");
    fs::write(path, text).expect("the lockfile");
}

fn node_modules(root: &Path) {
    for n in 0..PACKAGES {
        let package = root.join(format!("bench-package-{n}"));
        fs::create_dir_all(package.join("lib")).expect("a package");
        let manifest = format!("{{\"name\": \"bench-package-{n}\", \"version\": \"1.0.{n}\"}}");
        fs::write(package.join("package.json"), manifest).expect("a manifest");
        for file in 1..FILES_EACH {
            fs::write(package.join(format!("lib/{file}.js")), "module.exports = 1;\n").expect("a file");
        }
    }
}
