//! Content behind a file: members of archives, and the content of Git LFS pointers.

use crate::support::pack::{bzip2, gzip, lzma, tar, xz, zlib, zstd};
use crate::support::zip::{self, entry, zip};
use crate::support::{Repo, Sandbox, npm_token};

fn npmrc(token: &str) -> Vec<u8> {
    format!("# settings\n{}//registry.example/:_authToken={token}\n", "# more of them\n".repeat(40)).into_bytes()
}

/// The line of the token in [`npmrc`].
const LINE: usize = 42;

#[test]
fn a_secret_in_a_container_is_found_in_its_member() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let secret = npmrc(&npm_token());
    let stored = |name| zip::Entry { deflate: false, ..entry(name, secret.clone()) };
    let layer = tar(&[("etc/motd", b"hello\n"), ("root/.npmrc", &secret)]);
    let cases: &[(&str, Vec<u8>, &str)] = &[
        ("lambda.zip", zip(&[entry("README", "x\n"), entry("conf/.npmrc", secret.clone())]), "conf/.npmrc"),
        ("stored.jar", zip(&[stored("app.properties")]), "app.properties"),
        ("plan.docx", zip(&[entry("word/document.xml", secret.clone())]), "word/document.xml"),
        ("run.pyz", [b"#!/usr/bin/env python3\n".to_vec(), zip(&[entry("__main__.py", secret.clone())])].concat(), ""),
        ("a.log.gz", gzip(&secret), "a.log"),
        ("a.sql.bz2", bzip2(&secret), "a.sql"),
        ("a.txt.xz", xz(&secret), "a.txt"),
        ("a.sql.lzma", lzma(&secret), "a.sql"),
        ("package.tar.lzma", lzma(&layer), "root/.npmrc"),
        ("a.json.zst", zstd(&secret), "a.json"),
        ("a.tar", layer.clone(), "root/.npmrc"),
        ("package.tgz", gzip(&layer), "root/.npmrc"),
        ("package.tar.xz", xz(&layer), "root/.npmrc"),
        ("package.tar.zst", zstd(&layer), "root/.npmrc"),
        ("image.tar", tar(&[("manifest.json", b"[]"), ("a1/layer.tar", &layer)]), "a1/layer.tar!root/.npmrc"),
        ("oci.tar.gz", gzip(&tar(&[("blobs/sha256/a1", &gzip(&layer))])), "blobs/sha256/a1!root/.npmrc"),
        ("nested.zip", zip(&[entry("in/ner.tgz", gzip(&layer))]), "in/ner.tgz!root/.npmrc"),
        ("no-name-tells", zip(&[entry("x", secret.clone())]), "x"),
    ];
    for (name, bytes, member) in cases {
        std::fs::remove_dir_all(repo.path("dist")).ok();
        let path = format!("dist/{name}");
        repo.write(&path, bytes).add();
        let member = if *name == "run.pyz" { "__main__.py" } else { member };
        let place = format!("{path}!{member}:{LINE}");
        repo.scan_staged().expect_blocked(&[&place]);
        repo.shield(&["scan", "--format", "json"]).expect_blocked(&[&place]);
        let run = repo.shield(&["scan", &path]).expect(1);
        assert!(run.stdout.contains(&format!("{path}!{member}")), "{}", run.stdout);
    }
}

/// A zip with a comment, which stands behind the record of its end.
fn with_comment(mut zip: Vec<u8>, comment: &str) -> Vec<u8> {
    let at = zip.len() - 2;
    zip[at] = comment.len() as u8;
    zip.extend(comment.bytes());
    zip
}

