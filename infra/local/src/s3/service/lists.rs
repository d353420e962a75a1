//! Listings.

use data_encoding::BASE64URL_NOPAD;
use data_encoding::HEXLOWER;
use s3s::dto::{
    CommonPrefix, DeleteMarkerEntry, EncodingType, ListMultipartUploadsInput,
    ListMultipartUploadsOutput, ListObjectVersionsInput, ListObjectVersionsOutput,
    ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput, MultipartUpload,
    Object, ObjectStorageClass, ObjectVersion, ObjectVersionStorageClass, Part,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::super::checksum::put_sum;
use super::super::conditions::{etag, timestamp};
use super::super::index::{Version, id_of};
use super::super::listing::{Mark, Query, objects, versions};
use super::super::notification::percent_encoded;
use super::Operations;

const PAGE: i32 = 1000;

fn page_limit(asked: Option<i32>) -> S3Result<(i32, usize)> {
    let shown = asked.unwrap_or(PAGE).min(PAGE);
    let limit = usize::try_from(shown).map_err(|_| s3_error!(InvalidArgument))?;
    Ok((shown, limit))
}

/// Keys as they are, or percent-encoded for clients that fear what XML cannot carry.
struct Spelling(bool);

impl Spelling {
    fn asked(encoding: Option<&EncodingType>) -> Self {
        Self(encoding.is_some_and(|encoding| encoding.as_str() == EncodingType::URL))
    }

    fn of(&self, text: &str) -> String {
        if self.0 {
            percent_encoded(text)
        } else {
            text.to_owned()
        }
    }

    fn groups(&self, groups: &[String]) -> Vec<CommonPrefix> {
        groups
            .iter()
            .map(|group| CommonPrefix {
                prefix: Some(self.of(group)),
            })
            .collect()
    }
}

impl Operations {
    pub(super) fn list(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        let (max_keys, limit) = page_limit(input.max_keys)?;
        let after = match &input.continuation_token {
            Some(token) => Some(key_in(token)?),
            None => input.start_after.clone(),
        };
        let query = Query {
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input
                .delimiter
                .as_deref()
                .filter(|delimiter| !delimiter.is_empty()),
            limit,
        };
        let page = self.store.look_into(&input.bucket, |index| {
            Ok(objects(index, &query, after.as_deref()))
        })?;
        let spelling = Spelling::asked(input.encoding_type.as_ref());
        let contents: Vec<_> = page
            .versions
            .iter()
            .filter_map(|v| entry(v, &spelling))
            .collect();
        let groups = spelling.groups(&page.groups);
        let count = i32::try_from(contents.len() + groups.len()).unwrap_or(PAGE);
        Ok(S3Response::new(ListObjectsV2Output {
            name: Some(input.bucket),
            prefix: input.prefix.as_deref().map(|prefix| spelling.of(prefix)),
            delimiter: input
                .delimiter
                .as_deref()
                .map(|delimiter| spelling.of(delimiter)),
            start_after: input.start_after.as_deref().map(|key| spelling.of(key)),
            encoding_type: input.encoding_type,
            max_keys: Some(max_keys),
            key_count: Some(count),
            is_truncated: Some(page.more.is_some()),
            continuation_token: input.continuation_token,
            next_continuation_token: page
                .more
                .map(|mark| BASE64URL_NOPAD.encode(mark.key.as_bytes())),
            contents: Some(contents),
            common_prefixes: Some(groups),
            ..ListObjectsV2Output::default()
        }))
    }

    pub(super) fn list_versions(
        &self,
        request: S3Request<ListObjectVersionsInput>,
    ) -> S3Result<S3Response<ListObjectVersionsOutput>> {
        let input = request.input;
        let (max_keys, limit) = page_limit(input.max_keys)?;
        let after = match (&input.key_marker, &input.version_id_marker) {
            (Some(key), id) if !key.is_empty() => Some(Mark {
                key: key.clone(),
                sequence: match id.as_deref().filter(|id| !id.is_empty()) {
                    Some(id) => Some(
                        u64::from_str_radix(id, 16)
                            .map_err(|_| s3_error!(InvalidArgument, "not a version id"))?,
                    ),
                    None => None,
                },
            }),
            _ => None,
        };
        let query = Query {
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input
                .delimiter
                .as_deref()
                .filter(|delimiter| !delimiter.is_empty()),
            limit,
        };
        let spelling = Spelling::asked(input.encoding_type.as_ref());
        let (page, found, markers) = self.store.look_into(&input.bucket, |index| {
            let page = versions(index, &query, after.as_ref());
            let mut found = Vec::new();
            let mut markers = Vec::new();
            for version in &page.versions {
                let newest = index.newest(&version.key).map(|newest| newest.sequence);
                let newest = newest == Some(version.sequence);
                // Where the bucket has no versions, S3 calls the one there is `null`.
                let id = if index.versioned {
                    version.id()
                } else {
                    "null".to_owned()
                };
                match version_entry(version, id.clone(), newest, &spelling) {
                    Some(entry) => found.push(entry),
                    None => markers.push(DeleteMarkerEntry {
                        key: Some(spelling.of(&version.key)),
                        version_id: Some(id),
                        is_latest: Some(newest),
                        last_modified: Some(timestamp(version.modified)),
                        owner: None,
                    }),
                }
            }
            Ok((page, found, markers))
        })?;
        Ok(S3Response::new(ListObjectVersionsOutput {
            name: Some(input.bucket),
            prefix: input.prefix.as_deref().map(|prefix| spelling.of(prefix)),
            delimiter: input
                .delimiter
                .as_deref()
                .map(|delimiter| spelling.of(delimiter)),
            key_marker: input.key_marker.as_deref().map(|key| spelling.of(key)),
            version_id_marker: input.version_id_marker,
            encoding_type: input.encoding_type,
            max_keys: Some(max_keys),
            is_truncated: Some(page.more.is_some()),
            next_key_marker: page.more.as_ref().map(|mark| spelling.of(&mark.key)),
            next_version_id_marker: page.more.and_then(|mark| mark.sequence).map(id_of),
            versions: Some(found),
            delete_markers: Some(markers),
            common_prefixes: Some(spelling.groups(&page.groups)),
            ..ListObjectVersionsOutput::default()
        }))
    }

    pub(super) fn list_parts_of(
        &self,
        request: S3Request<ListPartsInput>,
    ) -> S3Result<S3Response<ListPartsOutput>> {
        let input = request.input;
        let (max_parts, limit) = page_limit(input.max_parts)?;
        let after = input.part_number_marker.unwrap_or_default();
        let mut parts: Vec<Part> = self.store.look_into(&input.bucket, |index| {
            let upload = index.upload(&input.key, &input.upload_id)?;
            let from = upload
                .parts
                .range(after.saturating_add(1)..)
                .take(limit + 1);
            Ok(from
                .map(|(number, part)| part_entry(*number, part))
                .collect())
        })?;
        let more = parts.len() > limit;
        parts.truncate(limit);
        Ok(S3Response::new(ListPartsOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            max_parts: Some(max_parts),
            part_number_marker: Some(after),
            is_truncated: Some(more),
            next_part_number_marker: parts.last().and_then(|part| part.part_number),
            parts: Some(parts),
            ..ListPartsOutput::default()
        }))
    }

    /// All of them on one page: they are few.
    pub(super) fn list_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        let input = request.input;
        let prefix = input.prefix.unwrap_or_default();
        let uploads = self.store.look_into(&input.bucket, |index| {
            let uploads = index
                .uploads
                .values()
                .filter(|upload| upload.key.starts_with(&prefix));
            Ok(uploads
                .map(|upload| MultipartUpload {
                    key: Some(upload.key.clone()),
                    upload_id: Some(id_of(upload.sequence)),
                    initiated: Some(timestamp(upload.initiated)),
                    ..MultipartUpload::default()
                })
                .collect())
        })?;
        Ok(S3Response::new(ListMultipartUploadsOutput {
            bucket: Some(input.bucket),
            prefix: Some(prefix),
            is_truncated: Some(false),
            uploads: Some(uploads),
            ..ListMultipartUploadsOutput::default()
        }))
    }
}

