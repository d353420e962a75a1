use std::sync::Arc;

use aws_sdk_s3::Client;
use bytes::Bytes;
use domain::UploadId;

use crate::{ObjectName, ObjectsError, Writer, names::unassigned_receipt};

/// The part of the drop bucket that is nobody's: receipts of files that lie under no known tenant or
/// kind, where only the operator looks.
pub struct Unassigned {
    client: Client,
    bucket: Arc<str>,
}

impl Unassigned {
    /// Works in `bucket`, with rights of the function's own.
    #[must_use]
    pub fn new(client: Client, bucket: String) -> Self {
        Self {
            client,
            bucket: bucket.into(),
        }
    }

    /// Writes a receipt at once; returns its version.
    pub async fn put_receipt(
        &self,
        upload: UploadId,
        receipt: Bytes,
    ) -> Result<String, ObjectsError> {
        let (client, bucket) = (self.client.clone(), Arc::clone(&self.bucket));
        let kind = ObjectName::Receipt(upload).content_type();
        let writer = Writer::new(client, bucket, unassigned_receipt(upload), kind);
        writer.put(receipt).await
    }
}