#[test]
fn a_container_beside_another_one_is_found() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let secret = npmrc(&npm_token());
    let (packed, other) = (zip(&[entry("s", secret.clone())]), zip(&[entry("x", "nothing\n")]));
    let picture = b"\x89PNG\r\n\x1a\n\0\0\0\0IEND\xae\x42\x60\x82".to_vec();
    let program = [b"MZ\x90\0".to_vec(), vec![7; 3000], packed.clone()].concat();
    let cases: &[(&str, Vec<u8>, &str)] = &[
        ("run.pyz", [b"#!/usr/bin/env python3\n".to_vec(), with_comment(packed.clone(), "made today")].concat(), "s"),
        ("setup.exe", with_comment(program, "a program with an archive"), "s"),
        ("signed.exe", [packed.clone(), vec![0; 100]].concat(), "s"),
        ("two.zip", [packed, other].concat(), "s"),
        ("picture.png", [picture, gzip(&secret)].concat(), "picture"),
        ("dump", zlib(&secret), "content"),
        ("loose-object", zlib(&[format!("blob {}\0", secret.len()).into_bytes(), secret.clone()].concat()), "content"),
    ];
    for (name, bytes, member) in cases {
        repo.write(name, bytes);
        repo.shield(&["scan", name, "--format", "json"]).expect_blocked(&[&format!("{name}!{member}:{LINE}")]);
    }
}

/// A gzip stream with an extra field.
fn with_extra(mut stream: Vec<u8>, extra: &[u8]) -> Vec<u8> {
    stream[3] |= 4;
    let len = u16::try_from(extra.len()).expect("short").to_le_bytes();
    stream.splice(10..10, [&len[..], extra].concat());
    stream
}

/// A tar with these bytes behind a member's content, before its next header.
fn in_padding(bytes: &[u8]) -> Vec<u8> {
    let mut whole = tar(&[("a", b"words\n"), ("b", b"more\n")]);
    assert!(bytes.len() < 500, "a block has no more");
    whole.splice(600..600 + bytes.len(), bytes.iter().copied());
    whole
}

/// A frame that readers of Zstandard skip.
fn frame(content: &[u8]) -> Vec<u8> {
    [&b"\x50\x2a\x4d\x18"[..], &u32::try_from(content.len()).expect("short").to_le_bytes(), content].concat()
}

/// Installers, pictures, programs and documents with a stream in or behind them.
#[test]
fn a_compressed_file_in_another_one_is_found() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let secret = npmrc(&npm_token());
    let folder = tar(&[("conf/.npmrc", &secret)]);
    let script = [&b"#!/bin/sh\ntail -n +4 \"$0\" | tar xz && ./setup\nexit\n"[..], &b"# label\n".repeat(700)].concat();
    let program =
        [b"\x7fELF\x02\x01\x01\0".to_vec(), vec![0xc3; 4000], b"gzip \x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec()].concat();
    let photo = [&b"\xff\xd8\xff\xe0\0\x10JFIF\0"[..], &[0xb7; 3000], b"\xff\xd9"].concat();
    let chunk = |kind: &[u8; 4], data: &[u8]| {
        let len = u32::try_from(data.len()).expect("short").to_be_bytes();
        [&len[..], kind, data, &[0; 4]].concat()
    };
    let picture = |chunks: &[u8]| [&b"\x89PNG\r\n\x1a\n"[..], chunks, &chunk(b"IEND", b"")].concat();
    let packed = zip(&[entry("s", secret.clone())]);
    let tail = vec![b'\xfe'; 100_000];
    let cases: &[(&str, Vec<u8>, &str)] = &[
        ("install.run", [&script[..], &gzip(&folder)].concat(), "conf/.npmrc"),
        ("install.sh", [&script[..], &gzip(&secret), b"\n# the end\n"].concat(), "install"),
        ("setup.run", [&script[..], &xz(&folder)].concat(), "conf/.npmrc"),
        ("tail.run", [&script[..], &xz(&folder), &tail].concat(), "conf/.npmrc"),
        ("setup.sh", [&script[..], &bzip2(&folder)].concat(), "conf/.npmrc"),
        ("update.sh", [&script[..], &zstd(&secret)].concat(), "update"),
        ("program", [&program[..], &gzip(&folder), &tail].concat(), "conf/.npmrc"),
        ("frozen", [&program[..], &zlib(b"nothing"), &zlib(&secret), b"cookie"].concat(), "content"),
        ("photo.jpg", [&photo[..], &gzip(&secret)].concat(), "photo"),
        ("two.jpg", [&photo[..], &gzip(b"nothing"), &gzip(&folder)].concat(), "conf/.npmrc"),
        ("zip.jpg", [&photo[..], &packed].concat(), "s"),
        ("long.jpg", [&photo[..], &packed, &tail].concat(), "s"),
        ("behind.png", [picture(b""), xz(&secret)].concat(), "behind"),
        ("inside.png", picture(&chunk(b"prVt", &gzip(&secret))), "inside"),
        ("form.pdf", [&b"%PDF-1.7\n%\xe2\xe3\n%%EOF\n"[..], &gzip(&secret)].concat(), "form"),
        ("before.zip", [&photo[..], &gzip(&secret), &zip(&[entry("x", "nothing\n")])].concat(), "before"),
        ("behind.zip", [zip(&[entry("x", "nothing\n")]), gzip(&secret)].concat(), "behind"),
        ("latin.txt", [&b"caf\xe9\n"[..], &gzip(&secret), b"\n"].concat(), "latin"),
        ("behind-z.png", [picture(b""), zlib(&secret)].concat(), "behind-z"),
        ("behind-z.pdf", [&b"%PDF-1.7\n%%EOF\n"[..], &zlib(&secret)].concat(), "behind-z"),
        ("behind.zlib", [zlib(b"nothing"), gzip(&secret)].concat(), "behind"),
        ("behind.lzma", [lzma(b"nothing"), gzip(&secret)].concat(), "behind"),
        ("extra.gz", with_extra(gzip(b"nothing"), &gzip(&secret)), "extra"),
        ("second.gz", [gzip(b"nothing"), with_extra(gzip(b"nothing"), &gzip(&secret))].concat(), "second"),
        ("frame.zst", [frame(&gzip(&secret)), zstd(b"nothing")].concat(), "frame"),
        ("late.zst", [zstd(b"nothing"), frame(&gzip(&secret))].concat(), "late"),
        ("padding.tar", in_padding(&packed), "s"),
        ("padding.tgz", gzip(&in_padding(&packed)), "s"),
        ("member.tar", tar(&[("in/a.jpg", &[&photo[..], &gzip(&secret)].concat())]), "in/a.jpg"),
    ];
    for (name, bytes, member) in cases {
        repo.write(name, bytes);
        repo.shield(&["scan", name, "--format", "json"]).expect_blocked(&[&format!("{name}!{member}:{LINE}")]);
    }
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    format!("data: {}\n", data_encoding::BASE64.encode(bytes)).into_bytes()
}

