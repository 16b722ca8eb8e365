//! The rules of the project about its own files.

mod modules;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::support::{Run, Sandbox};
use modules::{Crate, Module};

/// The library as it is here.
static LIBRARY: LazyLock<Crate> =
    LazyLock::new(|| Crate::read(&|file| fs::read_to_string(root().join("src").join(file)).ok()));

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `dir` with this ending.
fn files(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).expect("below the root").display().to_string()
}

/// The modules of the crate from the top down. A module uses those below it and never one above it.
const LAYERS: &[&str] = &[
    "cli",
    "removal",
    "publish",
    "scan",
    "install",
    "fleet",
    "watch",
    "rule_test",
    "journal",
    "report",
    "outcome",
    "policy",
    "assistant",
    "package",
    "source",
    "document",
    "engine",
    "finding",
    "path",
    "rule",
    "data",
    "git",
    "archive",
    "chunk",
    "threads",
    "environment",
    "error",
    "exit",
    "terminal",
    "hook",
    "file",
    "build_source",
];

/// The parts of `git` from the top down.
const GIT_LAYERS: &[&str] = &["diff", "walk", "read"];

/// The uses of a module above, in a folder whose modules have these layers.
fn upward(library: &Crate, folder: &[&str], layers: &[&str]) -> Vec<String> {
    let layer = |name: &String| layers.iter().position(|layer| layer == name);
    let mut wrong = Vec::new();
    for (from, to) in library.edges() {
        let is_inside = |path: &[String]| path.len() > folder.len() && path.iter().zip(folder).all(|(a, b)| a == b);
        if is_inside(&from) && is_inside(&to) {
            let (a, b) = (&from[folder.len()], &to[folder.len()]);
            if layer(a).zip(layer(b)).is_some_and(|(own, used)| used < own) {
                wrong.push(format!("{} uses {}", from.join("::"), to.join("::")));
            }
        }
    }
    wrong
}

#[test]
fn imports_run_downwards_only() {
    let listed = |path: &Vec<String>| path.len() != 1 || LAYERS.contains(&path[0].as_str());
    let unlisted: Vec<&Vec<String>> = LIBRARY.modules.keys().filter(|path| !listed(path)).collect();
    assert!(unlisted.is_empty(), "modules without a layer: {unlisted:?}");
    let wrong = [upward(&LIBRARY, &[], LAYERS), upward(&LIBRARY, &["git"], GIT_LAYERS)].concat();
    assert!(wrong.is_empty(), "imports that run upwards:\n{}", wrong.join("\n"));
}

#[test]
fn no_modules_of_a_folder_use_each_other_in_a_circle() {
    let circles = LIBRARY.circles();
    assert!(circles.is_empty(), "circles:\n{}", circles.join("\n"));
}

#[test]
fn the_page_gives_the_reason_of_every_layer() {
    let page = include_str!("../../../docs/architecture.md");
    let layers = page.split("\n## Layers\n").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("the section");
    let rows = layers.lines().filter(|line| line.starts_with("| `"));
    let explained: Vec<&str> =
        rows.flat_map(|row| row.split('|').nth(1).unwrap_or_default().split('`').skip(1).step_by(2)).collect();
    assert_eq!(
        explained,
        [&["main"], LAYERS].concat(),
        "the table of layers in docs/architecture.md, from the top down"
    );
}

/// A crate of these files.
fn planted(files: &[(&str, &str)]) -> Crate {
    Crate::read(&|file| files.iter().find(|(name, _)| *name == file).map(|(_, text)| (*text).to_owned()))
}

#[test]
fn a_planted_circle_is_found_however_it_is_written() {
    let root = ("lib.rs", "mod a; mod b; mod c; pub use b::Item;");
    let quiet = ("c.rs", "pub fn f() {}");
    for circle in [
        ["use crate::b::Item;", "use crate::a::Other;"],
        ["use crate::{b::{self, Item}, c};", "use super::a;  fn f() { a::f() }"],
        ["fn f() { crate::b::f() }", "fn f() { let x: super::a::Other; }"],
        ["use crate::Item;", "mod inner { use super::super::a::*; } pub struct Item;"],
        ["use crate::c; fn f() { println!(\"{}\", crate::b::f()) }", "#[cfg(unix)] impl super::a::Trait for u8 {}"],
        ["use crate::b as other; fn f() { other::f() }", "mod inner { mod deep { use crate::a; } }"],
    ] {
        let circles = planted(&[root, ("a.rs", circle[0]), ("b.rs", circle[1]), quiet]).circles();
        assert_eq!(circles, [": a, b"], "{circle:?}");
    }
    // A circle of three, below the root.
    let files = [
        ("lib.rs", "mod top;"),
        ("top/mod.rs", "mod a; mod b; mod c;"),
        ("top/a.rs", "use super::b::x;"),
        ("top/b.rs", "use crate::top::c::x;"),
        ("top/c.rs", "fn f() { super::a::x() }"),
    ];
    assert_eq!(planted(&files).circles(), ["top: a, b, c"]);
}

#[test]
fn code_of_tests_and_uses_of_the_parent_are_no_circle() {
    let files = [
        ("lib.rs", "mod a; mod b; pub struct Item;"),
        ("a.rs", "use super::Item; const TEXT: &str = \"#[cfg(test)]\"; use crate::b::g;"),
        (
            "b.rs",
            "#[cfg(test)] mod tests { use crate::a::f; } #[cfg(all(test, unix))] use crate::a::f; /* crate::a::f */",
        ),
    ];
    let library = planted(&files);
    assert!(library.circles().is_empty());
    assert_eq!(upward(&library, &[], &["b", "a"]), ["a uses b"], "below a text that names the attribute of tests");
}

