//! Values that stand where credentials do and are none, each with a twin that is one.

use super::places::{blocks, filled};
use super::*;

/// Names of texts and files that hold words of credentials.
const KEYS: [&str; 9] = [
    "auth/password_compromised",
    "auth/secret_hint",
    "auth/token_expired",
    "billing/api_key_created",
    "billing/payment",
    "common/cancel",
    "common/password",
    "common/save",
    "form/client_secret",
];

#[test]
fn an_entry_in_a_table_of_checksums_is_no_secret() {
    let mut dice = Dice(311);
    for length in [32, 40, 64] {
        for (line, path) in [
            ("    #: @\n", "apps/web/i18n.lock"),
            ("    #: @\n", "public/manifest.yml"),
            ("  \"#\": \"@\",\n", "assets/manifest.json"),
            ("@  #\n", "SHA256SUMS"),
        ] {
            let table: String = KEYS.iter().map(|key| filled(line, &dice.run(HEX, length)).replace('#', key)).collect();
            assert!(!blocks(&table, path), "{path}: {table}");
        }
        // One digest in a lockfile needs no neighbours.
        let entry = format!("  auth/password: {}\n", dice.run(HEX, length));
        assert!(!blocks(&entry, "texts.lock"), "{entry}");
        // The twin: a key of that form that has no such neighbours.
        for (text, path) in [
            (format!("NAME=corvus\nAPI_KEY={}\nPORT=80\n", dice.run(HEX, length)), ".env"),
            (format!("id: {}\napi_key: {}\nname: x\n", dice.run(HEX, length), dice.run(HEX, length)), "a.yml"),
        ] {
            assert!(blocks(&text, path), "{path}: {text}");
        }
    }
    let address = format!("  resolved: https://npm.acme.io/a.tgz?token={}\n", dice.run(HEX, 40));
    assert!(blocks(&address, "deps.lock"), "{address}");
}

#[test]
fn the_beginning_of_a_value_is_no_secret() {
    let mut dice = Dice(312);
    let random = dice.run(MIXED, 28);
    for (template, path) in [
        ("let key = '@' + name;", "a.js"),
        ("const apiKey = \"@\" + (id || 0);", "a.ts"),
        ("$key = '@' . $name;", "a.php"),
        ("local key = '@' .. name", "a.lua"),
        ("token = \"@\" + suffix", "a.py"),
    ] {
        for beginning in ["pf_m2s.", "acme:v2:", "cache-v3/", "s3_up_"] {
            assert!(!blocks(&filled(template, beginning), path), "{path}: {}", filled(template, beginning));
        }
        assert!(blocks(&filled(template, &random), path), "{path}: {}", filled(template, &random));
    }
    for prefix in ["fbocs_", "acme_", "acme-cs-"] {
        for template in ["prefix: { clientSecret: \"@\" },", "clientSecret = '@';", "{\"client_secret\": \"@\"}"] {
            assert!(!blocks(&filled(template, prefix), "a.ts"), "{}", filled(template, prefix));
            let token = format!("{prefix}{random}");
            assert!(blocks(&filled(template, &token), "a.ts"), "{}", filled(template, &token));
        }
    }
}

#[test]
fn versions_and_digests_of_lockfiles_and_images_are_no_secrets() {
    let mut dice = Dice(313);
    for range in ["npm:^7.0.4", "npm:~3.1.2", "npm:@scope/other@^2.0.0", "workspace:packages/pass"] {
        assert!(!blocks(&format!("    minipass: \"{range}\"\n"), "yarn.lock"), "{range}");
        assert!(!blocks(&format!("  \"fs-minipass\": \"{range}\",\n"), "package.json"), "{range}");
    }
    for image in ["docker.io/valkey/valkey:9-alpine", "acme/secret:8", "keycloak/key"] {
        let text = format!("    image: {image}@sha256:{}\n", dice.run(HEX, 64));
        assert!(!blocks(&text, "compose.yml"), "{text}");
    }
    let secret = dice.run(MIXED, 32);
    assert!(blocks(&format!("    minipass: \"{secret}\"\n"), "app.yml"));
}

