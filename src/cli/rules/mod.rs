//! `shield-hook rules`: lists, pages, tests and templates of rules.

mod page;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::config;
use crate::cli::options::{OutputFormat, PolicyArgs};
use crate::data::rule::keys;
use crate::error::{Context, Error, Printed, Result};
use crate::exit::Exit;
use crate::file;
use crate::package::contribution;
use crate::package::table_check::TableCheck;
use crate::policy;
use crate::rule::{Rule, RuleSet};
use crate::rule_test;
use page::name;

/// The subcommands of `rules`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: RulesCommand,
}

#[derive(Debug, clap::Subcommand)]
enum RulesCommand {
    /// Every rule in one line each
    List(RulesList),
    /// Everything about one rule
    Show(RulesShow),
    /// Try rules on their own examples, with fresh random secrets
    Test(Test),
    /// Print a rule file to start from
    New(New),
    /// Write a page for every provider, and an index of all rules
    Docs(Docs),
}

#[derive(Debug, clap::Args)]
struct RulesList {
    /// Rules of this provider only
    #[arg(long)]
    provider: Option<String>,
    /// Rule files to list in addition
    files: Vec<PathBuf>,
    #[arg(long, value_enum, default_value = "pretty")]
    format: OutputFormat,
}

#[derive(Debug, clap::Args)]
struct RulesShow {
    /// The rule's id
    id: String,
    /// Rule files to look in as well
    files: Vec<PathBuf>,
    #[arg(long, value_enum, default_value = "pretty")]
    format: OutputFormat,
}

#[derive(Debug, clap::Args)]
struct Test {
    /// Rule files, and tables (.tsv) of advisories or indicators [default: the built-in rules and those of this repository]
    files: Vec<PathBuf>,
    /// The files in the place of the built-in rules, not beside them
    #[arg(long, requires = "files")]
    replace_builtin: bool,
    /// This rule only (repeatable)
    #[arg(long = "rule", value_name = "ID")]
    rules: Vec<String>,
    /// How many times, each with other values
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Make the same values as the run that named this number
    #[arg(long)]
    seed: Option<u64>,
    #[arg(long, value_enum, default_value = "pretty")]
    format: OutputFormat,
}

#[derive(Debug, clap::Args)]
struct New {
    /// The rule's id, such as `acme-deploy-token`
    id: String,
}

#[derive(Debug, clap::Args)]
struct Docs {
    /// The directory, made where it does not exist; without one, the index is printed
    dir: Option<PathBuf>,
    /// Rule files to describe in addition
    files: Vec<PathBuf>,
}

/// Runs one of them.
///
/// # Errors
/// A rule file that does not hold up, an id that is no rule, standard output that is gone.
pub fn run(args: Args) -> Result<Exit> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let exit = match args.command {
        RulesCommand::List(args) => list(&args, &mut out),
        RulesCommand::Show(args) => show(&args, &mut out),
        RulesCommand::Test(args) => test(&args, &mut out),
        RulesCommand::New(args) => new(&args, &mut out),
        RulesCommand::Docs(args) => docs(&args, &mut out),
    }?;
    out.flush().or_unprinted()?;
    Ok(exit)
}

fn read(files: &[PathBuf]) -> Result<Vec<(&Path, String)>> {
    files
        .iter()
        .map(|file| Ok((file.as_path(), file::read_to_string(file).or_usage(format!("rule file {}", file.display()))?)))
        .collect()
}

/// The rules that scan, and those of the package gate and of the policy: whoever reads a finding's id finds its page.
fn with_others(set: &RuleSet) -> RuleSet {
    RuleSet::new(set.rules().iter().copied().chain(policy::other_rules()).collect())
}

/// The same with the rules of the repository that this runs in.
fn known_here(set: &RuleSet) -> Result<RuleSet> {
    with_own(set).map(|set| with_others(&set))
}

/// The rules, and those of the repository that this runs in.
fn with_own(set: &RuleSet) -> Result<RuleSet> {
    let here = config::ready(&PolicyArgs::default())?;
    let own: Vec<&Rule> = here.rules().rules().iter().copied().filter(|rule| set.get(rule.id).is_none()).collect();
    Ok(RuleSet::new(set.rules().iter().copied().chain(own).collect()))
}

