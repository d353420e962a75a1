//! The partition keys that a call of DynamoDB touches (`dynamodb:LeadingKeys`).

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

/// What a call does to one table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Touch {
    /// `GetItem`, also where it is part of a batch or a transaction.
    pub(super) action: String,
    pub(super) table: String,
    /// Empty when the call names none, as a Scan does.
    pub(super) keys: Vec<String>,
}

/// The hash key of every table of ours is a text called `pk`.
#[derive(Deserialize)]
struct Keyed {
    pk: Option<Text>,
}

#[derive(Deserialize)]
struct Text {
    #[serde(rename = "S")]
    s: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Single {
    table_name: String,
    key: Option<Keyed>,
    item: Option<Keyed>,
    key_condition_expression: Option<String>,
    #[serde(default)]
    expression_attribute_values: HashMap<String, Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Batch {
    request_items: HashMap<String, Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeysOfTable {
    keys: Vec<Keyed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WriteOfTable {
    put_request: Option<PutRequest>,
    delete_request: Option<DeleteRequest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutRequest {
    item: Keyed,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteRequest {
    key: Keyed,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Transaction {
    transact_items: Vec<HashMap<String, Single>>,
}

/// What the call touches; `None` when its body cannot be read.
pub(super) fn touches(operation: &str, body: &[u8]) -> Option<Vec<Touch>> {
    match operation {
        "BatchGetItem" => {
            let batch: Batch = serde_json::from_slice(body).ok()?;
            let each = batch.request_items.into_iter().map(|(table, raw)| {
                let keys: KeysOfTable = serde_json::from_str(raw.get()).ok()?;
                touch(operation, table, keys.keys)
            });
            each.collect()
        }
        "BatchWriteItem" => {
            let batch: Batch = serde_json::from_slice(body).ok()?;
            let each = batch.request_items.into_iter().map(|(table, raw)| {
                let writes: Vec<WriteOfTable> = serde_json::from_str(raw.get()).ok()?;
                let keys = writes.into_iter().map(|write| {
                    let put = write.put_request.map(|put| put.item);
                    put.or(write.delete_request.map(|delete| delete.key))
                });
                touch(operation, table, keys.collect::<Option<Vec<_>>>()?)
            });
            each.collect()
        }
        "TransactGetItems" | "TransactWriteItems" => {
            let transaction: Transaction = serde_json::from_slice(body).ok()?;
            let each = transaction.transact_items.into_iter().flatten();
            each.map(|(kind, single)| {
                let action = match kind.as_str() {
                    "Get" => "GetItem",
                    "Put" => "PutItem",
                    "Update" => "UpdateItem",
                    "Delete" => "DeleteItem",
                    "ConditionCheck" => "ConditionCheckItem",
                    _ => return None,
                };
                let key = single.key.or(single.item)?;
                touch(action, single.table_name, vec![key])
            })
            .collect()
        }
        "Query" => {
            let query: Single = serde_json::from_slice(body).ok()?;
            let key = query.queried();
            Some(vec![Touch {
                action: operation.to_owned(),
                table: query.table_name,
                keys: key.into_iter().collect(),
            }])
        }
        _ => {
            let single: Single = serde_json::from_slice(body).ok()?;
            let key = single.key.or(single.item);
            touch(operation, single.table_name, key.into_iter().collect()).map(|touch| vec![touch])
        }
    }
}

/// `None` when a key is no text.
fn touch(action: &str, table: String, keys: Vec<Keyed>) -> Option<Touch> {
    let keys = keys.into_iter().map(|key| key.pk?.s);
    Some(Touch {
        action: action.to_owned(),
        table,
        keys: keys.collect::<Option<_>>()?,
    })
}

impl Single {
    /// The partition that a query is about: `pk = :name`, at the head of its condition.
    fn queried(&self) -> Option<String> {
        let condition = self.key_condition_expression.as_deref()?;
        let rest = condition.trim().strip_prefix("pk = ")?;
        let name = rest.split_whitespace().next()?;
        let value: Text =
            serde_json::from_str(self.expression_attribute_values.get(name)?.get()).ok()?;
        value.s
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(operation: &str, body: &str) -> Vec<(String, Vec<String>)> {
        let touches = touches(operation, body.as_bytes()).unwrap();
        let mut touches: Vec<_> = touches
            .into_iter()
            .map(|touch| (format!("{}:{}", touch.action, touch.table), touch.keys))
            .collect();
        touches.sort();
        touches
    }

    fn one(what: &str, keys: &[&str]) -> (String, Vec<String>) {
        (
            what.to_owned(),
            keys.iter().map(|&key| key.to_owned()).collect(),
        )
    }

    #[test]
    fn every_way_to_name_a_partition_is_read() {
        let key = r#"{"pk":{"S":"T#1"},"sk":{"S":"P"}}"#;
        let single = format!(r#"{{"TableName":"t","Key":{key},"UpdateExpression":"SET a = :b"}}"#);
        for operation in ["GetItem", "UpdateItem", "DeleteItem"] {
            assert_eq!(
                of(operation, &single),
                [one(&format!("{operation}:t"), &["T#1"])]
            );
        }
        let put = format!(r#"{{"TableName":"t","Item":{key}}}"#);
        assert_eq!(of("PutItem", &put), [one("PutItem:t", &["T#1"])]);
        let query = r#"{"TableName":"t","KeyConditionExpression":"pk = :pk AND begins_with(sk, :c)",
            "ExpressionAttributeValues":{":pk":{"S":"T#1"},":c":{"N":"1"}}}"#;
        assert_eq!(of("Query", query), [one("Query:t", &["T#1"])]);
        let get =
            format!(r#"{{"RequestItems":{{"t":{{"Keys":[{key},{{"pk":{{"S":"T#2"}}}}]}}}}}}"#);
        assert_eq!(
            of("BatchGetItem", &get),
            [one("BatchGetItem:t", &["T#1", "T#2"])]
        );
        let write = format!(
            r#"{{"RequestItems":{{"t":[{{"PutRequest":{{"Item":{key}}}}},{{"DeleteRequest":{{"Key":{key}}}}}]}}}}"#
        );
        assert_eq!(
            of("BatchWriteItem", &write),
            [one("BatchWriteItem:t", &["T#1", "T#1"])]
        );
        let all = format!(
            r#"{{"TransactItems":[{{"Put":{put}}},{{"Update":{single}}},{{"ConditionCheck":{single}}}]}}"#
        );
        assert_eq!(
            of("TransactWriteItems", &all),
            [
                one("ConditionCheckItem:t", &["T#1"]),
                one("PutItem:t", &["T#1"]),
                one("UpdateItem:t", &["T#1"]),
            ]
        );
    }

    #[test]
    fn a_scan_and_an_odd_query_name_no_partition() {
        assert_eq!(of("Scan", r#"{"TableName":"t"}"#), [one("Scan:t", &[])]);
        let odd = r##"{"TableName":"t","KeyConditionExpression":"#k = :pk","ExpressionAttributeValues":{":pk":{"S":"T#1"}}}"##;
        assert_eq!(of("Query", odd), [one("Query:t", &[])]);
    }

    #[test]
    fn what_cannot_be_read_is_nothing() {
        for (operation, body) in [
            ("GetItem", "["),
            ("GetItem", r#"{"TableName":"t","Key":{"pk":{"N":"1"}}}"#),
            (
                "TransactWriteItems",
                r#"{"TransactItems":[{"Other":{"TableName":"t"}}]}"#,
            ),
            ("BatchWriteItem", r#"{"RequestItems":{"t":[{}]}}"#),
        ] {
            assert!(
                touches(operation, body.as_bytes()).is_none(),
                "{operation} {body}"
            );
        }
    }
}
