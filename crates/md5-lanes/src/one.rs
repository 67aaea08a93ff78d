//! One stream.

use std::{
    hint::black_box,
    ops::{Add, BitAnd, BitOr, BitXor, Not},
};

use multiversion::{multiversion, target::target_cfg_f};

use crate::{
    BLOCK,
    rounds::{SINES, Word, rounds},
    vectors::Vectors,
};

/// Adds blocks to a state. A step is a chain of four or five instructions; where vectors have one
/// that mixes three words in any way and one that rotates, it is always four, and all lanes but
/// the first are for nothing.
///
/// A single block is what those give who make another sum beside this one, in turns: the vectors
/// are left to that one.
#[multiversion(targets("x86_64+avx512f+avx512vl"))]
pub(crate) fn compress(state: &mut [u32; 4], blocks: &[[u8; BLOCK]]) {
    *state = if target_cfg_f!(target_feature = "avx512vl") && blocks.len() > 1 {
        let state = state.map(Vectors::<1>::constant);
        add(state, blocks).map(|word| word.lane(0))
    } else {
        add(state.map(One), blocks).map(|One(word)| word)
    };
}

#[inline(always)]
fn add<W: Word>(mut state: [W; 4], blocks: &[[u8; BLOCK]]) -> [W; 4] {
    // If the compiler knew the integers, it would add them last, when everything waits for it.
    let sines = black_box(&SINES);
    for block in blocks {
        let mut words = [W::constant(0); 16];
        for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
            *word = W::constant(u32::from_le_bytes(*bytes));
        }
        state = rounds(state, &words, sines);
    }
    state
}

/// A word of one state.
#[derive(Clone, Copy)]
struct One(u32);

impl Word for One {
    #[inline(always)]
    fn constant(word: u32) -> Self {
        Self(word)
    }

    #[inline(always)]
    fn rotate_left<const BITS: u32>(self) -> Self {
        Self(self.0.rotate_left(BITS))
    }
}

impl Add for One {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }
}

impl BitAnd for One {
    type Output = Self;

    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for One {
    type Output = Self;

    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitXor for One {
    type Output = Self;

    #[inline(always)]
    fn bitxor(self, other: Self) -> Self {
        Self(self.0 ^ other.0)
    }
}

impl Not for One {
    type Output = Self;

    #[inline(always)]
    fn not(self) -> Self {
        Self(!self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_state_is_the_same_whichever_way_a_processor_is_given(
            state: [u32; 4],
            blocks in prop::collection::vec(prop::array::uniform32(any::<[u8; 2]>()), 0..4),
        ) {
            let blocks: Vec<[u8; BLOCK]> =
                blocks.iter().filter_map(|block| block.as_flattened().try_into().ok()).collect();
            let alone = add(state.map(One), &blocks).map(|One(word)| word);
            let in_vectors = add(state.map(Vectors::<1>::constant), &blocks);
            prop_assert_eq!(in_vectors.map(|word| word.lane(0)), alone);
            let mut given = state;
            compress(&mut given, &blocks);
            prop_assert_eq!(given, alone);
        }
    }
}
