//! Settings to registries, and answers to facts, without a network.

use std::collections::{BTreeMap, HashMap};

use std::sync::Mutex;

use serde_json::{Value, json};

use super::registries::{Registries, Surroundings};
use super::*;
#[cfg(feature = "online")]
use crate::package::attestation::testing::{Authority, Key};
use crate::package::facts::Known;
use crate::package::fetch::Credential;
use crate::package::survey::{Survey, SurveyRow};

/// A transport that answers from a table and records its requests.
#[derive(Default)]
struct Table {
    answers: BTreeMap<String, Result<Vec<u8>, Failure>>,
    asked: Mutex<Vec<(String, Option<Credential>)>>,
}

impl Fetch for &'static Table {
    fn get(&self, request: &WebRequest<'_>) -> Result<Vec<u8>, Failure> {
        let address = request.address.to_string();
        self.asked.lock().unwrap().push((address.clone(), request.credential.cloned()));
        self.answers.get(&address).cloned().unwrap_or(Err(Failure::Status(404)))
    }
}

fn table(answers: &[(&str, Value)]) -> &'static Table {
    let answers = answers.iter().map(|(at, value)| ((*at).to_owned(), Ok(value.to_string().into_bytes()))).collect();
    Box::leak(Box::new(Table { answers, ..Table::default() }))
}

/// A user with these files (below `~` and `/etc`) and variables.
struct User {
    home: tempfile::TempDir,
    variables: HashMap<String, String>,
    project: Option<(String, String)>,
    ask: fn(&str, &[&str], Option<&std::path::Path>) -> Option<String>,
}

fn user(files: &[(&str, &str)], variables: &[(&str, &str)]) -> User {
    let home = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let variables = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    User { home, variables, project: None, ask: |_, _, _| None }
}

impl User {
    fn registries(&self) -> Result<Registries> {
        Registries::read(Surroundings {
            variables: self.variables.clone(),
            home: Some(self.home.path().to_owned()),
            machine: self.home.path().join("etc"),
            project: self.project.clone(),
            ask: self.ask,
        })
    }

    fn npm(&self, name: &str) -> String {
        self.registries().unwrap().npm(name).unwrap().address.to_string()
    }

    fn pypi(&self) -> Vec<String> {
        self.registries().unwrap().pypi().unwrap().iter().map(|r| r.address.to_string()).collect()
    }
}

#[test]
fn npms_registry_comes_from_where_npm_takes_it() {
    let mut one = user(
        &[
            (".npmrc", "; mine\nregistry = \"https://user.example/npm/\"\n@acme:registry=https://acme.example\n"),
            ("else", "registry=https://else.example/"),
        ],
        &[],
    );
    assert_eq!(one.npm("left-pad"), "https://user.example/npm/");
    assert_eq!(one.npm("@acme/x"), "https://acme.example/");
    assert_eq!(one.npm("@other/x"), "https://user.example/npm/");
    one.project =
        Some((".npmrc".into(), "registry=https://project.example/\n@acme:registry=https://own.example/\n".into()));
    assert_eq!((one.npm("x"), one.npm("@acme/x")), ("https://project.example/".into(), "https://own.example/".into()));
    one.variables.insert("NPM_CONFIG_REGISTRY".into(), "https://env.example/".into());
    assert_eq!((one.npm("x"), one.npm("@acme/x")), ("https://env.example/".into(), "https://own.example/".into()));
    let mut other = user(&[("else", "registry=https://else.example/")], &[]);
    other.variables.insert("npm_config_userconfig".into(), other.home.path().join("else").display().to_string());
    assert_eq!(other.npm("x"), "https://else.example/");
}

#[test]
fn where_nothing_is_configured_the_managers_are_asked_and_else_the_user() {
    let mut one = user(&[], &[]);
    let registries = one.registries().unwrap();
    let error = registries.npm("x").expect_err("no address").to_string();
    assert!(error.contains("add `registry=https://...` to ~/.npmrc"), "{error}");
    let error = registries.pypi().expect_err("no address").to_string();
    assert!(error.contains("index-url = https://"), "{error}");
    one.ask = |program, _, dir| {
        assert!(dir.is_some(), "never in the project's folder");
        Some(
            if program.starts_with("npm") { "https://npm.example/" } else { "https://index.example/simple" }.to_owned(),
        )
    };
    assert_eq!(one.npm("x"), "https://npm.example/");
    assert_eq!(one.pypi(), ["https://index.example/simple"]);
    let plain = user(&[(".npmrc", "registry=http://intern.example/\n")], &[]);
    assert!(plain.registries().unwrap().npm("x").expect_err("plain http").to_string().contains("plain http"));
}

