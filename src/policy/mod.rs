//! The verdict on a finding: configuration, allowances, baseline and inline directives.
//!
//! [`config`] is the file as it is written; [`Policy`] is the result once the command line, the repository's configuration and
//! the user's are put over one another. [`authority`] decides whose files ([`Files`]) these are: in CI and on the server
//! they come from a revision that the change under judgement cannot touch.

pub mod allowlist;
pub mod authority;
pub mod baseline;
pub mod config;
mod config_reader;
pub mod edit;
mod files;
pub mod inline;
pub mod keys;
pub mod migrate;
pub mod sealed;
pub mod unread;
pub mod weakened;
pub mod wiring;
mod yaml;

use std::collections::HashSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use allowlist::{Allowance, Allowlist};
use baseline::Baseline;
pub use config::Accept;
use config::Config;
pub use files::{Files, InTree, NoFiles, OnDisk, user_config};

use crate::data::did_you_mean;
use crate::engine::redact;
use crate::error::{Error, Result};
use crate::finding::{AllowedBy, Finding, Fingerprint, Verdict, WarnReason};
use crate::package;
use crate::rule::{Confidence, Rule, RuleSet, Severity, Status};
use crate::source::{Allotment, Elsewhere, Trust};

/// The default limit on the size of one object, in bytes.
pub const MAX_OBJECT: u64 = 1 << 30;

/// The policy of this run, as resolved from the configuration, the baseline and the command line.
#[derive(Debug)]
pub struct Policy {
    /// The lowest confidence that blocks.
    pub block: Confidence,
    /// The lowest severity that blocks.
    pub severity: Severity,
    /// Objects larger than this many bytes make the scan incomplete.
    pub max_object: u64,
    /// Whether content that is published elsewhere blocks a push.
    pub published_elsewhere: config::PublishedElsewhere,
    /// Whether a secret that a change moves from one file to another blocks.
    pub block_moved: bool,
    /// Whether findings that rest on context alone block in tests, examples and documentation too.
    pub block_tests_and_docs: bool,
    /// Which inline directives are honoured.
    pub inline: inline::Honour,
    /// The allowances that a change may bring for itself.
    pub accept: Accept,
    /// Whether a push that weakens the policy is refused.
    pub refuse_weakened: bool,
    /// The work that a push may ask of a server.
    pub push_allotment: Allotment,
    /// Which evidence of what is published is believed.
    pub trust: Trust,
    /// Whether allowances that matched nothing are reported; true only if everything was scanned.
    pub report_unused: bool,
    /// Whether broken allowances are reported even if nothing was found.
    pub check_allowances: bool,
    /// The settings of the package gate.
    pub packages: package::settings::PackageSettings,
    /// Globs of what a build makes, so that `publish` does not look for it in the repository.
    pub publish_built: Vec<String>,
    /// The files that the repository declares encrypted.
    pub sealed: sealed::Sealed,
    /// Where `advisories update` looks, by the user's own configuration.
    pub feed: config::Feed,
    /// The rule files as they are configured: paths and globs, the weakest file's first.
    rule_files: Vec<String>,
    replace_builtin: bool,
    /// Ids of disabled rules, the weakest file's first.
    disable: Vec<String>,
    /// Which file sets which key, the strongest file first.
    set: Vec<Setting>,
    allow: Allowlist,
    unread: unread::UnreadPolicy,
    /// Rules of the package gate that do not run.
    off: Vec<String>,
    baseline: Baseline,
    baseline_path: String,
    /// Warnings from reading the files.
    noticed: Vec<String>,
    today: Date,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            block: Confidence::Medium,
            severity: Severity::Low,
            max_object: MAX_OBJECT,
            published_elsewhere: config::PublishedElsewhere::Auto,
            block_moved: false,
            block_tests_and_docs: false,
            inline: inline::Honour::All,
            accept: Accept::Nothing,
            refuse_weakened: false,
            push_allotment: Allotment::default(),
            trust: Trust::default(),
            report_unused: false,
            check_allowances: false,
            packages: package::settings::PackageSettings::default(),
            publish_built: Vec::new(),
            sealed: sealed::Sealed::default(),
            feed: config::Feed::default(),
            rule_files: Vec::new(),
            replace_builtin: false,
            disable: Vec::new(),
            set: Vec::new(),
            allow: Allowlist::default(),
            unread: unread::UnreadPolicy::default(),
            off: Vec::new(),
            baseline: Baseline::default(),
            baseline_path: baseline::FILE.into(),
            noticed: Vec::new(),
            today: today(),
        }
    }
}

