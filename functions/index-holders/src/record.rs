//! A record of the stream, as much of it as tells whether a person is new here.

use crypto::TenantKeys;
use data_encoding::BASE64;
use domain::MyNumber;
use serde::Deserialize;
use store::{StoreError, StreamKey, StreamSlot};

/// Not what the stream of our table sends; says nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a record of the stream of records")]
pub(crate) struct NotARecord;

/// A resident's item before and after.
pub(crate) struct Change {
    pub(crate) key: StreamKey,
    before: Option<StreamSlot>,
    after: StreamSlot,
}

#[derive(Deserialize)]
struct RawRecord {
    dynamodb: RawChange,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawChange {
    keys: RawKeys,
    #[serde(default)]
    old_image: Option<RawImage>,
    #[serde(default)]
    new_image: Option<RawImage>,
}

#[derive(Deserialize)]
struct RawKeys {
    pk: RawText,
    sk: RawText,
}

#[derive(Deserialize)]
struct RawText {
    #[serde(rename = "S")]
    s: String,
}

#[derive(Deserialize)]
struct RawImage {
    newest: Option<RawSlot>,
}

#[derive(Deserialize)]
struct RawSlot {
    #[serde(rename = "M")]
    m: RawAttributes,
}

#[derive(Deserialize)]
struct RawAttributes {
    g: RawNumber,
    m: RawBytes,
}

#[derive(Deserialize)]
struct RawNumber {
    #[serde(rename = "N")]
    n: String,
}

#[derive(Deserialize)]
struct RawBytes {
    #[serde(rename = "B")]
    b: String,
}

impl RawSlot {
    fn read(self) -> Result<StreamSlot, NotARecord> {
        Ok(StreamSlot {
            generation: self.m.g.n.parse().map_err(|_| NotARecord)?,
            my_number: BASE64
                .decode(self.m.m.b.as_bytes())
                .map_err(|_| NotARecord)?,
        })
    }
}

impl Change {
    /// `None` for items that are no residents, and for those that are gone.
    pub(crate) fn read(record: &str) -> Result<Option<Self>, NotARecord> {
        let raw: RawRecord = serde_json::from_str(record).map_err(|_| NotARecord)?;
        let raw = raw.dynamodb;
        let Some(key) = StreamKey::of_resident(&raw.keys.pk.s, &raw.keys.sk.s) else {
            return Ok(None);
        };
        let slot = |image: Option<RawImage>| {
            let slot = image.and_then(|image| image.newest);
            slot.map(RawSlot::read).transpose()
        };
        let before = slot(raw.old_image)?;
        let after = slot(raw.new_image)?;
        Ok(after.map(|after| Self { key, before, after }))
    }

    /// The resident's My Number as it is now.
    pub(crate) fn my_number(&self, keys: &TenantKeys) -> Result<Option<MyNumber>, StoreError> {
        self.key.my_number(keys, &self.after)
    }

    /// Whether it was another one before, or none, or nobody can tell.
    pub(crate) fn is_new(&self, keys: &TenantKeys) -> Result<bool, StoreError> {
        let Some(number) = self.my_number(keys)? else {
            return Ok(false);
        };
        let Some(before) = &self.before else {
            return Ok(true);
        };
        // One that does not open may have been any: to put an entry again changes nothing.
        Ok(self.key.my_number(keys, before).ok() != Some(Some(number)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn sample() -> Value {
        let event: Value =
            serde_json::from_str(include_str!("../events/new-resident.json")).unwrap();
        event["Records"][0].clone()
    }

    #[test]
    fn the_sample_is_a_new_resident() {
        let change = Change::read(&sample().to_string()).unwrap().unwrap();
        assert_eq!(change.key.scope().code().as_str(), "131016");
        assert!(change.before.is_none());
        assert_eq!(change.after.generation, 1);
    }

    #[test]
    fn what_is_gone_and_what_is_no_resident_is_passed_over() {
        let mut gone = sample();
        gone["dynamodb"].as_object_mut().unwrap().remove("NewImage");
        assert!(Change::read(&gone.to_string()).unwrap().is_none());
        let mut other = sample();
        other["dynamodb"]["Keys"]["sk"]["S"] = "D#COVID19#01".into();
        assert!(Change::read(&other.to_string()).unwrap().is_none());
    }

    #[test]
    fn what_our_table_does_not_send_is_refused() {
        for (place, value) in [
            ("/dynamodb/NewImage/newest/M/g/N", Value::from("one")),
            ("/dynamodb/NewImage/newest/M/m/B", Value::from("***")),
            ("/dynamodb/NewImage/newest/M/m", Value::Null),
            ("/dynamodb/Keys/pk", Value::Null),
        ] {
            let mut wrong = sample();
            *wrong.pointer_mut(place).unwrap() = value;
            assert!(Change::read(&wrong.to_string()).is_err(), "{place}");
        }
        assert!(Change::read("{}").is_err());
    }
}
