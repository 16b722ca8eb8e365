use super::*;

fn blocks(path: &str, text: &str) -> Vec<String> {
    scan(path, text.as_bytes()).into_iter().filter(|t| t.weight == TraceWeight::Blocks).map(|t| t.id).collect()
}

fn builtin() -> &'static [Indicator<'static>] {
    &Catalogue::builtin().list
}

/// A file with the indicator: its path and its content. The content of a [`IndicatorKind::Sha256`] cannot be made, so it
/// has none.
fn file_with(indicator: &Indicator<'_>) -> Option<(String, String)> {
    let value = &indicator.value;
    Some(match indicator.kind {
        IndicatorKind::Path => (value.replace('*', "123"), String::new()),
        IndicatorKind::Name => (format!("a/{}", value.replace('*', "x")), String::new()),
        IndicatorKind::Script => {
            let (event, command) = value.split_once(": ").unwrap_or(("postinstall", value));
            ("a/package.json".to_owned(), serde_json::json!({"scripts": {event: command}}).to_string())
        }
        IndicatorKind::Text => (".github/workflows/build.yml".to_owned(), format!("on: push\nrun: {value}\n")),
        IndicatorKind::Sha256 => return None,
    })
}

#[test]
fn every_strong_indicator_is_found_in_a_generated_file() {
    for indicator in builtin().iter().filter(|i| i.strong) {
        let Some((path, content)) = file_with(indicator) else { continue };
        let found = blocks(&path, &content);
        assert!(found.contains(&indicator.value), "{indicator:?}: {found:?}");
    }
}

#[test]
fn every_digest_in_the_data_is_looked_up() {
    let all: Vec<&Indicator<'_>> = Catalogue::builtin().of_kind(IndicatorKind::Sha256).collect();
    assert!(!all.is_empty());
    for indicator in all {
        let trace = Catalogue::builtin().file_with_digest(indicator.digest().unwrap());
        let trace = trace.unwrap_or_else(|| panic!("{} is never found", indicator.value));
        assert_eq!((&trace.id, trace.weight), (&indicator.value, TraceWeight::Blocks));
        assert!(trace.what.contains(indicator.what), "{}", trace.what);
    }
}

/// The data with each digest replaced by that of a generated file: the same rows, found by real content.
#[test]
fn every_kind_of_file_is_found_by_its_own_digest() {
    let mut expected = Vec::new();
    let list = data::load().into_iter().enumerate().map(|(n, mut indicator)| {
        if indicator.kind == IndicatorKind::Sha256 {
            let content = format!("console.log({n});\n").into_bytes();
            indicator.value = data_encoding::HEXLOWER.encode(&Sha256::digest(&content));
            if n % 2 == 0 {
                indicator.value.make_ascii_uppercase();
            }
            expected.push((content, indicator.value.clone()));
        }
        indicator
    });
    let catalogue = Catalogue::of(list.collect());
    assert_eq!(expected.len(), catalogue.of_kind(IndicatorKind::Sha256).count());
    for (mut content, value) in expected {
        let digest = |content: &[u8]| Sha256::digest(content).into();
        let trace = catalogue.file_with_digest(digest(&content)).expect("a file with the digest");
        assert_eq!((trace.id, trace.weight), (value, TraceWeight::Blocks));
        content.push(b' ');
        assert_eq!(catalogue.file_with_digest(digest(&content)), None);
    }
}

#[test]
fn a_digest_that_is_none_is_refused() {
    for value in ["", "00", &"0".repeat(63), &"0".repeat(66), &"g".repeat(64)] {
        assert!(data::parse(&format!("sha256\t{value}\tstrong\tstable\tx\ty")).is_err(), "{value}");
    }
}

#[test]
fn every_weak_indicator_is_found_beside_a_strong_text_and_never_blocks() {
    let strong = builtin().iter().find(|i| i.strong && i.kind == IndicatorKind::Text).unwrap();
    for indicator in builtin().iter().filter(|i| !i.strong) {
        let (path, content) = file_with(indicator).expect("no weak digest");
        // Some weak texts hold a strong one.
        let includes_strong =
            builtin().iter().any(|i| i.strong && i.kind == IndicatorKind::Text && indicator.value.contains(&i.value));
        let alone = scan(&path, content.as_bytes());
        assert!(includes_strong || alone.is_empty(), "{indicator:?}: {alone:?}");
        let beside = scan(&path, format!("{content}\n{}\n", strong.value).as_bytes());
        let found = beside.iter().find(|trace| trace.id == indicator.value);
        assert_eq!(found.map(|trace| trace.weight), Some(TraceWeight::Warns), "{indicator:?}: {beside:?}");
    }
}

