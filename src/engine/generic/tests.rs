use super::threshold::{LOW, MEDIUM};
use super::*;

mod harmless;
mod logins;
mod names;
mod places;

/// A small generator, so that no credential is written here.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn run(&mut self, alphabet: &[u8], n: usize) -> String {
        (0..n).map(|_| char::from(alphabet[(self.roll() % alphabet.len() as u64) as usize])).collect()
    }
}

const MIXED: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &[u8] = b"0123456789abcdef";

/// A UUID of version 4.
fn uuid(r: &mut Dice) -> String {
    let tail = format!("4{}-a{}-{}", r.run(HEX, 3), r.run(HEX, 3), r.run(HEX, 12));
    format!("{}-{}-{tail}", r.run(HEX, 8), r.run(HEX, 4))
}

/// The values of the candidates of a text.
fn values(text: &str) -> Vec<&str> {
    candidate::candidates(text.as_bytes()).into_iter().map(|c| &text[c.value]).collect()
}

/// The best score in a text.
fn best(text: &str, path: &str) -> f32 {
    let text = text.as_bytes();
    let scores = candidate::candidates(text).into_iter().map(|c| judge(text, path.as_bytes(), &c).score);
    scores.fold(0.0, f32::max)
}

#[test]
fn a_value_is_found_in_every_form() {
    let value = Dice(7).run(MIXED, 24);
    for (template, path) in [
        ("db_password = \"@\"", "a.py"),
        ("DB_PASSWORD=@\n", ".env"),
        ("export API_KEY='@'", "a.sh"),
        ("  password: @\n", "a.yml"),
        ("    - name: API_TOKEN\n      value: @\n", "a.yml"),
        ("api_key: >-\n  @\n", "a.yml"),
        ("{\"clientSecret\": \"@\"}", "a.json"),
        ("\"body\": \"{\\\"token\\\":\\\"@\\\"}\"", "a.json"),
        ("{\"name\": \"API_TOKEN\", \"value\": \"@\"}", "a.json"),
        ("<password>@</password>", "a.xml"),
        ("<password>\n    @\n</password>", "a.xml"),
        ("<add key=\"ApiKey\" value=\"@\" />", "a.config"),
        ("<string name=\"api_token\">@</string>", "a.xml"),
        ("<key>apiToken</key>\n<string>@</string>", "a.plist"),
        ("Server=db;User Id=app;Password=@;Encrypt=true", "a.config"),
        ("define('DB_PASSWORD', '@');", "a.php"),
        ("$config['password'] = '@';", "a.php"),
        ("    'secret' => '@',", "a.php"),
        ("const token: string = '@';", "a.ts"),
        ("const KEY_SECRET: &str = \"@\";", "a.rs"),
        ("var apiToken string = \"@\"", "a.go"),
        ("token := []byte(\"@\")", "a.go"),
        ("SecretKey: aws.String(\"@\"),", "a.go"),
        ("localStorage.setItem('token', '@')", "a.js"),
        ("const token = process.env.TOKEN || '@'", "a.js"),
        ("token = os.environ.get('TOKEN', '@')", "a.py"),
        ("char password[] = \"@\";", "a.c"),
        ("#define API_KEY \"@\"", "a.h"),
        ("NSString *apiKey = @\"@\";", "a.m"),
        ("client.setPassword(\"@\");", "a.java"),
        ("tool --api-key @ --verbose", "a.sh"),
        ("mysql -u app --password=@ shop", "a.sh"),
        ("curl -u admin:@ https://api.service.example/", "a.sh"),
        ("curl -H \"Authorization: Bearer @\" https://api.service.example/", "a.sh"),
        ("      - Bearer @\n", "a.yml"),
        ("CREATE USER 'app'@'db' IDENTIFIED BY '@';", "a.sql"),
        ("machine db.internal login app password @", ".netrc"),
        ("variable \"db_password\" {\n  type = string\n  default = \"@\"\n}", "a.tf"),
        ("url = 'postgres://app:@@db.internal:5432/shop'", "a.py"),
        ("GET /v1/items?api_key=@&page=2", "a.txt"),
        ("service token - '@'", "a.txt"),
        ("<secret>{service label @}</secret>", "a.xml"),
        ("The password is \"@\"", "a.txt"),
        ("Our build token is @.", "a.txt"),
        ("pw = '@'", "a.py"),
        ("PW=@\n", ".env"),
        ("{\"pw\": \"@\"}", "a.json"),
        ("wachtwoord: @\n", "a.yml"),
        ("clave = \"@\"", "a.py"),
        ("GITEA_PAT=@\n", ".env"),
        ("X-Acme-Key: @\n", "a.txt"),
        ("    'X-Acme-Staging-Key': '@',", "a.js"),
        ("acmekeys token = '@'", "a.txt"),
        ("acme SECRET @\n", "a.txt"),
        ("new NetworkCredential(\"deploy\", \"@\");", "a.cs"),
        ("PSCredential (\"CORP\\svc\", \"@\")", "a.ps1"),
        ("psexec \\\\10.0.0.7 -u deploy -p @ cmd", "a.bat"),
        ("sshpass -p '@' ssh deploy@10.0.0.7", "a.sh"),
        ("curl https://api.service.example/ \\\n  --user deploy:@ \\\n  -d x", "a.sh"),
    ] {
        // The Objective-C and SQL lines have an @ of their own: the last but one or the last marks the value.
        let text = match template {
            t if t.contains("@\"@\"") => t.replacen("@\"@\"", &format!("@\"{value}\""), 1),
            t if t.contains("'@';") => t.replace("'@';", &format!("'{value}';")),
            t => t.replacen('@', &value, 1),
        };
        assert!(values(&text).contains(&value.as_str()), "{path}: {template}");
        assert!(best(&text, path) >= MEDIUM, "{path}: {template}: {}", best(&text, path));
    }
}

