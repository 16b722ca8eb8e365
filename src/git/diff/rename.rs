//! Renames between removed and added files, as `git diff -M` finds them.
//!
//! Git pairs equal contents first, then files whose name is unique on both sides, then the most similar contents. The
//! pairs are the same here, but files without a rare line in common are never compared, so that the cost follows the
//! content and not the number of pairs.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use bstr::{BStr, BString, ByteSlice};

use super::trees::RemovedPath;
use crate::git::read::tree::{MAX_DEPTH, Tree, join};
use crate::git::{EntryMode, Objects, Oid};

/// A file on one side of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileVersion {
    /// Relative to the repository's root.
    pub path: BString,
    /// Its content.
    pub id: Oid,
}

/// Git's scale of similarity.
const MAX_SCORE: u64 = 60_000;
/// Two files are one renamed from this score on: `-M50%`.
const SIMILAR: u64 = MAX_SCORE / 2;
/// Files whose name is unique on both sides need no competitors when they reach this score: git's default, halfway
/// between similar and equal.
const SAME_NAME: u64 = SIMILAR + (MAX_SCORE - SIMILAR) / 2;
/// More pairs than the square of this are not compared (diff.renameLimit).
const LIMIT: usize = 1000;
/// How many sources git keeps for each added file.
const BEST: usize = 4;

/// For each of `added`, the number of the file in `removed` that was renamed to it. `read` returns a file's content, or
/// nothing when it cannot be read.
pub fn renames(
    removed: &[FileVersion],
    added: &[FileVersion],
    read: &mut dyn FnMut(&FileVersion) -> Option<Vec<u8>>,
) -> Vec<Option<usize>> {
    let mut pairs = Pairs { from: vec![None; added.len()], used: vec![false; removed.len()] };
    if removed.is_empty() || added.is_empty() {
        return pairs.from;
    }
    pairs.exact(removed, added);
    pairs.same_name(removed, added, read);
    let sources: Vec<usize> = (0..removed.len()).filter(|n| !pairs.used[*n]).collect();
    let targets: Vec<usize> = (0..added.len()).filter(|n| pairs.from[*n].is_none()).collect();
    if sources.len().saturating_mul(targets.len()) <= LIMIT * LIMIT {
        pairs.similar((removed, &sources), (added, &targets), read);
    }
    pairs.from
}

/// All removed files, with those of removed directories.
pub fn removed_files(objects: &mut Objects, removed: &[RemovedPath]) -> Vec<FileVersion> {
    let mut files = Vec::new();
    for gone in removed {
        if gone.is_dir {
            expand(objects, gone.path.as_ref(), gone.id, 0, &mut files);
        } else {
            files.push(FileVersion { path: gone.path.clone(), id: gone.id });
        }
    }
    files
}

fn expand(objects: &mut Objects, dir: &BStr, id: Oid, depth: usize, into: &mut Vec<FileVersion>) {
    if depth >= MAX_DEPTH {
        return;
    }
    let Ok(tree) = Tree::read(objects, id) else { return };
    for entry in tree.entries() {
        let path = join(dir, &entry.name);
        match entry.mode {
            None => expand(objects, path.as_ref(), entry.id, depth + 1, into),
            Some(EntryMode::File | EntryMode::Symlink) => into.push(FileVersion { path, id: entry.id }),
            Some(EntryMode::Gitlink) => {}
        }
    }
}

fn file_name(path: &BStr) -> &[u8] {
    path.rfind_byte(b'/').map_or(path.as_bytes(), |slash| &path[slash + 1..])
}

/// The pairs found so far. A removed file is renamed once; a second added file of the same content is a copy.
struct Pairs {
    from: Vec<Option<usize>>,
    used: Vec<bool>,
}

impl Pairs {
    fn join(&mut self, source: usize, target: usize) {
        (self.from[target], self.used[source]) = (Some(source), true);
    }

