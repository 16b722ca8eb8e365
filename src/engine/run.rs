//! One scan of one text: hits to candidates, in the text itself and in everything that is encoded in it.

use std::ops::Range;

use bstr::BStr;

use super::decode::{self, Budget, Decoder};
use super::generic;
use super::judge::{self, Circumstances, Dropped};
use super::manifest;
use super::matcher::{self, Found, Search};
use super::prefilter::Hit;
use super::resolve::{self, Candidate, Standing};
use super::seen::Seen;
use super::store;
use super::text;
use super::view::View;
use super::whole;
use super::{Engine, Scratch};
use crate::chunk::Chunk;
use crate::rule::{Confidence, Rule};

/// Is told what becomes of every hit. The scan itself listens to nothing; `explain` does.
pub(super) trait Listen {
    /// A rule was woken at these places and does not apply to the path.
    fn elsewhere(&mut self, _rule: usize, _hits: &[Range<usize>]) {}
    /// A rule was woken at these places.
    fn woken(&mut self, _rule: usize, _hits: &[Range<usize>]) {}
    /// A rule begins to look around this many of its keywords.
    fn begin(&mut self, _rule: usize, _hits: usize) {}
    /// It ends, and its regex ran this often.
    fn end(&mut self, _rule: usize, _runs: usize) {}
    /// A rule's value was turned away.
    fn dropped(&mut self, _rule: usize, _value: &Range<usize>, _why: &Dropped) {}
    /// A generic candidate was judged.
    fn judged(&mut self, _value: &Range<usize>, _judgement: &generic::Judgement) {}
    /// A value was taken for a credential.
    fn taken(&mut self, _candidate: &Candidate) {}
    /// From here on what is told is about a view.
    fn enter(&mut self) -> usize {
        0
    }
    /// What was told since `enter` returned `mark` was about `view`.
    fn leave(&mut self, _mark: usize, _view: &View, _note: Option<&'static str>) {}
}

/// Hears nothing.
impl Listen for () {}

/// The keywords of a text.
#[derive(Clone, Copy)]
pub(super) enum Hits<'h> {
    /// All of them, sorted by position.
    Known(&'h [Hit]),
    /// They are still to be looked for.
    Sought,
}

/// So many hits are given to the rules at once.
const AT_ONCE: usize = 1 << 16;

/// What goes on from one part of a text's hits to the next.
#[derive(Default)]
struct Woken {
    last: Looked,
    searches: Vec<(usize, Search)>,
    /// What may still be read of manifests.
    manifests: Option<usize>,
}

impl Woken {
    /// The search of a rule, taken out.
    fn search(&mut self, rule: usize) -> Search {
        let open = self.searches.iter().position(|(number, _)| *number == rule);
        open.map(|at| self.searches.swap_remove(at).1).unwrap_or_default()
    }
}

/// One scan.
pub(super) struct Run<'a, L> {
    pub engine: &'a Engine,
    pub path: &'a BStr,
    pub scratch: &'a mut Scratch,
    pub budget: Budget,
    pub listener: &'a mut L,
    /// Something encoded held what might be a secret, whatever the path.
    pub is_encoded: bool,
    /// It is something encoded that is looked at.
    is_inside: bool,
}

impl<'a, L: Listen> Run<'a, L> {
    /// Of this chunk, or of parts of it.
    pub fn new(engine: &'a Engine, chunk: Chunk<'a>, scratch: &'a mut Scratch, listener: &'a mut L) -> Self {
        let budget = Budget::new(chunk.bytes.len());
        Run { engine, path: chunk.path(), scratch, budget, listener, is_encoded: false, is_inside: false }
    }

    /// Every candidate in `text`, whose hits are `hits`, and in what is encoded in it, as deep as `depth`.
    pub fn scan(&mut self, text: &[u8], hits: Hits<'_>, depth: usize) -> Vec<Candidate> {
        self.scan_pieces(text, std::iter::once(0..text.len()), hits, depth)
    }

