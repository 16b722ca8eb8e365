//! `--format pretty`: frames in the manner of rustc, then the commands that repair.

use std::collections::BTreeMap;
use std::io;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Report, Style, overview, packages};
use crate::finding::{Finding, Fingerprint, Step, Verdict, Verified};
use crate::outcome::Outcome;
use crate::policy::weakened;
use crate::rule::Confidence;
use crate::terminal::name;

/// Frames in the manner of rustc.
pub struct Pretty(pub Style);

/// The number of secrets that are all shown with a frame.
const MAX_FRAMES: usize = 10;

/// The number of frames, and of commands of a kind, where there are more: the others are counted by rule and file.
const MAX_FRAMES_OF_MANY: usize = 5;

/// The number of commands of a kind.
const MAX_COMMANDS: usize = 20;

/// The number of further positions of one secret that are listed.
const MAX_PLACES: usize = 5;

/// The number of changed packages that are listed; without `--verbose` more are counted.
const MAX_TABLE_ROWS: usize = 12;

impl Report for Pretty {
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
        let shown = |f: &&Finding| self.0.verbose || matches!(f.verdict, Verdict::Block | Verdict::Warn(_));
        let (warned, mut framed) = if self.0.verbose { (Vec::new(), Vec::new()) } else { warnings(outcome) };
        framed.extend(outcome.findings.iter().filter(shown).filter(|f| self.0.verbose || !is_warning(f)));
        let groups = group(framed.iter().copied());
        let is_many = groups.len() > MAX_FRAMES;
        let frames = if is_many && !self.0.verbose { MAX_FRAMES_OF_MANY } else { groups.len() };
        for group in groups.iter().take(frames) {
            writeln!(out, "{}\n", self.frame(group, is_many))?;
        }
        let is_cut = frames < groups.len();
        if is_cut {
            overview::write_table(&framed, out)?;
            write_step("see all of them on one page", std::slice::from_ref(&self.0.page), out)?;
        }
        for line in overview::by_rule(&warned) {
            writeln!(
                out,
                "{}",
                render(Level::WARNING.primary_title(line.text.as_str()).id(line.rule).elements(NOTHING))
            )?;
        }
        if !warned.is_empty() {
            writeln!(out, "(--verbose shows each)\n")?;
        }
        for (path, change) in &outcome.changes {
            if self.0.verbose || change.rows.len() <= MAX_TABLE_ROWS {
                packages::write_table(path, change, out)?;
            } else {
                writeln!(out, "{} (--verbose lists them)", packages::summary(path, change))?;
            }
        }
        if !outcome.changes.is_empty() {
            writeln!(out)?;
        }
        steps(outcome, if is_cut { MAX_FRAMES_OF_MANY } else { MAX_COMMANDS }, out)?;
        if is_cut && framed.iter().any(|f| f.verdict.blocks()) {
            let command = overview::baseline_command(outcome);
            write_step("or, once each has been reviewed, record all of them in the baseline", &[command], out)?;
        }
        for line in &outcome.stale {
            writeln!(out, "{}", render(Level::WARNING.primary_title(line.as_str()).elements(NOTHING)))?;
        }
        if self.0.verbose {
            for skip in outcome.coverage.skipped.iter().filter(|s| !s.incomplete) {
                writeln!(out, "skipped: {} {}: {}", skip.what, name(&skip.path), name(&skip.reason))?;
            }
        }
        Ok(())
    }
}

const NOTHING: [annotate_snippets::Padding; 0] = [];

/// Groups findings of one secret, rule and verdict; blocking groups come first.
fn group<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<Vec<&'f Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut at: BTreeMap<(u8, Fingerprint), usize> = BTreeMap::new();
    for f in findings {
        let n = *at.entry((rank(&f.verdict), f.fingerprint)).or_insert(groups.len());
        if n == groups.len() {
            groups.push(Vec::new());
        }
        groups[n].push(f);
    }
    groups.sort_by_key(|g| rank(&g[0].verdict));
    groups
}

fn is_warning(f: &Finding) -> bool {
    matches!(f.verdict, Verdict::Warn(_))
}

/// The warnings that get a line for each rule, and those that get a frame: a single one, and all about the policy, whose
/// frames contain the repair.
fn warnings(outcome: &Outcome) -> (Vec<&Finding>, Vec<&Finding>) {
    let all = outcome.findings.iter().filter(|f| is_warning(f));
    let (policy, secrets): (Vec<_>, Vec<_>) = all.partition(|f| f.rule.id == weakened::ID);
    if group(secrets.iter().copied()).len() > 1 {
        (secrets, policy)
    } else {
        (Vec::new(), secrets.into_iter().chain(policy).collect())
    }
}

fn rank(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Block => 0,
        Verdict::Warn(_) => 1,
        Verdict::Old => 2,
        Verdict::Allowed(_) => 3,
    }
}

