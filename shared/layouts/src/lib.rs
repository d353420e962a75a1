#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod cp932;
pub mod doses;
mod encoding;
mod errors_csv;
mod file;
mod guard;
pub mod inquiries;
pub mod ledger;
mod mapping;
mod problem;
pub mod residents;
mod safe_csv;
mod settings;
mod split;
mod text;

pub use errors_csv::ErrorsWriter;
pub use file::{
    Check, Duplicates, FoundHeader, Header, Layout, LayoutColumn, Record, Rows, Rules, Span,
    Summary, Suspect, Suspects,
};
pub use mapping::{ColumnMapping, MappingProblem};
pub use problem::{
    Actor, FileProblem, NoticeCode, Notices, ProblemCode, RowProblem, describe, finding_ja,
};
pub use safe_csv::{SafeCsvError, SafeCsvWriter};
pub use settings::{SettingsProblem, check_settings, has_digits_like_data};