#[test]
fn the_key_of_a_record_is_no_secret() {
    let mut dice = Dice(314);
    for length in [24, 32] {
        let key = dice.run(HEX, length);
        for (template, path) in [
            ("['id' => 59, 'name' => 'Forte', 'provider' => 'Forte', 'key' => '@'],", "app/List.php"),
            ("  {\"id\": 7, \"name\": \"forte\", \"key\": \"@\"},", "data/list.json"),
            ("$gateway->key = '@';", "database/migrations/2024_add.php"),
            ("CompanyGateway::where('gateway_key', '@')", "app/A.php"),
            ("Gateway.find_by('key', '@')", "app/a.rb"),
        ] {
            assert!(!blocks(&filled(template, &key), path), "{path}: {}", filled(template, &key));
        }
        for (template, path) in [
            ("{\"id\": 7, \"name\": \"forte\", \"api_key\": \"@\"},", "data/list.json"),
            ("$gateway->secret = '@';", "database/migrations/2024_add.php"),
            ("Gateway::make('api_key', '@')", "app/A.php"),
        ] {
            assert!(blocks(&filled(template, &key), path), "{path}: {}", filled(template, &key));
        }
    }
}

#[test]
fn patterns_expressions_and_names_of_databases_are_no_secrets() {
    for (text, path) in [
        ("String PASSWORD_REGEX = \"^[A-Za-z0-9!@#$%^&*.?]+$\";", "A.java"),
        ("password_pattern = r\"(?=.*[A-Z])(?=.*[0-9]).{8,}\"", "a.py"),
        ("P('Cannot pass \"'+ft(b)+'\" as a '+this.name);b.kd", "a.js"),
        ("const o = {\n\tpassword: Config.values.webirc[this.host],\n};", "a.js"),
        ("docker exec -ti db1 mysqldump -u corvus -p corvus9\n", "dump.sql"),
        ("mariadb -h db1 -u corvus -p corvus9\n", "a.sh"),
    ] {
        assert!(!blocks(text, path), "{path}: {text}");
    }
    let mut dice = Dice(315);
    let value = dice.run(MIXED, 24);
    for (template, path) in [
        ("String PASSWORD_REGEX = \"@\";", "A.java"),
        ("const o = {\n\tpassword: \"@\",\n};", "a.js"),
        ("sshpass -p @ ssh -u corvus db1\n", "a.sh"),
    ] {
        assert!(blocks(&filled(template, &value), path), "{path}: {}", filled(template, &value));
    }
}

#[test]
fn the_keys_of_many_records_are_no_secrets() {
    let mut dice = Dice(316);
    for member in [
        "{\"component\": \"Text\", \"w\": 3, \"key\": \"@\"},",
        "{\\\"w\\\":3,\\\"key\\\":\\\"@\\\"},",
        "[ 'w' => 3, 'key' => '@' ],",
    ] {
        for (separator, path) in [("\n", "assets/page.json"), ("", "db/pages.sql"), ("\n  ", "app/Page.php")] {
            let page: Vec<String> = (0..4).map(|_| filled(member, &uuid(&mut dice))).collect();
            let page = page.join(separator);
            assert!(!blocks(&page, path), "{path}: {page}");
        }
    }
    let thing = format!("{{\"@type\": \"Product\", \"name\": \"a\", \"key\": \"{}\"}}", uuid(&mut dice));
    assert!(!blocks(&thing, "src/thing.json"), "{thing}");
    for (name, value) in [
        ("key", "1717065329786_527143".to_owned()),
        ("key", "20240612-1830-0071-2231".to_owned()),
        ("url_key", format!("{}2023-variant-16", dice.run(b"ABCDEFGHIJK", 8))),
        ("slug-key", dice.run(HEX, 12)),
    ] {
        let text = format!("  \"{name}\": \"{value}\",\n");
        assert!(!blocks(&text, "data/items.json"), "{text}");
    }
    // The twins: named as credentials, however many there are.
    for name in ["api_key", "client_secret", "token"] {
        let all: Vec<String> = (0..4).map(|_| format!("{{\"{name}\": \"{}\"}}", uuid(&mut dice))).collect();
        assert!(blocks(&all.join(",\n"), "conf/all.json"), "{all:?}");
    }
}

