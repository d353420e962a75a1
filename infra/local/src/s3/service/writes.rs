//! Writing and deleting objects.

use data_encoding::HEXLOWER;
use s3s::dto::{
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject,
    PutObjectInput, PutObjectOutput,
};
use s3s::{S3Request, S3Response, S3Result};

use super::super::checksum::{Expected, Sum, put_sum, sum_in};
use super::super::conditions::{WriteConditions, etag};
use super::super::content::take_in;
use super::super::index::{Cause, Described, Version};
use super::super::store::NewObject;
use super::Operations;
use super::reads::object_of;

/// Headers of an object as a write gives them.
macro_rules! described {
    ($input:expr) => {
        Described {
            content_type: $input.content_type.take(),
            content_encoding: $crate::s3::service::writes::stored_encoding(
                $input.content_encoding.take(),
            ),
            content_disposition: $input.content_disposition.take(),
            content_language: $input.content_language.take(),
            cache_control: $input.cache_control.take(),
            metadata: $input
                .metadata
                .take()
                .unwrap_or_default()
                .into_iter()
                .collect(),
        }
    };
}
pub(super) use described;

/// `aws-chunked` is how the body travelled, not what it is.
pub(super) fn stored_encoding(encoding: Option<String>) -> Option<String> {
    let encoding = encoding?;
    let kept: Vec<_> = encoding
        .split(',')
        .map(str::trim)
        .filter(|coding| *coding != "aws-chunked")
        .collect();
    (!kept.is_empty()).then(|| kept.join(","))
}

impl Operations {
    pub(super) async fn put(
        &self,
        mut request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let trailers = request.trailing_headers.take();
        let input = &mut request.input;
        self.store.look_into(&input.bucket, |_| Ok(()))?;
        let md5 = input.content_md5.take();
        let expected = Expected::from_request(
            input.content_length,
            md5,
            sum_in!(input),
            &request.headers,
            trailers,
        );
        let staged = take_in(input.body.take(), self.store.staging(), &expected).await?;
        let new = NewObject {
            key: std::mem::take(&mut input.key),
            etag: HEXLOWER.encode(&staged.digest.md5),
            sum: Some(staged.digest.sum.clone()),
            staged,
            described: described!(input),
            cause: Cause::Put,
            conditions: WriteConditions {
                matching: input.if_match.take(),
                none_matching: input.if_none_match.take(),
            },
            upload: None,
        };
        let version = self.store.create(&input.bucket, new).await?;
        let object = object_of(&version)?;
        let mut output = PutObjectOutput {
            e_tag: Some(etag(&object.etag)),
            version_id: self.shown_id(&input.bucket, &version)?,
            checksum_type: object.sum.as_ref().map(Sum::kind),
            ..PutObjectOutput::default()
        };
        put_sum!(output, object.sum);
        Ok(S3Response::new(output))
    }

    /// Version ids are shown only where the bucket has versions.
    pub(super) fn shown_id(&self, bucket: &str, version: &Version) -> S3Result<Option<String>> {
        self.store
            .look_into(bucket, |index| Ok(index.versioned.then(|| version.id())))
    }

    pub(super) async fn delete(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = request.input;
        let conditions = WriteConditions {
            matching: input.if_match,
            none_matching: None,
        };
        let done = self
            .store
            .delete(&input.bucket, &input.key, input.version_id, conditions)
            .await?;
        Ok(S3Response::new(DeleteObjectOutput {
            delete_marker: done.marker.then_some(true),
            version_id: done.version,
            ..DeleteObjectOutput::default()
        }))
    }

    pub(super) async fn delete_many(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let input = request.input;
        let mut deleted = Vec::new();
        let mut errors = Vec::new();
        for asked in input.delete.objects {
            let (key, id) = (asked.key, asked.version_id);
            let conditions = WriteConditions::default();
            match self
                .store
                .delete(&input.bucket, &key, id.clone(), conditions)
                .await
            {
                Ok(done) => deleted.push(DeletedObject {
                    key: Some(key),
                    delete_marker: done.marker.then_some(true),
                    delete_marker_version_id: done.version.filter(|_| done.marker),
                    version_id: id,
                }),
                Err(error) => errors.push(s3s::dto::Error {
                    key: Some(key),
                    version_id: id,
                    code: Some(error.code().as_str().to_owned()),
                    message: error.message().map(str::to_owned),
                }),
            }
        }
        if input.delete.quiet == Some(true) {
            deleted.clear();
        }
        Ok(S3Response::new(DeleteObjectsOutput {
            deleted: Some(deleted),
            errors: Some(errors),
            ..DeleteObjectsOutput::default()
        }))
    }
}
