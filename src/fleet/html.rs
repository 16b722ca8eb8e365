//! The fleet as one self-contained page, without scripts or external resources.

use super::{Fleet, Machine};
use crate::report::html::{STYLE, text};

/// The page.
pub fn page(fleet: &Fleet) -> String {
    let result = fleet.exit().result();
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>shield-hook: fleet: {result}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>shield-hook: fleet: <span class=\"{result}\">{result}</span></h1>\n<p>{}</p>\n",
        text(&fleet.digest())
    );
    let questions = fleet.questions();
    if !questions.is_empty() {
        page += "<h2>Expected</h2>\n<ul>\n";
        questions.into_iter().for_each(|(what, count)| page += &format!("<li>{}</li>\n", text(&count.sentence(&what))));
        page += "</ul>\n";
    }
    page += "<h2>Machines</h2>\n<table>\n<tr><th>Machine</th><th>Last record</th><th>Data</th><th>Version</th><th>State</th></tr>\n";
    fleet.machines.iter().for_each(|machine| page += &row(machine));
    page += "</table>\n";
    if !fleet.unread.is_empty() {
        page += "<h2>Not read</h2>\n<ul>\n";
        fleet.unread.iter().for_each(|(path, why)| page += &format!("<li>{}: {}</li>\n", text(path), text(why)));
        page += "</ul>\n";
    }
    page + &format!("<p><small>shield-hook {}</small></p>\n</body>\n</html>\n", env!("CARGO_PKG_VERSION"))
}

fn row(machine: &Machine) -> String {
    let record = machine.record.as_ref();
    let cell = |value: Option<&str>| text(value.unwrap_or("-"));
    let mut state: Vec<String> = machine
        .problems
        .iter()
        .map(|p| format!("<strong>{}</strong>: {}", p.kind.replace('-', " "), text(&p.what)))
        .collect();
    if state.is_empty() {
        state.push("<span class=\"clean\">as expected</span>".to_owned());
    }
    state.extend(machine.answers().iter().map(|answer| format!("{}: {}", text(&answer.what), answer.answer.words())));
    let cells = [
        text(&machine.host),
        cell(record.map(|record| record.time.as_str())),
        cell(record.and_then(|record| record.data.as_deref())),
        cell(record.map(|record| record.version.as_str())),
        state.join("<br>"),
    ];
    format!("<tr><td>{}</td></tr>\n", cells.join("</td><td>"))
}
