//! A Sigstore of the tests' own: a certificate authority, a log of certificates and a log of signatures, with keys that are made
//! for each test.

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const ISSUER: &str = "https://token.example";
const PAYLOAD: &str = "application/vnd.in-toto+json";

/// A key of P-256.
pub struct Key(EcdsaKeyPair);

impl Key {
    /// A new one.
    pub fn generate() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).unwrap())
    }

    /// The public key as SPKI, in base64.
    pub fn public(&self) -> String {
        base64(&self.spki())
    }

    /// Its signature, in base64.
    pub fn sign(&self, message: &[u8]) -> String {
        base64(&self.signature(message))
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }

    fn spki(&self) -> Vec<u8> {
        let algorithm = sequence(&[oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")]);
        sequence(&[algorithm, bits(self.0.public_key().as_ref())])
    }

    fn id(&self) -> Vec<u8> {
        Sha256::digest(self.spki()).to_vec()
    }
}

/// The services of one Sigstore.
pub struct Authority {
    authority: Key,
    certificates: Key,
    log: Key,
    now: jiff::Timestamp,
}

impl Authority {
    /// A new one, with keys of its own.
    pub fn generate() -> Self {
        let now = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second()).unwrap();
        Self { authority: Key::generate(), certificates: Key::generate(), log: Key::generate(), now }
    }

    /// Its `trusted_root.json`.
    pub fn root(&self) -> String {
        let log = |key: &Key, url: &str| {
            json!({
                "baseUrl": url, "hashAlgorithm": "SHA2_256", "logId": {"keyId": base64(&key.id())},
                "publicKey": {"rawBytes": key.public(), "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "validFor": {"start": "2020-01-01T00:00:00Z"}},
            })
        };
        let own = self.certificate(
            &self.authority,
            &name(),
            &[
                extension("2.5.29.19", true, &sequence(&[vec![1, 1, 0xff]])),
                extension("2.5.29.15", true, &[3, 2, 1, 6]),
            ],
        );
        json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log(&self.log, "https://log.example")],
            "ctlogs": [log(&self.certificates, "https://certificates.example")],
            "certificateAuthorities": [{
                "subject": {"organization": "example", "commonName": "authority"}, "uri": "https://authority.example",
                "certChain": {"certificates": [{"rawBytes": base64(&own)}]},
                "validFor": {"start": "2020-01-01T00:00:00Z"},
            }],
            "timestampAuthorities": [],
        })
        .to_string()
    }

    /// A bundle over `statement` by a workflow of a repository.
    pub fn bundle(&self, statement: &str, repository: &str, workflow: &str) -> Value {
        let key = Key::generate();
        let identity = format!("{repository}/{workflow}@refs/heads/main");
        let certificate = self.leaf(&key, &identity, repository);
        let pae = format!("DSSEv1 {} {PAYLOAD} {} {statement}", PAYLOAD.len(), statement.len());
        let signature = key.sign(pae.as_bytes());
        let pem = format!("-----BEGIN {0}-----\n{1}\n-----END {0}-----\n", "CERTIFICATE", lines(&base64(&certificate)));
        let hash = |text: &str| json!({"algorithm": "sha256", "value": hex(&Sha256::digest(text))});
        let body = json!({"apiVersion": "0.0.1", "kind": "dsse", "spec": {
            "envelopeHash": hash(""), "payloadHash": hash(statement),
            "signatures": [{"signature": signature, "verifier": base64(pem.as_bytes())}],
        }})
        .to_string();
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {"certificate": {"rawBytes": base64(&certificate)}, "tlogEntries": [self.entry(&body)]},
            "dsseEnvelope": {"payload": base64(statement.as_bytes()), "payloadType": PAYLOAD,
                "signatures": [{"sig": signature}]},
        })
    }

    /// The log's entry for a body, the only one of its tree.
    fn entry(&self, body: &str) -> Value {
        let time = self.now.as_second() - 60;
        let root = Sha256::digest([&[0], body.as_bytes()].concat());
        let note = format!("log.example - 1\n1\n{}\n", base64(&root));
        let signed = [&self.log.id()[..4], &self.log.signature(note.as_bytes())].concat();
        let promise = format!(
            "{{\"body\":\"{}\",\"integratedTime\":{time},\"logID\":\"{}\",\"logIndex\":0}}",
            base64(body.as_bytes()),
            hex(&self.log.id())
        );
        json!({
            "logIndex": "0", "logId": {"keyId": base64(&self.log.id())},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"}, "integratedTime": time.to_string(),
            "inclusionPromise": {"signedEntryTimestamp": self.log.sign(promise.as_bytes())},
            "inclusionProof": {"logIndex": "0", "rootHash": base64(&root), "treeSize": "1", "hashes": [],
                "checkpoint": {"envelope": format!("{note}\n\u{2014} log.example {}\n", base64(&signed))}},
            "canonicalizedBody": base64(body.as_bytes()),
        })
    }

    /// The certificate of a workflow, with the promise of the log of certificates in it.
    fn leaf(&self, key: &Key, identity: &str, repository: &str) -> Vec<u8> {
        let claim = |number: u8, text: &str| {
            extension(&format!("1.3.6.1.4.1.57264.1.{number}"), false, &tlv(0x0c, text.as_bytes()))
        };
        let mut extensions = vec![
            extension("2.5.29.15", true, &[3, 2, 7, 0x80]),
            extension("2.5.29.37", false, &sequence(&[oid("1.3.6.1.5.5.7.3.3")])),
            extension("2.5.29.17", true, &sequence(&[tlv(0x86, identity.as_bytes())])),
            claim(8, ISSUER),
            claim(9, identity),
            claim(12, repository),
        ];
        let tbs = self.tbs(key, &[], &extensions);
        let stamp = u64::try_from(self.now.as_millisecond()).unwrap().to_be_bytes();
        let length = u32::try_from(tbs.len()).unwrap().to_be_bytes();
        let issuer = Sha256::digest(self.authority.spki());
        let signed = [&[0, 0][..], &stamp, &[0, 1], &issuer, &length[1..], &tbs, &[0, 0]].concat();
        let signature = self.certificates.signature(&signed);
        let sized = |bytes: &[u8]| [&u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat();
        let promise = [&[0][..], &self.certificates.id(), &stamp, &[0, 0, 4, 3], &sized(&signature)].concat();
        extensions.push(extension("1.3.6.1.4.1.11129.2.4.2", false, &tlv(4, &sized(&sized(&promise)))));
        self.certificate(key, &[], &extensions)
    }

    fn certificate(&self, key: &Key, subject: &[u8], extensions: &[Vec<u8>]) -> Vec<u8> {
        let tbs = self.tbs(key, subject, extensions);
        let signature = self.authority.signature(&tbs);
        sequence(&[tbs, ecdsa(), bits(&signature)])
    }

    fn tbs(&self, key: &Key, subject: &[u8], extensions: &[Vec<u8>]) -> Vec<u8> {
        let time = |seconds: i64| {
            let time = jiff::Timestamp::from_second(self.now.as_second() + seconds).unwrap();
            tlv(0x17, time.strftime("%y%m%d%H%M%SZ").to_string().as_bytes())
        };
        let subject = if subject.is_empty() { sequence(&[]) } else { subject.to_vec() };
        sequence(&[
            tlv(0xa0, &[2, 1, 2]),
            vec![2, 1, 7],
            ecdsa(),
            name(),
            sequence(&[time(-300), time(300)]),
            subject,
            key.spki(),
            tlv(0xa3, &sequence(extensions)),
        ])
    }
}

