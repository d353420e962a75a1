//! Conditional single writes and transactions, written once.

use std::time::Duration;

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        AttributeValue, Delete, KeysAndAttributes, Put, ReturnValuesOnConditionCheckFailure,
        TransactWriteItem, Update,
    },
};

use domain::TenantScope;

use crate::{
    Store, StoreError,
    item::{Map, s},
    turn::share_of,
};

/// A transaction is given up after this time, as the SDK gives up one operation: the lease of the caller covers no
/// more.
const LONGEST: Duration = Duration::from_secs(10);
/// A transaction that was too much waits up to this long, and from the half of it, before it is sent again; each
/// further time up to twice as long.
const FIRST_PAUSE: u64 = 200;
const LONGEST_PAUSE: u64 = 2_000;

/// One update: where, what, and on which condition, if any. `T` is `String` where [`crate::update_terms::UpdateTerms`] wrote
/// what is updated.
pub(crate) struct Change<'a, T = &'a str> {
    pub(crate) pk: String,
    pub(crate) sk: &'a str,
    pub(crate) update: T,
    pub(crate) condition: Option<&'a str>,
    pub(crate) names: &'a [(&'a str, &'a str)],
    pub(crate) values: Vec<(T, AttributeValue)>,
}

impl Store {
    /// The item at a key, read consistently.
    pub(crate) async fn get(
        &self,
        scope: &TenantScope,
        pk: String,
        sk: &str,
    ) -> Result<Option<Map>, StoreError> {
        let answer = self
            .client(scope)
            .get_item()
            .table_name(&self.table)
            .key("pk", s(pk))
            .key("sk", s(sk))
            .consistent_read(true)
            .send()
            .await?;
        Ok(answer.item)
    }

    /// The items at some keys, read consistently in one call, each in the place of its key.
    pub(crate) async fn get_each<const N: usize>(
        &self,
        scope: &TenantScope,
        keys: [(String, &str); N],
    ) -> Result<[Option<Map>; N], StoreError> {
        let of = |(pk, sk): &(String, &str)| {
            Map::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), s(*sk))])
        };
        let request = KeysAndAttributes::builder()
            .set_keys(Some(keys.iter().map(of).collect()))
            .consistent_read(true)
            .build()
            .map_err(|_| not_built())?;
        let call = self.client(scope).batch_get_item();
        let answer = call.request_items(&self.table, request).send().await?;
        let unprocessed = answer.unprocessed_keys.unwrap_or_default();
        if !unprocessed.is_empty() {
            return Err(StoreError::TryAgain {
                code: "UnprocessedKeys".to_owned(),
            });
        }
        let mut responses = answer.responses.unwrap_or_default();
        let mut found = responses.remove(&self.table).unwrap_or_default();
        Ok(keys.map(|(pk, sk)| {
            let (pk, sk) = (s(pk), s(sk));
            let at = found
                .iter()
                .position(|item| item.get("pk") == Some(&pk) && item.get("sk") == Some(&sk))?;
            Some(found.swap_remove(at))
        }))
    }

    /// Puts an item where none is; [`StoreError::Moved`] when one is there.
    pub(crate) async fn put_new(&self, scope: &TenantScope, item: Map) -> Result<(), StoreError> {
        self.client(scope)
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await?;
        Ok(())
    }

    /// One update; [`StoreError::Moved`] when its condition does not hold.
    pub(crate) async fn change<T: Into<String>>(
        &self,
        scope: &TenantScope,
        change: Change<'_, T>,
    ) -> Result<(), StoreError> {
        let mut call = self
            .client(scope)
            .update_item()
            .table_name(&self.table)
            .key("pk", s(change.pk))
            .key("sk", s(change.sk))
            .update_expression(change.update)
            .set_condition_expression(change.condition.map(str::to_owned));
        for (name, attribute) in change.names {
            call = call.expression_attribute_names(*name, *attribute);
        }
        for (name, value) in change.values {
            call = call.expression_attribute_values(name, value);
        }
        call.send().await?;
        Ok(())
    }

    /// All of the writes or none; [`StoreError::Moved`] when a condition does not hold. What is too much for the
    /// table is sent again, as often as the store has patience.
    pub(crate) async fn transact(
        &self,
        scope: &TenantScope,
        writes: Vec<TransactWriteItem>,
    ) -> Result<(), StoreError> {
        let mut too_much = None;
        let tries = async {
            let mut attempt = 0;
            loop {
                let error = match self.transact_once(scope, writes.clone()).await {
                    Err(error) if error.is_cancelled_as_too_much() => error,
                    done => return done,
                };
                attempt += 1;
                if attempt > self.patience {
                    return Err(error);
                }
                too_much = Some(error);
                tokio::time::sleep(pause(&writes, attempt)).await;
            }
        };
        let done = tokio::time::timeout(LONGEST, tries).await;
        done.unwrap_or_else(|_| Err(too_much.unwrap_or_else(late)))
    }

    async fn transact_once(
        &self,
        scope: &TenantScope,
        writes: Vec<TransactWriteItem>,
    ) -> Result<(), StoreError> {
        let sent = self
            .client(scope)
            .transact_write_items()
            .set_transact_items(Some(writes))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(error) => Err(cancelled(error)),
        }
    }

    pub(crate) fn update_in<T: Into<String>>(
        &self,
        change: Change<'_, T>,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut update = Update::builder()
            .table_name(&self.table)
            .key("pk", s(change.pk))
            .key("sk", s(change.sk))
            .update_expression(change.update)
            .set_condition_expression(change.condition.map(str::to_owned))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::None);
        for (name, attribute) in change.names {
            update = update.expression_attribute_names(*name, *attribute);
        }
        for (name, value) in change.values {
            update = update.expression_attribute_values(name, value);
        }
        let update = update.build().map_err(|_| not_built())?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    pub(crate) fn put_in(&self, item: Map) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .build();
        Ok(TransactWriteItem::builder()
            .put(put.map_err(|_| not_built())?)
            .build())
    }

    /// Puts an item where none is.
    pub(crate) fn put_new_in(&self, item: Map) -> Result<TransactWriteItem, StoreError> {
        self.put_if_in(item, "attribute_not_exists(pk)", None)
    }

    /// Puts an item if the condition holds of what stands in its place.
    pub(crate) fn put_if_in(
        &self,
        item: Map,
        condition: &str,
        value: Option<(&str, AttributeValue)>,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(condition);
        if let Some((name, value)) = value {
            put = put.expression_attribute_values(name, value);
        }
        Ok(TransactWriteItem::builder()
            .put(put.build().map_err(|_| not_built())?)
            .build())
    }

    pub(crate) fn delete_in(&self, pk: String, sk: &str) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .key("pk", s(pk))
            .key("sk", s(sk))
            .build();
        Ok(TransactWriteItem::builder()
            .delete(delete.map_err(|_| not_built())?)
            .build())
    }

    /// Deletes an item if the condition holds of it.
    pub(crate) fn delete_if_in(
        &self,
        pk: String,
        sk: &str,
        condition: &str,
        (name, value): (&str, AttributeValue),
    ) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .key("pk", s(pk))
            .key("sk", s(sk))
            .condition_expression(condition)
            .expression_attribute_values(name, value)
            .build();
        Ok(TransactWriteItem::builder()
            .delete(delete.map_err(|_| not_built())?)
            .build())
    }
}