fn list(args: &RulesList, out: &mut impl Write) -> Result<Exit> {
    let set = RuleSet::builtin().with_user(&read(&args.files)?)?;
    let shown = known_here(&set)?;
    let wanted = |rule: &&&Rule| args.provider.as_ref().is_none_or(|p| p == rule.provider);
    let rules: Vec<&Rule> = shown.rules().iter().filter(wanted).copied().collect();
    if let (Some(provider), true) = (&args.provider, rules.is_empty()) {
        return Err(Error::usage(format!("no rule is of provider `{provider}`"))
            .help("`shield-hook rules list` shows every rule with its provider"));
    }
    match args.format {
        OutputFormat::Json => {
            let rules: Vec<Value> = rules.iter().map(|r| describe(r)).collect();
            let all = json!({ "version": 1, "ruleset": set.hash(), "rules": rules });
            writeln!(out, "{all:#}").or_unprinted()?;
        }
        OutputFormat::Pretty => {
            let widest = |of: fn(&Rule) -> usize| rules.iter().map(|r| of(r)).max().unwrap_or(0);
            let (id, provider) = (widest(|r| r.id.len()), widest(|r| r.provider.len()));
            for r in &rules {
                let (severity, confidence) = (name(r.severity), name(r.confidence));
                writeln!(
                    out,
                    "{:id$}  {:provider$}  {severity:8}  {confidence:6}  {:12}  {}",
                    r.id,
                    r.provider,
                    name(r.status),
                    r.title
                )
                .or_unprinted()?;
            }
        }
    }
    Ok(Exit::Clean)
}

fn describe(rule: &Rule) -> Value {
    let value = |(key, value): (&str, Value)| {
        // A detector without a regex has none, not an empty one.
        let value = if key == "regex" && rule.regex.is_empty() { Value::Null } else { value };
        (key.to_owned(), value)
    };
    Value::Object(rule.fields().into_iter().map(value).collect())
}

fn show(args: &RulesShow, out: &mut impl Write) -> Result<Exit> {
    let set = known_here(&RuleSet::builtin().with_user(&read(&args.files)?)?)?;
    let rule = set.get(&args.id).ok_or_else(|| set.unknown(&args.id))?;
    match args.format {
        OutputFormat::Json => writeln!(out, "{:#}", describe(rule)).or_unprinted()?,
        OutputFormat::Pretty => write!(out, "{}", page::rule(rule, 1)).or_unprinted()?,
    }
    Ok(Exit::Clean)
}

/// A rule that fails in one place often fails in many.
const MOST: usize = 3;

fn test(args: &Test, out: &mut impl Write) -> Result<Exit> {
    let (tables, files): (Vec<PathBuf>, Vec<PathBuf>) =
        args.files.iter().cloned().partition(|file| file.extension().is_some_and(|e| e == "tsv"));
    let mut tried = Vec::new();
    for (file, text) in read(&tables)? {
        let trial = contribution::check(&text).map_err(|why| Error::usage(format!("{}: {why}", file.display())))?;
        tried.push((file.display().to_string(), trial));
    }
    let right = tried.iter().all(|(_, trial)| trial.complaints.is_empty());
    // Who names tables only asks about them only.
    let rules = match files.is_empty() && !tables.is_empty() {
        true => Exit::Clean,
        false => test_rules(args, &files, &tried, out)?,
    };
    if args.format.is_pretty() {
        for (file, trial) in &tried {
            for complaint in trial.complaints.iter().take(MOST_OF_A_TABLE) {
                writeln!(out, "{file}: {complaint}").or_unprinted()?;
            }
            if let Some(more @ 1..) = trial.complaints.len().checked_sub(MOST_OF_A_TABLE) {
                writeln!(out, "{file}: and {more} more").or_unprinted()?;
            }
            let result = if trial.complaints.is_empty() { "passed" } else { "failed" };
            writeln!(out, "{result}: {} {} of {file}", trial.rows, trial.what).or_unprinted()?;
        }
    } else if files.is_empty() && !tables.is_empty() {
        writeln!(out, "{:#}", json!({ "version": 1, "tables": described(&tried) })).or_unprinted()?;
    }
    Ok(if right { rules } else { Exit::Blocked })
}

/// One table with many mistakes often has one mistake many times.
const MOST_OF_A_TABLE: usize = 20;

fn described(tables: &[(String, TableCheck)]) -> Vec<Value> {
    let one = |(file, trial): &(String, TableCheck)| json!({ "file": file, "what": trial.what, "rows": trial.rows, "complaints": trial.complaints });
    tables.iter().map(one).collect()
}

