//! The same job done the way most people would do it, to measure against: read the CSV, check every row, seal what is
//! personal, write three items for each resident.
//!
//! Both rivals are meant as good ordinary programs, not as straw men: they keep their buffers and keys, they
//! write 25 items to a call, and they leave out all that ours does besides (leases, manifest, removals,
//! Japanese eras, full-width digits, CP932).

mod checks;
pub mod floor;
pub mod python;
mod sealing;
pub mod usual;

/// What a rival did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Outcome {
    /// Rows that passed the checks and were written.
    pub residents: u64,
    /// Rows that did not.
    pub refused: u64,
    /// Items handed to the table.
    pub items: u64,
    /// CPU time from the first row to the last answer, in nanoseconds.
    pub cpu_ns: u64,
}
