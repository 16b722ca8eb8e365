//! Writes the packed rules, and tables of the facts that the engine needs before a rule is unpacked.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::BuildContext;
use crate::data::regex::secret_filter::SecretFilter;
use crate::data::regex::sequence_filter::SequenceFilter;
use crate::data::rule::packed::Writer;
use crate::data::rule::spec::{self, Author, Spec, SpecProblem};

/// Reads every rule file.
///
/// # Errors
/// Every problem of every file, with its line.
pub fn load(root: &Path) -> Result<Vec<Spec>, Vec<SpecProblem>> {
    println!("cargo:rerun-if-changed=rules");
    let folder = root.join("rules");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .expect("rules/ is part of the crate")
        .map(|entry| entry.expect("rules/ is readable").file_name().into_string().expect("rule files have plain names"))
        .filter(|name| name.ends_with(".toml"))
        .collect();
    names.sort();
    let (mut specs, mut problems) = (Vec::new(), Vec::new());
    for name in names {
        let text = fs::read_to_string(folder.join(&name)).expect("rule files are readable text");
        match spec::read(&format!("rules/{name}"), &text, Author::Project) {
            Ok(some) => specs.extend(some),
            Err(some) => problems.extend(some),
        }
    }
    if problems.is_empty() {
        problems = spec::check_set(&specs, &[]);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    specs.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(specs)
}

/// Writes `rules.bin` and `rules.rs`.
pub fn write(context: &BuildContext) {
    let rules = &context.rules;
    let (mut packed, mut starts) = (Writer::default(), Vec::new());
    for spec in rules {
        starts.push(packed.bytes.len());
        spec.pack(&mut packed);
    }
    let numbered = || rules.iter().enumerate();
    let detectors: Vec<(usize, &str)> =
        numbered().filter_map(|(number, spec)| Some((number, spec.detector.as_deref()?))).collect();
    let with_paths: Vec<usize> = numbered().filter(|(_, spec)| !spec.paths.is_empty()).map(|(n, _)| n).collect();
    let windows: Vec<usize> = rules.iter().map(|spec| spec.window).collect();
    let out = format!(
        "const COUNT: usize = {};\n\
         static PACKED: &[u8] = include_bytes!(concat!(env!(\"OUT_DIR\"), \"/rules.bin\"));\n\
         static STARTS: [u32; COUNT] = {starts:?};\n\
         static HASH: &str = {:?};\n\
         static WINDOWS: [u32; COUNT] = {windows:?};\n\
         static DETECTORS: &[(u16, &str)] = &{detectors:?};\n\
         static WITH_PATHS: &[u16] = &{with_paths:?};\n\
         {}{}",
        rules.len(),
        hash(rules),
        secret_filters(rules),
        sequence_filters(context),
    );
    fs::write(context.out.join("rules.bin"), packed.bytes).expect("OUT_DIR is writable");
    fs::write(context.out.join("rules.rs"), out).expect("OUT_DIR is writable");
}

/// The name of the set: it changes with any rule.
fn hash(rules: &[Spec]) -> String {
    let mut hash = Sha256::new();
    for spec in rules {
        hash.update(spec.digest().to_le_bytes());
    }
    hash.finalize()[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The table of secret filters. Many rules share one.
fn secret_filters(rules: &[Spec]) -> String {
    let (mut filters, mut filter_of) = (Vec::new(), Vec::new());
    for spec in rules {
        let filter = SecretFilter::of(&spec.regex);
        let known = filters.iter().position(|other| *other == filter);
        filter_of.push(known.unwrap_or(filters.len()));
        if known.is_none() {
            filters.push(filter);
        }
    }
    format!(
        "static SECRET_FILTER_OF: [u16; COUNT] = {filter_of:?};\n\
         static SECRET_FILTERS: [SecretFilter; {}] = {filters:?};\n",
        filters.len(),
    )
}

/// The tables of sequence filters, one after the other, and `rules-steps.bin`.
fn sequence_filters(context: &BuildContext) -> String {
    let (mut sets, mut steps, mut starts) = (Vec::new(), Vec::new(), vec![0]);
    for spec in &context.rules {
        steps.extend(SequenceFilter::encode(&spec.regex, &mut sets));
        starts.push(steps.len());
    }
    fs::write(context.out.join("rules-steps.bin"), steps.as_flattened()).expect("OUT_DIR is writable");
    format!(
        "static SETS: [ByteSet; {}] = {sets:?};\n\
         static STEPS: &[Number; {}] = \
             include_bytes!(concat!(env!(\"OUT_DIR\"), \"/rules-steps.bin\")).as_chunks().0.first_chunk().unwrap();\n\
         static STEP_STARTS: [u32; COUNT + 1] = {starts:?};\n",
        sets.len(),
        steps.len(),
    )
}
