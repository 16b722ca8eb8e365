//! Every report format: its structure, and that no secret is in it.

use std::collections::HashSet;
use std::fs;

use crate::support::{Repo, Sandbox, formats, npm_token};
use serde_json::Value;

/// A repository with staged secrets in awkward places; gives the secrets.
fn awkward<'s>(sandbox: &'s Sandbox) -> (Repo<'s>, Vec<String>) {
    let repo = sandbox.repo("repo");
    let tokens: Vec<String> = (0..6).map(|_| npm_token()).collect();
    // Two on a line, one of them twice.
    repo.write("a b,c.txt", format!("x = \"{0}\"; y = \"{1}\"; z = \"{0}\"\n", tokens[0], tokens[1]));
    // In a directory's name as well as in the file.
    repo.write(format!("{}/file.txt", tokens[2]), format!("k = \"{}\"\n", tokens[2]));
    // Beside a directive whose reason repeats it.
    repo.write("d.txt", format!("k = \"{0}\" # shield-hook:allow npm-access-token it is {0}\n", tokens[3]));
    // What would end a workflow command, a cell, an element or a line.
    repo.write("e%0A::error::,\"<&>.txt", format!("\u{1b}[31m k = \"{}\"\n", tokens[4]));
    // In one very long line.
    repo.write("f.txt", format!("{}\"{}\"{}\n", "a ".repeat(5000), tokens[5], " b".repeat(5000)));
    repo.add();
    (repo, tokens)
}

#[test]
fn no_secret_is_in_any_output() {
    let sandbox = Sandbox::new();
    let (repo, tokens) = awkward(&sandbox);
    let output = repo.path("report.out");
    for format in formats() {
        for more in [&[][..], &["--verbose"], &["--color", "always"], &["--output", "report.out"]] {
            let mut args = vec!["scan", "--staged", "--format", format];
            args.extend(more);
            for env in [&[][..], &[("RUST_BACKTRACE", "1"), ("RUST_LOG", "trace")]] {
                let run = repo.shield_with(&args, env, None).expect(1);
                let written = fs::read_to_string(&output).unwrap_or_default();
                for token in &tokens {
                    // Not the token, and not the half of it.
                    for part in [&token[4..22], &token[22..]] {
                        for text in [&run.stdout, &run.stderr, &written] {
                            assert!(!text.contains(part), "{format} {more:?}:\n{text}");
                        }
                    }
                }
            }
        }
    }
}

/// Characters that drive a terminal, break a line, reorder text or are invisible.
const HIDING: [char; 9] =
    ['\u{9b}', '\u{ad}', '\u{61c}', '\u{200b}', '\u{2028}', '\u{202e}', '\u{2066}', '\u{feff}', '\u{e0041}'];

/// Formats with exact names, for programs. People read any other, a new one too.
const FOR_PROGRAMS: [&str; 5] = ["json", "jsonl", "sarif", "csv", "gitlab"];

#[test]
fn no_name_reorders_or_hides_text_that_people_read() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    for (n, c) in HIDING.iter().enumerate() {
        repo.write(format!("{n}{c}gpj.txt"), format!("k{c} = \"{}\"\n", npm_token()));
    }
    let packages = HIDING.map(|c| format!("\"node_modules/a{c}b\": {{\"version\": \"1.0{c}.0\"}}")).join(", ");
    repo.write("app/package-lock.json", format!("{{\"lockfileVersion\": 3, \"packages\": {{{packages}}}}}\n")).add();
    let missing: Vec<String> = HIDING.iter().map(|c| format!("no{c}where")).collect();
    let scan = ["scan", "--staged", "--verbose", "--format"];
    let mut runs: Vec<Vec<&str>> = formats()
        .filter(|format| !FOR_PROGRAMS.contains(format))
        .map(|format| [&scan[..], &[format]].concat())
        .collect();
    runs.push(vec!["hook", "pre-commit"]);
    runs.push(vec!["audit", ".", "--all"]);
    runs.extend(missing.iter().map(|path| vec!["scan", path]));
    for args in runs {
        let run = repo.shield(&args);
        assert!(!run.stdout.contains(HIDING), "{args:?}: {:?}", run.stdout);
        assert!(!run.stderr.contains(HIDING), "{args:?}: {:?}", run.stderr);
    }
}

