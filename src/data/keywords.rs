//! The prefilter's tables, and their construction.
//!
//! A keyword may begin at an even or at an odd position, and the text is looked at in steps of two. So each keyword gets
//! two pieces of four bytes, one at an even distance from its start and one at an odd: whatever its position, one of the
//! two lies on a step. Of all pieces of a keyword the rarest in ordinary code are taken. A piece may reach one byte over
//! an end of the keyword: then every value of that byte is entered. To keep these few, and to fold case, only some bits
//! of each byte count.
//!
//! A piece is two halves of two bytes, in little-endian order. All arithmetic is in 16 bits, of which vector units do
//! eight or more at a time on any machine.

/// The bits of the first and of the last half that count: five of a piece's outer bytes, six of its inner ones. Bit 5,
/// which distinguishes upper case from lower, is not among them.
const MASKS: (u16, u16) = (0x5f1f, 0x1f5f);
/// Spread the two halves over slots, and over tags. Of a thousand random ones those that let the fewest positions of
/// ordinary code pass.
const SPREAD: (u16, u16) = (0xa419, 0xe873);
const MARK: (u16, u16) = (0xf4af, 0x72a3);
/// The number of slots: all values of 16 bits, so that no look-up is out of bounds.
pub const SLOTS: usize = 1 << 16;
/// The number of slots in one word of the set of used slots.
pub const WORD: usize = u64::BITS as usize;
/// The frequency of pieces in ordinary code, a character each: `0` for never, and four more for e times as often. Made by `examples/keyword_rarity.rs`.
const RARITY: &str = include_str!("keyword_rarity.txt");
/// The number of characters, as a power of two.
const RARITY_BITS: u32 = 17;
/// The number of characters.
pub const RARITIES: usize = 1 << RARITY_BITS;

/// The slot of a piece.
#[inline]
pub fn slot(first: u16, last: u16) -> u16 {
    let (a, b) = SPREAD;
    (first & MASKS.0).wrapping_mul(a).wrapping_add((last & MASKS.1).wrapping_mul(b))
}

/// The tag that distinguishes the pieces of a slot: 1 to 127.
#[inline]
pub fn tag(first: u16, last: u16) -> u16 {
    let (a, b) = MARK;
    ((first & MASKS.0).wrapping_mul(a).wrapping_add((last & MASKS.1).wrapping_mul(b)) >> 9).max(1)
}

/// Not 0 if one of a slot's two tags is this one, or if the slot lets every tag pass.
#[inline]
pub fn has(tags: u16, tag: u16) -> u8 {
    let differing = tags ^ (tag | tag << 8);
    // In each byte: the seven bits of a tag carry into the eighth where they differ; it is set where all are let pass.
    let found = (!((differing & 0x7f7f) + 0x7f7f) | tags) & 0x8080;
    (found | found >> 8) as u8
}

/// The tags of a slot that lets every tag pass, because its pieces have more than two.
const ANY: u16 = 0x8080;

/// The index of the character for a piece.
pub fn rarity_of(piece: [u8; 4]) -> usize {
    let (first, last) = halves(piece);
    let folded = u32::from(first & MASKS.0) | u32::from(last & MASKS.1) << 16;
    (folded.wrapping_mul(0x9e37_79b1) >> (32 - RARITY_BITS)) as usize
}

/// The halves of a piece.
pub fn halves(piece: [u8; 4]) -> (u16, u16) {
    let [a, b, c, d] = piece;
    (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]))
}

/// A piece in a slot: the keyword's number, the start of the piece, counted from one byte before the keyword, and the
/// piece's tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeywordEntry(pub u32);

impl KeywordEntry {
    fn new(keyword: usize, shift: i16, tag: u16) -> Self {
        Self(keyword as u32 | ((shift + 1) as u32) << 16 | u32::from(tag) << 24)
    }

    /// The keyword's number.
    #[inline]
    pub fn keyword(self) -> u16 {
        self.0 as u16
    }

    /// The start of the keyword whose piece begins at `at`; beyond any text when that is before the text.
    #[inline]
    pub fn start(self, at: usize) -> usize {
        (at + 1).wrapping_sub((self.0 >> 16 & 0xff) as usize)
    }

    /// The piece's tag.
    #[inline]
    pub fn tag(self) -> u16 {
        (self.0 >> 24) as u16
    }
}

/// A keyword's first eight bytes without regard to case, and a mask of those it has.
pub fn head(keyword: &[u8]) -> (u64, u64) {
    let mut bytes = [0; 8];
    let len = keyword.len().min(8);
    bytes[..len].copy_from_slice(&keyword[..len]);
    let counting = if len < 8 { (1 << (8 * len)) - 1 } else { u64::MAX };
    (lower(bytes) & counting, counting)
}

/// Eight bytes without regard to case. Some punctuation collides, so equal heads are compared in full.
#[inline]
pub fn lower(bytes: [u8; 8]) -> u64 {
    u64::from_le_bytes(bytes) | 0x2020_2020_2020_2020
}

/// The bytes of the keyword before and after a piece.
pub type Beside = (Option<u8>, Option<u8>);