impl Pretty {
    /// The frame of a secret's first position, with the others in a note.
    fn frame(&self, group: &[&Finding], with_fingerprint: bool) -> String {
        let f = group[0];
        let (level, title) = match &f.verdict {
            Verdict::Block => (Level::ERROR, ""),
            Verdict::Warn(_) => (Level::WARNING, "does not block: "),
            Verdict::Old => (Level::NOTE.with_name("old"), "does not block: "),
            Verdict::Allowed(_) => (Level::NOTE.with_name("allowed"), "allowed by "),
        };
        let aside = f.verdict.reason().map(|reason| format!("{title}{reason}"));
        let mark = AnnotationKind::Primary.span(f.excerpt.span.clone()).label(evidence(f));
        let source = Snippet::source(f.excerpt.text.as_str()).line_start(f.location.line).path(PLACE).annotation(mark);
        let mut frame = level.primary_title(f.rule.title).id(f.rule.id).element(source);
        let note = |text: String| Level::NOTE.message(text);
        frame = frame.elements(aside.map(note));
        frame = frame.elements(f.commit.as_ref().map(|c| note(format!("in commit {}", short(c)))));
        frame = frame.elements(also(group).map(note));
        frame = frame.elements(with_fingerprint.then(|| note(format!("fingerprint {}", f.fingerprint))));
        frame = frame.elements(f.notes.iter().cloned().map(note));
        if matches!(f.verdict, Verdict::Block | Verdict::Warn(_)) {
            // A team's own rule may have neither.
            let said = |text: &'static str| Some(text).filter(|text| !text.is_empty());
            frame = frame.elements(said(f.rule.why).map(|why| Level::NOTE.with_name("why").message(why)));
            frame = frame.elements(said(f.rule.fix).map(|fix| Level::HELP.with_name("fix").message(fix)));
        }
        self.place(&render(frame), f)
    }

    /// Replaces [`PLACE`] with the true position: the frame knows the column of the masked line only.
    fn place(&self, frame: &str, f: &Finding) -> String {
        let Some((before, after)) = frame.split_once(PLACE) else { return frame.to_owned() };
        let after = after.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit());
        let text = format!("{}:{}:{}", name(&f.location.path().to_string()), f.location.line, f.location.column);
        let place = match (&self.0.links, f.location.kind().is_file()) {
            (Some(root), true) => link(root, f, &text),
            _ => text,
        };
        format!("{before}{place}{after}")
    }
}

/// A placeholder for the position until the frame is drawn.
const PLACE: &str = "@place@";

fn render(group: Group<'_>) -> String {
    // Colour is always written; the stream strips it on request.
    Renderer::styled().render(&[group])
}

/// The evidence for the finding, in a few words below the caret.
fn evidence(f: &Finding) -> &'static str {
    if f.rule.id == weakened::ID {
        return "after this change";
    }
    match (f.verified, f.confidence) {
        (Some(Verified::Checksum), _) => "its checksum holds",
        (Some(Verified::Structure), _) => "its structure holds",
        (None, Confidence::High) => "high confidence",
        (None, Confidence::Medium) => "medium confidence",
        (None, Confidence::Low) => "low confidence",
    }
}

/// The other positions of the same secret.
fn also(group: &[&Finding]) -> Option<String> {
    let others = &group[1..];
    let mut places: Vec<String> = others
        .iter()
        .take(MAX_PLACES)
        .map(|f| {
            let at = format!("{}:{}:{}", name(&f.location.path().to_string()), f.location.line, f.location.column);
            match &f.commit {
                Some(c) if f.commit != group[0].commit => format!("{at} in {}", short(c)),
                _ => at,
            }
        })
        .collect();
    if others.len() > MAX_PLACES {
        places.push(format!("{} more places", others.len() - MAX_PLACES));
    }
    (!places.is_empty()).then(|| format!("also at {}", places.join(", ")))
}

/// The commands that repair blocking findings, grouped by instruction.
fn steps(outcome: &Outcome, most: usize, out: &mut dyn io::Write) -> io::Result<()> {
    let mut kinds: Vec<(&str, Vec<FindingCommands<'_>>)> = Vec::new();
    // Repairs come first, then the alternatives to them, and allowing the finding last.
    let order = |step: &Step| match step.run.first() {
        Some(command) if command.starts_with("shield-hook allow") => 2,
        _ => u8::from(step.what.starts_with("or ")),
    };
    let mut all: Vec<(&Step, &Finding)> =
        outcome.findings.iter().flat_map(|f| f.repair.iter().map(move |step| (step, f))).collect();
    all.sort_by_key(|(step, _)| order(step));
    for (step, finding) in all {
        let n = kinds.iter().position(|k| k.0 == step.what).unwrap_or_else(|| {
            kinds.push((&step.what, Vec::new()));
            kinds.len() - 1
        });
        if !kinds[n].1.iter().any(|(run, _)| *run == step.run.as_slice()) {
            kinds[n].1.push((&step.run, finding));
        }
    }
    for (what, runs) in kinds {
        let is_one = runs.len() == 1;
        let shown = runs.iter().take(most);
        let mut lines: Vec<String> =
            shown.flat_map(|(run, f)| run.iter().map(move |line| named(line, f, is_one))).collect();
        if runs.len() > most {
            lines.push(format!("... and {} more", runs.len() - most));
        }
        write_step(what, &lines, out)?;
    }
    Ok(())
}

/// The commands of a step, and the first finding that has them.
type FindingCommands<'o> = (&'o [String], &'o Finding);

/// A command that allows one of several findings, with a comment that names the finding.
fn named(line: &str, finding: &Finding, is_one: bool) -> String {
    if is_one || !line.starts_with("shield-hook allow ") {
        return line.to_owned();
    }
    format!("{line}  # {}:{}, {}", finding.location.path(), finding.location.line, finding.rule.id)
}

/// One thing to do, and its commands.
fn write_step(what: &str, commands: &[String], out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "{}", render(Level::HELP.secondary_title(what).elements(NOTHING)))?;
    for line in commands {
        writeln!(out, "        {}", name(line))?;
    }
    writeln!(out)
}

/// A terminal link to the file (OSC 8).
fn link(root: &str, f: &Finding, text: &str) -> String {
    let path = super::percent(f.location.path());
    format!("\u{1b}]8;;file://{root}/{path}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\")
}

fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}
