#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod error;
mod inbox;
mod lapsed;
mod links;
mod names;
mod pinned;
mod reader;
mod writer;

use std::sync::Arc;

use aws_sdk_s3::Client;
pub use error::ObjectsError;
pub use inbox::{InboxKey, NotInInbox};
pub use links::{DownloadLink, UploadLink};
pub use names::ObjectName;
pub use pinned::{Head, PinnedObject};
pub use reader::RangedReader;
pub use writer::Writer;

/// One bucket. Clones are cheap and share the client.
#[derive(Clone)]
pub struct Objects {
    client: Client,
    bucket: Arc<str>,
}

impl Objects {
    /// Works in `bucket`, which must keep versions.
    #[must_use]
    pub fn new(client: Client, bucket: String) -> Self {
        Self {
            client,
            bucket: bucket.into(),
        }
    }

    /// Whether this is the bucket of that name.
    #[must_use]
    pub fn is_bucket(&self, name: &str) -> bool {
        *self.bucket == *name
    }
}
