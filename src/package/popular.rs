//! Popular names: the rank of a name, and the popular name that it may be a misspelling of.

use super::ecosystem::Ecosystem;
use fst::automaton::Automaton;
use fst::{IntoStreamer, Streamer};

static POPULAR: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/popular.fst"));

/// The number of popular names that are compared: attackers imitate names that many people type.
const IMITATED: u64 = 1500;
/// The shortest compared name: shorter ones differ by one letter by chance.
const SHORTEST: usize = 6;

#[expect(clippy::expect_used, reason = "bytes of the binary, which the build script wrote")]
fn map() -> fst::Map<&'static [u8]> {
    fst::Map::new(POPULAR).expect("the build script wrote it")
}

fn key(ecosystem: Ecosystem, name: &str) -> Vec<u8> {
    let mut key = vec![ecosystem.key()];
    key.extend_from_slice(ecosystem.normalise(name).as_bytes());
    key
}

/// The name's rank in popularity, from 1.
pub fn rank(ecosystem: Ecosystem, name: &str) -> Option<u64> {
    map().get(key(ecosystem, name)).map(|rank| rank + 1)
}

/// The popular name that this one could be mistaken for: one letter added, dropped, changed or swapped with its
/// neighbour. None for a name that is popular itself; registries themselves refuse names that differ in separators
/// only.
pub fn lookalike(ecosystem: Ecosystem, name: &str) -> Option<String> {
    let name = ecosystem.normalise(name);
    if name.len() < SHORTEST || rank(ecosystem, &name).is_some() {
        return None;
    }
    let one_edit = OneEdit { name: name.as_bytes() };
    let map = map();
    let mut best: Option<(u64, String)> = None;
    let (low, high) = ([ecosystem.key()], [ecosystem.key() + 1]);
    let mut stream = map.search(After { first: ecosystem.key(), then: one_edit }).ge(low).lt(high).into_stream();
    while let Some((key, rank)) = stream.next() {
        let popular = String::from_utf8_lossy(&key[1..]).into_owned();
        if rank < IMITATED && confusable(&name, &popular) && best.as_ref().is_none_or(|(r, _)| rank < *r) {
            best = Some((rank, popular));
        }
    }
    best.map(|(_, popular)| popular)
}

/// Returns whether people overlook the difference and an attacker could register the name.
fn confusable(name: &str, popular: &str) -> bool {
    if popular.len() < SHORTEST - 1 {
        return false;
    }
    // Only a scope's owner publishes in it.
    let scope = |n: &str| n.strip_prefix('@').and_then(|n| n.split_once('/')).map(|(scope, _)| scope.to_owned());
    if scope(name).is_some() && scope(name) == scope(popular) {
        return false;
    }
    // Digits distinguish versions and editions: `es6-ext` and `es5-ext`, `vue2` and `vue`.
    let digits = |n: &str| n.chars().filter(char::is_ascii_digit).collect::<String>();
    let letters = |n: &str| n.chars().filter(|c| !matches!(c, '-' | '_' | '.')).collect::<String>();
    digits(name) == digits(popular) && letters(name) != letters(popular)
}

/// An automaton that matches the first byte of the key, then the rest with another automaton.
struct After<A> {
    first: u8,
    then: A,
}

impl<A: Automaton> Automaton for After<A> {
    type State = Option<Option<A::State>>;

    fn start(&self) -> Self::State {
        Some(None)
    }

    fn is_match(&self, state: &Self::State) -> bool {
        matches!(state, Some(Some(state)) if self.then.is_match(state))
    }

    fn can_match(&self, state: &Self::State) -> bool {
        match state {
            Some(Some(state)) => self.then.can_match(state),
            Some(None) => true,
            None => false,
        }
    }

    fn accept(&self, state: &Self::State, byte: u8) -> Self::State {
        match state {
            Some(Some(state)) => Some(Some(self.then.accept(state, byte))),
            Some(None) if byte == self.first => Some(Some(self.then.start())),
            _ => None,
        }
    }
}

/// Accepts texts at most one edit (insertion, deletion, substitution, swap of neighbours) away.
struct OneEdit<'a> {
    name: &'a [u8],
}

/// A position in the name that the text read so far can lead to. There are at most a handful.
#[derive(Clone, Copy, PartialEq, Eq)]
struct EditState {
    /// The number of bytes of the name that are used.
    at: usize,
    edits: u8,
    /// The second half of a swap: the name's byte that must come next.
    owed: Option<u8>,
}