#[test]
fn the_readme_names_every_format() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("the README");
    let all = formats().collect::<Vec<_>>().join("|");
    assert!(readme.contains(&format!("--format {all}")), "{all}");
}

#[test]
fn no_secret_is_in_the_state_that_is_left() {
    let sandbox = Sandbox::new();
    let (repo, tokens) = awkward(&sandbox);
    repo.shield(&["hook", "pre-commit"]).expect(1);
    repo.shield(&["baseline", "create"]).expect(0);
    for dir in [repo.path(".git/shield-hook"), sandbox.home(), repo.path(".shield-hook.baseline")] {
        for text in texts(&dir) {
            assert!(tokens.iter().all(|t| !text.contains(&t[4..22])), "{text}");
        }
    }
}

fn texts(path: &std::path::Path) -> Vec<String> {
    if path.is_dir() {
        return fs::read_dir(path).expect("a directory").flat_map(|e| texts(&e.expect("an entry").path())).collect();
    }
    fs::read(path).map(|b| vec![String::from_utf8_lossy(&b).into_owned()]).unwrap_or_default()
}

/// A repository with one staged secret at line 2, column 6.
fn simple<'s>(sandbox: &'s Sandbox) -> Repo<'s> {
    let repo = sandbox.repo("repo");
    repo.write("src/é a.txt", format!("# über\nk = \"{}\"\n", npm_token())).add();
    repo
}

fn report(repo: &Repo<'_>, format: &str) -> String {
    repo.shield(&["scan", "--staged", "--format", format]).expect(1).stdout
}

#[test]
fn pretty_says_where_why_and_what_to_do() {
    let sandbox = Sandbox::new();
    let repo = simple(&sandbox);
    let text = report(&repo, "pretty");
    for part in [
        "error[npm-access-token]: npm access token",
        "--> src/é a.txt:2:6",
        "2 | k = \"npm_****\"",
        "^^^^^^^^ its checksum holds",
        "= why:",
        "= fix:",
        "git rm --cached -- 'src/é a.txt'",
        "shield-hook allow ",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    assert!(!text.contains('\u{1b}'), "no colour in a pipe");
}

#[test]
fn colour_follows_the_wish() {
    let sandbox = Sandbox::new();
    let repo = simple(&sandbox);
    let coloured = |args: &[&str], env: &[(&str, &str)]| {
        let mut all = vec!["scan", "--staged"];
        all.extend(args);
        repo.shield_with(&all, env, None).expect(1).stdout.contains("\u{1b}[")
    };
    assert!(!coloured(&[], &[]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&["--format", "json"], &[("CLICOLOR_FORCE", "1")]), "only people see colour");
}

#[test]
fn one_secret_in_many_places_is_one_frame_and_many_secrets_are_grouped() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let token = npm_token();
    for n in 0..9 {
        repo.write(format!("same{n}.txt"), format!("k = \"{token}\"\n"));
    }
    repo.add();
    let text = report(&repo, "pretty");
    assert_eq!(text.matches("error[").count(), 1, "{text}");
    assert!(text.contains("also at same1.txt:1:6") && text.contains("3 more places"), "{text}");
    for n in 0..40 {
        repo.write(format!("many{n}.txt"), format!("k = \"{}\"\n", npm_token()));
    }
    repo.add();
    let text = report(&repo, "pretty");
    assert_eq!((text.matches("error[").count(), text.matches("fingerprint ").count()), (5, 5), "{text}");
    assert!(text.contains("49 findings, by rule and file") && text.contains("  in 29 more rows"), "{text}");
    assert!(text.contains("shield-hook scan --staged --format html --output findings.html"), "{text}");
    assert!(text.contains("shield-hook baseline create --reason"), "{text}");
    assert!(text.lines().count() < 120, "{text}");
    let all = repo.shield(&["scan", "--staged", "--verbose"]).expect(1).stdout;
    assert_eq!(all.matches("error[").count(), 41);
}

