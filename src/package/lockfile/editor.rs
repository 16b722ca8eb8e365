//! The extensions that an editor is to install: `.vscode/extensions.json`.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package};
use super::{Format, json};

pub(super) struct EditorExtensions;

impl Format for EditorExtensions {
    fn name(&self) -> &'static str {
        "extensions.json"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "extensions.json"
    }

    fn is_lock(&self) -> bool {
        false
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let root = json::relaxed(text)?;
        let mut inventory = Inventory::default();
        for node in root.expect_map("an extensions.json")?.items_at("recommendations") {
            let Some(text) = node.text() else { continue };
            let (name, version) = text.split_once('@').map_or((text, None), |(name, version)| (name, Some(version)));
            let package = Package::new(Ecosystem::Vscode, name, version.map(str::to_owned), node.line);
            inventory.packages.push(package);
        }
        Ok(inventory)
    }
}