    /// The same for a text that was put together from `pieces`.
    fn scan_pieces(
        &mut self,
        text: &[u8],
        pieces: impl Iterator<Item = Range<usize>>,
        hits: Hits<'_>,
        depth: usize,
    ) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        self.matched(text, hits, &mut candidates);
        self.whole(text, &mut candidates);
        pieces.for_each(|piece| self.kept(text, piece, &mut candidates));
        self.decoded(text, depth, &mut candidates);
        resolve::resolve(candidates, &self.engine.rules, text)
    }

    /// Every candidate in `text` as it stands.
    pub fn scan_plain(&mut self, text: &[u8], hits: Hits<'_>) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        self.matched(text, hits, &mut candidates);
        self.whole(text, &mut candidates);
        self.kept(text, 0..text.len(), &mut candidates);
        resolve::resolve(candidates, &self.engine.rules, text)
    }

    /// The candidates in what a view holds, with spans in the text that the view was made from.
    fn inner(&mut self, view: &View, depth: usize, note: Option<&'static str>) -> Vec<Candidate> {
        let mark = self.listener.enter();
        let is_inside = std::mem::replace(&mut self.is_inside, true);
        let mut kept = self.scan_pieces(&view.text, view.pieces(), Hits::Sought, depth);
        self.is_inside = is_inside;
        for candidate in &mut kept {
            let secret = candidate.secret.take();
            candidate.secret = Some(secret.unwrap_or_else(|| view.text[candidate.span.clone()].into()));
            candidate.span = view.origin(&candidate.span);
            candidate.pair = candidate.pair.take().map(|pair| view.origin(&pair));
        }
        self.listener.leave(mark, view, note);
        kept
    }

    /// Adds the candidates that stand encoded in `text`.
    fn decoded(&mut self, text: &[u8], depth: usize, candidates: &mut Vec<Candidate>) {
        let mut view = self.scratch.views.pop().unwrap_or_default();
        // UTF-16 and UTF-32 hide nothing and are always read.
        text::narrow(text, &mut view);
        if !view.is_empty() {
            candidates.extend(self.inner(&view, depth, None));
        }
        self.scratch.views.push(view);
        for decoder in decode::DECODERS.iter().take_while(|_| depth > 0) {
            self.decoded_by(decoder, text, depth - 1, candidates);
        }
    }

    /// Adds the candidates that stand in `text` in one kind of encoding; what they are encoded in is undone `depth` deep.
    pub fn decoded_by(&mut self, decoder: &Decoder, text: &[u8], depth: usize, candidates: &mut Vec<Candidate>) {
        let mut view = self.scratch.views.pop().unwrap_or_default();
        view.clear();
        (decoder.decode)(text, &mut view, &mut self.budget);
        let found = if view.is_empty() { Vec::new() } else { self.inner(&view, depth, Some(decoder.name)) };
        for mut candidate in found {
            // What stands there in clear as well needs no word about it.
            let encoded = &text[candidate.span.clone()];
            let note = (decoder.note)(encoded);
            if candidate.secret.as_deref() != Some(encoded) && !candidate.notes.iter().any(|n| n == note) {
                candidate.notes.push(note.into());
            }
            candidates.push(candidate);
        }
        self.scratch.views.push(view);
    }

    fn around<'t>(&self, text: &'t [u8]) -> Circumstances<'t>
    where
        'a: 't,
    {
        let settings = &self.engine.settings;
        let mild = generic::Mild::of(text, self.path);
        Circumstances { text, path: self.path, path_policy: settings.path_policy, mild, now: settings.now }
    }

    /// Adds the text itself, where it is one word at a path whose files are credentials.
    fn whole(&mut self, text: &[u8], candidates: &mut Vec<Candidate>) {
        if self.engine.whole.is_empty() {
            return;
        }
        let Some(word) = whole::only_word(text) else { return };
        self.is_encoded |= self.is_inside;
        let around = self.around(text);
        for &number in &self.engine.whole {
            let ready = &self.engine.rules[number];
            if !ready.applies_to(self.path) {
                continue;
            }
            self.listener.begin(number, 1);
            let shape = ready.shape();
            let mut groups = shape.regex.locations();
            let found = shape.regex.captures_at(&mut groups, text, 0);
            self.listener.end(number, 1);
            let Some((start, end)) = found.and_then(|_| groups.get(shape.secret)) else { continue };
            let found = Found { whole: word.clone(), secret: start..end };
            match judge::judge(ready, number, found, &around) {
                Ok(candidate) => {
                    self.listener.taken(&candidate);
                    candidates.push(candidate);
                }
                Err(why) => self.listener.dropped(number, &word, &why),
            }
        }
    }

    /// Adds what is kept in a piece of `text`, where that is a file made to keep keys in.
    fn kept(&mut self, text: &[u8], piece: Range<usize>, candidates: &mut Vec<Candidate>) {
        let Some(kind) = store::kind(&text[piece.clone()]).filter(|_| !self.engine.stores.is_empty()) else { return };
        self.is_encoded |= self.is_inside;
        let around = self.around(text);
        for kept in store::kept(kind, &text[piece.clone()]) {
            let of = |number: &&usize| self.engine.rules[**number].rule().id == kept.rule;
            let Some(&number) = self.engine.stores.iter().find(of) else { continue };
            if !self.engine.rules[number].applies_to(self.path) {
                continue;
            }
            self.listener.begin(number, 1);
            let mut candidate = judge::kept(number, &kept, piece.start);
            judge::lower(&mut candidate, &around);
            self.listener.end(number, 0);
            self.listener.taken(&candidate);
            candidates.push(candidate);
        }
    }

    /// Adds what the rules find that the keywords in `text` wake.
    pub fn matched(&mut self, text: &[u8], hits: Hits<'_>, candidates: &mut Vec<Candidate>) {
        let mut woken = Woken::default();
        match hits {
            Hits::Known(hits) => {
                let mut parts = hits.chunks(AT_ONCE).peekable();
                while let Some(part) = parts.next() {
                    self.matched_in(text, part, &mut woken, parts.peek().is_none(), candidates);
                }
            }
            Hits::Sought => {
                let mut hits = std::mem::take(&mut self.scratch.hits);
                for part in self.engine.prefilter.parts(text.len()) {
                    self.engine.prefilter.hits_in(text, &part, &mut hits);
                    self.matched_in(text, &hits, &mut woken, part.is_last, candidates);
                }
                self.scratch.hits = hits;
            }
        }
    }

    /// Adds what the rules find that these of the keywords wake; others come after them, or these are the last.
    fn matched_in(
        &mut self,
        text: &[u8],
        hits: &[Hit],
        woken: &mut Woken,
        is_last: bool,
        candidates: &mut Vec<Candidate>,
    ) {
        if hits.is_empty() && woken.searches.is_empty() {
            return;
        }
        let mut wanted = std::mem::take(&mut self.scratch.wanted);
        self.sort_out(text, hits, woken, &mut wanted, candidates);
        // Stable: within a rule the hits stay sorted by position.
        wanted.sort_by_key(|(rule, _)| *rule);
        let mut spans = Vec::new();
        for hits in wanted.chunk_by(|a, b| a.0 == b.0) {
            spans.clear();
            spans.extend(hits.iter().map(|(_, span)| span.clone()));
            self.matched_by(usize::from(hits[0].0), text, &spans, woken, is_last, candidates);
        }
        // Searches that went on from part to part and meet no more keywords.
        while is_last && let Some((number, search)) = woken.searches.pop() {
            woken.searches.push((number, search));
            self.matched_by(number, text, &[], woken, true, candidates);
        }
        self.scratch.wanted = wanted;
    }

    /// Adds what the generic detector makes of the hits, and gathers those that are for other rules.
    fn sort_out(
        &mut self,
        text: &[u8],
        hits: &[Hit],
        woken: &mut Woken,
        wanted: &mut Vec<(u16, Range<usize>)>,
        candidates: &mut Vec<Candidate>,
    ) {
        let engine = self.engine;
        let around = self.around(text);
        wanted.clear();
        for hit in hits {
            let mut generic = None;
            for &rule in engine.wakes.rules(hit.keyword) {
                let Some(rule) = engine.place(rule) else { continue };
                match engine.generic.contains(&usize::from(rule)) {
                    true => generic = generic.or(Some(usize::from(rule))),
                    false => wanted.push((rule, hit.at..hit.at + engine.prefilter.keyword(hit.keyword).len())),
                }
            }
            // Most hits are words that only the generic detector knows, which looks at each at once.
            if let Some(rule) = generic {
                self.listener.begin(rule, 1);
                let seen = self.scratch.seen.as_deref_mut();
                let found = detect(engine, &around, hit.at, &mut woken.last, seen, self.listener);
                self.is_encoded |= self.is_inside && woken.last.at == hit.at;
                candidates.extend(found);
                self.listener.end(rule, 0);
            }
        }
    }

    /// Adds what one rule finds around its keywords.
    fn matched_by(
        &mut self,
        number: usize,
        text: &[u8],
        spans: &[Range<usize>],
        woken: &mut Woken,
        is_last: bool,
        candidates: &mut Vec<Candidate>,
    ) {
        let engine = self.engine;
        let around = self.around(text);
        let ready = &engine.rules[number];
        if !ready.applies_to(self.path) {
            // Elsewhere it might.
            self.is_encoded |= self.is_inside;
            self.listener.elsewhere(number, spans);
            return;
        }
        self.listener.woken(number, spans);
        self.listener.begin(number, spans.len());
        if ready.brief().detector == Some(Rule::MANIFEST) {
            self.is_encoded |= self.is_inside;
            let left = woken.manifests.get_or_insert_with(|| manifest::allowance(text));
            for hit in spans {
                let Some(entries) = manifest::entries(text, hit.clone(), left) else {
                    self.budget.end();
                    break;
                };
                declared(number, &around, entries, candidates, self.listener);
            }
            self.listener.end(number, 0);
            return;
        }
        let mut search = woken.search(number);
        search.is_last = is_last;
        let shape = |window| ready.shape_for(text, window);
        let memory = (number, self.scratch.seen.as_deref_mut());
        let hits = spans.iter().cloned();
        let runs = matcher::search(&mut search, shape, text, ready.brief().window, hits, memory, |found| {
            let value = found.secret.clone();
            self.is_encoded |= self.is_inside;
            match judge::judge(ready, number, found, &around) {
                Ok(candidate) => {
                    self.listener.taken(&candidate);
                    candidates.push(candidate);
                    true
                }
                Err(why) => {
                    self.listener.dropped(number, &value, &why);
                    false
                }
            }
        });
        self.listener.end(number, runs);
        if !is_last {
            woken.searches.push((number, search));
        }
    }
}

