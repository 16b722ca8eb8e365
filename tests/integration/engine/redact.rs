//! Nothing but a mask leaves: whatever stands on a line with a secret, whatever was typed, in all that is written.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use crate::support::zip::{entry, zip};
use crate::support::{Repo, Run, Sandbox, base62, formats, npm_token};
use shield_hook::rule::generate::{Generator, Rng};
use shield_hook::rule::{Rule, RuleSet};

/// Ways in which a value that no rule knows (`#`) stands on the line of one that a rule knows (`@`).
const SHAPES: [&str; 30] = [
    "@; q = \"#\"",
    "{\"id\": \"#\", \"x\": 1} @",
    "{\"kty\": \"RSA\", \"p\": \"#\", \"q\": \"#\", \"note\": \"@\"}",
    "curl -u ci:# @",
    "curl --user 'ci:#' @",
    "@,#,alice,7",
    "@\t#\talice",
    "#\t@",
    "Cookie: theme=dark; sess=#; @",
    "p=\"#\" @",
    "p='#';@",
    "@ pw=#",
    "@ # was #",
    "postgres://app:#(at)db.corp.internal:5432/app @",
    "https://#(at)git.corp.internal/x.git @",
    "Server=db.corp.internal;Uid=app;Pwd=#; @",
    "INSERT INTO t (code, k) VALUES ('X', '#', NULL); @",
    "mysql -u root -p # @",
    "<k>#</k> @",
    "<add key=\"x\" value=\"#\"/> @",
    "@ `#`",
    "f(\"a\", \"#\", @)",
    "{\\\"a\\\": \\\"#\\\"} @",
    "x: #, @",
    "@ [#]",
    "@ | #",
    "@ => #",
    "@ \"#",
    "@ 'it#s",
    "@ # @",
];

/// Every run of six bytes of what must not be shown.
#[derive(Default)]
struct Private(HashSet<[u8; 6]>);

impl Private {
    /// Words are no secret, hexadecimal stands in every fingerprint, and a key names its kind: none of these counts.
    fn add(&mut self, value: &str) {
        for run in value.as_bytes().windows(6) {
            let has = |is: fn(&u8) -> bool| run.iter().any(is);
            let hex = run.iter().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
            let named = b"ssh-ed25519".windows(6).any(|part| part == run);
            // Addresses and JSON stand in what some rules take for a secret.
            let random = run.iter().all(|b| b.is_ascii_alphanumeric() || b"_+=!".contains(b));
            if random && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) && !hex && !named {
                self.0.insert(run.try_into().expect("six bytes"));
            }
        }
    }

    /// The lines of `written` that show one.
    fn shown_in<'w>(&self, written: &'w str) -> Vec<&'w str> {
        written.lines().filter(|line| line.as_bytes().windows(6).any(|run| self.0.contains(run))).collect()
    }

    #[track_caller]
    fn expect_in_none_of(&self, what: &str, written: &str) {
        let shown = self.shown_in(written);
        let first = |line: &&str| line.as_bytes().windows(6).position(|run| self.0.contains(run));
        let lines: Vec<String> =
            shown.iter().take(12).map(|line| format!("at byte {:?} of {line}", first(line))).collect();
        assert!(shown.is_empty(), "{what}: {} lines, such as\n{}", shown.len(), lines.join("\n"));
    }

    #[track_caller]
    fn expect_unseen(&self, what: &str, run: &Run) {
        self.expect_in_none_of(what, &run.stdout);
        self.expect_in_none_of(what, &run.stderr);
    }
}

