//! Descriptions as they lie on disk, each with the number of its schema.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::checksum::{Algorithm, Sum};
use super::super::content::Content;
use super::super::index::{Cause, Described, Entry, Object, Part, Upload, Version, whole_seconds};

/// Changes when a description written before can no longer be read.
pub(super) const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
pub(super) struct StoredVersion {
    schema: u32,
    key: String,
    sequence: u64,
    created: Microseconds,
    /// None in descriptions of before it was kept.
    modified: Option<Microseconds>,
    /// None: a delete marker.
    object: Option<StoredObject>,
}

#[derive(Serialize, Deserialize)]
struct StoredObject {
    size: u64,
    etag: String,
    described: StoredDescribed,
    sum: Option<Sum>,
    cause: StoredCause,
}

#[derive(Serialize, Deserialize)]
enum StoredCause {
    Put,
    Parts,
    Copy,
}

#[derive(Serialize, Deserialize)]
struct StoredDescribed {
    content_type: Option<String>,
    content_encoding: Option<String>,
    content_disposition: Option<String>,
    content_language: Option<String>,
    cache_control: Option<String>,
    metadata: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredUpload {
    schema: u32,
    key: String,
    sequence: u64,
    initiated: Microseconds,
    described: StoredDescribed,
    algorithm: Option<(Algorithm, bool)>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredPart {
    schema: u32,
    file: String,
    size: u64,
    md5: String,
    sum: Sum,
    modified: Microseconds,
}

/// Since 1970.
#[derive(Serialize, Deserialize)]
struct Microseconds(i64);

impl From<Timestamp> for Microseconds {
    fn from(at: Timestamp) -> Self {
        Self(at.as_microsecond())
    }
}

impl Microseconds {
    fn read(&self) -> anyhow::Result<Timestamp> {
        Timestamp::from_microsecond(self.0).context("a time out of range")
    }
}

impl From<&Version> for StoredVersion {
    fn from(version: &Version) -> Self {
        Self {
            schema: SCHEMA,
            key: version.key.clone(),
            sequence: version.sequence,
            created: version.created.into(),
            modified: Some(version.modified.into()),
            object: version.object().map(StoredObject::from),
        }
    }
}

impl StoredVersion {
    pub(super) fn sequence(&self) -> u64 {
        self.sequence
    }

    pub(super) fn has_bytes(&self) -> bool {
        self.object.is_some()
    }

    pub(super) fn into_version(self, bytes: PathBuf) -> anyhow::Result<Version> {
        let entry = match self.object {
            Some(object) => Entry::Object(Box::new(object.into_object(Content::File(bytes)))),
            None => Entry::DeleteMarker,
        };
        let created = self.created.read()?;
        let modified = self.modified.as_ref().map(Microseconds::read).transpose()?;
        Ok(Version {
            key: self.key,
            sequence: self.sequence,
            created,
            modified: modified.unwrap_or(whole_seconds(created)),
            entry,
        })
    }
}

impl From<&Object> for StoredObject {
    fn from(object: &Object) -> Self {
        Self {
            size: object.size,
            etag: object.etag.clone(),
            described: StoredDescribed::from(&object.described),
            sum: object.sum.clone(),
            cause: match object.cause {
                Cause::Put => StoredCause::Put,
                Cause::Parts => StoredCause::Parts,
                Cause::Copy => StoredCause::Copy,
            },
        }
    }
}

impl StoredObject {
    fn into_object(self, content: Content) -> Object {
        Object {
            size: self.size,
            etag: self.etag,
            described: self.described.into(),
            sum: self.sum,
            cause: match self.cause {
                StoredCause::Put => Cause::Put,
                StoredCause::Parts => Cause::Parts,
                StoredCause::Copy => Cause::Copy,
            },
            content,
        }
    }
}

impl From<&Described> for StoredDescribed {
    fn from(described: &Described) -> Self {
        let described = described.clone();
        Self {
            content_type: described.content_type,
            content_encoding: described.content_encoding,
            content_disposition: described.content_disposition,
            content_language: described.content_language,
            cache_control: described.cache_control,
            metadata: described.metadata,
        }
    }
}

impl From<StoredDescribed> for Described {
    fn from(stored: StoredDescribed) -> Self {
        Self {
            content_type: stored.content_type,
            content_encoding: stored.content_encoding,
            content_disposition: stored.content_disposition,
            content_language: stored.content_language,
            cache_control: stored.cache_control,
            metadata: stored.metadata,
        }
    }
}

impl From<&Upload> for StoredUpload {
    fn from(upload: &Upload) -> Self {
        Self {
            schema: SCHEMA,
            key: upload.key.clone(),
            sequence: upload.sequence,
            initiated: upload.initiated.into(),
            described: StoredDescribed::from(&upload.described),
            algorithm: upload.algorithm,
        }
    }
}

impl StoredUpload {
    pub(super) fn into_upload(self, parts: BTreeMap<i32, Part>) -> anyhow::Result<Upload> {
        Ok(Upload {
            key: self.key,
            sequence: self.sequence,
            initiated: self.initiated.read()?,
            described: self.described.into(),
            algorithm: self.algorithm,
            parts,
        })
    }
}

impl From<&Part> for StoredPart {
    fn from(part: &Part) -> Self {
        let file = match &part.content {
            Content::File(path) => path.file_name().and_then(|name| name.to_str()),
            Content::Memory(_) => None,
        };
        Self {
            schema: SCHEMA,
            file: file.unwrap_or_default().to_owned(),
            size: part.size,
            md5: HEXLOWER.encode(&part.md5),
            sum: part.sum.clone(),
            modified: part.modified.into(),
        }
    }
}

impl StoredPart {
    /// None when the bytes did not outlive the last process.
    pub(super) fn into_part(self, folder: &Path) -> anyhow::Result<Option<Part>> {
        let path = folder.join(&self.file);
        if std::fs::metadata(&path).map_or(0, |file| file.len()) != self.size {
            return Ok(None);
        }
        let md5 = HEXLOWER
            .decode(self.md5.as_bytes())
            .ok()
            .and_then(|md5| md5.try_into().ok());
        Ok(Some(Part {
            size: self.size,
            md5: md5.context("a digest of the wrong length")?,
            sum: self.sum,
            modified: self.modified.read()?,
            content: Content::File(path),
        }))
    }
}