#[test]
fn a_stream_behind_a_script_is_found_in_base64_and_in_a_message() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let secret = npmrc(&npm_token());
    repo.write("f", "f\n").commit("base");
    repo.write("values.yaml", base64(&[&b"#!/bin/sh\n"[..], &gzip(&secret), &[0xfe; 400]].concat())).add();
    repo.scan_staged().expect_blocked(&["values.yaml:1"]);
    repo.write("values.yaml", "a: b\n").add();
    let headers = repo.git(&["cat-file", "commit", "HEAD"]).replace("\nbase", "\na subject\n\n");
    repo.write("commit", [headers.as_bytes(), &gzip(&secret)].concat());
    let id = repo.git(&["hash-object", "-w", "-t", "commit", "--literally", "commit"]);
    repo.git(&["update-ref", "refs/heads/other", &id]);
    for args in [&["scan", "--range", "HEAD..other"][..], &["scan", "--history"]] {
        repo.shield(args).expect(1);
    }
}

#[test]
fn what_looks_like_a_stream_is_none_and_what_breaks_off_is_told() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let noise: Vec<u8> = (0..20_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let long = gzip(&noise);
    let cut = &long[..long.len() - 100];
    let magics =
        [&b"\x7fELF\xff"[..], b"\x1f\x8b\x08\0\0\0\0\0\0\x03 Usage", b"\xfd7zXZ\0", b"BZh9", b"\x78\x9c"].concat();
    for (name, bytes, code) in [
        ("magics", magics, 0),
        ("noise", [&b"\xff"[..], &noise].concat(), 0),
        ("cut.run", [&b"#!/bin/sh\n"[..], cut].concat(), 2),
        ("7z.run", [&b"#!/bin/sh\n\xff"[..], &seven_zip()].concat(), 2),
        ("AppImage", [&b"\x7fELF\xff"[..], &noise, b"hsqs", &[1; 24], &[4, 0, 0, 0], &noise].concat(), 2),
        ("7z.txt", base64(&[seven_zip(), noise.clone()].concat()), 2),
        ("locked.txt", base64(&zip(&[zip::Entry { flags: 1, ..entry("key", noise.clone()) }])), 2),
        ("noise.txt", base64(&noise), 0),
    ] {
        repo.write(name, bytes);
        repo.shield(&["scan", name]).expect(code);
    }
}