pub(crate) fn not_built() -> StoreError {
    StoreError::Refused {
        code: "NotBuilt".to_owned(),
    }
}

fn late() -> StoreError {
    StoreError::TryAgain {
        code: "Timeout".to_owned(),
    }
}

/// Before a transaction is sent again that was too much. Those who wait do so for times of their own, or they
/// would be too much again, together.
fn pause(writes: &[TransactWriteItem], attempt: u32) -> Duration {
    let who: String = writes.iter().flat_map(place).flatten().collect();
    let doubled = FIRST_PAUSE << (attempt - 1).min(16);
    let least = doubled.min(LONGEST_PAUSE) / 2;
    Duration::from_millis(least + u64::from(share_of(&who, attempt)) % (least + 1))
}

/// The key of what is written.
fn place(write: &TransactWriteItem) -> [Option<&str>; 2] {
    let update = write.update().map(Update::key);
    let put = write.put().map(Put::item);
    let delete = write.delete().map(Delete::key);
    ["pk", "sk"].map(|name| {
        let map = update.or(put).or(delete)?;
        map.get(name)?.as_s().ok().map(String::as_str)
    })
}

/// A transaction is cancelled for a condition (somebody moved first), for a passing conflict, or as too much.
fn cancelled<R>(error: SdkError<TransactWriteItemsError, R>) -> StoreError {
    if let SdkError::ServiceError(service) = &error
        && let TransactWriteItemsError::TransactionCanceledException(reasons) = service.err()
    {
        let codes = || {
            reasons
                .cancellation_reasons()
                .iter()
                .filter_map(|reason| reason.code())
        };
        if codes().any(|code| code == "ConditionalCheckFailed") {
            return StoreError::Moved;
        }
        let code = codes()
            .find(|code| *code != "None")
            .unwrap_or("TransactionCanceled");
        return if code == "ValidationError" {
            StoreError::Refused {
                code: code.to_owned(),
            }
        } else {
            StoreError::TryAgain {
                code: code.to_owned(),
            }
        };
    }
    error.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writes(sk: &str) -> [TransactWriteItem; 1] {
        let item = Map::from([("pk".to_owned(), s("T#131016#U")), ("sk".to_owned(), s(sk))]);
        let put = Put::builder().table_name("records").set_item(Some(item));
        [TransactWriteItem::builder()
            .put(put.build().unwrap())
            .build()]
    }

    #[test]
    fn pauses_grow_to_two_seconds_and_are_each_transactions_own() {
        let most = [200, 400, 800, 1_600, 2_000, 2_000];
        for (attempt, most) in (1..).zip(most) {
            let waits = pause(&writes("1"), attempt).as_millis();
            assert!((most / 2..=most).contains(&waits), "{attempt}: {waits}");
        }
        assert!(pause(&writes("1"), u32::MAX) <= Duration::from_secs(2));
        assert_ne!(pause(&writes("1"), 5), pause(&writes("2"), 5));
    }
}
