//! A file of any layout: its encoding told, its header bound, its records cut, its cells read. What a
//! column means and what a row says, the layouts know.

mod cells;
mod check;
mod header;
mod layout;
mod row;
mod rows;
mod values;

pub(crate) use cells::{Piece, RowCheck, TextPiece};
pub(crate) use check::{Check, Summary};
pub(crate) use header::Header;
pub use layout::ERROR_COLUMNS;
pub(crate) use layout::{INDEX_BITS, Layout, LayoutColumn, MAX_ROWS};
pub(crate) use row::Record;
pub use row::{Rules, Span};
pub(crate) use rows::Rows;
