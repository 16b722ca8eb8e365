//! The prefilter's tables and how they are made. Shared with the build script, which makes those of the built-in rules.
//!
//! A keyword may begin at an even or at an odd position, and the text is looked at in steps of two. So each keyword gets
//! two pieces of four bytes, one at an even distance from its start and one at an odd: whatever its position, one of the
//! two lies on a step. Of all pieces of a keyword the rarest in ordinary code are taken. A piece may reach one byte over
//! an end of the keyword: then every value of that byte is entered. To keep these few, and to fold case, only some bits
//! of each byte count.

/// The bits of a piece that count, by byte in little-endian order: four of the outer bytes, five of the inner ones. Bit
/// 5, which tells upper case from lower, is not among them.
const MASK: u32 = 0x0f1f_1f0f;
/// Spreads pieces over slots. Of some thirty odd numbers the one that let the fewest positions of ordinary code pass.
const MULTIPLIER: u32 = 0xfc56_39b1;
/// There are so many slots, as a power of two: 64 KB of bitmap, beyond which fewer false passes do not pay.
const SLOT_BITS: u32 = 19;
/// Words of the bitmap.
pub const WORDS: usize = 1 << (SLOT_BITS - 5);
/// How often the pieces of some slots stand in ordinary code, as a character each: `0` for never, and four more for e
/// times as often. Made by `examples/keyword_rarity.rs`.
const RARITY: &str = include_str!("rarity.txt");
/// Slots that share a character there, as a power of two.
const RARITY_BITS: u32 = 3;
/// How many characters there are.
pub const RARITIES: usize = 1 << (SLOT_BITS - RARITY_BITS);

/// The bits that count of four bytes.
pub fn fold(bytes: u32) -> u32 {
    bytes & MASK
}

/// The slot of a folded piece.
pub fn slot(piece: u32) -> u32 {
    piece.wrapping_mul(MULTIPLIER) >> (32 - SLOT_BITS)
}

/// Which character speaks of a folded piece's rarity.
pub fn rarity_of(piece: u32) -> usize {
    (slot(piece) >> RARITY_BITS) as usize
}

/// One piece of one keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What the keyword begins with: [`head`] of its first eight bytes.
    pub head: u64,
    /// The folded piece.
    pub piece: u32,
    /// The keyword's number.
    pub keyword: u16,
    /// Where the piece begins, counted from the keyword's start.
    pub shift: i8,
    /// How many bytes of `head` count.
    pub len: u8,
}

/// Eight bytes without regard to case, of which the first `len` count. Some signs are taken for others: what agrees is
/// compared in full.
pub fn head(bytes: [u8; 8], len: u8) -> u64 {
    let counting = if len < 8 { (1 << (8 * len)) - 1 } else { u64::MAX };
    (u64::from_le_bytes(bytes) | 0x2020_2020_2020_2020) & counting
}

/// What the prefilter runs on.
pub struct Tables {
    /// A bit for each slot that has an entry.
    pub bitmap: Vec<u32>,
    /// For each word of the bitmap the number of bits that are set before it: which of the slots in use its first is.
    pub ranks: Vec<u32>,
    /// For each slot in use the number of entries in it and before it.
    pub ends: Vec<u32>,
    /// All entries, by slot.
    pub entries: Vec<Entry>,
}

/// Makes the tables for `keywords`: at most 65,536 of them, ASCII, three bytes or more each.
pub fn build(keywords: &[&str]) -> Tables {
    let rarity = rarity();
    let mut entries: Vec<Entry> = Vec::with_capacity(keywords.len() * 4);
    for (number, keyword) in keywords.iter().enumerate() {
        for parity in 0..2 {
            let shifts = (-1..=keyword.len().min(120) as i16 - 3).filter(|shift| shift.rem_euclid(2) == parity);
            let best = shifts.map(|shift| (cost(&pieces(keyword.as_bytes(), shift), &rarity), shift)).min_by(|a, b| {
                // Ties must not depend on anything but the keyword.
                a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
            });
            let (_, shift) = best.expect("three bytes have a piece at either parity");
            let mut bytes = [0; 8];
            let len = keyword.len().min(8);
            bytes[..len].copy_from_slice(&keyword.as_bytes()[..len]);
            let head = head(bytes, len as u8);
            let entry = |piece| Entry { head, piece, keyword: number as u16, shift: shift as i8, len: len as u8 };
            entries.extend(pieces(keyword.as_bytes(), shift).into_iter().map(entry));
        }
    }
    entries.sort_by_key(|e| (slot(e.piece), e.keyword, e.shift));
    let mut bitmap = vec![0_u32; WORDS];
    let mut ends = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        let slot = slot(entry.piece);
        bitmap[(slot >> 5) as usize] |= 1 << (slot & 31);
        if entries.get(number + 1).is_none_or(|next| self::slot(next.piece) != slot) {
            ends.push(number as u32 + 1);
        }
    }
    let mut sum = 0;
    let rank = |word: &u32| {
        sum += word.count_ones();
        sum - word.count_ones()
    };
    let ranks = bitmap.iter().map(rank).collect();
    Tables { bitmap, ranks, ends, entries }
}

/// The folded pieces that four bytes from `shift` on can be, when `keyword` stands at 0.
fn pieces(keyword: &[u8], shift: i16) -> Vec<u32> {
    let mut pieces = vec![0];
    for place in 0..4 {
        let mask = MASK >> (8 * place) & 0xff;
        let at = usize::try_from(shift + place as i16).ok();
        let values: Vec<u32> = match at.and_then(|at| keyword.get(at)) {
            Some(&byte) => vec![u32::from(byte) & mask],
            None => (0..=mask).filter(|value| value & !mask == 0).collect(),
        };
        pieces = pieces.iter().flat_map(|piece| values.iter().map(move |value| piece | value << (8 * place))).collect();
    }
    pieces
}

/// How many positions of ordinary code these pieces let pass, in no particular unit.
fn cost(pieces: &[u32], rarity: &[f32]) -> f32 {
    // Each entry takes room in the bitmap, too.
    pieces.iter().map(|&piece| rarity[rarity_of(piece)] + 0.5).sum()
}

fn rarity() -> Vec<f32> {
    let levels = RARITY.bytes().filter(|b| !b.is_ascii_whitespace());
    let mut rarity: Vec<f32> = levels.map(|level| (f32::from(level - b'0') / 4.0).exp() - 1.0).collect();
    rarity.resize(RARITIES, 0.0);
    rarity
}
