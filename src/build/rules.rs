//! `rules/*.toml` -> `BUILTIN`, the static table of rules.

use std::fmt::Write;
use std::fs;
use std::path::Path;

#[path = "../rule/level.rs"]
#[allow(dead_code)]
mod level;
#[path = "../rule/nearest.rs"]
#[allow(dead_code)]
mod nearest;
#[path = "../rule/shape.rs"]
#[allow(dead_code)]
mod shape;
#[path = "../rule/spec/mod.rs"]
#[allow(dead_code)]
pub mod spec;
#[path = "../rule/template.rs"]
#[allow(dead_code)]
mod template;

use crate::Context;
use spec::{Author, Problem, Spec};

/// Reads every rule file; a wrong one stops the build with its file and line.
pub fn load(root: &Path) -> Vec<Spec> {
    println!("cargo:rerun-if-changed=rules");
    println!("cargo:rerun-if-changed=src/rule");
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

/// Writes the table.
pub fn write(context: &Context) {
    let mut out = String::from("static BUILTIN: &[Rule] = &[\n");
    for spec in &context.rules {
        rule(&mut out, spec).expect("a String takes everything");
    }
    out.push_str("];\n");
    fs::write(context.out.join("rules.rs"), out).expect("OUT_DIR is writable");
}

fn rule(out: &mut String, s: &Spec) -> std::fmt::Result {
    let Spec { id, title, provider, since, keywords, regex, window, prefix, why, fix, .. } = s;
    writeln!(out, "Rule {{ id: {id:?}, title: {title:?}, provider: {provider:?}, since: {since:?},")?;
    writeln!(out, "status: Status::{:?}, replaced_by: {:?},", s.status, s.replaced_by)?;
    writeln!(out, "severity: Severity::{:?}, confidence: Confidence::{:?},", s.severity, s.confidence)?;
    writeln!(out, "keywords: &{keywords:?}, regex: {regex:?}, detector: {:?}, window: {window},", s.detector)?;
    writeln!(out, "prefix: {prefix:?}, check: {:?}, entropy: {:?},", s.check, s.entropy)?;
    writeln!(
        out,
        "judge: Judge::{:?}, general: {}, paths: &{:?}, allow: &{:?},",
        s.judge, s.general, s.paths, s.allow
    )?;
    match &s.requires {
        Some((rule, lines)) => writeln!(out, "requires: Some(Requires {{ rule: {rule:?}, lines: {lines} }}),")?,
        None => writeln!(out, "requires: None,")?,
    }
    writeln!(out, "why: {why:?}, fix: {fix:?}, references: &{:?},", s.references)?;
    writeln!(out, "matches: &{:?}, rejects: &{:?}, digest: {:#x} }},", s.matches, s.rejects, s.digest())
}
