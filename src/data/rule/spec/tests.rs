//! Correct rule files, and the message about every mistake.

use super::*;

const GOOD: &str = r#"
provider = "corp"
[[rule]]
id = "corp-token"
keywords = ["corp_"]
regex = '''\b(?<secret>corp_[0-9a-z]{32})\b'''
"#;

fn problems(text: &str) -> Vec<String> {
    read("corp.toml", text, Author::User)
        .map_or_else(|p| p.iter().map(SpecProblem::to_string).collect(), |_| Vec::new())
}

#[track_caller]
fn complains(from: &str, to: &str, about: &str) {
    assert!(GOOD.contains(from), "the test changes nothing");
    let found = problems(&GOOD.replacen(from, to, 1));
    assert!(found.iter().any(|p| p.contains(about)), "{about:?} is not among {found:#?}");
}

#[test]
fn a_small_user_file_is_enough() {
    let spec = &read("corp.toml", GOOD, Author::User).unwrap()[0];
    assert_eq!((spec.id.as_str(), spec.line), ("corp-token", 4));
    assert_eq!(spec.prefix, "corp_");
    assert_eq!(spec.window, "corp_".len() + 32);
}

#[test]
fn the_project_asks_more_of_itself() {
    let found = read("corp.toml", GOOD, Author::Project).unwrap_err();
    for key in ["title", "severity", "why", "fix", "match", "reject", "since"] {
        assert!(found.iter().any(|p| p.message.contains(&format!("`{key}` is missing"))), "{key}");
    }
}

#[test]
fn every_problem_names_its_line() {
    complains("keywords =", "keyword =", "corp.toml:5: unknown key `keyword` in a rule; did you mean `keywords`?");
    complains("provider =", "providers =", "corp.toml:2: unknown key `providers` in a rule file");
    complains("corp-token", "Corp_Token", "corp.toml:4: id `Corp_Token`");
    complains("[\"corp_\"]", "[\"co\"]", "keyword `co`: three ASCII bytes");
    complains("[\"corp_\"]", "\"corp_\"", "corp.toml:5: `keywords` must be an array of strings");
    complains("[\"corp_\"]", "[\"corp-\"]", "need not contain any of the keywords");
    complains("corp_[0-9a-z]{32}", "(?:corp_)?[0-9a-z]{32}", "need not contain any of the keywords");
    complains("?<secret>", "", "no group named `secret`");
    complains("\\b(?<secret>corp_[0-9a-z]{32})\\b", "(?<secret>corp_[0-9a-z]{32})?", "matches the empty string");
    complains("(?<secret>corp_[0-9a-z]{32})", "corp_(?<secret>x*)", "`secret` may be empty");
    complains("(?<secret>corp_[0-9a-z]{32})", "(?:(?<secret>corp_a)|corp_b)", "can match without its group");
    complains("\\b(?<", "(?=c)(?<", "look-ahead");
    complains("{32}", "{60000}", "too large");
    complains("[0-9a-z]", "[0-9a-z", "unclosed character class");
    complains("[0-9a-z]{32}", &"x".repeat(40_000), "too large");
    complains("keywords", "detector = 'whole-file'\npaths = ['x']\nkeywords", "goes with `value` and `paths`");
    complains("regex = ", "detector = 'whole-file'\nvalue = ", "needs `paths`");
    complains("regex = ", "detector = 'whole-file'\npaths = ['x']\nvalue = ", "has no keywords");
    complains("[[rule]]", "[rule]", "array of tables");
    complains("keywords", "check = \"crc32\"\nkeywords", "unknown check `crc32`; did you mean `crc32-");
    complains("keywords", "status = \"stabel\"\nkeywords", "`status` is one of experimental, stable, deprecated");
    complains("keywords", "status = \"deprecated\"\nkeywords", "names its successor");
    complains("keywords", "entropy = 9\nkeywords", "from 0 to 8");
    complains("keywords", "window = 4\nkeywords", "`window`: bytes");
    complains("keywords", "match = [\"${hex}\"]\nkeywords", "needs a length");
    complains("keywords", "match = [\"${hexx:8}\"]\nkeywords", "no known placeholder");
    complains("keywords", "allow = ['x*']\nkeywords", "matches everything");
    complains("keywords", "general = 1\nkeywords", "`general` is true or false");
    complains("keywords", "paths = ['C:\\x']\nkeywords", "separated by `/`");
    complains("keywords", "value = 'x'\nkeywords", "either `regex` and `keywords`");
    complains("keywords", "requires = { rules = \"x\" }\nkeywords", "unknown key `rules` in `requires`");
    complains("= \"corp\"", "= \"corp", "corp.toml:2: not TOML");
}

