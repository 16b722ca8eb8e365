//! Writes lockfiles of every format, so that a test can put a package into each and see that it comes out.

mod further;

use std::fmt::Write as _;

/// How a package gets into the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Registry,
    Git,
    Link,
    Workspace,
}

/// A format: the path it goes by, and its writer. A writer takes names that do not repeat.
pub(crate) struct Writer {
    pub(crate) label: &'static str,
    pub(crate) path: &'static str,
    pub(crate) ecosystem: &'static str,
    /// What the format can express beside registry packages.
    pub(crate) origins: &'static [Origin],
    pub(crate) write: fn(&[(String, String)], Origin) -> String,
}

const ALL: &[Origin] = &[Origin::Git, Origin::Link, Origin::Workspace];
const GIT_LINK: &[Origin] = &[Origin::Git, Origin::Link];
const GIT: &[Origin] = &[Origin::Git];
const NONE: &[Origin] = &[];

/// Every writer.
pub(crate) fn writers() -> impl Iterator<Item = &'static Writer> {
    WRITERS.iter().chain(further::FURTHER)
}

/// A name as the ecosystem has them.
pub(crate) fn name_in(ecosystem: &str, base: &str) -> String {
    match ecosystem {
        "maven" => format!("com.example:{base}"),
        "github-actions" | "docker" | "terraform" | "packagist" => format!("owner/{base}"),
        "swift" => format!("github.com/owner/{base}"),
        "go" => format!("host.example/{base}"),
        "vscode" => format!("owner.{base}"),
        _ => base.to_owned(),
    }
}

static WRITERS: &[Writer] = &[
    Writer { label: "npm 1", path: "package-lock.json", ecosystem: "npm", origins: GIT_LINK, write: npm_1 },
    Writer { label: "npm 2", path: "npm-shrinkwrap.json", ecosystem: "npm", origins: ALL, write: npm_2 },
    Writer { label: "npm 3", path: "web/package-lock.json", ecosystem: "npm", origins: ALL, write: npm_3 },
    Writer {
        label: "npm hidden",
        path: "node_modules/.package-lock.json",
        ecosystem: "npm",
        origins: ALL,
        write: npm_3,
    },
    Writer { label: "yarn 1", path: "yarn.lock", ecosystem: "npm", origins: GIT_LINK, write: yarn_1 },
    Writer { label: "yarn berry", path: "yarn.lock", ecosystem: "npm", origins: ALL, write: yarn_berry },
    Writer { label: "pnpm 5", path: "pnpm-lock.yaml", ecosystem: "npm", origins: GIT_LINK, write: pnpm_5 },
    Writer { label: "pnpm 6", path: "pnpm-lock.yaml", ecosystem: "npm", origins: GIT_LINK, write: pnpm_6 },
    Writer { label: "pnpm 9", path: "pnpm-lock.yaml", ecosystem: "npm", origins: GIT_LINK, write: pnpm_9 },
    Writer { label: "bun", path: "bun.lock", ecosystem: "npm", origins: ALL, write: bun },
    Writer { label: "deno 3", path: "deno.lock", ecosystem: "npm", origins: NONE, write: deno_3 },
    Writer { label: "deno 5", path: "deno.lock", ecosystem: "npm", origins: NONE, write: deno_5 },
    Writer { label: "package.json", path: "package.json", ecosystem: "npm", origins: ALL, write: package_json },
    Writer {
        label: "requirements",
        path: "requirements.txt",
        ecosystem: "pypi",
        origins: GIT_LINK,
        write: requirements,
    },
    Writer { label: "poetry", path: "poetry.lock", ecosystem: "pypi", origins: GIT_LINK, write: poetry },
    Writer { label: "uv", path: "uv.lock", ecosystem: "pypi", origins: ALL, write: uv },
    Writer { label: "Pipfile.lock", path: "Pipfile.lock", ecosystem: "pypi", origins: GIT_LINK, write: pipfile },
    Writer { label: "pdm", path: "pdm.lock", ecosystem: "pypi", origins: GIT_LINK, write: pdm },
    Writer { label: "pylock", path: "pylock.toml", ecosystem: "pypi", origins: GIT_LINK, write: pylock },
    Writer { label: "pyproject", path: "pyproject.toml", ecosystem: "pypi", origins: GIT, write: pyproject },
    Writer { label: "Pipfile", path: "Pipfile", ecosystem: "pypi", origins: GIT, write: pipfile_manifest },
    Writer { label: "catalog", path: "pnpm-workspace.yaml", ecosystem: "npm", origins: NONE, write: catalog },
    Writer { label: "Dockerfile", path: "Dockerfile", ecosystem: "npm", origins: NONE, write: dockerfile },
];

