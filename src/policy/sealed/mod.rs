//! Files that the repository declares encrypted: by the filters of git-crypt and transcrypt in `.gitattributes`, by the
//! rules of SOPS, by the lists of git-secret and BlackBox, and by the names that Ansible Vault uses.
//!
//! The tools encrypt when a file is staged, or by a command. Where one is not installed, not unlocked or forgotten, the
//! file is recorded in clear, and nothing says so.

mod declaration;
#[cfg(test)]
mod tests;

use super::Files;
use crate::rule::{Confidence, Rule, Severity};
use declaration::Declaration;

/// The id of these findings.
pub const ID: &str = "declared-encrypted-in-clear";

/// Found by no pattern: the declaration and the content together make the finding.
pub static RULE: Rule = Rule {
    severity: Severity::High,
    why: "The repository says that the file is encrypted, so it holds what nobody should read; recorded like this, \
          everybody can who has a clone.",
    fix: "Take the file out of the change, unlock or install the tool (`git-crypt unlock`, `sops -e -i FILE`, \
          `ansible-vault encrypt FILE`), stage it again, and change what is in it if it was ever pushed.",
    ..Rule::without_pattern(ID, "file in clear that the repository declares encrypted", "shield-hook")
};

/// The tool that encrypts a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// git-crypt, a filter of git.
    GitCrypt,
    /// transcrypt, a filter of git.
    Transcrypt,
    /// SOPS, which encrypts values.
    Sops,
    /// git-secret, which keeps an encrypted copy beside an untracked file.
    GitSecret,
    /// StackExchange's BlackBox, which does the same.
    BlackBox,
    /// Ansible Vault.
    AnsibleVault,
}

impl Tool {
    /// The name that people use.
    pub fn name(self) -> &'static str {
        match self {
            Self::GitCrypt => "git-crypt",
            Self::Transcrypt => "transcrypt",
            Self::Sops => "SOPS",
            Self::GitSecret => "git-secret",
            Self::BlackBox => "BlackBox",
            Self::AnsibleVault => "Ansible Vault",
        }
    }

    /// Returns whether the content is what the tool writes, or has nothing in it to encrypt.
    fn encrypted(self, content: &[u8]) -> bool {
        let has = |mark: &[u8]| memchr::memmem::find(content, mark).is_some();
        content.trim_ascii().is_empty()
            || match self {
                Self::GitCrypt => content.starts_with(b"\0GITCRYPT\0"),
                // `Salted__` in base64.
                Self::Transcrypt => content.starts_with(b"U2FsdGVk"),
                Self::Sops => has(b"ENC[AES256_GCM,") || has(b"sops_version") || has(b"\"sops\"") || !assigns(content),
                // The tracked file is the copy, which has another name.
                Self::GitSecret | Self::BlackBox => false,
                Self::AnsibleVault => has(b"$ANSIBLE_VAULT;") || !assigns(content),
            }
    }
}

/// Returns whether a line assigns a value that is no template and no beginning of a block.
fn assigns(content: &[u8]) -> bool {
    content.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).any(|line| {
        let value = line.iter().position(|b| matches!(b, b':' | b'=')).map(|at| line[at + 1..].trim_ascii());
        let is_value = |value: &[u8]| {
            let bare = value.strip_prefix(b"\"").or(value.strip_prefix(b"'")).unwrap_or(value);
            value.len() > 3 && !bare.starts_with(b"{{") && !matches!(bare, [b'|' | b'>' | b'$' | b'&' | b'#', ..])
        };
        !line.starts_with(b"#") && value.is_some_and(is_value)
    })
}

/// A file in clear, and how sure it is that it should be encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InClear {
    /// The tool that the declaration is for.
    pub tool: Tool,
    /// High for a declaration of the file itself, low for one that covers whole directories.
    pub confidence: Confidence,
}

/// All declarations of a repository.
#[derive(Clone, Debug, Default)]
pub struct Sealed {
    /// In the order of their files; of several that cover a file the last counts, as git has it.
    declarations: Vec<Declaration>,
}

impl Sealed {
    /// Reads the declarations. What is absent or cannot be read declares nothing.
    pub fn read(files: &dyn Files) -> Self {
        let text = |path: &str| files.read(path).ok().flatten().and_then(|bytes| String::from_utf8(bytes).ok());
        let mut declarations = Vec::new();
        declarations.extend(text(".gitattributes").iter().flat_map(|text| declaration::of_attributes(text)));
        declarations.extend(text(".sops.yaml").iter().flat_map(|text| declaration::of_sops(text)));
        let lists =
            [(".gitsecret/paths/mapping.cfg", Tool::GitSecret), (".blackbox/blackbox-files.txt", Tool::BlackBox)];
        for (list, tool) in lists {
            declarations.extend(text(list).iter().flat_map(|text| declaration::of_list(text, tool)));
        }
        Self { declarations }
    }

    /// Returns whether the file at `path` is declared encrypted.
    pub fn covers(&self, path: &str) -> bool {
        self.declared(path).is_some()
    }

    /// The declaration that `content` at `path` breaks.
    pub fn in_clear(&self, path: &str, content: &[u8]) -> Option<InClear> {
        self.declared(path).filter(|declared| !declared.tool.encrypted(content))
    }

    fn declared(&self, path: &str) -> Option<InClear> {
        let last = self.declarations.iter().rev().find(|declaration| declaration.matches(path));
        match last {
            Some(declaration) => declaration.tool.map(|(tool, confidence)| InClear { tool, confidence }),
            None => declaration::is_vault(path)
                .then_some(InClear { tool: Tool::AnsibleVault, confidence: Confidence::Medium }),
        }
    }
}
