//! The text of a hook: a small POSIX shell script, assembled from the files in `hooks/`.
//!
//! The second line names the version and the hook. The third contains a hash of all other lines, which distinguishes an
//! edited stub from one of another version.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::build_source;
use crate::environment;
use crate::hook;

/// The kind of a stub, which decides how it finds the previous hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StubKind {
    /// In a repository's hooks directory, beside the previous hook.
    Repository,
    /// In the directory of a global `core.hooksPath`, apart from the repository's own hook.
    Dispatcher,
    /// Run by a configuration hook; git runs the repository's own hooks itself.
    Beside,
}

impl StubKind {
    fn name(self) -> &'static str {
        match self {
            Self::Repository => "stub",
            Self::Dispatcher => "dispatcher",
            Self::Beside => "config hook",
        }
    }
}

/// The program as a script refers to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binary {
    path: PathBuf,
    shared: bool,
}

impl Binary {
    /// For a file that stays on this machine: the absolute path.
    pub fn local(path: &Path) -> Self {
        Self { path: path.to_owned(), shared: false }
    }

    /// For a file that is shared with the repository: relative to the home directory if possible.
    pub fn shared(path: &Path) -> Self {
        Self { path: path.to_owned(), shared: true }
    }

    /// The path as a word of the shell.
    pub fn word(&self) -> String {
        if self.shared
            && let Some(home) = environment::absolute_path("HOME").filter(|home| home.parent().is_some())
            && let Ok(rest) = self.path.strip_prefix(&home)
        {
            return format!("\"$HOME\"/{}", quote(&slashes(rest)));
        }
        quote(&slashes(&self.path))
    }
}

/// `text` as a quoted word of the shell.
pub fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A path in the form of Git's shell.
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

/// The text of the stub for `hook`. `chained` is the previous hook's path relative to the stub's directory, for
/// [`StubKind::Repository`] only. `ours` is set if the stub runs our program too; a dispatcher covers other hooks as
/// well.
pub fn render(kind: StubKind, hook: &str, binary: &Binary, chained: &str, ours: bool) -> String {
    let mut body = format!("hook={hook}\nbinary={}\n", binary.word());
    // A stub that does not run our program need not find it.
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
        hook::STRICT => TRANSACTION,
        _ if hook::reads_refs(hook) => STDIN,
        _ => AFTER,
    };
    let mark = format!("{MARK}{} {}: {hook}", env!("CARGO_PKG_VERSION"), kind.name());
    let note = "# Written by `shield-hook install`, taken away by `shield-hook uninstall`.";
    let (first, rest) = (format!("#!/bin/sh\n{mark}\n"), format!("{note}\n{body}"));
    format!("{first}{HASH}{}\n{rest}", hash(&first, &rest))
}

/// The lines for somebody else's script (husky's `.husky/<hook>`).
pub fn block(hook: &str, binary: &Binary) -> String {
    let call = if hook::reads_refs(hook) { BLOCK_STDIN } else { BLOCK_PLAIN };
    let install = build_source::how_to_install();
    format!("{BLOCK}{call}").replace("@HOOK@", hook).replace("@INSTALL@", &install).replace("@BINARY@", &binary.word())
}

const MARK: &str = "# shield-hook ";
const HASH: &str = "# sha256 ";

/// A hash of all lines except its own.
fn hash(first: &str, rest: &str) -> String {
    let digest = Sha256::new().chain_update(first).chain_update(rest).finalize();
    data_encoding::HEXLOWER.encode(&digest)
}

/// The description that a stub on disk contains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stub {
    /// The version that wrote it.
    pub version: String,
    /// Its kind, from the second line.
    pub kind: String,
    /// The hook it was written for.
    pub hook: String,
    /// The program that it runs first, if that line can be read.
    pub binary: Option<PathBuf>,
    /// The previous hook's path, relative to the stub's directory.
    pub chained: Option<String>,
    /// Set if it runs our program; a dispatcher also covers hooks that are not ours.
    pub calls: bool,
    /// Set if its hash matches.
    pub intact: bool,
}

/// Parses a stub; `None` if it is not ours.
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

/// Parses the output of [`Binary::word`].
pub fn unquote(word: &str) -> Option<String> {
    let (home, rest) = match word.strip_prefix("\"$HOME\"/") {
        Some(rest) => (Some(environment::text("HOME")?), rest),
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
            for hook in hook::GIT_HOOKS {
                let text = render(kind, hook, &binary, "x", hook::OURS.contains(&hook));
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
