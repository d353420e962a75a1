#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod absent;
mod error;
mod inbox;
mod lapsed;
mod links;
mod names;
mod pinned;
mod reader;
mod unassigned;
mod writer;

use std::sync::Arc;

use aws_sdk_s3::Client;
use domain::{PerTenant, TenantScope};
pub use error::ObjectsError;
pub use inbox::{InboxKey, NotInInbox, key_of_event, upload_of, upload_of_event};
pub use links::{DownloadLink, UploadLink, is_in_sight};
pub use names::{ExportFile, ObjectName};
pub use pinned::{Head, PinnedObject};
pub use reader::RangedReader;
pub use unassigned::Unassigned;
pub use writer::Writer;

/// What the mark of a dropped file is called among its metadata: the header is `x-amz-meta-by`.
const MARK: &str = "by";

/// One bucket. Clones are cheap and share the clients.
#[derive(Clone)]
pub struct Objects {
    clients: PerTenant<Client>,
    bucket: Arc<str>,
}

impl Objects {
    /// Works in `bucket`, which must keep versions, through the SDK's client: one for all, or one for
    /// each municipality.
    #[must_use]
    pub fn new(clients: impl Into<PerTenant<Client>>, bucket: String) -> Self {
        Self {
            clients: clients.into(),
            bucket: bucket.into(),
        }
    }

    /// The client that may touch what is this municipality's.
    pub(crate) fn client(&self, scope: &TenantScope) -> Client {
        self.clients.of(scope.code())
    }

    /// Whether this is the bucket of that name.
    #[must_use]
    pub fn is_bucket(&self, name: &str) -> bool {
        *self.bucket == *name
    }
}