/// A key that a configuration file sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    section: &'static str,
    key: &'static str,
    /// The file, as messages name it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

/// The entries of a policy that findings of a run matched; the others are reported as unused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Allowances, by their number in [`Policy::allowances`].
    pub allowances: HashSet<usize>,
    /// Secrets that the baseline knows.
    pub baseline: HashSet<Fingerprint>,
}

impl Used {
    /// Adds the entries that another part of the run used.
    pub fn extend(&mut self, more: Self) {
        self.allowances.extend(more.allowances);
        self.baseline.extend(more.baseline);
    }
}

/// How much of allowances is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowanceCheck {
    /// Their dates, and whether they matched anything.
    Use,
    /// Their patterns and rules as well, which costs time for each.
    Everything,
}

/// The date in UTC: the same everywhere, so that an allowance ends for the whole team at once.
pub fn today() -> Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// The command line's overrides of the policy.
#[derive(Debug, Default)]
pub struct Overrides {
    /// Read this configuration in the place of the repository's.
    pub config: Option<PathBuf>,
    /// Read this baseline in the place of the configured one.
    pub baseline: Option<PathBuf>,
    /// The lowest confidence that blocks.
    pub block: Option<Confidence>,
    /// Run these rules only.
    pub only: Vec<String>,
    /// Leave the baseline unread: it is about to be written.
    pub no_baseline: bool,
    /// Run disabled rules as well, to explain what they would find.
    pub with_disabled: bool,
}

/// Where the policy's files are.
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    /// The repository's own: the work tree or a tree of a revision.
    pub files: &'a dyn Files,
    /// The user's configuration file. None in CI and on the server, where nobody's own settings count.
    pub user: Option<&'a Path>,
    /// Whether `files` is a revision that is trusted more than the files on disk. Relative paths on the command line
    /// are then looked up in it.
    pub trusted: bool,
}

/// One configuration file with the files that its paths name.
struct Layer<'a> {
    name: String,
    config: Config,
    files: Box<dyn Files + 'a>,
}

/// Lends a `Files` to a layer.
struct FilesRef<'a>(&'a dyn Files);

impl Files for FilesRef<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        self.0.read(path)
    }
    fn list(&self, dir: &str) -> Result<Vec<String>> {
        self.0.list(dir)
    }
    fn name(&self, path: &str) -> String {
        self.0.name(path)
    }
}

impl Policy {
    /// Reads every file that counts, and returns the policy together with the rules that run.
    ///
    /// # Errors
    /// Exit 3 for anything wrong in any of the files, naming file, line and the way out.
    pub fn load(origin: Origin<'_>, overrides: &Overrides) -> Result<(Self, RuleSet)> {
        let layers = layers(origin, overrides)?;
        let mut policy = Self::default();
        if let Some((line, path)) = layers.iter().find_map(|l| l.config.baseline.as_ref()) {
            inside(config::FILE, *line, path)?;
        }
        if !overrides.no_baseline {
            policy.baseline = baseline(origin, overrides, &layers)?;
        }
        policy.apply(&layers);
        policy.sealed = sealed::Sealed::read(origin.files);
        policy.block = overrides.block.unwrap_or(policy.block);
        if policy.packages.online
            && let Some(bytes) = origin.files.read(".npmrc")?
        {
            let name = origin.files.name(".npmrc");
            let text = config::text(&name, &bytes)?.to_owned();
            policy.packages.npmrc = Some((name, text));
        }
        let rules = rules(&layers, overrides, &mut policy.noticed)?;
        policy.off = match overrides.only.is_empty() {
            true => policy.disable.iter().filter(|id| not_in_a_set(id)).cloned().collect(),
            false => {
                let named = |id: &str| overrides.only.iter().any(|only| only == id);
                package::rules::ALL.iter().map(|r| r.id).filter(|id| !named(id)).map(str::to_owned).collect()
            }
        };
        for layer in layers {
            policy.unread.accepted.extend(layer.config.unread.accepted);
            policy.allow.extend(layer.config.allow);
        }
        Ok((policy, rules))
    }

