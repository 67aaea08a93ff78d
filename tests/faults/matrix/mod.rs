//! Faults times operations times positions.

mod cell;
mod invariants;
mod kinds;
mod scenarios;
mod table;
