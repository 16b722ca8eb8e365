//! Deltas: instructions that copy from a base or insert bytes.

use std::ops::Range;

use crate::chunk::Copied;

/// Shorter copies count as fresh, in bytes: scanning them again costs less than tracking them.
const SHORTEST: usize = 64;

/// The instructions that make one object from another, in the format of gitformat-pack.
pub(super) struct Delta<'a> {
    /// The size of the object, in bytes.
    pub size: usize,
    instructions: &'a [u8],
}

impl<'a> Delta<'a> {
    /// Reads the header of a delta for a base of `base` bytes.
    pub fn new(mut bytes: &'a [u8], base: usize) -> Result<Self, &'static str> {
        if varint(&mut bytes)? != base {
            return Err("a delta is for another base");
        }
        let size = varint(&mut bytes)?;
        Ok(Delta { size, instructions: bytes })
    }

    /// Makes the object, with its fresh and its copied ranges, which together are all of it.
    pub fn apply(
        self,
        base: &[u8],
        into: &mut Vec<u8>,
        fresh: &mut Vec<Range<usize>>,
        copied: &mut Vec<Copied>,
    ) -> Result<(), &'static str> {
        into.clear();
        into.try_reserve(self.size).map_err(|_| "a delta makes an object that is larger than memory")?;
        let mut rest = self.instructions;
        // The position in the base that continues the previous copy.
        let mut expected = 0;
        while !rest.is_empty() {
            let (from, size) = match Instruction::read(&mut rest)? {
                Instruction::Insert(bytes) => {
                    add(fresh, into.len(), bytes.len());
                    into.extend_from_slice(bytes);
                    expected = usize::MAX;
                    continue;
                }
                Instruction::Copy { from, size } => (from, size),
            };
            let copy = base.get(from..from + size).ok_or("a delta copies from behind its base")?;
            let goes_on = from == expected;
            expected = from + size;
            match copied.last_mut() {
                Some(last) if goes_on => last.len += size,
                _ if size < SHORTEST => {
                    add(fresh, into.len(), size);
                    expected = usize::MAX;
                }
                _ => {
                    if !goes_on {
                        add(fresh, into.len(), 0);
                    }
                    copied.push(Copied { at: into.len(), from, len: size });
                }
            }
            into.extend_from_slice(copy);
            if into.len() > self.size {
                break;
            }
        }
        if expected != base.len() {
            add(fresh, into.len(), 0);
        }
        if into.len() == self.size { Ok(()) } else { Err("a delta makes an object of another size") }
    }
}

/// One instruction of a delta.
enum Instruction<'a> {
    Insert(&'a [u8]),
    Copy { from: usize, size: usize },
}

impl<'a> Instruction<'a> {
    /// Reads the first instruction off `rest`.
    fn read(rest: &mut &'a [u8]) -> Result<Self, &'static str> {
        const CUT: &str = "a delta ends in the middle of an instruction";
        let (&op, after) = rest.split_first().ok_or(CUT)?;
        *rest = after;
        if op & 0x80 == 0 {
            if op == 0 {
                return Err("a delta holds an instruction that is reserved");
            }
            let (insert, after) = rest.split_at_checked(op as usize).ok_or(CUT)?;
            *rest = after;
            return Ok(Instruction::Insert(insert));
        }
        let mut field = |bits: Range<u8>| {
            let mut value = 0_usize;
            for (n, bit) in bits.enumerate() {
                if op & (1 << bit) != 0 {
                    let (&byte, after) = rest.split_first().ok_or(CUT)?;
                    value |= (byte as usize) << (8 * n);
                    *rest = after;
                }
            }
            Ok::<usize, &'static str>(value)
        };
        let (from, size) = (field(0..4)?, field(4..7)?);
        Ok(Instruction::Copy { from, size: if size == 0 { 0x10000 } else { size } })
    }
}

/// Adds a fresh range, merged with the previous one where they touch.
fn add(fresh: &mut Vec<Range<usize>>, at: usize, len: usize) {
    match fresh.last_mut() {
        Some(last) if last.end == at => last.end += len,
        _ => fresh.push(at..at + len),
    }
}

fn varint(bytes: &mut &[u8]) -> Result<usize, &'static str> {
    let (mut value, mut shift) = (0_usize, 0);
    loop {
        let (&byte, rest) = bytes.split_first().ok_or("a delta has no head")?;
        *bytes = rest;
        if shift > 56 {
            return Err("a delta names a size beyond all measure");
        }
        value |= ((byte & 0x7f) as usize) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
}
