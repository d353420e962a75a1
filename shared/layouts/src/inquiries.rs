//! The layout of bulk inquiries (一括照会): whom to ask about and on which legal basis, one a row; and that
//! of the answers.

mod answers;
mod columns;
mod duplicates;
mod row;
mod rules;

use crate::file;

pub use answers::{AnsweredDose, AnswersWriter};
pub use columns::Column;
pub use duplicates::{Duplicates, ReferenceSuspects};
pub use row::{InquiryRow, RowKeys};
pub use rules::Inquiries;

/// Checks a file of inquiries.
pub type Check = file::Check<Inquiries>;
/// The header of a file of inquiries.
pub type Header = file::Header<Inquiries>;
/// One record of a file of inquiries.
pub type Record<'a> = file::Record<'a, Inquiries>;
/// The records of a range of a file of inquiries.
pub type Rows<'a> = file::Rows<'a, Inquiries>;
/// What a file of inquiries turned out to be.
pub type Summary = file::Summary<Inquiries>;
