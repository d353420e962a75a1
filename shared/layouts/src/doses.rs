//! The doses layout (接種記録): which dose was given to whom, one a row.

mod columns;
mod duplicates;
mod keys;
mod row;
mod rules;

use crate::file;

pub use columns::Column;
pub(crate) use columns::column_of;
pub use duplicates::{DoseSuspects, Duplicates};
pub use keys::RowKeys;
pub use row::DoseRow;
pub use rules::Doses;

/// Checks a dose file.
pub type Check = file::Check<Doses>;
/// The header of a dose file.
pub type Header = file::Header<Doses>;
/// One record of a dose file.
pub type Record<'a> = file::Record<'a, Doses>;
/// The records of a range of a dose file.
pub type Rows<'a> = file::Rows<'a, Doses>;
/// What a dose file turned out to be.
pub type Summary = file::Summary<Doses>;
