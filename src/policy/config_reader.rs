//! Reads a configuration file by the table of its keys.

use super::allowlist::Allowance;
use super::config::{Config, Feed, text};
use super::keys::{self, Form, Reader, SECTIONS};
use super::unread::Accepted;
use crate::document::{Document, Section};
use crate::error::{Error, Result};

impl Config {
    /// Reads a configuration file that messages call `name`.
    ///
    /// ```
    /// use shield_hook::policy::config::Config;
    ///
    /// let config = Config::parse(".shield-hook.toml", b"disable = [\"some-rule\"]\n").expect("a valid policy");
    /// assert_eq!(config.disable, [(1, "some-rule".to_owned())]);
    /// let error = Config::parse(".shield-hook.toml", b"disabel = []\n").expect_err("an unknown key");
    /// assert!(error.message().starts_with(".shield-hook.toml:1:1: "));
    /// ```
    ///
    /// # Errors
    /// Exit 3 with file, line and the way out.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self> {
        let text = text(name, bytes)?;
        let document = Document::parse(name, text)?;
        let mut config = Self::default();
        let root = document.root();
        for section in SECTIONS {
            if section.form == Form::Top {
                config.read(section, &root, name)?;
                continue;
            }
            for table in tables(&root, section)? {
                config.read(section, &table, name)?;
                table.finish()?;
            }
        }
        root.finish()?;
        if config.replace_builtin == Some(true) && config.rules.is_empty() {
            return Err(Error::usage(format!(
                "{name}: replace-builtin = true without any `rules` leaves no rule at all"
            ))
            .help("name rule files in `rules`, or remove replace-builtin"));
        }
        Ok(config)
    }

    /// Reads the keys that the table of keys has for a section, then the keys of its record together.
    fn read(&mut self, section: &'static keys::Section, table: &Section<'_>, file: &str) -> Result<()> {
        for key in section.keys {
            let Reader::Setting { read, .. } = key.reader else { continue };
            if let Some(field) = table.get(key.name) {
                read(&field, self)?;
                self.set.push((section.name, key.name, field.line()));
            }
        }
        match section.name {
            "packages" => self.packages.check(table)?,
            "advisories" => {
                self.set.extend(section.keys.iter().filter_map(|key| {
                    let line = table.get(key.name)?.line();
                    Some((section.name, key.name, line))
                }));
                self.advisories = Some((table.line(), Feed::read(table)?));
            }
            "allow" => self.allow.push(Allowance::read(table, file)?),
            "unread" => self.unread.accepted.extend(Accepted::read(table, file)?),
            // A section of records that this does not know would be accepted and have no effect.
            name if section.keys.iter().any(|key| matches!(key.reader, Reader::Record)) => {
                return Err(Error::incomplete(format!("[{name}] is listed in `SECTIONS` and read by nothing")));
            }
            _ => {}
        }
        Ok(())
    }
}

