#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod checked;
mod errors_file;
mod places;

pub use checked::{CheckedFile, refused_of};
pub use errors_file::ErrorsFile;
pub use places::{DroppedFile, Mark, Places};

/// A file could not be read again.
#[derive(Debug, thiserror::Error)]
pub enum RereadError {
    /// A bucket failed.
    #[error("a bucket failed")]
    Objects(#[from] objects::ObjectsError),
    /// Reading the same bytes twice gave different rows.
    #[error("the file does not read as it did: {what}")]
    NotAsRead {
        /// What differs.
        what: &'static str,
    },
}

impl RereadError {
    /// Whether the same call may succeed later without anybody doing something.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Objects(error) => error.is_passing(),
            Self::NotAsRead { .. } => false,
        }
    }
}
