//! The residents layout (接種対象者): which residents a municipality has, one a row.

mod columns;
mod duplicates;
mod keys;
mod rules;

use crate::file;

pub use crate::file::{ERROR_COLUMNS, Rules, Span, Suspect};
pub use columns::Column;
pub use duplicates::{Duplicates, Suspects};
pub use keys::RowKeys;
pub use rules::Residents;

/// Checks a residents file.
pub type Check = file::Check<Residents>;
/// The header of a residents file.
pub type Header = file::Header<Residents>;
/// One record of a residents file.
pub type Record<'a> = file::Record<'a, Residents>;
/// The records of a range of a residents file.
pub type Rows<'a> = file::Rows<'a, Residents>;
/// What a residents file turned out to be.
pub type Summary = file::Summary<Residents>;
