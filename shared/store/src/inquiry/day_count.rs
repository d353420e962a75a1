//! How much a municipality asked on a day, and how much of it led to nobody.

use aws_sdk_dynamodb::types::{ReturnValue, TransactWriteItem};
use domain::{Date, TenantScope};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Store, StoreError,
    item::{Item, Map, n, s},
    keys,
    transaction::Change,
    turn::{TRIES, pause},
};

/// Counters of a day stay this long.
const KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);

/// What was asked on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DayCount {
    /// Inquiries made.
    pub asked: u32,
    /// Those of them without the person's consent.
    pub without_consent: u32,
    /// Inquiries that were answered with no dose at all.
    pub nothing_found: u32,
    /// Inquiries that were refused, and are not among those made: about another person than their basis.
    pub mismatched: u32,
}

impl DayCount {
    /// How many led to nobody: many of them may be somebody who tries numbers.
    #[must_use]
    pub fn misses(&self) -> u32 {
        self.nothing_found.saturating_add(self.mismatched)
    }

    pub(crate) fn read(map: Option<&Map>) -> Result<Self, StoreError> {
        let Some(map) = map else {
            return Ok(Self::default());
        };
        let item = Item(map);
        let count = |name| Ok::<_, StoreError>(item.maybe_number(name)?.unwrap_or_default());
        Ok(Self {
            asked: count("asked")?,
            without_consent: count("without_consent")?,
            nothing_found: count("nothing_found")?,
            mismatched: count("mismatched")?,
        })
    }
}

/// When the counters of a day may go, as `DynamoDB` wants to be told.
pub(crate) fn counters_end(now: Timestamp) -> i64 {
    (now + KEPT).as_second()
}

/// Inquiries of a file that are refused as they name another person than their basis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mismatches {
    /// Number of them.
    pub many: u32,
    /// Today in Japan.
    pub day: Date,
    /// Now.
    pub at: Timestamp,
}

impl Store {
    /// The write that counts them.
    pub(crate) fn count_in(
        &self,
        scope: &TenantScope,
        mismatches: &Mismatches,
    ) -> Result<TransactWriteItem, StoreError> {
        self.update_in(Change {
            pk: keys::budget(scope),
            sk: &mismatches.day.to_string(),
            update: "SET #ttl = :ttl ADD mismatched :many",
            condition: None,
            names: &[("#ttl", "ttl")],
            values: vec![
                (":many", n(mismatches.many)),
                (":ttl", n(counters_end(mismatches.at))),
            ],
        })
    }

    /// What was asked on a day.
    pub async fn inquiries_on(
        &self,
        scope: &TenantScope,
        day: Date,
    ) -> Result<DayCount, StoreError> {
        let item = self
            .get(scope, keys::budget(scope), &day.to_string())
            .await?;
        DayCount::read(item.as_ref())
    }

    /// Counts an inquiry that is refused as it names another person than its basis, and tells how it is
    /// then. An answer that is lost and repeated counts twice. All claims of the day are at the same item: it is
    /// tried again behind them.
    pub async fn count_mismatch(
        &self,
        scope: &TenantScope,
        day: Date,
        now: Timestamp,
    ) -> Result<DayCount, StoreError> {
        let mut attempt = 0;
        loop {
            let counted = self
                .client(scope)
                .update_item()
                .table_name(&self.table)
                .key("pk", s(keys::budget(scope)))
                .key("sk", s(day.to_string()))
                .update_expression("SET #ttl = :ttl ADD mismatched :one")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":ttl", n(counters_end(now)))
                .expression_attribute_values(":one", n(1))
                .return_values(ReturnValue::AllNew)
                .send()
                .await;
            match counted.map_err(StoreError::from) {
                Ok(answer) => return DayCount::read(answer.attributes()),
                Err(error) if error.is_conflict() && attempt < TRIES => attempt += 1,
                Err(error) => return Err(error),
            }
            pause(&now, attempt).await;
        }
    }
}