    /// Pairs equal contents, those of the same name first.
    fn exact(&mut self, removed: &[FileVersion], added: &[FileVersion]) {
        let mut named: HashMap<(Oid, &[u8]), Vec<usize>> = HashMap::new();
        let mut all: HashMap<Oid, Vec<usize>> = HashMap::new();
        for (n, side) in removed.iter().enumerate().rev() {
            named.entry((side.id, file_name(side.path.as_ref()))).or_default().push(n);
            all.entry(side.id).or_default().push(n);
        }
        let take = |pairs: &mut Self, from: Option<&mut Vec<usize>>, target: usize| {
            let Some(sources) = from else { return };
            while let Some(source) = sources.pop() {
                if !pairs.used[source] {
                    return pairs.join(source, target);
                }
            }
        };
        for (n, side) in added.iter().enumerate() {
            take(self, named.get_mut(&(side.id, file_name(side.path.as_ref()))), n);
            if self.from[n].is_none() {
                take(self, all.get_mut(&side.id), n);
            }
        }
    }

    /// Pairs files whose name only one file on each side has, where they are alike enough.
    fn same_name(
        &mut self,
        removed: &[FileVersion],
        added: &[FileVersion],
        read: &mut dyn FnMut(&FileVersion) -> Option<Vec<u8>>,
    ) {
        let sources = unique_names(removed, |n| !self.used[n]);
        let targets = unique_names(added, |n| self.from[n].is_none());
        let mut both: Vec<(usize, usize)> =
            sources.iter().filter_map(|(name, source)| Some(((*source)?, (*targets.get(name)?)?))).collect();
        both.sort_unstable();
        for (source, target) in both {
            let (Some(old), Some(new)) = (read(&removed[source]), read(&added[target])) else { continue };
            if ContentSketch::of(&old).score(&ContentSketch::of(&new)) >= SAME_NAME {
                self.join(source, target);
            }
        }
    }

    /// Pairs the remaining files, the most similar first.
    fn similar(
        &mut self,
        (removed, sources): (&[FileVersion], &[usize]),
        (added, targets): (&[FileVersion], &[usize]),
        read: &mut dyn FnMut(&FileVersion) -> Option<Vec<u8>>,
    ) {
        let mut sketch =
            |side: &FileVersion| read(side).map_or_else(ContentSketch::default, |content| ContentSketch::of(&content));
        let old: Vec<ContentSketch> = sources.iter().map(|n| sketch(&removed[*n])).collect();
        let mut holders: HashMap<u32, Vec<u32>> = HashMap::new();
        for (n, sketch) in old.iter().enumerate() {
            for (piece, _) in &sketch.pieces {
                holders.entry(*piece).or_default().push(n as u32);
            }
        }
        let mut scores = Vec::new();
        for target in targets {
            let new = sketch(&added[*target]);
            let name = file_name(added[*target].path.as_ref());
            let mut best: Vec<(u64, bool, usize, usize)> = Vec::new();
            for source in new.neighbours(&holders) {
                let score = old[source].score(&new);
                if score >= SIMILAR {
                    let source = sources[source];
                    best.push((score, file_name(removed[source].path.as_ref()) == name, source, *target));
                }
            }
            best.sort_by_key(|pair| Reverse((pair.0, pair.1)));
            scores.extend(best.into_iter().take(BEST));
        }
        scores.sort_by_key(|pair| Reverse((pair.0, pair.1)));
        for (_, _, source, target) in scores {
            if !self.used[source] && self.from[target].is_none() {
                self.join(source, target);
            }
        }
    }
}

/// The number of the file with each name; none for a name that several files have.
fn unique_names(files: &[FileVersion], counts: impl Fn(usize) -> bool) -> HashMap<&[u8], Option<usize>> {
    let mut names = HashMap::new();
    for (n, side) in files.iter().enumerate().filter(|(n, _)| counts(*n)) {
        match names.entry(file_name(side.path.as_ref())) {
            Entry::Vacant(entry) => {
                entry.insert(Some(n));
            }
            Entry::Occupied(mut entry) => {
                entry.insert(None);
            }
        }
    }
    names
}

/// A content as git compares it: cut at line ends and every 64 bytes, with a hash for each piece.
#[derive(Default)]
struct ContentSketch {
    /// Each distinct piece, with the number of bytes it covers in the content; sorted.
    pieces: Vec<(u32, u64)>,
    /// The content's length.
    size: u64,
}