fn key_in(token: &str) -> S3Result<String> {
    let key = BASE64URL_NOPAD.decode(token.as_bytes()).ok();
    let key = key.and_then(|key| String::from_utf8(key).ok());
    key.ok_or_else(|| {
        s3_error!(
            InvalidArgument,
            "The continuation token provided is incorrect"
        )
    })
}

fn size(bytes: u64) -> Option<i64> {
    i64::try_from(bytes).ok()
}

fn entry(version: &Version, spelling: &Spelling) -> Option<Object> {
    let object = version.object()?;
    Some(Object {
        key: Some(spelling.of(&version.key)),
        size: size(object.size),
        e_tag: Some(etag(&object.etag)),
        last_modified: Some(timestamp(version.modified)),
        storage_class: Some(ObjectStorageClass::from_static(
            ObjectStorageClass::STANDARD,
        )),
        ..Object::default()
    })
}

fn version_entry(
    version: &Version,
    id: String,
    newest: bool,
    spelling: &Spelling,
) -> Option<ObjectVersion> {
    let object = version.object()?;
    let standard = ObjectVersionStorageClass::from_static(ObjectVersionStorageClass::STANDARD);
    Some(ObjectVersion {
        key: Some(spelling.of(&version.key)),
        version_id: Some(id),
        is_latest: Some(newest),
        size: size(object.size),
        e_tag: Some(etag(&object.etag)),
        last_modified: Some(timestamp(version.modified)),
        storage_class: Some(standard),
        ..ObjectVersion::default()
    })
}

fn part_entry(number: i32, part: &super::super::index::Part) -> Part {
    let mut entry = Part {
        part_number: Some(number),
        size: size(part.size),
        e_tag: Some(etag(&HEXLOWER.encode(&part.md5))),
        last_modified: Some(timestamp(part.modified)),
        ..Part::default()
    };
    put_sum!(entry, Some(&part.sum));
    entry
}
