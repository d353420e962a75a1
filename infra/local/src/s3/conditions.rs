//! The `If-…` headers.

use std::time::SystemTime;

use s3s::dto::{ETag, ETagCondition, Timestamp};
use s3s::{S3Result, s3_error};

use super::index::{Object, Version};

/// Conditions of a read; each field is the header `If-…` of its name.
#[derive(Default)]
pub(super) struct ReadConditions {
    pub(super) matching: Option<ETagCondition>,
    pub(super) none_matching: Option<ETagCondition>,
    pub(super) modified_since: Option<Timestamp>,
    pub(super) unmodified_since: Option<Timestamp>,
}

impl ReadConditions {
    /// As RFC 9110 orders them: entity tags outweigh dates.
    pub(super) fn check(&self, version: &Version, object: &Object) -> S3Result<()> {
        let modified = timestamp(version.modified);
        match (&self.matching, &self.unmodified_since) {
            (Some(wanted), _) if !matches(wanted, &object.etag) => {
                return Err(s3_error!(PreconditionFailed));
            }
            (None, Some(since)) if modified > *since => return Err(s3_error!(PreconditionFailed)),
            _ => {}
        }
        match (&self.none_matching, &self.modified_since) {
            (Some(known), _) if matches(known, &object.etag) => Err(s3_error!(NotModified)),
            (None, Some(since)) if modified <= *since => Err(s3_error!(NotModified)),
            _ => Ok(()),
        }
    }
}

/// Conditions of a write, named likewise.
#[derive(Default)]
pub(super) struct WriteConditions {
    pub(super) matching: Option<ETagCondition>,
    pub(super) none_matching: Option<ETagCondition>,
}

impl WriteConditions {
    /// `current` is the object that the write would cover, if the key has one in force.
    pub(super) fn check(&self, current: Option<&Object>) -> S3Result<()> {
        match (&self.matching, current) {
            (Some(_), None) => return Err(s3_error!(NoSuchKey)),
            (Some(wanted), Some(object)) if !matches(wanted, &object.etag) => {
                return Err(s3_error!(PreconditionFailed));
            }
            _ => {}
        }
        match (&self.none_matching, current) {
            (Some(ETagCondition::Any), Some(_)) => Err(s3_error!(PreconditionFailed)),
            (Some(ETagCondition::ETag(_)), _) => Err(s3_error!(
                NotImplemented,
                "a write takes If-None-Match only with *"
            )),
            _ => Ok(()),
        }
    }
}

fn matches(condition: &ETagCondition, etag: &str) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(wanted) => wanted.value() == etag,
    }
}

pub(super) fn timestamp(at: jiff::Timestamp) -> Timestamp {
    Timestamp::from(SystemTime::from(at))
}

pub(super) fn etag(value: &str) -> ETag {
    ETag::Strong(value.to_owned())
}