#[test]
fn a_set_knows_its_rules() {
    let specs = |text: &str| read("corp.toml", text, Author::User).unwrap();
    let twice = [specs(GOOD), specs(GOOD)].concat();
    assert!(check_set(&twice, &[])[0].message.contains("is taken: corp.toml:4"));
    let pair = specs(&format!("{GOOD}requires = {{ rule = \"corp-tokn\" }}"));
    assert!(check_set(&pair, &[])[0].message.contains("did you mean `corp-token`?"));
    assert_eq!(check_set(&pair, &["corp-tokn"]), []);
}

#[test]
fn words_narrow_the_name() {
    let text = "[[rule]]\nid = \"x\"\nbeside = [\"acme\"]\nwords = [\"token\", \"key\"]\nvalue = '[0-9a-f]{8}'";
    let spec = &read("x.toml", text, Author::User).unwrap()[0];
    assert_eq!(spec.keywords, ["acme"]);
    let regex = regex::bytes::RegexBuilder::new(&spec.regex).unicode(false).build().unwrap();
    for text in ["ACME_TOKEN=0123abcd", "acme-api-key: 0123abcd", "acmeAccessTokenProd = \"0123abcd\""] {
        assert!(regex.is_match(text.as_bytes()), "{text}");
    }
    for text in ["ACME_PROJECT=0123abcd", "acme: 0123abcd", "ACME_ID=0123abcd # token"] {
        assert!(!regex.is_match(text.as_bytes()), "{text}");
    }
}

#[test]
fn names_beside_values_are_spelled_in_every_way() {
    let text = "[[rule]]\nid = \"dd\"\nbeside = [\"dd_api_key\"]\nvalue = '[0-9a-f]{32}'";
    let spec = &read("x.toml", text, Author::User).unwrap()[0];
    assert_eq!(spec.keywords, ["dd_api_key", "dd-api-key", "dd.api.key", "ddapikey"]);
    assert_eq!(spec.judge, Judge::Context);
    let regex = regex::bytes::RegexBuilder::new(&spec.regex).unicode(false).build().unwrap();
    let hex = "0123456789abcdef".repeat(2);
    for before in [
        "DD_API_KEY=",
        "export DD_API_KEY=\"",
        "dd-api-key: ",
        "\"ddApiKey\": \"",
        "dd.api.key = ",
        "DD_API_KEY => '",
        "setDdApiKey(\"",
        "<ddApiKey>",
        "--dd-api-key ",
        "DD_API_KEY: Bearer ",
        "- name: DD_API_KEY\n  value: \"",
        "os.environ[\"DD_API_KEY\"] = '",
        "dd_api_key := `",
        "config['dd_api_key']='",
        "dd_api_key = str('",
    ] {
        for after in ["", "\"", "'", "\n", "\r\n", "</x>", ";", ")", ",", "`", "."] {
            let text = format!("{before}{hex}{after}");
            let found = regex.captures(text.as_bytes()).and_then(|c| c.name("secret"));
            assert_eq!(found.map(|m| m.as_bytes()), Some(hex.as_bytes()), "{text:?}");
        }
        for after in ["0", "z", "-1", "_x", "=="] {
            assert!(!regex.is_match(format!("{before}{hex}{after}").as_bytes()), "{before}HEX{after}");
        }
    }
}

#[test]
fn the_digest_follows_the_content_and_not_the_place() {
    let digest = |text: &str| read("a.toml", text, Author::User).unwrap()[0].digest();
    assert_eq!(digest(GOOD), digest(&format!("\n\n{GOOD}")));
    assert_ne!(digest(GOOD), digest(&GOOD.replace("{32}", "{33}")));
}
