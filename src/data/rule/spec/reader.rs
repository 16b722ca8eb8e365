//! The values of a TOML table, each read as its type, every complaint with its line.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::super::super::did_you_mean;
use super::super::super::toml_text::Lines;
use super::super::scales::Scale;
use super::{Author, SpecProblem};

/// Reads one rule file and collects its problems.
pub(super) struct Reader<'t> {
    pub(super) file: &'t str,
    pub(super) lines: Lines<'t>,
    pub(super) author: Author,
    pub(super) problems: Vec<SpecProblem>,
}

/// The known keys of a table, with their values.
pub(super) type Fields<'a, 'i> = Vec<(&'a str, &'a Spanned<DeValue<'i>>)>;

impl Reader<'_> {
    pub(super) fn complain(&mut self, span: Range<usize>, message: impl Into<String>) {
        let line = self.line(&span);
        self.problems.push(SpecProblem { file: self.file.to_owned(), line, message: message.into() });
    }

    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        self.lines.line(span.start)
    }

    pub(super) fn fields<'a, 'i>(&mut self, table: &'a DeTable<'i>, known: &[&str], of: &str) -> Fields<'a, 'i> {
        let mut fields = Fields::new();
        for (key, value) in table {
            let name: &DeString<'_> = key.get_ref();
            if known.contains(&name.as_ref()) {
                fields.push((name.as_ref(), value));
            } else {
                let hint = did_you_mean::hint(name, known.iter().copied());
                self.complain(key.span(), format!("unknown key `{name}` in {of}{hint}"));
            }
        }
        fields
    }

    pub(super) fn text_field(
        &mut self,
        fields: &Fields<'_, '_>,
        key: &str,
        at: &Range<usize>,
        required: bool,
    ) -> Option<String> {
        match get(fields, key) {
            Some(value) => {
                let text = self.string(value, key)?;
                if text.trim().is_empty() || text.contains(['\n', '\r']) {
                    self.complain(value.span(), format!("`{key}` must be one line with something in it"));
                }
                Some(text)
            }
            None => {
                if required {
                    self.complain(at.clone(), format!("`{key}` is missing"));
                }
                None
            }
        }
    }

    pub(super) fn level<T: Scale>(
        &mut self,
        fields: &Fields<'_, '_>,
        key: &str,
        at: &Range<usize>,
        required: bool,
    ) -> Option<T> {
        let text = self.text_field(fields, key, at, required)?;
        let step = T::STEPS.iter().find(|(name, _)| *name == text).map(|(_, step)| *step);
        if step.is_none() {
            let names: Vec<&str> = T::STEPS.iter().map(|(name, _)| *name).collect();
            let at = get(fields, key).map_or(0..0, Spanned::span);
            self.complain(at, format!("`{key}` is one of {}, not `{text}`", names.join(", ")));
        }
        step
    }

    pub(super) fn one_of(&mut self, fields: &Fields<'_, '_>, key: &str, value: &str, known: &[&str]) {
        if !known.contains(&value) {
            let at = get(fields, key).map_or(0..0, Spanned::span);
            self.complain(at, format!("unknown {key} `{value}`{}", did_you_mean::hint(value, known.iter().copied())));
        }
    }

    pub(super) fn flag(&mut self, fields: &Fields<'_, '_>, key: &str) -> bool {
        match get(fields, key).map(|value| (value.get_ref(), value.span())) {
            None => false,
            Some((DeValue::Boolean(on), _)) => *on,
            Some((_, span)) => {
                self.complain(span, format!("`{key}` is true or false"));
                false
            }
        }
    }

    pub(super) fn opt_string(&mut self, fields: &Fields<'_, '_>, key: &str) -> Option<String> {
        get(fields, key).and_then(|value| self.string(value, key))
    }

    pub(super) fn string(&mut self, value: &Spanned<DeValue<'_>>, key: &str) -> Option<String> {
        if let DeValue::String(text) = value.get_ref() {
            return Some(text.to_string());
        }
        self.complain(value.span(), format!("`{key}` must be a string"));
        None
    }

    pub(super) fn integer(&mut self, value: &Spanned<DeValue<'_>>) -> Option<usize> {
        match value.get_ref() {
            DeValue::Integer(i) => usize::from_str_radix(i.as_str(), i.radix()).ok(),
            _ => None,
        }
    }

    pub(super) fn strings(&mut self, fields: &Fields<'_, '_>, key: &str) -> Vec<String> {
        let Some(value) = get(fields, key) else { return Vec::new() };
        let DeValue::Array(all) = value.get_ref() else {
            self.complain(value.span(), format!("`{key}` must be an array of strings"));
            return Vec::new();
        };
        if all.is_empty() {
            self.complain(value.span(), format!("`{key}` is empty"));
        }
        all.iter().filter_map(|one| self.string(one, key)).collect()
    }
}

/// The value of a key.
pub(super) fn get<'a, 'i>(fields: &Fields<'a, 'i>, key: &str) -> Option<&'a Spanned<DeValue<'i>>> {
    fields.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
}
