//! The calls of S3 that are answered; every other one is `NotImplemented` by the trait itself.

use std::sync::Arc;

use async_trait::async_trait;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput,
    DeleteObjectsOutput, GetBucketLocationInput, GetBucketLocationOutput, GetBucketVersioningInput,
    GetBucketVersioningOutput, GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput,
    HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput,
    ListMultipartUploadsInput, ListMultipartUploadsOutput, ListObjectVersionsInput,
    ListObjectVersionsOutput, ListObjectsV2Input, ListObjectsV2Output, ListPartsInput,
    ListPartsOutput, PutObjectInput, PutObjectOutput, UploadPartCopyInput, UploadPartCopyOutput,
    UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Request, S3Response, S3Result};

use super::store::Store;

mod buckets;
mod copies;
mod lists;
mod parts;
mod reads;
mod writes;

/// The store behind the trait of `s3s`. Each call is a method of its own name below.
pub(super) struct Operations {
    store: Arc<Store>,
}

impl Operations {
    pub(super) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }
}

/// Forwards calls of the trait to inherent methods: those that wait for bytes or for the disk,
/// and those that only look into the index.
macro_rules! answered {
    (
        waiting { $($call:ident => $method:ident($input:ty) -> $output:ty;)* }
        at_once { $($quick:ident => $look:ident($question:ty) -> $answer:ty;)* }
    ) => {
        #[async_trait]
        impl S3 for Operations {
            $(
                async fn $call(
                    &self,
                    request: S3Request<$input>,
                ) -> S3Result<S3Response<$output>> {
                    self.$method(request).await
                }
            )*
            $(
                async fn $quick(
                    &self,
                    request: S3Request<$question>,
                ) -> S3Result<S3Response<$answer>> {
                    self.$look(request)
                }
            )*
        }
    };
}

answered! {
    waiting {
        put_object => put(PutObjectInput) -> PutObjectOutput;
        copy_object => copy(CopyObjectInput) -> CopyObjectOutput;
        delete_object => delete(DeleteObjectInput) -> DeleteObjectOutput;
        delete_objects => delete_many(DeleteObjectsInput) -> DeleteObjectsOutput;
        get_object => get(GetObjectInput) -> GetObjectOutput;
        create_multipart_upload => begin(CreateMultipartUploadInput) -> CreateMultipartUploadOutput;
        upload_part => put_part(UploadPartInput) -> UploadPartOutput;
        upload_part_copy => copy_part(UploadPartCopyInput) -> UploadPartCopyOutput;
        complete_multipart_upload => complete(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput;
        abort_multipart_upload => abort(AbortMultipartUploadInput) -> AbortMultipartUploadOutput;
    }
    at_once {
        head_object => head(HeadObjectInput) -> HeadObjectOutput;
        list_parts => list_parts_of(ListPartsInput) -> ListPartsOutput;
        list_multipart_uploads => list_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput;
        list_objects_v2 => list(ListObjectsV2Input) -> ListObjectsV2Output;
        list_object_versions => list_versions(ListObjectVersionsInput) -> ListObjectVersionsOutput;
        list_buckets => buckets(ListBucketsInput) -> ListBucketsOutput;
        head_bucket => bucket(HeadBucketInput) -> HeadBucketOutput;
        get_bucket_location => location(GetBucketLocationInput) -> GetBucketLocationOutput;
        get_bucket_versioning => versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput;
    }
}