#[test]
fn a_settings_file_that_cannot_be_read_is_an_error() {
    // A folder in the place of each file.
    for file in [".npmrc", ".config/pip/pip.conf", "etc/pip.conf", ".pip/pip.conf"] {
        let one = user(&[(&format!("{file}/x"), "")], &[]);
        let error = one.registries().err().unwrap_or_else(|| panic!("{file} is passed over")).to_string();
        assert!(error.contains(file), "{error}");
    }
    let none = [("npm_config_userconfig", "/dev/null"), ("PIP_CONFIG_FILE", "/dev/null"), ("VIRTUAL_ENV", "/gone")];
    assert!(user(&[], &none).registries().is_ok(), "the usual ways to have no settings");
}

#[test]
fn credentials_go_where_they_are_filed_and_nowhere_else() {
    let text = "//a.example/npm/:_authToken=${TOKEN}\n//b.example/:_auth=dTpw\n//c.example/:username=me\n//c.example/:_password=cHc=\n//d.example:8443/:_authToken=${GONE}\n";
    let mut one = user(&[(".npmrc", text)], &[("TOKEN", "from-the-environment")]);
    let credential = |one: &User, address: &str, name: &str| {
        let mut with = user(&[], &[]);
        with.variables = one.variables.clone();
        with.variables.insert("npm_config_registry".into(), address.into());
        with.project.clone_from(&one.project);
        std::fs::copy(one.home.path().join(".npmrc"), with.home.path().join(".npmrc")).unwrap();
        with.registries().unwrap().npm(name).unwrap().credential
    };
    assert_eq!(credential(&one, "https://a.example/npm/", "x"), Some(Credential::bearer("from-the-environment")));
    assert_eq!(
        credential(&one, "https://a.example/npm/deeper/", "x"),
        Some(Credential::bearer("from-the-environment"))
    );
    assert_eq!(credential(&one, "https://a.example/", "x"), None);
    assert_eq!(credential(&one, "https://a.example:444/npm/", "x"), None);
    assert_eq!(credential(&one, "https://b.example/x/", "x"), Some(Credential::basic("u:p")));
    assert_eq!(credential(&one, "https://c.example/", "x"), Some(Credential::basic("me:pw")));
    // A project's `.npmrc` receives no secret.
    one.project =
        Some((".npmrc".into(), "@x:registry=https://evil.example/\n//evil.example/:_authToken=${TOKEN}\n".into()));
    assert_eq!(credential(&one, "https://a.example/npm/", "@x/y"), None);
    one.project = Some(("web/.npmrc".into(), "\nregistry=https://evil.example/${TOKEN}/\n".into()));
    let error = one.registries().err().expect("a variable in a project's address").to_string();
    assert!(error.starts_with("web/.npmrc:2:") && !error.contains("from-the-environment"), "{error}");
    assert_eq!(format!("{:?}", Credential::bearer("word")), "Credential(****)");
}

#[test]
fn pips_indexes_come_from_where_pip_takes_them() {
    let files = [
        (
            "etc/pip.conf",
            "[global]\nindex-url = https://machine.example/simple\nextra-index-url = https://old.example/simple\n",
        ),
        (
            ".config/pip/pip.conf",
            "# mine\n[global]\ntimeout = 60\n\n[install]\nextra_index_url =\n    https://one.example/simple\n    https://me:w%40rd@two.example/simple\n[freeze]\nindex-url = https://no.example/\n",
        ),
    ];
    let mut one = user(&files, &[]);
    assert_eq!(
        one.pypi(),
        ["https://machine.example/simple", "https://one.example/simple", "https://two.example/simple"]
    );
    assert_eq!(one.registries().unwrap().pypi().unwrap()[2].credential, Some(Credential::basic("me:w@rd")));
    one.variables.insert("PIP_INDEX_URL".into(), "https://env.example/simple/".into());
    one.variables.insert("PIP_EXTRA_INDEX_URL".into(), "https://three.example/simple".into());
    assert_eq!(one.pypi(), ["https://env.example/simple/", "https://three.example/simple"]);
}