/// A value that no rule knows: what programs make, and what people do.
fn unknown(random: &mut Rng) -> String {
    let made = |random: &mut Rng, alphabet: &[u8], n: usize| -> String {
        (0..n).map(|_| char::from(alphabet[random.usize(..alphabet.len())])).collect()
    };
    const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    match random.u8(..5) {
        0 => made(random, b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_", 43),
        1 => format!("{}==", made(random, b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/", 22)),
        2 => format!("{}{}!", ["Sunshine", "Welcome", "Dragon"][random.usize(..3)], random.u16(1000..)),
        n => made(random, BASE62, if n == 3 { 30 } else { 18 }),
    }
}

/// A text in which a secret of every rule stands, each on the line of a value that no rule knows.
fn lines_of(rules: &[&'static Rule], seed: u64, private: &mut Private) -> String {
    let set = RuleSet::builtin();
    let (mut samples, mut random) = (Generator::with_seed(&set, seed), Rng::with_seed(seed));
    let mut text = String::new();
    for (number, rule) in rules.iter().enumerate() {
        let Some(sample) = rule.matches.first().and_then(|template| samples.expand(rule, template).ok()) else {
            continue;
        };
        for (id, secret) in &sample.secrets {
            let prefix = set.get(id).map_or("", |rule| rule.prefix);
            private.add(secret.strip_prefix(prefix).unwrap_or(secret));
        }
        let value = unknown(&mut random);
        private.add(&value);
        let shape = SHAPES[(number + seed as usize) % SHAPES.len()];
        text.push_str(
            &shape
                .replace("# was", "\u{1}was")
                .replace('#', &value)
                .replace('\u{1}', "# ")
                .replace('@', &sample.text)
                .replace("(at)", "@"),
        );
        text.push_str("\n\n");
    }
    text
}

/// The rules that look at any text. A key id is no secret: it opens nothing without its other half.
fn rules() -> Vec<&'static Rule> {
    RuleSet::builtin().rules().iter().copied().filter(|r| r.paths.is_empty() && r.detector.is_none()).collect()
}

/// Everything that runs wrote beside their output.
fn kept(dir: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        all.push_str(&match path.is_dir() {
            true => kept(&path),
            false => String::from_utf8_lossy(&fs::read(&path).unwrap_or_default()).into_owned(),
        });
    }
    all
}

fn expect_nothing_shown(repo: &Repo<'_>, private: &Private, args: &[&str], input: Option<&[u8]>) {
    for format in formats() {
        let args = [&["scan", "--verbose", "--format", format], args].concat();
        let run = repo.shield_with(&args, &[], input).expect(1);
        private.expect_unseen(&format!("{args:?}"), &run);
        assert!(run.stdout.contains("****"), "{args:?}: something is found");
    }
    private.expect_in_none_of("the journal", &kept(&repo.sandbox().home().join(".local/state")));
}

#[test]
fn no_format_shows_a_secret_of_any_rule_or_its_neighbour() {
    for seed in [1, 2] {
        let sandbox = Sandbox::new();
        let repo = sandbox.repo("a");
        let mut private = Private::default();
        let text = lines_of(&rules(), seed, &mut private);
        repo.write("notes.txt", &text);
        expect_nothing_shown(&repo, &private, &["notes.txt"], None);
    }
}

#[test]
fn no_source_and_no_encoding_shows_one() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("a");
    let mut private = Private::default();
    let text = lines_of(&rules()[..120], 5, &mut private);
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let one_line = text.replace('\n', " ");
    repo.write("crlf.txt", text.replace('\n', "\r\n")).write("long.txt", &one_line);
    repo.write("wide.txt", [&b"\xff\xfe"[..], &wide].concat());
    repo.commit("none");
    let base = repo.git(&["rev-parse", "HEAD"]);
    let message: Vec<&str> = text.lines().filter(|l| !l.starts_with('#')).collect();
    repo.write("b.txt", &text);
    repo.write("message", message.join("\n")).add();
    repo.git(&["commit", "--quiet", "--no-verify", "-F", "message"]);
    repo.git(&["tag", "-a", "v1", "-F", "message"]);
    repo.write("staged.txt", &text).add();
    for args in [&["."][..], &["--staged"], &["--worktree"], &["--history"], &["--range", &format!("{base}..HEAD")]] {
        expect_nothing_shown(&repo, &private, args, None);
    }
    expect_nothing_shown(&repo, &private, &["-"], Some(text.as_bytes()));
    repo.shield(&["baseline", "create", "--reason", &format!("known: {}", unknown(&mut Rng::with_seed(9)))]).expect(0);
    private.add(&unknown(&mut Rng::with_seed(9)));
    private.expect_in_none_of("the baseline", &fs::read_to_string(repo.path(".shield-hook.baseline")).unwrap());
    private.expect_unseen("baseline audit", &repo.shield(&["baseline", "audit"]));
}

#[test]
fn a_report_still_says_which_variable_holds_it() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("a");
    let (token, other) = (npm_token(), base62(24));
    repo.write("a.js", format!("const publishToken = \"{token}\", other = \"{other}\";\n")).add();
    let run = repo.shield(&["scan", "--staged"]).expect(1);
    assert!(run.stdout.contains("const publishToken = \"npm_****\", other = \"****\";"), "{}", run.stdout);
    assert!(run.stdout.contains(&format!("{}^^^^^^^^", " ".repeat(22))), "the caret stands below it: {}", run.stdout);
}