/// A member that only its header names, and a tar's records about members and directories.
#[test]
fn what_no_directory_lists_is_read_or_told() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let hidden = zip(&[entry("s", npmrc(&npm_token()))]);
    let end = memchr::memmem::find(&hidden, b"PK\x01\x02").expect("a directory");
    repo.write("hidden.zip", [&hidden[..end], &zip(&[entry("x", "nothing\n")])].concat());
    let run = repo.shield(&["scan", "hidden.zip"]).expect(2);
    assert!(run.stderr.contains("1 archive member not read"), "{}", run.stderr);
    let token = npm_token();
    let records = |global: bool| {
        let text = format!("comment=//registry.example/:_authToken={token}\n");
        let record = (0..)
            .map(|n| format!("{n} {text}"))
            .find(|record| record.split(' ').next() == Some(&record.len().to_string()));
        let record = record.expect("a length that is its own");
        let mut builder = ::tar::Builder::new(Vec::new());
        let mut header = ::tar::Header::new_ustar();
        header.set_entry_type(if global { ::tar::EntryType::XGlobalHeader } else { ::tar::EntryType::XHeader });
        header.set_size(record.len() as u64);
        header.set_path("records").expect("a path");
        header.set_cksum();
        builder.append(&header, record.as_bytes()).expect("memory");
        [builder.into_inner().expect("memory")[..1024].to_vec(), tar(&[("a", b"a\n")])].concat()
    };
    for (name, bytes) in [("global.tgz", gzip(&records(true))), ("own.tgz", gzip(&records(false)))] {
        repo.write(name, bytes);
        repo.shield(&["scan", name, "--format", "json"]).expect_blocked(&[&format!("{name}!pax header:1")]);
    }
    let mut folder = tar(&[(&format!("dir/{token}/"), b"")]);
    folder[156] = b'5';
    let sum: u32 =
        folder[..512].iter().enumerate().map(|(at, b)| if (148..156).contains(&at) { 32 } else { u32::from(*b) }).sum();
    folder[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    repo.write("folder.tgz", gzip(&folder));
    repo.shield(&["scan", "folder.tgz"]).expect(1);
}

#[test]
fn a_container_inside_base64_is_unpacked() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let secret = npmrc(&npm_token());
    for (name, packed) in [
        ("zip", zip(&[entry("a", "a\n"), entry("s", secret.clone())])),
        ("gzip", gzip(&secret)),
        ("tgz", gzip(&tar(&[("a", b"a\n"), ("s", &secret)]))),
        ("zlib", zlib(&secret)),
        ("bzip2", bzip2(&secret)),
        ("xz", xz(&secret)),
        ("zstd", zstd(&secret)),
    ] {
        let text = data_encoding::BASE64.encode(&packed);
        repo.write("f", format!("name: x\ndata: {text}\n"));
        repo.shield(&["scan", "f", "--format", "json"]).expect_blocked(&["f:2"]);
        let lines: Vec<&str> =
            text.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).expect("text")).collect();
        repo.write("f", format!("{}\n", lines.join("\n")));
        assert_eq!(repo.shield(&["scan", "f"]).code, 1, "{name}, in lines");
    }
}

#[test]
fn every_way_that_reads_git_looks_inside() {
    let sandbox = Sandbox::new();
    let (repo, remote) = (sandbox.repo("repo"), sandbox.remote("remote"));
    repo.git(&["remote", "add", "origin", remote.to_str().expect("a plain path")]);
    let base = repo.write("a", "a\n").commit("base");
    repo.write("b.zip", zip(&[entry(".npmrc", npmrc(&npm_token()))])).write("old/c.tgz", gzip(&tar(&[("d", b"d\n")])));
    let head = repo.commit("an archive");
    let place = format!("b.zip!.npmrc:{LINE}");
    repo.shield(&["scan", "--range", &format!("{base}..{head}"), "--format", "json"]).expect_blocked(&[&place]);
    repo.shield(&["scan", "--history", "--format", "json"]).expect_blocked(&[&place]);
    repo.git(&["gc", "--quiet"]);
    repo.shield(&["scan", "--history", "--format", "json"]).expect_blocked(&[&place]);
    let line = format!("refs/heads/main {head} refs/heads/main {}\n", "0".repeat(40));
    let args = ["hook", "pre-push", "origin", remote.to_str().expect("a plain path"), "--format", "json"];
    repo.shield_with(&args, &[], Some(line.as_bytes())).expect_blocked(&[&place]);
    let bytes = std::fs::read(repo.path("b.zip")).expect("the archive");
    repo.shield_with(&["scan", "-", "--format", "json"], &[], Some(&bytes))
        .expect_blocked(&[&format!("<stdin>!.npmrc:{LINE}")]);
}