impl OneEdit<'_> {
    fn add(&self, states: &mut Vec<EditState>, state: EditState) {
        if state.edits > 1 || states.contains(&state) {
            return;
        }
        states.push(state);
        if state.owed.is_none() && state.at < self.name.len() {
            // A byte of the name that the popular one lacks.
            self.add(states, EditState { at: state.at + 1, edits: state.edits + 1, owed: None });
        }
    }
}

impl Automaton for OneEdit<'_> {
    type State = Vec<EditState>;

    fn start(&self) -> Vec<EditState> {
        let mut states = Vec::new();
        self.add(&mut states, EditState { at: 0, edits: 0, owed: None });
        states
    }

    fn is_match(&self, states: &Vec<EditState>) -> bool {
        states.iter().any(|s| s.at == self.name.len() && s.owed.is_none())
    }

    fn can_match(&self, states: &Vec<EditState>) -> bool {
        !states.is_empty()
    }

    fn accept(&self, states: &Vec<EditState>, byte: u8) -> Vec<EditState> {
        let mut next = Vec::new();
        for state in states {
            if let Some(owed) = state.owed {
                if byte == owed {
                    self.add(&mut next, EditState { at: state.at, edits: state.edits, owed: None });
                }
                continue;
            }
            let here = self.name.get(state.at).copied();
            if here == Some(byte) {
                self.add(&mut next, EditState { at: state.at + 1, ..*state });
                continue;
            }
            if here.is_some() {
                self.add(&mut next, EditState { at: state.at + 1, edits: state.edits + 1, owed: None });
            }
            if self.name.get(state.at + 1) == Some(&byte) {
                self.add(&mut next, EditState { at: state.at + 2, edits: state.edits + 1, owed: here });
            }
            // A byte of the popular name that this one lacks.
            self.add(&mut next, EditState { at: state.at, edits: state.edits + 1, owed: None });
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Ecosystem::{Npm, Pypi};

    #[test]
    fn slips_of_the_pen() {
        for (ecosystem, name, popular) in [
            (Npm, "loadsh", "lodash"),
            (Npm, "lodahs", "lodash"),
            (Npm, "lodashs", "lodash"),
            (Npm, "comander", "commander"),
            (Npm, "commandre", "commander"),
            (Npm, "@bable/core", "@babel/core"),
            (Pypi, "reqeusts", "requests"),
            (Pypi, "requestss", "requests"),
            (Pypi, "python_dateutill", "python-dateutil"),
        ] {
            assert_eq!(lookalike(ecosystem, name).as_deref(), Some(popular), "{name}");
        }
    }

    #[test]
    fn not_lookalikes() {
        for (ecosystem, name) in [
            (Npm, "lodash"),
            (Npm, "commander"),
            (Npm, "shield-hook-something-else"),
            (Npm, "@babel/corn"),
            (Npm, "glob2"),
            (Npm, "type-script"),
            (Npm, "abc"),
            (Pypi, "Requests"),
        ] {
            assert_eq!(lookalike(ecosystem, name), None, "{name}");
        }
    }

    #[test]
    fn ranks_start_at_one() {
        assert_eq!(rank(Npm, "chalk"), Some(1));
        assert_eq!(rank(Npm, "no-such-package-here"), None);
    }

    /// The textbook distance, with neighbouring swaps.
    fn distance(a: &[u8], b: &[u8]) -> usize {
        let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                rows[i][j] = if i == 0 || j == 0 {
                    i + j
                } else {
                    let mut best = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                    best = best.min(rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]));
                    if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                        best = best.min(rows[i - 2][j - 2] + 1);
                    }
                    best
                };
            }
        }
        rows[a.len()][b.len()]
    }

    proptest::proptest! {
        #[test]
        fn the_automaton_agrees_with_the_textbook(a in "[abc]{0,7}", b in "[abc]{0,7}") {
            let automaton = OneEdit { name: a.as_bytes() };
            let end = b.bytes().fold(automaton.start(), |state, byte| automaton.accept(&state, byte));
            proptest::prop_assert_eq!(automaton.is_match(&end), distance(a.as_bytes(), b.as_bytes()) <= 1);
        }
    }
}
