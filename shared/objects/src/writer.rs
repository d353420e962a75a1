use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use bytes::{Bytes, BytesMut};
use domain::TenantScope;

use crate::{InboxKey, ObjectName, Objects, ObjectsError};

/// Bytes of a part. S3 wants at least 5 MiB of each but the last, and at most 10,000 parts: an
/// object of up to 80 GB.
const PART: usize = 8 * 1024 * 1024;

/// Writes one object as its bytes come, holding up to 8 MiB of them.
///
/// What fits into one part is written by one call; longer objects go up in parts and exist only
/// once [`Self::finish`] has returned. Dropped before that, nothing exists, but parts already
/// sent stay until [`Self::abort`] or, after a crash, until the bucket's lifecycle rule for
/// unfinished uploads takes them.
pub struct Writer {
    client: Client,
    bucket: Arc<str>,
    key: String,
    content_type: &'static str,
    buffer: BytesMut,
    parts: Option<Parts>,
}

/// An upload in parts that has begun.
struct Parts {
    upload: String,
    done: Vec<CompletedPart>,
}

impl Objects {
    /// Begins an object of our own. Asks nothing of S3 yet.
    #[must_use]
    pub fn writer(&self, scope: &TenantScope, name: &ObjectName) -> Writer {
        self.writer_at(scope, name.key(scope), name.content_type())
    }

    /// Begins a file in the tenant's inbox, as a municipality would drop it.
    pub fn drop_writer(&self, scope: &TenantScope, key: &InboxKey) -> Result<Writer, ObjectsError> {
        if key.tenant() != scope.code() {
            return Err(ObjectsError::Foreign);
        }
        Ok(self.writer_at(scope, key.key(), "text/csv"))
    }

    /// Writes a small object at once; returns its version.
    pub async fn put_small(
        &self,
        scope: &TenantScope,
        name: &ObjectName,
        bytes: Bytes,
    ) -> Result<String, ObjectsError> {
        self.writer_at(scope, name.key(scope), name.content_type())
            .put(bytes)
            .await
    }

    fn writer_at(&self, scope: &TenantScope, key: String, content_type: &'static str) -> Writer {
        Writer::new(
            self.client(scope),
            Arc::clone(&self.bucket),
            key,
            content_type,
        )
    }
}

impl Writer {
    pub(crate) fn new(
        client: Client,
        bucket: Arc<str>,
        key: String,
        content_type: &'static str,
    ) -> Self {
        Self {
            client,
            bucket,
            key,
            content_type,
            buffer: BytesMut::new(),
            parts: None,
        }
    }

    /// Appends bytes; sends a part when there are enough.
    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<(), ObjectsError> {
        while !bytes.is_empty() {
            // A full buffer is sent only when more follows: the last part may be short, and an
            // object of exactly one part needs no upload in parts.
            if self.buffer.len() == PART {
                let part = self.buffer.split().freeze();
                self.send_part(part).await?;
            }
            let (now, later) = bytes.split_at(bytes.len().min(PART - self.buffer.len()));
            self.buffer.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// Makes the object exist; returns its version.
    ///
    /// When the answer is lost and the call repeated, the object may exist although this fails
    /// with "try again". Writing it anew is harmless.
    pub async fn finish(mut self) -> Result<String, ObjectsError> {
        const CALL: &str = "CompleteMultipartUpload";
        let last = self.buffer.split().freeze();
        if self.parts.is_none() {
            return self.put(last).await;
        }
        self.send_part(last).await?;
        let Some(parts) = self.parts else {
            return Err(ObjectsError::ours(CALL, "NotBegun"));
        };
        let done = CompletedMultipartUpload::builder()
            .set_parts(Some(parts.done))
            .build();
        let answer = self
            .client
            .complete_multipart_upload()
            .bucket(&*self.bucket)
            .key(self.key)
            .upload_id(parts.upload)
            .multipart_upload(done)
            .checksum_type(ChecksumType::FullObject)
            .send()
            .await
            .map_err(|error| ObjectsError::from_sdk(CALL, &error))?;
        version(CALL, answer.version_id)
    }

    /// Gives the object up and removes the parts already sent.
    pub async fn abort(self) -> Result<(), ObjectsError> {
        let Some(parts) = self.parts else {
            return Ok(());
        };
        let aborted = self
            .client
            .abort_multipart_upload()
            .bucket(&*self.bucket)
            .key(self.key)
            .upload_id(parts.upload)
            .send()
            .await;
        match aborted {
            Ok(_) => Ok(()),
            Err(error) => Err(ObjectsError::from_sdk("AbortMultipartUpload", &error)),
        }
    }

    pub(crate) async fn put(self, bytes: Bytes) -> Result<String, ObjectsError> {
        const CALL: &str = "PutObject";
        let answer = self
            .client
            .put_object()
            .bucket(&*self.bucket)
            .key(self.key)
            .content_type(self.content_type)
            .body(bytes.into())
            .send()
            .await
            .map_err(|error| ObjectsError::from_sdk(CALL, &error))?;
        version(CALL, answer.version_id)
    }

    async fn send_part(&mut self, bytes: Bytes) -> Result<(), ObjectsError> {
        const CALL: &str = "UploadPart";
        let parts = match self.parts.take() {
            Some(parts) => self.parts.insert(parts),
            None => self.parts.insert(Parts {
                upload: self.begin().await?,
                done: Vec::new(),
            }),
        };
        let number = i32::try_from(parts.done.len() + 1)
            .map_err(|_| ObjectsError::ours(CALL, "TooManyParts"))?;
        let answer = self
            .client
            .upload_part()
            .bucket(&*self.bucket)
            .key(&self.key)
            .upload_id(&parts.upload)
            .part_number(number)
            .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
            .body(bytes.into())
            .send()
            .await
            .map_err(|error| ObjectsError::from_sdk(CALL, &error))?;
        parts.done.push(
            CompletedPart::builder()
                .part_number(number)
                .set_e_tag(answer.e_tag)
                .set_checksum_crc64_nvme(answer.checksum_crc64_nvme)
                .build(),
        );
        Ok(())
    }

    /// The checksum that runs over the whole object: S3 computes and keeps it itself.
    async fn begin(&self) -> Result<String, ObjectsError> {
        const CALL: &str = "CreateMultipartUpload";
        let answer = self
            .client
            .create_multipart_upload()
            .bucket(&*self.bucket)
            .key(&self.key)
            .content_type(self.content_type)
            .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
            .checksum_type(ChecksumType::FullObject)
            .send()
            .await
            .map_err(|error| ObjectsError::from_sdk(CALL, &error))?;
        answer
            .upload_id
            .ok_or_else(|| ObjectsError::ours(CALL, "NoUploadId"))
    }
}

/// Without versions nothing could be pinned.
fn version(call: &'static str, id: Option<String>) -> Result<String, ObjectsError> {
    id.ok_or_else(|| ObjectsError::ours(call, "BucketWithoutVersions"))
}
