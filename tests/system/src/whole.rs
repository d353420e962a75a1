//! All that a stack holds, to be compared and searched.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::town::Town;

/// Everything that was written: two of them are equal when nothing was written between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Items of the table as their JSON, by partition and sort key.
    pub items: BTreeMap<(String, String), String>,
    /// Versions of objects: bucket, key, version.
    pub objects: BTreeSet<(String, String, String)>,
    /// Messages by queue.
    pub messages: BTreeMap<String, usize>,
}

impl Town {
    /// Everything as it stands.
    pub async fn whole(&self) -> Whole {
        let mut objects = BTreeSet::new();
        for bucket in ["drop", "work"] {
            objects.extend(self.versions(bucket).await);
        }
        let sqs = &self.stack.services().sqs;
        let depth = |name: &String| sqs.depth(name).map_or(0, |it| it.visible + it.hidden);
        let messages = sqs.names().into_iter();
        Whole {
            items: self.items().await,
            objects,
            messages: messages.map(|name| (name.clone(), depth(&name))).collect(),
        }
    }

    /// All items of the table, in the form in which DynamoDB answers them.
    pub async fn items(&self) -> BTreeMap<(String, String), String> {
        self.items_of("records").await
    }

    /// All entries of the index of holders.
    pub async fn holders(&self) -> BTreeMap<(String, String), String> {
        self.items_of("holders").await
    }

    async fn items_of(&self, table: &str) -> BTreeMap<(String, String), String> {
        let mut items = BTreeMap::new();
        let mut after = Value::Null;
        loop {
            let mut request = json!({ "TableName": table });
            if !after.is_null() {
                request["ExclusiveStartKey"] = after;
            }
            let services = self.stack.services();
            let answer = services
                .call_json("DynamoDB_20120810.Scan", request.to_string().into())
                .await;
            let mut page: Value = serde_json::from_slice(answer.body()).unwrap();
            for item in page["Items"].as_array().unwrap() {
                let key = |name: &str| item[name]["S"].as_str().unwrap().to_owned();
                items.insert((key("pk"), key("sk")), item.to_string());
            }
            after = page["LastEvaluatedKey"].take();
            if after.is_null() {
                return items;
            }
        }
    }

    async fn versions(&self, bucket: &str) -> Vec<(String, String, String)> {
        let all = self.s3().list_object_versions().bucket(bucket);
        let all = all.send().await.unwrap();
        assert_ne!(all.is_truncated(), Some(true), "a test drops few files");
        let own = |key: Option<&str>, version: Option<&str>| {
            let own = |text: Option<&str>| text.unwrap_or_default().to_owned();
            (bucket.to_owned(), own(key), own(version))
        };
        let versions = all
            .versions()
            .iter()
            .map(|it| own(it.key(), it.version_id()));
        let deleted = all
            .delete_markers()
            .iter()
            .map(|it| own(it.key(), it.version_id()));
        versions.chain(deleted).collect()
    }
}
