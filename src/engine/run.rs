//! One scan of one text: hits to candidates, in the text itself and in everything that is encoded in it.

use std::ops::Range;

use bstr::BStr;

use super::compiled_rule::CompiledRule;
use super::decode::{self, Budget, Decoder};
use super::decoded_text::{self, DecodedText};
use super::generic;
use super::kubernetes_secret;
use super::matcher::{self, RegexMatch, Search, Task};
use super::negative_cache::Lookup;
use super::prefilter::Hit;
use super::resolve::{self, Candidate, EvidenceRank};
use super::store;
use super::text;
use super::verify::{self, MatchContext, Rejection};
use super::whole_file;
use super::{Engine, Scratch};
use crate::chunk::Chunk;
use crate::path::purpose::{Language, language};
use crate::rule::{Confidence, Rule};

/// Observes the fate of every hit. A plain scan uses `()`, which compiles to nothing; `explain` records everything.
pub(super) trait Observer {
    /// A rule was woken by these keywords and does not apply to the path.
    fn elsewhere(&mut self, _rule: usize, _hits: &[Range<usize>]) {}
    /// A rule was woken by these keywords.
    fn woken(&mut self, _rule: usize, _hits: &[Range<usize>]) {}
    /// A rule begins its search in the windows of this many keywords.
    fn begin(&mut self, _rule: usize, _hits: usize) {}
    /// The search ends after this many runs of the regex.
    fn end(&mut self, _rule: usize, _runs: usize) {}
    /// A match of a rule was rejected.
    fn dropped(&mut self, _rule: usize, _value: &Range<usize>, _why: &Rejection) {}
    /// A generic candidate was scored.
    fn judged(&mut self, _value: &Range<usize>, _judgement: &generic::Judgement) {}
    /// A value was taken for a credential.
    fn taken(&mut self, _candidate: &Candidate) {}
    /// A decoded text begins; the events to come are about it. Returns a mark for `leave`.
    fn enter(&mut self) -> usize {
        0
    }
    /// The decoded text ends; the events since `enter` returned `mark` were about it.
    fn leave(&mut self, _mark: usize, _decoded: &DecodedText, _note: Option<&'static str>) {}
}

impl Observer for () {}

/// The keywords of a text.
#[derive(Clone, Copy)]
pub(super) enum Hits<'h> {
    /// All keywords, sorted by position.
    Known(&'h [Hit]),
    /// The prefilter has not run yet.
    Sought,
}

/// The most hits that the rules receive at once.
const AT_ONCE: usize = 1 << 16;

/// The state that one part of a text's hits hands to the next.
#[derive(Default)]
struct Handover {
    last_generic: LastGeneric,
    searches: Vec<(usize, Search)>,
    /// The bytes of Kubernetes Secrets that may still be read; none before the first Secret.
    manifest_budget: Option<usize>,
    /// No more hits come.
    is_last: bool,
}

impl Handover {
    /// Takes out the search of a rule.
    fn search(&mut self, rule: usize) -> Search {
        let open = self.searches.iter().position(|(number, _)| *number == rule);
        open.map(|at| self.searches.swap_remove(at).1).unwrap_or_default()
    }
}

/// One scan.
pub(super) struct Run<'a, O> {
    pub engine: &'a Engine,
    pub path: &'a BStr,
    pub scratch: &'a mut Scratch,
    pub budget: Budget,
    pub observer: &'a mut O,
    /// An encoded part holds a possible secret, whatever the path.
    pub is_encoded: bool,
    /// The text of this pass was decoded.
    is_inside: bool,
}

impl<'a, O: Observer> Run<'a, O> {
    /// A scan of this chunk, or of parts of it.
    pub fn new(engine: &'a Engine, chunk: Chunk<'a>, scratch: &'a mut Scratch, observer: &'a mut O) -> Self {
        let budget = Budget::new(chunk.bytes.len());
        Run { engine, path: chunk.path(), scratch, budget, observer, is_encoded: false, is_inside: false }
    }

