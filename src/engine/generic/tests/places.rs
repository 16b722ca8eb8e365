use super::*;

const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const HEX_UPPER: &[u8] = b"0123456789ABCDEF";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Returns whether a text holds a generic finding that blocks.
pub(super) fn blocks(text: &str, path: &str) -> bool {
    let (text, path) = (text.as_bytes(), path.as_bytes());
    candidate::candidates(text).into_iter().any(|c| {
        let judgement = judge(text, path, &c).reconsidered(text, path, &c);
        judgement.confidence >= Some(Confidence::Medium)
    })
}

/// Fills every `@` of a template with the same value.
pub(super) fn filled(template: &str, value: &str) -> String {
    template.replace('@', value)
}

#[test]
fn a_value_is_found_wherever_the_place_says_that_it_is_a_secret() {
    let mut dice = Dice(61);
    for (template, path) in [
        // One of several values.
        ("const token = ok ? 'none' : '@';", "a.ts"),
        ("const apiKey = ok() ? \"@\" : 'none';", "a.js"),
        ("token = None if testing else '@'", "a.py"),
        ("secret = os.environ.get('SECRET') or '@'", "a.py"),
        ("token = os.environ.get(NAME) or '@'", "a.py"),
        ("$token = $x ?: '@';", "a.php"),
        ("var secret = Config[\"s\"] ?? \"@\";", "a.cs"),
        ("val token = System.getenv(\"T\") ?: \"@\"", "a.kt"),
        ("export TOKEN=\"${TOKEN:-@}\"", "a.sh"),
        ("  DATABASE_URL: postgres://app:${DB_PASSWORD:-@}@db.internal/app", "a.yml"),
        // The callee, or the argument before it, names it.
        ("const t = jwt.sign({ id: 1, b: [2] }, '@');", "a.ts"),
        ("jwt.encode({\"a\": 1}, \"@\", algorithm=\"HS256\")", "a.py"),
        ("crypto.createHmac('sha256', '@');", "a.js"),
        ("hash_hmac('sha256', $data, '@');", "a.php"),
        ("hmac.new(b\"@\", message)", "a.py"),
        (".signWith(SignatureAlgorithm.HS256, \"@\")", "a.java"),
        ("conn.simple_bind_s('cn=admin,dc=x', '@')", "a.py"),
        ("totp = ROTP::TOTP.new('@')", "a.rb"),
        ("app.use(cookieParser('@'));", "a.ts"),
        ("set_provider(:tracker, :secret, '@')", "a.rb"),
        ("args = [\"--keystore-password\", \"@\", \"-v\"]", "a.py"),
        // It is compared.
        ("if (password.equals(\"@\")) return;", "A.java"),
        ("if (\"@\".equals(password)) return;", "A.java"),
        ("return \"@\" == password }", "a.go"),
        ("if '@' == password:\n    pass", "a.py"),
        ("if (\"@\" === request.token) {", "a.js"),
        ("if (strcmp(password, \"@\") == 0) {", "a.c"),
        ("hmac.compare_digest(token, \"@\")", "a.py"),
        // It is the first of a list.
        ("X-Api-Key:\n  - @\n", "a.yml"),
        ("Authorization:\n- Bearer @\n", "a.yml"),
        // The other half of an address marks it as one.
        ("git clone https://@:x-oauth-basic@git.acme.example/a.git", "a.sh"),
        ("url = \"https://:@@build.acme.example/path\"", "a.js"),
        ("const u = \"https://:@@build.acme.example/path\";", "a.js"),
    ] {
        // An address has an `@` of its own.
        let template = template.replace("}@db", "}\u{1}db").replace("-basic@", "-basic\u{1}").replace(":@@", ":@\u{1}");
        for value in [dice.run(MIXED, 32), dice.run(MIXED, 24), dice.run(UPPER, 32)] {
            let text = filled(&template, &value).replace('\u{1}', "@");
            assert!(blocks(&text, path), "{path}: {template}");
        }
    }
}

#[test]
fn no_name_makes_a_credential_of_a_word() {
    for word in ["gteq", "zsh", "Oczekuje", "akkurio", "slaptazodis", "kanidm.grafo", "renovate1", "Alt_F4", "x-proto"]
    {
        for (template, path) in [
            ("TOKEN_GTEQ = intern(\"@\")", "a.py"),
            ("createToken('@', 0, x)", "a.js"),
            ("b.AddProject(\"setup-token\", \"@\", \"x\");", "a.cs"),
            ("  key: '@',", "a.ts"),
            ("vk_key: @", "a.yml"),
            ("{\"apiKey\": \"@\"}", "a.json"),
            ("generatePoToken(\"@\");", "A.java"),
            ("boolean ok = Password.check(\"@\", hash).with(function);", "A.java"),
        ] {
            assert!(!blocks(&filled(template, word), path), "{path}: {}", filled(template, word));
        }
    }
}

