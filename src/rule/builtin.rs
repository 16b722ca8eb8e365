//! The rules in the binary.

use std::sync::OnceLock;

use super::{Brief, Rule};
use crate::data::regex::Filters;
use crate::data::regex::byte_set::ByteSet;
use crate::data::regex::secret_filter::SecretFilter;
use crate::data::regex::sequence_filter::{Number, SequenceFilter};
use crate::data::rule::packed::PackedReader;

// COUNT, PACKED, STARTS, HASH, WINDOWS, DETECTORS, WITH_PATHS, SECRET_FILTER_OF, SECRET_FILTERS, SETS, STEPS, STEP_STARTS
include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// How many there are.
pub(super) const fn len() -> usize {
    COUNT
}

/// The hash of all of them.
pub(super) fn hash() -> &'static str {
    HASH
}

/// The rule with this number, counted in the order of the ids; unpacked when it is first asked for.
pub(super) fn rule(number: usize) -> &'static Rule {
    static RULES: [OnceLock<&Rule>; COUNT] = [const { OnceLock::new() }; COUNT];
    RULES[number].get_or_init(|| Box::leak(Box::new(unpack(number))))
}

/// All of them.
pub(super) fn all() -> &'static [&'static Rule] {
    static ALL: OnceLock<Vec<&Rule>> = OnceLock::new();
    ALL.get_or_init(|| (0..COUNT).map(rule).collect())
}

/// Those that have a detector, by their numbers.
pub(super) fn detectors() -> impl Iterator<Item = (usize, &'static str)> {
    DETECTORS.iter().map(|(number, detector)| (usize::from(*number), *detector))
}

/// The facts that are needed at every keyword.
pub(super) fn brief(number: usize) -> Brief {
    Brief {
        window: WINDOWS[number] as usize,
        detector: DETECTORS.iter().find(|(of, _)| usize::from(*of) == number).map(|(_, detector)| *detector),
        everywhere: !WITH_PATHS.contains(&(number as u16)),
        filters: Filters {
            secret: &SECRET_FILTERS[usize::from(SECRET_FILTER_OF[number])],
            sequence: SequenceFilter {
                sets: &SETS,
                steps: &STEPS[STEP_STARTS[number] as usize..STEP_STARTS[number + 1] as usize],
            },
        },
    }
}

fn unpack(number: usize) -> Rule {
    let from = &mut PackedReader::new(&PACKED[STARTS[number] as usize..]);
    Rule::unpack(from, brief(number).filters, number as u16)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Handle;
    use super::super::spec::{self, Author, Spec};
    use super::*;

    fn specs() -> Vec<Spec> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let toml = files.filter(|path| path.extension().is_some_and(|e| e == "toml"));
        let read = |path: std::path::PathBuf| {
            let name = format!("rules/{}", path.file_name().unwrap().to_str().unwrap());
            spec::read(&name, &std::fs::read_to_string(&path).unwrap(), Author::Project).unwrap()
        };
        let mut specs: Vec<Spec> = toml.flat_map(read).collect();
        specs.sort_by(|a, b| a.id.cmp(&b.id));
        specs
    }

    #[test]
    fn what_is_unpacked_is_what_the_files_say() {
        let specs = specs();
        assert_eq!(specs.len(), len());
        for (number, spec) in specs.into_iter().enumerate() {
            let own = Rule::leak(spec);
            let expected = Rule { builtin: Some(number as u16), ..own.clone() };
            assert_eq!(format!("{:?}", rule(number)), format!("{expected:?}"));
            assert_eq!(format!("{:?}", brief(number)), format!("{:?}", Handle::Own(own).brief()), "{}", own.id);
        }
    }
}
