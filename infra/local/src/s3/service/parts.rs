//! Uploads in parts.

use std::io;

use data_encoding::HEXLOWER;
use futures::StreamExt as _;
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumType,
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CompletedPart,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::super::checksum::{Algorithm, Expected, Sum, composite, put_sum, sum_in};
use super::super::conditions::{WriteConditions, etag};
use super::super::content::{Intake, Staged, internal, take_in};
use super::super::index::{Cause, Described, Part, Upload};
use super::super::store::NewObject;
use super::Operations;
use super::reads::{object_of, unreadable};
use super::writes::described;

/// Every part but the last.
const SMALLEST_PART: u64 = 5 * 1024 * 1024;
const MOST_PARTS: i32 = 10_000;

impl Operations {
    pub(super) async fn begin(
        &self,
        mut request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = &mut request.input;
        let algorithm = match &input.checksum_algorithm {
            Some(name) => Some(
                Algorithm::named(name.as_str())
                    .ok_or_else(|| s3_error!(InvalidRequest, "unknown checksum algorithm"))?,
            ),
            None => None,
        };
        let asked_kind = input.checksum_type.as_ref().map(ChecksumType::as_str);
        let algorithm = algorithm.map(|algorithm| match asked_kind {
            Some(kind) => (algorithm, kind == ChecksumType::COMPOSITE),
            None => (algorithm, algorithm.composite_by_default()),
        });
        let upload = Upload {
            key: input.key.clone(),
            sequence: 0,
            initiated: self.store.now(),
            described: described!(input),
            algorithm,
            parts: std::collections::BTreeMap::new(),
        };
        let id = self.store.begin_upload(&input.bucket, upload).await?;
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(input.bucket.clone()),
            key: Some(input.key.clone()),
            upload_id: Some(id),
            checksum_algorithm: input.checksum_algorithm.take(),
            checksum_type: input.checksum_type.take(),
            ..CreateMultipartUploadOutput::default()
        }))
    }

    /// The upload that a part of this number may be sent to, and its checksum algorithm.
    pub(super) fn upload_taking(
        &self,
        bucket: &str,
        key: &str,
        id: &str,
        number: i32,
    ) -> S3Result<(u64, Option<Algorithm>)> {
        if !(1..=MOST_PARTS).contains(&number) {
            return Err(s3_error!(
                InvalidArgument,
                "part numbers go from 1 to {MOST_PARTS}"
            ));
        }
        self.store.look_into(bucket, |index| {
            let upload = index.upload(key, id)?;
            Ok((
                upload.sequence,
                upload.algorithm.map(|(algorithm, _)| algorithm),
            ))
        })
    }

    pub(super) async fn put_part(
        &self,
        mut request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let trailers = request.trailing_headers.take();
        let input = &mut request.input;
        let (upload, algorithm) = self.upload_taking(
            &input.bucket,
            &input.key,
            &input.upload_id,
            input.part_number,
        )?;
        let md5 = input.content_md5.take();
        let expected = Expected::from_request(
            input.content_length,
            md5,
            sum_in!(input),
            &request.headers,
            trailers,
        );
        if algorithm.is_some_and(|algorithm| algorithm != expected.algorithm()) {
            return Err(s3_error!(
                InvalidRequest,
                "the upload was begun with another checksum"
            ));
        }
        let staged = take_in(input.body.take(), self.store.staging(), &expected).await?;
        let number = input.part_number;
        let part = self
            .store
            .put_part(&input.bucket, upload, number, staged)
            .await?;
        let e_tag = Some(etag(&HEXLOWER.encode(&part.md5)));
        let mut output = UploadPartOutput {
            e_tag,
            ..UploadPartOutput::default()
        };
        put_sum!(output, Some(&part.sum));
        Ok(S3Response::new(output))
    }

    pub(super) async fn complete(
        &self,
        mut request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = &mut request.input;
        let upload = self.store.look_into(&input.bucket, |index| {
            index.upload(&input.key, &input.upload_id).cloned()
        })?;
        let asked = input.multipart_upload.take().and_then(|asked| asked.parts);
        let parts = chosen(&upload, &asked.unwrap_or_default())?;
        let staged = self.joined(&upload, &parts).await?;
        if input
            .mpu_object_size
            .is_some_and(|size| u64::try_from(size) != Ok(staged.size))
        {
            return Err(s3_error!(
                InvalidRequest,
                "the object has another size than was said"
            ));
        }
        let sum = object_sum(&upload, &parts, &staged)?;
        if let Some((algorithm, value)) = sum_in!(input)
            && (algorithm != sum.algorithm || value != sum.value)
        {
            return Err(s3_error!(BadDigest, "the checksum does not fit the object"));
        }
        let new = NewObject {
            key: input.key.clone(),
            etag: etag_of(&parts),
            sum: Some(sum),
            staged,
            described: upload.described.clone(),
            cause: Cause::Parts,
            conditions: WriteConditions {
                matching: input.if_match.take(),
                none_matching: input.if_none_match.take(),
            },
            upload: Some(upload.sequence),
        };
        let version = self.store.create(&input.bucket, new).await?;
        self.store
            .end_upload(&input.bucket, upload.sequence)
            .await?;
        let object = object_of(&version)?;
        let mut output = CompleteMultipartUploadOutput {
            bucket: Some(input.bucket.clone()),
            key: Some(input.key.clone()),
            e_tag: Some(etag(&object.etag)),
            version_id: self.shown_id(&input.bucket, &version)?,
            checksum_type: object.sum.as_ref().map(Sum::kind),
            ..CompleteMultipartUploadOutput::default()
        };
        put_sum!(output, object.sum);
        Ok(S3Response::new(output))
    }

    /// The bytes of all parts, one after the other.
    async fn joined(&self, upload: &Upload, parts: &[(i32, Part)]) -> S3Result<Staged> {
        let over_all = upload.algorithm.filter(|(_, composite)| !composite);
        let expected = Expected::running(over_all.map(|(algorithm, _)| algorithm));
        let staging = self.store.staging();
        let mut intake = Intake::begin(staging, &expected).await.map_err(internal)?;
        for (_, part) in parts {
            let mut body = part.content.read(0..part.size).await.map_err(unreadable)?;
            while let Some(piece) = body.next().await {
                let piece = piece.map_err(|error| internal(io::Error::other(error)))?;
                intake.push(&piece).await.map_err(internal)?;
            }
        }
        intake.finish().await.map_err(internal)
    }

    pub(super) async fn abort(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let input = request.input;
        let upload = self.store.look_into(&input.bucket, |index| {
            Ok(index.upload(&input.key, &input.upload_id)?.sequence)
        })?;
        self.store.end_upload(&input.bucket, upload).await?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }
}