/// The formats that list no packages or cannot be read: a path of each, and a text with one setting.
pub(crate) static SETTINGS: &[(&str, &str)] = &[
    (".npmrc", "registry=https://registry.example/\n"),
    (".yarnrc", "registry \"https://registry.example/\"\n"),
    (".yarnrc.yml", "npmRegistryServer: https://registry.example/\n"),
    ("pip.conf", "[global]\nindex-url = https://registry.example/simple\n"),
    ("uv.toml", "[[index]]\nurl = \"https://registry.example/simple\"\n"),
    ("bunfig.toml", "[install]\nregistry = \"https://registry.example/\"\n"),
    (
        "NuGet.config",
        "<configuration><packageSources><add key=\"a\" value=\"https://registry.example/\"/></packageSources></configuration>\n",
    ),
    (".cargo/config.toml", "[registries.a]\nindex = \"sparse+https://registry.example/\"\n"),
    ("Gemfile", "source \"https://registry.example\"\n"),
    ("composer.json", "{\"repositories\": [{\"type\": \"composer\", \"url\": \"https://registry.example\"}]}\n"),
    ("gradle/wrapper/gradle-wrapper.properties", "distributionUrl=https\\://registry.example/gradle.zip\n"),
    (".pnpmfile.cjs", "module.exports = {hooks: {}}\n"),
    ("bun.lockb", ""),
];

const HASH: &str = "sha512-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";
const HEX: &str = "0000000000000000000000000000000000000000000000000000000000000000";

fn joined(items: &[(String, String)], separator: &str, one: impl Fn(&str, &str) -> String) -> String {
    items.iter().map(|(name, version)| one(name, version)).collect::<Vec<_>>().join(separator)
}

fn tarball(name: &str, version: &str) -> String {
    let base = name.rsplit('/').next().unwrap();
    format!("https://registry.example/{name}/-/{base}-{version}.tgz")
}

fn npm_1(items: &[(String, String)], origin: Origin) -> String {
    format!(
        "{{\n  \"name\": \"x\",\n  \"lockfileVersion\": 1,\n  \"requires\": true,\n  \"dependencies\": {{\n{}\n  }}\n}}\n",
        npm_1_body(items, origin)
    )
}

fn npm_1_body(items: &[(String, String)], origin: Origin) -> String {
    joined(items, ",\n", |name, version| match origin {
        Origin::Git => format!(
            "    \"{name}\": {{\n      \"version\": \"git+ssh://git@host.example/o/r.git#0123\",\n      \"from\": \"o/r\"\n    }}"
        ),
        Origin::Link | Origin::Workspace => {
            format!("    \"{name}\": {{\n      \"version\": \"file:packages/x\"\n    }}")
        }
        Origin::Registry => format!(
            "    \"wrapper-of-{name}\": {{\n      \"version\": \"0.0.1\",\n      \"dependencies\": {{\n        \"{name}\": {{\n          \"version\": \"{version}\",\n          \"resolved\": \"{}\",\n          \"integrity\": \"{HASH}\"\n        }}\n      }}\n    }}",
            tarball(name, version)
        ),
    })
}

