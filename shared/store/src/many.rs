use aws_sdk_dynamodb::types::KeysAndAttributes;
use domain::TenantScope;

use crate::{
    Store, StoreError,
    item::Map,
    transaction::not_built,
    wire::{Json, replacing},
};

/// The most keys that BatchGetItem takes.
pub(crate) const MOST: usize = 100;

impl Store {
    /// The items at these keys (partition and sort), at most [`MOST`], as far as they exist, in no order.
    /// Reads consistently.
    pub(crate) async fn get_many(
        &self,
        scope: &TenantScope,
        keys: &[(String, String)],
    ) -> Result<Vec<Map>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let nothing = KeysAndAttributes::builder().set_keys(Some(Vec::new()));
        let nothing = nothing.build().map_err(|_| not_built())?;
        let answer = self
            .client(scope)
            .batch_get_item()
            .request_items(&self.table, nothing)
            .customize()
            .mutate_request(replacing(self.wanted(keys).into_bytes().into()))
            .send()
            .await?;
        let mut items = self.items_of(answer.responses);
        items.reserve(keys.len());
        let mut unprocessed = answer.unprocessed_keys.unwrap_or_default();
        while let Some(rest) = unprocessed.remove(&self.table) {
            if rest.keys.is_empty() {
                break;
            }
            if items.is_empty() {
                return Err(StoreError::TryAgain {
                    code: "UnprocessedKeys".to_owned(),
                });
            }
            let again = self
                .client(scope)
                .batch_get_item()
                .request_items(&self.table, rest)
                .send()
                .await?;
            let got = self.items_of(again.responses);
            unprocessed = again.unprocessed_keys.unwrap_or_default();
            if got.is_empty() && !unprocessed.is_empty() {
                return Err(StoreError::TryAgain {
                    code: "UnprocessedKeys".to_owned(),
                });
            }
            items.extend(got);
        }
        Ok(items)
    }

    fn items_of(&self, responses: Option<std::collections::HashMap<String, Vec<Map>>>) -> Vec<Map> {
        let mut responses = responses.unwrap_or_default();
        responses.remove(&self.table).unwrap_or_default()
    }

    fn wanted(&self, keys: &[(String, String)]) -> Json {
        let mut json = Json::with_capacity(64 + keys.len() * 96);
        json.raw(r#"{"RequestItems":{""#).raw(&self.table);
        json.raw(r#"":{"ConsistentRead":true,"Keys":["#);
        for (at, (pk, sk)) in keys.iter().enumerate() {
            json.raw(if at == 0 { "" } else { "," });
            json.raw(r#"{"pk":{"S":""#).raw(pk);
            json.raw(r#""},"sk":{"S":""#).raw(sk).raw(r#""}}"#);
        }
        json.raw("]}}}");
        json
    }
}
