//! The text of a hook: a small POSIX shell script around the files in `hooks/`.
//!
//! The second line names the version and the hook, the third holds a hash of all the other lines, so that an edited
//! stub is told from one of another version.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::names;
use crate::build_source;

/// Where a stub stands, which decides how it finds the hook that it runs beside ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StubKind {
    /// In a repository's hooks directory; the hook that was there lies beside it.
    Repository,
    /// In the directory of a global `core.hooksPath`; the repository's own hook is elsewhere.
    Dispatcher,
    /// Run by a configuration hook; git runs the repository's own hooks itself.
    Beside,
}

impl StubKind {
    fn name(self) -> &'static str {
        match self {
            StubKind::Repository => "stub",
            StubKind::Dispatcher => "dispatcher",
            StubKind::Beside => "config hook",
        }
    }
}

/// How a script refers to the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binary {
    path: PathBuf,
    shared: bool,
}

impl Binary {
    /// In a file that stays on this machine: the absolute path.
    pub fn local(path: &Path) -> Self {
        Binary { path: path.to_owned(), shared: false }
    }

    /// In a file that others may get with the repository: relative to their home where it is in ours.
    pub fn shared(path: &Path) -> Self {
        Binary { path: path.to_owned(), shared: true }
    }

    /// As a word of the shell.
    pub fn word(&self) -> String {
        if self.shared
            && let Some(home) =
                std::env::var_os("HOME").map(PathBuf::from).filter(|h| h.is_absolute() && h.parent().is_some())
            && let Ok(rest) = self.path.strip_prefix(&home)
        {
            return format!("\"$HOME\"/{}", quote(&slashes(rest)));
        }
        quote(&slashes(&self.path))
    }
}

/// A word of the shell that stands for exactly this text.
pub fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A path as Git's shell writes it.
fn slashes(path: &Path) -> String {
    let text = path.to_string_lossy();
    if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() }
}

const FIND: &str = include_str!("../../hooks/find.sh");
const CHAIN: &str = include_str!("../../hooks/chain.sh");
const AFTER: &str = include_str!("../../hooks/after.sh");
const STDIN: &str = include_str!("../../hooks/stdin.sh");
const TRANSACTION: &str = include_str!("../../hooks/transaction.sh");
const PASS: &str = include_str!("../../hooks/pass.sh");
const CHECKOUT: &str = include_str!("../../hooks/checkout.sh");
const DISPATCH: &str = include_str!("../../hooks/dispatch.sh");
const BESIDE: &str = include_str!("../../hooks/beside.sh");
const BLOCK: &str = include_str!("../../hooks/block.sh");
const BLOCK_PLAIN: &str = include_str!("../../hooks/block-plain.sh");
const BLOCK_STDIN: &str = include_str!("../../hooks/block-stdin.sh");

/// The whole stub for `hook`. `chained` is the file beside it that holds the hook which was there, relative to the
/// stub's directory; only [`StubKind::Repository`] uses it. `ours` tells a dispatcher whether our own hook runs as well.
pub fn render(kind: StubKind, hook: &str, binary: &Binary, chained: &str, ours: bool) -> String {
    let mut body = format!("hook={hook}\nbinary={}\n", binary.word());
    // Only a stub that runs ours needs to find the program.
    let find = if ours { FIND.replace("@INSTALL@", &build_source::how_to_install()) } else { String::new() };
    match kind {
        StubKind::Repository => {
            body += "case $0 in\n*/*) here=${0%/*} ;;\n*) here=. ;;\nesac\n";
            body += &format!("chained=$here/{chained}\n");
            body += &[&find, CHAIN].concat();
        }
        StubKind::Dispatcher => body += &[&find, CHAIN, DISPATCH].concat(),
        StubKind::Beside => body += &[BESIDE, &find, CHAIN].concat(),
    }
    body += match hook {
        "push-to-checkout" => CHECKOUT,
        _ if !ours => PASS,
        names::STRICT => TRANSACTION,
        "pre-push" | names::SERVER => STDIN,
        _ => AFTER,
    };
    let mark = format!("{MARK}{} {}: {hook}", env!("CARGO_PKG_VERSION"), kind.name());
    let note = "# Written by `shield-hook install`, taken away by `shield-hook uninstall`.";
    let (first, rest) = (format!("#!/bin/sh\n{mark}\n"), format!("{note}\n{body}"));
    format!("{first}{HASH}{}\n{rest}", hash(&first, &rest))
}

