#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod block;
mod entry;
mod merge;
mod reader;
mod rows;
mod writer;

pub use block::ManifestError;
pub use entry::{Entry, Presence, ShortTags};
pub use merge::{Merged, merge};
pub use reader::{Block, ManifestReader};
pub use rows::{CheckedRow, RowsReader, RowsWriter};
pub use writer::ManifestWriter;