/// Adds what a Kubernetes Secret declares to be secret.
fn declared(
    rule: usize,
    around: &Circumstances<'_>,
    entries: Vec<manifest::Entry>,
    candidates: &mut Vec<Candidate>,
    listener: &mut impl Listen,
) {
    for entry in entries {
        let (confidence, standing, note) = match manifest::worth(around.text, &entry) {
            manifest::Worth::Nothing => continue,
            // No generic rule takes the base64 of a placeholder for a secret.
            manifest::Worth::Placeholder => (Confidence::Low, Standing::NotSecret, "a placeholder"),
            manifest::Worth::Secret => (Confidence::High, Standing::Plain, "declared as a secret"),
        };
        let mut candidate = Candidate {
            rule,
            span: entry.value,
            confidence,
            verified: None,
            standing,
            notes: vec![note.into()],
            secret: None,
            pair: None,
        };
        judge::lower(&mut candidate, around);
        listener.taken(&candidate);
        candidates.push(candidate);
    }
}

/// The generic candidate that was looked at last.
struct Looked {
    /// Its keyword.
    at: usize,
    value: Range<usize>,
    name: Option<Range<usize>>,
    taken: bool,
    /// That of the text, once it was asked for.
    language: Option<generic::Language>,
}

impl Default for Looked {
    /// None so far.
    fn default() -> Self {
        Looked { at: usize::MAX, value: 0..0, name: None, taken: false, language: None }
    }
}

