//! Documents and databases whose text is in a form of their own, and what stands beside the members of an archive.

use std::io::Write;

use crate::support::zip::{entry, zip};
use crate::support::{Repo, Sandbox, npm_token};

fn npmrc(token: &str) -> String {
    format!("//registry.example/:_authToken={token}\n")
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).expect("memory");
    packer.finish().expect("memory")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).expect("memory");
    packer.finish().expect("memory")
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *content).expect("memory");
    }
    builder.into_inner().expect("memory")
}

/// A PDF of streams, each with its dictionary.
fn pdf(streams: &[(&str, Vec<u8>)], trailer: &str) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    for (number, (dictionary, data)) in streams.iter().enumerate() {
        let head = format!("{} 0 obj\n<< {dictionary} /Length {} >>\nstream\r\n", number + 1, data.len());
        out.extend(head.bytes());
        out.extend(data);
        out.extend(b"\nendstream\nendobj\n");
    }
    out.extend(format!("trailer << /Size {} {trailer} >>\n%%EOF\n", streams.len()).bytes());
    out
}

/// A stream that shows `text` letter by letter, as one that is spaced by hand.
fn spaced(text: &str) -> Vec<u8> {
    let letters: Vec<String> = text.chars().map(|c| format!("({c})")).collect();
    format!("BT /F1 9 Tf [{}] TJ ET", letters.join("-20")).into_bytes()
}

/// PNG's differences of rows of `columns` bytes, each to the row above.
fn predicted(text: &[u8], columns: usize) -> Vec<u8> {
    let mut above = vec![0; columns];
    let mut out = Vec::new();
    for row in text.chunks(columns) {
        out.push(2);
        out.extend(row.iter().zip(&above).map(|(byte, up): (&u8, &u8)| byte.wrapping_sub(*up)));
        above[..row.len()].copy_from_slice(row);
    }
    out
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| format!("{byte:02X}").into_bytes()).chain(*b">").collect()
}

fn png(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in chunks.iter().map(|(kind, data)| (*kind, &data[..])).chain([(b"IEND", &b""[..])]) {
        out.extend((data.len() as u32).to_be_bytes());
        let start = out.len();
        out.extend(kind);
        out.extend(data);
        let crc = crc32fast::hash(&out[start..]);
        out.extend(crc.to_be_bytes());
    }
    out
}

/// A database with one row of two texts, the second of which begins on the row's page and goes on over others.
fn sqlite(first: &str, second: &str) -> Vec<u8> {
    const PAGE: usize = 512;
    let number = |n: usize| if n < 128 { vec![n as u8] } else { vec![0x80 | (n >> 7) as u8, (n & 0x7f) as u8] };
    let mut header = [number(first.len() * 2 + 13), number(second.len() * 2 + 13)].concat();
    header.insert(0, header.len() as u8 + 1);
    let payload = [header, first.into(), second.into()].concat();
    let least = (PAGE - 12) * 32 / 255 - 23;
    let kept = least + (payload.len() - least) % (PAGE - 4);
    let local = if kept <= PAGE - 35 { kept } else { least };
    let mut cell = [number(payload.len()), vec![1], payload[..local].to_vec()].concat();
    cell.extend(3_u32.to_be_bytes());
    let mut pages = vec![vec![0; PAGE], vec![0; PAGE]];
    pages[0][..16].copy_from_slice(b"SQLite format 3\0");
    pages[0][16..18].copy_from_slice(&(PAGE as u16).to_be_bytes());
    pages[0][59] = 1;
    pages[0][100] = 0x0d;
    let start = PAGE - cell.len();
    pages[1][0] = 0x0d;
    pages[1][4] = 1;
    pages[1][8..10].copy_from_slice(&(start as u16).to_be_bytes());
    pages[1][start..].copy_from_slice(&cell);
    let mut parts = payload[local..].chunks(PAGE - 4).peekable();
    while let Some(part) = parts.next() {
        let next = if parts.peek().is_some() { pages.len() as u32 + 2 } else { 0 };
        let mut page = [next.to_be_bytes().to_vec(), part.to_vec()].concat();
        page.resize(PAGE, 0);
        pages.push(page);
    }
    pages.concat()
}

fn ar(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut out = b"!<arch>\n".to_vec();
    for (name, content) in members {
        out.extend(format!("{name:<16}{:<32}{:<10}`\n", "0", content.len()).bytes());
        out.extend(content);
        out.resize(out.len().next_multiple_of(2), b'\n');
    }
    out
}