    /// Every candidate in `text`, whose hits are `hits`, and in the encodings in it, `depth` deep.
    pub fn scan(&mut self, text: &[u8], hits: Hits<'_>, depth: usize) -> Vec<Candidate> {
        self.scan_sections(text, std::iter::once(0..text.len()), hits, depth)
    }

    /// The same for a text that consists of `sections`, each of which may be a key store.
    fn scan_sections(
        &mut self,
        text: &[u8],
        sections: impl Iterator<Item = Range<usize>>,
        hits: Hits<'_>,
        depth: usize,
    ) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        self.by_keywords(text, hits, &mut candidates);
        self.single_token(text, &mut candidates);
        sections.for_each(|section| self.key_store_entries(text, section, &mut candidates));
        self.decoded(text, depth, &mut candidates);
        resolve::resolve(candidates, &self.engine.rules, text)
    }

    /// Every candidate in `text`, encodings left alone.
    pub fn scan_plain(&mut self, text: &[u8], hits: Hits<'_>) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        self.by_keywords(text, hits, &mut candidates);
        self.single_token(text, &mut candidates);
        self.key_store_entries(text, 0..text.len(), &mut candidates);
        resolve::resolve(candidates, &self.engine.rules, text)
    }

    /// The candidates in a decoded text, with spans in the text it was decoded from.
    fn inner(&mut self, decoded: &DecodedText, depth: usize, note: Option<&'static str>) -> Vec<Candidate> {
        let mark = self.observer.enter();
        let is_inside = std::mem::replace(&mut self.is_inside, true);
        let mut found = self.scan_sections(&decoded.text, decoded.sections(), Hits::Sought, depth);
        self.is_inside = is_inside;
        for candidate in &mut found {
            let secret = candidate.secret.take();
            candidate.secret = Some(secret.unwrap_or_else(|| decoded.text[candidate.span.clone()].into()));
            candidate.span = decoded.origin(&candidate.span);
            candidate.pair = candidate.pair.take().map(|pair| decoded.origin(&pair));
        }
        self.observer.leave(mark, decoded, note);
        found
    }

    /// Adds the candidates that `text` holds in an encoding.
    fn decoded(&mut self, text: &[u8], depth: usize, candidates: &mut Vec<Candidate>) {
        let mut decoded = self.scratch.decoded.pop().unwrap_or_default();
        // UTF-16 and UTF-32 are no disguise and count for no depth.
        decoded.clear();
        if self.may_decode(text) {
            text::narrow(text, &mut decoded);
        }
        if !decoded.is_empty() {
            candidates.extend(self.inner(&decoded, depth, None));
        }
        self.scratch.decoded.push(decoded);
        for decoder in decode::DECODERS {
            match depth.checked_sub(1) {
                Some(depth) => self.decoded_by(decoder, text, depth, candidates),
                None if self.is_inside => self.leave_encoded(decoder, text),
                None => {}
            }
        }
    }

    /// Records a text that was decoded as deep as is done, and holds an encoding still.
    fn leave_encoded(&mut self, decoder: &Decoder, text: &[u8]) {
        let mut decoded = DecodedText::default();
        (decoder.decode)(text, &mut decoded, &mut self.budget);
        if !decoded.is_empty() {
            self.budget.end();
        }
    }

    /// Adds the candidates that `text` holds in one kind of encoding; encodings inside it are undone `depth` deep.
    pub fn decoded_by(&mut self, decoder: &Decoder, text: &[u8], depth: usize, candidates: &mut Vec<Candidate>) {
        let mut decoded = self.scratch.decoded.pop().unwrap_or_default();
        decoded.clear();
        if self.may_decode(text) {
            (decoder.decode)(text, &mut decoded, &mut self.budget);
        }
        let found = if decoded.is_empty() { Vec::new() } else { self.inner(&decoded, depth, Some(decoder.name)) };
        for mut candidate in found {
            // A value that the text has in clear as well needs no note.
            let encoded = &text[candidate.span.clone()];
            let note = (decoder.note)(encoded);
            if candidate.secret.as_deref() != Some(encoded) && !candidate.notes.iter().any(|n| n == note) {
                candidate.notes.push(note.into());
            }
            candidates.push(candidate);
        }
        self.scratch.decoded.push(decoded);
    }

    /// Returns whether the text is short enough to be decoded; a longer one is recorded as left unread.
    fn may_decode(&mut self, text: &[u8]) -> bool {
        let is_short = text.len() <= decoded_text::LONGEST;
        if !is_short {
            self.budget.end();
        }
        is_short
    }

    fn context<'t>(&self, text: &'t [u8]) -> MatchContext<'t>
    where
        'a: 't,
    {
        let settings = &self.engine.settings;
        let mild = generic::Mild::of(text, self.path);
        MatchContext { text, path: self.path, path_policy: settings.path_policy, mild, now: settings.now }
    }

    /// Adds the text itself, where it is one word at a path whose files are credentials.
    fn single_token(&mut self, text: &[u8], candidates: &mut Vec<Candidate>) {
        if self.engine.whole_file_rules.is_empty() {
            return;
        }
        let Some(word) = whole_file::single_token(text) else { return };
        self.is_encoded |= self.is_inside;
        let context = self.context(text);
        for &number in &self.engine.whole_file_rules {
            let rule = &self.engine.rules[number];
            if !rule.applies_to(self.path) {
                continue;
            }
            self.observer.begin(number, 1);
            let compiled = rule.regex();
            let mut groups = compiled.regex.locations();
            let found = compiled.regex.captures_at(&mut groups, text, 0);
            self.observer.end(number, 1);
            let Some((start, end)) = found.and_then(|_| groups.get(compiled.secret)) else { continue };
            let found = RegexMatch { full_match: word.clone(), secret: start..end };
            match verify::verify_match(rule, number, found, &context) {
                Ok(candidate) => {
                    self.observer.taken(&candidate);
                    candidates.push(candidate);
                }
                Err(why) => self.observer.dropped(number, &word, &why),
            }
        }
    }

    /// Adds the entries of a section of `text` that is a key store.
    fn key_store_entries(&mut self, text: &[u8], section: Range<usize>, candidates: &mut Vec<Candidate>) {
        let bytes = &text[section.clone()];
        let Some(kind) = store::kind(bytes).filter(|_| !self.engine.key_store_rules.is_empty()) else { return };
        self.is_encoded |= self.is_inside;
        let context = self.context(text);
        for entry in store::entries(kind, bytes) {
            let is_its_rule = |number: &&usize| self.engine.rules[**number].rule().id == entry.rule;
            let Some(&number) = self.engine.key_store_rules.iter().find(is_its_rule) else { continue };
            if !self.engine.rules[number].applies_to(self.path) {
                continue;
            }
            self.observer.begin(number, 1);
            let mut candidate = verify::store_candidate(number, &entry, section.start);
            verify::lower_confidence(&mut candidate, &context);
            self.observer.end(number, 0);
            self.observer.taken(&candidate);
            candidates.push(candidate);
        }
    }

    /// Adds the matches of the rules that the keywords in `text` wake.
    pub fn by_keywords(&mut self, text: &[u8], hits: Hits<'_>, candidates: &mut Vec<Candidate>) {
        let mut handover = Handover::default();
        match hits {
            Hits::Known(hits) => {
                let mut parts = hits.chunks(AT_ONCE).peekable();
                while let Some(part) = parts.next() {
                    handover.is_last = parts.peek().is_none();
                    self.by_some_keywords(text, part, &mut handover, candidates);
                }
            }
            Hits::Sought => {
                let mut hits = std::mem::take(&mut self.scratch.hits);
                for part in self.engine.prefilter.parts(text.len()) {
                    self.engine.prefilter.hits_in(text, &part, &mut hits);
                    handover.is_last = part.is_last;
                    self.by_some_keywords(text, &hits, &mut handover, candidates);
                }
                self.scratch.hits = hits;
            }
        }
    }

    /// Adds the matches of the rules that one part of the keywords wakes.
    fn by_some_keywords(
        &mut self,
        text: &[u8],
        hits: &[Hit],
        handover: &mut Handover,
        candidates: &mut Vec<Candidate>,
    ) {
        if hits.is_empty() && handover.searches.is_empty() {
            return;
        }
        let mut wanted = std::mem::take(&mut self.scratch.wanted);
        self.wake(text, hits, handover, &mut wanted, candidates);
        // Stable: within a rule the hits remain sorted by position.
        wanted.sort_by_key(|(rule, _)| *rule);
        let mut spans = Vec::new();
        for hits in wanted.chunk_by(|a, b| a.0 == b.0) {
            spans.clear();
            spans.extend(hits.iter().map(|(_, span)| span.clone()));
            self.by_rule(usize::from(hits[0].0), text, &spans, handover, candidates);
        }
        // Searches that earlier parts left open, and whose rule has no keyword in this one.
        while handover.is_last
            && let Some((number, search)) = handover.searches.pop()
        {
            handover.searches.push((number, search));
            self.by_rule(number, text, &[], handover, candidates);
        }
        self.scratch.wanted = wanted;
    }

    /// Adds the generic candidates of the hits, and gathers the hits of all other rules.
    fn wake(
        &mut self,
        text: &[u8],
        hits: &[Hit],
        handover: &mut Handover,
        wanted: &mut Vec<(u16, Range<usize>)>,
        candidates: &mut Vec<Candidate>,
    ) {
        let engine = self.engine;
        let context = self.context(text);
        wanted.clear();
        for hit in hits {
            let mut generic = None;
            for &rule in engine.wakes.rules(hit.keyword) {
                let Some(rule) = engine.slot(rule) else { continue };
                match engine.generic_rules.contains(&usize::from(rule)) {
                    true => generic = generic.or(Some(usize::from(rule))),
                    false => wanted.push((rule, hit.at..hit.at + engine.prefilter.keyword(hit.keyword).len())),
                }
            }
            // Most hits are words that only the generic detector knows, so its search begins at once.
            if let Some(rule) = generic {
                self.observer.begin(rule, 1);
                let found = self.detect(&context, hit.at, &mut handover.last_generic);
                self.is_encoded |= self.is_inside && handover.last_generic.at == Some(hit.at);
                candidates.extend(found);
                self.observer.end(rule, 0);
            }
        }
    }

    /// Adds the matches of one rule in the windows of its keywords.
    fn by_rule(
        &mut self,
        number: usize,
        text: &[u8],
        spans: &[Range<usize>],
        handover: &mut Handover,
        candidates: &mut Vec<Candidate>,
    ) {
        let rule = &self.engine.rules[number];
        if !rule.applies_to(self.path) {
            // The same text at another path may have a candidate.
            self.is_encoded |= self.is_inside;
            self.observer.elsewhere(number, spans);
            return;
        }
        self.observer.woken(number, spans);
        self.observer.begin(number, spans.len());
        let context = self.context(text);
        let runs = if rule.brief().detector == Some(Rule::MANIFEST) {
            self.kubernetes_secrets(number, spans, &context, handover, candidates);
            0
        } else {
            let mut search = handover.search(number);
            search.is_last = handover.is_last;
            let runs = self.by_regex((rule, number), spans, &context, &mut search, candidates);
            if !handover.is_last {
                handover.searches.push((number, search));
            }
            runs
        };
        self.observer.end(number, runs);
    }

    /// Adds the matches of a rule's regex, and returns the number of its runs.
    fn by_regex(
        &mut self,
        (rule, number): (&CompiledRule, usize),
        spans: &[Range<usize>],
        context: &MatchContext<'_>,
        search: &mut Search,
        candidates: &mut Vec<Candidate>,
    ) -> usize {
        let text = context.text;
        let cache = self.scratch.cache.as_deref_mut();
        let task = Task { text, rule: number, window: rule.brief().window, cache };
        let regex_for = |window| rule.regex_for(text, window);
        let (observer, is_inside, is_encoded) = (&mut *self.observer, self.is_inside, &mut self.is_encoded);
        matcher::search(search, task, regex_for, spans.iter().cloned(), |found| {
            let value = found.secret.clone();
            *is_encoded |= is_inside;
            match verify::verify_match(rule, number, found, context) {
                Ok(candidate) => {
                    observer.taken(&candidate);
                    candidates.push(candidate);
                    true
                }
                Err(why) => {
                    observer.dropped(number, &value, &why);
                    false
                }
            }
        })
    }

    /// Adds the values that Kubernetes Secrets at `spans` declare to be secret.
    fn kubernetes_secrets(
        &mut self,
        number: usize,
        spans: &[Range<usize>],
        context: &MatchContext<'_>,
        handover: &mut Handover,
        candidates: &mut Vec<Candidate>,
    ) {
        self.is_encoded |= self.is_inside;
        let left = handover.manifest_budget.get_or_insert_with(|| kubernetes_secret::allowance(context.text));
        for hit in spans {
            let Some(entries) = kubernetes_secret::entries(context.text, hit.clone(), left) else {
                self.budget.end();
                break;
            };
            for entry in entries {
                let (confidence, standing, note) = match kubernetes_secret::worth(context.text, &entry) {
                    kubernetes_secret::Worth::Nothing => continue,
                    // A candidate all the same, so that no generic rule takes the base64 of a placeholder for a secret.
                    kubernetes_secret::Worth::Placeholder => {
                        (Confidence::Low, EvidenceRank::NotSecret, "a placeholder")
                    }
                    kubernetes_secret::Worth::Secret => (Confidence::High, EvidenceRank::Plain, "declared as a secret"),
                };
                let mut candidate = Candidate::new(number, entry.value, confidence, standing);
                candidate.notes.push(note.into());
                verify::lower_confidence(&mut candidate, context);
                self.observer.taken(&candidate);
                candidates.push(candidate);
            }
        }
    }

    /// The generic secret of the keyword at `hit`. The detector, not the keyword, decides the rule of the finding.
    ///
    /// `last` is the value scored last: the words of one name (`api_secret_key`) lead to one value, and so may two words
    /// before it (`monkeylearn token = "..."`), of which only one is its name.
    fn detect(&mut self, context: &MatchContext<'_>, hit: usize, last: &mut LastGeneric) -> Option<Candidate> {
        let (text, path) = (context.text, context.path);
        let found = generic::candidate_at(text, hit)?;
        if found.value == last.value && (last.is_taken || found.name == last.name) {
            return None;
        }
        let lookup = self.scratch.cache.as_deref().and_then(|cache| {
            let language = *last.language.get_or_insert_with(|| language(path));
            let (rest, window) = generic::sight(text, language, &found)?;
            Some(cache.generic(rest, &text[window]))
        });
        (last.at, last.value, last.name) = (Some(hit), found.value.clone(), found.name.clone());
        last.is_taken = false;
        if matches!(lookup, Some(Lookup::KnownEmpty)) {
            return None;
        }
        let judgement = generic::judge(text, path, &found);
        if let (true, Some(Lookup::Unknown(key)), Some(cache)) =
            (judgement.is_nothing(), lookup, self.scratch.cache.as_deref_mut())
        {
            cache.store_empty(key);
        }
        let judgement = judgement.reconsidered(text, path, &found);
        last.is_taken = judgement.confidence.is_some();
        self.observer.judged(&found.value, &judgement);
        let confidence = judgement.confidence?;
        let engine = self.engine;
        let rule = engine.generic_rules.iter().copied().find(|&r| engine.rules[r].rule().id == judgement.rule)?;
        let mut candidate = Candidate::new(rule, found.value, confidence, EvidenceRank::Plain);
        verify::lower_confidence(&mut candidate, context);
        self.observer.taken(&candidate);
        Some(candidate)
    }
}

/// The generic candidate that was scored last.
#[derive(Default)]
struct LastGeneric {
    /// Its keyword; none before the first candidate.
    at: Option<usize>,
    value: Range<usize>,
    name: Option<Range<usize>>,
    is_taken: bool,
    /// The language of the text, once it was needed.
    language: Option<Language>,
}
