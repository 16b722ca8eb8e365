//! What keeps the project honest about itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Run, Sandbox};

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

/// Modules from the top down. A module imports its own parts and what stands below it, never what stands above.
const LAYERS: &[&str] = &[
    "main",
    "cli",
    "scan",
    "install",
    "watch",
    "rule_test",
    "journal",
    "report",
    "outcome",
    "policy",
    "package",
    "source",
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

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|l| *l == module)
}

#[test]
fn imports_run_downwards_only() {
    let source = root().join("src");
    let mut wrong = Vec::new();
    for file in files(&source, "rs") {
        let inside = file.strip_prefix(&source).expect("below src");
        let module = inside.components().next().expect("a name").as_os_str().to_string_lossy().replace(".rs", "");
        // Programs of their own import the library from outside.
        if matches!(module.as_str(), "lib" | "build" | "train") {
            continue;
        }
        let Some(own) = layer(&module) else {
            wrong.push(format!("{}: module `{module}` has no layer", shown(&file)));
            continue;
        };
        let text = fs::read_to_string(&file).expect("source");
        // A file's own tests may look anywhere.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for used in line.match_indices("crate::").map(|(at, _)| &line[at + "crate::".len()..]) {
                let name: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if layer(&name).is_some_and(|below| below < own) {
                    wrong.push(format!("{}:{}: {module} imports {name}", shown(&file), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "imports that run upwards:\n{}", wrong.join("\n"));
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
        // Masks it where a path holds it.
        "src/scan/shown.rs",
        // Compares it with what stood there before.
        "src/scan/copies.rs",
        "src/scan/novelty.rs",
        // Compares it with what the user allowed.
        "src/policy/allowlist.rs",
    ]);
    for file in files(&root().join("src"), "rs") {
        let text = fs::read_to_string(&file).expect("source");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let name = shown(&file);
        if name.ends_with("/tests.rs") {
            continue;
        }
        assert!(
            !code.contains(".expose()") || allowed.contains(name.as_str()),
            "{name} looks at a secret: is there no other way? If not, say here why"
        );
    }
}

/// A pipe or a device under a file's name must not be waited for.
#[test]
fn files_are_opened_in_one_place() {
    // Git's own files, those of this program, and those of which a walk knows that they are files.
    let own = ["src/git/", "src/journal/", "src/build/", "src/train/", "src/source/paths.rs"];
    for path in files(&root().join("src"), "rs") {
        let name = shown(&path);
        let text = fs::read_to_string(&path).expect("source");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let opens = ["fs::read(", "fs::read_to_string(", "File::open("].iter().any(|call| code.contains(call));
        let may = name == "src/file.rs" || name.ends_with("/tests.rs") || own.iter().any(|own| name.starts_with(own));
        assert!(may || !opens, "{name} opens a file: go through crate::file");
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
