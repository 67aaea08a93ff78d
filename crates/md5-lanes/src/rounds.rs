//! What is done with a block, for one state and for many.

use std::ops::{Add, BitAnd, BitOr, BitXor, Not};

/// What a step works with: a word of one state, or the same word of many.
pub(crate) trait Word:
    Copy
    + Add<Output = Self>
    + BitAnd<Output = Self>
    + BitOr<Output = Self>
    + BitXor<Output = Self>
    + Not<Output = Self>
{
    fn constant(word: u32) -> Self;
    fn rotate_left<const BITS: u32>(self) -> Self;
}

/// RFC 1321, 3.4: a block of sixteen words.
#[inline(always)]
pub(crate) fn rounds<W: Word>(state: [W; 4], words: &[W; 16], sines: &[u32; 64]) -> [W; 4] {
    let [mut a, mut b, mut c, mut d] = state;
    // Each step makes the first of its four states anew. Written out, so that none is moved.
    macro_rules! four {
        ($mix:ident, $first:expr, $at:expr, $by:expr, $bits:expr) => {{
            const BITS: [u32; 4] = $bits;
            let word = |index: usize| {
                let sine = W::constant(sines[$first + index]);
                words[($at + $by * ($first + index)) % 16] + sine
            };
            a = step::<W, { BITS[0] }>($mix(a + word(0), b, c, d), b);
            d = step::<W, { BITS[1] }>($mix(d + word(1), a, b, c), a);
            c = step::<W, { BITS[2] }>($mix(c + word(2), d, a, b), d);
            b = step::<W, { BITS[3] }>($mix(b + word(3), c, d, a), c);
        }};
    }
    macro_rules! round {
        ($mix:ident, $first:expr, $at:expr, $by:expr, $bits:expr) => {
            four!($mix, $first, $at, $by, $bits);
            four!($mix, $first + 4, $at, $by, $bits);
            four!($mix, $first + 8, $at, $by, $bits);
            four!($mix, $first + 12, $at, $by, $bits);
        };
    }
    round!(f, 0, 0, 1, [7, 12, 17, 22]);
    round!(g, 16, 1, 5, [5, 9, 14, 20]);
    round!(h, 32, 5, 3, [4, 11, 16, 23]);
    round!(i, 48, 0, 7, [6, 10, 15, 21]);
    [a + state[0], b + state[1], c + state[2], d + state[3]]
}

#[inline(always)]
fn step<W: Word, const BITS: u32>(mixed: W, next: W) -> W {
    mixed.rotate_left::<BITS>() + next
}

#[inline(always)]
fn f<W: Word>(sum: W, x: W, y: W, z: W) -> W {
    sum + (z ^ (x & (y ^ z)))
}

/// No bit is in both halves, so that they can be added: what does not need `x`, which comes last,
/// is ready before.
#[inline(always)]
fn g<W: Word>(sum: W, x: W, y: W, z: W) -> W {
    (sum + (y & !z)) + (x & z)
}

#[inline(always)]
fn h<W: Word>(sum: W, x: W, y: W, z: W) -> W {
    sum + (x ^ (y ^ z))
}

#[inline(always)]
fn i<W: Word>(sum: W, x: W, y: W, z: W) -> W {
    sum + (y ^ (x | !z))
}

/// RFC 1321, 3.4: the integer part of 2^32 times the sine of 1 to 64.
pub(crate) const SINES: [u32; 64] = [
    0xd76a_a478,
    0xe8c7_b756,
    0x2420_70db,
    0xc1bd_ceee,
    0xf57c_0faf,
    0x4787_c62a,
    0xa830_4613,
    0xfd46_9501,
    0x6980_98d8,
    0x8b44_f7af,
    0xffff_5bb1,
    0x895c_d7be,
    0x6b90_1122,
    0xfd98_7193,
    0xa679_438e,
    0x49b4_0821,
    0xf61e_2562,
    0xc040_b340,
    0x265e_5a51,
    0xe9b6_c7aa,
    0xd62f_105d,
    0x0244_1453,
    0xd8a1_e681,
    0xe7d3_fbc8,
    0x21e1_cde6,
    0xc337_07d6,
    0xf4d5_0d87,
    0x455a_14ed,
    0xa9e3_e905,
    0xfcef_a3f8,
    0x676f_02d9,
    0x8d2a_4c8a,
    0xfffa_3942,
    0x8771_f681,
    0x6d9d_6122,
    0xfde5_380c,
    0xa4be_ea44,
    0x4bde_cfa9,
    0xf6bb_4b60,
    0xbebf_bc70,
    0x289b_7ec6,
    0xeaa1_27fa,
    0xd4ef_3085,
    0x0488_1d05,
    0xd9d4_d039,
    0xe6db_99e5,
    0x1fa2_7cf8,
    0xc4ac_5665,
    0xf429_2244,
    0x432a_ff97,
    0xab94_23a7,
    0xfc93_a039,
    0x655b_59c3,
    0x8f0c_cc92,
    0xffef_f47d,
    0x8584_5dd1,
    0x6fa8_7e4f,
    0xfe2c_e6e0,
    0xa301_4314,
    0x4e08_11a1,
    0xf753_7e82,
    0xbd3a_f235,
    0x2ad7_d2bb,
    0xeb86_d391,
];