fn npm_3_body(items: &[(String, String)], origin: Origin) -> String {
    joined(items, ",\n", |name, version| match origin {
        Origin::Git => format!(
            "    \"node_modules/{name}\": {{\n      \"version\": \"{version}\",\n      \"resolved\": \"git+ssh://git@host.example/o/r.git#0123\"\n    }}"
        ),
        Origin::Link => format!(
            "    \"node_modules/{name}\": {{\n      \"resolved\": \"packages/x\",\n      \"link\": true\n    }}"
        ),
        Origin::Workspace => format!(
            "    \"packages/{name}\": {{\n      \"name\": \"{name}\",\n      \"version\": \"{version}\"\n    }}"
        ),
        Origin::Registry => format!(
            "    \"node_modules/wrapper/node_modules/{name}\": {{\n      \"version\": \"{version}\",\n      \"resolved\": \"{}\",\n      \"integrity\": \"{HASH}\"\n    }}",
            tarball(name, version)
        ),
    })
}

fn npm_2(items: &[(String, String)], origin: Origin) -> String {
    format!(
        "{{\n  \"name\": \"x\",\n  \"lockfileVersion\": 2,\n  \"packages\": {{\n    \"\": {{\"name\": \"x\"}},\n{}\n  }},\n  \"dependencies\": {{\n{}\n  }}\n}}\n",
        npm_3_body(items, origin),
        npm_1_body(items, if origin == Origin::Workspace { Origin::Link } else { origin })
    )
}

fn npm_3(items: &[(String, String)], origin: Origin) -> String {
    format!(
        "{{\n  \"name\": \"x\",\n  \"lockfileVersion\": 3,\n  \"packages\": {{\n    \"\": {{\"name\": \"x\"}},\n{}\n  }}\n}}\n",
        npm_3_body(items, origin)
    )
}

fn yarn_1(items: &[(String, String)], origin: Origin) -> String {
    let body = joined(items, "\n\n", |name, version| match origin {
        Origin::Git => format!(
            "\"{name}@git+ssh://git@host.example/o/r.git\":\n  version \"{version}\"\n  resolved \"git+ssh://git@host.example/o/r.git#0123\""
        ),
        Origin::Link | Origin::Workspace => format!("\"{name}@link:packages/x\":\n  version \"0.0.0\"\n  uid \"\""),
        Origin::Registry => format!(
            "\"{name}@^{version}\", \"{name}@~{version}\":\n  version \"{version}\"\n  resolved \"{}#0123\"\n  integrity {HASH}\n  dependencies:\n    ms \"2.0.0\"",
            tarball(name, version)
        ),
    });
    format!("# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.\n# yarn lockfile v1\n\n\n{body}\n")
}

fn yarn_berry(items: &[(String, String)], origin: Origin) -> String {
    let body = joined(items, "\n\n", |name, version| {
        let (descriptor, resolution, kind) = match origin {
            Origin::Git => {
                ("https://host.example/o/r.git", "https://host.example/o/r.git#commit=0123".to_owned(), "hard")
            }
            Origin::Link => ("link:packages/x", "link:packages/x::locator=x%40workspace%3A.".to_owned(), "soft"),
            Origin::Workspace => ("workspace:packages/x", "workspace:packages/x".to_owned(), "soft"),
            Origin::Registry => ("npm:^1.0.0", format!("npm:{version}"), "hard"),
        };
        format!(
            "\"{name}@{descriptor}\":\n  version: {version}\n  resolution: \"{name}@{resolution}\"\n  dependencies:\n    ms: \"npm:2.0.0\"\n  checksum: 10c0/{HEX}\n  languageName: node\n  linkType: {kind}"
        )
    });
    format!(
        "# This file is generated by running \"yarn install\" inside your project.\n\n__metadata:\n  version: 8\n  cacheKey: 10c0\n\n{body}\n"
    )
}

