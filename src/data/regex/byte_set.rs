//! Sets of bytes.

use regex_syntax::hir::Class;

/// A set of bytes, a bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteSet(pub [u64; 4]);

impl ByteSet {
    /// No byte.
    pub const NONE: Self = Self([0; 4]);
    /// Every byte.
    pub const ALL: Self = Self([u64::MAX; 4]);

    /// The bytes from `start` to `end`, both included.
    pub fn range(start: u8, end: u8) -> Self {
        (start..=end).fold(Self::NONE, |set, byte| set.or(Self::one(byte)))
    }

    /// A single byte.
    pub fn one(byte: u8) -> Self {
        let mut set = Self::NONE;
        set.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
        set
    }

    /// The word characters of a regex: ASCII letters, digits and the underscore.
    pub fn word() -> Self {
        [(b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')]
            .into_iter()
            .fold(Self::NONE, |set, (start, end)| set.or(Self::range(start, end)))
    }

    /// Every byte that can be in a match of a class. Of a character beyond ASCII that is any byte beyond ASCII.
    pub fn of_class(class: &Class) -> Self {
        let ranges: Vec<(u32, u32)> = match class {
            Class::Bytes(class) => class.iter().map(|r| (u32::from(r.start()), u32::from(r.end()))).collect(),
            Class::Unicode(class) => class
                .iter()
                .flat_map(|r| {
                    let (start, end) = (r.start() as u32, r.end() as u32);
                    let ascii = (start < 0x80).then_some((start, end.min(0x7f)));
                    ascii.into_iter().chain((end >= 0x80).then_some((0x80, 0xff)))
                })
                .collect(),
        };
        ranges.into_iter().fold(Self::NONE, |set, (start, end)| set.or(Self::range(start as u8, end as u8)))
    }

    /// The union.
    pub fn or(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] | other.0[i]))
    }

    /// The intersection.
    pub fn and(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] & other.0[i]))
    }

    /// The complement.
    pub fn complement(self) -> Self {
        Self(self.0.map(|word| !word))
    }

    /// Returns whether `other` has all of its bytes.
    pub fn is_subset_of(self, other: Self) -> bool {
        self.and(other) == self
    }

    /// Returns whether the two have a byte in common.
    pub fn intersects(self, other: Self) -> bool {
        self.and(other) != Self::NONE
    }

    /// The number of its bytes.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// Its bytes, in ascending order.
    pub fn members(self) -> impl Iterator<Item = u8> {
        self.0.into_iter().zip([0, 64, 128, 192]).flat_map(|(mut word, base)| {
            std::iter::from_fn(move || {
                let next = (word != 0).then(|| base + word.trailing_zeros() as u8);
                word &= word.wrapping_sub(1);
                next
            })
        })
    }

    /// Returns whether `byte` is in the set.
    pub fn has(self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }
}