#[test]
fn a_token_without_claims_and_the_environment_of_a_tag_manager_are_no_secrets() {
    let mut dice = Dice(317);
    let header = data_encoding::BASE64URL_NOPAD.encode(b"{\"alg\":\"RS256\"}");
    for value in [format!("{header}.oidcpayload"), format!("{header}.claims.signature"), header.clone()] {
        assert!(!blocks(&format!("\"token\": \"{value}\",\n"), "src/login.json"), "{value}");
    }
    let claims = data_encoding::BASE64URL_NOPAD.encode(format!("{{\"sub\":\"{}\"}}", dice.run(MIXED, 12)).as_bytes());
    let whole = format!("{header}.{claims}.{}", dice.run(MIXED, 43));
    assert!(blocks(&format!("\"token\": \"{whole}\",\n"), "src/login.json"), "{whole}");

    let auth = dice.run(MIXED, 22);
    let container = format!("  id: 'GTM-{}',\n  auth: '{auth}',\n  preview: 'env-17',\n", dice.run(b"ABCDEFGH", 7));
    assert!(!blocks(&container, "app/tags.js"), "{container}");
    let other = format!("  id: 'corvus',\n  auth: '{auth}',\n  preview: 'none',\n");
    assert!(blocks(&other, "app/tags.js"), "{other}");
}

#[test]
fn authors_entities_and_texts_of_translations_are_no_secrets() {
    let mut dice = Dice(318);
    let name = format!("L{}.j1ang", dice.run(b"aeiou", 2));
    for (text, path) in [
        (format!("/**\n  Auth: {name}\n  Created: 2018/1/19-14:54\n*/\n"), "a.vue"),
        (format!("# Date: 2018-01-19\n# Auth: {name}\n"), "a.py"),
        (
            "<input type=\"password\" name=\"passwd\" autocomplete=\"new-password\">\n  &nbsp;<span>x</span>\n"
                .to_owned(),
            "a.php",
        ),
        ("{\"Password\":[\"Aanmeldcode9\"]}".to_owned(), "app/messages/nl/login.json"),
        ("{\"Password\":[\"Aanmeldcode9\"]}".to_owned(), "app/messages/pt-BR.json"),
    ] {
        assert!(!blocks(&text, path), "{path}: {text}");
    }
    let secret = dice.run(MIXED, 24);
    for (text, path) in [
        (format!("/**\n  Auth: {secret}\n  Created: 2018/1/19\n*/\n"), "a.vue"),
        (format!("{{\"password\": \"{secret}\"}}"), "app/messages/nl/login.json"),
        (format!("{{\"password\": \"{secret}\"}}"), "app/messages/send.json"),
    ] {
        assert!(blocks(&text, path), "{path}: {text}");
    }
}

