//! What there is to know about buckets.

use s3s::dto::{
    Bucket, BucketLocationConstraint, BucketVersioningStatus, GetBucketLocationInput,
    GetBucketLocationOutput, GetBucketVersioningInput, GetBucketVersioningOutput, HeadBucketInput,
    HeadBucketOutput, ListBucketsInput, ListBucketsOutput,
};
use s3s::{S3Request, S3Response, S3Result};

use super::super::conditions::timestamp;
use super::Operations;

impl Operations {
    #[expect(clippy::unnecessary_wraps, reason = "the shape of every call")]
    pub(super) fn buckets(
        &self,
        _: S3Request<ListBucketsInput>,
    ) -> S3Result<S3Response<ListBucketsOutput>> {
        let buckets = self.store.look(|buckets| {
            let bucket = |(name, index): (&String, &super::super::index::BucketIndex)| Bucket {
                name: Some(name.clone()),
                creation_date: Some(timestamp(index.created)),
                ..Bucket::default()
            };
            buckets.iter().map(bucket).collect()
        });
        let output = ListBucketsOutput {
            buckets: Some(buckets),
            ..ListBucketsOutput::default()
        };
        Ok(S3Response::new(output))
    }

    pub(super) fn bucket(
        &self,
        request: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        self.store.look_into(&request.input.bucket, |_| Ok(()))?;
        let bucket_region = request.region.map(|region| region.as_str().to_owned());
        Ok(S3Response::new(HeadBucketOutput {
            bucket_region,
            ..HeadBucketOutput::default()
        }))
    }

    /// Every bucket is where the caller takes it to be; of us-east-1 S3 says nothing.
    pub(super) fn location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        self.store.look_into(&request.input.bucket, |_| Ok(()))?;
        let region = request.region.map(|region| region.as_str().to_owned());
        let region = region.filter(|region| region != "us-east-1");
        let location_constraint = region.map(BucketLocationConstraint::from);
        Ok(S3Response::new(GetBucketLocationOutput {
            location_constraint,
        }))
    }

    #[expect(clippy::needless_pass_by_value, reason = "the shape of every call")]
    pub(super) fn versioning(
        &self,
        request: S3Request<GetBucketVersioningInput>,
    ) -> S3Result<S3Response<GetBucketVersioningOutput>> {
        let versioned = self
            .store
            .look_into(&request.input.bucket, |index| Ok(index.versioned))?;
        let enabled = BucketVersioningStatus::from_static(BucketVersioningStatus::ENABLED);
        let status = versioned.then_some(enabled);
        let output = GetBucketVersioningOutput {
            status,
            ..GetBucketVersioningOutput::default()
        };
        Ok(S3Response::new(output))
    }
}
