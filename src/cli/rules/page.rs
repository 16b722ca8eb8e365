//! The documentation of rules: a page for each, a page for each provider, an index of all.

use std::collections::BTreeMap;

use crate::rule::{Rule, Status};

/// The word that rule files use for a step of a scale.
pub(super) fn name(step: impl serde::Serialize) -> String {
    serde_json::to_value(step).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A rule's page in Markdown, the same headings for every rule. `level` is that of its own heading.
pub(super) fn rule(r: &Rule, level: usize) -> String {
    let mut page = format!("{} {}\n\n{}\n", "#".repeat(level), r.id, r.title);
    let mut section = |title: &str, text: String| {
        if !text.is_empty() {
            page.push_str(&format!("\n{} {title}\n\n{text}\n", "#".repeat(level + 1)));
        }
    };
    section("Why it matters", r.why.to_owned());
    section("What to do", r.fix.to_owned());
    let mut how = vec![
        format!("- provider: {}", r.provider),
        format!("- severity: {}, confidence: {}", name(r.severity), name(r.confidence)),
        format!("- status: {}{}", name(r.status), r.replaced_by.map_or(String::new(), |id| format!(", use `{id}`"))),
        format!("- since: {}", r.since),
    ];
    how.extend((!r.keywords.is_empty()).then(|| format!("- keywords: {}", listed(r.keywords))));
    how.extend(r.detector.map(|d| format!("- detector: {d}")));
    how.extend((!r.regex.is_empty()).then(|| format!("- regex: {}", code(r.regex))));
    how.extend(r.check.map(|c| format!("- offline proof: {c}")));
    how.extend(r.entropy.map(|e| format!("- least entropy: {e} bits a character")));
    how.extend((!r.paths.is_empty()).then(|| format!("- only in: {}", listed(r.paths))));
    how.extend((!r.allow.is_empty()).then(|| format!("- documented samples: {}", listed(r.allow))));
    how.extend(r.requires.map(|q| format!("- only within {} lines of `{}`", q.lines, q.rule)));
    section("How it is found", how.join("\n"));
    section("Found", examples(r.matches));
    section("Left alone", examples(r.rejects));
    section("References", r.references.iter().map(|x| format!("- {x}")).collect::<Vec<_>>().join("\n"));
    page
}

/// A page with all rules of a provider.
pub(super) fn provider(name: &str, rules: &[&Rule]) -> String {
    let mut page = format!("# {name}\n\n[All rules](README.md)\n");
    for r in rules {
        page.push_str(&format!("\n{}", rule(r, 2)));
    }
    page
}

/// The file of a provider's page.
pub(super) fn file_name(provider: &str) -> String {
    format!("{}.md", provider.replace(' ', "-"))
}

/// Every rule in a line of a table, by provider. With links to the providers' pages if those are beside it.
pub(super) fn index(providers: &BTreeMap<&str, Vec<&Rule>>, linked: bool) -> String {
    let all = || providers.values().flatten();
    let of = |status| all().filter(|r| r.status == status).count();
    let mut page = format!(
        "# Rules\n\n{} rules of {} providers: {} stable, {} experimental (they warn and never block), {} deprecated.\n\n\
         `shield-hook rules show ID` prints everything about one, `shield-hook rules docs DIR` writes a page for each \
         provider.\n\n| rule | what it finds | severity | confidence | status |\n|---|---|---|---|---|\n",
        all().count(),
        providers.len(),
        of(Status::Stable),
        of(Status::Experimental),
        of(Status::Deprecated),
    );
    for (provider, rules) in providers {
        for r in rules {
            let id = match linked {
                true => format!("[`{}`]({}#{})", r.id, file_name(provider), r.id),
                false => format!("`{}`", r.id),
            };
            let title = r.title.replace('|', "\\|");
            let (severity, confidence, status) = (name(r.severity), name(r.confidence), name(r.status));
            page.push_str(&format!("| {id} | {title} | {severity} | {confidence} | {status} |\n"));
        }
    }
    page
}

/// Examples as they would be in a file.
fn examples(all: &[&str]) -> String {
    let quoted = |text: &&str| match text.contains('\n') {
        // A list's item, and its text as a block.
        true => format!("- ```\n  {}\n  ```", text.trim_end_matches('\n').replace('\n', "\n  ")),
        false => format!("- {}", code(text)),
    };
    all.iter().map(quoted).collect::<Vec<_>>().join("\n")
}

fn listed(all: &[&str]) -> String {
    all.iter().map(|x| code(x)).collect::<Vec<_>>().join(", ")
}

/// Code within a line, in more backticks than it has in a row.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_do_not_end_the_code() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("``"), "``` `` ```");
    }
}
