//! The whole system, held to what it promises.
//!
//! - `architecture`: the arrows between the crates, and what sources must not say
//! - `bad_input`: every kind of bad file and bad row, each with its stated outcome
//! - `events`: repeated, late, reordered and lost events; workers that die
//! - `tenants`: nothing of one municipality shows to another
//! - `privacy`: nothing that a person is called or numbered lies around in clear
//! - `faults`: a thousand seeded schedules of faults against a model of the register
//! - `interleavings`: the functions interleaved call by call against the same
//! - `serve`: the released command, killed in the middle of a load

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod architecture;
mod bad_input;
mod faults;
mod interleavings;
