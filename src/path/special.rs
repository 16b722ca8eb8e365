//! The paths whose files are inspected as more than bytes.
//!
//! Every file of a change is tested, so a few bytes are compared and no more.

/// Returns whether the file at `path` (`/`-separated) is a lockfile, a manifest, or a file in which an attack on the
/// supply chain leaves its traces. Such files are inspected at each of their paths, even if the bytes are known from
/// another one.
///
/// ```
/// use shield_hook::path::special::is_special;
///
/// assert!(is_special(b"app/package-lock.json") && !is_special(b"src/main.rs"));
/// ```
pub fn is_special(path: &[u8]) -> bool {
    let name = path.rsplit(|b| *b == b'/').next().unwrap_or(path);
    let extension = name.rsplit(|b| *b == b'.').next().unwrap_or_default();
    match extension.len() {
        // Nearly every file of a change ends here: source code.
        1 => false,
        2 => {
            matches!(extension, b"js" | b"md" | b"py" | b"gz") && named(name)
                || matches!(extension, b"in" | b"sh" | b"mk")
        }
        _ => {
            matches!(extension, b"json" | b"jsonc" | b"lock" | b"lockb" | b"toml" | b"yaml" | b"yml" | b"txt")
                || matches!(extension, b"pth" | b"gyp" | b"pyz" | b"Pipfile" | b"cursorrules" | b"windsurfrules")
                || matches!(
                    extension,
                    b"npmrc" | b"yarnrc" | b"spdx" | b"lockfile" | b"resolved" | b"csproj" | b"fsproj" | b"vbproj"
                )
                || matches!(extension, b"bash" | b"zsh" | b"ps1" | b"bat" | b"cmd" | b"dockerfile")
                || name.ends_with(b".cdx.xml")
                || name.starts_with(b"Dockerfile")
                || name.starts_with(b"Containerfile")
                || named(name)
        }
    }
}

/// Names that are special whatever their extension.
fn named(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 51] = [
        b"setup.py",
        b"sitecustomize.py",
        b"usercustomize.py",
        b"CLAUDE.md",
        b"AGENTS.md",
        b"GEMINI.md",
        b"copilot-instructions.md",
        b"bun_environment.js",
        b"bun_installer.js",
        b"setup_bun.js",
        b"bw1.js",
        b"environment_source.js",
        b"math_init.js",
        b"Math_Symbol.js",
        b"propagate-core.js",
        b"router_init.js",
        b"tanstack_runner.js",
        b"trap-core.js",
        b"setup.mjs",
        b"tpcp.tar.gz",
        b"Makefile",
        b"GNUmakefile",
        b"justfile",
        b"Justfile",
        b"Jenkinsfile",
        b"setup.cfg",
        b"tox.ini",
        b"noxfile.py",
        b"pip.conf",
        b"pip.ini",
        b"nuget.config",
        b"NuGet.config",
        b"NuGet.Config",
        b"Gemfile",
        b"gradle-wrapper.properties",
        b"maven-wrapper.properties",
        b".pnpmfile.cjs",
        b".pnpmfile.mjs",
        b"pnpmfile.cjs",
        b"pnpmfile.js",
        b"go.mod",
        b"go.sum",
        b"go.work.sum",
        b"gems.locked",
        b"packages.config",
        b"Directory.Packages.props",
        b"Directory.Build.props",
        b"Packages.props",
        b"verification-metadata.xml",
        b".terraform.lock.hcl",
        b"bom.xml",
    ];
    NAMES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lockfile_and_manifest_is_special() {
        for format in crate::package::lockfile::FORMATS {
            let name = format.name();
            assert!(is_special(name.as_bytes()) && is_special(format!("a/b/{name}").as_bytes()), "{name}");
        }
        for path in ["node_modules/.package-lock.json", "requirements/base.in", "a/npm-shrinkwrap.json", "x.py.lock"] {
            assert!(is_special(path.as_bytes()), "{path}");
        }
        for path in
            ["Dockerfile.dev", "ci/build.sh", "x.ps1", "tox.ini", "Makefile", "noxfile.py", ".github/workflows/a.yml"]
        {
            assert!(is_special(path.as_bytes()), "{path}");
            assert!(crate::package::lockfile::recognise(path).is_some_and(|f| f.is_recipe()), "{path}");
        }
    }

    /// A format that claims more names than its own has them as words in its source.
    #[test]
    fn every_name_that_a_format_claims_is_special() {
        let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/package/lockfile"));
        let files = ignore::Walk::new(folder).filter_map(|entry| entry.ok().filter(|entry| entry.path().is_file()));
        let mut claimed = 0;
        for file in files {
            let text = std::fs::read_to_string(file.path()).expect("a source file");
            for word in text.split('"').filter(|word| !word.is_empty() && !word.contains([' ', '\n', '\\', '{'])) {
                for path in [word.to_owned(), format!("x{word}"), format!("x.{word}"), format!("{word}/x.yml")] {
                    if crate::package::lockfile::recognise(&path).is_some() {
                        claimed += 1;
                        assert!(is_special(path.as_bytes()), "{path}, of {}", file.path().display());
                    }
                }
            }
        }
        assert!(claimed > 300, "{claimed}");
    }

    #[test]
    fn source_code_is_not() {
        for path in
            ["src/main.rs", "a/b.c", "index.js", "README.md", "x.go", "app.py", "GNUmakefile.c", "", "a/", "lib.ts"]
        {
            assert!(!is_special(path.as_bytes()), "{path}");
        }
    }
}
