use super::places::{blocks, filled};
use super::{Dice, MIXED};

/// Passwords that people make, on stems of their own: each a word and what was added to it.
const MADE: [&str; 12] = [
    "Harbor77",
    "welcome7",
    "rootAdmin3",
    "Secret-2021",
    "svcHarbor12",
    "MARTIN@2019",
    "claire#4",
    "Lisbon-2022!",
    "Nadia@qp@.",
    "password4180",
    "myGuest35",
    "Tr0ub4dor",
];

#[test]
fn a_password_of_a_person_blocks_beside_a_host_that_is_no_sample() {
    for host in ["10.20.4.17", "88.99.12.3", "db-kq.corp.internal", "shop-x.eu-west-1.rds.amazonaws.com"] {
        for (template, path) in [
            ("database:\n  host: HOST\n  user: shop\n  password: @\n", "values.yml"),
            (
                "spring:\n  datasource:\n    url: jdbc:mysql://HOST:3306/shop\n    username: root\n    password: @\n",
                "a.yml",
            ),
            ("DB_HOST=HOST\nDB_USER=shop\nDB_PASSWORD=@\n", "prod.env"),
            ("{\n  \"host\": \"HOST\",\n  \"user\": \"shop\",\n  \"password\": \"@\"\n}\n", "a.json"),
            ("[db]\nserver = HOST\nuid = shop\npwd = @\n", "a.ini"),
            ("conn = connect(host=\"HOST\", user=\"shop\", password=\"@\")\n", "a.py"),
        ] {
            for password in MADE {
                let text = filled(&template.replace("HOST", host), password);
                assert!(blocks(&text, path), "{path}: {text}");
            }
        }
    }
}

#[test]
fn a_word_blocks_beside_such_a_host_and_a_user_alone() {
    let login = "db:\n  host: HOST\n  user: shop\n  password: Celandine\n";
    assert!(blocks(&login.replace("HOST", "10.20.4.17"), "a.yml"));
    for host in ["localhost", "127.0.0.1", "db", "db.example.com", "192.0.2.7", "host.docker.internal"] {
        assert!(!blocks(&login.replace("HOST", host), "a.yml"), "{host}");
    }
    // The login in use is named further up, and those in comments are not in use.
    let comments =
        "    # url: jdbc:oracle:thin:@127.0.0.1:1521:xe, for trials on the developer's own machine\n".repeat(6);
    let far =
        format!("db:\n  url: jdbc:mysql://shop.acme.top:3306/x\n{comments}  username: shop\n  password: shop@LL3\n");
    assert!(blocks(&far, "a.yml"));
    assert!(!blocks("db:\n  password: Celandine\n", "a.yml"));
    let sentence = "# https://shop.acme.top:3306 knows the user: shop and the password: whoever reads it logs in\n";
    assert!(!blocks(sentence, "a.yml"));
    assert!(!blocks("db:\n  host: 10.20.4.17\n  user: shop\n  password: DB_PASSWORD\n", "a.yml"));
    assert!(!blocks("db:\n  host: 10.20.4.17\n  user: shop\n  password: changeme\n", "a.yml"));
}

#[test]
fn a_default_of_a_developers_machine_is_shown_and_does_not_block() {
    for password in ["Harbor77", "welcome7", "Admin1234!", "k3str4", "password4180"] {
        for (template, path) in [
            ("db:\n  host: localhost\n  user: shop\n  password: @\n", "a.yml"),
            ("    url: jdbc:postgresql://host.docker.internal:5432/x\n    username: shop\n    password: @\n", "a.yaml"),
            ("  db:\n    environment:\n      POSTGRES_USER: shop\n      POSTGRES_PASSWORD: @\n", "docker-compose.yml"),
            ("    env:\n      MYSQL_ROOT_PASSWORD: @\n", ".github/workflows/test.yml"),
            ("url = \"postgres://shop:@\u{1}127.0.0.1/shop\"\n", "a.py"),
        ] {
            let text = filled(template, password).replace('\u{1}', "@");
            assert!(!blocks(&text, path), "{path}: {text}");
        }
    }
}

#[test]
fn a_random_value_is_no_persons_password_wherever_it_is() {
    let mut dice = Dice(83);
    let mut missed = Vec::new();
    for length in 12..16 {
        for _ in 0..60 {
            let value = dice.run(MIXED, length);
            for (template, path) in [
                ("const u = \"https://:@\u{1}build.acme.example/path\";\n", "a.js"),
                ("url = \"postgres://shop:@\u{1}localhost/shop\"\n", "a.py"),
            ] {
                let text = filled(template, &value).replace('\u{1}', "@");
                if !blocks(&text, path) {
                    missed.push(text);
                }
            }
        }
    }
    // A random value may hold a word by chance.
    assert!(missed.len() <= 24, "{} of 480: {missed:#?}", missed.len());
}
