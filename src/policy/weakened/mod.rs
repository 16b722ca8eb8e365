//! Loosenings of the policy by the change under scan: everything that would let more pass than before.

mod compare;

use super::wiring::Wiring;
use super::{Accept, Files, Origin, Overrides, Policy, config};
use crate::chunk::ChunkPlace;
use crate::error::Result;
use crate::exit::Exit;
use crate::finding::AllowedBy;
use crate::finding::{Excerpt, Finding, Fingerprint, Location, Secret, Verdict, WarnReason};
use crate::rule::{Confidence, Rule};
use crate::terminal::text::plural;
use compare::Read;

/// The id of these findings, for `disable` and `[[allow]]` in the trusted policy.
pub const ID: &str = "policy-weakened";

/// Made by no scan; here so that reports treat it like any other.
pub static RULE: Rule = Rule {
    why: "Whoever can loosen the gate in the change that has to pass it can publish anything.",
    fix: "Have it reviewed and merged by someone who may change the policy; or let the trusted branch say that this is \
          fine: disable = [\"policy-weakened\"], or an allowance with this rule.",
    ..Rule::without_pattern(ID, "this change weakens the policy that judges it", "shield-hook")
};

/// One effect of a change that lets more pass.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Loosening {
    subject: Subject,
    /// The file that holds it, as it is named in the repository.
    path: String,
    /// The line, from 1.
    line: usize,
    /// Its effect, in a sentence.
    what: String,
}

/// The subject of a loosening: equal for two comparisons that find the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    /// The policy cannot be parsed.
    Unreadable,
    /// A key of the configuration, by its section and name.
    Setting(&'static str, &'static str),
    /// A rule that no longer runs, or runs otherwise.
    Rule(String),
    /// An allowance for more than one secret, by its conditions.
    Broad(String),
    /// One secret, by its fingerprint and with a reason.
    Fingerprint(Fingerprint),
    /// One secret in the baseline, without a reason.
    Known(Fingerprint),
    /// A directive beside a new secret.
    Directive(Scope),
    /// A call of this program, by its file and the change to it.
    Wiring(String, String),
}

/// The scope of a directive beside a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// The rule, and a reason.
    RuleAndReason,
    /// Less than that.
    Anything,
}

/// One thing that lets more pass, as a report shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weakening {
    path: String,
    line: usize,
    what: String,
    weight: Weight,
}

/// The consequence of a weakening.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Weight {
    /// It stops the change; the text is the advice.
    Blocks(Option<String>),
    /// It is reported only, for the reason given.
    Notice(String),
}

/// The policy, and the calls of the gate, in one state of the repository.
pub struct State {
    policy: Result<Read>,
    wiring: Wiring,
}

impl State {
    /// Reads the policy of a revision, by itself.
    ///
    /// # Errors
    /// When an object cannot be read. A policy that cannot be parsed is a state like any other.
    pub fn of(files: &dyn Files, overrides: &Overrides) -> Result<Self> {
        let own = Overrides {
            config: overrides.config.clone(),
            baseline: overrides.baseline.clone(),
            ..Overrides::default()
        };
        let policy = match Policy::load(Origin { files, user: None, trusted: true }, &own) {
            Ok((policy, rules)) => Ok(Read { policy, rules }),
            Err(error) if error.exit() == Exit::Usage => Err(error),
            Err(error) => return Err(error),
        };
        Ok(Self { policy, wiring: Wiring::of(files)? })
    }

    fn loosened_by(&self, after: &Self) -> Vec<Loosening> {
        let mut found = match (&self.policy, &after.policy) {
            (Ok(was), Ok(now)) => compare::policies(was, now),
            (_, Err(error)) => vec![Loosening {
                subject: Subject::Unreadable,
                path: config::FILE.into(),
                line: 1,
                what: format!("the policy cannot be parsed after this change: {}", error.message()),
            }],
            // A policy that parses is no weaker than one that does not.
            (Err(_), Ok(_)) => Vec::new(),
        };
        found.extend(self.wiring.lost_in(&after.wiring).into_iter().map(|loss| Loosening {
            subject: Subject::Wiring(loss.path.clone(), loss.what.clone()),
            path: loss.path,
            line: 1,
            what: loss.what,
        }));
        found
    }

    fn is_broken(&self) -> bool {
        self.policy.is_err()
    }
}