    /// Applies the keys that the files set, the strongest file last.
    fn apply(&mut self, layers: &[Layer<'_>]) {
        for layer in layers.iter().rev() {
            for (section, key) in keys::all() {
                if let keys::Reader::Setting { apply, .. } = key.reader
                    && layer.config.line_of(section.name, key.name).is_some()
                {
                    apply(&layer.config, self);
                }
            }
            if let Some((_, feed)) = &layer.config.advisories {
                self.feed.clone_from(feed);
            }
        }
        for layer in layers {
            self.set.extend(layer.config.set().map(|(section, key, line)| Setting {
                section,
                key,
                file: layer.name.clone(),
                line,
            }));
        }
    }

    /// Where the files set a key, the strongest file first; empty where its default applies.
    pub fn set_at(&self, section: &keys::Section, key: &keys::Key) -> impl Iterator<Item = &Setting> {
        let (section, key) = (section.name, key.name);
        self.set.iter().filter(move |setting| (setting.section, setting.key) == (section, key))
    }

    /// Decides about a finding that is new. `text` is the whole chunk, `span` where the secret stands in it, and
    /// `secrets` the spans of all candidates in it, for the inline directives on its line and the one before.
    ///
    /// Returns the entries of the policy that the finding matched.
    #[must_use]
    pub fn judge(&self, finding: &mut Finding, text: &[u8], span: &Range<usize>, secrets: &[Range<usize>]) -> Used {
        let location = &finding.location;
        let honour = self.honour_for(finding.rule.id);
        let at = inline::SecretSpan { bytes: span.clone(), line: location.line, end_line: location.end_line };
        let directive = inline::find(text, &at, secrets, finding.rule.id, honour);
        finding.notes.extend(directive.notes);
        let (allowed, used) = match directive.allowed {
            Some(by) => (Some(by), Used::default()),
            None => self.allowed(finding),
        };
        finding.verdict = match allowed {
            Some(by) => Verdict::Allowed(by),
            None => self.weigh(finding),
        };
        used
    }

    /// The directives of other scanners are about secrets; ours name a rule.
    fn honour_for(&self, rule: &str) -> inline::Honour {
        match self.inline {
            inline::Honour::All if not_in_a_set(rule) => inline::Honour::Own,
            honour => honour,
        }
    }

    /// Whether an inline directive allows a secret; the arguments are those of [`Policy::judge`].
    pub fn excuses_inline(&self, text: &[u8], span: &Range<usize>, secrets: &[Range<usize>], rule: &str) -> bool {
        let line = memchr::memchr_iter(b'\n', &text[..span.start]).count() + 1;
        let end_line = line + memchr::memchr_iter(b'\n', &text[span.clone()]).count();
        let at = inline::SecretSpan { bytes: span.clone(), line, end_line };
        inline::find(text, &at, secrets, rule, self.honour_for(rule)).allowed.is_some()
    }

    /// Whether a text may have a directive at all.
    pub fn may_excuse_inline(&self, text: &[u8]) -> bool {
        self.inline != inline::Honour::Nothing && inline::may_be_in(text)
    }

    /// Whether content is stopped that is new where it goes and published elsewhere.
    pub fn stops_elsewhere(&self, elsewhere: &Elsewhere) -> bool {
        match self.published_elsewhere {
            config::PublishedElsewhere::Block => true,
            config::PublishedElsewhere::Auto => elsewhere.is_first_contact,
            config::PublishedElsewhere::Report => false,
        }
    }

    /// The line that disables a rule, as `FILE:LINE`, if one does.
    pub fn disabled_at(&self, rule: &str) -> Option<String> {
        let at = self.set.iter().find(|setting| setting.section.is_empty() && setting.key == "disable");
        self.disable
            .iter()
            .any(|id| id == rule)
            .then(|| at.map_or_else(String::new, |at| format!("{}:{}", at.file, at.line)))
    }

    /// Whether a rule is disabled at all.
    pub fn disables_something(&self) -> bool {
        !self.disable.is_empty()
    }

    /// Whether a rule of the package gate runs; the scanning rules that run are in the rule set.
    pub fn runs(&self, rule: &str) -> bool {
        !self.off.iter().any(|off| off == rule)
    }

    /// The reason for which an allowance or the baseline allows the finding, if one does; and every entry that covers it.
    pub fn allowed(&self, finding: &Finding) -> (Option<AllowedBy>, Used) {
        let covering = self.allow.covering(finding, self.today);
        let known = self.baseline.reason(&finding.fingerprint);
        let by = match (covering.first().map(|number| &self.allow.all()[*number]), known) {
            (Some(a), _) => Some(match a.expires {
                Some(last) => format!("{}:{}: {} (until {last})", a.file, a.line, a.why()),
                None => format!("{}:{}: {}", a.file, a.line, a.why()),
            }),
            (None, Some("")) => Some(format!("it is in {}", self.baseline.name)),
            (None, Some(reason)) => Some(format!("it is in {}: {}", self.baseline.name, redact::message(reason))),
            (None, None) => None,
        };
        let used = Used {
            allowances: covering.into_iter().collect(),
            baseline: known.map(|_| finding.fingerprint).into_iter().collect(),
        };
        (by.map(AllowedBy::Policy), used)
    }

    /// The reason for which content at this path may stay unread, if it may.
    pub fn may_stay_unread(&self, path: &str) -> Option<&str> {
        self.unread.accepted.iter().find(|accepted| accepted.covers(path)).map(|accepted| accepted.reason.as_str())
    }

    /// Whether Git LFS content must be at hand, where a file says.
    pub fn lfs(&self) -> Option<unread::Lfs> {
        self.unread.lfs
    }

    fn weigh(&self, finding: &Finding) -> Verdict {
        if finding.rule.status == Status::Experimental {
            return Verdict::Warn(WarnReason::Experimental);
        }
        if finding.confidence < self.block {
            return Verdict::Warn(WarnReason::LowConfidence);
        }
        if finding.rule.severity < self.severity {
            return Verdict::Warn(WarnReason::LowSeverity);
        }
        Verdict::Block
    }

    /// Allowances that matched nothing, are broken or are past their date, each as a sentence. Their patterns are compiled
    /// only after a finding or on request: a clean commit must not pay for patterns that it does not use.
    pub fn stale(&self, rules: &RuleSet, check: AllowanceCheck, used: &Used) -> Vec<String> {
        let mut stale = self.noticed.clone();
        if check == AllowanceCheck::Everything {
            stale.extend(self.unknown_rules(rules));
        }
        for (number, a) in self.allow.all().iter().enumerate() {
            let about = |end: &str| format!("{}:{}: the allowance for {} {end}", a.file, a.line, a.about());
            if let Some(last) = a.expires.filter(|_| a.expired(self.today)) {
                stale.push(about(&format!("ended on {last}: renew or remove it")));
            } else if let Some(why) = (check == AllowanceCheck::Everything).then(|| a.prove().err()).flatten() {
                stale.push(format!("{}; the allowance allows nothing", why.message()));
            } else if self.report_unused && !used.allowances.contains(&number) {
                stale.push(about("matched nothing: remove it"));
            }
        }
        let unused = if self.report_unused { self.baseline.unused(&used.baseline).count() } else { 0 };
        if unused > 0 {
            stale.push(format!(
                "{}: {unused} of {} entries matched nothing: `shield-hook baseline update --prune` drops them",
                self.baseline.name,
                self.baseline.len()
            ));
        }
        stale
    }

    /// The allowances, the repository's first.
    pub fn allowances(&self) -> &[Allowance] {
        self.allow.all()
    }

    /// Names in the files of things that do not exist.
    pub fn noticed(&self, rules: &RuleSet) -> Vec<String> {
        self.noticed.iter().cloned().chain(self.unknown_rules(rules)).collect()
    }

    /// Allowances for rules that do not exist, each as a sentence.
    fn unknown_rules(&self, rules: &RuleSet) -> Vec<String> {
        let named = self.allow.all().iter().flat_map(|a| a.rule.iter().map(move |id| (a, id)));
        let mut named = named.peekable();
        if named.peek().is_none() {
            return Vec::new();
        }
        let builtin = RuleSet::builtin();
        let ids = |set: &RuleSet| set.rules().iter().map(|rule| rule.id).collect::<Vec<_>>();
        let known: HashSet<&str> =
            ids(&builtin).into_iter().chain(ids(rules)).chain(other_rules().map(|rule| rule.id)).collect();
        let sentence = |(a, id): (&Allowance, &String)| {
            let hint = hint(id, rules);
            format!("{}:{}: an allowance names the rule `{id}`, which does not exist{hint}", a.file, a.line)
        };
        named.filter(|(_, id)| !known.contains(id.as_str())).map(sentence).collect()
    }

    /// The baseline's path, relative to the root, whether it is there or not.
    pub fn baseline_path(&self) -> &str {
        &self.baseline_path
    }

    /// Content that may stay unread, the strongest file's first.
    pub fn unread(&self) -> &[unread::Accepted] {
        &self.unread.accepted
    }

    /// The known secrets.
    pub fn baseline(&self) -> &Baseline {
        &self.baseline
    }
}

/// Rules behind findings that no scanning rule makes: the package gate's, and the policy's own.
pub fn other_rules() -> impl Iterator<Item = &'static Rule> {
    package::rules::ALL.into_iter().chain([&weakened::RULE, &sealed::RULE])
}