#[test]
fn a_translation_a_type_and_a_reference_hold_no_secret() {
    for (text, path) in [
        ("da:\n  password: Adgangskode9\n  secret: Hemmelighed\n", "config/locales/da.yml"),
        ("{\"Password\": \"Wachtwoord\", \"api_key\": \"Sleutel\"}", "lang/nl.json"),
        ("'password' => 'wachtwoordbevestiging',", "lang/nl/validation.php"),
        ("msgid \"Password\"\nmsgstr \"Heslo1\"\n", "cs.po"),
        ("<string name=\"password\">Salasana</string>", "res/strings.xml"),
        ("type PasswordState = 'weak' | 'fair' | 'good1';", "a.ts"),
        ("type TokenKind =\n  | 'opaque1'\n  | 'tls22'\n", "a.ts"),
        ("data:\n- secretKey: id_rsa77\n  remoteRef:\n    key: prod/app77\n", "a.yaml"),
        ("valueFrom: { secretKeyRef: { name: grafana, key: admin-pass1 } }", "a.yaml"),
        ("- POSTGRES_USER=corvus\n- POSTGRES_PASSWORD=corvus\n", "compose.yml"),
        ("{\"ZEB22307\": \"ZEBToken\", \"ZEB28674\": \"Zebra Coin\"}", "a.json"),
        ("{\"Authorization\": \"Basic bm9uZQ==\"}", "a.json"),
        ("re = \"password=([^&]+)\"", "a.py"),
        ("c = \"Server=s;Uid=u;Password=MYDBPASSWORD;\"", "a.ps1"),
    ] {
        assert!(!blocks(text, path), "{path}: {text}");
    }
    // A random value is one there, too.
    let value = Dice(67).run(MIXED, 32);
    assert!(blocks(&format!("{{\"api_key\": \"{value}\"}}"), "lang/nl.json"));
    assert!(blocks(&format!("- DB_USER=corvus\n- DB_PASSWORD={value}\n"), "compose.yml"));
}

#[test]
fn what_is_public_or_sealed_is_known() {
    let mut r = Dice(71);
    let sealed = r.run(BASE64, 400);
    for (text, path) in [
        (format!("token by <did:key:z6Mk{}>", r.run(MIXED, 44)), "a.txt"),
        (format!("const token = \"0x{}\";", r.run(HEX, 40)), "a.ts"),
        (format!("txToken = \"0x{}\"", r.run(HEX, 64)), "a.py"),
        (format!("CR_KEY: \"{}\"", r.run(HEX_UPPER, 16)), "a.yml"),
        (format!("signing = {{ key = \"{}\"; }};", r.run(HEX_UPPER, 40)), "a.nix"),
        (format!("[user]\n\tsigningkey = {}\n", r.run(HEX_UPPER, 40)), "a.gitconfig"),
        (format!("<div data-sitekey=\"6L{}AAAAA{}\">", r.run(MIXED, 6), r.run(MIXED, 27)), "a.html"),
        (format!("{{ apiKey: \"{}\", indexName: \"docs\" }}", r.run(HEX, 32)), "a.js"),
        (format!("init({{ clientToken: \"pub{}\" }})", r.run(HEX, 32)), "a.ts"),
        (format!("const posthogKey = \"phc_{}\";", r.run(MIXED, 43)), "a.ts"),
        (format!("const token = \"pk.eyJ{}.{}\";", r.run(MIXED, 60), r.run(MIXED, 22)), "a.ts"),
        (format!("  UNIQUE KEY `UK_{}` (`token`),", r.run(LOWER, 24)), "a.sql"),
        (format!("addUniqueIndex(['token'], 'UNIQ_{}');", r.run(HEX_UPPER, 16)), "a.php"),
        ("await generateSecret('A128CBC-HS256')".into(), "a.ts"),
        (format!("DB_PASSWORD: AQICAH{}", r.run(BASE64, 200)), "a.yml"),
        (format!("API_KEY=\"encrypted:{}\"", r.run(BASE64, 160)), ".env"),
        (format!("password: U2FsdGVkX18{}", r.run(BASE64, 60)), "a.yml"),
        (format!("password: gAAAAAB{}", r.run(MIXED, 120)), "a.yml"),
        (format!("encryptedData:\n  password: Ag{sealed}{sealed}\n"), "a.yaml"),
        (format!("{{\"secret_key\": \"{}\"}}", r.run(MIXED, 40)), "sub/.secrets.baseline"),
    ] {
        assert!(!blocks(&text, path), "{path}: {text}");
    }
    for (text, path) in [
        (format!("const privateKey = \"0x{}\";", r.run(HEX, 64)), "a.ts"),
        (format!("API_KEY={}", r.run(HEX_UPPER, 32)), ".env"),
        (format!("{{ apiKey: \"{}\" }}", r.run(HEX, 32)), "a.js"),
    ] {
        assert!(blocks(&text, path), "{path}: {text}");
    }
}