#[test]
fn many_warnings_are_a_line_for_each_rule() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let passwords: String = (0..60).map(|_| format!("password = \"{}\"\n", crate::support::base62(14))).collect();
    repo.write("tests/test_a.py", passwords).add();
    let run = repo.scan_staged().expect(0);
    let warned = run.json()["findings"].as_array().expect("findings").len();
    assert!(warned > 20, "{}", run.stdout);
    let text = repo.shield(&["scan", "--staged"]).expect(0).stdout;
    assert!(text.contains("warning[") && text.contains(&format!("and {} more places", warned - 1)), "{text}");
    assert!(text.contains("does not block") && text.lines().count() < 8, "{text}");
    let all = repo.shield(&["scan", "--staged", "--verbose"]).expect(0).stdout;
    assert_eq!(all.matches("warning[").count(), warned, "{all}");
}

#[test]
fn json_has_every_field_of_the_contract() {
    let sandbox = Sandbox::new();
    let repo = simple(&sandbox);
    let json: Value = serde_json::from_str(&report(&repo, "json")).expect("JSON");
    assert_eq!(json["version"], 1);
    for key in ["name", "version", "ruleset", "rules"] {
        assert!(!json["tool"][key].is_null(), "tool.{key}");
    }
    assert!(json["digest"].as_str().is_some_and(|d| d.starts_with("shield-hook: blocked: 1 secret blocks, ")));
    assert_eq!((&json["result"], &json["complete"]), (&"blocked".into(), &true.into()));
    for key in ["commits", "blobs", "bytes", "skipped"] {
        assert!(!json["coverage"][key].is_null(), "coverage.{key}");
    }
    let finding = &json["findings"][0];
    for (key, value) in [
        ("rule", "npm-access-token".into()),
        ("provider", "npm".into()),
        ("severity", "critical".into()),
        ("confidence", "high".into()),
        ("blocking", true.into()),
        ("path", "src/é a.txt".into()),
        ("line", 2.into()),
        ("column", 6.into()),
        ("end_line", 2.into()),
        ("commit", Value::Null),
        ("secret", "npm_****".into()),
        ("verified", "checksum".into()),
    ] {
        assert_eq!(finding[key], value, "{key}");
    }
    assert!(finding["title"].is_string() && finding["fix"].is_string() && finding["fingerprint"].is_string());
}

#[test]
fn jsonl_is_one_object_a_line() {
    let sandbox = Sandbox::new();
    let repo = simple(&sandbox);
    let text = report(&repo, "jsonl");
    let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["type"], &lines[0]["rule"]), (&"finding".into(), &"npm-access-token".into()));
    assert_eq!((&lines[1]["type"], &lines[1]["result"]), (&"summary".into(), &"blocked".into()));
    assert!(lines[1].get("findings").is_none());
}

