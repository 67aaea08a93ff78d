//! Several streams in the lanes of vectors.

use std::array::from_fn;

use multiversion::multiversion;

use crate::{
    BLOCK, Md5,
    rounds::{SINES, rounds},
    vectors::Vectors,
};

/// Adds to each stream its pieces, in order: the more streams, up to eight, and the more alike
/// what comes to each, the less it takes.
pub fn update_all<'a, P: IntoIterator<Item = &'a [u8]>>(
    streams: impl IntoIterator<Item = (&'a mut Md5, P)>,
) {
    let lanes = streams.into_iter().map(|(md5, pieces)| Lane {
        md5,
        blocks: &[],
        rest: &[],
        pieces: pieces.into_iter(),
    });
    let mut lanes: Vec<_> = lanes.collect();
    loop {
        lanes.retain_mut(Lane::has_blocks);
        if lanes.len() < WORTH_IT {
            break;
        }
        let count = lanes.len().min(LANES);
        together(&mut lanes[..count]);
    }
    for mut lane in lanes {
        while lane.has_blocks() {
            lane.md5.blocks(lane.blocks);
            lane.blocks = &[];
        }
    }
}

struct Lane<'a, P> {
    md5: &'a mut Md5,
    /// Of the present piece, what is still to be added.
    blocks: &'a [[u8; BLOCK]],
    rest: &'a [u8],
    pieces: P,
}

impl<'a, P: Iterator<Item = &'a [u8]>> Lane<'a, P> {
    /// Goes on to the next piece with a whole block, if the present one has no more.
    fn has_blocks(&mut self) -> bool {
        while self.blocks.is_empty() {
            self.md5.keep(self.rest);
            self.rest = &[];
            let Some(piece) = self.pieces.next() else {
                return false;
            };
            (self.blocks, self.rest) = self.md5.fill(piece).as_chunks();
        }
        true
    }
}

/// Adds as many blocks to each of up to eight streams as all of them have.
fn together<P>(lanes: &mut [Lane<'_, P>]) {
    let count = lanes.iter().map(|lane| lane.blocks.len()).min();
    let count = count.unwrap_or_default();
    // Where there are fewer than eight, the others do for nothing what the first one does.
    let of = |lane: usize| if lane < lanes.len() { lane } else { 0 };
    let states: [[u32; 4]; LANES] = from_fn(|lane| lanes[of(lane)].md5.state);
    let blocks: [&[[u8; BLOCK]]; LANES] = from_fn(|lane| &lanes[of(lane)].blocks[..count]);
    let state = from_fn(|word| Vectors::new(|lane| states[lane][word]));
    let state = compress(state, &blocks);
    for (number, lane) in lanes.iter_mut().enumerate() {
        let (added, blocks) = lane.blocks.split_at(count);
        lane.md5.state = state.map(|word| word.lane(number));
        lane.md5.len += added.as_flattened().len() as u64;
        lane.blocks = blocks;
    }
}

/// Adds to eight states as many blocks as the first one gets. Where there are instructions that
/// rotate, half of all others are saved.
///
/// In two vectors rather than one: while one waits for the result of a step, the other one goes
/// on. More would not fit into the registers.
#[multiversion(targets("x86_64+avx512f+avx512vl"))]
fn compress(mut state: [Vectors<2>; 4], blocks: &[&[[u8; BLOCK]]; LANES]) -> [Vectors<2>; 4] {
    for index in 0..blocks[0].len() {
        let blocks: [_; LANES] = from_fn(|lane| blocks[lane][index].as_chunks().0);
        let words = from_fn(|word| Vectors::new(|lane| u32::from_le_bytes(blocks[lane][word])));
        state = rounds(state, &words, &SINES);
    }
    state
}

const LANES: usize = 8;
/// Eight lanes take as long as two streams one after the other.
const WORTH_IT: usize = 3;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tests::reference;

    fn piece(most: usize) -> impl Strategy<Value = Vec<u8>> {
        (0..most, any::<u8>()).prop_map(|(len, seed)| {
            let byte = |at: usize| (at * 7) as u8 ^ seed;
            (0..len).map(byte).collect()
        })
    }

    proptest! {
        #[test]
        fn each_stream_has_the_sum_that_it_has_alone(
            // Of each stream, what it had before, and the pieces that are added.
            streams in prop::collection::vec(
                (piece(200), prop::collection::vec(piece(700), 0..5)),
                0..20,
            ),
        ) {
            let had = |before: &Vec<u8>| {
                let mut md5 = Md5::new();
                md5.update(before);
                md5
            };
            let mut sums: Vec<_> = streams.iter().map(|(before, _)| had(before)).collect();
            let pieces = streams.iter().map(|(_, pieces)| pieces.iter().map(|piece| &**piece));
            update_all(sums.iter_mut().zip(pieces));
            for (md5, (before, pieces)) in sums.into_iter().zip(&streams) {
                let content = [before.clone(), pieces.concat()].concat();
                prop_assert_eq!(md5.finish(), reference(&content));
            }
        }
    }
}