#[test]
fn what_only_stands_for_a_value_is_no_secret() {
    for (text, path) in [
        ("password = \"${DB_PASSWORD}\"", "a.py"),
        ("password: {{ vault_password }}", "a.yml"),
        ("password = os.environ[\"DB_PASSWORD\"]", "a.py"),
        ("token: process.env.TOKEN,", "a.js"),
        ("api_key = \"<your-api-key>\"", "a.py"),
        ("API_KEY=changeme", ".env"),
        ("password: \"********\"", "a.yml"),
        ("secret = \"xxxxxxxxxxxxxxxx\"", "a.py"),
        ("password = options.password;", "a.js"),
        ("passwordField = findById(passwordFieldId)", "a.js"),
        ("this.token = token;", "a.ts"),
        ("token_type = \"access_token\"", "a.py"),
        ("\"forgotPassword\": \"Mot de passe oublié ?\"", "fr.json"),
        ("\"LABEL_PASSWORD\": \"Wachtwoord\"", "nl.json"),
        ("key: \"ArrowDown\"", "a.js"),
        ("primary_key = 'customer_id'", "a.rb"),
        ("private_key_path: /etc/ssl/private/server.pem", "a.yml"),
        ("password_hash = \"$2b$12$abcdefghijklmnopqrstuv\"", "a.py"),
        ("url = 'https://user:password@db.internal/'", "a.py"),
        ("if (token == null) {", "a.java"),
        ("nonMatchingToken := \"kx9f2mq7wz4tj8rb\"", "a.go"),
        ("api_key = \"kx9f2?mq7w#z4tj8rb^\"", "a.py"),
        ("ACME_APP_TOKEN=acme-1-A000", ".env"),
        ("mkdir -p build/out && echo -u x", "a.sh"),
        ("passport.authenticate('local', 'session')", "a.js"),
    ] {
        assert!(best(text, path) < LOW, "{text}: {}", best(text, path));
    }
}

#[test]
fn a_long_value_is_not_hidden_by_a_word_in_it() {
    let mut dice = Dice(11);
    for word in ["test", "example", "changeme", "password"] {
        let value = format!("{}{word}{}", dice.run(MIXED, 28), dice.run(MIXED, 28));
        assert!(!is_placeholder(value.as_bytes()), "{word}");
        assert!(best(&format!("client_secret = \"{value}\""), "a.py") >= MEDIUM, "{word}");
    }
}

#[test]
fn passwords_that_people_make_are_found() {
    let mut dice = Dice(23);
    let (mut found, mut all) = (0, 0);
    for word in ["Summer", "Winter", "Dragon", "Monkey", "Arsenal", "Giraffe", "Falcon", "Thunder"] {
        for ending in ["20##!", "##$", "#23!", "@19##", "_##!"] {
            let ending: String = ending
                .chars()
                .map(|c| if c == '#' { char::from(b'0' + (dice.roll() % 10) as u8) } else { c })
                .collect();
            all += 1;
            found += usize::from(best(&format!("DB_PASSWORD={word}{ending}\n"), ".env") >= MEDIUM);
        }
    }
    assert!(found * 10 >= all * 8, "{found} of {all}");
}

#[test]
fn a_hash_beside_a_name_that_promises_no_credential_is_none() {
    let mut dice = Dice(31);
    let hash = dice.run(HEX, 64);
    for text in [
        format!("\"integrity\": \"sha512-{hash}\""),
        format!("cache_key = \"{}\"", dice.run(HEX, 8)),
        format!("public_key_sha256: {hash}"),
        format!("token_hash = \"{hash}\""),
    ] {
        assert!(best(&text, "a.json") < MEDIUM, "{text}: {}", best(&text, "a.json"));
    }
}

#[test]
fn what_is_made_anew_each_time_opens_nothing() {
    let mut r = Dice(17);
    let value = r.run(HEX, 40);
    for name in ["Signature", "oauth_signature", "csrf-token", "xsrfToken", "authenticity_token"] {
        let text = format!("{name} = \"{value}\"\n");
        assert!(best(&text, "a.py") < LOW, "{name}: {}", best(&text, "a.py"));
    }
    for name in ["signature_key", "csrf_secret", "webhookSignatureSecret", "auth_token"] {
        let text = format!("{name} = \"{value}\"\n");
        assert!(best(&text, "a.py") >= MEDIUM, "{name}: {}", best(&text, "a.py"));
    }
}

