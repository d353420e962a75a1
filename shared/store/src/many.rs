use aws_sdk_dynamodb::types::KeysAndAttributes;
use domain::TenantScope;

use crate::{
    Store, StoreError,
    item::{Map, s},
    transaction::not_built,
};

/// BatchGetItem takes at most so many keys.
pub(crate) const MOST: usize = 100;

impl Store {
    /// The items at these keys, at most [`MOST`], as far as they exist, in no order. Reads
    /// consistently.
    pub(crate) async fn get_many<'a>(
        &self,
        scope: &TenantScope,
        keys: impl Iterator<Item = (String, &'a str)>,
    ) -> Result<Vec<Map>, StoreError> {
        let key = |(pk, sk): (String, &str)| {
            Map::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), s(sk))])
        };
        let mut left: Vec<Map> = keys.map(key).collect();
        let mut items = Vec::with_capacity(left.len());
        while !left.is_empty() {
            let request = KeysAndAttributes::builder()
                .set_keys(Some(left))
                .consistent_read(true)
                .build()
                .map_err(|_| not_built())?;
            let answer = self
                .client(scope)
                .batch_get_item()
                .request_items(&self.table, request)
                .send()
                .await?;
            let mut responses = answer.responses.unwrap_or_default();
            let got = responses.remove(&self.table).unwrap_or_default();
            let mut unprocessed = answer.unprocessed_keys.unwrap_or_default();
            left = unprocessed
                .remove(&self.table)
                .map(|rest| rest.keys)
                .unwrap_or_default();
            if got.is_empty() && !left.is_empty() {
                return Err(StoreError::TryAgain {
                    code: "UnprocessedKeys".to_owned(),
                });
            }
            items.extend(got);
        }
        Ok(items)
    }
}
