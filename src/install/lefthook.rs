//! lefthook: our commands go into `lefthook-local.yml`, which lefthook merges with the team's file. lefthook overwrites
//! files in the hooks directory, so a stub there would not last.

use std::path::{Path, PathBuf};

use super::block::{self, FileRemoval, Remainder};
use super::files;
use super::stub::Binary;
use crate::build_source;
use crate::error::{Error, Result};

/// The local configuration beside the team's: an existing one, or the default name.
pub fn local_config(root: &Path, team: &Path) -> PathBuf {
    let directory = team.parent().unwrap_or(root);
    LOCAL.iter().map(|n| directory.join(n)).find(|p| p.is_file()).unwrap_or_else(|| directory.join(LOCAL[0]))
}

/// The names of local configurations that our commands can be inserted into.
pub const LOCAL: [&str; 4] =
    ["lefthook-local.yml", "lefthook-local.yaml", ".lefthook-local.yml", ".lefthook-local.yaml"];

/// Returns whether a configuration has a section for `hook`.
pub fn names(text: &str, hook: &str) -> bool {
    // The section may be written in YAML, JSON or TOML.
    !matches!(find_key(text, 0, "", hook), YamlKey::Missing)
        || text.contains(&format!("\"{hook}\""))
        || text.lines().any(|line| line.trim_start().starts_with(&format!("[{hook}")))
}

/// Returns whether it may have one, perhaps in a file that it includes.
pub fn may_name(text: &str, hook: &str) -> bool {
    names(text, hook) || ["extends", "remotes", "remote"].iter().any(|key| names(text, key))
}

/// The text of a configuration without our commands.
///
/// # Errors
/// When it cannot be read, or a block of ours has no end mark.
pub fn without_ours(config: &Path) -> Result<String> {
    let text = files::read_text(config)?.unwrap_or_default();
    Ok(match block::remove(&text)? {
        Remainder::Unchanged => text,
        Remainder::Text(rest) => rest,
        Remainder::NoFile => String::new(),
    })
}

/// Adds our command for each of `hooks`. Returns whether the file changed.
///
/// # Errors
/// When the file cannot be written, or its style needs an edit by hand.
pub fn install(config: &Path, hooks: &[&str], binary: &Path) -> Result<bool> {
    let existing = files::read_text(config)?;
    let before = match &existing {
        None => None,
        Some(text) => match block::remove(text)? {
            Remainder::Unchanged => Some(text.clone()),
            Remainder::Text(rest) => Some(rest),
            Remainder::NoFile => None,
        },
    };
    let new_file = before.is_none();
    let mut text = before.unwrap_or_default();
    for hook in hooks {
        text = add(&text, hook, binary, new_file).ok_or_else(|| {
            Error::incomplete(format!("{}: `{hook}:` is not written as a block of lines", config.display()))
                .help(format!("add this to it by hand:\n{}", entry(hook, binary)))
        })?;
    }
    if existing.as_ref() == Some(&text) || (existing.is_none() && hooks.is_empty()) {
        return Ok(false);
    }
    if new_file && hooks.is_empty() {
        files::remove(config)?;
        return Ok(true);
    }
    files::write(config, text.as_bytes(), false)?;
    Ok(true)
}

/// Removes our commands. Returns whether there were any.
///
/// # Errors
/// When the file cannot be read or written.
pub fn uninstall(config: &Path) -> Result<bool> {
    Ok(block::remove_from_file(config)? != FileRemoval::Nothing)
}

/// A section for one hook.
fn entry(hook: &str, binary: &Path) -> String {
    format!("{hook}:\n  commands:\n{}", indented(&command(hook, binary), "    "))
}

/// Our command as YAML, with no indentation on the first line.
fn command(hook: &str, binary: &Path) -> String {
    let word = Binary::local(binary).word();
    let find = format!("program={word}\n    [ -x \"$program\" ] && [ -s \"$program\" ] || program=shield-hook\n");
    let (stdin, call) = match hook {
        // lefthook inserts arguments without quoting; a here-document is safe for any text but a line end.
        "pre-push" => (
            "  use_stdin: true\n",
            "    exec 3<<'END_OF_ARGUMENTS'\n    {1}\n    {2}\n    END_OF_ARGUMENTS\n    IFS= read -r name <&3\n    IFS= read -r url <&3\n    \"$program\" hook pre-push \"$name\" \"$url\" 3<&-\n",
        ),
        "commit-msg" => (
            "",
            "    IFS= read -r file <<'END_OF_ARGUMENTS'\n    {1}\n    END_OF_ARGUMENTS\n    \"$program\" hook commit-msg \"$file\"\n",
        ),
        _ => ("", ""),
    };
    let call = if call.is_empty() { format!("    \"$program\" hook {hook}\n") } else { call.to_owned() };
    format!(
        "shield-hook:\n{stdin}  fail_text: \"stopped by shield-hook; if it is missing: {}, then: shield-hook install\"\n  run: |\n    {find}{call}",
        build_source::how_to_install()
    )
}