/// The modules of the library that do something, by their files; modules inside a file count as its own.
fn files_that(does: impl Fn(&Module) -> bool) -> BTreeSet<String> {
    LIBRARY.modules.values().filter(|module| does(module)).map(|module| format!("src/{}", module.file)).collect()
}

#[test]
fn gix_is_imported_in_one_module_only() {
    for file in files(&root().join("src"), "rs") {
        let name = shown(&file);
        if !name.starts_with("src/git/") {
            let text = fs::read_to_string(&file).expect("source");
            assert!(!text.contains("gix::"), "{name} uses gix: go through crate::git");
        }
    }
}

#[test]
fn few_callers_see_a_secret() {
    let allowed: BTreeSet<&str> = BTreeSet::from([
        // Defines it, and hashes it.
        "src/finding/mod.rs",
        // Looks whether the newest version still holds it, to print the right commands.
        "src/finding/repair.rs",
        // Looks where else in its text it stands.
        "src/scan/mod.rs",
        // Replaces it in commits that are not published.
        "src/removal/marker.rs",
        // Masks it where a path holds it.
        "src/scan/shown.rs",
        // Compares it with what stood there before.
        "src/scan/copies.rs",
        "src/scan/novelty.rs",
        // Compares it with what the user allowed.
        "src/policy/allowlist.rs",
    ]);
    let seeing = files_that(|module| module.methods.contains("expose"));
    let further: Vec<&String> = seeing.iter().filter(|file| !allowed.contains(file.as_str())).collect();
    assert!(further.is_empty(), "{further:?} look at a secret: is there no other way? If not, say here why");
}

/// A pipe or a device under a file's name must not be waited for.
#[test]
fn files_are_opened_in_one_place() {
    // Git's own files, those of this program, and those of which a walk knows that they are files.
    let own = ["src/git/", "src/journal/", "src/source/paths.rs"];
    let opens = |path: &Vec<String>| {
        let end: Vec<&str> = path.iter().rev().take(2).map(String::as_str).collect();
        matches!(end[..], ["read" | "read_to_string", "fs"] | ["open", "File"])
    };
    for name in files_that(|module| module.paths.iter().any(opens)) {
        let may = name == "src/file.rs" || own.iter().any(|own| name.starts_with(own));
        assert!(may, "{name} opens a file: go through crate::file");
    }
}

#[test]
fn no_file_names_a_package_registry() {
    // In parts, so that this file does not either.
    let hosts = [
        ["registry.", "npmjs", ".org"],
        ["registry.", "yarnpkg", ".com"],
        ["", "pypi", ".org"],
        ["files.", "pythonhosted", ".org"],
        ["", "crates", ".io"],
        ["deb.", "debian", ".org"],
    ]
    .map(|p| p.concat());
    let mut wrong = Vec::new();
    for name in tracked() {
        if name.ends_with("Cargo.lock") {
            continue;
        }
        let Ok(bytes) = fs::read(root().join(&name)) else { continue };
        for host in &hosts {
            if memchr::memmem::find(&bytes, host.as_bytes()).is_some() {
                wrong.push(format!("{name}: {host}"));
            }
        }
    }
    assert!(wrong.is_empty(), "match registries by form, or write registry.example:\n{}", wrong.join("\n"));
}

/// The project's own files: what git tracks, or outside a checkout everything but the build's output.
fn tracked() -> Vec<String> {
    let sandbox = Sandbox::new();
    let listed = Run::of(&mut sandbox_git(&sandbox), None);
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    let names: Vec<String> = listed.stdout.split('\0').filter(|n| !n.is_empty()).map(str::to_owned).collect();
    assert!(names.iter().any(|n| n == "Cargo.toml"), "the project's own files");
    names
}

fn sandbox_git(sandbox: &Sandbox) -> std::process::Command {
    let mut git = sandbox.command("git", root());
    git.args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    git
}

#[test]
fn the_project_passes_its_own_scan() {
    let sandbox = Sandbox::new();
    assert!(!root().join(".shield-hook.toml").exists(), "without an allowlist");
    sandbox.shield(root(), &["scan", "--format", "json"]).expect_clean();
}

/// A page that sends its reader to a file or a test which is gone is worse than none.
#[test]
fn the_pages_for_developers_name_what_exists() {
    let folders = ["src/", "tests/", "docs/", "rules/", "hooks/", "benches/", "examples/", ".ci/"];
    let code: String = ["src", "tests", "benches"]
        .iter()
        .flat_map(|dir| files(&root().join(dir), "rs"))
        .map(|path| fs::read_to_string(path).expect("source"))
        .collect();
    let is_test_name = |name: &str| {
        name.matches('_').count() >= 2
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let mut gone = Vec::new();
    for page in
        ["docs/architecture.md", "docs/reliability.md", "docs/performance.md", "CONTRIBUTING.md", "rules/README.md"]
    {
        let text = fs::read_to_string(root().join(page)).expect("a page");
        for name in text.split('`').skip(1).step_by(2).filter(|name| !name.contains(char::is_whitespace)) {
            // An upper-case word is a placeholder: `rules/PROVIDER.toml`.
            let is_placeholder = name.contains(['<', '*'])
                || name.split(['/', '.']).any(|part| part.len() > 2 && part.bytes().all(|b| b.is_ascii_uppercase()));
            let is_path = folders.iter().any(|folder| name.starts_with(folder)) && !is_placeholder;
            if is_path && !root().join(name).exists() || is_test_name(name) && !code.contains(&format!("fn {name}(")) {
                gone.push(format!("{page}: {name}"));
            }
        }
    }
    assert!(gone.is_empty(), "{}", gone.join("\n"));
}
