#![doc = include_str!("../README.md")]
#![warn(missing_docs)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what the tests stand on fails where it cannot go on"
)]

pub mod chance;
pub mod cost;
pub mod events;
pub mod file;
pub mod gate;
pub mod log;
pub mod office;
pub mod sim;
pub mod slow;
pub mod town;
pub mod venue;
pub mod whole;
