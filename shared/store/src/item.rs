//! Reading and building items without repeating the SDK's attribute types everywhere.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use jiff::Timestamp;

use crate::StoreError;

pub(crate) type Map = HashMap<String, AttributeValue>;

pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

#[expect(clippy::needless_pass_by_value, reason = "numbers are copied anyway")]
pub(crate) fn n<T: ToString>(number: T) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(crate) fn b(bytes: &[u8]) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

pub(crate) fn time(at: Timestamp) -> AttributeValue {
    n(at.as_millisecond())
}

/// Bytes of a length that is known.
pub(crate) fn bytes<const N: usize>(stored: &[u8]) -> Result<[u8; N], StoreError> {
    let damaged = StoreError::Damaged { what: "bytes" };
    stored.try_into().map_err(|_| damaged)
}

/// A time as it reads back.
pub(crate) fn as_stored(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

pub(crate) fn counts(map: &BTreeMap<String, u64>) -> AttributeValue {
    AttributeValue::M(
        map.iter()
            .map(|(key, count)| (key.clone(), n(count)))
            .collect(),
    )
}

/// Attributes of one item, read by name; what is missing names itself.
#[derive(Clone, Copy)]
pub(crate) struct Item<'a>(pub(crate) &'a Map);

impl<'a> Item<'a> {
    pub(crate) fn text(&self, name: &'static str) -> Result<&'a str, StoreError> {
        self.maybe_text(name)
            .ok_or(StoreError::Damaged { what: name })
    }

    pub(crate) fn maybe_text(&self, name: &str) -> Option<&'a str> {
        self.0
            .get(name)
            .and_then(|value| value.as_s().ok())
            .map(String::as_str)
    }

    /// What is read from its text: an id, a date, one of an enum's words.
    pub(crate) fn word<W: std::str::FromStr>(&self, name: &'static str) -> Result<W, StoreError> {
        self.maybe_word(name)?
            .ok_or(StoreError::Damaged { what: name })
    }

    /// `None` when the attribute is absent; damaged when it is there and no such word.
    pub(crate) fn maybe_word<W: std::str::FromStr>(
        &self,
        name: &'static str,
    ) -> Result<Option<W>, StoreError> {
        let word = self.maybe_text(name).map(str::parse).transpose();
        word.map_err(|_| StoreError::Damaged { what: name })
    }

    pub(crate) fn number<T: std::str::FromStr>(&self, name: &'static str) -> Result<T, StoreError> {
        self.maybe_number(name)?
            .ok_or(StoreError::Damaged { what: name })
    }

    /// `None` when the attribute is absent; damaged when it is there and no such number.
    pub(crate) fn maybe_number<T: std::str::FromStr>(
        &self,
        name: &'static str,
    ) -> Result<Option<T>, StoreError> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let text = value
            .as_n()
            .map_err(|_| StoreError::Damaged { what: name })?;
        text.parse()
            .map(Some)
            .map_err(|_| StoreError::Damaged { what: name })
    }

    /// As [`Self::maybe_number`]; `None` also when it was set to nothing.
    pub(crate) fn maybe_set_number<T: std::str::FromStr>(
        &self,
        name: &'static str,
    ) -> Result<Option<T>, StoreError> {
        if self.0.get(name).is_some_and(AttributeValue::is_null) {
            return Ok(None);
        }
        self.maybe_number(name)
    }

    pub(crate) fn maybe_flag(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool().ok().copied()
    }

    pub(crate) fn bytes(&self, name: &'static str) -> Result<&'a [u8], StoreError> {
        self.maybe_bytes(name)
            .ok_or(StoreError::Damaged { what: name })
    }

    pub(crate) fn maybe_bytes(&self, name: &str) -> Option<&'a [u8]> {
        self.0
            .get(name)
            .and_then(|value| value.as_b().ok())
            .map(AsRef::as_ref)
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.0
            .get(name)
            .and_then(|value| value.as_bool().ok())
            .copied()
            .unwrap_or(false)
    }

    pub(crate) fn time(&self, name: &'static str) -> Result<Timestamp, StoreError> {
        self.maybe_time(name)?
            .ok_or(StoreError::Damaged { what: name })
    }

    pub(crate) fn maybe_time(&self, name: &'static str) -> Result<Option<Timestamp>, StoreError> {
        let millis: Option<i64> = self.maybe_number(name)?;
        millis
            .map(|ms| {
                Timestamp::from_millisecond(ms).map_err(|_| StoreError::Damaged { what: name })
            })
            .transpose()
    }

    pub(crate) fn map(&self, name: &str) -> Option<Item<'a>> {
        self.0
            .get(name)
            .and_then(|value| value.as_m().ok())
            .map(Item)
    }

    pub(crate) fn counts(&self, name: &'static str) -> Result<BTreeMap<String, u64>, StoreError> {
        let Some(map) = self.map(name) else {
            return Ok(BTreeMap::new());
        };
        map.0
            .iter()
            .map(|(key, value)| {
                let count = value.as_n().ok().and_then(|text| text.parse().ok());
                Ok((
                    key.clone(),
                    count.ok_or(StoreError::Damaged { what: name })?,
                ))
            })
            .collect()
    }

    pub(crate) fn texts(&self, name: &str) -> BTreeMap<String, String> {
        let Some(map) = self.map(name) else {
            return BTreeMap::new();
        };
        let pairs = map.0.iter();
        pairs
            .filter_map(|(key, value)| Some((key.clone(), value.as_s().ok()?.clone())))
            .collect()
    }
}

/// Texts by name, as [`Item::texts`] reads them.
pub(crate) fn texts(texts: &BTreeMap<String, String>) -> AttributeValue {
    let pairs = texts.iter();
    AttributeValue::M(pairs.map(|(name, text)| (name.clone(), s(text))).collect())
}