#[test]
fn a_name_is_read_by_every_source_and_masked() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("a");
    let token = npm_token();
    let mut private = Private::default();
    private.add(&token);
    repo.write(format!("dir-{token}/x.txt"), "clean\n");
    repo.write(format!("other/{token}/package-lock.json"), "{\"lockfileVersion\": 3, \"packages\": {}}\n");
    for args in [&["."][..], &["--worktree"], &[&format!("dir-{token}/x.txt")]] {
        expect_nothing_shown(&repo, &private, args, None);
    }
    let named = format!("{token}.txt");
    expect_nothing_shown(&repo, &private, &["-", "--stdin-name", &named], Some(b"clean\n"));
    repo.add();
    expect_nothing_shown(&repo, &private, &["--staged"], None);
    repo.commit("x");
    let branch = format!("x-{token}");
    repo.git(&["branch", &branch]);
    repo.git(&["tag", "-a", &format!("v-{token}"), "-m", "clean"]);
    expect_nothing_shown(&repo, &private, &["--history"], None);
    repo.shield(&["baseline", "create"]).expect(0);
    private.expect_in_none_of("the baseline", &fs::read_to_string(repo.path(".shield-hook.baseline")).unwrap());
    private.expect_unseen("baseline audit", &repo.shield(&["baseline", "audit"]));
}

#[test]
fn a_guess_masks_no_path() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("a");
    let word = "x5t1n9k3v7q2w8r4";
    repo.write(format!("tests/{word}/notes.txt"), format!("password = \"{word}\"\n"));
    let run = repo.shield(&["scan", "--block", "low", "."]);
    let text = format!("{}{}", run.stdout, run.stderr);
    assert!(!text.contains("--> tests/****"), "{text}");
}

#[test]
fn what_was_typed_or_configured_is_not_repeated() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("a");
    let (token, other) = (npm_token(), format!("Zq{}9b", base62(20)));
    let mut private = Private::default();
    private.add(&token);
    private.add(&other);
    repo.write("k", format!("k={}\n", npm_token()));
    let found = repo.shield(&["scan", "k", "--format", "json"]).json();
    let fingerprint = found["findings"][0]["fingerprint"].as_str().expect("one").to_owned();
    for value in [&token, &other] {
        for args in [
            &["check", value][..],
            &["check", &format!("npm:{value}")],
            &["check", &format!("{value}@1.0.0")],
            &["scan", "--rule", value, "."],
            &["scan", "--range", value],
            &["scan", "--format", value],
            &["scan", "--block", value, "."],
            &["scan", value],
            &["scan", &format!("--{value}")],
            &["scan", ".", "--config", value],
            &["scan", ".", "--baseline", value],
            &["scan", "k", "--output", &format!("{value}/out")],
            &["rules", "show", value],
            &["rules", "test", value],
            &["rules", "test", "--rule", value],
            &["rules", "new", value],
            &["explain", &format!("{value}:1")],
            &["explain", value],
            &["allow", value, "--reason", "x"],
            &["allow", &fingerprint, "--reason", "x", "--expires", value],
            &["allow", &fingerprint, "--reason", &format!("the old value was {value}")],
            &["config", "show"],
            &["config", "check"],
            &["scan", "k", "--format", "json"],
            &["digest", "--since", value],
            &["migrate", "--from", value],
            &["completions", value],
            &[value],
        ] {
            // A path is shown where only a guess says that it holds a credential.
            if !args.contains(&format!("{other}/out").as_str()) {
                private.expect_unseen(&format!("{args:?}"), &repo.shield(args));
            }
        }
        private.expect_in_none_of("the configuration", &fs::read_to_string(repo.path(".shield-hook.toml")).unwrap());
        fs::remove_file(repo.path(".shield-hook.toml")).unwrap();
        for text in [
            format!("[[allow]]\npath = \"{value}\"\nreason = \"{value}\"\nbroad = true\nexpires = 2020-01-01\n"),
            format!("[[allow]]\nrule = \"npm-access-token\"\nreason = \"was {value}\"\n"),
            format!("{value} = 1\n"),
            format!("block = \"{value}\"\n"),
            format!("disable = [\"{value}\"]\n"),
            format!("rules = [\"{value}.toml\"]\n"),
            format!("block = \"{value}\n"),
        ] {
            repo.write(".shield-hook.toml", &text);
            for args in
                [&["config", "check"][..], &["config", "show"], &["scan", "k"], &["scan", "k", "--format", "json"]]
            {
                // The path of an allowance is one that only a guess says a credential of.
                if value == &other && text.contains("path") {
                    continue;
                }
                private.expect_unseen(&format!("{text} {args:?}"), &repo.shield(args));
            }
        }
        fs::remove_file(repo.path(".shield-hook.toml")).unwrap();
        repo.write("requirements.txt", format!("{value}!secret line\n"));
        private.expect_unseen("requirements", &repo.shield(&["check", "requirements.txt"]));
        private.expect_unseen("requirements", &repo.shield(&["scan", "--verbose", "."]));
        let rule = format!(
            "[[rule]]\nid = \"x-y\"\ntitle = \"X\"\nprovider = \"x\"\nseverity = \"high\"\nconfidence = \"high\"\nkeywords = [\"corp_\"]\nregex = 'corp_(?<secret>[a-z]{{9}})'\nwhy = \"W.\"\nfix = \"F.\"\nmatch = [\"corp = {value}\"]\nreject = [\"{value}\"]\n"
        );
        repo.write("rule.toml", rule);
        private.expect_unseen("rules test", &repo.shield(&["rules", "test", "rule.toml"]));
        fs::remove_file(repo.path("rule.toml")).unwrap();
        repo.write("note.py", format!("k = \"{}\"  # shield-hook:allow npm-access-token was {value}\n", npm_token()));
        for format in formats() {
            private.expect_unseen("inline", &repo.shield(&["scan", "--verbose", "note.py", "--format", format]));
        }
    }
    private.expect_in_none_of("the journal", &kept(&sandbox.home().join(".local/state")));
}