/// The tables of the file that belong to a section.
fn tables<'d>(root: &Section<'d>, section: &keys::Section) -> Result<Vec<Section<'d>>> {
    let Some(field) = root.get(section.name) else { return Ok(Vec::new()) };
    match section.form {
        Form::Tables => field.sections(),
        Form::TableOrTables if field.is_list() => field.sections(),
        _ => Ok(vec![field.section()?]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::config::PublishedElsewhere;
    use crate::policy::inline::Honour;
    use crate::policy::unread::Lfs;
    use crate::rule::{Confidence, Severity};

    fn fails(text: &str) -> String {
        let read = Config::parse("f.toml", text.as_bytes());
        read.and_then(|config| config.prove()).expect_err(text).to_string()
    }

    #[test]
    fn every_key() {
        let config = Config::parse(
            "f.toml",
            br#"
block = "high"
severity = "medium"
rules = ["security/*.toml"]
replace-builtin = true
disable = ["some-rule"]
max-object = "2 MiB"
baseline = "known"
published-elsewhere = "block"
moved = "block"
tests-and-docs = "block"
inline = "own"
[[allow]]
path = "docs/**"
rule = "generic-password"
reason = "sample configuration"
expires = 2027-01-31
[[allow]]
fingerprint = "00112233445566778899aabbccddeeff"
commit = "0123abc"
reason = "revoked"
expires = "2027-01-31"
[[allow]]
path = ["a/", "*.md"]
broad = true
reason = "all of it is made up"
"#,
        )
        .expect("valid");
        assert_eq!(config.block, Some(Confidence::High));
        assert_eq!(config.severity, Some(Severity::Medium));
        assert_eq!(config.rules, [(4, "security/*.toml".to_owned())]);
        assert_eq!(config.max_object, Some(2 << 20));
        assert_eq!(config.baseline, Some((8, "known".to_owned())));
        assert_eq!(config.published_elsewhere, Some(PublishedElsewhere::Block));
        assert_eq!(config.block_moved, Some(true));
        assert_eq!(config.block_tests_and_docs, Some(true));
        assert_eq!(config.inline, Some(Honour::Own));
        assert_eq!(config.allow.len(), 3);
        assert_eq!(config.allow[0].line, 13);
        assert_eq!(config.allow[0].expires, config.allow[1].expires);
        assert!(config.allow[0].is_broad() == Ok(false) && config.allow[2].is_broad() == Ok(true));
    }

    #[test]
    fn the_parser_knows_every_key() {
        for section in SECTIONS {
            let text = match section.form {
                Form::Top => String::new(),
                Form::Tables => format!("[[{}]]\n", section.name),
                _ => format!("[{}]\n", section.name),
            };
            let known = fails(&format!("{text}no-such-key-at-all = 1"));
            for key in section.keys {
                assert!(known.contains(key.name), "{} is not read", section.path(key));
            }
        }
    }

    #[test]
    fn a_reserved_section_may_be_empty() {
        for section in SECTIONS.iter().filter(|section| section.form == Form::Reserved) {
            let text = format!("[{}]\n", section.name);
            assert!(Config::parse("f.toml", text.as_bytes()).is_ok());
            let error = fails(&format!("{text}key = 1"));
            assert!(error.contains("f.toml:2:1") && error.contains("remove the section"), "{error}");
        }
    }

    #[test]
    fn what_may_stay_unread() {
        let read = |text: &str| Config::parse("f.toml", text.as_bytes()).expect(text).unread;
        assert_eq!(read("").lfs, None);
        assert_eq!(read("[unread]\nlfs = \"report\"").lfs, Some(Lfs::Report));
        let all = read("[[unread]]\nlfs = \"require\"\n[[unread]]\npath = [\"vendor/\", \"*.7z\"]\nreason = \"ours\"");
        assert_eq!((all.lfs, all.accepted.len(), all.accepted[0].line), (Some(Lfs::Require), 1, 3));
        for path in ["vendor/a.zip", "vendor/a.zip!b/c", "x/y.7z", "x/y.7z!z"] {
            assert!(all.accepted[0].covers(path), "{path}");
        }
        assert!(!all.accepted[0].covers("src/a.zip!vendor/b"));
        for text in ["[[unread]]\npath = \"a\"", "[unread]\nreason = \"b\"", "[unread]\nlfs = \"maybe\"", "unread = 1"]
        {
            assert!(fails(text).starts_with("f.toml:"), "{text}");
        }
    }

    #[test]
    fn an_unknown_key_names_line_and_neighbour() {
        let error = fails("block = \"high\"\n\nblok = 1\n");
        assert!(error.starts_with("f.toml:3:1: unknown key `blok`"), "{error}");
        assert!(error.contains("did you mean `block`?"), "{error}");
        let error = fails("[[allow]]\nrule = \"x\"\nreason = \"y\"\nexpire = 2027-01-01\n");
        assert!(error.starts_with("f.toml:4:1: unknown key `expire` in `allow`"), "{error}");
        assert!(error.contains("did you mean `expires`?"), "{error}");
        assert!(fails("[packages]\nx = 1\n").starts_with("f.toml:2:1: unknown key `x` in `packages`"));
    }

    #[test]
    fn wrong_types_and_values() {
        for (text, wanted) in [
            ("block = 1", "f.toml:1:9: `block` must be one of \"high\", \"medium\", \"low\", not an integer"),
            ("block = \"hihg\"", "did you mean \"high\"?"),
            ("disable = \"x\"", "`disable` must be a list of strings, not a string"),
            ("disable = [1]", "`disable` must be a list of strings, not an integer"),
            ("max-object = \"big\"", "`max-object` must be a size such as \"1 GiB\""),
            ("max-object = 0", "must be more than nothing"),
            ("replace-builtin = 1", "must be true or false"),
            ("replace-builtin = true", "leaves no rule at all"),
            ("allow = 1", "a list of tables, each headed [[allow]]"),
            ("[allow]\nrule = \"x\"", "a list of tables, each headed [[allow]]"),
            ("[[allow]]\nrule = \"x\"\nreason = \"y\"\nexpires = 2027-02-30", "f.toml:4"),
            ("[[allow]]\nrule = \"x\"\nreason = \"y\"\nexpires = \"soon\"", "a date such as 2027-01-31"),
            ("[[allow]]\nrule = \"x\"\nreason = \"y\"\nexpires = 2027-01-31T10:00:00Z", "a date such as 2027-01-31"),
            ("[[allow]]\nrule = \"x\"", "an allowance needs a reason"),
            ("[[allow]]\nrule = \"x\"\nreason = \" \"", "must not be empty"),
            ("[[allow]]\npath = \"**\"\nreason = \"y\"", "broad = true"),
            ("[[allow]]\nvalue = \".*\"\nreason = \"y\"", "broad = true"),
            ("[[allow]]\nvalue = \".\"\nreason = \"y\"", "broad = true"),
            ("[[allow]]\nvalue = \"^.{8,}$\"\nreason = \"y\"", "broad = true"),
            ("[[allow]]\nvalue = \"(\"\nreason = \"y\"", "`allow.value` is not a regex"),
            ("[[allow]]\npath = \"a[\"\nrule = \"x\"\nreason = \"y\"", "`allow.path` is not a glob"),
            ("[[allow]]\nrule = \"No Rule\"\nreason = \"y\"", "must be a rule's id"),
            ("[[allow]]\nfingerprint = \"12\"\nreason = \"y\"", "32 hex digits"),
            ("[[allow]]\ncommit = \"12\"\nrule = \"x\"\nreason = \"y\"", "7 or more hex digits"),
            ("block = \"high\"\nblock = \"low\"", "not valid TOML"),
            ("block =", "not valid TOML"),
        ] {
            let error = fails(text);
            assert!(error.contains(wanted), "{text}\n{error}");
        }
    }

    #[test]
    fn packages() {
        let text = "[packages]\ninstall-script = \"block\"\ntiers = [500, 3_000]\ncooldown = [3, 7]\n";
        let config = Config::parse("f.toml", text.as_bytes()).expect("valid");
        assert_eq!((config.packages.tiers, config.packages.cooldown), (Some(vec![500, 3000]), Some(vec![3, 7])));
        assert_eq!(config.packages.block, [("install-script", true)]);
        for (text, wanted) in [
            ("[packages]\ntiers = [2, 1]", "must grow"),
            ("[packages]\ncooldown = [1, 2]", "more numbers than there are tiers"),
            ("[packages]\ncooldown = [-1]", "whole numbers"),
            ("[packages]\ncooldown = 3", "whole numbers"),
            ("[packages]\nsource = \"deny\"", "must be one of"),
        ] {
            let error = fails(text);
            assert!(error.contains(wanted), "{text}\n{error}");
        }
    }

    #[test]
    fn not_utf_8_names_the_line() {
        let error = Config::parse("f.toml", b"block = \"high\"\n# \xff\n").expect_err("invalid").to_string();
        assert!(error.starts_with("f.toml:2: not valid UTF-8"), "{error}");
        assert!(Config::parse("f.toml", b"\xef\xbb\xbfblock = \"high\"\n").is_ok(), "a byte order mark is no error");
    }
}