fn pnpm_5(items: &[(String, String)], origin: Origin) -> String {
    let body = joined(items, "\n\n", |name, version| match origin {
        Origin::Git => format!(
            "  github.com/o/r/0123-{}:\n    resolution: {{tarball: https://codeload.github.com/o/r/tar.gz/0123}}\n    name: '{name}'\n    version: {version}\n    dev: false",
            name.replace(['/', '@'], "-")
        ),
        Origin::Link | Origin::Workspace => format!(
            "  'file:packages/{name}':\n    resolution: {{directory: packages/x, type: directory}}\n    name: '{name}'\n    version: {version}\n    dev: false"
        ),
        Origin::Registry => {
            format!("  /{name}/{version}_react@17.0.2:\n    resolution: {{integrity: {HASH}}}\n    dev: false")
        }
    });
    format!("lockfileVersion: 5.4\n\nspecifiers:\n  x: ^1.0.0\n\ndependencies:\n  x: 1.0.0\n\npackages:\n\n{body}\n")
}

fn pnpm_6(items: &[(String, String)], origin: Origin) -> String {
    let body = joined(items, "\n\n", |name, version| match origin {
        Origin::Git => format!(
            "  github.com/o/r/0123-{}:\n    resolution: {{tarball: https://codeload.github.com/o/r/tar.gz/0123}}\n    name: '{name}'\n    version: {version}\n    dev: false",
            name.replace(['/', '@'], "-")
        ),
        Origin::Link | Origin::Workspace => format!(
            "  'file:packages/{name}':\n    resolution: {{directory: packages/x, type: directory}}\n    name: '{name}'\n    version: {version}\n    dev: false"
        ),
        Origin::Registry => format!(
            "  /{name}@{version}(react@17.0.2)(@types/node@20.0.0):\n    resolution: {{integrity: {HASH}}}\n    dev: false"
        ),
    });
    format!("lockfileVersion: '6.0'\n\nsettings:\n  autoInstallPeers: true\n\npackages:\n\n{body}\n")
}

fn pnpm_9(items: &[(String, String)], origin: Origin) -> String {
    let body = joined(items, "\n\n", |name, version| match origin {
        Origin::Git => format!(
            "  '{name}@https://codeload.github.com/o/r/tar.gz/0123':\n    resolution: {{tarball: https://codeload.github.com/o/r/tar.gz/0123}}\n    version: {version}"
        ),
        Origin::Link | Origin::Workspace => {
            format!("  '{name}@file:packages/x':\n    resolution: {{directory: packages/x, type: directory}}")
        }
        Origin::Registry => {
            format!("  '{name}@{version}':\n    resolution: {{integrity: {HASH}}}\n    engines: {{node: '>=6'}}")
        }
    });
    let snapshots = joined(items, "\n\n", |name, version| match origin {
        Origin::Registry => format!("  '{name}@{version}(react@17.0.2)':\n    dependencies:\n      react: 17.0.2"),
        Origin::Git => format!("  '{name}@https://codeload.github.com/o/r/tar.gz/0123': {{}}"),
        _ => format!("  '{name}@file:packages/x': {{}}"),
    });
    format!(
        "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      x:\n        specifier: ^1.0.0\n        version: 1.0.0\n\npackages:\n\n{body}\n\nsnapshots:\n\n{snapshots}\n"
    )
}

fn bun(items: &[(String, String)], origin: Origin) -> String {
    let body = joined(items, "\n\n", |name, version| match origin {
        Origin::Git => format!("    \"{name}\": [\"{name}@git+ssh://git@host.example/o/r.git#0123\", {{}}, \"0123\"],"),
        Origin::Link => format!("    \"{name}\": [\"{name}@link:packages/x\", {{}}],"),
        Origin::Workspace => format!("    \"{name}\": [\"{name}@workspace:packages/x\"],"),
        Origin::Registry => format!(
            "    \"wrapper/{name}\": [\"{name}@{version}\", \"\", {{ \"dependencies\": {{ \"ms\": \"2.0.0\" }} }}, \"{HASH}\"],"
        ),
    });
    format!(
        "{{\n  \"lockfileVersion\": 1,\n  \"workspaces\": {{\n    \"\": {{ \"name\": \"x\", }},\n  }},\n  \"packages\": {{\n{body}\n  }}\n}}\n"
    )
}