/// A password, a user and a token in one name: the token is found, and the name shows neither it nor the password.
#[test]
fn no_word_beside_a_credential_in_a_name_is_shown() {
    let sandbox = Sandbox::new();
    let (token, password) = (npm_token(), format!("Zq7{}", base62(11)));
    let dir = sandbox.at(sandbox.path("plain"));
    let name = format!("backup bob-{password} npm {token}.txt");
    dir.write(&name, "x\n");
    dir.write("a.zip", zip(&[entry(Box::leak(name.clone().into_boxed_str()), "x\n")]));
    for format in formats() {
        let run = dir.shield(&["scan", "--verbose", "--format", format, "."]).expect(1);
        for value in [&token, &password] {
            assert!(!run.stdout.contains(value) && !run.stderr.contains(value), "{format}: {}", run.stdout);
        }
        assert!(run.stdout.contains("backup"), "{format}: {}", run.stdout);
    }
    for args in [["explain", &format!("{name}:1")], ["scan", &format!("{token}-{password}")]] {
        let run = dir.shield(&args);
        for value in [&token, &password] {
            assert!(!run.stdout.contains(value) && !run.stderr.contains(value), "{}{}", run.stdout, run.stderr);
        }
    }
}

#[test]
fn the_doctor_quotes_no_credential_of_the_policy() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let (token, password) = (npm_token(), format!("Zq7{}", base62(11)));
    for config in [
        format!("disable = [\"{token}\"]\n"),
        format!("disable = [\"{token}-{password}\"]\n"),
        format!("rules = [\"{token}.toml\"]\n"),
        format!("[[allow]]\npath = \"{token}\"\nreason = \"the password was {password}\"\n"),
    ] {
        repo.write(".shield-hook.toml", &config);
        for args in [&["doctor"][..], &["doctor", "--format", "json"]] {
            let run = repo.shield(args);
            assert!(run.stdout.contains("policy") || run.stdout.contains("allowance"), "{config}: {}", run.stdout);
            for value in [&token, &password] {
                assert!(!run.stdout.contains(value) && !run.stderr.contains(value), "{}{}", run.stdout, run.stderr);
            }
        }
    }
}