#[test]
fn a_secret_in_a_note_is_one() {
    let mut r = Dice(18);
    for path in ["notes.txt", "notes", "a.env"] {
        for name in ["acme_access_token", "ACME_API_KEY", "client_secret", "x-api-key"] {
            for value in [r.run(HEX, 64), r.run(HEX, 64).to_uppercase(), uuid(&mut r)] {
                let text = format!("{name}={value}\n");
                assert!(best(&text, path) >= MEDIUM, "{path}: {name}, {} bytes: {}", value.len(), best(&text, path));
            }
        }
    }
}

#[test]
fn a_sandbox_and_an_option_do_not_block() {
    let mut r = Dice(19);
    let body = r.run(MIXED, 32);
    for (value, blocks) in [(format!("acme_sandbox_{body}"), false), (format!("acme_live_{body}"), true)] {
        let text = format!("ACME_API_KEY={value}\n");
        let c = candidate::candidates(text.as_bytes()).remove(0);
        let confidence = judge(text.as_bytes(), b"a.env", &c).confidence;
        assert_eq!(confidence > Some(Confidence::Low), blocks, "{confidence:?}");
    }
    assert!(best("say(\"ignored; pass `-Zsbom` to enable it\")", "a.rs") < LOW);
    assert!(best("pass --dry-run", "a.sh") < LOW);
}

#[test]
fn a_name_may_end_in_a_hash() {
    for name in ["Gitea commit: ", "SONAR_CHECKSUM=", "snyk sha256 \""] {
        assert!(name::ends_in_hash(name.as_bytes()), "{name}");
    }
    for name in ["gitea token: ", "commit token=", "sonar encryption "] {
        assert!(!name::ends_in_hash(name.as_bytes()), "{name}");
    }
}

#[test]
fn a_comment_that_explains_is_told_from_a_line_commented_out() {
    let value = Dice(5).run(MIXED, 20);
    let explains = format!("# Signs a user in:\n#\n#   login(password: '{value}')\n#\ndef login\n");
    let out = format!("def login\n  # password = '{value}'\n  run\n");
    for (text, lowers) in [(explains, true), (out, false)] {
        let c = candidate::candidates(text.as_bytes()).pop().expect("a candidate");
        assert_eq!(Mild::of(text.as_bytes(), b"lib/login.rb").at(c.value.start).is_some(), lowers, "{text}");
    }
}

#[test]
fn the_features_explain_the_score() {
    let text = format!("api_key = \"{}\"", Dice(3).run(MIXED, 32));
    let c = candidate::candidates(text.as_bytes()).pop().expect("a candidate");
    let j = judge(text.as_bytes(), b"a.py", &c);
    let features = j.features.expect("the model was asked");
    assert_eq!(features.rows().count(), features::COUNT);
    let root: f32 = model::FOREST.trees.iter().map(|t| t[0].value).sum();
    let sum: f32 = contributions(&features).iter().sum();
    assert!((tree::logistic(model::FOREST.base + root + sum) - j.score).abs() < 1e-3);
}

#[test]
fn the_rules_wake_on_the_detectors_keywords() {
    let set = crate::rule::RuleSet::builtin();
    let mut woken: Vec<&str> =
        set.rules().iter().filter(|r| r.detector == Some("generic")).flat_map(|r| r.keywords).copied().collect();
    let mut wanted = KEYWORDS.to_vec();
    woken.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(woken, wanted);
}

#[test]
fn no_text_makes_the_look_panic() {
    let mut dice = Dice(97);
    let pieces: Vec<&[u8]> = vec![
        b"password",
        b"key",
        b"token",
        b"://",
        b"curl ",
        b"bearer ",
        b"identified by",
        b" ",
        b"=",
        b":",
        b"\"",
        b"'",
        b"`",
        b"\\",
        b"\n",
        b"<",
        b">",
        b"&quot;",
        b"(",
        b")",
        b"[",
        b"]",
        b"{",
        b"}",
        b"@",
        b"$",
        b"%",
        b"a",
        b"Z9",
        b"\xff",
        b"\0",
        b"->",
        b"value",
        b"\xc3\xa4",
        b"-u x:",
        b"default",
    ];
    for _ in 0..20_000 {
        let mut text = Vec::new();
        for _ in 0..dice.roll() % 24 {
            text.extend_from_slice(pieces[(dice.roll() % pieces.len() as u64) as usize]);
        }
        for c in candidate::candidates(&text) {
            assert!(c.value.end <= text.len() && c.value.start < c.value.end);
            let _ = judge(&text, b"a.py", &c);
            let _ = Mild::of(&text, b"a.py").at(c.value.start);
        }
    }
}