/// Ids of findings that no scanning rule makes.
fn not_in_a_set(id: &str) -> bool {
    other_rules().any(|rule| rule.id == id)
}

/// The configuration files that apply, the strongest first.
fn layers<'a>(origin: Origin<'a>, overrides: &Overrides) -> Result<Vec<Layer<'a>>> {
    let mut layers = Vec::new();
    match &overrides.config {
        Some(path) => {
            let (files, base) = beside(origin, path)?;
            let Some(bytes) = files.read(&base)? else { return Err(missing("configuration", &files.name(&base))) };
            layers.push(layer(files, &base, &bytes)?);
        }
        None => {
            if let Some(bytes) = origin.files.read(config::FILE)? {
                layers.push(layer(Box::new(FilesRef(origin.files)), config::FILE, &bytes)?);
            }
        }
    }
    if let Some(path) = origin.user {
        let files = OnDisk { root: path.parent().unwrap_or(Path::new("")).to_owned() };
        let base = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(bytes) = files.read(&base)? {
            let config = Config::parse(&path.display().to_string(), &bytes)?;
            layers.push(Layer { name: path.display().to_string(), config, files: Box::new(files) });
        }
    }
    Ok(layers)
}

fn layer<'a>(files: Box<dyn Files + 'a>, path: &str, bytes: &[u8]) -> Result<Layer<'a>> {
    let name = files.name(path);
    let config = Config::parse(&name, bytes)?;
    if let Some((line, _)) = config.advisories {
        let own = user_config().map_or_else(|| "config.toml".into(), |path| path.display().to_string());
        return Err(Error::usage(format!(
            "{name}:{line}: [advisories] says whom you trust, and a repository does not"
        ))
        .help(format!("move it to your own configuration: {own}")));
    }
    Ok(Layer { config, name, files })
}

