//! Recipes: images, workflows, scripts and build files that install packages by name.
//!
//! A recipe holds any text, so only a few forms are read: pins (`name@1.0.0`, `name==1.0`) everywhere, the names after
//! an installer's command, for packages without a good version, and what a workflow uses or an image is built from. A
//! comment installs nothing.

mod installers;
mod pins;
mod uses;

use super::super::inventory::{Inventory, LockError, Package};
use super::Format;
use crate::path::purpose::{PathKind, says};
use memchr::memmem;

pub(super) struct Recipe;

impl Format for Recipe {
    fn name(&self) -> &'static str {
        "Dockerfile"
    }

    fn claims(&self, name: &str, directory: &str) -> bool {
        const NAMES: [&str; 14] = [
            "Dockerfile",
            "Containerfile",
            "Makefile",
            "GNUmakefile",
            "justfile",
            "Justfile",
            "Jenkinsfile",
            "setup.py",
            "setup.cfg",
            "tox.ini",
            "noxfile.py",
            "deno.json",
            "deno.jsonc",
            "devcontainer.json",
        ];
        if NAMES.contains(&name) || name.starts_with("Dockerfile.") || name.starts_with("Containerfile.") {
            return true;
        }
        match name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("yml" | "yaml" | "dockerfile") => true,
            // Tests run thousands of programs in sandboxes of their own, and pin nothing.
            Some("sh" | "bash" | "zsh" | "ps1" | "bat" | "cmd" | "mk") => {
                !says(directory.as_bytes(), &[PathKind::Test, PathKind::Fixture])
            }
            _ => false,
        }
    }

    fn is_lock(&self) -> bool {
        false
    }

    fn is_recipe(&self) -> bool {
        true
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let mut inventory = Inventory::default();
        let packages = &mut inventory.packages;
        let mut signs = Signs::of(text);
        let (mut from, mut number) = (0, 1);
        // Most lines hold nothing to read, and a history holds every version of them: one search finds those that do.
        while let Some(found) = signs.after(from) {
            let start = text[..found].rfind('\n').map_or(0, |newline| newline + 1);
            number += newlines(&text[from..start]);
            from = start;
            let mut command = None;
            loop {
                let end = text[from..].find('\n').map_or(text.len(), |newline| from + newline);
                let line = &text[from..end];
                if !is_comment(line) {
                    uses::read(line, number, packages);
                    pins::read(line, number, packages);
                    command = installers::read(line, number, command, packages);
                }
                from = (end + 1).min(text.len());
                number += 1;
                if command.is_none() || from == text.len() {
                    break;
                }
            }
        }
        Ok(inventory)
    }
}

/// The next sign of a package: an installer's name, or the separator before a version.
struct Signs<'a> {
    text: &'a [u8],
    /// A search for each kind of sign, with its current position.
    searches: Vec<(memmem::FindIter<'a, 'static>, Option<usize>)>,
}

impl<'a> Signs<'a> {
    fn of(text: &'a str) -> Self {
        const SIGNS: [&str; 17] = [
            "@",
            "==",
            "npm",
            "npx",
            "yarn",
            "bun",
            "pip",
            "uv ",
            "uvx",
            "uses:",
            "image\":",
            "image:",
            "FROM ",
            "--from=",
            "gem install",
            "cargo install",
            "go install",
        ];
        let text = text.as_bytes();
        let search = |sign: &'static str| {
            let mut search = memmem::find_iter(text, sign.as_bytes());
            let first = search.next();
            (search, first)
        };
        Signs { text, searches: SIGNS.into_iter().map(search).collect() }
    }

    /// The first one at or after `from`.
    fn after(&mut self, from: usize) -> Option<usize> {
        for (search, at) in &mut self.searches {
            while at.is_some_and(|at| at < from || !tells(&self.text[at..])) {
                *at = search.next();
            }
        }
        self.searches.iter().filter_map(|(_, at)| *at).min()
    }
}

/// Returns whether the text after a sign confirms it: most `@`, `==` and `pip` of scripts are something else.
fn tells(text: &[u8]) -> bool {
    let after = |n: usize| text.get(n).copied().unwrap_or(b'\n');
    match text[0] {
        b'@' => after(if after(1) == b'v' { 2 } else { 1 }).is_ascii_digit(),
        b'=' => text.iter().find(|b| !matches!(b, b'=' | b' ' | b'\t')).is_some_and(u8::is_ascii_digit),
        b'b' => matches!(after(3), b'x') || !after(3).is_ascii_alphanumeric(),
        b'p' => matches!(after(3), b'x' | b'2' | b'3') || !after(3).is_ascii_alphanumeric(),
        _ => true,
    }
}

fn newlines(text: &str) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', text.as_bytes()).count()).unwrap_or(u32::MAX)
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    let rem = line.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("rem "));
    line.starts_with('#') || line.starts_with("//") || line.starts_with("::") || rem
}

/// The packages that a command line installs or runs; none if it calls no installer, for a version may be written anywhere.
pub(super) fn installed_by(command: &str) -> Vec<Package> {
    if installers::calls_one(command) { in_command(command, 1) } else { Vec::new() }
}