#[track_caller]
fn blocked_at(repo: &Repo<'_>, name: &str, bytes: &[u8], place: &str) {
    let _ = std::fs::remove_dir_all(repo.path("in"));
    repo.write(format!("in/{name}"), bytes).add();
    let blocking = repo.scan_staged().expect(1).blocking();
    assert!(blocking.iter().any(|found| found.starts_with(&format!("in/{place}"))), "{name}: {blocking:?}");
}

#[test]
fn a_secret_in_a_document_is_found() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let token = npm_token();
    let secret = npmrc(&token);
    let packed = zlib(secret.as_bytes());
    let rows = "/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 7 >>";
    let file = zip(&[entry("in/.npmrc", secret.clone())]);
    // The token begins where a page ends.
    let long = |before: usize| format!("{}{secret}", "x ".repeat(before));
    let cases: &[(&str, Vec<u8>, &str)] = &[
        ("plain.pdf", pdf(&[("/Filter /FlateDecode", packed.clone())], ""), "plain.pdf!object 1:1"),
        ("list.pdf", pdf(&[("/Filter [/ASCIIHexDecode /FlateDecode]", hex(&packed))], ""), "list.pdf!object 1:1"),
        ("spaced.pdf", pdf(&[("/Filter/FlateDecode", zlib(&spaced(&token)))], ""), "spaced.pdf!object 1 text:1"),
        ("rows.pdf", pdf(&[(rows, zlib(&predicted(secret.as_bytes(), 7)))], ""), "rows.pdf!object 1:1"),
        ("file.pdf", pdf(&[("", b"x".to_vec()), ("/Filter /FlateDecode", zlib(&file))], ""), "file.pdf!object 2!in/"),
        ("a.png", png(&[(b"zTXt", [b"note\0\0".to_vec(), packed.clone()].concat())]), "a.png!zTXt:1"),
        ("b.png", png(&[(b"iTXt", [b"note\0\x01\0en\0x\0".to_vec(), packed].concat())]), "b.png!iTXt:1"),
        ("both.png", [png(&[]), file.clone()].concat(), "both.png!in/.npmrc:1"),
        ("a.sqlite", sqlite("name", &long(300)), "a.sqlite!rows:1"),
        ("b.db", sqlite("name", &long(411)), "b.db!rows:1"),
        ("c.db", sqlite("name", &long(1100)), "c.db!rows:1"),
        (
            "a.deb",
            ar(&[
                ("debian-binary", b"2.0\n".to_vec()),
                ("data.tar.gz/", gzip(&tar(&[("./etc/npmrc", secret.as_bytes())]))),
            ]),
            "a.deb!data.tar.gz!etc/npmrc:1",
        ),
        (
            "a.gem",
            tar(&[("metadata.gz", &gzip(b"x")), ("data.tar.gz", &gzip(&tar(&[("lib/a.rb", secret.as_bytes())])))]),
            "a.gem!data.tar.gz!lib/a.rb:1",
        ),
    ];
    let (front, back) = token.split_at(15);
    let runs = format!("<w:p><w:r><w:t>{front}</w:t></w:r><w:proofErr/><w:r><w:t>{back}</w:t></w:r></w:p>");
    let document = zip(&[entry("word/document.xml", runs)]);
    blocked_at(&repo, "runs.docx", &document, "runs.docx!word/document.xml!text:1");
    let spaced_out = [b"\n\n".to_vec(), pdf(&[("/Filter /FlateDecode", zlib(secret.as_bytes()))], "")].concat();
    blocked_at(&repo, "late.pdf", &spaced_out, "late.pdf!object 1:1");
    for (name, bytes, place) in cases {
        blocked_at(&repo, name, bytes, place);
        // The same in an archive.
        let nested = zip(&[entry("deep/file", bytes.clone())]);
        let inner = place.split_once('!').expect("a member").1;
        blocked_at(&repo, "nested.zip", &nested, &format!("nested.zip!deep/file!{inner}"));
    }
}

/// In compiled Python a letter touches each end of a string: a form with borders, and without a checksum, is lost in it.
#[test]
fn the_strings_of_compiled_python_are_told_apart() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let url = format!("postgres://app:{}@db.internal.example/main", &npm_token()[4..24]);
    let strings = [("z", "hello there"), ("Z", url.as_str()), ("z", "good bye then")];
    let mut pyc = b"\xcb\x0d\r\n\0\0\0\0\0\0\0\0\0\0\0\0\xe3\0\0\0\0".to_vec();
    for (mark, string) in strings {
        pyc.extend(mark.bytes());
        pyc.push(string.len() as u8);
        pyc.extend(string.bytes());
    }
    blocked_at(&repo, "a.pyc", &pyc, "a.pyc!constants:2");
}