/// `[advisories]` of the user's own configuration; empty where there is none.
///
/// # Errors
/// Exit 3 when the file is wrong.
pub fn user_feed() -> Result<config::Feed> {
    let Some(path) = user_config() else { return Ok(config::Feed::default()) };
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let files = OnDisk { root: path.parent().unwrap_or(Path::new("")).to_owned() };
    let Some(bytes) = files.read(&name)? else { return Ok(config::Feed::default()) };
    let config = Config::parse(&path.display().to_string(), &bytes)?;
    Ok(config.advisories.map(|(_, feed)| feed).unwrap_or_default())
}

/// A path from the command line: its directory and its name there.
fn beside<'a>(origin: Origin<'a>, path: &Path) -> Result<(Box<dyn Files + 'a>, String)> {
    if origin.trusted && path.is_relative() {
        let path = path.to_str().ok_or_else(|| Error::usage(format!("{}: not valid UTF-8", path.display())))?;
        return Ok((Box::new(FilesRef(origin.files)), path.trim_start_matches("./").to_owned()));
    }
    let root = path.parent().map_or_else(PathBuf::new, Path::to_owned);
    let name = path.file_name().ok_or_else(|| Error::usage(format!("{}: not a file", path.display())))?;
    Ok((Box::new(OnDisk { root }), name.to_string_lossy().into_owned()))
}

fn missing(what: &str, name: &str) -> Error {
    Error::usage(format!("{name}: there is no such {what}"))
}

