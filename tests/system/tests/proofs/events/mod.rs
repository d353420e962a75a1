//! Events of dropped files and messages of loads, one by one: repeated, late, out of order, of
//! objects that changed meanwhile, and to workers that die.

pub(crate) mod chunks;
mod confirmed;
mod conflicts;
mod drops;
mod frozen;
mod guarded;
mod slow;
mod throttled;
