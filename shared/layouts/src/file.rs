//! A file of any layout: its encoding told, its header bound, its records cut, its cells read. What a
//! column means and what a row says, the layouts know.

mod cells;
mod check;
mod header;
mod keys;
mod layout;
mod row;
mod rows;
mod values;

pub(crate) use cells::{Piece, RowCheck, TextPiece};
pub use check::{Check, Summary};
pub use header::{FoundHeader, Header};
pub use keys::Suspect;
pub(crate) use keys::{Keys, hash, spread};
pub(crate) use layout::of_name;
pub use layout::{Duplicates, ERROR_COLUMNS, Layout, LayoutColumn, Suspects};
pub use row::{Record, Rules, Span};
pub use rows::Rows;
