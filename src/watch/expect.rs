//! Expectations: the versions that every machine is to have, `npm:@acme/lib >= 1.2.4`.

use crate::error::{Error, Result};
use crate::journal::{Met, RecordedAnswer};
use crate::package::ecosystem::Ecosystem;
use crate::package::version;

/// A package and the versions of it that are good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// As it was written, with single spaces.
    pub text: String,
    ecosystem: Ecosystem,
    name: String,
    /// Comparators joined by `,`.
    range: String,
}

impl Expectation {
    /// Reads `ECOSYSTEM:NAME RANGE`; the range is comparators joined by `,`.
    ///
    /// # Errors
    /// Exit 3 when it is none.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            Error::usage(format!("expect: {text:?} names no package and version"))
                .help("for example \"npm:@acme/lib >= 1.2.4\", or \"pypi:acme >=2, <3\"")
        };
        let (ecosystem, rest) = text.split_once(':').ok_or_else(wrong)?;
        let ecosystem = Ecosystem::parse(ecosystem.trim()).ok_or_else(wrong)?;
        let at = rest.find(['<', '>', '=']).ok_or_else(wrong)?;
        let (name, range) = (rest[..at].trim(), rest[at..].replace(' ', ""));
        // A comparator that cannot be read would hold for no version, and the answer would be a wrong no.
        let reads = |part: &str| {
            let bound = part.trim_start_matches(['<', '>', '=']);
            version::in_range(ecosystem, bound, &format!("=={bound}"))
                && version::compare(ecosystem, bound, bound).is_some()
        };
        let known = ["<", "<=", ">", ">=", "=", "=="];
        let is_known =
            |part: &str| known.contains(&&part[..part.len() - part.trim_start_matches(['<', '>', '=']).len()]);
        if name.is_empty()
            || name.contains(char::is_whitespace)
            || !range.split(',').all(|part| is_known(part) && reads(part))
        {
            return Err(wrong());
        }
        let text = format!("{}:{name} {}", ecosystem.as_str(), range.replace(',', ", "));
        Ok(Self { text, ecosystem, name: ecosystem.normalise(name), range })
    }

    /// The answer, given the installed packages.
    pub fn answer(&self, installed: &[(Ecosystem, String, Option<String>)]) -> RecordedAnswer {
        let is_it = |(ecosystem, name, _): &&(Ecosystem, String, Option<String>)| {
            *ecosystem == self.ecosystem && self.ecosystem.normalise(name) == self.name
        };
        let mut found: Vec<String> = installed
            .iter()
            .filter(is_it)
            .map(|(_, _, version)| version.clone().unwrap_or_else(|| "?".into()))
            .collect();
        found.sort();
        found.dedup();
        let answer = match found.as_slice() {
            [] => Met::NotInstalled,
            all if all.iter().all(|v| version::in_range(self.ecosystem, v, &self.range)) => Met::Yes,
            _ => Met::No,
        };
        RecordedAnswer { what: self.text.clone(), answer, found }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_as_expected_or_not_or_not_there() {
        let expectation = Expectation::parse("npm:@acme/lib>=1.2.4,<2").unwrap();
        assert_eq!(expectation.text, "npm:@acme/lib >=1.2.4, <2");
        let of = |versions: &[&str]| {
            let installed: Vec<_> = versions
                .iter()
                .map(|version| (Ecosystem::Npm, "@acme/lib".to_owned(), Some((*version).to_owned())))
                .chain([(Ecosystem::Npm, "other".to_owned(), Some("0.0.1".to_owned()))])
                .collect();
            let answer = expectation.answer(&installed);
            (answer.answer, answer.found.join(" "))
        };
        assert_eq!(of(&[]), (Met::NotInstalled, String::new()));
        assert_eq!(of(&["1.2.4", "1.9.0"]), (Met::Yes, "1.2.4 1.9.0".into()));
        assert_eq!(of(&["1.2.3", "1.2.4"]), (Met::No, "1.2.3 1.2.4".into()));
        assert_eq!(of(&["2.0.0"]).0, Met::No);
        let python = Expectation::parse("pypi: Acme_Lib == 2.0").unwrap();
        let installed = [(Ecosystem::Pypi, "acme-lib".to_owned(), Some("2".to_owned()))];
        assert_eq!(python.answer(&installed).answer, Met::Yes);
    }

    #[test]
    fn what_is_no_expectation_is_refused() {
        for text in [
            "",
            "npm:a",
            "a >= 1",
            "cobol:a >= 1",
            "npm: >= 1",
            "npm:a >= x",
            "npm:a => 1",
            "npm:a >= 1,",
            "npm:a b >= 1",
        ] {
            assert!(Expectation::parse(text).is_err(), "{text}");
        }
    }
}
