//! The object-created notification that S3 puts into the queue.

use jiff::Timestamp;
use serde::Deserialize;

/// One dropped object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dropped {
    /// Bucket it was dropped into.
    pub(crate) bucket: String,
    /// Key, encoded as in a form.
    pub(crate) key: String,
    /// Version that was made.
    pub(crate) version: String,
    /// Bytes.
    pub(crate) size: u64,
    /// When, by S3's clock.
    pub(crate) at: Timestamp,
}

/// A message that is no notification of a versioned bucket.
#[derive(Debug, thiserror::Error)]
#[error("not an object-created notification of a versioned bucket")]
pub(crate) struct NotANotification;

#[derive(Deserialize)]
struct Notification {
    #[serde(rename = "Records", default)]
    records: Vec<Record>,
    /// S3 sends `{"Event":"s3:TestEvent"}` when the notification is set up.
    #[serde(rename = "Event")]
    event: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_name: String,
    event_time: Timestamp,
    s3: S3,
}

#[derive(Deserialize)]
struct S3 {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    key: String,
    version_id: Option<String>,
    size: Option<u64>,
}

/// Reads a message; S3's own test message and deletions hold no dropped object.
pub(crate) fn parse(body: &str) -> Result<Vec<Dropped>, NotANotification> {
    let notification: Notification = serde_json::from_str(body).map_err(|_| NotANotification)?;
    if notification.records.is_empty() && notification.event.as_deref() != Some("s3:TestEvent") {
        return Err(NotANotification);
    }
    let created = |record: &Record| record.event_name.contains("ObjectCreated");
    notification
        .records
        .into_iter()
        .filter(created)
        .map(dropped)
        .collect()
}

fn dropped(record: Record) -> Result<Dropped, NotANotification> {
    let object = record.s3.object;
    Ok(Dropped {
        bucket: record.s3.bucket.name,
        key: object.key,
        version: object.version_id.ok_or(NotANotification)?,
        size: object.size.unwrap_or_default(),
        at: record.event_time,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_names_the_object_and_its_version() {
        let dropped = parse(include_str!("../events/dropped.json")).unwrap();
        assert_eq!(dropped.len(), 1);
        assert_eq!(
            dropped[0].key,
            "inbox/131016/residents/%E4%BD%8F%E6%B0%91+20210401.csv"
        );
        assert_eq!(dropped[0].version, "v-0001");
        assert_eq!(dropped[0].size, 1024);
    }

    #[test]
    fn the_test_message_and_deletions_drop_nothing() {
        assert_eq!(
            parse(r#"{"Service":"Amazon S3","Event":"s3:TestEvent"}"#).unwrap(),
            []
        );
        let deleted = include_str!("../events/dropped.json").replace("Created:Put", "Removed:Put");
        assert_eq!(parse(&deleted).unwrap(), []);
    }

    #[test]
    fn a_foreign_body_and_an_unversioned_bucket_are_refused() {
        let unversioned = include_str!("../events/dropped.json").replace("versionId", "other");
        for body in ["", "{}", "[]", unversioned.as_str()] {
            assert!(parse(body).is_err(), "{body}");
        }
    }
}
