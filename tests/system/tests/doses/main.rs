//! Doses, held to what they promise.
//!
//! - `anew`: whoever was numbered anew has the doses of before
//! - `bad_input`: what is refused or kept aside over the API, each with its stated outcome
//! - `callers`: what no route takes, and who may do what
//! - `cost`: calls and write units, counted
//! - `coupons`: whose a coupon is that more than one person had
//! - `decided`: what was decided about comes again
//! - `files`: dose files, from the drop to the receipt, whatever happens on the way
//! - `history`: correcting, cancelling, locking, deciding: nothing is overwritten, nothing vanishes
//! - `model`: random sequences against a simple model
//! - `recording`: what becomes of one dose, from wherever it comes
//! - `same_instant`: two changes of one person's doses at once
//! - `too_much`: more than the table takes for a moment
//! - `together`: rows of a file recorded several at a time

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod anew;
mod bad_input;
mod behind;
mod callers;
mod cost;
mod coupons;
mod cumulative;
mod decided;
mod files;
mod history;
mod model;
mod recording;
mod same_instant;
mod together;
mod too_much;
