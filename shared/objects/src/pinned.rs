use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use aws_sdk_s3::primitives::DateTime;
use bytes::{Bytes, BytesMut};
use domain::TenantScope;
use jiff::Timestamp;

use crate::absent::denied_or_gone;
use crate::names::is_of;
use crate::reader::{RangedReader, Ranges};
use crate::{InboxKey, MARK, ObjectName, Objects, ObjectsError};

/// One version of one object of one tenant.
#[derive(Clone, PartialEq, Eq)]
pub struct PinnedObject {
    key: Arc<str>,
    version: Arc<str>,
}

/// What is known of a pinned object without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Bytes.
    pub size: u64,
    /// When it was dropped or written.
    pub modified: Timestamp,
    /// The mark that the link to drop it gave it, or that whoever dropped it straight into S3 wrote. Nobody
    /// vouches for it here.
    pub mark: Option<String>,
}

impl PinnedObject {
    /// The version of a dropped file that an event tells of.
    #[must_use]
    pub fn dropped(key: &InboxKey, version: &str) -> Self {
        Self {
            key: key.key().into(),
            version: version.into(),
        }
    }

    /// A version that one of our functions wrote.
    #[must_use]
    pub fn written(scope: &TenantScope, name: &ObjectName, version: &str) -> Self {
        Self {
            key: name.key(scope).into(),
            version: version.into(),
        }
    }

    /// As it was noted in the tenant's own items. A key of another tenant is [`Foreign`].
    ///
    /// [`Foreign`]: ObjectsError::Foreign
    pub fn noted(scope: &TenantScope, key: &str, version: &str) -> Result<Self, ObjectsError> {
        let pinned = Self {
            key: key.into(),
            version: version.into(),
        };
        pinned.check(scope)?;
        Ok(pinned)
    }

    /// The key, not encoded. Not for logs.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The version id.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    fn check(&self, scope: &TenantScope) -> Result<(), ObjectsError> {
        if is_of(scope, &self.key) {
            Ok(())
        } else {
            Err(ObjectsError::Foreign)
        }
    }
}

impl fmt::Debug for PinnedObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PinnedObject(… version {})", self.version)
    }
}

impl Objects {
    /// Size, time and mark of a pinned object.
    pub async fn head(
        &self,
        scope: &TenantScope,
        object: &PinnedObject,
    ) -> Result<Head, ObjectsError> {
        const CALL: &str = "HeadObject";
        object.check(scope)?;
        let client = self.client(scope);
        let sent = client
            .head_object()
            .bucket(&*self.bucket)
            .key(&*object.key)
            .version_id(&*object.version)
            .send()
            .await;
        let answer = match sent {
            Ok(answer) => answer,
            Err(error) => {
                let error = ObjectsError::from_sdk(CALL, &error);
                let (key, version) = (&object.key, &object.version);
                return Err(denied_or_gone(&client, &self.bucket, key, version, error).await);
            }
        };
        let size = answer
            .content_length()
            .and_then(|size| u64::try_from(size).ok());
        let modified = answer.last_modified().and_then(to_timestamp);
        let mark = answer.metadata().and_then(|all| all.get(MARK)).cloned();
        match (size, modified) {
            (Some(size), Some(modified)) => Ok(Head {
                size,
                modified,
                mark,
            }),
            _ => Err(ObjectsError::ours(CALL, "NoSizeOrTime")),
        }
    }

    /// Reads the given bytes in order, one range after the other, the next one fetched ahead.
    ///
    /// `bytes` must lie within the object. Nothing is asked of S3 before the first
    /// [`RangedReader::next`].
    pub fn reader(
        &self,
        scope: &TenantScope,
        object: &PinnedObject,
        bytes: Range<u64>,
    ) -> Result<RangedReader, ObjectsError> {
        Ok(RangedReader::new(self.ranges(scope, object)?, bytes))
    }

    /// Reads the whole object in order; its size is asked for first.
    pub async fn open(
        &self,
        scope: &TenantScope,
        object: &PinnedObject,
    ) -> Result<RangedReader, ObjectsError> {
        let head = self.head(scope, object).await?;
        self.reader(scope, object, 0..head.size)
    }

    /// A small object whole, at once; its size is asked for first.
    pub async fn read_whole(
        &self,
        scope: &TenantScope,
        object: &PinnedObject,
    ) -> Result<Bytes, ObjectsError> {
        let head = self.head(scope, object).await?;
        self.read_range(scope, object, 0..head.size).await
    }

    /// The given bytes at once; they must lie within the object.
    pub async fn read_range(
        &self,
        scope: &TenantScope,
        object: &PinnedObject,
        bytes: Range<u64>,
    ) -> Result<Bytes, ObjectsError> {
        self.ranges(scope, object)?
            .fetch(bytes)
            .await
            .map(BytesMut::freeze)
    }

    fn ranges(&self, scope: &TenantScope, object: &PinnedObject) -> Result<Ranges, ObjectsError> {
        object.check(scope)?;
        Ok(Ranges {
            client: self.client(scope),
            bucket: Arc::clone(&self.bucket),
            key: Arc::clone(&object.key),
            version: Arc::clone(&object.version),
        })
    }
}

fn to_timestamp(at: &DateTime) -> Option<Timestamp> {
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use domain::TenantCode;

    use super::*;

    #[test]
    fn a_noted_key_is_taken_only_in_its_own_tenants_scope() {
        let chiyoda = TenantScope::for_operator(TenantCode::parse("131016").unwrap());
        let sapporo = TenantScope::for_operator(TenantCode::parse("011002").unwrap());
        let key = "inbox/131016/residents/山田太郎.csv";
        let pinned = PinnedObject::noted(&chiyoda, key, "v1").unwrap();
        assert_eq!(format!("{pinned:?}"), "PinnedObject(… version v1)");
        assert_eq!(
            PinnedObject::noted(&sapporo, key, "v1"),
            Err(ObjectsError::Foreign)
        );
    }
}
