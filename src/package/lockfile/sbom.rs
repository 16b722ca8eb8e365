//! Bills of materials: CycloneDX in JSON and XML, SPDX in JSON and as tags and values.
//!
//! A component counts by its package URL (`pkg:npm/name@1.0.0`); one without a URL names no package of a registry.

use super::super::ecosystem::Ecosystem;
use super::super::inventory::{Inventory, LockError, Package, Source};
use super::tree::Node;
use super::{Format, json, xml};
use percent_encoding::percent_decode_str;

/// The head of a file that says its kind.
const HEAD: usize = 8 << 10;

/// The format of a bill of materials under any name.
pub(super) fn format_of(bytes: &[u8]) -> Option<&'static dyn Format> {
    let head = &bytes[..bytes.len().min(HEAD)];
    let has = |text: &str| memchr::memmem::find(head, text.as_bytes()).is_some();
    if has("cyclonedx") || has("CycloneDX") {
        return Some(&CycloneDx);
    }
    (has("spdxVersion") || has("SPDXVersion:") || has("spdx.org/rdf/3")).then_some(&Spdx)
}

pub(super) struct CycloneDx;

impl Format for CycloneDx {
    fn name(&self) -> &'static str {
        "bom.json"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        const ENDS: [&str; 4] = [".cdx.json", ".bom.json", ".cyclonedx.json", ".cdx.xml"];
        matches!(name, "bom.json" | "bom.xml") || ENDS.iter().any(|end| name.ends_with(end))
    }

    fn is_lock(&self) -> bool {
        false
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let mut packages = Vec::new();
        if text.trim_start().starts_with('<') {
            let document = xml::parse(text)?;
            if document.root().tag_name().name() != "bom" {
                return Err(LockError::new(1, "not a `bom`"));
            }
            for node in document.elements(&["component"]) {
                let url = xml::child(node, "purl").and_then(|url| Some((url.text()?.trim(), document.line(url))));
                packages.extend(url.and_then(|(url, line)| package_of_url(url, line)));
            }
        } else {
            let root = json::strict(text)?;
            let root = root.expect_map("a CycloneDX file")?;
            if root.text_at("bomFormat") != Some("CycloneDX") {
                return Err(LockError::new(1, "no `bomFormat` that is CycloneDX"));
            }
            components(root, &mut packages);
        }
        Ok(Inventory { packages, ..Inventory::default() })
    }
}

/// The components of a node, and those that they consist of.
fn components(node: &Node<'_>, packages: &mut Vec<Package>) {
    for component in node.items_at("components") {
        let url = component.get("purl").and_then(|url| package_of_url(url.text()?, url.line));
        packages.extend(url);
        components(component, packages);
    }
}

pub(super) struct Spdx;

impl Format for Spdx {
    fn name(&self) -> &'static str {
        "spdx.json"
    }

    fn claims(&self, name: &str, _directory: &str) -> bool {
        name == "spdx.json" || name.ends_with(".spdx.json") || name.ends_with(".spdx")
    }

    fn is_lock(&self) -> bool {
        false
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let mut packages = Vec::new();
        if text.trim_start().starts_with('{') {
            let root = json::strict(text)?;
            let root = root.expect_map("an SPDX file")?;
            if root.get("spdxVersion").is_none() && root.get("@graph").is_none() {
                return Err(LockError::new(1, "no `spdxVersion`"));
            }
            for node in root.items_at("packages").iter().flat_map(|package| package.items_at("externalRefs")) {
                let url = node.get("referenceLocator").filter(|_| node.text_at("referenceType") == Some("purl"));
                packages.extend(url.and_then(|url| package_of_url(url.text()?, url.line)));
            }
            for node in root.items_at("@graph").iter().filter_map(|node| node.get("software_packageUrl")) {
                packages.extend(node.text().and_then(|url| package_of_url(url, node.line)));
            }
        } else {
            if !text.trim_start().starts_with("SPDXVersion:") {
                return Err(LockError::new(1, "no `SPDXVersion`"));
            }
            for (number, line) in (1..).zip(text.lines()) {
                let reference = line.strip_prefix("ExternalRef:").and_then(|rest| rest.rsplit_once(" purl "));
                packages.extend(reference.and_then(|(_, url)| package_of_url(url.trim(), number)));
            }
        }
        Ok(Inventory { packages, ..Inventory::default() })
    }
}

