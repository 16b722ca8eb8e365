//! Regexes on paths, as globs. Only those that mean exactly the same.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// So many alternatives at most: a pattern with more is not worth the reading.
const MOST: usize = 64;

/// A piece of a glob while it is put together.
#[derive(Clone, Debug, PartialEq, Eq)]
enum GlobPiece {
    /// Exactly this text.
    Text(String),
    /// Anything within a directory.
    Name,
    /// Anything at all.
    Any,
    /// The beginning of the path.
    Begin,
    /// The end of the path.
    End,
}

/// Globs that match the same paths as the unanchored regex `pattern`; none when there are no such globs.
pub fn globs(pattern: &str) -> Option<Vec<String>> {
    let hir = regex_syntax::ParserBuilder::new().utf8(false).dot_matches_new_line(true).build().parse(pattern).ok()?;
    let mut all = Vec::new();
    for mut pieces in expand(&hir)? {
        // Unanchored: anything may come before and after.
        match pieces.first() {
            Some(GlobPiece::Begin) => drop(pieces.remove(0)),
            _ => pieces.insert(0, GlobPiece::Any),
        }
        match pieces.last() {
            Some(GlobPiece::End) => drop(pieces.pop()),
            _ => pieces.push(GlobPiece::Any),
        }
        all.extend(write(&pieces)?);
    }
    all.sort();
    all.dedup();
    // Files below a directory that is covered need no glob of their own.
    let directories: Vec<String> = all.iter().filter_map(|g| Some(format!("{}/", g.strip_suffix("/**")?))).collect();
    all.retain(|g| g.ends_with("/**") || !directories.iter().any(|dir| g.starts_with(dir)));
    (!all.is_empty() && all.len() <= MOST).then_some(all)
}

/// Every alternative of the regex as a sequence of pieces.
fn expand(hir: &Hir) -> Option<Vec<Vec<GlobPiece>>> {
    Some(match hir.kind() {
        HirKind::Empty => vec![Vec::new()],
        HirKind::Literal(literal) => vec![vec![GlobPiece::Text(String::from_utf8(literal.0.to_vec()).ok()?)]],
        HirKind::Look(Look::Start) => vec![vec![GlobPiece::Begin]],
        HirKind::Look(Look::End) => vec![vec![GlobPiece::End]],
        HirKind::Look(_) => return None,
        HirKind::Capture(group) => expand(&group.sub)?,
        HirKind::Class(class) => chars(class)?.into_iter().map(|c| vec![GlobPiece::Text(c.to_string())]).collect(),
        HirKind::Repetition(rep) => match (rep.min, rep.max) {
            (0, Some(1)) => [vec![Vec::new()], expand(&rep.sub)?].concat(),
            (0, None) => vec![vec![wild(&rep.sub)?]],
            // One or more is one, and then any number.
            (1, None) if wild(&rep.sub)? == GlobPiece::Name => return None,
            _ => return None,
        },
        HirKind::Alternation(some) => {
            let mut all = Vec::new();
            for one in some {
                all.extend(expand(one)?);
            }
            all
        }
        HirKind::Concat(parts) => {
            let mut all = vec![Vec::new()];
            for part in parts {
                let ways = expand(part)?;
                if all.len() * ways.len() > MOST {
                    return None;
                }
                all = all
                    .iter()
                    .flat_map(|a: &Vec<GlobPiece>| ways.iter().map(move |w| [a.as_slice(), w].concat()))
                    .collect();
            }
            all
        }
    })
}

/// The few characters of a small class.
fn chars(class: &Class) -> Option<Vec<char>> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(c) => c.iter().map(|r| (r.start(), r.end())).collect(),
        Class::Bytes(c) => c.iter().map(|r| (char::from(r.start()), char::from(r.end()))).collect(),
    };
    let all: Vec<char> = ranges.iter().flat_map(|(a, b)| (*a..=*b).take(5)).take(5).collect();
    (!all.is_empty() && all.len() < 5 && all.iter().all(char::is_ascii)).then_some(all)
}

/// The meaning of a repeated class: anything, or anything but a slash.
fn wild(sub: &Hir) -> Option<GlobPiece> {
    let HirKind::Class(class) = sub.kind() else { return None };
    let Class::Unicode(class) = class else { return None };
    let has = |c: char| class.iter().any(|r| r.start() <= c && c <= r.end());
    let size: u64 = class.iter().map(|r| u64::from(u32::from(r.end())) - u64::from(u32::from(r.start())) + 1).sum();
    // All of Unicode, with one character missing at most.
    match (has('/'), size >= 0x11_0000 - 0x800 - 1) {
        (true, true) => Some(GlobPiece::Any),
        (false, true) => Some(GlobPiece::Name),
        _ => None,
    }
}

/// Writes the pieces as globs. `Any` within a name has two: one that stays in the directory and one that does not.
fn write(pieces: &[GlobPiece]) -> Option<Vec<String>> {
    let mut globs = vec![String::new()];
    for (n, piece) in pieces.iter().enumerate() {
        let ways: Vec<String> = match piece {
            GlobPiece::Begin | GlobPiece::End => return None,
            GlobPiece::Text(text) => vec![escape(text)?],
            GlobPiece::Name => vec!["*".into()],
            GlobPiece::Any if pieces.len() == 1 => return None,
            GlobPiece::Any if pieces.get(n + 1) == Some(&GlobPiece::Any) => continue,
            // At the beginning: anywhere in the path. Before a slash that begins the next piece: any directory.
            GlobPiece::Any if n == 0 => vec!["*".into(), "**/*".into()],
            GlobPiece::Any => vec!["*".into(), "*/**".into(), "*/**/*".into()],
        };
        globs = globs.iter().flat_map(|g| ways.iter().map(move |w| format!("{g}{w}"))).collect();
    }
    let tidy = |g: String| {
        let mut g = g.replace("**/**", "**").replace("***", "**");
        // `a/*/**` at the end leaves out nothing that `a/**` has not.
        if let Some(short) = g.strip_suffix("/*/**") {
            g = format!("{short}/**");
        }
        g
    };
    let mut globs: Vec<String> = globs.into_iter().map(tidy).filter(|g| g.contains(|c| c != '*' && c != '/')).collect();
    // A glob without a slash matches in every directory here; these are meant from the root.
    for glob in &mut globs {
        if !glob.contains('/') {
            glob.insert(0, '/');
        }
    }
    globs.retain(|g| crate::policy::files::glob(g).is_ok());
    Some(globs)
}

fn escape(text: &str) -> Option<String> {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '*' | '?' | '[' | ']' | '{' | '}' | '!' => out.extend(['\\', c]),
            '\\' => return None,
            c => out.push(c),
        }
    }
    Some(out)
}
