//! Bundles of a Sigstore of the tests' own: those that hold, and those of which one thing does not.

use serde_json::{Value, json};

use super::testing::{Authority, Key};
use super::*;

const REPOSITORY: &str = "https://host.example/acme/lib";
const WORKFLOW: &str = ".github/workflows/release.yml";

fn statement(hex: &str) -> String {
    json!({"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://slsa.dev/provenance/v1", "predicate": {},
        "subject": [{"name": "pkg:npm/lib@1.0.0", "digest": {"sha512": hex}}]})
    .to_string()
}

#[test]
fn a_bundle_of_the_trusted_root_names_its_signer() {
    let authority = Authority::generate();
    let verifier = Verifier::of(&authority.root()).unwrap();
    let hex = "07".repeat(64);
    let bundle = authority.bundle(&statement(&hex), REPOSITORY, WORKFLOW).to_string();
    let signer = verifier.signer(&bundle, FileDigest::Sha512(&hex)).unwrap();
    assert_eq!(signer.repository.as_deref(), Some(REPOSITORY));
    assert_eq!(
        (signer.workflow, signer.issuer),
        (format!("{REPOSITORY}/{WORKFLOW}"), "https://token.example".to_owned())
    );
}

#[test]
fn a_bundle_of_which_one_thing_does_not_hold_is_refused() {
    let (authority, other) = (Authority::generate(), Authority::generate());
    let verifier = Verifier::of(&authority.root()).unwrap();
    let hex = "07".repeat(64);
    let refused = |bundle: &Value, digest: FileDigest<'_>| match verifier.signer(&bundle.to_string(), digest) {
        Err(Doubt::Refused(reason)) => reason,
        other => panic!("{other:?}: {bundle}"),
    };
    let own = || authority.bundle(&statement(&hex), REPOSITORY, WORKFLOW);
    let foreign = other.bundle(&statement(&hex), REPOSITORY, WORKFLOW);
    // Another file, by each digest.
    refused(&own(), FileDigest::Sha512(&"08".repeat(64)));
    refused(&own(), FileDigest::Sha256(&"07".repeat(32)));
    refused(&own(), FileDigest::Sha512("no digest"));
    // Another authority, and the parts of its bundle in one of the trusted authority.
    refused(&foreign, FileDigest::Sha512(&hex));
    for part in [
        "/verificationMaterial/certificate",
        "/verificationMaterial/tlogEntries",
        "/verificationMaterial/tlogEntries/0/inclusionPromise",
        "/verificationMaterial/tlogEntries/0/inclusionProof",
        "/verificationMaterial/tlogEntries/0/canonicalizedBody",
        "/dsseEnvelope/signatures",
    ] {
        let mut mixed = own();
        *mixed.pointer_mut(part).unwrap() = foreign.pointer(part).unwrap().clone();
        refused(&mixed, FileDigest::Sha512(&hex));
    }
    // Another time, another statement, and nothing in the log.
    for (part, value) in [
        ("/verificationMaterial/tlogEntries/0/integratedTime", json!("1500000000")),
        ("/verificationMaterial/tlogEntries", json!([])),
        ("/dsseEnvelope/payload", json!(data_encoding::BASE64.encode(statement(&"08".repeat(64)).as_bytes()))),
        ("/dsseEnvelope", Value::Null),
    ] {
        let mut changed = own();
        *changed.pointer_mut(part).unwrap() = value;
        refused(&changed, FileDigest::Sha512(&hex));
    }
}

#[test]
fn no_text_is_a_bundle_by_chance() {
    let verifier = Verifier::public().unwrap();
    for text in ["", "null", "{}", "[]", "{\"mediaType\": 1}", "\u{feff}{}"] {
        assert!(
            matches!(verifier.signer(text, FileDigest::Sha512(&"07".repeat(64))), Err(Doubt::Refused(_))),
            "{text}"
        );
    }
    let authority = Authority::generate();
    let bundle = authority.bundle(&statement(&"07".repeat(64)), REPOSITORY, WORKFLOW).to_string();
    assert!(verifier.signer(&bundle, FileDigest::Sha512(&"07".repeat(64))).is_err(), "the public log knows no other");
}

#[test]
fn a_registrys_signature_holds_for_its_key_and_its_message_only() {
    let (key, other) = (Key::generate(), Key::generate());
    let message = b"lib@1.0.0:sha512-x";
    assert_eq!(verify_signature(&key.public(), message, &key.sign(message)), Ok(()));
    for (public, signature) in [
        (other.public(), key.sign(message)),
        (key.public(), key.sign(b"lib@1.0.1:sha512-x")),
        (key.public(), String::new()),
        (String::new(), key.sign(message)),
        ("%".to_owned(), key.sign(message)),
    ] {
        assert!(matches!(verify_signature(&public, message, &signature), Err(Doubt::Refused(_))));
    }
}