#[test]
fn sarif_has_the_structure_of_the_standard() {
    let sandbox = Sandbox::new();
    let (repo, _) = awkward(&sandbox);
    let log: Value = serde_json::from_str(&report(&repo, "sarif")).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let ids: HashSet<&str> = rules.iter().map(|r| r["id"].as_str().expect("an id")).collect();
    assert_eq!(ids.len(), rules.len(), "each rule once");
    for rule in rules {
        assert!(rule["shortDescription"]["text"].is_string() && rule["help"]["text"].is_string());
        let score: f64 = rule["properties"]["security-severity"].as_str().expect("text").parse().expect("a number");
        assert!((0.0..=10.0).contains(&score));
    }
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    let results = run["results"].as_array().expect("results");
    let mut prints = HashSet::new();
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(result["ruleId"], rules[index]["id"]);
        assert!(["error", "warning", "note", "none"].contains(&result["level"].as_str().expect("a level")));
        assert!(result["message"]["text"].is_string());
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().expect("a URI");
        assert!(uri.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b)), "{uri}");
        assert!(place["region"]["startLine"].as_u64().is_some_and(|n| n > 0));
        assert!(place["region"]["startColumn"].as_u64().is_some_and(|n| n > 0));
        let print = result["partialFingerprints"]["primaryLocationLineHash"].as_str().expect("a fingerprint");
        assert!(prints.insert((uri.to_owned(), print.to_owned())), "fingerprints tell results apart");
    }
    let allowed: Vec<_> = results.iter().filter(|r| r.get("suppressions").is_some()).collect();
    assert_eq!(allowed.len(), 2, "both copies on the line of the directive");
    assert_eq!(allowed[0]["suppressions"][0]["kind"], "inSource");
    // The same findings at other lines keep their fingerprints.
    let path = repo.path("a b,c.txt");
    let text = fs::read_to_string(&path).expect("the file");
    fs::write(&path, format!("\n\n\n{text}")).expect("the file");
    repo.add();
    let moved: Value = serde_json::from_str(&report(&repo, "sarif")).expect("JSON");
    let of = |log: &Value| -> Vec<Value> {
        let results = log["runs"][0]["results"].as_array().expect("results").clone();
        results.into_iter().map(|r| r["partialFingerprints"].clone()).collect()
    };
    assert_eq!(of(&log), of(&moved));
}

#[test]
fn junit_is_well_formed_and_counts() {
    let sandbox = Sandbox::new();
    let (repo, _) = awkward(&sandbox);
    let text = report(&repo, "junit");
    check_xml(&text);
    let failures = text.matches("<failure ").count();
    assert!(failures >= 5, "{text}");
    assert!(text.contains(&format!("failures=\"{failures}\"")), "{text}");
    let clean = sandbox.repo("clean");
    clean.write("a.txt", "fine\n").add();
    let text = clean.shield(&["scan", "--staged", "--format", "junit"]).expect(0).stdout;
    check_xml(&text);
    assert!(text.contains("tests=\"1\" failures=\"0\" errors=\"0\""), "{text}");
}

