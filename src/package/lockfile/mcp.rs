//! The programs that assistants start: MCP servers and hooks that a runner fetches, such as `npx -y name@1.0.0`.

use super::super::inventory::{Inventory, LockError, Package};
use super::tree::{Node, Value};
use super::{Format, json, recipe, toml};

/// The name, with the folder it is in if it is not telling enough by itself, of every file that starts servers.
const FILES: [(&str, &str); 16] = [
    ("", ".mcp.json"),
    ("", "mcp.json"),
    ("", "mcp_config.json"),
    ("", "mcp_settings.json"),
    ("", "cline_mcp_settings.json"),
    ("", "claude_desktop_config.json"),
    ("", "gemini-extension.json"),
    ("", "opencode.json"),
    (".claude", "settings.json"),
    (".claude", "settings.local.json"),
    (".gemini", "settings.json"),
    (".qwen", "settings.json"),
    (".zed", "settings.json"),
    (".vscode", "settings.json"),
    (".cursor", "hooks.json"),
    (".codex", "hooks.json"),
];

pub(super) struct Servers;

impl Format for Servers {
    fn name(&self) -> &'static str {
        ".mcp.json"
    }

    fn claims(&self, name: &str, directory: &str) -> bool {
        let is_in = |folder: &str| folder.is_empty() || directory.rsplit('/').next() == Some(folder);
        FILES.iter().any(|(folder, file)| *file == name && is_in(folder))
    }

    fn is_lock(&self) -> bool {
        false
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        let root = json::relaxed(text)?;
        Ok(commands(root.expect_map("a list of servers")?))
    }
}

pub(super) struct CodexConfig;

impl Format for CodexConfig {
    fn name(&self) -> &'static str {
        ".codex/config.toml"
    }

    fn claims(&self, name: &str, directory: &str) -> bool {
        name == "config.toml" && directory.rsplit('/').next() == Some(".codex")
    }

    fn is_lock(&self) -> bool {
        false
    }

    fn read(&self, text: &str) -> Result<Inventory, LockError> {
        Ok(commands(&toml::parse(text)?))
    }
}

/// The packages of every command in the tree.
fn commands(root: &Node<'_>) -> Inventory {
    let mut packages = Vec::new();
    visit(root, &mut packages);
    packages.sort_by_key(|package| package.line);
    Inventory { packages, ..Inventory::default() }
}

fn visit(node: &Node<'_>, packages: &mut Vec<Package>) {
    if let Some(command) = node.get("command") {
        // One tool writes the program as `{path, args}`.
        let within = command.get("args").map_or(&[][..], Node::items);
        let arguments = node.items_at("args").iter().chain(within);
        let words: Vec<&Node<'_>> = leaves(command).into_iter().chain(arguments).collect();
        packages.extend(fetched(&words));
    }
    let children = node.entries().iter().map(|entry| &entry.node).chain(node.items());
    children.for_each(|child| visit(child, packages));
}

/// The texts of a command: itself, its path, or its list of words.
fn leaves<'n, 'a>(command: &'n Node<'a>) -> Vec<&'n Node<'a>> {
    match &command.value {
        Value::Text(_) => vec![command],
        Value::List(words) => words.iter().collect(),
        _ => command.get("path").into_iter().collect(),
    }
}

/// The packages of a command, each on the line of the word that names it.
fn fetched(words: &[&Node<'_>]) -> Vec<Package> {
    let texts: Vec<&str> = words.iter().filter_map(|word| word.text()).collect();
    let Some(first) = words.first() else { return Vec::new() };
    let mut packages = recipe::in_command(&texts.join(" "), first.line);
    for package in &mut packages {
        let names = |word: &&&Node<'_>| word.text().is_some_and(|text| text.contains(package.name.as_str()));
        package.line = words.iter().find(names).map_or(package.line, |word| word.line);
    }
    packages
}

#[cfg(test)]
mod tests {
    use super::super::testing::summary;
    use super::*;

    #[test]
    fn servers_of_every_shape() {
        let text = r#"{"mcpServers": {
"a": {"command": "npx", "args": ["-y",
  "@o/left@1.0.0", "--root", "/x"]},
"b": {"command": "uvx", "args": ["right"]},
"c": {"command": ["npx", "third@3.0.0"]},
"d": {"command": {"path": "npx", "args": ["-y", "fourth@4.0.0"]}},
"e": {"command": "node", "args": ["own.js"]} // why
}, "hooks": {"SessionStart": [{"hooks": [{"type": "command", "command": "npx --yes fifth@5.0.0 && true"}]}]}}"#;
        assert_eq!(
            summary(&Servers, text),
            [
                "npm @o/left@1.0.0:3 Registry(None)",
                "pypi right@-:4 Registry(None)",
                "npm third@3.0.0:5 Registry(None)",
                "npm fourth@4.0.0:6 Registry(None)",
                "npm fifth@5.0.0:8 Registry(None)",
            ]
        );
        let toml = "[mcp_servers.a]\ncommand = \"npx\"\nargs = [\"-y\", \"left@1.0.0\"]\n";
        assert_eq!(summary(&CodexConfig, toml), ["npm left@1.0.0:3 Registry(None)"]);
    }

    #[test]
    fn only_files_of_assistants_are_claimed() {
        for path in [".mcp.json", "a/.cursor/mcp.json", ".claude/settings.json", "x/.vscode/settings.json"] {
            assert_eq!(super::super::recognise(path).map(Format::name), Some(".mcp.json"), "{path}");
        }
        assert_eq!(super::super::recognise(".codex/config.toml").map(Format::name), Some(".codex/config.toml"));
        for path in ["settings.json", "app/settings.json", "config.toml", "hooks.json"] {
            assert!(super::super::recognise(path).is_none(), "{path}");
        }
    }
}