#[test]
fn what_was_in_a_member_before_is_old() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let (old, new) = (npmrc(&npm_token()), npmrc(&npm_token()));
    for (name, pack) in [("a.zip", None), ("a.tgz", Some(()))] {
        let made = |members: &[(&'static str, &[u8])]| match pack {
            None => zip(&members.iter().map(|(name, bytes)| entry(name, bytes.to_vec())).collect::<Vec<_>>()),
            Some(()) => gzip(&tar(members)),
        };
        repo.write(name, made(&[("a", &old), ("b", b"b\n")])).commit("with a secret");
        repo.write(name, made(&[("a", &old), ("b", b"B\n"), ("c", b"c\n")])).add();
        repo.scan_staged().expect_clean();
        repo.write(name, made(&[("moved/a", &old)])).add();
        repo.scan_staged().expect_clean();
        repo.write(name, made(&[("a", &old), ("c", &new)])).add();
        repo.scan_staged().expect_blocked(&[&format!("{name}!c:{LINE}")]);
        repo.git(&["reset", "--quiet", "--hard"]);
        repo.git(&["mv", name, &format!("moved-{name}")]);
        repo.scan_staged().expect_clean();
        repo.git(&["reset", "--quiet", "--hard"]);
        repo.git(&["rm", "--quiet", name]);
        repo.scan_staged().expect_clean();
        repo.git(&["reset", "--quiet", "--hard"]);
    }
}

/// The archives of the ledger, and whether the run was complete.
fn unread(repo: &Repo<'_>, code: i32) -> Vec<String> {
    let json = repo.scan_staged().expect(code).json();
    let rows = json["coverage"]["skipped"].as_array().expect("skipped").clone();
    rows.iter().map(|row| format!("{} {}", row["what"].as_str().unwrap(), row["path"].as_str().unwrap())).collect()
}

/// The begin of a 7z archive.
fn seven_zip() -> Vec<u8> {
    let fields = [3; 20];
    [&b"7z\xbc\xaf\x27\x1c\0\x04"[..], &crc32fast::hash(&fields).to_le_bytes(), &fields, b"members"].concat()
}

/// The begin of a cabinet.
fn cabinet() -> Vec<u8> {
    [&b"MSCF\0\0\0\0"[..], &[9; 16], &[3, 1], b"folders"].concat()
}