fn deno_3(items: &[(String, String)], _: Origin) -> String {
    let body = joined(items, ",\n", |name, version| {
        format!(
            "      \"{name}@{version}_react@17.0.2\": {{\n        \"integrity\": \"{HASH}\",\n        \"dependencies\": {{}}\n      }}"
        )
    });
    format!(
        "{{\n  \"version\": \"3\",\n  \"packages\": {{\n    \"specifiers\": {{}},\n    \"npm\": {{\n{body}\n    }}\n  }},\n  \"remote\": {{}}\n}}\n"
    )
}

fn deno_5(items: &[(String, String)], _: Origin) -> String {
    let body = joined(items, ",\n", |name, version| {
        format!("    \"{name}@{version}\": {{\n      \"integrity\": \"{HASH}\"\n    }}")
    });
    format!("{{\n  \"version\": \"5\",\n  \"specifiers\": {{}},\n  \"npm\": {{\n{body}\n  }}\n}}\n")
}

fn package_json(items: &[(String, String)], origin: Origin) -> String {
    let body = joined(items, ",\n", |name, version| match origin {
        Origin::Git => format!("    \"{name}\": \"github:o/r#{version}\""),
        Origin::Link => format!("    \"{name}\": \"link:packages/x\""),
        Origin::Workspace => format!("    \"{name}\": \"workspace:{version}\""),
        Origin::Registry => format!("    \"{name}\": \"{version}\""),
    });
    format!("{{\n  \"name\": \"x\",\n  \"dependencies\": {{\n{body}\n  }}\n}}\n")
}

fn requirements(items: &[(String, String)], origin: Origin) -> String {
    let mut out = "# written by hand\n--index-url https://registry.example/simple\n".to_owned();
    for (name, version) in items {
        match origin {
            Origin::Git => writeln!(out, "{name} @ git+https://host.example/o/r.git@{version}"),
            Origin::Link | Origin::Workspace => writeln!(out, "-e ./packages/{name}"),
            Origin::Registry => writeln!(out, "{name}[extra]=={version} ; python_version >= \"3.8\" \\\n    --hash=sha256:{HEX} \\\n    --hash=sha256:{HEX}  # via x"),
        }
        .unwrap();
    }
    out
}

fn poetry(items: &[(String, String)], origin: Origin) -> String {
    let body = joined(items, "\n", |name, version| {
        let source = match origin {
            Origin::Git => {
                "\n[package.source]\ntype = \"git\"\nurl = \"https://host.example/o/r.git\"\nreference = \"HEAD\"\n"
            }
            Origin::Link | Origin::Workspace => "\n[package.source]\ntype = \"directory\"\nurl = \"packages/x\"\n",
            Origin::Registry => "",
        };
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\ndescription = \"\"\noptional = false\npython-versions = \">=3.8\"\nfiles = [\n    {{file = \"x-{version}.tar.gz\", hash = \"sha256:{HEX}\"}},\n]\n{source}"
        )
    });
    format!(
        "# This file is automatically @generated by Poetry 2.1.1 and should not be changed by hand.\n\n{body}\n[metadata]\nlock-version = \"2.1\"\n"
    )
}