/// The lines that go into a script of somebody else's (husky's `.husky/<hook>`).
pub fn block(hook: &str, binary: &Binary) -> String {
    let call = match hook {
        "pre-push" | names::SERVER => BLOCK_STDIN,
        _ => BLOCK_PLAIN,
    };
    let install = build_source::how_to_install();
    format!("{BLOCK}{call}").replace("@HOOK@", hook).replace("@INSTALL@", &install).replace("@BINARY@", &binary.word())
}

const MARK: &str = "# shield-hook ";
const HASH: &str = "# sha256 ";

/// A hash of all lines but the one that holds it.
fn hash(first: &str, rest: &str) -> String {
    let digest = Sha256::new().chain_update(first).chain_update(rest).finalize();
    data_encoding::HEXLOWER.encode(&digest)
}

/// What a stub on disk says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stub {
    /// The version that wrote it.
    pub version: String,
    /// What kind it is, as its second line says.
    pub kind: String,
    /// The hook it was written for.
    pub hook: String,
    /// Where it looks for the program first, when that can be read.
    pub binary: Option<PathBuf>,
    /// The file beside it that holds the hook which was there.
    pub chained: Option<String>,
    /// Whether our own hook runs in it; a dispatcher also stands in for hooks that are none of ours.
    pub calls: bool,
    /// Whether it is as it was written.
    pub intact: bool,
}

/// Reads a stub; nothing when it is not ours.
pub fn read(bytes: &[u8]) -> Option<Stub> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split_inclusive('\n');
    let (shebang, mark) = (lines.next()?, lines.next()?);
    let (version, what) = mark.trim_end().strip_prefix(MARK)?.split_once(' ')?;
    let (kind, hook) = what.split_once(": ")?;
    let first = shebang.len() + mark.len();
    let stated = lines.next().unwrap_or_default();
    let rest = &text[first + stated.len()..];
    let intact = stated.strip_prefix(HASH).is_some_and(|h| h.trim_end_matches('\n') == hash(&text[..first], rest));
    let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    Some(Stub {
        version: version.into(),
        kind: kind.into(),
        hook: hook.into(),
        binary: value("binary=").and_then(unquote).map(PathBuf::from),
        chained: value("chained=$here/").map(str::to_owned),
        calls: text.contains("\nfind_binary\n") || text.contains("\tfind_binary\n"),
        intact,
    })
}

/// Reads what [`Binary::word`] writes.
pub fn unquote(word: &str) -> Option<String> {
    let (home, rest) = match word.strip_prefix("\"$HOME\"/") {
        Some(rest) => (Some(std::env::var("HOME").ok()?), rest),
        None => (None, word),
    };
    let inner = rest.strip_prefix('\'')?.strip_suffix('\'')?.replace(r"'\''", "'");
    Some(home.map_or_else(|| inner.clone(), |home| format!("{home}/{inner}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stub_is_recognised_and_an_edit_is_seen() {
        let binary = Binary::local(Path::new("/opt/it's here/shield hook"));
        for kind in [StubKind::Repository, StubKind::Dispatcher, StubKind::Beside] {
            for hook in names::ALL {
                let text = render(kind, hook, &binary, "x", names::OURS.contains(&hook));
                let stub = read(text.as_bytes()).unwrap();
                assert!(stub.intact, "{kind:?} {hook}");
                assert_eq!((stub.hook.as_str(), stub.kind.as_str()), (hook, kind.name()));
                assert_eq!(stub.binary.as_deref(), Some(Path::new("/opt/it's here/shield hook")));
                for edited in [text.replace("exec", "echo"), format!("{text}exit 0\n"), text.replacen("#!", "#! ", 1)] {
                    assert!(!read(edited.as_bytes()).unwrap().intact);
                }
            }
        }
        assert_eq!(read(b"#!/bin/sh\necho mine\n"), None);
        assert_eq!(read(b""), None);
    }
}
