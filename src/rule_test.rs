//! A rule set tried on its own examples: every `match` must be found and every `reject` must not block, with fresh
//! random secrets, in the contexts and encodings in which secrets really occur.

use std::fmt;

use bstr::BString;

use crate::chunk::{Chunk, ChunkPlace, Origin};
use crate::data::regex::analysis::SECRET;
use crate::data::rule::keys;
use crate::engine::{Engine, Match, Scratch, Settings, redact};
use crate::finding::{Fingerprint, Secret};
use crate::rule::generate::{Generator, Sample};
use crate::rule::regex::compile::compile;
use crate::rule::{Confidence, Rule, RuleSet, Status};

/// One difference between a rule and its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The rule.
    pub rule: &'static str,
    /// The difference, without any generated value.
    pub message: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.message)
    }
}

/// The result of a test.
#[derive(Clone, Debug, Default)]
pub struct TestOutcome {
    /// The number of texts that were scanned.
    pub texts: usize,
    /// Everything that went wrong, each kind once a rule.
    pub complaints: Vec<Complaint>,
    /// Rules that failed once and not again with as many other values: chance makes words, placeholders and other
    /// services' prefixes too, a few times in a million.
    pub by_chance: Vec<&'static str>,
}

/// Tries every rule of `set` that `wanted` picks, `rounds` times over, with random values that follow from `seed`.
pub fn run(set: &RuleSet, wanted: impl Fn(&Rule) -> bool, rounds: u32, seed: u64) -> TestOutcome {
    let mut test = RuleTest {
        // The path policy is not part of a rule.
        engine: Engine::new(set.clone(), Settings { path_policy: false, ..Settings::default() }),
        samples: Generator::with_seed(set, seed),
        scratch: Scratch::default(),
        outcome: TestOutcome::default(),
    };
    for rule in set.rules().iter().copied().filter(|rule| wanted(rule)) {
        // A rule's values follow from its own id: one more rule changes nobody else's.
        let own = rule
            .id
            .bytes()
            .fold(seed, |seed, byte| seed.rotate_left(8) ^ u64::from(byte).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let before = test.outcome.complaints.len();
        test.rounds(rule, rounds, Generator::with_seed(set, own));
        if test.outcome.complaints.len() == before {
            continue;
        }
        // A fault of the rule shows with other values, too.
        let first = test.outcome.complaints.split_off(before);
        test.rounds(rule, rounds, Generator::with_seed(set, own.wrapping_add(1)));
        let again = test.outcome.complaints.split_off(before);
        if again.is_empty() {
            test.outcome.by_chance.push(rule.id);
            continue;
        }
        test.outcome.complaints.extend(first);
        again.into_iter().for_each(|complaint| test.complain(complaint));
    }
    test.outcome
}

/// Returns whether `rule` finds a secret in every one of its examples, and there is one.
pub fn finds_its_examples(set: &RuleSet, rule: &'static Rule) -> bool {
    // A random value can look like a word or a placeholder; three in a row do not.
    (1..=3).any(|seed| {
        let mut test = RuleTest {
            engine: Engine::new(set.clone(), Settings { path_policy: false, ..Settings::default() }),
            samples: Generator::with_seed(set, seed),
            scratch: Scratch::default(),
            outcome: TestOutcome::default(),
        };
        let path = path_for(rule);
        let found = |template: &&str| {
            test.sample(rule, template).is_some_and(|sample| {
                let matches = test.scan(&path, sample.text.as_bytes());
                matches.iter().any(|found| found.rule.id == rule.id)
            })
        };
        !rule.matches.is_empty()
            && rule.matches.iter().all({
                let mut found = found;
                move |template| found(template)
            })
    })
}

struct RuleTest<'r> {
    engine: Engine,
    samples: Generator<'r>,
    scratch: Scratch,
    outcome: TestOutcome,
}

