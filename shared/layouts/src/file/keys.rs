//! Which rows of a file have the same key, in eight bytes a row: 37 bits of the key and 27 of the row's
//! index.

use super::layout::INDEX_BITS;
use crate::ProblemCode;

const KEY_BITS: u32 = 64 - INDEX_BITS;
const KEY_MASK: u64 = (1 << KEY_BITS) - 1;
const INDEX_MASK: u64 = (1 << INDEX_BITS) - 1;
/// Keys in a block. Blocks instead of one vector, which would need twice the room when it grows.
const BLOCK: usize = 1 << 16;

/// A row that shares a key with another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suspect {
    /// Which record it is, counted from 0.
    pub index: u32,
    /// What it shares.
    pub code: ProblemCode,
}

/// Keys and their rows, in the order in which they came.
#[derive(Default)]
pub(crate) struct Keys {
    full: Vec<Vec<u64>>,
    last: Vec<u64>,
}

impl Keys {
    #[inline]
    pub(crate) fn add(&mut self, key: u64, index: u32) {
        if self.last.len() == BLOCK {
            let full = std::mem::replace(&mut self.last, Vec::with_capacity(BLOCK));
            self.full.push(full);
        }
        self.last.push(key << INDEX_BITS | u64::from(index));
    }

    fn entries(&self) -> impl Iterator<Item = u64> {
        self.full.iter().flatten().chain(&self.last).copied()
    }

    /// Calls `found` with key and row of all keys that more than one row has.
    ///
    /// A bit for the first bits of each key tells for nearly all rows that nothing else is like them; only
    /// the others are sorted.
    pub(crate) fn shared(self, mut found: impl FnMut(u64, u32)) {
        let count = self.full.len() * BLOCK + self.last.len();
        let (mut seen, mut again) = (Bits::for_keys(count), Bits::for_keys(count));
        let mut any = false;
        for entry in self.entries() {
            if seen.set(entry) {
                again.set(entry);
                any = true;
            }
        }
        if !any {
            return;
        }
        drop(seen);
        let mut alike: Vec<u64> = self.entries().filter(|&entry| again.has(entry)).collect();
        alike.sort_unstable();
        let groups = alike.chunk_by(|a, b| a >> INDEX_BITS == b >> INDEX_BITS);
        for &entry in groups.filter(|group| group.len() > 1).flatten() {
            let index = u32::try_from(entry & INDEX_MASK).unwrap_or_default();
            found(entry >> INDEX_BITS, index);
        }
    }
}

/// A set of the first bits of keys.
struct Bits {
    words: Vec<u64>,
    shift: u32,
}

impl Bits {
    /// Sixteen places a key, so that few keys share one by chance.
    fn for_keys(count: usize) -> Self {
        let places = (count * 16).next_power_of_two().clamp(1 << 10, 1 << 30);
        Self {
            words: vec![0; places / 64],
            shift: 64 - places.ilog2(),
        }
    }

    fn place(&self, entry: u64) -> (usize, u64) {
        let place = entry >> self.shift;
        (
            usize::try_from(place >> 6).unwrap_or_default(),
            1 << (place & 63),
        )
    }

    /// Puts the entry in; whether it was there.
    #[inline]
    fn set(&mut self, entry: u64) -> bool {
        let (at, bit) = self.place(entry);
        let Some(word) = self.words.get_mut(at) else {
            return true;
        };
        let had = *word & bit != 0;
        *word |= bit;
        had
    }

    #[inline]
    fn has(&self, entry: u64) -> bool {
        let (at, bit) = self.place(entry);
        self.words.get(at).is_none_or(|word| word & bit != 0)
    }
}

/// Spreads numbers over all 37 bits, each to one of its own: an odd factor has an inverse.
pub(crate) const fn spread(number: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15) & KEY_MASK
}

/// A keyed hash. It need not withstand anybody: who makes it collide has more of their own rows read
/// again.
#[inline]
pub(crate) fn hash(bytes: &[u8], seed: u64) -> u64 {
    const FACTOR: u64 = 0xA076_1D64_78BD_642F;
    let mut state = seed ^ bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        for (to, from) in word.iter_mut().zip(chunk) {
            *to = *from;
        }
        state = fold(state ^ u64::from_le_bytes(word), FACTOR);
    }
    fold(state ^ seed.rotate_left(32), FACTOR)
}

/// Both halves of the product of two words.
#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ 0xE703_7ED1_A0B4_28DB).wrapping_mul(u128::from(b));
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the two halves are folded together"
    )]
    let folded = (product >> 64) as u64 ^ product as u64;
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequential_numbers_are_spread_and_stay_apart() {
        let keys: std::collections::BTreeSet<_> = (0..100_000).map(spread).collect();
        assert_eq!(keys.len(), 100_000);
        let mut parts = [0_u32; 256];
        for key in &keys {
            parts[usize::try_from(key >> (KEY_BITS - 8)).unwrap()] += 1;
        }
        assert!(parts.iter().all(|&count| (300..500).contains(&count)));
    }
}