/// A compound file with the stream of an encrypted document.
fn encrypted_office() -> Vec<u8> {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    [&b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"[..], &[0; 1500], &name, &[7; 4000]].concat()
}

#[test]
fn a_program_that_knows_the_magic_of_archives_is_none() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let magic = b"7z\xbc\xaf\x27\x1c\0\x04 Rar!\x1a\x07\0 Rar!\x1a\x07\x01\0 MSCF\0\0\0\0 and what they are for";
    repo.write("unpack.exe", [b"MZ\x90\0", &[7; 3000][..], magic].concat());
    repo.write("old.doc", [&b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"[..], &[7; 4000]].concat()).add();
    assert!(unread(&repo, 0).is_empty());
}

#[test]
fn what_cannot_be_read_is_incomplete_until_it_is_accepted() {
    let sandbox = Sandbox::new();
    let sealed = |name| zip::Entry { flags: 1, ..entry(name, "whatever it is\n") };
    let whole = gzip(&npmrc("nothing"));
    let cases: &[(&str, Vec<u8>, &str)] = &[
        ("a.zip", zip(&[entry("read", "me\n"), sealed("secret/key")]), "archive in/a.zip!secret/key"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c\0\x04 and so on".to_vec(), "archive in/a.7z"),
        ("a.rar", b"Rar!\x1a\x07\x01\0 and so on".to_vec(), "archive in/a.rar"),
        ("setup.exe", [b"MZ\x90\0", &[7; 3000][..], &seven_zip()].concat(), "archive in/setup.exe"),
        ("install", [b"\x7fELF", &[7; 3000][..], &seven_zip()].concat(), "archive in/install"),
        ("rar4.exe", [b"MZ\x90\0", &[7; 3000][..], b"Rar!\x1a\x07\0\0\0\x73 and"].concat(), "archive in/rar4.exe"),
        (
            "rar5.exe",
            [b"MZ\x90\0", &[7; 3000][..], b"Rar!\x1a\x07\x01\0sums\x0a\x01 and"].concat(),
            "archive in/rar5.exe",
        ),
        ("cab.exe", [b"MZ\x90\0", &[7; 3000][..], &cabinet()].concat(), "archive in/cab.exe"),
        ("plan.xlsx", encrypted_office(), "archive in/plan.xlsx"),
        ("a.gz", whole[..whole.len() - 20].to_vec(), "archive in/a.gz"),
        ("cut.zip", zip(&[entry("a", "b\n")])[..40].to_vec(), "archive in/cut.zip"),
    ];
    for (name, bytes, row) in cases {
        let repo = sandbox.repo(&format!("repo-{name}"));
        repo.write("f", "f\n").commit("base");
        let path = format!("in/{name}");
        repo.write(&path, bytes).add();
        assert_eq!(unread(&repo, 2), [*row], "{name}");
        let run = repo.shield(&["scan", "--staged"]).expect(2);
        assert!(run.stderr.contains("1 archive member not read"), "{}", run.stderr);
        // The printed way out, copied as it is.
        let advice = run.stderr.split_once("    [[unread]]").expect("the way out").1;
        let entry: Vec<&str> =
            advice.lines().skip(1).take_while(|line| line.starts_with("    ")).map(str::trim).collect();
        repo.write(".shield-hook.toml", format!("[[unread]]\n{}\n", entry.join("\n").replace("WHY", "a vendor's")));
        assert_eq!(unread(&repo, 0), [*row], "{name}: {entry:?}");
        repo.write(".shield-hook.toml", "[[unread]]\npath = \"elsewhere/**\"\nreason = \"a vendor's\"\n");
        assert_eq!(unread(&repo, 2), [*row], "{name}");
        std::fs::remove_file(repo.path(".shield-hook.toml")).expect("the configuration");
        repo.commit("it is there");
        repo.git(&["mv", &path, "moved"]);
        assert!(unread(&repo, 0).is_empty(), "{name} was only moved");
    }
}

/// A pointer to `content`, and the content where Git LFS keeps it, where `is_here`.
fn lfs(repo: &Repo<'_>, content: &[u8], is_here: bool) -> String {
    use sha2::{Digest, Sha256};
    let id: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    if is_here {
        repo.write(format!(".git/lfs/objects/{}/{}/{id}", &id[..2], &id[2..4]), content);
    }
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{id}\nsize {}\n", content.len())
}

#[test]
fn the_content_of_lfs_pointers_is_read() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("f", "f\n").commit("base");
    let (old, new) = (npmrc(&npm_token()), npmrc(&npm_token()));
    let place = format!("creds.json:{LINE}");
    repo.write("creds.json", lfs(&repo, &old, true)).add();
    repo.scan_staged().expect_blocked(&[&place]);
    repo.shield(&["hook", "pre-commit", "--format", "json"]).expect_blocked(&[&place]);
    repo.commit("it is old now");
    repo.write("creds.json", lfs(&repo, &[&old[..], b"one more line\n"].concat(), true)).add();
    repo.scan_staged().expect_clean();
    repo.write("creds.json", lfs(&repo, &new, true)).add();
    repo.scan_staged().expect_blocked(&[&place]);
    let inside = zip(&[entry("k/.npmrc", new)]);
    repo.git(&["reset", "--quiet", "--hard"]);
    repo.write("model.bin", lfs(&repo, &inside, true)).add();
    repo.scan_staged().expect_blocked(&[&format!("model.bin!k/.npmrc:{LINE}")]);
}

/// The tool reads a pointer with white space around it, with carriage returns, and under its former names.
#[test]
fn every_pointer_that_the_tool_reads_is_one() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("f", "f\n").commit("base");
    let pointer = lfs(&repo, &npmrc(&npm_token()), true);
    let (_, rest) = pointer.split_once('\n').expect("lines");
    for form in [
        pointer.replace('\n', "\r\n"),
        format!("\n  \n{pointer}\n\n"),
        pointer.trim_end().to_owned(),
        format!("version https://hawser.github.com/spec/v1\n{rest}"),
        format!("version http://git-media.io/v/2\n{rest}"),
        format!("version https://git-lfs.github.com/spec/v1\next-0-case sha256:{}\n{rest}", "0".repeat(64)),
    ] {
        repo.write("creds.json", &form).add();
        repo.scan_staged().expect_blocked(&[&format!("creds.json:{LINE}")]);
    }
}

#[test]
fn lfs_content_that_is_not_here_is_told() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let base = repo.write("f", "f\n").commit("base");
    repo.write("big.bin", lfs(&repo, b"somewhere else\n", false)).add();
    assert_eq!(unread(&repo, 2), ["lfs-pointer big.bin"]);
    let run = repo.shield(&["scan", "--staged"]).expect(2);
    assert!(run.stderr.contains("1 Git LFS object not here"), "{}", run.stderr);
    for (setting, code) in [("[unread]\nlfs = \"report\"\n", 0), ("[unread]\nlfs = \"require\"\n", 2)] {
        repo.write(".shield-hook.toml", setting);
        assert_eq!(unread(&repo, code), ["lfs-pointer big.bin"]);
    }
    std::fs::remove_file(repo.path(".shield-hook.toml")).expect("the configuration");
    // An empty file or another one in its place is not it.
    for content in ["", "another\n"] {
        let pointer = lfs(&repo, b"somewhere else\n", true);
        let id = pointer.split("sha256:").nth(1).and_then(|rest| rest.lines().next()).expect("an id").to_owned();
        let object = format!(".git/lfs/objects/{}/{}/{id}", &id[..2], &id[2..4]);
        repo.write(&object, content);
        assert_eq!(unread(&repo, 2), ["lfs-pointer big.bin"]);
        std::fs::remove_file(repo.path(&object)).expect("the object");
    }
    repo.commit("the pointer");
    // A checkout in CI holds pointers only.
    let range = format!("{base}..HEAD");
    let json = repo.shield(&["scan", "--range", &range, "--format", "json"]).expect_clean().json();
    assert_eq!(json["coverage"]["skipped"][0]["what"], "lfs-pointer");
    repo.git(&["mv", "big.bin", "moved.bin"]);
    assert!(unread(&repo, 0).is_empty());
}

