//! The reading of paths: the language of a file, and its purpose: to be run, tried or read.

/// The purpose of a file, by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathKind {
    /// Tests and their helpers.
    Test,
    /// Test data: fixtures, snapshots, cassettes.
    Fixture,
    /// Examples and samples.
    Example,
    /// Documentation.
    Docs,
    /// Pinned dependencies.
    Lockfile,
    /// Minified or bundled code.
    Minified,
    /// Configuration, the home of credentials.
    Config,
    /// Everything else.
    Source,
}

impl PathKind {
    /// The words that a report uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Test => "a test",
            Self::Fixture => "test data",
            Self::Example => "an example",
            Self::Docs => "documentation",
            Self::Lockfile => "a lockfile",
            Self::Minified => "minified code",
            Self::Config => "configuration",
            Self::Source => "source",
        }
    }

    /// Returns whether findings that rest on context alone are shown and do not block there.
    pub fn lowers(self) -> bool {
        matches!(self, Self::Test | Self::Fixture | Self::Example | Self::Docs)
    }
}

/// The language of a file, as far as it decides how a bare word is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// A programming language: a bare word is a variable.
    Code,
    /// Shell: a bare word is a value.
    Shell,
    /// YAML, INI, properties, env: a bare word is a value.
    Config,
    /// JSON: every value is quoted.
    Json,
    /// XML and HTML.
    Markup,
    /// Text for people.
    Prose,
    /// No extension, or an unknown one.
    Unknown,
}

fn eq(a: &[u8], b: &str) -> bool {
    a.eq_ignore_ascii_case(b.as_bytes())
}

fn base(path: &[u8]) -> &[u8] {
    path.rsplit(|&b| b == b'/').next().unwrap_or(path)
}

fn extension(base: &[u8]) -> &[u8] {
    base.iter().rposition(|&b| b == b'.').map_or(b"", |dot| &base[dot + 1..])
}

const CODE: &[&str] = &[
    "rs", "go", "py", "pyi", "js", "jsx", "mjs", "cjs", "ts", "tsx", "java", "kt", "kts", "scala", "groovy", "gradle",
    "c", "h", "cc", "cpp", "hpp", "cxx", "m", "mm", "cs", "fs", "vb", "php", "rb", "erb", "pl", "pm", "lua", "swift",
    "dart", "ex", "exs", "erl", "clj", "hs", "ml", "r", "jl", "sql", "vue", "svelte", "sol", "zig", "nim", "proto",
    "coffee",
];
const SHELL: &[&str] = &["sh", "bash", "zsh", "fish", "ps1", "bat", "cmd", "ksh", "csh"];
const CONFIG: &[&str] = &[
    "yml",
    "yaml",
    "toml",
    "ini",
    "cfg",
    "conf",
    "config",
    "properties",
    "env",
    "tf",
    "tfvars",
    "hcl",
    "cnf",
    "netrc",
    "npmrc",
    "pypirc",
    "envrc",
    "service",
    "desktop",
    "creds",
    "credentials",
    "prop",
    "local",
    "production",
    "development",
];
const JSON: &[&str] = &["json", "jsonl", "json5", "jsonc", "ipynb", "tfstate", "har", "webmanifest", "map"];
const MARKUP: &[&str] =
    &["xml", "html", "htm", "xhtml", "plist", "svg", "csproj", "resx", "axaml", "xaml", "jsp", "wsdl", "jelly", "pom"];
const PROSE: &[&str] = &["md", "rst", "adoc", "asciidoc", "tex", "mdx", "markdown", "textile", "org"];

/// The language of a file.
pub fn language(path: &[u8]) -> Language {
    let base = base(path);
    let ext = extension(base);
    let is = |list: &[&str]| list.iter().any(|e| eq(ext, e));
    if is(CODE) {
        Language::Code
    } else if is(CONFIG) || base.len() >= 4 && base[..4].eq_ignore_ascii_case(b".env") {
        Language::Config
    } else if is(JSON) {
        Language::Json
    } else if is(SHELL) || base.len() >= 10 && base[..10].eq_ignore_ascii_case(b"dockerfile") {
        Language::Shell
    } else if is(MARKUP) {
        Language::Markup
    } else if is(PROSE) {
        Language::Prose
    } else {
        Language::Unknown
    }
}

/// Returns whether the file holds texts for people in one language or several.
pub fn is_translation(path: &[u8]) -> bool {
    const DIRECTORIES: [&str; 12] = [
        "locale",
        "locales",
        "_locales",
        "lang",
        "langs",
        "language",
        "languages",
        "i18n",
        "l10n",
        "intl",
        "translation",
        "translations",
    ];
    const EXTENSIONS: [&str; 10] =
        ["po", "pot", "arb", "strings", "stringsdict", "resx", "xlf", "xliff", "ftl", "lproj"];
    let name = base(path);
    let mut directories = path[..path.len() - name.len()].split(|b| *b == b'/');
    let stem = name.split(|b| *b == b'.').next().unwrap_or_default();
    // `messages/de-CH/login.php`, `messages/de.json`.
    let mut parts = directories.clone().chain([stem]).skip_while(|part| !eq(part, "messages")).skip(1);
    let is_of_language = parts.any(is_language_code);
    let resource = eq(name, "strings.xml") || name.starts_with(b"messages") && eq(extension(name), "properties");
    resource
        || EXTENSIONS.iter().any(|e| eq(extension(name), e))
        || directories.any(|part| DIRECTORIES.iter().any(|d| eq(part, d)))
        || is_of_language
}