/// The package of `pkg:type/namespace/name@version?qualifiers#subpath`; none if its type is no ecosystem.
pub fn package_of_url(url: &str, line: u32) -> Option<Package> {
    let rest = url.strip_prefix("pkg:")?.trim_start_matches('/');
    let rest = rest.split('#').next()?;
    let (path, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
    let (kind, path) = path.split_once('/')?;
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (path, version) = match path.rsplit_once('@').filter(|(before, _)| !before.is_empty()) {
        Some((path, version)) => (path, Some(decode(version))),
        None => (path, None),
    };
    let parts: Vec<String> = path.trim_matches('/').split('/').map(decode).collect();
    let (ecosystem, separator) = ecosystem(&kind.to_ascii_lowercase())?;
    let version = version.filter(|version| !version.is_empty());
    let mut package = Package::new(ecosystem, parts.join(separator), version, line);
    let repository = qualifiers.split('&').find_map(|q| q.strip_prefix("repository_url=")).map(decode);
    if let Some(url) = repository.filter(|_| !matches!(ecosystem, Ecosystem::Docker)) {
        package.source = Source::Registry(Some(if url.contains("://") { url } else { format!("https://{url}") }));
    }
    (!package.name.is_empty()).then_some(package)
}

/// The ecosystem of a package URL's type, and what joins the parts of its names.
fn ecosystem(kind: &str) -> Option<(Ecosystem, &'static str)> {
    Some(match kind {
        "npm" => (Ecosystem::Npm, "/"),
        "pypi" => (Ecosystem::Pypi, "/"),
        "cargo" => (Ecosystem::Crates, "/"),
        "gem" => (Ecosystem::Rubygems, "/"),
        "golang" => (Ecosystem::Go, "/"),
        "composer" => (Ecosystem::Packagist, "/"),
        "nuget" => (Ecosystem::Nuget, "/"),
        "githubactions" | "github" => (Ecosystem::GithubActions, "/"),
        "docker" => (Ecosystem::Docker, "/"),
        "vscode-extension" | "vscode" => (Ecosystem::Vscode, "."),
        "hex" => (Ecosystem::Hex, "/"),
        "pub" => (Ecosystem::Pub, "/"),
        "maven" => (Ecosystem::Maven, ":"),
        "swift" => (Ecosystem::Swift, "/"),
        "conda" => (Ecosystem::Conda, "/"),
        "terraform" => (Ecosystem::Terraform, "/"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::summary;
    use super::*;

    #[test]
    fn package_urls_of_every_ecosystem() {
        for (url, wanted) in [
            ("pkg:npm/%40o/left@1.0.0", "npm @o/left@1.0.0"),
            ("pkg:npm/@o/left@1.0.0", "npm @o/left@1.0.0"),
            ("pkg:pypi/left@1.0?file_name=x#y", "pypi left@1.0"),
            ("pkg:golang/host.example/o/left@v1.0.0#cmd", "go host.example/o/left@v1.0.0"),
            ("pkg:maven/com.example/left@1.0", "maven com.example:left@1.0"),
            ("pkg:composer/o/left@v1%2Bx", "packagist o/left@v1+x"),
            ("pkg:cargo/left", "crates left@-"),
            ("pkg:vscode-extension/o/left@1.0.0", "vscode o.left@1.0.0"),
        ] {
            let package = package_of_url(url, 1).unwrap();
            let version = package.version.as_deref().unwrap_or("-");
            assert_eq!(format!("{} {}@{version}", package.ecosystem.as_str(), package.name), wanted, "{url}");
        }
        for url in ["pkg:deb/debian/left@1.0", "npm/left@1.0", "pkg:npm", "pkg:npm/", "pkg:"] {
            assert_eq!(package_of_url(url, 1), None, "{url}");
        }
    }

    #[test]
    fn nested_components_and_every_syntax() {
        let json = "{\"bomFormat\": \"CycloneDX\", \"components\": [\n{\"name\": \"x\", \"purl\": \"pkg:npm/left@1.0.0\", \"components\": [\n{\"purl\": \"pkg:npm/right@2.0.0\"}]}]}";
        let xml = "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.5\"><components>\n<component type=\"library\"><purl>pkg:npm/left@1.0.0</purl>\n<components>\n<component><purl>pkg:npm/right@2.0.0</purl></component></components></component></components></bom>";
        for (text, second) in [(json, 3), (xml, 4)] {
            let second = format!("npm right@2.0.0:{second} Registry(None)");
            assert_eq!(summary(&CycloneDx, text), ["npm left@1.0.0:2 Registry(None)", second.as_str()]);
            assert_eq!(format_of(text.as_bytes()).map(Format::name), Some("bom.json"));
        }
        let reference = "{\"referenceCategory\": \"PACKAGE-MANAGER\", \"referenceType\": \"purl\", \"referenceLocator\": \"pkg:npm/left@1.0.0\"}";
        let json =
            format!("{{\"spdxVersion\": \"SPDX-2.3\", \"packages\": [\n{{\"externalRefs\": [\n{reference}]}}]}}");
        let tags = "SPDXVersion: SPDX-2.3\nPackageName: left\nExternalRef: PACKAGE-MANAGER purl pkg:npm/left@1.0.0\n";
        for text in [json.as_str(), tags] {
            assert_eq!(summary(&Spdx, text), ["npm left@1.0.0:3 Registry(None)"]);
            assert_eq!(format_of(text.as_bytes()).map(Format::name), Some("spdx.json"));
        }
        assert!(format_of(b"{\"dependencies\": {}}").is_none());
    }
}