/// A context of a bare token: its name, the file it is in, and the text with `@` for the token.
type SampleContext = (&'static str, &'static str, &'static str);

/// The context in which some characters have a meaning of their own.
const URL: &str = "a URL's query";

const CONTEXTS: &[SampleContext] = &[
    ("a bare line", "settings.txt", "@\n"),
    ("an .env line", ".env", "SETTING=@\n"),
    ("a shell export", "deploy.sh", "export SETTING=\"@\"\n"),
    ("YAML", "settings.yaml", "setting: @\nother: 1\n"),
    ("JSON", "settings.json", "{\"setting\": \"@\", \"other\": 1}\n"),
    ("JavaScript", "main.js", "const setting = '@';\n"),
    ("Python", "main.py", "client = Client(\"@\")\n"),
    ("Java", "Main.java", "        String setting = \"@\";\r\n"),
    ("XML", "settings.xml", "<entry name=\"setting\" value=\"@\"/>\n"),
    ("a curl header", "run.sh", "curl -H \"Authorization: Bearer @\" https://api.example/v1\n"),
    (URL, "notes.txt", "https://api.example/v1?key=@&page=2\n"),
    ("Markdown", "NOTES.md", "Use `@` for now.\n"),
    ("a line that ends in CR LF", "settings.ini", "[main]\r\nsetting=@\r\n"),
];

impl<'r> RuleTest<'r> {
    fn rounds(&mut self, rule: &'static Rule, rounds: u32, samples: Generator<'r>) {
        self.samples = samples;
        for _ in 0..rounds {
            self.rule(rule);
        }
    }

    fn rule(&mut self, rule: &'static Rule) {
        self.unwritten(rule);
        let path = path_for(rule);
        for template in rule.matches {
            let Some(sample) = self.sample(rule, template) else { continue };
            if !sample.secrets.iter().any(|(id, _)| *id == rule.id) {
                self.complain_of(rule, &format!("match {template:?} has no ${{secret}}"));
                continue;
            }
            if !self.expect(rule, &path, sample.text.as_bytes(), &sample, &format!("match {template:?}")) {
                // A match that is not found as it is will not be found in other forms either.
                continue;
            }
            let crlf = sample.text.replace('\n', "\r\n") + "\r\n";
            if sample.secrets.iter().all(|(_, s)| !s.contains('\n')) {
                self.expect(rule, &path, crlf.as_bytes(), &sample, &format!("match {template:?} with CR LF"));
            }
            self.encodings(rule, &path, &sample, template);
        }
        for template in rule.rejects {
            if let Some(sample) = self.sample(rule, template) {
                let matches = self.scan(&path, sample.text.as_bytes());
                if matches.iter().any(|m| m.rule.id == rule.id && m.confidence >= Confidence::Medium) {
                    self.complain_of(rule, &format!("reject {template:?} is found"));
                }
            }
        }
        if stands_alone(rule) {
            for (name, file, text) in CONTEXTS {
                let Some(sample) = self.sample(rule, "${secret}") else { return };
                if sample.text.contains(|c: char| c.is_whitespace() || "\"'<>&`\\".contains(c)) {
                    continue;
                }
                if *name == URL && sample.text.contains(|c: char| !c.is_ascii_alphanumeric() && !"-._~:/".contains(c)) {
                    continue;
                }
                let file = if rule.paths.is_empty() { file } else { path.as_str() };
                let text = text.replacen('@', &sample.text, 1);
                self.expect(rule, file, text.as_bytes(), &sample, name);
            }
        }
    }

    /// A draft's own sentences explain nothing to whoever is stopped by the rule.
    fn unwritten(&mut self, rule: &'static Rule) {
        let texts = [("title", rule.title), ("why", rule.why), ("fix", rule.fix)];
        let texts = texts.into_iter().chain(rule.references.iter().map(|url| ("references", *url)));
        for (key, text) in texts {
            if let Some(wanted) = text.strip_prefix(keys::UNWRITTEN) {
                self.complain_of(rule, &format!("`{key}` is still the draft's: write {wanted}"));
            } else if text.starts_with(keys::UNWRITTEN_REFERENCE) {
                self.complain_of(rule, &format!("`{key}` is still the draft's: give the provider's own page"));
            }
        }
    }

    /// The text of a match as other programs write it.
    fn encodings(&mut self, rule: &'static Rule, path: &str, sample: &Sample, template: &str) {
        let utf16 = |mark: bool, unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
            let text = if mark { format!("\u{feff}{}\n", sample.text) } else { format!("{}\n", sample.text) };
            text.encode_utf16().flat_map(unit).collect()
        };
        let base64 = format!("data: {}\n", data_encoding::BASE64.encode(sample.text.as_bytes()));
        let percent: String = sample.text.bytes().map(|b| format!("%{b:02X}")).collect();
        let escaped: String = sample.text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        let forms: [(&str, Vec<u8>); 6] = [
            ("UTF-16LE with a mark", utf16(true, u16::to_le_bytes)),
            ("UTF-16BE with a mark", utf16(true, u16::to_be_bytes)),
            ("UTF-16LE without a mark", utf16(false, u16::to_le_bytes)),
            ("base64", base64.into_bytes()),
            ("percent escapes", format!("{percent}\n").into_bytes()),
            ("\\u escapes", format!("{escaped}\n").into_bytes()),
        ];
        // A file that a rule knows by its path is written as its format demands, in whatever charset.
        let meaningful = if rule.paths.is_empty() { forms.len() } else { 3 };
        for (name, bytes) in forms.into_iter().take(meaningful) {
            self.expect(rule, path, &bytes, sample, &format!("match {template:?} in {name}"));
        }
    }

    fn sample(&mut self, rule: &'static Rule, template: &str) -> Option<Sample> {
        match self.samples.expand(rule, template) {
            Ok(sample) => Some(sample),
            Err(e) => {
                self.complain_of(rule, &format!("{template:?}: {e}"));
                None
            }
        }
    }

    fn scan(&mut self, path: &str, bytes: &[u8]) -> Vec<Match> {
        self.outcome.texts += 1;
        let origin = Origin::of(ChunkPlace::File(BString::from(path)));
        self.engine.scan(Chunk { origin: &origin, bytes }, &mut self.scratch)
    }

    /// The sample's secret that is `rule`'s own must be found there, once, by `rule`. False when it is not found at all.
    fn expect(&mut self, rule: &'static Rule, path: &str, bytes: &[u8], sample: &Sample, context: &str) -> bool {
        let matches = self.scan(path, bytes);
        let Some((_, secret)) = sample.secrets.iter().find(|(id, _)| *id == rule.id) else {
            return true;
        };
        let own = Fingerprint::of(rule.id, &Secret::new(secret.as_bytes(), 0));
        let blocks = |m: &Match| m.confidence >= rule.confidence.min(Confidence::Medium);
        // An experimental rule takes nothing from the detectors and general rules that would block without it.
        let yields = |m: &Match| rule.status == Status::Experimental && (m.rule.detector.is_some() || m.rule.general);
        // Of a store only a part is the secret.
        let is_own = |m: &&Match| match rule.detector {
            Some(Rule::STORE) => m.rule.id == rule.id,
            _ => Fingerprint::of(rule.id, &m.secret) == own,
        };
        let Some(found) = matches.iter().find(is_own) else {
            if matches.iter().any(yields) {
                return true;
            }
            let others: Vec<&str> = matches.iter().map(|m| m.rule.id).collect();
            let others = if others.is_empty() { "nothing".into() } else { others.join(", ") };
            self.complain_of(rule, &format!("not found in {context}; found: {others}"));
            return false;
        };
        let free = rule.detector.is_some() || rule.status == Status::Deprecated || yields(found);
        if found.rule.provider != rule.provider && !free {
            self.complain_of(rule, &format!("in {context} the rule {} takes it", found.rule.id));
        } else if !blocks(found) {
            self.complain_of(
                rule,
                &format!("found in {context}, but with {:?} confidence: {:?}", found.confidence, found.notes),
            );
        }
        let span = &found.span;
        let twice = matches.iter().filter(|m| m.span.start < span.end && span.start < m.span.end).count();
        // Inside an encoding all findings share the range of the encoded run.
        if twice > 1 && bytes[span.clone()] == *secret.as_bytes() {
            self.complain_of(rule, &format!("found {twice} times in {context}"));
        }
        true
    }

    fn complain_of(&mut self, rule: &'static Rule, message: &str) {
        // A literal in a rule file may be a credential.
        self.complain(Complaint { rule: rule.id, message: redact::message(message) });
    }

    fn complain(&mut self, complaint: Complaint) {
        if !self.outcome.complaints.contains(&complaint) {
            self.outcome.complaints.push(complaint);
        }
    }
}