/// The parts that the object is to be made of, by the rules of S3.
fn chosen(upload: &Upload, asked: &[CompletedPart]) -> S3Result<Vec<(i32, Part)>> {
    let mut parts = Vec::with_capacity(asked.len());
    let mut before = 0;
    for asked in asked {
        let number = asked.part_number.unwrap_or_default();
        if number <= before {
            return Err(s3_error!(InvalidPartOrder));
        }
        before = number;
        let part = upload
            .parts
            .get(&number)
            .ok_or_else(|| s3_error!(InvalidPart))?;
        let etag = HEXLOWER.encode(&part.md5);
        if asked
            .e_tag
            .as_ref()
            .is_some_and(|asked| asked.value() != etag)
        {
            return Err(s3_error!(InvalidPart));
        }
        match sum_in!(asked) {
            Some((algorithm, value))
                if algorithm != part.sum.algorithm || value != part.sum.value =>
            {
                return Err(s3_error!(InvalidPart));
            }
            None if upload.algorithm.is_some_and(|(_, composite)| composite) => {
                return Err(s3_error!(
                    InvalidRequest,
                    "part {number} lacks its checksum"
                ));
            }
            _ => {}
        }
        parts.push((number, part.clone()));
    }
    let Some((_, all_but_last)) = parts.split_last() else {
        return Err(s3_error!(MalformedXML, "no parts"));
    };
    if all_but_last
        .iter()
        .any(|(_, part)| part.size < SMALLEST_PART)
    {
        return Err(s3_error!(EntityTooSmall));
    }
    Ok(parts)
}

fn object_sum(upload: &Upload, parts: &[(i32, Part)], staged: &Staged) -> S3Result<Sum> {
    match upload.algorithm {
        Some((algorithm, true)) => {
            let sums = parts.iter().map(|(_, part)| part.sum.value.as_str());
            composite(algorithm, sums).ok_or_else(|| s3_error!(InternalError))
        }
        _ => Ok(staged.digest.sum.clone()),
    }
}

/// The digest of the parts' digests, and how many there are.
fn etag_of(parts: &[(i32, Part)]) -> String {
    let mut digest = Md5::new();
    for (_, part) in parts {
        digest.update(&part.md5);
    }
    format!("{}-{}", HEXLOWER.encode(&digest.finalize()), parts.len())
}