/// The packages that a command brings: its pins, and the names after its installer.
pub(super) fn in_command(command: &str, line: u32) -> Vec<Package> {
    let mut packages = Vec::new();
    pins::read(command, line, &mut packages);
    installers::read(command, line, None, &mut packages);
    // A name with a version is more than the name.
    let pinned: Vec<String> = packages.iter().filter(|p| p.version.is_some()).map(|p| p.name.clone()).collect();
    packages.retain(|package| package.version.is_some() || !pinned.contains(&package.name));
    packages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let inventory = Recipe.read(text).unwrap();
        let shown = inventory.packages.iter().map(|p| {
            let version = p.version.as_deref().unwrap_or("*");
            format!("{:?} {}@{version}:{}", p.ecosystem, p.name, p.line).to_lowercase()
        });
        shown.collect()
    }

    #[test]
    fn pins_are_read_wherever_they_stand() {
        for (text, wanted) in [
            ("RUN npm i -g left@1.2.3", "npm left@1.2.3:1"),
            ("RUN [\"npm\", \"install\", \"@s/left@1.2.3-rc.1\"]", "npm @s/left@1.2.3-rc.1:1"),
            ("    - run: |\n        npx --yes left@1.2.3 build", "npm left@1.2.3:2"),
            ("  \"left\": \"npm:left@1.2.3\"", "npm left@1.2.3:1"),
            ("src=https://cdn.example/npm/left@1.2.3/index.js", "npm left@1.2.3:1"),
            ("import: https://cdn.example/left@1.2.3", "npm left@1.2.3:1"),
            ("    additional_dependencies: [left==1.2]", "pypi left==1.2:1"),
            ("    - left==1.2", "pypi left==1.2:1"),
            ("    install_requires=['left[a,b] == 1.2.post1'],", "pypi left@1.2.post1:1"),
            ("python3 -m pip install left===1.2", "pypi left@1.2:1"),
            ("uvx left@1.2.3 --help", "pypi left@1.2.3:1"),
        ] {
            let wanted = wanted.replace("==", "@");
            assert!(read(text).contains(&wanted), "{text}: {:?}", read(text));
        }
    }

    #[test]
    fn names_behind_an_installer_are_read() {
        assert_eq!(
            read("npm install --save-dev left @s/right && npm test other"),
            ["npm left@*:1", "npm @s/right@*:1"]
        );
        assert_eq!(
            read("pip3.12 install -r requirements.txt -i https://x.example left \\\n  right"),
            ["pypi left@*:1", "pypi right@*:2"]
        );
        assert_eq!(read("yarn global add left"), ["npm left@*:1"]);
        assert_eq!(read("pip install uvicorn[standard] 'left[a,b]'"), ["pypi uvicorn@*:1", "pypi left@*:1"]);
        assert_eq!(read("pip install [\"left[a]\", \"right\"]"), ["pypi left@*:1", "pypi right@*:1"]);
        assert_eq!(read("RUN [\"npx\", \"left\", \"build\"]"), ["npm left@*:1"]);
        assert_eq!(read("sudo -H python -m pip install 'left'; echo right"), ["pypi left@*:1"]);
    }

    #[test]
    fn actions_and_images_are_read() {
        for (text, wanted) in [
            ("      - uses: Owner/Action@v1.2.3", "githubactions owner/action@v1.2.3:1"),
            ("    uses: o/r/.github/workflows/a.yml@main # why", "githubactions o/r@main:1"),
            (
                "  uses: 'o/r@0123456789abcdef0123456789abcdef01234567' # v1",
                "githubactions o/r@0123456789abcdef0123456789abcdef01234567:1",
            ),
            ("  - uses: docker://registry.example/o/app:1.0", "docker registry.example/o/app@1.0:1"),
            ("FROM --platform=linux/amd64 o/app:1.0 AS build", "docker o/app@1.0:1"),
            ("FROM registry.example:5000/o/app@sha256:0123", "docker registry.example:5000/o/app@sha256:0123:1"),
            ("COPY --from=o/app:1.0 /a /b", "docker o/app@1.0:1"),
            ("    image: \"o/app:1.0@sha256:0123\"", "docker o/app@1.0:1"),
            ("  \"image\": \"o/app:1.0\",", "docker o/app@1.0:1"),
            ("  - image: alpine", "docker alpine@*:1"),
        ] {
            assert_eq!(read(text), [wanted], "{text}");
        }
        for text in [
            "  uses: ./.github/actions/own",
            "  uses: $OTHER/action@v1",
            "FROM scratch",
            "FROM ${BASE}:1.0",
            "COPY --from=build /a /b",
            "image: /assets/logo.png",
            "image: {{ .Values.image }}:1.0",
            "image: logo.svg",
            "import x FROM y",
        ] {
            assert_eq!(read(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn installers_of_other_ecosystems_are_read() {
        for (text, wanted) in [
            ("gem install left -v 1.0.0 && gem i right:2.0", &["rubygems left@1.0.0:1", "rubygems right@2.0:1"][..]),
            ("RUN cargo install --locked left@1.0.0", &["crates left@1.0.0:1"]),
            ("cargo install left --version 1.0.0", &["crates left@1.0.0:1"]),
            ("go install github.com/o/r/v2/cmd/x@v2.0.1", &["go github.com/o/r/v2@v2.0.1:1"]),
            ("go install host.example/x@latest", &["go host.example/x@*:1"]),
            ("pipx run left", &["pypi left@*:1"]),
            ("code --install-extension o.left@1.0.0", &["vscode o.left@1.0.0:1"]),
            ("cargo install --path .", &[]),
            ("go run ./cmd/x", &[]),
        ] {
            assert_eq!(read(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_installs_nothing_is_let_be() {
        for text in [
            "# npm i left@1.2.3",
            "if [ \"$x\" == \"1.2\" ]; then",
            "contact: somebody@example.com",
            "npm install ./left .",
            "npm ci",
            "npm run build left",
            "pip install -e .",
            "echo pip",
            "REM npm i left@1.2.3",
            "git clone git@1.2.3.example:left",
        ] {
            assert_eq!(read(text), [""; 0], "{text}");
        }
    }
}
