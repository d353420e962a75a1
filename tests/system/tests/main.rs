//! The whole system, held to what it promises.
//!
//! - `architecture`: the arrows between the crates, and what sources must not say
//! - `bad_input`: every kind of bad file and bad row, each with its stated outcome
//! - `exports`: doses on their way back to the ledger
//! - `faults`: a thousand seeded schedules of faults against a model of the register
//! - `interleavings`: the functions interleaved call by call against the same
//! - `settings`: a municipality's settings, changed and tried out

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::type_complexity,
    reason = "a test that cannot go on says where"
)]

mod architecture;
mod bad_input;
mod exports;
mod faults;
mod interleavings;
mod settings;
