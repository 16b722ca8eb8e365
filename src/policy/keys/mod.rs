//! The one table of configuration keys. Parsing, `config show`, the schema, `config init`, the comparison of two policies
//! and docs/configuration.md are made from it; a test walks it and asks each of them about every key.

use super::Policy;
use super::config::Config;
use crate::document::Field;
use crate::engine::redact;
use crate::error::Result;

/// One key of the configuration file.
#[derive(Debug)]
pub struct Key {
    /// Its name within its section.
    pub name: &'static str,
    /// The values it takes.
    pub kind: Kind,
    /// The value that applies when the key is absent, as TOML; empty where there is none.
    pub default: &'static str,
    /// Its effect, in a sentence.
    pub about: &'static str,
    /// How it is read and applied.
    pub reader: Reader,
    /// The value that applies, as TOML; `None` for a key without a default that nobody sets.
    pub show: fn(&Policy) -> Option<String>,
    /// Which changes of the value let more pass.
    pub loosens: Loosens,
}

/// How a key is read and applied.
#[derive(Clone, Copy)]
pub enum Reader {
    /// By itself: the value goes into the configuration, and from the weakest file to the strongest over the policy.
    Setting {
        /// Reads the value.
        read: fn(&Field<'_>, &mut Config) -> Result<()>,
        /// Applies the value, if it is set.
        apply: fn(&Config, &mut Policy),
    },
    /// As a part of its section's record, which needs its keys together.
    Record,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Setting { .. } => "Setting",
            Self::Record => "Record",
        })
    }
}

