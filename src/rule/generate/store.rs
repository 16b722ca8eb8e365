//! Fresh key stores: their keys are random bytes, and every part that a reader can check is correct.

use sha1::{Digest, Sha1};

use super::Rng;

/// Every kind, under its name in templates.
type Make = fn(&mut Rng) -> Vec<u8>;
const KINDS: &[(&str, Make)] = &[
    ("der", |rng| {
        let key = der(0x04, &[&der(0x04, &[&random(rng, 32)])]);
        der(0x30, &[&[2, 1, 0], &der(0x30, &[&[6, 3, 0x2b, 0x65, 0x70]]), &key])
    }),
    ("git-crypt", |rng| {
        let field = |id: u8, value: &[u8]| [&[0, 0, 0, id], &block(value)[..]].concat();
        let key = [field(1, &[0, 0, 0, 0]), field(3, &random(rng, 32)), field(5, &random(rng, 64)), field(0, b"")];
        // The end has no length.
        let key = key.concat();
        [b"\0GITCRYPTKEY\0\0\0\x02\0\0\0\0", &key[..key.len() - 4]].concat()
    }),
    ("jks", |rng| {
        let password = random(rng, 24);
        jks(&[&jks_key(rng, "server")], &password)
    }),
    ("jks-certificates", |rng| {
        let entry = [&[0, 0, 0, 2], &name("root")[..], &[0; 8], &name("X.509"), &block(&random(rng, 600))].concat();
        jks(&[&entry], &wide("changeit"))
    }),
    ("jks-debug", |rng| jks(&[&jks_key(rng, "androiddebugkey")], &wide("android"))),
    ("jks-known", |rng| jks(&[&jks_key(rng, "server")], &wide("changeit"))),
    ("kdbx", |rng| {
        let field = |id: u8, value: &[u8]| [&[id], &(value.len() as u32).to_le_bytes()[..], value].concat();
        let head = [0x03, 0xd9, 0xa2, 0x9a, 0x67, 0xfb, 0x4b, 0xb5, 0, 0, 4, 0];
        let (cipher, seed) = (field(2, &random(rng, 16)), field(4, &random(rng, 32)));
        [&head[..], &cipher, &seed, &field(0, b"\r\n\r\n"), &random(rng, 400)].concat()
    }),
    ("keytab", |rng| {
        let entry = [
            &[0, 1][..],
            &name("ACME.IO"),
            &name("ci"),
            &[0, 0, 0, 1, 0x65, 0, 0, 0, 3, 0, 18],
            &[0, 32],
            &random(rng, 32),
        ]
        .concat();
        [&[5, 2], &block(&entry)[..]].concat()
    }),
    ("nss", |rng| {
        let mut page = b"SQLite format 3\0\x10\0".to_vec();
        page.resize(100, 1);
        page.extend(b"CREATE TABLE nssPrivate (id PRIMARY KEY UNIQUE ON CONFLICT ABORT)\0");
        page.extend(b"CREATE TABLE metaData (id PRIMARY KEY UNIQUE ON CONFLICT REPLACE)\0");
        page.extend(random(rng, 400));
        page
    }),
    ("pkcs12", |rng| {
        let algorithm = der(0x30, &[&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13], &[5, 0]]);
        let key = der(0x30, &[&algorithm, &der(0x04, &[&random(rng, 1200)])]);
        pkcs12(rng, &bag(2, &key))
    }),
    ("pkcs12-certificates", |rng| {
        let certificate = der(0x30, &[&der(0x04, &[&random(rng, 600)])]);
        pkcs12(rng, &bag(3, &certificate))
    }),
    ("secring", |rng| {
        let curve = [9, 0x2b, 6, 1, 4, 1, 0xda, 0x47, 0x0f, 1];
        let body = [&[4, 0x65, 0, 0, 0, 22], &curve[..], &[1, 7, 0x40], &random(rng, 32), &[0, 1, 0], &random(rng, 34)];
        let body = body.concat();
        let user = b"ci <ci@acme.io>";
        [&[0x95, 0, body.len() as u8], &body[..], &[0xb4, user.len() as u8], user].concat()
    }),
    ("wallet", |rng| {
        let page = [&[0; 12][..], &[0x62, 0x31, 5, 0, 9, 0, 0, 0], &[0; 480], b"\x03key\x21\x02"].concat();
        [&page[..], &random(rng, 250)].concat()
    }),
];

/// Returns whether there is a kind of this name.
pub(super) fn store(name: &str, rng: &mut Rng) -> Result<Vec<u8>, String> {
    let make = KINDS.iter().find(|(kind, _)| *kind == name).map(|(_, make)| make);
    make.map(|make| make(rng)).ok_or_else(|| {
        let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
        format!("there is no store `{name}`; there are {}", names.join(", "))
    })
}

fn random(rng: &mut Rng, len: usize) -> Vec<u8> {
    (0..len).map(|_| rng.u8(..)).collect()
}

/// An element of DER.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let len = content.len();
    let head = match len {
        0..0x80 => vec![tag, len as u8],
        0x80..0x100 => vec![tag, 0x81, len as u8],
        _ => vec![tag, 0x82, (len >> 8) as u8, len as u8],
    };
    [head, content].concat()
}

/// Behind a length of two bytes.
fn name(text: &str) -> Vec<u8> {
    [&(text.len() as u16).to_be_bytes(), text.as_bytes()].concat()
}

/// Behind a length of four bytes.
fn block(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes(), bytes].concat()
}

fn wide(password: &str) -> Vec<u8> {
    password.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn jks_key(rng: &mut Rng, alias: &str) -> Vec<u8> {
    let algorithm = der(0x30, &[&[6, 10, 0x2b, 6, 1, 4, 1, 0x2a, 2, 0x11, 1, 1], &[5, 0]]);
    let key = der(0x30, &[&algorithm, &der(0x04, &[&random(rng, 1200)])]);
    [&[0, 0, 0, 1], &name(alias)[..], &[0; 8], &block(&key), &[0; 4]].concat()
}

fn jks(entries: &[&[u8]], password: &[u8]) -> Vec<u8> {
    let mut store = [&[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2], &(entries.len() as u32).to_be_bytes()[..]].concat();
    store.extend(entries.concat());
    let sum = Sha1::new().chain_update(password).chain_update(b"Mighty Aphrodite").chain_update(&store).finalize();
    [&store, &sum[..]].concat()
}

/// A bag of PKCS#12.
fn bag(kind: u8, value: &[u8]) -> Vec<u8> {
    let id = der(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, kind]]);
    der(0x30, &[&id, &der(0xa0, &[value])])
}

fn pkcs12(rng: &mut Rng, bag: &[u8]) -> Vec<u8> {
    let data = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
    let info = |content: &[u8]| der(0x30, &[&data, &der(0xa0, &[&der(0x04, &[content])])]);
    let safe = der(0x30, &[&info(&der(0x30, &[bag]))]);
    let digest = der(0x30, &[&[0x30, 7, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a], &der(0x04, &[&random(rng, 20)])]);
    let mac = der(0x30, &[&digest, &der(0x04, &[&random(rng, 8)]), &[2, 1, 1]]);
    der(0x30, &[&[2, 1, 3], &info(&safe), &mac])
}
