//! The behaviour that a change adds: code that runs by itself and sends secrets, fetches or decodes more code, or hides.
//!
//! Only added lines count, because the same lines in an old side were decided on before.

mod line;
mod replaced;
mod shape;
mod source;
mod trigger;

use sha2::{Digest, Sha256};

use super::{Trace, TraceWeight};
use crate::rule::Status;
use line::AddedLine;
use trigger::{Trigger, TriggerKind};

/// So many lines before and after a line belong to the same step.
const WINDOW: usize = 8;

/// A program of so few lines does one thing.
const SHORT: usize = 6;

/// Returns whether a change to the file at `path` may add behaviour: by its name, or for a program by two fast searches.
pub fn may_act(path: &str, bytes: &[u8]) -> bool {
    trigger::of(path).is_some() || source::may_hide(path, bytes)
}

/// Returns whether the behaviour of a file depends on its old sides: it has some, or names what it may have replaced.
pub fn needs_old_sides(path: &str, bytes: &[u8]) -> bool {
    let replaces = |trigger: &Trigger| matches!(trigger.kind, TriggerKind::Workflow | TriggerKind::Submodules);
    may_act(path, bytes) && (trigger::of(path).is_some_and(replaces) || !added(path, bytes, &[]).is_empty())
}

/// The behaviour that `new` has and no old side had.
pub fn added(path: &str, new: &[u8], old: &[Vec<u8>]) -> Vec<Trace> {
    if let Some(trace) = source::program(path, new, old) {
        return vec![trace];
    }
    let lines = || line::added(new, old);
    let mut found = match trigger::of(path) {
        Some(trigger) => shapes(trigger, &lines(), is_short(new)),
        None if source::may_hide(path, new) => source::decoded(path, &lines()),
        None => Vec::new(),
    };
    found.extend(match trigger::of(path).map(|trigger| trigger.kind) {
        Some(TriggerKind::Workflow) => replaced::actions(new, old),
        Some(TriggerKind::Submodules) => replaced::submodules(new, old),
        _ => Vec::new(),
    });
    found.extend(source::pushed_aside(path, new, old));
    found
}

/// The first line of each shape. A weaker shape of the same line would repeat a stronger one.
fn shapes(trigger: &Trigger, lines: &[AddedLine], is_short: bool) -> Vec<Trace> {
    let mut found: Vec<Trace> = Vec::new();
    for shape in shape::SHAPES.iter().filter(|shape| is_short || !shape.alone) {
        let Some(weight) = shape.weight(trigger.kind) else { continue };
        let weight = if trigger.status == Status::Stable { weight } else { TraceWeight::Warns };
        let hit = lines.iter().enumerate().find(|(n, line)| {
            let from = lines[..*n].partition_point(|l| l.number + WINDOW < line.number);
            let to = n + lines[*n..].partition_point(|l| l.number <= line.number + WINDOW);
            let reach = &lines[from..to];
            let is_read = trigger.kind != TriggerKind::Manifest || runs_at_installation(line);
            is_read && (shape.fits)(line, reach) && found.iter().all(|trace| trace.at != line.at)
        });
        let what = || format!("when {}, {}", trigger.when, shape.says);
        found.extend(hit.map(|(_, line)| trace(shape.id, line, what(), weight)));
    }
    found
}

/// Returns whether a program has so few lines that one of them is all it does.
fn is_short(text: &[u8]) -> bool {
    text.split(|b| *b == b'\n').filter(|line| !line.trim_ascii().is_empty()).count() <= SHORT
}

/// Returns whether a line of a manifest sets a script of its installation.
fn runs_at_installation(line: &AddedLine) -> bool {
    line.packs(&["\"preinstall\":", "\"install\":", "\"postinstall\":", "\"prepare\":"])
}

/// A trace about a line. The id is stored in baselines, and the line may hold a secret.
fn trace(id: &str, line: &AddedLine, what: String, weight: TraceWeight) -> Trace {
    let hash = Sha256::digest(line.packed.as_bytes());
    Trace { id: format!("{id} {}", data_encoding::HEXLOWER.encode(&hash[..6])), what, at: line.at, weight }
}

#[cfg(test)]
mod tests;