#[test]
fn a_document_that_cannot_be_read_is_incomplete() {
    let sandbox = Sandbox::new();
    let packed = zlib(&b"some words\n".repeat(40));
    let cut = packed[..packed.len() / 2].to_vec();
    let mut broken = sqlite("a", &"x".repeat(600));
    broken[16..18].copy_from_slice(&[7, 7]);
    let cases: &[(&str, Vec<u8>)] = &[
        ("sealed.pdf", pdf(&[("/Filter /FlateDecode", packed.clone())], "/Encrypt 9 0 R")),
        ("lzw.pdf", pdf(&[("/Filter /LZWDecode", packed.clone())], "")),
        ("elsewhere.pdf", pdf(&[("/Filter 7 0 R", packed)], "")),
        ("cut.pdf", pdf(&[("/Filter /FlateDecode", cut.clone())], "")),
        ("cut.png", png(&[(b"zTXt", [b"note\0\0".to_vec(), cut].concat())])),
        ("broken.db", broken),
        ("cut.deb", ar(&[("a", b"1234".to_vec())])[..70].to_vec()),
        ("a.pack", b"PACK\0\0\0\x02\0\0\0\x01 and so on".to_vec()),
        ("a.bundle", b"# v2 git bundle\nand so on".to_vec()),
        ("a.img", [b"hsqs".to_vec(), vec![1; 200]].concat()),
    ];
    for (name, bytes) in cases {
        let repo = sandbox.repo(&format!("repo-{name}"));
        repo.write(name, bytes).add();
        let json = repo.scan_staged().expect(2).json();
        assert_eq!(json["coverage"]["skipped"][0]["what"], "archive", "{name}");
    }
}

/// A picture and a document without any of this are what they were: read, and clean.
#[test]
fn an_ordinary_document_is_clean() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let page = zlib(b"BT (Hello there) Tj ET");
    repo.write(
        "a.pdf",
        pdf(&[("/Filter /FlateDecode", page), ("/Subtype /Image /Filter /DCTDecode", vec![7; 90])], ""),
    );
    repo.write("a.png", png(&[(b"IDAT", zlib(&[0; 900])), (b"tEXt", b"note\0text".to_vec())]));
    repo.write("a.db", sqlite("name", &"words and words ".repeat(60))).add();
    repo.scan_staged().expect_clean();
}

#[test]
fn what_stands_beside_the_members_is_read() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let token = npm_token();
    let inner = [format!("#!/bin/sh\n# {}", npmrc(&token)).into_bytes(), zip(&[entry("__main__.py", "x\n")])].concat();
    let name = format!("backup/{token}/notes.txt");
    let cases: &[(&str, Vec<u8>, &str)] = &[
        // A name in a compressed archive stands nowhere else.
        ("names.tgz", gzip(&tar(&[(&name, b"x\n")])), "names.tgz!"),
        // What is before a zip is in none of its members.
        ("script.tgz", gzip(&tar(&[("run.pyz", &inner)])), "script.tgz!run.pyz:2"),
    ];
    for (file, bytes, place) in cases {
        blocked_at(&repo, file, bytes, place);
        let run = repo.shield(&["scan", "--staged"]).expect(1);
        assert!(!run.stdout.contains(&token) && !run.stderr.contains(&token), "{file} shows the secret");
        // A container that had it before brings nothing new.
        repo.commit("it is old");
        repo.write(format!("in/{file}"), [&bytes[..], b"\0\0"].concat()).add();
        assert_eq!(repo.scan_staged().blocking(), Vec::<String>::new(), "{file}");
    }
}

#[test]
fn a_hijacked_version_in_an_archive_is_found() {
    let lock = |version: &str| {
        format!(
            "{{\"name\": \"x\", \"lockfileVersion\": 3, \"packages\": {{\"node_modules/axios\": {{\"version\": \
             \"{version}\", \"integrity\": \"sha512-AA==\"}}}}}}"
        )
    };
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let archive = |version: &str| gzip(&tar(&[("package/npm-shrinkwrap.json", lock(version).as_bytes())]));
    repo.write("in/a.tgz", archive("1.14.0")).add();
    repo.scan_staged().expect_clean();
    repo.commit("an honest one");
    blocked_at(&repo, "a.tgz", &archive("1.14.1"), "a.tgz!package/npm-shrinkwrap.json:1 hijacked-package");
    repo.commit("it is old");
    repo.write("in/a.tgz", [archive("1.14.1"), gzip(b"")].concat()).add();
    assert_eq!(repo.scan_staged().blocking(), Vec::<String>::new());
}