fn uv(items: &[(String, String)], origin: Origin) -> String {
    let body = joined(items, "\n", |name, version| {
        let source = match origin {
            Origin::Git => "{ git = \"https://host.example/o/r?rev=1#0123\" }",
            Origin::Link => "{ editable = \"packages/x\" }",
            Origin::Workspace => "{ virtual = \".\" }",
            Origin::Registry => "{ registry = \"https://registry.example/simple\" }",
        };
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = {source}\nsdist = {{ url = \"https://registry.example/x-{version}.tar.gz\", hash = \"sha256:{HEX}\", size = 1, upload-time = \"2024-01-01T00:00:00Z\" }}\n"
        )
    });
    format!("version = 1\nrevision = 2\nrequires-python = \">=3.8\"\n\n{body}")
}

fn pipfile(items: &[(String, String)], origin: Origin) -> String {
    let body = joined(items, ",\n", |name, version| match origin {
        Origin::Git => format!(
            "        \"{name}\": {{\n            \"git\": \"https://host.example/o/r.git\",\n            \"ref\": \"0123\"\n        }}"
        ),
        Origin::Link | Origin::Workspace => format!(
            "        \"{name}\": {{\n            \"editable\": true,\n            \"path\": \"packages/x\"\n        }}"
        ),
        Origin::Registry => format!(
            "        \"{name}\": {{\n            \"hashes\": [\n                \"sha256:{HEX}\"\n            ],\n            \"index\": \"main\",\n            \"version\": \"=={version}\"\n        }}"
        ),
    });
    format!(
        "{{\n    \"_meta\": {{\"hash\": {{\"sha256\": \"{HEX}\"}}, \"pipfile-spec\": 6}},\n    \"default\": {{}},\n    \"develop\": {{\n{body}\n    }}\n}}\n"
    )
}

fn pdm(items: &[(String, String)], origin: Origin) -> String {
    let body = joined(items, "\n", |name, version| {
        let source = match origin {
            Origin::Git => "git = \"https://host.example/o/r.git\"\nrevision = \"0123\"\n",
            Origin::Link | Origin::Workspace => "path = \"./packages/x\"\neditable = true\n",
            Origin::Registry => "",
        };
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nrequires_python = \">=3.8\"\n{source}groups = [\"default\"]\nfiles = [\n    {{file = \"x.whl\", hash = \"sha256:{HEX}\"}},\n]\n"
        )
    });
    format!("[metadata]\ngroups = [\"default\"]\nlock_version = \"4.5.0\"\n\n{body}")
}

fn pylock(items: &[(String, String)], origin: Origin) -> String {
    let body = joined(items, "\n", |name, version| {
        let source = match origin {
            Origin::Git => {
                "vcs = { type = \"git\", url = \"https://host.example/o/r.git\", commit-id = \"0123\" }\n".to_owned()
            }
            Origin::Link | Origin::Workspace => "directory = { path = \"packages/x\", editable = true }\n".to_owned(),
            Origin::Registry => format!(
                "wheels = [{{ name = \"x.whl\", upload-time = 2024-01-01T00:00:00Z, url = \"https://registry.example/x.whl\", hashes = {{ sha256 = \"{HEX}\" }} }}]\n"
            ),
        };
        format!("[[packages]]\nname = \"{name}\"\nversion = \"{version}\"\n{source}")
    });
    format!("lock-version = \"1.0\"\ncreated-by = \"x\"\n\n{body}")
}

fn pyproject(items: &[(String, String)], origin: Origin) -> String {
    let body = joined(items, "\n", |name, version| match origin {
        Origin::Registry => format!("    \"{name}=={version}\","),
        _ => format!("    \"{name} @ git+https://host.example/o/r.git@{version}\","),
    });
    format!("[project]\nname = \"x\"\ndependencies = [\n{body}\n]\n")
}

fn pipfile_manifest(items: &[(String, String)], origin: Origin) -> String {
    let body = joined(items, "\n", |name, version| match origin {
        Origin::Registry => format!("\"{name}\" = \"=={version}\""),
        _ => format!("\"{name}\" = {{git = \"https://host.example/o/r.git\", ref = \"{version}\"}}"),
    });
    format!("[requires]\npython_version = \"3.12\"\n\n[packages]\n{body}\n")
}

fn catalog(items: &[(String, String)], _: Origin) -> String {
    format!(
        "packages:\n  - apps/*\ncatalog:\n{}\n",
        joined(items, "\n", |name, version| format!("  '{name}': {version}"))
    )
}

fn dockerfile(items: &[(String, String)], _: Origin) -> String {
    format!(
        "FROM base\nWORKDIR /app\n{}\n",
        joined(items, "\n", |name, version| format!("RUN npm install {name}@{version}"))
    )
}