/// Which changes of a key's value let more pass.
#[derive(Clone, Copy, Debug)]
pub enum Loosens {
    /// The effect of going from the first policy to the second, in a sentence, when it loosens.
    By(fn(&Policy, &Policy) -> Option<String>),
    /// The comparison of something larger covers it: the rules that run, the allowances, the baseline's entries.
    Within(&'static str),
    /// No value lets more pass than another, for this reason.
    Never(&'static str),
}

/// The values of a key.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// One of a few words.
    Word(fn() -> Vec<&'static str>),
    /// Text.
    Text,
    /// Texts.
    List,
    /// One text or several.
    TextOrList,
    /// `true` or `false`.
    Bool,
    /// A number of bytes.
    Size,
    /// A day.
    Date,
    /// A whole number.
    Number,
    /// Whole numbers.
    Numbers,
}

/// A section of the configuration file.
#[derive(Debug)]
pub struct Section {
    /// Its name; empty for the top of the file.
    pub name: &'static str,
    /// How it is written.
    pub form: Form,
    /// Its purpose, in a sentence.
    pub about: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
}

/// How a section is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// At the top of the file, before every table.
    Top,
    /// `[name]`.
    Table,
    /// `[[name]]`, any number of times.
    Tables,
    /// `[name]`, or `[[name]]` any number of times.
    TableOrTables,
    /// `[name]`, without any key so far: the name is taken, so every key in it is refused.
    Reserved,
    /// `[name]`, in the user's own configuration only.
    UserTable,
}

impl Section {
    /// The name of one of its keys, as messages and `config show` write it: `packages.online`.
    pub fn path(&self, key: &Key) -> String {
        match self.name {
            "" => key.name.to_owned(),
            name => format!("{name}.{}", key.name),
        }
    }
}

/// Every key with its section.
pub fn all() -> impl Iterator<Item = (&'static Section, &'static Key)> {
    SECTIONS.iter().flat_map(|section| section.keys.iter().map(move |key| (section, key)))
}

/// The words of a table.
fn words<T>(table: &[(&'static str, T)]) -> Vec<&'static str> {
    table.iter().map(|(word, _)| *word).collect()
}

/// The word for a value, quoted.
fn word<T: PartialEq>(table: &[(&'static str, T)], value: &T) -> Option<String> {
    table.iter().find(|(_, v)| v == value).map(|(word, _)| quoted(word))
}

fn quoted(text: &str) -> String {
    toml::Value::String(redact::message(text)).to_string()
}

fn list<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    format!("[{}]", texts.into_iter().map(quoted).collect::<Vec<_>>().join(", "))
}

/// A key that holds one word of `$table`, kept in the field `$field` of [`Config`] and [`Policy`].
macro_rules! word {
    ($name:literal, $table:ident, $default:literal, $field:ident, $about:literal, $loosens:expr) => {
        Key {
            name: $name,
            kind: Kind::Word(|| words($table)),
            default: $default,
            about: $about,
            reader: Reader::Setting {
                read: |field, config| {
                    config.$field = Some(field.one_of($table)?);
                    Ok(())
                },
                apply: |config, policy| policy.$field = config.$field.unwrap_or(policy.$field),
            },
            show: |policy| word($table, &policy.$field),
            loosens: Loosens::By($loosens),
        }
    };
}

/// A key of `[packages]` that decides whether the gate rule `$rule` blocks.
macro_rules! gate_rule {
    ($name:literal, $rule:literal, $about:literal) => {
        Key {
            name: $name,
            kind: Kind::Word(|| words(WARN)),
            default: "\"warn\"",
            about: $about,
            reader: Reader::Setting {
                read: |field, config| {
                    config.packages.block.push(($rule, field.one_of(WARN)?));
                    Ok(())
                },
                apply: |config, policy| match config.packages.block.iter().find(|(rule, _)| *rule == $rule) {
                    Some((rule, true)) => _ = policy.packages.block.insert(rule),
                    Some((rule, false)) => _ = policy.packages.block.remove(rule),
                    None => {}
                },
            },
            show: |policy| word(WARN, &policy.packages.block.contains($rule)),
            loosens: Loosens::By(|was, now| {
                let loosens = was.packages.block.contains($rule) && !now.packages.block.contains($rule);
                loosens.then(|| concat!("lets the package gate warn where it blocked: ", $rule).to_owned())
            }),
        }
    };
}

/// A key of a record: shown and compared with the record.
macro_rules! part {
    ($name:literal, $kind:expr, $about:literal, $of:literal) => {
        Key {
            name: $name,
            kind: $kind,
            default: "",
            about: $about,
            reader: Reader::Record,
            show: |_| None,
            loosens: Loosens::Within($of),
        }
    };
}

mod packages;
mod publish;
mod records;
mod scanning;

/// The sections in the order in which they are shown.
pub const SECTIONS: &[Section] = &[
    Section { name: "", form: Form::Top, about: "The findings that block.", keys: scanning::TOP },
    Section { name: "packages", form: Form::Table, about: "The package gate.", keys: packages::PACKAGES },
    Section {
        name: "publish",
        form: Form::Table,
        about: "What `publish` demands of a release.",
        keys: publish::PUBLISH,
    },
    Section { name: "ci", form: Form::Table, about: "How `ci` treats a change.", keys: records::CI },
    Section {
        name: "server",
        form: Form::Table,
        about: "How `hook pre-receive` treats a push.",
        keys: records::SERVER,
    },
    Section { name: "push", form: Form::Table, about: "What a push is compared with.", keys: records::PUSH },
    Section {
        name: "advisories",
        form: Form::UserTable,
        about: "The source of new data on hijacked packages. In the user's own configuration only.",
        keys: records::ADVISORIES,
    },
    Section {
        name: "allow",
        form: Form::Tables,
        about: "Allowances. All conditions of an allowance must hold; the reason is required.",
        keys: records::ALLOW,
    },
    Section {
        name: "unread",
        form: Form::TableOrTables,
        about: "Content that may stay unread without making a scan incomplete: encrypted archives, objects that are too large.",
        keys: records::UNREAD,
    },
    Section { name: "hook", form: Form::Reserved, about: "Reserved; it has no keys.", keys: &[] },
    Section { name: "watch", form: Form::Reserved, about: "Reserved; it has no keys.", keys: &[] },
];

/// A word without its quotes, for a sentence.
fn bare(word: &str) -> &str {
    word.trim_matches('"')
}

#[cfg(test)]
mod tests;
