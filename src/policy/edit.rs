//! Adding to a configuration file while leaving every other byte of it as it is.

use jiff::civil::Date;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

use super::config::{self, Config};
use crate::engine::redact;
use crate::error::{Error, Result};

/// An allowance to be written.
#[derive(Clone, Debug, Default)]
pub struct NewAllowance {
    /// Rule ids.
    pub rule: Vec<String>,
    /// Globs.
    pub path: Vec<String>,
    /// A regex on the secret.
    pub value: Option<String>,
    /// The secret's fingerprint.
    pub fingerprint: Option<String>,
    /// The first digits of a commit's id.
    pub commit: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day.
    pub expires: Option<Date>,
    /// The key `broad`.
    pub broad: bool,
}

/// The content of the configuration `name` with more allowances at its end. One for the same finding in the
/// same paths gets the new reason and date instead.
///
/// # Errors
/// Exit 3, when the file is not valid before or would not be afterwards.
pub fn with_allowances(name: &str, old: &[u8], new: &[NewAllowance]) -> Result<String> {
    let text = config::text(name, old)?;
    Config::parse(name, old)?;
    let mut document: DocumentMut = text
        .parse()
        .map_err(|e: toml_edit::TomlError| Error::usage(format!("{name}: not valid TOML: {}", e.message())))?;
    for allowance in new {
        if let Some(old) = allowance.predecessor(&mut document) {
            allowance.renew(old);
            continue;
        }
        match document.get_mut("allow") {
            Some(Item::Value(Value::Array(list))) => list.push(allowance.inline()),
            Some(Item::ArrayOfTables(tables)) => tables.push(allowance.table()),
            _ => {
                let mut tables = toml_edit::ArrayOfTables::new();
                tables.push(allowance.table());
                document.insert("allow", Item::ArrayOfTables(tables));
            }
        }
    }
    let written = document.to_string();
    let edited = Config::parse(name, written.as_bytes());
    edited.and_then(|config| config.prove()).map_err(|e| e.context("the allowance would not be valid"))?;
    Ok(written)
}

/// The content of the configuration `name` with more rule files in `rules`.
///
/// # Errors
/// Exit 3, when the file is not valid before.
pub fn with_rule_files(name: &str, old: &[u8], files: &[String]) -> Result<String> {
    let text = config::text(name, old)?;
    Config::parse(name, old)?;
    let mut document: DocumentMut = text
        .parse()
        .map_err(|e: toml_edit::TomlError| Error::usage(format!("{name}: not valid TOML: {}", e.message())))?;
    if document.get("rules").is_none() {
        // A key of the top comes before every section.
        document.insert("rules", value(Array::new()));
    }
    if let Some(rules) = document.get_mut("rules").and_then(Item::as_array_mut) {
        for file in files {
            if !rules.iter().any(|there| there.as_str() == Some(file)) {
                rules.push(file.as_str());
            }
        }
    }
    Ok(document.to_string())
}

/// The ids in a rule file; none of a file that is no TOML.
pub fn rule_ids(bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let Ok(document) = text.parse::<DocumentMut>() else { return Vec::new() };
    let rules = document.get("rule").and_then(Item::as_array_of_tables);
    rules.into_iter().flatten().filter_map(|rule| Some(rule.get("id")?.as_str()?.to_owned())).collect()
}