/// The generic secret that belongs to the keyword at `hit`. The detector, not the keyword, decides which rule a finding
/// belongs to. `last` is the value seen last: the words of one name (`api_secret_key`) lead to one value, and so may two
/// words before it (`monkeylearn token = "..."`), of which one says what it is. `seen` knows surroundings that hold nothing.
fn detect(
    engine: &Engine,
    around: &Circumstances<'_>,
    hit: usize,
    last: &mut Looked,
    mut seen: Option<&mut Seen>,
    listener: &mut impl Listen,
) -> Option<Candidate> {
    let found = generic::candidate_at(around.text, hit)?;
    if found.value == last.value && (last.taken || found.name == last.name) {
        return None;
    }
    let sight = seen.as_ref().and_then(|_| {
        let language = *last.language.get_or_insert_with(|| generic::path::language(around.path));
        generic::sight(around.text, language, &found)
    });
    let unknown = match (&seen, sight) {
        (Some(seen), Some((what, window))) => match seen.judged(what, &around.text[window]) {
            Ok(()) => {
                *last = Looked { at: hit, value: found.value, name: found.name, taken: false, language: last.language };
                return None;
            }
            Err(unknown) => unknown,
        },
        _ => None,
    };
    let judgement = generic::judge(around.text, around.path, &found);
    if let (None, Some(seen), Some(unknown)) = (judgement.confidence, &mut seen, unknown) {
        seen.nothing(unknown);
    }
    let judgement = judgement.reconsidered(around.text, around.path, &found);
    *last = Looked {
        at: hit,
        value: found.value.clone(),
        name: found.name.clone(),
        taken: judgement.confidence.is_some(),
        language: last.language,
    };
    listener.judged(&found.value, &judgement);
    let confidence = judgement.confidence?;
    let rule = engine.generic.iter().copied().find(|&r| engine.rules[r].rule().id == judgement.rule)?;
    let mut candidate = Candidate {
        rule,
        span: found.value,
        confidence,
        verified: None,
        standing: Standing::Plain,
        notes: Vec::new(),
        secret: None,
        pair: None,
    };
    judge::lower(&mut candidate, around);
    listener.taken(&candidate);
    Some(candidate)
}
