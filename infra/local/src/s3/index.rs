//! What exists: keys, their versions, uploads in parts. Pure; the bytes lie elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use s3s::{S3Result, s3_error};

use super::checksum::{Algorithm, Sum};
use super::content::Content;

/// One write to a key: an object, or the mark that the key was deleted.
pub(super) struct Version {
    pub(super) key: String,
    /// Greater in every later write of the store; the version id is this in hexadecimal.
    pub(super) sequence: u64,
    pub(super) created: Timestamp,
    /// What S3 calls `LastModified`: of an upload in parts, when it was begun. Whole seconds.
    pub(super) modified: Timestamp,
    pub(super) entry: Entry,
}

pub(super) enum Entry {
    Object(Box<Object>),
    DeleteMarker,
}

/// An object as it was written.
pub(super) struct Object {
    pub(super) size: u64,
    /// Without quotes.
    pub(super) etag: String,
    pub(super) described: Described,
    pub(super) sum: Option<Sum>,
    pub(super) cause: Cause,
    pub(super) content: Content,
}

/// The headers that a client gives with an object and gets back with it.
#[derive(Clone, Default)]
pub(super) struct Described {
    pub(super) content_type: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_language: Option<String>,
    pub(super) cache_control: Option<String>,
    pub(super) metadata: BTreeMap<String, String>,
}

/// Which call created an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    Put,
    Parts,
    Copy,
}

impl Cause {
    pub(super) fn event_name(self) -> &'static str {
        match self {
            Self::Put => "ObjectCreated:Put",
            Self::Parts => "ObjectCreated:CompleteMultipartUpload",
            Self::Copy => "ObjectCreated:Copy",
        }
    }
}

impl Version {
    pub(super) fn id(&self) -> String {
        id_of(self.sequence)
    }

    pub(super) fn object(&self) -> Option<&Object> {
        match &self.entry {
            Entry::Object(object) => Some(object),
            Entry::DeleteMarker => None,
        }
    }
}

/// Times as S3 shows them.
pub(super) fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// Version ids and upload ids: 16 lower-case hexadecimal digits.
pub(super) fn id_of(sequence: u64) -> String {
    format!("{sequence:016x}")
}

fn sequence_of(id: &str) -> Option<u64> {
    let written = id.len() == 16 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    written.then(|| u64::from_str_radix(id, 16).ok()).flatten()
}

/// An upload in parts that is neither completed nor aborted.
#[derive(Clone)]
pub(super) struct Upload {
    pub(super) key: String,
    pub(super) sequence: u64,
    pub(super) initiated: Timestamp,
    pub(super) described: Described,
    /// Algorithm and whether the object's checksum is one over those of the parts.
    pub(super) algorithm: Option<(Algorithm, bool)>,
    pub(super) parts: BTreeMap<i32, Part>,
}

#[derive(Clone)]
pub(super) struct Part {
    pub(super) size: u64,
    pub(super) md5: [u8; 16],
    pub(super) sum: Sum,
    pub(super) modified: Timestamp,
    pub(super) content: Content,
}

/// One bucket.
pub(super) struct BucketIndex {
    pub(super) versioned: bool,
    pub(super) created: Timestamp,
    /// Versions of a key, oldest first; never an empty list.
    pub(super) keys: BTreeMap<String, Vec<Arc<Version>>>,
    pub(super) uploads: BTreeMap<u64, Upload>,
}

impl BucketIndex {
    pub(super) fn new(versioned: bool, created: Timestamp) -> Self {
        Self {
            versioned,
            created,
            keys: BTreeMap::new(),
            uploads: BTreeMap::new(),
        }
    }

    /// The newest version of a key, which may be a delete marker.
    pub(super) fn newest(&self, key: &str) -> Option<&Arc<Version>> {
        self.keys.get(key)?.last()
    }

    /// The object that a read without a version gets.
    pub(super) fn in_force(&self, key: &str) -> Option<&Object> {
        self.newest(key)?.object()
    }

    /// The version that a read asks for, with the errors of S3.
    pub(super) fn find(&self, key: &str, id: Option<&str>) -> S3Result<Arc<Version>> {
        let Some(id) = self.id_asked_for(id) else {
            return self
                .newest(key)
                .cloned()
                .ok_or_else(|| s3_error!(NoSuchKey));
        };
        let Some(sequence) = sequence_of(id) else {
            return Err(s3_error!(InvalidArgument, "Invalid version id specified"));
        };
        let versions = self.keys.get(key).map(Vec::as_slice).unwrap_or_default();
        let found = versions.iter().find(|version| version.sequence == sequence);
        found.cloned().ok_or_else(|| s3_error!(NoSuchVersion))
    }

    /// `null` is how S3 calls the one version of an object in a bucket without versions.
    fn id_asked_for<'a>(&self, id: Option<&'a str>) -> Option<&'a str> {
        id.filter(|id| self.versioned || *id != "null")
    }

    /// What a delete of this version takes away; `None` when there is no such thing.
    pub(super) fn deletable(&self, key: &str, id: Option<&str>) -> Option<Arc<Version>> {
        self.find(key, id).ok()
    }

    /// Adds a version and returns those it displaces: none in a bucket with versions.
    pub(super) fn insert(&mut self, version: Arc<Version>) -> Vec<Arc<Version>> {
        let versions = self.keys.entry(version.key.clone()).or_default();
        let displaced = if self.versioned {
            Vec::new()
        } else {
            std::mem::take(versions)
        };
        versions.push(version);
        displaced
    }

    pub(super) fn remove(&mut self, key: &str, sequence: u64) {
        if let Some(versions) = self.keys.get_mut(key) {
            versions.retain(|version| version.sequence != sequence);
            if versions.is_empty() {
                self.keys.remove(key);
            }
        }
    }

    /// The upload of this id, if it is for this key.
    pub(super) fn upload(&self, key: &str, id: &str) -> S3Result<&Upload> {
        let upload = sequence_of(id).and_then(|sequence| self.uploads.get(&sequence));
        upload
            .filter(|upload| upload.key == key)
            .ok_or_else(|| s3_error!(NoSuchUpload))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_that_were_given_out_are_read() {
        for (id, sequence) in [
            ("00000000000000ff", Some(255)),
            ("00000000000000FF", None),
            ("+0000000000000ff", None),
            ("ff", None),
            ("", None),
        ] {
            assert_eq!(sequence_of(id), sequence, "{id}");
        }
        assert_eq!(sequence_of(&id_of(7)), Some(7));
    }
}