/// A push does not carry this content, so it stops none.
#[test]
fn content_in_git_annex_is_told() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("f", "f\n").commit("base");
    let key = |n: u32| format!("SHA256E-s1048576--{n:064x}.bin");
    repo.write("data.bin", format!("/annex/objects/{}\n", key(1)));
    std::os::unix::fs::symlink(format!(".git/annex/objects/Xq/1K/{}/{}", key(2), key(2)), repo.path("link.bin"))
        .unwrap();
    repo.add();
    let rows = ["annex-pointer data.bin", "annex-pointer link.bin"];
    assert_eq!(unread(&repo, 0), rows);
    let run = repo.shield(&["scan", "--staged"]).expect(0);
    assert!(run.stderr.contains("2 git-annex files not read"), "{}", run.stderr);
    repo.commit("annexed");
    for args in [&["scan", "--history"][..], &["scan", "--range", "HEAD~1..HEAD"]] {
        let run = repo.shield(args).expect(0);
        assert!(run.stderr.contains("2 git-annex files not read"), "{}", run.stderr);
    }
    // Moved and changed: only what is new is told.
    repo.git(&["mv", "data.bin", "moved.bin"]);
    repo.write("new.bin", format!("/annex/objects/{}\n", key(3))).add();
    assert_eq!(unread(&repo, 0), ["annex-pointer new.bin"]);
}
