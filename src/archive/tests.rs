#[allow(dead_code, unreachable_pub, reason = "the integration tests use all of it")]
#[path = "../../tests/integration/support/pack.rs"]
mod pack;

use super::*;
use pack::{bzip2, gzip, tar as tar_of, zstd};

/// Everything that a container shows: path, content or reason.
fn shown(bytes: &[u8], name: &str, limits: ArchiveLimits) -> Vec<(String, Result<Vec<u8>, String>)> {
    let mut all = Vec::new();
    let format = recognise(bytes).expect("a container");
    read(bytes, format, name.into(), limits, &mut |member| {
        if !matches!(member.kind, MemberKind::Container | MemberKind::Rest) {
            all.push((member.path.to_string(), member.content.map(<[u8]>::to_vec)));
        }
    });
    all
}

fn plain(bytes: &[u8], name: &str) -> Vec<(String, Result<Vec<u8>, String>)> {
    shown(bytes, name, ArchiveLimits::of(bytes.len(), 1 << 20))
}

fn one(path: &str, content: &[u8]) -> Vec<(String, Result<Vec<u8>, String>)> {
    vec![(path.to_owned(), Ok(content.to_vec()))]
}

#[test]
fn a_compressed_file_is_called_by_its_name() {
    let text = b"some words\n".repeat(50);
    assert_eq!(plain(&gzip(&text), "logs/a.log.gz"), one("a.log", &text));
    assert_eq!(plain(&bzip2(&text), "a.sql.bz2"), one("a.sql", &text));
    assert_eq!(plain(&zstd(&text), "dump.zst"), one("dump", &text));
    assert_eq!(plain(&gzip(&text), "unnamed"), one("content", &text));
    assert_eq!(plain(&[zstd(&text), zstd(b"more")].concat(), "dump.zst"), one("dump", &[&text[..], b"more"].concat()));
    assert_eq!(plain(&[gzip(&text), gzip(b"more")].concat(), "a.gz"), one("a", &[&text[..], b"more"].concat()));
}

#[test]
fn containers_in_containers_are_read() {
    let inner = gzip(&tar_of(&[("conf/a.env", b"A=1"), ("./b", b"B=2")]));
    for whole in [tar_of(&[("layer.tgz", &inner)]), gzip(&tar_of(&[("layer.tgz", &inner)]))] {
        let members = plain(&whole, "image.tar");
        let paths: Vec<&str> = members.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["layer.tgz!conf/a.env", "layer.tgz!b"]);
        assert!(members.iter().all(|(_, content)| content.is_ok()));
    }
    assert_eq!(plain(&gzip(&zstd(&bzip2(b"deep inside"))), "a.x.gz"), one("a.x", b"deep inside"));
}

#[test]
fn whatever_is_not_read_is_told() {
    let text = b"some words\n".repeat(5000);
    let packed = gzip(&text);
    let reasons = |bytes: &[u8], limits| -> Vec<String> {
        shown(bytes, "a.gz", limits).into_iter().filter_map(|(_, content)| content.err()).collect()
    };
    let limits = ArchiveLimits::of(packed.len(), 1 << 20);
    assert!(reasons(&packed, limits).is_empty());
    assert_eq!(reasons(&packed[..packed.len() / 2], limits).len(), 1);
    assert_eq!(reasons(&packed, ArchiveLimits { member: 1000, ..limits }).len(), 1);
    assert_eq!(reasons(&packed, ArchiveLimits { bytes: 1000, ..limits }).len(), 1);
    let tar = tar_of(&[("a", b"1"), ("b", b"2"), ("c", b"3")]);
    assert_eq!(reasons(&tar, ArchiveLimits { members: 2, ..limits }).len(), 1);
    assert_eq!(reasons(&tar[..700], limits).len(), 1);
    let mut nested = b"deep".to_vec();
    for _ in 0..20 {
        nested = gzip(&nested);
    }
    assert_eq!(reasons(&nested, limits).len(), 1);
    assert_eq!(reasons(b"7z\xbc\xaf\x27\x1c\0\x04", limits).len(), 1);
    // A tar in a stream that never ends.
    let bomb = gzip(&[tar_of(&[("a", b"1")]), vec![0; 4 << 20]].concat());
    assert_eq!(reasons(&bomb, ArchiveLimits { bytes: 1 << 20, ..limits }).len(), 1);
}

#[test]
fn what_is_odd_is_said() {
    let tar = tar_of(&[("a", b"1"), ("a", b"2"), ("../b", b"3"), ("/c", b"4"), ("d/../../e", b"5"), ("f/../g", b"6")]);
    let mut odd = Vec::new();
    read(&tar, ArchiveFormat::Tar, "t".into(), ArchiveLimits::of(tar.len(), 1 << 20), &mut |member| {
        odd.extend(member.odd.iter().map(|odd| (member.path.to_string(), *odd)));
    });
    let own = |path: &str, odd| (path.to_owned(), odd);
    assert_eq!(
        odd,
        [own("a", Odd::Doubled), own("../b", Odd::LeadsOut), own("/c", Odd::Absolute), own("d/../../e", Odd::LeadsOut)]
    );
}

#[test]
fn text_is_no_container() {
    let texts: [&[u8]; 5] = [b"", b"PK", b"BZh9 is what bzip2 begins with", &[b'0'; 1024], &[0; 1024]];
    assert!(texts.iter().all(|text| recognise(text).is_none()));
    assert!(recognise(include_bytes!("mod.rs")).is_none());
}
