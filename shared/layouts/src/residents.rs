//! The residents layout (接種対象者): which residents a municipality has, one a row.

mod cells;
mod check;
mod columns;
mod duplicates;
mod header;
mod row;
mod rows;
mod rules;

pub use check::{Check, Summary};
pub use columns::{Column, ERROR_COLUMNS};
pub use duplicates::{Duplicates, NumberSuspects, Suspect, Suspects};
pub use header::Header;
pub use row::{Record, RowKeys, Rules, Span};
pub use rows::Rows;