fn name() -> Vec<u8> {
    sequence(&[tlv(0x31, &sequence(&[oid("2.5.4.3"), tlv(0x0c, b"authority")]))])
}

fn ecdsa() -> Vec<u8> {
    sequence(&[oid("1.2.840.10045.4.3.2")])
}

fn extension(id: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { vec![1, 1, 0xff] } else { Vec::new() };
    sequence(&[oid(id), critical, tlv(4, value)])
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

fn bits(bytes: &[u8]) -> Vec<u8> {
    tlv(3, &[&[0], bytes].concat())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length = &length[length.iter().position(|b| *b != 0).unwrap_or(7)..];
    let head = if content.len() < 128 { vec![tag] } else { vec![tag, 0x80 | length.len() as u8] };
    [&head[..], length, content].concat()
}

fn oid(text: &str) -> Vec<u8> {
    let numbers: Vec<u32> = text.split('.').map(|n| n.parse().unwrap()).collect();
    let mut bytes = vec![(numbers[0] * 40 + numbers[1]) as u8];
    for number in &numbers[2..] {
        let groups = (0..5).rev().map(|n| (number >> (7 * n) & 0x7f) as u8).skip_while(|b| *b == 0);
        let mut groups: Vec<u8> = groups.collect();
        let last = groups.pop().unwrap_or(0);
        bytes.extend(groups.iter().map(|b| b | 0x80));
        bytes.push(last);
    }
    tlv(6, &bytes)
}

fn base64(bytes: &[u8]) -> String {
    data_encoding::BASE64.encode(bytes)
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn lines(text: &str) -> String {
    text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect::<Vec<_>>().join("\n")
}
