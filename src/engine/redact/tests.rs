use super::*;

/// A line as a report shows it, with `§` for the finding.
fn shown(line: &str) -> String {
    let secret = "7Yq2Lm9TzX4b";
    let text = line.replace('§', secret);
    let spans: Vec<_> = text.match_indices(secret).map(|(at, s)| at..at + s.len()).collect();
    let all = super::spans(text.as_bytes(), 0..text.len(), &spans, Quoted::Hide);
    crate::finding::excerpt::masked(text.as_bytes(), &spans[0], &all, "§").text
}

#[test]
fn the_structure_of_a_line_is_shown_and_no_value() {
    for (line, expected) in [
        ("const apiKey = \"§\";", "const apiKey = \"§\";"),
        ("password: § # rotate it every month", "password: § # rotate it every month"),
        ("MESSAGEBIRD_API_KEY=§", "MESSAGEBIRD_API_KEY=§"),
        ("//registry.example/:_authToken=§", "//registry.example/:_authToken=§"),
        (
            "client = AcsClient(\"§\", \"another value\", \"cn-hangzhou\")",
            "client = AcsClient(\"§\", \"****\", \"****\")",
        ),
        ("{\"id\": \"§\", \"p\": \"words alone\"}", "{\"id\": \"§\", \"p\": \"****\"}"),
        ("{\\\"id\\\": \\\"§\\\", \\\"p\\\": \\\"words\\\"}", "{\\\"id\\\": \\\"§\\\", \\\"p\\\": \\\"****\\\"}"),
        (
            "INSERT INTO ch (code, k, sec) VALUES ('X', '§', 'word', NULL);",
            "INSERT INTO ch (code, k, sec) VALUES ('X', '§', '****', NULL);",
        ),
        ("config['password'] = '§'", "config['password'] = '§'"),
        ("p=sunshine; password=§", "p=****; password=§"),
        ("password=§ secondPassword=sunshine", "password=§ secondPassword=****"),
        ("token=§ count=12 debug=true name=sunshine", "token=§ count=12 debug=true name=sunshine"),
        ("curl -u ci:sunshine -H \"X-Auth: §\"", "curl -u ci:**** -H \"X-Auth: §\""),
        ("url = postgres://app:§@db.corp.internal:5432/app", "url = postgres://app:§@db.corp.internal:5432/app"),
        ("Authorization: Bearer §", "Authorization: Bearer §"),
        ("Authorization: Basic sunshine, x: §", "Authorization: Basic ****, x: §"),
        ("let a = r#\"§\"#; let b = b\"sunshine\";", "let a = r#\"§\"#; let b = b\"****\";"),
        ("token: !!str § # note", "token: !!str § # note"),
        ("https://app:sun@shine@host/y §", "https://app:****@host/y §"),
        ("https://app:sunshine@host/left-pad@2.1 §", "https://app:****@host/left-pad@2.1 §"),
        ("https://Kx9mLq/2vT7Z@host §", "https://****@host §"),
        ("a = b.c(§), d = os.environ['HOME']", "a = b.c(§), d = os.environ['****']"),
        ("<Secret>§</Secret><Pin>sunshine</Pin>", "<Secret>§</Secret><Pin>****</Pin>"),
        ("export TOKEN=§ && run --user root --password sunshine", "export TOKEN=§ && run --user root --password ****"),
        ("password = \"§\", other = \"cut off", "password = \"§\", other = \"****"),
        ("don't say § to the users' friends", "don't say § to the users' friends"),
        ("§9Z", "§****"),
        ("Kx9mLq2vT7Z,alice,§", "****,alice,§"),
        ("secret = §  # was Kx9mLq2vT7Z", "secret = §  # was ****"),
        ("k: §, salt: c2FsdHNhbHRzYWx0==", "k: §, salt: ****"),
    ] {
        assert_eq!(shown(line), expected);
    }
}

#[test]
fn a_message_keeps_paths_and_ids_and_no_credential() {
    let value = ["Zt7w9Qp", "Lm3XcVb5N"].concat();
    for (said, expected) in [
        (format!("not a requirement: `{value}!secret line`"), "not a requirement: `**** line`".to_owned()),
        (format!("no rule is called `{value}`"), "no rule is called `****`".to_owned()),
        (format!("/tmp/a-{value}/x.toml: no such file"), format!("/tmp/a-{value}/x.toml: no such file")),
        (
            "0123456789abcdef0123456789abcdef01234567: missing".into(),
            "0123456789abcdef0123456789abcdef01234567: missing".into(),
        ),
        ("https://hooks.example/T0/Zx: no answer".into(), String::new()),
        (
            format!("https://app:sunshine@hooks.example/{value}: no answer"),
            "https://app:****@hooks.example/**** no answer".into(),
        ),
        (
            "--format: expected one of pretty, json, jsonl, sarif, junit, csv, github, gitlab, html".into(),
            String::new(),
        ),
        ("axios@1.14.1 is not in the data of 2026-11-30 (12 ms, 1715 rules)".into(), String::new()),
        ("unknown key `disbale`; did you mean `disable`?".into(), String::new()),
    ] {
        let expected = if expected.is_empty() { said.clone() } else { expected };
        assert_eq!(message(&said), expected);
    }
}
