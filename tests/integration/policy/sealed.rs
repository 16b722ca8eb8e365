//! Files that the repository declares encrypted and that are recorded in clear, through the real binary.

use crate::support::{Run, Sandbox, base62};

const RULE: &str = "declared-encrypted-in-clear";

/// The verdicts of the findings of [`RULE`], each with its path.
fn verdicts(run: &Run) -> Vec<String> {
    let json = run.json();
    let findings = json["findings"].as_array().expect("findings").iter();
    let ours = findings.filter(|finding| finding["rule"] == RULE);
    ours.map(|f| format!("{} {}", f["path"].as_str().unwrap_or_default(), f["verdict"].as_str().unwrap_or_default()))
        .collect()
}

/// A declaration, the file that it covers, and the content that the tool would have recorded.
const DECLARED: [(&str, &str, &str, &str); 5] = [
    (
        ".gitattributes",
        "*.key filter=git-crypt diff=git-crypt\n",
        "deploy/site.key",
        "\0GITCRYPT\0\u{1}\u{2}\u{3}\u{4}",
    ),
    (".gitattributes", "conf/* filter=crypt diff=crypt merge=crypt\n", "conf/app.env", "U2FsdGVkX1+q83vEjRWeJA==\n"),
    (
        ".sops.yaml",
        "creation_rules:\n  - path_regex: .*\\.sops\\.yaml$\n    age: age1x\n",
        "k8s/db.sops.yaml",
        "password: ENC[AES256_GCM,data:q83v,iv:a,tag:b,type:str]\nsops:\n  version: 3.9.0\n",
    ),
    (".gitsecret/paths/mapping.cfg", "conf/db.env:4f2a\n", "conf/db.env", ""),
    ("ansible.cfg", "[defaults]\n", "group_vars/all/vault.yml", "$ANSIBLE_VAULT;1.1;AES256\n66386439653765\n"),
];

#[test]
fn a_declared_file_blocks_in_clear_and_passes_encrypted() {
    for (number, (declaration, text, path, encrypted)) in DECLARED.into_iter().enumerate() {
        let sandbox = Sandbox::new();
        let repo = sandbox.repo(&format!("repo{number}"));
        repo.write(declaration, text).write("README.md", "# A project\n").commit("first");
        repo.write(path, encrypted).add();
        assert!(verdicts(&repo.scan_staged()).is_empty(), "{path} is encrypted");
        // Words that no rule takes for a secret.
        let clear = format!("greeting: hello {}\n", &base62(12)[..4]);
        repo.write(path, &clear).add();
        let run = repo.scan_staged().expect(1);
        assert_eq!(verdicts(&run), [format!("{path} block")]);
        assert!(!run.stdout.contains(clear.trim()), "the content is never shown");
        // On disk it is in clear wherever the repository is unlocked.
        assert!(verdicts(&repo.shield(&["scan", "--format", "json", "."])).is_empty(), "{path} on disk");
        repo.commit("in clear");
        assert_eq!(verdicts(&repo.shield(&["scan", "--history", "--format", "json"])), [format!("{path} block")]);
        assert_eq!(verdicts(&repo.shield(&["scan", "--range", "HEAD~1..HEAD", "--format", "json"])).len(), 1);
        // It stood there in clear before: shown, and blames nobody.
        repo.write(path, format!("{clear}answer: hello again\n")).add();
        assert_eq!(verdicts(&repo.scan_staged()), [format!("{path} warn")]);
    }
}

#[test]
fn an_allowance_and_disable_hold_for_it() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write(".gitattributes", "*.key filter=git-crypt\n").commit("first");
    repo.write("a.key", "in clear on purpose\n").add();
    repo.scan_staged().expect(1);
    repo.write(".shield-hook.toml", format!("disable = [\"{RULE}\"]\n"));
    assert!(verdicts(&repo.scan_staged().expect(0)).is_empty());
    repo.write(".shield-hook.toml", format!("[[allow]]\nrule = \"{RULE}\"\npath = \"a.key\"\nreason = \"a sample\"\n"));
    assert_eq!(verdicts(&repo.scan_staged().expect(0)), ["a.key allowed"]);
}