impl NewAllowance {
    fn fields(&self) -> Vec<(&'static str, Value)> {
        let list = |all: &[String]| match all {
            [] => None,
            [one] => Some(Value::from(one.as_str())),
            all => Some(Value::from(all.iter().map(String::as_str).collect::<Array>())),
        };
        let date = |d: Date| toml_edit::Date {
            year: d.year().unsigned_abs(),
            month: d.month().unsigned_abs(),
            day: d.day().unsigned_abs(),
        };
        let expires = self
            .expires
            .map(date)
            .map(|date| Value::from(toml_edit::Datetime { date: Some(date), time: None, offset: None }));
        [
            ("rule", list(&self.rule)),
            ("path", list(&self.path)),
            ("value", self.value.as_deref().map(Value::from)),
            ("fingerprint", self.fingerprint.as_deref().map(Value::from)),
            ("commit", self.commit.as_deref().map(Value::from)),
            ("broad", self.broad.then(|| Value::from(true))),
            ("reason", Some(Value::from(redact::message(&self.reason)))),
            ("expires", expires),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect()
    }

    /// The entry that allows the same finding in the same paths, by nothing but its fingerprint.
    fn predecessor<'d>(&self, document: &'d mut DocumentMut) -> Option<&'d mut dyn TableLike> {
        let is_same = |table: &dyn TableLike| self.fingerprint.is_some() && self.is_about_as_much_as(table);
        match document.get_mut("allow")? {
            Item::Value(Value::Array(list)) => {
                let mut tables = list.iter_mut().filter_map(Value::as_inline_table_mut);
                tables.find(|table| is_same(*table)).map(|table| table as &mut dyn TableLike)
            }
            Item::ArrayOfTables(tables) => {
                tables.iter_mut().find(|table| is_same(*table)).map(|table| table as &mut dyn TableLike)
            }
            _ => None,
        }
    }

    fn is_about_as_much_as(&self, table: &dyn TableLike) -> bool {
        let fields = self.fields();
        ["rule", "path", "value", "fingerprint", "commit", "broad"].iter().all(|key| {
            let ours = fields.iter().find(|(name, _)| name == key).map(|(_, value)| texts(value));
            ours == table.get(key).and_then(Item::as_value).map(texts)
        })
    }

    /// Writes reason and date into an entry; comments beside them stay.
    fn renew(&self, entry: &mut dyn TableLike) {
        for (key, mut field) in self.fields().into_iter().filter(|(key, _)| ["reason", "expires"].contains(key)) {
            match entry.get_mut(key).and_then(Item::as_value_mut) {
                Some(old) => {
                    *field.decor_mut() = old.decor().clone();
                    *old = field;
                }
                None => {
                    entry.insert(key, value(field));
                }
            }
        }
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        for (key, field) in self.fields() {
            table.insert(key, value(field));
        }
        table.decor_mut().set_prefix("\n");
        table
    }

    fn inline(&self) -> InlineTable {
        self.fields().into_iter().collect()
    }
}

/// A text, or the texts of a list: the file may write one as the other.
fn texts(value: &Value) -> Vec<String> {
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    value.as_array().map_or_else(|| vec![text(value)], |list| list.iter().map(text).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(old: &str) -> String {
        let new = NewAllowance {
            fingerprint: Some("0123456789abcdef".repeat(2)),
            reason: "revoked \"in\" May".into(),
            expires: Some(jiff::civil::date(2027, 1, 31)),
            ..NewAllowance::default()
        };
        with_allowances("f.toml", old.as_bytes(), &[new]).expect("valid")
    }

    const ADDED: &str = "\n[[allow]]\nfingerprint = \"0123456789abcdef0123456789abcdef\"\n\
                         reason = 'revoked \"in\" May'\nexpires = 2027-01-31\n";

    #[test]
    fn what_was_there_stays_byte_for_byte() {
        for old in [
            "",
            "# ours\nblock   =  \"high\"  # strict\n\n\n[[allow]] # one\nrule='x'\nreason=\"y\"\n",
            "block = \"high\"\n[packages]\n",
        ] {
            let new = add(old);
            assert!(new.contains(ADDED.trim_start()), "{new}");
            assert_eq!(new.replace(ADDED, "").replace(ADDED.trim_start(), ""), old);
        }
    }

    #[test]
    fn a_second_reason_replaces_the_first_and_nothing_else() {
        let print = "0123456789abcdef".repeat(2);
        for old in [
            format!("# ours\n[[allow]]\nfingerprint = '{print}' # sample\nreason = \"old\" # by me\n\n[packages]\n"),
            format!(
                "allow = [{{ rule = \"x\", reason = \"y\" }}, {{ fingerprint = '{print}', reason = \"old\" }}] # all\n"
            ),
        ] {
            let new = add(&old);
            assert_eq!(new.matches(&print).count(), 1, "{new}");
            let back = new.replace("'revoked \"in\" May'", "\"old\"").replace(", expires = 2027-01-31", "");
            assert_eq!(back.replace("expires = 2027-01-31\n", "").replace("  }", " }"), old);
        }
        // Another path, another rule or a commit makes it another allowance.
        for more in ["path = \"a/**\"", "rule = \"x\"", "commit = \"0123abc\""] {
            let new = add(&format!("[[allow]]\nfingerprint = '{print}'\n{more}\nreason = \"old\"\n"));
            assert!(new.contains("\"old\"") && new.matches(&print).count() == 2, "{new}");
        }
    }

    #[test]
    fn a_list_stays_a_list() {
        let new = add("allow = [{ rule = \"x\", reason = \"y\" }]\n");
        assert!(new.starts_with("allow = [{ rule = \"x\", reason = \"y\" }, {"), "{new}");
        assert!(!new.contains("[["), "{new}");
    }

    #[test]
    fn an_invalid_file_is_not_touched() {
        let add = |old: &str| with_allowances("f.toml", old.as_bytes(), &[NewAllowance::default()]);
        assert!(add("blok = 1\n").expect_err("unknown key").to_string().contains("f.toml:1:1"));
        assert!(add("").expect_err("no reason").to_string().contains("would not be valid"));
    }
}