/// A survey of these packages.
fn survey(packages: &[(Ecosystem, &str, &str)]) -> Survey {
    let rows = packages
        .iter()
        .map(|(ecosystem, name, version)| SurveyRow::unknown(*ecosystem, name, Some(*version)))
        .collect();
    Survey { rows, ..Survey::default() }
}

fn online(net: &'static Table) -> Online {
    let user = user(
        &[],
        &[("npm_config_registry", "https://npm.example/r/"), ("PIP_INDEX_URL", "https://index.example/simple")],
    );
    Online::new(Box::new(net), user.registries().unwrap())
}

fn base64(value: &Value) -> String {
    data_encoding::BASE64.encode(value.to_string().as_bytes())
}

/// A registry with one package: two versions that claim a provenance, of which one is about another file, and three that
/// claim none.
fn npm_registry() -> &'static Table {
    let digest = [7_u8; 64];
    let integrity = format!("sha512-{}", data_encoding::BASE64.encode(&digest));
    let statement = |digest: &[u8]| {
        json!({
            "subject": [{"name": "pkg:npm/%40a/b@1.0.0", "digest": {"sha512": data_encoding::HEXLOWER.encode(digest)}}],
            "predicate": {"buildDefinition": {"externalParameters": {"workflow": {
                "repository": "https://host.example/o/r", "path": ".github/workflows/release.yml"}}}}
        })
    };
    let attestation = |digest: &[u8]| {
        json!({"attestations": [
            {"predicateType": "https://host.example/publish/v0.1", "bundle": {"dsseEnvelope": {"payload": base64(&json!({"subject": []}))}}},
            {"predicateType": "https://slsa.dev/provenance/v1", "bundle": {"dsseEnvelope": {"payload": base64(&statement(digest))}}},
        ]})
    };
    let dist = json!({"integrity": integrity, "attestations": {"provenance": {"predicateType": "https://slsa.dev/provenance/v1"}}});
    table(&[
        (
            "https://npm.example/r/@a%2Fb",
            json!({
                "versions": {
                    "1.0.0": {"dist": dist}, "1.1.0": {"dist": dist}, "1.2.0": {"dist": dist},
                    "2.0.0": {"deprecated": "use\u{1b}[2J another"}, "3.0.0": {"deprecated": false},
                },
                "time": {"created": "2020-01-01T00:00:00.000Z", "1.0.0": "2024-05-06T07:08:09.123Z", "unpublished": {"versions": []}},
            }),
        ),
        ("https://npm.example/r/-/npm/v1/attestations/@a%2Fb@1.0.0", attestation(&digest)),
        ("https://npm.example/r/-/npm/v1/attestations/@a%2Fb@1.1.0", attestation(&[8; 64])),
    ])
}

#[test]
fn answers_of_npm() {
    let net = npm_registry();
    let mut survey = survey(&[
        (Ecosystem::Npm, "@a/b", "1.0.0"),
        (Ecosystem::Npm, "@a/b", "1.1.0"),
        (Ecosystem::Npm, "@a/b", "1.2.0"),
        (Ecosystem::Npm, "@a/b", "2.0.0"),
        (Ecosystem::Npm, "@a/b", "3.0.0"),
        (Ecosystem::Npm, "@a/b", "9.9.9"),
        (Ecosystem::Npm, "gone", "1.0.0"),
    ]);
    survey.add_facts(&online(net)).unwrap();
    assert!(survey.coverage.complete());
    let facts: Vec<&Facts> = survey.rows.iter().map(|r| r.registry.as_ref().unwrap()).collect();
    assert_eq!(facts[0].published.as_deref(), Some("2024-05-06T07:08:09.123Z"));
    let provenance = facts[0].provenance.as_ref().unwrap();
    assert_eq!(provenance.matches, Some(true));
    assert_eq!(provenance.source.as_deref(), Some("https://host.example/o/r"));
    assert!(facts[0].line(jiff::Timestamp::UNIX_EPOCH).contains("no proof that it is harmless"));
    let notes: Vec<String> = survey.rows.iter().map(|r| r.notes.join("; ")).collect();
    // The signature of this table's attestations is none.
    let signature = if cfg!(feature = "online") { "attestation does not hold" } else { "" };
    assert!(notes[0].contains(signature) && (notes[0].is_empty() || cfg!(feature = "online")), "{notes:?}");
    assert!(notes[1].contains("about another file"), "{notes:?}");
    assert_eq!((notes[2].as_str(), facts[2].provenance.as_ref().unwrap().matches), ("", None));
    assert_eq!(notes[3], "deprecated: use [2J another", "a registry's text controls no terminal");
    assert_eq!((notes[4].as_str(), facts[4].published.clone()), ("", None));
    assert!(
        notes[5].contains("does not know this version") && notes[6].contains("does not know the name"),
        "{notes:?}"
    );
    // One request for each package, and one for each attestation.
    assert_eq!(net.asked.lock().unwrap().len(), 5);
}

