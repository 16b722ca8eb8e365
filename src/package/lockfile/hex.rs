//! mix.lock: a map of Elixir terms.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package, Source};
use super::Format;

pub(super) struct MixLock;

/// The repository of all public packages.
const PUBLIC: &str = concat!("hex", "pm");

impl Format for MixLock {
    fn name(&self) -> &'static str {
        "mix.lock"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "mix.lock"
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let mut packages = Vec::new();
        for entry in entries(text)? {
            let at = |n: usize| entry.values.get(n).copied().unwrap_or_default();
            let mut package = Package::new(Ecosystem::Hex, entry.key, None, entry.line);
            match at(0) {
                ":hex" => {
                    package.name = at(1).trim_start_matches(':').to_owned();
                    package.version = Some(at(2).to_owned());
                    package.source = match at(6) {
                        "" | PUBLIC => Source::Registry(None),
                        repository => Source::Registry(Some(format!("hex://{repository}"))),
                    };
                    let hashes = [("inner sha256", at(3)), ("sha256", at(7))].into_iter();
                    let hashes = hashes.filter(|(_, hash)| !hash.is_empty());
                    package.integrity = hashes.map(|(kind, hash)| (kind.to_owned(), hash.to_owned())).collect();
                    package.alias = (package.name != entry.key).then(|| entry.key.to_owned());
                }
                ":git" => package.source = Source::Git(at(1).to_owned()),
                kind => return Err(LockError::new(entry.line, format!("{} is no source", super::tree::short(kind)))),
            }
            packages.push(package);
        }
        Ok(Inventory { packages, ..Inventory::default() })
    }
}

/// One entry: its key and the values of its tuple. A list or tuple among the values is an empty text.
struct Entry<'a> {
    key: &'a str,
    line: u32,
    values: Vec<&'a str>,
}

enum Token<'a> {
    /// A string, an atom or a keyword.
    Word(&'a str),
    Open,
    Close,
}

/// The entries of `%{"key": {...}, ...}`: tuples are one level deep, and deeper ones are options.
fn entries(text: &str) -> Result<Vec<Entry<'_>>, LockError> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let (mut depth, mut key) = (0_usize, None);
    let mut rest = text;
    let mut line = 1;
    while let Some((before, token, after)) = next(rest) {
        line += newlines(before);
        let wrong = |why: &str| Err(LockError::new(line, why.to_owned()));
        match (token, depth) {
            (Token::Open, 0) if !entries.is_empty() || before.trim() != "%" => {
                return wrong("not a map of Elixir");
            }
            (Token::Open, 0) => depth = 1,
            (Token::Word(word), 1) => key = Some((word, line)),
            (Token::Open, 1) => {
                let Some((key, line)) = key.take() else { return wrong("a tuple without a key") };
                entries.push(Entry { key, line, values: Vec::new() });
                depth = 2;
            }
            (Token::Open, _) => {
                if depth == 2
                    && let Some(entry) = entries.last_mut()
                {
                    entry.values.push("");
                }
                depth += 1;
            }
            (Token::Word(word), 2) => {
                if let Some(entry) = entries.last_mut() {
                    entry.values.push(word);
                }
            }
            (Token::Close, 0) | (Token::Word(_), 0) => return wrong("not a map of Elixir"),
            (Token::Close, _) => depth -= 1,
            (Token::Word(_), _) => {}
        }
        line += newlines(&rest[before.len()..rest.len() - after.len()]);
        rest = after;
    }
    if depth > 0 || !rest.trim().is_empty() {
        return Err(LockError::new(line, "the map is cut short"));
    }
    Ok(entries)
}

/// The text before the next token, the token, and the text after it.
fn next(text: &str) -> Option<(&str, Token<'_>, &str)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.' | '-' | '~' | '>' | '?' | '!');
    let at = text.find(|c: char| is_word(c) || matches!(c, '"' | '{' | '}' | '[' | ']'))?;
    let (before, rest) = text.split_at(at);
    match rest.as_bytes()[0] {
        b'{' | b'[' => Some((before, Token::Open, &rest[1..])),
        b'}' | b']' => Some((before, Token::Close, &rest[1..])),
        b'"' => {
            let end = rest[1..].find('"')?;
            let after = &rest[end + 2..];
            Some((before, Token::Word(&rest[1..end + 1]), after.strip_prefix(':').unwrap_or(after)))
        }
        _ => {
            let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
            Some((before, Token::Word(&rest[..end]), &rest[end..]))
        }
    }
}

fn newlines(text: &str) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', text.as_bytes()).count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::testing::summary;
    use super::*;

    #[test]
    fn tuples_of_every_age() {
        let text = concat!(
            "%{\n  \"left\": {:hex, :left, \"1.0.0\", \"aa\", [:mix], [{:right, \"~> 2.0\", [hex: :right, repo: \"hex",
            "pm\", optional: false]}], \"hex",
            "pm\", \"bb\"},\n  \"other\": {:hex, :right, \"2.0.0\", \"cc\", [:rebar3], [], \"hex",
            "pm:acme\", \"dd\"},\n  \"old\": {:hex, :old, \"0.1.0\"},\n  \"third\": {:git, \"https://host.example/o/r.git\", \"0123\", [branch: \"main\"]},\n}\n"
        );
        assert_eq!(
            summary(&MixLock, text),
            [
                "hex left@1.0.0:2 Registry(None) inner sha256=aa sha256=bb",
                concat!(
                    "hex right@2.0.0:3 Registry(Some(\"hex://hex",
                    "pm:acme\")) inner sha256=cc sha256=dd for other"
                ),
                "hex old@0.1.0:4 Registry(None)",
                "hex third@-:5 Git(\"https://host.example/o/r.git\")",
            ]
        );
        for wrong in ["%{ \"a\": {:hex, :a", "{:hex}", "%{}x", "%{ {} }", "%{\"a\": {:svn, \"x\"}}", "x"] {
            assert!(super::super::read(&MixLock, wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert_eq!(summary(&MixLock, "%{}\n"), [""; 0]);
    }
}