/// Elements nest, attributes are quoted, and no character stands where XML forbids it.
fn check_xml(text: &str) {
    assert!(text.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'), "{text}");
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'), "a bare > in {text}");
        let end = rest[at..].find('>').expect("an end") + at;
        let tag = &rest[at + 1..end];
        assert!(!tag.contains('<'), "{tag}");
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        let name = tag.trim_start_matches('/').split([' ', '/', '?']).next().unwrap_or_default();
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{text}");
        } else if !tag.ends_with(['/', '?']) {
            open.push(name);
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn csv_rows_are_as_wide_as_the_header() {
    let sandbox = Sandbox::new();
    let (repo, _) = awkward(&sandbox);
    let text = report(&repo, "csv");
    let mut rows = text.strip_suffix("\r\n").expect("a last line end").split("\r\n");
    let width = cells(rows.next().expect("a header")).len();
    for row in rows {
        assert_eq!(cells(row).len(), width, "{row}");
    }
}

/// The cells of a row, by RFC 4180.
fn cells(row: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted, mut chars) = (Vec::new(), String::new(), false, row.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    assert!(!quoted, "{row}");
    cells.push(cell);
    cells
}

#[test]
fn github_commands_cannot_be_forged_by_a_file_name() {
    let sandbox = Sandbox::new();
    let (repo, _) = awkward(&sandbox);
    for line in report(&repo, "github").lines() {
        let (head, _) = line.strip_prefix("::").and_then(|l| l.split_once("::")).expect("a command");
        let command = head.split(' ').next().unwrap_or_default();
        assert!(["error", "warning", "notice"].contains(&command), "{line}");
        let properties = head[command.len()..].trim_start().split(',').filter(|p| !p.is_empty());
        for property in properties {
            let key = property.split_once('=').expect("key and value").0;
            assert!(["file", "line", "endLine", "col", "title"].contains(&key), "{line}");
        }
    }
    let text = report(&repo, "github");
    assert!(text.contains("file=e%250A%3A%3Aerror%3A%3A%2C\"<&>.txt,line=1"), "{text}");
}

#[test]
fn gitlab_has_what_its_schema_requires() {
    let sandbox = Sandbox::new();
    let (repo, _) = awkward(&sandbox);
    let report: Value = serde_json::from_str(&report(&repo, "gitlab")).expect("JSON");
    assert!(report["version"].as_str().is_some_and(|v| v.starts_with("15.")));
    let scan = &report["scan"];
    assert_eq!(scan["type"], "secret_detection");
    assert_eq!(scan["status"], "success");
    for key in ["start_time", "end_time"] {
        let time = scan[key].as_str().expect("a time");
        assert!(time.len() == 19 && time.as_bytes()[10] == b'T', "{time}");
    }
    for part in ["analyzer", "scanner"] {
        for key in ["id", "name", "version"] {
            assert!(scan[part][key].is_string(), "{part}.{key}");
        }
        assert!(scan[part]["vendor"]["name"].is_string());
    }
    let mut ids = HashSet::new();
    let found = report["vulnerabilities"].as_array().expect("vulnerabilities");
    assert!(found.len() >= 5);
    for one in found {
        assert!(ids.insert(one["id"].as_str().expect("an id").to_owned()), "{one}");
        assert!(
            ["Info", "Unknown", "Low", "Medium", "High", "Critical"].contains(&one["severity"].as_str().expect("text"))
        );
        assert!(one["location"]["commit"]["sha"].as_str().is_some_and(|s| !s.is_empty()));
        assert!(!one["identifiers"].as_array().expect("identifiers").is_empty());
    }
}

#[test]
fn html_stands_alone_and_cannot_be_forged() {
    let sandbox = Sandbox::new();
    let (repo, _) = awkward(&sandbox);
    let page = report(&repo, "html");
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"), "{page}");
    let mut open: Vec<&str> = Vec::new();
    // Its own script, which a test of its module keeps within its element.
    let (before, rest) = page.split_once("<script>").expect("a script");
    let (_, after) = rest.split_once("</script>").expect("the end of the script");
    let markup = format!("{before}{after}");
    assert!(!after.contains("<script"), "a second script");
    for tag in markup.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap_or_default();
        const KNOWN: [&str; 46] = [
            "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "span", "p", "article", "code", "pre",
            "mark", "dl", "dt", "dd", "ul", "ol", "li", "small", "details", "summary", "!DOCTYPE", "header", "main",
            "footer", "section", "div", "a", "b", "strong", "time", "table", "thead", "tbody", "tr", "th", "td",
            "label", "select", "option", "button", "input", "output",
        ];
        assert!(KNOWN.contains(&name), "a file name made markup: <{tag}>");
        match tag.strip_prefix('/') {
            Some(closed) => assert_eq!(open.pop(), Some(closed)),
            None if ["meta", "!DOCTYPE", "input"].contains(&name) => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    // A link is followed only by whoever clicks it.
    let links = markup.split("href=\"").skip(1);
    assert!(links.into_iter().all(|link| link.starts_with('#') || link.starts_with("https://")), "{page}");
    assert!(!markup.contains("http:") && !page.contains("src=") && !markup.contains("<link"), "it loads something");
    assert!(page.contains("<h1>shield-hook: <span class=\"blocked\">blocked</span></h1>"), "{page}");
}

#[test]
fn an_error_is_told_in_the_format_that_was_asked_for() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write(".shield-hook.toml", "blok = 1\n");
    for (args, code) in [(["scan", "--staged"], 3), (["scan", "--range=no..where"], 3)] {
        let run = repo.shield(&[&args[..], &["--format", "json"]].concat()).expect(code);
        let json = run.json();
        assert_eq!((&json["result"], &json["complete"]), (&"incomplete".into(), &false.into()), "{}", run.stdout);
        assert!(json["error"]["message"].as_str().is_some_and(|m| m.contains("blok")), "{}", run.stdout);
        assert_eq!(json["digest"].as_str(), run.stderr.lines().last(), "the digest is one");
        assert!(json["findings"].as_array().is_some_and(Vec::is_empty));
    }
    std::fs::remove_file(repo.path(".shield-hook.toml")).expect("the configuration");
    for format in formats().filter(|f| *f != "pretty") {
        let run = repo.shield(&["scan", "--range", "no..where", "--format", format]).expect(2);
        assert!(format == "csv" || run.stdout.contains("no"), "{format}: {}", run.stdout);
    }
}

#[test]
fn a_path_that_is_not_there_hides_no_other() {
    let sandbox = Sandbox::new();
    let (repo, _) = awkward(&sandbox);
    let run = repo.shield(&["scan", ".", "not-there", "--format", "json"]).expect(1);
    let json = run.json();
    assert_eq!(json["complete"], false);
    assert_eq!(json["coverage"]["skipped"][0]["path"], "not-there");
    assert!(run.stderr.contains("not-there"), "{}", run.stderr);
    repo.shield(&["scan", "not-there", "--format", "json"]).expect(2);
}

#[test]
fn output_goes_to_a_file_whole_or_not_at_all() {
    let sandbox = Sandbox::new();
    let repo = simple(&sandbox);
    let run = repo.shield(&["scan", "--staged", "--format", "json", "--output", "out.json"]).expect(1);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("shield-hook: blocked"), "the digest still goes to standard error");
    let written = fs::read_to_string(repo.path("out.json")).expect("the report");
    assert_eq!(serde_json::from_str::<Value>(&written).expect("JSON")["result"], "blocked");
    // A directory that is not there; what was there before stays.
    let run = repo.shield(&["scan", "--staged", "--output", "none/out.json"]).expect(2);
    assert!(run.stderr.contains("none/out.json"), "{}", run.stderr);
    let run = repo.shield(&["scan", "--staged", "--output", "."]).expect(2);
    assert!(run.stderr.contains("the report"), "{}", run.stderr);
    assert!(
        fs::read_dir(repo.dir())
            .expect("a directory")
            .all(|e| { !e.expect("an entry").file_name().to_string_lossy().starts_with(".shield-hook-") })
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_exit_2() {
    let sandbox = Sandbox::new();
    let repo = simple(&sandbox);
    let run = repo.shield(&["scan", "--staged", "--output", "/dev/full"]).expect(2);
    assert!(run.stderr.contains("/dev/full"), "{}", run.stderr);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let mut command = sandbox.command(crate::support::binary(), repo.dir());
    let status = command.args(["scan", "--staged", "--format", "json"]).stdout(full).status().expect("the command");
    assert_eq!(status.code(), Some(2));
}

#[test]
fn quiet_leaves_findings_and_errors() {
    let sandbox = Sandbox::new();
    let repo = simple(&sandbox);
    let run = repo.shield(&["scan", "--staged", "--quiet"]).expect(1);
    assert!(run.stdout.contains("error["), "{}", run.stdout);
    assert_eq!(run.stderr, "");
    let run = repo.shield(&["scan", "--staged"]).expect(1);
    assert_eq!(run.stderr.lines().count(), 1, "exactly one digest line");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    for n in 0..200 {
        repo.write(format!("d{}/f{n}.txt", n % 7), format!("k = \"{}\"\n", npm_token()));
    }
    repo.add();
    let clean = |text: String| text.lines().filter(|l| !l.contains(" ms")).collect::<Vec<_>>().join("\n");
    let first = clean(report(&repo, "json"));
    for threads in ["1", "2", "7"] {
        let env = [("RAYON_NUM_THREADS", threads)];
        let run = repo.shield_with(&["scan", "--staged", "--format", "json"], &env, None).expect(1);
        assert_eq!(clean(run.stdout), first, "{threads} threads");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn nobody_listens() {
    use std::process::{Command, Stdio};
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write(".npmrc", format!("//registry.example/:_authToken={}\n", npm_token())).add();
    let full = || Stdio::from(std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full"));
    let gone = || {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        Stdio::from(writer)
    };
    let command = |line: &str| -> Command {
        let mut command = sandbox.command(crate::support::binary(), repo.dir());
        command.args(line.split(' '));
        command
    };
    // What it came to is told by the exit code, whoever else hears of it.
    for stream in [full, gone] {
        let mut staged = command("scan --staged");
        assert_eq!(staged.stdout(Stdio::null()).stderr(stream()).status().expect("it runs").code(), Some(1));
    }
    let read_enough = command("scan --staged").stdout(gone()).output().expect("it runs");
    assert_eq!(read_enough.status.code(), Some(1), "{}", String::from_utf8_lossy(&read_enough.stderr));
    for line in [
        "scan --staged --format json",
        "config show",
        "config schema",
        "config check",
        "rules list",
        "rules show npm-access-token",
        "completions bash",
        "man",
        "explain .npmrc:1",
        "doctor --format json",
        "check left-pad@1.3.0 --all",
    ] {
        let out = command(line).stdout(full()).output().expect("it runs");
        let said = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(2), "{line}: {said}");
        assert!(said.contains("No space left"), "{line}: {said}");
    }
    for line in ["config show", "config schema", "rules list", "completions bash", "man"] {
        let out = command(line).stdout(gone()).output().expect("it runs");
        assert_eq!(String::from_utf8_lossy(&out.stderr), "", "{line}: `| head` is nothing to complain of");
        assert_eq!(out.status.code(), Some(2), "{line}");
    }
    repo.shield(&["baseline", "create"]).expect(0);
    let out = command("baseline audit").stdout(full()).output().expect("it runs");
    assert_eq!(out.status.code(), Some(2), "{}", String::from_utf8_lossy(&out.stderr));
}

#[cfg(unix)]
#[test]
fn a_name_cannot_drive_the_terminal_through_standard_error() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write(".shield-hook.toml", "max-object = \"10 B\"\n");
    repo.write("\u{1b}[2Jbig\nshield-hook: clean: 1 file", "more than ten bytes\n").add();
    for format in ["pretty", "github"] {
        let run = repo.shield(&["scan", "--staged", "--format", format]).expect(2);
        assert!(!run.stderr.contains('\u{1b}') && !run.stdout.contains('\u{1b}'), "{run:?}");
        assert_eq!(run.stderr.lines().filter(|l| l.starts_with("shield-hook: clean")).count(), 0, "{}", run.stderr);
    }
}

#[test]
fn no_secret_that_was_typed_is_repeated_or_kept() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("f", "f\n").commit("first");
    let token = npm_token();
    let range = format!("{token}..HEAD");
    let flag = format!("--{token}");
    for args in [
        &["scan", &token][..],
        &["scan", "--rule", &token],
        &["scan", "--block", &token],
        &["scan", "--range", &range, "--format", "json"],
        &["scan", &flag],
        &["scan", "--config", &token],
        &["allow", &token, "--reason", "it was asked for"],
        &["explain", &token],
        &["check", "--as", &token, "f"],
        &["audit", &token],
        &["rules", "show", &token],
        &["ci", "--base", &token],
        &["hook", &token],
        &["hook", "commit-msg", &token],
        &[&token],
    ] {
        let run = repo.shield(args);
        assert!(run.code >= 2, "{args:?}: {run:?}");
        assert!(!run.stdout.contains(&token[4..]) && !run.stderr.contains(&token[4..]), "{args:?}: {run:?}");
    }
    repo.write(".shield-hook.toml", format!("{token} = 1\n"));
    let run = repo.shield(&["scan"]).expect(3);
    assert!(!run.stderr.contains(&token[12..]), "{run:?}");
    // A name is read where its file is not.
    repo.write(".shield-hook.toml", "max-object = \"10 B\"\n");
    repo.write(format!("{token}/f"), "more than ten bytes\n");
    let run = repo.shield(&["scan", &token, "--format", "json"]).expect(1);
    assert_eq!(run.json()["complete"], false, "{run:?}");
    assert!(!run.stdout.contains(&token[4..]) && !run.stderr.contains(&token[4..]), "{run:?}");
    for dir in [sandbox.home(), repo.path(".git/shield-hook")] {
        assert!(texts(&dir).iter().all(|text| !text.contains(&token[4..])), "{}", dir.display());
    }
}