#[test]
fn answers_of_an_index() {
    let hash = "ab".repeat(32);
    let statement = json!({"subject": [{"name": "x", "digest": {"sha256": hash}}], "predicateType": "https://docs.example/publish/v1"});
    let net = table(&[
        (
            "https://index.example/simple/my-thing/",
            json!({
                "name": "my-thing", "project-status": {"status": "quarantined"},
                "files": [
                    {"filename": "my_thing-1.0-py3-none-any.whl", "hashes": {"sha256": hash}, "upload-time": "2024-02-02T00:00:00Z", "yanked": false,
                     "provenance": "https://index.example/integrity/my_thing-1.0"},
                    {"filename": "my-thing-1.0.tar.gz", "upload-time": "2024-02-01T00:00:00Z"},
                    {"filename": "my_thing-1.1.tar.gz", "yanked": "broken", "provenance": "https://elsewhere.example/x"},
                ],
            }),
        ),
        (
            "https://index.example/integrity/my_thing-1.0",
            json!({"version": 1, "attestation_bundles": [{"publisher": {"kind": "GitHub", "repository": "o/r", "workflow": "release.yml"},
                "attestations": [{"envelope": {"statement": base64(&statement)}}]}]}),
        ),
    ]);
    let mut survey = survey(&[
        (Ecosystem::Pypi, "My_Thing", "1.0.0"),
        (Ecosystem::Pypi, "My_Thing", "1.1"),
        (Ecosystem::Go, "x", "1"),
    ]);
    survey.add_facts(&online(net)).unwrap();
    let facts = survey.rows[0].registry.as_ref().unwrap();
    assert_eq!((facts.known, facts.published.as_deref()), (Known::Version, Some("2024-02-01T00:00:00Z")));
    assert_eq!(facts.provenance.as_ref().unwrap().matches, Some(true));
    assert_eq!(survey.rows[0].notes.last().unwrap(), "the registry calls the project quarantined");
    assert_eq!(survey.rows[1].notes[0], "yanked: broken");
    assert_eq!(survey.rows[2].registry, None);
    let asked = net.asked.lock().unwrap();
    assert!(
        asked.iter().all(|(at, _)| at.starts_with("https://index.example/")),
        "no request goes elsewhere: {asked:?}"
    );
}

#[test]
fn a_name_that_two_indexes_serve_is_noted() {
    let file = |v: &str| json!({"files": [{"filename": format!("intern-{v}.tar.gz")}]});
    let net = table(&[("https://one.example/intern/", file("1.0")), ("https://two.example/intern/", file("99.0"))]);
    let user = user(&[], &[("PIP_INDEX_URL", "https://one.example"), ("PIP_EXTRA_INDEX_URL", "https://two.example")]);
    let mut survey = survey(&[(Ecosystem::Pypi, "intern", "99.0")]);
    survey.add_facts(&Online::new(Box::new(net), user.registries().unwrap())).unwrap();
    assert_eq!(survey.rows[0].registry.as_ref().unwrap().registry, "https://two.example/");
    assert_eq!(survey.rows[0].notes, ["https://one.example/ serves the same name: which of the two is meant?"]);
}

