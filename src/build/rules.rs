//! Writes the packed rules, and tables of what the engine needs of each before it is unpacked.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::Context;
use crate::data::regex::secret_filter::SecretFilter;
use crate::data::regex::sequence_filter::SequenceFilter;
use crate::data::rule::packed::Writer;
use crate::data::rule::spec::{self, Author, Problem, Spec};

/// Reads every rule file; a wrong one stops the build with its file and line.
pub fn load(root: &Path) -> Vec<Spec> {
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
    stop_on(&problems);
    specs.sort_by(|a, b| a.id.cmp(&b.id));
    specs
}

fn stop_on(problems: &[Problem]) {
    for problem in problems {
        println!("cargo::error={problem}");
    }
    if !problems.is_empty() {
        std::process::exit(1);
    }
}

/// Writes the tables.
pub fn write(context: &Context) {
    let (mut packed, mut starts) = (Writer::default(), Vec::new());
    for spec in &context.rules {
        starts.push(packed.bytes.len());
        spec.pack(&mut packed);
    }
    let mut hash = Sha256::new();
    for spec in &context.rules {
        hash.update(spec.digest().to_le_bytes());
    }
    let hash: String = hash.finalize()[..6].iter().map(|byte| format!("{byte:02x}")).collect();
    let numbers = |is: fn(&Spec) -> bool| -> Vec<usize> {
        context.rules.iter().enumerate().filter(|(_, spec)| is(spec)).map(|(number, _)| number).collect()
    };
    let detectors: Vec<(usize, &str)> = context
        .rules
        .iter()
        .enumerate()
        .filter_map(|(number, spec)| Some((number, spec.detector.as_deref()?)))
        .collect();
    let with_paths = numbers(|spec| !spec.paths.is_empty());
    let windows: Vec<usize> = context.rules.iter().map(|spec| spec.window).collect();
    // Many rules have the same one.
    let (mut secret_filters, mut secret_filter_of) = (Vec::new(), Vec::new());
    for spec in &context.rules {
        let filter = SecretFilter::of(&spec.regex);
        let known = secret_filters.iter().position(|other| *other == filter);
        secret_filter_of.push(known.unwrap_or(secret_filters.len()));
        if known.is_none() {
            secret_filters.push(filter);
        }
    }
    let (mut sets, mut steps, mut step_starts) = (Vec::new(), Vec::new(), vec![0]);
    for spec in &context.rules {
        steps.extend(SequenceFilter::encode(&spec.regex, &mut sets));
        step_starts.push(steps.len());
    }
    let count = starts.len();
    let out = format!(
        "const COUNT: usize = {count};\n\
         static PACKED: &[u8] = include_bytes!(concat!(env!(\"OUT_DIR\"), \"/rules.bin\"));\n\
         static STARTS: [u32; COUNT] = {starts:?};\n\
         static HASH: &str = {hash:?};\n\
         static WINDOWS: [u32; COUNT] = {windows:?};\n\
         static DETECTORS: &[(u16, &str)] = &{detectors:?};\n\
         static WITH_PATHS: &[u16] = &{with_paths:?};\n\
         static SECRET_FILTER_OF: [u16; COUNT] = {secret_filter_of:?};\n\
         static SECRET_FILTERS: [SecretFilter; {}] = {secret_filters:?};\n\
         static SETS: [ByteSet; {}] = {sets:?};\n\
         static STEPS: [u16; {}] = {steps:?};\n\
         static STEP_STARTS: [u32; COUNT + 1] = {step_starts:?};\n",
        secret_filters.len(),
        sets.len(),
        steps.len(),
    );
    fs::write(context.out.join("rules.bin"), packed.bytes).expect("OUT_DIR is writable");
    fs::write(context.out.join("rules.rs"), out).expect("OUT_DIR is writable");
}
