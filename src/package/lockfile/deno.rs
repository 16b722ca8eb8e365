//! deno.lock, versions 2 to 5: the npm packages in it.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package};
use super::{Format, javascript, json};

pub(super) struct DenoLock;

impl Format for DenoLock {
    fn name(&self) -> &'static str {
        "deno.lock"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "deno.lock"
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let root = json::strict(text)?;
        let root = root.expect_map("a deno.lock")?;
        // 2: npm.packages; 3: packages.npm; 4 and 5: npm itself.
        let entries = match (root.get("npm"), root.get("packages")) {
            (Some(npm), _) if npm.get("packages").is_some() => npm.entries_at("packages"),
            (Some(npm), _) => npm.entries(),
            (None, Some(packages)) => packages.entries_at("npm"),
            (None, None) => &[],
        };
        let mut inventory = Inventory::default();
        for entry in entries {
            let (name, version) = javascript::name_and_rest(&entry.key);
            // `name@1.0.0_peer@2.0.0`
            let version = version
                .map(|v| v.split('_').next().unwrap_or(v))
                .ok_or_else(|| LockError::new(entry.line, "an npm package without a version"))?;
            let mut package = Package::new(Ecosystem::Npm, name, Some(version.to_owned()), entry.line);
            package.integrity = javascript::integrity(entry.node.text_at("integrity"));
            package.install_script = entry.node.is_true("scripts");
            inventory.packages.extend(javascript::resolved(package, entry.node.text_at("tarball")));
        }
        Ok(inventory)
    }
}
