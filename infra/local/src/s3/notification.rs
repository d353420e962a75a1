//! What is told about a created object.

use std::fmt::Write as _;

use jiff::Timestamp;

/// An object that has become durable.
///
/// No `Debug`: the key holds a file's name, which stays out of the log.
#[derive(Clone)]
pub struct ObjectCreated {
    /// Bucket.
    pub bucket: String,
    /// Key, not encoded.
    pub key: String,
    /// Version; none in a bucket without versions.
    pub version: Option<String>,
    /// Size in bytes.
    pub size: u64,
    /// Entity tag, without quotes.
    pub etag: String,
    /// 16 upper-case hexadecimal digits; a later write of the same key has a greater one.
    pub sequencer: String,
    /// When the object came to be.
    pub event_time: Timestamp,
    /// As S3 names it, such as `ObjectCreated:Put`.
    pub event_name: &'static str,
}

impl ObjectCreated {
    /// The event as S3 would send it to a queue: one record, the key encoded as in a form.
    #[must_use]
    pub fn to_notification(&self, region: &str) -> String {
        let mut object = serde_json::json!({
            "key": form_encoded(&self.key),
            "size": self.size,
            "eTag": self.etag,
            "sequencer": self.sequencer,
        });
        if let (Some(version), Some(object)) = (&self.version, object.as_object_mut()) {
            object.insert("versionId".to_owned(), version.as_str().into());
        }
        serde_json::json!({ "Records": [{
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": region,
            "eventTime": format!("{:.3}", self.event_time),
            "eventName": self.event_name,
            "s3": {
                "s3SchemaVersion": "1.0",
                "bucket": { "name": self.bucket, "arn": format!("arn:aws:s3:::{}", self.bucket) },
                "object": object,
            },
        }]})
        .to_string()
    }
}

fn form_encoded(key: &str) -> String {
    percent_encoded(key).replace("%20", "+")
}

/// Percent-encoding of S3: everything but unreserved characters and the slash.
pub(super) fn percent_encoded(key: &str) -> String {
    let mut encoded = String::with_capacity(key.len());
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notification_has_the_form_that_s3_sends() {
        let created = ObjectCreated {
            bucket: "vrs-drop".to_owned(),
            key: "inbox/131016/residents/住民 4月.csv".to_owned(),
            version: Some("0005".to_owned()),
            size: 12,
            etag: "abc".to_owned(),
            sequencer: "0005".to_owned(),
            event_time: "2021-04-12T00:00:00.5Z".parse().unwrap(),
            event_name: "ObjectCreated:Put",
        };
        let sent: serde_json::Value =
            serde_json::from_str(&created.to_notification("ap-northeast-1")).unwrap();
        let record = &sent["Records"][0];
        assert_eq!(record["eventTime"], "2021-04-12T00:00:00.500Z");
        assert_eq!(record["s3"]["bucket"]["name"], "vrs-drop");
        assert_eq!(
            record["s3"]["object"]["key"],
            "inbox/131016/residents/%E4%BD%8F%E6%B0%91+4%E6%9C%88.csv"
        );
        assert_eq!(record["s3"]["object"]["versionId"], "0005");
        assert_eq!(record["s3"]["object"]["size"], 12);
    }
}