/// The bit for pieces with this slot and tag between these bytes.
#[inline]
pub fn nearby(slot: u16, tag: u16, beside: Beside) -> usize {
    // Odd for an unknown byte, even for a known one.
    let one = |byte: Option<u8>| byte.map_or(1, |byte| u32::from(byte & MASKS.0.to_be_bytes()[0]) << 1);
    let key = (u32::from(slot) | u32::from(tag) << 16).wrapping_mul(0x85eb_ca6b);
    let key = key ^ one(beside.0).wrapping_mul(0x01c3_3a95) ^ one(beside.1).wrapping_mul(0x2b59_91e1);
    (key.wrapping_mul(0x9e37_79b1) >> (32 - NEARBY_BITS)) as usize
}

/// Bits for neighbours, as a power of two.
const NEARBY_BITS: u32 = 20;
/// Words of them.
pub const NEARBY: usize = (1 << NEARBY_BITS) / WORD;

/// The tables that the prefilter searches.
#[derive(PartialEq, Eq)]
pub struct Tables {
    /// For each slot up to two tags of pieces that are in it, or [`ANY`].
    pub tags: Vec<u16>,
    /// A bit for each piece and its neighbours: see [`nearby`].
    pub neighbours: Vec<u64>,
    /// The set of slots with an entry, a bit each.
    pub used: Vec<u64>,
    /// For each word of `used` the number of bits that are set before it: the rank of its first slot.
    pub ranks: Vec<u16>,
    /// For each slot in use the number of entries in it and before it.
    pub ends: Vec<u32>,
    /// All entries, by slot.
    pub entries: Vec<KeywordEntry>,
}

/// Makes the tables for `keywords`: at most 65,536 of them, ASCII, three bytes or more each.
#[expect(clippy::expect_used, reason = "a keyword of three bytes has a piece at either parity")]
pub fn build(keywords: &[&str]) -> Tables {
    let rarity = rarity();
    let mut entries: Vec<(u16, KeywordEntry)> = Vec::with_capacity(keywords.len() * 5);
    let (mut tags, mut neighbours) = (vec![0_u16; SLOTS], vec![0_u64; NEARBY]);
    for (number, keyword) in keywords.iter().enumerate() {
        let keyword = keyword.as_bytes();
        for parity in 0..2 {
            let shifts = (-1..=keyword.len().min(120) as i16 - 3).filter(|shift| shift.rem_euclid(2) == parity);
            let cost = |shift| pieces(keyword, shift).map(|piece| rarity[rarity_of(piece)] + ROOM).sum::<f32>();
            // Ties must not depend on anything but the keyword.
            let best = shifts.map(|shift| (cost(shift), shift)).min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let (_, shift) = best.expect("three bytes have a piece at either parity");
            let byte = |at| usize::try_from(at).ok().and_then(|at| keyword.get(at)).copied();
            let beside = (byte(i32::from(shift) - 1), byte(i32::from(shift) + 4));
            for piece in pieces(keyword, shift) {
                let (first, last) = halves(piece);
                let slot = slot(first, last);
                let tag = tag(first, last);
                entries.push((slot, KeywordEntry::new(number, shift, tag)));
                let bit = nearby(slot, tag, beside);
                neighbours[bit / WORD] |= 1 << (bit % WORD);
                let tags = &mut tags[usize::from(slot)];
                if has(*tags, tag) == 0 {
                    *tags = if *tags > 0xff { ANY } else { *tags << 8 | tag };
                }
            }
        }
    }
    entries.sort_by_key(|(slot, entry)| (*slot, entry.0));
    entries.dedup();
    let mut used = vec![0_u64; SLOTS / WORD];
    let mut ends = Vec::new();
    for (number, (slot, _)) in entries.iter().enumerate() {
        used[usize::from(*slot) / WORD] |= 1 << (usize::from(*slot) % WORD);
        if entries.get(number + 1).is_none_or(|(next, _)| next != slot) {
            ends.push(number as u32 + 1);
        }
    }
    let mut sum = 0;
    let rank = |word: &u64| {
        let before = sum;
        sum += word.count_ones();
        // At most 65,472 bits precede the last word.
        before as u16
    };
    let ranks = used.iter().map(rank).collect();
    Tables { tags, neighbours, used, ranks, ends, entries: entries.into_iter().map(|(_, entry)| entry).collect() }
}

/// The cost of a piece's space in the tables, in occurrences per ten million pieces of text.
const ROOM: f32 = 2.0;

/// The possible values of the four bytes from `shift` on, with `keyword` at 0. At most one byte is unknown.
fn pieces(keyword: &[u8], shift: i16) -> impl Iterator<Item = [u8; 4]> {
    let byte = |place: i16| usize::try_from(shift + place).ok().and_then(|at| keyword.get(at)).copied();
    let piece: [Option<u8>; 4] = std::array::from_fn(|place| byte(place as i16));
    let open = piece.iter().position(Option::is_none);
    // An open byte is an outer one: every value of the bits that count.
    let values = if open.is_some() { 0..=MASKS.0 as u8 } else { 0..=0 };
    values.map(move |value| piece.map(|byte| byte.unwrap_or(value)))
}

fn rarity() -> Vec<f32> {
    let levels = RARITY.bytes().filter(|b| !b.is_ascii_whitespace());
    let mut rarity: Vec<f32> = levels.map(|level| (f32::from(level - b'0') / 4.0).exp() - 1.0).collect();
    rarity.resize(RARITIES, 0.0);
    rarity
}