#[test]
fn tokens_that_a_page_shows_are_no_secrets() {
    let mut dice = Dice(319);
    let beacon = dice.run(HEX, 32);
    let trial = format!(
        "A{}AAABf{}",
        dice.run(MIXED, 86),
        data_encoding::BASE64.encode(br#"{"origin":"https://site.example:443","feature":"x","expiry":1}"#)
    );
    let group = dice.run(MIXED, 60);
    for (text, path) in [
        (
            format!(
                "<script src='https://static.cloudflareinsights.com/beacon.min.js' data-cf-beacon='{{\"token\": \"{beacon}\"}}'></script>\n"
            ),
            "a.haml",
        ),
        (format!("  --set-env-vars=\"ORIGIN_TRIAL_TOKEN={trial}\"\n"), ".github/workflows/a.yml"),
        (
            format!(
                "<a href=\"http://qm.qq.com/cgi-bin/qm/qr?_wv=1027&k={0}&authKey={group}&noverify=0\">1</a>\n",
                &group[..32]
            ),
            "a.vue",
        ),
    ] {
        assert!(!blocks(&text, path), "{path}: {text}");
    }
    assert!(blocks(
        &format!("<script src='https://site.example/a.js' data-site='{{\"token\": \"{beacon}\"}}'></script>\n"),
        "a.haml"
    ));
    assert!(blocks(&format!("  --set-env-vars=\"DEPLOY_TOKEN={}\"\n", dice.run(MIXED, 40)), ".github/workflows/a.yml"));
}

#[test]
fn samples_in_leet_and_keys_that_are_public_are_no_secrets() {
    let mut dice = Dice(320);
    let certificate =
        data_encoding::BASE64.encode(format!("-----BEGIN CERTIFICATE-----\n{}", dice.run(MIXED, 60)).as_bytes());
    let node = dice.run(b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", 180);
    for (text, path) in [
        ("SA_PASSWORD: \"Passw0rd!\"\n", "docker-compose.yml"),
        ("DB_PASSWORD=P@ssw0rd\n", "dev.env"),
        ("password: S3cr3t\n", "a.yml"),
        ("password: adm1n\n", "a.yml"),
    ] {
        assert!(!blocks(text, path), "{path}: {text}");
    }
    assert!(!blocks(&format!("secretValue: {certificate}\n"), "values.yaml"));
    assert!(!blocks(&format!("{{\"blskey\":\"{node}\",\"blskey_pop\":\"{node}\"}}\n"), "genesis"));
    for text in [
        "url: jdbc:mysql://10.1.2.3/shop\nusername: root\npassword: Passw0rd!\n",
        "password: C0rvus!2019\nhost: 10.1.2.3\nuser: a\n",
    ] {
        assert!(blocks(text, "application.yml"), "{text}");
    }
    assert!(blocks(&format!("{{\"sealkey\":\"{node}\"}}\n"), "genesis"));
}

#[test]
fn the_key_of_a_drawn_element_is_no_secret() {
    let mut dice = Dice(331);
    for _ in 0..20 {
        let key = dice.run(b"abcdefghijklmnopqrstuvwxyz0123456789", 6);
        for template in [
            "[[\"path\",{d:\"m5 12 7-7 7 7\",key:\"@\"}],[\"circle\",{cx:\"8\",cy:\"8\",r:\"2\",key:\"@\"}]]",
            "  [\"rect\", { width: \"20\", height: \"8\", x: \"2\", key: \"@\" }],",
        ] {
            assert!(!blocks(&filled(template, &key), "dist/icons.js"), "{}", filled(template, &key));
        }
    }
    // The twin: a long key beside the size of something.
    let text = filled("box = {width:\"20\",key:\"@\"}", &dice.run(MIXED, 32));
    assert!(blocks(&text, "dist/icons.js"), "{text}");
}

#[test]
fn the_format_of_a_date_is_no_secret() {
    for format in ["%Y-%m-%dT%H:%M:%SZ", "%d/%b/%Y %H:%M:%S", "%Y%m%d_%H%M%S"] {
        let text = format!("credentials[\"expiry_time\"] = at.strftime(\"{format}\")\ntoken = \"{format}\"\n");
        assert!(!blocks(&text, "src/auth.py"), "{text}");
    }
}

#[test]
fn a_quoted_word_in_a_sentence_is_no_password() {
    for text in ["    \"columns; pass 'float64' explicitly if that is \"\n", "# pass \"utf8\" as encoding.\n"] {
        assert!(!blocks(text, "core/frame.py"), "{text}");
    }
    let text = format!("mysql> set pass '{}'\n", Dice(332).run(MIXED, 16));
    assert!(blocks(&text, "a.py"), "{text}");
}

#[test]
fn a_token_that_begins_as_the_name_of_an_index_does_is_none() {
    let mut dice = Dice(321);
    let lower = b"abcdefghijklmnopqrstuvwxyz0123456789";
    for prefix in ["FK", "UK", "PK", "IDX", "UNIQ"] {
        for name in [format!("{prefix}_{}", dice.run(lower, 24)), format!("{prefix}{}", dice.run(lower, 24))] {
            let text = format!("  UNIQUE KEY `{name}` (`token`),\n");
            assert!(!blocks(&text, "db/schema.sql"), "{text}");
        }
        let text = format!("index-token = \"{prefix}{}\"\n", dice.run(MIXED, 22));
        assert!(blocks(&text, "a.toml"), "{text}");
    }
}

#[test]
fn many_keys_of_one_length_are_no_table_of_checksums() {
    let mut dice = Dice(322);
    let names = [
        "SECRET_KEY",
        "JWT_SECRET",
        "SESSION_SECRET",
        "COOKIE_SECRET",
        "API_KEY",
        "WEBHOOK_SECRET",
        "CLIENT_SECRET",
        "ENCRYPTION_KEY",
    ];
    for length in [32, 40, 64, 128] {
        for (line, path) in [
            ("#=@\n", ".env"),
            ("  #: @\n", "values.yaml"),
            ("# = \"@\"\n", "prod.tfvars"),
            ("ENV # @\n", "Dockerfile"),
        ] {
            let all: String =
                names.iter().map(|name| filled(line, &dice.run(HEX, length)).replace('#', name)).collect();
            let (text, place) = (all.as_bytes(), path.as_bytes());
            let found = candidate::candidates(text)
                .into_iter()
                .filter(|c| judge(text, place, c).reconsidered(text, place, c).confidence >= Some(Confidence::Medium));
            assert!(found.count() >= names.len() - 1, "{path}: {all}");
        }
    }
}