#[test]
fn two_weak_indicators_of_different_kinds_warn() {
    let text = builtin().iter().find(|i| !i.strong && i.kind == IndicatorKind::Text).unwrap();
    assert!(scan("setup_bun.js", b"").is_empty());
    let traces = scan("setup_bun.js", text.value.as_bytes());
    assert_eq!(traces.len(), 2);
    assert!(traces.iter().all(|trace| trace.weight == TraceWeight::Warns));
}

/// A task of an editor that opens the folder: JSON escapes the quotes of a value, so another format would find more.
#[test]
fn text_of_an_attack_is_found_in_json() {
    for indicator in builtin().iter().filter(|i| i.strong && i.kind == IndicatorKind::Text) {
        let quoted = serde_json::to_string(&indicator.value).unwrap();
        let is_plain = quoted[1..quoted.len() - 1] == indicator.value;
        let found = blocks(".vscode/tasks.json", &quoted);
        assert!(found.contains(&indicator.value) || !is_plain, "{indicator:?}: {found:?}");
    }
}

#[test]
fn a_report_about_an_attack_is_no_attack() {
    let all: String = builtin().iter().map(|i| format!("{}\n", i.value)).collect();
    for path in ["README.md", "docs/iocs.csv", "src/detector.py", "rules/list.tsv"] {
        assert!(scan(path, all.as_bytes()).is_empty(), "{path}");
    }
    let ours = include_str!("../../../rules/indicators/indicators.tsv");
    assert_eq!(scan("rules/indicators/indicators.tsv", ours.as_bytes()), []);
    let defanged: String =
        ours.lines().filter(|l| l.starts_with("string")).filter_map(|l| l.split('\t').nth(1)).collect();
    assert_eq!(scan(".github/workflows/x.yml", defanged.as_bytes()), []);
    assert!(loader(ours.as_bytes()).is_none());
}

#[test]
fn every_path_and_name_is_special() {
    for indicator in builtin().iter().filter(|i| matches!(i.kind, IndicatorKind::Path | IndicatorKind::Name)) {
        let (path, _) = file_with(indicator).expect("a path");
        assert!(crate::path::special::is_special(path.as_bytes()), "{path} is missing in src/path/special.rs");
        assert!(inspects(&path), "{path}");
    }
}

#[test]
fn an_exfiltration_file_is_found_by_name_and_content() {
    let once = data_encoding::BASE64.encode(b"{\"environment\": {\"A\": \"b\"}}");
    let twice = data_encoding::BASE64.encode(once.as_bytes());
    assert_eq!(blocks("cloud.json", &twice), ["exfiltration-file"]);
    assert!(scan("cloud.json", b"{\"region\": \"eu\"}").is_empty());
    assert!(scan("other.json", twice.as_bytes()).is_empty());
}

#[test]
fn hidden_payloads_block_and_short_runs_warn() {
    let run = |n: usize| "\u{e0101}".repeat(n);
    assert_eq!(hidden("a.js", run(40).as_bytes())[0].weight, TraceWeight::Blocks);
    assert_eq!(hidden("a.js", run(10).as_bytes())[0].weight, TraceWeight::Warns);
    let reordered = "a = '\u{202e}b'\n";
    assert_eq!(hidden("a.js", reordered.as_bytes()).len(), 1);
    assert!(hidden("locales/he.json", reordered.as_bytes()).is_empty());
}

#[test]
fn a_table_of_characters_reorders_nothing_and_code_does() {
    let table: String = (0..4_000_u32).filter_map(|n| char::from_u32(0x2000 + n)).collect();
    let entities = format!("const t=\"{table}\";run()");
    assert!(hidden("dist/main.js", entities.as_bytes()).iter().all(|trace| trace.id != "bidirectional-text"));
    let code = |padding: usize| format!("if (admin) {{ \u{202e}/* end */ }}{}\n", " ".repeat(padding));
    for padding in [0, 5_000] {
        let traces = hidden("src/main.js", code(padding).as_bytes());
        assert!(traces.iter().any(|trace| trace.id == "bidirectional-text"), "{padding}");
    }
}
