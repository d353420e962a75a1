//! Reading objects.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue, StatusCode};
use s3s::dto::{ChecksumMode, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput};
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};

use super::super::checksum::{Sum, put_sum};
use super::super::conditions::{ReadConditions, etag, timestamp};
use super::super::content::internal;
use super::super::index::{Object, Version};
use super::Operations;

/// What a read asks for, whether it wants the bytes or only their description.
struct Asked {
    bucket: String,
    key: String,
    version_id: Option<String>,
    conditions: ReadConditions,
    range: Option<s3s::dto::Range>,
    part_number: Option<i32>,
    checksum_mode: Option<ChecksumMode>,
}

macro_rules! asked {
    ($input:expr) => {
        Asked {
            bucket: $input.bucket,
            key: $input.key,
            version_id: $input.version_id,
            conditions: ReadConditions {
                matching: $input.if_match,
                none_matching: $input.if_none_match,
                modified_since: $input.if_modified_since,
                unmodified_since: $input.if_unmodified_since,
            },
            range: $input.range,
            part_number: $input.part_number,
            checksum_mode: $input.checksum_mode,
        }
    };
}

/// What a read found.
struct Found {
    version: Arc<Version>,
    version_id: Option<String>,
    bytes: Range<u64>,
    content_range: Option<String>,
    with_sum: bool,
}

impl Operations {
    pub(super) async fn get(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let found = self.found(&asked!(request.input))?;
        let object = object_of(&found.version)?;
        let body = object
            .content
            .read(found.bytes.clone())
            .await
            .map_err(unreadable)?;
        let head = described(&found, object)?;
        let mut output = GetObjectOutput {
            body: Some(body),
            accept_ranges: head.accept_ranges,
            cache_control: head.cache_control,
            content_disposition: head.content_disposition,
            content_encoding: head.content_encoding,
            content_language: head.content_language,
            content_length: head.content_length,
            content_range: head.content_range,
            content_type: head.content_type,
            e_tag: head.e_tag,
            last_modified: head.last_modified,
            metadata: head.metadata,
            version_id: head.version_id,
            ..GetObjectOutput::default()
        };
        if found.with_sum {
            output.checksum_type = head.checksum_type;
            put_sum!(output, object.sum);
        }
        Ok(S3Response::new(output))
    }

    pub(super) fn head(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let found = self.found(&asked!(request.input))?;
        let output = described(&found, object_of(&found.version)?)?;
        let partial = output.content_range.is_some();
        let status = if partial {
            StatusCode::PARTIAL_CONTENT
        } else {
            StatusCode::OK
        };
        Ok(S3Response::with_status(output, status))
    }

    fn found(&self, asked: &Asked) -> S3Result<Found> {
        if asked.part_number.is_some() {
            return Err(s3_error!(
                NotImplemented,
                "reads by part number are not implemented"
            ));
        }
        let (version, versioned) = self.store.look_into(&asked.bucket, |index| {
            Ok((
                index.find(&asked.key, asked.version_id.as_deref())?,
                index.versioned,
            ))
        })?;
        let Some(object) = version.object() else {
            return Err(deleted(&version, asked.version_id.is_some()));
        };
        asked.conditions.check(&version, object)?;
        let bytes = match &asked.range {
            Some(range) => range.check(object.size)?,
            None => 0..object.size,
        };
        let content_range = asked.range.is_some().then(|| {
            format!(
                "bytes {}-{}/{}",
                bytes.start,
                bytes.end.saturating_sub(1),
                object.size
            )
        });
        let asks_for_sum =
            asked.checksum_mode.as_ref().map(ChecksumMode::as_str) == Some(ChecksumMode::ENABLED);
        let with_sum = asks_for_sum && content_range.is_none();
        let version_id = versioned.then(|| version.id());
        Ok(Found {
            version,
            version_id,
            bytes,
            content_range,
            with_sum,
        })
    }
}

fn described(found: &Found, object: &Object) -> S3Result<HeadObjectOutput> {
    let length = found.bytes.end - found.bytes.start;
    let length = i64::try_from(length).map_err(|e| internal(io::Error::other(e)))?;
    let described = object.described.clone();
    let mut output = HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        cache_control: described.cache_control,
        content_disposition: described.content_disposition,
        content_encoding: described.content_encoding,
        content_language: described.content_language,
        content_length: Some(length),
        content_range: found.content_range.clone(),
        content_type: described.content_type,
        e_tag: Some(etag(&object.etag)),
        last_modified: Some(timestamp(found.version.modified)),
        metadata: Some(described.metadata.into_iter().collect()),
        version_id: found.version_id.clone(),
        ..HeadObjectOutput::default()
    };
    if found.with_sum {
        output.checksum_type = object.sum.as_ref().map(Sum::kind);
        put_sum!(output, object.sum);
    }
    Ok(output)
}

/// The same condition as in [`Operations::found`], for a version that came out of it.
pub(super) fn object_of(version: &Version) -> S3Result<&Object> {
    version.object().ok_or_else(|| deleted(version, false))
}

/// As S3 tells it: a key that was deleted is missing; the marker itself cannot be read.
pub(super) fn deleted(version: &Version, asked_by_id: bool) -> S3Error {
    let mut error = if asked_by_id {
        s3_error!(MethodNotAllowed)
    } else {
        s3_error!(NoSuchKey)
    };
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-delete-marker", HeaderValue::from_static("true"));
    if let Ok(id) = HeaderValue::from_str(&version.id()) {
        headers.insert("x-amz-version-id", id);
    }
    error.set_headers(headers);
    error
}

/// A file that is gone belonged to a version deleted a moment ago.
pub(super) fn unreadable(error: io::Error) -> S3Error {
    if error.kind() == io::ErrorKind::NotFound {
        s3_error!(NoSuchKey)
    } else {
        internal(error)
    }
}
