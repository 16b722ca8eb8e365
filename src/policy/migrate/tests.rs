use std::path::Path;

use super::*;

fn read(tool: Tool, name: &str, text: &str) -> Carried {
    tool.read(name, text.as_bytes()).expect("readable")
}

const PATHS: &[&str] = &[
    "a",
    "go.sum",
    "x/go.sum",
    "go.sum.bak",
    "go_sum",
    "test/a",
    "tests/a",
    "tests/a/b.txt",
    "x/tests/a",
    "mytests/a",
    "vendor/x.go",
    "a/vendor/x.go",
    "vendored.go",
    "img.png",
    "a/img.jpg",
    "img.png.txt",
    "png",
    "a.lock",
    "x/a.lock/b",
    "node_modules/a/b/c.js",
    "fixtures",
    "a/fixtures",
    "fixtures/x",
    "src/test-fixtures/x",
    "dir/a b.txt",
];

/// Globs match a path exactly when the regex does.
#[test]
fn globs_match_what_the_regex_matches() {
    let mut carried = 0;
    for pattern in [
        "go\\.sum",
        "^go\\.sum$",
        "(^|/)go\\.sum$",
        "^tests/",
        "tests/",
        "(?:^|/)vendor/",
        "^vendor/.*",
        "vendor/.*\\.go$",
        "(.*?)(png|jpg|gif)$",
        "\\.(png|jpg)$",
        ".*\\.lock$",
        "\\.lock",
        "node_modules/.*",
        "^[^/]*\\.lock$",
        "fixtures",
        "(^|/)fixtures(/|$)",
        "^src/.*/x$",
        "tests?/a",
        "go[._]sum$",
        "^.*\\.txt$",
    ] {
        let Some(globs) = paths::globs(pattern) else { continue };
        carried += 1;
        let regex = regex::Regex::new(pattern).expect("a regex");
        let matchers: Vec<_> =
            globs.iter().map(|g| crate::policy::files::glob(g).expect("a glob").compile_matcher()).collect();
        for path in PATHS {
            let glob = matchers.iter().any(|m| m.is_match(Path::new(path)));
            assert_eq!(glob, regex.is_match(path), "`{pattern}` as {globs:?} on {path}");
        }
    }
    assert!(carried >= 18, "only {carried} patterns have globs");
}

#[test]
fn what_has_no_exact_glob_is_refused() {
    for pattern in ["a\\d+b", "(?i)readme", ".*", "", "\\bx\\b", "a{3,}", "[a-z]+/x", "x(?:y", "^$"] {
        assert_eq!(paths::globs(pattern), None, "{pattern}");
    }
}

#[test]
fn a_gitleaks_configuration() {
    let carried = read(
        Tool::Gitleaks,
        ".gitleaks.toml",
        r#"
title = "ours"
[extend]
useDefault = true
disabledRules = ["some-rule"]
[allowlist]
description = "global"
paths = ['''go\.sum$''', '''a\d+''']
regexes = ["^example", "^.{8,}$"]
stopwords = ["fixture+"]
commits = ["0123456789"]
[[allowlists]]
condition = "AND"
paths = ["^docs/"]
regexes = ["^sample"]
[[allowlists]]
regexTarget = "line"
regexes = ["x"]
[[rules]]
id = "ours"
regex = "x"
[[rules.allowlists]]
paths = ["^b$"]
"#,
    );
    assert_eq!(carried.disable, ["some-rule"]);
    let broad: Vec<_> = carried.allow.iter().filter(|a| a.broad).collect();
    assert_eq!(broad.len(), 3, "paths, a commit, and a regex for whatever there is: {broad:?}");
    assert!(carried.allow.iter().any(|a| a.value.as_deref() == Some("^example") && a.path.is_empty()));
    assert!(carried.allow.iter().any(|a| a.value.as_deref() == Some("(?i)fixture\\+")));
    let both = carried.allow.iter().find(|a| a.value.as_deref() == Some("(?:^sample)")).expect("AND");
    assert_eq!(both.path, ["docs/**"]);
    assert!(carried.allow.iter().any(|a| a.rule == ["ours"] && !a.broad));
    let lost = carried.lost.join("\n");
    assert_eq!(carried.rules.iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>(), ["ours"]);
    for part in ["`a\\d+`", "on the line"] {
        assert!(lost.contains(part), "{part}: {lost}");
    }
}

