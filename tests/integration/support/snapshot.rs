//! Whole outputs as snapshots in `tests/integration/snapshots/`. After a change that is meant, run the tests with
//! `INSTA_UPDATE=always` and review the difference.

use std::fmt::Write;

use insta::Settings;

use super::{Repo, Sandbox, binary};

/// Runs the binary under test and compares its standard output, standard error and exit code with the snapshot `name`.
#[track_caller]
pub fn assert_output(name: &str, repo: &Repo<'_>, args: &[&str]) {
    let run = repo.shield(args);
    let mut text = format!("$ shield-hook {}\n{}", args.join(" "), run.stdout);
    if !run.stderr.is_empty() {
        write!(text, "--- standard error\n{}", run.stderr).expect("memory");
    }
    write!(text, "--- exit code {}", run.code).expect("memory");
    assert_text(name, repo.sandbox(), &text);
}

/// Compares a text with the snapshot `name`.
#[track_caller]
pub fn assert_text(name: &str, sandbox: &Sandbox, text: &str) {
    redactions(sandbox).bind(|| insta::assert_snapshot!(name, text));
}

/// Replaces everything that differs between two runs, two machines, or two versions of the rules and the package data.
fn redactions(sandbox: &Sandbox) -> Settings {
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let literal = |text: &str| text.replace('\\', r"\\").replace('.', r"\.").replace('+', r"\+");
    let sandbox_path = literal(&sandbox.path("").to_string_lossy());
    let program = literal(&binary().to_string_lossy());
    let version = format!(r"\b{}\b", literal(env!("CARGO_PKG_VERSION")));
    for (pattern, replacement) in [
        (sandbox_path.as_str(), "[SANDBOX]/"),
        (program.as_str(), "[PROGRAM]"),
        // The age of the package data depends on the day of the test.
        (r"(note\[data-old\]|shield-hook): the package data is .*\n(  fix: .*\n)?", ""),
        (r"(healthy|errors?|warnings?), \d+ notes?:", "$1:"),
        (r"SHIELD-[0-9a-f]+", "[WORD]"),
        (r"in commit [0-9a-f]{10}\b", "in commit [COMMIT]"),
        (r"at <code>[0-9a-f]{10}</code>", "at <code>[COMMIT]</code>"),
        (r"\b[0-9a-f]{32}\b", "[FINGERPRINT]"),
        (r"\b[0-9a-f]{12}\b", "[RULE SET]"),
        (r"\d+ ms\b", "[TIME]"),
        (r#"time="[\d.]+""#, r#"time="[TIME]""#),
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?Z?", "[TIME]"),
        (r"data of \d{4}-\d\d-\d\d", "data of [DATE]"),
        (r"\b\d{4,} rules", "[N] rules"),
        (r#""rules": ?\d+"#, r#""rules": [N]"#),
        (r"source: [a-z+-]+", "source: [SOURCES]"),
        // The weights of the generic model change whenever it is trained.
        (r"(    [+-]\d\.\d{3}  \w+ = .*\n)+", "    [FEATURES]\n"),
        (version.as_str(), "[VERSION]"),
    ] {
        settings.add_filter(pattern, replacement);
    }
    settings
}