/// `de`, `pt-BR`, `zh_Hans`: two letters, and a region or script.
fn is_language_code(part: &[u8]) -> bool {
    let mut parts = part.split(|b| matches!(b, b'-' | b'_'));
    let is_first = parts.next().is_some_and(|code| code.len() == 2 && code.iter().all(u8::is_ascii_lowercase));
    is_first
        && parts.next().is_none_or(|region| matches!(region.len(), 2 | 4) && region.iter().all(u8::is_ascii_alphabetic))
        && parts.next().is_none()
}

/// The purpose of a file.
pub fn path_kind(path: &[u8]) -> PathKind {
    let name = base(path);
    let mut dirs = path.split(|&b| b == b'/').rev();
    dirs.next();
    if LOCKFILES.iter().any(|l| eq(name, l)) || eq(extension(name), "lock") {
        return PathKind::Lockfile;
    }
    for dir in dirs {
        for (words, kind) in DIRECTORIES {
            if words.iter().any(|w| eq(dir, w)) {
                return *kind;
            }
        }
    }
    // A shell's history holds commands as they were typed, and CloudFormation's file is called so.
    if name.ends_with(b"_history") || CONFIGURATIONS.iter().any(|n| eq(name, n)) {
        return PathKind::Config;
    }
    let mut kind = None;
    // Words of the file's own name: `user_test.go`, `UserTest.java`, `test_user.py`, `app.spec.ts`, `.env.example`.
    super::words::each_word(name, |word| {
        for (words, k) in WORDS {
            if words.iter().any(|w| eq(word, w)) {
                kind = kind.or(Some(*k));
            }
        }
    });
    if let Some(kind) = kind {
        return kind;
    }
    if has(name, b".min.") || has(name, b".bundle.") || has(name, b"-min.") {
        return PathKind::Minified;
    }
    match language(path) {
        Language::Prose => PathKind::Docs,
        Language::Config => PathKind::Config,
        _ if eq(extension(name), "snap") => PathKind::Fixture,
        _ => PathKind::Source,
    }
}

/// Returns whether a folder of the path or the file's own name says, by a whole word, that the file is of one of these kinds.
///
/// Unlike [`path_kind`], which decides by the nearest folder, this is for questions that any folder answers.
///
/// ```
/// use shield_hook::path::purpose::{PathKind, says};
///
/// assert!(says(b"unit-tests/data/a.js", &[PathKind::Test]) && !says(b"contest/a.js", &[PathKind::Test]));
/// ```
pub fn says(path: &[u8], kinds: &[PathKind]) -> bool {
    let listed = |table: &[(&[&str], PathKind)], word: &[u8]| {
        table.iter().any(|(words, kind)| kinds.contains(kind) && words.iter().any(|w| eq(word, w)))
    };
    path.split(|b| *b == b'/').any(|part| {
        let mut said = listed(DIRECTORIES, part);
        super::words::each_word(part, |word| said |= listed(WORDS, word));
        said
    })
}

fn has(text: &[u8], what: &[u8]) -> bool {
    text.windows(what.len()).any(|w| w.eq_ignore_ascii_case(what))
}

/// Lockfiles whose extension is not `lock`.
const LOCKFILES: &[&str] =
    &["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "go.sum", "packages.lock.json", "gradle.lockfile"];
/// Configuration whose name says something else.
const CONFIGURATIONS: &[&str] = &["template.yaml", "template.yml", ".history"];
const DIRECTORIES: &[(&[&str], PathKind)] = &[
    (
        &[
            "fixtures",
            "fixture",
            "testdata",
            "test-data",
            "test_data",
            "__fixtures__",
            "__snapshots__",
            "cassettes",
            "pacts",
            "snapshots",
            "mocks",
            "__mocks__",
        ],
        PathKind::Fixture,
    ),
    (
        &[
            "test",
            "tests",
            "spec",
            "specs",
            "__tests__",
            "testing",
            "e2e",
            "t",
            "unittest",
            "unittests",
            "testsuite",
            "testlib",
            "it",
            "integration-tests",
            "integration_tests",
            "androidTest",
            "testFixtures",
            "intTest",
            "integrationTest",
            "benches",
            "benchmark",
            "benchmarks",
            "fuzz",
        ],
        PathKind::Test,
    ),
    (
        &["example", "examples", "sample", "samples", "demo", "demos", "tutorial", "tutorials", "playground"],
        PathKind::Example,
    ),
    (&["doc", "docs", "documentation", "man", "guides", "guide", "website", "docsite"], PathKind::Docs),
];
const WORDS: &[(&[&str], PathKind)] = &[
    (&["test", "tests", "spec", "conftest", "e2e", "unittest", "testing"], PathKind::Test),
    (&["fixture", "fixtures", "mock", "mocks", "snapshot"], PathKind::Fixture),
    (&["example", "examples", "sample", "samples", "demo", "template", "dist"], PathKind::Example),
    (&["readme", "changelog", "changes", "history", "contributing"], PathKind::Docs),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_say_what_a_file_is_for() {
        for (path, kind) in [
            ("src/main.rs", PathKind::Source),
            ("tests/login.rs", PathKind::Test),
            ("pkg/user_test.go", PathKind::Test),
            ("src/test/java/org/x/UserTest.java", PathKind::Test),
            ("spec/fixtures/user.yml", PathKind::Fixture),
            ("examples/demo/app.py", PathKind::Example),
            (".env.example", PathKind::Example),
            ("docs/install.md", PathKind::Docs),
            ("README.md", PathKind::Docs),
            ("package-lock.json", PathKind::Lockfile),
            ("static/app.min.js", PathKind::Minified),
            ("config/production.yml", PathKind::Config),
            (".env", PathKind::Config),
            ("contest/latest.go", PathKind::Source),
        ] {
            assert_eq!(path_kind(path.as_bytes()), kind, "{path}");
        }
    }
}
