//! A team's own rule for another scanner, as a rule of ours.

use toml_edit::{Array, Item, Table, Value, value};

use super::paths;
use super::pattern::{self, SecretPart};
use crate::data::rule::spec::{self, Author};
use crate::rule::generate;
use crate::rule::regex::sample;

/// A rule as another scanner's file has it.
#[derive(Clone, Debug, Default)]
pub struct ForeignRule {
    /// Its id there.
    pub id: String,
    /// Its description; empty: none.
    pub title: String,
    /// The regex on the text; none: a rule about paths alone.
    pub regex: Option<String>,
    /// The part of a match that is the secret.
    pub secret: SecretPart,
    /// Words that a file must contain.
    pub keywords: Vec<String>,
    /// The least Shannon entropy of the secret, in bits a character.
    pub entropy: Option<f64>,
    /// A regex on the paths it is for.
    pub path: Option<String>,
    /// A second rule that must match within so many lines.
    pub requires: Option<(String, usize)>,
    /// Whether it warns instead of blocking.
    pub warns: bool,
    /// Settings that have no counterpart here and that make it find less there, by name.
    pub ignored: Vec<String>,
}

/// A rule as it will be written.
#[derive(Clone, Debug)]
pub struct OwnRule {
    /// Its id in the file of the other scanner.
    pub foreign_id: String,
    /// Its id here.
    pub id: String,
    /// The entry of `[[rule]]`.
    pub table: Table,
    /// How it differs from the original, each as a sentence; none: not at all.
    pub differences: Vec<String>,
}

impl ForeignRule {
    /// The rule under an id that `is_taken` does not know.
    ///
    /// # Errors
    /// The reason why there is no such rule, as a sentence.
    pub fn convert(&self, tool: &str, is_taken: impl Fn(&str) -> bool) -> Result<OwnRule, String> {
        let Some(regex) = &self.regex else {
            return Err("it is about paths alone, and rules here are about content".to_owned());
        };
        let rewritten = pattern::rewrite(regex, self.secret)?;
        let keywords = pattern::keywords(&rewritten.regex, &self.keywords)
            .ok_or("its matches have no literal of three bytes in common, which a rule here needs as its keyword")?;
        let mut differences = rewritten.differences;
        if keywords != self.keywords && !self.keywords.is_empty() {
            differences.push("it looks at every file, not only at those with one of its keywords".to_owned());
        }
        differences
            .extend(self.ignored.iter().map(|key| format!("`{key}` has no counterpart here, so it can find more")));
        let mut globs = Vec::new();
        if let Some(path) = &self.path {
            match paths::globs(path) {
                Some(some) => globs = some.into_iter().map(|glob| glob.trim_start_matches('/').to_owned()).collect(),
                None => {
                    differences.push(format!("it looks at every file: `{path}` has no exact counterpart as a glob"))
                }
            }
        }
        let id = free_id(&self.id, tool, is_taken);
        let mut table = Table::new();
        table.insert("id", value(&id));
        if !self.title.is_empty() {
            table.insert("title", value(&self.title));
        }
        if self.warns {
            table.insert("confidence", value("low"));
        }
        table.insert("keywords", list(&keywords));
        table.insert("regex", value(&rewritten.regex));
        if let Some(bits) = self.entropy.filter(|bits| (0.0..=8.0).contains(bits) && *bits > 0.0) {
            table.insert("entropy", value(bits));
        }
        if !globs.is_empty() {
            table.insert("paths", list(&globs));
        }
        if let Some((rule, lines)) = &self.requires {
            let mut inner = toml_edit::InlineTable::new();
            inner.insert("rule", Value::from(rule.as_str()));
            inner.insert("lines", Value::from(i64::try_from(*lines).unwrap_or(i64::MAX)));
            table.insert("requires", value(inner));
        }
        if let Some(template) = example(&id, &rewritten.regex) {
            table.insert("match", list(&[template]));
            // The mere word that leads to the rule is no secret.
            table.insert("reject", list(&keywords[..1]));
        }
        let rule = OwnRule { foreign_id: self.id.clone(), id, table, differences };
        rule.check()?;
        Ok(rule)
    }
}

impl OwnRule {
    /// The rules as a file, under a comment about where they come from.
    pub fn file<'r>(tool: &str, rules: impl IntoIterator<Item = &'r Self>) -> String {
        format!(
            "# Carried over from {tool} by `shield-hook migrate`. Try them with `shield-hook rules test`.\n\
             provider = \"own\"\n\n{}",
            Self::tables(rules)
        )
    }

    /// The entries of `[[rule]]` alone.
    pub fn tables<'r>(rules: impl IntoIterator<Item = &'r Self>) -> String {
        let mut document = toml_edit::DocumentMut::new();
        let mut tables = toml_edit::ArrayOfTables::new();
        rules.into_iter().for_each(|rule| tables.push(rule.table.clone()));
        document.insert("rule", Item::ArrayOfTables(tables));
        document.to_string()
    }

    /// The id of the rule that must match nearby.
    pub fn partner(&self) -> Option<&str> {
        self.table.get("requires")?.get("rule")?.as_str()
    }

    /// Names another rule as the one that must match nearby.
    pub fn set_partner(&mut self, id: &str) {
        if let Some(requires) = self.table.get_mut("requires") {
            requires["rule"] = value(id);
        }
    }

    /// Takes the example out; false when there was none.
    pub fn without_example(&mut self) -> bool {
        self.table.remove("reject");
        self.table.remove("match").is_some()
    }

    /// Reads the rule as any rule file is read.
    fn check(&self) -> Result<(), String> {
        match spec::read("rules.toml", &Self::file("", [self]), Author::User) {
            Ok(_) => Ok(()),
            Err(problems) => Err(problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("; ")),
        }
    }
}

fn list(texts: &[String]) -> Item {
    value(texts.iter().map(String::as_str).collect::<Array>())
}

/// Lower-case letters, digits and single hyphens.
fn kebab(id: &str) -> String {
    let parts = id.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let id = parts.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-");
    if id.is_empty() { "rule".to_owned() } else { id }
}

/// The id in our spelling; with the scanner's name, and then a number, where it is taken.
fn free_id(id: &str, tool: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let id = kebab(id);
    let others = (2..).map(|number| format!("{id}-{tool}-{number}"));
    let mut ids = [id.clone(), format!("{id}-{tool}")].into_iter().chain(others);
    ids.find(|id| !is_taken(id)).unwrap_or(id)
}

/// A template in which the rule must find its secret: text that the rest of the regex matches, and the secret.
fn example(id: &str, regex: &str) -> Option<String> {
    let opening = "(?<secret>";
    let start = regex.find(opening)?;
    let length = inside(&regex[start + opening.len()..])?;
    let end = start + opening.len() + length + 1;
    // The same file gives the same rules: the text follows from the id.
    let seed = id.bytes().fold(7, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let mut rng = generate::Rng::with_seed(seed);
    let mut text = |regex: &str| {
        let bytes = sample::matching(regex, &mut rng).ok()?;
        String::from_utf8(bytes)
            .ok()
            .filter(|text| !text.contains('$') && !text.contains(|c: char| c.is_control() && c != '\n'))
    };
    // A part that is no regex by itself was cut out of a group.
    Some([&text(&regex[..start])?, "${secret}", &text(&regex[end..])?].concat())
}

/// The length of a group's inside, up to its closing parenthesis.
fn inside(text: &str) -> Option<usize> {
    pattern::closing(text).map(|(inside, _)| inside.len())
}