#[test]
fn what_fails_is_incomplete_and_a_silent_registry_is_not_asked_for_ever() {
    let mut answers = BTreeMap::new();
    for n in 0..40 {
        answers.insert(format!("https://npm.example/r/p{n}"), Err(Failure::Unreachable("timeout".into())));
    }
    answers.insert("https://index.example/simple/a/".into(), Err(Failure::Status(500)));
    answers.insert("https://index.example/simple/b/".into(), Ok(b"{\"files\": 3}".to_vec()));
    answers.insert("https://index.example/simple/c/".into(), Ok(b"It works!".to_vec()));
    let net: &'static Table = Box::leak(Box::new(Table { answers, ..Table::default() }));
    let names: Vec<String> = (0..40).map(|n| format!("p{n}")).collect();
    let mut packages: Vec<(Ecosystem, &str, &str)> =
        names.iter().map(|n| (Ecosystem::Npm, n.as_str(), "1.0.0")).collect();
    packages.extend(["a", "b", "c"].map(|n| (Ecosystem::Pypi, n, "1")));
    let mut survey = survey(&packages);
    survey.add_facts(&online(net)).unwrap();
    assert_eq!(survey.coverage.skipped.len(), 43);
    assert!(survey.coverage.skipped.iter().all(|skip| skip.incomplete && skip.what == "registry"));
    assert!(survey.rows.iter().all(|row| row.registry.is_none()));
    let asked = net.asked.lock().unwrap().iter().filter(|(at, _)| at.contains("npm.example")).count();
    assert!(asked < 20, "{asked} questions to a registry that does not answer");
}

#[test]
fn names_cannot_lead_elsewhere() {
    assert_eq!(segment("@a/b"), "@a%2Fb");
    assert_eq!(segment("../x?y#z"), "..%2Fx%3Fy%23z");
    assert_eq!((segment(".."), segment(".")), ("%2E%2E".to_owned(), "%2E".to_owned()));
}

