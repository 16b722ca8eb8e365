//! The targets that compare with other programs: git, and Python's readers of archives. Each starts them anew, so that these
//! are slower than the others by far.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use shield_hook::archive::{self, ArchiveLimits, MemberKind};
use shield_hook::git::{self, EntryMode, Repo};

/// What a program prints for an input; nothing where it fails or is not here.
fn output(command: &mut Command, input: &[u8]) -> Option<Vec<u8>> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    // It may have ended before it has read everything.
    let _ = child.stdin.take()?.write_all(input);
    let output = child.wait_with_output().ok()?;
    output.status.success().then_some(output.stdout)
}

/// Git in a repository of this target alone, with no configuration but the repository's.
fn git(dir: &Path, args: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut command = Command::new("git");
    let nowhere = dir.join("nothing");
    command.current_dir(dir).env("GIT_CONFIG_GLOBAL", &nowhere).env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", &nowhere);
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    output(command.args(["-c", "user.name=A", "-c", "user.email=a@example.org"]).args(args), input)
}

/// An index as the bytes describe it: each takes one of few paths, modes, stages and contents.
fn index_info(data: &[u8], blobs: &[String]) -> String {
    const PATHS: &[&str] = &["a", "a/b", "a/b/c", "a.b", "a-", "ab", "b/a", "b/a.c", "z"];
    const MODES: &[&str] = &["100644", "100755", "120000", "160000"];
    let line = |pair: &[u8]| {
        let (what, which) = (usize::from(pair[0]), usize::from(pair[1]));
        // Now and then a conflict.
        let stage = if which >= 224 { 1 + which % 3 } else { 0 };
        format!("{} {} {stage}\t{}\n", MODES[what / 64], blobs[which % blobs.len()], PATHS[what % PATHS.len()])
    };
    data.chunks_exact(2).take(24).map(line).collect()
}

/// The staged entries of an index against those that `git diff --cached --raw` lists. The first byte says how much of the
/// rest describes the commit; what follows describes the index.
pub fn staged(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else { return };
    let Ok(dir) = tempfile::Builder::new().prefix("shield-hook-fuzz-").tempdir() else { return };
    let dir = dir.path();
    if git(dir, &["init", "--quiet"], b"").is_none() {
        return;
    }
    let blob = |text: &[u8]| git(dir, &["hash-object", "-w", "--stdin"], text);
    let blobs: Vec<String> = [&b"one\n"[..], b"two\n", b""]
        .iter()
        .filter_map(|text| String::from_utf8(blob(text)?).ok())
        .map(|id| id.trim_end().to_owned())
        .collect();
    if blobs.len() != 3 {
        return;
    }
    let (old, new) = rest.split_at(usize::from(first).min(rest.len()) & !1);
    if !old.is_empty() {
        let committed = git(dir, &["update-index", "--index-info"], index_info(old, &blobs).as_bytes())
            .and_then(|_| git(dir, &["commit", "--quiet", "--allow-empty", "-m", "old"], b""));
        // A conflict is committed by nobody.
        if committed.is_none() {
            return;
        }
    }
    if git(dir, &["update-index", "--index-info"], index_info(new, &blobs).as_bytes()).is_none() {
        return;
    }
    let Some(listed) = git(dir, &["diff", "--cached", "--raw", "--no-renames", "--no-abbrev", "-z"], b"") else {
        return;
    };
    let mut theirs = BTreeSet::new();
    let mut fields = listed.split(|byte| *byte == 0);
    while let (Some(about), Some(path)) = (fields.next().filter(|field| !field.is_empty()), fields.next()) {
        let about = String::from_utf8_lossy(about);
        let words: Vec<&str> = about.trim_start_matches(':').split(' ').collect();
        // Removed files and conflicts have no new content here, and a changed mode has none either.
        let kind = |mode: &str| mode.get(..3).map(str::to_owned);
        if let [before, mode, was, id, status] = words[..]
            && !matches!(status, "D" | "U")
            && (was != id || kind(before) != kind(mode))
        {
            theirs.insert((path.to_vec(), id.to_owned(), kind(mode)));
        }
    }
    let repo = Repo::discover(dir).expect("a repository");
    let ours = git::staged(&repo, &mut repo.objects()).expect("what git reads");
    let conflicts = git(dir, &["ls-files", "--unmerged", "-z"], b"").unwrap_or_default();
    let is_in_conflict = |path: &[u8]| {
        conflicts.split(|byte| *byte == 0).any(|line| line.rsplit(|byte| *byte == b'\t').next() == Some(path))
    };
    let ours: BTreeSet<_> = ours
        .new
        .iter()
        .filter(|entry| !is_in_conflict(&entry.path))
        .map(|entry| {
            let mode = match entry.mode {
                EntryMode::File => "100",
                EntryMode::Symlink => "120",
                EntryMode::Gitlink => "160",
            };
            (entry.path.to_vec(), entry.id.to_string(), Some(mode.to_owned()))
        })
        .collect();
    theirs.retain(|(path, ..)| !is_in_conflict(path));
    assert_eq!(ours, theirs);
}

/// Prints the content of every member of a zip or a tar, in hex; fails where Python refuses the archive.
const UNPACK: &str = r"
import io, sys, tarfile, zipfile
data = sys.stdin.buffer.read()
def members():
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                yield archive.read(entry)
    else:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for entry in archive:
                if entry.isreg() and not entry.issparse():
                    yield archive.extractfile(entry).read()
for content in members():
    print(content.hex())
";

/// Every member that Python's readers of zip and tar unpack is shown, or something is reported as not read.
pub fn unpacked(data: &[u8]) {
    let Some(format) = archive::recognise(data) else { return };
    let Some(listed) = output(Command::new("python3").args(["-I", "-c", UNPACK]), data) else { return };
    let (mut ours, mut is_complete) = (BTreeSet::new(), true);
    let limits = ArchiveLimits { bytes: 1 << 22, member: 1 << 20, members: 500, depth: 4 };
    archive::read(data, format, "name".into(), limits, &mut |member| match member.content {
        Ok(content) if member.kind != MemberKind::Note => _ = ours.insert(content.to_vec()),
        Ok(_) => {}
        Err(_) => is_complete = false,
    });
    if !is_complete {
        return;
    }
    for line in String::from_utf8_lossy(&listed).lines() {
        let content: Vec<u8> =
            (0..line.len() / 2).filter_map(|at| u8::from_str_radix(line.get(2 * at..2 * at + 2)?, 16).ok()).collect();
        assert!(content.is_empty() || ours.contains(&content), "a member that is not shown: {line}");
    }
}
