//! Reads a configuration file by the table of its keys.

use super::allowlist::Allowance;
use super::config::{Config, Feed, text};
use super::document::{Document, Section};
use super::keys::{self, Form, Reader, SECTIONS};
use super::unread::Accepted;
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
    /// assert!(error.message().starts_with(".shield-hook.toml:1: "));
    /// ```
    ///
    /// # Errors
    /// Exit 3 with file, line and the way out.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self> {
        let text = text(name, bytes)?;
        let document = Document::parse(name, text)?;
        let mut config = Config::default();
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