/// A registry whose package was released three times: signed by the registry, built by a workflow, then by another, then by
/// nobody.
#[cfg(feature = "online")]
fn signed_registry(authority: &Authority, key: &Key) -> &'static Table {
    let integrity = |n: u8| format!("sha512-{}", data_encoding::BASE64.encode(&[n; 64]));
    let dist = |version: &str, n: u8| {
        let message = format!("lib@{version}:{}", integrity(n));
        json!({"integrity": integrity(n), "signatures": [{"keyid": "SHA256:own", "sig": key.sign(message.as_bytes())}]})
    };
    let attested = |mut dist: Value| {
        dist["attestations"] = json!({"provenance": {"predicateType": "https://slsa.dev/provenance/v1"}});
        json!({"dist": dist})
    };
    let mut forged = dist("2.0.0", 9);
    forged["integrity"] = integrity(8).into();
    let mut foreign = dist("3.0.0", 9);
    foreign["signatures"][0]["keyid"] = "SHA256:other".into();
    let attestation = |n: u8, workflow: &str| {
        let statement = json!({"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {}, "subject": [{"name": "lib", "digest": {"sha512": data_encoding::HEXLOWER.encode(&[n; 64])}}]});
        let bundle = authority.bundle(&statement.to_string(), "https://host.example/acme/lib", workflow);
        json!({"attestations": [{"predicateType": "https://slsa.dev/provenance/v1", "bundle": bundle}]})
    };
    let plain = |dist: Value| json!({"dist": dist});
    table(&[
        (
            "https://npm.example/r/lib",
            json!({
                "versions": {"1.0.0": attested(dist("1.0.0", 1)), "1.1.0": attested(dist("1.1.0", 2)),
                    "1.2.0": attested(dist("1.2.0", 3)), "1.3.0": plain(dist("1.3.0", 4)), "2.0.0": plain(forged),
                    "3.0.0": plain(foreign), "4.0.0": plain(dist("4.0.0", 5)), "1.2.1-rc.1": plain(dist("1.2.1-rc.1", 6))},
                "time": {"1.0.0": "2025-01-01T00:00:00Z", "1.1.0": "2025-02-01T00:00:00Z", "1.2.0": "2025-03-01T00:00:00Z",
                    "1.2.1-rc.1": "2025-03-15T00:00:00Z", "1.3.0": "2025-04-01T00:00:00Z", "2.0.0": "2025-05-01T00:00:00Z",
                    "3.0.0": "2025-06-01T00:00:00Z", "4.0.0": "2026-06-01T00:00:00Z"},
            }),
        ),
        (
            "https://npm.example/r/-/npm/v1/keys",
            json!({"keys": [{"keyid": "SHA256:own", "key": key.public(), "expires": "2026-01-01T00:00:00Z"}]}),
        ),
        ("https://npm.example/r/-/npm/v1/attestations/lib@1.0.0", attestation(1, ".github/workflows/release.yml")),
        ("https://npm.example/r/-/npm/v1/attestations/lib@1.1.0", attestation(2, ".github/workflows/release.yml")),
        ("https://npm.example/r/-/npm/v1/attestations/lib@1.2.0", attestation(3, ".github/workflows/other.yml")),
    ])
}

#[cfg(feature = "online")]
#[test]
fn signatures_and_builders_of_npm() {
    let (authority, key) = (Authority::generate(), Key::generate());
    let net = signed_registry(&authority, &key);
    let versions = ["1.0.0", "1.1.0", "1.2.0", "1.3.0", "2.0.0", "3.0.0", "4.0.0", "1.2.1-rc.1"];
    let packages: Vec<(Ecosystem, &str, &str)> = versions.iter().map(|v| (Ecosystem::Npm, "lib", *v)).collect();
    let mut survey = survey(&packages);
    let verifier = Verifier::of(&authority.root()).unwrap();
    survey.add_facts(&online(net).trusting(verifier)).unwrap();
    let notes: Vec<String> = survey.rows.iter().map(|row| row.notes.join("; ")).collect();
    assert_eq!((notes[0].as_str(), notes[1].as_str(), notes[7].as_str()), ("", "", ""), "{notes:?}");
    let facts = survey.rows[0].registry.as_ref().unwrap();
    assert!(facts.is_proven() && facts.line(jiff::Timestamp::UNIX_EPOCH).contains("release.yml, signed for by"));
    assert!(notes[2].contains("other.yml of https://host.example/acme/lib; the release before it, 1.1.0"), "{notes:?}");
    assert_eq!(notes[3], "it has no provenance attestation; the release before it, 1.2.0, has one");
    assert!(notes[4].contains("the registry's signature does not hold"), "{notes:?}");
    assert!(notes[5].contains("its key is none of the registry's"), "{notes:?}");
    assert!(notes[6].contains("had expired"), "{notes:?}");
    let asked = net.asked.lock().unwrap().iter().filter(|(at, _)| at.ends_with("/keys")).count();
    assert_eq!(asked, 1, "the keys are asked for once");
}

#[cfg(feature = "online")]
#[test]
fn attestations_of_an_index_are_those_of_its_publisher() {
    let authority = Authority::generate();
    let hash = |n: u8| data_encoding::HEXLOWER.encode(&[n; 32]);
    let answer = |n: u8, workflow: &str| {
        let statement = json!({"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://docs.example/publish/v1",
            "predicate": null, "subject": [{"name": "lib", "digest": {"sha256": hash(n)}}]});
        let bundle = authority.bundle(&statement.to_string(), "https://host.example/acme/lib", workflow);
        json!({"version": 1, "attestation_bundles": [{"publisher": {"kind": "GitHub"}, "attestations": [{"version": 1,
            "verification_material": {"certificate": bundle["verificationMaterial"]["certificate"]["rawBytes"],
                "transparency_entries": bundle["verificationMaterial"]["tlogEntries"]},
            "envelope": {"statement": bundle["dsseEnvelope"]["payload"],
                "signature": bundle["dsseEnvelope"]["signatures"][0]["sig"]}}]}]})
    };
    let file = |version: &str, n: u8, month: u8, attested: bool| {
        let mut file = json!({"filename": format!("lib-{version}.tar.gz"), "hashes": {"sha256": hash(n)},
            "upload-time": format!("2025-0{month}-01T00:00:00Z")});
        if attested {
            file["provenance"] = format!("https://index.example/integrity/lib-{version}").into();
        }
        file
    };
    let net = table(&[
        (
            "https://index.example/simple/lib/",
            json!({"files": [file("1.0", 1, 1, true), file("1.1", 2, 2, true), file("1.2", 3, 3, false)]}),
        ),
        ("https://index.example/integrity/lib-1.0", answer(1, "a.yml")),
        ("https://index.example/integrity/lib-1.1", answer(2, "b.yml")),
    ]);
    let mut survey = survey(&["1.0", "1.1", "1.2"].map(|version| (Ecosystem::Pypi, "lib", version)));
    survey.add_facts(&online(net).trusting(Verifier::of(&authority.root()).unwrap())).unwrap();
    let notes: Vec<String> = survey.rows.iter().map(|row| row.notes.join("; ")).collect();
    assert_eq!(notes[0], "");
    assert!(survey.rows[0].registry.as_ref().unwrap().is_proven());
    assert!(notes[1].contains("b.yml of https://host.example/acme/lib; the release before it, 1.0, by"), "{notes:?}");
    assert!(notes[2].starts_with("it has no provenance attestation"), "{notes:?}");
}
