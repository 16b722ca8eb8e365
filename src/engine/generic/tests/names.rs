use super::super::name::{Of, read};
use super::*;

/// Words before a credential in the names of configurations; many of them mean something by themselves.
const WORDS: &str = "account alert archive audit backup bad batch billing board branch broker bucket bus button cache \
    caption card cart catalog certificate chain channel chat checksum city class cluster code column comment commit \
    compass config contact country crypto currency customer dashboard date default device digest document door driver \
    email engine error event export field file filter finger folder form game garden gateway grid group hash header \
    health help hint history holiday house image index integrity invoice item journal label ledger library link list \
    locale loyalty map market member message metric mirror mobile module monkey month network nonce notice number \
    object office order page parcel partition payment person phone plant price primary print profile queue query \
    region report revision river room route row sample school sensor shop signature size sort staging stock stream \
    street style supplier table tag task team temperature template test text ticket title tool topic tracking train \
    translation tree unique vehicle vendor video view visit warehouse warning weather window wrong";

fn title(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}

#[test]
fn no_word_in_a_name_silences_a_random_value() {
    let mut dice = Dice(41);
    let mut missed = Vec::new();
    for word in WORDS.split_whitespace() {
        let (upper, title) = (word.to_uppercase(), title(word));
        for (line, path) in [
            (format!("{upper}_PASSWORD=@\n"), ".env"),
            (format!("APP_{upper}_API_KEY=@\n"), ".env"),
            (format!("spring.datasource.{word}.password=@\n"), "a.properties"),
            (format!("app.{word}.broker.secret=@\n"), "a.properties"),
            (format!("{word}_password: @\n"), "a.yml"),
            (format!("{{\"{word}ApiToken\": \"@\"}}\n"), "a.json"),
            (format!("{word}-token = \"@\"\n"), "a.toml"),
            (format!("class A {{ String {word}StorePassword = \"@\"; }}\n"), "A.java"),
            (format!("const {word}BirdApiKey = \"@\";\n"), "a.js"),
            (format!("{upper}_SECRET_KEY = \"@\"\n"), "a.py"),
            (format!("var {word}ClientSecret = \"@\"\n"), "a.go"),
            (format!("public string {title}Password = \"@\";\n"), "A.cs"),
        ] {
            for value in [dice.run(MIXED, 24), dice.run(HEX, 40)] {
                if best(&line.replace('@', &value), path) < MEDIUM {
                    missed.push(format!("{path}: {}", line.trim()));
                }
            }
        }
    }
    // A random value may be a placeholder by chance.
    assert!(missed.len() <= 4, "{} missed: {missed:#?}", missed.len());
}

#[test]
fn what_a_name_is_of_is_read() {
    for (name, of) in [
        ("primary_password", Of::Credential),
        ("objectStoreSecret", Of::Credential),
        ("cache.reset.token", Of::Credential),
        ("token_error_secret", Of::Perhaps),
        ("LABEL_PASSWORD", Of::Perhaps),
        ("passwordField", Of::Perhaps),
        ("forgotPasswordLabel", Of::Perhaps),
        ("key_id", Of::Thing),
        ("secretKeyId", Of::Thing),
        ("tokenAddress", Of::Thing),
        ("KEY_SERVER", Of::Thing),
        ("public_key", Of::Open),
        ("recaptchaSiteKey", Of::Open),
        ("search-only-api-key", Of::Open),
        ("public_password", Of::Credential),
        ("encryptedKey", Of::Sealed),
        ("wrapped_data_key", Of::Sealed),
        ("hashedToken", Of::Sealed),
        ("password_sha256", Of::Sealed),
        ("cipher_password", Of::Credential),
        ("commitToken", Of::Credential),
        ("secret_do_not_commit", Of::Credential),
        ("nonMatchingToken", Of::Denied),
        ("nonPassword", Of::Credential),
    ] {
        assert_eq!(read(name.as_bytes()).of, of, "{name}");
    }
    for (name, public) in [("primary_key", true), ("cacheKey", true), ("cache_api_key", false), ("sort_token", false)] {
        assert_eq!(read(name.as_bytes()).public, public, "{name}");
    }
}

#[test]
fn names_are_read_by_their_words() {
    for (name, kind) in [
        ("DB_PASSWORD", Kind::Password),
        ("dbPassword2", Kind::Password),
        ("clientSecret", Kind::Secret),
        ("aws_secret_access_key", Kind::Secret),
        ("x-api-key", Kind::ApiKey),
        ("github.token", Kind::Token),
        ("dbkey", Kind::Key),
        ("monkey", Kind::None),
        ("compass", Kind::None),
        ("host", Kind::None),
    ] {
        assert_eq!(read(name.as_bytes()).kind, kind, "{name}");
    }
}
