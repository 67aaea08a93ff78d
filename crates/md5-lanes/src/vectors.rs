//! The same word of several states.

use std::{
    array::from_fn,
    ops::{Add, BitAnd, BitOr, BitXor, Not},
};

use wide::u32x4;

use crate::rounds::Word;

/// Four states in each vector.
#[derive(Clone, Copy)]
pub(crate) struct Vectors<const COUNT: usize>([u32x4; COUNT]);

impl<const COUNT: usize> Vectors<COUNT> {
    #[inline(always)]
    pub(crate) fn new(word: impl Fn(usize) -> u32) -> Self {
        Self(from_fn(|index| {
            u32x4::new(from_fn(|lane| word(4 * index + lane)))
        }))
    }

    pub(crate) fn lane(self, lane: usize) -> u32 {
        self.0[lane / 4].to_array()[lane % 4]
    }

    #[inline(always)]
    fn each(self, other: Self, of: impl Fn(u32x4, u32x4) -> u32x4) -> Self {
        Self(from_fn(|index| of(self.0[index], other.0[index])))
    }
}

impl<const COUNT: usize> Word for Vectors<COUNT> {
    #[inline(always)]
    fn constant(word: u32) -> Self {
        Self([u32x4::splat(word); COUNT])
    }

    #[inline(always)]
    fn rotate_left<const BITS: u32>(self) -> Self {
        Self(self.0.map(|lanes| (lanes << BITS) | (lanes >> (32 - BITS))))
    }
}

impl<const COUNT: usize> Add for Vectors<COUNT> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.each(other, |one, other| one + other)
    }
}

impl<const COUNT: usize> BitAnd for Vectors<COUNT> {
    type Output = Self;

    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        self.each(other, |one, other| one & other)
    }
}

impl<const COUNT: usize> BitOr for Vectors<COUNT> {
    type Output = Self;

    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        self.each(other, |one, other| one | other)
    }
}

impl<const COUNT: usize> BitXor for Vectors<COUNT> {
    type Output = Self;

    #[inline(always)]
    fn bitxor(self, other: Self) -> Self {
        self.each(other, |one, other| one ^ other)
    }
}

impl<const COUNT: usize> Not for Vectors<COUNT> {
    type Output = Self;

    #[inline(always)]
    fn not(self) -> Self {
        Self(self.0.map(|lanes| !lanes))
    }
}