/// Everything that may loosen the gate, and who decides about it.
pub struct Comparison<'a> {
    /// The policy of the branch that the change goes to.
    pub target: &'a State,
    /// The policy after the change.
    pub after: &'a State,
    /// The policies where the change parted from that branch. Content from before is not the change's doing: merged,
    /// the branch's own policy stays.
    pub parted: &'a [State],
    /// The branch's name, for advice.
    pub branch: &'a str,
}

/// Who answers for a weakening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It blocks.
    Refused,
    /// It is reported only, but for a policy that cannot be parsed: that one is refused.
    Reported,
}

impl Comparison<'_> {
    /// The weakenings of the change, by the target's `policy`. A finding that the change allows by its fingerprint is accepted
    /// if that policy accepts it.
    pub fn weakenings(&self, policy: &Policy, findings: &mut [Finding], answer: Answer) -> Vec<Weakening> {
        let mut found = self.target.loosened_by(self.after);
        found.retain(|l| self.is_of_the_change(l));
        found.extend(directives(findings));
        let weighed = grouped(found).into_iter().map(|l| {
            let weight = match (self.weight(&l, policy, findings), answer) {
                (Weight::Blocks(_), Answer::Reported) if l.subject != Subject::Unreadable => {
                    Weight::Notice(self.notice())
                }
                (weight, _) => weight,
            };
            Weakening { path: l.path, line: l.line, what: l.what, weight }
        });
        weighed.collect()
    }

    /// The same without a branch's policy to weaken: only a policy that cannot be parsed remains.
    pub fn broken(&self) -> Vec<Weakening> {
        let mut found = self.after.loosened_by(self.after);
        found.retain(|l| l.subject == Subject::Unreadable);
        let worded = |l: Loosening| Weakening {
            path: l.path,
            line: l.line,
            what: l.what,
            weight: Weight::Blocks(Some(CHECK.into())),
        };
        found.into_iter().map(worded).collect()
    }

    /// Returns whether the change itself brings it. A merge keeps the branch's side of everything that the change left alone.
    fn is_of_the_change(&self, l: &Loosening) -> bool {
        let brought = |parted: &State| match l.subject {
            Subject::Unreadable => !parted.is_broken() || self.target.is_broken(),
            _ => parted.loosened_by(self.after).iter().any(|own| own.subject == l.subject),
        };
        self.parted.is_empty() || self.parted.iter().any(brought)
    }

    fn weight(&self, l: &Loosening, policy: &Policy, findings: &mut [Finding]) -> Weight {
        let accepts = policy.accept == Accept::Fingerprint;
        match &l.subject {
            Subject::Unreadable => Weight::Blocks(Some(CHECK.into())),
            Subject::Fingerprint(fingerprint) => {
                let is_own = |f: &&mut Finding| f.fingerprint == *fingerprint && f.verdict.blocks();
                let mut own = findings.iter_mut().filter(is_own).peekable();
                match (own.peek().is_some(), accepts) {
                    (false, _) => Weight::Notice(NARROW.into()),
                    (true, true) => {
                        own.for_each(|f| accept(f, l));
                        Weight::Notice(ACCEPTED.into())
                    }
                    (true, false) => Weight::Blocks(Some(self.apart())),
                }
            }
            Subject::Directive(Scope::RuleAndReason) if accepts => Weight::Notice(ACCEPTED.into()),
            Subject::Directive(_) => Weight::Blocks(Some(self.apart())),
            Subject::Known(_) => Weight::Blocks(Some(format!(
                "entries with a reason, in a change of their own to {}, are reported and pass: shield-hook baseline update \
                 --reason \"WHY\"; without one, someone who may change the policy has to merge this",
                self.branch
            ))),
            _ => Weight::Blocks(None),
        }
    }

    /// Why a weakening that is not refused does no harm yet, or how to refuse it.
    fn notice(&self) -> String {
        match self.parted {
            [] => format!(
                "{} applies it from now on; [server] policy-weakened = \"block\" refuses such a push",
                self.branch
            ),
            _ => format!("it counts for nothing until {} holds it", self.branch),
        }
    }

    /// The advice for an honest change.
    fn apart(&self) -> String {
        format!(
            "take it out of this change and allow the finding by its fingerprint in a change of its own to {0}; or set in {0}: \
             [ci] accept = \"fingerprint\"",
            self.branch
        )
    }
}