/// Returns whether the secret alone satisfies the rule's regex.
fn stands_alone(rule: &'static Rule) -> bool {
    if rule.requires.is_some() || rule.detector.is_some() {
        return false;
    }
    let set = RuleSet::new(vec![rule]);
    let mut samples = Generator::with_seed(&set, 1);
    let (Ok(secret), Ok(regex)) = (samples.secret(rule), compile(rule.regex)) else { return false };
    let found = regex.captures(secret.as_bytes()).and_then(|c| c.name(SECRET));
    found.is_some_and(|m| m.len() == secret.len())
}

/// A path that the rule applies to.
pub fn path_for(rule: &Rule) -> String {
    match rule.paths.first() {
        None => "config/settings.txt".to_owned(),
        Some(glob) => concrete(glob),
    }
}

/// One path that a glob matches: the first of its alternatives, and a letter for every star.
fn concrete(glob: &str) -> String {
    let mut path = String::new();
    let mut rest = glob.strip_prefix("**/").unwrap_or(glob);
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '{' => {
                let (inside, after) = rest.split_once('}').unwrap_or((rest, ""));
                let first = inside.split(',').next().unwrap_or_default();
                path.push_str(&first.replace("**/", "").replace('*', "a"));
                rest = after;
            }
            '[' => {
                let (inside, after) = rest.split_once(']').unwrap_or((rest, ""));
                path.extend(inside.chars().find(|&c| c != '!' && c != '^'));
                rest = after;
            }
            '*' => {
                rest = rest.trim_start_matches('*');
                path.push('a');
            }
            '?' => path.push('a'),
            _ => path.push(c),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_made_for_every_kind_of_glob() {
        for glob in ["**/.npmrc", "**/*.{tf,tfvars}", ".github/**/*.y?ml", "**/{id_rsa,id_dsa}", "**/config.[jx]son"] {
            let path = concrete(glob);
            assert!(globset::Glob::new(glob).unwrap().compile_matcher().is_match(&path), "{glob} {path}");
        }
    }

    /// A set of one rule, from the body of a rule file.
    fn complaints(rule: &str) -> Vec<String> {
        let set = RuleSet::user_only(&[("x.toml", format!("[[rule]]\nid = \"x\"\n{rule}"))]).unwrap();
        run(&set, |_| true, 2, 7).complaints.iter().map(Complaint::to_string).collect()
    }

    #[test]
    fn chance_is_no_fault() {
        let outcome = |sample: &str, seed: u64| {
            let rule = format!(
                "[[rule]]\nid = \"x\"\nkeywords = ['corp_']\nregex = '\\b(?<secret>corp_[0-9a-f]{{20}})\\b'\nallow = ['^corp_{sample}']\nmatch = ['a ${{secret}} b']\nreject = ['corp_x']"
            );
            run(&RuleSet::user_only(&[("x.toml", rule)]).unwrap(), |_| true, 1, seed)
        };
        // Every other value counts as a sample, or one in 256.
        assert!((0..9).all(|seed| !outcome("[0-7]", seed).complaints.is_empty()));
        let rare: Vec<TestOutcome> = (0..99).map(|seed| outcome("00", seed)).collect();
        assert!(rare.iter().any(|o| o.by_chance == ["x"] && o.complaints.is_empty()));
        assert!(rare.iter().filter(|o| !o.complaints.is_empty()).count() < 9);
    }

    #[test]
    fn every_fault_of_a_rule_is_reported() {
        let complains = |rule: &str, about: &str| {
            let all = complaints(rule);
            assert!(all.iter().any(|c| c.contains(about)), "{about:?} is not in {all:#?}");
        };
        const SHAPE: &str = "keywords = ['corp_']\nregex = '\\b(?<secret>corp_[0-9a-f]{20})\\b'\n";
        assert_eq!(complaints(&format!("{SHAPE}match = ['a ${{secret}} b']\nreject = ['corp_x']")), [""; 0]);
        complains(&format!("{SHAPE}match = ['a']"), "has no ${secret}");
        complains(&format!("{SHAPE}match = ['x${{secret}}']"), "not found");
        complains(&format!("{SHAPE}reject = ['corp_${{hex:20}}']"), "is found");
        complains(&format!("{SHAPE}match = ['${{secret}}']\nentropy = 7.5"), "not found");
        // Two rules for one secret, of which one has to give way.
        let npm = "keywords = ['npm_']\nregex = '\\b(?<secret>npm_[0-9A-Za-z]{36})\\b'\ncheck = 'crc32-base62'\n";
        let npm = format!("[[rule]]\nid = \"aaa\"\n{npm}match = ['t = ${{secret}}']\nreject = ['npm_x']");
        let set = RuleSet::builtin().with_user(&[("corp.toml", npm)]).unwrap();
        let both = run(&set, |r| r.id == "npm-access-token" || r.id == "aaa", 1, 7).complaints;
        assert!(both.iter().any(|c| c.message.contains("takes it")), "{both:#?}");
        // Ends in a character after which `\b` needs a letter.
        complains("keywords = ['corp_']\nregex = '\\b(?<secret>corp_[-]{20})\\b'\nmatch = ['${secret};']", "not found");
    }
}
