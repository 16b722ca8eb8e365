use super::*;
use crate::error::Result;

/// Files in memory.
struct InMemory(Vec<(&'static str, String)>);

impl Files for InMemory {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.0.iter().find(|(name, _)| *name == path).map(|(_, text)| text.clone().into_bytes()))
    }
    fn list(&self, _: &str) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
}

fn tool(files: &[(&'static str, &str)], path: &str, content: &[u8]) -> Option<Tool> {
    let files = files.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
    Sealed::read(&InMemory(files)).in_clear(path, content).map(|found| found.tool)
}

const CLEAR: &[u8] = b"password: corvus-2019\n";

#[test]
fn filters_of_git_declare_and_take_back() {
    let attributes = "# secrets\n[attr]sealed filter=git-crypt diff=git-crypt\n*.key filter=git-crypt diff=git-crypt\n\
                      secrets/** sealed\nsecrets/README.md !filter !diff\nops/*.yml filter=crypt diff=crypt merge=crypt\n\
                      team.env filter=git-crypt-team\n*.png filter=lfs\n";
    let files = [(".gitattributes", attributes)];
    for (path, expected) in [
        ("a.key", Some(Tool::GitCrypt)),
        ("deep/down/b.key", Some(Tool::GitCrypt)),
        ("secrets/db.yml", Some(Tool::GitCrypt)),
        ("secrets/deep/db.yml", Some(Tool::GitCrypt)),
        ("team.env", Some(Tool::GitCrypt)),
        ("ops/db.yml", Some(Tool::Transcrypt)),
        ("secrets/README.md", None),
        ("ops/deep/db.yml", None),
        ("logo.png", None),
        ("src/main.rs", None),
    ] {
        assert_eq!(tool(&files, path, CLEAR), expected, "{path}");
    }
    assert_eq!(tool(&files, "a.key", b"\0GITCRYPT\0\x01\x02\x03"), None);
    assert_eq!(tool(&files, "a.key", b""), None);
    assert_eq!(tool(&files, "ops/db.yml", b"U2FsdGVkX1+abc=\n"), None);
    // The other tool's form is no encryption by this one.
    assert_eq!(tool(&files, "ops/db.yml", b"\0GITCRYPT\0\x01"), Some(Tool::Transcrypt));
}

#[test]
fn rules_of_sops_declare_by_names_that_say_so() {
    let rules = "creation_rules:\n  - path_regex: kubernetes/.*\\.sops\\.ya?ml$\n    age: x\n  - path_regex: secrets/.*\\.yaml$\n    age: x\n\
                 \x20 - path_regex: .*\\.json$\n    age: x\n  - age: x\n";
    let files = [(".sops.yaml", rules)];
    let sealed = Sealed::read(&InMemory(vec![(".sops.yaml", rules.into())]));
    let confidence = |path: &str| sealed.in_clear(path, CLEAR).map(|found| found.confidence);
    assert_eq!(confidence("kubernetes/app/db.sops.yaml"), Some(Confidence::Medium));
    assert_eq!(confidence("secrets/db.yaml"), Some(Confidence::Low));
    for path in ["package.json", "kubernetes/app/db.yaml", "kubernetes/db.sops.yaml.j2", ".sops.yaml"] {
        assert_eq!(confidence(path), None, "{path}");
    }
    for sealed in
        ["password: ENC[AES256_GCM,data:x]\nsops:\n  mac: x\n", "{\"a\": 1, \"sops\": {}}", "# empty\n", "a:\n"]
    {
        assert_eq!(tool(&files, "kubernetes/app/db.sops.yaml", sealed.as_bytes()), None, "{sealed}");
    }
    assert_eq!(tool(&[(".sops.yaml", "creation_rules: [")], "a.sops.yaml", CLEAR), None);
}

#[test]
fn lists_and_names_declare() {
    let files = [
        (".gitsecret/paths/mapping.cfg", "conf/db.env:4f2a\nkeys/a.pem\n"),
        (".blackbox/blackbox-files.txt", "b.env\n"),
    ];
    assert_eq!(tool(&files, "conf/db.env", CLEAR), Some(Tool::GitSecret));
    assert_eq!(tool(&files, "keys/a.pem", CLEAR), Some(Tool::GitSecret));
    assert_eq!(tool(&files, "b.env", CLEAR), Some(Tool::BlackBox));
    assert_eq!(tool(&files, "conf/db.env.secret", CLEAR), None);
    for path in ["group_vars/all/vault.yml", "ansible/host_vars/web/vault_db.yaml", "inventory/group_vars/vault.yml"] {
        assert_eq!(tool(&[], path, CLEAR), Some(Tool::AnsibleVault), "{path}");
        for sealed in ["$ANSIBLE_VAULT;1.1;AES256\n3836\n", "---\n", "db_pw: \"{{ lookup('env', 'X') }}\"\n"] {
            assert_eq!(tool(&[], path, sealed.as_bytes()), None, "{path}: {sealed}");
        }
    }
    for path in ["vault.yml", "roles/vault/tasks/main.yml", "group_vars/all/vars.yml", "group_vars/all/vault.md"] {
        assert_eq!(tool(&[], path, CLEAR), None, "{path}");
    }
}
