//! Figures of models that have not seen what they are asked about.

use std::collections::BTreeMap;
use std::io;

use shield_hook::engine::generic::candidate::{Candidate, candidates};
use shield_hook::engine::generic::threshold::confidence as confidence_of;
use shield_hook::engine::generic::tree::Forest;
use shield_hook::engine::generic::{FOREST, Mild, judge, judge_by};
use shield_hook::rule::Confidence;

use crate::generate;
use crate::harvest::File;
use crate::labels::{Case, Truth};
use crate::learn::{self, FOLDS, Row};
use crate::people;
use crate::secrets::{self, Random};
use crate::{Material, SEED};

/// Grows a model without each fold and asks it about that fold.
pub fn print(material: &Material) -> io::Result<()> {
    let rows = learn::rows(material);
    learn::count(&rows);
    let (mut of_rows, mut of_cases, mut of_built_in) = (Table::default(), Table::default(), Table::default());
    for fold in 0..FOLDS {
        learn::grow(&rows, Some(fold)).with(|forest| {
            score(forest, rows.iter().filter(|row| row.fold == fold), &mut of_rows);
            ask(forest, material, fold, &mut of_cases);
        });
        ask(&FOREST, material, fold, &mut of_built_in);
    }
    println!("\nrows, by the score of the model alone");
    of_rows.print();
    println!("\nlabelled lines, by the confidence of the whole judgement");
    of_cases.print();
    of_cases.print_calibration();
    println!("\nthe same of the built-in model, which may have seen them");
    of_built_in.print();
    of_built_in.print_calibration();
    Ok(())
}

/// How many of each kind there are, and how many of them have at least a confidence.
#[derive(Default)]
struct Table {
    kinds: BTreeMap<String, [usize; 4]>,
}

impl Table {
    fn add(&mut self, kind: String, confidence: Option<Confidence>) {
        let counts = self.kinds.entry(kind).or_default();
        counts[0] += 1;
        for (i, least) in [Confidence::Low, Confidence::Medium, Confidence::High].into_iter().enumerate() {
            counts[i + 1] += usize::from(confidence >= Some(least));
        }
    }

    fn print(&self) {
        println!("| kind | n | shown | medium or high | high |\n|---|---|---|---|---|");
        for (kind, [n, counts @ ..]) in &self.kinds {
            let [low, medium, high] = counts.map(|count| 100.0 * count as f32 / *n as f32);
            println!("| {kind} | {n} | {low:.1} | {medium:.2} | {high:.2} |");
        }
    }

    /// How often each confidence is right, outside tests and documentation.
    fn print_calibration(&self) {
        println!("| passwords | confidence | secrets | look-alikes | right |\n|---|---|---|---|---|");
        let [issued, lookalikes] = ["Issued", "Lookalike"].map(|kind| self.each(&format!("{kind}, as labelled"), 1));
        for (passwords, asked) in [("as labelled", 1), ("of a person", PEOPLE)] {
            let made = self.each(&format!("Password, {passwords}"), asked);
            for (i, confidence) in ["low", "medium", "high"].into_iter().enumerate() {
                let (secrets, wrong) = (issued[i] + made[i], lookalikes[i]);
                let right = 100.0 * secrets / (secrets + wrong).max(1.0);
                println!("| {passwords} | {confidence} | {secrets:.0} | {wrong:.0} | {right:.0} |");
            }
        }
    }

    /// How many of a kind have just each confidence, from low to high, where each case was asked about so often.
    fn each(&self, kind: &str, asked: usize) -> [f32; 3] {
        let [_, low, medium, high] = self.kinds.get(kind).copied().unwrap_or_default();
        [low - medium, medium - high, high].map(|count| count as f32 / asked as f32)
    }
}

fn score<'a>(forest: &Forest<'_>, rows: impl Iterator<Item = &'a Row>, table: &mut Table) {
    for row in rows {
        let score = forest.score(&row.made.sample.row);
        let kind =
            row.made.family.map_or_else(|| row.made.origin.to_owned(), |f| format!("{}, {f:?}", row.made.origin));
        table.add(kind, confidence_of(score, false));
    }
}

