//! Conditional single writes and transactions, written once.

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
};

/// One conditional update: where, what, and on which condition.
pub(crate) struct Change<'a> {
    pub(crate) pk: String,
    pub(crate) sk: &'a str,
    pub(crate) update: &'a str,
    pub(crate) condition: &'a str,
    pub(crate) names: &'a [(&'a str, &'a str)],
    pub(crate) values: Vec<(&'a str, AttributeValue)>,
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

    /// One conditional update; [`StoreError::Moved`] when its condition does not hold.
    pub(crate) async fn change(
        &self,
        scope: &TenantScope,
        change: Change<'_>,
    ) -> Result<(), StoreError> {
        let mut call = self
            .client(scope)
            .update_item()
            .table_name(&self.table)
            .key("pk", s(change.pk))
            .key("sk", s(change.sk))
            .update_expression(change.update)
            .condition_expression(change.condition);
        for (name, attribute) in change.names {
            call = call.expression_attribute_names(*name, *attribute);
        }
        for (name, value) in change.values {
            call = call.expression_attribute_values(name, value);
        }
        call.send().await?;
        Ok(())
    }

    /// All of the writes or none; [`StoreError::Moved`] when a condition does not hold.
    pub(crate) async fn transact(
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

    pub(crate) fn update_in(&self, change: Change<'_>) -> Result<TransactWriteItem, StoreError> {
        let mut update = Update::builder()
            .table_name(&self.table)
            .key("pk", s(change.pk))
            .key("sk", s(change.sk))
            .update_expression(change.update)
            .condition_expression(change.condition)
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
}

pub(crate) fn not_built() -> StoreError {
    StoreError::Refused {
        code: "NotBuilt".to_owned(),
    }
}

/// A transaction is cancelled for a condition (somebody moved first) or for a passing conflict.
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
