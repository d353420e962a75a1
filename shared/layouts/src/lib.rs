#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod cp932;
mod encoding;
mod errors_csv;
mod file;
mod guard;
pub mod ledger;
mod mapping;
mod problem;
pub mod residents;
mod safe_csv;
mod split;
mod text;

pub use encoding::Encoding;
pub use errors_csv::ErrorsWriter;
pub use mapping::{ColumnMapping, MappingProblem};
pub use problem::{Actor, FileProblem, NoticeCode, Notices, ProblemCode, RowProblem, describe};
pub use safe_csv::{SafeCsvError, SafeCsvWriter};