/// How often each place of a password is asked about with passwords of people.
const PEOPLE: usize = 3;

fn ask(forest: &Forest<'_>, material: &Material, fold: usize, table: &mut Table) {
    let mut r = Random::new(SEED ^ 0xa5c);
    for case in &material.labels.cases {
        let file = &material.labels.files[case.file];
        if file.tree % FOLDS != fold {
            continue;
        }
        let place = place(file, case);
        let as_labelled = confidence(forest, &file.text, file, &case.candidate);
        table.add(format!("{:?}{place}, as labelled", case.truth), as_labelled);
        if case.truth != Truth::Password {
            continue;
        }
        for _ in 0..PEOPLE {
            let made = people::human(&mut r, &material.words);
            table.add(format!("Password{place}, of a person"), with_value(forest, file, case, &made));
        }
        let made = secrets::machine(&mut r, &material.words, true);
        table.add(format!("Password{place}, of a machine"), with_value(forest, file, case, &made));
    }
}

/// The confidence in another value at the place of a case.
fn with_value(forest: &Forest<'_>, file: &File, case: &Case, value: &[u8]) -> Option<Confidence> {
    let (text, candidate) = generate::put(file, case, value)?;
    confidence(forest, &text, file, &candidate)
}

/// The confidence of the whole judgement, before the policy lowers it in tests and documentation.
fn confidence(forest: &Forest<'_>, text: &[u8], file: &File, c: &Candidate) -> Option<Confidence> {
    let path = file.path.as_bytes();
    judge_by(forest, text, path, c).reconsidered(text, path, c).confidence
}

/// The words for a place that the policy lowers.
fn place(file: &File, case: &Case) -> &'static str {
    let lowered = Mild::of(&file.text, file.path.as_bytes()).at(case.candidate.value.start).is_some();
    if lowered { " in tests and docs" } else { "" }
}

/// The share of made-up passwords of people that block, by habit and by the kind of file. Other random numbers
/// than the training's; the words are those of the vocabulary.
pub fn passwords(words: &[&str]) -> io::Result<()> {
    const PLACES: [(&str, &str); 8] = [
        (".env", "APP_ENV=production\nDB_PASSWORD=@\n"),
        ("a.yml", "database:\n  user: app\n  password: @\n  host: db.internal\n"),
        ("a.properties", "spring.datasource.username=app\nspring.datasource.password=@\n"),
        ("a.json", "{\n  \"user\": \"app\",\n  \"password\": \"@\"\n}\n"),
        ("a.py", "client = Client(user=\"app\", password=\"@\")\n"),
        ("a.cs", "var c = \"Data Source=db;Initial Catalog=app;User ID=app;Password=@;\";\n"),
        ("a.sh", "mysqldump -u app --password=@ shop > dump.sql\n"),
        ("a.php", "define('DB_PASSWORD', '@');\n"),
    ];
    const ROUNDS: usize = 400;
    println!("made-up passwords that block, of {ROUNDS} a cell, per cent");
    println!("| habit | {} |", PLACES.map(|(path, _)| path).join(" | "));
    println!("|---|{}", "---|".repeat(PLACES.len()));
    for (habit, kinds) in people::HABITS {
        let mut r = Random::new(SEED ^ 0xbeef);
        let mut cells = Vec::new();
        for (path, template) in PLACES {
            let found = (0..ROUNDS).filter(|_| {
                let kind = *r.pick(kinds);
                let secret = people::by_habit(&mut r, words, kind);
                let text = template.replace('@', &String::from_utf8_lossy(&secret)).into_bytes();
                candidates(&text).iter().any(|c| {
                    let confidence = judge(&text, path.as_bytes(), c).confidence;
                    confidence >= Some(Confidence::Medium)
                })
            });
            cells.push(format!("{:.0}", 100.0 * found.count() as f32 / ROUNDS as f32));
        }
        println!("| {habit} | {} |", cells.join(" | "));
    }
    Ok(())
}
