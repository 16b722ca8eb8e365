//! The memory of a run: a few times what it reads at once, whatever that is.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;

use crate::support::{Repo, Sandbox, npm_token};

const MIB: u64 = 1 << 20;

/// The most memory that a run has used, in bytes, by the kernel's own count; and its exit code.
fn peak(repo: &Repo<'_>, args: &[&str]) -> (u64, i32) {
    let mut command = repo.sandbox().command(crate::support::binary(), repo.dir());
    let mut child = command.args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program");
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    loop {
        most = most.max(high_water(&status).unwrap_or(0));
        if let Some(ended) = child.try_wait().expect("the program") {
            return (most, ended.code().unwrap_or(-1));
        }
        std::thread::yield_now();
    }
}

fn high_water(status: &str) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? << 10)
}

/// Texts that make much of little: a keyword, an escape or the start of an encoding everywhere.
fn hostile() -> Vec<(&'static str, String)> {
    let mut pieces = String::new();
    for n in 0..60_000 {
        writeln!(pieces, "\"part {n}\" +").expect("memory");
    }
    let of = |piece: &str| piece.repeat((5 * MIB) as usize / piece.len());
    vec![
        ("one letter", of("A")),
        ("a keyword", of("password=")),
        ("a provider's prefix", of("AKIA")),
        ("escapes", of("%41")),
        ("long escapes", of("\\u0041")),
        ("entities", of("&#65;")),
        ("armour", of("-----BEGIN PRIVATE KEY-----\n")),
        ("literals", of("\"a\" + ")),
        ("pieces", pieces),
        ("brackets", of("[")),
        ("lines", of("\n")),
    ]
}

#[test]
fn a_hostile_text_takes_a_few_times_its_size() {
    if !Path::new("/proc/self/status").exists() {
        return;
    }
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("small", "x\n");
    let (base, _) = peak(&repo, &["scan", "small"]);
    for (name, text) in hostile() {
        repo.write("text", &text);
        let (most, code) = peak(&repo, &["scan", "text"]);
        assert!([0, 1, 2].contains(&code), "{name}: {code}");
        // What is loaded at the first keyword, and what grows with the text.
        let limit = base + 32 * MIB + 6 * text.len() as u64;
        assert!(most <= limit, "{name}: {} MiB, and {} at the most", most / MIB, limit / MIB);
    }
}

/// What becomes large when it is unpacked is held once, or twice while it grows.
#[test]
fn a_bomb_takes_no_more_than_what_is_read_of_it() {
    use std::io::Write;
    if !Path::new("/proc/self/status").exists() {
        return;
    }
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let base_commit = repo.write("small", "x\n").commit("base");
    let (base, _) = peak(&repo, &["scan", "small"]);
    let size = 48 * MIB;
    let zeros = vec![0; size as usize];
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(&zeros).expect("memory");
    repo.write("bomb.gz", packer.finish().expect("memory"));
    let limit = base + 2 * size + 32 * MIB;
    let (most, code) = peak(&repo, &["scan", "bomb.gz"]);
    assert!(most <= limit && code == 0, "an archive: {} MiB, exit {code}", most / MIB);
    // The same as git's object, which is a few bytes in the push.
    std::fs::remove_file(repo.path("bomb.gz")).expect("the archive");
    let head = repo.write("zeros", &zeros).write("leak", npm_token()).commit("a bomb");
    let (most, code) = peak(&repo, &["scan", "--range", &format!("{base_commit}..{head}")]);
    assert!(most <= limit && code == 1, "an object: {} MiB, exit {code}", most / MIB);
}

/// Where there is no memory a run ends with a sentence, or is ended; it is never clean.
#[test]
fn without_memory_no_run_is_clean() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("leak", npm_token()).write("large", vec![b'x'; 96 << 20]).add();
    for limit in ["64000", "120000", "160000", "220000"] {
        let mut shell = sandbox.command("sh", repo.dir());
        let binary = crate::support::binary().display();
        shell.arg("-c").arg(format!("ulimit -v {limit} && exec '{binary}' scan --staged"));
        let run = crate::support::Run::of(&mut shell, None);
        assert_ne!(run.code, 0, "{limit} KiB: {}{}", run.stdout, run.stderr);
    }
}