const CHECK: &str = "`shield-hook config check` names the mistake";

const ACCEPTED: &str = "the target branch leaves it to the review: [ci] accept = \"fingerprint\"";

const NARROW: &str = "it names one secret, with a reason, in a change of its own: a line for the policy's files in CODEOWNERS \
                      asks their owners for a review";

/// Lets a finding pass with the change that allows it.
fn accept(finding: &mut Finding, by: &Loosening) {
    finding.verdict = Verdict::Warn(WarnReason::Accepted(format!("{}:{}", by.path, by.line)));
    finding.repair.clear();
}

/// Rules, and known secrets without a reason, are reported as one: each by itself they would fill a page.
fn grouped(all: Vec<Loosening>) -> Vec<Loosening> {
    let mut grouped: Vec<(Loosening, usize)> = Vec::new();
    let kind = |l: &Loosening| match l.subject {
        Subject::Rule(_) => Some(l.what.clone()),
        Subject::Known(_) => Some(String::new()),
        _ => None,
    };
    for l in all {
        let same = |other: &&mut (Loosening, usize)| kind(&l).is_some() && kind(&other.0) == kind(&l);
        match grouped.iter_mut().find(same) {
            Some((_, more)) => *more += 1,
            None => grouped.push((l, 0)),
        }
    }
    let worded = |(l, more): (Loosening, usize)| {
        let what = match (&l.subject, more) {
            (Subject::Rule(id), 0) => format!("{} the rule {id}", l.what),
            (Subject::Rule(id), more) => format!("{} the rule {id} and {more} others", l.what),
            (Subject::Known(_), more) => {
                let secrets = plural(more + 1, "known secret", "known secrets");
                format!("adds {secrets} to the baseline without a reason, the first of the rule {}", l.what)
            }
            _ => l.what,
        };
        Loosening { what, ..l }
    };
    grouped.into_iter().map(worded).collect()
}

impl Policy {
    /// Turns weakenings into findings, judged by this policy, the one before the change. `head` is the change's commit.
    pub fn judge_weakenings(&self, weakenings: Vec<Weakening>, head: &str) -> Vec<Finding> {
        if !self.runs(ID) {
            return Vec::new();
        }
        let made = weakenings.into_iter().map(|w| {
            // It is no secret, but a fingerprint is made of one.
            let secret = Secret::new(format!("{}\0{}", w.path, w.what).as_bytes(), 0);
            let (verdict, advice) = match w.weight {
                Weight::Blocks(advice) => (Verdict::Block, advice),
                Weight::Notice(why) => (Verdict::Warn(WarnReason::Tolerated(why)), None),
            };
            let mut finding = Finding {
                rule: &RULE,
                confidence: Confidence::High,
                location: Location {
                    place: ChunkPlace::File(w.path.into()),
                    line: w.line,
                    column: 1,
                    end_line: w.line,
                },
                commit: Some(head.to_owned()),
                fingerprint: Fingerprint::of(ID, &secret),
                secret,
                verified: None,
                notes: advice.into_iter().collect(),
                excerpt: Excerpt { span: 0..w.what.len(), text: w.what },
                verdict,
                repair: Vec::new(),
            };
            if let (Some(by), _) = self.allowed(&finding) {
                finding.verdict = Verdict::Allowed(by);
            }
            finding
        });
        made.collect()
    }
}

/// The directives beside a secret that came with the change: they are honoured, and reported.
fn directives(findings: &[Finding]) -> Vec<Loosening> {
    let mut found: Vec<Loosening> = findings
        .iter()
        .filter_map(|f| match &f.verdict {
            Verdict::Allowed(by) if by.is_in_source() => Some(Loosening {
                subject: Subject::Directive(match by {
                    AllowedBy::Directive(_) => Scope::RuleAndReason,
                    _ => Scope::Anything,
                }),
                path: f.location.path().to_string(),
                line: f.location.line,
                what: format!("allows a new secret of the rule {} with {by}", f.rule.id),
            }),
            _ => None,
        })
        .collect();
    found.dedup();
    found
}

/// The loosenings between two states of the policy's files, each as a sentence.
#[cfg(test)]
pub(super) fn loosened(was: &dyn Files, now: &dyn Files) -> Vec<String> {
    let state = |files| State::of(files, &Overrides::default()).expect("readable files");
    state(was).loosened_by(&state(now)).into_iter().map(|l| l.what).collect()
}
