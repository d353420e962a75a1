//! Copying objects, whole or as parts of an upload.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopyPartResult, CopySource,
    MetadataDirective, Range, UploadPartCopyInput, UploadPartCopyOutput,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::super::checksum::{Expected, put_sum};
use super::super::conditions::{ReadConditions, WriteConditions, etag, timestamp};
use super::super::content::take_in;
use super::super::index::{Cause, Described, Version};
use super::super::store::NewObject;
use super::Operations;
use super::reads::{deleted, object_of, unreadable};
use super::writes::described;

/// What a copy asks of its source.
macro_rules! source_conditions {
    ($input:expr) => {
        ReadConditions {
            matching: $input.copy_source_if_match.take(),
            none_matching: $input.copy_source_if_none_match.take(),
            modified_since: $input.copy_source_if_modified_since.take(),
            unmodified_since: $input.copy_source_if_unmodified_since.take(),
        }
    };
}

/// An object to be copied from.
struct Source {
    bucket: String,
    version: Arc<Version>,
}

impl Operations {
    pub(super) async fn copy(
        &self,
        mut request: S3Request<CopyObjectInput>,
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        let input = &mut request.input;
        let source = self.source(&input.copy_source, &source_conditions!(input))?;
        let object = object_of(&source.version)?;
        let body = object
            .content
            .read(0..object.size)
            .await
            .map_err(unreadable)?;
        let staged = take_in(Some(body), self.store.staging(), &Expected::default()).await?;
        let directive = input
            .metadata_directive
            .as_ref()
            .map(MetadataDirective::as_str);
        let new = NewObject {
            key: std::mem::take(&mut input.key),
            etag: HEXLOWER.encode(&staged.digest.md5),
            sum: Some(staged.digest.sum.clone()),
            staged,
            described: match directive {
                Some(MetadataDirective::REPLACE) => described!(input),
                _ => object.described.clone(),
            },
            cause: Cause::Copy,
            conditions: WriteConditions::default(),
            upload: None,
        };
        let version = self.store.create(&input.bucket, new).await?;
        let result = CopyObjectResult {
            e_tag: Some(etag(&object_of(&version)?.etag)),
            last_modified: Some(timestamp(version.modified)),
            ..CopyObjectResult::default()
        };
        Ok(S3Response::new(CopyObjectOutput {
            copy_object_result: Some(result),
            copy_source_version_id: self.shown_id(&source.bucket, &source.version)?,
            version_id: self.shown_id(&input.bucket, &version)?,
            ..CopyObjectOutput::default()
        }))
    }

    pub(super) async fn copy_part(
        &self,
        mut request: S3Request<UploadPartCopyInput>,
    ) -> S3Result<S3Response<UploadPartCopyOutput>> {
        let input = &mut request.input;
        let (upload, algorithm) = self.upload_taking(
            &input.bucket,
            &input.key,
            &input.upload_id,
            input.part_number,
        )?;
        let source = self.source(&input.copy_source, &source_conditions!(input))?;
        let object = object_of(&source.version)?;
        let bytes = match &input.copy_source_range {
            Some(range) => Range::parse(range)
                .map_err(|_| s3_error!(InvalidArgument))?
                .check(object.size)?,
            None => 0..object.size,
        };
        let body = object.content.read(bytes).await.map_err(unreadable)?;
        let expected = Expected::running(algorithm);
        let staged = take_in(Some(body), self.store.staging(), &expected).await?;
        let number = input.part_number;
        let part = self
            .store
            .put_part(&input.bucket, upload, number, staged)
            .await?;
        let mut result = CopyPartResult {
            e_tag: Some(etag(&HEXLOWER.encode(&part.md5))),
            last_modified: Some(timestamp(part.modified)),
            ..CopyPartResult::default()
        };
        put_sum!(result, Some(&part.sum));
        Ok(S3Response::new(UploadPartCopyOutput {
            copy_part_result: Some(result),
            copy_source_version_id: self.shown_id(&source.bucket, &source.version)?,
            ..UploadPartCopyOutput::default()
        }))
    }

    fn source(&self, asked: &CopySource, conditions: &ReadConditions) -> S3Result<Source> {
        let CopySource::Bucket {
            bucket,
            key,
            version_id,
        } = asked
        else {
            return Err(s3_error!(NotImplemented, "only buckets are copied from"));
        };
        let id = version_id.as_deref();
        let version = self.store.look_into(bucket, |index| index.find(key, id))?;
        let object = version
            .object()
            .ok_or_else(|| deleted(&version, id.is_some()))?;
        conditions.check(&version, object)?;
        Ok(Source {
            bucket: bucket.to_string(),
            version,
        })
    }
}