fn baseline(origin: Origin<'_>, overrides: &Overrides, layers: &[Layer<'_>]) -> Result<Baseline> {
    if let Some(path) = &overrides.baseline {
        let (files, base) = beside(origin, path)?;
        let bytes = files.read(&base)?.ok_or_else(|| missing("baseline", &files.name(&base)))?;
        return Baseline::parse(&files.name(&base), &bytes);
    }
    for layer in layers {
        let Some((line, path)) = &layer.config.baseline else { continue };
        let path = inside(&layer.name, *line, path)?;
        let bytes = layer.files.read(&path)?.ok_or_else(|| {
            missing("baseline", &layer.files.name(&path))
                .context(format_args!("{}:{line}", layer.name))
                .help("write it with `shield-hook baseline create`, or remove the key `baseline`")
        })?;
        return Baseline::parse(&layer.files.name(&path), &bytes);
    }
    match origin.files.read(baseline::FILE)? {
        Some(bytes) => Baseline::parse(&origin.files.name(baseline::FILE), &bytes),
        None => Ok(Baseline::default()),
    }
}

/// A path that a configuration file names: relative to it, and not leading out of its directory.
fn inside(file: &str, line: usize, path: &str) -> Result<String> {
    let plain = path.strip_prefix("./").unwrap_or(path);
    if Path::new(plain).is_absolute() || plain.split(['/', '\\']).any(|part| part == "..") {
        return Err(Error::usage(format!("{file}:{line}: `{plain}` leads out of the file's directory"))
            .help("paths in a configuration are relative to the directory that holds it"));
    }
    Ok(plain.to_owned())
}

/// The rules that run: built-in ones and those of the files, without the disabled ones.
fn rules(layers: &[Layer<'_>], overrides: &Overrides, noticed: &mut Vec<String>) -> Result<RuleSet> {
    let mut texts: Vec<(String, String)> = Vec::new();
    for layer in layers {
        for (line, pattern) in &layer.config.rules {
            let (tool, pattern) = migrate::split_tool(pattern);
            let pattern = inside(&layer.name, *line, pattern)?;
            let paths = files::expand(layer.files.as_ref(), &pattern)
                .map_err(|e| e.context(format_args!("{}:{line}", layer.name)))?;
            let before = texts.len();
            for path in paths {
                let name = layer.files.name(&path);
                if let Some(bytes) = layer.files.read(&path)? {
                    let text = match tool {
                        Some(tool) => tool.rule_file(&name, &bytes)?,
                        None => config::text(&name, &bytes)?.to_owned(),
                    };
                    texts.push((name, text));
                }
            }
            if texts.len() == before {
                return Err(Error::usage(format!("{}:{line}: `{pattern}` names no rule file", layer.name))
                    .help("a rule that does not run would pass unnoticed: correct the path or remove it"));
            }
        }
    }
    // Two globs that name the same file are no reason to complain about doubled rules.
    texts.sort();
    texts.dedup();
    let replace = layers.iter().find_map(|l| l.config.replace_builtin).unwrap_or(false);
    let mut rules = match (replace, texts.is_empty()) {
        (true, _) => RuleSet::user_only(&texts)?,
        (false, true) => RuleSet::builtin(),
        (false, false) => RuleSet::builtin().with_user(&texts)?,
    };
    let mut disabled = Vec::new();
    for layer in layers {
        for (line, id) in &layer.config.disable {
            if rules.get(id).is_some() {
                disabled.push(id.as_str());
            } else if !not_in_a_set(id) {
                let hint = hint(id, &rules);
                noticed.push(format!("{}:{line}: `disable` names `{id}`, which is no rule{hint}", layer.name));
            }
        }
    }
    if !disabled.is_empty() && !overrides.with_disabled {
        rules = rules.disable(&disabled)?;
    }
    if !overrides.only.is_empty() {
        let scanned: Vec<&String> = overrides.only.iter().filter(|id| !not_in_a_set(id)).collect();
        rules = if scanned.is_empty() { RuleSet::new(Vec::new()) } else { rules.only(&scanned)? };
    }
    Ok(rules)
}

/// `; did you mean ...?`, if the id of a rule is similar.
fn hint(id: &str, rules: &RuleSet) -> String {
    did_you_mean::hint(id, rules.rules().iter().map(|r| r.id))
}