#[test]
fn a_bare_value_in_a_literal_of_several_lines_is_no_variable() {
    let mut dice = Dice(62);
    let upper = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    for (opening, closing, path) in [
        ("package m\nvar y = `\n", "`\n", "a.go"),
        ("const y = parse(`\n", "`);\n", "a.ts"),
        ("y = textwrap.dedent(\"\"\"\n", "\"\"\")\n", "a.py"),
        ("val y = \"\"\"\n", "\"\"\".trimIndent()\n", "A.kt"),
    ] {
        let missed = (0..100).filter(|_| {
            let text = format!("{opening}name: app\noauth_token: {}\n{closing}", dice.run(upper, 24));
            !blocks(&text, path)
        });
        assert_eq!(missed.count(), 0, "{path}");
        // The twin: a variable behind the literal.
        let text = format!("{opening}name: app\n{closing}oauth_token = REPLACEMENTFORTOKENS1\n");
        assert!(!blocks(&text, path), "{text}");
    }
}

#[test]
fn an_anchor_and_a_tag_are_no_part_of_a_value() {
    let mut dice = Dice(63);
    for template in [
        "password: &db @\n",
        "password: !!str @\n",
        "password: !!str &db @\n",
        "password: &db-main \"@\"\n",
        "client_secret: &a !!str '@'\nother: *a\n",
    ] {
        let value = dice.run(MIXED, 20);
        let text = filled(template, &value);
        assert!(blocks(&text, "conf/app.yml"), "{text}");
        let candidates = candidate::candidates(text.as_bytes());
        assert!(candidates.iter().any(|c| text[c.value.clone()] == value), "{text}");
    }
    // A reference to an anchor, and one that is resolved elsewhere.
    for text in
        ["password: *db\n", "password: !vault @\n", "password: !reference [a, b]\n", "password: &db\n  name: x\n"]
    {
        assert!(!blocks(text, "conf/app.yml"), "{text}");
    }
    // Signs of a password itself.
    let value = format!("&{}!x", dice.run(MIXED, 14));
    assert!(blocks(&format!("password: {value}\n"), "conf/app.yml"), "{value}");
}

#[test]
fn a_value_in_a_here_document_is_found() {
    let mut dice = Dice(64);
    for (template, path) in [
        ("password = <<EOT\n@\nEOT\n", "main.tf"),
        ("  api_key = <<-EOT\n    @\n  EOT\n", "main.tf"),
        ("API_TOKEN = <<~TOKEN\n  @\nTOKEN\n", "config.rb"),
    ] {
        let text = filled(template, &dice.run(MIXED, 32));
        assert!(blocks(&text, path), "{path}: {text}");
    }
    for text in [
        "password = <<EOT\n${var.password}\nEOT\n",
        "token_help = <<EOT\nRead the page about it.\nEOT\n",
        "token << 1\n",
    ] {
        assert!(!blocks(text, "main.tf"), "{text}");
    }
}

#[test]
fn the_value_in_the_place_of_a_missing_setting_is_found() {
    let mut dice = Dice(65);
    for (template, path) in [
        ("const k = process.env.API_KEY || \"@\";\n", "a.js"),
        ("const k = process.env.API_KEY ?? '@';\n", "a.ts"),
        ("k = ENV['API_KEY'] || '@'\n", "a.rb"),
        ("$k = getenv('API_KEY') ?: '@';\n", "a.php"),
        ("k = os.environ.get('API_KEY') or '@'\n", "a.py"),
        ("new Stripe(process.env.STRIPE_SECRET_KEY || '@')\n", "a.js"),
    ] {
        let text = filled(template, &dice.run(MIXED, 32));
        assert!(blocks(&text, path), "{path}: {text}");
    }
    for text in ["const name = token || 'anonymous';\n", "let key = row.key ?? 'name';\n", "if (password || \"\") {}\n"]
    {
        assert!(!blocks(text, "a.js"), "{text}");
    }
}