fn test_rules(args: &Test, files: &[PathBuf], tables: &[(String, TableCheck)], out: &mut impl Write) -> Result<Exit> {
    let files = read(files)?;
    let builtin = if args.replace_builtin { RuleSet::new(Vec::new()) } else { RuleSet::builtin() };
    let set = builtin.clone().with_user(&files)?;
    let set = if args.files.is_empty() { with_own(&set)? } else { set };
    for id in &args.rules {
        set.get(id).ok_or_else(|| set.unknown(id))?;
    }
    let wanted = |rule: &Rule| match (args.rules.is_empty(), files.is_empty()) {
        (false, _) => args.rules.iter().any(|id| id == rule.id),
        (true, true) => true,
        (true, false) => builtin.get(rule.id).is_none(),
    };
    let seed = args.seed.unwrap_or_else(|| crate::rule::generate::Rng::new().u64(..1 << 32));
    let outcome = rule_test::run(&set, wanted, args.rounds, seed);
    let tried: Vec<&Rule> = set.rules().iter().copied().filter(|r| wanted(r)).collect();
    let bare: Vec<&str> = tried.iter().filter(|r| r.matches.is_empty() || r.rejects.is_empty()).map(|r| r.id).collect();
    let failed = !outcome.complaints.is_empty() || !bare.is_empty();
    match args.format {
        OutputFormat::Json => {
            let complaints: Vec<Value> =
                outcome.complaints.iter().map(|c| json!({ "rule": c.rule, "message": c.message })).collect();
            let all = json!({
                "version": 1, "seed": seed, "rounds": args.rounds, "rules": tried.len(), "texts": outcome.texts,
                "complaints": complaints, "by-chance": outcome.by_chance, "without-examples": bare, "tables": described(tables),
            });
            writeln!(out, "{all:#}").or_unprinted()?;
        }
        OutputFormat::Pretty => {
            for of_one in outcome.complaints.chunk_by(|a, b| a.rule == b.rule) {
                for complaint in of_one.iter().take(MOST) {
                    writeln!(out, "{complaint}").or_unprinted()?;
                }
                if let Some(more @ 1..) = of_one.len().checked_sub(MOST) {
                    writeln!(out, "{}: and {more} more like these", of_one[0].rule).or_unprinted()?;
                }
            }
            for id in &bare {
                writeln!(out, "{id}: needs at least one `match` and one `reject`").or_unprinted()?;
            }
            // Of interest to the author of a rule alone.
            let is_authors = !files.is_empty() || !args.rules.is_empty();
            if is_authors && !outcome.by_chance.is_empty() {
                let rules = outcome.by_chance.join(", ");
                writeln!(out, "failed once, and not with other values: {rules}").or_unprinted()?;
            }
            let result = if failed { "failed" } else { "passed" };
            let (rules, texts) = (tried.len(), outcome.texts);
            writeln!(out, "{result}: {rules} rules, {texts} texts, --rounds {} --seed {seed}", args.rounds)
                .or_unprinted()?;
        }
    }
    Ok(if failed { Exit::Blocked } else { Exit::Clean })
}

fn docs(args: &Docs, out: &mut impl Write) -> Result<Exit> {
    let set = with_others(&RuleSet::builtin().with_user(&read(&args.files)?)?);
    let mut providers: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in set.rules() {
        providers.entry(rule.provider).or_default().push(rule);
    }
    let Some(dir) = &args.dir else {
        out.write_all(page::index(&providers, false).as_bytes()).or_unprinted()?;
        return Ok(Exit::Clean);
    };
    let save = |name: &str, text: String| {
        let path = dir.join(name);
        fs::write(&path, text).or_incomplete(path.display())
    };
    fs::create_dir_all(dir).or_incomplete(dir.display())?;
    save("README.md", page::index(&providers, true))?;
    for (provider, rules) in &providers {
        save(&page::file_name(provider), page::provider(provider, rules))?;
    }
    writeln!(out, "{} pages and README.md in {}", providers.len(), dir.display()).or_unprinted()?;
    Ok(Exit::Clean)
}

fn new(args: &New, out: &mut impl Write) -> Result<Exit> {
    let id = &args.id;
    let file = keys::draft(id, env!("CARGO_PKG_VERSION"));
    // A draft is a rule like any other, so that a wrong id is refused here.
    RuleSet::builtin().with_user(&[("new.toml", &file)])?;
    out.write_all(file.as_bytes()).or_unprinted()?;
    Ok(Exit::Clean)
}
