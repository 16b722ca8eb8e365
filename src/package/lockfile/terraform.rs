//! .terraform.lock.hcl.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package, Source};
use super::Format;

pub(super) struct TerraformLock;

impl Format for TerraformLock {
    fn name(&self) -> &'static str {
        ".terraform.lock.hcl"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == ".terraform.lock.hcl"
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let mut packages = Vec::new();
        let mut open: Option<Package> = None;
        let mut last = 1;
        for (number, line) in (1..).zip(text.lines()) {
            last = number;
            let line = line.trim();
            let wrong = |why: &str| Err(LockError::new(number, why.to_owned()));
            match (&mut open, line) {
                (_, "") => {}
                (_, line) if line.starts_with('#') => {}
                (Some(_), "}") => packages.extend(open.take()),
                (None, line) => match line.strip_prefix("provider \"").and_then(|rest| rest.split_once("\" {")) {
                    Some((address, "")) => open = Some(provider(address, number)),
                    Some((address, "}")) => packages.push(provider(address, number)),
                    _ => return wrong("not a provider"),
                },
                (Some(package), line) if line.starts_with('"') => {
                    let hash = line.trim_end_matches(',').trim_matches('"').split_once(':');
                    package.integrity.extend(hash.map(|(kind, hash)| (kind.to_owned(), hash.to_owned())));
                }
                (Some(package), line) => {
                    if let Some((_, value)) = line.split_once('=').filter(|(key, _)| key.trim() == "version") {
                        package.version = Some(value.trim().trim_matches('"').to_owned());
                    }
                }
            }
        }
        match open {
            Some(_) => Err(LockError::new(last, "a provider without an end")),
            None => Ok(Inventory { packages, ..Inventory::default() }),
        }
    }
}

/// `host/namespace/name`.
fn provider(address: &str, line: u32) -> Package {
    let (host, name) = address.split_once('/').unwrap_or(("", address));
    let source = Source::Registry(Some(format!("https://{host}/")));
    Package { source, ..Package::new(Ecosystem::Terraform, name, None, line) }
}

#[cfg(test)]
mod tests {
    use super::super::testing::summary;
    use super::*;

    #[test]
    fn providers_with_their_hashes() {
        let text = "# This file is maintained automatically.\n\nprovider \"registry.example/o/left\" {\n  version     = \"1.0.0\"\n  constraints = \"~> 1.0\"\n  hashes = [\n    \"h1:aa=\",\n    \"zh:bb\",\n  ]\n}\n";
        assert_eq!(
            summary(&TerraformLock, text),
            ["terraform o/left@1.0.0:3 Registry(Some(\"https://registry.example/\")) h1=aa= zh=bb"]
        );
        for wrong in ["resource \"x\" \"y\" {\n}\n", "provider \"a/b/c\" {\n"] {
            assert!(super::super::read(&TerraformLock, wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