/// The longest piece, in bytes.
const PIECE: u64 = 64;
/// Git's prime: hashes are below it.
const HASH_BASE: u32 = 107_927;
/// Git treats content with a NUL in its first bytes as binary, in which carriage returns count.
const BINARY_SAMPLE: usize = 8000;

impl ContentSketch {
    fn of(content: &[u8]) -> Self {
        let is_text = !content[..content.len().min(BINARY_SAMPLE)].contains(&0);
        let mut pieces = Vec::new();
        let (mut low, mut high, mut length) = (0_u32, 0_u32, 0);
        for (at, byte) in content.iter().enumerate() {
            if is_text && *byte == b'\r' && content.get(at + 1) == Some(&b'\n') {
                continue;
            }
            let before = low;
            low = ((low << 7) ^ (high >> 25)).wrapping_add(u32::from(*byte));
            high = (high << 7) ^ (before >> 25);
            length += 1;
            if length == PIECE || *byte == b'\n' {
                pieces.push((piece(low, high), length));
                (low, high, length) = (0, 0, 0);
            }
        }
        if length > 0 {
            pieces.push((piece(low, high), length));
        }
        pieces.sort_unstable();
        pieces.dedup_by(|next, last| {
            let same = next.0 == last.0;
            last.1 += if same { next.1 } else { 0 };
            same
        });
        Self { pieces, size: content.len() as u64 }
    }

    /// The similarity of two contents: the share of the larger one's bytes in common pieces.
    fn score(&self, other: &Self) -> u64 {
        let (small, large) = (self.size.min(other.size), self.size.max(other.size));
        if small == 0 || large * (MAX_SCORE - SIMILAR) < (large - small) * MAX_SCORE {
            return 0;
        }
        let (mut shared, mut theirs) = (0, other.pieces.iter().peekable());
        for (piece, bytes) in &self.pieces {
            while theirs.next_if(|(other, _)| other < piece).is_some() {}
            if let Some((_, others)) = theirs.next_if(|(other, _)| other == piece) {
                shared += bytes.min(others);
            }
        }
        shared * MAX_SCORE / large
    }