#[test]
fn with_all_conditions_required_a_lost_one_loses_the_list() {
    let text = "[[allowlists]]\ncondition = \"AND\"\npaths = ['''a\\d+''']\nregexes = [\"x\"]\n";
    let carried = read(Tool::Gitleaks, ".gitleaks.toml", text);
    assert!(carried.allow.is_empty(), "{:?}", carried.allow);
    assert_eq!(carried.lost.len(), 2);
}

#[test]
fn gitleaks_ignore_files_and_reports() {
    let text = "# why\na/b.txt:generic-api-key:12\n0123456789abcdef:c:d.txt:aws:3 # note\nnonsense\n";
    let carried = read(Tool::Gitleaks, ".gitleaksignore", text);
    let places: Vec<_> = carried.places.iter().map(|p| (p.path.as_deref(), p.line, p.commit.as_deref())).collect();
    assert_eq!(places, [(Some("a/b.txt"), Some(12), None), (Some("c:d.txt"), Some(3), Some("0123456789abcdef"))]);
    assert_eq!(carried.lost.len(), 1);
    let text =
        "[\n {\n  \"RuleID\": \"x\", \"File\": \"a\", \"StartLine\": 4, \"Commit\": \"\", \"Secret\": \"s\"\n }\n]";
    let carried = read(Tool::Betterleaks, "report.json", text);
    assert_eq!((carried.places.len(), carried.places[0].known), (1, true));
    assert!(Tool::Gitleaks.read(".gitleaks.toml", b"= nonsense").is_err());
}

#[test]
fn the_others() {
    let carried = read(
        Tool::DetectSecrets,
        ".secrets.baseline",
        r#"{"version": "1.5.0", "plugins_used": [], "filters_used": [
            {"path": "detect_secrets.filters.regex.should_exclude_file", "pattern": ["^vendor/"]},
            {"path": "detect_secrets.filters.regex.should_exclude_line", "pattern": ["x"]}],
           "results": {"a\\b.py": [{"type": "x", "hashed_secret": "h", "line_number": 7, "is_secret": false}]}}"#,
    );
    assert_eq!(carried.places[0].path.as_deref(), Some("a/b.py"));
    assert!(carried.places[0].reason.contains("not a secret") && carried.allow[0].broad && carried.lost.len() == 1);

    let carried = read(
        Tool::Talisman,
        ".talismanrc",
        "fileignoreconfig:\n- filename: a.txt\n  checksum: abc\n- filename: '*.pem'\n  checksum: d\nallowed_patterns:\n- sample\nthreshold: high\n",
    );
    assert_eq!((carried.places.len(), carried.allow.len(), carried.lost.len()), (1, 1, 2));

    let carried = read(
        Tool::Kingfisher,
        "baseline-file.yaml",
        "ExactFindings:\n  matches:\n    - filepath: src/x.rs\n      fingerprint: 00ab\n      linenum: 9\n      lastupdated: now\n",
    );
    assert_eq!((carried.places[0].path.as_deref(), carried.places[0].line), (Some("src/x.rs"), Some(9)));
    assert!(Tool::Kingfisher.read("x", b"a: [").is_err());

    let carried = read(Tool::GitSecrets, ".gitallowed", "# c\nfixtures/.*:.*sample\n(\n");
    assert_eq!((carried.places.len(), carried.lost.len()), (1, 1));
    let carried = read(Tool::Trufflehog, "exclude", "^vendor/\n\n# c\na\\d\n");
    assert_eq!((carried.allow.len(), carried.lost.len()), (1, 1));
}