fn indented(text: &str, by: &str) -> String {
    text.lines().map(|line| format!("{by}{line}\n")).collect()
}

/// `text` with our command under `hook`; `None` if the file is not in block style.
fn add(text: &str, hook: &str, binary: &Path, new_file: bool) -> Option<String> {
    let body = match find_key(text, 0, "", hook) {
        YamlKey::Missing => return Some(block::insert(text, text.len(), "", &entry(hook, binary), new_file)),
        YamlKey::Inline => return None,
        YamlKey::Section(body) => body,
    };
    let end = section_end(text, body);
    let child = indent_of_first(&text[body..end]).unwrap_or("  ");
    match find_key(&text[..end], body, child, "commands") {
        YamlKey::Section(commands) => {
            let inner = indent_of_first(&text[commands..end]).filter(|i| i.len() > child.len());
            let inner = inner.map_or_else(|| format!("{child}  "), str::to_owned);
            Some(block::insert(text, commands, &inner, &command(hook, binary), false))
        }
        YamlKey::Missing => {
            let lines = format!("commands:\n{}", indented(&command(hook, binary), "  "));
            Some(block::insert(text, body, child, &lines, false))
        }
        YamlKey::Inline => None,
    }
}

/// A key of a YAML mapping.
enum YamlKey {
    Missing,
    /// Present, with its value on the same line.
    Inline,
    /// Present, with its value below; the byte at which the next line starts.
    Section(usize),
}

fn find_key(text: &str, from: usize, indent: &str, name: &str) -> YamlKey {
    let names = [name.to_owned(), format!("\"{name}\""), format!("'{name}'")];
    let mut at = from;
    for line in text[from..].split_inclusive('\n') {
        at += line.len();
        let rest = line.strip_prefix(indent).and_then(|l| names.iter().find_map(|n| l.strip_prefix(n.as_str())));
        if let Some(value) = rest.and_then(|r| r.trim_start().strip_prefix(':')).map(str::trim) {
            return if value.is_empty() || value.starts_with('#') { YamlKey::Section(at) } else { YamlKey::Inline };
        }
    }
    YamlKey::Missing
}

/// The end of the top-level section that begins at `body`.
fn section_end(text: &str, body: usize) -> usize {
    let mut at = body;
    for line in text[body..].split_inclusive('\n') {
        if !line.trim().is_empty() && !line.starts_with([' ', '\t', '#']) {
            return at;
        }
        at += line.len();
    }
    text.len()
}

fn indent_of_first(text: &str) -> Option<&str> {
    let line = text.lines().find(|l| !l.trim().is_empty() && !l.trim_start().starts_with('#'))?;
    Some(&line[..line.len() - line.trim_start().len()])
}

/// Returns whether the configuration contains a command of ours for `hook`, added by `install` or by hand.
pub fn runs_ours(text: &str, hook: &str) -> bool {
    let YamlKey::Section(body) = find_key(text, 0, "", hook) else { return false };
    let section = &text[body..section_end(text, body)];
    section.lines().any(|line| {
        let line = line.trim();
        !line.starts_with('#')
            && line.contains(&format!("hook {hook}"))
            && (line.contains("shield-hook") || line.contains("$program"))
    })
}

/// The configuration reduced to our commands, so that the canary runs nobody else's.
pub fn ours_alone(text: &str, hooks: &[&str]) -> String {
    let mut out = String::from("no_auto_install: true\n");
    for piece in block::blocks(text) {
        let lines: Vec<&str> = piece.lines().collect();
        let depth = lines.iter().filter(|l| !l.trim().is_empty()).map(|l| l.len() - l.trim_start().len()).min();
        let flat: String =
            lines.iter().map(|l| format!("{}\n", l.get(depth.unwrap_or(0)..).unwrap_or_default())).collect();
        let Some(hook) = hooks.iter().find(|h| flat.contains(&format!("hook {h}"))) else { continue };
        // A block is a section, our `commands:`, or the command alone.
        out += &match flat.split(':').next() {
            Some("commands") => format!("{hook}:\n{}", indented(&flat, "  ")),
            Some("shield-hook") => format!("{hook}:\n  commands:\n{}", indented(&flat, "    ")),
            _ => flat,
        };
    }
    out
}

/// Returns whether lefthook wrote a hook file.
pub fn wrote(bytes: &[u8]) -> bool {
    bstr::ByteSlice::contains_str(bytes, "lefthook")
}