    /// The numbers of all sources that can reach [`SIMILAR`], and few others: one that has none of the rarest pieces,
    /// which are more than half of this content, cannot.
    fn neighbours(&self, holders: &HashMap<u32, Vec<u32>>) -> Vec<usize> {
        let held = |piece: u32| holders.get(&piece).map_or(&[][..], Vec::as_slice);
        let mut rarest = self.pieces.clone();
        rarest.sort_by_key(|(piece, _)| held(*piece).len());
        let (mut left, mut found) = (self.size, Vec::new());
        for (piece, bytes) in rarest {
            if left * 2 < self.size {
                break;
            }
            found.extend(held(piece).iter().map(|n| *n as usize));
            left = left.saturating_sub(bytes);
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn piece(low: u32, high: u32) -> u32 {
    low.wrapping_add(high.wrapping_mul(0x61)) % HASH_BASE
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;
    use std::process::Command;

    use super::*;
    use crate::git::{Repo, TreeChanges, compare};

    fn git(dir: &Path, args: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "core.autocrlf=false"]);
        let out = command.args(args).current_dir(dir).output().expect("git runs");
        assert!(out.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).trim_end().to_owned()
    }

    /// Lines of all lengths, of which some stand in every file.
    fn content(random: &mut fastrand::Rng) -> Vec<u8> {
        let line = |random: &mut fastrand::Rng| match random.usize(..4) {
            0 => b"}\n".to_vec(),
            1 => b"# the same in every file, and longer than a piece: the licence of this file is what it always was\n"
                .to_vec(),
            _ => {
                let length = random.usize(1..300);
                let mut line: Vec<u8> = (0..length).map(|_| random.lowercase() as u8).collect();
                line.extend(if random.u8(..8) == 0 { &b"\r\n"[..] } else { b"\n" });
                line
            }
        };
        (0..random.usize(1..12)).flat_map(|_| line(random)).collect()
    }

    /// The content after an edit that may be small or large.
    fn edited(random: &mut fastrand::Rng, content: &[u8]) -> Vec<u8> {
        let keep = random.u8(..10);
        let kept = content.lines_with_terminator().filter(|_| random.u8(..10) <= keep);
        let mut lines: Vec<Vec<u8>> = kept.map(<[u8]>::to_vec).collect();
        for line in lines.iter_mut().filter(|line| line.len() > 4) {
            if random.u8(..4) == 0 {
                let at = random.usize(..line.len() - 2);
                line[at] = b'X';
            }
        }
        lines.push(format!("added {}\n", random.u32(..)).into());
        lines.concat()
    }

    #[test]
    fn the_pairs_are_gits() {
        for seed in 0..12 {
            let mut random = fastrand::Rng::with_seed(seed);
            let dir = tempfile::tempdir().expect("a directory");
            let dir = dir.path();
            git(dir, &["init", "-q"]);
            let name = |side: &str, n: usize, random: &mut fastrand::Rng| match random.usize(..3) {
                0 => format!("{side}/{}/index", random.u32(..)),
                _ => format!("{side}/file{n}"),
            };
            let write = |path: &str, content: &[u8]| {
                let path = dir.join(path);
                std::fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
                std::fs::write(path, content).expect("a file");
            };
            let old: Vec<Vec<u8>> = (0..30).map(|_| content(&mut random)).collect();
            for (n, content) in old.iter().enumerate() {
                write(&name("old", n, &mut random), content);
            }
            write("stays", b"here\n");
            git(dir, &["add", "-A"]);
            git(dir, &["commit", "-q", "-m", "old"]);
            std::fs::remove_dir_all(dir.join("old")).expect("removed");
            for n in 0..30 {
                let from = &old[random.usize(..old.len())];
                let new = if random.u8(..4) == 0 { from.clone() } else { edited(&mut random, from) };
                write(&name("new", n, &mut random), &new);
            }
            git(dir, &["add", "-A"]);
            git(dir, &["commit", "-q", "-m", "new"]);
            let listed = git(dir, &["diff", "-M", "--name-status", "--diff-filter=R", "HEAD~", "HEAD"]);
            let score = |line: &str| -> (String, String) {
                let mut fields = line.split('\t').skip(1).map(str::to_owned);
                (fields.next().expect("old"), fields.next().expect("new"))
            };
            let mut wanted: Vec<_> = listed.lines().map(score).collect();
            wanted.sort();
            let repo = Repo::discover(dir).expect("a repository");
            let mut objects = repo.objects();
            let tree = |rev: &str, objects: &mut Objects| {
                objects.tree_of(&repo.resolve(rev).expect("a commit")).expect("a tree")
            };
            let (before, after) = (tree("HEAD~", &mut objects), tree("HEAD", &mut objects));
            let mut changes = TreeChanges::default();
            compare(&mut objects, after, &[before], usize::MAX, &mut changes);
            let removed = removed_files(&mut objects, &changes.removed);
            let added: Vec<FileVersion> =
                changes.new.iter().map(|change| FileVersion { path: change.path.clone(), id: change.id }).collect();
            let from = renames(&removed, &added, &mut |side| {
                let mut content = Vec::new();
                objects.read(&side.id, u64::MAX, &mut content).ok().map(|_| content)
            });
            let pairs = from
                .iter()
                .zip(&added)
                .filter_map(|(from, side)| Some((removed[(*from)?].path.to_string(), side.path.to_string())));
            let mut pairs: Vec<_> = pairs.collect();
            pairs.sort();
            // Between equally similar ones git may choose otherwise; which files are renamed, and how many pairs agree,
            // does not hang on that.
            let sides =
                |pairs: &[(String, String)]| -> (BTreeSet<String>, BTreeSet<String>) { pairs.iter().cloned().unzip() };
            assert_eq!(sides(&pairs), sides(&wanted), "seed {seed}");
            let agree = pairs.iter().filter(|pair| wanted.contains(pair)).count();
            assert!(agree * 10 >= wanted.len() * 8, "seed {seed}: {agree} of {}", wanted.len());
        }
    }
}
