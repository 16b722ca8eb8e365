//! The content of an inventory in short lines, for the tests of the formats.

use super::super::inventory::Package;
use super::Format;

/// `ecosystem name@version:line source hashes` of each package.
pub(super) fn summary(format: &dyn Format, text: &str) -> Vec<String> {
    let inventory = super::read(format, text.as_bytes()).unwrap();
    let hashes = |integrity: &[(String, String)]| -> String {
        integrity.iter().map(|(kind, hash)| format!(" {kind}={hash}")).collect()
    };
    let line = |p: &Package| {
        let version = p.version.as_deref().unwrap_or("-");
        let alias = p.alias.as_ref().map(|alias| format!(" for {alias}")).unwrap_or_default();
        format!(
            "{} {}@{version}:{} {:?}{}{alias}",
            p.ecosystem.as_str(),
            p.name,
            p.line,
            p.source,
            hashes(&p.integrity)
        )
    };
    inventory.packages.iter().map(line).collect()
}
